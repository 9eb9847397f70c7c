/**
 * Books from frames: decoding, continuity, age, and the way back of a book that broke.
 *
 * Owner:      the engine thread.
 * Invariants: a book that is broken, silent, crossed for long or older than the venue's clock allows is not quoted; it is
 *             asked for anew until it is back, and never more often than the venue takes such requests: 480 an hour and
 *             connection, all books that broke at once in one request.
 * Cost:       a depth frame that moves nothing of ours is decode, book, publish and a few comparisons; nothing allocates.
 */
import { IndexSet } from '../base/index-set.ts';
import type { Instrument } from '../base/instrument.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds, TimeCell } from '../base/units.ts';
import { SyncResult } from '../book/book-sync.ts';
import type { LoopParameters } from './loop-configuration.ts';
import { Connection, LoopRequest } from './loop-options.ts';
import type { LoopOptions, LoopOutput } from './loop-options.ts';
import type { LoopMarket } from './loop-market.ts';
import type { LoopMetrics } from './loop-metrics.ts';
import type { LoopQuoting } from './loop-quoting.ts';
import type { LoopState } from './loop-state.ts';
import { DepthDecoder } from '../okx/depth-decoder.ts';
import { DEPTH_CHANNEL_NAMES, DepthFrame, DepthResult, NO_INSTRUMENT } from '../okx/depth-frame.ts';
import { decodeRestBook } from '../okx/depth-slow-decoder.ts';
import { encodeSubscribe, encodeUnsubscribe, splitChannels } from '../okx/request-encoder.ts';
import type { ChannelArg } from '../okx/shapes.ts';
import { CONTROL_REQUESTS_PER_HOUR } from '../okx/venue-limits.ts';
import { SendWindow } from '../risk/send-window.ts';

/** A book that has not come back is subscribed anew after this, and then ever less often. */
const RESYNC_FIRST_NS = 5 * NS_PER_SECOND;
const RESYNC_LAST_NS = 60 * NS_PER_SECOND;
/** A book that stays crossed for so long has lost an update, or the venue is in an auction: a snapshot tells. */
const CROSSED_NS_MAX = 10 * NS_PER_SECOND;
/** Of the venue's 480 requests an hour, these are the session's own: login and subscriptions of a new connection. */
const SESSION_REQUESTS = 80;
const HOUR_NS = 3_600 * NS_PER_SECOND;

export class LoopBooks {
  readonly #options: LoopOptions;
  readonly #instruments: readonly Instrument[];
  readonly #output: LoopOutput;
  readonly #state: LoopState;
  readonly #market: LoopMarket;
  readonly #quoting: LoopQuoting;
  readonly #metrics: LoopMetrics;
  readonly #decoder: DepthDecoder;
  readonly #frame = new DepthFrame();
  #ageMsMax: number;
  readonly #silence: TimeCell = new Float64Array(1);
  /** The age found last, in a cell for the metrics. */
  readonly #ageMs = new Float64Array(1);
  /** By instrument: when the last message about its book came, and since when it is crossed; 0 when it is not. */
  readonly #heardNs: Float64Array;
  readonly #crossedNs: Float64Array;
  /** Books that were crossed when the timer last looked, or became so since; some are no more. */
  readonly #mayCross: IndexSet;
  /** By instrument: when to subscribe anew if the book is still not there, and the wait after that. */
  readonly #resyncNs: Float64Array;
  readonly #resyncWaitNs: Float64Array;
  // Nothing was heard of no book that is there before this, and none is to be subscribed anew before that; Infinity where
  // there is none. May be too early, never too late.
  readonly #heardSince: TimeCell = Float64Array.of(Infinity);
  readonly #resyncFrom: TimeCell = Float64Array.of(Infinity);
  /** By instrument: no subscription anew before this. */
  readonly #resyncAllowedNs: Float64Array;
  /** By instrument: 1 when it is to be subscribed anew at the end of this input. */
  readonly #isToResync: Uint8Array;
  #hasToResync = false;
  #requests: SendWindow;
  #controlId = 0;

