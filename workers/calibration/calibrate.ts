/**
 * One fit: what has been counted and the model before in, the model now out. Pure: it reads no clock and keeps nothing.
 *
 * While a gate fails the intensity that was trusted last stays, marked as not trusted, until it is as old as the memory
 * of the counts; volatility is always the newest, since the quoter goes by it alone in the meantime.
 *
 * Cost: some passes over 128 buckets, some small objects; off the path.
 */
import { FLOW_BUCKETS, FlowField, FlowHistogram } from '../../engine/base/flow-record.ts';
import { CalibrationGate, MODEL_DOUBLES, ModelField } from '../../engine/base/model-record.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Nanoseconds } from '../../engine/base/units.ts';
import type { CalibrationParameters, InstrumentCalibration, StartModel } from './calibration-parameters.ts';
import { fitIntensity, rateAtZero, varianceRatioOf } from './intensity-fit.ts';
import type { Intensity, IntensityFit } from './intensity-fit.ts';
import { failedBits, limited, nearRate, readGates } from './model-gates.ts';
import { fitOwnFills } from './own-fill-fit.ts';

/** So many fills weigh as much as the belief that fills do not move the market. */
const ADVERSE_SHRINK = 20;

/** Fields of an intensity. */
const BID = { rate: ModelField.bidRate, decay: ModelField.bidDecay } as const;
const ASK = { rate: ModelField.askRate, decay: ModelField.askDecay } as const;
const POOLED = { rate: ModelField.rate, decay: ModelField.decay } as const;
type IntensityFields = typeof BID | typeof ASK | typeof POOLED;
const KEPT = [
  ModelField.fromTicks,
  ModelField.toTicks,
  ModelField.bidFoundRate,
  ModelField.bidFoundDecay,
  ModelField.askFoundRate,
  ModelField.askFoundDecay,
] as const;
/** The standard errors stand two further than what they are of. */
const ERROR_AFTER = ModelField.bidRateError - ModelField.bidRate;

/**
 * Fills `out` with the model of one instrument.
 *
 * @param flow the row of statistics; a row of zeros while there is none
 * @param previous the model before; a row of zeros when there was none
 */
export function calibrate(
  flow: Float64Array,
  previous: Float64Array,
  parameters: CalibrationParameters,
  instrument: InstrumentCalibration,
  nowNs: Nanoseconds,
  out: Float64Array,
): void {
  const before = beforeOf(previous, instrument.start, nowNs, parameters.memorySeconds);
  const fit = fitFlow(flow, before, parameters, instrument);
  const failed = failedBits(readGates(flow, before, parameters, nowNs, fit));
  const isTrusted = failed === 0 || isStandIn(flow, before, failed);
  out.fill(NaN, 0, MODEL_DOUBLES);
  out[ModelField.version] = previous[ModelField.version]! + 1;
  out[ModelField.timeNs] = nowNs;
  out[ModelField.isTrusted] = isTrusted ? 1 : 0;
  out[ModelField.gatesFailed] = failed;
  out[ModelField.staleSinceNs] = isTrusted ? 0 : previous[ModelField.staleSinceNs]! || nowNs;
  setVolatility(flow, before, (failed & CalibrationGate.volatility) === 0, out);
  if (failed !== 0 && before[ModelField.fittedNs]! > 0) keepIntensity(before, out);
  else if (fit !== undefined) setIntensity(fit, before, parameters, out);
  out[ModelField.fittedNs] = failed === 0 ? nowNs : before[ModelField.fittedNs]!;
  out[ModelField.isStart] =
    failed === 0 || before[ModelField.fittedNs] === 0 ? 0 : before[ModelField.isStart]!;
  if (fit !== undefined) setFigures(fit, out);
  out[ModelField.exposureS] = flow[FlowField.exposureS]!;
  setOwnFills(flow, parameters, out);
  setAdverse(flow, parameters, out);
}

