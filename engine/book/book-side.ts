/**
 * One side of the local book: the sizes at all prices of a window about the best one, in a ring indexed by price, and a
 * bit a price that says where there is a level. Levels beyond the window have a slower home.
 *
 *     keys    0 ............... base ....... best ...................... base + WINDOW_TICKS .......... 2^31 - 1
 *             never a level     | room above |         the ring          |   far levels, sorted
 *
 *     ring    cell = key & MASK, wherever base is: a move of the window touches only what it leaves and what it reaches
 *     bits    one word for 32 neighbouring keys; base is a multiple of 32, so that the window begins with a word
 *
 * A key is the price in ticks, for bids with its 31 bits inverted: the lower key is the better price on both sides, so
 * that one code without a branch on the side serves both.
 *
 * The window of 2^13 ticks: at least 6,144 of them reach from the best level down. In the captures at hand (BTC at 0.1, with
 * rows 750 to 4,250 ticks deep, a dated future with 400 levels over 180,000 ticks, altcoins, options) every row falls into
 * it but 2 in 100 of the dated future's; with half of it three instruments lose 6 to 12 in 100, and those cost what
 * every row cost when levels were kept in sorted arrays. Twice or eight times as much is no faster on them, makes the
 * search across an empty window longer, and takes 26 or 105 MB for 100 instruments where this takes 13, most of which
 * is never touched.
 *
 * Owner:      the engine thread. Workers only ever see the copy in handoff/.
 * Invariants: a cell holds a size exactly where its bit is set, and that size is above zero; all keys of the ring are below
 *             all far keys; `best` is the lowest key and in the ring, or WORST_KEY where there is no level; between
 *             messages count <= LEVELS_MAX.
 * Cost:       a row in the window is a few loads and stores at computed places: no search, nothing moved; one look for the
 *             best a message that touched it, 32 prices a step. Nothing allocates once constructed.
 */
import { DEPTH_ROWS_MAX } from '../base/depth-rows.ts';
import type { Lots, Ticks } from '../base/units.ts';
import { FarLevels } from './far-levels.ts';

/** Levels a side that the venue keeps in view (books and books-l2-tbt). */
export const LEVELS_MAX = 400;

/** @testonly tests lay levels at its edges. */
export const WINDOW_TICKS = 1 << 13;
const MASK = WINDOW_TICKS - 1;
const WORDS = WINDOW_TICKS >>> 5;
const WORD_MASK = WORDS - 1;

/** All levels of a side and all rows of a message: none is lost that could be among the best when it is applied. */
const FAR_ROOM = LEVELS_MAX + DEPTH_ROWS_MAX;

/** Where a moved window puts the best level, so that better prices have room. */
const ROOM_ABOVE = WINDOW_TICKS >>> 3;

/** The window follows a best level that is this far from its begin. Between two moves the price goes 1,024 ticks. */
const DRIFT_MAX = WINDOW_TICKS >>> 2;

/** The begin of a window that no key is in: the next level places it. */
const NOWHERE = -WINDOW_TICKS;

/** Inverts the 31 bits of a price. */
const BID_FLIP = 0x7fffffff;

/** The highest key that there is, and `best` of a side without levels. */
const WORST_KEY = 0x7fffffff;

/** No key: they begin at 0. */
const NONE = -1;

export class BookSide {
  count = 0;
  /** Levels that were dropped because the venue did not delete what left its window. */
  trimmed = 0;
  readonly #flip: number;
  #base: number = NOWHERE;
  #best: number = WORST_KEY;
  readonly #bits: Int32Array = new Int32Array(WORDS);
  readonly #lots: Float64Array = new Float64Array(WINDOW_TICKS);
  readonly #far: FarLevels = new FarLevels(FAR_ROOM);

  constructor(isBid: boolean) {
    this.#flip = isBid ? BID_FLIP : 0;
  }

