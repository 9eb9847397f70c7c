import { PerformanceObserver } from 'node:perf_hooks';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Calibration } from '../calibration.ts';
import { Checksum } from '../checksum.ts';
import type { Effort } from '../effort.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { HeapMeter, collectGarbage } from '../heap-meter.ts';
import { AnswerPath } from '../rig/engine-rig.ts';
import { TurnRig } from '../rig/turn-rig.ts';

const CHECKSUM_TURNS = 1_000;
const WARM_UP_TURNS = 20_000;

/** Pauses of the collector during a run, as the engine thread felt them. */
class CollectorPauses {
  count = 0;
  longestMs = 0;
  readonly #observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      this.count++;
      this.longestMs = Math.max(this.longestMs, duration);
    }
  });

  start(): void {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Entries come in a task of their own: one turn of the event loop later. */
  async stop(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 10));
    this.#observer.disconnect();
  }
}

function turns(rig: TurnRig, count: number): void {
  for (let turn = 0; turn < count; turn++) {
    rig.play();
    rig.settle();
  }
}

function checksumOf(feed: FrameFeed): string {
  const checksum = new Checksum();
  const rig = new TurnRig(feed, AnswerPath.quote, false);
  rig.watch(checksum);
  turns(rig, Math.min(CHECKSUM_TURNS, feed.count));
  checksum.addNumber(rig.answers.batches);
  return checksum.text;
}

/** A turn with everything: the frame, what it makes the engine send, the ack of it and the pushes about the orders. */
async function measure(feed: FrameFeed, effort: Effort): Promise<BenchResult> {
  const checksum = checksumOf(feed);
  const calibration = new Calibration();
  const heap = new HeapMeter();
  const pauses = new CollectorPauses();
  const rig = new TurnRig(feed, AnswerPath.quote, true);
  turns(rig, Math.min(WARM_UP_TURNS, effort.roundOps));
  collectGarbage();
  pauses.start();
  calibration.sample();
  const windows = effort.longWindows;
  const startMs = performance.now();
  for (let window = 0; window < windows; window++) {
    heap.measure(effort.heapWindowOps, (ops) => turns(rig, ops));
  }
  const seconds = (performance.now() - startMs) / 1_000;
  calibration.sample();
  await pauses.stop();
  const sorted = heap.windows;
  const at = (quantile: number): number => {
    const rank = Math.max(0, Math.ceil(quantile * sorted.length) - 1);
    return Math.round((sorted[rank] ?? -1) * 10) / 10;
  };
  const count = windows * effort.heapWindowOps;
  return {
    name: 'allocation',
    feed: feed.name,
    unit: 'B/turn',
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
    opsPerSecond: Math.round(count / seconds),
    bytesPerOp: heap.bytesPerOp,
    checksum,
    samples: sorted.length,
    calibrationNs: calibration.medianNs,
    note:
      `${count} turns in windows of ${effort.heapWindowOps}, with acks and pushes; ` +
      `collector: ${pauses.count} pauses, longest ${pauses.longestMs.toFixed(2)} ms; ops/s with the venue beside it`,
  };
}

export const allocation: Benchmark = {
  name: 'allocation',
  about: 'bytes that a whole turn leaves on the heap, over a long run',
  usesFeeds: true,
  async run({ feeds, effort }: BenchContext): Promise<BenchResult[]> {
    const results: BenchResult[] = [];
    for (const feed of feeds) results.push(await measure(feed, effort));
    return results;
  },
};
