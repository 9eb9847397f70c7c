/**
 * The order path: from the commands of a turn to bytes on the trade connection, and from acks and updates back into the
 * order table and the ledger.
 *
 * Owner:      the engine thread.
 * Invariants: an order is in the table before its bytes leave; nothing but a cancel leaves without having passed the gate
 *             and its budget; an amend that leads away from the market and may not leave becomes a cancel; what did not
 *             leave is taken back at once.
 * Cost:       the gate's comparisons and some 100 bytes written a command; nothing allocates.
 */
import { BATCH_MAX, CommandOp } from './base/command-op.ts';
import type { Instrument } from './base/instrument.ts';
import { Side } from './base/side.ts';
import { NS_PER_MS, NS_PER_SECOND } from './base/units.ts';
import type { Milliseconds, Nanoseconds } from './base/units.ts';
import { Connection } from './loop-options.ts';
import type { LoopOptions, LoopOutput } from './loop-options.ts';
import type { LoopMetrics } from './loop-metrics.ts';
import { AckResult } from './metrics/catalog.ts';
import { AckDecoder, AckFrame } from './okx/ack-decoder.ts';
import { OrderEncoder } from './okx/order-encoder.ts';
import {
  FeeCurrency,
  OrderUpdateDecoder,
  OrderUpdateFrame,
  OrderUpdateState,
} from './okx/order-update-decoder.ts';
import { RejectDecision, rejectDecision } from './okx/reject-codes.ts';
import {
  BATCH_ORDERS_PER_WINDOW,
  ORDER_WINDOW_MS,
  SINGLE_REQUESTS_PER_WINDOW,
  SUB_ACCOUNT_ORDERS_PER_WINDOW,
} from './okx/venue-limits.ts';
import { CommandReason } from './orders/command-batch.ts';
import type { CommandBatch, CommandGroup } from './orders/command-batch.ts';
import { AckOutcome, OrderState } from './orders/order-state.ts';
import { NO_ORDER } from './orders/order-table.ts';
import type { OrderTable } from './orders/order-table.ts';
import { PositionLedger } from './orders/position-ledger.ts';
import { NO_REQUEST, RequestLog } from './orders/request-log.ts';
import { Gate, GateReason } from './risk/gate.ts';
import { KillReason, KillSwitch } from './risk/kill-switch.ts';
import { Throttle } from './risk/throttle.ts';

/** Requests without their ack; at 15 batches an operation in 2 s this is many times what a live session has. */
const REQUESTS_IN_FLIGHT_MAX = 512;
/** The venue counts in windows of 2 s; ours are longer by what messages may bunch up on the way. */
const WINDOW_MARGIN_NS = 50 * NS_PER_MS;
/** Cancels kept back for what rests: enough to take out two full ladders of an instrument at once. */
const CANCEL_RESERVE_SINGLE = 10;
const CANCEL_RESERVE_BATCH = 60;
/** Rests after a refusal, by what it says. */
const RETRY_AFTER_NS = 500 * NS_PER_MS;
const SHRINK_PAUSE_NS = 2 * NS_PER_SECOND;
const INSTRUMENT_PAUSE_NS = 10 * NS_PER_SECOND;
/** After the venue cancelled an order by itself, for post-only mostly: its book has moved and ours is about to hear. */
const VENUE_CANCEL_PAUSE_NS = 100 * NS_PER_MS;
/** A refused cancel is asked for again after this: at once it would be refused again, and eat up the others' budget. */
const CANCEL_RETRY_NS = 100 * NS_PER_MS;

