/**
 * Numbers out of ASCII ranges, for the decoders on the path.
 *
 * Owner:      the engine thread.
 * Invariants: what is not wholly a number of the stated form gives the stated substitute, never NaN, never a throw, and
 *             never a negative zero, which `0 - value` keeps out.
 * Cost:       one pass over the range. The `store` forms write into a typed array, because a number beyond 31 bits that is
 *             returned from a function V8 did not inline is allocated.
 */

const MINUS = 0x2d;
const DOT = 0x2e;
const DIGIT_0 = 0x30;

/** 10^-k for k digits after the point; beyond 22 a power of ten is no longer an exact double. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));
/** Digits that any integer below 2^53 can have; one more could be rounded. */
const EXACT_DIGITS = 15;

/** @hot A whole number of at most nine digits, with a sign or without; `otherwise` for anything else, the empty text too. */
export function smallInteger(bytes: Uint8Array, start: number, end: number, otherwise: number): number {
  const isNegative = start < end && bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  if (end - first < 1 || end - first > 9) return otherwise;
  let value = 0;
  for (let index = first; index < end; index++) {
    const digit = bytes[index]! - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) return otherwise;
    value = value * 10 + digit;
  }
  return isNegative ? 0 - value : value;
}

/** @hot Stores a whole number below 2^53 in magnitude into `into[at]`; `otherwise` for anything else. */
export function storeInteger(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Float64Array,
  at: number,
  otherwise: number,
): void {
  into[at] = otherwise;
  const isNegative = start < end && bytes[start] === MINUS;
  const first = isNegative ? start + 1 : start;
  if (end - first < 1 || end - first > 16) return;
  let value = 0;
  for (let index = first; index < end; index++) {
    const digit = bytes[index]! - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) return;
    value = value * 10 + digit;
  }
  if (value > Number.MAX_SAFE_INTEGER) return;
  into[at] = isNegative ? 0 - value : value;
}

/**
 * @hot Stores a plain decimal as a float into `into[at]`; `otherwise` for anything else. Correctly rounded up to 15 digits;
 * of a longer one, digits that no longer fit are cut, which is below one part in 10^15. For fees and reports, never for a
 * price or a size.
 */
export function storeDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Float64Array,
  at: number,
  otherwise: number,
): void {
  into[at] = otherwise;
  const isNegative = start < end && bytes[start] === MINUS;
  let mantissa = 0;
  let digits = 0;
  let scale = 0;
  let pointAt = -1;
  const first = isNegative ? start + 1 : start;
  for (let index = first; index < end; index++) {
    const byte = bytes[index]!;
    if (byte === DOT) {
      if (pointAt >= 0 || index === first || index + 1 === end) return;
      pointAt = index;
      continue;
    }
    const digit = byte - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) return;
    if (digits < EXACT_DIGITS && scale < 22) {
      mantissa = mantissa * 10 + digit;
      if (mantissa > 0) digits++;
      if (pointAt >= 0) scale++;
    } else if (pointAt < 0) {
      scale--;
    }
  }
  if (end === first) return;
  if (scale < -22) return;
  const value = scale >= 0 ? mantissa / POWERS_OF_TEN[scale]! : mantissa * POWERS_OF_TEN[-scale]!;
  into[at] = isNegative ? 0 - value : value;
}
