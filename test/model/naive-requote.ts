/** Everything that a requote is weighed by, in words; distances grow away from the market. */
export interface Requote {
  readonly rate: number;
  readonly decay: number;
  readonly distance: number;
  readonly wantedDistance: number;
  readonly takerLots: number;
  readonly takerSquareLots: number;
  readonly aheadLots: number;
  readonly levelLots: number;
  readonly used: number;
}

const HORIZON_S = 1;

/** The integral of the normal density, by Simpson's rule. */
export function normalByIntegral(x: number): number {
  const steps = 800;
  const from = -12;
  const width = (x - from) / steps;
  if (width <= 0) return 0;
  let sum = 0;
  for (let step = 0; step <= steps; step++) {
    const at = from + step * width;
    const weight = step === 0 || step === steps ? 1 : step % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp((-at * at) / 2);
  }
  return (sum * width) / 3 / Math.sqrt(2 * Math.PI);
}

/** Gain less queue value less price, as models.md par. 5.2 writes them, with the cost that makes the wanted price the best. */
export function requoteSurplus(q: Requote): { gain: number; queueValue: number; price: number } {
  const cost = q.wantedDistance - 1 / q.decay;
  const rateAt = (distance: number): number => q.rate * Math.exp(-q.decay * distance);
  const value = (distance: number): number => rateAt(distance) * (distance - cost) * HORIZON_S;
  const share = Math.exp(-q.decay * q.distance);
  const some = -Math.expm1(-rateAt(q.distance) * HORIZON_S);
  // The sum of a Poisson number of sizes, given that it is not zero.
  const sum = q.takerLots * share * HORIZON_S;
  const sumOfSquares = q.takerSquareLots * share * HORIZON_S;
  const mean = sum / some;
  const variance = (sumOfSquares + sum * sum) / some - mean * mean;
  const filled = (lots: number): number =>
    some * normalByIntegral((mean - lots) / Math.sqrt(Math.max(variance, 1e-300)));
  const edge = q.distance - cost;
  return {
    gain: value(q.wantedDistance) - value(q.distance),
    queueValue: edge > 0 ? (filled(q.aheadLots) - filled(q.levelLots)) * edge : 0,
    price: (value(q.wantedDistance) * q.used ** 2) / (1 - q.used),
  };
}
