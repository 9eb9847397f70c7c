import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { EngineJournal } from '../../engine/host/engine-journal.ts';
import { JournalError } from '../../engine/journal/journal-error.ts';
import { JournalReader } from '../../engine/journal/journal-reader.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { createMetricsMemory } from '../../engine/metrics/cells.ts';
import { SAMPLE_DIMENSIONS } from '../metrics/sample-dimensions.ts';

const folder = mkdtempSync(join(tmpdir(), 'okxmm-engine-journal-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CONFIG = { isOn: true, directory: 'journal', megabytesMax: 64, segmentMegabytes: 1, ringMegabytes: 1 };
const said: string[] = [];

function journalIn(directory: string, isNeeded: boolean, isOn = true): EngineJournal {
  const log = (line: string): void => void said.push(line);
  return new EngineJournal({ config: { ...CONFIG, isOn }, directory, processOriginMs: 0, isNeeded, log });
}

describe('an engine’s journal', () => {
  it('is written where it was opened, until it is closed', async () => {
    const directory = join(folder, 'written');
    const journal = journalIn(directory, true);
    const writer = await journal.open(12);
    writer!.text(RecordKind.command, 0, 0, 1, 0, 'pause');
    await journal.close(2);
    const kinds = [...JournalReader.open(directory).records(12)].map(({ kind }) => kind);
    expect(kinds).toEqual([RecordKind.command, RecordKind.end]);
  });

  it('that loses records says so once, and how many in the end', async () => {
    const journal = journalIn(join(folder, 'slow'), true);
    const writer = await journal.open(12);
    journal.show(createMetricsMemory(SAMPLE_DIMENSIONS));
    said.length = 0;
    journal.post();
    expect(said).toEqual([]);
    // Larger than the ring: what a disk that hangs does to everything after a while.
    writer!.text(RecordKind.command, 0, 0, 1, 0, 'x'.repeat(2 << 20));
    journal.post();
    journal.post();
    await journal.close(2);
    expect(said).toEqual([
      expect.stringContaining('records are lost'),
      'journal: at least 1 records of this run are not in it',
    ]);
  });

  it('that is off is none, and leaves nothing', async () => {
    const journal = journalIn(join(folder, 'off'), true, false);
    expect(await journal.open(1)).toBe(undefined);
    await journal.close(1);
    expect(readdirSync(folder)).not.toContain('off');
  });

  it('that cannot be opened keeps an engine from starting, and one that takes over goes on without', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await expect(journalIn(file, true).open(1)).rejects.toThrow(JournalError);
    said.length = 0;
    const journal = journalIn(file, false);
    expect(await journal.open(1)).toBe(undefined);
    await journal.close(1);
    expect(said.join('\n')).toMatch(/journal .*file: expected to write there.*trading goes on without it/s);
  });
});
