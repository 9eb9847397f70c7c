import type { DistanceCurve } from './distance-curve.ts';
import { costTicks } from './glft.ts';
import type { ModelInputs, QuotingModel } from './quoting-model.ts';

/**
 * By volatility alone (models.md par. 5.1-2): half = σ·√h, and what a fill costs; inventory widens one side and narrows the
 * other by the same share, bid = half·(1 + κn), ask = half·(1 − κn), n the share of the largest inventory.
 */
export class Volatility implements QuotingModel {
  readonly name = 'volatility';
  readonly needsIntensity = false;
  readonly gamma = 0;
  readonly #root: number;
  readonly #ratio: number;

  /**
   * @param seconds the half spread is what the price moves in this time, one standard deviation
   * @param ratio times this: wider where it stands in for a model that is not calibrated
   */
  constructor(seconds: number, ratio: number) {
    this.#root = Math.sqrt(seconds);
    this.#ratio = ratio;
  }

  fit(inputs: ModelInputs, curve: DistanceCurve): boolean {
    const { sigma, feeTicks, bidAdverse, askAdverse, dialTicks, halfMinTicks, unitsMax } = inputs;
    const half = sigma * this.#root * this.#ratio;
    const bidHalf = half + costTicks(feeTicks, bidAdverse);
    const askHalf = half + costTicks(feeTicks, askAdverse);
    // The share is at most 1 of what will be quoted, so that no distance becomes negative. In a quiet market, or with a
    // rebate, that is the least half spread: volatility's own would leave no shift.
    const quoted = Math.max(halfMinTicks, Math.min(bidHalf, askHalf));
    const skew = Math.min(dialTicks, quoted) / unitsMax;
    curve.setLinear(bidHalf, askHalf, skew, 0);
    return curve.isSound();
  }
}
