/**
 * Where everything lies in the memory of the metrics. The one file that knows an offset; all are in cells of
 * 8 bytes.
 *
 *      ┌──────────────────┬───────────────────────────────────┬───────────────────────────────────────────┐
 *      │ header           │ fingerprint, cells in total       │ 128 bytes, written once                   │
 *      ├──────────────────┼───────────────────────────────────┼───────────────────────────────────────────┤
 *      │ engine block     │ counters and gauges │ histograms  │ written by the engine thread              │
 *      ├──────────────────┼───────────────────────────────────┼───────────────────────────────────────────┤
 *      │ worker block 0…n │ counters and gauges │ histograms  │ each written by one worker                │
 *      ├──────────────────┼───────────────────────────────────┼───────────────────────────────────────────┤
 *      │ board: limits    │ version │ engine-wide limits      │ written by the engine thread, seqlock     │
 *      ├──────────────────┼───────────────────────────────────┼───────────────────────────────────────────┤
 *      │ board: rows 0…n  │ version │ fields │ quotes │orders │ one an instrument, a seqlock each         │
 *      ├──────────────────┼───────────────────────────────────┼───────────────────────────────────────────┤
 *      │ explanations 0…n │ version │ quoter's row │ engine's │ one an instrument, a seqlock each         │
 *      └──────────────────┴───────────────────────────────────┴───────────────────────────────────────────┘
 *
 * Every part begins on a boundary of 128 bytes: a cache line of 64 and the one beside it, which the processor
 * fetches along with it. A version is the first half of its cell as an Int32; the other half is unused.
 */

import { assert } from '../base/assert.ts';
import { EXPLAIN_DOUBLES } from '../base/explain-record.ts';
import { STANDING_DOUBLES } from '../base/standing-record.ts';
import type { MetricId, MetricsDimensions } from './catalog.ts';
import type { MetricOwner } from './metric-definition.ts';
import { definitionOf, labelValuesOf, METRIC_IDS } from './catalog.ts';
import { HISTOGRAM_CELLS } from './histogram.ts';

const BYTES_PER_CELL = 8;
const PART_CELLS = 128 / BYTES_PER_CELL;

export const HEADER_FINGERPRINT = 0;
export const HEADER_CELL_COUNT = 1;
const HEADER_CELLS = PART_CELLS;

/** Rows of wanted quotes and of living orders that an instrument's part of the board can show. */
export const BOARD_QUOTES_MAX = 20;
export const BOARD_ORDERS_MAX = 40;

/** Fields of an instrument's part of the board, counted from the cell after the version. */
export const BoardField = {
  updatedNs: 0,
  bookState: 1,
  bookEpoch: 2,
  isQuotable: 3,
  bidTicks: 4,
  bidLots: 5,
  askTicks: 6,
  askLots: 7,
  fairTicks: 8,
  positionLots: 9,
  entryTicks: 10,
  realised: 11,
  unrealised: 12,
  fees: 13,
  volumeQuote: 14,
  fillCount: 15,
  buyExposureLots: 16,
  sellExposureLots: 17,
  positionLotsMax: 18,
  orderLotsMax: 19,
  orderNotionalMax: 20,
  openOrdersMax: 21,
  collarBps: 22,
  quoteCount: 23,
  orderCount: 24,
  buyOrderCount: 25,
  sellOrderCount: 26,
  notionalMax: 27,
  lossMax: 28,
  killLevel: 29,
  killReason: 30,
  loss: 31,
  liquidationDistanceBps: 32,
  fairMoveBps: 33,
  markoutLossBps: 34,
  untoldLots: 35,
  funding: 36,
} as const;
const BOARD_FIELDS = 37;

/** Fields of one row of quotes: side, ticks, lots; and of orders: side, ticks, lots, filled lots, state. */
export const QUOTE_ROW_CELLS = 3;
export const ORDER_ROW_CELLS = 5;
export const BOARD_QUOTES = BOARD_FIELDS;
export const BOARD_ORDERS = BOARD_QUOTES + BOARD_QUOTES_MAX * QUOTE_ROW_CELLS;
/** Cells of an instrument's part of the board without its version. */
export const BOARD_ROW_CELLS = BOARD_ORDERS + BOARD_ORDERS_MAX * ORDER_ROW_CELLS;

/** Cells of an instrument's explanation without its version. */
export const EXPLANATION_CELLS = EXPLAIN_DOUBLES + STANDING_DOUBLES;

/** Limits of the account. */
export const LimitField = {
  notionalMax: 0,
  openOrdersMax: 1,
  lossMax: 2,
  drawdownMax: 3,
  marginRatioMin: 4,
  liquidationDistanceBps: 5,
  orderToTradeMax: 6,
} as const;
export const LIMITS_CELLS = 7;

/** A metric's place inside its owner's block, and what one step of each label skips. */
interface MetricPlace {
  readonly owner: MetricOwner;
  readonly firstCell: number;
  /** Cells between two neighbouring values of each label; 0 for 'worker', whose value chooses the block. */
  readonly strides: readonly number[];
  readonly labelCounts: readonly number[];
}

