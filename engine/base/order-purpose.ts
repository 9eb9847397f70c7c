/** What an order is there for. Only quotes are compared with what the workers want. */
export const OrderPurpose = {
  quote: 0,
  /** Keeps the net delta of a group inside its band. */
  hedge: 1,
  /** Closes a position because the operator said so. */
  closing: 2,
} as const;
export type OrderPurpose = (typeof OrderPurpose)[keyof typeof OrderPurpose];
