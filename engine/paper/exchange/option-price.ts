/**
 * Prices of options: in the instrument's own unit (coin, or dollars where it settles in those), in dollars, or as a
 * volatility.
 */
import type { Side } from '../../base/side.ts';
import type { Ticks } from '../../base/units.ts';
import { isPlainDecimal, numberText } from './amount.ts';
import type { RequestItem } from './exchange-contract.ts';
import type { Market } from './market.ts';
import { refusal, type OrderRefusal } from './refusals.ts';
import { toBand } from './tick-bands.ts';

export type PriceType = 'px' | 'pxUsd' | 'pxVol';

/** What an order asked for: its price as it said it. */
export interface PriceQuote {
  readonly pxType: PriceType;
  /** Dollars, or a volatility (1 is 100 %); 0 for `px`, whose ticks say everything. */
  readonly pxValue: number;
}

export const PLAIN_QUOTE: PriceQuote = { pxType: 'px', pxValue: 0 };

const PRICE_FIELDS = { px: 'newPx', pxUsd: 'newPxUsd', pxVol: 'newPxVol' } as const;

/** Which of the three prices an order or an amend gives: one at most. Null where it gives none. */
export function readPriceType(request: RequestItem, isAmend: boolean): PriceType | OrderRefusal | null {
  const given = (['px', 'pxUsd', 'pxVol'] as const).filter((type) => {
    const value = request[isAmend ? PRICE_FIELDS[type] : type];
    return value !== undefined && value !== '';
  });
  if (given.length > 1) return refusal('51000', isAmend ? PRICE_FIELDS[given[1]!] : given[1]!);
  return given[0] ?? null;
}

/** A price in dollars or a volatility, and the ticks that it is now: bids away from the market, asks as well. */
export function readFollowed(
  market: Market,
  side: Side,
  request: RequestItem,
  pxType: 'pxUsd' | 'pxVol',
  isAmend: boolean,
): { readonly ticks: Ticks; readonly quote: PriceQuote } | OrderRefusal {
  const name = isAmend ? PRICE_FIELDS[pxType] : pxType;
  const text = request[name];
  if (typeof text !== 'string' || !isPlainDecimal(text) || Number(text) === 0) return refusal('51000', name);
  if (!market.listing.isOption) return refusal('51000', name);
  const pxValue = Number(text);
  const ticks = ticksAt(market, side, pxType, pxValue);
  return ticks < 1 ? refusal('51122') : { ticks, quote: { pxType, pxValue } };
}

export function ticksAt(market: Market, side: Side, pxType: PriceType, pxValue: number): Ticks {
  const option = market.option!;
  const price = pxType === 'pxUsd' ? option.fromUsd(pxValue) : option.fromVolatility(pxValue);
  return toBand(market.listing, side, price / market.listing.tick.value);
}

/** `pxUsd` and `pxVol` of a price in ticks, as orders and fills show them; '' for what is no option. */
export function optionTexts(market: Market, ticks: Ticks, quote = PLAIN_QUOTE): { usd: string; vol: string } {
  const { option, listing } = market;
  if (option === null || ticks === 0) return { usd: '', vol: '' };
  const price = ticks * listing.tick.value;
  const usd = quote.pxType === 'pxUsd' ? quote.pxValue : option.toUsd(price);
  const vol = quote.pxType === 'pxVol' ? quote.pxValue : option.toVolatility(price);
  return { usd: numberText(usd, 8), vol: numberText(vol, 10) };
}
