/**
 * What a calibration of recorded markets found, as JSON and in words. Ticks and seconds, as models.md has them: A is
 * sweeps a second at the fair price, k the decay of that with each tick, sigma ticks per square root of a second.
 */
import type { Milliseconds } from '../base/units.ts';
import type { FiledModel } from '../config/model-file.ts';
import { annualVolatility } from '../../workers/calibration/annual-volatility.ts';
import type { CalibrationParameters } from '../../workers/calibration/calibration-parameters.ts';
import { rateAtZero } from '../../workers/calibration/intensity-fit.ts';
import type { Intensity } from '../../workers/calibration/intensity-fit.ts';
import type { GateReading } from '../../workers/calibration/model-gates.ts';
import type { ClusteredErrors } from './clustered-errors.ts';
import type { InstrumentCalibrated, MarketCalibration, PartCalibration } from './market-calibration.ts';
import { isTrusted } from './market-calibration.ts';

const CALIBRATION_FORMAT = 'okx-mm-calibration/1';
const BPS = 1e-4;

/** Null is "not known". */
export interface IntensityRow {
  readonly A: number | null;
  readonly AStandardError: number | null;
  readonly k: number | null;
  readonly kStandardError: number | null;
  readonly kPerBps: number | null;
  /** Sweeps that reached where the fit begins. */
  readonly sweeps: number;
}

/**
 * The standard errors above take every sweep to come by itself. Sweeps come in clusters, of which there are fewer: these
 * errors are from how much stretches of time differ.
 */
export interface UnshrunkRow extends IntensityRow {
  readonly AClusteredStandardError: number | null;
  readonly kClusteredStandardError: number | null;
}

export interface PartRow {
  readonly from: string;
  readonly to: string;
  readonly seconds: number;
  readonly sigma: number | null;
  readonly sigmaStandardError: number | null;
  /** Shrunk towards both sides together, as quotes have them. */
  readonly bid: IntensityRow;
  readonly ask: IntensityRow;
  readonly pooled: IntensityRow;
  readonly fit: {
    readonly fromTicks: number;
    readonly toTicks: number;
    readonly rSquared: number | null;
    readonly ksDistance: number | null;
  };
}

export interface InstrumentRow extends PartRow {
  readonly instId: string;
  readonly tickSize: string;
  readonly price: number;
  readonly trades: number;
  readonly allSweeps: number;
  readonly isTrusted: boolean;
  readonly gates: readonly GateReading[];
  /** Each side by itself. */
  readonly unshrunk: { readonly bid: UnshrunkRow; readonly ask: UnshrunkRow };
  readonly sigmas: {
    readonly ofTenthsOfASecond: number | null;
    readonly bpsPerRootSecond: number | null;
    readonly annualised: number | null;
  };
  /** Parts of equal length, fitted over the same distances from their beginning on. */
  readonly parts: readonly PartRow[];
  /** Over the parts: the largest over the smallest, and χ² of their differences a degree of freedom: 1 by chance. */
  readonly stability: {
    readonly sigma: StabilityRow;
    readonly bidK: StabilityRow;
    readonly askK: StabilityRow;
  };
}

export interface StabilityRow {
  readonly ratio: number | null;
  readonly chiSquared: number | null;
}

export interface CalibrationResult {
  readonly format: string;
  readonly data: readonly string[];
  readonly units: string;
  readonly parameters: Omit<CalibrationParameters, 'instruments'> & { readonly fitFromBps: number };
  readonly instruments: readonly InstrumentRow[];
  readonly cuts: readonly string[];
}

export function calibrationResult(
  { instruments, cuts }: MarketCalibration,
  data: readonly string[],
  parameters: CalibrationResult['parameters'],
): CalibrationResult {
  return {
    format: CALIBRATION_FORMAT,
    data,
    units: 'ticks, seconds',
    parameters,
    instruments: instruments.map(instrumentRow),
    cuts,
  };
}

