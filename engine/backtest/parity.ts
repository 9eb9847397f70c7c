/**
 * How far a backtest can be believed: a day that was traded, traded once more by the models.
 *
 *     journal ─▶ replay ─┬─▶ what really happened            (RunObserver)
 *                        ├─▶ the market without our orders ──▶ backtest ──▶ what the models make of it
 *                        └─▶ each order's queue, by every model, against what the venue did with it
 *
 * The backtest has the strategy, limits and models of the journal's own configuration, starts flat, and quotes in no time.
 *
 * Times: the engine's clock of the run is the clock of the market that is written, as of a recording; results are compared
 * by the venue's.
 */
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { SystemClock } from '../base/clock.ts';
import type { Config } from '../config/schema.ts';
import type { JournalReader } from '../journal/journal-reader.ts';
import { observedReplay } from '../replay/observed-replay.ts';
import { ReplayEnd, replayRun } from '../replay/replay.ts';
import type { ReplayResult } from '../replay/replay.ts';
import { RunObserver } from '../report/run-observer.ts';
import type { RunResult } from '../report/run-result.ts';
import { BacktestError, BacktestErrorCode } from './backtest-error.ts';
import { OrderPushes } from './order-pushes.ts';
import { OwnLots } from './own-lots.ts';
import { comparedRows } from './parity-figures.ts';
import type { ParityRow } from './parity-figures.ts';
import { matchFills, parityFill } from './parity-fills.ts';
import type { MatchedFills, ParityFill } from './parity-fills.ts';
import { ParityMarket } from './parity-market.ts';
import { QueueTrial } from './queue-trial.ts';
import type { TrialResult } from './queue-scores.ts';
import { runBacktest } from './run-backtest.ts';
import type { BacktestProgress } from './run-backtest.ts';

/** Progress is told so often, in inputs. */
const PROGRESS_STEPS = 16_384;

export interface ParityResult {
  readonly format: 'okx-mm-parity/1';
  readonly run: number;
  readonly real: RunResult;
  readonly model: RunResult;
  /** What the clock of the model's times is behind the venue's, by which the real ones are. */
  readonly modelBehindMs: Milliseconds;
  readonly rows: readonly ParityRow[];
  readonly fills: MatchedFills;
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
  /** While the journal is replayed: the time of day, by the machine that wrote it. */
  readonly onReplay?: (wallMs: Milliseconds) => void;
  /** While the models trade. */
  readonly onProgress?: (progress: BacktestProgress) => void;
}

/** What the journal tells. */
interface Told {
  readonly replay: ReplayResult;
  readonly real: RunResult;
  readonly fills: readonly ParityFill[];
  readonly queue: TrialResult | null;
  readonly trades: number;
  /** The venue's clock when the last row of the market was received. */
  readonly lastMs: Milliseconds;
}

/**
 * @throws ReplayError, JournalError when the run cannot be replayed; BacktestError when it saw no market; what runBacktest
 *   throws
 */
export async function runParity(options: ParityOptions): Promise<ParityResult> {
  const { run, marketFile, backtest, environment = {}, onProgress } = options;
  const { replay, real, fills, queue, trades, lastMs } = replayed(options);
  const { config } = replay.start.about;
  const rows: ParityFill[] = [];
  const model = await runBacktest({
    config: backtest === undefined ? config : { ...config, backtest },
    files: [marketFile],
    title: `run ${run} in the models`,
    environment,
    onFill: (row) => rows.push(parityFill(row)),
    ...(onProgress === undefined ? {} : { onProgress }),
  });
  // Both runs know the venue's clock as their engine measured it; the last row of the market is the same moment in both.
  const behindMs = lastMs - model.toMs;
  const modelFills = rows.map((row) => ({ ...row, timeMs: row.timeMs + behindMs }));
  return {
    format: 'okx-mm-parity/1',
    run,
    real,
    model,
    modelBehindMs: behindMs,
    rows: comparedRows(real, model),
    fills: matchFills(fills, modelFills),
    queue,
    notes: notesOf(replay, real, trades, queue),
  };
}

