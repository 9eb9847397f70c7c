/** Side of the book, of an order or of a fill. The number is an index into pairs of arrays. */
export const Side = { buy: 0, sell: 1 } as const;
export type Side = (typeof Side)[keyof typeof Side];

/** +1 for a buy, -1 for a sell: what one lot filled on this side does to the position. */
export function sideSign(side: Side): 1 | -1 {
  return side === Side.buy ? 1 : -1;
}
