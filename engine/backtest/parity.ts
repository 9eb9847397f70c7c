/**
 * How far a backtest can be believed: a day that was traded, traded once more by the models.
 *
 *     journal ─▶ replay ─┬─▶ what really happened            (RunObserver)
 *                        ├─▶ the market without our orders ──▶ backtest ──▶ what the models make of it
 *                        └─▶ each order's queue, by every model, against what the venue did with it
 *
 * The backtest has the strategy, limits and models of the journal's own configuration, starts flat, and quotes in no time.
 */
import { Side } from '../base/side.ts';
import { OFF_GRID } from '../base/decimal.ts';
import type { Instrument } from '../base/instrument.ts';
import type { Lots, Milliseconds, Ticks } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import type { JournalReader } from '../journal/journal-reader.ts';
import { RecordKind } from '../journal/record-kind.ts';
import type { Loop } from '../loop.ts';
import { Connection } from '../loop/loop-options.ts';
import { ReplayEnd, replayRun } from '../replay/replay.ts';
import { NO_FRAME, RunObserver } from '../report/run-observer.ts';
import type { FillRow, RunKind, RunResult } from '../report/run-result.ts';
import { ParityMarket } from './parity-market.ts';
import { QueueTrial } from './queue-trial.ts';
import type { TrialResult } from './queue-trial.ts';
import { runBacktest } from './run-backtest.ts';
import type { BacktestProgress } from './run-backtest.ts';

/** A fill of the model is the same as a real one when side and instrument are, and it is no further away than this. */
const MATCH_MS = 1_000;

/** A figure of both. Null where there is none. */
export interface ParityRow {
  readonly name: string;
  readonly unit: string;
  readonly real: number | null;
  readonly model: number | null;
}

export interface MatchedFills {
  readonly withinMs: number;
  readonly real: number;
  readonly model: number;
  /** Pairs of one real and one fill of the model. */
  readonly matched: number;
}

export interface ParityResult {
  readonly format: 'okx-mm-parity/1';
  readonly run: number;
  readonly real: RunResult;
  readonly model: RunResult;
  readonly rows: readonly ParityRow[];
  /** Null when there were more fills than results keep. */
  readonly fills: MatchedFills | null;
  /** Null when no order rested and left again. */
  readonly queue: TrialResult | null;
  /** What the reader must know to believe the figures. */
  readonly notes: readonly string[];
}

export interface ParityOptions {
  readonly reader: JournalReader;
  readonly run: number;
  /** Where the market is written, as a recording. */
  readonly marketFile: string;
  /** Other models than those of the journal's configuration. */
  readonly backtest?: Config['backtest'];
  readonly environment?: Readonly<Record<string, string>>;
  readonly onProgress?: (progress: BacktestProgress) => void;
}

/** @throws ReplayError, JournalError when the run cannot be replayed; what runBacktest throws */
export async function runParity(options: ParityOptions): Promise<ParityResult> {
  const { reader, run, marketFile, backtest, environment = {} } = options;
  const observer = new RunObserver();
  const trial = new QueueTrial();
  let market: ParityMarket | undefined;
  let orders: OrderPushes | undefined;
  const replay = replayRun(reader, run, {
    onStart: (loop, start) => {
      observer.begin(loop, start.about.nowNs);
      const opened = new ParityMarket(marketFile, loop, start, {
        onLevel: (instrument, side, ticks, lots, atMs) => trial.onLevel(instrument, side, ticks, lots, atMs),
        onTrade: (instrument, side, ticks, lots, atMs) => trial.onTrade(instrument, side, ticks, lots, atMs),
        onTime: (atMs) => trial.onTime(atMs),
        onUnknown: (instrument) => trial.forget(instrument),
      });
      market = opened;
      orders = new OrderPushes(loop, opened, trial);
    },
    onInput: (record) => observe(observer, record),
    onOutput: (record) => {
      // Only what the session took has left.
      const hasLeft = record.kind === RecordKind.send && record.instrument === 1;
      if (hasLeft) observer.onSend(connectionOf(record), record.bytes, record.timeNs);
    },
    onStep: (loop, record) => {
      observer.onStep(loop, record.timeNs);
      orders?.onStep(record);
      market?.onStep(loop, record);
    },
  });
  market!.close();
  const { config, venue } = replay.start.about;
  const real = observer.finish({
    kind: kindOf(config),
    title: `run ${run} on ${venue}`,
    endNs: replay.provenNs,
    environment,
  });
  const model = await runBacktest({
    config: backtest === undefined ? config : { ...config, backtest },
    files: [marketFile],
    title: `run ${run} in the models`,
    environment,
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
  });
  const queue = trial.result();
  return {
    format: 'okx-mm-parity/1',
    run,
    real,
    model,
    rows: rowsOf(real, model),
    fills: matchFills(real, model),
    queue,
    notes: notesOf(replay.end, replay.detail, market!, queue),
  };
}

