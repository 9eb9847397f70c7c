import type { DecimalGrid } from '../engine/base/decimal.ts';

/**
 * Digits kept beyond the tick's own for prices between ticks (fair prices, average entries): a
 * ten-thousandth.
 */
const FRACTION_DIGITS = 4;

/**
 * A price as a number to show: what its decimal text parses to, where ticks × 0.1 in floating point may not
 * be. Not a number stays not a number.
 */
export function priceOf(ticks: number, tick: DecimalGrid): number {
  if (Number.isSafeInteger(ticks)) return Number(tick.toText(ticks));
  return Number((ticks * tick.value).toFixed(tick.decimals + FRACTION_DIGITS));
}
