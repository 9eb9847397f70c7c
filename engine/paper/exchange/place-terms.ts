/** Reads a place request: shape first, then the instrument's rules, in the order in which OKX names one error of several. */
import { Side } from '../../base/side.ts';
import { OFF_GRID } from '../../base/decimal.ts';
import type { Lots, Ticks } from '../../base/units.ts';
import { TICKS_MAX } from '../../base/units.ts';
import { CLIENT_ID_PATTERN, TAG_PATTERN } from '../../okx/venue-limits.ts';
import type { Account, Valuation } from './account.ts';
import { isPlainDecimal, parseAmount, type Amount } from './amount.ts';
import { isMakerOnly, type OrderTerms, type OrderType, type SelfTradeMode } from './client-order.ts';
import type { RequestItem } from './exchange-contract.ts';
import type { Listing } from './listing.ts';
import type { Market } from './market.ts';
import { PLAIN_QUOTE, readFollowed, readPriceType, type PriceQuote } from './option-price.ts';
import { refusal, type OrderRefusal } from './refusals.ts';
import { isBelowRpiValue, refuseRpi } from './rpi-rules.ts';
import { isOnBand } from './tick-bands.ts';
import { readPosSide, readTradeMode } from './trade-mode.ts';

const ORDER_TYPES: readonly string[] = [
  'limit',
  'post_only',
  'ioc',
  'fok',
  'market',
  'optimal_limit_ioc',
  'rpi',
  'mmp',
  'mmp_and_post_only',
];
const SELF_TRADE_MODES: readonly string[] = ['cancel_maker', 'cancel_taker', 'cancel_both'];
const TD_MODES: readonly string[] = ['cash', 'cross', 'isolated'];

/** The checked terms, or why there are none. */
export function readPlace(
  account: Account,
  market: Market,
  request: RequestItem,
  valuation: Valuation,
): OrderTerms | OrderRefusal {
  const { listing } = market;
  const shape = readShape(request, listing);
  if ('sCode' in shape) return shape;
  const closed = refuseState(listing, shape.type);
  if (closed !== null) return closed;
  const mode = readTradeMode(account, listing, shape.tdMode, shape.side, request['ccy']);
  if ('sCode' in mode) return mode;
  const posSide = readPosSide(account, listing, shape.posSide);
  if (typeof posSide !== 'string') return posSide;
  if (shape.isReduceOnly && !listing.isContract && !mode.isMargin) return refusal('51205');
  if (shape.type === 'fok' && shape.selfTradeMode === 'cancel_both') return refusal('54036');
  const rpi = shape.type === 'rpi' ? refuseRpi(account, market, request, shape.isReduceOnly) : null;
  if (rpi !== null) return rpi;
  const isMarket = isMarketType(shape.type);
  const price = isMarket ? NO_PRICE : readOrderPrice(market, shape.side, request, false);
  if ('sCode' in price) return price;
  const { ticks, quote } = price;
  const size = readSize(market, shape, request, isMarket);
  if ('sCode' in size) return size;
  const limited = isMarket ? ticks : withinPriceLimit(market, shape.side, ticks, request['pxAmendType']);
  if (typeof limited !== 'number') return limited;
  if (!isMarket && size.budget < 0n && exceedsValue(market, limited, size.lots, valuation)) {
    return refusal('51185', String(listing.maxLimitUsd));
  }
  if (shape.type === 'rpi' && isBelowRpiValue(market, limited, size.lots, valuation)) return refusal('54051');
  // In long/short mode the closing side is reduce-only by itself and the parameter is ignored (D).
  const isReduceOnly = (shape.isReduceOnly || mode.mayOnlyReduce) && posSide === 'net';
  const { isMargin, ccy } = mode;
  return { ...shape, isMargin, ccy, posSide, isReduceOnly, ticks: limited, quote, ...size };
}

export function isMarketType(type: OrderType): boolean {
  return type === 'market' || type === 'optimal_limit_ioc';
}

interface OrderPrice {
  readonly ticks: Ticks;
  readonly quote: PriceQuote;
}

const NO_PRICE: OrderPrice = { ticks: 0, quote: PLAIN_QUOTE };

