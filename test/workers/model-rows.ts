import { MODEL_DOUBLES, ModelField } from '../../engine/base/model-record.ts';

/** Calibrated parameters as calibration publishes them: trusted, the same on both sides, made at `timeNs`. */
export function modelRow(changes: Partial<Record<keyof typeof ModelField, number>> = {}): Float64Array {
  const row = new Float64Array(MODEL_DOUBLES);
  const { sigma = 2, rate = 0.8, decay = 0.25 } = changes;
  const fields = {
    version: 1,
    timeNs: 1e9,
    isTrusted: 1,
    sigma,
    rate,
    decay,
    bidRate: rate,
    bidDecay: decay,
    askRate: rate,
    askDecay: decay,
    bidAdverse: 0,
    askAdverse: 0,
    ...changes,
  };
  for (const [name, value] of Object.entries(fields))
    row[ModelField[name as keyof typeof ModelField]] = value;
  return row;
}
