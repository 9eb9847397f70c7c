import type { DistanceCurve } from './distance-curve.ts';
import type { ModelInputs, QuotingModel } from './quoting-model.ts';

/**
 * Guéant, Lehalle and Fernandez-Tapia in closed form. Sources: Math. Finan. Econ. 7(4), 2013, arXiv 1105.3115; O. Guéant,
 * Applied Mathematical Finance 24(2), 2017, arXiv 1605.01862 eq. (4.6)-(4.7).
 *
 * `xi` is the curvature of the utility: gamma for the exponential one, 0 for a risk-adjusted expectation. The formulas go
 * through log1p(x)/x, which is exact down to the smallest x, so that only 0 itself is a case of its own.
 */

/** c1, the monopolist's mark-up in ticks: (1/ξΔ)·ln(1 + ξΔ/k), and 1/k where ξ is 0. */
export function markup(decay: number, xi: number, size = 1): number {
  const x = (xi * size) / decay;
  return x === 0 ? 1 / decay : Math.log1p(x) / (x * decay);
}

/** @testonly c2, what a unit of risk costs in ticks: sqrt(γ/(2AΔk) · (1 + ξΔ/k)^(k/ξΔ + 1)); the power is e where ξ is 0. */
export function riskPremium(rate: number, decay: number, gamma: number, xi: number, size = 1): number {
  const x = (xi * size) / decay;
  const power = x === 0 ? Math.E : Math.exp((1 / x + 1) * Math.log1p(x));
  return Math.sqrt((gamma / (2 * rate * size * decay)) * power);
}

/**
 * @testonly The risk dial: the γ whose skew moves quotes by `dialTicks` at `unitsMax` (models.md par. 3.6).
 *
 * @param isExponential ξ = γ, found by bisection; else ξ = 0, in closed form
 */
export function gammaOfDial(
  { sigma, rate, decay, dialTicks, unitsMax }: DialInputs,
  isExponential: boolean,
): number {
  const skew = dialTicks / unitsMax;
  const closed = (2 * rate * decay * (skew / sigma) ** 2) / Math.E;
  if (!isExponential) return closed;
  // The power is at least e, so that the root is at most the closed form's.
  let low = 0;
  let high = closed;
  for (let round = 0; round < BISECTIONS_MAX; round++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (sigma * riskPremium(rate, decay, middle, middle) < skew) low = middle;
    else high = middle;
  }
  return high;
}

type DialInputs = Pick<ModelInputs, 'sigma' | 'rate' | 'decay' | 'dialTicks' | 'unitsMax'>;

/** Halvings until two neighbouring doubles are left, with some to spare. */
const BISECTIONS_MAX = 200;
/** e to more than this would leave the range of doubles where rates are tiny already. */
const EXPONENT_MAX = 300;

/** What is left of the rate once fees and adverse moves are reckoned with: A·e^(−kφ)·e^(−kι/2) (models.md par. 2.1). */
export function rateAfterCosts({ rate, decay, feeTicks, bidAdverse, askAdverse }: ModelInputs): number {
  const exponent = decay * feeTicks + (decay * (bidAdverse + askAdverse)) / 4;
  return rate * Math.exp(-Math.max(-EXPONENT_MAX, Math.min(EXPONENT_MAX, exponent)));
}

/** The inventory that a drift makes the model aim at, µ/(γσ²), at most half of the largest either way. */
export function driftShift({ driftTicksPerSecond, sigma, unitsMax }: ModelInputs, gamma: number): number {
  if (driftTicksPerSecond === 0 || gamma === 0) return 0;
  const shift = driftTicksPerSecond / (gamma * sigma * sigma);
  return Math.max(-unitsMax / 2, Math.min(unitsMax / 2, shift));
}

/** What a side keeps of its own: the fee, and half of what the price moves against it. */
export function costTicks(feeTicks: number, adverseTicks: number): number {
  return feeTicks + adverseTicks / 2;
}

/** How far intensities alone may turn the skew away from the dial, either way. */
const PREMIUM_RATIO_MAX = 2;

/**
 * The risk dial as it is used: γ is set at the first fit and kept, so that the skew goes on breathing with σ.
 *
 * It also follows the intensities, and these are extrapolated: with a fee the rate that counts is A·e^(−kφ), and
 * kφ is 22 where a fee is 22 times 1/k. A decay that is a tenth off then turns the skew by a factor of three. So what
 * intensities change of the premium is bounded to a half and twice that of the first fit.
 */
export class RiskDial {
  /** NaN until the first fit. */
  gamma = Number.NaN;
  #premium = Number.NaN;

  /** γ to be used with these inputs and this rate. */
  gammaFor(inputs: ModelInputs, rate: number): number {
    const { decay } = inputs;
    if (Number.isNaN(this.gamma)) {
      this.gamma = gammaOfDial({ ...inputs, rate }, true);
      this.#premium = riskPremium(rate, decay, this.gamma, this.gamma);
    }
    const { gamma } = this;
    if (!(this.#premium > 0)) return gamma;
    const ratio = riskPremium(rate, decay, gamma, gamma) / this.#premium;
    if (ratio <= PREMIUM_RATIO_MAX && ratio >= 1 / PREMIUM_RATIO_MAX) return gamma;
    const bound = ratio > 1 ? PREMIUM_RATIO_MAX : 1 / PREMIUM_RATIO_MAX;
    const { sigma } = inputs;
    return gammaOfDial({ sigma, rate, decay, dialTicks: sigma * this.#premium * bound, unitsMax: 1 }, true);
  }
}

/** half = c1 + σ·c2/2, skew = σ·c2 a unit; the mark-up by each side's own decay. */
export class Glft implements QuotingModel {
  readonly name = 'glft';
  readonly needsIntensity = true;
  readonly dial = new RiskDial();
  gamma = 0;

  fit(inputs: ModelInputs, curve: DistanceCurve): boolean {
    const rate = rateAfterCosts(inputs);
    this.gamma = this.dial.gammaFor(inputs, rate);
    const { gamma } = this;
    const { sigma, decay, bidDecay, askDecay, feeTicks, bidAdverse, askAdverse } = inputs;
    const skew = sigma * riskPremium(rate, decay, gamma, gamma);
    const bidHalf = markup(bidDecay, gamma) + skew / 2 + costTicks(feeTicks, bidAdverse);
    const askHalf = markup(askDecay, gamma) + skew / 2 + costTicks(feeTicks, askAdverse);
    curve.setLinear(bidHalf, askHalf, skew, driftShift(inputs, gamma));
    return curve.isSound();
  }
}
