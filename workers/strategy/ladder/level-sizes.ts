/**
 * Sizes of a side's levels in whole lots (models.md par. 5): level i is (lots + i·lotsStep)·e^(−sizeDecay·i), times a share.
 *
 * Owner:      the quoter that made it.
 * Invariants: every size is 0 or at least the least order, and at most the largest; the sizes add up to at most what
 *             is wanted.
 * Cost:       one pass over the levels; none where the share is 1.
 */
import type { StrategyParameters } from '../parameters.ts';

/** Levels that are dropped, or not configured, have the size 0. */
export type Sizes = Float64Array;

export class LevelSizes {
  readonly #wanted: Float64Array;
  /** For a share of 1. */
  readonly #whole: Sizes;
  readonly #minLots: number;
  readonly #maxLots: number;

  constructor(parameters: StrategyParameters) {
    const { levels, lots, lotsStep, sizeDecay, minLots, orderLotsMax } = parameters;
    this.#minLots = minLots;
    this.#maxLots = orderLotsMax;
    this.#wanted = Float64Array.from(
      { length: levels },
      (_, level) => (lots + level * lotsStep) * Math.exp(-sizeDecay * level),
    );
    this.#whole = new Float64Array(levels);
    this.#quantise(Float64Array.of(1), 0, this.#whole);
  }

  /** @hot The sizes for shares[index] of what is configured. */
  compute(shares: Float64Array, index: number, out: Sizes): void {
    if (shares[index] !== 1) {
      this.#quantise(shares, index, out);
      return;
    }
    const whole = this.#whole;
    for (let level = 0; level < whole.length; level++) out[level] = whole[level];
  }

  /** @hot Whole lots; what rounding and levels below the least order leave over goes to the first level that is left. */
  #quantise(shares: Float64Array, index: number, out: Sizes): void {
    const wanted = this.#wanted;
    const minLots = this.#minLots;
    const maxLots = this.#maxLots;
    const share = shares[index];
    let rest = 0;
    let first = -1;
    for (let level = 0; level < wanted.length; level++) {
      const ideal = wanted[level] * share;
      const whole = Math.min(Math.floor(ideal), maxLots);
      out[level] = whole >= minLots ? whole : 0;
      rest += ideal - out[level];
      if (first === -1 && out[level] > 0) first = level;
    }
    // The sum of what is left over may lie a rounding error below a whole lot.
    const over = Math.floor(rest + 1e-9);
    if (first >= 0) out[first] = Math.min(maxLots, out[first] + over);
    else if (over >= minLots && wanted.length > 0) out[0] = Math.min(maxLots, over);
  }
}

/**
 * @hot Shares of both sides by inventory, into out[at] for bids and out[at + 1] for asks.
 *
 * Of Hummingbot's interpolation, with no inventory as its target: a share runs from 0 to 2 as the inventory runs from
 * one limit to the other; `skewRatio` of that. Then e^(−decay·|q|) on the side that adds to the inventory.
 *
 * @param inventory [0]: the share of the largest position, −1 to 1; [1]: the inventory in units
 */
export function sharesByInventory(
  parameters: StrategyParameters,
  inventory: Float64Array,
  out: Float64Array,
  at: number,
): void {
  const { sizeSkewRatio, inventoryDecay } = parameters;
  let bids = 1 - sizeSkewRatio * inventory[0];
  let asks = 1 + sizeSkewRatio * inventory[0];
  const units = inventory[1];
  if (inventoryDecay > 0) {
    if (units > 0) bids *= Math.exp(-inventoryDecay * units);
    else if (units < 0) asks *= Math.exp(inventoryDecay * units);
  }
  out[at] = bids;
  out[at + 1] = asks;
}
