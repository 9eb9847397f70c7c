/** What a session is doing. Only `up` sends and hands over frames. */
export const SessionState = {
  idle: 0,
  /** Waiting for its turn to connect: after a failure, or because the venue limits connections. */
  waiting: 1,
  /** The socket is being opened. */
  connecting: 2,
  loggingIn: 3,
  subscribing: 4,
  up: 5,
  /** Gave up: a person has to change something. */
  failed: 6,
  closed: 7,
} as const;
export type SessionState = (typeof SessionState)[keyof typeof SessionState];

/**
 * Where each state may go. Losing a socket leads back to `waiting` from everywhere; `closed` ends all.
 *
 *                                 ┌─── no login ───┐
 *     idle → waiting → connecting ┴─→ loggingIn ─→ subscribing → up
 *               ↑           │             │             │        │
 *               └───────────┴─────────────┴─────────────┴────────┘  any loss
 *
 * A refusal for good leads to `failed` instead of `waiting`.
 */
const NEXT: Readonly<Record<SessionState, readonly SessionState[]>> = {
  [SessionState.idle]: [SessionState.waiting, SessionState.closed],
  [SessionState.waiting]: [SessionState.connecting, SessionState.closed],
  [SessionState.connecting]: [
    SessionState.loggingIn,
    SessionState.subscribing,
    SessionState.waiting,
    SessionState.failed,
    SessionState.closed,
  ],
  [SessionState.loggingIn]: [
    SessionState.subscribing,
    SessionState.waiting,
    SessionState.failed,
    SessionState.closed,
  ],
  [SessionState.subscribing]: [
    SessionState.up,
    SessionState.waiting,
    SessionState.failed,
    SessionState.closed,
  ],
  [SessionState.up]: [SessionState.waiting, SessionState.failed, SessionState.closed],
  [SessionState.failed]: [SessionState.closed],
  [SessionState.closed]: [],
};

export function mayFollow(from: SessionState, to: SessionState): boolean {
  return NEXT[from].includes(to);
}
