/**
 * The core: what comes in, and what goes out because of it. One thread, no clock, no socket, no chance: the same inputs
 * give the same sends, byte for byte.
 *
 *     inputs    onPublicFrame, onPrivateFrame, onTradeFrame     a frame with its receive time
 *               onQuotes                                        a quote slot changed
 *               onTimer                                         every few ms, with both clocks
 *               onSessionUp, onSessionDown, onWorkerLost, onWorkerReady
 *               onRecovered, onBookSnapshot                     answers to requests
 *               stop, halt                                      the operator
 *     outputs   send(connection, bytes), request(what)
 *
 * A frame does not send an order. It changes the book and publishes it; at the end of each input the turn compares what
 * is wanted with what lives, instrument by instrument, and sends it in as few messages as OKX allows.
 *
 * Owner:      the engine thread.
 * Invariants: an instrument is quoted only while every session is up, the account is recovered, its book is synced,
 *             two-sided and uncrossed, and its worker keeps up; whatever is missing, its orders are withdrawn first.
 * Cost:       a depth frame that moves nothing of ours is decode, book, publish and two comparisons; nothing allocates.
 */
import { ContractKind, InstrumentState } from './base/instrument.ts';
import type { Instrument, InstrumentFields } from './base/instrument.ts';
import { OFF_GRID } from './base/decimal.ts';
import { Side } from './base/side.ts';
import { NS_PER_MS, NS_PER_SECOND, TICKS_MAX } from './base/units.ts';
import type { Lots, Milliseconds, Nanoseconds } from './base/units.ts';
import { BookState } from './book/book.ts';
import { SyncResult } from './book/book-sync.ts';
import { QuoteBell } from './handoff/doorbell.ts';
import { QuoteReader } from './handoff/quote-slot.ts';
import { LoopCommands, PathSignal } from './loop-commands.ts';
import { LoopMarket } from './loop-market.ts';
import { LoopMetrics } from './loop-metrics.ts';
import { Connection, LoopRequest } from './loop-options.ts';
import type {
  AuditedAccount,
  CommandResult,
  LoopOptions,
  OperatorCommand,
  RecoveredAccount,
} from './loop-options.ts';
import { GuardResult, TakeResult, WantedLadder } from './loop-wanted.ts';
import { DepthDecoder } from './okx/depth-decoder.ts';
import { DEPTH_CHANNEL_NAMES, DepthFrame, DepthResult, NO_INSTRUMENT } from './okx/depth-frame.ts';
import { decodeRestBook } from './okx/depth-slow-decoder.ts';
import { FrameKind, PushChannel, frameKind, pushChannel } from './okx/frame-kind.ts';
import { decodePush } from './okx/push-decoder.ts';
import { encodeSubscribe, encodeUnsubscribe } from './okx/request-encoder.ts';
import { CommandBatch, CommandReason } from './orders/command-batch.ts';
import { NO_ORDER, OrderTable } from './orders/order-table.ts';
import { QuoteDiff } from './orders/quote-diff.ts';
import { Reconciliation } from './orders/reconciliation.ts';
import type { KillReason } from './risk/kill-switch.ts';

/** A book that has not come back is subscribed anew after this, and then ever less often. */
const RESYNC_FIRST_NS = 5 * NS_PER_SECOND;
const RESYNC_LAST_NS = 60 * NS_PER_SECOND;
/** Rows of the order table: OKX's open orders of an account are 4,000; an engine of 100 instruments wants 2,000. */
const SLOTS_MIN = 256;
const SLOTS_MAX = 10_000;

type PriceLimitRow = Extract<ReturnType<typeof decodePush>, { channel: 'price-limit' }>['rows'][number];

/** Where the engine stands, as a whole. */
export const LoopPhase = { starting: 0, recovering: 1, quoting: 2, halted: 3, stopping: 4 } as const;
export type LoopPhase = (typeof LoopPhase)[keyof typeof LoopPhase];

export class Loop {
  readonly market: LoopMarket;
  readonly commands: LoopCommands;
  readonly table: OrderTable;
  readonly wanted: readonly WantedLadder[];
  readonly metrics: LoopMetrics;
  readonly instruments: readonly Instrument[];

