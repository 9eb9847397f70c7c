/**
 * Many backtests of the same data with other parameters, on a pool of threads, and what can be believed of the best.
 *
 *     points ──▶ pool (sweep-thread.ts) ──▶ store (a line a point) ──▶ sorted by the objective
 *
 * The data is cut in time: the order is made by the first part alone, and what each point did in the second stands beside
 * it. The more points are tried, the better the best of the first part looks by chance; only the second part tells.
 */
import { Piscina } from 'piscina';
import { SystemClock } from '../base/clock.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import type { InstrumentRow } from '../paper/exchange/exchange.ts';
import { RecordingReader } from '../recording/recording-reader.ts';
import { SweepError } from './sweep-space.ts';
import type { Parameters } from './sweep-space.ts';
import type { SweepStore } from './sweep-store.ts';
import type { SweepFigures, SweepOutcome, SweepTask } from './sweep-thread.ts';

/** What points are sorted by, best first; of a drawdown, an inventory or messages the least is best. */
export const OBJECTIVES = {
  profit: 1,
  profitBps: 1,
  sharpe: 1,
  sortino: 1,
  volume: 1,
  fills: 1,
  timeQuoted: 1,
  maxDrawdown: -1,
  inventoryDeviation: -1,
  messages: -1,
} as const;
export type Objective = keyof typeof OBJECTIVES;

/** A point that has ended. */
export interface SweepRow {
  readonly id: number;
  readonly parameters: Parameters;
  /** Why it could not be run; '' when it was. */
  readonly error: string;
  readonly outcome: SweepOutcome | null;
}

export interface SweepPoint {
  readonly parameters: Parameters;
  readonly config: Config;
}

export interface SweepOptions {
  readonly points: readonly SweepPoint[];
  readonly files: readonly string[];
  readonly instruments: readonly InstrumentRow[];
  readonly isPartial: boolean;
  readonly isMixed: boolean;
  readonly fromMs: Milliseconds;
  readonly splitMs: Milliseconds;
  readonly toMs: Milliseconds;
  readonly threads: number;
  readonly store: SweepStore<SweepRow>;
  /** Ends the sweep at once; what was done by then is in the store. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: SweepProgress) => void;
}

export interface SweepProgress {
  readonly done: number;
  readonly total: number;
  /** By the pace of this process; NaN before its first point. */
  readonly secondsLeft: number;
}

/**
 * The first and last moment of the market, since the epoch: its first book, which a backtest begins with, and just past its
 * last event.
 */
export async function timeBounds(
  files: readonly string[],
  options: {
    readonly instIds: readonly string[];
    readonly isPartial: boolean;
    readonly isMixed: boolean;
  },
): Promise<{ firstMs: Milliseconds; endMs: Milliseconds }> {
  const reader = await RecordingReader.open(files, options);
  try {
    let firstNs: Nanoseconds = -1;
    let lastNs: Nanoseconds = -1;
    for (;;) {
      if (reader.needsFill) await reader.fill();
      const event = reader.next();
      if (event === null) break;
      if (firstNs < 0 && event.kind === 'snapshot') firstNs = event.timeNs;
      lastNs = event.timeNs;
    }
    if (firstNs < 0)
      throw new SweepError(
        'data: expected the book of a configured instrument, found none; check --data and the configuration',
      );
    const at = (ns: Nanoseconds): Milliseconds => reader.originMs + ns / 1e6;
    return { firstMs: Math.floor(at(firstNs)), endMs: Math.floor(at(lastNs)) + 1 };
  } finally {
    await reader.close();
  }
}

/**
 * Runs what the store does not hold yet. A point that fails is a row with its error; the others go on, and the next time it
 * is tried once more.
 */