/** The fit of a flow row; undefined where it has counted nothing yet. */
export function fitFlow(
  flow: Float64Array,
  before: Float64Array,
  parameters: CalibrationParameters,
  { fitFromBps }: InstrumentCalibration,
): IntensityFit | undefined {
  const isCounted =
    flow[FlowField.exposureS]! > 0 && flow[FlowField.bucketTicks]! > 0 && flow[FlowField.fairTicks]! > 0;
  if (!isCounted) return undefined;
  const previousFrom = before[ModelField.isTrusted] === 1 ? before[ModelField.fromTicks]! : 0;
  return fitIntensity(flow, parameters, fitFromBps, previousFrom);
}

/** The model before; in the beginning the start model, and without the intensity that is outdated. */
function beforeOf(
  previous: Float64Array,
  start: StartModel | undefined,
  nowNs: Nanoseconds,
  memorySeconds: number,
): Float64Array {
  const before = previous.slice();
  if (previous[ModelField.version] === 0 && start !== undefined) {
    before[ModelField.isTrusted] = 1;
    before[ModelField.isStart] = 1;
    before[ModelField.sigma] = start.sigma;
    for (const name of ['bidRate', 'bidDecay', 'askRate', 'askDecay', 'rate', 'decay'] as const) {
      before[ModelField[name]] = start[name];
    }
    // As if it had been fitted at this moment: it is outdated a memory later.
    before[ModelField.fittedNs] = nowNs;
  }
  if (nowNs - before[ModelField.fittedNs]! > memorySeconds * NS_PER_SECOND) before[ModelField.fittedNs] = 0;
  return before;
}

/** Whether the start model is trusted for want of sweeps: as long as the counts are younger than their memory. */
function isStandIn(flow: Float64Array, before: Float64Array, failed: number): boolean {
  if (before[ModelField.isStart] !== 1 || before[ModelField.isTrusted] !== 1) return false;
  if (before[ModelField.fittedNs] === 0) return false;
  if ((failed & CalibrationGate.sweeps) === 0) return false;
  // Before the first row there is nothing that could be old.
  const isSilent = (failed & CalibrationGate.age) !== 0 && flow[FlowField.timeNs]! > 0;
  const watchedShare = flow[FlowField.exposureS]! / (flow[FlowField.decayS]! || Infinity);
  return !isSilent && watchedShare < 1 - Math.exp(-1);
}

/** The larger of fast and slow, so that spreads widen fast and tighten slowly (models.md par. 3.3). */
function setVolatility(flow: Float64Array, before: Float64Array, isKnown: boolean, out: Float64Array): void {
  if (!isKnown) {
    out[ModelField.sigma] = before[ModelField.sigma]!;
    return;
  }
  const fast = Math.sqrt(flow[FlowField.varianceFast]!);
  const slow = Math.sqrt(flow[FlowField.varianceSlow]!);
  out[ModelField.sigmaFast] = fast;
  out[ModelField.sigmaSlow] = slow;
  out[ModelField.sigma] = Math.max(fast, slow);
}

function setIntensity(
  fit: IntensityFit,
  before: Float64Array,
  { changeRatioMax }: CalibrationParameters,
  out: Float64Array,
): void {
  for (const [fields, found] of [
    [BID, fit.bid],
    [ASK, fit.ask],
    [POOLED, fit.pooled],
  ] as const) {
    const hasBefore = before[ModelField.fittedNs]! > 0;
    const intensity = hasBefore ? limitedTo(before, fields, found, fit.fromTicks, changeRatioMax) : found;
    const { rate, error } = rateAtZero(intensity, fit.fromTicks);
    out[fields.rate] = rate;
    out[fields.decay] = intensity.decay;
    out[fields.rate + ERROR_AFTER] = error;
    out[fields.decay + ERROR_AFTER] = intensity.decayError;
  }
  out[ModelField.fromTicks] = fit.fromTicks;
  out[ModelField.toTicks] = fit.toTicks;
  out[ModelField.bidFoundRate] = fit.bid.nearRate;
  out[ModelField.bidFoundDecay] = fit.bid.decay;
  out[ModelField.askFoundRate] = fit.ask.nearRate;
  out[ModelField.askFoundDecay] = fit.ask.decay;
}

