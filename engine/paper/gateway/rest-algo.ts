import { ALGO_CANCELS_MAX, ALGO_REQUESTS_PER_WINDOW, ORDER_WINDOW_MS } from '../../okx/venue-limits.ts';
import type { AlgoItem } from '../exchange/algo-desk.ts';
import { fieldOf } from './instrument-directory.ts';
import { RateLimits } from './rate-limits.ts';
import { Refusal } from './refusal.ts';
import { missing } from './rest-router.ts';
import type { RestAnswer, RestCall, Route } from './rest-router.ts';
import type { PaperVenue } from './venue.ts';

type Item = Readonly<Record<string, unknown>>;

/**
 * Algo orders; budgets as documented (docs-v5, read 2026-07-28), of cancels by the order and not by the request. The answers
 * have their refusals in the items, and no text at the root.
 */
export const ALGO_ROUTES: readonly Route[] = [
  route('POST', '/api/v5/trade/order-algo', place, 'instId'),
  route('POST', '/api/v5/trade/amend-algos', amend, 'instId'),
  cancelRoute(),
  route('GET', '/api/v5/trade/order-algo', one),
  route('GET', '/api/v5/trade/orders-algo-pending', ({ venue, uid, query }) =>
    query.ordType === undefined ? missing('ordType') : venue.exchange.algoRows(uid, true, query),
  ),
  route('GET', '/api/v5/trade/orders-algo-history', history),
];

function route(
  method: 'GET' | 'POST',
  path: string,
  answer: (call: RestCall) => RestAnswer,
  budgetBy = '',
): Route {
  return {
    method,
    path,
    isPrivate: true,
    requests: ALGO_REQUESTS_PER_WINDOW,
    windowMs: ORDER_WINDOW_MS,
    budgetBy,
    isTimed: false,
    answer,
  };
}

function place({ venue, uid, body }: RestCall): RestAnswer {
  const request = bodyOfOne(body);
  if (request === null) return new Refusal('50002', 400);
  if (fieldOf(request, 'instId') === '') return missing('instId');
  return answerOf([shaped(venue.exchange.placeAlgo(uid, request), 'place')]);
}

function amend({ venue, uid, body }: RestCall): RestAnswer {
  const request = bodyOfOne(body);
  if (request === null) return new Refusal('50002', 400);
  if (fieldOf(request, 'instId') === '') return missing('instId');
  return answerOf([shaped(venue.exchange.amendAlgo(uid, request), 'amend')]);
}

/** Twenty orders in two seconds of a user and instrument, however many come in a request. */
function cancelRoute(): Route {
  const limitsOf = new WeakMap<PaperVenue, RateLimits>();
  return {
    ...route('POST', '/api/v5/trade/cancel-algos', ({ venue, uid, body, nowMs }) => {
      if (!Array.isArray(body) || !body.every(isItem) || body.length === 0) return new Refusal('50002', 400);
      if (body.length > ALGO_CANCELS_MAX) return new Refusal('51000', 200, 'Parameter algoId error');
      const limits = limitsOf.get(venue) ?? new RateLimits(ALGO_REQUESTS_PER_WINDOW, ORDER_WINDOW_MS);
      limitsOf.set(venue, limits);
      for (const item of body) {
        if (!limits.take(`${uid} ${fieldOf(item, 'instId')}`, nowMs)) return new Refusal('50011', 429);
      }
      return answerOf(body.map((item) => shaped(venue.exchange.cancelAlgo(uid, item), 'cancel')));
    }),
    requests: Infinity,
  };
}

function one({ venue, uid, query }: RestCall): RestAnswer {
  const { algoId = '', algoClOrdId = '' } = query;
  if (algoId === '' && algoClOrdId === '') return missing('algoId');
  const row = venue.exchange.algoRow(uid, algoId === '' ? { algoClOrdId } : { algoId });
  return row === null ? new Refusal('51603') : [row];
}

function history({ venue, uid, query }: RestCall): RestAnswer {
  if (query.ordType === undefined) return missing('ordType');
  if (query.state === undefined && query.algoId === undefined) return missing('state');
  return venue.exchange.algoRows(uid, false, query);
}

/** The fields of an answer's item, by operation. */
function shaped(item: AlgoItem, kind: 'place' | 'amend' | 'cancel'): Item {
  const { algoId, algoClOrdId, tag, reqId, sCode, sMsg } = item;
  switch (kind) {
    case 'place':
      return { algoId, clOrdId: '', algoClOrdId, sCode, sMsg, tag };
    case 'amend':
      return { algoId, algoClOrdId, reqId, sCode, sMsg };
    case 'cancel':
      return { algoId, algoClOrdId, clOrdId: '', sCode, sMsg, tag };
  }
}

/** "1" with an empty text where an item was refused, all or some of them ("2"): the reason is in the item. */
function answerOf(data: readonly Item[]): RestAnswer {
  const refused = data.filter(({ sCode }) => sCode !== '0').length;
  return { code: refused === 0 ? '0' : refused === data.length ? '1' : '2', msg: '', data };
}

function bodyOfOne(body: unknown): Item | null {
  return isItem(body) ? body : null;
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