  readonly #options: LoopOptions;
  readonly #readers: readonly QuoteReader[];
  readonly #quoteBell: QuoteBell;
  readonly #diff: QuoteDiff;
  readonly #batch: CommandBatch;
  readonly #reconciliation: Reconciliation;
  readonly #decoder: DepthDecoder;
  readonly #frame = new DepthFrame();
  readonly #isUp = [false, false, false];
  /** Instruments to compare at the end of this input. */
  readonly #isDirty: Uint8Array;
  /** By instrument × 2 + side: the guard acted, so the diff's commands are the guard's. */
  readonly #isGuarded: Uint8Array;
  /** By instrument: 1 while its worker runs. */
  readonly #hasWorker: Uint8Array;
  /** By instrument: when the oldest market that its worker has not answered was published; 0 when it has answered all. */
  readonly #unansweredNs: Float64Array;
  /** By instrument: when the last message about its book came. */
  readonly #heardNs: Float64Array;
  /** By instrument: when to subscribe anew if the book is still not there, and the wait after that. */
  readonly #resyncNs: Float64Array;
  readonly #resyncWaitNs: Float64Array;
  /** By instrument: no subscription anew before this. */
  readonly #resyncAllowedNs: Float64Array;
  /** By instrument: the position that was published last, and the first market version that carried it. */
  readonly #publishedLots: Float64Array;
  readonly #positionVersion: Float64Array;
  /** Instruments whose tick, lot or code changed since they were loaded: not quoted before a restart. */
  readonly #isOutdated: Uint8Array;
  #isRecovered = false;
  #isRecovering = false;
  #isStopping = false;
  #nowNs: Nanoseconds = 0;
  /** The venue's wall clock less the monotonic clock. */
  #venueEpochMs: Milliseconds = 0;
  #controlId = 0;

  constructor(options: LoopOptions) {
    const { instruments, handoff } = options;
    const count = instruments.length;
    this.#options = options;
    this.instruments = instruments;
    const slots = Math.min(SLOTS_MAX, Math.max(SLOTS_MIN, count * handoff.quoteLevels * 4));
    this.table = new OrderTable(count, slots);
    this.metrics = new LoopMetrics(options.metrics, options.stageClock);
    this.market = new LoopMarket(handoff, this.table);
    this.commands = new LoopCommands(options, this.table, this.metrics);
    this.wanted = instruments.map(() => new WantedLadder(handoff.quoteLevels));
    this.#readers = instruments.map((_, instrument) => new QuoteReader(handoff, instrument));
    this.#quoteBell = new QuoteBell(handoff);
    this.#diff = new QuoteDiff(this.table, options.tolerances, handoff.quoteLevels);
    this.#batch = new CommandBatch(slots);
    this.#reconciliation = new Reconciliation(this.table);
    this.#decoder = new DepthDecoder(instruments);
    this.#isDirty = new Uint8Array(count);
    this.#isGuarded = new Uint8Array(count * 2);
    this.#isOutdated = new Uint8Array(count);
    this.#hasWorker = new Uint8Array(count);
    this.#unansweredNs = new Float64Array(count);
    this.#heardNs = new Float64Array(count);
    this.#resyncNs = new Float64Array(count);
    this.#resyncWaitNs = new Float64Array(count).fill(RESYNC_FIRST_NS);
    this.#resyncAllowedNs = new Float64Array(count);
    this.#publishedLots = new Float64Array(count);
    this.#positionVersion = new Float64Array(count);
    for (const instrument of instruments) {
      this.commands.gate.isPaused[instrument.index] = instrument.state === InstrumentState.live ? 0 : 1;
    }
  }

  // ---------------------------------------------------------------------------------------------------- state

