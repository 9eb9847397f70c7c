import { LEVELS_MAX } from '../../engine/book/book-side.ts';

/** One side of a book as one would write it first: a map from price to size, sorted when asked. */
export class NaiveSide {
  trimmed = 0;
  readonly #isBid: boolean;
  readonly #sizes = new Map<number, number>();

  constructor(isBid: boolean) {
    this.#isBid = isBid;
  }

  clear(): void {
    this.#sizes.clear();
  }

  /** Applies one message: all rows [ticks, lots], then the cut to the best levels. */
  message(rows: readonly (readonly [ticks: number, lots: number])[]): void {
    for (const [ticks, lots] of rows) {
      if (lots > 0) this.#sizes.set(ticks, lots);
      else this.#sizes.delete(ticks);
    }
    for (const [ticks] of this.levels().slice(LEVELS_MAX)) {
      this.#sizes.delete(ticks);
      this.trimmed++;
    }
  }

  /** All levels as [ticks, lots], best first. */
  levels(): [ticks: number, lots: number][] {
    return [...this.#sizes].toSorted(([left], [right]) => (this.#isBid ? right - left : left - right));
  }

  lotsAt(ticks: number): number {
    return this.#sizes.get(ticks) ?? 0;
  }
}
