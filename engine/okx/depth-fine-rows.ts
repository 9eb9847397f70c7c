/**
 * Rows of a depth push on a grid of more decimals than DepthRowScanner's words take: spot lots of 1e-8, ticks of cheap
 * coins. Four characters at a time as there, in double arithmetic.
 *
 *     ["0.000010431","12483.00412345","0","17"],
 *
 * Where a size has its point and its end comes out of one word, a bit for each of its first sixteen characters. A price has
 * mostly all of its decimals and begins as the one before: then only its last four characters are read for their value.
 *
 *     0.00412345","0     1 0 1 1 1 1 1 1 1 1 0 0 0 1 ...     a point is followed by a digit, a quote by a comma
 *
 * Owner:      the scanner that built it.
 * Invariants: a row is taken when every byte of it has been accounted for; else the scanner reads it by bytes. Numbers stay
 *             below 10^15, so that every step is exact.
 * Cost:       about 30 ns a row, 55 by bytes; nothing allocates once constructed.
 */
import type { Instrument } from '../base/instrument.ts';
import { fractionMarks, fractionZeros, wordOf } from './depth-words.ts';

/** The words of a row end at most so many bytes after its beginning. */
export const FINE_ROW_REACH = 64;
/** Digits after the point that three words hold. */
export const FINE_DECIMALS_MAX = 12;

/** Characters of a number that are looked at: it must end among them. */
const NUMBER_BYTES = 16;
/** Digits in all, before the point and of the grid, so that every sum is exact. */
const DIGITS_MAX = 15;
/** Digits before the point that two words hold. */
const WHOLE_DIGITS_MAX = 8;

/** Entries of each of the three parts of FRACTION_MASKS. */
const MASKS = 256;

/** Of an instrument: decimals, mantissa and the power of ten, of its tick and of its lot. */
const GRID_FIELDS = 6;
const TICK = 0;
const LOT = 3;

/**
 * Of an instrument's side, what the last price with all decimals began with: its length; the three words before its last
 * four characters, first what to keep of them, then what they were; and by what to count its last pair but one.
 */
const PRICE_FIELDS = 8;
const LENGTH = 0;
const KEPT = 1;
const TEXTS = 4;
const PAIR_FACTOR = 7;
/** With all that is kept before them, the last four characters fill as many words. */
const PRICE_BYTES_MIN = 4;
/** No word is this one when nothing is kept of it. */
const NO_TEXT = 1;

const ROW_START = wordOf('["00') & 0xffff;
/** `","0","`, in two words. */
const DEAD_COLUMN = wordOf('","0');
const DEAD_COLUMN_END = wordOf('0","');
const BETWEEN = wordOf('","0') << 8;
/** `"],` and `"]]` */
const ROW_END = wordOf('"],0') & 0xffffff;
const LAST_ROW_END = wordOf('"]]0') & 0xffffff;

/** No offset. */
const NOT_TAKEN = -1;
const INT32_MIN = -2_147_483_648;
const DOT = 0x2e;
const DIGIT_0 = 0x30;
const ZEROS = 0x30303030;
/** Bit 7 of each byte. */
const MARK_BITS = 0x80808080 | 0;
const TICKS_MAX = 2_147_483_647;

/** By digits, what to keep of the last four before the point. */
const WHOLE_MASKS = Int32Array.from({ length: 32 }, (_, digits) => lastBytes(digits));
/**
 * By 16 * decimals + digits written, what to keep of the four characters that end with the grid's last decimal; then of the
 * four before those, and of the four before those.
 */
const FRACTION_MASKS = Int32Array.from({ length: 3 * MASKS }, (_, index) => {
  const decimals = (index >> 4) & 15;
  const before = 4 * Math.floor(index / MASKS);
  return lastBytes(decimals - before) & ~lastBytes(decimals - before - (index & 15));
});

/** By decimals, more than three as none: the last four characters of a price of zeros, and what marks others than digits. */
const ENDING_ZEROS = Int32Array.from({ length: 16 }, (_, decimals) => fractionZeros()[decimals] ?? ZEROS);
const ENDING_MARKS = Int32Array.from(
  { length: 16 },
  (_, decimals) => fractionMarks()[decimals] ?? 0x76767676,
);
/** By decimals, what the two pairs of those characters count: `12.3` is 12 tens and 3, `.123` is 1 hundred and 23. */
const ENDING_FACTORS = Int32Array.from({ length: 16 }, (_, decimals) =>
  decimals === 1 || decimals === 2 ? 0x000a_0001 : 0x0064_0001,
);

/** @hot As in depth-row-scanner. */
const fourDigits = (values: number): number => {
  const pairs = (Math.imul(values, 2561) >>> 8) & 0x00ff00ff;
  return Math.imul(pairs, 0x00640001) >>> 16;
};

