/**
 * The way out: from the commands of a turn to bytes on the trade connection.
 *
 * Owner:      the engine thread.
 * Invariants: an order is in the table before its bytes leave, and its tag is read once more in these; nothing but a cancel
 *             leaves without having passed the gate and its budget; an amend that leads away from the market comes before
 *             one that leads towards it where the budget is short, and becomes a cancel where it may not leave; what did
 *             not leave is taken back at once.
 * Cost:       the gate's comparisons and some 100 bytes written a command; nothing allocates.
 */
import { assert } from '../base/assert.ts';
import { BATCH_MAX, CommandOp } from '../base/command-op.ts';
import type { Instrument } from '../base/instrument.ts';
import { OrderPurpose } from '../base/order-purpose.ts';
import { PositionSide, closingLeg } from '../base/position-side.ts';
import { Side } from '../base/side.ts';
import type { Lots, Milliseconds, Nanoseconds, Ticks } from '../base/units.ts';
import { Connection } from './loop-options.ts';
import type { LoopOptions, LoopOutput } from './loop-options.ts';
import type { LoopLegs } from './loop-legs.ts';
import type { LoopMetrics } from './loop-metrics.ts';
import { quotedPricesOf } from './loop-option-prices.ts';
import { LoopQuoteTerms } from './loop-quote-terms.ts';
import type { LoopRests } from './loop-rests.ts';
import type { LoopState } from './loop-state.ts';
import type { LoopUnderlyings } from './loop-underlyings.ts';
import { OrderEncoder, OrderKind } from '../okx/order-encoder.ts';
import { TagProof } from '../okx/tag-proof.ts';
import { CommandReason } from '../orders/command-batch.ts';
import type { CommandBatch, CommandGroup } from '../orders/command-batch.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { OrderTable } from '../orders/order-table.ts';
import { NO_REQUEST } from '../orders/request-log.ts';
import type { RequestLog } from '../orders/request-log.ts';
import { GateReason } from '../risk/gate.ts';
import type { Gate } from '../risk/gate.ts';
import type { OrderToTrade } from '../risk/order-to-trade.ts';
import type { Throttle } from '../risk/throttle.ts';

/** What the way out is made of; the way in shares most of it. */
export interface CommandParts {
  readonly table: OrderTable;
  readonly gate: Gate;
  readonly throttle: Throttle;
  readonly requests: RequestLog;
  readonly rests: LoopRests;
  readonly metrics: LoopMetrics;
  readonly underlyings: LoopUnderlyings;
  readonly legs: LoopLegs;
}

export class LoopCommands {
  readonly table: OrderTable;
  readonly gate: Gate;
  readonly throttle: Throttle;
  /** By instrument: 1 while its quote has not seen the position as it is now. Then only retreats and cancels leave. */
  readonly isBehind: Uint8Array;
  /** By instrument: of the quote that its commands follow from. */
  readonly modelVersion: Int32Array;
  readonly configVersion: Int32Array;

  readonly #instruments: readonly Instrument[];
  readonly #state: LoopState;
  readonly #output: LoopOutput;
  readonly #metrics: LoopMetrics;
  readonly #encoder: OrderEncoder;
  readonly #tagProof: TagProof;
  readonly #requests: RequestLog;
  readonly #rests: LoopRests;
  readonly #legs: LoopLegs;
  readonly #orderToTrade: OrderToTrade;
  readonly #expiryMs: Milliseconds;
  /** In a cell: it is beyond 31 bits, and boxed by every call that gives it back. */
  readonly #expTimeMs = new Float64Array(1);
  /** By operation: rows of its group that passed budget and gate, and how many. */
  readonly #rows: readonly Int32Array[];
  readonly #admitted = new Int32Array(3);
  /** By budget, while a group is gone through: how many of its rows were admitted. */
  readonly #admittedOf: Int32Array;
  readonly #terms: LoopQuoteTerms;
  /** Of the amends that passed, in the order of their rows. */
  readonly #amendIds: Int32Array;

