/**
 * What must hold before a fit is trusted (models.md par. 3.2), each with the figures it was judged by.
 */
import { FlowField } from '../../engine/base/flow-record.ts';
import { CalibrationGate, ModelField } from '../../engine/base/model-record.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Nanoseconds } from '../../engine/base/units.ts';
import type { CalibrationParameters } from './calibration-parameters.ts';
import type { Intensity, IntensityFit } from './intensity-fit.ts';

export interface GateReading {
  readonly name: keyof typeof CalibrationGate;
  readonly holds: boolean;
  /** What was found, and what it was held against. */
  readonly figures: Readonly<Record<string, number>>;
  readonly limits: Readonly<Record<string, number>>;
}

const BPS = 1e-4;
/** Ten seconds of samples: the fast volatility is then half of what was seen. */
const SAMPLES_MIN = 100;
/** How much worse than its limit a figure of a trusted model may be, so that trust does not flicker. */
const TRUST_SLACK = 0.1;
/** A value that the limit of change lets follow in so many fits is on its way; one farther off is not believed. */
const CHANGE_FITS_MAX = 4;

/** @param before the model before; its intensity is compared where it is still worth keeping */
export function readGates(
  flow: Float64Array,
  before: Float64Array,
  parameters: CalibrationParameters,
  nowNs: Nanoseconds,
  fit: IntensityFit | undefined,
): GateReading[] {
  const slack = before[ModelField.isTrusted] === 1 ? TRUST_SLACK : 0;
  return [
    sweepsGate(parameters, slack, fit),
    decayGate(flow, parameters, slack, fit),
    qualityGate(parameters, slack, fit),
    changeGate(before, parameters, fit),
    volatilityGate(flow),
    ageGate(flow, parameters, nowNs),
  ];
}

/** Bits of `gatesFailed`. */
export function failedBits(readings: readonly GateReading[]): number {
  let bits = 0;
  for (const { name, holds } of readings) if (!holds) bits |= CalibrationGate[name];
  return bits;
}

function sweepsGate(
  parameters: CalibrationParameters,
  slack: number,
  fit: IntensityFit | undefined,
): GateReading {
  const sweeps = fit?.all ?? 0;
  const reaching = fit?.effective ?? 0;
  const sweepsMin = parameters.sweepsMin * (1 - slack);
  const fitSweepsMin = parameters.fitSweepsMin * (1 - slack);
  return {
    name: 'sweeps',
    holds: sweeps >= sweepsMin && reaching >= fitSweepsMin,
    figures: { sweeps, reaching },
    limits: { sweepsMin, fitSweepsMin },
  };
}

function decayGate(
  flow: Float64Array,
  { decayPerBpsMin, decayPerBpsMax }: CalibrationParameters,
  slack: number,
  fit: IntensityFit | undefined,
): GateReading {
  const ticksPerBps = flow[FlowField.fairTicks]! * BPS;
  const perBps = [fit?.bid, fit?.ask].map((side) => (side?.decay ?? NaN) * ticksPerBps);
  const limits = {
    decayPerBpsMin: decayPerBpsMin * (1 - slack),
    decayPerBpsMax: decayPerBpsMax * (1 + slack),
  };
  return {
    name: 'decayRange',
    holds: perBps.every((each) => each >= limits.decayPerBpsMin && each <= limits.decayPerBpsMax),
    figures: { bidDecayPerBps: perBps[0]!, askDecayPerBps: perBps[1]! },
    limits,
  };
}

function qualityGate(
  parameters: CalibrationParameters,
  slack: number,
  fit: IntensityFit | undefined,
): GateReading {
  const rSquared = fit?.rSquared ?? NaN;
  const ksDistance = fit?.ksDistance ?? NaN;
  const rSquaredMin = parameters.rSquaredMin * (1 - slack);
  const ksDistanceMax = parameters.ksDistanceMax * (1 + slack);
  return {
    name: 'fitQuality',
    holds: rSquared >= rSquaredMin || ksDistance <= ksDistanceMax,
    figures: { rSquared, ksDistance },
    limits: { rSquaredMin, ksDistanceMax },
  };
}

