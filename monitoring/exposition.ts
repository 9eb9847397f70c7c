import type { Clock } from '../engine/base/clock.ts';
import { DecimalGrid } from '../engine/base/decimal.ts';
import { Side } from '../engine/base/side.ts';
import type { Nanoseconds } from '../engine/base/units.ts';
import { NS_PER_SECOND } from '../engine/base/units.ts';
import type { BoardInstrument } from '../engine/metrics/board.ts';
import { BoardReader } from '../engine/metrics/board.ts';
import type { InstrumentDimension, MetricId, MetricsDimensions } from '../engine/metrics/catalog.ts';
import { definitionOf, labelValuesOf, METRIC_IDS, PnlKind } from '../engine/metrics/catalog.ts';
import type { MetricsMemory } from '../engine/metrics/cells.ts';
import { seriesOf } from '../engine/metrics/cells.ts';
import { bucketBoundsSeconds, Histogram } from '../engine/metrics/histogram.ts';
import type { MetricDefinition } from '../engine/metrics/metric-definition.ts';
import { priceOf } from './price.ts';
import type { Metric } from 'prom-client';
import { Registry } from 'prom-client';

type Labels = Readonly<Record<string, string>>;

/** A sample in the shape that prom-client renders. */
interface Sample {
  readonly labels: Labels;
  readonly value: number;
  /** The metric's own name, or that of a part of a histogram. */
  readonly metricName: string;
}

/** Gives a metric's samples of the moment; made once a metric, with its labels and cells looked up. */
type Sampler = () => readonly Sample[];

/** Two scrapers a second cost one rendering: a text this young is served again. */
const CACHE_NS = NS_PER_SECOND;

/** Basis points of the whole: a metric is a share of it. */
const BPS = 10_000;

/** What all samplers of one rendering share: the time and the board's rows, each read once. */
interface Moment {
  nowNs: Nanoseconds;
  readonly rows: (BoardInstrument | null)[];
}

/**
 * The metrics as Prometheus text, from shared memory. prom-client holds no values of its own: it asks each
 * metric's `get` when the text is rendered, and writes the text.
 */
export class Exposition {
  readonly contentType: string;
  readonly #registry = new Registry();
  readonly #memory: MetricsMemory;
  readonly #board: BoardReader;
  readonly #clock: Clock;
  readonly #moment: Moment = { nowNs: 0, rows: [] };
  #rendering: Promise<string> | null = null;

  /** @param clock on the same time line as the engine's, for ages */
  constructor(memory: MetricsMemory, clock: Clock) {
    this.contentType = this.#registry.contentType;
    this.#memory = memory;
    this.#board = new BoardReader(memory);
    this.#clock = clock;
    for (const id of METRIC_IDS) this.#register(id);
  }

  /** The text, at most a second old. Concurrent callers share one rendering. */
  render(): Promise<string> {
    const nowNs = this.#clock.nowNs();
    if (this.#rendering === null || nowNs - this.#moment.nowNs >= CACHE_NS) {
      this.#moment.nowNs = nowNs;
      for (const index of this.#memory.dimensions.instruments.keys()) {
        this.#moment.rows[index] = this.#board.instrument(index);
      }
      this.#rendering = this.#registry.metrics();
    }
    return this.#rendering;
  }

  #register(id: MetricId): void {
    const definition = definitionOf(id);
    const sampler = samplerOf(this.#memory, this.#moment, id, definition);
    const { name, help, kind: type } = definition;
    const metric = { name, help, type, get: () => ({ name, help, type, values: sampler() }) };
    // prom-client's types only know its own four classes; its registry asks for no more than name and get().
    this.#registry.registerMetric(metric as unknown as Metric);
  }
}

