import { Histogram } from '../engine/metrics/histogram.ts';
import type { BenchResult } from './benchmark.ts';
import { Calibration } from './calibration.ts';
import type { Effort } from './effort.ts';
import { HeapMeter, collectGarbage } from './heap-meter.ts';

/**
 * One thing that is measured. Its `run` holds the loop, so that every contender's loop is compiled for it alone.
 */
export interface Contender {
  readonly name: string;
  readonly feed: string;
  readonly note: string;
  /** Its operations a round as a part of the effort's: slow ones do fewer. */
  readonly share: number;
  /** Operations a second are 1 / mean latency, because `run` holds work that is not part of the operation. */
  readonly hasUntimedWork: boolean;
  /**
   * Does `ops` operations, going on where the last call ended, and records the latency of each when it is given a
   * histogram. Returns how many latencies it recorded.
   */
  run(ops: number, latencies: Histogram | null): number;
  /** What a fixed number of operations from a fresh start produces. */
  checksum(): string;
}

/** What all rounds of one contender gave. */
class Tally {
  readonly latencies = new Histogram();
  readonly heap = new HeapMeter();
  samples = 0;
  /** Operations a second, a round. */
  readonly rates: number[] = [];
}

/**
 * Measures the contenders in alternation: all of them in every round, so that what disturbs the machine disturbs them
 * alike. Latencies, rates and allocation come from passes of their own, because each way of measuring costs something.
 */
export function measureContenders(contenders: readonly Contender[], effort: Effort): BenchResult[] {
  const calibration = new Calibration();
  const checksums = contenders.map((contender) => contender.checksum());
  const tallies = contenders.map(() => new Tally());
  for (const [index, contender] of contenders.entries()) warmUp(contender, tallies[index]!, effort);
  collectGarbage();
  for (let round = 0; round < effort.rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      calibration.sample();
      measureRound(contender, tallies[index]!, effort);
    }
  }
  for (const [index, contender] of contenders.entries()) {
    const { heap } = tallies[index]!;
    collectGarbage();
    for (let window = 0; window < effort.heapWindows; window++) {
      heap.measure(effort.heapWindowOps, (ops) => contender.run(ops, null));
    }
  }
  return contenders.map((contender, index) =>
    resultOf(contender, tallies[index]!, checksums[index]!, calibration.medianNs),
  );
}

function opsOf(contender: Contender, effort: Effort): number {
  return Math.max(1, Math.floor(effort.roundOps * contender.share));
}

/** Both kinds of pass are warmed, for they are two different paths through `run`. */
function warmUp(contender: Contender, tally: Tally, effort: Effort): void {
  const ops = Math.min(opsOf(contender, effort), 2_000);
  const endMs = performance.now() + effort.warmUpMs;
  do {
    contender.run(ops, null);
    contender.run(ops, tally.latencies);
  } while (performance.now() < endMs);
  tally.latencies.reset();
}

function measureRound(contender: Contender, tally: Tally, effort: Effort): void {
  const ops = opsOf(contender, effort);
  tally.samples += contender.run(ops, tally.latencies);
  if (contender.hasUntimedWork) return;
  const startMs = performance.now();
  contender.run(ops, null);
  tally.rates.push(ops / ((performance.now() - startMs) / 1_000));
}

function resultOf(contender: Contender, tally: Tally, checksum: string, calibrationNs: number): BenchResult {
  const { latencies } = tally;
  const rates = tally.rates.toSorted((a, b) => a - b);
  return {
    name: contender.name,
    feed: contender.feed,
    unit: 'ns',
    ...percentilesOf(latencies),
    opsPerSecond: Math.round(rates.length > 0 ? rates[rates.length >> 1]! : 1e9 / latencies.mean),
    bytesPerOp: tally.heap.bytesPerOp,
    checksum,
    samples: tally.samples,
    calibrationNs,
    note: contender.note,
  };
}

/** The percentiles of a result; whole nanoseconds. */
export function percentilesOf(
  latencies: Histogram,
): Pick<BenchResult, 'p50' | 'p90' | 'p99' | 'p999' | 'max'> {
  return {
    p50: Math.round(latencies.percentile(0.5)),
    p90: Math.round(latencies.percentile(0.9)),
    p99: Math.round(latencies.percentile(0.99)),
    p999: Math.round(latencies.percentile(0.999)),
    max: Math.round(latencies.max),
  };
}