/** 50011 and 50061: OKX's rate limits, of an operation and of the sub-account. */
const RATE_LIMIT = 50_011;
const SUB_ACCOUNT_RATE_LIMIT = 50_061;
/** The expTime had passed when the venue came to it. */
const LATE_CODES: ReadonlySet<number> = new Set([50_036, 50_037]);
/** A cancel is asked for in a phase of an auction that takes none: the order is known to rest. */
const NO_CANCEL_PHASE = 51_404;
/** It is being cancelled already: as good as accepted. */
const ALREADY_CANCELLING = 51_410;
/** A parameter is wrong. */
const PARAMETER_ERROR = 51_000;
/** Refusals that say that an order is over: its last update tells how. */
const GONE_CODES: ReadonlySet<number> = new Set([51_400, 51_503, 51_603]);

/** What an input from the order path means for the loop. */
export const PathSignal = { none: 0, changed: 1, doubt: 2 } as const;
export type PathSignal = (typeof PathSignal)[keyof typeof PathSignal];

export class LoopCommands {
  readonly table: OrderTable;
  readonly ledger: PositionLedger;
  readonly gate: Gate;
  readonly killSwitch = new KillSwitch();
  readonly throttle: Throttle;
  /** Instruments about which something was learnt since the loop last looked. */
  readonly isTouched: Uint8Array;
  /** By instrument × 2 + side: no place or amend before this, after a refusal that said so. */
  readonly restUntilNs: Float64Array;
  /** By instrument × 2 + side: no place before this, after the venue has cancelled one of ours by itself. */
  readonly placeRestUntilNs: Float64Array;
  /** By instrument: 1 while its quote has not seen the position as it is now. Then only retreats and cancels leave. */
  readonly isBehind: Uint8Array;
  /** Updates about orders of other runs or programs, on our instruments. */
  foreignUpdates = 0;
  /** Fills whose fee was in a third currency, which no profit figure holds. */
  otherFees = 0;

  readonly #instruments: readonly Instrument[];
  readonly #output: LoopOutput;
  readonly #metrics: LoopMetrics;
  readonly #encoder: OrderEncoder;
  readonly #requests = new RequestLog(REQUESTS_IN_FLIGHT_MAX);
  readonly #ackDecoder = new AckDecoder();
  readonly #ack = new AckFrame();
  readonly #updateDecoder: OrderUpdateDecoder;
  readonly #updates = new OrderUpdateFrame();
  readonly #run: number;
  readonly #expiryMs: Milliseconds;
  readonly #ackTimeoutNs: Nanoseconds;
  /** By slot: no cancel before this, and since when its cancels are refused. */
  readonly #cancelRestUntilNs: Float64Array;
  readonly #cancelRefusedNs: Float64Array;
  /** By operation: rows of its group that passed budget and gate, and how many. */
  readonly #rows: readonly Int32Array[];
  readonly #admitted = new Int32Array(3);
  /** By instrument, while a group is gone through: how many of its rows were admitted. */
  readonly #admittedOf: Int32Array;
  /** Of the amends that passed, in the order of their rows. */
  readonly #amendIds: Int32Array;
  /** The venue's wall clock less the monotonic clock, in ms: told by the timer, and used for expTime. */
  #venueEpochMs = 0;

