/**
 * Whole numbers as ASCII digits, four at a time.
 *
 * Owner:      whoever calls.
 * Invariants: what stands before the offset that is returned is what String(value) gives, or that with leading zeros. Up to
 *             three bytes behind it are overwritten too: write from left to right, and leave room behind the last.
 * Cost:       about 3 ns for four digits: they are taken apart side by side in one int32, with multiplications in place of
 *             divisions, and stored at once. Nothing allocates.
 *
 * Four digits, abcd:
 *
 *     pairs    | ab | cd << 16 |                          ab = abcd / 100, as a multiplication and a shift
 *     tens     | a  | c << 16  |                          both pairs / 10 by one multiplication: p · 103 / 1024 for p < 100
 *     digits   a + b << 8 + c << 16 + d << 24             tens + (pairs − 10 · tens) << 8, then "0" is added to all
 *
 * The first digit is in the lowest byte, which a little-endian store puts first. Fewer digits than four: the leading zeros
 * are shifted out.
 */

/** From here on a number is large; below, all arithmetic is on int32s. */
export const SMALL_END = 2 ** 31;
/** Digits of a large number's lower part: the upper part of any number below 2^53 is then small. */
const LOW_DIGITS = 8;
const LOW_END = 1e8;

const FOUR_ZEROS = 0x3030_3030;

/** @hot `value` below 10,000 as four ASCII digits, the first in the lowest byte. */
function fourDigits(value: number): number {
  const hundreds = (value * 5_243) >>> 19;
  const pairs = hundreds | ((value - hundreds * 100) << 16);
  const tens = (Math.imul(pairs, 103) >>> 10) & 0x000f_000f;
  return (tens + ((pairs - Math.imul(tens, 10)) << 8) + FOUR_ZEROS) | 0;
}

/** By digits less one; the first is 0, so that 0 has a digit. */
const POWERS = Int32Array.of(0, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9);

/**
 * @hot How many digits a small number has. Its bits by log10(2), as 1233 / 4096, are the digits or one too few. Nothing is
 * decided on the way: of a comparison that it has never seen made, V8 knows no types, and the first number of seven digits
 * (a message's id, hours after the start) would cost a deoptimisation.
 */
function digitCount(value: number): number {
  const below = ((32 - Math.clz32(value | 1)) * 1_233) >>> 12;
  return below + 1 - ((value - POWERS[below]!) >>> 31);
}

/** @hot Writes a small number in exactly `digits` digits, 1 to 12, with leading zeros; returns the offset after them. */
export function writeFixed(words: DataView, offset: number, value: number, digits: number): number {
  const rest = value | 0;
  if (digits <= 4) {
    words.setInt32(offset, fourDigits(rest) >>> (32 - digits * 8), true);
    return offset + digits;
  }
  const low = (rest / 10_000) | 0;
  const end = writeUpper(words, offset, low, digits - 4);
  words.setInt32(end, fourDigits(rest - low * 10_000), true);
  return end + 4;
}

/** What is above the last four digits. A function of its own instead of recursion, which V8 does not inline. */
function writeUpper(words: DataView, offset: number, value: number, digits: number): number {
  if (digits <= 4) {
    words.setInt32(offset, fourDigits(value) >>> (32 - digits * 8), true);
    return offset + digits;
  }
  const high = (value / 10_000) | 0;
  words.setInt32(offset, fourDigits(high) >>> (64 - digits * 8), true);
  words.setInt32(offset + digits - 4, fourDigits(value - high * 10_000), true);
  return offset + digits;
}

/** @hot Writes a small number; returns the offset after it. */
export function writeSmall(words: DataView, offset: number, value: number): number {
  return writeFixed(words, offset, value, digitCount(value));
}

/**
 * @hot Writes `from[at]`, a whole number from 0 to 2^53 - 1; returns the offset after it. Out of an array, because a number
 * beyond 31 bits that is passed to a function V8 did not inline is allocated.
 */
export function writeWhole(words: DataView, offset: number, from: Float64Array, at: number): number {
  const value = from[at]!;
  if (value < SMALL_END) return writeSmall(words, offset, value | 0);
  const high = Math.floor(value / LOW_END) | 0;
  const low = (value - high * LOW_END) | 0;
  return writeFixed(words, writeSmall(words, offset, high), low, LOW_DIGITS);
}
