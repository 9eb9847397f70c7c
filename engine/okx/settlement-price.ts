import type { Instrument } from '../base/instrument.ts';

/**
 * The price in ticks, with a fraction, at which a contract ends: that of a future as it is told; of an option what exercise
 * pays for one unit of its underlying, in the currency it is priced in. `settlePx` is the underlying's there, the mean of
 * the index over the last half hour: calls pay S - K and puts K - S, in coins that over S, and nothing where that is below
 * zero.
 */
export function settlementTicks({ tick, option, settlesInBase }: Instrument, settlePx: number): number {
  if (option === null) return settlePx / tick.value;
  const gain = option.isCall ? settlePx - option.strike : option.strike - settlePx;
  if (!(gain > 0)) return 0;
  return (settlesInBase ? gain / settlePx : gain) / tick.value;
}
