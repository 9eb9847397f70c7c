/**
 * Every order that we have at the venue, or may have: parallel arrays, and an order's name is its slot.
 *
 * Owner:      the engine thread.
 * Invariants: an order is in the table before its place leaves, until the venue has said that it is over; what is in
 *             flight or unknown counts at its worst in `exposureLots`; a fill counts once, whatever tells it first; slots
 *             are reused oldest first, with a new generation, so that a late word about a former order is recognised, and
 *             not before every fill that an order's totals told has been told as a trade.
 * Cost:       a command or an answer is a few stores and one walk of the orders on its side; nothing allocates.
 *
 * The venue may say anything in any order. What contradicts the table of order-state.ts changes nothing and is counted.
 */
import { assert } from '../base/assert.ts';
import { CommandOp } from '../base/command-op.ts';
import { IndexSet } from '../base/index-set.ts';
import type { OrderPurpose } from '../base/order-purpose.ts';
import { PositionSide } from '../base/position-side.ts';
import type { Side } from '../base/side.ts';
import type { Lots, Milliseconds, Nanoseconds, Ticks, TimeCell } from '../base/units.ts';
import { AMENDS_IN_FLIGHT_MAX, AmendsInFlight } from './amends-in-flight.ts';
import { KEEP_LOTS } from './command-batch.ts';
import { FillTotals } from './fill-totals.ts';
import { FreeSlots } from './free-slots.ts';
import { OrderDoubts } from './order-doubts.ts';
import { END } from './order-lists.ts';
import { OrderOrigins } from './order-origins.ts';
import type { OrderRows } from './order-rows.ts';
import {
  AckOutcome,
  AmendResult,
  ILLEGAL,
  OrderEvent,
  OrderState,
  UpdateState,
  nextState,
} from './order-state.ts';
import { OrderTotals } from './order-totals.ts';

/** No such order, or no room for one. */
export const NO_ORDER = END;
const SLOTS_MAX = 10_000;
const GENERATION_MAX = 999_999;

export class OrderTable {
  readonly capacity: number;

  // Per slot.
  readonly state: Uint8Array;
  readonly generation: Int32Array;
  readonly instrument: Int32Array;
  readonly side: Uint8Array;
  /** PositionSide: the leg that it opens or closes. */
  readonly leg: Uint8Array;
  /** Price and total size as the venue last confirmed them; as placed until then. */
  readonly priceTicks: Int32Array;
  readonly sizeLots: Float64Array;
  /** Filled as far as totals or trades have told. */
  readonly filledLots: Float64Array;
  /** The part of it whose trades were booked, and the part that is in the position without a trade (FillTotals). */
  readonly tradedLots: Float64Array;
  readonly untoldLots: Float64Array;
  /** Price and total size that the newest amend in flight asks for; the confirmed ones when there is none. */
  readonly wantTicks: Int32Array;
  readonly wantLots: Float64Array;
  /** Amends in flight. */
  readonly amendCount: Uint8Array;
  readonly isCancelInFlight: Uint8Array;
  /** 1 from the first push that says it rests until it is over. */
  readonly isResting: Uint8Array;
  /** By slot: 1 for an order that rests where the book does not show it. */
  readonly isHidden: Uint8Array;
  readonly openedNs: Float64Array;
  /** When the last command for it left. */
  readonly sentNs: Float64Array;
  /** Since when its fate is unknown (OrderDoubts). */
  readonly unknownSinceNs: Float64Array;
  /** What it is there for, its level, and since when and by which parameters it is at its price (OrderOrigins). */
  readonly purpose: Uint8Array;
  readonly level: Uint16Array;
  readonly placedNs: Float64Array;
  readonly modelVersion: Int32Array;
  readonly configVersion: Int32Array;
  /** When its last order ended, by the newest time told to the table. */
  readonly endedNs: Float64Array;
  /**
   * 1 when its last order was taken for over because the venue did not have it. A push that says otherwise is a reason to
   * ask again.
   */
  readonly wasAbsent: Uint8Array;
  /** The most that can still be filled: the larger of the sizes confirmed and in flight, less what was filled. */
  readonly riskLots: Float64Array;

