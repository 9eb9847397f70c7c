import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CommandError } from '../../engine/cli/command-error.ts';
import { run as runJournal } from '../../engine/cli/journal.ts';
import { ExportTable, catLines, exportLines } from '../../engine/cli/journal-lines.ts';
import type { RecordFilter } from '../../engine/cli/journal-lines.ts';
import { RowQueue, csvLine } from '../../engine/cli/journal-rows.ts';
import { JournalRun } from '../../engine/cli/journal-run.ts';
import { statsOf } from '../../engine/cli/journal-stats.ts';
import { UsageError } from '../../engine/cli/usage-error.ts';
import type { JournalReader } from '../../engine/journal/journal-reader.ts';
import { MemoryJournal } from '../../engine/journal/memory-journal.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { Connection } from '../../engine/loop/loop-options.ts';

const RUN = 4;
const MS = 1e6;
/** The wall clock where the records' time is 0, and how far the venue's is ahead. */
const EPOCH_MS = 1_700_000_000_000;
const VENUE_AHEAD_MS = 250;
const ALL: RecordFilter = { fromNs: -Infinity, toNs: Infinity, kinds: undefined };

/** A journal written by hand: times in milliseconds. */
class Written {
  readonly journal = new MemoryJournal({ run: RUN });

  constructor() {
    this.journal.writer.text(RecordKind.start, 0, 0, MS, EPOCH_MS + 1, '{"version":-1}');
    const venueMs = EPOCH_MS + VENUE_AHEAD_MS + 1;
    this.journal.writer.text(RecordKind.timer, 0, 0, MS, venueMs, '');
  }

  frame(connection: Connection, timeMs: number, message: unknown): this {
    const text = typeof message === 'string' ? message : JSON.stringify(message);
    this.journal.writer.text(RecordKind.frame, connection, 0, timeMs * MS, 0, text);
    return this;
  }

  send(timeMs: number, message: unknown, isTaken = true): this {
    const text = JSON.stringify(message);
    this.journal.writer.text(RecordKind.send, Connection.trade, isTaken ? 1 : 0, timeMs * MS, 0, text);
    return this;
  }

  rows(table: ExportTable, filter = ALL, feedMs = 0): Record<string, unknown>[] {
    const { reader, run } = this.open();
    const lines = exportLines(reader, run, filter, { table, format: 'ndjson', feedMs });
    return [...lines].map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  open(): { reader: JournalReader; run: JournalRun } {
    const reader = this.journal.reader();
    return { reader, run: new JournalRun(reader, RUN) };
  }
}

function order(id: string, ...clOrdIds: string[]): unknown {
  const args = clOrdIds.map((clOrdId) => ({ clOrdId, instIdCode: 7, side: 'buy', px: '1.5', sz: '2' }));
  return { id, op: 'batch-orders', args };
}

/** Times of the venue's gateway, in milliseconds of the records' time. */
function ack(id: string, inMs: number, outMs: number, data: unknown[], code = '0'): unknown {
  const us = (ms: number): string => String((EPOCH_MS + VENUE_AHEAD_MS + ms) * 1_000);
  return {
    id,
    op: 'batch-orders',
    code,
    msg: code === '0' ? '' : 'whole',
    data,
    inTime: us(inMs),
    outTime: us(outMs),
  };
}

const taken = (clOrdId: string): unknown => ({ clOrdId, sCode: '0', sMsg: '' });
const refused = (clOrdId: string): unknown => ({ clOrdId, sCode: '51008', sMsg: 'no "balance", none' });

describe('export orders', () => {
  it('has one row a command, in the order they were sent, with its own answer', () => {
    const rows = new Written()
      .send(10, order('1', 'a', 'b'))
      .send(20, order('2', 'c'))
      .send(30, order('3', 'd'), false)
      .send(40, order('4', 'e'))
      .frame(Connection.trade, 50, ack('2', 0, 0, [], '60013'))
      .frame(Connection.trade, 60, ack('1', 0, 0, [taken('a'), refused('b')], '2'))
      .rows(ExportTable.orders);
    expect(
      rows.map(({ clOrdId, isSent, code, roundTripMs }) => [clOrdId, isSent, code, roundTripMs]),
    ).toEqual([
      ['a', true, '0', 50],
      ['b', true, '51008', 50],
      ['c', true, '60013', 30],
      ['d', false, null, null],
      ['e', true, null, null],
    ]);
    expect(rows[1]).toMatchObject({
      sequence: 2,
      timeMs: EPOCH_MS + 10,
      ackMs: EPOCH_MS + 60,
      instId: '7',
      price: '1.5',
      size: '2',
      message: 'no "balance", none',
    });
  });

  it('passes over what is no order operation, and frames that are no message', () => {
    const rows = new Written()
      .send(10, { id: 's1', op: 'subscribe', args: [{ channel: 'orders' }] })
      .frame(Connection.trade, 11, 'pong')
      .frame(Connection.trade, 12, '{"op":"order","id":')
      .send(13, order('1', 'a'))
      .rows(ExportTable.orders);
    expect(rows.map(({ clOrdId }) => clOrdId)).toEqual(['a']);
  });
});

describe('export latencies', () => {
  it('splits a round trip by the venue’s clock as the last timer told it; the parts add up', () => {
    const rows = new Written()
      .send(10, order('1', 'a'))
      .frame(Connection.trade, 18, ack('1', 13, 15.5, [taken('a')]))
      .send(20, order('2', 'b'))
      .rows(ExportTable.latencies);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ kind: 'order', timeMs: EPOCH_MS + 10, sentNs: 10 * MS, ackNs: 18 * MS });
    expect(rows[0]).toMatchObject({ roundTripMs: 8, entryMs: 3, gatewayMs: 2.5, responseMs: 2.5 });
  });