/** @hot As there. */
const digitMarks = (values: number): number => (values + 0x76767676) | values;

export class DepthFineRows {
  /** Rows in the arrays after the last scan, and whether it took the last one: else the one where it stopped is next. */
  count = 0;
  isComplete = false;

  readonly #grids: Float64Array;
  readonly #prices: Int32Array;
  /** What those beginnings are worth. */
  readonly #highs: Float64Array;
  /** The number that #scanNumber read: in an array, because one that it returned would be boxed. */
  readonly #value = new Float64Array(1);

  constructor(instruments: readonly Instrument[]) {
    this.#grids = new Float64Array(instruments.length * GRID_FIELDS);
    this.#prices = new Int32Array(instruments.length * 2 * PRICE_FIELDS).fill(NO_TEXT);
    this.#highs = new Float64Array(instruments.length * 2);
    for (let at = 0; at < this.#prices.length; at += PRICE_FIELDS) this.#prices.fill(0, at, at + TEXTS);
    for (const { index, tick, lot } of instruments) {
      if (!isFine(tick.decimals) || !isFine(lot.decimals)) continue;
      const fields = [tick, lot].flatMap(({ decimals, mantissa }) => [
        decimals,
        mantissa,
        Number(`1e${decimals}`),
      ]);
      this.#grids.set(fields, index * GRID_FIELDS);
    }
  }

  /**
   * @hot Takes rows from `start` on, into places of the arrays from `count` on, as long as they begin at `last` or before:
   * up to FINE_ROW_REACH bytes after it are read. Gives the offset after the closing bracket of the rows, or of the row that
   * it did not take, prices beyond TICKS_MAX among them.
   */
  scan(
    view: DataView,
    start: number,
    last: number,
    ticks: Int32Array,
    lots: Float64Array,
    count: number,
    instrument: number,
    side: number,
  ): number {
    const grids = this.#grids;
    const highs = this.#highs;
    const prices = this.#prices;
    const place = (instrument * 2 + side) | 0;
    const at = (place * PRICE_FIELDS) | 0;
    const grid = (instrument * GRID_FIELDS) | 0;
    const tickDecimals = grids[grid + TICK]! & 15;
    const tickMantissa = grids[grid + TICK + 1]!;
    const lotDecimals = grids[grid + LOT]! & 15;
    const lotMantissa = grids[grid + LOT + 1]!;
    const lotScale = grids[grid + LOT + 2]!;
    const isScaled = tickMantissa !== 1 || lotMantissa !== 1;
    const endingZeros = ENDING_ZEROS[tickDecimals]!;
    const endingMarks = ENDING_MARKS[tickDecimals]!;
    const endingFactor = ENDING_FACTORS[tickDecimals]!;
    const lotMasks = lotDecimals << 4;

    this.isComplete = false;
    let kept = count | 0;
    let index = start | 0;
    let isAgain = true;
    while (isAgain) {
      isAgain = false;
      const length = prices[at]!;
      const keptNear = prices[(at + KEPT) | 0]!;
      const keptMiddle = prices[(at + KEPT + 1) | 0]!;
      const keptFar = prices[(at + KEPT + 2) | 0]!;
      const textNear = prices[(at + TEXTS) | 0]!;
      const textMiddle = prices[(at + TEXTS + 1) | 0]!;
      const textFar = prices[(at + TEXTS + 2) | 0]!;
      const high = highs[place]!;
      while (index <= last) {
        let wrong = (view.getInt32(index, true) & 0xffff) ^ ROW_START;
        let priceEnd = (index + 2 + length) | 0;
        const ending = view.getInt32((priceEnd - 4) | 0, true) ^ endingZeros;
        const others =
          ((view.getInt32((priceEnd - 8) | 0, true) & keptNear) ^ textNear) |
          ((view.getInt32((priceEnd - 12) | 0, true) & keptMiddle) ^ textMiddle) |
          ((view.getInt32((priceEnd - 16) | 0, true) & keptFar) ^ textFar) |
          ((view.getInt32(priceEnd, true) << 8) ^ BETWEEN) |
          (((ending + endingMarks) | ending) & MARK_BITS);
        const pairs = (Math.imul(ending, 2561) >>> 8) & 0x00ff00ff;
        let price = high + (Math.imul(pairs, endingFactor) >>> 16);
        if (others !== 0) {
          priceEnd = this.#scanNumber(view, (index + 2) | 0, (grid + TICK) | 0);
          if (priceEnd === NOT_TAKEN || view.getInt32(priceEnd, true) << 8 !== BETWEEN) break;
          price = this.#value[0]!;
        }

        const sizeAt = (priceEnd + 3) | 0;
        const first = view.getInt32(sizeAt, true);
        const second = view.getInt32((sizeAt + 4) | 0, true);
        // Bit 4 of a character is set in digits, and clear in point and quote.
        const near = ((first >>> 4) & 0x01010101) | (second & 0x10101010);
        const far =
          ((view.getInt32((sizeAt + 8) | 0, true) >>> 4) & 0x01010101) |
          (view.getInt32((sizeAt + 12) | 0, true) & 0x10101010);
        const stops = ~(
          (Math.imul(near, 0x01020408) >>> 24) |
          ((Math.imul(far, 0x01020408) >>> 16) & 0xff00)
        );
        const afterFirst = stops & (stops - 1);
        const digits = (31 - Math.clz32(stops & -stops)) | 0;
        // Of quote and point, only the point has bit 3: all ones where there is a fraction.
        const stop = view.getUint8((sizeAt + digits) | 0);
        const hasFraction = (stop << 28) >> 31;
        const written = (31 - Math.clz32(afterFirst & -afterFirst) - digits - 1) & hasFraction;
        const sizeEnd = (sizeAt + digits + ((written + 1) & hasFraction)) | 0;
        const point = (sizeAt + digits) | 0;
        wrong |=
          (((digits - 1) |
            (WHOLE_DIGITS_MAX - digits) |
            (DIGITS_MAX - lotDecimals - digits) |
            (lotDecimals - written) |
            ((written - 1) & hasFraction) |
            (sizeAt + NUMBER_BYTES - 1 - sizeEnd)) &
            INT32_MIN) |
          ((stop ^ DOT) & hasFraction);
        const low = (view.getInt32((point - 4) | 0, true) ^ ZEROS) & WHOLE_MASKS[digits & 31]!;
        let marks = digitMarks(low);
        let whole = fourDigits(low);
        if (digits > 4) {
          const upper = (view.getInt32((point - 8) | 0, true) ^ ZEROS) & WHOLE_MASKS[(digits - 4) & 31]!;
          marks |= digitMarks(upper);
          whole = (whole + Math.imul(fourDigits(upper), 10_000)) | 0;
        }
        // The fraction as if all decimals of the grid were written: words that end with the last of them.
        const masks = (lotMasks + (written & 15)) & 255;
        const fractionEnd = (point + 1 + lotDecimals) | 0;
        const last4 = (view.getInt32((fractionEnd - 4) | 0, true) ^ ZEROS) & FRACTION_MASKS[masks]!;
        const middle4 =
          (view.getInt32((fractionEnd - 8) | 0, true) ^ ZEROS) & FRACTION_MASKS[(masks + MASKS) | 0]!;
        marks |= digitMarks(last4) | digitMarks(middle4);
        let size = whole * lotScale + ((fourDigits(last4) + Math.imul(fourDigits(middle4), 10_000)) | 0);
        if (lotDecimals > 8) {
          const first4 =
            (view.getInt32((fractionEnd - 12) | 0, true) ^ ZEROS) & FRACTION_MASKS[(masks + 2 * MASKS) | 0]!;
          marks |= digitMarks(first4);
          size += fourDigits(first4) * 1e8;
        }
        wrong |= view.getInt32(sizeEnd, true) ^ DEAD_COLUMN;
        wrong |= view.getInt32((sizeEnd + 3) | 0, true) ^ DEAD_COLUMN_END;
        wrong |= marks & MARK_BITS;
        if (wrong !== 0) break;
        if (isScaled) {
          const wholeTicks = Math.floor(price / tickMantissa);
          const wholeLots = Math.floor(size / lotMantissa);
          if (wholeTicks * tickMantissa !== price || wholeLots * lotMantissa !== size) break;
          price = wholeTicks;
          size = wholeLots;
        }
        if (!(price >= 1 && price <= TICKS_MAX)) break;
        ticks[kept] = price;
        lots[kept] = size;
        // The number of orders: one digit, or some. The frame's end is no digit.
        let orders = (sizeEnd + 7) | 0;
        while (((view.getUint8(orders) - DIGIT_0) | 0) >>> 0 <= 9) orders = (orders + 1) | 0;
        const closing = view.getInt32((orders - 1) | 0, true) >>> 8;
        if (closing === LAST_ROW_END) {
          this.count = (kept + 1) | 0;
          this.isComplete = true;
          return (orders + 3) | 0;
        }
        if (closing !== ROW_END) break;
        kept = (kept + 1) | 0;
        const rowAt = index;
        index = (orders + 3) | 0;
        if (others !== 0) {
          this.#remember(view, rowAt, priceEnd, place, tickDecimals);
          isAgain = true;
          break;
        }
      }
    }
    this.count = kept;
    return index;
  }

  /** Keeps of the price in #value what prices after it will begin with, if all its decimals are written. */
  #remember(view: DataView, start: number, end: number, place: number, decimals: number): void {
    const length = end - start - 2;
    if (length < PRICE_BYTES_MIN) return;
    if (decimals > 0 && view.getUint8(end - 1 - decimals) !== DOT) return;
    const prices = this.#prices;
    const at = place * PRICE_FIELDS;
    prices[at + LENGTH] = length;
    for (let word = 0; word < 3; word++) {
      const kept = lastBytes(length - 4 * (word + 1));
      prices[at + KEPT + word] = kept;
      prices[at + TEXTS + word] = view.getInt32(end - 4 * (word + 2), true) & kept;
    }
    const factor = ENDING_FACTORS[decimals]!;
    prices[at + PAIR_FACTOR] = factor;
    const ending = view.getInt32(end - 4, true) ^ ENDING_ZEROS[decimals]!;
    const pairs = (Math.imul(ending, 2561) >>> 8) & 0x00ff00ff;
    this.#highs[place] = this.#value[0]! - (Math.imul(pairs, factor) >>> 16);
  }

