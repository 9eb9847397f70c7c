import type { PriceBands } from '../base/price-bands.ts';

/**
 * @hot Brings the rows of one side to prices that the venue takes, away from the market: bids down, asks up. Rows that meet
 * are one row then, of the size of the better one. Returns how many are left.
 */
export function keepToBands(
  ticks: Int32Array,
  lots: Float64Array,
  count: number,
  bands: PriceBands,
  isBid: boolean,
): number {
  let kept = 0;
  for (let row = 0; row < count; row++) {
    const at = isBid ? bands.down(ticks[row]!) : bands.up(ticks[row]!);
    if (at < 1 || (kept > 0 && at === ticks[kept - 1])) continue;
    ticks[kept] = at;
    lots[kept] = lots[row]!;
    kept++;
  }
  return kept;
}
