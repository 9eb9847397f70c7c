import { assert } from '../../engine/base/assert.ts';
import { SystemClock } from '../../engine/base/clock.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Histogram } from '../../engine/metrics/histogram.ts';
import { Checksum } from '../checksum.ts';
import type { Contender } from '../contender.ts';
import { GENERATED_TBT, generateFleet } from '../feeds/generated-feed.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { AnswerPath } from '../rig/engine-rig.ts';
import { TurnRig } from '../rig/turn-rig.ts';
import type { TurnPace } from '../rig/turn-rig.ts';

/** A frame beside a latency of microseconds: the venue's answers to it take as long again. */
const SHARE = 0.1;
/**
 * The clock of 5,000 frames a second of all instruments together, however many they are: 200 us from frame to frame, and the
 * host's timer of 20 ms after every hundred. One instrument alone would so send more than the venue takes of it, 300
 * commands in two seconds; so before each timer a little more than that window is skipped, and each hundred frames begin with
 * whole budgets, of which they take some 70 commands.
 *
 * @testonly Fleets use it; a test plays them and finds no budget short.
 */
export const FLEET_PACE: TurnPace = {
  stepNs: NS_PER_SECOND / 5_000,
  framesPerTimer: 100,
  restNs: 2_100 * NS_PER_MS,
};
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
  readonly #clock = new SystemClock();
  readonly #clockNs = new Float64Array(4);

  constructor(count: number, frames: number) {
    this.#feed = generateFleet(GENERATED_TBT, count, frames);
    this.feed = this.#feed.name;
    this.#rig = openRig(this.#feed, true);
  }

  run(ops: number, latencies: Histogram | null): number {
    const rig = this.#rig;
    const clock = this.#clock;
    const clockNs = this.#clockNs;
    let recorded = 0;
    for (let op = 0; op < ops;) {
      clock.readNs(clockNs, 0);
      const isUpdate = rig.play() >= 0;
      clock.readNs(clockNs, 1);
      if (isUpdate) {
        op++;
        if (latencies !== null) {
          latencies.record(clockNs[1]! - clockNs[0]!);
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
    const clock = this.#clock;
    const clockNs = this.#clockNs;
    const stepNs = NS_PER_SECOND / rate;
    // What is due is counted from here; the time that snapshots take is added to it.
    clock.readNs(clockNs, 0);
    for (let frame = 0; frame < frames;) {
      clock.readNs(clockNs, 1);
      clockNs[2] = stepNs === 0 ? clockNs[1]! : clockNs[0]! + frame * stepNs;
      if (clockNs[1]! < clockNs[2]!) continue;
      const isUpdate = rig.play() >= 0;
      clock.readNs(clockNs, 3);
      rig.settle();
      if (isUpdate) {
        latencies.record(clockNs[3]! - clockNs[2]!);
        frame++;
      } else {
        clock.readNs(clockNs, 3);
        clockNs[0]! += clockNs[3]! - clockNs[1]!;
      }
    }
    return (frames * NS_PER_SECOND) / (clock.nowNs() - clockNs[0]!);
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

/** A rig whose orders rest: all books have had their first snapshot before the first timer, which would miss one. */
function openRig(feed: FrameFeed, isClockRunning: boolean): TurnRig {
  assert(feed.instruments.length <= FLEET_PACE.framesPerTimer, 'the snapshots come before the first timer');
  const rig = new TurnRig(feed, AnswerPath.quote, isClockRunning, FLEET_PACE);
  // The first has been played.
  for (let snapshot = 1; snapshot < feed.instruments.length; snapshot++) {
    rig.play();
    rig.settle();
  }
  return rig;
}