  /** @hot The number at `start`, in steps of the last decimal, into #value; gives the offset after it, or NOT_TAKEN. */
  #scanNumber(view: DataView, start: number, grid: number): number {
    const first = view.getInt32(start, true);
    const second = view.getInt32((start + 4) | 0, true);
    const third = view.getInt32((start + 8) | 0, true);
    const fourth = view.getInt32((start + 12) | 0, true);
    // Bit 4 of a character is set in digits, and clear in point and quote.
    const near = ((first >>> 4) & 0x01010101) | (second & 0x10101010);
    const far = ((third >>> 4) & 0x01010101) | (fourth & 0x10101010);
    const others = ~((Math.imul(near, 0x01020408) >>> 24) | ((Math.imul(far, 0x01020408) >>> 16) & 0xff00));
    const rest = others & (others - 1);
    const digits = (31 - Math.clz32(others & -others)) | 0;
    const next = (31 - Math.clz32(rest & -rest)) | 0;
    // Of quote and point, only the point has bit 3: all ones where there is a fraction.
    const after = view.getUint8((start + digits) | 0);
    const hasFraction = -((after >>> 3) & 1);
    const written = (next - digits - 1) & hasFraction;
    const end = (digits + ((written + 1) & hasFraction)) | 0;
    const decimals = this.#grids[grid]! | 0;
    const wrong =
      (digits - 1) |
      (WHOLE_DIGITS_MAX - digits) |
      (DIGITS_MAX - digits - decimals) |
      (decimals - written) |
      ((written - 1) & hasFraction) |
      (NUMBER_BYTES - 1 - end) |
      -((after ^ DOT) & hasFraction);
    if (wrong < 0) return NOT_TAKEN;

