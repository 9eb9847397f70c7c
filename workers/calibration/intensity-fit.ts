/**
 * How often takers reach how far, A·e^(−k·d) by side, from the histograms of one flow record.
 *
 * A side is shrunk towards both sides together: with n sweeps it weighs w = n / (n + n0), in its decay k and in its rate
 * at the distance where the fit begins. That and not A is what the data tell: A is the line drawn back to distance 0.
 */
import { FLOW_BUCKETS, FlowField, FlowHistogram } from '../../engine/base/flow-record.ts';
import type { CalibrationParameters } from './calibration-parameters.ts';
import { countFrom, fitExceedances, qualityOf, rangeOf } from './exceedance-fit.ts';
import type { ExceedanceFit, Exceedances, FitQuality } from './exceedance-fit.ts';

/** `nearRate` is the rate at the distance where the fit begins; errors are standard errors. */
export interface Intensity {
  readonly effective: number;
  readonly nearRate: number;
  readonly nearRateError: number;
  readonly decay: number;
  readonly decayError: number;
}

export interface IntensityFit extends FitQuality {
  readonly bid: Intensity;
  readonly ask: Intensity;
  /** Of a side, from both. */
  readonly pooled: Intensity;
  /** Each side by itself, not shrunk. */
  readonly bidAlone: Intensity;
  readonly askAlone: Intensity;
  readonly fromTicks: number;
  readonly toTicks: number;
  /** Of both sides together: those that reached where the fit begins, and all. */
  readonly effective: number;
  readonly all: number;
}

const BPS = 1e-4;
/** A fit begins where quotes can stand, or up to this share of that nearer: it says nothing of distances far beyond it. */
const FROM_SHARE_MIN = 0.5;
/** Once it begins somewhere it stays until a tenth too few sweeps reach that, or a tenth more than enough one further. */
const FROM_SLACK = 0.1;

/** The share of its own mean that the variance of a decayed count has: (1 + e^(−T/τ)) / 2. */
export function varianceRatioOf(flow: Float64Array): number {
  const share = flow[FlowField.exposureS]! / flow[FlowField.decayS]!;
  return share > 0 ? Math.max(0.5, 1 - share / 2) : 1;
}

/** @param previousFromTicks where the fit began last time; 0 when there was none */
export function fitIntensity(
  flow: Float64Array,
  parameters: CalibrationParameters,
  fitFromBps: number,
  previousFromTicks: number,
): IntensityFit {
  const bucketTicks = flow[FlowField.bucketTicks]!;
  const varianceRatio = varianceRatioOf(flow);
  const sideOf = (at: number): Exceedances => ({
    counts: flow.subarray(at, at + FLOW_BUCKETS),
    bucketTicks,
    varianceRatio,
  });
  const bids = sideOf(FlowHistogram.bidSweeps);
  const asks = sideOf(FlowHistogram.askSweeps);
  const both = { ...bids, counts: bids.counts.map((count, bucket) => count + asks.counts[bucket]!) };
  const wantedTicks = fitFromBps * BPS * flow[FlowField.fairTicks]!;
  const from = beginning(both, wantedTicks, previousFromTicks, parameters.fitSweepsMin);
  const range = rangeOf(both, from);
  const seconds = flow[FlowField.exposureS]!;
  const pooledFit = fitExceedances(both, range);
  const pooled = intensityOf(pooledFit, varianceRatio, 2 * seconds);
  const bidAlone = intensityOf(fitExceedances(bids, range), varianceRatio, seconds);
  const askAlone = intensityOf(fitExceedances(asks, range), varianceRatio, seconds);
  return {
    bid: shrunk(bidAlone, askAlone, pooled, parameters.sweepsShrink),
    ask: shrunk(askAlone, bidAlone, pooled, parameters.sweepsShrink),
    pooled,
    bidAlone,
    askAlone,
    ...qualityOf(both, range, pooledFit.decay),
    fromTicks: range.from * bucketTicks,
    toTicks: range.to * bucketTicks,
    effective: pooledFit.effective,
    all: countFrom(both.counts, 0) / varianceRatio,
  };
}

/** The bucket where the fit begins: the wanted one, or the farthest of those not much nearer that enough sweeps reach. */
function beginning(both: Exceedances, wantedTicks: number, previousTicks: number, sweepsMin: number): number {
  const { counts, bucketTicks, varianceRatio } = both;
  const wanted = Math.min(FLOW_BUCKETS / 2, Math.floor(wantedTicks / bucketTicks + 1e-9));
  const nearest = Math.ceil(wanted * FROM_SHARE_MIN);
  const previous = Math.round(previousTicks / bucketTicks);
  for (let bucket = wanted; bucket > nearest; bucket--) {
    const slack = previousTicks === 0 ? 1 : bucket > previous ? 1 + FROM_SLACK : 1 - FROM_SLACK;
    if (countFrom(counts, bucket) / varianceRatio >= sweepsMin * slack) return bucket;
  }
  return nearest;
}

function intensityOf(fit: ExceedanceFit, varianceRatio: number, seconds: number): Intensity {
  const { count, effective, decay, decayError } = fit;
  const nearRateError = Math.sqrt(count * varianceRatio) / seconds;
  return { effective, nearRate: count / seconds, nearRateError, decay, decayError };
}

/**
 * The error is that of the weighted mean of two sides that do not know of each other, and the pull towards the other side
 * beside it: if the sides do differ, that much of the difference is given up.
 */
function shrunk(own: Intensity, other: Intensity, pooled: Intensity, sweepsShrink: number): Intensity {
  const isKnown = own.decay > 0;
  const weight = isKnown ? own.effective / (own.effective + sweepsShrink) : 0;
  if (!(other.decay > 0)) return isKnown ? own : pooled;
  if (!isKnown) return pooled;
  const total = own.effective + other.effective;
  const ofDecay = (1 - weight) * (other.effective / total);
  const ofRate = (1 - weight) / 2;
  return {
    effective: own.effective,
    nearRate: weight * own.nearRate + (1 - weight) * pooled.nearRate,
    nearRateError: Math.hypot(
      (1 - ofRate) * own.nearRateError,
      ofRate * other.nearRateError,
      (1 - weight) * (own.nearRate - pooled.nearRate),
    ),
    decay: weight * own.decay + (1 - weight) * pooled.decay,
    decayError: Math.hypot(
      (1 - ofDecay) * own.decayError,
      ofDecay * other.decayError,
      (1 - weight) * (own.decay - pooled.decay),
    ),
  };
}

/** The intensity at distance 0, where the line is drawn back to, and its standard error. */
export function rateAtZero(intensity: Intensity, fromTicks: number): { rate: number; error: number } {
  const { nearRate, nearRateError, decay, decayError } = intensity;
  const rate = nearRate * Math.exp(decay * fromTicks);
  return { rate, error: rate * Math.hypot(nearRateError / nearRate, fromTicks * decayError) };
}