function instrumentRow(found: InstrumentCalibrated): InstrumentRow {
  const { instrument, fairTicks, parts, fit, gates, volatility, volatilityOfTenths } = found;
  const bpsTicks = fairTicks * BPS;
  const row = (intensity: Intensity): IntensityRow => intensityRow(intensity, fit.fromTicks, bpsTicks);
  return {
    instId: instrument.instId,
    ...partRow(found, bpsTicks),
    tickSize: instrument.tick.step,
    price: fairTicks * instrument.tick.value,
    trades: found.trades,
    allSweeps: found.sweeps,
    isTrusted: isTrusted(found),
    gates,
    unshrunk: {
      bid: { ...row(fit.bidAlone), ...clusteredRow(found.clustered.bid) },
      ask: { ...row(fit.askAlone), ...clusteredRow(found.clustered.ask) },
    },
    sigmas: {
      ofTenthsOfASecond: finite(volatilityOfTenths.sigma),
      bpsPerRootSecond: finite(volatility.sigma / bpsTicks),
      annualised: finite(annualVolatility(volatility.sigma, fairTicks)),
    },
    parts: parts.map((part) => partRow(part, bpsTicks)),
    stability: {
      sigma: stabilityOf(parts.map((part) => [part.volatility.sigma, part.volatility.error])),
      bidK: stabilityOf(parts.map((part) => [part.fit.bid.decay, part.fit.bid.decayError])),
      askK: stabilityOf(parts.map((part) => [part.fit.ask.decay, part.fit.ask.decayError])),
    },
  };
}

function partRow(part: PartCalibration, bpsTicks: number): PartRow {
  const { fromMs, toMs, seconds, fit, volatility } = part;
  const row = (intensity: Intensity): IntensityRow => intensityRow(intensity, fit.fromTicks, bpsTicks);
  return {
    from: timeText(fromMs),
    to: timeText(toMs),
    seconds,
    sigma: finite(volatility.sigma),
    sigmaStandardError: finite(volatility.error),
    bid: row(fit.bid),
    ask: row(fit.ask),
    pooled: row(fit.pooled),
    fit: {
      fromTicks: fit.fromTicks,
      toTicks: fit.toTicks,
      rSquared: finite(fit.rSquared),
      ksDistance: finite(fit.ksDistance),
    },
  };
}

function intensityRow(intensity: Intensity, fromTicks: number, bpsTicks: number): IntensityRow {
  const { rate, error } = rateAtZero(intensity, fromTicks);
  return {
    A: finite(rate),
    AStandardError: finite(error),
    k: finite(intensity.decay),
    kStandardError: finite(intensity.decayError),
    kPerBps: finite(intensity.decay * bpsTicks),
    sweeps: intensity.effective,
  };
}

function clusteredRow({ rateError, decayError }: ClusteredErrors) {
  return { AClusteredStandardError: finite(rateError), kClusteredStandardError: finite(decayError) };
}