function samplerOf(
  memory: MetricsMemory,
  moment: Moment,
  id: MetricId,
  definition: MetricDefinition,
): Sampler {
  if (definition.owner === 'board') return boardSampler(memory.dimensions, moment, id, definition);
  if (definition.owner === 'exporter') return processSampler(id, definition.name);
  if (id === 'buildInfo') return buildSampler(memory.dimensions, definition);
  if (definition.kind === 'histogram') return histogramSampler(memory, id, definition);
  if (definition.source === 'state') return stateSampler(memory, id, definition);
  return cellSampler(memory, moment, id, definition);
}

function labelsOf(definition: MetricDefinition, values: readonly string[]): Labels {
  return Object.fromEntries(values.map((value, index) => [definition.labels[index], value]));
}

function cellSampler(
  memory: MetricsMemory,
  moment: Moment,
  id: MetricId,
  definition: MetricDefinition,
): Sampler {
  const { name: metricName, source } = definition;
  const series = seriesOf(memory, id).map(({ labelValues, cell }) => ({
    labels: labelsOf(definition, labelValues),
    cell,
  }));
  return () => {
    const samples: Sample[] = [];
    for (const { labels, cell } of series) {
      const stored = memory.cells[cell];
      if (Number.isNaN(stored)) continue;
      // Two threads' clocks agree to a microsecond or so: an age is never shown below zero.
      let value = stored;
      if (source === 'nanoseconds') value = stored / NS_PER_SECOND;
      if (source === 'instant') value = Math.max(0, moment.nowNs - stored) / NS_PER_SECOND;
      if (source === 'deadline') value = Math.max(0, stored - moment.nowNs) / NS_PER_SECOND;
      samples.push({ labels, value, metricName });
    }
    return samples;
  };
}

/** One series a state, 1 for the one that holds. */
function stateSampler(memory: MetricsMemory, id: MetricId, definition: MetricDefinition): Sampler {
  const states = labelValuesOf(definition, memory.dimensions).at(-1) ?? [];
  const series = seriesOf(memory, id).flatMap(({ labelValues, cell }) =>
    states.map((state, index) => ({ labels: labelsOf(definition, [...labelValues, state]), cell, index })),
  );
  return () =>
    series.map(({ labels, cell, index }) => ({
      labels,
      value: memory.cells[cell] === index ? 1 : 0,
      metricName: definition.name,
    }));
}

function histogramSampler(memory: MetricsMemory, id: MetricId, definition: MetricDefinition): Sampler {
  const { name } = definition;
  const bounds = bucketBoundsSeconds(definition.buckets);
  const counts = new Float64Array(bounds.length + 1);
  const series = seriesOf(memory, id).map(({ labelValues, cell }) => {
    const labels = labelsOf(definition, labelValues);
    const buckets = [...bounds.map(String), '+Inf'].map((le) => ({ ...labels, le }));
    return { labels, buckets, histogram: new Histogram(memory.cells, cell) };
  });
  return () => {
    const samples: Sample[] = [];
    for (const { labels, buckets, histogram } of series) {
      // The count comes from the same pass as the buckets, so that the two agree while the engine goes on
      // counting.
      histogram.cumulativeCounts(bounds, counts);
      for (const [index, bucket] of buckets.entries()) {
        samples.push({ labels: bucket, value: counts[index], metricName: `${name}_bucket` });
      }
      samples.push({ labels, value: histogram.sum / NS_PER_SECOND, metricName: `${name}_sum` });
      samples.push({ labels, value: counts[bounds.length], metricName: `${name}_count` });
    }
    return samples;
  };
}

function buildSampler(dimensions: MetricsDimensions, definition: MetricDefinition): Sampler {
  const values = labelValuesOf(definition, dimensions).map((set) => set[0]);
  const samples = [{ labels: labelsOf(definition, values), value: 1, metricName: definition.name }];
  return () => samples;
}

function processSampler(id: MetricId, metricName: string): Sampler {
  return () => {
    const usage = process.cpuUsage();
    const value = id === 'residentMemory' ? process.memoryUsage.rss() : (usage.user + usage.system) / 1e6;
    return [{ labels: {}, value, metricName }];
  };
}

