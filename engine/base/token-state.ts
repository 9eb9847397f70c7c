/** How the tokens of an account stand that is let in by OAuth. */
export const TokenState = {
  /** There are none: a key signs. */
  none: 0,
  fresh: 1,
  /** Too old to quote by, or refused; the next pair is on its way or asked for again and again. */
  expired: 2,
  /** The venue has refused to give a new pair: a person has to log in again. */
  lost: 3,
} as const;
export type TokenState = (typeof TokenState)[keyof typeof TokenState];
