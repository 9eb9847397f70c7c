/** What became of an order that lies beyond the tolerance from its level: a label of a metric. */
export const RequoteVerdict = {
  move: 0,
  /** It is too young to be moved towards the market. */
  young: 1,
  /** Its place in the queue is worth more than the better price. */
  place: 2,
  /** It would be worth it, were messages not short. */
  dear: 3,
} as const;
export type RequoteVerdict = (typeof RequoteVerdict)[keyof typeof RequoteVerdict];

export const REQUOTE_VERDICTS = Object.keys(RequoteVerdict).length;
