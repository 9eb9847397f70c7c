import { NS_PER_SECOND, type Nanoseconds } from '../base/units.ts';
import { CONTROL_REQUESTS_PER_HOUR } from '../okx/venue-limits.ts';

const HOUR_NS = 3_600 * NS_PER_SECOND;

/** Logins, subscriptions and unsubscriptions of one connection: at most 480 in any hour, a sliding window. */
export class RequestBudget {
  readonly #sentNs: Float64Array;
  #oldest = 0;

  constructor(perHour: number = CONTROL_REQUESTS_PER_HOUR) {
    this.#sentNs = new Float64Array(perHour).fill(Number.NEGATIVE_INFINITY);
  }

  /** Counts a request, or says that it must not be sent. */
  take(nowNs: Nanoseconds): boolean {
    if (nowNs - this.#sentNs[this.#oldest]! < HOUR_NS) return false;
    this.#sentNs[this.#oldest] = nowNs;
    this.#oldest = (this.#oldest + 1) % this.#sentNs.length;
    return true;
  }
}
