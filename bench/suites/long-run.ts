import { Histogram } from '../../engine/metrics/histogram.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Calibration } from '../calibration.ts';
import { percentilesOf } from '../contender.ts';
import type { CompilerTrace } from '../steady/deoptimisations.ts';
import { runSteady } from '../steady/steady-run.ts';
import type { SteadyOutcome } from '../steady/steady-run.ts';

const RATE = 5_000;
const FEED = 'generated-tbt';
/** Later than anything that V8 decides by itself about this path, as --trace-opt shows. */
const WARM_UP_TURNS = 150_000;
/** No collection on the engine's thread may take longer. */
const PAUSE_MS_MAX = 1;
/** Growth of the heap that is the JavaScript engine's own: code and feedback that come late. */
const GROWTH_MB_MAX = 2;

/**
 * What the run was to hold and did not; empty when it held everything.
 *
 * @testonly The command itself fails by it.
 */
export function problemsOf(
  { pauses, heapMb }: Pick<SteadyOutcome, 'pauses' | 'heapMb'>,
  { deoptimisations }: Pick<CompilerTrace, 'deoptimisations'>,
): string[] {
  const problems: string[] = [];
  for (const { kind, longestMs } of pauses) {
    if (longestMs > PAUSE_MS_MAX) {
      problems.push(
        `expected no collection over ${PAUSE_MS_MAX} ms, a ${kind} took ${longestMs.toFixed(2)} ms`,
      );
    }
  }
  const bailouts = deoptimisations.reduce((sum, { count }) => sum + count, 0);
  if (bailouts > 0) {
    const worst = deoptimisations[0]!;
    problems.push(
      `expected no deoptimisation after warming up, were ${bailouts}: ${worst.count} of ${worst.what}`,
    );
  }
  const grownMb = heapMb.end - heapMb.start;
  if (grownMb > GROWTH_MB_MAX) {
    problems.push(`expected a heap that does not grow, grew by ${grownMb.toFixed(1)} MB`);
  }
  return problems;
}

function noteOf(outcome: SteadyOutcome, trace: CompilerTrace): string {
  const { pauses, heapMb, rssMb, runDelayMs, switches, longGaps, longestGapMs, seconds } = outcome;
  const collections =
    pauses.length === 0
      ? 'none'
      : pauses
          .map(({ kind, count, longestMs }) => `${count} of ${kind}, longest ${longestMs.toFixed(2)} ms`)
          .join('; ');
  const bailouts = trace.deoptimisations.map(({ what, count }) => `${count} x ${what}`).join('; ');
  return (
    `${seconds.toFixed(0)} s at ${RATE} frames/s, from the time a frame was due to the end of its turn; flags of npm start; ` +
    `collections: ${collections}; deoptimisations: ${bailouts === '' ? 'none' : bailouts}; ` +
    `optimised after warming up: ${trace.optimised}; heap ${heapMb.start.toFixed(1)} -> ${heapMb.end.toFixed(1)} MB, ` +
    `RSS ${rssMb.start.toFixed(0)} -> ${rssMb.end.toFixed(0)} MB; ${longGaps} times over 1 ms from one look at the clock to the next, longest ${longestGapMs.toFixed(1)} ms; ` +
    `the scheduler kept it waiting for ${runDelayMs.toFixed(0)} ms in all, took it off its core ${switches} times`
  );
}

export const longRun: Benchmark = {
  name: 'long-run',
  about:
    'minutes at 5,000 frames/s: latencies, pauses, growth and deoptimisations of an engine that has started',
  usesFeeds: false,
  isOnlyByName: true,
  async run({ effort, minutes = effort.longRunMinutes }: BenchContext): Promise<BenchResult[]> {
    const calibration = new Calibration();
    calibration.sample();
    const { outcome, trace } = await runSteady({
      path: 'tick-to-trade',
      feed: FEED,
      warmUpTurns: effort.isJudged ? WARM_UP_TURNS : effort.roundOps,
      turns: Math.ceil(minutes * 60 * RATE),
      rate: RATE,
      cpuProfile: '',
    });
    calibration.sample();
    const problems = effort.isJudged ? problemsOf(outcome, trace) : [];
    const latencies = new Histogram(outcome.latencies);
    const result: BenchResult = {
      name: 'long-run',
      feed: `${FEED}, 5k frames/s`,
      unit: 'ns',
      ...percentilesOf(latencies),
      opsPerSecond: Math.round(latencies.count / outcome.seconds),
      bytesPerOp: -1,
      checksum: outcome.checksum,
      samples: latencies.count,
      calibrationNs: calibration.medianNs,
      note: `p99.99 ${Math.round(latencies.percentile(0.9999))} ns; ${noteOf(outcome, trace)}`,
    };
    return [problems.length === 0 ? result : { ...result, failure: problems.join('; ') }];
  },
};