  get phase(): LoopPhase {
    if (this.#isStopping) return LoopPhase.stopping;
    if (this.commands.killSwitch.isHalted) return LoopPhase.halted;
    if (!this.#isUp.every((isUp) => isUp)) return LoopPhase.starting;
    return this.#isRecovered ? LoopPhase.quoting : LoopPhase.recovering;
  }

  /** Orders that rest at the venue, or may. */
  get openOrders(): number {
    return this.table.openTotal;
  }

  get quoteBell(): QuoteBell {
    return this.#quoteBell;
  }

  /**
   * @hot Frames that a session held while it came up are older than what was heard since: commands must not leave with
   * their time, which would be in the venue's past.
   */
  #advance(recvNs: Nanoseconds): void {
    if (recvNs > this.#nowNs) this.#nowNs = recvNs;
  }

  // ------------------------------------------------------------------------------------------- input: public

  /** @hot A frame of a public connection. */
  onPublicFrame(bytes: Uint8Array, start: number, end: number, recvNs: Nanoseconds): void {
    this.#advance(recvNs);
    this.metrics.received(Connection.public, end - start, recvNs);
    this.metrics.begin(recvNs);
    const frame = this.#frame;
    const result = this.#decoder.decode(bytes, start, end, frame);
    if (result === DepthResult.depth) {
      this.metrics.decoded(Connection.public);
      if (frame.isSlowPath) this.metrics.slow();
      this.#onDepth(recvNs);
      for (let entry = 1; entry < frame.entryCount; entry++) {
        if (this.#decoder.decode(bytes, start, end, frame, entry) === DepthResult.depth)
          this.#onDepth(recvNs);
      }
    } else if (result === DepthResult.other) this.#onPublicPush(bytes, start, end);
    else if (result === DepthResult.unknownInstrument) this.metrics.unknown();
    else this.#onMalformedDepth();
    this.#turn();
  }

  /** @hot */
  #onDepth(recvNs: Nanoseconds): void {
    const frame = this.#frame;
    const instrument = frame.instrument;
    const sync = this.market.syncs[instrument]!;
    const result = sync.apply(frame);
    this.#heardNs[instrument] = recvNs;
    this.metrics.applied(instrument, recvNs);
    if (result === SyncResult.applied) {
      if (frame.tsMs > 0) this.metrics.arrived(this.#venueEpochMs + recvNs / NS_PER_MS - frame.tsMs);
      this.#resyncNs[instrument] = 0;
      this.#publish(instrument, recvNs);
      this.#guard(instrument);
    } else if (result === SyncResult.broke) {
      this.#withdraw(instrument);
      this.#resync(instrument);
    } else if (result === SyncResult.needsSnapshot) {
      this.#withdraw(instrument);
      this.#options.output.request(LoopRequest.bookSnapshot, instrument);
      // The answer may not come.
      this.#resyncNs[instrument] = this.#nowNs + RESYNC_FIRST_NS;
    }
  }

  /** @hot */
  #publish(instrument: number, recvNs: Nanoseconds): void {
    const { market, commands } = this;
    const positionLots = commands.ledger.positionLots[instrument]!;
    market.publish(instrument, recvNs, positionLots);
    if (positionLots !== this.#publishedLots[instrument]!) {
      this.#publishedLots[instrument] = positionLots;
      this.#positionVersion[instrument] = market.version[instrument]!;
    }
    commands.gate.setMarket(
      instrument,
      market.bestTicks[instrument * 2]!,
      market.bestTicks[instrument * 2 + 1]!,
      market.fairTicks[instrument]! > 0,
    );
    if (this.#unansweredNs[instrument] === 0) this.#unansweredNs[instrument] = this.#nowNs;
    this.metrics.published();
  }

  /** @hot Steps a side back, at once, when the book has taken the edge of what rests there. */
  #guard(instrument: number): void {
    const wanted = this.wanted[instrument]!;
    if (wanted.isEmpty) return;
    const fair = this.market.fairTicks[instrument]!;
    if (fair === 0) {
      this.#withdraw(instrument);
      return;
    }
    const version = this.market.version[instrument]!;
    const { bestTicks } = this.table;
    const first = instrument * 2;
    const sellBest = bestTicks[first + Side.sell]!;
    if (wanted.guard(Side.buy, fair, bestTicks[first]!, version) !== GuardResult.good) {
      this.#isGuarded[first] = 1;
      this.#isDirty[instrument] = 1;
    }
    if (wanted.guard(Side.sell, fair, sellBest === TICKS_MAX ? 0 : sellBest, version) !== GuardResult.good) {
      this.#isGuarded[first + Side.sell] = 1;
      this.#isDirty[instrument] = 1;
    }
  }

  #onMalformedDepth(): void {
    this.metrics.malformed(Connection.public);
    const { instrument } = this.#frame;
    if (instrument === NO_INSTRUMENT) {
      // It cannot be told whose update was lost: every book may be short of one.
      for (const each of this.instruments) this.#breakBook(each.index);
    } else this.#breakBook(instrument);
  }

  #breakBook(instrument: number): void {
    this.market.syncs[instrument]!.breakNow();
    this.#withdraw(instrument);
    this.#resync(instrument);
  }