/**
 * A trusted value follows what is found by a share a fit. From one fit to the next, over the same distances, the counts
 * change little: what is found so far from what was found before that following would take more than four fits is not
 * believed. A start model is held against the first fit in the same way.
 */
function changeGate(
  before: Float64Array,
  parameters: CalibrationParameters,
  fit: IntensityFit | undefined,
): GateReading {
  const changeMax = (1 + parameters.changeRatioMax) ** CHANGE_FITS_MAX;
  const isStart = before[ModelField.isStart] === 1;
  const isComparable = isStart || before[ModelField.fromTicks] === fit?.fromTicks;
  let change = 1;
  if (fit !== undefined && before[ModelField.fittedNs]! > 0 && isComparable) {
    for (const { found, rate, decay, foundRate, foundDecay } of sidesOf(fit)) {
      const nearBefore = isStart ? nearRate(before, rate, decay, fit.fromTicks) : before[foundRate]!;
      const decayBefore = isStart ? before[decay]! : before[foundDecay]!;
      change = Math.max(change, ratio(found.decay, decayBefore), ratio(found.nearRate, nearBefore));
    }
  }
  return { name: 'changeLimit', holds: change <= changeMax, figures: { change }, limits: { changeMax } };
}

function sidesOf({ bid, ask }: IntensityFit) {
  return [
    {
      found: bid,
      rate: ModelField.bidRate,
      decay: ModelField.bidDecay,
      foundRate: ModelField.bidFoundRate,
      foundDecay: ModelField.bidFoundDecay,
    },
    {
      found: ask,
      rate: ModelField.askRate,
      decay: ModelField.askDecay,
      foundRate: ModelField.askFoundRate,
      foundDecay: ModelField.askFoundDecay,
    },
  ] as const;
}

function ratio(now: number, before: number): number {
  return Math.max(now / before, before / now);
}

/** The rate of a model at `ticks`. */
export function nearRate(model: Float64Array, rate: ModelField, decay: ModelField, ticks: number): number {
  return model[rate]! * Math.exp(-model[decay]! * ticks);
}

function volatilityGate(flow: Float64Array): GateReading {
  const samples = flow[FlowField.samples]!;
  const varianceFast = flow[FlowField.varianceFast]!;
  const varianceSlow = flow[FlowField.varianceSlow]!;
  const isFinite = Number.isFinite(varianceFast) && Number.isFinite(varianceSlow);
  return {
    name: 'volatility',
    holds: samples >= SAMPLES_MIN && isFinite && varianceFast >= 0 && varianceSlow > 0,
    figures: { samples, varianceFast, varianceSlow },
    limits: { samplesMin: SAMPLES_MIN },
  };
}

function ageGate(
  flow: Float64Array,
  { flowSecondsMax }: CalibrationParameters,
  nowNs: Nanoseconds,
): GateReading {
  const flowSeconds =
    flow[FlowField.timeNs]! > 0 ? (nowNs - flow[FlowField.timeNs]!) / NS_PER_SECOND : Infinity;
  return {
    name: 'age',
    holds: flowSeconds <= flowSecondsMax,
    figures: { flowSeconds },
    limits: { flowSecondsMax },
  };
}

/** A new value as far as the limit of change lets it move from the one before. */
export function limited(
  now: Intensity,
  before: { rate: number; decay: number },
  changeRatioMax: number,
): Intensity {
  const most = 1 + changeRatioMax;
  return {
    ...now,
    decay: Math.min(Math.max(now.decay, before.decay / most), before.decay * most),
    nearRate: Math.min(Math.max(now.nearRate, before.rate / most), before.rate * most),
  };
}
