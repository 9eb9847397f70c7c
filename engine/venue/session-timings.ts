import type { Milliseconds } from '../base/units.ts';

/** Every wait for the world has its end. */
export interface SessionTimings {
  readonly connectTimeoutMs: Milliseconds;
  /** Generous: in busy hours acks of logins took longer than the few seconds that other clients allowed. */
  readonly loginTimeoutMs: Milliseconds;
  readonly subscribeTimeoutMs: Milliseconds;
  /** After this much silence a ping is sent; the venue closes at 30 s. */
  readonly pingAfterMs: Milliseconds;
  /** The peer is dead when nothing at all came within this after the ping. */
  readonly pongWithinMs: Milliseconds;
  readonly backoffMinMs: Milliseconds;
  readonly backoffMaxMs: Milliseconds;
  /** After this long up, the next failure counts as the first. */
  readonly stableAfterMs: Milliseconds;
  /** How long the old socket of a switch is kept for its last acks. */
  readonly lingerMs: Milliseconds;
  /** How long a close waits for the peer's. */
  readonly closeTimeoutMs: Milliseconds;
}

export const SESSION_TIMINGS: SessionTimings = {
  connectTimeoutMs: 5_000,
  loginTimeoutMs: 10_000,
  subscribeTimeoutMs: 10_000,
  pingAfterMs: 15_000,
  pongWithinMs: 5_000,
  backoffMinMs: 250,
  backoffMaxMs: 15_000,
  stableAfterMs: 30_000,
  lingerMs: 3_000,
  closeTimeoutMs: 1_500,
};