/** What the value of a board metric is made from. */
interface BoardContext {
  readonly row: BoardInstrument;
  readonly instrument: InstrumentDimension;
  readonly tick: DecimalGrid;
}

function bestOf(row: BoardInstrument, side: number): number {
  if (side === Side.buy) return row.bidLots > 0 ? row.bidTicks : Number.NaN;
  return row.askLots > 0 ? row.askTicks : Number.NaN;
}

/**
 * The board's metrics: the value of one series from the instrument's row and the index of the second label;
 * not a number where there is nothing to show, and then the series is absent.
 */
const BOARD_VALUES: Readonly<Partial<Record<MetricId, (context: BoardContext, index: number) => number>>> = {
  bookState: ({ row }, state) => (row.bookState === state ? 1 : 0),
  bookQuotable: ({ row }) => row.isQuotable,
  bookBestPrice: ({ row, tick }, side) => priceOf(bestOf(row, side), tick),
  quoteBestPrice: ({ row, tick }, side) =>
    priceOf(row.quotes.find((quote) => quote.side === side)?.ticks ?? Number.NaN, tick),
  quoteFairPrice: ({ row, tick }) => priceOf(row.fairTicks, tick),
  openOrders: ({ row }, side) => (side === Side.buy ? row.buyOrderCount : row.sellOrderCount),
  exposureLots: ({ row }, side) => (side === Side.buy ? row.buyExposureLots : row.sellExposureLots),
  instrumentKillLevel: ({ row }) => row.killLevel,
  instrumentLoss: ({ row }) => row.loss,
  instrumentLossMax: ({ row }) => (row.lossMax === Infinity ? Number.NaN : row.lossMax),
  liquidationDistance: ({ row }) => row.liquidationDistanceBps / BPS,
  fairMove: ({ row }) => row.fairMoveBps / BPS,
  markoutLoss: ({ row }) => row.markoutLossBps / BPS,
  untoldLots: ({ row }) => row.untoldLots,
  positionLots: ({ row }) => row.positionLots,
  positionLotsMax: ({ row }) => row.positionLotsMax,
  positionNotional: ({ row, instrument, tick }) => {
    const units = row.positionLots * instrument.lotValue;
    if (instrument.isInverse || row.positionLots === 0) return units;
    return (units * (bestOf(row, Side.buy) + bestOf(row, Side.sell)) * tick.value) / 2;
  },
  pnl: ({ row }, kind) => {
    if (kind === PnlKind.realised) return row.realised;
    if (kind === PnlKind.funding) return row.funding;
    return kind === PnlKind.unrealised ? row.unrealised : row.fees;
  },
};

function boardSampler(
  dimensions: MetricsDimensions,
  moment: Moment,
  id: MetricId,
  definition: MetricDefinition,
): Sampler {
  const valueOf = BOARD_VALUES[id];
  if (valueOf === undefined)
    throw new TypeError(`exposition: expected a rule for the board's metric ${id}, was none`);
  // The first label is the instrument; there is at most one more.
  const others = labelValuesOf(definition, dimensions)[1];
  const instruments = dimensions.instruments.map((instrument) => ({
    instrument,
    tick: new DecimalGrid(instrument.tickSz),
    labelSets: (others ?? ['']).map((other) =>
      labelsOf(definition, others === undefined ? [instrument.name] : [instrument.name, other]),
    ),
  }));
  return () => {
    const samples: Sample[] = [];
    for (const [index, { instrument, tick, labelSets }] of instruments.entries()) {
      const row = moment.rows[index];
      if (row === null) continue;
      for (const [other, labels] of labelSets.entries()) {
        const value = valueOf({ row, instrument, tick }, other);
        if (!Number.isNaN(value)) samples.push({ labels, value, metricName: definition.name });
      }
    }
    return samples;
  };
}
