/**
 * A log-linear histogram of nanoseconds (after HdrHistogram), on cells that may be shared with other threads.
 *
 *     value (ns)      0 … 127      128 … 255   256 … 511   …   2^35 … 2^36-1
 *     cells           128          64          64              64               (1,984 counts, 15.5 KiB)
 *     width (ns)      1            2           4               2^29
 *
 * so a value is known to 1/64 of itself (1.6 %). Larger values count in the last cell; `max` stays exact. 64
 * cells an octave also put every bound of the 'internal' bucket set (1,000 · 2^i = 125 · 2^(i+3) ns) on the
 * edge of a cell, so those Prometheus buckets are exact.
 *
 * Owner:      one thread records; any thread reads. An 8-byte aligned load or store does not tear, so a
 *             reader sees each count whole, and the counts of one moment only to within the records that are
 *             just being made.
 * Invariants: the count of all values is the sum of the cells; nothing is ever taken out.
 * Cost:       record() is one clz32 and four array accesses, 8 ns measured on Node 20; nothing allocates.
 */

import type { Nanoseconds } from '../base/units.ts';
import type { BucketSet } from './metric-definition.ts';

/** 64 cells an octave: two significant digits, as hdr-histogram's usual choice, at 15.5 KiB a histogram. */
const SUB_BITS = 6;
const SUB_CELLS = 1 << SUB_BITS;
const LINEAR_CELLS = 2 * SUB_CELLS;
const OCTAVE_MAX = 35;
const COUNT_CELLS = LINEAR_CELLS + (OCTAVE_MAX - SUB_BITS) * SUB_CELLS;
const VALUE_MAX = 2 ** (OCTAVE_MAX + 1) - 1;

/** From here on clz32 and shifts do not reach; such values are shifted right by FAR_BITS first. */
const FAR_VALUE = 2 ** 31;
const FAR_BITS = 5;
const FAR_DIVISOR = 2 ** FAR_BITS;

const SUM = 0;
const MAX = 1;
const COUNTS = 2;

/** Cells that one histogram occupies: sum, largest value, counts; padded to whole cache lines. */
export const HISTOGRAM_CELLS = Math.ceil((COUNTS + COUNT_CELLS) / 8) * 8;

/** @hot The index among the counts of a value below 2^31. Of whole numbers: a float that crosses a call is boxed. */
function countIndex(bits: number): number {
  if (bits < LINEAR_CELLS) return bits;
  const shift = 31 - SUB_BITS - Math.clz32(bits);
  return (shift << SUB_BITS) + (bits >>> shift);
}

/** The least value that no longer counts in the cell with this index. */
function upperEdge(index: number): number {
  if (index < LINEAR_CELLS) return index + 1;
  const shift = (index >>> SUB_BITS) - 1;
  return ((index & (SUB_CELLS - 1)) + SUB_CELLS + 1) * 2 ** shift;
}

export class Histogram {
  readonly #cells: Float64Array;
  readonly #offset: number;
  /** The value that is being counted. */
  readonly #value = new Float64Array(1);

  /**
   * @param cells memory of at least offset + HISTOGRAM_CELLS, zeroed; its own when not given
   * @param offset index of the histogram's first cell
   */
  constructor(cells: Float64Array = new Float64Array(HISTOGRAM_CELLS), offset = 0) {
    this.#cells = cells;
    this.#offset = offset;
  }

  /** @hot Counts one value. Negative ones (clocks that disagree) count as 0. */
  record(valueNs: Nanoseconds): void {
    this.#value[0] = valueNs;
    this.#count();
  }

  /** @hot Counts the time between two readings, each in a cell: a large number that crosses a call is boxed. */
  recordBetween(fromNs: Float64Array, toNs: Float64Array, at: number): void {
    this.#value[0] = toNs[at]! - fromNs[at]!;
    this.#count();
  }