  /** @hot Touches only words that have levels, and sizes not at all: without its bit a cell means nothing. */
  clear(): void {
    const bits = this.#bits;
    const far = this.#far;
    let word = this.#best >>> 5;
    for (let left = this.count - far.count; left > 0; word++) {
      for (let rest = bits[word & WORD_MASK]!; rest !== 0; rest &= rest - 1) left--;
      bits[word & WORD_MASK] = 0;
    }
    far.count = 0;
    this.count = 0;
    this.#best = WORST_KEY;
    this.#base = NOWHERE;
  }

  /**
   * @hot Sets the levels of rows [from, to) to their sizes; zero lots deletes. A deletion of a level that is not there
   * is nothing: the venue sends some for levels that came and went, or lie outside the window.
   */
  apply(rowTicks: Int32Array, rowLots: Float64Array, from: number, to: number): void {
    let row = this.#applyNear(rowTicks, rowLots, from, to);
    while (row < to) {
      // The rows before it may have moved the window: then it is taken by the next round.
      const key = rowTicks[row]! ^ this.#flip;
      if ((key - this.#base) >>> 0 >= WINDOW_TICKS) this.#applyOutside(key, rowLots[row++]!);
      row = this.#applyNear(rowTicks, rowLots, row, to);
    }
  }

  /** @hot Ends a message: what the venue left beyond its window is forgotten. */
  trim(): void {
    if (this.count > LEVELS_MAX) this.#dropWorst(this.count - LEVELS_MAX);
  }

  /** @hot The best price, 0 when there is no level. */
  get bestTicks(): Ticks {
    return this.count > 0 ? this.#best ^ this.#flip : 0;
  }

  /** @hot The size at the best price, 0 when there is no level. */
  get bestLots(): Lots {
    return this.count > 0 ? this.#lots[this.#best & MASK]! : 0;
  }

  /** Size at a price, 0 where there is no level. */
  lotsAt(price: Ticks): Lots {
    const key = price ^ this.#flip;
    if ((key - this.#base) >>> 0 >= WINDOW_TICKS) return this.#far.lotsAt(key);
    const isThere = (this.#bits[(key >>> 5) & WORD_MASK]! >>> key) & 1;
    return isThere === 1 ? this.#lots[key & MASK]! : 0;
  }

  /** @hot The price of the next level that is worse than `price`, 0 when there is none. */
  nextTicks(price: Ticks): Ticks {
    const key = price ^ this.#flip;
    if (key < this.#best) return this.bestTicks;
    const near = this.#nextNear(key);
    if (near !== NONE) return near ^ this.#flip;
    const far = this.#far;
    let index = far.find(key);
    if (index < far.count && far.keys[index] === key) index++;
    return index < far.count ? far.keys[index]! ^ this.#flip : 0;
  }

  /**
   * @hot Applies rows up to one that lies outside the window, and returns that row, or `to`.
   *
   * The loop has no call and no loop within it: V8 peels off its first turn and has the fields of the arrays at hand in
   * the others. What a row does to bit and count is computed, not branched on: whether it sets or deletes, and whether its
   * level was there, is as good as random, and a branch guessed wrong costs more than the row. For the same reason the
   * best is looked for once, behind the loop, from the best price that was touched.
   */
  #applyNear(rowTicks: Int32Array, rowLots: Float64Array, from: number, to: number): number {
    const flip = this.#flip;
    const base = this.#base;
    const bits = this.#bits;
    const lots = this.#lots;
    let lowest = WORST_KEY;
    let count = this.count;
    let row = from;
    for (; row < to; row++) {
      const key = rowTicks[row]! ^ flip;
      if ((key - base) >>> 0 >= WINDOW_TICKS) break;
      if (key < lowest) lowest = key;
      const size = rowLots[row]!;
      const has = Number(size > 0);
      const word = (key >>> 5) & WORD_MASK;
      const held = bits[word]!;
      bits[word] = (held & ~(1 << key)) | (has << key);
      lots[key & MASK] = size;
      count += has - ((held >>> key) & 1);
    }
    this.count = count;
    if (lowest <= this.#best) this.#findBest(lowest);
    return row;
  }

  /** The best is at `key`, where the window begins to be searched, or beyond. */
  #findBest(key: number): void {
    if (this.count === 0) {
      this.#best = WORST_KEY;
      this.#base = NOWHERE;
      return;
    }
    const near = this.#nextNear(key - 1);
    this.#best = near === NONE ? this.#far.keys[0]! : near;
    if (this.#best - this.#base > DRIFT_MAX) this.#moveWindow(this.#best);
  }

  /** Applies a row that lies outside the window. */
  #applyOutside(key: number, size: number): void {
    if (key > this.#best) {
      const far = this.#far;
      const before = far.count;
      far.set(key, size);
      this.count += far.count - before;
    } else if (size > 0) {
      this.#moveWindow(key);
      this.#setNear(key, size);
      this.#best = key;
      this.count++;
    }
  }

  /** The first key of the ring above `key`, NONE when there is none. */
  #nextNear(key: number): number {
    const bits = this.#bits;
    const end = (this.#base >> 5) + WORDS;
    let word = (key + 1) >>> 5;
    if (word >= end) return NONE;
    let rest = bits[word & WORD_MASK]! & (-1 << (key + 1));
    while (rest === 0) {
      if (++word === end) return NONE;
      rest = bits[word & WORD_MASK]!;
    }
    return (word << 5) + lowestBit(rest);
  }

  /** Sets the cell and the bit of a key in the window. */
  #setNear(key: number, size: number): void {
    this.#bits[(key >>> 5) & WORD_MASK]! |= 1 << key;
    this.#lots[key & MASK] = size;
  }

  /**
   * Lays the window for this best key. Cells are where they were; only levels that the window leaves behind or catches up
   * with change their home. There are none of the first kind when it moves to worse prices, for nothing is better than
   * the best, and none of the other when it moves to better ones.
   */
  #moveWindow(best: number): void {
    const former = this.#base;
    this.#base = (best - ROOM_ABOVE) & ~31;
    if (this.#base < former) this.#moveOut(former);
    else this.#moveIn();
  }

  /** To the far levels with what lies beyond the window's end, up to the end of the former one. */
  #moveOut(former: number): void {
    const bits = this.#bits;
    const far = this.#far;
    const formerWord = former >> 5;
    const end = formerWord + WORDS;
    const begin = Math.max(formerWord, (this.#base >> 5) + WORDS);
    let levels = 0;
    for (let word = begin; word < end; word++) {
      for (let rest = bits[word & WORD_MASK]!; rest !== 0; rest &= rest - 1) levels++;
    }
    far.makeRoom(0, levels);
    let index = 0;
    for (let word = begin; word < end; word++) {
      for (let rest = bits[word & WORD_MASK]!; rest !== 0; rest &= rest - 1) {
        const key = (word << 5) + lowestBit(rest);
        far.keys[index] = key;
        far.lots[index] = this.#lots[key & MASK]!;
        index++;
      }
      bits[word & WORD_MASK] = 0;
    }
  }

  /** Into the ring with the far levels that the window reaches now. */
  #moveIn(): void {
    const far = this.#far;
    const levels = far.find(this.#base + WINDOW_TICKS);
    for (let index = 0; index < levels; index++) this.#setNear(far.keys[index]!, far.lots[index]!);
    far.remove(0, levels);
  }

  #dropWorst(levels: number): void {
    const far = this.#far;
    const fromFar = Math.min(levels, far.count);
    far.count -= fromFar;
    this.count -= levels;
    this.trimmed += levels;
    let left = levels - fromFar;
    for (let word = (this.#base >> 5) + WORD_MASK; left > 0; word--) {
      let rest = this.#bits[word & WORD_MASK]!;
      for (; rest !== 0 && left > 0; left--) rest &= ~(1 << (31 - Math.clz32(rest)));
      this.#bits[word & WORD_MASK] = rest;
    }
  }
}

/** The number of the lowest bit that is set; there is one. */
function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