  constructor(options: LoopOptions, state: LoopState, parts: CommandParts, orderToTrade: OrderToTrade) {
    const { instruments } = options;
    const { table } = parts;
    this.#instruments = instruments;
    this.table = table;
    this.gate = parts.gate;
    this.throttle = parts.throttle;
    this.isBehind = new Uint8Array(instruments.length);
    this.modelVersion = new Int32Array(instruments.length);
    this.configVersion = new Int32Array(instruments.length);
    this.#rows = Object.values(CommandOp).map(() => new Int32Array(table.capacity));
    this.#admittedOf = new Int32Array(instruments.length);
    this.#terms = new LoopQuoteTerms(options, state, parts);
    this.#amendIds = new Int32Array(table.capacity);
    this.#state = state;
    this.#output = options.output;
    this.#metrics = parts.metrics;
    this.#encoder = new OrderEncoder({
      instruments,
      tag: options.tag,
      tradeModes: options.tradeModes,
      ...(options.marginCcys === undefined ? {} : { marginCcys: options.marginCcys }),
      quotedPrices: quotedPricesOf(instruments, options.priceIns),
      run: options.run,
      prefixesIds: options.prefixesIds ?? false,
    });
    this.#tagProof = new TagProof(options.tag);
    this.#requests = parts.requests;
    this.#rests = parts.rests;
    this.#legs = parts.legs;
    this.#orderToTrade = orderToTrade;
    this.#expiryMs = options.timings.orderExpiryMs;
  }

  get requestsInFlight(): number {
    return this.#requests.inFlightCount;
  }

  /** For how long nothing is sent on a side because the venue has refused what was. */
  restNs(instrument: number, side: Side): Nanoseconds {
    return Math.max(0, this.#rests.untilNs[instrument * 2 + side]! - this.#state.nowNs);
  }

  /**
   * @hot Sends what the batch holds, cancels first. Each command is registered as soon as it has passed, so that the next
   * one is judged with it in flight. What is held back is asked for again by the loop's timer.
   */
  send(batch: CommandBatch): void {
    const { amends, cancels, places } = batch;
    this.#expire();
    // Amends are judged before cancels are sent: an order that may not move to where it should be is taken out with them.
    if (amends.count > 0) this.#admit(batch, amends);
    if (cancels.count > 0) {
      this.#admit(batch, cancels);
      this.#sendGroup(cancels);
    }
    if (amends.count > 0) this.#sendGroup(amends);
    if (places.count > 0) {
      this.#admit(batch, places);
      this.#sendGroup(places);
    }
  }

  /** @hot Finds the commands of a group that may be sent now, and registers them in the table. */
  #admit(batch: CommandBatch, group: CommandGroup): void {
    const { op } = group;
    const rows = this.#rows[op]!;
    // A lone command counts in another budget than one in a batch.
    const isBatch = group.count > 1;
    const { throttle } = this;
    const { now } = this.#state;
    // Places are admitted after the amends of the same turn have been taken from the account's budget.
    const accountLeft = op === CommandOp.cancel ? group.count : throttle.accountAvailable(now);
    let admitted = 0;
    // Rows of one instrument mostly stand together, and nothing is taken from a budget in between: it is asked for once.
    let asked = -1;
    let ownLeft = 0;
    for (let row = 0; row < group.count; row++) {
      const instrument = group.instrument[row]!;
      const budget = throttle.budgetOf[instrument]!;
      if (budget !== asked) {
        asked = budget;
        ownLeft = throttle.ownAvailable(op, instrument, isBatch, now);
      }
      // One more beside those of this group that were admitted.
      const isInBudget = admitted < accountLeft && ownLeft > this.#admittedOf[budget]!;
      if (!isInBudget) {
        this.#metrics.throttled(op);
        if (op === CommandOp.amend && this.#isRetreat(group, row)) {
          const isOwnShort = ownLeft <= this.#admittedOf[budget]!;
          if (!this.#replaceApproach(batch, row, admitted, isOwnShort)) batch.cancelInstead(row);
        }
      } else if (this.#isAllowed(batch, group, row) && this.#register(group, row, admitted)) {
        rows[admitted++] = row;
        this.#admittedOf[budget]!++;
      }
    }
    for (let index = 0; index < admitted; index++)
      this.#admittedOf[throttle.budgetOf[group.instrument[rows[index]!]!]!] = 0;
    this.#admitted[op] = admitted;
    this.#metrics.gated();
  }

  /**
   * Gives a retreat what the budget has granted to an amend of this turn that leads towards the market: that one can wait,
   * and the timer asks for it again. False when there is none.
   */
  #replaceApproach(batch: CommandBatch, row: number, admitted: number, isOwnShort: boolean): boolean {
    const { amends } = batch;
    const rows = this.#rows[CommandOp.amend]!;
    const { budgetOf } = this.throttle;
    const budget = budgetOf[amends.instrument[row]!]!;
    for (let index = admitted - 1; index >= 0; index--) {
      const other = rows[index]!;
      const isOfOwn = budgetOf[amends.instrument[other]!] === budget;
      if ((isOwnShort && !isOfOwn) || this.#isRetreat(amends, other)) continue;
      this.table.onUnsent(CommandOp.amend, amends.slot[other]!, this.#amendIds[index]!);
      if (this.#isAllowed(batch, amends, row)) {
        rows[index] = row;
        this.#admittedOf[budgetOf[amends.instrument[other]!]!]!--;
        this.#admittedOf[budget]!++;
      }
      this.#register(amends, rows[index]!, index);
      return true;
    }
    return false;
  }

  /** @hot Whether a command may leave by the gate and by what the venue has said; what the gate strikes is counted. */
  #isAllowed(batch: CommandBatch, group: CommandGroup, row: number): boolean {
    const { op } = group;
    const slot = group.slot[row]!;
    if (op === CommandOp.cancel) {
      return this.table.isCancellable(slot) && this.#state.nowNs >= this.#rests.cancelUntilNs[slot]!;
    }
    return op === CommandOp.amend
      ? this.#isAmendAllowed(batch, group, row)
      : this.#isPlaceAllowed(group, row);
  }

  /** @hot An order that may not be amended to where it should be goes, unless waiting costs nothing. */
  #isAmendAllowed(batch: CommandBatch, group: CommandGroup, row: number): boolean {
    const { table } = this;
    const slot = group.slot[row]!;
    const instrument = group.instrument[row]!;
    const side = group.side[row]! as Side;
    const ticks = group.ticks[row]!;
    const lots = group.lots[row]!;
    if (!table.isAmendable(slot)) return false;
    if (this.#terms.isSaid(slot, instrument, side, ticks, lots)) return false;
    const isRetreat = this.#isRetreat(group, row);
    if (this.#state.nowNs < this.#rests.untilNs[instrument * 2 + side]!) {
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
    if (reason === GateReason.pass) {
      const mayStay =
        this.#legs.mayGrow(slot, added) && this.#terms.mayBecome(slot, instrument, side, ticks, lots);
      if (mayStay) return true;
      // It closes a leg, and what it would grow by is no more there to be closed: another one opens. Or it is too small for
      // its kind, and another one is not.
      batch.cancelInstead(row);
      return false;
    }
    this.#metrics.gateReject(reason);
    // An approach across the book or ourselves is a matter of a moment: the next diff finds another price.
    const isPassing = reason === GateReason.wouldCross || reason === GateReason.selfCross;
    if (isRetreat || !isPassing) batch.cancelInstead(row);
    return false;
  }

  /** @hot */
  #isPlaceAllowed(group: CommandGroup, row: number): boolean {
    const instrument = group.instrument[row]!;
    const side = group.side[row]! as Side;
    const list = instrument * 2 + side;
    const { nowNs } = this.#state;
    if (nowNs < this.#rests.untilNs[list]! || nowNs < this.#rests.placeUntilNs[list]!) return false;
    if (this.isBehind[instrument] === 1) return false;
    const lots = group.lots[row]!;
    const ticks = group.ticks[row]!;
    const reason = this.gate.check(CommandOp.place, instrument, side, ticks, lots, lots);
    if (reason === GateReason.pass) return this.#terms.mayBePlaced(instrument, side, ticks);
    this.#metrics.gateReject(reason);
    return false;
  }

  /** @hot Whether an amend leads away from the market. A hedge whose amend may not leave must not stay as it is, either. */
  #isRetreat(group: CommandGroup, row: number): boolean {
    if (this.table.purpose[group.slot[row]!] !== OrderPurpose.quote) return true;
    const ticks = this.table.priceTicks[group.slot[row]!]!;
    return group.side[row] === Side.buy ? group.ticks[row]! < ticks : group.ticks[row]! > ticks;
  }

  /** @hot False when the table has no room for a new order. */
  #register(group: CommandGroup, row: number, admitted: number): boolean {
    const { table } = this;
    const { now } = this.#state;
    const instrument = group.instrument[row]!;
    const modelVersion = this.modelVersion[instrument]!;
    const configVersion = this.configVersion[instrument]!;
    if (group.op === CommandOp.place) {
      const side = group.side[row]! as Side;
      const leg = this.#legs.legOf(instrument, side, group.lots[row]!);
      const slot = table.open(instrument, side, group.ticks[row]!, group.lots[row]!, now, leg);
      if (slot === NO_ORDER) return false;
      table.setOrigin(slot, OrderPurpose.quote, group.level[row]!, modelVersion, configVersion);
      group.slot[row] = slot;
      this.#terms.onPlaced(slot, instrument, group.level[row]!, group.ticks[row]!, group.lots[row]!);
      this.#rests.onPlaced(slot);
    } else if (group.op === CommandOp.amend) {
      const slot = group.slot[row]!;
      this.#amendIds[admitted] = table.requestAmend(slot, group.ticks[row]!, group.lots[row]!, now);
      if (table.purpose[slot] === OrderPurpose.quote) {
        table.setAmendOrigin(slot, modelVersion, configVersion);
      }
    } else {
      table.requestCancel(group.slot[row]!, now);
    }
    return true;
  }

  /** @hot Sends what was admitted of a group, twenty to a message. */
  #sendGroup(group: CommandGroup): void {
    const { op } = group;
    const admitted = this.#admitted[op]!;
    if (admitted === 0) return;
    const instrument = group.instrument[this.#rows[op]![0]!]!;
    // Of a batch only one was admitted: it goes out alone, and counts there.
    const isLeftAlone = admitted === 1 && group.count > 1;
    if (isLeftAlone && this.throttle.available(op, instrument, false, this.#state.now) < 1) {
      this.#metrics.throttled(op);
      this.#takeBack(group, 0, 1);
      return;
    }
    let from = 0;
    while (from < admitted) {
      const left = admitted - from;
      // Never one alone behind a full message: it was admitted for a batch.
      const count = left === BATCH_MAX + 1 ? BATCH_MAX - 1 : Math.min(left, BATCH_MAX);
      this.#sendMessage(group, from, count);
      from += count;
    }
  }

  /** @hot Sends some rows that were admitted, or takes them back. */
  #sendMessage(group: CommandGroup, from: number, count: number): void {
    const { op } = group;
    const requestId = this.#requests.begin(op, this.#state.now);
    if (requestId === NO_REQUEST) {
      this.#takeBack(group, from, count);
      return;
    }
    this.#encoder.beginUntil(op, requestId, count, this.#expTimeMs);
    for (let index = from; index < from + count; index++) this.#encodeRow(group, index, requestId);
    const length = this.#encoder.finish();
    if (op === CommandOp.place) this.#proveTags(length, count);
    this.#metrics.encoded();
    if (this.#output.send(Connection.trade, this.#encoder.buffer, length)) {
      this.#metrics.sent(op);
      this.#book(group, from, count);
    } else {
      this.#requests.release(this.#requests.find(requestId));
      this.#takeBack(group, from, count);
    }
  }

  /** @hot As the bytes are, not as they were meant. */
  #proveTags(length: number, count: number): void {
    assert(
      this.#tagProof.count(this.#encoder.buffer, length) === count,
      'every order that leaves carries the tag',
    );
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
    if (op === CommandOp.cancel) this.#encoder.addCancel(instrument, slot, generation);
    else {
      const side = group.side[row]! as Side;
      const price = this.#terms.priceOf(slot, instrument, side, ticks);
      if (op === CommandOp.place) {
        const leg = this.table.leg[slot]! as PositionSide;
        const kind = this.#terms.kindOf(slot);
        this.#encoder.addPlace(instrument, side, price, lots, slot, generation, false, kind, leg);
      } else this.#encoder.addAmend(instrument, price, lots, slot, generation, amendId);
    }
    this.#requests.add(requestId, slot, generation, amendId);
    if (group.reason[row] === CommandReason.guard) this.#metrics.guardCommand(instrument, op);
  }

  /** @hot Rows of one instrument stand together, and are booked together. */
  #book(group: CommandGroup, from: number, count: number): void {
    const { now } = this.#state;
    const { op } = group;
    const rows = this.#rows[op]!;
    const end = from + count;
    for (let index = from; index < end;) {
      const instrument = group.instrument[rows[index]!]!;
      const first = index;
      do index++;
      while (index < end && group.instrument[rows[index]!] === instrument);
      this.throttle.take(op, instrument, index - first, count > 1, now);
      this.#metrics.command(instrument, op, index - first);
    }
    if (op !== CommandOp.cancel) this.#orderToTrade.onOrders(count, now);
  }

  /** Nothing left: the table is as if it had not been asked. The timer compares the instruments again. */
  #takeBack(group: CommandGroup, from: number, count: number): void {
    for (let index = from; index < from + count; index++) {
      const row = this.#rows[group.op]![index]!;
      const amendId = group.op === CommandOp.amend ? this.#amendIds[index]! : 0;
      this.table.onUnsent(group.op, group.slot[row]!, amendId);
    }
  }

  /** @hot Sets until when, by the venue's time, it may act on what leaves now; 0 for ever. */
  #expire(): void {
    if (this.#expiryMs === 0) return;
    this.#expTimeMs[0] = Math.floor(this.#state.venueMs(this.#state.nowNs)) + this.#expiryMs;
  }

  /**
   * Sends one order that closes (part of) a position at once: what it finds at its price or better, and nothing rests. Its
   * purpose is `closing`. Returns its slot, or NO_ORDER when gate, budget or connection did not let it leave.
   *
   * @param heldLots what it closes, signed: the net position, or one leg of it
   */
  sendClosing(
    instrument: number,
    side: Side,
    wantedTicks: Ticks,
    lots: Lots,
    isReduceOnly: boolean,
    closeBps: number,
    heldLots: Lots,
  ): number {
    const ticks = this.#onBand(instrument, side, wantedTicks);
    const reason = this.gate.checkClosing(instrument, side, ticks, lots, closeBps, heldLots);
    if (!this.#mayLeave(instrument, reason)) return NO_ORDER;
    const leg = this.#legs.isLegged[instrument] === 1 ? closingLeg(side) : PositionSide.net;
    const slot = this.#open(instrument, side, ticks, lots, OrderPurpose.closing, leg);
    return this.#sendPlace(slot, OrderKind.ioc, isReduceOnly);
  }

  /**
   * Sends one order that brings a net delta back, of the purpose `hedge`: one that joins its price and rests, or one that
   * takes what it finds within `slippageBps` of the middle and does not rest. Returns as `sendClosing`.
   */
  sendHedge(
    instrument: number,
    side: Side,
    wantedTicks: Ticks,
    lots: Lots,
    kind: typeof OrderKind.postOnly | typeof OrderKind.ioc,
    slippageBps: number,
  ): number {
    const { nowNs } = this.#state;
    const ticks = this.#onBand(instrument, side, wantedTicks);
    const list = instrument * 2 + side;
    if (nowNs < this.#rests.untilNs[list]! || nowNs < this.#rests.placeUntilNs[list]!) return NO_ORDER;
    const reason =
      kind === OrderKind.ioc
        ? this.gate.checkTaking(instrument, side, ticks, lots, slippageBps)
        : this.gate.check(CommandOp.place, instrument, side, ticks, lots, lots);
    if (!this.#mayLeave(instrument, reason)) return NO_ORDER;
    const leg = this.#legs.legOf(instrument, side, lots);
    const slot = this.#open(instrument, side, ticks, lots, OrderPurpose.hedge, leg);
    const sent = this.#sendPlace(slot, kind, false);
    if (sent !== NO_ORDER) this.#orderToTrade.onOrders(1, this.#state.now);
    return sent;
  }

  /** A price that the venue takes: away from the market where it lies between two. */
  #onBand(instrument: number, side: Side, ticks: Ticks): Ticks {
    const { bands } = this.#instruments[instrument]!;
    return side === Side.buy ? bands.down(ticks) : bands.up(ticks);
  }

  /** Whether one order may leave by the gate's word and the budget of lone places; what may not is counted. */
  #mayLeave(instrument: number, reason: GateReason): boolean {
    if (reason !== GateReason.pass) {
      this.#metrics.gateReject(reason);
      return false;
    }
    if (this.throttle.available(CommandOp.place, instrument, false, this.#state.now) >= 1) return true;
    this.#metrics.throttled(CommandOp.place);
    return false;
  }

  #open(
    instrument: number,
    side: Side,
    ticks: Ticks,
    lots: Lots,
    purpose: OrderPurpose,
    leg: PositionSide,
  ): number {
    const slot = this.table.open(instrument, side, ticks, lots, this.#state.now, leg);
    if (slot === NO_ORDER) return NO_ORDER;
    this.table.setOrigin(slot, purpose, 0, 0, 0);
    this.#rests.onPlaced(slot);
    return slot;
  }

  /** Sends an order that is in the table, alone, or takes it back. */
  #sendPlace(slot: number, kind: OrderKind, isReduceOnly: boolean): number {
    const { table } = this;
    const { now } = this.#state;
    if (slot === NO_ORDER) return NO_ORDER;
    const requestId = this.#requests.begin(CommandOp.place, now);
    if (requestId === NO_REQUEST) {
      table.onUnsent(CommandOp.place, slot, 0);
      return NO_ORDER;
    }
    const instrument = table.instrument[slot]!;
    const side = table.side[slot]! as Side;
    const ticks = table.priceTicks[slot]!;
    const lots = table.sizeLots[slot]!;
    const generation = table.generation[slot]!;
    this.#expire();
    this.#encoder.beginUntil(CommandOp.place, requestId, 1, this.#expTimeMs);
    const leg = table.leg[slot]! as PositionSide;
    this.#encoder.addPlace(instrument, side, ticks, lots, slot, generation, isReduceOnly, kind, leg);
    const length = this.#encoder.finish();
    this.#proveTags(length, 1);
    this.#requests.add(requestId, slot, generation, 0);
    if (!this.#output.send(Connection.trade, this.#encoder.buffer, length)) {
      this.#requests.release(this.#requests.find(requestId));
      table.onUnsent(CommandOp.place, slot, 0);
      return NO_ORDER;
    }
    this.#metrics.sent(CommandOp.place);
    this.#metrics.command(instrument, CommandOp.place, 1);
    this.throttle.take(CommandOp.place, instrument, 1, false, now);
    return slot;
  }
}
