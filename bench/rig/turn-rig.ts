/**
 * The whole engine in one thread, and the venue beside it: a frame goes in, the batch that answers it is caught with the
 * moment it left, and then, untimed, the venue's acks and pushes go back in, until nothing more is to be said.
 *
 * Owner:      the benchmark's thread.
 * Invariants: after `settle` every order rests and no command is in flight, so the next frame finds the engine free; but
 *             for frames counted in `unsettled`, where answers led to so many further messages that some wait.
 * Cost:       nothing allocates in a turn but what the engine allocates.
 */
import { assert } from '../../engine/base/assert.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import type { Nanoseconds } from '../../engine/base/units.ts';
import { Connection, LoopRequest } from '../../engine/loop/loop-options.ts';
import type { LoopOutput } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import type { MetricsMemory } from '../../engine/metrics/cells.ts';
import type { Loop } from '../../engine/loop.ts';
import { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import { DepthFrame } from '../../engine/okx/depth-frame.ts';
import { InlineQuoter } from '../../workers/inline.ts';
import { BenchClock } from '../bench-clock.ts';
import type { Checksum } from '../checksum.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { AnswerPath, EngineRig, halfSpreadTicksAt } from './engine-rig.ts';
import { VenueAnswers } from './venue-answers.ts';

/** How the rig's clock goes, beside the real time that turns take, and how often the engine's timer comes. */
export interface TurnPace {
  /** Skipped after each frame. */
  readonly stepNs: Nanoseconds;
  readonly framesPerTimer: number;
  /** Skipped before each timer, beside the frames' steps. */
  readonly restNs: Nanoseconds;
}

/**
 * A turn sends at most some eight commands of the 300 an instrument may send in two seconds: with 60 ms between frames no
 * budget is ever short, while every send and every expiry is booked as live. As in the host, the timer runs every 20 ms;
 * here every frame would need three, all alike.
 */
export const QUIET_PACE: TurnPace = { stepNs: 60 * NS_PER_MS, framesPerTimer: 16, restNs: 0 };
/** Batches that are answered after a frame; usually one or two are enough. */
const ANSWERED_MAX = 16;
/** Those, and what the engine may send while they are answered: three operations for each of some inputs. */
const CAUGHT_MAX = 256;
const BATCH_BYTES_MAX = 8_192;

export class TurnRig implements LoopOutput {
  readonly answers: VenueAnswers;
  readonly clock: BenchClock;
  readonly metrics: MetricsMemory;
  /** Frames that were answered by an order message. */
  answered = 0;
  frames = 0;
  /** Frames after which some batches had to wait for their answers until after the next. */
  unsettled = 0;

  readonly #feed: FrameFeed;
  readonly #isQuoteTimed: boolean;
  readonly #loop: Loop;
  readonly #quoter: InlineQuoter;
  readonly #batches = Array.from({ length: CAUGHT_MAX }, () => Buffer.alloc(BATCH_BYTES_MAX));
  readonly #lengths = new Int32Array(CAUGHT_MAX);
  #caught = 0;
  /** When the first batch of the turn left; 0 while none has. */
  readonly #sentNs = new Float64Array(1);
  /** When the frame of the turn was received. */
  readonly #recvNs = new Float64Array(1);
  #next = 0;
  #checksum: Checksum | undefined;
  #isRecovering = false;
  readonly #pace: TurnPace;

  constructor(
    feed: FrameFeed,
    path: AnswerPath,
    isClockRunning: boolean,
    pace = QUIET_PACE,
    isJournaled = false,
  ) {
    this.#pace = pace;
    this.clock = new BenchClock(isClockRunning);
    this.#feed = feed;
    this.#isQuoteTimed = path === AnswerPath.quote;
    const { instruments } = feed;
    const rig = new EngineRig({
      instruments,
      path,
      halfSpreadTicks: Array.from(firstPrices(feed), halfSpreadTicksAt),
      workerCount: 1,
      clock: this.clock,
      output: this,
      isJournaled,
    });
    this.#loop = rig.loop;
    this.metrics = rig.metrics;
    this.#quoter = new InlineQuoter(rig.handoff, this.clock);
    this.answers = new VenueAnswers(instruments);
    this.#start();
  }

  get loop(): Loop {
    return this.#loop;
  }

  /** Bytes of every batch that is caught from here on go into `checksum`. */
  watch(checksum: Checksum): void {
    this.#checksum = checksum;
  }

  /**
   * Plays the next frame: received, decoded, applied, published, guarded, and quoted where the path is the quoter's, up to
   * the first batch sent. Returns its place in the feed, or -1 for a snapshot. `elapsedNs` tells how long it took.
   */
  play(): number {
    const { starts, bytes, isSnapshot, count } = this.#feed;
    const frame = this.#next;
    this.#next = frame + 1 === count ? 0 : frame + 1;
    const loop = this.#loop;
    this.#sentNs[0] = 0;
    this.clock.readNs(loop.inputNs, 0);
    this.#recvNs[0] = loop.inputNs[0]!;
    loop.publicFrame(bytes, starts[frame]!, starts[frame + 1]!);
    if (this.#isQuoteTimed) this.#quote();
    this.frames++;
    if (this.#sentNs[0] !== 0) this.answered++;
    return isSnapshot[frame] === 1 ? -1 : frame;
  }

  /** Whether the frame played last was answered, and then in `elapsedNs`. */
  get hasAnswered(): boolean {
    return this.#sentNs[0] !== 0;
  }

  elapsedNs(): Nanoseconds {
    return this.#sentNs[0]! - this.#recvNs[0]!;
  }

  /** The venue answers, the quoter catches up, and time moves on to the next frame. */
  settle(): void {
    this.#quote();
    this.#answerAll();
    const { stepNs, framesPerTimer, restNs } = this.#pace;
    this.clock.skip(stepNs);
    if (this.frames % framesPerTimer !== 0) return;
    this.clock.skip(restNs);
    this.clock.readNs(this.#loop.inputNs, 0);
    this.clock.readWallMs(this.#loop.venueMs, 0);
    this.#loop.timer();
  }

  /** The output of the loop: takes the moment first, then a copy of the bytes, as a socket would. */
  send(connection: Connection, bytes: Uint8Array, length: number): boolean {
    if (this.#sentNs[0] === 0) this.clock.readNs(this.#sentNs, 0);
    assert(connection === Connection.trade, 'the book needs no new subscription');
    assert(this.#caught < CAUGHT_MAX && length <= BATCH_BYTES_MAX, 'there is room for the batch');
    const batch = this.#batches[this.#caught]!;
    for (let index = 0; index < length; index++) batch[index] = bytes[index]!;
    this.#lengths[this.#caught++] = length;
    if (this.#checksum !== undefined) this.#checksum.addBytes(bytes, 0, length);
    return true;
  }

  request(request: LoopRequest): void {
    assert(request !== LoopRequest.bookSnapshot, 'the feed brings its own snapshots');
    if (request === LoopRequest.recovery) this.#isRecovering = true;
  }

  #start(): void {
    const loop = this.#loop;
    loop.onTimer(this.clock.nowNs(), this.clock.wallMs());
    for (const connection of Object.values(Connection)) loop.onSessionUp(connection, this.clock.nowNs());
    loop.onWorkerReady(
      this.#feed.instruments.map(({ index }) => index),
      this.clock.nowNs(),
    );
    assert(this.#isRecovering, 'the engine asks for a recovery when its sessions are up');
    loop.onRecovered({ positions: [], trades: [], verifiedMs: 0 }, this.clock.nowNs());
    this.play();
    this.settle();
    assert(loop.phase === LoopPhase.quoting, 'the engine quotes');
  }

  /** As a host without workers would after every input. */
  #quote(): void {
    if (this.#quoter.turn() === 0) return;
    this.clock.readNs(this.#loop.inputNs, 0);
    this.#loop.quotes();
  }

  #answerAll(): void {
    const { answers, clock } = this;
    const loop = this.#loop;
    let batch = 0;
    // What the answers make the engine send comes behind what is caught already.
    for (; batch < this.#caught && batch < ANSWERED_MAX; batch++) {
      answers.answer(this.#batches[batch]!, this.#lengths[batch]!);
      clock.readNs(loop.inputNs, 0);
      loop.tradeFrame(answers.ack, 0, answers.ackLength);
      this.#quote();
      for (let push = 0; push < answers.pushCount; push++) {
        clock.readNs(loop.inputNs, 0);
        loop.privateFrame(answers.pushes, answers.pushStarts[push]!, answers.pushStarts[push + 1]!);
        this.#quote();
      }
    }
    this.#keep(batch);
  }

  /** Batches from this one on are answered after the next frame: they move to the front. */
  #keep(from: number): void {
    if (from < this.#caught) this.unsettled++;
    for (let batch = from; batch < this.#caught; batch++) {
      const kept = this.#batches[batch]!;
      this.#batches[batch] = this.#batches[batch - from]!;
      this.#batches[batch - from] = kept;
      this.#lengths[batch - from] = this.#lengths[batch]!;
    }
    this.#caught -= from;
  }
}

/** Each instrument's best bid in its first snapshot. */
function firstPrices(feed: FrameFeed): Int32Array {
  const decoder = new DepthDecoder(feed.instruments);
  const frame = new DepthFrame();
  const prices = new Int32Array(feed.instruments.length);
  for (let index = 0; index < feed.count; index++) {
    if (feed.isSnapshot[index] === 0) continue;
    decoder.decode(feed.bytes, feed.starts[index]!, feed.starts[index + 1]!, frame);
    if (prices[frame.instrument] === 0) prices[frame.instrument] = frame.bidTicks[0]!;
  }
  return prices;
}
