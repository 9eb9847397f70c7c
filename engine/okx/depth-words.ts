/**
 * Four and eight ASCII bytes at a time: tables and constants with which the depth decoder compares and parses by words.
 *
 * A word holds four characters, the first in its lowest byte (little-endian). Exclusive-ored with zeros ('0'), digits become
 * their values. Eight bytes are compared as a double: ASCII is never NaN nor zero, and any other two doubles are equal
 * exactly when their bytes are.
 *
 * Owner:      constants, made once.
 * Invariants: a table entry is a guess at how a number is spelled; the scanner checks every byte that the guess speaks of.
 * Cost:       8 KiB of tables, of which a market touches a few lines.
 */

/** Characters from which the spelling of a number is told: digits, point and closing quote. */
const SPELLING_BYTES = 8;
export const SPELLINGS = 1 << SPELLING_BYTES;
/** Digits after the point of the grids that words take: with the point they fill one word. */
export const WORD_DECIMALS_MAX = 3;
/** Digits in all, so that every sum stays below 2^31. */
export const WORD_DIGITS_MAX = 9;
/** Digits before the point that two words hold. */
export const WHOLE_DIGITS_MAX = 8;

/**
 * The places of a spelling that words do not take: a number that ends where it begins, which no row's bytes can be. They
 * would have to begin with a quote there, and that is no digit.
 */
const REFUSED = 0;

const ENCODER = new TextEncoder();

/** Four characters of an ASCII text as a word. */
export function wordOf(text: string): number {
  return new DataView(ENCODER.encode(text).buffer).getInt32(0, true);
}

/** Eight characters of an ASCII text from `at`, as the double with the same bytes. */
export function doubleOf(text: string, at: number): number {
  return new DataView(ENCODER.encode(text).buffer).getFloat64(at, true);
}

/** What to keep of the last four digits before the point, by the number of digits. */
export function lowMasks(): Int32Array {
  return Int32Array.from({ length: 16 }, (_, digits) => (digits > WHOLE_DIGITS_MAX ? 0 : lastBytes(digits)));
}

/** What to keep of the four digits before those. */
export function highMasks(): Int32Array {
  return Int32Array.from({ length: 16 }, (_, digits) =>
    digits > WHOLE_DIGITS_MAX ? 0 : lastBytes(digits - 4),
  );
}

/**
 * The word that ends with the last decimal of a grid, and holds the point too: `0.12`, `00.1`. By 4 * decimals + digits
 * written, what to keep of it: the point and those digits, so that others count as zeros; nothing where no point is.
 */
export function fractionMasks(): Int32Array {
  const masks = new Int32Array(16);
  for (let decimals = 1; decimals <= WORD_DECIMALS_MAX; decimals++) {
    for (let written = 1; written <= decimals; written++) {
      masks[4 * decimals + written] = lastBytes(decimals + 1) & ~lastBytes(decimals - written);
    }
  }
  return masks;
}

/** By decimals: that word for zeros, exclusive-ored with which digits become their values and the point 0. */
export function fractionZeros(): Int32Array {
  return Int32Array.of(wordOf('0000'), wordOf('00.0'), wordOf('0.00'), wordOf('.000'));
}

/** By decimals: added to those values, it sets bit 7 of a byte that is no digit, or not 0 where the point was. */
export function fractionMarks(): Int32Array {
  return Int32Array.of(0x76767676, 0x767f7676, 0x76767f76, 0x7676767f);
}

/**
 * How a number stands in the eight characters from its first digit. By SPELLINGS * decimals + a bit for each character, set
 * where the character may be a digit:
 *
 *     12.34","     1 1 0 1 1 0 0 0     a point is followed by a digit
 *     120","0"     1 1 1 0 0 0 1 0     a quote is followed by a comma
 *
 *     15 ... 12                 11 ... 8        4 ... 0
 *     digits before the point | where it ends | bits by which to shift the first word
 * so that it ends with the last digit before the point, or with the last but four when there are more than four
 */
export function spellings(): Int32Array {
  return eachSpelling((decimals, digits, fraction) => {
    const isTaken = fraction <= decimals && digits + decimals <= WORD_DIGITS_MAX;
    const end = digits + (fraction === 0 ? 0 : fraction + 1);
    return isTaken ? (digits << 12) | (end << 8) | (8 * (digits > 4 ? 8 - digits : 4 - digits)) : REFUSED;
  });
}

/** In the same order: what to keep of the word with the decimals. */
export function spellingFractions(): Int32Array {
  const masks = fractionMasks();
  return eachSpelling((decimals, _, fraction) =>
    fraction <= decimals ? masks[4 * decimals + fraction]! : 0,
  );
}

function eachSpelling(entryOf: (decimals: number, digits: number, fraction: number) => number): Int32Array {
  const table = new Int32Array(SPELLINGS * (WORD_DECIMALS_MAX + 1));
  for (let decimals = 0; decimals <= WORD_DECIMALS_MAX; decimals++) {
    for (let bits = 0; bits < SPELLINGS; bits++) {
      const digits = digitsFrom(bits, 0);
      if (digits === 0) continue;
      // A number that fills all eight may be longer: then the scanner does not find its closing quote behind them.
      const fraction = digitsFrom(bits, digits + 1);
      table[SPELLINGS * decimals + bits] = entryOf(decimals, digits, fraction);
    }
  }
  return table;
}

/** How many bits in a row are set in `bits` from bit `from` on. */
function digitsFrom(bits: number, from: number): number {
  let bit = from;
  while (bit < SPELLING_BYTES && ((bits >> bit) & 1) === 1) bit++;
  return bit - from;
}

/** Ones in the last `count` bytes of a word, for -4 to any number. */
function lastBytes(count: number): number {
  return count <= 0 ? 0 : count >= 4 ? -1 : -1 << (8 * (4 - count));
}