/** The price of an order or of an amend, in whichever of the three ways options know. */
export function readOrderPrice(
  market: Market,
  side: Side,
  request: RequestItem,
  isAmend: boolean,
): OrderPrice | OrderRefusal {
  const type = readPriceType(request, isAmend);
  if (type !== null && typeof type !== 'string') return type;
  if (type === 'pxUsd' || type === 'pxVol') return readFollowed(market, side, request, type, isAmend);
  const name = isAmend ? 'newPx' : 'px';
  const ticks = readPrice(market.listing, request[name], name);
  return typeof ticks === 'number' ? { ticks, quote: PLAIN_QUOTE } : ticks;
}

/** A price of the wire in ticks. */
export function readPrice(listing: Listing, value: unknown, name: string): Ticks | OrderRefusal {
  if (value === undefined || value === '') return refusal('50014', name);
  if (typeof value !== 'string' || !isPlainDecimal(value)) return refusal('51000', name);
  if (Number(value) === 0) return refusal('51000', name);
  const ticks = listing.tick.fromText(value);
  if (ticks === OFF_GRID || !isOnBand(listing, ticks)) return refusal('51150');
  if (ticks > TICKS_MAX) return refusal('51000', name);
  return ticks;
}

/** A size of the wire in lots, held to the instrument's least size and lot. */
export function readLots(listing: Listing, value: unknown, name: string): Lots | OrderRefusal {
  if (value === undefined || value === '') return refusal('50014', name);
  if (typeof value !== 'string' || !isPlainDecimal(value)) return refusal('51000', name);
  if (Number(value) === 0) return refusal('51000', name);
  const lots = listing.lot.fromText(value);
  if (lots === OFF_GRID) {
    return Number(value) < listing.minLots * listing.lot.value ? refusal('51020') : refusal('51121');
  }
  if (lots < listing.minLots) return refusal('51020');
  return lots;
}

/** The price itself, the nearest allowed one with pxAmendType "1", or the refusal. */
export function withinPriceLimit(
  market: Market,
  side: Side,
  ticks: Ticks,
  pxAmendType: unknown,
): Ticks | OrderRefusal {
  const { listing, buyLimitTicks, sellLimitTicks } = market;
  const isBuy = side === Side.buy;
  if (isBuy ? ticks <= buyLimitTicks : ticks >= sellLimitTicks) return ticks;
  if (pxAmendType === '1') return isBuy ? buyLimitTicks : sellLimitTicks;
  const highest = listing.priceText(buyLimitTicks);
  const lowest = listing.priceText(sellLimitTicks);
  if (listing.isContract) return refusal('51006', highest, lowest);
  return isBuy ? refusal('51137', highest) : refusal('51138', lowest);
}

type TermsOfOthers = 'posSide' | 'ticks' | 'quote' | 'lots' | 'budget' | 'isMargin' | 'ccy';
type Shape = Omit<OrderTerms, TermsOfOthers> & {
  readonly posSide: string;
};

function readShape(request: RequestItem, listing: Listing): Shape | OrderRefusal {
  for (const name of ['tdMode', 'side', 'ordType', 'sz']) {
    if (request[name] === undefined || request[name] === '') return refusal('50014', name);
  }
  const clOrdId = request['clOrdId'] ?? '';
  if (clOrdId !== '' && !isMatch(clOrdId, CLIENT_ID_PATTERN)) return refusal('51000', 'clOrdId');
  const tag = request['tag'] ?? '';
  if (tag !== '' && !isMatch(tag, TAG_PATTERN)) return refusal('51000', 'tag');
  const tdMode = request['tdMode'];
  if (!isOneOf(tdMode, TD_MODES)) return refusal('51000', 'tdMode');
  const side = request['side'];
  if (side !== 'buy' && side !== 'sell') return refusal('51000', 'side');
  const type = request['ordType'];
  if (!isOneOf(type, ORDER_TYPES)) return refusal('51000', 'ordType');
  if (type === 'optimal_limit_ioc' && listing.instType !== 'SWAP' && listing.instType !== 'FUTURES') {
    return refusal('51000', 'ordType');
  }
  const selfTradeMode = request['stpMode'] || 'cancel_maker';
  if (!isOneOf(selfTradeMode, SELF_TRADE_MODES)) return refusal('51000', 'stpMode');
  const isReduceOnly = readBoolean(request['reduceOnly']);
  if (isReduceOnly === null) return refusal('51000', 'reduceOnly');
  const takesRpi = readBoolean(request['rpiTakerAccess']);
  if (takesRpi === null || (takesRpi && type !== 'ioc')) return refusal('51000', 'rpiTakerAccess');
  const roundsRpi = readBoolean(request['rpiPxRound']);
  if (roundsRpi === null) return refusal('51000', 'rpiPxRound');
  const tgtCcy = readTarget(request['tgtCcy'], listing, type, side);
  if (tgtCcy === null) return refusal('51000', 'tgtCcy');
  const posSide = request['posSide'] ?? '';
  if (typeof posSide !== 'string') return refusal('51000', 'posSide');
  return {
    clOrdId: clOrdId as string,
    tag: tag as string,
    tdMode: tdMode as OrderTerms['tdMode'],
    side: side === 'buy' ? Side.buy : Side.sell,
    posSide,
    type: type as OrderType,
    tgtCcy,
    isReduceOnly,
    takesRpi,
    roundsRpi,
    selfTradeMode: selfTradeMode as SelfTradeMode,
  };
}

