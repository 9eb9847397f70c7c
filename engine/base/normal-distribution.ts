const P = 0.2316419;
const DENSITY_AT_0 = 1 / Math.sqrt(2 * Math.PI);

/**
 * The standard normal distribution function, within 7.5e-8.
 *
 * Source: M. Abramowitz, I. Stegun, "Handbook of Mathematical Functions" (1964), 26.2.17.
 */
export function normalDistribution(x: number): number {
  const t = 1 / (1 + P * Math.abs(x));
  const sum =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = DENSITY_AT_0 * Math.exp((-x * x) / 2) * sum;
  return x >= 0 ? 1 - tail : tail;
}
