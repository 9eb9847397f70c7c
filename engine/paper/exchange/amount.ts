/**
 * Money and quantities of the ledger: whole numbers of 10^-18, in BigInt. Sums are exact; only a product with more than
 * eighteen decimals or a quotient is rounded, once, half away from zero, and the rounded amount is what is booked and shown.
 */
export type Amount = bigint;

const AMOUNT_DECIMALS = 18;
export const AMOUNT_ONE: Amount = 10n ** 18n;

const DECIMAL = /^(-?)(\d+)(?:\.(\d{1,18}))?$/;

/** Whether the text is a plain unsigned decimal: no sign, exponent or spaces. */
export function isPlainDecimal(text: string): boolean {
  return /^\d{1,24}(?:\.\d{1,18})?$/.test(text);
}

/** @throws RangeError when the text is not a plain decimal with at most 18 digits after the point */
export function parseAmount(text: string): Amount {
  const match = DECIMAL.exec(text);
  if (match === null) {
    throw new RangeError(`amount: expected a plain decimal with at most 18 decimals, was "${text}"`);
  }
  const magnitude = BigInt(match[2]! + (match[3] ?? '').padEnd(AMOUNT_DECIMALS, '0'));
  return match[1] === '-' ? -magnitude : magnitude;
}

/** The shortest plain decimal, exact. */
export function amountText(amount: Amount): string {
  if (amount === 0n) return '0';
  const sign = amount < 0n ? '-' : '';
  const digits = (amount < 0n ? -amount : amount).toString().padStart(AMOUNT_DECIMALS + 1, '0');
  const whole = digits.slice(0, -AMOUNT_DECIMALS);
  const fraction = digits.slice(-AMOUNT_DECIMALS).replace(/0+$/, '');
  return sign + (fraction === '' ? whole : `${whole}.${fraction}`);
}

/** numerator / denominator, rounded half away from zero. */
export function divideRounded(numerator: bigint, denominator: bigint): bigint {
  const isNegative = numerator < 0n !== denominator < 0n;
  const top = numerator < 0n ? -numerator : numerator;
  const bottom = denominator < 0n ? -denominator : denominator;
  const quotient = (top + bottom / 2n) / bottom;
  return isNegative ? -quotient : quotient;
}

/** amount × rate, both with 18 decimals. */
export function multiplyAmounts(amount: Amount, rate: Amount): Amount {
  return divideRounded(amount * rate, AMOUNT_ONE);
}

/** For limits and reports. */
export function amountNumber(amount: Amount): number {
  return Number(amount) / 1e18;
}

/** A float of a report as a plain decimal without exponent or trailing zeros. */
export function numberText(value: number, decimals = 10): string {
  if (value === 0) return '0';
  const text = value.toFixed(decimals);
  const trimmed = text.includes('.') ? text.replace(/0+$/, '').replace(/\.$/, '') : text;
  return trimmed === '-0' ? '0' : trimmed;
}
