/**
 * Every order that we have at the venue, or may have: parallel arrays, and an order's name is its slot.
 *
 * Owner:      the engine thread.
 * Invariants: an order is in the table before its place leaves, until the venue has said that it is over; what is in
 *             flight or unknown counts at its worst in `exposureLots`; a fill counts once, whatever tells it first; slots
 *             are reused oldest first, with a new generation, so that a late word about a former order is recognised.
 * Cost:       a command or an answer is a few stores and one walk of the orders on its side; nothing allocates.
 *
 * The venue may say anything in any order. What contradicts the table of order-state.ts changes nothing and is counted.
 */
import { assert } from '../base/assert.ts';
import { CommandOp } from '../base/command-op.ts';
import { Side } from '../base/side.ts';
import { TICKS_MAX } from '../base/units.ts';
import type { Lots, Nanoseconds, Ticks } from '../base/units.ts';
import { KEEP_LOTS } from './command-batch.ts';
import { END, OrderLists } from './order-lists.ts';
import { AckOutcome, AmendResult, ILLEGAL, OrderEvent, OrderState, UpdateState, nextState } from './order-state.ts';

/** No such order, or no room for one. */
export const NO_ORDER = END;
/** `seen` of an order that the table does not hold: a leftover of ours, to be cancelled by its own name. */
export const NOT_HELD = -1;
/** The venue refuses a fourth unanswered amend of one order (51513). */
export const AMENDS_IN_FLIGHT_MAX = 3;

const SLOTS_MAX = 10_000;
const GENERATION_MAX = 999_999;
const AMEND_ID_MAX = 0x3fff_ffff;

/** Rows of order updates, as the decoder of the venue's pushes gives them. */
export interface OrderRows {
  readonly slot: Int32Array;
  readonly generation: Int32Array;
  /** UpdateState */
  readonly state: Uint8Array;
  /** Zero or less where the push does not say. */
  readonly priceTicks: Int32Array;
  readonly sizeLots: Float64Array;
  /** Filled since the order began; below zero where the push does not say. */
  readonly accFillLots: Float64Array;
  readonly uTimeMs: Float64Array;
  /** Id of the amend that the push reports on, -1 when it reports on none. */
  readonly reqId: Float64Array;
  readonly amendResult: Int8Array;
}

export class OrderTable {
  readonly capacity: number;

  // Per slot.
  readonly state: Uint8Array;
  readonly generation: Int32Array;
  readonly instrument: Int32Array;
  readonly side: Uint8Array;
  /** Price and total size as the venue last confirmed them; as placed until then. */
  readonly priceTicks: Int32Array;
  readonly sizeLots: Float64Array;
  readonly filledLots: Float64Array;
  /** Price and total size that the newest amend in flight asks for; the confirmed ones when there is none. */
  readonly wantTicks: Int32Array;
  readonly wantLots: Float64Array;
  readonly amendCount: Uint8Array;
  readonly isCancelInFlight: Uint8Array;
  /** 1 from the first push that says it rests until it is over. */
  readonly isResting: Uint8Array;
  readonly placedNs: Float64Array;
  /** When the last command for it left. */
  readonly sentNs: Float64Array;
  /** The most that can still be filled: the larger of the sizes confirmed and in flight, less what was filled. */
  readonly riskLots: Float64Array;

  // Per instrument × 2 + side. The gate reads these arrays in place.
  readonly exposureLots: Float64Array;
  /** The most aggressive price that an order of ours has or may have: 0 without a buy, TICKS_MAX without a sell. */
  readonly bestTicks: Int32Array;
  // Per instrument.
  readonly openCounts: Int32Array;

  openTotal = 0;
  /** Orders whose fate is to be asked for: unknown or gone. */
  doubtCount = 0;
  /** Words about an order that had ended, repeated ones included. */
  staleCount = 0;
  illegalCount = 0;
  /** Fills that were told after the order's end. */
  lateFillCount = 0;

  readonly #lists: OrderLists;
  /** Per slot × AMENDS_IN_FLIGHT_MAX, oldest amend first. */
  readonly #amendId: Int32Array;
  readonly #amendTicks: Int32Array;
  readonly #amendLots: Float64Array;
  readonly #updatedMs: Float64Array;
  readonly #seenMark: Int32Array;
  #reconcileMark = 0;
  #nextAmendId = 1;
  /** Free slots, a ring: taken at the front, given back at the end. */
  readonly #freeSlots: Int32Array;
  #freeFront = 0;
  #freeCount: number;

  constructor(instrumentCount: number, capacity: number) {
    assert(capacity >= 1 && capacity <= SLOTS_MAX, 'an order table has 1 to 10000 slots');
    this.capacity = capacity;
    this.state = new Uint8Array(capacity);
    this.generation = new Int32Array(capacity);
    this.instrument = new Int32Array(capacity);
    this.side = new Uint8Array(capacity);
    this.priceTicks = new Int32Array(capacity);
    this.sizeLots = new Float64Array(capacity);
    this.filledLots = new Float64Array(capacity);
    this.wantTicks = new Int32Array(capacity);
    this.wantLots = new Float64Array(capacity);
    this.amendCount = new Uint8Array(capacity);
    this.isCancelInFlight = new Uint8Array(capacity);
    this.isResting = new Uint8Array(capacity);
    this.placedNs = new Float64Array(capacity);
    this.sentNs = new Float64Array(capacity);
    this.riskLots = new Float64Array(capacity);
    this.exposureLots = new Float64Array(instrumentCount * 2);
    this.bestTicks = new Int32Array(instrumentCount * 2);
    for (let list = Side.sell; list < this.bestTicks.length; list += 2) this.bestTicks[list] = TICKS_MAX;
    this.openCounts = new Int32Array(instrumentCount);
    this.#lists = new OrderLists(instrumentCount * 2, capacity);
    this.#amendId = new Int32Array(capacity * AMENDS_IN_FLIGHT_MAX);
    this.#amendTicks = new Int32Array(capacity * AMENDS_IN_FLIGHT_MAX);
    this.#amendLots = new Float64Array(capacity * AMENDS_IN_FLIGHT_MAX);
    this.#updatedMs = new Float64Array(capacity);
    this.#seenMark = new Int32Array(capacity);
    this.#freeSlots = Int32Array.from({ length: capacity }, (_, slot) => slot);
    this.#freeCount = capacity;
  }

