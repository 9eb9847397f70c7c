/**
 * Shows attribution in the metrics: the parts of the profit, markouts, time quoted and fills by group.
 *
 * Owner:      the engine thread.
 * Invariants: it reads and decides nothing.
 * Cost:       an instrument is some ten stores at every post; some three hundred when one of its figures has changed but by
 *             the middle. Cells are looked up at the start; nothing allocates.
 */
import {
  AGE_NAMES,
  GROUP_HORIZON,
  HORIZONS,
  LEVEL_NAMES,
  MODEL_NAMES,
  PROFIT_PARTS,
  QUEUE_NAMES,
  VERSION_ROWS,
} from '../base/fill-groups.ts';
import type { Attribution } from '../attribution/attribution.ts';
import { FILL_SUM_CELLS, FillRowOf, FillSum, HorizonSum } from '../attribution/fill-sums.ts';
import { QuotedCell } from '../attribution/quoted-time.ts';
import type { LoopTruth } from '../loop/loop-truth.ts';
import type { MetricId } from '../metrics/catalog.ts';
import type { MetricsWriter } from '../metrics/cells.ts';

const SIDES = 2;
/** Where a group's figures lie in its row: the money at a horizon, and its value beside it. */
const horizonCell = (horizon: number): number => FillSum.horizons + horizon * HorizonSum.count;
const GROUP_CELL = horizonCell(GROUP_HORIZON) + HorizonSum.money;

const GROUPS: readonly (readonly [number, number, readonly MetricId[]])[] = [
  [FillRowOf.side, SIDES, ['sideFills', 'sideValue', 'sideSpread', 'sideFees', 'sideMarkout']],
  [
    FillRowOf.level,
    LEVEL_NAMES.length,
    ['levelFills', 'levelValue', 'levelSpread', 'levelFees', 'levelMarkout'],
  ],
  [FillRowOf.age, AGE_NAMES.length, ['ageFills', 'ageValue', 'ageSpread', 'ageFees', 'ageMarkout']],
  [
    FillRowOf.queue,
    QUEUE_NAMES.length,
    ['queueFills', 'queueValue', 'queueSpread', 'queueFees', 'queueMarkout'],
  ],
  [
    FillRowOf.model,
    MODEL_NAMES.length,
    ['modelFills', 'modelValue', 'modelSpread', 'modelFees', 'modelMarkout'],
  ],
];
const GROUP_SOURCES = [FillSum.fills, FillSum.value, FillSum.spread, FillSum.fees, GROUP_CELL] as const;

/** From cells of the sums to cells of the metrics. */
interface Copies {
  readonly sources: Int32Array;
  readonly targets: Int32Array;
}

export class TruthBoard {
  readonly #truth: LoopTruth;
  readonly #writer: MetricsWriter;
  /** By instrument. */
  readonly #parts: readonly Int32Array[];
  readonly #sums: readonly Copies[];
  readonly #versions: readonly Copies[];
  readonly #quoted: readonly Int32Array[];
  readonly #rows: readonly { readonly model: Int32Array; readonly config: Int32Array }[];
  readonly #residuals: Int32Array;
  readonly #dropped: Int32Array;
  readonly #seen: Float64Array;
  readonly #values = new Float64Array(PROFIT_PARTS);