function observe(observer: RunObserver, record: JournalRecord): void {
  const isFrame = record.kind === RecordKind.frame;
  if (record.kind === RecordKind.quoteTaken) return;
  observer.onInput(isFrame ? connectionOf(record) : NO_FRAME, record.bytes, record.timeNs);
}

function connectionOf({ sub }: JournalRecord): Connection {
  return sub as Connection;
}

function kindOf({ venue }: Config): RunKind {
  return venue.kind;
}

function notesOf(end: ReplayEnd, detail: string, market: ParityMarket, queue: TrialResult | null): string[] {
  const notes = [
    'Our real orders are taken out of the recorded book as the engine knew them when each message came; for a moment after a change a level may be off by one of them.',
    'The model starts flat and with the balances of its configuration; the strategy reacts to its own fills, so that one that differs moves what comes after it.',
  ];
  if (end !== ReplayEnd.complete) notes.push(`The journal is compared as far as it is proven: ${detail}.`);
  if (market.trades === 0) {
    notes.push(
      'The journal has no trades of the market: the models fill only where the book goes through an order.',
    );
  }
  if (queue === null) notes.push('No order rested and left again: queue models cannot be judged.');
  return notes;
}

// ------------------------------------------------------------------------------------------------------ orders

type Json = Readonly<Record<string, unknown>>;
interface Place {
  readonly ticks: Ticks;
  readonly size: Lots;
  readonly lots: Lots;
}

/** Lives of orders, from the pushes of the orders channel. */
class OrderPushes {
  readonly #market: ParityMarket;
  readonly #trial: QueueTrial;
  readonly #byId: ReadonlyMap<string, Instrument>;
  /** By ordId: lots filled so far. */
  readonly #filled = new Map<string, number>();

  constructor({ instruments }: Loop, market: ParityMarket, trial: QueueTrial) {
    this.#market = market;
    this.#trial = trial;
    this.#byId = new Map(instruments.map((instrument) => [instrument.instId, instrument]));
  }

  onStep({ kind, sub, bytes }: JournalRecord): void {
    if (kind !== RecordKind.frame || sub !== Connection.private) return;
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    const frame = JSON.parse(text) as Json;
    if ((frame['arg'] as Json | undefined)?.['channel'] !== 'orders' || !Array.isArray(frame['data'])) return;
    for (const row of frame['data'] as Json[]) this.#onOrder(row);
  }

  #onOrder(row: Json): void {
    const instrument = this.#byId.get(String(row['instId']));
    if (instrument === undefined) return;
    const id = String(row['ordId']);
    const ticks = instrument.tick.fromText(String(row['px']));
    const size = instrument.lot.fromText(String(row['sz']));
    const filled = instrument.lot.fromText(String(row['accFillSz'] || '0'));
    if (ticks === OFF_GRID || size === OFF_GRID || filled === OFF_GRID) return;
    const atMs = Number(row['uTime']);
    const before = this.#filled.get(id) ?? 0;
    if (filled > before) this.#trial.fill(id, filled - before);
    this.#filled.set(id, filled);
    const isOpen = row['state'] === 'live' || row['state'] === 'partially_filled';
    if (!isOpen) {
      this.#trial.end(id, atMs);
      this.#filled.delete(id);
      return;
    }
    const side = row['side'] === 'sell' ? Side.sell : Side.buy;
    this.#place(id, instrument, side, { ticks, size, lots: size - filled }, atMs);
  }

  /** A new price, or more size, goes to the end of the queue; less size keeps its place. */
  #place(id: string, { index }: Instrument, side: Side, next: Place, atMs: Milliseconds): void {
    const place = this.#trial.placeOf(id);
    if (place !== undefined && place.ticks === next.ticks && next.size <= place.size) {
      if (next.size < place.size) this.#trial.shrink(id, next.size);
    } else if (this.#market.isKnown(index)) {
      this.#trial.begin(id, index, side, next, this.#market.lotsAt(index, side, next.ticks), atMs);
    } else this.#trial.drop(id);
  }
}

