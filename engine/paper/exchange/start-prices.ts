import type { Ticks } from '../../base/units.ts';
import type { Listing } from './listing.ts';

/** About what coins cost when the instrument rows were recorded, in US dollars: a start, not a claim. */
const COIN_USD: Readonly<Record<string, number>> = {
  BTC: 78_000,
  ETH: 2_300,
  SOL: 86,
  XRP: 1.4,
  DOGE: 0.097,
  SHIB: 0.0000062,
  USDT: 1,
  USDC: 1,
  USD: 1,
};

/** Options start at this part of the underlying, whatever their strike: they have no flow and only need a price. */
const OPTION_RATIO = 0.05;
/** For coins that the table does not have. */
const UNKNOWN_TICKS = 10_000;

/** US dollars that are as good as a dollar. */
export function isDollar(ccy: string): boolean {
  return ccy === 'USDT' || ccy === 'USDC' || ccy === 'USD' || ccy === 'USDG';
}

export function startTicks(listing: Listing, text: string | undefined): Ticks {
  if (text !== undefined) return listing.tick.fromText(text);
  const base = COIN_USD[listing.baseCcy];
  const quote = COIN_USD[listing.quoteCcy];
  if (base === undefined || quote === undefined) return UNKNOWN_TICKS;
  // Coin-settled options are priced in the coin.
  const price =
    listing.instType === 'OPTION' ? OPTION_RATIO * (isDollar(listing.settleCcy) ? base : 1) : base / quote;
  return Math.max(1, Math.round(price / listing.tick.value));
}
