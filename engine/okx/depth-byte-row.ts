/**
 * One row of a depth push, byte by byte: whatever the words of DepthRowScanner do not take, be it far, long, of other
 * columns or near the end of the frame.
 *
 * Owner:      the scanner that built it.
 * Invariants: every step of the arithmetic is exact: at most DIGITS_MAX digits, and products checked against 2^53.
 * Cost:       one pass, about 1 ns a byte; nothing allocates once constructed.
 */
import type { Instrument } from '../base/instrument.ts';
import { TICKS_MAX } from '../base/units.ts';
import { UNUSUAL } from './depth-beginning.ts';

/** Parsed rather than computed: the power operator is not exact everywhere. */
const POWERS_OF_TEN = Float64Array.from({ length: 19 }, (_, exponent) => Number(`1e${exponent}`));

/** Digits of a number that the scanner takes: below 10^15 every step of the arithmetic is exact. */
const DIGITS_MAX = 15;
/** Columns of a row after price and size: four in all today, three in historical files. */
const MORE_COLUMNS_MAX = 8;

const QUOTE = 0x22;
const COMMA = 0x2c;
const DOT = 0x2e;
const DIGIT_0 = 0x30;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

export class DepthByteRow {
  /** The last row was an ask whose price exceeds TICKS_MAX. */
  isFar = false;

  // The grids of all instruments, flat: an index is cheaper than an object's field behind another's.
  readonly #tickDecimals: Int32Array;
  readonly #tickMantissas: Float64Array;
  readonly #lotDecimals: Int32Array;
  readonly #lotMantissas: Float64Array;

  constructor(instruments: readonly Instrument[]) {
    this.#tickDecimals = Int32Array.from(instruments, (instrument) => instrument.tick.decimals);
    this.#tickMantissas = Float64Array.from(instruments, (instrument) => instrument.tick.mantissa);
    this.#lotDecimals = Int32Array.from(instruments, (instrument) => instrument.lot.decimals);
    this.#lotMantissas = Float64Array.from(instruments, (instrument) => instrument.lot.mantissa);
  }

  /**
   * @hot The row at `start`, into place `row` of the arrays. Gives the offset after its closing bracket, or UNUSUAL. The
   * price of a far ask means nothing.
   */
  scan(
    bytes: Uint8Array,
    start: number,
    ticks: Int32Array,
    lots: Float64Array,
    row: number,
    instrument: number,
    isAsks: boolean,
  ): number {
    const tickMantissa = this.#tickMantissas[instrument]!;
    const lotMantissa = this.#lotMantissas[instrument]!;
    let index = start;
    if (bytes[index] !== OPEN_BRACKET || bytes[index + 1] !== QUOTE) return UNUSUAL;
    index += 2;

    // The price. Digits after the point count against the grid's, and what is missing is made up by a power of ten.
    let count = 0;
    let digitsStart = index;
    let digit = bytes[index]! - DIGIT_0;
    while (digit >= 0 && digit <= 9) {
      count = count * 10 + digit;
      digit = bytes[++index]! - DIGIT_0;
    }
    let length = index - digitsStart;
    if (length === 0) return UNUSUAL;
    let missing = this.#tickDecimals[instrument]!;
    if (bytes[index] === DOT) {
      digitsStart = ++index;
      digit = bytes[index]! - DIGIT_0;
      while (digit >= 0 && digit <= 9) {
        count = count * 10 + digit;
        digit = bytes[++index]! - DIGIT_0;
      }
      length += index - digitsStart;
      missing -= index - digitsStart;
      if (index === digitsStart || missing < 0) return UNUSUAL;
    }
    if (length > DIGITS_MAX || bytes[index] !== QUOTE) return UNUSUAL;
    if (missing > 0) count *= POWERS_OF_TEN[missing]!;
    if (count > Number.MAX_SAFE_INTEGER) return UNUSUAL;
    if (tickMantissa !== 1) {
      const whole = Math.floor(count / tickMantissa);
      if (whole * tickMantissa !== count) return UNUSUAL;
      count = whole;
    }
    if (count < 1) return UNUSUAL;
    this.isFar = count > TICKS_MAX;
    if (this.isFar && !isAsks) return UNUSUAL;
    ticks[row] = count;

    // The size, in the same way. Written out again: a shared function would have to return two numbers.
    if (bytes[index + 1] !== COMMA || bytes[index + 2] !== QUOTE) return UNUSUAL;
    index += 3;
    count = 0;
    digitsStart = index;
    digit = bytes[index]! - DIGIT_0;
    while (digit >= 0 && digit <= 9) {
      count = count * 10 + digit;
      digit = bytes[++index]! - DIGIT_0;
    }
    length = index - digitsStart;
    if (length === 0) return UNUSUAL;
    missing = this.#lotDecimals[instrument]!;
    if (bytes[index] === DOT) {
      digitsStart = ++index;
      digit = bytes[index]! - DIGIT_0;
      while (digit >= 0 && digit <= 9) {
        count = count * 10 + digit;
        digit = bytes[++index]! - DIGIT_0;
      }
      length += index - digitsStart;
      missing -= index - digitsStart;
      if (index === digitsStart || missing < 0) return UNUSUAL;
    }
    if (length > DIGITS_MAX || bytes[index] !== QUOTE) return UNUSUAL;
    if (missing > 0) count *= POWERS_OF_TEN[missing]!;
    if (count > Number.MAX_SAFE_INTEGER) return UNUSUAL;
    if (lotMantissa !== 1) {
      const whole = Math.floor(count / lotMantissa);
      if (whole * lotMantissa !== count) return UNUSUAL;
      count = whole;
    }
    lots[row] = count;
    index++;

    // What else the row has (a dead field and the number of orders) is not ours, but must be digits.
    for (let column = 0; column < MORE_COLUMNS_MAX && bytes[index] === COMMA; column++) {
      if (bytes[index + 1] !== QUOTE) return UNUSUAL;
      index += 2;
      digit = bytes[index]! - DIGIT_0;
      while (digit >= 0 && digit <= 9) digit = bytes[++index]! - DIGIT_0;
      if (bytes[index] !== QUOTE) return UNUSUAL;
      index++;
    }
    return bytes[index] === CLOSE_BRACKET ? index + 1 : UNUSUAL;
  }
}
