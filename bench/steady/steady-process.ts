/**
 * The engine, warm and going on: frames at a rate or one after the other, collected by hand once before anything counts, as
 * `npm start` does before its first quote.
 *
 * Owner:      a process of its own. It never sleeps; it gives the event loop a turn every millisecond.
 * Cost:       beside the engine's own: an Immediate a millisecond, which is all that this program allocates.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { PerformanceObserver, constants } from 'node:perf_hooks';
import { assert } from '../../engine/base/assert.ts';
import { SystemClock } from '../../engine/base/clock.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../../engine/base/units.ts';
import { Book } from '../../engine/book/book.ts';
import { BookSync, SyncResult } from '../../engine/book/book-sync.ts';
import { seriesOf } from '../../engine/metrics/cells.ts';
import { HISTOGRAM_CELLS, Histogram } from '../../engine/metrics/histogram.ts';
import { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import { DepthFrame, DepthResult } from '../../engine/okx/depth-frame.ts';
import { Checksum } from '../checksum.ts';
import { GENERATED_BOOKS, GENERATED_TBT, generateFeed } from '../feeds/generated-feed.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { RECORDED_CUT, readRecordedFeed } from '../feeds/recorded-feed.ts';
import { collectGarbage } from '../heap-meter.ts';
import { AnswerPath } from '../rig/engine-rig.ts';
import { TurnRig } from '../rig/turn-rig.ts';
import { OVER_MARK, WARM_MARK } from './deoptimisations.ts';
import type { CollectorPause, StageTimes, SteadyOrder, SteadyOutcome } from './steady-run.ts';

const FEED_FRAMES = 20_000;
const CHECKSUM_TURNS = 200;
const LONG_GAP_NS = NS_PER_MS;
/** The event loop gets its turn so often. */
const SLICE_NS = NS_PER_MS;
const PROFILE_INTERVAL_US = 100;
const MB = 1 << 20;

/** A frame played, and what is to be done between two. */
interface Path {
  /** Whether the frame counts: a snapshot does not. */
  play(): boolean;
  settle(): void;
  readonly stages: readonly StageTimes[];
  resetStages(): void;
}

/** One stage of the engine's, and what it took in frames of the market alone. */
interface WatchedStage {
  readonly stage: string;
  readonly engines: Histogram;
  readonly own: Histogram;
}

/**
 * The whole engine. Its stages time the answers of the venue too; here they are to tell of the path from a frame to its
 * batch, so what a played frame adds to each is taken over. A stage that a frame passes twice counts once, as their sum.
 */
class EnginePath implements Path {
  readonly #rig: TurnRig;
  readonly #watched: readonly WatchedStage[];
  readonly #sums: Float64Array;

  constructor(feed: FrameFeed, path: AnswerPath) {
    this.#rig = new TurnRig(feed, path, true);
    const { metrics } = this.#rig;
    this.#watched = seriesOf(metrics, 'stageLatency')
      .map(({ labelValues, cell }) => ({
        stage: labelValues[0]!,
        engines: new Histogram(metrics.cells, cell),
        own: new Histogram(),
      }))
      .filter(({ stage }) => PATH_STAGES.includes(stage));
    this.#sums = new Float64Array(this.#watched.length);
    assert(this.#watched.length === PATH_STAGES.length, 'every stage of the path has its histogram');
  }

  play(): boolean {
    const { metrics } = this.#rig.loop;
    // What the answers before were timed for is counted first, and what this frame is timed for at once.
    metrics.count();
    this.#remember();
    const counts = this.#rig.play() >= 0;
    metrics.count();
    if (counts) this.#takeOver();
    return counts;
  }

  #remember(): void {
    for (let stage = 0; stage < this.#watched.length; stage++) {
      this.#sums[stage] = this.#watched[stage]!.engines.sum;
    }
  }

  #takeOver(): void {
    for (let stage = 0; stage < this.#watched.length; stage++) {
      const { engines, own } = this.#watched[stage]!;
      const addedNs = engines.sum - this.#sums[stage]!;
      if (addedNs > 0) own.record(addedNs);
    }
  }

  settle(): void {
    this.#rig.settle();
  }

  get stages(): readonly StageTimes[] {
    return this.#watched
      .filter(({ own }) => own.count > 0)
      .map(({ stage, own }) => ({
        stage,
        count: own.count,
        p50: own.percentile(0.5),
        p90: own.percentile(0.9),
        p99: own.percentile(0.99),
      }));
  }

  resetStages(): void {
    for (const { own } of this.#watched) own.reset();
  }
}

/** From the receipt to the batch. What comes before (the venue's stamp) and after (its ack) are other clocks' matters. */
const PATH_STAGES: readonly string[] = [
  'decoded',
  'applied',
  'published',
  'quoted',
  'gated',
  'encoded',
  'sent',
];

