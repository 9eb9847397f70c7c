/**
 * Another price of the same thing that moved first: a lead's, the venue's mark or its index (models.md par. 4.4).
 *
 * Owner:      the FairValue that made it.
 * Invariants: a price that is missing, or older than ageMsMax, moves nothing, and the usual distance is not learnt from it.
 * Cost:       O(1): a logarithm, and the score's exponential.
 *
 *     distance = ln(theirs / ours)      move = distance − its mean, within ±3 deviations      adds weight · ours · move
 *
 * The distance is a ratio: instruments with other ticks, or of another coin, need no conversion. From half of ageMsMax on
 * the move fades linearly to nothing, so that the fair price does not jump when the age is reached.
 */
import type { BasisSignalParameters } from './fair-value-parameters.ts';
import { StandardScore } from './standard-score.ts';

export class BasisSignal {
  /** What it adds, in ticks; ours, theirs and the age of theirs in seconds before update(). Cells: fields would be boxed. */
  readonly ticks = new Float64Array(1);
  readonly ours = new Float64Array(1);
  readonly theirs = new Float64Array(1);
  readonly ageS = new Float64Array(1);
  readonly score: StandardScore;
  readonly #weight: number;
  readonly #ageSMax: number;

  constructor(parameters: BasisSignalParameters, elapsedS: Float64Array) {
    this.score = new StandardScore(parameters.basisSeconds, elapsedS);
    this.#weight = parameters.weight;
    this.#ageSMax = parameters.ageMsMax / 1_000;
  }

  /** @hot Returns whether their price was fresh enough to be heard. */
  update(): boolean {
    const ours = this.ours[0];
    const theirs = this.theirs[0];
    const left = 1 - this.ageS[0] / this.#ageSMax;
    const score = this.score;
    if (!(theirs > 0) || !(left > 0)) {
      score.skip();
      this.ticks[0] = 0;
      return false;
    }
    score.value[0] = Math.log(theirs / ours);
    score.update();
    this.ticks[0] =
      this.#weight * ours * score.score[0] * Math.sqrt(score.variance[0]) * Math.min(1, 2 * left);
    return true;
  }
}
