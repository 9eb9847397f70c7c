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

/** For coins that the table does not have. */
const UNKNOWN_TICKS = 10_000;
const UNKNOWN_COIN_USD = 100;

/** US dollars that are as good as a dollar. */
export function isDollar(ccy: string): boolean {
  return ccy === 'USDT' || ccy === 'USDC' || ccy === 'USD' || ccy === 'USDG';
}

/** What a coin costs where no market says so. */
export function coinUsd(ccy: string): number {
  return COIN_USD[ccy] ?? UNKNOWN_COIN_USD;
}

/** The start price as given, else about what the coin costs; options get theirs from their model. */
export function startTicks(listing: Listing, text: string | undefined): Ticks {
  if (text !== undefined) return listing.tick.fromText(text);
  if (listing.isOption) return 1;
  const base = COIN_USD[listing.baseCcy];
  const quote = COIN_USD[listing.quoteCcy];
  if (base === undefined || quote === undefined) return UNKNOWN_TICKS;
  return Math.max(1, Math.round(base / quote / listing.tick.value));
}