class BookPath implements Path {
  readonly stages = [];
  readonly #feed: FrameFeed;
  readonly #decoder: DepthDecoder;
  readonly #frame = new DepthFrame();
  readonly #syncs: readonly BookSync[];
  #next = 0;

  constructor(feed: FrameFeed) {
    this.#feed = feed;
    this.#decoder = new DepthDecoder(feed.instruments);
    this.#syncs = feed.instruments.map(() => new BookSync(new Book()));
  }

  play(): boolean {
    const { starts, bytes, isSnapshot, count } = this.#feed;
    const frame = this.#frame;
    const index = this.#next;
    this.#next = index + 1 === count ? 0 : index + 1;
    const result = this.#decoder.decode(bytes, starts[index]!, starts[index + 1]!, frame);
    assert(result === DepthResult.depth, 'every frame of a feed is a depth push');
    assert(
      this.#syncs[frame.instrument]!.apply(frame) === SyncResult.applied,
      'every frame continues its book',
    );
    return isSnapshot[index] === 0;
  }

  settle(): void {
    // Nothing is answered.
  }

  resetStages(): void {
    // There are none.
  }
}

/** Pauses of the collector by kind. */
class Collector {
  readonly #pauses = new Map<string, { count: number; longestMs: number; totalMs: number }>();
  readonly #observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { duration } = entry;
      // The types know no detail, which every entry of a collection has.
      const { detail } = entry as unknown as { readonly detail: { readonly kind: number } };
      const kind = KINDS.get(detail.kind) ?? 'other';
      const pause = this.#pauses.get(kind) ?? { count: 0, longestMs: 0, totalMs: 0 };
      pause.count++;
      pause.totalMs += duration;
      pause.longestMs = Math.max(pause.longestMs, duration);
      this.#pauses.set(kind, pause);
    }
  });

  /**
   * Node calls an observer from an Immediate, which then stands in the queue beside the loop's. What V8 has compiled while it
   * saw only one there at a time would be taken back at the first collection: so it sees two now.
   */
  start(): void {
    this.#observer.observe({ entryTypes: ['gc'] });
    for (let count = 0; count < 2; count++) setImmediate(() => undefined);
  }

  reset(): void {
    this.#pauses.clear();
  }

  async stop(): Promise<readonly CollectorPause[]> {
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.#observer.disconnect();
    return [...this.#pauses].map(([kind, pause]) => ({ kind, ...pause }));
  }
}

const KINDS = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'scavenge'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'mark-compact'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak callbacks'],
]);

class SteadyProcess {
  readonly #path: Path;
  readonly #clock = new SystemClock();
  readonly #latencyCells = new Float64Array(HISTOGRAM_CELLS);
  readonly #latencies = new Histogram(this.#latencyCells);
  /**
   * Now, the last look, the first frame, the end of the slice, when the frame is due; the longest gap between looks; from
   * one frame to the next. In cells, the last one too: a product of int32s would be one until it passes 2^31, which is a
   * deoptimisation after two seconds.
   */
  readonly #clockNs = new Float64Array(7);
  /** One function for all turns, so that a turn makes nothing but its Immediate. */
  readonly #onTurn: () => void;
  #turns = 0;
  #played = 0;
  #longGaps = 0;
  #onOver: () => void = () => undefined;

  constructor(path: Path) {
    this.#path = path;
    this.#onTurn = () => this.#turn();
  }

  /** Both ways of playing, with the event loop's turns between; then what they recorded is forgotten. */
  async warmUp(turns: number, rate: number): Promise<void> {
    await this.play(turns, 0);
    if (rate > 0) await this.play(Math.min(turns, rate), rate);
    this.#latencies.reset();
    this.#path.resetStages();
    this.#longGaps = 0;
    this.#clockNs[5] = 0;
  }

