/**
 * What the core counts of one instrument's market and of our own orders in it, as one row of doubles: sufficient statistics,
 * so that whoever calibrates needs nothing else. Written by `flow`, carried by `handoff`, read by `workers/calibration`.
 *
 * Counts and times are forgotten exponentially: an event at t weighs e^((t − now)/τ) when the row is published.
 * Distances are in ticks from the fair price just before the event, positive away from the market; bucket b of a histogram
 * holds [b, b + 1) × bucketTicks, the last one all beyond. "bid" is what happens to bids: takers who sell.
 */
export const FLOW_BUCKETS = 128;

export const FlowField = {
  /** When the row was published, on the engine's clock. */
  timeNs: 0,
  /** Width of a bucket; fixed when the first market is seen. */
  bucketTicks: 1,
  /** The fair price last seen, and the mean size of the best levels (EWMA, 60 s). */
  fairTicks: 2,
  bestLots: 3,
  /** Seconds that were watched, decayed as the counts are: the T of a rate. */
  exposureS: 4,
  /** Variance rate of the fair price, ticks²/s, by half-life 10, 60 and 600 s (models.md par. 3.3), and samples seen. */
  varianceFast: 5,
  varianceMid: 6,
  varianceSlow: 7,
  samples: 8,
  /** Sweeps seen since the start, not decayed, on bids and on asks. */
  bidSweeps: 9,
  askSweeps: 10,
  /** Of our fills, by our side: mean adverse move after 1 s and 5 s (EWMA, ticks), and how many. */
  bidAdverse1s: 11,
  bidAdverse5s: 12,
  bidAdverseCount: 13,
  askAdverse1s: 14,
  askAdverse5s: 15,
  askAdverseCount: 16,
  /** Mean lots of a sweep. */
  sweepLots: 17,
  /** Mean queue ahead of our orders when they came to rest, lots. */
  queueLots: 18,
  /** Decay time constant of the counts, seconds. */
  decayS: 19,
} as const;
export type FlowField = (typeof FlowField)[keyof typeof FlowField];

const FLOW_HEAD = 32;

/** Where each begins. Sweeps: takers' sweeps by deepest distance. Own: order-seconds and fills of ours by distance. */
export const FlowHistogram = {
  bidSweeps: FLOW_HEAD,
  askSweeps: FLOW_HEAD + FLOW_BUCKETS,
  bidOwnSeconds: FLOW_HEAD + 2 * FLOW_BUCKETS,
  askOwnSeconds: FLOW_HEAD + 3 * FLOW_BUCKETS,
  bidOwnFills: FLOW_HEAD + 4 * FLOW_BUCKETS,
  askOwnFills: FLOW_HEAD + 5 * FLOW_BUCKETS,
} as const;
export type FlowHistogram = (typeof FlowHistogram)[keyof typeof FlowHistogram];

export const FLOW_DOUBLES = FLOW_HEAD + 6 * FLOW_BUCKETS;
