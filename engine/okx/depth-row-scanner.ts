/**
 * The rows of one side of a depth push, from ASCII decimals to integer ticks and lots, four characters at a time.
 *
 *     ["65010.1","12.4","0","5"],["65010.3",...
 *       price     size   dead, orders
 *
 * What makes it fast, beside words: prices are spelled alike, so that where one ends is guessed (the processor need not wait
 * for the text), while sizes are not, so that where one ends comes out of a table and no branch depends on it. All checks of
 * a row are gathered into one.
 *
 * Owner:      the decoder that built it.
 * Invariants: words are only read below `end`; a row is taken by words when every byte of it has been accounted for, and
 *             else read again byte by byte; by words every number stays below 10^9.
 * Cost:       about 15 ns a row by words, 30 on grids of more than three decimals, 45 by bytes; nothing allocates once
 *             constructed.
 */
import { DEPTH_ROWS_MAX } from '../base/depth-rows.ts';
import type { Instrument } from '../base/instrument.ts';
import { UNUSUAL } from './depth-beginning.ts';
import { DepthByteRow } from './depth-byte-row.ts';
import { DepthFineRows, FINE_DECIMALS_MAX, FINE_ROW_REACH } from './depth-fine-rows.ts';
import {
  SPELLINGS,
  WHOLE_DIGITS_MAX,
  WORD_DECIMALS_MAX,
  WORD_DIGITS_MAX,
  fractionMarks,
  fractionMasks,
  fractionZeros,
  highMasks,
  lowMasks,
  spellingFractions,
  spellings,
  wordOf,
} from './depth-words.ts';

// Constants and small functions of this file are known to the compiler as such; imported ones it would load each time.
/** The words of a row end at most so many bytes after its beginning. */
const ROW_REACH = 40;
/** The shortest row, `["1","1"],`. */
const ROW_BYTES_MIN = 10;
/**
 * What is known of an instrument, by place: all that its grids look up, in one array. At the first place which rows take
 * it, at the last two how many digits stood before the point of the last ask and of the last bid.
 */
const GRID_FIELDS = 16;
const GRID_MODE = 0;
const TICK_DECIMALS = 1;
const TICK_MANTISSA = 2;
const TICK_SCALE = 3;
const TICK_ZEROS = 4;
const TICK_MARKS = 5;
const TICK_MASK = 6;
const LOT_DECIMALS = 7;
const LOT_MANTISSA = 8;
const LOT_SCALE = 9;
const LOT_ZEROS = 10;
const LOT_MARKS = 11;
const LOT_SPELLINGS = 12;
const IS_SCALED = 13;
const DIGITS = 14;

/** The first place: who takes rows of such grids. */
const BY_BYTES = 0;
const BY_WORDS = 1;
const BY_FINE_ROWS = 2;

/** Sides, as `scan` is told them. */
export const ASK_ROWS = 0;
export const BID_ROWS = 1;

const ROWS_MAX: number = DEPTH_ROWS_MAX;
const INT32_MAX = 2_147_483_647;
const INT32_MIN = -2_147_483_648;
/** Bit 7 of each byte. */
const MARK_BITS = 0x80808080 | 0;

const ROW_START = wordOf('["00') & 0xffff;
/** Between price and size. */
const BETWEEN = wordOf('","0') << 8;
/** `","0","`, in two words. */
const DEAD_COLUMN = wordOf('","0');
const DEAD_COLUMN_END = wordOf('0","');
/** The last column if it has one digit; exclusive-ored with it, the digit's value is left. */
const ROW_END = wordOf('0"],');
const LAST_ROW_END = wordOf('0"]]');

/** Of the places of a spelling, from this on: five digits before the point, or more. */
const FIVE_DIGITS = 5 << 12;

const QUOTE = 0x22;
const COMMA = 0x2c;
const DIGIT_0 = 0x30;
const CLOSE_BRACKET = 0x5d;

const LOW_MASKS = lowMasks();
const HIGH_MASKS = highMasks();
const FRACTION_MASKS = fractionMasks();
const PLACES = spellings();
const SIZE_FRACTION_MASKS = spellingFractions();

/** @hot The number that four digit values make; the first, in the lowest byte, counts thousands. */
const fourDigits = (values: number): number => {
  const pairs = (Math.imul(values, 2561) >>> 8) & 0x00ff00ff;
  return Math.imul(pairs, 0x00640001) >>> 16;
};

