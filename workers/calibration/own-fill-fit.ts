/**
 * The intensity of our own fills, queue and all: orders rested for so many seconds at a distance, and so many were filled.
 *
 *     maximise  Σ fills (ln A − k·x) − A · Σ seconds · e^(−k·x)             models.md par. 3.2
 *
 * Given k the best A is fills / Σ seconds·e^(−k·x). What is left is that the fills' mean distance equals that of the seconds
 * weighted by e^(−k·x), which falls as k grows: Newton on one number, kept within a bracket.
 */

export interface OwnFillFit {
  readonly fills: number;
  readonly rate: number;
  readonly decay: number;
  readonly rateError: number;
  readonly decayError: number;
}

const TRIES_MAX = 60;
const NOT_KNOWN = { rate: NaN, decay: NaN, rateError: NaN, decayError: NaN };

/**
 * Two histograms over the same buckets; a bucket stands for its middle.
 *
 * @param varianceRatio as of `Exceedances`
 * @returns NaN but for `fills` where the fills do not tell: fewer than `fillsMin`, all at one distance, or more of them
 * far away
 */
export function fitOwnFills(
  seconds: Float64Array,
  fills: Float64Array,
  bucketTicks: number,
  varianceRatio: number,
  fillsMin: number,
): OwnFillFit {
  let filled = 0;
  let meanFilled = 0;
  for (let bucket = 0; bucket < fills.length; bucket++) {
    // A fill without a second at rest was sampled too coarsely to be of use.
    if (!(seconds[bucket]! > 0) || !(fills[bucket]! > 0)) continue;
    filled += fills[bucket]!;
    meanFilled += fills[bucket]! * (bucket + 0.5) * bucketTicks;
  }
  meanFilled /= filled;
  if (!(filled / varianceRatio >= fillsMin)) return { fills: filled, ...NOT_KNOWN };
  const decay = solve(seconds, bucketTicks, meanFilled);
  const tilted = tilt(seconds, bucketTicks, decay);
  if (!(decay > 0) || !(tilted.variance > 0)) return { fills: filled, ...NOT_KNOWN };
  const rate = filled / tilted.sum;
  const decayError = Math.sqrt(varianceRatio / (filled * tilted.variance));
  const logError = Math.sqrt(varianceRatio / filled + (tilted.mean * decayError) ** 2);
  return { fills: filled, rate, decay, rateError: rate * logError, decayError };
}

interface Tilted {
  readonly sum: number;
  readonly mean: number;
  readonly variance: number;
}

/** Of the seconds weighted by e^(−decay·x). */
function tilt(seconds: Float64Array, bucketTicks: number, decay: number): Tilted {
  let sum = 0;
  let mean = 0;
  let squares = 0;
  for (let bucket = 0; bucket < seconds.length; bucket++) {
    if (!(seconds[bucket]! > 0)) continue;
    const x = (bucket + 0.5) * bucketTicks;
    const weight = seconds[bucket]! * Math.exp(-decay * x);
    sum += weight;
    mean += weight * x;
    squares += weight * x * x;
  }
  mean /= sum;
  return { sum, mean, variance: squares / sum - mean * mean };
}

/** The decay at which the tilted mean is `target`; NaN where none above zero has it. */
function solve(seconds: Float64Array, bucketTicks: number, target: number): number {
  let low = 0;
  const { mean, variance } = tilt(seconds, bucketTicks, 0);
  // All order-seconds at one distance, or fills farther away than where we stood: the intensity does not fall.
  if (!(variance > 0) || !(target < mean)) return NaN;
  // An excess of 1/50 of a bucket is as steep as the buckets can tell.
  let high = 50 / bucketTicks;
  let decay = Math.min(high / 2, 1 / Math.max(target, bucketTicks));
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const tilted = tilt(seconds, bucketTicks, decay);
    const error = tilted.mean - target;
    if (error > 0) low = decay;
    else high = decay;
    const step = tilted.variance > 0 ? error / tilted.variance : 0;
    const next = decay + step;
    const wanted = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(wanted - decay) <= 1e-13 * decay) return wanted;
    decay = wanted;
  }
  return decay;
}
