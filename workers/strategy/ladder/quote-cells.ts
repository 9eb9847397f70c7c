/**
 * What a quote is made of between its steps, as cells of one array: numbers that were handed over by calls would be boxed.
 * Prices and distances in ticks, sizes in lots.
 */
export const QuoteCell = {
  mid: 0,
  /** The engine's own fair price: the micro-price of the best levels. */
  reference: 1,
  fair: 2,
  /** Ours alone, and with what the group adds. */
  position: 3,
  inventory: 4,
  /** Share of the largest position, −1 to 1: ours, and with the group. */
  ownShare: 5,
  share: 6,
  /** `inventory` in units of the base order, within the largest. */
  units: 7,
  /**
   * By side, bids first: distance of the first level by the model, its half spread, the least distance, the guard's edge.
   */
  bidFirst: 8,
  askFirst: 9,
  bidHalf: 10,
  askHalf: 11,
  bidFloor: 12,
  askFloor: 13,
  bidEdge: 14,
  askEdge: 15,
  /** Share of the configured sizes. */
  bidShare: 16,
  askShare: 17,
  /** Least distance from level to level. */
  step: 18,
  /** No half spread is less. */
  halfMin: 19,
  now: 20,
  count: 21,
} as const;
export type QuoteCell = (typeof QuoteCell)[keyof typeof QuoteCell];
