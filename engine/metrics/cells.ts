/**
 * Counters, gauges and histograms as cells of shared memory: counting is a store into an array, and whoever
 * wants to see the counts reads them from another thread without asking.
 *
 * Owner:      one MetricsWriter a thread: the engine's for its block, each worker's for its own. Readers
 *             anywhere.
 * Invariants: a cell has one writer; blocks of different writers lie 128 bytes apart; counters never go down.
 * Cost:       increment() and set() are one array access, a few nanoseconds; cell() and histogram() are for
 *             the start.
 *
 * Plain loads and stores: an aligned 8-byte access does not tear on x86-64 and ARM64, and a count that a
 * scrape sees a moment late is as good as one that happened a moment later.
 */

import { assert } from '../base/assert.ts';
import type { MetricId, MetricsDimensions } from './catalog.ts';
import { definitionOf, LABEL_VALUES, METRIC_IDS } from './catalog.ts';
import { Histogram } from './histogram.ts';
import { HEADER_CELL_COUNT, HEADER_FINGERPRINT, MetricsLayout } from './layout.ts';

/** What another thread needs to read or write the same metrics: plain data for `workerData` or a message. */
export interface MetricsShare {
  readonly sab: SharedArrayBuffer;
  readonly dimensions: MetricsDimensions;
}

const ENGINE = -1;

/** The cells with their layout, in any thread. */
export class MetricsMemory {
  readonly share: MetricsShare;
  readonly layout: MetricsLayout;
  readonly cells: Float64Array;
  /** The same memory, for the versions of the board: cell c has its version at 2c. */
  readonly versions: Int32Array;

  /**
   * Attaches to memory that `createMetricsMemory` made.
   *
   * @throws AssertionError when it was made for other dimensions or by another build
   */
  constructor(share: MetricsShare) {
    this.share = share;
    this.layout = new MetricsLayout(share.dimensions);
    assert(share.sab.byteLength === this.layout.byteLength, 'the shared memory has the size of its layout');
    this.cells = new Float64Array(share.sab);
    this.versions = new Int32Array(share.sab);
    const isSame =
      this.cells[HEADER_FINGERPRINT] === this.layout.fingerprint &&
      this.cells[HEADER_CELL_COUNT] === this.layout.cellCount;
    assert(isSame, 'the shared memory was made with the same catalogue and dimensions');
  }

  get dimensions(): MetricsDimensions {
    return this.share.dimensions;
  }
}

/** Makes the memory for all metrics of a process, every counter zero and every absent gauge not a number. */
export function createMetricsMemory(dimensions: MetricsDimensions): MetricsMemory {
  assert(dimensions.bookStates.includes('synced'), "the book states contain 'synced'");
  const layout = new MetricsLayout(dimensions);
  const sab = new SharedArrayBuffer(layout.byteLength);
  const header = new Float64Array(sab);
  header[HEADER_FINGERPRINT] = layout.fingerprint;
  header[HEADER_CELL_COUNT] = layout.cellCount;
  const memory = new MetricsMemory({ sab, dimensions });
  for (const id of METRIC_IDS) {
    const definition = definitionOf(id);
    if (!definition.isAbsentUntilSet || definition.owner !== 'engine') continue;
    for (const { cell } of seriesOf(memory, id)) memory.cells[cell] = Number.NaN;
  }
  return memory;
}

/** One series of a metric: the values of its labels and its first cell. */
export interface Series {
  /** Values of the definition's labels; the last is missing when the source is 'state'. */
  readonly labelValues: readonly string[];
  readonly cell: number;
}

/** All series of a metric that has cells, in the order of the label sets. */
export function seriesOf(memory: MetricsMemory, id: MetricId): readonly Series[] {
  const definition = definitionOf(id);
  const labels = definition.source === 'state' ? definition.labels.slice(0, -1) : definition.labels;
  let series: { values: string[]; indexes: number[] }[] = [{ values: [], indexes: [] }];
  for (const label of labels) {
    const set = LABEL_VALUES[label](memory.dimensions);
    series = series.flatMap(({ values, indexes }) =>
      set.map((value, index) => ({ values: [...values, value], indexes: [...indexes, index] })),
    );
  }
  return series.map(({ values, indexes }) => {
    const isWorkers = definition.owner === 'worker';
    const cell = memory.layout.cellOf(
      id,
      isWorkers ? indexes[0] : ENGINE,
      isWorkers ? indexes.slice(1) : indexes,
    );
    return { labelValues: values, cell };
  });
}

/** A thread's way to its own block. */
export class MetricsWriter {
  readonly #cells: Float64Array;
  readonly #memory: MetricsMemory;
  readonly #worker: number;

  /** @param worker the number of the quote worker that writes; not given for the engine thread */
  constructor(memory: MetricsMemory, worker: number = ENGINE) {
    this.#cells = memory.cells;
    this.#memory = memory;
    this.#worker = worker;
  }

  /**
   * The cell of a counter or gauge, for `increment` and `set`. Looked up once, at start.
   *
   * @param labels an index for each of the metric's labels, in the catalogue's order; without a worker's own
   *   'worker', and without the last label of a 'state' gauge (the cell is then set to that label's index)
   * @throws AssertionError when the metric belongs to another thread, or an index is missing or out of range
   */
  cell(id: MetricId, ...labels: readonly number[]): number {
    assert(definitionOf(id).kind !== 'histogram', 'a histogram is reached by histogram()');
    return this.#memory.layout.cellOf(id, this.#worker, labels);
  }

  /** The histogram of one series, to keep and record into. Labels as in `cell`. */
  histogram(id: MetricId, ...labels: readonly number[]): Histogram {
    assert(definitionOf(id).kind === 'histogram', 'a counter or gauge is reached by cell()');
    return new Histogram(this.#cells, this.#memory.layout.cellOf(id, this.#worker, labels));
  }

  /** @hot Adds to a counter. */
  increment(cell: number, by = 1): void {
    this.#cells[cell] += by;
  }

  /** @hot Sets a gauge: the value, nanoseconds or the index of a state, as the catalogue says. */
  set(cell: number, value: number): void {
    this.#cells[cell] = value;
  }

  /** The present value of a cell, for a summary at the end. */
  valueOf(cell: number): number {
    return this.#cells[cell];
  }
}
