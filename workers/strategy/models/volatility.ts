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
    const { sigma, feeTicks, bidAdverse, askAdverse, dialTicks, unitsMax } = inputs;
    const half = sigma * this.#root * this.#ratio;
    const bidHalf = half + costTicks(feeTicks, bidAdverse);
    const askHalf = half + costTicks(feeTicks, askAdverse);
    // The share is at most 1, so that no distance becomes negative.
    const skew = Math.max(0, Math.min(dialTicks, bidHalf, askHalf)) / unitsMax;
    curve.setLinear(bidHalf, askHalf, skew, 0);
    return curve.isSound();
  }
}
