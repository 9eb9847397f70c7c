import { assert } from '../base/assert.ts';
import { NS_PER_MS, NS_PER_SECOND, type Milliseconds, type Nanoseconds } from '../base/units.ts';
import { CONNECTIONS_PER_SECOND } from '../okx/venue-limits.ts';

/** The venue's second and ours differ, and so does the time that two connections take to arrive. */
const MARGIN_NS = 100 * NS_PER_MS;

/**
 * Turns to connect: at most three in a second, counted by address, so one limiter serves every session of the process.
 * Turns are given in the order asked; a turn not used is lost.
 */
export class ConnectLimiter {
  readonly #turnsNs: Float64Array;
  readonly #windowNs: Nanoseconds;
  #next = 0;

  constructor(perSecond: number = CONNECTIONS_PER_SECOND) {
    assert(perSecond >= 1, 'at least one connection a second is allowed');
    this.#turnsNs = new Float64Array(perSecond).fill(Number.NEGATIVE_INFINITY);
    this.#windowNs = NS_PER_SECOND + MARGIN_NS;
  }

  /** Takes the next free turn at `earliestNs` or later; how long after `nowNs` it is. */
  reserve(nowNs: Nanoseconds, earliestNs: Nanoseconds = nowNs): Milliseconds {
    const oldestNs = this.#turnsNs[this.#next]!;
    const turnNs = Math.max(earliestNs, nowNs, oldestNs + this.#windowNs);
    this.#turnsNs[this.#next] = turnNs;
    this.#next = (this.#next + 1) % this.#turnsNs.length;
    return (turnNs - nowNs) / NS_PER_MS;
  }
}