  constructor(options: LoopOptions, table: OrderTable, metrics: LoopMetrics) {
    const { instruments } = options;
    this.table = table;
    this.ledger = new PositionLedger(instruments);
    this.gate = new Gate(
      instruments,
      options.limits,
      options.account,
      {
        positionLots: this.ledger.positionLots,
        exposureLots: table.exposureLots,
        bestTicks: table.bestTicks,
        openCounts: table.openCounts,
      },
      options.tag !== '',
      this.killSwitch,
    );
    this.throttle = new Throttle({
      instrumentCount: instruments.length,
      windowNs: ORDER_WINDOW_MS * NS_PER_MS,
      marginNs: WINDOW_MARGIN_NS,
      singleMax: SINGLE_REQUESTS_PER_WINDOW,
      batchMax: BATCH_ORDERS_PER_WINDOW,
      accountMax: SUB_ACCOUNT_ORDERS_PER_WINDOW,
      cancelReserveSingle: CANCEL_RESERVE_SINGLE,
      cancelReserveBatch: CANCEL_RESERVE_BATCH,
    });
    this.isTouched = new Uint8Array(instruments.length);
    this.restUntilNs = new Float64Array(instruments.length * 2);
    this.placeRestUntilNs = new Float64Array(instruments.length * 2);
    this.isBehind = new Uint8Array(instruments.length);
    this.#rows = Object.values(CommandOp).map(() => new Int32Array(table.capacity));
    this.#admittedOf = new Int32Array(instruments.length);
    this.#amendIds = new Int32Array(table.capacity);
    this.#instruments = instruments;
    this.#output = options.output;
    this.#metrics = metrics;
    this.#encoder = new OrderEncoder({
      instruments,
      tag: options.tag,
      tradeModes: options.tradeModes,
      run: options.run,
    });
    this.#updateDecoder = new OrderUpdateDecoder(instruments, options.tag);
    this.#run = options.run;
    this.#expiryMs = options.timings.orderExpiryMs;
    this.#ackTimeoutNs = options.timings.ackTimeoutNs;
    this.#cancelRestUntilNs = new Float64Array(table.capacity);
    this.#cancelRefusedNs = new Float64Array(table.capacity);
  }

  /** The venue's time at a monotonic instant, from the timer's pair of clocks. */
  setVenueClock(nowNs: Nanoseconds, venueMs: Milliseconds): void {
    this.#venueEpochMs = venueMs - nowNs / NS_PER_MS;
  }

  get requestsInFlight(): number {
    return this.#requests.inFlightCount;
  }

  // ------------------------------------------------------------------------------------------------------ out

  /**
   * @hot Sends what the batch holds, cancels first. Each command is registered as soon as it has passed, so that the next
   * one is judged with it in flight. What is held back is asked for again by the loop's timer.
   */
  send(batch: CommandBatch, nowNs: Nanoseconds): void {
    // Amends are judged before cancels are sent: an order that may not move to where it should be is taken out with them.
    this.#admit(batch, batch.amends, nowNs);
    this.#admit(batch, batch.cancels, nowNs);
    this.#sendGroup(batch.cancels, nowNs);
    this.#sendGroup(batch.amends, nowNs);
    this.#admit(batch, batch.places, nowNs);
    this.#sendGroup(batch.places, nowNs);
  }

  /** @hot Finds the commands of a group that may be sent now, and registers them in the table. */
  #admit(batch: CommandBatch, group: CommandGroup, nowNs: Nanoseconds): void {
    const { op } = group;
    const rows = this.#rows[op]!;
    // A lone command counts in another budget than one in a batch.
    const isBatch = group.count > 1;
    let admitted = 0;
    for (let row = 0; row < group.count; row++) {
      const instrument = group.instrument[row]!;
      if (!this.#isInBudget(op, instrument, isBatch, admitted, nowNs)) {
        this.#metrics.throttled(op);
        if (op === CommandOp.amend && this.#isRetreat(group, row)) batch.cancelInstead(row);
      } else if (this.#isAllowed(batch, group, row, nowNs) && this.#register(group, row, admitted, nowNs)) {
        rows[admitted++] = row;
        this.#admittedOf[instrument]!++;
      }
    }
    for (let index = 0; index < admitted; index++) this.#admittedOf[group.instrument[rows[index]!]!] = 0;
    this.#admitted[op] = admitted;
    if (group.count > 0) this.#metrics.gated();
  }

  /** @hot Whether a command may leave by the gate and by what the venue has said; what the gate strikes is counted. */
  #isAllowed(batch: CommandBatch, group: CommandGroup, row: number, nowNs: Nanoseconds): boolean {
    const { op } = group;
    const slot = group.slot[row]!;
    if (op === CommandOp.cancel) {
      return this.table.isCancellable(slot) && nowNs >= this.#cancelRestUntilNs[slot]!;
    }
    return op === CommandOp.amend
      ? this.#isAmendAllowed(batch, group, row, nowNs)
      : this.#isPlaceAllowed(group, row, nowNs);
  }

  /** @hot An order that may not be amended to where it should be goes, unless waiting costs nothing. */
  #isAmendAllowed(batch: CommandBatch, group: CommandGroup, row: number, nowNs: Nanoseconds): boolean {
    const { table } = this;
    const slot = group.slot[row]!;
    const instrument = group.instrument[row]!;
    const side = group.side[row]! as Side;
    const ticks = group.ticks[row]!;
    const lots = group.lots[row]!;
    if (!table.isAmendable(slot)) return false;
    const isRetreat = this.#isRetreat(group, row);
    if (nowNs < this.restUntilNs[instrument * 2 + side]!) {
      if (isRetreat) batch.cancelInstead(row);
      return false;
    }
    if (this.isBehind[instrument] === 1 && !isRetreat) return false;
    const added = table.addedLotsOf(slot, lots);
    const reason = this.gate.check(
      CommandOp.amend,
      instrument,
      side,
      ticks,
      table.openLotsAfter(slot, lots),
      added,
    );
    if (reason === GateReason.pass) return true;
    this.#metrics.gateReject(reason);
    // An approach across the book or ourselves is a matter of a moment: the next diff finds another price.
    const isPassing = reason === GateReason.wouldCross || reason === GateReason.selfCross;
    if (isRetreat || !isPassing) batch.cancelInstead(row);
    return false;
  }

  /** @hot */
  #isPlaceAllowed(group: CommandGroup, row: number, nowNs: Nanoseconds): boolean {
    const instrument = group.instrument[row]!;
    const side = group.side[row]! as Side;
    const list = instrument * 2 + side;
    if (nowNs < this.restUntilNs[list]! || nowNs < this.placeRestUntilNs[list]!) return false;
    if (this.isBehind[instrument] === 1) return false;
    const lots = group.lots[row]!;
    const reason = this.gate.check(CommandOp.place, instrument, side, group.ticks[row]!, lots, lots);
    if (reason === GateReason.pass) return true;
    this.#metrics.gateReject(reason);
    return false;
  }

  /** @hot Whether an amend leads away from the market. */
  #isRetreat(group: CommandGroup, row: number): boolean {
    const ticks = this.table.priceTicks[group.slot[row]!]!;
    return group.side[row] === Side.buy ? group.ticks[row]! < ticks : group.ticks[row]! > ticks;
  }

  /** @hot Whether the budget holds one more command for the instrument beside those of this group that were admitted. */
  #isInBudget(
    op: CommandOp,
    instrument: number,
    isBatch: boolean,
    admitted: number,
    nowNs: Nanoseconds,
  ): boolean {
    // Places are admitted after the amends of the same turn have been taken from the account's budget.
    if (op !== CommandOp.cancel && this.throttle.accountAvailable(nowNs) <= admitted) return false;
    return this.throttle.available(op, instrument, isBatch, nowNs) > this.#admittedOf[instrument]!;
  }

  /** @hot False when the table has no room for a new order. */
  #register(group: CommandGroup, row: number, admitted: number, nowNs: Nanoseconds): boolean {
    const { table } = this;
    if (group.op === CommandOp.place) {
      const side = group.side[row]! as Side;
      const slot = table.open(group.instrument[row]!, side, group.ticks[row]!, group.lots[row]!, nowNs);
      if (slot === NO_ORDER) return false;
      group.slot[row] = slot;
      this.#cancelRestUntilNs[slot] = 0;
    } else if (group.op === CommandOp.amend) {
      const slot = group.slot[row]!;
      this.#amendIds[admitted] = table.requestAmend(slot, group.ticks[row]!, group.lots[row]!, nowNs);
    } else {
      table.requestCancel(group.slot[row]!, nowNs);
    }
    return true;
  }

  /** @hot Sends what was admitted of a group, twenty to a message. */
  #sendGroup(group: CommandGroup, nowNs: Nanoseconds): void {
    const { op } = group;
    const admitted = this.#admitted[op]!;
    if (admitted === 0) return;
    const instrument = group.instrument[this.#rows[op]![0]!]!;
    // Of a batch only one was admitted: it goes out alone, and counts there.
    if (admitted === 1 && group.count > 1 && this.throttle.available(op, instrument, false, nowNs) < 1) {
      this.#metrics.throttled(op);
      this.#takeBack(group, 0, 1);
      return;
    }
    let from = 0;
    while (from < admitted) {
      const left = admitted - from;
      // Never one alone behind a full message: it was admitted for a batch.
      const count = left === BATCH_MAX + 1 ? BATCH_MAX - 1 : Math.min(left, BATCH_MAX);
      this.#sendMessage(group, from, count, nowNs);
      from += count;
    }
  }

  /** @hot Sends some rows that were admitted, or takes them back. */
  #sendMessage(group: CommandGroup, from: number, count: number, nowNs: Nanoseconds): void {
    const { op } = group;
    const requestId = this.#requests.begin(op, nowNs);
    if (requestId === NO_REQUEST) {
      this.#takeBack(group, from, count);
      return;
    }
    const expTimeMs =
      this.#expiryMs === 0 ? 0 : Math.floor(this.#venueEpochMs + nowNs / NS_PER_MS) + this.#expiryMs;
    this.#encoder.begin(op, requestId, count, expTimeMs);
    for (let index = from; index < from + count; index++) this.#encodeRow(group, index, requestId);
    const length = this.#encoder.finish();
    this.#metrics.encoded();
    if (this.#output.send(Connection.trade, this.#encoder.buffer, length)) {
      this.#metrics.sent(op);
      this.#book(group, from, count, nowNs);
    } else {
      this.#requests.release(this.#requests.find(requestId));
      this.#takeBack(group, from, count);
    }
  }

  #encodeRow(group: CommandGroup, index: number, requestId: number): void {
    const { op } = group;
    const row = this.#rows[op]![index]!;
    const slot = group.slot[row]!;
    const instrument = group.instrument[row]!;
    const ticks = group.ticks[row]!;
    const lots = group.lots[row]!;
    const generation = this.table.generation[slot]!;
    const amendId = op === CommandOp.amend ? this.#amendIds[index]! : 0;
    if (op === CommandOp.place) {
      const side = group.side[row]! as Side;
      this.#encoder.addPlace(instrument, side, ticks, lots, slot, generation, false);
    } else if (op === CommandOp.amend) {
      this.#encoder.addAmend(instrument, ticks, lots, slot, generation, amendId);
    } else {
      this.#encoder.addCancel(instrument, slot, generation);
    }
    this.#requests.add(requestId, slot, generation, amendId);
    if (group.reason[row] === CommandReason.guard) this.#metrics.guardCommand(instrument, op);
  }

  #book(group: CommandGroup, from: number, count: number, nowNs: Nanoseconds): void {
    for (let index = from; index < from + count; index++) {
      const instrument = group.instrument[this.#rows[group.op]![index]!]!;
      this.throttle.take(group.op, instrument, 1, count > 1, nowNs);
      this.#metrics.command(instrument, group.op);
    }
  }

  /** Nothing left: the table is as if it had not been asked. The timer compares the instruments again. */
  #takeBack(group: CommandGroup, from: number, count: number): void {
    for (let index = from; index < from + count; index++) {
      const row = this.#rows[group.op]![index]!;
      const amendId = group.op === CommandOp.amend ? this.#amendIds[index]! : 0;
      this.table.onUnsent(group.op, group.slot[row]!, amendId);
    }
  }

  // ------------------------------------------------------------------------------------------------------- in

  /** @hot The answer to a request. */
  onAck(bytes: Uint8Array, start: number, end: number, nowNs: Nanoseconds): PathSignal {
    const ack = this.#ack;
    if (!this.#ackDecoder.decode(bytes, start, end, ack)) {
      this.#metrics.malformed(Connection.trade);
      return PathSignal.doubt;
    }
    return this.#settle(nowNs);
  }

  /** An error event, which answers a whole request when it carries its id. */
  onErrorEvent(bytes: Uint8Array, start: number, end: number, nowNs: Nanoseconds): PathSignal {
    if (!this.#ackDecoder.decodeErrorEvent(bytes, start, end, this.#ack)) return PathSignal.none;
    return this.#settle(nowNs);
  }

  #settle(nowNs: Nanoseconds): PathSignal {
    const ack = this.#ack;
    const entry = this.#requests.find(ack.requestId);
    if (entry === NO_REQUEST) return PathSignal.none;
    const requests = this.#requests;
    const op = requests.op[entry]! as CommandOp;
    this.#metrics.acknowledged(op, requests.sentNs[entry]!);
    const count = requests.itemCount[entry]!;
    let signal: PathSignal = PathSignal.changed;
    for (let item = 0; item < count; item++) {
      const at = entry * BATCH_MAX + item;
      const slot = requests.slot[at]!;
      const code = this.#codeOf(slot, requests.generation[at]!, item, count);
      if (this.#onItem(op, slot, requests.generation[at]!, requests.amendId[at]!, code, nowNs)) {
        signal = PathSignal.doubt;
      }
    }
    requests.release(entry);
    return signal;
  }

  /** The code of one item: by its id, else by its place, else the whole request's; -1 where the ack does not say. */
  #codeOf(slot: number, generation: number, item: number, count: number): number {
    const ack = this.#ack;
    for (let row = 0; row < ack.itemCount; row++) {
      const isThis = ack.isOurs[row] === 1 && ack.slot[row] === slot && ack.generation[row] === generation;
      if (isThis) return ack.sCode[row]!;
    }
    if (ack.itemCount === count && ack.isOurs[item] === 0) return ack.sCode[item]!;
    return ack.itemCount === 0 && ack.code !== 0 ? ack.code : -1;
  }

  /** Settles one command; true when it leaves a doubt that only the venue can resolve. */
  #onItem(
    op: CommandOp,
    slot: number,
    generation: number,
    amendId: number,
    code: number,
    nowNs: Nanoseconds,
  ): boolean {
    const table = this.table;
    const instrument = table.instrument[slot]!;
    const side = table.side[slot]! as Side;
    const decision = code === -1 ? RejectDecision.unknownOutcome : rejectDecision(code);
    const outcome =
      code === 0 || (op === CommandOp.cancel && code === ALREADY_CANCELLING)
        ? AckOutcome.accepted
        : decision === RejectDecision.unknownOutcome
          ? AckOutcome.unknown
          : op !== CommandOp.place && GONE_CODES.has(code)
            ? AckOutcome.gone
            : AckOutcome.rejected;
    if (op === CommandOp.place) table.onPlaceAck(slot, generation, outcome);
    else if (op === CommandOp.amend) table.onAmendAck(slot, generation, amendId, outcome);
    else table.onCancelAck(slot, generation, outcome);
    this.isTouched[instrument] = 1;
    this.#metrics.ack(op, code === 0 ? AckResult.accepted : AckResult.rejected);
    if (code === 0) return false;
    this.#metrics.venueReject(decision);
    if (outcome === AckOutcome.gone || outcome === AckOutcome.accepted) return false;
    const isStuck =
      op === CommandOp.cancel &&
      outcome === AckOutcome.rejected &&
      this.#onCancelRefused(slot, generation, code, nowNs);
    return this.#onRefusal(op, instrument, side, decision, code, nowNs) || isStuck;
  }

  /** The order rests on. True when its cancels have been refused for so long that other roads must be tried. */
  #onCancelRefused(slot: number, generation: number, code: number, nowNs: Nanoseconds): boolean {
    if (this.table.generation[slot] !== generation) return false;
    const isFirst = nowNs - this.#cancelRestUntilNs[slot]! > this.#ackTimeoutNs;
    if (isFirst) this.#cancelRefusedNs[slot] = nowNs;
    this.#cancelRestUntilNs[slot] = nowNs + CANCEL_RETRY_NS;
    return code !== NO_CANCEL_PHASE && nowNs - this.#cancelRefusedNs[slot]! > this.#ackTimeoutNs;
  }

  /** What a refusal asks of us: a rest, a halt, or a question to the venue (true). */
  #onRefusal(
    op: CommandOp,
    instrument: number,
    side: Side,
    decision: RejectDecision,
    code: number,
    nowNs: Nanoseconds,
  ): boolean {
    if (code === SUB_ACCOUNT_RATE_LIMIT) this.throttle.blockAccount(nowNs + RETRY_AFTER_NS);
    else if (code === RATE_LIMIT) this.throttle.block(op, instrument, nowNs + RETRY_AFTER_NS);
    // A slow road or a wrong clock: asked again at once it would be late again, three hundred times in two seconds.
    if (LATE_CODES.has(code)) this.#rest(instrument, side, nowNs + RETRY_AFTER_NS);
    // A fill on its way can make an amend's total less than what is filled: a matter of that moment, not of the instrument.
    if (op === CommandOp.amend && code === PARAMETER_ERROR) {
      this.#rest(instrument, side, nowNs + RETRY_AFTER_NS);
      return false;
    }
    switch (decision) {
      case RejectDecision.retryLater:
      case RejectDecision.reprice:
        this.#rest(instrument, side, nowNs + RETRY_AFTER_NS);
        return false;
      case RejectDecision.shrink:
        this.#rest(instrument, side, nowNs + SHRINK_PAUSE_NS);
        return false;
      case RejectDecision.pauseInstrument:
        this.#rest(instrument, Side.buy, nowNs + INSTRUMENT_PAUSE_NS);
        this.#rest(instrument, Side.sell, nowNs + INSTRUMENT_PAUSE_NS);
        return false;
      case RejectDecision.halt:
        this.killSwitch.halt(KillReason.venue);
        return false;
      case RejectDecision.resync:
      case RejectDecision.unknownOutcome:
        return true;
      default:
        return false;
    }
  }

  #rest(instrument: number, side: Side, untilNs: Nanoseconds): void {
    const at = instrument * 2 + side;
    if (untilNs > this.restUntilNs[at]!) this.restUntilNs[at] = untilNs;
  }

  /** @hot A push of the orders channel. */
  onUpdates(bytes: Uint8Array, start: number, end: number, nowNs: Nanoseconds): PathSignal {
    const updates = this.#updates;
    let signal: PathSignal = PathSignal.none;
    let row = 0;
    do {
      if (!this.#updateDecoder.decode(bytes, start, end, updates, row)) {
        this.#metrics.malformed(Connection.private);
        return PathSignal.doubt;
      }
      for (let index = 0; index < updates.count; index++) {
        const said = this.#onUpdate(index, nowNs);
        if (said > signal) signal = said;
      }
      row = updates.nextRow;
    } while (row < updates.totalCount);
    return signal;
  }

  #onUpdate(row: number, nowNs: Nanoseconds): PathSignal {
    const updates = this.#updates;
    if (updates.isOurs[row] === 0 || updates.run[row] !== this.#run) {
      this.foreignUpdates++;
      // A liquidation or ADL: the position has changed, and by no order of ours.
      const isForced = updates.instrument[row]! >= 0 && updates.tradeId[row]! < 0;
      return isForced ? PathSignal.doubt : PathSignal.none;
    }
    const instrument = updates.instrument[row]!;
    if (instrument < 0) return PathSignal.none;
    // Fills that are no whole lots cannot be counted: only the venue knows the position then.
    const isInDoubt = this.#isUndead(row) || updates.accFillLots[row]! < 0;
    this.#restAfterVenueCancel(row, nowNs);
    const filled = this.table.onUpdate(updates, row);
    this.#metrics.order(instrument, updates.state[row]! as OrderUpdateState, updates.amendResult[row]!);
    // Lots told of for the first time are booked at this push's price; without one (a push that was lost) at the order's.
    if (filled > 0) {
      const side = this.table.side[updates.slot[row]!]! as Side;
      const ticks =
        updates.fillTicks[row]! > 0 ? updates.fillTicks[row]! : this.table.priceTicks[updates.slot[row]!]!;
      this.ledger.onFill(instrument, side, ticks, filled);
      const currency = updates.feeCurrency[row]!;
      if (currency === FeeCurrency.other) this.otherFees += updates.fillFee[row] === 0 ? 0 : 1;
      else this.ledger.onFee(instrument, updates.fillFee[row]!, currency === FeeCurrency.base);
      const notional = this.#instruments[instrument]!.notional(ticks, filled);
      this.#metrics.fill(instrument, side, updates.isMaker[row] === 1, notional);
    }
    this.isTouched[instrument] = 1;
    return isInDoubt ? PathSignal.doubt : PathSignal.changed;
  }

  /** Whether the push tells of an order that recovery had not found at the venue: it came later, and rests or has filled. */
  #isUndead(row: number): boolean {
    const { table } = this;
    const updates = this.#updates;
    const slot = updates.slot[row]!;
    if (slot >= table.capacity || updates.state[row]! > OrderUpdateState.filled) return false;
    // Its slot has been given away: it was taken for over, or this word is very late. Both are worth the question.
    if (table.generation[slot] !== updates.generation[row]) return true;
    return table.state[slot] === OrderState.free && table.filledLots[slot] === Infinity;
  }

  /** Placed again at once it would be cancelled again, and so on for as long as the budget lasts. */
  #restAfterVenueCancel(row: number, nowNs: Nanoseconds): void {
    const { table } = this;
    const updates = this.#updates;
    const slot = updates.slot[row]!;
    const isOurWish = slot < table.capacity && table.isCancelInFlight[slot] === 1;
    if (updates.state[row] !== OrderUpdateState.canceled || isOurWish) return;
    if (slot >= table.capacity || table.generation[slot] !== updates.generation[row]) return;
    if (table.state[slot] === OrderState.free) return;
    const list = table.instrument[slot]! * 2 + table.side[slot]!;
    this.placeRestUntilNs[list] = nowNs + VENUE_CANCEL_PAUSE_NS;
  }

  // ---------------------------------------------------------------------------------------------------- doubt

  /** Puts in doubt what has waited too long for its outcome; the number of orders in doubt. */
  expire(nowNs: Nanoseconds, timeoutNs: Nanoseconds): number {
    const requests = this.#requests;
    for (let released = 0; released < REQUESTS_IN_FLIGHT_MAX; released++) {
      const entry = requests.oldestExpired(nowNs, timeoutNs);
      if (entry === NO_REQUEST) break;
      for (let item = 0; item < requests.itemCount[entry]!; item++) {
        this.#metrics.unanswered(this.table.instrument[requests.slot[entry * BATCH_MAX + item]!]!);
      }
      requests.release(entry);
    }
    return this.table.expire(nowNs, timeoutNs);
  }

  /** The trade session is lost: no request that is in flight will be answered. */
  onTradeLost(): void {
    const requests = this.#requests;
    for (let entry = requests.oldest(); entry !== NO_REQUEST; entry = requests.oldest())
      requests.release(entry);
    this.table.doubtInFlight();
  }
}
