import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runParity } from '../../engine/backtest/parity.ts';
import { parityHtml } from '../../engine/backtest/parity-html.ts';
import type { ParityResult } from '../../engine/backtest/parity.ts';
import type { Config } from '../../engine/config/schema.ts';
import type { JournalRecord } from '../../engine/journal/journal-block.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import type { RecordingEvent } from '../../engine/recording/recording-event.ts';
import type { RecordedRow } from '../../engine/recording/recorded-row.ts';
import type { FillRow } from '../../engine/report/run-result.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { SimWorld } from '../sim/world.ts';
import { RUN, journalOf } from '../replay/journaled-run.ts';
import { journaledBacktest, tradedMarket } from './journaled-backtest.ts';
import type { JournaledBacktest } from './journaled-backtest.ts';
import { ORIGIN_MS, configOf } from './market.ts';

const folder = mkdtempSync(join(tmpdir(), 'parity-'));
const marketFile = join(folder, 'market.ndjson.gz');

afterAll(() => rmSync(folder, { recursive: true }));

/** Quotes about the best prices of `tradedMarket`, which they move only when it has moved by more than a tick. */
function quietConfig(queueModel: string, halfSpreadBps = 0.17): Config {
  const config = configOf({
    backtest: { queueModel, queueExponent: 1, entryLatencyMs: 25, responseLatencyMs: 25 },
  });
  const strategy = { halfSpreadBps, levelStepBps: 0.1, priceToleranceTicks: 12 };
  return {
    ...config,
    instruments: config.instruments.map((each) => ({
      ...each,
      strategy: { ...each.strategy, ...strategy },
    })),
  };
}

function marketRows(): RecordedRow[] {
  const lines = gunzipSync(readFileSync(marketFile)).toString().trim().split('\n');
  return lines.map((line) => JSON.parse(line) as RecordedRow);
}

type Rows = readonly (readonly string[])[];

/** A book by side and price, in the numbers of the market. */
class Levels {
  readonly sizes = new Map<string, number>();

  take(isSnapshot: boolean, bids: Rows, asks: Rows): void {
    if (isSnapshot) this.sizes.clear();
    for (const [side, rows] of Object.entries({ bids, asks })) {
      for (const [px, sz] of rows) {
        const key = `${side} ${Number(px)}`;
        if (Number(sz) === 0) this.sizes.delete(key);
        else this.sizes.set(key, Number(sz));
      }
    }
  }