  constructor(
    options: LoopOptions,
    state: LoopState,
    market: LoopMarket,
    quoting: LoopQuoting,
    metrics: LoopMetrics,
  ) {
    const count = options.instruments.length;
    this.#options = options;
    this.#instruments = options.instruments;
    this.#output = options.output;
    this.#state = state;
    this.#market = market;
    this.#quoting = quoting;
    this.#metrics = metrics;
    this.#decoder = new DepthDecoder(options.instruments);
    this.#ageMsMax = options.timings.bookAgeNsMax / NS_PER_MS;
    this.#silence[0] = options.timings.bookSilenceNsMax;
    this.#heardNs = new Float64Array(count);
    this.#crossedNs = new Float64Array(count);
    this.#mayCross = new IndexSet(count);
    this.#resyncNs = new Float64Array(count);
    this.#resyncWaitNs = new Float64Array(count).fill(RESYNC_FIRST_NS);
    this.#resyncAllowedNs = new Float64Array(count);
    this.#isToResync = new Uint8Array(count);
    this.#requests = newBudget();
  }

  configure({ timings }: LoopParameters): void {
    this.#ageMsMax = timings.bookAgeNsMax / NS_PER_MS;
    this.#silence[0] = timings.bookSilenceNsMax;
  }

  // --------------------------------------------------------------------------------------------------- frames

  /** @hot A frame of a public connection. False when it holds no depth: then it is for somebody else. */
  onFrame(bytes: Uint8Array, start: number, end: number): boolean {
    const frame = this.#frame;
    const result = this.#decoder.decode(bytes, start, end, frame);
    if (result === DepthResult.depth) {
      this.#metrics.decoded(Connection.public);
      if (frame.isSlowPath) this.#metrics.slow();
      this.#onDepth();
      for (let entry = 1; entry < frame.entryCount; entry++) {
        if (this.#decoder.decode(bytes, start, end, frame, entry) === DepthResult.depth) this.#onDepth();
      }
      return true;
    }
    if (result === DepthResult.other) return false;
    if (result === DepthResult.unknownInstrument) this.#metrics.unknown();
    else this.#onMalformed();
    return true;
  }

  /** @hot */
  #onDepth(): void {
    const frame = this.#frame;
    const { input } = this.#state;
    const instrument = frame.instrument;
    const sync = this.#market.syncs[instrument]!;
    const result = sync.apply(frame);
    this.#heardNs[instrument] = input[0]!;
    // A frame that a session held while it came up is older than what was heard of others.
    if (input[0]! < this.#heardSince[0]!) this.#heardSince[0] = input[0]!;
    this.#metrics.applied(instrument);
    if (result === SyncResult.applied) {
      this.#age(instrument, input);
      this.#resyncNs[instrument] = 0;
      this.#quoting.publish(instrument, input);
      this.#quoting.guard(instrument);
      this.#seeCrossed(instrument);
    } else if (result === SyncResult.ignored) {
      // A keep-alive vouches for the book: what was late is fresh again, or the other way round.
      const wasStale = this.#market.isStale[instrument]!;
      if (sync.isAwaitingSnapshot) return;
      this.#age(instrument, input);
      if (this.#market.isStale[instrument] === wasStale) return;
      this.#quoting.publish(instrument, input);
      this.#quoting.guard(instrument);
    } else if (result === SyncResult.broke) {
      this.#quoting.withdraw(instrument);
      this.#resync(instrument);
    } else {
      this.#quoting.withdraw(instrument);
      this.#output.request(LoopRequest.bookSnapshot, instrument);
      // The answer may not come.
      this.#resyncAt(instrument, this.#state.nowNs + RESYNC_FIRST_NS);
    }
  }

  /** @hot How old the message was when it came, by the venue's clock. */
  #age(instrument: number, recv: TimeCell): void {
    const tsMs = this.#frame.tsMs;
    if (!(tsMs > 0)) return;
    const ageMs = this.#state.venueMs(recv[0]!) - tsMs;
    this.#ageMs[0] = ageMs;
    this.#metrics.arrived(this.#ageMs);
    this.#market.isStale[instrument] = this.#ageMsMax > 0 && ageMs > this.#ageMsMax ? 1 : 0;
  }

  #onMalformed(): void {
    this.#metrics.malformed(Connection.public);
    const { instrument } = this.#frame;
    if (instrument === NO_INSTRUMENT) {
      // It cannot be told whose update was lost: every book may be short of one.
      for (const each of this.#instruments) this.#breakBook(each.index);
    } else this.#breakBook(instrument);
  }

  #breakBook(instrument: number): void {
    this.#market.syncs[instrument]!.breakNow();
    this.#crossedNs[instrument] = 0;
    this.#quoting.withdraw(instrument);
    this.#resync(instrument);
  }

