/**
 * Decimals as whole numbers of 10^-18, exact, with nothing of the engine's or the venue's arithmetic in it: a mistake of theirs
 * must not be repeated by those who check them.
 */
export type Exact = bigint;

const DECIMALS = 18;
export const ONE: Exact = 10n ** 18n;
const PLAIN = /^(-?)(\d*)(?:\.(\d*))?(?:e([+-]\d+))?$/;

/** @throws RangeError when the text is no decimal, or has more than eighteen places */
export function exact(text: string): Exact {
  const match = PLAIN.exec(text);
  if (match === null || text === '') throw new RangeError(`expected a decimal, was "${text}"`);
  const fraction = match[3] ?? '';
  const exponent = Number(match[4] ?? 0);
  const places = DECIMALS - fraction.length + exponent;
  const digits = BigInt(match[2]! + fraction);
  const scaled = places >= 0 ? digits * 10n ** BigInt(places) : digits / 10n ** BigInt(-places);
  if (places < 0 && scaled * 10n ** BigInt(-places) !== digits)
    throw new RangeError(`more than ${DECIMALS} places: "${text}"`);
  return match[1] === '-' ? -scaled : scaled;
}

/** As a float, for words to people and for comparisons with a tolerance. */
export function inexact(value: Exact): number {
  return Number(value) / 1e18;
}

/** The value that a float stands for, times 10^30: every double above 10^-14 or so keeps all its digits that matter here. */
export function ofFloat(value: number): bigint {
  if (Number.isSafeInteger(value)) return BigInt(value) * 10n ** 30n;
  const [mantissa, exponent] = parts(value);
  return exponent >= 0
    ? mantissa * 2n ** BigInt(exponent) * 10n ** 30n
    : (mantissa * 10n ** 30n) / 2n ** BigInt(-exponent);
}

/** A double as whole number times a power of two. */
function parts(value: number): [mantissa: bigint, exponent: number] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const mantissa = biased === 0 ? fraction : fraction | (1n << 52n);
  return [bits >> 63n === 1n ? -mantissa : mantissa, Math.max(biased, 1) - 1_075];
}
