import type { Effort } from './effort.ts';
import type { FrameFeed } from './feeds/frame-feed.ts';

/** One row of the table, and of the results file. */
export interface BenchResult {
  /** `benchmark` or `benchmark:variant`. */
  readonly name: string;
  readonly feed: string;
  readonly unit: string;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly opsPerSecond: number;
  /** Of the JavaScript heap, steady state; -1 where it is not measured. */
  readonly bytesPerOp: number;
  readonly checksum: string;
  /** What one of these figures is worth: how many values stand behind the percentiles. */
  readonly samples: number;
  /** Median duration of the calibration work, done in the same process between the rounds: 0 where there was none. */
  readonly calibrationNs: number;
  readonly note: string;
  /** What the row was to hold and does not, in one line: the command then ends with 1. Never in a smoke run. */
  readonly failure?: string;
}

export interface BenchContext {
  readonly effort: Effort;
  /** The recorded market and the generated feeds. */
  readonly feeds: readonly FrameFeed[];
  /** False where only our own rows are wanted, as in the gate: nothing is compiled or fetched. True when not given. */
  readonly withPeers?: boolean;
  /** True in the gate: rows that need a second thread tell about the machine. */
  readonly isOneThread?: boolean;
  /** Length of the long run; its effort's own when not given. */
  readonly minutes?: number;
  /** Whether `allocation` shows where bytes come from even when there are none to complain about. */
  readonly isHeapProfiled?: boolean;
}

/** A benchmark runs in a process of its own, so that what one has taught the compiler does not colour another. */
export interface Benchmark {
  readonly name: string;
  /** What one operation is. */
  readonly about: string;
  readonly usesFeeds: boolean;
  /** Takes minutes by itself: left out of a full run that does not name it. A smoke run has it, for seconds. */
  readonly isOnlyByName?: boolean;
  run(context: BenchContext): Promise<BenchResult[]>;
}
