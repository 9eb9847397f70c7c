/**
 * The obvious twin of `glft-exact`: v(τ) = exp(−Mτ)·1 by its series in small steps, for any time before the end. Slow,
 * and only for boxes and times whose numbers stay within doubles.
 */
import type { ExactInputs } from '../../workers/strategy/models/glft-exact.ts';

export function distancesAfter({ rate, decay, gamma, sigma, units }: ExactInputs, seconds: number) {
  const alpha = (decay * gamma * sigma * sigma) / 2;
  const eta = rate * (1 + gamma / decay) ** -(1 + decay / gamma);
  const size = 2 * units + 1;
  let v = Array<number>(size).fill(1);
  const apply = (vector: readonly number[]): number[] =>
    vector.map((value, index) => {
      const q = index - units;
      return eta * ((vector[index - 1] ?? 0) + (vector[index + 1] ?? 0)) - alpha * q * q * value;
    });
  // Steps so small that ten terms are exact to the last bits.
  const steps = Math.ceil(seconds * (alpha * units * units + 2 * eta) * 8);
  const stepS = seconds / steps;
  for (let step = 0; step < steps; step++) {
    let term = v;
    const sum = [...v];
    for (let order = 1; order <= 10; order++) {
      term = apply(term).map((value) => (value * stepS) / order);
      term.forEach((value, index) => (sum[index]! += value));
    }
    const largest = Math.max(...sum);
    v = sum.map((value) => value / largest);
  }
  const c1 = Math.log(1 + gamma / decay) / gamma;
  return {
    bids: v.map((value, index) => c1 + Math.log(value / (v[index + 1] ?? Number.NaN)) / decay),
    asks: v.map((value, index) => c1 + Math.log(value / (v[index - 1] ?? Number.NaN)) / decay),
  };
}