  // --------------------------------------------------------------------------------------------------- resync

  /**
   * Unsubscribes and subscribes again on the same connection, at the end of this input; the next try is for the timer. A
   * book that breaks again soon waits ever longer.
   */
  #resync(instrument: number): void {
    const { nowNs } = this.#state;
    const calmNs = nowNs - this.#resyncAllowedNs[instrument]!;
    if (calmNs < 0) {
      this.#resyncAt(instrument, this.#resyncAllowedNs[instrument]!);
      return;
    }
    if (calmNs > RESYNC_LAST_NS) this.#resyncWaitNs[instrument] = RESYNC_FIRST_NS;
    this.#isToResync[instrument] = 1;
    this.#hasToResync = true;
    this.#resyncAt(instrument, nowNs + this.#resyncWaitNs[instrument]!);
    this.#resyncAllowedNs[instrument] = this.#resyncNs[instrument]!;
    this.#resyncWaitNs[instrument] = Math.min(this.#resyncWaitNs[instrument]! * 2, RESYNC_LAST_NS);
  }

  #resyncAt(instrument: number, atNs: Nanoseconds): void {
    this.#resyncNs[instrument] = atNs;
    if (atNs < this.#resyncFrom[0]!) this.#resyncFrom[0] = atNs;
  }

  /** @hot After the turn, so that what rests is withdrawn first: one request for all books that are to be asked for. */
  flush(): void {
    if (!this.#hasToResync) return;
    this.#hasToResync = false;
    const args: ChannelArg[] = [];
    for (const { index, instId } of this.#instruments) {
      if (this.#isToResync[index] === 0) continue;
      this.#isToResync[index] = 0;
      args.push({ channel: DEPTH_CHANNEL_NAMES[this.#options.depthChannel]!, instId });
      this.#metrics.resync(index);
    }
    for (const some of splitChannels(args)) {
      // Without budget the timer asks again when its wait is over.
      if (this.#requests.available(this.#state.now) < 2) return;
      this.#requests.take(2, this.#state.now);
      this.#sendText(encodeUnsubscribe(`loop${++this.#controlId}`, some));
      this.#sendText(encodeSubscribe(`loop${++this.#controlId}`, some));
    }
  }

  #sendText(text: string): void {
    const bytes = Buffer.from(text);
    this.#output.send(Connection.public, bytes, bytes.length);
  }

  // ----------------------------------------------------------------------------------------------------- ages

  /**
   * Silence, books that did not come back, and books that stay crossed. Mostly no book can be late, which is known without
   * a look at them.
   */
  checkAges(): void {
    const { now, isUp } = this.#state;
    if (isUp[Connection.public] === 0) return;
    const isSomeSilent = now[0]! - this.#heardSince[0]! > this.#silence[0]!;
    if (isSomeSilent || now[0]! >= this.#resyncFrom[0]!) this.#checkAll();
    else this.#checkCrossed();
  }

  #checkAll(): void {
    const heardSince = this.#heardSince;
    const resyncFrom = this.#resyncFrom;
    heardSince[0] = Infinity;
    resyncFrom[0] = Infinity;
    for (let instrument = 0; instrument < this.#instruments.length; instrument++) {
      this.#checkAge(instrument);
      const heardNs = this.#heardNs[instrument]!;
      const isThere = !this.#market.syncs[instrument]!.isAwaitingSnapshot;
      if (isThere && heardNs < heardSince[0]!) heardSince[0] = heardNs;
      const resyncNs = this.#resyncNs[instrument]!;
      if (resyncNs > 0 && resyncNs < resyncFrom[0]!) resyncFrom[0] = resyncNs;
    }
  }

  #checkAge(instrument: number): void {
    const { nowNs } = this.#state;
    const sync = this.#market.syncs[instrument]!;
    const silentNs = nowNs - this.#heardNs[instrument]!;
    if (!sync.isAwaitingSnapshot && silentNs > this.#silence[0]!) {
      this.#breakBook(instrument);
    } else if (this.#isCrossedForLong(instrument)) this.#breakBook(instrument);
    else if (this.#resyncNs[instrument]! > 0 && nowNs >= this.#resyncNs[instrument]!) {
      if (sync.isAwaitingRestSnapshot) {
        this.#output.request(LoopRequest.bookSnapshot, instrument);
        this.#resyncAt(instrument, nowNs + RESYNC_FIRST_NS);
      } else this.#resync(instrument);
    }
  }

  /** @hot A book has changed. One that is crossed has no fair price. */
  #seeCrossed(instrument: number): void {
    if (this.#market.fairTicks[instrument] !== 0) return;
    if (this.#market.books[instrument]!.isCrossed()) this.#mayCross.add(instrument);
  }

  #checkCrossed(): void {
    const books = this.#mayCross;
    for (let instrument = books.take(0); instrument !== -1; instrument = books.take(instrument + 1)) {
      if (this.#isCrossedForLong(instrument)) this.#breakBook(instrument);
    }
  }

  #isCrossedForLong(instrument: number): boolean {
    const { nowNs } = this.#state;
    const isCrossed =
      !this.#market.syncs[instrument]!.isAwaitingSnapshot && this.#market.books[instrument]!.isCrossed();
    if (!isCrossed) {
      this.#crossedNs[instrument] = 0;
      return false;
    }
    if (this.#crossedNs[instrument] === 0) this.#crossedNs[instrument] = nowNs;
    this.#mayCross.add(instrument);
    return nowNs - this.#crossedNs[instrument]! > CROSSED_NS_MAX;
  }

  // ------------------------------------------------------------------------------------------------- sessions

  onUp(nowNs: Nanoseconds): void {
    // Requests count by connection, and this is a new one.
    this.#requests = newBudget();
    if (nowNs < this.#heardSince[0]!) this.#heardSince[0] = nowNs;
    for (const { index } of this.#instruments) {
      this.#heardNs[index] = nowNs;
      if (this.#market.syncs[index]!.isAwaitingSnapshot) this.#resyncAt(index, nowNs + RESYNC_FIRST_NS);
    }
  }

  onDown(): void {
    for (const { index } of this.#instruments) {
      this.#market.syncs[index]!.restart();
      this.#resyncNs[index] = 0;
      this.#crossedNs[index] = 0;
      this.#isToResync[index] = 0;
      this.#quoting.withdraw(index);
    }
    this.#hasToResync = false;
  }

  /** A book by REST, for a feed that sends no snapshot. */
  onSnapshot(instrument: number, text: string, nowNs: Nanoseconds): void {
    const frame = this.#frame;
    if (decodeRestBook(text, this.#instruments[instrument]!, frame) !== DepthResult.depth) {
      this.#metrics.malformed(Connection.public);
      this.#resyncAt(instrument, nowNs + RESYNC_FIRST_NS);
      return;
    }
    const result = this.#market.syncs[instrument]!.applySnapshot(frame);
    if (result === SyncResult.applied) {
      this.#resyncNs[instrument] = 0;
      this.#age(instrument, this.#state.input);
      this.#quoting.publish(instrument, this.#state.input);
      this.#state.isDue[instrument] = 1;
      this.#seeCrossed(instrument);
      // It was not there while its last message came.
      if (this.#heardNs[instrument]! < this.#heardSince[0]!) this.#heardSince[0] = this.#heardNs[instrument]!;
    } else if (result === SyncResult.needsSnapshot) this.#resyncAt(instrument, nowNs + NS_PER_SECOND);
  }
}

function newBudget(): SendWindow {
  return new SendWindow(CONTROL_REQUESTS_PER_HOUR - SESSION_REQUESTS, HOUR_NS);
}
