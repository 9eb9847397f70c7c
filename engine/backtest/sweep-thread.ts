/**
 * One point of a sweep, on a thread of the pool: the same data twice, before and after the split.
 */
import type { Milliseconds } from '../base/units.ts';
import type { Config } from '../config/schema.ts';
import type { InstrumentRow } from '../paper/exchange/exchange.ts';
import type { RunResult } from '../report/run-result.ts';
import { runBacktest } from './run-backtest.ts';

export interface SweepTask {
  readonly config: Config;
  readonly files: readonly string[];
  readonly instruments: readonly InstrumentRow[];
  readonly isPartial: boolean;
  readonly isMixed: boolean;
  readonly fromMs: Milliseconds;
  /** Where the data is cut in two; equal to `toMs` when it is not. */
  readonly splitMs: Milliseconds;
  readonly toMs: Milliseconds;
}

/** What a sweep keeps of a run: numbers by name, null where there is none. */
export interface SweepFigures {
  readonly resultHash: string;
  readonly profit: number;
  readonly profitBps: number | null;
  readonly sharpe: number | null;
  readonly sortino: number | null;
  readonly maxDrawdown: number;
  readonly fills: number;
  readonly volume: number;
  readonly fees: number;
  readonly inventoryDeviation: number;
  readonly timeQuoted: number;
  readonly fillRatio: number | null;
  readonly messages: number;
}

export interface SweepOutcome {
  readonly inSample: SweepFigures;
  /** Null when the data is not cut. */
  readonly outOfSample: SweepFigures | null;
  readonly currency: string;
}

/** @throws what runBacktest throws */
export async function runPoint(task: SweepTask): Promise<SweepOutcome> {
  const { fromMs, splitMs, toMs } = task;
  const first = await runPart(task, fromMs, splitMs);
  const second = splitMs === toMs ? null : await runPart(task, splitMs, toMs);
  return {
    inSample: figuresOf(first),
    outOfSample: second === null ? null : figuresOf(second),
    currency: first.currency,
  };
}

function runPart(task: SweepTask, fromMs: Milliseconds, toMs: Milliseconds): Promise<RunResult> {
  const { config, files, instruments, isPartial, isMixed } = task;
  return runBacktest({ config, files, instruments, isPartial, isMixed, fromMs, toMs });
}

function figuresOf(result: RunResult): SweepFigures {
  return {
    resultHash: result.resultHash,
    profit: result.profit.total,
    profitBps: result.profitBps,
    sharpe: result.sharpe,
    sortino: result.sortino,
    maxDrawdown: result.maxDrawdown,
    fills: result.fills,
    volume: result.volume,
    fees: result.fees,
    inventoryDeviation: result.inventory.standardDeviation,
    timeQuoted: result.timeQuoted,
    fillRatio: result.fillRatio,
    messages: result.orders.messages,
  };
}
