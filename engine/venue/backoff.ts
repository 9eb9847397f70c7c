import type { Random } from '../base/random.ts';
import type { Milliseconds } from '../base/units.ts';

/** Doubling of the wait stops here whatever the bounds say, so that the power stays a small number. */
const DOUBLINGS_MAX = 20;

/**
 * Waits between tries: doubling from the least to the most, each shortened by up to a half at random, so that
 * the sessions of many processes do not return to a recovering venue at the same moment.
 */
export class Backoff {
  readonly #minMs: Milliseconds;
  readonly #maxMs: Milliseconds;
  readonly #random: Random;
  #failures = 0;

  constructor(minMs: Milliseconds, maxMs: Milliseconds, random: Random) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  next(): Milliseconds {
    const waitMs = Math.min(this.#maxMs, this.#minMs * 2 ** Math.min(this.#failures, DOUBLINGS_MAX));
    this.#failures++;
    return waitMs * (0.5 + 0.5 * this.#random.unit());
  }

  reset(): void {
    this.#failures = 0;
  }
}
