/**
 * Models from recorded markets: the calibration that the engine does while it runs, over a whole recording and over parts
 * of it.
 */
import { FLOW_BUCKETS, FlowField, FlowHistogram } from '../base/flow-record.ts';
import { Instrument } from '../base/instrument.ts';
import { MODEL_DOUBLES, ModelField } from '../base/model-record.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { parseInstruments } from '../okx/instrument-rows.ts';
import { recordedInstruments } from '../paper/instruments/recorded-instruments.ts';
import { RecordingReader } from '../recording/recording-reader.ts';
import type { RecordingOptions } from '../recording/recording-reader.ts';
import type { RecordingEvent } from '../recording/recording-event.ts';
import { calibrate, fitFlow } from '../../workers/calibration/calibrate.ts';
import type { CalibrationParameters } from '../../workers/calibration/calibration-parameters.ts';
import { countFrom } from '../../workers/calibration/exceedance-fit.ts';
import type { IntensityFit } from '../../workers/calibration/intensity-fit.ts';
import { readGates } from '../../workers/calibration/model-gates.ts';
import type { GateReading } from '../../workers/calibration/model-gates.ts';
import { MicroPriceCounts } from '../../workers/strategy/fair/micro-price-fit.ts';
import type { MicroPriceGrid } from '../../workers/strategy/fair/micro-price-fit.ts';
import { BacktestError, BacktestErrorCode } from './backtest-error.ts';
import { clusteredErrors } from './clustered-errors.ts';
import type { ClusteredErrors } from './clustered-errors.ts';
import { RecordedFlow, flowsBetween, movesBetween, sweepsAt } from './recorded-flow.ts';
import type { FlowMark, MoveSums } from './recorded-flow.ts';

export interface MarketCalibrationOptions extends Omit<RecordingOptions, 'isMixed'> {
  readonly files: readonly string[];
  /** Rows of GET /api/v5/public/instruments, for instruments that the recording has no row of. */
  readonly instruments?: readonly Record<string, unknown>[];
  readonly parameters: Omit<CalibrationParameters, 'instruments'>;
  readonly fitFromBps: number;
  /** How many parts of equal length are fitted by themselves, to see how stable it is. */
  readonly parts: number;
  /** Counts for a table of micro-prices, too. */
  readonly microPrice?: MicroPriceGrid;
}

/** Volatility, ticks/√s, with the standard error of moves that need not be normal. */
export interface Volatility {
  readonly sigma: number;
  readonly error: number;
}

/** Sweeps a second that reached a distance, by the side they hit: what the intensity is fitted to. */
export interface SurvivalPoint {
  readonly ticks: number;
  readonly bid: number;
  readonly ask: number;
}

export interface PartCalibration {
  /** Wall time, since the epoch. */
  readonly fromMs: Milliseconds;
  readonly toMs: Milliseconds;
  /** Of them, seconds with a market. */
  readonly seconds: number;
  /** base/model-record; trusted when every gate holds. */
  readonly model: Float64Array;
  readonly fit: IntensityFit;
  readonly gates: readonly GateReading[];
  /** By moves over a second, which the model has, and over a tenth of one. */
  readonly volatility: Volatility;
  readonly volatilityOfTenths: Volatility;
}

type FlowFit = Pick<PartCalibration, 'fit' | 'model' | 'gates'>;

export interface InstrumentCalibrated extends PartCalibration {
  readonly instrument: Instrument;
  /** Where the recording ends. */
  readonly fairTicks: number;
  readonly trades: number;
  readonly sweeps: number;
  readonly bucketTicks: number;
  readonly survival: readonly SurvivalPoint[];
  readonly parts: readonly PartCalibration[];
  /** Of each side by itself, without the assumption that its sweeps do not know of each other. */
  readonly clustered: { readonly bid: ClusteredErrors; readonly ask: ClusteredErrors };
  readonly microPrice?: MicroPriceCounts;
}

export interface MarketCalibration {
  readonly instruments: readonly InstrumentCalibrated[];
  /** What was left out of broken files. */
  readonly cuts: readonly string[];
}

const BPS = 1e-4;
/** Of those that reach a bucket a twentieth goes beyond it. */
const DECAY_A_BUCKET_MAX = 3;
/** Stretches of time that are taken not to know of each other: as many as there are marks, this many at the most. */
const STRETCHES = 40;
/** Less is no market to learn from. */
const SECONDS_MIN = 10;
/** A larger share of crossed books is not what a venue sends. */
const CROSSED_RATIO_MAX = 0.1;
/** A smaller share of takers' trades at or beyond the fair price before them: their times and the books' do not fit. */
const SWEEPS_RATIO_MIN = 0.5;

/**
 * @throws RecordingError for files that cannot be read; BacktestError for markets that cannot be learnt from
 */
