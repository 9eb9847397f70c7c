/**
 * The amends of every order that are sent and not yet decided, oldest first: at most three an order.
 *
 * Owner:      the order table.
 * Invariants: entries 0 to count - 1 of a slot are in flight; an id is in flight at most once.
 * Cost:       every operation looks at three entries at most; nothing allocates once constructed.
 */
import { assert } from '../base/assert.ts';
import { Side } from '../base/side.ts';
import type { Lots, Nanoseconds, Ticks, TimeCell } from '../base/units.ts';

/** The venue refuses a fourth undecided amend of one order (51513). */
export const AMENDS_IN_FLIGHT_MAX = 3;

const ID_MAX = 0x3fff_ffff;

export class AmendsInFlight {
  /** Per slot. */
  readonly count: Uint8Array;
  /** Per slot × AMENDS_IN_FLIGHT_MAX + entry. */
  readonly #id: Int32Array;
  readonly #ticks: Int32Array;
  readonly #lots: Float64Array;
  readonly #sentNs: Float64Array;
  #nextId = 1;

  constructor(capacity: number) {
    this.count = new Uint8Array(capacity);
    this.#id = new Int32Array(capacity * AMENDS_IN_FLIGHT_MAX);
    this.#ticks = new Int32Array(capacity * AMENDS_IN_FLIGHT_MAX);
    this.#lots = new Float64Array(capacity * AMENDS_IN_FLIGHT_MAX);
    this.#sentNs = new Float64Array(capacity * AMENDS_IN_FLIGHT_MAX);
  }

  /** @hot Adds an amend to price and total size, and returns its id: the venue wants a fresh one for each amend. */
  add(slot: number, ticks: Ticks, lots: Lots, now: TimeCell): number {
    const count = this.count[slot]!;
    assert(count < AMENDS_IN_FLIGHT_MAX, 'at most three amends of one order are in flight');
    const id = this.#nextId;
    this.#nextId = id === ID_MAX ? 1 : id + 1;
    const entry = slot * AMENDS_IN_FLIGHT_MAX + count;
    this.#id[entry] = id;
    this.#ticks[entry] = ticks;
    this.#lots[entry] = lots;
    this.#sentNs[entry] = now[0]!;
    this.count[slot] = count + 1;
    return id;
  }

  /** @hot Takes a decided amend out. False when it is not in flight: decided before, or never asked for. */
  remove(slot: number, id: number): boolean {
    const begin = slot * AMENDS_IN_FLIGHT_MAX;
    const end = begin + this.count[slot]!;
    let entry = begin;
    while (entry < end && this.#id[entry] !== id) entry++;
    if (entry === end) return false;
    for (; entry + 1 < end; entry++) {
      this.#id[entry] = this.#id[entry + 1]!;
      this.#ticks[entry] = this.#ticks[entry + 1]!;
      this.#lots[entry] = this.#lots[entry + 1]!;
      this.#sentNs[entry] = this.#sentNs[entry + 1]!;
    }
    this.count[slot]!--;
    return true;
  }

  /** @hot When the oldest was sent; Infinity when there is none. */
  oldestNs(slot: number): Nanoseconds {
    return this.count[slot] === 0 ? Infinity : this.#sentNs[slot * AMENDS_IN_FLIGHT_MAX]!;
  }

  /** @hot Price that the newest amend asks for; there must be one. */
  newestTicks(slot: number): Ticks {
    return this.#ticks[slot * AMENDS_IN_FLIGHT_MAX + this.count[slot]! - 1]!;
  }

  /** @hot Total size that the newest amend asks for; there must be one. */
  newestLots(slot: number): Lots {
    return this.#lots[slot * AMENDS_IN_FLIGHT_MAX + this.count[slot]! - 1]!;
  }

  /** @hot The largest of `lots` and the total sizes asked for. */
  largestLots(slot: number, lots: Lots): Lots {
    let largest: number = lots;
    for (let index = 0; index < this.count[slot]!; index++) {
      largest = Math.max(largest, this.#lots[slot * AMENDS_IN_FLIGHT_MAX + index]!);
    }
    return largest;
  }

  /** @hot The most aggressive of `ticks` and the prices asked for: the highest of a buy, the lowest of a sell. */
  mostAggressiveTicks(slot: number, side: Side, ticks: Ticks): Ticks {
    let best: number = ticks;
    for (let index = 0; index < this.count[slot]!; index++) {
      const asked = this.#ticks[slot * AMENDS_IN_FLIGHT_MAX + index]!;
      best = side === Side.buy ? Math.max(best, asked) : Math.min(best, asked);
    }
    return best;
  }
}
