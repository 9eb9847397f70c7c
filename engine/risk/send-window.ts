/**
 * One message budget as an exact sliding window: how many may leave now without any window of the span holding more than
 * the limit, however it lies.
 *
 * Owner:      the engine thread.
 * Invariants: of any limit + 1 consecutive sends, the first and the last are more than the span apart.
 * Cost:       an answer forgets the sends that left the window, each once; nothing allocates once constructed.
 */
import { assert } from '../base/assert.ts';
import type { Nanoseconds } from '../base/units.ts';

/** The sends that are still inside the window: a ring as long as the largest limit. */
export class SendWindow {
  readonly #spanNs: Nanoseconds;
  readonly #sentNs: Float64Array;
  #limit: number;
  #oldest = 0;
  #count = 0;

  /** @param limitMax what setLimit may raise the limit to */
  constructor(limit: number, spanNs: Nanoseconds, limitMax: number = limit) {
    assert(limit >= 1 && limit <= limitMax, 'a budget allows at least one command, at most its capacity');
    this.#spanNs = spanNs;
    this.#sentNs = new Float64Array(limitMax);
    this.#limit = limit;
  }

  /** From now on. What was sent under a higher limit still counts. */
  setLimit(limit: number): void {
    assert(
      limit >= 1 && limit <= this.#sentNs.length,
      'a budget allows at least one command, at most its capacity',
    );
    this.#limit = limit;
  }

  /** @hot */
  available(nowNs: Nanoseconds): number {
    const capacity = this.#sentNs.length;
    while (this.#count > 0 && nowNs - this.#sentNs[this.#oldest]! > this.#spanNs) {
      this.#oldest = (this.#oldest + 1) % capacity;
      this.#count--;
    }
    return this.#count < this.#limit ? this.#limit - this.#count : 0;
  }

  /** @hot Books `count` sends of now; no more than are available. */
  take(count: number, nowNs: Nanoseconds): void {
    assert(count <= this.available(nowNs), 'no more is sent than the budget allows');
    const capacity = this.#sentNs.length;
    for (let index = 0; index < count; index++) {
      this.#sentNs[(this.#oldest + this.#count) % capacity] = nowNs;
      this.#count++;
    }
  }
}
