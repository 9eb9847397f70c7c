import { Random } from '../../engine/base/random.ts';
import { Histogram } from '../../engine/metrics/histogram.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Checksum } from '../checksum.ts';
import { measureMicros } from '../micro-contender.ts';
import type { MicroWork } from '../micro-contender.ts';

const VALUES = 1_024;
const SEED = 11;

/** Latencies as they come: most near a microsecond, a few a thousand times that. */
function latencies(): Float64Array {
  const random = new Random(SEED);
  return Float64Array.from(
    { length: VALUES },
    () => 500 + random.exponential(random.unit() < 0.01 ? 1e6 : 1e3),
  );
}

function recordOf(): MicroWork {
  const values = latencies();
  const histogram = new Histogram();
  let next = 0;
  return {
    name: 'histogram',
    feed: 'record',
    note: '',
    work(count: number): number {
      for (let index = 0; index < count; index++) {
        histogram.record(values[next]!);
        next = (next + 1) & (VALUES - 1);
      }
      return next;
    },
    checksum(): string {
      const fresh = new Histogram();
      const checksum = new Checksum();
      for (const value of values) fresh.record(value);
      for (const quantile of [0.1, 0.5, 0.9, 0.99, 0.999, 1])
        checksum.addNumber(Math.round(fresh.percentile(quantile)));
      checksum.addNumber(fresh.count);
      return checksum.text;
    },
  };
}

/** What every timed figure of these benchmarks holds: about one reading in all, half before and half after. */
function clockOf(): MicroWork {
  const nowMs = new Float64Array(1);
  return {
    name: 'histogram:clock',
    feed: 'performance.now',
    note: 'one reading: what timing itself adds to every single latency',
    work(count: number): number {
      for (let index = 0; index < count; index++) nowMs[0] = performance.now();
      return nowMs[0]! > 0 ? count : 0;
    },
    checksum: () => new Checksum().text,
  };
}

export const histogram: Benchmark = {
  name: 'histogram',
  about: 'one latency recorded; and the clock reading that goes with it',
  usesFeeds: false,
  run({ effort }: BenchContext): Promise<BenchResult[]> {
    return Promise.resolve(measureMicros([recordOf(), clockOf()], effort));
  },
};
