/**
 * Bodies of algo orders: stops, trailing stops, triggers, and the two that work a large order off in pieces.
 *
 * Every one carries the tag, or is not made. Source: OKX documentation 2026-07-28, "Algo trading".
 */
import { assert } from '../base/assert.ts';
import { CLIENT_ID_PATTERN } from './venue-limits.ts';
import { PosSide, type AlgoType, type OrderSide, type TdMode, type TriggerBy } from './shapes.ts';
import { assertTag } from './tag.ts';

/** What every algo order says. */
export interface AlgoHead {
  readonly instId: string;
  readonly tdMode: TdMode;
  readonly side: OrderSide;
  /** net is not said: it is what the venue takes without. */
  readonly posSide: PosSide;
  readonly algoClOrdId: string;
  readonly tag: string;
}

/** How much of a position it closes: all of it, however large by then, or a size in the venue's units. */
export type AlgoSize = { readonly closesAll: true } | { readonly sz: string };

export interface StopTerms {
  /** '' for none; the order it makes is a market order. */
  readonly stopPx: string;
  readonly targetPx: string;
  readonly triggerBy: TriggerBy;
  readonly size: AlgoSize;
}

export interface TrailingTerms {
  /** Share of the best price since it was placed, or since activePx was reached. */
  readonly callbackRatio: string;
  readonly sz: string;
}

export interface TriggerTerms {
  readonly triggerPx: string;
  readonly triggerBy: TriggerBy;
  readonly sz: string;
  /** Of spot: `sz` is of the base coin; a market buy would take it for the quote's. */
  readonly isOfBase: boolean;
}

export interface SliceTerms {
  readonly sz: string;
  /** Size of one piece. */
  readonly szLimit: string;
  /** No piece is bought above or sold below it. */
  readonly pxLimit: string;
}

export interface TwapTerms extends SliceTerms {
  readonly intervalSeconds: number;
  /** How far beyond the best opposite price a piece may go: a share of the price, such as "0.001". */
  readonly pxVar: string;
}

export interface IcebergTerms extends SliceTerms {
  /** Pieces that lie in the book at once. */
  readonly pieces: number;
}

/** A body of POST /trade/order-algo. */
export type AlgoPlace = Readonly<Record<string, string | boolean>>;

/** A body of POST /trade/amend-algos; what is left out stays. */
export interface AlgoAmend {
  readonly instId: string;
  readonly algoId: string;
  readonly reqId: string;
  readonly newSz?: string;
  readonly newSlTriggerPx?: string;
  readonly newTpTriggerPx?: string;
}

export interface AlgoCancel {
  readonly instId: string;
  readonly algoId: string;
}

const MARKET_PRICE = '-1';

/** A stop-loss, a take-profit, or both of which the first to be reached ends the other; reduce-only. */
export function stopBody(head: AlgoHead, terms: StopTerms): AlgoPlace {
  const { stopPx, targetPx, triggerBy, size } = terms;
  assert(stopPx !== '' || targetPx !== '', 'a stop has a price');
  const body = bodyOf(head, stopPx !== '' && targetPx !== '' ? 'oco' : 'conditional');
  if ('closesAll' in size) body['closeFraction'] = '1';
  else body['sz'] = size.sz;
  closing(body, head.posSide);
  if (stopPx !== '') {
    body['slTriggerPx'] = stopPx;
    body['slTriggerPxType'] = triggerBy;
    body['slOrdPx'] = MARKET_PRICE;
  }
  if (targetPx !== '') {
    body['tpTriggerPx'] = targetPx;
    body['tpTriggerPxType'] = triggerBy;
    body['tpOrdPx'] = MARKET_PRICE;
  }
  return body;
}

/** A stop that follows the price; reduce-only. */
export function trailingBody(head: AlgoHead, { callbackRatio, sz }: TrailingTerms): AlgoPlace {
  const body = bodyOf(head, 'move_order_stop');
  closing(body, head.posSide);
  return { ...body, sz, callbackRatio };
}

/**
 * A market order at a price. The venue takes no `reduceOnly` with it: in net mode whoever places it sees to it that it does
 * not outlive its position.
 */
export function triggerBody(head: AlgoHead, { triggerPx, triggerBy, sz, isOfBase }: TriggerTerms): AlgoPlace {
  return {
    ...bodyOf(head, 'trigger'),
    sz,
    ...(isOfBase ? { tgtCcy: 'base_ccy' } : {}),
    triggerPx,
    triggerPxType: triggerBy,
    orderPx: MARKET_PRICE,
  };
}

/** A piece every so many seconds. As for `triggerBody`, nothing says reduce-only. */
export function twapBody(head: AlgoHead, terms: TwapTerms): AlgoPlace {
  const { sz, szLimit, pxLimit, intervalSeconds, pxVar } = terms;
  return {
    ...bodyOf(head, 'twap'),
    sz,
    szLimit,
    pxLimit,
    timeInterval: String(intervalSeconds),
    pxVar,
  };
}

/** Pieces that rest at the best prices until they are taken. As for `triggerBody`, nothing says reduce-only. */
export function icebergBody(head: AlgoHead, { sz, szLimit, pxLimit, pieces }: IcebergTerms): AlgoPlace {
  return {
    ...bodyOf(head, 'smart_iceberg'),
    sz,
    szLimit,
    pxLimit,
    lmtOrderNumber: String(pieces),
    aggressiveness: 'conservative',
  };
}

/** @throws TagError for a tag that the venue would refuse: without it nothing is placed */
function bodyOf(head: AlgoHead, ordType: AlgoType): Record<string, string | boolean> {
  const { instId, tdMode, side, posSide, algoClOrdId, tag } = head;
  assertTag(tag);
  assert(CLIENT_ID_PATTERN.test(algoClOrdId), 'an algo order has a name');
  const body: Record<string, string | boolean> = { instId, tdMode, side, ordType, algoClOrdId, tag };
  if (posSide !== PosSide.net) body['posSide'] = posSide;
  return body;
}

/** In long/short mode an order of the closing side reduces by itself, and the venue refuses to be told so. */
function closing(body: Record<string, string | boolean>, posSide: PosSide): void {
  if (posSide === PosSide.net) body['reduceOnly'] = true;
}