  get sorted(): [string, number][] {
    return [...this.sizes].toSorted(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** Every book that was written beside the one of the recording at the same time. */
function expectSameBooks(events: readonly RecordingEvent[], rows: readonly RecordedRow[]): number {
  const source = new Levels();
  const written = new Levels();
  let at = 0;
  let books = 0;
  for (const row of rows) {
    if (row['action'] === undefined) continue;
    const recvNs = Number(BigInt(row['recvNs'] as string) - BigInt(ORIGIN_MS) * 1_000_000n);
    while (at < events.length && events[at]!.recvNs <= recvNs) {
      const { kind, bids, asks } = events[at++]!;
      if (kind === 'snapshot' || kind === 'update') source.take(kind === 'snapshot', bids, asks);
    }
    written.take(row['action'] === 'snapshot', row['bids'] as Rows, row['asks'] as Rows);
    expect({ recvNs, book: written.sorted }).toEqual({ recvNs, book: source.sorted });
    books++;
  }
  return books;
}

const fillOf = ({ timeMs, side, price, size, position }: FillRow): unknown[] => [
  timeMs.toFixed(2),
  side,
  price,
  size,
  position,
];

describe('the journal of a backtest', () => {
  let events: RecordingEvent[];
  let journaled: JournaledBacktest;
  let parity: ParityResult;

  beforeAll(async () => {
    events = tradedMarket(1, 19);
    journaled = await journaledBacktest(events, quietConfig('power'));
    const { journal, run } = journaled;
    parity = await runParity({ reader: journal.reader(), run, marketFile });
  }, 60_000);

  it('says what really happened', () => {
    const { real } = parity;
    const { profit, fills, fillRows, orders } = journaled.result;
    expect({ profit: real.profit, fills: real.fills, orders: real.orders }).toEqual({
      profit,
      fills,
      orders,
    });
    expect(real.fillRows.map(fillOf)).toEqual(fillRows.map(fillOf));
    expect(real.control.difference).toBeCloseTo(0, 9);
  });

  it('has the market of the recording in it, and none of our orders', () => {
    const rows = marketRows();
    expect(expectSameBooks(events, rows)).toBeGreaterThan(400);
    // A trade that meets orders of ours is told in parts.
    const lotsOf = (sizes: readonly (string | unknown)[]): number =>
      sizes.reduce<number>((sum, size) => sum + Math.round(Number(size) * 10), 0);
    expect(lotsOf(rows.filter(({ channel }) => channel === 'trades').map(({ sz }) => sz))).toBe(
      lotsOf(events.filter(({ kind }) => kind === 'trade').map(({ sz }) => sz)),
    );
  });

  it('comes to the same fills, orders and profit in the models that made it', () => {
    const { real, model, fills } = parity;
    expect(real.fills).toBeGreaterThan(35);
    expect(model.fillRows.map(fillOf)).toEqual(real.fillRows.map(fillOf));
    expect(model.profit).toEqual(real.profit);
    expect(model.orders).toEqual(real.orders);
    expect(fills).toMatchObject({
      real: real.fills,
      model: real.fills,
      matched: real.fills,
    });
    expect(fills.realShare).toBeCloseTo(1, 9);
    expect(fills.modelShare).toBeCloseTo(1, 9);
    expect(Math.abs(fills.laterMs!)).toBeLessThan(0.01);
    expect(fills.betterBps).toBe(0);
  });

  it('comes to others with other models', async () => {
    const { journal, run } = journaled;
    const { backtest } = quietConfig('riskAverse');
    const slower = { ...backtest, entryLatencyMs: 90 };
    const other = await runParity({ reader: journal.reader(), run, marketFile, backtest: slower });
    expect(other.real.fills).toBe(parity.real.fills);
    expect(other.fills.realShare).toBeLessThan(1);
    const latency = other.rows.find(({ name }) => name === 'latency of place, p50')!;
    expect(latency).toMatchObject({ real: 50, model: 115 });
  });

  it('is told on one page that holds everything, with its texts escaped', () => {
    const html = parityHtml({ ...parity, notes: ['<b>"&'] });
    expect(html).toContain('&lt;b&gt;&quot;&amp;');
    expect(html).not.toMatch(/src=|href="(?!data:)|url\(|@import/);
    const data = JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/.exec(html)![1]!) as {
      fills: unknown[][];
    };
    expect(data.fills.filter((fill) => fill[4] === 1)).toHaveLength(parity.real.fills);
    expect(data.fills.filter((fill) => fill[4] === 0)).toHaveLength(parity.model.fills);
    for (const { name } of parity.rows) expect(html).toContain(name);
  });

  it('says of every order what the venue made of it, in the model that made it', () => {
    const { orders, models, filledShare } = parity.queue!;
    expect(orders).toBeGreaterThan(100);
    expect(filledShare).toBeGreaterThan(0.1);
    const made = models.find(({ model, exponent }) => model === 'power' && exponent === 1)!;
    expect(made).toMatchObject({ score: 0, filledShare, modelOnly: 0, realOnly: 0 });
  });
});

describe('a journal that is not whole', () => {
  const records = async (seconds: number): Promise<{ all: JournalRecord[]; firstBook: number }> => {
    const { journal, run } = await journaledBacktest(tradedMarket(1, seconds), quietConfig('power'));
    const all = [...journal.reader().records(run)];
    const firstBook = all.findIndex(
      ({ kind, bytes }) => kind === RecordKind.frame && Buffer.from(bytes).includes('"snapshot"'),
    );
    return { all, firstBook };
  };

  it('of a process that was killed is compared as far as it goes', async () => {
    const { all } = await records(6);
    const cut = all.slice(0, Math.floor(all.length * 0.8));
    const { real, notes } = await runParity({ reader: journalOf(cut).reader(), run: RUN, marketFile });
    expect(notes.join()).toContain('as far as it is proven');
    expect(real.seconds).toBeLessThan(6);
  });

  it('is compared up to its gap', async () => {
    const { all } = await records(6);
    const journal = journalOf(all.slice(0, 600));
    const timeNs = new Float64Array([all[600]!.timeNs]);
    const value = new Float64Array([5]);
    journal.writer.record(RecordKind.gap, 0, 0, timeNs, value, new Uint8Array(0), 0, 0);
    const { notes } = await runParity({ reader: journal.reader(), run: RUN, marketFile });
    expect(notes.join()).toContain('were never written');
  });

  it('says that it has no trades of the market, where it has none', async () => {
    const { all } = await records(6);
    const isTrades = ({ kind, bytes }: JournalRecord): boolean =>
      kind === RecordKind.frame && Buffer.from(bytes).includes('"channel":"trades"');
    expect(all.some(isTrades)).toBe(true);
    const journal = journalOf(all.filter((each) => !isTrades(each)));
    const { notes } = await runParity({ reader: journal.reader(), run: RUN, marketFile });
    expect(notes.join()).toContain('no trades of the market');
  });

  it('of a market that ends before the engine is up is refused, too', async () => {
    await expect(journaledBacktest(tradedMarket(1, 1), quietConfig('power'))).rejects.toThrow(
      /expected a market that lasts longer than the engine takes to start/,
    );
  });

  it('without a book is refused with what to do', async () => {
    const { all, firstBook } = await records(4);
    const journal = journalOf(all.slice(0, firstBook));
    await expect(runParity({ reader: journal.reader(), run: RUN, marketFile })).rejects.toThrow(
      /run 7: expected the book of an instrument in the journal, found none/,
    );
  });
});

describe('a run that began with a position', () => {
  it('is said to have, since its model begins flat', async () => {
    // Simulated processes are killed and come up again with what they had.
    const world = new SimWorld(1, undefined, true);
    const runFor = (seconds: number): Promise<void> =>
      world.runUntil(world.nowNs + seconds * NS_PER_SECOND, () => {});
    await runFor(120);
    const before = world.machine.journals!.newest!;
    world.crash(false, NS_PER_SECOND);
    await runFor(40);
    const { run, journal } = world.machine.journals!.newest!;
    expect(run).not.toBe(before.run);
    const { notes } = await runParity({ reader: journal.reader(), run, marketFile });
    expect(notes.join()).toMatch(
      /-SWAP: the run began with a position of -?[1-9\d.]+; the model begins with none/,
    );
    expect(notes.join()).not.toContain('no trades of the market');
  });
});
