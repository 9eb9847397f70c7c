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

/** Whether the venue made it by itself: it meets no quote of ours, and says nothing of how ours are filled. */
export function isOfVenue(category: OrderCategory): boolean {
  return category >= OrderCategory.adl && category !== OrderCategory.other;
}

/** Whether a position was taken from us by it. One of the venue's that is not known is believed to be the worst. */
export function isTaken(category: OrderCategory): boolean {
  return (
    category === OrderCategory.adl ||
    category === OrderCategory.fullLiquidation ||
    category === OrderCategory.partialLiquidation ||
    category === OrderCategory.other
  );
}