  // Per instrument × 2 + side. The gate reads these arrays in place.
  readonly exposureLots: Float64Array;
  /** The part of it that closes legs (OrderTotals). */
  readonly closingLots: Float64Array;
  /** The most aggressive price that an order of ours has or may have (OrderTotals). */
  readonly bestTicks: Int32Array;
  // Per instrument.
  readonly openCounts: Int32Array;
  /** One cell: orders of all instruments. */
  readonly openTotals: Int32Array;
  /** Instruments whose exposure has changed since the gate looked. */
  readonly changed: IndexSet;
  /** Set to 1 with every change of an order of the instrument; whoever compares orders takes it back. */
  readonly isDue: Uint8Array;

  /** Words about an order that had ended, repeated ones included. */
  staleCount = 0;
  illegalCount = 0;
  /** Fills that were told after the order's end. */
  lateFillCount = 0;

  readonly #amends: AmendsInFlight;
  /** Per slot: 1 once the venue has accepted the place or told of the order. */
  readonly #isAcked: Uint8Array;
  /** Per slot: cancels that were sent before that and are not answered. They may have overtaken the place. */
  readonly #earlyCancels: Uint8Array;
  /** The venue's time of the newest push, per slot. */
  readonly #updatedMs: Float64Array;
  readonly #fills: FillTotals;
  readonly #origins: OrderOrigins;
  readonly #totals: OrderTotals;
  readonly #doubts: OrderDoubts;
  readonly #freeSlots: FreeSlots;
  /** The newest time that came with a command or with the timer. */
  readonly #now: TimeCell = new Float64Array(1);
  readonly #before: TimeCell = new Float64Array(1);