// ------------------------------------------------------------------------------------------------ the comparison

function rowsOf(real: RunResult, model: RunResult): ParityRow[] {
  const { currency } = real;
  const row = (
    name: string,
    unit: string,
    read: (result: RunResult) => number | null | undefined,
  ): ParityRow => ({
    name,
    unit,
    real: read(real) ?? null,
    model: read(model) ?? null,
  });
  const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b);
  return [
    row('fills', '', ({ fills }) => fills),
    row('volume', currency, ({ volume }) => volume),
    row('maker share', '', ({ makerShare }) => makerShare),
    row('fill ratio', '', ({ fillRatio }) => fillRatio),
    row('profit', currency, ({ profit }) => profit.total),
    row('spread', currency, ({ profit }) => profit.spread),
    row('inventory', currency, ({ profit }) => profit.inventory),
    row('fees', currency, ({ profit }) => profit.fees),
    row('funding', currency, ({ profit }) => profit.funding),
    row('fees by volume', 'bps', ({ fees, volume }) => ratio(fees * 10_000, volume)),
    row('spread by volume', 'bps', ({ profit, volume }) => ratio(profit.spread * 10_000, volume)),
    row('inventory, standard deviation', real.inventory.unit, ({ inventory }) => inventory.standardDeviation),
    row('inventory, maximum', real.inventory.unit, ({ inventory }) => inventory.maximum),
    row('time quoted on both sides', '', ({ timeQuoted }) => timeQuoted),
    row('mean distance of the bid', 'bps', ({ quotedDistance }) => quotedDistance.meanBidBps),
    row('mean distance of the ask', 'bps', ({ quotedDistance }) => quotedDistance.meanAskBps),
    row('orders placed', '', ({ orders }) => orders.place),
    row('orders amended', '', ({ orders }) => orders.amend),
    row('orders cancelled', '', ({ orders }) => orders.cancel),
    row('commands refused', '', ({ orders }) => orders.refused),
    ...Object.keys({ ...real.markouts, ...model.markouts }).map((horizon) =>
      row(`markout after ${horizon} s`, 'bps', ({ markouts }) => markouts[horizon]?.bps),
    ),
    ...Object.keys({ ...real.latencies, ...model.latencies }).flatMap((name) => [
      row(`latency of ${name}, p50`, 'ms', ({ latencies }) => latencies[name]?.p50Ms),
      row(`latency of ${name}, p99`, 'ms', ({ latencies }) => latencies[name]?.p99Ms),
    ]),
  ];
}

/** Each real fill with the nearest free one of the model, in the order of time. */
export function matchFills(
  real: Pick<RunResult, 'fillRows' | 'fillRowsEvery'>,
  model: Pick<RunResult, 'fillRows' | 'fillRowsEvery'>,
): MatchedFills | null {
  if (real.fillRowsEvery > 1 || model.fillRowsEvery > 1) return null;
  const free = new Map<string, FillRow[]>();
  const keyOf = ({ instId, side }: FillRow): string => `${instId} ${side}`;
  for (const row of model.fillRows) free.set(keyOf(row), [...(free.get(keyOf(row)) ?? []), row]);
  let matched = 0;
  for (const row of real.fillRows) {
    const rows = free.get(keyOf(row)) ?? [];
    let best = -1;
    for (let index = 0; index < rows.length; index++) {
      const away = Math.abs(rows[index]!.timeMs - row.timeMs);
      const isNearer = best === -1 || away < Math.abs(rows[best]!.timeMs - row.timeMs);
      if (away <= MATCH_MS && isNearer) best = index;
    }
    if (best === -1) continue;
    rows.splice(best, 1);
    matched++;
  }
  return { withinMs: MATCH_MS, real: real.fillRows.length, model: model.fillRows.length, matched };
}