function refuseState(listing: Listing, type: OrderType): OrderRefusal | null {
  switch (listing.state) {
    case 'live':
      return null;
    case 'post_only':
      return isMakerOnly(type) ? null : refusal('51124');
    case 'preopen':
      return refusal('51021');
    case 'expired':
      return refusal('51027');
    default:
      return refusal('51022');
  }
}

interface Size {
  readonly lots: Lots;
  readonly budget: Amount;
}

function readSize(
  market: Market,
  shape: Shape,
  request: RequestItem,
  isMarket: boolean,
): Size | OrderRefusal {
  const { listing } = market;
  const sz = request['sz'];
  if (shape.tgtCcy === 'quote_ccy') {
    if (typeof sz !== 'string' || !isPlainDecimal(sz) || Number(sz) === 0) return refusal('51000', 'sz');
    const budget = parseAmount(sz);
    const best = market.book.opposite(shape.side).best?.ticks ?? market.lastTicks;
    if (budget < listing.value(best, listing.minLots)) return refusal('51020');
    if (Number(sz) > Number(listing.row['maxMktAmt'] || Infinity)) return refusal('51202');
    // The size in lots is only known when the budget has been spent; until then it bounds nothing.
    return { lots: Math.min(listing.maxLimitLots, Number.MAX_SAFE_INTEGER), budget };
  }
  const lots = readLots(listing, sz, 'sz');
  if (typeof lots !== 'number') return lots;
  if (isMarket ? lots > listing.maxMarketLots : lots > listing.maxLimitLots) {
    return refusal(isMarket ? '51202' : '51005');
  }
  return { lots, budget: -1n };
}

/** Base currency, or quote currency for spot market orders that say so or buy; '' where it does not apply. */
function readTarget(
  value: unknown,
  listing: Listing,
  type: unknown,
  side: string,
): OrderTerms['tgtCcy'] | null {
  const isSpotMarket = !listing.isContract && type === 'market';
  if (value !== undefined && value !== '' && value !== 'base_ccy' && value !== 'quote_ccy') return null;
  if (!isSpotMarket) return '';
  if (value === 'base_ccy' || value === 'quote_ccy') return value;
  return side === 'buy' ? 'quote_ccy' : 'base_ccy';
}

function exceedsValue(market: Market, ticks: Ticks, lots: Lots, valuation: Valuation): boolean {
  const { listing } = market;
  if (!Number.isFinite(listing.maxLimitUsd)) return false;
  const value =
    listing.kind === 'inverse'
      ? Number(listing.units(lots)) / 1e18
      : listing.valueNumber(ticks, lots) * valuation.usd(listing.settleCcy);
  return value > listing.maxLimitUsd;
}

/** JSON booleans; REST clients of several languages send them as text, which OKX takes. Null for anything else. */
function readBoolean(value: unknown): boolean | null {
  if (value === undefined || value === '' || value === false || value === 'false') return false;
  return value === true || value === 'true' ? true : null;
}

function isMatch(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value);
}

function isOneOf(value: unknown, values: readonly string[]): value is string {
  return typeof value === 'string' && values.includes(value);
}
