import type { DistanceCurve } from './distance-curve.ts';
import { costTicks, driftShift, markup } from './glft.ts';
import type { ModelInputs, QuotingModel } from './quoting-model.ts';

/**
 * Avellaneda and Stoikov, Quantitative Finance 8(3), 2008. With a horizon that keeps rolling (the paper's approximate
 * solution, T − t held at a constant), and without one (its stationary reservation prices).
 */

/** @testonly By which the reservation price lies above the price: −q·γσ²τ. */
export function reservationShift(units: number, gamma: number, sigma: number, horizonS: number): number {
  return -units * gamma * sigma * sigma * horizonS;
}

/** @testonly The paper's whole spread between bid and ask, γσ²τ + (2/γ)·ln(1 + γ/k): both halves of the model below. */
export function totalSpread(gamma: number, sigma: number, horizonS: number, decay: number): number {
  return gamma * sigma * sigma * horizonS + 2 * markup(decay, gamma);
}

/**
 * @testonly Reservation prices without a horizon, by which bid and ask lie above the price, with ω = ½γ²σ²(unitsMax + 1)²: σ
 * then drops out. They are what makes the expected utility the same with one unit more, or less:
 *
 *     bid  (1/γ)·ln((B − (q+1)²) / (B − q²))        ask  −(1/γ)·ln((B − (q−1)²) / (B − q²))        B = (unitsMax + 1)²
 *
 * The paper prints the ask with ln(1 + (1−2q)x) where its own condition gives −ln(1 − (1−2q)x): equal to first order,
 * but not the mirror image of the bid. The bid at unitsMax is −∞: it would leave the box.
 */
export function stationaryShifts(
  units: number,
  gamma: number,
  unitsMax: number,
): { readonly bid: number; readonly ask: number; readonly middle: number } {
  const bound = (unitsMax + 1) ** 2;
  const here = bound - units * units;
  const bid = Math.log((bound - (units + 1) ** 2) / here) / gamma;
  const ask = -Math.log((bound - (units - 1) ** 2) / here) / gamma;
  return { bid, ask, middle: (bid + ask) / 2 };
}

/** γ that shifts by `dialTicks` at the largest inventory: with a horizon. */
function gammaOfHorizon({ dialTicks, unitsMax, sigma }: ModelInputs, horizonS: number): number {
  return dialTicks / (unitsMax * sigma * sigma * horizonS);
}

/** The curve stands still beyond this inventory, half a unit before the pole. */
function unitsHeld(unitsMax: number): number {
  return Math.max(unitsMax - 0.5, unitsMax / 2);
}

/** Nodes of the stationary curve on either side of no inventory. */
const NODES = 100;

export class AvellanedaStoikov implements QuotingModel {
  readonly name = 'avellaneda-stoikov';
  readonly needsIntensity = true;
  gamma = Number.NaN;
  readonly #horizonS: number;

  /** @param horizonS 0 for the stationary model */
  constructor(horizonS: number) {
    this.#horizonS = horizonS;
  }

  fit(inputs: ModelInputs, curve: DistanceCurve): boolean {
    if (Number.isNaN(this.gamma)) this.gamma = this.#gammaOf(inputs);
    const { gamma } = this;
    const { sigma, bidDecay, askDecay, feeTicks, bidAdverse, askAdverse } = inputs;
    const bidHalf = markup(bidDecay, gamma) + costTicks(feeTicks, bidAdverse);
    const askHalf = markup(askDecay, gamma) + costTicks(feeTicks, askAdverse);
    if (this.#horizonS === 0) return this.#fitStationary(inputs, bidHalf, askHalf, curve);
    const skew = -reservationShift(1, gamma, sigma, this.#horizonS);
    curve.setLinear(bidHalf + skew / 2, askHalf + skew / 2, skew, driftShift(inputs, gamma));
    return curve.isSound();
  }

  #gammaOf(inputs: ModelInputs): number {
    if (this.#horizonS > 0) return gammaOfHorizon(inputs, this.#horizonS);
    const { unitsMax, dialTicks } = inputs;
    return dialTicks === 0 ? 0 : -stationaryShifts(unitsHeld(unitsMax), 1, unitsMax).middle / dialTicks;
  }

  /** The paper gives no spread here: the liquidity term alone. */
  #fitStationary(inputs: ModelInputs, bidHalf: number, askHalf: number, curve: DistanceCurve): boolean {
    const { gamma } = this;
    const { unitsMax } = inputs;
    const bids = new Float64Array(2 * NODES + 1);
    const asks = new Float64Array(2 * NODES + 1);
    const step = unitsMax / NODES;
    const held = unitsHeld(unitsMax);
    const target = driftShift(inputs, gamma);
    for (let node = -NODES; node <= NODES; node++) {
      const units = Math.max(-held, Math.min(held, node * step - target));
      const shift = gamma === 0 ? 0 : stationaryShifts(units, gamma, unitsMax).middle;
      bids[node + NODES] = bidHalf - shift;
      asks[node + NODES] = askHalf + shift;
    }
    curve.setTable(bids, asks, step, bidHalf - askHalf, target);
    return curve.isSound();
  }
}
