/**
 * Whole numbers as ASCII digits, written into bytes that are there already.
 *
 * Owner:      whoever calls.
 * Invariants: what is written is what String(value) gives, without its own room: the caller has made sure of that.
 * Cost:       1 to 2 ns a pair of digits: a multiplication in place of a division (the divisor is a constant and the value
 *             is an int32, so the compiler knows one), and both digits out of a table. Nothing allocates.
 */

const DIGIT_0 = 48;

/** "00" "01" ... "99". */
const PAIRS = Uint8Array.from({ length: 200 }, (_, index) => {
  const pair = index >> 1;
  return DIGIT_0 + ((index & 1) === 0 ? Math.floor(pair / 10) : pair % 10);
});

/** The largest value + 1 that counts as small: an int32, on which all arithmetic below is done. */
export const SMALL_END = 2 ** 31;
/** Digits that the lower part of a large number has: then the upper part of any number below 2^53 is small. */
const LOW_DIGITS = 8;
const LOW_END = 1e8;

/** @hot How many digits a small number has. */
function digitCount(value: number): number {
  if (value < 10_000) return value < 100 ? (value < 10 ? 1 : 2) : value < 1_000 ? 3 : 4;
  if (value < 100_000_000) {
    return value < 1_000_000 ? (value < 100_000 ? 5 : 6) : value < 10_000_000 ? 7 : 8;
  }
  return value < 1_000_000_000 ? 9 : 10;
}

/** @hot Writes a small number in exactly `digits` digits, with leading zeros, and returns the offset after them. */
export function writeFixed(bytes: Uint8Array, offset: number, value: number, digits: number): number {
  let rest = value | 0;
  let index = offset + digits;
  for (; index - offset >= 2; index -= 2) {
    const quotient = (rest / 100) | 0;
    const pair = (rest - quotient * 100) << 1;
    bytes[index - 1] = PAIRS[pair + 1]!;
    bytes[index - 2] = PAIRS[pair]!;
    rest = quotient;
  }
  if (index > offset) bytes[offset] = DIGIT_0 + rest;
  return offset + digits;
}

/** @hot Writes a small number and returns the offset after it. */
export function writeSmall(bytes: Uint8Array, offset: number, value: number): number {
  return writeFixed(bytes, offset, value, digitCount(value));
}

/**
 * @hot Writes `from[at]`, a whole number from 0 to 2^53 - 1, and returns the offset after it. Out of an array, because a
 * number beyond 31 bits that is passed to a function V8 did not inline is allocated.
 */
export function writeWhole(bytes: Uint8Array, offset: number, from: Float64Array, at: number): number {
  const value = from[at]!;
  if (value < SMALL_END) return writeSmall(bytes, offset, value | 0);
  const high = Math.floor(value / LOW_END) | 0;
  const low = (value - high * LOW_END) | 0;
  return writeFixed(bytes, writeSmall(bytes, offset, high), low, LOW_DIGITS);
}