  #count(): void {
    const cells = this.#cells;
    const offset = this.#offset;
    const value = this.#value[0] > 0 ? this.#value[0] : 0;
    let index = COUNT_CELLS - 1;
    if (value < FAR_VALUE) index = countIndex(value | 0);
    else if (value < VALUE_MAX) index = countIndex((value / FAR_DIVISOR) | 0) + FAR_BITS * SUB_CELLS;
    cells[offset + COUNTS + index]++;
    cells[offset + SUM] += value;
    if (value > cells[offset + MAX]) cells[offset + MAX] = value;
  }

  get count(): number {
    const first = this.#offset + COUNTS;
    let total = 0;
    for (let index = 0; index < COUNT_CELLS; index++) total += this.#cells[first + index];
    return total;
  }

  /** Sum of all values, in nanoseconds. */
  get sum(): Nanoseconds {
    return this.#cells[this.#offset + SUM];
  }

  /** The largest value, exact; 0 when there is none. */
  get max(): Nanoseconds {
    return this.#cells[this.#offset + MAX];
  }

  get mean(): Nanoseconds {
    const count = this.count;
    return count === 0 ? 0 : this.sum / count;
  }

  /**
   * The value that `quantile` of all values do not exceed, to 1.6 %: the upper edge of its cell, but never
   * above `max`. 0 when the histogram is empty.
   *
   * @param quantile in (0, 1], such as 0.99
   */
  percentile(quantile: number): Nanoseconds {
    const first = this.#offset + COUNTS;
    const rank = Math.max(1, Math.ceil(quantile * this.count));
    let seen = 0;
    for (let index = 0; index < COUNT_CELLS; index++) {
      seen += this.#cells[first + index];
      if (seen < rank) continue;
      // The last cell has no upper edge of its own: everything too large for the range is in it.
      return index === COUNT_CELLS - 1 ? this.max : Math.min(upperEdge(index) - 1, this.max);
    }
    return 0;
  }

  /** Adds all values of the other one. */
  merge(other: Histogram): void {
    const cells = this.#cells;
    for (let index = COUNTS; index < COUNTS + COUNT_CELLS; index++) {
      cells[this.#offset + index] += other.#cells[other.#offset + index];
    }
    cells[this.#offset + SUM] += other.sum;
    cells[this.#offset + MAX] = Math.max(this.max, other.max);
  }

  /** Forgets everything. For the owner only. */
  reset(): void {
    this.#cells.fill(0, this.#offset, this.#offset + HISTOGRAM_CELLS);
  }

  /**
   * Cumulative counts for Prometheus: how many values lie below each bound, and last how many there are at
   * all. A cell that a bound cuts through counts above the bound, which moves that bound by 1.6 % at most.
   *
   * @param boundsSeconds rising
   * @param counts one longer than the bounds; overwritten
   */
  cumulativeCounts(boundsSeconds: readonly number[], counts: Float64Array): void {
    const first = this.#offset + COUNTS;
    let seen = 0;
    let index = 0;
    for (let bound = 0; bound < boundsSeconds.length; bound++) {
      // Rounded, because 1e-6 × 1e9 need not be a whole number in floating point and the edges are.
      const boundNs = Math.round(boundsSeconds[bound] * 1e9);
      while (index < COUNT_CELLS - 1 && upperEdge(index) <= boundNs) seen += this.#cells[first + index++];
      counts[bound] = seen;
    }
    while (index < COUNT_CELLS) seen += this.#cells[first + index++];
    counts[boundsSeconds.length] = seen;
  }
}

/** 1 µs to 0.52 s by powers of two: everything that happens inside this machine. */
const INTERNAL_BOUNDS: readonly number[] = Array.from(
  { length: 20 },
  (_, index) => (1000 * 2 ** index) / 1e9,
);

/** 1 ms to 3.3 s by 1.5: round trips to the venue, rounded so that the label is short. */
const ROUND_TRIP_BOUNDS: readonly number[] = Array.from({ length: 21 }, (_, index) =>
  Number((1e-3 * 1.5 ** index).toPrecision(4)),
);

/** The upper bounds of a bucket set in seconds, rising, without the infinite one. */
export function bucketBoundsSeconds(buckets: BucketSet): readonly number[] {
  return buckets === 'internal' ? INTERNAL_BOUNDS : ROUND_TRIP_BOUNDS;
}
