import Benchmark from 'benchmark';
import type { Histogram } from '../engine/metrics/histogram.ts';
import type { BenchResult } from './benchmark.ts';
import { measureContenders } from './contender.ts';
import type { Contender } from './contender.ts';
import type { Effort } from './effort.ts';

/**
 * Operations between two readings of the clock: a reading costs 30 to 60 ns, which would drown what is measured.
 *
 * @testonly A test counts the groups.
 */
export const GROUP_OPS = 32;

/** An operation of nanoseconds. */
export interface MicroWork {
  readonly name: string;
  readonly feed: string;
  readonly note: string;
  /** Does the operation `count` times, going on from the last call; the sum it returns depends on what was done. */
  readonly work: (count: number) => number;
  readonly checksum: () => string;
}

/** A contender for operations too short to be timed one by one: its latencies are means of groups. */
class MicroContender implements Contender {
  readonly name: string;
  readonly feed: string;
  readonly note: string;
  readonly share = 1;
  readonly hasUntimedWork = false;
  /** What the work returned, kept so that nobody can leave the work out. */
  sink = 0;
  readonly #micro: MicroWork;
  readonly #clockMs = new Float64Array(2);

  constructor(micro: MicroWork) {
    this.#micro = micro;
    this.name = micro.name;
    this.feed = micro.feed;
    this.note = `${micro.note}${micro.note === '' ? '' : '; '}means of ${GROUP_OPS}; ops/s by benchmark.js`;
  }

  run(ops: number, latencies: Histogram | null): number {
    const { work } = this.#micro;
    if (latencies === null) {
      this.sink += work(ops);
      return 0;
    }
    const clockMs = this.#clockMs;
    const groups = Math.ceil(ops / GROUP_OPS);
    for (let group = 0; group < groups; group++) {
      clockMs[0] = performance.now();
      this.sink += work(GROUP_OPS);
      clockMs[1] = performance.now();
      latencies.record(((clockMs[1]! - clockMs[0]!) * 1e6) / GROUP_OPS);
    }
    return groups;
  }

  checksum(): string {
    return this.#micro.checksum();
  }
}

/**
 * Latencies by our own histogram, operations a second by the package `benchmark`: a suite a round with all of the works in
 * it, and the median of the rounds.
 */
export function measureMicros(micros: readonly MicroWork[], effort: Effort): BenchResult[] {
  const contenders = micros.map((micro) => new MicroContender(micro));
  const results = measureContenders(contenders, effort);
  const rates = micros.map((): number[] => []);
  for (let round = 0; round < effort.rounds; round++) {
    for (const [index, rate] of suiteRates(micros, effort).entries()) rates[index]!.push(rate);
  }
  return results.map((result, index) => {
    const sorted = rates[index]!.toSorted((a, b) => a - b);
    return { ...result, opsPerSecond: Math.round(sorted[sorted.length >> 1]!) };
  });
}

/** @throws what the work throws */
function suiteRates(micros: readonly MicroWork[], effort: Effort): number[] {
  const seconds = effort.suiteMs / 1_000;
  const suite = new Benchmark.Suite();
  let sink = 0;
  for (const { name, work } of micros) {
    suite.add(
      name,
      () => {
        sink += work(GROUP_OPS);
      },
      { maxTime: seconds, minTime: seconds / 10, minSamples: 3 },
    );
  }
  let failure: unknown;
  suite.on('error', (event: { target: { error: unknown } }) => {
    failure = event.target.error;
  });
  suite.run({ async: false });
  if (failure !== undefined) throw failure;
  const benches = suite.map((bench: Benchmark) => bench) as unknown as Benchmark[];
  if (Number.isNaN(sink)) throw new Error('benchmark: expected work that returns a number');
  return micros.map((_, index) => benches[index]!.hz * GROUP_OPS);
}
