import { assert } from '../base/assert.ts';
import { NS_PER_MS, NS_PER_SECOND, type Milliseconds, type Nanoseconds } from '../base/units.ts';
import { CONNECTIONS_PER_SECOND } from '../okx/venue-limits.ts';

/** The venue's second is not ours, and two connections do not take the same time to arrive. */
const MARGIN_NS = 100 * NS_PER_MS;

/**
 * Turns to connect: at most three in a second, counted by address, so one limiter serves every session of the
 * process. Turns are given in the order asked; a turn not used is lost.
 */
export class ConnectLimiter {
  /** The last turns given, a ring. */
  readonly #turnsNs: Float64Array;
  #oldest = 0;

  constructor(perSecond: number = CONNECTIONS_PER_SECOND) {
    assert(perSecond >= 1, 'at least one connection a second is allowed');
    this.#turnsNs = new Float64Array(perSecond).fill(Number.NEGATIVE_INFINITY);
  }

  /** Takes the next free turn; how long from now it is, 0 for at once. */
  reserve(nowNs: Nanoseconds): Milliseconds {
    const turnNs = Math.max(nowNs, this.#turnsNs[this.#oldest]! + NS_PER_SECOND + MARGIN_NS);
    this.#turnsNs[this.#oldest] = turnNs;
    this.#oldest = (this.#oldest + 1) % this.#turnsNs.length;
    return (turnNs - nowNs) / NS_PER_MS;
  }
}