function limitedTo(
  before: Float64Array,
  { rate, decay }: IntensityFields,
  found: Intensity,
  fromTicks: number,
  changeRatioMax: number,
): Intensity {
  const near = { rate: nearRate(before, rate, decay, fromTicks), decay: before[decay]! };
  return limited(found, near, changeRatioMax);
}

function keepIntensity(before: Float64Array, out: Float64Array): void {
  for (const { rate, decay } of [BID, ASK, POOLED]) {
    for (const field of [rate, decay]) {
      out[field] = before[field]!;
      out[field + ERROR_AFTER] = before[field + ERROR_AFTER]!;
    }
  }
  for (const field of KEPT) out[field] = before[field]!;
}

function setFigures(fit: IntensityFit, out: Float64Array): void {
  out[ModelField.bidSweeps] = fit.bid.effective;
  out[ModelField.askSweeps] = fit.ask.effective;
  out[ModelField.rSquared] = fit.rSquared;
  out[ModelField.ksDistance] = fit.ksDistance;
}

/** Fits of our own fills by side, and all of them against what the tape's intensity would have had filled where we stood. */
function setOwnFills(flow: Float64Array, parameters: CalibrationParameters, out: Float64Array): void {
  const bucketTicks = flow[FlowField.bucketTicks]!;
  const varianceRatio = varianceRatioOf(flow);
  let fills = 0;
  let expected = 0;
  for (const [secondsAt, fillsAt, tape, own] of [
    [
      FlowHistogram.bidOwnSeconds,
      FlowHistogram.bidOwnFills,
      BID,
      { rate: ModelField.ownBidRate, decay: ModelField.ownBidDecay },
    ],
    [
      FlowHistogram.askOwnSeconds,
      FlowHistogram.askOwnFills,
      ASK,
      { rate: ModelField.ownAskRate, decay: ModelField.ownAskDecay },
    ],
  ] as const) {
    const seconds = flow.subarray(secondsAt, secondsAt + FLOW_BUCKETS);
    const filled = flow.subarray(fillsAt, fillsAt + FLOW_BUCKETS);
    const fit = fitOwnFills(seconds, filled, bucketTicks, varianceRatio, parameters.ownFillsMin);
    out[own.rate] = fit.rate;
    out[own.decay] = fit.decay;
    fills += fit.fills;
    for (let bucket = 0; bucket < FLOW_BUCKETS; bucket++) {
      expected += seconds[bucket]! * nearRate(out, tape.rate, tape.decay, (bucket + 0.5) * bucketTicks);
    }
  }
  out[ModelField.ownFills] = fills / varianceRatio;
  out[ModelField.queueEfficiency] =
    fills / varianceRatio >= parameters.ownFillsMin && expected > 0 ? fills / expected : NaN;
}

/** Never negative: a market that moves our way after our fills is no reason to stand nearer (models.md par. 7). */
function setAdverse(flow: Float64Array, { adverseSeconds }: CalibrationParameters, out: Float64Array): void {
  const isSlow = adverseSeconds === 5;
  for (const [count, move, to] of [
    [
      FlowField.bidAdverseCount,
      isSlow ? FlowField.bidAdverse5s : FlowField.bidAdverse1s,
      ModelField.bidAdverse,
    ],
    [
      FlowField.askAdverseCount,
      isSlow ? FlowField.askAdverse5s : FlowField.askAdverse1s,
      ModelField.askAdverse,
    ],
  ] as const) {
    const fills = flow[count]!;
    out[to] = fills > 0 ? Math.max(0, (flow[move]! * fills) / (fills + ADVERSE_SHRINK)) : 0;
  }
}
