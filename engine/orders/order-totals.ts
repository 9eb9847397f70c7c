/**
 * What the orders of a side and of an instrument come to: which they are, what they risk, the most aggressive of them.
 *
 * Owner:      the order table. The gate reads the arrays in place.
 * Invariants: exposureLots of a side is the sum of its orders' riskLots; no order has or may have a more aggressive price
 *             than bestTicks of its side; an order that has ended is in no total.
 * Cost:       a few stores, and a walk of the orders on a side where its best price may have gone; nothing allocates.
 */
import type { IndexSet } from '../base/index-set.ts';
import { closingLeg } from '../base/position-side.ts';
import { Side } from '../base/side.ts';
import { TICKS_MAX } from '../base/units.ts';
import type { Lots, Ticks } from '../base/units.ts';
import type { AmendsInFlight } from './amends-in-flight.ts';
import { END, OrderLists } from './order-lists.ts';

/** What the table keeps of each order, by slot, read in place. */
export interface TotalledOrders {
  readonly instrument: Int32Array;
  readonly side: Uint8Array;
  readonly leg: Uint8Array;
  readonly priceTicks: Int32Array;
  readonly amends: AmendsInFlight;
}

export class OrderTotals {
  // Per instrument × 2 + side.
  readonly exposureLots: Float64Array;
  /** The part of it that closes a leg: the short one on the buying side, the long one on the selling side. */
  readonly closingLots: Float64Array;
  /** The most aggressive price that an order of ours has or may have: 0 without a buy, TICKS_MAX without a sell. */
  readonly bestTicks: Int32Array;
  // Per instrument.
  readonly openCounts: Int32Array;
  /** One cell: orders of all instruments. */
  readonly openTotals = new Int32Array(1);
  /** Per slot: the most that can still be filled. */
  readonly riskLots: Float64Array;
  readonly lists: OrderLists;

  readonly #orders: TotalledOrders;
  readonly #changed: IndexSet;

  constructor(instrumentCount: number, capacity: number, orders: TotalledOrders, changed: IndexSet) {
    this.exposureLots = new Float64Array(instrumentCount * 2);
    this.closingLots = new Float64Array(instrumentCount * 2);
    this.bestTicks = new Int32Array(instrumentCount * 2);
    for (let list = Side.sell; list < this.bestTicks.length; list += 2) this.bestTicks[list] = TICKS_MAX;
    this.openCounts = new Int32Array(instrumentCount);
    this.riskLots = new Float64Array(capacity);
    this.lists = new OrderLists(instrumentCount * 2, capacity);
    this.#orders = orders;
    this.#changed = changed;
  }

  /** @hot A new order. */
  add(slot: number, ticks: Ticks, lots: Lots): void {
    const instrument = this.#orders.instrument[slot]!;
    const list = this.#listOf(slot);
    this.openCounts[instrument]!++;
    this.openTotals[0]!++;
    this.lists.append(list, slot);
    this.riskLots[slot] = lots;
    this.exposureLots[list]! += lots;
    if (this.#closes(slot)) this.closingLots[list]! += lots;
    this.#changed.add(instrument);
    this.#widenBest(list, ticks);
  }

  /** @hot An order that is over, without amends in flight. */
  remove(slot: number): void {
    const instrument = this.#orders.instrument[slot]!;
    const list = this.#listOf(slot);
    this.exposureLots[list]! -= this.riskLots[slot]!;
    if (this.#closes(slot)) this.closingLots[list]! -= this.riskLots[slot]!;
    this.#changed.add(instrument);
    this.riskLots[slot] = 0;
    this.openCounts[instrument]!--;
    this.openTotals[0]!--;
    this.lists.remove(slot);
    this.#rescanBest(list);
  }

  /** @hot */
  setRisk(slot: number, lots: Lots): void {
    const list = this.#listOf(slot);
    const added = lots - this.riskLots[slot]!;
    this.exposureLots[list]! += added;
    if (this.#closes(slot)) this.closingLots[list]! += added;
    this.riskLots[slot] = lots;
    this.#changed.add(this.#orders.instrument[slot]!);
  }

  /** @hot The order may have this price from now on, beside those that it may have already. */
  widenBest(slot: number, ticks: Ticks): void {
    this.#widenBest(this.#listOf(slot), ticks);
  }

  /** @hot The order may no more have one of its prices. */
  rescanBest(slot: number): void {
    this.#rescanBest(this.#listOf(slot));
  }

  #closes(slot: number): boolean {
    return this.#orders.leg[slot] === closingLeg(this.#orders.side[slot]! as Side);
  }

  #listOf(slot: number): number {
    return this.#orders.instrument[slot]! * 2 + this.#orders.side[slot]!;
  }

  #widenBest(list: number, ticks: Ticks): void {
    const best = this.bestTicks[list]!;
    if ((list & 1) === Side.buy ? ticks > best : ticks < best) this.bestTicks[list] = ticks;
  }

  #rescanBest(list: number): void {
    const { amends, priceTicks } = this.#orders;
    const side = (list & 1) as Side;
    this.bestTicks[list] = side === Side.buy ? 0 : TICKS_MAX;
    for (let slot = this.lists.head[list]!; slot !== END; slot = this.lists.next[slot]!) {
      this.#widenBest(list, amends.mostAggressiveTicks(slot, side, priceTicks[slot]!));
    }
  }
}
