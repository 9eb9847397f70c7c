/**
 * The calibrated parameters of one instrument as one row of doubles with a version: written by `workers/calibration`,
 * carried by `handoff`, read by the quoters and by whoever shows them. Units as in models.md: ticks, seconds; "bid" is
 * what happens to bids. NaN is "not known".
 */
export const ModelField = {
  /** Grows by one with every row; 0 while there is none. */
  version: 0,
  /** When it was made, on the engine's clock. */
  timeNs: 1,
  /** 1 when every gate holds, or a start model stands in for it; else the quoter falls back to volatility alone. */
  isTrusted: 2,
  /** CalibrationGate bits that failed. */
  gatesFailed: 3,
  /** Volatility of the fair price, ticks/√s: the larger of fast and slow; 0 while it is not known. */
  sigma: 4,
  sigmaFast: 5,
  sigmaSlow: 6,
  /**
   * Intensity A·e^(−k·d) of sweeps reaching distance d, by side, shrunk towards the pooled fit, with standard errors; and
   * the pooled fit, of a side from both. While gates fail: the last ones that were trusted, unless they are outdated.
   */
  bidRate: 7,
  bidDecay: 8,
  bidRateError: 9,
  bidDecayError: 10,
  askRate: 11,
  askDecay: 12,
  askRateError: 13,
  askDecayError: 14,
  rate: 15,
  decay: 16,
  rateError: 17,
  decayError: 18,
  /** Effective numbers of sweeps that reached where the fit begins, and seconds watched. */
  bidSweeps: 19,
  askSweeps: 20,
  exposureS: 21,
  /** Fit quality of the pooled fit. */
  rSquared: 22,
  ksDistance: 23,
  /** The range of distances fitted. */
  fromTicks: 24,
  toTicks: 25,
  /** The same from our own fills; NaN while there are too few. And own rate over tape rate: the queue's efficiency. */
  ownBidRate: 26,
  ownBidDecay: 27,
  ownAskRate: 28,
  ownAskDecay: 29,
  ownFills: 30,
  queueEfficiency: 31,
  /** Expected adverse move after a fill, ticks, never negative. */
  bidAdverse: 32,
  askAdverse: 33,
  /** Since when rows are not trusted, on the engine's clock; 0 while they are. */
  staleSinceNs: 34,
  /** When the intensity above was fitted, with every gate open, on the engine's clock; 0 when it never was. */
  fittedNs: 35,
  /** 1 while the intensity above is that of a start model. */
  isStart: 36,
  /** What was found by side before the limit of change, the rate at fromTicks. */
  bidFoundRate: 37,
  bidFoundDecay: 38,
  askFoundRate: 39,
  askFoundDecay: 40,
} as const;
export type ModelField = (typeof ModelField)[keyof typeof ModelField];

export const MODEL_DOUBLES = 44;

/** What must hold before a calibration is trusted (models.md par. 3.2), as bits of `gatesFailed`. */
export const CalibrationGate = {
  sweeps: 1,
  decayRange: 2,
  fitQuality: 4,
  changeLimit: 8,
  volatility: 16,
  age: 32,
} as const;
export type CalibrationGate = (typeof CalibrationGate)[keyof typeof CalibrationGate];