  /**
   * Unsubscribes and subscribes again on the same connection; the next try is for the timer. A book that breaks again soon
   * waits ever longer: the venue takes 480 such requests an hour and connection.
   */
  #resync(instrument: number): void {
    const calmNs = this.#nowNs - this.#resyncAllowedNs[instrument]!;
    if (calmNs < 0) {
      this.#resyncNs[instrument] = this.#resyncAllowedNs[instrument]!;
      return;
    }
    if (calmNs > RESYNC_LAST_NS) this.#resyncWaitNs[instrument] = RESYNC_FIRST_NS;
    const args = [
      {
        channel: DEPTH_CHANNEL_NAMES[this.#options.depthChannel]!,
        instId: this.instruments[instrument]!.instId,
      },
    ];
    this.metrics.resync(instrument);
    this.#sendText(encodeUnsubscribe(`loop${++this.#controlId}`, args));
    this.#sendText(encodeSubscribe(`loop${++this.#controlId}`, args));
    this.#resyncNs[instrument] = this.#nowNs + this.#resyncWaitNs[instrument]!;
    this.#resyncAllowedNs[instrument] = this.#resyncNs[instrument]!;
    this.#resyncWaitNs[instrument] = Math.min(this.#resyncWaitNs[instrument]! * 2, RESYNC_LAST_NS);
  }

