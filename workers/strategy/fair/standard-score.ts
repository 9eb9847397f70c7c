/**
 * How unusual a signal is: its distance from its mean in standard deviations, both forgotten exponentially.
 *
 * Owner:      the signal that made it.
 * Invariants: the score is finite and within ±SCORE_MAX; what is usual is told by the past alone: a value counts in it for
 *             as long as it has stood, once it is followed by the next; times are differences that the caller gives.
 * Cost:       O(1), one exponential.
 *
 * A value weighs by how long it stood, not by how often it was looked at: a market that is looked at twice as often, or of
 * which some versions were skipped, has the same mean. In the beginning the mean is that of all there is (weights of 1/T
 * until the half-life's are larger), and the score is scaled down until WARM_UP_S have been seen: a deviation of few values
 * is noise.
 */

/** Standard deviations beyond which a signal is not believed any more (models.md par. 4.5). */
const SCORE_MAX = 3;
/** Seconds until a signal counts in full, at most; its half-life if that is shorter. */
const WARM_UP_S = 60;
/** A value stands for so long at the most: after a longer silence nobody knows what lay in between. */
const HELD_S_MAX = 10;

export class StandardScore {
  /** The newest value; the score, mean and variance after update(). Cells: fields would be boxed. */
  readonly value = new Float64Array(1);
  readonly score = new Float64Array(1);
  readonly mean = new Float64Array(1);
  readonly variance = new Float64Array(1);
  /** Of 0 to 1: how much of the warm-up is over. */
  readonly trust = new Float64Array(1);
  readonly #halfLifeS: number;
  readonly #warmUpS: number;
  /** Seconds since the update before: the caller's cell. */
  readonly #elapsedS: Float64Array;
  /** The value that stood until now, and for how long there were values. */
  readonly #held = new Float64Array(1);
  readonly #seenS = new Float64Array(1);
  #hasHeld = false;

  constructor(halfLifeS: number, elapsedS: Float64Array) {
    this.#halfLifeS = halfLifeS;
    this.#warmUpS = Math.min(halfLifeS, WARM_UP_S);
    this.#elapsedS = elapsedS;
  }

  /** @hot Takes in the new value. Without any time gone by it replaces the one before. */
  update(): void {
    const value = this.value[0];
    if (!this.#hasHeld) {
      this.#hasHeld = true;
      if (this.#seenS[0] === 0) this.mean[0] = value;
    } else {
      this.#absorb(Math.min(this.#elapsedS[0], HELD_S_MAX));
    }
    this.#held[0] = value;
    const deviation = Math.sqrt(this.variance[0]);
    const score = (value - this.mean[0]) / deviation;
    // The first values have no deviation: 0 / 0, or infinite.
    this.score[0] = deviation > 0 ? Math.max(-SCORE_MAX, Math.min(SCORE_MAX, score)) * this.trust[0] : 0;
  }

  /** @hot The value is not known for a while: what lies until the next one counts for nothing. */
  skip(): void {
    this.#hasHeld = false;
    this.score[0] = 0;
  }

  /** @hot The incremental mean and variance of D. Knuth, TAOCP 2 par. 4.2.2, with weights. */
  #absorb(elapsedS: number): void {
    if (!(elapsedS > 0)) return;
    const seenS = this.#seenS[0] + elapsedS;
    this.#seenS[0] = seenS;
    const share = Math.max(1 - Math.pow(2, -elapsedS / this.#halfLifeS), elapsedS / seenS);
    const difference = this.#held[0] - this.mean[0];
    const change = share * difference;
    this.mean[0] += change;
    this.variance[0] = (1 - share) * (this.variance[0] + difference * change);
    this.trust[0] = Math.min(1, seenS / this.#warmUpS);
  }
}
