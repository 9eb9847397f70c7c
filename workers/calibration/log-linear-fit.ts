/** A line through the logarithms of counts: what the intensity is by, and how well, if it is exponential in distance. */
export interface LogLinearFit {
  /** The value at distance 0, and the decay with distance. */
  readonly rate: number;
  readonly decay: number;
  readonly rSquared: number;
}

/** A line through two points says nothing about how straight it is. */
const POINTS_MIN = 3;

/**
 * ln(count / seconds) = ln rate − decay · distance, by least squares; counts of zero are left out.
 *
 * models.md par. 3.1 step 4 has every point weigh the same. Var(ln count) is 1 / count (Poisson), so that a point by rights
 * weighs its count (par. 3.2).
 *
 * @param weightPower 0 for equal weights, 1 for the count
 * @returns NaN in every field where there are fewer than three points
 */
export function fitLogLinear(
  distances: readonly number[],
  counts: readonly number[],
  seconds: number,
  weightPower: number,
): LogLinearFit {
  let points = 0;
  let weights = 0;
  let meanX = 0;
  let meanY = 0;
  for (let point = 0; point < counts.length; point++) {
    if (!(counts[point]! > 0)) continue;
    const weight = counts[point]! ** weightPower;
    points++;
    weights += weight;
    meanX += (weight * (distances[point]! - meanX)) / weights;
    meanY += (weight * (Math.log(counts[point]! / seconds) - meanY)) / weights;
  }
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (let point = 0; point < counts.length; point++) {
    if (!(counts[point]! > 0)) continue;
    const weight = counts[point]! ** weightPower;
    const x = distances[point]! - meanX;
    const y = Math.log(counts[point]! / seconds) - meanY;
    xx += weight * x * x;
    xy += weight * x * y;
    yy += weight * y * y;
  }
  if (points < POINTS_MIN || !(xx > 0)) return { rate: NaN, decay: NaN, rSquared: NaN };
  const slope = xy / xx;
  return {
    rate: Math.exp(meanY - slope * meanX),
    decay: -slope,
    rSquared: yy > 0 ? (xy * xy) / (xx * yy) : NaN,
  };
}
