import type { Milliseconds } from '../../../engine/base/units.ts';

/**
 * How an instrument's fair price is estimated: plain JSON, so that it travels to a worker as it is. Defaults and bounds are
 * the configuration's (`strategy.fair`); what they mean stands in README.md of this folder.
 */

export type FairBase =
  'mid' | 'micro' | 'vamp' | 'weighted-depth' | 'effective-vamp' | 'impact-mid' | 'stoikov';

/** A fitted Stoikov micro-price: `ticks[spread · buckets + bucket]` is what it adds to the mid (models.md par. 4.1). */
export interface MicroPriceTable {
  /** Buckets of imbalance, of equal width from 0 to 1. */
  readonly buckets: number;
  /** Spreads of 1, 2 … ticks; wider ones count as the widest. */
  readonly spreads: number;
  readonly ticks: readonly number[];
}

export interface BookImbalanceParameters {
  /** static: (ΣQb − ΣQa) / (ΣQb + ΣQa); log: ln(ΣQb / ΣQa). */
  readonly kind: 'static' | 'log';
  readonly levels: number;
  /** Only levels so near to the mid; 0 for all. */
  readonly withinBps: number;
  /** Basis points of the price for one standard deviation; 0 is off. */
  readonly weightBps: number;
}

export interface FlowSignalParameters {
  readonly halfLifeSeconds: number;
  readonly weightBps: number;
}

/** Another price of the same thing: what it moves against its usual distance from ours, `weight` of that is added. */
export interface BasisSignalParameters {
  readonly weight: number;
  /** Older than this it says nothing; from half of it on it fades. */
  readonly ageMsMax: Milliseconds;
  /** Half-life of the usual distance. */
  readonly basisSeconds: number;
}

export interface LeadParameters extends BasisSignalParameters {
  /** Number of the instrument in the hand-off; -1 for none. */
  readonly instrument: number;
}

export interface FairValueParameters {
  readonly base: FairBase;
  /** What the four estimates of depth look at: so many levels, within so much of the mid (0: all). */
  readonly depthLevels: number;
  readonly depthBps: number;
  /** impact-mid: the size to be traded; weighted-depth: levels until there is so much a side. 0: all levels. */
  readonly depthLots: number;
  /** Only for stoikov. */
  readonly microPrice: MicroPriceTable | null;
  readonly bookImbalance: BookImbalanceParameters;
  readonly orderFlow: FlowSignalParameters;
  readonly tradeFlow: FlowSignalParameters;
  readonly lead: LeadParameters;
  readonly mark: BasisSignalParameters;
  readonly index: BasisSignalParameters;
  /** Half-life of the mean and the deviation that signals are measured by. */
  readonly standardiseSeconds: number;
  /** All signals together move the price by so many half spreads at most. */
  readonly signalHalvesMax: number;
  /**
   * The fair price stays between the best prices or within so much of the mid, and within so many spreads of it; 0 for no
   * such cap.
   */
  readonly capBps: number;
  readonly capSpreads: number;
}

const BASIS_OFF: BasisSignalParameters = { weight: 0, ageMsMax: 2_000, basisSeconds: 60 };

/** Micro-price of the best levels and no signal. */
export const PLAIN_FAIR_VALUE: FairValueParameters = {
  base: 'micro',
  depthLevels: 5,
  depthBps: 0,
  depthLots: 0,
  microPrice: null,
  bookImbalance: { kind: 'log', levels: 5, withinBps: 0, weightBps: 0 },
  orderFlow: { halfLifeSeconds: 2, weightBps: 0 },
  tradeFlow: { halfLifeSeconds: 2, weightBps: 0 },
  lead: { ...BASIS_OFF, ageMsMax: 500, instrument: -1 },
  mark: BASIS_OFF,
  index: BASIS_OFF,
  standardiseSeconds: 600,
  signalHalvesMax: 0.5,
  capBps: 5,
  capSpreads: 0,
};

/** Levels a side that the fair value looks at: what a market slot has to carry for it. */
export function fairLevelsRead(parameters: FairValueParameters): number {
  const { base, depthLevels, bookImbalance } = parameters;
  const readsBest = base === 'mid' || base === 'micro' || base === 'stoikov';
  return Math.max(readsBest ? 1 : depthLevels, bookImbalance.weightBps === 0 ? 1 : bookImbalance.levels);
}

/** The instrument whose market it needs besides its own, by its number; -1 for none. */
export function leadOf(parameters: FairValueParameters): number {
  return parameters.lead.weight === 0 ? -1 : parameters.lead.instrument;
}
