/**
 * What of ours rested at each price, by the venue's clock: from its own pushes about our orders.
 *
 *     push of an order ─▶ change at (price, time)          book of time T ─▶ what of ours may be in it
 *
 * Times are whole milliseconds: whether a book already holds a change of its own one nobody says. Then the book itself is
 * asked what would let the others' lots change least.
 *
 * Cost:       a few entries a price at which something of ours has changed lately.
 */
import type { Side } from '../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../base/units.ts';

/** Sums of lots are floats: less than this is nothing. */
const NOTHING: Lots = 1e-9;

interface Place {
  readonly instrument: number;
  readonly side: Side;
  readonly ticks: Ticks;
}

interface Order extends Place {
  readonly lots: Lots;
}

interface Change {
  readonly atMs: Milliseconds;
  /** At the price from then on. */
  lots: Lots;
}

export class OwnLots {
  /** By the order's name. */
  readonly #orders = new Map<string, Order>();
  /** By instrument and side, then by price: changes in the order of time, the first of them before all that is asked for. */
  readonly #prices: Map<Ticks, Change[]>[] = [];

  /** An order rests like this from now on; with no lots it is over. */
  set(id: string, place: Place, lots: Lots, atMs: Milliseconds): void {
    const before = this.#orders.get(id);
    if (before?.lots === lots && before.ticks === place.ticks) return;
    if (before !== undefined) this.#add(before, -before.lots, atMs);
    if (lots > 0) {
      this.#orders.set(id, { ...place, lots });
      this.#add(place, lots, atMs);
    } else this.#orders.delete(id);
  }

  /** Those that are left over when all that rest are known. */
  endOthers(known: ReadonlySet<string>, atMs: Milliseconds): void {
    for (const [id, order] of this.#orders) if (!known.has(id)) this.set(id, order, 0, atMs);
  }

  /** Prices at which a book of this time may hold something of ours, or at which that has just gone. */
  prices(instrument: number, side: Side): Iterable<Ticks> {
    return this.#pricesOf(instrument, side).keys();
  }

  /**
   * The lots of others at a price.
   *
   * @param raw the level in a book of `atMs`
   * @param before the others' lots in the book before it
   */
  others(place: Place, raw: Lots, before: Lots, atMs: Milliseconds): Lots {
    const prices = this.#pricesOf(place.instrument, place.side);
    const changes = prices.get(place.ticks);
    if (changes === undefined) return raw;
    while (changes.length > 1 && changes[1]!.atMs < atMs) changes.shift();
    if (changes.length === 1 && changes[0]!.lots === 0) prices.delete(place.ticks);
    let best = Infinity;
    let others = raw;
    // The newest first: where it makes no difference, what the venue has said last is right.
    for (let index = changes.length - 1; index >= 0; index--) {
      const { atMs: changedMs, lots } = changes[index]!;
      if (changedMs > atMs) continue;
      const left = Math.max(0, raw - lots);
      // What is not there cannot be ours: such a past is less likely than any move of others.
      const away = Math.abs(left - before) + (lots > raw + NOTHING ? lots : 0);
      if (away >= best - NOTHING) continue;
      best = away;
      others = left;
    }
    return others < NOTHING ? 0 : others;
  }

  #add({ instrument, side, ticks }: Place, lots: Lots, atMs: Milliseconds): void {
    const prices = this.#pricesOf(instrument, side);
    let changes = prices.get(ticks);
    if (changes === undefined) prices.set(ticks, (changes = [{ atMs: -Infinity, lots: 0 }]));
    let index = changes.length;
    while (index > 1 && changes[index - 1]!.atMs > atMs) index--;
    // Of one time the last state counts: between an order's old size and its new one there was none.
    if (changes[index - 1]!.atMs === atMs) index--;
    else changes.splice(index, 0, { atMs, lots: changes[index - 1]!.lots });
    for (; index < changes.length; index++) {
      const sum = changes[index]!.lots + lots;
      changes[index]!.lots = Math.abs(sum) < NOTHING ? 0 : sum;
    }
  }

  #pricesOf(instrument: number, side: Side): Map<Ticks, Change[]> {
    return (this.#prices[instrument * 2 + side] ??= new Map());
  }
}
