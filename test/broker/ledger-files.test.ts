import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BrokerError } from '../../engine/broker/broker-error.ts';
import { FillRecorder } from '../../engine/broker/fill-recorder.ts';
import { appendEntries, ledgerDays, readEntries } from '../../engine/broker/ledger-files.ts';
import { entry } from './entries.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'okx-mm-ledger-')), 'broker');
});
afterEach(() => {
  rmSync(join(directory, '..'), { recursive: true, force: true });
});

const all = (): string[] =>
  [...readEntries(directory, '2026-01-01', '2026-12-31')].map(({ tradeId }) => tradeId);
const file = (day: string): string => join(directory, `fills-${day}.ndjson`);

describe('the files of the ledger', () => {
  it('have each entry by its UTC day, for their owner only', async () => {
    const late = Date.parse('2026-11-21T23:59:59.999Z');
    await appendEntries(directory, [
      entry({ tradeId: '1', timeMs: late }),
      entry({ tradeId: '2', timeMs: late + 1 }),
    ]);
    expect(ledgerDays(directory)).toEqual(['2026-11-21', '2026-11-22']);
    expect(all()).toEqual(['1', '2']);
    expect(statSync(file('2026-11-21')).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('give an entry back as it was written', async () => {
    const written = entry({ clOrdId: 'a"b\\c', fee: '-1e-9' });
    await appendEntries(directory, [written]);
    expect([...readEntries(directory, '2026-11-21', '2026-11-21')]).toEqual([written]);
  });

  it.each([1, 40, 200])('lose nothing but the line that a crash cut off after %i letters', async (length) => {
    await appendEntries(directory, [entry({ tradeId: '1' })]);
    appendFileSync(file('2026-11-21'), JSON.stringify(entry({ tradeId: '2' })).slice(0, length));
    expect(all()).toEqual(['1']);
    await appendEntries(directory, [entry({ tradeId: '3' })]);
    expect(all()).toEqual(['1', '3']);
  });

  it('name the file and line of what is none of theirs', async () => {
    await appendEntries(directory, [entry()]);
    appendFileSync(file('2026-11-21'), '{"hello":1}\n');
    expect(() => all()).toThrow(BrokerError);
    expect(() => all()).toThrow(/fills-2026-11-21\.ndjson, line 2: expected an entry/);
  });

  it('are read in pieces, wherever a line falls', async () => {
    const many = Array.from({ length: 8_000 }, (_, index) =>
      entry({ tradeId: String(index), clOrdId: 'ü'.repeat(index % 7) }),
    );
    await appendEntries(directory, many);
    expect(statSync(file('2026-11-21')).size).toBeGreaterThan(2 << 20);
    expect([...readEntries(directory, '2026-11-21', '2026-11-21')]).toEqual(many);
  });
});

describe('the recorder of fills', () => {
  it('writes each fill once, however often it is told and over restarts', async () => {
    const recorder = new FillRecorder(directory);
    expect(recorder.take([entry({ tradeId: '1' }), entry({ tradeId: '1' })])).toHaveLength(1);
    await recorder.flush();
    expect(recorder.take([entry({ tradeId: '1' }), entry({ tradeId: '2' })])).toHaveLength(1);
    await recorder.flush();
    const next = new FillRecorder(directory);
    expect(next.lastMs).toBe(entry().timeMs);
    expect(next.take([entry({ tradeId: '2' }), entry({ tradeId: '1' })])).toEqual([]);
    await next.flush();
    expect(all()).toEqual(['1', '2']);
  });

  it('tells apart what has one trade id: orders, sides, accounts; and rows that have none', async () => {
    const recorder = new FillRecorder(directory);
    const same = [
      entry(),
      entry({ side: 'buy' }),
      entry({ ordId: '12' }),
      entry({ account: '1002' }),
      entry({ tradeId: '', billId: '7' }),
      entry({ tradeId: '', billId: '8' }),
    ];
    expect(recorder.take([...same, ...same])).toHaveLength(6);
  });

  it('keeps what the disk refuses, and writes it when it can', async () => {
    const recorder = new FillRecorder(directory);
    // A file stands where the folder should be.
    writeFileSync(directory, 'in the way');
    recorder.take([entry({ tradeId: '1' })]);
    await expect(recorder.flush()).rejects.toThrow(/EEXIST|ENOTDIR/);
    recorder.take([entry({ tradeId: '2' })]);
    expect(recorder.hasWaiting).toBe(true);
    rmSync(directory);
    await recorder.flush();
    expect(recorder.hasWaiting).toBe(false);
    expect(all()).toEqual(['1', '2']);
  });

  it('writes one batch after the other', async () => {
    const recorder = new FillRecorder(directory);
    recorder.take([entry({ tradeId: '1' })]);
    const first = recorder.flush();
    recorder.take([entry({ tradeId: '2' })]);
    await Promise.all([first, recorder.flush(), recorder.flush()]);
    expect(all()).toEqual(['1', '2']);
    expect(readFileSync(file('2026-11-21'), 'utf8').split('\n')).toHaveLength(3);
  });
});
