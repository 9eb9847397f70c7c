/**
 * The levels of a side that lie beyond its window: parallel arrays, best first. Lower keys are better (BookSide).
 *
 * Owner:      one BookSide.
 * Invariants: keys strictly grow from index 0 to count - 1; every size is above zero; count <= the room given.
 * Cost:       one binary search and at most one copyWithin a row, which is what each row of the book cost before it had a
 *             window; rows that come in order at the end are appended. Nothing allocates once constructed.
 */

import { assert } from '../base/assert.ts';

export class FarLevels {
  readonly keys: Int32Array;
  readonly lots: Float64Array;
  count = 0;

  constructor(room: number) {
    this.keys = new Int32Array(room);
    this.lots = new Float64Array(room);
  }

  /** Sets the level's size; zero deletes it, and is nothing where there is no such level. */
  set(key: number, size: number): void {
    const index = this.find(key);
    const isThere = index < this.count && this.keys[index] === key;
    if (size > 0) {
      if (!isThere) {
        this.makeRoom(index, 1);
        this.keys[index] = key;
      }
      this.lots[index] = size;
    } else if (isThere) {
      this.remove(index, 1);
    }
  }

  lotsAt(key: number): number {
    const index = this.find(key);
    return index < this.count && this.keys[index] === key ? this.lots[index]! : 0;
  }

  /** Index of the first level that is not better than `key`; `count` when all are. */
  find(key: number): number {
    const keys = this.keys;
    let low = 0;
    let high = this.count;
    if (high > 0 && keys[high - 1]! < key) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Moves what is at `index` and behind it back by `levels` places, for the caller to fill. */
  makeRoom(index: number, levels: number): void {
    const count = this.count;
    assert(count + levels <= this.keys.length, 'a side is trimmed after each message');
    if (index < count) {
      this.keys.copyWithin(index + levels, index, count);
      this.lots.copyWithin(index + levels, index, count);
    }
    this.count = count + levels;
  }

  remove(index: number, levels: number): void {
    const count = this.count;
    if (index + levels < count) {
      this.keys.copyWithin(index, index + levels, count);
      this.lots.copyWithin(index, index + levels, count);
    }
    this.count = count - levels;
  }
}