export async function runSweep(options: SweepOptions): Promise<void> {
  const { points, store, threads, signal, onProgress } = options;
  const known = new Set(latestRows(store.rows).flatMap(({ id, error }) => (error === '' ? [id] : [])));
  const ids = points.map((_, id) => id).filter((id) => !known.has(id));
  const clock = new SystemClock();
  const startNs = clock.nowNs();
  const pool = new Piscina<SweepTask, SweepOutcome>({
    filename: threadFile(),
    name: 'runPoint',
    minThreads: Math.min(threads, Math.max(1, ids.length)),
    maxThreads: threads,
    // A backtest needs files and its configuration; what the environment holds (keys) is not its business.
    env: {},
    recordTiming: false,
  });
  const tell = (done: number): void => {
    const seconds = (clock.nowNs() - startNs) / NS_PER_SECOND;
    const left = done === 0 ? NaN : (seconds / done) * (ids.length - done);
    onProgress({ done: known.size + done, total: points.length, secondsLeft: left });
  };
  // Points that end because the pool does have not failed: nothing is written once the sweep is over.
  let isOver = false;
  const interrupted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
  try {
    let done = 0;
    tell(done);
    const all = Promise.all(
      ids.map(async (id) => {
        const row = await runOne(pool, options, id);
        if (isOver) return;
        store.add(row);
        tell(++done);
      }),
    );
    await Promise.race([all, interrupted]);
  } finally {
    isOver = true;
    await pool.destroy();
  }
}

/** One row a point, the one that was written last: a point that had failed may have been tried again. */
export function latestRows(rows: readonly SweepRow[]): SweepRow[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()];
}

/** The thread is JavaScript: a test that runs from TypeScript takes what was built before it. */
function threadFile(): string {
  const isBuilt = import.meta.url.endsWith('.js');
  return new URL(
    isBuilt ? './sweep-thread.js' : '../../dist/engine/backtest/sweep-thread.js',
    import.meta.url,
  ).href;
}

async function runOne(
  pool: Piscina<SweepTask, SweepOutcome>,
  options: SweepOptions,
  id: number,
): Promise<SweepRow> {
  const { files, instruments, isPartial, isMixed, fromMs, splitMs, toMs } = options;
  const { parameters, config } = options.points[id]!;
  try {
    const outcome = await pool.run({
      config,
      files,
      instruments,
      isPartial,
      isMixed,
      fromMs,
      splitMs,
      toMs,
    });
    return { id, parameters, error: '', outcome };
  } catch (error) {
    return { id, parameters, error: error instanceof Error ? error.message : String(error), outcome: null };
  }
}

/** Best first by the first part of the data; what has no such figure or failed comes last. */
export function sortRows(rows: readonly SweepRow[], objective: Objective): SweepRow[] {
  const sign = OBJECTIVES[objective];
  const scoreOf = ({ outcome }: SweepRow): number => {
    const figure = outcome?.inSample[objective];
    return figure === null || figure === undefined ? -Infinity : figure * sign;
  };
  return rows.toSorted((a, b) => compare(scoreOf(b), scoreOf(a)) || a.id - b.id);
}

/** Infinities are equal to themselves, which their difference is not. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

/**
 * Spearman's rank correlation between the two parts of the data: how far the order that the first part made held in the
 * second. NaN with fewer than three points or where one part tells none apart.
 */
export function rankCorrelation(rows: readonly SweepRow[], objective: Objective): number {
  const pairs: [number, number][] = [];
  for (const { outcome } of rows) {
    const first = outcome?.inSample[objective];
    const second = outcome?.outOfSample?.[objective];
    if (typeof first === 'number' && typeof second === 'number') pairs.push([first, second]);
  }
  if (pairs.length < 3) return NaN;
  const first = ranksOf(pairs.map(([value]) => value));
  const second = ranksOf(pairs.map(([, value]) => value));
  const mean = (pairs.length + 1) / 2;
  let products = 0;
  let firstSquares = 0;
  let secondSquares = 0;
  for (let index = 0; index < pairs.length; index++) {
    const a = first[index]! - mean;
    const b = second[index]! - mean;
    products += a * b;
    firstSquares += a * a;
    secondSquares += b * b;
  }
  return products / Math.sqrt(firstSquares * secondSquares);
}

/** 1 for the least; equal values share the mean of their ranks. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, index) => index).toSorted((a, b) => values[a]! - values[b]!);
  const ranks = values.map(() => 0);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let index = start; index < end; index++) ranks[order[index]!] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** A figure for a table. */
export function textOfFigure(figures: SweepFigures | null | undefined, name: Objective): string {
  const value = figures?.[name];
  return value === null || value === undefined ? '-' : Number(value.toPrecision(6)).toString();
}