  #sendText(text: string): void {
    const bytes = Buffer.from(text);
    this.#options.output.send(Connection.public, bytes, bytes.length);
  }

  /** Cold channels of the public connection. */
  #onPublicPush(bytes: Uint8Array, start: number, end: number): void {
    if (frameKind(bytes, start, end) !== FrameKind.push) return;
    const channel = pushChannel(bytes, start, end);
    if (channel !== PushChannel.priceLimit && channel !== PushChannel.instruments) return;
    let push;
    try {
      push = decodePush(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString());
    } catch {
      this.metrics.malformed(Connection.public);
      return;
    }
    if (push.channel === 'price-limit') for (const row of push.rows) this.#onPriceLimit(row);
    else if (push.channel === 'instruments')
      for (const row of push.instruments.fields) this.#onInstrument(row);
  }

  // ------------------------------------------------------------------------------------------ input: private

  /** @hot A frame of the private connection. */
  onPrivateFrame(bytes: Uint8Array, start: number, end: number, recvNs: Nanoseconds): void {
    this.#advance(recvNs);
    this.metrics.received(Connection.private, end - start, recvNs);
    this.metrics.begin(recvNs);
    if (
      frameKind(bytes, start, end) === FrameKind.push &&
      pushChannel(bytes, start, end) === PushChannel.orders
    ) {
      this.#onSignal(this.commands.onUpdates(bytes, start, end, this.#nowNs));
      this.metrics.decoded(Connection.private);
    }
    this.#turn();
  }

  /** @hot A frame of the trade connection. */
  onTradeFrame(bytes: Uint8Array, start: number, end: number, recvNs: Nanoseconds): void {
    this.#advance(recvNs);
    this.metrics.received(Connection.trade, end - start, recvNs);
    const kind = frameKind(bytes, start, end);
    if (kind === FrameKind.ack) this.#onSignal(this.commands.onAck(bytes, start, end, this.#nowNs));
    else if (kind === FrameKind.event)
      this.#onSignal(this.commands.onErrorEvent(bytes, start, end, this.#nowNs));
    this.#turn();
  }

  /** What the order path learnt: positions and own orders changed, so the workers' markets did. */
  #onSignal(signal: PathSignal): void {
    if (signal === PathSignal.none) return;
    const { isTouched } = this.commands;
    for (let instrument = 0; instrument < isTouched.length; instrument++) {
      if (isTouched[instrument] === 0) continue;
      isTouched[instrument] = 0;
      this.#isDirty[instrument] = 1;
      if (this.market.books[instrument]!.state !== BookState.synced) continue;
      // An order of ours that came, moved or went shows or hides what others rest there: that moves the fair price too.
      this.#publish(instrument, this.#nowNs);
      this.#guard(instrument);
    }
    if (signal === PathSignal.doubt) this.#recover();
    if (this.commands.killSwitch.isHalted) this.#withdrawAll();
  }

  // ---------------------------------------------------------------------------------- input: quotes and timer

  /** @hot Quote slots changed. */
  onQuotes(nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    for (let instrument = this.#quoteBell.take(); instrument !== -1; instrument = this.#quoteBell.take()) {
      this.#takeQuote(instrument);
    }
    this.#turn();
  }

  /** @hot */
  #takeQuote(instrument: number): void {
    // A worker that is being ended may still write: what it wants counts no more.
    if (this.#hasWorker[instrument] === 0) return;
    const wanted = this.wanted[instrument]!;
    const book = this.market.books[instrument]!;
    const result = wanted.take(this.#readers[instrument]!, book.epoch);
    if (result === TakeResult.none) return;
    if (result === TakeResult.stale) {
      this.metrics.quoteStale(instrument);
      return;
    }
    const { quote } = wanted;
    const isNewest = quote.marketVersion === this.market.version[instrument];
    this.#unansweredNs[instrument] = isNewest ? 0 : this.#nowNs;
    if (!book.isQuotable()) {
      wanted.withdraw();
      this.metrics.quoteDropped(instrument);
    } else {
      this.metrics.quoted(instrument, quote.recvNs);
      // The book may have moved on while the worker computed.
      if (!isNewest) this.#guard(instrument);
    }
    this.#isDirty[instrument] = 1;
  }

  /**
   * The time, every few milliseconds: nothing here happens at any other moment.
   *
   * @param venueMs the venue's wall clock, as this machine's and the measured offset give it
   */
  onTimer(nowNs: Nanoseconds, venueMs: Milliseconds): void {
    this.#nowNs = nowNs;
    this.#venueEpochMs = venueMs - nowNs / NS_PER_MS;
    this.commands.setVenueClock(nowNs, venueMs);
    const { timings } = this.#options;
    if (this.commands.expire(nowNs, timings.ackTimeoutNs) > 0) this.#recover();
    if (this.table.doubtCount > 0 && this.#isDoubtOld(nowNs)) this.#recover();
    this.#checkProfit();
    for (let instrument = 0; instrument < this.instruments.length; instrument++) {
      this.#checkInstrument(instrument, nowNs);
      // What was held back by a budget or a rest is asked for again.
      this.#isDirty[instrument] = 1;
    }
    this.#turn();
  }

  #checkInstrument(instrument: number, nowNs: Nanoseconds): void {
    const { timings } = this.#options;
    const unansweredNs = this.#unansweredNs[instrument]!;
    const wanted = this.wanted[instrument]!;
    if (!wanted.isEmpty && unansweredNs > 0 && nowNs - unansweredNs > timings.quoteAgeNsMax) {
      this.metrics.quoteStale(instrument);
      wanted.withdraw();
    }
    if (!this.#isUp[Connection.public]) return;
    const heardNs = this.#heardNs[instrument]!;
    const sync = this.market.syncs[instrument]!;
    if (!sync.isAwaitingSnapshot && nowNs - heardNs > timings.bookSilenceNsMax) this.#breakBook(instrument);
    else if (this.#resyncNs[instrument]! > 0 && nowNs >= this.#resyncNs[instrument]!) {
      if (sync.isAwaitingRestSnapshot) {
        this.#options.output.request(LoopRequest.bookSnapshot, instrument);
        this.#resyncNs[instrument] = nowNs + RESYNC_FIRST_NS;
      } else this.#resync(instrument);
    }
  }

  /** Whether an order has been in doubt for longer than its last update may take. */
  #isDoubtOld(nowNs: Nanoseconds): boolean {
    const { table } = this;
    for (let slot = table.nextInDoubt(0); slot !== NO_ORDER; slot = table.nextInDoubt(slot + 1)) {
      if (nowNs - table.sentNs[slot]! > this.#options.timings.ackTimeoutNs) return true;
    }
    return false;
  }

  /** Realised and open profit with fees, all instruments: past the limit, the engine halts. */
  #checkProfit(): void {
    this.commands.gate.onProfit(this.netProfit());
  }

  /** Profit since the start in the account's currency, marked at the middle of the books. */
  netProfit(): number {
    let profit = 0;
    for (const instrument of this.instruments) {
      const mark = this.commands.gate.markTicks(instrument.index);
      const own = this.commands.ledger.netProfit(instrument.index, mark);
      profit += instrument.kind === ContractKind.inverse ? own * mark * instrument.tick.value : own;
    }
    return profit;
  }

  // ------------------------------------------------------------------------------- input: sessions and workers

  onSessionUp(connection: Connection, nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    this.#isUp[connection] = true;
    if (connection === Connection.public) {
      for (const instrument of this.instruments) {
        this.#heardNs[instrument.index] = nowNs;
        if (this.market.syncs[instrument.index]!.isAwaitingSnapshot) {
          this.#resyncNs[instrument.index] = nowNs + RESYNC_FIRST_NS;
        }
      }
    } else if (this.#isUp[Connection.private] && this.#isUp[Connection.trade]) this.#recover();
    this.#turn();
  }

  /** Its books are broken, or its answers will not come: everything is withdrawn by the roads that are open. */
  onSessionDown(connection: Connection, nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    this.#isUp[connection] = false;
    if (connection === Connection.public) {
      for (const instrument of this.instruments) {
        this.market.syncs[instrument.index]!.restart();
        this.#resyncNs[instrument.index] = 0;
        this.#withdraw(instrument.index);
      }
    } else {
      if (connection === Connection.trade) this.commands.onTradeLost();
      this.#isRecovered = false;
      this.#isRecovering = false;
      this.#withdrawAll();
    }
    this.#turn();
  }

  /** The worker's quotes are void, and none is taken until its successor is ready. */
  onWorkerLost(instruments: readonly number[], nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    for (const instrument of instruments) {
      this.#hasWorker[instrument] = 0;
      this.wanted[instrument]!.withdraw();
      this.#isDirty[instrument] = 1;
    }
    this.#turn();
  }

  /** A worker runs. It may have quoted these markets before it was known to: each is published once more for it. */
  onWorkerReady(instruments: readonly number[], nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    for (const instrument of instruments) {
      this.#hasWorker[instrument] = 1;
      this.#unansweredNs[instrument] = 0;
      if (this.market.books[instrument]!.state === BookState.synced) this.#publish(instrument, nowNs);
    }
    this.#turn();
  }

  // ---------------------------------------------------------------------------------- input: answers, operator

  /**
   * Nothing of ours is left at the venue, and these are the positions: the table is emptied, the ledger set, and quoting
   * may begin. Ignored when a session was lost in between.
   */
  onRecovered(account: RecoveredAccount, nowNs: Nanoseconds): void {
    const { positions } = account;
    this.#nowNs = nowNs;
    if (!this.#isRecovering) return;
    this.#reconciliation.begin(nowNs, 0);
    this.#reconciliation.end();
    for (const { instrument, lots, entryTicks } of positions) {
      const { ledger, gate } = this.commands;
      if (lots === ledger.positionLots[instrument]) continue;
      // Spot holdings have no entry at the venue: what is newly found counts from the price of now.
      const known = entryTicks > 0 ? entryTicks : ledger.entryTicks[instrument]!;
      const mark = gate.markTicks(instrument);
      ledger.setPosition(instrument, lots, known > 0 ? known : Math.max(1, mark), mark);
    }
    this.#isRecovering = false;
    this.#isRecovered = true;
    for (const { index } of this.instruments) {
      this.#isDirty[index] = 1;
      if (this.market.books[index]!.state === BookState.synced) this.#publish(index, nowNs);
    }
    this.#turn();
  }

  /** A book by REST, for a feed that sends no snapshot. */
  onBookSnapshot(instrument: number, text: string, nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    const frame = this.#frame;
    if (decodeRestBook(text, this.instruments[instrument]!, frame) !== DepthResult.depth) {
      this.metrics.malformed(Connection.public);
      this.#resyncNs[instrument] = nowNs + RESYNC_FIRST_NS;
      return;
    }
    const result = this.market.syncs[instrument]!.applySnapshot(frame);
    if (result === SyncResult.applied) {
      this.#resyncNs[instrument] = 0;
      this.#publish(instrument, nowNs);
    } else if (result === SyncResult.needsSnapshot) this.#resyncNs[instrument] = nowNs + NS_PER_SECOND;
    this.#turn();
  }

  /** Withdraws everything for good; the process ends when no order is left. */
  stop(nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    this.#isStopping = true;
    this.#withdrawAll();
    this.#turn();
  }

  /** The clock against the venue's, as it was measured just now. */
  onClock(_offsetMs: Milliseconds, _errorMs: Milliseconds, nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    this.#turn();
  }

  /** The venue has taken a heartbeat: its dead man's switch fires after `untilNs` and not before. */
  onSwitchArmed(_untilNs: Nanoseconds, nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    this.#turn();
  }

  /** What the venue holds, answered to a request: compared with what is known here. */
  onAudited(_account: AuditedAccount, nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    this.#turn();
  }

  /** The account's mode is no longer the one that was started with. */
  onAccountRefused(nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    this.#turn();
  }

  /** The operator's word. */
  command(_command: OperatorCommand, nowNs: Nanoseconds): CommandResult {
    this.#nowNs = nowNs;
    this.#turn();
    return { isDone: false, text: '' };
  }

  /** Cancels everything and stays so. */
  halt(reason: KillReason, nowNs: Nanoseconds): void {
    this.#nowNs = nowNs;
    this.commands.killSwitch.halt(reason);
    this.#withdrawAll();
    this.#turn();
  }

  #onPriceLimit(row: PriceLimitRow): void {
    const instrument = this.instruments.find((each) => each.instId === row.instId);
    if (instrument === undefined) return;
    // Where a limit lies between two ticks, the one inside it counts. An empty text is 0: no limit.
    const buyMax = row.isEnabled ? ticksOf(instrument, row.buyLmt, Math.floor) : 0;
    const sellMin = row.isEnabled ? ticksOf(instrument, row.sellLmt, Math.ceil) : 0;
    this.commands.gate.setPriceLimits(
      instrument.index,
      buyMax > 0 && buyMax < TICKS_MAX ? buyMax : TICKS_MAX,
      Math.min(sellMin, TICKS_MAX),
    );
  }

  /** Only what the engine loaded may be quoted: another state or grid withdraws the instrument, the grid for good. */
  #onInstrument(fields: InstrumentFields): void {
    const instrument = this.instruments.find((each) => each.instId === fields.instId);
    if (instrument === undefined) return;
    const isSame =
      Number(fields.tickSz) === instrument.tick.value &&
      Number(fields.lotSz) === instrument.lot.value &&
      // Pushes may name only what changed (OKX change log 2026-09-30): no code is no news.
      (fields.instIdCode === 0 || fields.instIdCode === instrument.instIdCode);
    if (!isSame) this.#isOutdated[instrument.index] = 1;
    instrument.state = fields.state;
    const isLive = fields.state === InstrumentState.live && this.#isOutdated[instrument.index] === 0;
    const wasLive = this.commands.gate.isPaused[instrument.index] === 0;
    this.commands.gate.isPaused[instrument.index] = isLive ? 0 : 1;
    if (!isLive) this.#withdraw(instrument.index);
    // A market that stands still would bring no other quote.
    else if (!wasLive && this.market.books[instrument.index]!.state === BookState.synced) {
      this.#publish(instrument.index, this.#nowNs);
    }
  }

  #recover(): void {
    this.#isRecovered = false;
    this.#withdrawAll();
    if (this.#isRecovering || !this.#isUp[Connection.private] || !this.#isUp[Connection.trade]) return;
    this.#isRecovering = true;
    this.#options.output.request(LoopRequest.recovery, -1);
  }

  // ----------------------------------------------------------------------------------------------------- turn

  /** Nothing is wanted of this book until it is whole again. */
  #withdraw(instrument: number): void {
    this.wanted[instrument]!.withdraw();
    this.#isDirty[instrument] = 1;
    const book = this.market.books[instrument]!;
    if (!book.isQuotable()) this.commands.gate.setMarket(instrument, 0, 0, false);
  }

  #withdrawAll(): void {
    this.#isDirty.fill(1);
  }

  /** Whether anything may be wanted at all; what is wanted of each instrument is another question. */
  get #isQuoting(): boolean {
    return (
      this.#isRecovered &&
      !this.#isStopping &&
      !this.commands.killSwitch.isHalted &&
      this.#isUp[Connection.public]! &&
      this.#isUp[Connection.private]! &&
      this.#isUp[Connection.trade]!
    );
  }

  /** @hot Compares every instrument that something happened to, and sends. */
  #turn(): void {
    this.metrics.turn();
    if (this.#isUp[Connection.trade]) {
      const isQuoting = this.#isQuoting;
      const batch = this.#batch;
      batch.clear();
      for (let instrument = 0; instrument < this.#isDirty.length; instrument++) {
        if (this.#isDirty[instrument] === 0) continue;
        this.#isDirty[instrument] = 0;
        this.#compare(instrument, isQuoting);
      }
      this.commands.send(batch, this.#nowNs);
    }
    this.metrics.end();
  }

  /** @hot Both sides of one instrument. */
  #compare(instrument: number, isQuoting: boolean): void {
    const { quote } = this.wanted[instrument]!;
    const isWanted = isQuoting && this.commands.gate.isPaused[instrument] === 0;
    this.commands.isBehind[instrument] = quote.marketVersion < this.#positionVersion[instrument]! ? 1 : 0;
    const batch = this.#batch;
    const amendsBefore = batch.amends.count;
    const cancelsBefore = batch.cancels.count;
    const bidCount = isWanted ? quote.bidCount : 0;
    const askCount = isWanted ? quote.askCount : 0;
    this.#diff.diff(instrument, Side.buy, quote.bidTicks, quote.bidLots, bidCount, batch);
    this.#diff.diff(instrument, Side.sell, quote.askTicks, quote.askLots, askCount, batch);
    this.#pullBad(instrument, Side.buy);
    this.#pullBad(instrument, Side.sell);
    if (this.#isGuarded[instrument * 2] === 0 && this.#isGuarded[instrument * 2 + 1] === 0) return;
    batch.amends.reason.fill(CommandReason.guard, amendsBefore, batch.amends.count);
    batch.cancels.reason.fill(CommandReason.guard, cancelsBefore, batch.cancels.count);
    this.#isGuarded[instrument * 2] = 0;
    this.#isGuarded[instrument * 2 + 1] = 0;
  }

  /**
   * @hot Cancels what the guard finds bad and the diff has not moved: an order with an amend in flight to a price that is
   * bad by now, or one that the diff's tolerance keeps. One on its way to a good price is left: its amend arrives first.
   */
  #pullBad(instrument: number, side: Side): void {
    const { table } = this;
    const fair = this.market.fairTicks[instrument]!;
    if (fair === 0) return;
    const edge = this.wanted[instrument]!.quote.edgeMinTicks;
    const best = table.bestTicks[instrument * 2 + side]!;
    if (side === Side.buy ? best <= fair - edge : best >= fair + edge) return;
    for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
      const ticks = table.wantTicks[slot]!;
      const isBad = side === Side.buy ? ticks > fair - edge : ticks < fair + edge;
      if (!isBad || this.#batch.isTouched(slot) || !table.isCancellable(slot)) continue;
      this.#batch.addCancel(slot, instrument, side, table.priceTicks[slot]!, CommandReason.guard);
    }
  }
}

/** A price of a cold message in ticks, rounded; 0 when it is none. */
function ticksOf(instrument: Instrument, text: string, round: (ticks: number) => number): number {
  const exact = instrument.tick.fromText(text);
  const ticks = exact === OFF_GRID ? round(Number(text) / instrument.tick.value) : exact;
  return Number.isFinite(ticks) ? ticks : 0;
}
