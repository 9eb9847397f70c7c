/**
 * Stoikov's micro-price at work: mid plus what its table says of this imbalance and this spread (models.md par. 4.1).
 *
 * Owner:      the FairValue that made it; it keeps no state.
 * Invariants: a table that is antisymmetric, as fits are, gives a symmetric book its mid exactly.
 * Cost:       two reads of the table.
 *
 * Between the middles of two buckets the table is interpolated: a lookup alone would jump when a size changes by a lot, and
 * give a book with equal sizes, on the edge of two buckets, one of them by chance.
 */
import { assert } from '../../../engine/base/assert.ts';
import type { MarketView } from '../../../engine/handoff/market-slot.ts';
import type { MicroPriceTable } from './fair-value-parameters.ts';

export class MicroPrice {
  readonly #buckets: number;
  readonly #spreads: number;
  readonly #ticks: Float64Array;

  constructor(table: MicroPriceTable) {
    const { buckets, spreads, ticks } = table;
    assert(buckets >= 1 && spreads >= 1, 'a micro-price table has buckets and spreads');
    assert(ticks.length === buckets * spreads, 'a micro-price table has a number for each of its states');
    this.#buckets = buckets;
    this.#spreads = spreads;
    this.#ticks = Float64Array.from(ticks);
  }

  /** @hot */
  compute(market: MarketView, out: Float64Array): void {
    const buckets = this.#buckets;
    const bid = market.bidTicks[0];
    const ask = market.askTicks[0];
    const bidLots = market.bidLots[0];
    const from = Math.min(ask - bid, this.#spreads) * buckets - buckets;
    const at = (bidLots / (bidLots + market.askLots[0])) * buckets - 0.5;
    const below = Math.max(0, Math.min(buckets - 1, Math.floor(at)));
    const above = Math.min(buckets - 1, below + 1);
    const share = Math.max(0, Math.min(1, at - below));
    const ticks = this.#ticks;
    out[0] = (bid + ask) / 2 + ticks[from + below] * (1 - share) + ticks[from + above] * share;
  }
}
