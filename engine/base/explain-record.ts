/**
 * Why one instrument's quote is what it is, as one row of doubles: written by its quoter once it has time, carried by
 * `handoff`, read when somebody asks. Prices in ticks with a fraction.
 */

/** How the fair price came about; the parts add up to it. */
export const FairPart = {
  /** The estimator that the others are added to. */
  base: 0,
  bookImbalance: 1,
  orderFlow: 2,
  tradeFlow: 3,
  lead: 4,
  mark: 5,
  index: 6,
  /** What the caps have taken off again. */
  cap: 7,
} as const;
export type FairPart = (typeof FairPart)[keyof typeof FairPart];
export const FAIR_PARTS = 8;

export const ExplainField = {
  computedNs: 0,
  marketVersion: 1,
  modelVersion: 2,
  configVersion: 3,
  /** Number of the model that quoted, and why it is not the configured one: QuoteFallback. */
  model: 4,
  fallback: 5,
  midTicks: 6,
  referenceTicks: 7,
  fairTicks: 8,
  /** FAIR_PARTS of them. */
  parts: 9,
  sigma: 17,
  bidRate: 18,
  bidDecay: 19,
  askRate: 20,
  askDecay: 21,
  gamma: 22,
  /** Half spread of the model before and after its limits, and the shift a unit of inventory. */
  halfTicks: 23,
  halfLimitedTicks: 24,
  skewTicks: 25,
  /** Inventory in units of the base order: our own, what the group adds, what drift takes off. */
  inventory: 26,
  groupInventory: 27,
  driftInventory: 28,
  bidAdverse: 29,
  askAdverse: 30,
  feeTicks: 31,
  /** CalibrationGate bits that did not hold in the calibration it was quoted by. */
  gatesFailed: 32,
  /** Half spreads by side within their limits, and by how much inventory shifts both sides in all, up when positive. */
  bidHalfTicks: 33,
  askHalfTicks: 34,
  shiftTicks: 35,
  /** Inventory with the group's, as the model counts it: within the largest position. */
  countedInventory: 36,
  /** Rows: bids from here, then asks; EXPLAIN_LEVELS of each, LevelField.count doubles a row. */
  bids: 40,
  asks: 90,
} as const;
export type ExplainField = (typeof ExplainField)[keyof typeof ExplainField];

export const EXPLAIN_LEVELS = 10;

/** One level. `idealTicks` is the model's price before rounding and limits; NaN for a level that is not configured. */
export const LevelField = { idealTicks: 0, ticks: 1, lots: 2, clamps: 3, absence: 4, count: 5 } as const;

/** What moved a level from its ideal price or size, as bits of `clamps`. */
export const LevelClamp = {
  passive: 1,
  halfMin: 2,
  halfMax: 4,
  lattice: 8,
  spacing: 16,
  sizeSkew: 32,
  positionLimit: 64,
  improve: 128,
  /** Farther than the model wants it: at its least distance from the fair price. */
  edge: 256,
} as const;
export type LevelClamp = (typeof LevelClamp)[keyof typeof LevelClamp];

/** Why a configured level is not wanted by the quoter; what the engine itself withholds, the engine knows. */
export const LevelAbsence = {
  none: 0,
  marketNotQuotable: 1,
  positionLimit: 2,
  softLimit: 3,
  belowLeastSize: 4,
  priceRange: 5,
  sideClosed: 6,
  notQuoted: 7,
} as const;
export type LevelAbsence = (typeof LevelAbsence)[keyof typeof LevelAbsence];

/** Why a quote is not the configured model's. */
export const QuoteFallback = { none: 0, notCalibrated: 1, calibrationStale: 2, leadStale: 3 } as const;
export type QuoteFallback = (typeof QuoteFallback)[keyof typeof QuoteFallback];

export const EXPLAIN_DOUBLES = 140;
