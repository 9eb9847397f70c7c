import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run as runCommand } from '../../engine/cli/replay.ts';
import { CommandError } from '../../engine/cli/command-error.ts';
import { UsageError } from '../../engine/cli/usage-error.ts';
import type { JournalRecord } from '../../engine/journal/journal-block.ts';
import { segmentName } from '../../engine/journal/journal-segment.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { readExpectation, replayRegression, saveRegression } from '../../engine/replay/regression.ts';
import { RUN, flipped, journalOf, journaledRun, withRecord } from './journaled-run.ts';

const folder = mkdtempSync(join(tmpdir(), 'okxmm-replay-'));
let records: readonly JournalRecord[];
let said = '';

beforeAll(async () => {
  records = await journaledRun(3, 6);
});

afterAll(() => rmSync(folder, { recursive: true }));

const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
  said += String(text);
  return true;
});
afterAll(() => write.mockRestore());

function saveJournal(name: string, changed: readonly JournalRecord[]): string {
  const path = join(folder, `${name}-${segmentName(RUN, 0)}`);
  writeFileSync(path.replace(`${name}-`, ''), journalOf(changed).bytes());
  return path.replace(`${name}-`, '');
}

async function command(...argv: string[]): Promise<{ code: number; text: string }> {
  said = '';
  const code = await runCommand(argv);
  return { code, text: said };
}

describe('a run that was saved as a test', () => {
  it('is replayed as it was when it was saved, up to its time', () => {
    const directory = join(folder, 'saved');
    const untilNs = records[Math.floor(records.length / 2)]!.timeNs;
    const { expectation, bytes } = saveRegression(journalOf(records).reader(), RUN, untilNs, directory);
    expect(expectation.difference).toBe(null);
    expect(expectation.inputs).toBeGreaterThan(10);
    expect(replayRegression(directory).provenSequence).toBeLessThan(records.length);
    expect(readExpectation(directory)).toEqual(expectation);
    expect(bytes).toBeGreaterThan(1_000);
  });

  it('keeps the difference that the core makes by now, and is saved again from itself', () => {
    const send = records.find(({ kind }) => kind === RecordKind.send)!;
    const other = withRecord(records, send.sequence, ({ bytes }) => ({ bytes: flipped(bytes, 20) }));
    const directory = join(folder, 'different');
    const { expectation } = saveRegression(journalOf(other).reader(), RUN, Infinity, directory);
    expect(expectation.difference!.got).toContain(Buffer.from(send.bytes).toString());
    expect(replayRegression(directory).difference!.sequence).toBe(send.sequence);
  });
});

describe('the command', () => {
  it('says what it has proven, and writes it down', async () => {
    const journal = saveJournal('same', records);
    const json = join(folder, 'result.json');
    const { code, text } = await command(journal, '--json', json);
    expect(code).toBe(0);
    expect(text).toContain('are the same, byte for byte');
    expect(text).toContain(`proven up to record ${records.length - 1}`);
    expect(JSON.parse(readFileSync(json, 'utf8'))).toMatchObject({ run: RUN, end: 'open' });
  });

  it('stops at a difference, shows it with the inputs around it, and ends with 1', async () => {
    const send = records.find(({ kind }) => kind === RecordKind.send)!;
    const other = withRecord(records, send.sequence, ({ bytes }) => ({ bytes: flipped(bytes, 20) }));
    const { code, text } = await command(saveJournal('other', other), '--run', String(RUN));
    expect(code).toBe(1);
    expect(text).toContain(`expected (record ${send.sequence}): send `);
    expect(text).toContain(`got: send trade ${Buffer.from(send.bytes).toString()}`);
    expect(text).toMatch(/\n> #\d+ .*s (quotes|frame|timer)/);
  });

  it('says what cannot be replayed, and why', async () => {
    await expect(command(join(folder, 'none'))).rejects.toThrow(CommandError);
    await expect(command(saveJournal('cut', records.slice(2)))).rejects.toThrow(/cannot be replayed/);
    await expect(command(saveJournal('same', records), '--run', '99')).rejects.toThrow(/expected run 99/);
    // A proof of nothing is none.
    const before = '2001-01-01T00:00:00Z';
    await expect(command(saveJournal('same', records), '--until', before)).rejects.toThrow(
      /expected a time after its start/,
    );
    // The state directory, where the journal's is meant.
    const state = mkdtempSync(join(folder, 'state-'));
    await expect(command(state)).rejects.toThrow(`journal ${state}: expected at least one run`);
  });

  it.each([
    ['two journals', ['a', 'b']],
    ['a run that is no number', ['a', '--run', 'x']],
    ['a time that is none', ['a', '--until', 'soon']],
    ['a test that leaves its folder', ['a', '--save-test', '../x']],
    ['something else', ['a', '--more']],
  ])('refuses %s', async (_, argv) => {
    await expect(command(...argv)).rejects.toThrow(UsageError);
  });
});
