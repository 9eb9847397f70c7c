/**
 * The rows that the gate watches, and how they are measured: several short passes over a benchmark in one process, and of
 * each row the best median, over the best calibration of the same process. What a neighbour takes of the core makes some
 * passes slower, none faster: the best of them is the code's own.
 */
import { BENCHMARKS } from '../benchmark-list.ts';
import type { BenchArguments } from '../arguments.ts';
import type { BenchResult } from '../benchmark.ts';
import { FULL_EFFORT } from '../effort.ts';
import type { Effort } from '../effort.ts';
import { runSteady } from '../steady/steady-run.ts';
import type { SteadyOrder } from '../steady/steady-run.ts';
import { contextOf } from '../run-benchmark.ts';
import { LimitKind } from './limits.ts';
import type { GateRow } from './limits.ts';

const PASSES = 6;
const FIRST_WARM_UP_MS = 300;

/** Short: what counts is that some pass is not disturbed. */
const GATE_EFFORT: Effort = {
  ...FULL_EFFORT,
  warmUpMs: 20,
  rounds: 1,
  roundOps: 10_000,
  heapWindows: 1,
  heapWindowOps: 100,
  suiteMs: 5,
  handoffTrips: 2_000,
  handoffWarmUpTrips: 5_000,
};

/** Bytes need long windows, and one pass. */
const ALLOCATION_EFFORT: Effort = { ...FULL_EFFORT, longWindows: 30 };

/** One after the other, under V8's trace. */
const STEADY: SteadyOrder = {
  path: 'tick-to-trade',
  feed: 'generated-books',
  warmUpTurns: 80_000,
  turns: 100_000,
  rate: 0,
  cpuProfile: '',
};

interface Watched {
  readonly benchmark: string;
  readonly kind: LimitKind;
  /** Which rows of it: those that need one thread and no peer. */
  readonly has: (result: BenchResult) => boolean;
  readonly roundOps?: number;
}

/** In the order of their time. The whole path is in it by quote and by guard, on all feeds. */
export const WATCHED: readonly Watched[] = [
  { benchmark: 'book-update', kind: LimitKind.ratio, has: ({ name }) => name === 'book-update' },
  {
    benchmark: 'tick-to-trade',
    kind: LimitKind.ratio,
    has: ({ name }) => name === 'tick-to-trade' || name === 'tick-to-trade:guard',
  },
  { benchmark: 'encode', kind: LimitKind.ratio, has: ({ name }) => name === 'encode', roundOps: 3_000 },
  { benchmark: 'gate', kind: LimitKind.ratio, has: ({ name }) => name === 'gate' },
  { benchmark: 'diff', kind: LimitKind.ratio, has: ({ name }) => name === 'diff' },
  { benchmark: 'histogram', kind: LimitKind.ratio, has: ({ name }) => name === 'histogram' },
  { benchmark: 'handoff', kind: LimitKind.ratio, has: () => true },
  { benchmark: 'allocation', kind: LimitKind.bytes, has: () => true },
  // Not the run itself, which takes minutes: what the compiler takes back of a path that is warm.
  { benchmark: 'long-run', kind: LimitKind.count, has: () => true },
];

const ARGUMENTS: BenchArguments = {
  json: undefined,
  only: [],
  feed: undefined,
  // Feeds as short as a smoke run's: making them is most of the time.
  isSmoke: true,
  withPeers: false,
  minutes: undefined,
  isHeapProfiled: false,
  isChild: true,
};

/** Measures what is watched of one benchmark, in this process. */
export async function measureWatched({ benchmark: name, kind, has, roundOps }: Watched): Promise<GateRow[]> {
  if (kind === LimitKind.count) {
    const { trace } = await runSteady(STEADY);
    const bailouts = trace.deoptimisations.reduce((sum, { count }) => sum + count, 0);
    for (const { what, count } of trace.deoptimisations)
      console.log(`deoptimised in steady state: ${count} x ${what}`);
    return [{ name, feed: 'deoptimisations', kind, value: bailouts }];
  }
  const benchmark = BENCHMARKS.find((one) => one.name === name)!;
  const context = { ...(await contextOf(benchmark, ARGUMENTS)), isOneThread: true };
  if (kind === LimitKind.bytes) {
    const results = await benchmark.run({ ...context, effort: ALLOCATION_EFFORT });
    return results.map((result) => ({ name, feed: result.feed, kind, value: result.bytesPerOp }));
  }
  const passes: BenchResult[][] = [];
  for (let pass = 0; pass < PASSES; pass++) {
    const warmUpMs = pass === 0 ? FIRST_WARM_UP_MS : GATE_EFFORT.warmUpMs;
    const effort = { ...GATE_EFFORT, warmUpMs, roundOps: roundOps ?? GATE_EFFORT.roundOps };
    passes.push((await benchmark.run({ ...context, effort })).filter(has));
  }
  const calibrationNs = Math.min(...passes.flat().map((result) => result.calibrationNs));
  return passes[0]!.map((row, index) => {
    const p50 = Math.min(...passes.map((results) => results[index]!.p50));
    return { name: row.name, feed: row.feed, kind, value: p50 / calibrationNs };
  });
}
