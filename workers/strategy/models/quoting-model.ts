import type { ModelName } from '../parameters.ts';
import type { DistanceCurve } from './distance-curve.ts';

/**
 * What a model is fitted to: one instrument, ticks and seconds, inventory in units of the base order. "bid" is what
 * happens to bids. Every number is finite; rates, decays and sigma are above zero where a model asks for them.
 */
export interface ModelInputs {
  /** Volatility of the fair price, ticks/√s. */
  sigma: number;
  /** Intensity A·e^(−k·d) of sweeps that reach distance d: both sides, and the decay by side. */
  rate: number;
  decay: number;
  bidDecay: number;
  askDecay: number;
  /** What the price moves against us with a fill. */
  bidAdverse: number;
  askAdverse: number;
  /** What a fill costs the maker; negative is a rebate. */
  feeTicks: number;
  /** Expected drift of the price, ticks/s. */
  driftTicksPerSecond: number;
  /** The largest inventory, and how far quotes shift there: the risk dial. */
  unitsMax: number;
  dialTicks: number;
  /** No half spread is made less than this: what comes out below is widened to it. */
  halfMinTicks: number;
  /** The price that distances in basis points are of. */
  priceTicks: number;
}

/**
 * How far from the fair price to quote, for any inventory. Cold: a model is fitted when its parameters change, every few
 * seconds, and leaves a curve behind that is read for every quote.
 */
export interface QuotingModel {
  readonly name: ModelName;
  /** Risk aversion of the last fit, 1/(tick·unit), by the risk dial; 0 for a model without one. */
  readonly gamma: number;
  /** Whether it needs calibrated intensities, or volatility alone. */
  readonly needsIntensity: boolean;
  /** Sets the curve; false when no finite distances come out. */
  fit(inputs: ModelInputs, curve: DistanceCurve): boolean;
}
