import { Side } from './side.ts';

/** Which position of an instrument an order is about: the net one, or one of the two legs of long/short mode. */
export const PositionSide = { net: 0, long: 1, short: 2 } as const;
export type PositionSide = (typeof PositionSide)[keyof typeof PositionSide];

/** How an account holds swaps and futures: one net position each, or a long and a short leg. All else is always net. */
export const PositionMode = { net: 0, longShort: 1 } as const;
export type PositionMode = (typeof PositionMode)[keyof typeof PositionMode];

/** The leg that an order of `side` opens or adds to. */
export function openingLeg(side: Side): PositionSide {
  return side === Side.buy ? PositionSide.long : PositionSide.short;
}

/** The leg that an order of `side` closes. */
export function closingLeg(side: Side): PositionSide {
  return side === Side.buy ? PositionSide.short : PositionSide.long;
}