function stabilityOf(estimates: readonly (readonly [value: number, error: number])[]): StabilityRow {
  const known = estimates.filter(([value, error]) => value > 0 && error > 0);
  if (known.length < 2) return { ratio: null, chiSquared: null };
  const values = known.map(([value]) => value);
  const weights = known.map(([, error]) => 1 / (error * error));
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const mean = known.reduce((all, [value], index) => all + value * weights[index]!, 0) / sum;
  const squares = known.reduce((all, [value], index) => all + (value - mean) ** 2 * weights[index]!, 0);
  return {
    ratio: Math.max(...values) / Math.min(...values),
    chiSquared: squares / (known.length - 1),
  };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function timeText(ms: Milliseconds): string {
  return new Date(ms).toISOString();
}

/** The models that may be begun with, by instrument: those whose gates hold. */
export function filedModels(
  { instruments }: MarketCalibration,
  fitFromBps: number,
): Readonly<Record<string, FiledModel>> {
  const trusted = instruments.filter(isTrusted);
  return Object.fromEntries(
    trusted.map(({ instrument, fit, toMs, volatility }) => {
      const of = (intensity: Intensity): FiledModel['bid'] => ({
        rate: rateAtZero(intensity, fit.fromTicks).rate,
        decay: intensity.decay,
      });
      const model: FiledModel = {
        tickSize: instrument.tick.step,
        until: timeText(toMs),
        fitFromBps,
        sigma: volatility.sigma,
        bid: of(fit.bid),
        ask: of(fit.ask),
        pooled: of(fit.pooled),
      };
      return [instrument.instId, model];
    }),
  );
}

// --------------------------------------------------------------------------------------------------- in words

/** Lines for a terminal. */
export function calibrationText({ instruments }: CalibrationResult, found: MarketCalibration): string {
  return instruments.map((row, index) => instrumentText(row, found.instruments[index]!)).join('\n');
}

function instrumentText(row: InstrumentRow, { volatility }: InstrumentCalibrated): string {
  const { instId, from, to, seconds, allSweeps, trades, fit, tickSize, price } = row;
  const bps = (ticks: number): string => digits((ticks * Number(tickSize)) / (price * BPS));
  const head = `${instId}  ${from.slice(0, 19)} to ${to.slice(0, 19)} UTC, ${seconds.toFixed(0)} s, ${allSweeps} sweeps of ${trades} trades`;
  const lines = [
    [
      'sigma',
      `${plusMinus(volatility.sigma, volatility.error)} ticks/√s  (${digits(row.sigmas.bpsPerRootSecond)} bps/√s)`,
    ],
    ['bids', intensityText(row.bid)],
    ['', clusteredText(row.unshrunk.bid)],
    ['asks', intensityText(row.ask)],
    ['', clusteredText(row.unshrunk.ask)],
    ['both', intensityText(row.pooled)],
    [
      'fitted',
      `from ${fit.fromTicks} to ${fit.toTicks} ticks (${bps(fit.fromTicks)} to ${bps(fit.toTicks)} bps from the fair price)`,
    ],
    ...row.gates.map((gate, index) => [index === 0 ? 'gates' : '', gateText(gate)]),
    ['model', row.isTrusted ? 'trusted: every gate holds' : 'not trusted'],
    ...row.parts.map((part, index) => [index === 0 ? 'parts' : '', partText(part)]),
    ...(row.parts.length < 2 ? [] : [['', stabilityText(row.stability)]]),
  ];
  return `${head}\n${lines.map(([name, text]) => `  ${name!.padEnd(8)}${text}`).join('\n')}\n`;
}

function intensityText({ A, AStandardError, k, kStandardError, sweeps }: IntensityRow): string {
  return `A ${plusMinus(A, AStandardError)} /s, k ${plusMinus(k, kStandardError)} /tick, of ${Math.round(sweeps)} sweeps`;
}

function clusteredText({ A, AClusteredStandardError, k, kClusteredStandardError }: UnshrunkRow): string {
  return `alone, and since sweeps come in clusters: A ${plusMinus(A, AClusteredStandardError)}, k ${plusMinus(k, kClusteredStandardError)}`;
}

/** Each figure beside what it was held against. */
function gateText({ name, holds, figures, limits }: GateReading): string {
  const shown = (values: Readonly<Record<string, number>>): string =>
    Object.entries(values)
      .map(([key, value]) => `${key} ${digits(value)}`)
      .join(', ');
  return `${name} ${holds ? 'holds' : 'fails'}: ${shown(figures)}; ${shown(limits)}`;
}

function partText({ from, seconds, sigma, bid, ask }: PartRow): string {
  return `${from.slice(11, 19)} ${seconds.toFixed(0)} s: sigma ${digits(sigma)}, bids A ${digits(bid.A)} k ${digits(bid.k)}, asks A ${digits(ask.A)} k ${digits(ask.k)}`;
}

function stabilityText({ sigma, bidK, askK }: InstrumentRow['stability']): string {
  const one = (name: string, { ratio, chiSquared }: StabilityRow): string =>
    `${name} × ${digits(ratio)} (χ² ${digits(chiSquared)})`;
  return `largest over smallest: ${one('sigma', sigma)}, ${one('k of bids', bidK)}, ${one('of asks', askK)}; χ² is 1 by chance alone`;
}

function plusMinus(value: number | null, error: number | null): string {
  return value === null ? '–' : `${digits(value)} ± ${digits(error)}`;
}

/** Four digits of it. */
function digits(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '–';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}
