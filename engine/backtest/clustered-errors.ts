/**
 * Standard errors of an intensity whose sweeps come in clusters: from how much stretches of time differ, and not from the
 * number of sweeps. Each stretch's influence on the estimates is added up as a whole (the sandwich estimator), so that
 * nothing is assumed of what happens within one.
 */
import { FLOW_BUCKETS, FlowField } from '../base/flow-record.ts';
import type { FlowHistogram } from '../base/flow-record.ts';
import { bucketsPerStep, tally } from '../../workers/calibration/exceedance-fit.ts';

export interface ClusteredErrors {
  /** Of the rate at distance 0, and of the decay; NaN from too few stretches. */
  readonly rateError: number;
  readonly decayError: number;
}

const STRETCHES_MIN = 10;

/**
 * @param stretches flow rows, one after the other in time
 * @param histogram the side's sweeps
 */
export function clusteredErrors(
  stretches: readonly Float64Array[],
  histogram: FlowHistogram,
  { fromTicks, toTicks }: { readonly fromTicks: number; readonly toTicks: number },
): ClusteredErrors {
  if (stretches.length < STRETCHES_MIN) return { rateError: NaN, decayError: NaN };
  const bucketTicks = stretches[0]![FlowField.bucketTicks]!;
  const range = { from: Math.round(fromTicks / bucketTicks), to: Math.round(toTicks / bucketTicks) };
  const rows = stretches.map((flow) => ({
    seconds: flow[FlowField.exposureS]!,
    ...tally(flow.subarray(histogram, histogram + FLOW_BUCKETS), bucketTicks, range),
  }));
  const sum = (of: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((all, row) => all + of(row), 0);
  const seconds = sum((row) => row.seconds);
  const count = sum((row) => row.count);
  const trials = sum((row) => row.within + row.excess);
  const share = sum((row) => row.within) / trials;
  const width = bucketsPerStep(bucketTicks) * bucketTicks;
  // Small samples: as for a variance.
  const correction = Math.sqrt(rows.length / (rows.length - 1));
  const ofDecay = rows.map(
    ({ within, excess }) => (within * (1 - share) - excess * share) / (trials * width * (1 - share)),
  );
  const ofLogRate = rows.map(
    (row, index) => row.count / count - row.seconds / seconds + fromTicks * ofDecay[index]!,
  );
  const decay = -Math.log1p(-share) / width;
  const rate = (count / seconds) * Math.exp(decay * fromTicks);
  return {
    rateError: rate * correction * Math.hypot(...ofLogRate),
    decayError: correction * Math.hypot(...ofDecay),
  };
}
