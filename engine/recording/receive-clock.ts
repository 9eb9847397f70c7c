import type { Clock } from '../base/clock.ts';
import { NS_PER_MS, type Milliseconds, type Nanoseconds } from '../base/units.ts';
import type { Receipt } from './book-message.ts';

/** A clock that is disciplined by NTP is within some ms of the time; more is a step. */
const STEP_MS: Milliseconds = 50;
/** How far the clock is drawn back by one `follow`. */
const SLEW_MS: Milliseconds = 1;

/**
 * Monotonic times of receipt as times since the epoch, which never fall. They follow the machine's clock where it is set
 * forward; where it is set back they approach it by a millisecond a second, so that rows stay in order.
 */
export class ReceiveClock {
  readonly #clock: Clock;
  /** The time since the epoch at which the monotonic clock showed zero: whole milliseconds, and nanoseconds over. */
  #originMs: Milliseconds;
  readonly #originNs: Nanoseconds;
  #lastText = '';

  /** @param originMs the time since the epoch at which `clock.nowNs()` was zero */
  constructor(clock: Clock, originMs: Milliseconds) {
    this.#clock = clock;
    this.#originMs = Math.floor(originMs);
    this.#originNs = Math.floor((originMs - this.#originMs) * NS_PER_MS);
  }

  /** @param nowNs a reading of the clock */
  receipt(nowNs: Nanoseconds): Receipt {
    const sinceNs = Math.floor(nowNs) + this.#originNs;
    const sinceMs = Math.floor(sinceNs / NS_PER_MS);
    const text = `${this.#originMs + sinceMs}${String(sinceNs - sinceMs * NS_PER_MS).padStart(6, '0')}`;
    // Of equal length until the year 2286, so that texts compare as numbers.
    if (text > this.#lastText) this.#lastText = text;
    return { recvNs: this.#lastText, ms: Number(this.#lastText.slice(0, -6)) };
  }

  now(): Receipt {
    return this.receipt(this.#clock.nowNs());
  }

  /** To be called once a second. The step of the machine's clock that was followed, or 0. */
  follow(): Milliseconds {
    const driftMs = this.#clock.wallMs() - this.#originMs - this.#clock.nowNs() / NS_PER_MS;
    if (driftMs > STEP_MS) {
      this.#originMs += Math.floor(driftMs);
      return driftMs;
    }
    if (driftMs < -STEP_MS) this.#originMs -= SLEW_MS;
    return 0;
  }
}
