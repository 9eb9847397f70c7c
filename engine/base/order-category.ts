/** What made an order. All but the first two come without an order of any client: the position changes all the same. */
export const OrderCategory = {
  normal: 0,
  twap: 1,
  adl: 2,
  fullLiquidation: 3,
  partialLiquidation: 4,
  delivery: 5,
  ddh: 6,
  autoConversion: 7,
  /** One that this engine does not know. */
  other: 8,
} as const;
export type OrderCategory = (typeof OrderCategory)[keyof typeof OrderCategory];