export async function calibrateMarket(options: MarketCalibrationOptions): Promise<MarketCalibration> {
  const reader = await RecordingReader.open(options.files, { ...options, isMixed: true });
  try {
    const flows = await play(reader, options);
    if (flows.size === 0) refuse(options.files.join(' '), 'a market', 'none', 'name other files');
    return {
      instruments: [...flows.values()].map(({ flow, counts }) =>
        calibrated(flow, counts, reader.originMs, options),
      ),
      cuts: reader.cuts.map(({ message }) => message),
    };
  } finally {
    await reader.close();
  }
}

interface Flow {
  readonly flow: RecordedFlow;
  readonly counts: MicroPriceCounts | undefined;
}

async function play(reader: RecordingReader, options: MarketCalibrationOptions): Promise<Map<string, Flow>> {
  const flows = new Map<string, Flow>();
  for (;;) {
    if (reader.needsFill) await reader.fill();
    const event = reader.next();
    if (event === null) break;
    let known = flows.get(event.instId);
    if (known === undefined) {
      const counts = options.microPrice === undefined ? undefined : new MicroPriceCounts(options.microPrice);
      known = { flow: new RecordedFlow(instrumentOf(event, options), counts), counts };
      flows.set(event.instId, known);
    }
    known.flow.onEvent(event);
  }
  for (const { flow } of flows.values()) flow.end();
  return flows;
}

/** By the recording's own row, which comes first where there is one; else by the given ones, else by paper's. */
function instrumentOf(event: RecordingEvent, { instruments = [] }: MarketCalibrationOptions): Instrument {
  const { instId, row } = event;
  const rows = [...(row === undefined ? [] : [{ ...row, instId }]), ...instruments, ...recordedInstruments()];
  const found = rows.find((each) => each['instId'] === instId);
  const { fields, refused } = parseInstruments(found === undefined ? [] : [found]);
  if (fields[0] !== undefined) return new Instrument(0, fields[0]);
  throw new BacktestError(
    BacktestErrorCode.noInstrument,
    `${instId}: expected its row in the recording, found ${refused[0]?.reason ?? 'none'}; give it with --instruments FILE, the answer of GET /api/v5/public/instruments`,
  );
}

function refuse(what: string, expected: string, was: string, change: string): never {
  throw new BacktestError(BacktestErrorCode.noMarket, `${what}: expected ${expected}, was ${was}; ${change}`);
}

/** What cannot be learnt from is said, whatever fit it would give. */
function check(flow: RecordedFlow): { first: FlowMark; last: FlowMark } {
  const { instId } = flow.instrument;
  const [first] = flow.marks;
  const last = flow.marks.at(-1);
  if (first === undefined || last === undefined) {
    refuse(instId, 'a book with two sides', 'none', 'name the files of its order book too');
  }
  if (last.crossed > CROSSED_RATIO_MAX * last.markets) {
    refuse(
      instId,
      'a book whose best bid is below its best ask',
      `crossed after ${last.crossed} of ${last.markets} rows`,
      'record it anew',
    );
  }
  const seconds = last.rows[0]![FlowField.exposureS]!;
  if (seconds < SECONDS_MIN) {
    refuse(instId, `at least ${SECONDS_MIN} s of a market`, `${seconds.toFixed(1)} s`, 'name more files');
  }
  if (last.trades === 0) {
    refuse(instId, 'trades beside the order book', 'none', 'name the files of its trades too');
  }
  const sweeps = sweepsAt(last);
  if (sweeps < SWEEPS_RATIO_MIN * last.bursts) {
    refuse(
      instId,
      'takers who trade at or beyond the fair price before them',
      `so with ${sweeps} of ${last.bursts}`,
      'the times of trades and books do not fit together, or their sides are turned round: record them anew',
    );
  }
  return { first, last };
}

function calibrated(
  flow: RecordedFlow,
  counts: MicroPriceCounts | undefined,
  originMs: Milliseconds,
  options: MarketCalibrationOptions,
): InstrumentCalibrated {
  const { first, last } = check(flow);
  const rows = flowsBetween(first, last);
  const range = rangeFor(rows, options);
  const row = rows[range]!;
  const whole = partOf(first, last, range, originMs, options);
  const { fromTicks } = whole.fit;
  const fairTicks = row[FlowField.fairTicks]!;
  // Parts begin where the whole does, with however few sweeps: else they would be of another distance.
  const fitSweepsMin = 1;
  const forParts = {
    ...options,
    // Within the bucket, wherever the price of the part stood.
    fitFromBps: (fromTicks === 0 ? 0 : fromTicks + row[FlowField.bucketTicks]! / 2) / (fairTicks * BPS),
    parameters: { ...options.parameters, fitSweepsMin },
  };
  const stretches = cutInto(flow.marks, STRETCHES).map(([from, to]) => flowsBetween(from, to)[range]!);
  return {
    ...whole,
    instrument: flow.instrument,
    fairTicks,
    trades: last.trades,
    sweeps: sweepsAt(last),
    bucketTicks: row[FlowField.bucketTicks]!,
    survival: survivalOf(row),
    parts: cutInto(flow.marks, options.parts).map(([from, to]) =>
      partOf(from, to, range, originMs, forParts),
    ),
    clustered: {
      bid: clusteredErrors(stretches, FlowHistogram.bidSweeps, whole.fit),
      ask: clusteredErrors(stretches, FlowHistogram.askSweeps, whole.fit),
    },
    ...(counts === undefined ? {} : { microPrice: counts }),
  };
}

