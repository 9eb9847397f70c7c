/**
 * Where the middle of one instrument was, by the venue's time of its books.
 *
 *     m(t0⁻)     the last middle whose book is older than the trade: a book of the same millisecond may already show what
 *                the trade did
 *     m(t0 + h)  the middle at the horizon: the last book that is not younger
 *
 * Middles are noted by the timer and at fills, and not with every frame: one may be older than the newest before an instant
 * by the timer's period.
 *
 * Owner:      the engine thread.
 * Invariants: entries are in the order in which they were noted; of an instant shortly before all of them the oldest counts,
 *             and of an earlier one the middle is not known.
 * Cost:       a note is two stores; a look walks back from the newest. Nothing allocates once constructed.
 */
import type { Milliseconds } from '../base/units.ts';

/** With a change every timer (20 ms) twenty seconds: of a trade that is told later, the middle may not be known. */
const HISTORY = 1_024;
/** So long before the oldest middle the market is taken to have stood there; what it did before that nobody knows. */
export const OLDEST_FOR_MS = 2_000;

export class MidHistory {
  /** Bid and ask of the newest added up, in ticks, and the venue's time of its book; 0 before the first. */
  ticksSum = 0;
  readonly bookMs = new Float64Array(1);
  readonly #ms = new Float64Array(HISTORY);
  readonly #sums = new Float64Array(HISTORY);
  #count = 0;

  /** The book of that time has this middle. In a cell: a number that crosses a call by itself would be boxed. */
  note(bookMs: Float64Array, ticksSum: number): void {
    this.bookMs[0] = bookMs[0]!;
    if (ticksSum === this.ticksSum) return;
    this.ticksSum = ticksSum;
    const at = this.#count++ % HISTORY;
    this.#ms[at] = bookMs[0]!;
    this.#sums[at] = ticksSum;
  }

  /** The sum just before `ms`; 0 where it is not known. */
  sumBefore(ms: Milliseconds): number {
    return this.#sumUntil(ms, false);
  }

  /** The sum at `ms`; 0 where it is not known. */
  sumAt(ms: Milliseconds): number {
    return this.#sumUntil(ms, true);
  }

  #sumUntil(ms: Milliseconds, isIncluded: boolean): number {
    const oldest = Math.max(0, this.#count - HISTORY);
    let bookMs = 0;
    for (let index = this.#count - 1; index >= oldest; index--) {
      bookMs = this.#ms[index % HISTORY]!;
      if (isIncluded ? bookMs <= ms : bookMs < ms) return this.#sums[index % HISTORY]!;
    }
    return this.#count > 0 && bookMs - ms <= OLDEST_FOR_MS ? this.#sums[oldest % HISTORY]! : 0;
  }
}
