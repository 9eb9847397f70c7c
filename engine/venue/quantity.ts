/**
 * Sizes as whole numbers of 10^-18, so that sums of what the venue writes as decimals are exact without a grid.
 */
const DIGITS = 18;

/** "" and what is no decimal are 0: the venue writes both for nothing. */
export function unitsOf(text: string): bigint {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (match === null) return 0n;
  const [, sign, whole, fraction = ''] = match;
  const units = BigInt(whole! + fraction.slice(0, DIGITS).padEnd(DIGITS, '0'));
  return sign === '-' ? -units : units;
}

/** Without zeros behind. */
export function quantityText(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(DIGITS + 1, '0');
  const fraction = digits.slice(-DIGITS).replace(/0+$/, '');
  const whole = digits.slice(0, -DIGITS);
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : '.'}${fraction}`;
}
