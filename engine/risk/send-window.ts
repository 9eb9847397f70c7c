/**
 * One message budget as an exact sliding window: how many may leave now without any window of the span holding more than
 * the limit, however it lies.
 *
 * Owner:      the engine thread.
 * Invariants: of any limit + 1 consecutive sends, the first and the last are more than the span apart.
 * Cost:       an answer forgets the sends that left the window, each once; nothing allocates once constructed.
 */
import { assert } from '../base/assert.ts';
import type { Nanoseconds, TimeCell } from '../base/units.ts';

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

  get limit(): number {
    return this.#limit;
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
  available(now: TimeCell): number {
    const sentNs = this.#sentNs;
    while (this.#count > 0 && now[0]! - sentNs[this.#oldest]! > this.#spanNs) {
      // A comparison, because a division of numbers that are not known when the code is compiled costs five of them.
      this.#oldest = this.#oldest + 1 === sentNs.length ? 0 : this.#oldest + 1;
      this.#count--;
    }
    return this.#count < this.#limit ? this.#limit - this.#count : 0;
  }

  /** @hot Books `count` sends of now; no more than are available. */
  take(count: number, now: TimeCell): void {
    // Whoever takes has asked just before, mostly: then what left the window is forgotten already.
    if (count > this.#limit - this.#count) {
      assert(count <= this.available(now), 'no more is sent than the budget allows');
    }
    const sentNs = this.#sentNs;
    let place = this.#oldest + this.#count;
    if (place >= sentNs.length) place -= sentNs.length;
    for (let index = 0; index < count; index++) {
      sentNs[place] = now[0]!;
      place = place + 1 === sentNs.length ? 0 : place + 1;
    }
    this.#count += count;
  }
}
