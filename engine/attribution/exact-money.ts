/**
 * Money in whole numbers: of 10^-18 of a coin, as BigInt. Parts of a profit add up to it because whole numbers do.
 *
 * What leaves as JSON are doubles, and 0.1 + 0.2 is not 0.3 there: `addingUp` puts the parts of one sum on a common binary
 * grid, fine enough to lose nothing that a double would have kept of the largest, on which adding is exact in any order.
 */

/** Digits after the point. OKX's finest amounts have twelve, its finest ticks of spot markets fewer. */
const DECIMALS = 18;
export const UNITS_PER_COIN = 10n ** BigInt(DECIMALS);
/** Bits of a double's mantissa, less one for the carries of a sum of some parts. */
const GRID_BITS = 52;
const GRID_EXPONENT_MAX = 80;

/** The amount that a decimal text such as "-0.25" or "1e-7" stands for; digits beyond the 18th are rounded off. */
export function unitsOfText(text: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) return 0n;
  const fraction = match[3] ?? '';
  const digits = BigInt(match[2]! + fraction);
  const shift = DECIMALS - fraction.length + Number(match[4] ?? '0');
  const units = shift >= 0 ? digits * 10n ** BigInt(shift) : divideRounded(digits, 10n ** BigInt(-shift));
  return match[1] === '-' ? -units : units;
}

/** The amount of the shortest decimal that reads back as this number; 0 for what is no number. */
export function unitsOf(value: number): bigint {
  return Number.isFinite(value) ? unitsOfText(String(value)) : 0n;
}

/** The amount as decimal text, which reads back as it was. */
export function textOfUnits(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(DECIMALS + 1, '0');
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '');
  const whole = digits.slice(0, -DECIMALS);
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The nearest double. */
export function numberOf(units: bigint): number {
  return Number(`${units}e-${DECIMALS}`);
}

/** The quotient to the nearest whole number, halves away from zero. */
export function divideRounded(dividend: bigint, divisor: bigint): bigint {
  const isNegative = dividend < 0n !== divisor < 0n;
  const over = dividend < 0n ? -dividend : dividend;
  const under = divisor < 0n ? -divisor : divisor;
  const quotient = (over + under / 2n) / under;
  return isNegative ? -quotient : quotient;
}

/** An amount times a price or a rate, both in units. */
export function timesUnits(amount: bigint, rate: bigint): bigint {
  return divideRounded(amount * rate, UNITS_PER_COIN);
}

/**
 * The parts as doubles whose sum, added in whatever order, is exact: each is a multiple of the same power of two. What that
 * moves a part by is at most 2^-53 of the largest sum.
 */
export function addingUp(parts: readonly bigint[]): number[] {
  let largest = 0n;
  for (const part of parts) largest += part < 0n ? -part : part;
  if (largest === 0n) return parts.map(() => 0);
  const exponent = GRID_BITS - Math.ceil(Math.log2(numberOf(largest)) + 1e-9);
  const bits = Math.max(0, Math.min(GRID_EXPONENT_MAX, exponent));
  const scale = 2 ** bits;
  return parts.map((part) => {
    const steps = divideRounded(part << BigInt(bits), UNITS_PER_COIN);
    return steps === 0n ? 0 : Number(steps) / scale;
  });
}
