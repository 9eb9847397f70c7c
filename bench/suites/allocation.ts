import { PerformanceObserver } from 'node:perf_hooks';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import { Calibration } from '../calibration.ts';
import { Checksum } from '../checksum.ts';
import type { Effort } from '../effort.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { HeapMeter, collectGarbage } from '../heap-meter.ts';
import { HeapProfile } from '../heap-profile.ts';
import { AnswerPath } from '../rig/engine-rig.ts';
import { TurnRig } from '../rig/turn-rig.ts';

const CHECKSUM_TURNS = 1_000;
/** The compiler's last decisions about a path with so many branches come late, and it allocates while it decides. */
const WARM_UP_TURNS = 60_000;
/** Windows of the empty turn: their 95th percentile is the floor, so that one that was disturbed does not raise it. */
const FLOOR_WINDOWS = 60;
const FLOOR_QUANTILE = 0.95;
/** Half a byte is a number every 32 turns; what comes more rarely than that is not the path. */
const FLOOR_BYTES_MIN = 0.5;
const FLOOR_BYTES_MAX = 1;

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

/** What a turn's shape costs by itself: two calls and cells that are written, without an engine behind them. */
class EmptyTurns {
  readonly #cells = new Float64Array(2);

  play(): number {
    this.#cells[0]! += 1;
    return this.#cells[0]! > 0 ? 0 : -1;
  }

  settle(): void {
    this.#cells[1]! += this.#cells[0]!;
  }
}

/** A loop of its own for each, so that neither's calls are compiled for both. */
function emptyTurns(rig: EmptyTurns, count: number): void {
  for (let turn = 0; turn < count; turn++) {
    rig.play();
    rig.settle();
  }
}

function turns(rig: TurnRig, count: number): void {
  for (let turn = 0; turn < count; turn++) {
    rig.play();
    rig.settle();
  }
}

/**
 * The noise floor in bytes a turn: what the meter reads, in this process and over windows of the same length, when nothing
 * is allocated, within bounds. Above it, somebody allocates.
 */
function floorOf(effort: Effort): number {
  const rig = new EmptyTurns();
  const heap = new HeapMeter();
  // A collection takes compiled code back that knows objects which are gone: warm comes after clean.
  collectGarbage();
  emptyTurns(rig, WARM_UP_TURNS);
  for (let window = 0; window < FLOOR_WINDOWS; window++) {
    heap.measure(effort.heapWindowOps, (ops) => emptyTurns(rig, ops));
  }
  const sorted = heap.windows;
  const read = sorted[Math.floor((sorted.length - 1) * FLOOR_QUANTILE)] ?? 0;
  // More than a byte is no noise: an empty turn that is not compiled would excuse what the engine allocates.
  return Math.min(FLOOR_BYTES_MAX, Math.max(FLOOR_BYTES_MIN, read));
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
async function measure(feed: FrameFeed, context: BenchContext): Promise<BenchResult> {
  const { effort } = context;
  const floor = floorOf(effort);
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
  const isAbove = heap.bytesPerOp > floor;
  if ((isAbove && effort.isJudged) || context.isHeapProfiled === true) showSites(rig, feed, effort);
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
      `${count} turns in windows of ${effort.heapWindowOps}, with acks and pushes; floor of an empty turn ${floor.toFixed(1)} B; ` +
      `collector: ${pauses.count} pauses, longest ${pauses.longestMs.toFixed(2)} ms; ops/s with the venue beside it`,
    ...(isAbove && effort.isJudged
      ? {
          failure: `expected nothing above the noise floor of ${floor.toFixed(1)} B a turn, was ${heap.bytesPerOp} B; the sites are above`,
        }
      : {}),
  };
}

/** What allocates, after what was measured: the profiler disturbs. */
function showSites(rig: TurnRig, feed: FrameFeed, effort: Effort): void {
  const profile = new HeapProfile();
  const count = 10 * effort.heapWindowOps;
  profile.start();
  turns(rig, count);
  console.log(
    `allocation (${feed.name}): bytes a turn by site, from ${count} turns:\n${profile.stop(count)}`,
  );
}

export const allocation: Benchmark = {
  name: 'allocation',
  about: 'bytes that a whole turn leaves on the heap, over a long run',
  usesFeeds: true,
  async run(context: BenchContext): Promise<BenchResult[]> {
    const results: BenchResult[] = [];
    for (const feed of context.feeds) results.push(await measure(feed, context));
    return results;
  },
};
