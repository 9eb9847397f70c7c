/**
 * Curves of a run of any length in a bounded number of points: time is cut into equal buckets, and of each the least and the
 * largest value are kept, in the order in which they came, so that no peak is lost. When the buckets run out, they
 * become twice as wide.
 *
 *     10 ms  │ │ │ │ │ │ │ │ full      20 ms  │   │   │   │   │         …
 *
 * Owner:      whoever observes a run.
 * Invariants: at most `bucketsMax` buckets; the times of `series()` rise; NaN is "nothing there", and null in the series.
 *             What does not change stays as it is: a bucket without a word repeats the value before.
 */
import { NS_PER_MS } from '../base/units.ts';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Series } from './run-result.ts';

const WIDTH_NS_MIN: Nanoseconds = 10 * NS_PER_MS;

export class SeriesRecorder {
  readonly #names: readonly string[];
  readonly #bucketsMax: number;
  readonly #startNs: Nanoseconds;
  #widthNs = WIDTH_NS_MIN;
  #count = 0;
  // Per bucket × column.
  readonly #least: Float64Array;
  readonly #largest: Float64Array;
  /** 1 where the least value came before the largest. */
  readonly #isRising: Uint8Array;
  /** The present values, by column. */
  readonly #now: Float64Array;

  constructor(names: readonly string[], startNs: Nanoseconds, bucketsMax: number) {
    this.#names = names;
    this.#startNs = startNs;
    this.#bucketsMax = bucketsMax;
    const cells = names.length * bucketsMax;
    this.#least = new Float64Array(cells);
    this.#largest = new Float64Array(cells);
    this.#isRising = new Uint8Array(cells);
    this.#now = new Float64Array(names.length).fill(NaN);
  }

  /** The values from now on, one a column; NaN where there is nothing. */
  record(timeNs: Nanoseconds, values: Float64Array): void {
    this.#advance(timeNs);
    const columns = this.#names.length;
    const first = (this.#count - 1) * columns;
    for (let column = 0; column < columns; column++) {
      const value = values[column]!;
      const cell = first + column;
      this.#now[column] = value;
      if (Number.isNaN(value)) continue;
      if (!(this.#least[cell]! <= value)) {
        this.#least[cell] = value;
        this.#isRising[cell] = 0;
      }
      if (!(this.#largest[cell]! >= value)) {
        this.#largest[cell] = value;
        this.#isRising[cell] = 1;
      }
    }
  }

  /** Until `endNs` all stays as it is. */
  finish(endNs: Nanoseconds): void {
    this.#advance(endNs);
  }

  /** @param msOf the time of the epoch at a time of the run */
  series(msOf: (timeNs: Nanoseconds) => Milliseconds): Series {
    const columns = this.#names.length;
    const timeMs: number[] = [];
    for (let bucket = 0; bucket < this.#count; bucket++) {
      const startNs = this.#startNs + bucket * this.#widthNs;
      timeMs.push(msOf(startNs), msOf(startNs + this.#widthNs / 2));
    }
    const values = this.#names.map((name, column): [string, (number | null)[]] => {
      const points: (number | null)[] = [];
      for (let bucket = 0; bucket < this.#count; bucket++) {
        const cell = bucket * columns + column;
        const least = orNull(this.#least[cell]!);
        const largest = orNull(this.#largest[cell]!);
        if (this.#isRising[cell] === 1) points.push(least, largest);
        else points.push(largest, least);
      }
      return [name, points];
    });
    return { timeMs, columns: Object.fromEntries(values) };
  }

  /** Opens the buckets up to the one of `timeNs`. */
  #advance(timeNs: Nanoseconds): void {
    let bucket = Math.max(0, Math.floor((timeNs - this.#startNs) / this.#widthNs));
    while (bucket >= this.#bucketsMax) {
      this.#halve();
      bucket = Math.floor((timeNs - this.#startNs) / this.#widthNs);
    }
    while (this.#count <= bucket) {
      const first = this.#count * this.#now.length;
      this.#least.set(this.#now, first);
      this.#largest.set(this.#now, first);
      this.#isRising.fill(0, first, first + this.#now.length);
      this.#count++;
    }
  }

  /** Two buckets become one. */
  #halve(): void {
    const columns = this.#names.length;
    const count = Math.ceil(this.#count / 2);
    for (let bucket = 0; bucket < count; bucket++) {
      for (let column = 0; column < columns; column++) {
        const to = bucket * columns + column;
        const one = 2 * bucket * columns + column;
        const two = 2 * bucket + 1 < this.#count ? one + columns : one;
        this.#merge(to, one, two);
      }
    }
    this.#count = count;
    this.#widthNs *= 2;
  }

  #merge(to: number, one: number, two: number): void {
    const least = this.#least;
    const largest = this.#largest;
    const isLeastFirst = !(least[two]! < least[one]!);
    const isLargestFirst = !(largest[two]! > largest[one]!);
    const isRising =
      isLeastFirst === isLargestFirst ? this.#isRising[isLeastFirst ? one : two]! : isLeastFirst ? 1 : 0;
    least[to] = leastOf(least[one]!, least[two]!);
    largest[to] = largestOf(largest[one]!, largest[two]!);
    this.#isRising[to] = isRising;
  }
}

function orNull(value: number): number | null {
  return Number.isNaN(value) ? null : value;
}

/** NaN is nothing, not something less. */
function leastOf(one: number, two: number): number {
  return Number.isNaN(one) ? two : two < one ? two : one;
}

function largestOf(one: number, two: number): number {
  return Number.isNaN(one) ? two : two > one ? two : one;
}