  it('has the age of the public feed, at most one row in so many milliseconds', () => {
    const written = new Written();
    for (let index = 0; index < 10; index++) {
      const ts = String(EPOCH_MS + VENUE_AHEAD_MS + 100 + index * 10 - 4);
      written.frame(Connection.public, 100 + index * 10, { arg: { channel: 'books' }, data: [{ ts }] });
    }
    written.frame(Connection.public, 300, { event: 'subscribe', arg: { channel: 'books' } });
    const rows = written.rows(ExportTable.latencies);
    expect(rows.map(({ kind, op, feedMs }) => [kind, op, feedMs])).toEqual(
      Array.from({ length: 10 }, () => ['feed', 'books', 4]),
    );
    expect(written.rows(ExportTable.latencies, ALL, 40).map(({ timeMs }) => timeMs)).toEqual(
      [100, 140, 180].map((ms) => EPOCH_MS + ms),
    );
  });
});

describe('export fills', () => {
  const trade = (tradeId: string, fee: string): unknown => ({
    arg: { channel: 'orders', instType: 'ANY' },
    data: [
      {
        instId: 'BTC-USDT',
        tradeId,
        clOrdId: 'x',
        side: 'sell',
        fillPx: '9.5',
        fillSz: '2',
        fillTime: '1',
        execType: 'M',
        fillFee: fee,
        fillFeeCcy: fee === '' ? '' : 'USDT',
      },
    ],
  });

  it('has each trade once, in the order in which it was first told, with the fee that came later', () => {
    const rows = new Written()
      .frame(Connection.private, 10, trade('1', ''))
      .frame(Connection.private, 11, trade('2', '-0.2'))
      .frame(Connection.private, 12, trade('1', '-0.1'))
      .frame(Connection.private, 13, trade('2', '-0.2'))
      .frame(Connection.private, 14, trade('3', ''))
      .rows(ExportTable.fills);
    expect(rows.map(({ tradeId, fee, feeCcy }) => [tradeId, fee, feeCcy])).toEqual([
      ['1', '-0.1', 'USDT'],
      ['2', '-0.2', 'USDT'],
      ['3', null, null],
    ]);
    expect(rows[0]).toMatchObject({ timeMs: EPOCH_MS + 10, side: 'sell', price: '9.5', toldBy: 'push' });
  });
});

