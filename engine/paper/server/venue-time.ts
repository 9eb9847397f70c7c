import type { Clock } from '../../base/clock.ts';

/**
 * The venue's time: wall-clock milliseconds with a fraction, never going back. The fraction and the flow come from the
 * monotonic clock; the wall clock pulls it along when the machine's time is set or drifts.
 */
export class VenueTime {
  readonly #clock: Clock;
  readonly #offsetMs: number;
  #anchorWallMs: number;
  #anchorNs: number;
  #lastMs = 0;

  /** @param offsetMs how far the venue's time is ahead of the machine's: for clients that have to notice */
  constructor(clock: Clock, offsetMs = 0) {
    this.#clock = clock;
    this.#offsetMs = offsetMs;
    this.#anchorWallMs = clock.wallMs();
    this.#anchorNs = clock.nowNs();
  }

  now(): number {
    const nowNs = this.#clock.nowNs();
    const wallMs = this.#clock.wallMs();
    let nowMs = this.#anchorWallMs + (nowNs - this.#anchorNs) / 1e6;
    if (Math.abs(nowMs - wallMs) > DRIFT_MS_MAX) {
      this.#anchorWallMs = wallMs;
      this.#anchorNs = nowNs;
      nowMs = wallMs;
    }
    this.#lastMs = Math.max(this.#lastMs, nowMs);
    return this.#lastMs + this.#offsetMs;
  }
}

/** Further apart than this, the wall clock was set: far below the 30 s that signatures may be off. */
const DRIFT_MS_MAX = 100;
