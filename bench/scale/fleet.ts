import { Histogram } from '../../engine/metrics/histogram.ts';
import { Checksum } from '../checksum.ts';
import type { Contender } from '../contender.ts';
import { GENERATED_TBT, generateFleet } from '../feeds/generated-feed.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { AnswerPath } from '../rig/engine-rig.ts';
import { TurnRig } from '../rig/turn-rig.ts';

/** A frame beside a latency of microseconds: the venue's answers to it take as long again. */
const SHARE = 0.1;
/** No checksum looks at more frames than every effort plays. */
const CHECKSUM_FRAMES = 150;

/**
 * One engine that quotes many instruments, each with its own book, gate limits and orders, on one thread.
 *
 * Owner:      the benchmark's thread.
 * Invariants: a frame's cost is from its receipt to the end of its turn, with the quotes and messages that come of it;
 *             snapshots are played, and are in no figure.
 */
export class Fleet implements Contender {
  readonly name = 'scale';
  readonly feed: string;
  readonly note =
    'one frame in process, received -> turn over, answered or not; ops/s is 1 / mean; acks and pushes untimed';
  readonly share = SHARE;
  readonly hasUntimedWork = true;
  readonly #feed: FrameFeed;
  readonly #rig: TurnRig;
  readonly #clockMs = new Float64Array(3);

  constructor(count: number, frames: number) {
    this.#feed = generateFleet(GENERATED_TBT, count, frames);
    this.feed = this.#feed.name;
    this.#rig = openRig(this.#feed, true);
  }

  run(ops: number, latencies: Histogram | null): number {
    const rig = this.#rig;
    const clockMs = this.#clockMs;
    let recorded = 0;
    for (let op = 0; op < ops;) {
      clockMs[0] = performance.now();
      const isUpdate = rig.play() >= 0;
      clockMs[1] = performance.now();
      if (isUpdate) {
        op++;
        if (latencies !== null) {
          latencies.record((clockMs[1]! - clockMs[0]!) * 1e6);
          recorded++;
        }
      }
      rig.settle();
    }
    return recorded;
  }

  /**
   * Open loop: frame i is due at i / rate, whatever became of the frames before it, and its latency counts from then. The
   * venue's acks and pushes are taken in between on the same thread, as live. While a snapshot is played, time stands still.
   *
   * @param rate frames a second; Infinity for as fast as it goes: then a latency is a frame's and its answers' whole time
   * @returns frames a second that were really played
   */
  playAt(rate: number, frames: number, latencies: Histogram): number {
    const rig = this.#rig;
    const clockMs = this.#clockMs;
    const stepMs = 1_000 / rate;
    const firstMs = performance.now();
    clockMs[0] = firstMs;
    let skippedMs = 0;
    for (let frame = 0; frame < frames;) {
      clockMs[1] = performance.now();
      const dueMs = stepMs === 0 ? clockMs[1]! : clockMs[0]! + frame * stepMs;
      if (clockMs[1]! < dueMs) continue;
      const isUpdate = rig.play() >= 0;
      clockMs[2] = performance.now();
      rig.settle();
      if (isUpdate) {
        latencies.record((clockMs[2]! - dueMs) * 1e6);
        frame++;
      } else {
        const pausedMs = performance.now() - clockMs[1]!;
        clockMs[0]! += pausedMs;
        skippedMs += pausedMs;
      }
    }
    return (frames * 1_000) / (performance.now() - firstMs - skippedMs);
  }

  checksum(): string {
    const checksum = new Checksum();
    const rig = openRig(this.#feed, false);
    rig.watch(checksum);
    for (let frame = 0; frame < CHECKSUM_FRAMES; frame++) {
      rig.play();
      rig.settle();
    }
    checksum.addNumber(rig.answers.batches);
    return checksum.text;
  }
}

/** A rig whose books have all had their first snapshot before a timer could miss one. */
function openRig(feed: FrameFeed, isClockRunning: boolean): TurnRig {
  const rig = new TurnRig(feed, AnswerPath.quote, isClockRunning);
  // The first has been played; its own settling is over.
  for (let snapshot = 1; snapshot < feed.instruments.length; snapshot++) rig.play();
  for (let settled = 0; settled < feed.instruments.length; settled++) rig.settle();
  return rig;
}
