/**
 * Exponential forgetting at no cost for what is not touched: instead of shrinking all that was counted, what comes weighs ever
 * more, and who reads divides by the weight of now.
 *
 *     an event at t adds e^(t/τ)        the sum at T is divided by e^(T/τ): an event of t counts e^((t − T)/τ)
 *
 * Owner:      the engine thread; one for all that is counted.
 * Invariants: the weight is at least 1 and at most e^EXPONENT_MAX; when it would exceed that, everything counted is to be
 *             multiplied by `rescale` and the weight begins at 1 again.
 * Cost:       one exponential an advance, which happens with each sample and not with each event: an event weighs what the
 *             last sample did, off by the sample's age over τ, 1e-4 at most.
 */
import { NS_PER_SECOND } from '../base/units.ts';
import type { TimeCell } from '../base/units.ts';

/**
 * Once in τ all sums are multiplied: a double would bear that to be put off for days, but what happens once a day is code that
 * no compiler has seen, and takes back what it has made of the rest.
 */
const EXPONENT_MAX = 1;

export class DecayWeight {
  readonly decayS: number;
  /** One cell: what an event weighs now. */
  readonly weight = Float64Array.of(1);
  /** What to multiply all sums with after an advance() that was true. */
  readonly rescale = Float64Array.of(1);
  readonly #zero: TimeCell = new Float64Array(1);
  #hasBegun = false;

  constructor(decayS: number) {
    this.decayS = decayS;
  }

  /** True when the weight began anew. */
  advance(now: TimeCell): boolean {
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#zero[0] = now[0]!;
    }
    const exponent = (now[0]! - this.#zero[0]!) / NS_PER_SECOND / this.decayS;
    if (exponent <= EXPONENT_MAX) {
      this.weight[0] = Math.exp(exponent);
      return false;
    }
    this.rescale[0] = Math.exp(-exponent);
    this.weight[0] = 1;
    this.#zero[0] = now[0]!;
    return true;
  }
}