  /** @param changed shared with whoever else writes what the gate adds up; so is `isDue`, of what is compared */
  constructor(
    instrumentCount: number,
    capacity: number,
    changed = new IndexSet(instrumentCount),
    isDue: Uint8Array = new Uint8Array(instrumentCount),
  ) {
    assert(capacity >= 1 && capacity <= SLOTS_MAX, 'an order table has 1 to 10000 slots');
    this.capacity = capacity;
    this.state = new Uint8Array(capacity);
    this.generation = new Int32Array(capacity);
    this.instrument = new Int32Array(capacity);
    this.side = new Uint8Array(capacity);
    this.leg = new Uint8Array(capacity);
    this.priceTicks = new Int32Array(capacity);
    this.sizeLots = new Float64Array(capacity);
    this.#fills = new FillTotals(capacity);
    this.filledLots = this.#fills.filledLots;
    this.tradedLots = this.#fills.tradedLots;
    this.untoldLots = this.#fills.untoldLots;
    this.wantTicks = new Int32Array(capacity);
    this.wantLots = new Float64Array(capacity);
    this.#amends = new AmendsInFlight(capacity);
    this.amendCount = this.#amends.count;
    this.isCancelInFlight = new Uint8Array(capacity);
    this.isResting = new Uint8Array(capacity);
    this.isHidden = new Uint8Array(capacity);
    this.openedNs = new Float64Array(capacity);
    this.sentNs = new Float64Array(capacity);
    this.#origins = new OrderOrigins(capacity);
    this.purpose = this.#origins.purpose;
    this.level = this.#origins.level;
    this.placedNs = this.#origins.placedNs;
    this.modelVersion = this.#origins.modelVersion;
    this.configVersion = this.#origins.configVersion;
    this.endedNs = new Float64Array(capacity);
    this.wasAbsent = new Uint8Array(capacity);
    this.changed = changed;
    this.isDue = isDue;
    const { instrument, side, leg, priceTicks, state, isCancelInFlight, sentNs } = this;
    const amends = this.#amends;
    this.#totals = new OrderTotals(
      instrumentCount,
      capacity,
      { instrument, side, leg, priceTicks, amends },
      changed,
    );
    this.riskLots = this.#totals.riskLots;
    this.exposureLots = this.#totals.exposureLots;
    this.closingLots = this.#totals.closingLots;
    this.bestTicks = this.#totals.bestTicks;
    this.openCounts = this.#totals.openCounts;
    this.openTotals = this.#totals.openTotals;
    this.#doubts = new OrderDoubts(capacity, { state, isCancelInFlight, sentNs, amends });
    this.unknownSinceNs = this.#doubts.unknownSinceNs;
    this.#isAcked = new Uint8Array(capacity);
    this.#earlyCancels = new Uint8Array(capacity);
    this.#updatedMs = new Float64Array(capacity);
    this.#freeSlots = new FreeSlots(capacity);
  }

  // ------------------------------------------------------------------------------------------------- walking

  /** Orders that may rest, of all instruments. */
  get openTotal(): number {
    return this.openTotals[0]!;
  }

  /** @hot The oldest order on a side, or NO_ORDER. */
  first(instrument: number, side: Side): number {
    return this.#totals.lists.head[instrument * 2 + side]!;
  }

  /** @hot The order after `slot` on its side, or NO_ORDER. Read it before the order is closed. */
  next(slot: number): number {
    return this.#totals.lists.next[slot]!;
  }

  /** @hot What our own resting orders add to the venue's level at that price. */
  ownLotsAt(instrument: number, side: Side, ticks: Ticks): Lots {
    let lots = 0;
    for (let slot = this.first(instrument, side); slot !== NO_ORDER; slot = this.next(slot)) {
      if (this.isResting[slot] === 1 && this.isHidden[slot] === 0 && this.priceTicks[slot] === ticks) {
        lots += Math.max(0, this.sizeLots[slot]! - this.filledLots[slot]!);
      }
    }
    return lots;
  }

  /** Orders whose fate is to be asked for: unknown or gone. */
  get doubtCount(): number {
    return this.#doubts.count;
  }

  /** The first slot from `from` on whose order is unknown or gone, or NO_ORDER. */
  nextInDoubt(from: number): number {
    return this.#doubts.next(from);
  }

  /** Since when the order that is longest unknown or gone has been so; Infinity when there is none. */
  oldestUnknownNs(): Nanoseconds {
    return this.#doubts.oldestNs();
  }

  // ------------------------------------------------------------------------------------------------- commands

  /** @hot Registers an order before its place is sent. NO_ORDER when the table is full. */
  open(
    instrument: number,
    side: Side,
    ticks: Ticks,
    lots: Lots,
    now: TimeCell,
    leg: PositionSide = PositionSide.net,
  ): number {
    assert(ticks > 0 && lots > 0, 'an order has a price and a size');
    const slot = this.#freeSlots.take(this.untoldLots);
    if (slot === NO_ORDER) return NO_ORDER;
    this.#now[0] = now[0]!;
    this.generation[slot] = (this.generation[slot]! % GENERATION_MAX) + 1;
    this.state[slot] = OrderState.pendingPlace;
    this.instrument[slot] = instrument;
    this.side[slot] = side;
    this.leg[slot] = leg;
    this.priceTicks[slot] = ticks;
    this.sizeLots[slot] = lots;
    this.#fills.reset(slot);
    this.wasAbsent[slot] = 0;
    this.isHidden[slot] = 0;
    this.wantTicks[slot] = ticks;
    this.wantLots[slot] = lots;
    this.openedNs[slot] = now[0]!;
    this.#origins.onOpened(slot, now);
    this.sentNs[slot] = now[0]!;
    this.#updatedMs[slot] = 0;
    this.#doubts.onSent(now);
    this.isDue[instrument] = 1;
    this.#totals.add(slot, ticks, lots);
    return slot;
  }

  /** @hot Says of an order that was just opened that the book will not show it. */
  hide(slot: number): void {
    this.isHidden[slot] = 1;
  }

  /** @hot Says of an order that was just opened where it comes from: without it, a quote of level 0 and no version. */
  setOrigin(
    slot: number,
    purpose: OrderPurpose,
    level: number,
    modelVersion: number,
    configVersion: number,
  ): void {
    this.purpose[slot] = purpose;
    this.level[slot] = level;
    this.modelVersion[slot] = modelVersion;
    this.configVersion[slot] = configVersion;
  }

  /** @hot Says by which parameters the amend was asked for that was registered last; without it, as the one before. */
  setAmendOrigin(slot: number, modelVersion: number, configVersion: number): void {
    this.#origins.setAsked(slot, modelVersion, configVersion);
  }

  /** @hot Whether an amend of this order may be sent now: what its trades have filled, ahead of its last push, is over. */
  isAmendable(slot: number): boolean {
    return (
      this.state[slot] === OrderState.live &&
      this.riskLots[slot]! > 0 &&
      this.isCancelInFlight[slot] === 0 &&
      this.amendCount[slot]! < AMENDS_IN_FLIGHT_MAX
    );
  }

  /** @hot What will be open after an amend to this total (or KEEP_LOTS), if nothing more fills meanwhile. */
  openLotsAfter(slot: number, lots: Lots): Lots {
    return Math.max(0, (lots === KEEP_LOTS ? this.wantLots[slot]! : lots) - this.filledLots[slot]!);
  }

  /** @hot By how much such an amend raises `exposureLots`: while it is in flight the larger size counts. */
  addedLotsOf(slot: number, lots: Lots): Lots {
    return Math.max(0, this.openLotsAfter(slot, lots) - this.riskLots[slot]!);
  }

  /**
   * @hot Registers an amend before it is sent and returns its id, new for each amend. `lots` is the new total with what
   * is filled already, or KEEP_LOTS.
   */
  requestAmend(slot: number, ticks: Ticks, lots: Lots, now: TimeCell): number {
    assert(this.isAmendable(slot), 'only a resting order with amends to spare is amended');
    this.#touch(slot);
    this.#now[0] = now[0]!;
    const total = lots === KEEP_LOTS ? this.wantLots[slot]! : lots;
    const id = this.#amends.add(slot, ticks, total, now);
    this.#origins.onAmend(slot, now);
    this.wantTicks[slot] = ticks;
    this.wantLots[slot] = total;
    this.sentNs[slot] = now[0]!;
    this.#doubts.onSent(now);
    // One more size to count at its worst: the others are weighed in already.
    const risk = total - this.filledLots[slot]!;
    if (risk > this.riskLots[slot]!) this.#totals.setRisk(slot, risk);
    this.#totals.widenBest(slot, ticks);
    return id;
  }

  /** @hot Whether a cancel of this order may be sent now. */
  isCancellable(slot: number): boolean {
    const state = this.state[slot];
    return state !== OrderState.free && state !== OrderState.gone && this.isCancelInFlight[slot] === 0;
  }

  /** @hot Registers a cancel before it is sent. */
  requestCancel(slot: number, now: TimeCell): void {
    assert(this.isCancellable(slot), 'a cancel is asked for once, of an order that may rest');
    this.#touch(slot);
    this.#now[0] = now[0]!;
    this.isCancelInFlight[slot] = 1;
    if (this.#isAcked[slot] === 0) this.#earlyCancels[slot]!++;
    this.sentNs[slot] = now[0]!;
    this.#doubts.onSent(now);
  }

  /** @hot Takes back a command whose bytes did not leave. `amendId` only counts for amends. */
  onUnsent(op: CommandOp, slot: number, amendId: number): void {
    this.#touch(slot);
    if (op === CommandOp.place) this.#happen(slot, OrderEvent.placeUnsent);
    else if (op === CommandOp.amend) this.#endAmend(slot, amendId);
    else {
      this.isCancelInFlight[slot] = 0;
      if (this.#isAcked[slot] === 0) this.#earlyCancels[slot]!--;
    }
  }

  // -------------------------------------------------------------------------------------------------- answers

  /** @hot The venue's answer to a place. Each answer is told once: the request log forgets what was answered. */
  onPlaceAck(slot: number, generation: number, outcome: AckOutcome): void {
    if (!this.#isCurrent(slot, generation)) return;
    this.#touch(slot);
    if (outcome === AckOutcome.accepted) this.#onExisting(slot, OrderEvent.placeAccepted);
    else if (outcome === AckOutcome.unknown) this.#happen(slot, OrderEvent.doubted);
    // A refusal of what was acknowledged or pushed cannot be true.
    else if (this.#isAcked[slot] === 1) this.illegalCount++;
    else this.#happen(slot, OrderEvent.placeRejected);
  }

  /** @hot The venue's answer to an amend. Accepted is not done: the amend stays in flight until its push. */
  onAmendAck(slot: number, generation: number, amendId: number, outcome: AckOutcome): void {
    if (!this.#isCurrent(slot, generation)) return;
    this.#touch(slot);
    if (outcome === AckOutcome.rejected) this.#endAmend(slot, amendId);
    else if (outcome === AckOutcome.gone) this.#happen(slot, OrderEvent.goneAck);
    else if (outcome === AckOutcome.unknown) this.#happen(slot, OrderEvent.doubted);
  }

  /** @hot The venue's answer to a cancel. Accepted is not done: a fill may still come before the final push. */
  onCancelAck(slot: number, generation: number, outcome: AckOutcome): void {
    if (!this.#isCurrent(slot, generation)) return;
    this.#touch(slot);
    // Answered in whatever order: while a cancel from before the place's ack is out, any refusal may be that one's.
    const isEarly = this.#earlyCancels[slot]! > 0;
    if (isEarly) this.#earlyCancels[slot]!--;
    if (outcome === AckOutcome.accepted) return;
    this.isCancelInFlight[slot] = 0;
    if (outcome === AckOutcome.gone) {
      const mayHaveOvertaken = isEarly && this.#isAcked[slot] === 1;
      this.#happen(slot, mayHaveOvertaken ? OrderEvent.doubted : OrderEvent.goneAck);
    } else if (outcome === AckOutcome.unknown) this.#happen(slot, OrderEvent.doubted);
  }

  /**
   * @hot A trade that no channel had told before, of an order of this run, open or over. Returns how many lots it tells that
   * a total had told already. Called by Fills, which keeps the position.
   */
  tellTrade(slot: number, generation: number, lots: Lots): Lots {
    if (!this.#isKnown(slot, generation)) return 0;
    this.#touch(slot);
    const before = this.filledLots[slot]!;
    const told = this.#fills.onTrade(slot, lots);
    this.#onFilled(slot, this.filledLots[slot]! > before);
    return told;
  }

  /**
   * @hot An order of this run, open or over, is filled this far in total. Returns the lots that it is the first to tell of,
   * which are untold from now on. Called by Fills, which keeps the position.
   */
  tellTotal(slot: number, generation: number, totalLots: Lots): Lots {
    if (!this.#isKnown(slot, generation)) return 0;
    this.#touch(slot);
    const told = this.#fills.onTotal(slot, totalLots);
    this.#onFilled(slot, told > 0);
    return told;
  }

  /** No more trades of the instrument's orders are to be told. Called by Fills, which keeps the position. */
  clearUntold(instrument: number): void {
    for (let slot = 0; slot < this.capacity; slot++) {
      if (this.instrument[slot] === instrument) this.untoldLots[slot] = 0;
    }
  }

  /**
   * @hot The venue's push about one order of this run. Returns the lots that it is the first to tell of, as tellTotal does:
   * not always the push's own fill, for a fill may have been told before, or be told together with a later one. Called by
   * Fills, which keeps the position.
   */
  onUpdate(rows: OrderRows, row: number): Lots {
    const slot = rows.slot[row]!;
    if (!this.#isKnown(slot, rows.generation[row]!)) {
      this.staleCount++;
      return 0;
    }
    this.#touch(slot);
    const filled = this.#fills.onTotal(slot, rows.accFillLots[row]!);
    this.#onFilled(slot, filled > 0);
    if (this.state[slot] === OrderState.free) {
      this.staleCount++;
      return filled;
    }
    const state = rows.state[row] as UpdateState;
    if (
      state === UpdateState.filled ||
      state === UpdateState.cancelled ||
      state === UpdateState.mmpCancelled
    ) {
      this.#happen(slot, OrderEvent.pushedClosed);
      return filled;
    }
    if (state !== UpdateState.live && state !== UpdateState.partiallyFilled) {
      this.#weigh(slot);
      return filled;
    }
    // Pushes of one order come in order in practice, and by the venue's time otherwise: an old price must not come back.
    const updatedMs = rows.uTimeMs[row]!;
    if (updatedMs >= this.#updatedMs[slot]!) {
      this.#updatedMs[slot] = updatedMs;
      this.#confirm(slot, rows.priceTicks[row]!, rows.sizeLots[row]!);
    }
    if (rows.amendResult[row] !== AmendResult.none) this.#amends.remove(slot, rows.reqId[row]!);
    this.#rest(slot);
    return filled;
  }

  // ---------------------------------------------------------------------------------------------------- doubt

  /** Doubts every order with a command that has waited `timeoutNs` for its outcome. Returns how many. */
  expire(now: TimeCell, timeout: TimeCell): number {
    this.#now[0] = now[0]!;
    this.#before[0] = now[0]! - timeout[0]!;
    return this.#doubtSentBefore();
  }

  /** Doubts every order with a command in flight: the session that would have brought the outcome is lost. */
  doubtInFlight(): number {
    this.#before[0] = Infinity;
    return this.#doubtSentBefore();
  }

  /**
   * The answer to a question that was asked after all its commands were decided or had expired at the venue: the order
   * rests like this, as of the venue's time `updatedMs`. Returns the lots newly known to be filled: none where Fills.onTotal
   * was told the total before, as it must be when a position is kept.
   */
  resolveLive(
    slot: number,
    generation: number,
    ticks: Ticks,
    lots: Lots,
    filledLots: Lots,
    updatedMs: Milliseconds,
  ): Lots {
    if (!this.#isCurrent(slot, generation)) return 0;
    const filled = this.tellTotal(slot, generation, filledLots);
    this.amendCount[slot] = 0;
    this.isCancelInFlight[slot] = 0;
    if (updatedMs >= this.#updatedMs[slot]!) {
      // Pushes from before the answer may still be on their way, and must not bring back what they say.
      this.#updatedMs[slot] = updatedMs;
      this.#confirm(slot, ticks, lots);
    }
    this.#move(slot, OrderState.live);
    this.#isAcked[slot] = 1;
    this.isResting[slot] = 1;
    this.#weigh(slot);
    this.#totals.rescanBest(slot);
    return filled;
  }

  /** The answer to a question: the order is over, filled this far. As `resolveLive` about what it returns. */
  resolveClosed(slot: number, generation: number, filledLots: Lots): Lots {
    if (!this.#isCurrent(slot, generation)) return 0;
    const filled = this.tellTotal(slot, generation, filledLots);
    this.#happen(slot, OrderEvent.pushedClosed);
    return filled;
  }

  /** The venue does not have the order. What it filled is told by its trades, before or after. */
  resolveAbsent(slot: number, generation: number): void {
    if (!this.#isCurrent(slot, generation)) return;
    this.#touch(slot);
    this.wasAbsent[slot] = 1;
    this.#happen(slot, OrderEvent.absent);
  }

  // ------------------------------------------------------------------------------------------------- internals

  #touch(slot: number): void {
    this.isDue[this.instrument[slot]!] = 1;
  }

  /** Whether the words are about the slot's present order, or the one that ended last. */
  #isKnown(slot: number, generation: number): boolean {
    return slot >= 0 && slot < this.capacity && generation > 0 && this.generation[slot] === generation;
  }

  #isCurrent(slot: number, generation: number): boolean {
    if (this.#isKnown(slot, generation) && this.state[slot] !== OrderState.free) return true;
    this.staleCount++;
    return false;
  }

  /** The amends stay counted until they are decided; the cancel may be asked for again. */
  #doubt(slot: number): void {
    this.#touch(slot);
    this.isCancelInFlight[slot] = 0;
    this.#happen(slot, OrderEvent.doubted);
  }

  /** Those whose command was sent at `#before` or earlier. */
  #doubtSentBefore(): number {
    if (!this.#doubts.beginLook(this.#before)) return 0;
    let count = 0;
    for (let slot = 0; slot < this.capacity; slot++) {
      if (!this.#doubts.hasWaited(slot, this.#before)) continue;
      this.#doubt(slot);
      count++;
    }
    return count;
  }

  /** After a trade or a total: what is filled is no more at risk. */
  #onFilled(slot: number, hasGrown: boolean): void {
    if (!hasGrown) return;
    if (this.state[slot] === OrderState.free) this.lateFillCount++;
    else this.#weigh(slot);
  }

  #confirm(slot: number, ticks: Ticks, lots: Lots): void {
    if (ticks > 0 && ticks !== this.priceTicks[slot]) {
      this.priceTicks[slot] = ticks;
      this.#origins.onMoved(slot);
    }
    if (lots > 0) this.sizeLots[slot] = lots;
  }

  /** After a push that says it rests, or the end of an amend. */
  #rest(slot: number): void {
    // A doubted amend is still undecided after a push about something else, and so is the order.
    const isUndecided = this.state[slot] === OrderState.unknown && this.amendCount[slot]! > 0;
    if (!isUndecided) this.#onExisting(slot, OrderEvent.pushedLive);
    if (this.state[slot] !== OrderState.gone) this.isResting[slot] = 1;
    this.#weigh(slot);
    this.#totals.rescanBest(slot);
  }

  /** The venue has it, or had it. */
  #onExisting(slot: number, event: OrderEvent): void {
    const isFirstWord = this.#isAcked[slot] === 0;
    this.#isAcked[slot] = 1;
    const isBack = isFirstWord && this.state[slot] === OrderState.gone;
    this.#happen(slot, isBack ? OrderEvent.arrivedAfterAll : event);
  }

  #endAmend(slot: number, amendId: number): void {
    if (!this.#amends.remove(slot, amendId)) {
      this.staleCount++;
      return;
    }
    if (this.amendCount[slot] === 0) this.#happen(slot, OrderEvent.amendsAnswered);
    this.#weigh(slot);
    this.#totals.rescanBest(slot);
  }

  #happen(slot: number, event: OrderEvent): void {
    const next = nextState(this.state[slot] as OrderState, event);
    if (next === ILLEGAL) {
      this.illegalCount++;
      return;
    }
    this.#move(slot, next);
    if (next === OrderState.gone) {
      this.isResting[slot] = 0;
      this.isCancelInFlight[slot] = 0;
    }
    if (next === OrderState.free) this.#close(slot);
  }

  #move(slot: number, next: OrderState): void {
    this.#doubts.onMove(slot, this.state[slot] as OrderState, next, this.#now);
    this.state[slot] = next;
  }

  #close(slot: number): void {
    this.amendCount[slot] = 0;
    this.isCancelInFlight[slot] = 0;
    this.#isAcked[slot] = 0;
    this.#earlyCancels[slot] = 0;
    this.isResting[slot] = 0;
    this.endedNs[slot] = this.#now[0]!;
    this.#totals.remove(slot);
    this.#freeSlots.give(slot);
  }

  /** Brings what the order wants and what it risks up to date. */
  #weigh(slot: number): void {
    const isAmended = this.amendCount[slot]! > 0;
    this.wantTicks[slot] = isAmended ? this.#amends.newestTicks(slot) : this.priceTicks[slot]!;
    this.wantLots[slot] = isAmended ? this.#amends.newestLots(slot) : this.sizeLots[slot]!;
    const total = this.#amends.largestLots(slot, this.sizeLots[slot]!);
    const risk = Math.max(0, total - this.filledLots[slot]!);
    if (risk !== this.riskLots[slot]) this.#totals.setRisk(slot, risk);
  }
}