/** Replays the run, writes its market, and tries every order that rested in every queue model. */
function replayed({ reader, run, marketFile, environment = {}, onReplay }: ParityOptions): Told {
  const clock = new SystemClock();
  const beganNs = clock.nowNs();
  const rows: ParityFill[] = [];
  // Before the venue's clock is known times are the engine's; they are moved at the end.
  const observer = new RunObserver({ onFill: (row) => rows.push(parityFill(row)) });
  const watcher = observedReplay(observer);
  const trial = new QueueTrial();
  const own = new OwnLots();
  let market: ParityMarket | undefined;
  let orders: OrderPushes | undefined;
  let replay;
  let steps = 0;
  let startNs: Nanoseconds = 0;
  let wallMs: Milliseconds = 0;
  try {
    replay = replayRun(reader, run, {
      ...watcher,
      onStart: (loop, start) => {
        watcher.onStart(loop, start);
        startNs = start.about.nowNs;
        wallMs = start.about.wallMs;
        market = new ParityMarket(marketFile, loop, start, own, {
          onTime: (atMs) => orders!.onTime(atMs),
          onLevel: (instrument, side, ticks, lots, atMs) =>
            trial.onLevel(instrument, side, ticks, lots, atMs),
          onTrade: (instrument, side, ticks, lots, atMs) =>
            trial.onTrade(instrument, side, ticks, lots, atMs),
          onUnknown: (instrument) => trial.forget(instrument),
        });
        orders = new OrderPushes(loop, start.options.run, own, market, trial);
      },
      onStep: (loop, record) => {
        watcher.onStep(loop, record);
        orders!.onStep(loop, record);
        market!.onStep(loop, record);
        if (++steps % PROGRESS_STEPS === 0) onReplay?.(wallMs + (record.timeNs - startNs) / NS_PER_MS);
      },
    });
  } finally {
    market?.close();
  }
  if (market!.books === 0) {
    throw new BacktestError(
      BacktestErrorCode.noMarket,
      `run ${run}: expected the book of an instrument in the journal, found none: it ended before the first came; compare a run that quoted`,
    );
  }
  orders!.onTime(Infinity);
  const { about } = replay.start;
  const real = observer.finish({
    kind: about.config.venue.kind,
    title: `run ${run} on ${about.venue}`,
    endNs: replay.provenNs,
    wallSeconds: (clock.nowNs() - beganNs) / NS_PER_SECOND,
    environment,
  });
  const fills = rows.map((row) => ({ ...row, timeMs: observer.msOf(row.timeMs * NS_PER_MS) }));
  const lastMs = observer.msOf(market!.lastNs);
  return { replay, real, fills, queue: trial.result(), trades: market!.trades, lastMs };
}

function notesOf(
  { end, detail, difference, provenSequence }: ReplayResult,
  real: RunResult,
  trades: number,
  queue: TrialResult | null,
): string[] {
  const notes = [
    'Our real orders are taken out of the recorded book by the venue’s own times of them. What they traded stays as it was: the print in the trades, and what it took from the other side.',
    'The model starts flat and with the balances of its configuration; the strategy reacts to its own fills, so that one that differs moves what comes after it.',
  ];
  if (end === ReplayEnd.different) {
    notes.push(
      `The replay differs from what the engine did before record ${provenSequence} (${difference?.got ?? ''}): only the time before is compared. okx-mm replay shows more.`,
    );
  } else if (end !== ReplayEnd.complete)
    notes.push(`The journal is compared as far as it is proven: ${detail}.`);
  for (const [instId, { adjustedLots }] of Object.entries(real.instruments)) {
    // None is known before the first middle.
    const first = real.instrumentSeries[instId]?.columns['position']?.find((lots) => lots !== null) ?? 0;
    if (first !== 0)
      notes.push(`${instId}: the run began with a position of ${first}; the model begins with none.`);
    if (adjustedLots !== 0) {
      notes.push(
        `${instId}: ${adjustedLots} lots came or went by no trade of the run, a position that it found among them; the model has none of them.`,
      );
    }
  }
  if (real.makerShare !== null && real.makerShare < 1) {
    notes.push(
      'Some real fills took from the book: their prints stay in the market that the model sees, as if somebody else had traded.',
    );
  }
  if (trades === 0) {
    notes.push(
      'The journal has no trades of the market: the models fill only where the book goes through an order.',
    );
  }
  if (queue === null) notes.push('No order rested and left again: queue models cannot be judged.');
  return notes;
}