function wholeParts(cells: number): number {
  return Math.ceil(cells / PART_CELLS) * PART_CELLS;
}

/** Everything that both sides must agree on, as one number (FNV-1a): a reader of another build notices. */
function fingerprint(dimensions: MetricsDimensions): number {
  const definitions = METRIC_IDS.map((id) => definitionOf(id));
  let hash = 0x811c9dc5;
  for (const character of JSON.stringify([
    definitions,
    dimensions,
    HISTOGRAM_CELLS,
    BOARD_ROW_CELLS,
    EXPLANATION_CELLS,
  ])) {
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193);
  }
  return hash >>> 0;
}

/** The offsets that follow from the catalogue and one set of dimensions. */
export class MetricsLayout {
  readonly fingerprint: number;
  readonly cellCount: number;
  readonly #places = new Map<MetricId, MetricPlace>();
  readonly #engineBlock = HEADER_CELLS;
  readonly #workerBlocks: number;
  readonly #workerBlockCells: number;
  readonly #workerCount: number;
  readonly #limits: number;
  readonly #boardRows: number;
  readonly #boardRowStride = wholeParts(1 + BOARD_ROW_CELLS);
  readonly #explanations: number;
  readonly #explanationStride = wholeParts(1 + EXPLANATION_CELLS);

  constructor(dimensions: MetricsDimensions) {
    this.fingerprint = fingerprint(dimensions);
    const engineCells = this.#placeBlock('engine', dimensions);
    this.#workerBlockCells = wholeParts(this.#placeBlock('worker', dimensions));
    this.#workerCount = dimensions.workers;
    this.#workerBlocks = this.#engineBlock + wholeParts(engineCells);
    this.#limits = this.#workerBlocks + this.#workerBlockCells * dimensions.workers;
    this.#boardRows = this.#limits + wholeParts(1 + LIMITS_CELLS);
    this.#explanations = this.#boardRows + this.#boardRowStride * dimensions.instruments.length;
    this.cellCount = this.#explanations + this.#explanationStride * dimensions.instruments.length;
  }

  get byteLength(): number {
    return this.cellCount * BYTES_PER_CELL;
  }

  /**
   * The first cell of one series.
   *
   * @param worker the writer's worker number, for metrics owned by workers; otherwise -1
   * @param labels an index for each label but the writer's own 'worker'
   */
  cellOf(id: MetricId, worker: number, labels: readonly number[]): number {
    const place = this.#places.get(id);
    assert(place !== undefined, 'the metric has cells: its owner is the engine or a worker');
    assert((place.owner === 'worker') === worker >= 0, 'a metric is written by the thread that owns it');
    assert(worker < this.#workerCount, 'the worker is one of the dimensions');
    const block = worker < 0 ? this.#engineBlock : this.#workerBlocks + worker * this.#workerBlockCells;
    assert(labels.length === place.strides.length, 'there is an index for each label');
    let cell = block + place.firstCell;
    for (const [position, label] of labels.entries()) {
      assert(label >= 0 && label < place.labelCounts[position], 'a label index is within its set');
      cell += label * place.strides[position];
    }
    return cell;
  }

  /** The version's cell of the engine-wide limits; the fields follow it. */
  get limitsCell(): number {
    return this.#limits;
  }

  /** The version's cell of an instrument's part of the board; the fields follow it. */
  boardCell(instrument: number): number {
    return this.#boardRows + instrument * this.#boardRowStride;
  }

  /** The version's cell of an instrument's explanation; the rows follow it. */
  explanationCell(instrument: number): number {
    return this.#explanations + instrument * this.#explanationStride;
  }

  /**
   * Gives every metric of an owner its place, counters and gauges first, and returns the cells of the block.
   */
  #placeBlock(owner: MetricOwner, dimensions: MetricsDimensions): number {
    let next = 0;
    for (const isHistogram of [false, true]) {
      // Histograms begin on a cache line so that their sum, maximum and counts share lines with nothing else.
      if (isHistogram) next = wholeParts(next);
      for (const id of METRIC_IDS) {
        const definition = definitionOf(id);
        if (definition.owner !== owner || (definition.kind === 'histogram') !== isHistogram) continue;
        // The label set of the state source is one cell: the cell holds which of them is true.
        const sizes = labelValuesOf(definition, dimensions).map((values) => values.length);
        if (definition.source === 'state') sizes.pop();
        if (owner === 'worker') sizes.shift();
        let cells = isHistogram ? HISTOGRAM_CELLS : 1;
        const strides = sizes.map(() => 0);
        for (let position = sizes.length - 1; position >= 0; position--) {
          strides[position] = cells;
          cells *= sizes[position];
        }
        this.#places.set(id, { owner, firstCell: next, strides, labelCounts: sizes });
        next += cells;
      }
    }
    return next;
  }
}
