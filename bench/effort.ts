/** How much is measured. Names and checksums do not depend on it, but for the engines side by side. */
export interface Effort {
  /** Of the main thread, for each contender before anything counts. */
  readonly warmUpMs: number;
  /** Rounds in which the contenders of a benchmark take turns. */
  readonly rounds: number;
  /** Timed operations of a round that takes about a microsecond each; slower ones do a share of it. */
  readonly roundOps: number;
  /** Windows over which allocation is measured, and operations in each. */
  readonly heapWindows: number;
  readonly heapWindowOps: number;
  /** The same in the long run that allocation is the subject of. */
  readonly longWindows: number;
  /** Longest run of one contender in the suite that counts operations, each round. */
  readonly suiteMs: number;
  /** Frames of one wire-to-wire round, and between them. */
  readonly wireFrames: number;
  readonly wireIntervalUs: number;
  /** Round trips of one handoff round, and before it: its thread is a new one. */
  readonly handoffTrips: number;
  readonly handoffWarmUpTrips: number;
  /** Frames of one round at one rate, of one fleet. */
  readonly scaleFrames: number;
  /** Most engines side by side: each is a process that starts, builds its books and warms up. */
  readonly scaleEngines: number;
  /** Of the long run, when the command does not say. */
  readonly longRunMinutes: number;
  /** Whether a row that misses what it was to hold fails the command. */
  readonly isJudged: boolean;
}

/** Everything in some ten minutes, a third of it wire to wire. */
export const FULL_EFFORT: Effort = {
  warmUpMs: 1_000,
  rounds: 5,
  roundOps: 100_000,
  heapWindows: 60,
  heapWindowOps: 2_000,
  longWindows: 300,
  suiteMs: 200,
  wireFrames: 2_500,
  wireIntervalUs: 500,
  handoffTrips: 5_000,
  handoffWarmUpTrips: 10_000,
  scaleFrames: 20_000,
  scaleEngines: 4,
  longRunMinutes: 10,
  isJudged: true,
};

/** Does every benchmark still run? All of them together in some twenty seconds; the figures mean little. */
export const SMOKE_EFFORT: Effort = {
  warmUpMs: 50,
  rounds: 1,
  roundOps: 5_000,
  heapWindows: 10,
  heapWindowOps: 500,
  longWindows: 30,
  suiteMs: 20,
  wireFrames: 60,
  wireIntervalUs: 2_000,
  handoffTrips: 300,
  handoffWarmUpTrips: 500,
  scaleFrames: 400,
  scaleEngines: 2,
  longRunMinutes: 0.03,
  isJudged: false,
};

/** Counts and checksums, never times. @testonly The command has no such effort: its figures would mean nothing. */
export const TINY_EFFORT: Effort = {
  warmUpMs: 0,
  rounds: 1,
  roundOps: 200,
  heapWindows: 3,
  heapWindowOps: 20,
  longWindows: 10,
  suiteMs: 1,
  wireFrames: 25,
  wireIntervalUs: 3_000,
  handoffTrips: 20,
  handoffWarmUpTrips: 1,
  scaleFrames: 200,
  scaleEngines: 2,
  longRunMinutes: 0.005,
  isJudged: false,
};
