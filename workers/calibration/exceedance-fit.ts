/**
 * The decay of the intensity with distance from the distances that sweeps reached, by maximum likelihood.
 *
 * Sweeps that reach at least d are exponential in d: the excess over where the fit begins is exponential, and, counted in
 * buckets, geometric. With n sweeps whose excess is j buckets, and those beyond the fit's end known only to be beyond it,
 *
 *     p = m / (m + Σ min(j, J))               m sweeps within the range, J its buckets
 *     k = −ln(1 − p) / w = ln(1 + m / Σ min(j, J)) / w
 *
 * which is exact for bucketed counts: no half bucket has to be added for their width (models.md par. 3.2 has J without
 * end). A bucket is at least a tick wide: prices stand on a grid, and of two half-tick buckets only one can be reached
 * from one fair price (par. 3.1, the known defect), so that the counts would fall in stairs and the fit be too flat.
 *
 * Where prices themselves are a grid the survival lies midway between "a taker traded at our price" and "through our
 * price": what the queue makes of the former, our own fills tell.
 */
import { fitLogLinear } from './log-linear-fit.ts';

/** Sweeps by deepest distance, one side's or both sides'. */
export interface Exceedances {
  /** Decayed counts by bucket; the last one holds all beyond. */
  readonly counts: Float64Array;
  readonly bucketTicks: number;
  /** A decayed count of n has a variance of n times this: 1 without forgetting, down to a half. */
  readonly varianceRatio: number;
}

export interface FitRange {
  /** Buckets from .. to - 1 are fitted, and what lies beyond is known to lie beyond. */
  readonly from: number;
  readonly to: number;
}

export interface ExceedanceFit {
  /** Decayed count of sweeps that reached the beginning of the range. */
  readonly count: number;
  /** The number of undecayed sweeps that would tell as much. */
  readonly effective: number;
  /** 1 / tick, and its standard error. NaN where no sweep reached beyond the first bucket. */
  readonly decay: number;
  readonly decayError: number;
}

/** Buckets that make one at least a tick wide. */
export function bucketsPerStep(bucketTicks: number): number {
  return Math.max(1, Math.ceil(1 / bucketTicks - 1e-9));
}

/** Decayed count of sweeps that reached bucket `from`. */
export function countFrom(counts: Float64Array, from: number): number {
  let count = 0;
  for (let bucket = from; bucket < counts.length; bucket++) count += counts[bucket]!;
  return count;
}

/** Sums of a side over a range: all the fit needs of it. */
export interface Tally {
  /** Sweeps that reached the range, and those that ended in it. */
  readonly count: number;
  readonly within: number;
  /** Steps that all of them went on within it. */
  readonly excess: number;
}

export function tally(counts: Float64Array, bucketTicks: number, range: FitRange): Tally {
  const step = bucketsPerStep(bucketTicks);
  const steps = Math.floor((range.to - range.from) / step);
  let within = 0;
  let count = 0;
  let excess = 0;
  for (let bucket = range.from; bucket < counts.length; bucket++) {
    const weight = counts[bucket]!;
    const reached = Math.min(steps, Math.floor((bucket - range.from) / step));
    count += weight;
    if (reached < steps) within += weight;
    excess += reached * weight;
  }
  return { count, within, excess };
}

export function fitExceedances(
  { counts, bucketTicks, varianceRatio }: Exceedances,
  range: FitRange,
): ExceedanceFit {
  const { count, within, excess } = tally(counts, bucketTicks, range);
  const effective = count / varianceRatio;
  if (!(within > 0) || !(excess > 0)) return { count, effective, decay: NaN, decayError: NaN };
  const share = within / (within + excess);
  const width = bucketsPerStep(bucketTicks) * bucketTicks;
  return {
    count,
    effective,
    decay: -Math.log1p(-share) / width,
    // Fisher's information of p is m / (p² (1 − p)); dk/dp = 1 / (w (1 − p)).
    decayError: (share / width) * Math.sqrt(varianceRatio / (within * (1 - share))),
  };
}

/** A decay needs some steps to be seen over. */
const STEPS_MIN = 3;
/** Quotes stand up to about three times the mark-up 1/k beyond where the range begins (models.md par. 3.2). */
const MARK_UPS = 3;
const RANGE_TRIES_MAX = 12;

/**
 * The range from `from` to three mark-ups further, where the mark-up is that of the fit over this very range: the
 * exponential does not hold far out, and few sweeps from there would flatten it where quotes stand.
 */
export function rangeOf(exceedances: Exceedances, from: number): FitRange {
  const { counts, bucketTicks } = exceedances;
  const step = bucketsPerStep(bucketTicks);
  // The last bucket has no end.
  const most = Math.floor((counts.length - 1 - from) / step);
  let steps = most;
  for (let tries = 0; tries < RANGE_TRIES_MAX; tries++) {
    const { decay } = fitExceedances(exceedances, { from, to: from + steps * step });
    if (!(decay > 0)) break;
    const wanted = Math.min(most, Math.max(STEPS_MIN, Math.ceil(MARK_UPS / (decay * step * bucketTicks))));
    if (wanted >= steps) break;
    steps = wanted;
  }
  return { from, to: from + steps * step };
}

export interface FitQuality {
  /** Of ln(survival) against distance, each point weighing its count. */
  readonly rSquared: number;
  /** Largest difference between the survival and the fitted one. */
  readonly ksDistance: number;
}

/** How exponential the excesses are over the range. */
export function qualityOf({ counts, bucketTicks }: Exceedances, range: FitRange, decay: number): FitQuality {
  const step = bucketsPerStep(bucketTicks);
  const distances: number[] = [];
  const survivors: number[] = [];
  let ksDistance = 0;
  const all = countFrom(counts, range.from);
  for (let bucket = range.from; bucket <= range.to; bucket += step) {
    const distance = (bucket - range.from) * bucketTicks;
    const count = countFrom(counts, bucket);
    distances.push(distance);
    survivors.push(count);
    ksDistance = Math.max(ksDistance, Math.abs(count / all - Math.exp(-decay * distance)));
  }
  return {
    rSquared: fitLogLinear(distances, survivors, 1, 1).rSquared,
    ksDistance: all > 0 && decay > 0 ? ksDistance : NaN,
  };
}