  // ------------------------------------------------------------------------------------------------- walking

  /** @hot The oldest order on a side, or NO_ORDER. */
  first(instrument: number, side: Side): number {
    return this.#lists.head[instrument * 2 + side]!;
  }

  /** @hot The order after `slot` on its side, or NO_ORDER. Read it before the order is closed. */
  next(slot: number): number {
    return this.#lists.next[slot]!;
  }

  /** @hot What our own resting orders add to the venue's level at that price. */
  ownLotsAt(instrument: number, side: Side, ticks: Ticks): Lots {
    let lots = 0;
    for (let slot = this.first(instrument, side); slot !== NO_ORDER; slot = this.next(slot)) {
      if (this.isResting[slot] === 1 && this.priceTicks[slot] === ticks) {
        lots += Math.max(0, this.sizeLots[slot]! - this.filledLots[slot]!);
      }
    }
    return lots;
  }

  /** The first slot from `from` on whose order is unknown or gone, or NO_ORDER. */
  nextInDoubt(from: number): number {
    for (let slot = from; slot < this.capacity; slot++) {
      if (isDoubtful(this.state[slot] as OrderState)) return slot;
    }
    return NO_ORDER;
  }

  // ------------------------------------------------------------------------------------------------- commands

  /** @hot Registers an order before its place is sent. NO_ORDER when the table is full. */
  open(instrument: number, side: Side, ticks: Ticks, lots: Lots, nowNs: Nanoseconds): number {
    if (this.#freeCount === 0) return NO_ORDER;
    assert(ticks > 0 && lots > 0, 'an order has a price and a size');
    const slot = this.#freeSlots[this.#freeFront]!;
    this.#freeFront = (this.#freeFront + 1) % this.capacity;
    this.#freeCount--;
    this.generation[slot] = (this.generation[slot]! % GENERATION_MAX) + 1;
    this.state[slot] = OrderState.pendingPlace;
    this.instrument[slot] = instrument;
    this.side[slot] = side;
    this.priceTicks[slot] = ticks;
    this.sizeLots[slot] = lots;
    this.filledLots[slot] = 0;
    this.wantTicks[slot] = ticks;
    this.wantLots[slot] = lots;
    this.amendCount[slot] = 0;
    this.isCancelInFlight[slot] = 0;
    this.isResting[slot] = 0;
    this.placedNs[slot] = nowNs;
    this.sentNs[slot] = nowNs;
    this.#updatedMs[slot] = 0;
    this.openCounts[instrument]!++;
    this.openTotal++;
    const list = instrument * 2 + side;
    this.#lists.append(list, slot);
    this.riskLots[slot] = lots;
    this.exposureLots[list]! += lots;
    this.#widenBest(list, ticks);
    return slot;
  }

  /** @hot Whether an amend of this order may be sent now. */
  isAmendable(slot: number): boolean {
    return (
      this.state[slot] === OrderState.live &&
      this.isCancelInFlight[slot] === 0 &&
      this.amendCount[slot]! < AMENDS_IN_FLIGHT_MAX
    );
  }

  /**
   * @hot Registers an amend before it is sent and returns its id, new for each amend. `lots` is the new total with what
   * is filled already, or KEEP_LOTS.
   */
  requestAmend(slot: number, ticks: Ticks, lots: Lots, nowNs: Nanoseconds): number {
    assert(this.isAmendable(slot), 'only a resting order with amends to spare is amended');
    const id = this.#nextAmendId;
    this.#nextAmendId = id === AMEND_ID_MAX ? 1 : id + 1;
    const total = lots === KEEP_LOTS ? this.wantLots[slot]! : lots;
    const entry = slot * AMENDS_IN_FLIGHT_MAX + this.amendCount[slot]!++;
    this.#amendId[entry] = id;
    this.#amendTicks[entry] = ticks;
    this.#amendLots[entry] = total;
    this.wantTicks[slot] = ticks;
    this.wantLots[slot] = total;
    this.sentNs[slot] = nowNs;
    this.#weigh(slot);
    this.#widenBest(this.#listOf(slot), ticks);
    return id;
  }

  /** @hot Whether a cancel of this order may be sent now. */
  isCancellable(slot: number): boolean {
    const state = this.state[slot];
    return state !== OrderState.free && state !== OrderState.gone && this.isCancelInFlight[slot] === 0;
  }

  /** @hot Registers a cancel before it is sent. */
  requestCancel(slot: number, nowNs: Nanoseconds): void {
    assert(this.isCancellable(slot), 'a cancel is asked for once, of an order that may rest');
    this.isCancelInFlight[slot] = 1;
    this.sentNs[slot] = nowNs;
  }

  /** @hot Takes back a command whose bytes did not leave. `amendId` only counts for amends. */
  onUnsent(op: CommandOp, slot: number, amendId: number): void {
    if (op === CommandOp.place) this.#happen(slot, OrderEvent.placeUnsent);
    else if (op === CommandOp.amend) this.#endAmend(slot, amendId);
    else this.isCancelInFlight[slot] = 0;
  }
