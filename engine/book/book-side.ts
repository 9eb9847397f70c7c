/**
 * One side of the local book: price levels, best first, in parallel typed arrays.
 *
 * Owner:      the engine thread. Workers only ever see the copy in handoff/.
 * Invariants: prices strictly worsen from index 0 to count - 1; every size is above zero; between messages
 *             count <= LEVELS_MAX, within one count <= LEVEL_ROOM.
 * Cost:       a row is one binary search and at most one copyWithin; nothing allocates once constructed.
 */
import type { Lots, Ticks } from '../base/units.ts';

/** Levels a side that the venue keeps in view (books and books-l2-tbt). */
export const LEVELS_MAX = 400;

/**
 * Room a side. One message may add levels at the top before it deletes those that left the window: rows come in order
 * of price, so up to a window's worth of additions can precede as many deletions.
 */
const LEVEL_ROOM = 2 * LEVELS_MAX;

export class BookSide {
  readonly isBid: boolean;
  count = 0;
  /** Levels that were dropped because the venue did not delete what left its window. */
  trimmed = 0;
  readonly #ticks: Int32Array = new Int32Array(LEVEL_ROOM);
  readonly #lots: Float64Array = new Float64Array(LEVEL_ROOM);

  constructor(isBid: boolean) {
    this.isBid = isBid;
  }

  clear(): void {
    this.count = 0;
  }

  /**
   * @hot Sets the levels of rows [from, to) to their sizes; zero lots deletes. A deletion of a level that is not there
   * is nothing: the venue sends some for levels that came and went, or lie outside the window.
   */
  apply(rowTicks: Int32Array, rowLots: Float64Array, from: number, to: number): void {
    const ticks = this.#ticks;
    const lots = this.#lots;
    for (let row = from; row < to; row++) {
      const price = rowTicks[row]!;
      const index = this.#find(price);
      const count = this.count;
      if (index < count && ticks[index] === price) {
        if (rowLots[row]! > 0) {
          lots[index] = rowLots[row]!;
        } else {
          ticks.copyWithin(index, index + 1, count);
          lots.copyWithin(index, index + 1, count);
          this.count = count - 1;
        }
      } else if (rowLots[row]! > 0) {
        // A full side gives up its worst level, or the new one when that is the worst.
        const kept = count < LEVEL_ROOM ? count : LEVEL_ROOM - 1;
        this.trimmed += count - kept;
        if (index === LEVEL_ROOM) continue;
        ticks.copyWithin(index + 1, index, kept);
        lots.copyWithin(index + 1, index, kept);
        ticks[index] = price;
        lots[index] = rowLots[row]!;
        this.count = kept + 1;
      }
    }
  }

  /** @hot Ends a message: what the venue left beyond its window is forgotten. */
  trim(): void {
    if (this.count > LEVELS_MAX) {
      this.trimmed += this.count - LEVELS_MAX;
      this.count = LEVELS_MAX;
    }
  }

  /** @hot The best price, 0 when there is no level. */
  get bestTicks(): Ticks {
    return this.count > 0 ? this.#ticks[0]! : 0;
  }

  /** @hot The size at the best price, 0 when there is no level. */
  get bestLots(): Lots {
    return this.count > 0 ? this.#lots[0]! : 0;
  }

  /** @hot The price of the next level that is worse than `price`, 0 when there is none. */
  nextTicks(price: Ticks): Ticks {
    let index = this.#find(price);
    if (index < this.count && this.#ticks[index] === price) index++;
    return index < this.count ? this.#ticks[index]! : 0;
  }

  /** @hot Copies the best levels, at most `levelsMax`, best first; returns how many. */
  copyTop(levelsMax: number, ticks: Int32Array, lots: Float64Array): number {
    const count = this.count < levelsMax ? this.count : levelsMax;
    for (let index = 0; index < count; index++) {
      ticks[index] = this.#ticks[index]!;
      lots[index] = this.#lots[index]!;
    }
    return count;
  }

  /** Size at a price, 0 where there is no level. */
  lotsAt(price: Ticks): Lots {
    const index = this.#find(price);
    return index < this.count && this.#ticks[index] === price ? this.#lots[index]! : 0;
  }

  /** @hot Index of the first level that is not better than `price`; `count` when all are. */
  #find(price: number): number {
    const ticks = this.#ticks;
    let low = 0;
    let high = this.count;
    if (this.isBid) {
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (ticks[middle]! > price) low = middle + 1;
        else high = middle;
      }
    } else {
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (ticks[middle]! < price) low = middle + 1;
        else high = middle;
      }
    }
    return low;
  }
}
