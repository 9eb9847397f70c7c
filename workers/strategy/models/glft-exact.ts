import { assert } from '../../../engine/base/assert.ts';
import type { DistanceCurve } from './distance-curve.ts';
import { RiskDial, costTicks, driftShift, markup, rateAfterCosts } from './glft.ts';
import type { ModelInputs, QuotingModel } from './quoting-model.ts';

/**
 * Guéant, Lehalle and Fernandez-Tapia with their inventory bounds, long after the start: distances by the positive
 * eigenvector f of the smallest eigenvalue of the tridiagonal matrix (Math. Finan. Econ. 7(4), 2013)
 *
 *     M[q,q] = αq² − kµq,  M[q,q±1] = −η        α = ½kγσ²,  η = A·(1 + γ/k)^−(1 + k/γ)
 *     bid(q) = (1/k)·ln(f[q] / f[q+1]) + c1      ask(q) = (1/k)·ln(f[q] / f[q−1]) + c1
 *
 * Only ratios of neighbours are needed, and f itself underflows at the ends. So the ratios are what is computed: from
 * each end inwards, M f = λf gives the ratio at q from the one behind it, all positive exactly while λ is not above
 * the smallest eigenvalue, and where both ends meet the last equation says on which side λ lies: bisection finds it to
 * the last bit. Turned down: inverse iteration with a tridiagonal solve, which needs f.
 */
export interface ExactLadder {
  /** Distances at q = −Q … Q; NaN where that side would leave the box. */
  readonly bids: Float64Array;
  readonly asks: Float64Array;
  readonly eigenvalue: number;
}

export interface ExactInputs {
  readonly rate: number;
  readonly decay: number;
  readonly gamma: number;
  readonly sigma: number;
  /** Q, a whole number of units. */
  readonly units: number;
  readonly driftTicksPerSecond?: number;
}

/** Halvings until two neighbouring doubles are left, with some to spare. */
const BISECTIONS_MAX = 200;

/** @testonly The distances of a whole box. */
export function exactLadder(inputs: ExactInputs): ExactLadder {
  const { rate, decay, gamma, sigma, units, driftTicksPerSecond = 0 } = inputs;
  assert(Number.isInteger(units) && units >= 1, 'the box holds whole units');
  const x = gamma / decay;
  const eta = rate * Math.exp(x === 0 ? -1 : -(1 + 1 / x) * Math.log1p(x));
  const alpha = (decay * gamma * sigma * sigma) / 2;
  const diagonal = new Float64Array(2 * units + 1);
  let least = 0;
  for (let index = 0; index < diagonal.length; index++) {
    const q = index - units;
    diagonal[index] = (alpha * q * q - decay * driftTicksPerSecond * q) / eta;
    if (diagonal[index] < diagonal[least]) least = index;
  }
  const ratios = new Ratios(diagonal, least);
  const eigenvalue = ratios.solve();
  const c1 = markup(decay, gamma);
  const bids = new Float64Array(diagonal.length).fill(Number.NaN);
  const asks = new Float64Array(diagonal.length).fill(Number.NaN);
  for (let index = 0; index < diagonal.length - 1; index++) {
    const step = ratios.logStep(index) / decay;
    bids[index] = c1 - step;
    asks[index + 1] = c1 + step;
  }
  return { bids, asks, eigenvalue: eigenvalue * eta };
}

/** Neighbours' ratios of the eigenvector of the matrix with this diagonal and −1 beside it. */
class Ratios {
  readonly #diagonal: Float64Array;
  /** Where the ends meet: the least diagonal, so that f is largest near it and ratios away from it stay below 1. */
  readonly #meeting: number;
  /** Away from the meeting place: f here over f one nearer to it. */
  readonly #outward: Float64Array;

  constructor(diagonal: Float64Array, meeting: number) {
    this.#diagonal = diagonal;
    this.#meeting = meeting;
    this.#outward = new Float64Array(diagonal.length);
  }

  /** The smallest eigenvalue; it lies within 2 below the least diagonal. */
  solve(): number {
    let high = this.#diagonal[this.#meeting];
    let low = high - 2;
    for (let round = 0; round < BISECTIONS_MAX; round++) {
      const middle = (low + high) / 2;
      if (middle <= low || middle >= high) break;
      if (this.#isBelow(middle)) low = middle;
      else high = middle;
    }
    this.#isBelow(low);
    return low;
  }

  /** Whether lambda is below the smallest eigenvalue; sets the ratios as far as it goes. */
  #isBelow(lambda: number): boolean {
    const diagonal = this.#diagonal;
    const outward = this.#outward;
    const meeting = this.#meeting;
    let right = 0;
    for (let index = diagonal.length - 1; index > meeting; index--) {
      const rest = diagonal[index] - lambda - right;
      if (rest <= 0) return false;
      right = 1 / rest;
      outward[index] = right;
    }
    let left = 0;
    for (let index = 0; index < meeting; index++) {
      const rest = diagonal[index] - lambda - left;
      if (rest <= 0) return false;
      left = 1 / rest;
      outward[index] = left;
    }
    return diagonal[meeting] - lambda - right - left > 0;
  }

  /** ln(f[index + 1] / f[index]). */
  logStep(index: number): number {
    const outward = this.#outward;
    return index >= this.#meeting ? Math.log(outward[index + 1]) : -Math.log(outward[index]);
  }
}

/** Larger boxes are computed in larger units: a table of some hundred nodes is as good. */
const UNITS_MAX = 200;

export class GlftExact implements QuotingModel {
  readonly name = 'glft-exact';
  readonly needsIntensity = true;
  readonly dial = new RiskDial();
  gamma = 0;

  fit(inputs: ModelInputs, curve: DistanceCurve): boolean {
    const rate = rateAfterCosts(inputs);
    this.gamma = this.dial.gammaFor(inputs, rate);
    const { decay, sigma, unitsMax } = inputs;
    // In units `step` times as large, a fill is so much rarer and a unit so much riskier.
    const units = Math.max(1, Math.min(UNITS_MAX, Math.ceil(unitsMax)));
    const step = Math.max(1, unitsMax / units);
    const gamma = this.gamma * step;
    // As much of the drift as aims at half of the limit, as in closed form.
    const shift = driftShift(inputs, this.gamma);
    const ladder = exactLadder({
      rate: rate / step,
      decay,
      gamma,
      sigma,
      units,
      driftTicksPerSecond: shift * this.gamma * sigma * sigma,
    });
    const { bids, asks } = ladder;
    closeEnds(bids, asks);
    const { feeTicks, bidDecay, askDecay, bidAdverse, askAdverse } = inputs;
    const c1 = markup(decay, gamma);
    const bidMore = costTicks(feeTicks, bidAdverse) + markup(bidDecay, gamma) - c1;
    const askMore = costTicks(feeTicks, askAdverse) + markup(askDecay, gamma) - c1;
    for (let index = 0; index < bids.length; index++) {
      bids[index] += bidMore;
      asks[index] += askMore;
    }
    curve.setTable(bids, asks, step, bidMore - askMore, shift);
    return curve.isSound();
  }
}

/** Where a side would leave the box it is not quoted; what is read between the last two nodes goes on as before them. */
function closeEnds(bids: Float64Array, asks: Float64Array): void {
  const last = bids.length - 1;
  bids[last] = 2 * bids[last - 1] - bids[last - 2];
  asks[0] = 2 * asks[1] - asks[2];
}