    const pointAt = (start + digits) | 0;
    let low = (view.getInt32((pointAt - 4) | 0, true) ^ ZEROS) & WHOLE_MASKS[digits]!;
    let marks = digitMarks(low);
    let value = fourDigits(low);
    if (digits > 4) {
      low = (view.getInt32((pointAt - 8) | 0, true) ^ ZEROS) & WHOLE_MASKS[(digits - 4) | 0]!;
      marks |= digitMarks(low);
      value = (value + Math.imul(fourDigits(low), 10_000)) | 0;
    }
    // The fraction as if all decimals of the grid were written: words that end with the last of them.
    const masks = ((decimals << 4) + written) | 0;
    const last = (pointAt + 1 + decimals) | 0;
    const last4 = (view.getInt32((last - 4) | 0, true) ^ ZEROS) & FRACTION_MASKS[masks]!;
    marks |= digitMarks(last4);
    let fraction = fourDigits(last4);
    let high = 0;
    if (decimals > 4) {
      const middle4 = (view.getInt32((last - 8) | 0, true) ^ ZEROS) & FRACTION_MASKS[(masks + MASKS) | 0]!;
      marks |= digitMarks(middle4);
      fraction = (fraction + Math.imul(fourDigits(middle4), 10_000)) | 0;
    }
    if (decimals > 8) {
      const first4 =
        (view.getInt32((last - 12) | 0, true) ^ ZEROS) & FRACTION_MASKS[(masks + 2 * MASKS) | 0]!;
      marks |= digitMarks(first4);
      high = fourDigits(first4);
    }
    if ((marks & MARK_BITS) !== 0) return NOT_TAKEN;
    this.#value[0] = value * this.#grids[grid + 2]! + (high * 1e8 + fraction);
    return (start + end) | 0;
  }
}

function isFine(decimals: number): boolean {
  return decimals <= FINE_DECIMALS_MAX;
}

/** Ones in the last `count` bytes of a word, for any number. */
function lastBytes(count: number): number {
  return count <= 0 ? 0 : count >= 4 ? -1 : -1 << (8 * (4 - count));
}
