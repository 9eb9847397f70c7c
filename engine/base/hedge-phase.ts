/** Where the hedger of a group stands. */
export const HedgePhase = {
  /** None is configured. */
  off: 0,
  /** The net delta is inside its band, or within the target once it was brought back. */
  inside: 1,
  /** Beyond the band, and something is in the way. */
  waiting: 2,
  /** An order of its rests, or is about to. */
  resting: 3,
  /** What rested too long is taken from the book. */
  taking: 4,
  /** Its fills have cost what they may: an operator resumes it. */
  stopped: 5,
} as const;
export type HedgePhase = (typeof HedgePhase)[keyof typeof HedgePhase];
