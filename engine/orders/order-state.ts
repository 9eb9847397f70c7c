/**
 * The life of one order as a table: every state, everything that can happen, and where it leads.
 *
 *                place accepted        live push
 *   free ──▶ pendingPlace ──▶ accepted ──▶ live ──▶ free   (filled, cancelled)
 *                  │             │          │ ▲
 *                  └──── timed out, lost ───┤ │ push, answer to a question
 *                                           ▼ │
 *                                        unknown ──▶ gone ──▶ free   (final push, answer to a question)
 *
 * `unknown` may be resting: it is counted at its full risk and cancelled. `gone` rests no longer, the venue said so when
 * it refused a cancel or an amend, but what was filled before it went is not told yet: it is counted at its full risk
 * too, and no command can reach it. A cancel that overtook its own place is told the same; if that order arrives after
 * all, it is `unknown` again and cancelled once more.
 *
 * Pending amends and a pending cancel are not states: they overlap with each other and with fills, so they are counted
 * beside the state (order-table.ts).
 */
export const OrderState = { free: 0, pendingPlace: 1, accepted: 2, live: 3, unknown: 4, gone: 5 } as const;
export type OrderState = (typeof OrderState)[keyof typeof OrderState];

/** Everything that can happen to an order. */
export const OrderEvent = {
  placeAccepted: 0,
  placeRejected: 1,
  /** The command did not leave: the session refused the bytes. */
  placeUnsent: 2,
  /** The answer is missing, or says that the outcome is not known. */
  doubted: 3,
  amendRequested: 4,
  cancelRequested: 5,
  /** A cancel or amend was refused because there is no such order any more. */
  goneAck: 6,
  /** A push or an answer says that it rests. */
  pushedLive: 7,
  /** A push or an answer says filled or cancelled. */
  pushedClosed: 8,
  /** Asked for, and the venue does not have it. */
  absent: 9,
  /** The last amend in flight of a resting order was answered. */
  amendsAnswered: 10,
  /** It was taken for gone because a cancel overtook its place, and has now arrived. */
  arrivedAfterAll: 11,
} as const;
export type OrderEvent = (typeof OrderEvent)[keyof typeof OrderEvent];

/** Not a state: the event cannot happen there if venue and engine do as they say. Counted, and nothing changes. */
export const ILLEGAL = 255;

const F = OrderState.free;
const P = OrderState.pendingPlace;
const A = OrderState.accepted;
const L = OrderState.live;
const U = OrderState.unknown;
const G = OrderState.gone;
const X = ILLEGAL;

const ROWS: Readonly<Record<keyof typeof OrderEvent, readonly number[]>> = {
  //               free  pending accepted live unknown gone
  placeAccepted: [X, A, A, L, U, G],
  // After an acceptance a refusal of the same place contradicts it. After a loss it is the answer that was missing.
  placeRejected: [X, F, X, X, F, F],
  placeUnsent: [X, F, X, X, X, X],
  doubted: [X, U, U, U, U, G],
  // Only what rests is amended: an order still on its way would answer "does not exist", which says nothing.
  amendRequested: [X, X, X, L, X, X],
  cancelRequested: [X, P, A, L, U, X],
  goneAck: [X, G, G, G, G, G],
  // A push that was late: the venue has already said that the order is gone.
  pushedLive: [X, L, L, L, L, G],
  pushedClosed: [X, F, F, F, F, F],
  absent: [X, F, F, F, F, F],
  amendsAnswered: [X, X, X, L, L, G],
  arrivedAfterAll: [X, X, X, X, X, U],
};

const STATE_COUNT = 6;
const TABLE = Uint8Array.from(
  Object.entries(OrderEvent)
    .sort((a, b) => a[1] - b[1])
    .flatMap(([name]) => [...ROWS[name as keyof typeof OrderEvent]]),
);

/** @hot The state after the event, or ILLEGAL. */
export function nextState(state: OrderState, event: OrderEvent): OrderState | typeof ILLEGAL {
  return TABLE[event * STATE_COUNT + state] as OrderState | typeof ILLEGAL;
}

/** What the venue's answer to one command means for the order, once its code has been looked up. */
export const AckOutcome = {
  /** Taken, which is never yet "done". */
  accepted: 0,
  /** Refused: a place made no order, an amend or cancel left the order as it was. */
  rejected: 1,
  /** Refused because the order no longer exists (filled, cancelled, or never there). */
  gone: 2,
  /** The venue itself does not know. */
  unknown: 3,
} as const;
export type AckOutcome = (typeof AckOutcome)[keyof typeof AckOutcome];

/** The state of an order in the venue's pushes and answers; same numbers as the decoder's table (a test holds it). */
export const UpdateState = {
  live: 0,
  partiallyFilled: 1,
  filled: 2,
  cancelled: 3,
  mmpCancelled: 4,
  other: 5,
} as const;
export type UpdateState = (typeof UpdateState)[keyof typeof UpdateState];

/** Result of an amend as an update carries it. */
export const AmendResult = { none: -2, failed: -1, done: 0, failedAndCancelled: 1 } as const;