/** @hot Has one of MARK_BITS set when one of four values is not 0 to 9. */
const digitMarks = (values: number): number => (values + 0x76767676) | values;

export class DepthRowScanner {
  /** Rows of the last scan, and asks that it left out because their price exceeds TICKS_MAX. */
  count = 0;
  farCount = 0;

  /** The grids of all instruments in one array, GRID_FIELDS each: it is checked and found once a side. */
  readonly #grids: Int32Array;
  readonly #fineRows: DepthFineRows;
  readonly #byteRow: DepthByteRow;

  constructor(instruments: readonly Instrument[]) {
    this.#grids = new Int32Array(instruments.length * GRID_FIELDS);
    for (const instrument of instruments) {
      this.#grids.set(gridFields(instrument), instrument.index * GRID_FIELDS);
    }
    this.#fineRows = new DepthFineRows(instruments);
    this.#byteRow = new DepthByteRow(instruments);
  }

  /**
   * @hot Rows `["price","size","0","5"],...]` from `start`, which is after the opening bracket; there is at least one. Gives
   * the offset after the closing one and leaves the counts in `count` and `farCount`, or gives UNUSUAL. `view` is of
   * `bytes`.
   */
  scan(
    view: DataView,
    bytes: Uint8Array,
    start: number,
    end: number,
    ticks: Int32Array,
    lots: Float64Array,
    instrument: number,
    side: number,
  ): number {
    // No more rows than the arrays take fit in the bytes that words are used for, so that only rows by bytes are counted.
    const grids = this.#grids;
    const grid = (instrument * GRID_FIELDS) | 0;
    if (grids[grid] === BY_FINE_ROWS) {
      return this.#scanFine(view, bytes, start, end, ticks, lots, instrument, side);
    }
    const wordsEnd =
      grids[grid] === BY_WORDS
        ? Math.min(end - ROW_REACH, start + (ROWS_MAX - 1) * ROW_BYTES_MIN) | 0
        : INT32_MIN;
    const tickDecimals = grids[(grid + TICK_DECIMALS) | 0]! & 3;
    const tickMantissa = grids[(grid + TICK_MANTISSA) | 0]!;
    const tickScale = grids[(grid + TICK_SCALE) | 0]!;
    const tickZeros = grids[(grid + TICK_ZEROS) | 0]!;
    const tickMarks = grids[(grid + TICK_MARKS) | 0]!;
    const tickMask = grids[(grid + TICK_MASK) | 0]!;
    const pointToEnd = tickDecimals === 0 ? 0 : tickDecimals + 1;
    const lotDecimals = grids[(grid + LOT_DECIMALS) | 0]! & 3;
    const lotMantissa = grids[(grid + LOT_MANTISSA) | 0]!;
    const lotScale = grids[(grid + LOT_SCALE) | 0]!;
    const lotZeros = grids[(grid + LOT_ZEROS) | 0]!;
    const lotMarks = grids[(grid + LOT_MARKS) | 0]!;
    const lotSpellings = grids[(grid + LOT_SPELLINGS) | 0]!;
    const isScaled = grids[(grid + IS_SCALED) | 0] === 1;
    const digitsAt = (grid + DIGITS + side) | 0;

    let kept = 0;
    let far = 0;
    let index = start | 0;
    let digits = grids[digitsAt]! & 15;
    for (let row = 0; row < ROWS_MAX; row++) {
      const lowMask = LOW_MASKS[digits]!;
      const highMask = HIGH_MASKS[digits]!;
      // Zeros, and what they are worth.
      let highText = highMask & 0x30303030;
      let highValue = 0;
      const last = digits > 0 ? wordsEnd : INT32_MIN;
      while (index <= last) {
        let wrong = (view.getInt32(index, true) & 0xffff) ^ ROW_START;

        // The price: as many digits before the point as in the row before, and all decimals of the grid, or fewer.
        const point = (index + 2 + digits) | 0;
        let priceEnd = (point + pointToEnd) | 0;
        let fractionMask = tickMask;
        if (view.getInt32(priceEnd, true) << 8 !== BETWEEN) {
          const others = ~view.getInt32((point + 1) | 0, true) & 0x10101010;
          const written =
            (view.getInt32(point, true) & 0xff) === QUOTE ? 0 : (31 - Math.clz32(others & -others)) >> 3;
          priceEnd = (written === 0 ? point : point + 1 + written) | 0;
          wrong |= ((view.getInt32(priceEnd, true) << 8) ^ BETWEEN) | ((tickDecimals - written) & INT32_MIN);
          fractionMask = FRACTION_MASKS[(tickDecimals * 4 + written) & 15]!;
        }
        // The first digits are those of the row before more often than not: then there is nothing to compute.
        const high = view.getInt32((point - 8) | 0, true) & highMask;
        if (high !== highText) {
          const values = high ^ (highMask & 0x30303030);
          wrong |= digitMarks(values) & MARK_BITS;
          highText = high;
          highValue = Math.imul(fourDigits(values), 10_000);
        }
        const low = (view.getInt32((point - 4) | 0, true) ^ 0x30303030) & lowMask;
        const rest = (view.getInt32((point + tickDecimals - 3) | 0, true) ^ tickZeros) & fractionMask;
        let marks = digitMarks(low) | (rest + tickMarks) | rest;
        let price = (Math.imul(highValue + fourDigits(low), tickScale) + fourDigits(rest)) | 0;

        // The size: bit 4 of each of its first eight characters tells how it is spelled.
        const sizeAt = (priceEnd + 3) | 0;
        const first = view.getInt32(sizeAt, true);
        const bits = ((first >>> 4) & 0x01010101) | (view.getInt32((sizeAt + 4) | 0, true) & 0x10101010);
        const spelling = ((Math.imul(bits, 0x01020408) >>> 24) + lotSpellings) | 0;
        const places = PLACES[spelling]!;
        const sizeEnd = (sizeAt + ((places >> 8) & 15)) | 0;
        const sizePoint = (sizeAt + ((places >> 12) & 15)) | 0;
        const sizeRest =
          (view.getInt32((sizePoint + lotDecimals - 3) | 0, true) ^ lotZeros) &
          SIZE_FRACTION_MASKS[spelling]!;
        let sizeLow = (first ^ 0x30303030) << places;
        let sizeHigh = 0;
        if (places >= FIVE_DIGITS) {
          marks |= digitMarks(sizeLow);
          sizeHigh = Math.imul(fourDigits(sizeLow), 10_000);
          sizeLow = view.getInt32((sizePoint - 4) | 0, true) ^ 0x30303030;
        }
        marks |= digitMarks(sizeLow) | (sizeRest + lotMarks) | sizeRest;
        let size = (Math.imul(sizeHigh + fourDigits(sizeLow), lotScale) + fourDigits(sizeRest)) | 0;

        wrong |= view.getInt32(sizeEnd, true) ^ DEAD_COLUMN;
        wrong |= view.getInt32((sizeEnd + 3) | 0, true) ^ DEAD_COLUMN_END;
        wrong |= (marks & MARK_BITS) | ((price - 1) & INT32_MIN);
        if (wrong !== 0) break;
        if (isScaled) {
          const wholeTicks = (price / tickMantissa) | 0;
          const wholeLots = (size / lotMantissa) | 0;
          if (Math.imul(wholeTicks, tickMantissa) !== price || Math.imul(wholeLots, lotMantissa) !== size)
            break;
          price = wholeTicks;
          size = wholeLots;
        }
        ticks[kept] = price;
        lots[kept] = size;
        const after = view.getInt32((sizeEnd + 7) | 0, true);
        if ((after ^ ROW_END) >>> 0 <= 9) {
          index = (sizeEnd + 11) | 0;
          kept = (kept + 1) | 0;
          continue;
        }
        if ((after ^ LAST_ROW_END) >>> 0 <= 9) {
          this.count = kept + 1;
          this.farCount = far;
          return (sizeEnd + 11) | 0;
        }
        // More than nine orders. The frame's end is no digit, so that the search ends within it.
        let at = (sizeEnd + 7) | 0;
        while (((view.getUint8(at) - DIGIT_0) | 0) >>> 0 <= 9) at = (at + 1) | 0;
        if (view.getUint8(at) !== QUOTE || view.getUint8((at + 1) | 0) !== CLOSE_BRACKET) break;
        const next = view.getUint8((at + 2) | 0);
        if (next === CLOSE_BRACKET) {
          this.count = kept + 1;
          this.farCount = far;
          return (at + 3) | 0;
        }
        if (next !== COMMA) break;
        index = (at + 3) | 0;
        kept = (kept + 1) | 0;
      }
      if (kept + far >= ROWS_MAX) return UNUSUAL;
      const at = index + 2;
      index = this.#byteRow.scan(bytes, index, ticks, lots, kept, instrument, side === ASK_ROWS);
      if (index === UNUSUAL) return UNUSUAL;
      digits = 0;
      while (digits <= WHOLE_DIGITS_MAX && bytes[at + digits]! >= DIGIT_0) digits++;
      if (digits > WHOLE_DIGITS_MAX || digits + tickDecimals > WORD_DIGITS_MAX) digits = 0;
      grids[digitsAt] = digits;
      // A far ask is written over by the next row, or lies past the count.
      if (this.#byteRow.isFar) far++;
      else kept++;
      if (bytes[index] === CLOSE_BRACKET) {
        this.count = kept;
        this.farCount = far;
        return index + 1;
      }
      if (bytes[index] !== COMMA) return UNUSUAL;
      index = (index + 1) | 0;
    }
    return UNUSUAL;
  }

  /** @hot The same for grids of many decimals: by words of their own, and by bytes where those stop. */
  #scanFine(
    view: DataView,
    bytes: Uint8Array,
    start: number,
    end: number,
    ticks: Int32Array,
    lots: Float64Array,
    instrument: number,
    side: number,
  ): number {
    const rows = this.#fineRows;
    const last = Math.min(end - FINE_ROW_REACH, start + (ROWS_MAX - 1) * ROW_BYTES_MIN) | 0;
    let index = start | 0;
    let kept = 0;
    let far = 0;
    while (kept + far < ROWS_MAX) {
      index = rows.scan(view, index, last, ticks, lots, kept, instrument, side);
      kept = rows.count;
      if (rows.isComplete) {
        this.count = kept;
        this.farCount = far;
        return index;
      }
      if (kept + far >= ROWS_MAX) return UNUSUAL;
      index = this.#byteRow.scan(bytes, index, ticks, lots, kept, instrument, side === ASK_ROWS);
      if (index === UNUSUAL) return UNUSUAL;
      if (this.#byteRow.isFar) far++;
      else kept++;
      if (bytes[index] === CLOSE_BRACKET) {
        this.count = kept;
        this.farCount = far;
        return index + 1;
      }
      if (bytes[index] !== COMMA) return UNUSUAL;
      index = (index + 1) | 0;
    }
    return UNUSUAL;
  }
}

function gridFields({ tick, lot }: Instrument): number[] {
  const decimals = Math.max(tick.decimals, lot.decimals);
  if (decimals > FINE_DECIMALS_MAX) return [BY_BYTES];
  if (decimals > WORD_DECIMALS_MAX) return [BY_FINE_ROWS];
  if (Math.max(tick.mantissa, lot.mantissa) > INT32_MAX) return [BY_BYTES];
  const zeros = fractionZeros();
  const marks = fractionMarks();
  const fields: number[] = [];
  fields[GRID_MODE] = BY_WORDS;
  fields[TICK_DECIMALS] = tick.decimals;
  fields[TICK_MANTISSA] = tick.mantissa;
  fields[TICK_SCALE] = Number(`1e${tick.decimals}`);
  fields[TICK_ZEROS] = zeros[tick.decimals]!;
  fields[TICK_MARKS] = marks[tick.decimals]!;
  fields[TICK_MASK] = FRACTION_MASKS[tick.decimals * 5]!;
  fields[LOT_DECIMALS] = lot.decimals;
  fields[LOT_MANTISSA] = lot.mantissa;
  fields[LOT_SCALE] = Number(`1e${lot.decimals}`);
  fields[LOT_ZEROS] = zeros[lot.decimals]!;
  fields[LOT_MARKS] = marks[lot.decimals]!;
  fields[LOT_SPELLINGS] = lot.decimals * SPELLINGS;
  fields[IS_SCALED] = tick.mantissa === 1 && lot.mantissa === 1 ? 0 : 1;
  return fields;
}