  constructor(truth: LoopTruth, writer: MetricsWriter) {
    const indexes = truth.instruments.map((_, index) => index);
    const cells = (count: number, cellOf: (index: number) => number): Int32Array =>
      Int32Array.from({ length: count }, (_, index) => cellOf(index));
    this.#truth = truth;
    this.#writer = writer;
    this.#parts = indexes.map((index) =>
      cells(PROFIT_PARTS, (part) => writer.cell('profitPart', index, part)),
    );
    this.#sums = indexes.map((index) => sumCopies(writer, index));
    this.#versions = indexes.map((index) => versionCopies(writer, index));
    this.#quoted = indexes.map((index) =>
      Int32Array.of(
        writer.cell('quotedSampledSeconds', index),
        writer.cell('quotedSeconds', index, 0),
        writer.cell('quotedSeconds', index, 1),
        writer.cell('quotedBothSeconds', index),
        writer.cell('quotedDistance', index, 0),
        writer.cell('quotedDistance', index, 1),
      ),
    );
    this.#rows = indexes.map((index) => ({
      model: cells(VERSION_ROWS, (row) => writer.cell('versionModel', index, row)),
      config: cells(VERSION_ROWS, (row) => writer.cell('versionConfig', index, row)),
    }));
    this.#residuals = cells(indexes.length, (index) => writer.cell('profitResidual', index));
    this.#dropped = cells(indexes.length, (index) => writer.cell('markoutsDropped', index));
    this.#seen = new Float64Array(indexes.length).fill(-1);
  }

  post(instrument: number): void {
    const attribution = this.#truth.instruments[instrument]!;
    const writer = this.#writer;
    attribution.read(this.#values);
    const parts = this.#parts[instrument]!;
    for (let part = 0; part < PROFIT_PARTS; part++) writer.set(parts[part]!, this.#values[part]!);
    writer.set(this.#residuals[instrument]!, this.#truth.residuals[instrument]!);
    this.#postQuoted(instrument, attribution);
    if (this.#seen[instrument] === attribution.version) return;
    this.#seen[instrument] = attribution.version;
    writer.set(this.#dropped[instrument]!, attribution.pending.dropped);
    this.#copy(this.#sums[instrument]!, attribution.sums.cells);
    this.#copy(this.#versions[instrument]!, attribution.versions.sums.cells);
    const { model, config } = this.#rows[instrument]!;
    const { modelVersion, configVersion } = attribution.versions;
    for (let row = 1; row < VERSION_ROWS; row++) {
      writer.set(model[row]!, modelVersion[row]! < 0 ? NaN : modelVersion[row]!);
      writer.set(config[row]!, configVersion[row]! < 0 ? NaN : configVersion[row]!);
    }
  }

  #postQuoted(instrument: number, { quoted }: Attribution): void {
    const cells = this.#quoted[instrument]!;
    const writer = this.#writer;
    writer.set(cells[0]!, quoted.seconds[QuotedCell.total]!);
    writer.set(cells[1]!, quoted.seconds[QuotedCell.bid]!);
    writer.set(cells[2]!, quoted.seconds[QuotedCell.ask]!);
    writer.set(cells[3]!, quoted.seconds[QuotedCell.both]!);
    writer.set(cells[4]!, quoted.bpsSeconds[0]!);
    writer.set(cells[5]!, quoted.bpsSeconds[1]!);
  }

  #copy({ sources, targets }: Copies, from: Float64Array): void {
    for (let index = 0; index < sources.length; index++) {
      this.#writer.set(targets[index]!, from[sources[index]!]!);
    }
  }
}

function sumCopies(writer: MetricsWriter, instrument: number): Copies {
  const pairs: [number, number][] = [];
  for (let side = 0; side < SIDES; side++) {
    for (let horizon = 0; horizon < HORIZONS; horizon++) {
      const cell = (FillRowOf.side + side) * FILL_SUM_CELLS + horizonCell(horizon);
      pairs.push(
        [cell + HorizonSum.money, writer.cell('markoutProfit', instrument, side, horizon)],
        [cell + HorizonSum.value, writer.cell('markoutValue', instrument, side, horizon)],
      );
    }
  }
  for (const [first, count, ids] of GROUPS) {
    for (let group = 0; group < count; group++) {
      for (const [index, id] of ids.entries()) {
        const source = (first + group) * FILL_SUM_CELLS + GROUP_SOURCES[index]!;
        pairs.push([source, writer.cell(id, instrument, group)]);
      }
    }
  }
  return copiesOf(pairs);
}

function versionCopies(writer: MetricsWriter, instrument: number): Copies {
  const ids: readonly MetricId[] = [
    'versionFills',
    'versionValue',
    'versionSpread',
    'versionFees',
    'versionMarkout',
  ];
  const pairs: [number, number][] = [];
  for (let row = 0; row < VERSION_ROWS; row++) {
    for (const [index, id] of ids.entries()) {
      pairs.push([row * FILL_SUM_CELLS + GROUP_SOURCES[index]!, writer.cell(id, instrument, row)]);
    }
  }
  return copiesOf(pairs);
}

function copiesOf(pairs: readonly (readonly [number, number])[]): Copies {
  return {
    sources: Int32Array.from(pairs, ([source]) => source),
    targets: Int32Array.from(pairs, ([, target]) => target),
  };
}