/**
 * The engine's own histograms, unless sweeps reach so little that nearly all end in the first bucket: then finer ones, as
 * long as they hold twice the distance where the fit is to begin.
 */
function rangeFor(rows: readonly Float64Array[], options: MarketCalibrationOptions): number {
  for (let range = rows.length - 1; range > 0; range--) {
    const row = rows[range]!;
    const bucketTicks = row[FlowField.bucketTicks]!;
    if (fitOf(row, 0, options).fit.pooled.decay * bucketTicks <= DECAY_A_BUCKET_MAX) return range;
    const finerSpan = FLOW_BUCKETS * rows[range - 1]![FlowField.bucketTicks]!;
    if (2 * options.fitFromBps * BPS * row[FlowField.fairTicks]! > finerSpan) return range;
  }
  return 0;
}

/** Neighbouring marks that cut the recording into parts of about equal length; none where there are too few marks. */
function cutInto(marks: readonly FlowMark[], parts: number): [FlowMark, FlowMark][] {
  const first = marks[0]!;
  const last = marks.at(-1)!;
  if (parts < 2 || marks.length < 3) return [];
  const cuts = Array.from({ length: parts + 1 }, (_, cut) => {
    const wantedNs = first.timeNs + ((last.timeNs - first.timeNs) * cut) / parts;
    return marks.reduce((best, mark) =>
      Math.abs(mark.timeNs - wantedNs) < Math.abs(best.timeNs - wantedNs) ? mark : best,
    );
  });
  // With fewer marks than cuts some of them are the same.
  const pairs = cuts.slice(1).map((to, cut): [FlowMark, FlowMark] => [cuts[cut]!, to]);
  return pairs.filter(([from, to]) => from !== to);
}

function partOf(
  from: FlowMark,
  to: FlowMark,
  range: number,
  originMs: Milliseconds,
  options: MarketCalibrationOptions,
): PartCalibration {
  const flow = flowsBetween(from, to)[range]!;
  return {
    fromMs: originMs + from.timeNs / NS_PER_MS,
    toMs: originMs + to.timeNs / NS_PER_MS,
    seconds: flow[FlowField.exposureS]!,
    ...fitOf(flow, to.timeNs, options),
    volatility: volatilityOf(movesBetween(from.seconds, to.seconds), 1),
    volatilityOfTenths: volatilityOf(movesBetween(from.tenths, to.tenths), 0.1),
  };
}

/** As the engine's first fit of this flow would be. */
function fitOf(
  flow: Float64Array,
  nowNs: Nanoseconds,
  { parameters, fitFromBps }: MarketCalibrationOptions,
): FlowFit {
  const none = new Float64Array(MODEL_DOUBLES);
  const model = new Float64Array(MODEL_DOUBLES);
  const instrument = { fitFromBps };
  const all = { ...parameters, instruments: [instrument] };
  calibrate(flow, none, all, instrument, nowNs, model);
  const fit = fitFlow(flow, none, all, instrument)!;
  return { model, fit, gates: readGates(flow, none, all, nowNs, fit) };
}

/** Var(σ²) is (E[x⁴] − E[x²]²) / n, whatever the moves' distribution; they are taken to come one by one. */
function volatilityOf({ count, squares, fourths }: MoveSums, seconds: number): Volatility {
  const mean = squares / count;
  const sigma = Math.sqrt(mean / seconds);
  const error = Math.sqrt((fourths / count - mean * mean) / count) / seconds / (2 * sigma);
  return { sigma, error };
}

function survivalOf(flow: Float64Array): SurvivalPoint[] {
  const seconds = flow[FlowField.exposureS]!;
  const at = (histogram: FlowHistogram): Float64Array => flow.subarray(histogram, histogram + FLOW_BUCKETS);
  const bids = at(FlowHistogram.bidSweeps);
  const asks = at(FlowHistogram.askSweeps);
  return Array.from({ length: FLOW_BUCKETS }, (_, bucket) => ({
    ticks: bucket * flow[FlowField.bucketTicks]!,
    bid: countFrom(bids, bucket) / seconds,
    ask: countFrom(asks, bucket) / seconds,
  })).filter(({ bid, ask }) => bid > 0 || ask > 0);
}

/** Whether every gate of it holds. */
export function isTrusted({ model }: PartCalibration): boolean {
  return model[ModelField.isTrusted] === 1;
}
