import { Random } from '../../engine/base/random.ts';
import { FLOW_BUCKETS, FLOW_DOUBLES, FlowField, FlowHistogram } from '../../engine/base/flow-record.ts';
import type { CalibrationParameters } from '../../workers/calibration/calibration-parameters.ts';

export interface GeneratedFlow {
  readonly seed: number;
  readonly seconds: number;
  /** Intensities by side, A·e^(−k·d), and volatility. */
  readonly bid: { readonly rate: number; readonly decay: number };
  readonly ask: { readonly rate: number; readonly decay: number };
  readonly sigma?: number;
  readonly bucketTicks?: number;
  readonly fairTicks?: number;
  /** Time constant of forgetting; without it nothing is forgotten. */
  readonly memorySeconds?: number;
  /** Where a price can be: distances are rounded down to this grid, half a step off zero. */
  readonly gridTicks?: number;
}

export const PARAMETERS: CalibrationParameters = {
  seconds: 5,
  memorySeconds: 1_200,
  sweepsMin: 200,
  fitSweepsMin: 50,
  sweepsShrink: 200,
  decayPerBpsMin: 0.02,
  decayPerBpsMax: 200,
  rSquaredMin: 0.8,
  ksDistanceMax: 0.1,
  changeRatioMax: 0.2,
  flowSecondsMax: 15,
  ownFillsMin: 50,
  adverseSeconds: 1,
  instruments: [{ fitFromBps: 0 }],
};

const NO_FORGETTING = 1e12;
const SAMPLE_SECONDS = 0.1;
export const FLOW_TIME_NS = 1_000e9;

/** The row of statistics that flow of known intensity and volatility leaves behind. */
export function generateFlow(options: GeneratedFlow): Float64Array {
  const { seed, seconds, bid, ask, sigma = 2, bucketTicks = 1, fairTicks = 100_000 } = options;
  const memory = options.memorySeconds ?? NO_FORGETTING;
  const random = new Random(seed);
  const row = new Float64Array(FLOW_DOUBLES);
  for (const [at, field, { rate, decay }] of [
    [FlowHistogram.bidSweeps, FlowField.bidSweeps, bid],
    [FlowHistogram.askSweeps, FlowField.askSweeps, ask],
  ] as const) {
    for (let time = random.exponential(1 / rate); time < seconds; time += random.exponential(1 / rate)) {
      let distance = random.exponential(1 / decay);
      if (options.gridTicks !== undefined)
        distance = (Math.floor(distance / options.gridTicks) + 0.5) * options.gridTicks;
      const bucket = Math.min(FLOW_BUCKETS - 1, Math.floor(distance / bucketTicks));
      row[at + bucket]! += Math.exp((time - seconds) / memory);
      row[field]!++;
    }
  }
  let squares = 0;
  const samples = Math.round(seconds / SAMPLE_SECONDS);
  for (let sample = 0; sample < samples; sample++) squares += (sigma * random.normal()) ** 2;
  row[FlowField.timeNs] = FLOW_TIME_NS;
  row[FlowField.bucketTicks] = bucketTicks;
  row[FlowField.fairTicks] = fairTicks;
  row[FlowField.exposureS] = memory * -Math.expm1(-seconds / memory);
  row[FlowField.decayS] = memory;
  row[FlowField.samples] = samples;
  for (const field of [FlowField.varianceFast, FlowField.varianceMid, FlowField.varianceSlow])
    row[field] = squares / samples;
  return row;
}
