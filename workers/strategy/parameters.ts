import { assert } from '../../engine/base/assert.ts';
import type { Lots } from '../../engine/base/units.ts';
import { PLAIN_FAIR_VALUE, fairLevelsRead } from './fair/fair-value-parameters.ts';
import type { FairValueParameters } from './fair/fair-value-parameters.ts';

/** How quotes are made. The place in this list is a model's number in explanations and figures: add at the end only. */
export const MODEL_NAMES = [
  'fixed',
  'avellaneda-stoikov',
  'glft',
  'glft-exact',
  'volatility',
  'okx-sample',
] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

/** Where the levels behind the first stand. */
const SPACINGS = ['model', 'arithmetic', 'geometric', 'bps'] as const;
export type Spacing = (typeof SPACINGS)[number];

/** Whether a quote may be better than others' best price, or joins it at the most. */
const PLACEMENTS = ['improve', 'join'] as const;
export type Placement = (typeof PLACEMENTS)[number];

/**
 * How one instrument is quoted: plain JSON, so that it travels to a worker as it is. Basis points are of the fair price.
 * Every model looks at what concerns it; README.md of this folder says which.
 */
export interface StrategyParameters {
  readonly model: ModelName;
  /** Wanted levels a side; 0 quotes nothing. */
  readonly levels: number;
  /** Distance of the first level from the reservation price: fixed; and any model before volatility is known. */
  readonly halfSpreadBps: number;
  /** The least half spread of any model, in ticks; a fraction is allowed. */
  readonly halfSpreadTicksMin: number;
  /** Least and largest half spread of a calibrated model. */
  readonly halfSpreadBpsMin: number;
  readonly halfSpreadBpsMax: number;
  /** What a half spread keeps beyond the maker's fee. */
  readonly profitBpsMin: number;
  /** Distance from level to level, or the least one where the model spaces them; at least a tick whatever this says. */
  readonly levelStepBps: number;
  readonly spacing: Spacing;
  /** Geometric: each level's distance over the one before it. */
  readonly levelRatio: number;
  /** Prices keep to multiples of this share of the half spread; 0 for every tick. */
  readonly latticeRatio: number;
  readonly placement: Placement;
  /** Size of the first level; the unit that models count inventory in. */
  readonly lots: Lots;
  /** Added to the size with every further level. */
  readonly lotsStep: Lots;
  /** Level i's size is times e^(−sizeDecay · i). */
  readonly sizeDecay: number;
  /** How much inventory shifts size from the side that adds to it to the other: 0 not at all, 1 all of it at the limit. */
  readonly sizeSkewRatio: number;
  /** The side that adds to the inventory is times e^(−inventoryDecay · |q|), q in units of the first level's size. */
  readonly inventoryDecay: number;
  /** Levels smaller than this are not quoted: the venue's least order. */
  readonly minLots: Lots;
  /** No level is made larger than this by what others leave over. */
  readonly orderLotsMax: Lots;
  readonly positionLotsMax: Lots;
  /** Beyond this share of the largest position, quotes only reduce it. */
  readonly softLimitRatio: number;
  /** The risk dial: how far both sides shift when the position is at its maximum. */
  readonly skewBpsAtMax: number;
  /** avellaneda-stoikov: its rolling horizon; 0 for the stationary model. */
  readonly horizonSeconds: number;
  /** volatility: its half spread is what the price moves in this time, one standard deviation. */
  readonly volatilitySeconds: number;
  /** The half spread of a volatility model that stands in for another is times this. */
  readonly fallbackRatio: number;
  /** Expected drift of the price: shifts the inventory that models aim at. */
  readonly driftBpsPerHour: number;
  /** Calibrated parameters older than this are not trusted. */
  readonly calibrationAgeSecondsMax: number;
  /** The guard's least edge as a share of the half spread, at most 1. */
  readonly edgeMinRatio: number;
  /** Nothing is quoted while the venue's mark price is further from the mid; 0 for no such limit. */
  readonly markDeviationBpsMax: number;
  /** What a maker pays of a trade's value; negative is a rebate. */
  readonly makerFeeRate: number;
  readonly fair: FairValueParameters;
}

/** What is published to quoters and calibration as one version (handoff/configuration-slot.ts). */
export interface StrategyConfiguration {
  /** By instrument of the hand-off. */
  readonly strategies: readonly StrategyParameters[];
}

/** Levels a side that the strategy looks at: what a market slot has to carry for it. A level more costs every frame. */
export function levelsReadOf(parameters: StrategyParameters): number {
  return Math.max(1, fairLevelsRead(parameters.fair));
}

/** A ladder at fixed distances around the micro-price, everything else off: what tests and benchmarks begin with. */
export const FIXED_STRATEGY: StrategyParameters = {
  model: 'fixed',
  levels: 1,
  halfSpreadBps: 5,
  halfSpreadTicksMin: 0,
  halfSpreadBpsMin: 0,
  halfSpreadBpsMax: 10_000,
  profitBpsMin: 0,
  levelStepBps: 0,
  spacing: 'arithmetic',
  levelRatio: 1.5,
  latticeRatio: 0,
  placement: 'improve',
  lots: 1,
  lotsStep: 0,
  sizeDecay: 0,
  sizeSkewRatio: 0,
  inventoryDecay: 0,
  minLots: 1,
  orderLotsMax: Number.MAX_SAFE_INTEGER,
  positionLotsMax: 1,
  softLimitRatio: 1,
  skewBpsAtMax: 0,
  horizonSeconds: 60,
  volatilitySeconds: 1,
  fallbackRatio: 1.5,
  driftBpsPerHour: 0,
  calibrationAgeSecondsMax: 120,
  edgeMinRatio: 0,
  markDeviationBpsMax: 0,
  makerFeeRate: 0,
  fair: { ...PLAIN_FAIR_VALUE, capBps: 0 },
};

const SIGNED: readonly string[] = ['makerFeeRate', 'driftBpsPerHour'];

/** @throws AssertionError for parameters that configuration must have refused */
export function assertStrategy(parameters: StrategyParameters): void {
  for (const [key, value] of Object.entries(parameters) as [string, unknown][]) {
    if (typeof value !== 'number') continue;
    const isInRange = Number.isFinite(value) && (value >= 0 || SIGNED.includes(key));
    assert(isInRange, 'strategy parameters are finite and not negative');
  }
  assert(MODEL_NAMES.includes(parameters.model), 'the strategy has a model');
  assert(SPACINGS.includes(parameters.spacing), 'the strategy has a spacing');
  assert(PLACEMENTS.includes(parameters.placement), 'the strategy has a placement');
  assert(Number.isInteger(parameters.levels), 'ladder levels are a whole number');
  assert(parameters.edgeMinRatio <= 1, 'the least edge is at most the half spread');
  assert(
    Number.isInteger(parameters.lots) && Number.isInteger(parameters.lotsStep),
    'ladder sizes are whole lots',
  );
  assert(
    parameters.minLots >= 1 && parameters.positionLotsMax >= 1,
    'the least order and the position are lots',
  );
}