describe('cat and stats', () => {
  const written = (): Written =>
    new Written()
      .frame(Connection.public, 10, 'one')
      .frame(Connection.private, 1_020, 'two')
      .send(1_030, { id: '1' })
      .frame(Connection.public, 2_040, 'three');

  it('show what was asked for: a time, a kind', () => {
    const { reader, run } = written().open();
    const filter: RecordFilter = {
      fromNs: run.timeNs(EPOCH_MS + 1_020),
      toNs: run.timeNs(EPOCH_MS + 2_000),
      kinds: undefined,
    };
    expect([...catLines(reader, run, filter, true)].map((line) => JSON.parse(line))).toMatchObject([
      { sequence: 3, kind: 'frame', sub: 1, timeMs: EPOCH_MS + 1_020, text: 'two' },
      { sequence: 4, kind: 'send', instrument: 1, text: '{"id":"1"}' },
    ]);
    const frames = { ...ALL, kinds: new Set([RecordKind.frame]) };
    expect([...catLines(reader, run, frames, false)].map((line) => line.split(' ').at(-1))).toEqual([
      'one',
      'two',
      'three',
    ]);
    expect(statsOf(reader, run, ALL)).toMatchObject({ records: 6, missing: 0, seconds: 2.039 });
    expect(statsOf(reader, run, frames).kinds).toMatchObject([
      { what: 'frame public', records: 2, peakPerSecond: 1 },
      { what: 'frame private', records: 1 },
    ]);
  });
});

describe('a row queue', () => {
  it('gives rows in the order they were opened, and does not wait for one for ever', () => {
    const queue = new RowQueue<string>(3);
    for (const row of ['a', 'b', 'c']) queue.open(row);
    queue.done('b');
    expect(queue.take()).toEqual([]);
    queue.done('a');
    expect(queue.take()).toEqual(['a', 'b']);
    for (const row of ['d', 'e', 'f']) queue.open(row);
    expect(queue.take()).toEqual(['c']);
    expect(queue.takeAll()).toEqual(['d', 'e', 'f']);
  });
});

describe('a CSV line', () => {
  it('quotes what would break it', () => {
    expect(csvLine(['a', 1.5, null, true, 'b,c', 'd"e', 'f\ng'])).toBe('a,1.5,,true,"b,c","d""e","f\ng"');
  });
});

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'okxmm-journal-cli-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    [[], 'expected ls, cat, stats or export'],
    [['export'], 'expected export orders, fills, quotes or latencies'],
    [['export', 'trades'], 'was "trades"'],
    [['ls', 'a', 'b'], 'expected one journal'],
    [['cat', '--run', 'x'], '--run'],
    [['cat', '--kind', 'frame,nothing'], 'was "nothing"'],
    [['cat', '--from', 'yesterday'], '--from'],
    [['export', 'fills', '--format', 'xml'], '--format'],
    [['ls', '--wrong'], '--wrong'],
  ])('%j is called wrongly', async (argv, text) => {
    const failure = runJournal(argv);
    await expect(failure).rejects.toThrow(UsageError);
    await expect(failure).rejects.toThrow(text);
  });

  it('says what is wrong with a journal that is not there, is empty, lacks the run, or is none', async () => {
    await expect(runJournal(['cat', join(folder, 'no')])).rejects.toThrow(CommandError);
    await expect(runJournal(['cat', folder])).rejects.toThrow('expected at least one run, was none');
    const file = join(folder, 'run-00000004-000000.okxj');
    writeFileSync(file, 'a file of the same name that is something else, and long enough for a head');
    await expect(runJournal(['cat', folder])).rejects.toThrow('it is damaged or no journal');
    await expect(runJournal(['cat', folder, '--run', '5'])).rejects.toThrow('was only 4');
    await expect(runJournal(['cat', join(tmpdir(), '..', 'etc', 'hostname')])).rejects.toThrow(CommandError);
  });
});