  /** One after the other where `rate` is 0. Returns the seconds that it took; what a turn throws is uncaught. */
  async play(turns: number, rate: number): Promise<number> {
    this.#turns = turns;
    this.#played = 0;
    this.#clockNs.fill(this.#clock.nowNs(), 0, 5);
    this.#clockNs[6] = rate === 0 ? 0 : NS_PER_SECOND / rate;
    await new Promise<void>((resolve) => {
      this.#onOver = resolve;
      this.#turn();
    });
    return (this.#clock.nowNs() - this.#clockNs[2]!) / NS_PER_SECOND;
  }

  #turn(): void {
    if (this.#played < this.#turns) {
      this.#slice();
      setImmediate(this.#onTurn);
    } else this.#onOver();
  }

  /** A millisecond of frames that are due, with a look at the clock between them. */
  #slice(): void {
    const clockNs = this.#clockNs;
    this.#clock.readNs(clockNs, 3);
    clockNs[3]! += SLICE_NS;
    do {
      this.#clock.readNs(clockNs, 0);
      if (clockNs[0]! - clockNs[1]! > LONG_GAP_NS) this.#longGaps++;
      if (clockNs[0]! - clockNs[1]! > clockNs[5]!) clockNs[5] = clockNs[0]! - clockNs[1]!;
      clockNs[1] = clockNs[0]!;
      clockNs[4] = clockNs[6] === 0 ? clockNs[0]! : clockNs[2]! + this.#played * clockNs[6]!;
      if (clockNs[0]! < clockNs[4]!) continue;
      const counts = this.#path.play();
      if (counts) this.#record();
      this.#path.settle();
      this.#played++;
    } while (this.#played < this.#turns && clockNs[0]! < clockNs[3]!);
  }

  #record(): void {
    const clockNs = this.#clockNs;
    this.#clock.readNs(clockNs, 0);
    this.#latencies.record(clockNs[0]! - clockNs[4]!);
  }

  figures(): Pick<SteadyOutcome, 'latencies' | 'longestGapMs' | 'longGaps' | 'stages'> {
    return {
      latencies: this.#latencyCells,
      longestGapMs: this.#clockNs[5]! / NS_PER_MS,
      longGaps: this.#longGaps,
      stages: this.#path.stages,
    };
  }
}

async function feedOf(name: SteadyOrder['feed']): Promise<FrameFeed> {
  if (name === 'recorded') return await readRecordedFeed(RECORDED_CUT, name, Infinity);
  return generateFeed(name === 'generated-books' ? GENERATED_BOOKS : GENERATED_TBT, FEED_FRAMES);
}

function pathOf(path: SteadyOrder['path'], feed: FrameFeed): Path {
  if (path === 'book-update') return new BookPath(feed);
  return new EnginePath(feed, path === 'tick-to-trade' ? AnswerPath.quote : AnswerPath.guard);
}

function checksumOf(path: SteadyOrder['path'], feed: FrameFeed): string {
  const checksum = new Checksum();
  const rig = new TurnRig(feed, path === 'tick-to-trade:guard' ? AnswerPath.guard : AnswerPath.quote, false);
  rig.watch(checksum);
  for (let turn = 0; turn < CHECKSUM_TURNS; turn++) {
    rig.play();
    rig.settle();
  }
  return checksum.text;
}

/** Milliseconds that this process was ready to run and no core was given to it (Linux). */
function runDelayMs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return -1;
    throw error;
  }
}

async function profiled(file: string, run: () => Promise<number>): Promise<number> {
  if (file === '') return await run();
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: PROFILE_INTERVAL_US });
  session.post('Profiler.start');
  const seconds = await run();
  session.post('Profiler.stop', (error, { profile }) => {
    if (error !== null) throw error;
    writeFileSync(file, JSON.stringify(profile));
  });
  session.disconnect();
  return seconds;
}

function memoryMb(): { heap: number; rss: number } {
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  return { heap: heapUsed / MB, rss: rss / MB };
}

async function onOrder(order: SteadyOrder): Promise<void> {
  const feed = await feedOf(order.feed);
  const checksum = checksumOf(order.path, feed);
  const steady = new SteadyProcess(pathOf(order.path, feed));
  const collector = new Collector();
  await steady.warmUp(order.warmUpTurns, order.rate);
  const before = memoryMb();
  collector.start();
  // What the collection by hand has taken from the compiled code comes back before anything counts.
  await steady.warmUp(order.warmUpTurns, order.rate);
  collector.reset();
  const delayBeforeMs = runDelayMs();
  const switchesBefore = process.resourceUsage().involuntaryContextSwitches;
  console.log(WARM_MARK);
  const seconds = await profiled(order.cpuProfile, () => steady.play(order.turns, order.rate));
  console.log(OVER_MARK);
  const pauses = await collector.stop();
  const switches = process.resourceUsage().involuntaryContextSwitches - switchesBefore;
  const delayMs = delayBeforeMs < 0 ? -1 : runDelayMs() - delayBeforeMs;
  const after = memoryMb();
  const outcome: SteadyOutcome = {
    ...steady.figures(),
    pauses,
    runDelayMs: delayMs,
    switches,
    seconds,
    heapMb: { start: before.heap, end: after.heap },
    rssMb: { start: before.rss, end: after.rss },
    checksum,
  };
  process.send!(outcome, () => process.disconnect());
}

// Over, or nobody is left to play for.
process.once('disconnect', () => process.exit(0));
process.on('message', (order: SteadyOrder) => {
  onOrder(order).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
