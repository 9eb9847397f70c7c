import type { OrderKind } from './order-entry.ts';
import { Refusal } from './refusal.ts';
import { answerOf } from './rest-account.ts';
import { ALGO_ROUTES } from './rest-algo.ts';
import { bodyField, bodyOf, missing } from './rest-router.ts';
import type { RestAnswer, RestCall, Route } from './rest-router.ts';

/**
 * Trading; budgets as documented (docs-v5, read 2026-07-28). Those of order operations are counted by the order entry,
 * which REST and WebSocket share.
 */
export const TRADE_ROUTES: readonly Route[] = [
  operation('/api/v5/trade/order', 'place', false),
  operation('/api/v5/trade/batch-orders', 'place', true),
  operation('/api/v5/trade/amend-order', 'amend', false),
  operation('/api/v5/trade/amend-batch-orders', 'amend', true),
  operation('/api/v5/trade/cancel-order', 'cancel', false),
  operation('/api/v5/trade/cancel-batch-orders', 'cancel', true),
  trade('GET', '/api/v5/trade/order', 60, 2_000, order, 'instId'),
  trade('GET', '/api/v5/trade/orders-pending', 60, 2_000, ({ venue, uid, query }) =>
    venue.exchange.pendingOrders(uid, query),
  ),
  trade('GET', '/api/v5/trade/orders-history', 40, 2_000, ({ venue, uid, query }) =>
    query.instType === undefined ? missing('instType') : venue.exchange.orderHistory(uid, query),
  ),
  trade('GET', '/api/v5/trade/orders-history-archive', 20, 2_000, ordersArchive),
  trade('GET', '/api/v5/trade/fills', 60, 2_000, ({ venue, uid, query }) => venue.exchange.fills(uid, query)),
  trade('GET', '/api/v5/trade/fills-history', 10, 2_000, ({ venue, uid, query }) =>
    query.instType === undefined ? missing('instType') : venue.exchange.fills(uid, query),
  ),
  trade('GET', '/api/v5/trade/account-rate-limit', 1, 1_000, accountRateLimit),
  trade('POST', '/api/v5/trade/cancel-all-after', 1, 1_000, cancelAllAfter, 'tag'),
  trade('POST', '/api/v5/trade/close-position', 20, 2_000, closePosition, 'instId'),
  trade('POST', '/api/v5/trade/mass-cancel', Infinity, 2_000, (call) =>
    call.venue.orderEntry.massCancel(call.uid, bodyOf(call), call.nowMs),
  ),
  ...ALGO_ROUTES,
];

function trade(
  method: 'GET' | 'POST',
  path: string,
  requests: number,
  windowMs: number,
  answer: (call: RestCall) => RestAnswer,
  budgetBy = '',
): Route {
  return { method, path, isPrivate: true, requests, windowMs, budgetBy, isTimed: false, answer };
}

function operation(path: string, kind: OrderKind, isBatch: boolean): Route {
  return {
    method: 'POST',
    path,
    isPrivate: true,
    requests: Infinity,
    windowMs: 0,
    budgetBy: '',
    isTimed: true,
    answer: ({ venue, uid, body, headers, nowMs }) => {
      if (isBatch !== Array.isArray(body)) return new Refusal('50002', 400);
      const items = Array.isArray(body) ? (body as readonly unknown[]) : [body];
      const answer = venue.orderEntry.submit(uid, kind, items, 'instId', isBatch, headers.exptime, nowMs);
      if (answer instanceof Refusal) {
        // WebSocket says "Invalid args" (60013) where REST says what is missing.
        if (answer.code === '60013') return new Refusal('50014', 400);
        return answer;
      }
      return { ...answer, msg: ROOT_MESSAGES[answer.code] ?? '' };
    },
  };
}

/** What REST says at the root when items failed. */
const ROOT_MESSAGES: Readonly<Record<string, string>> = {
  '1': 'All operations failed',
  '2': 'Bulk operation partially succeeded.',
};

function order({ venue, uid, query }: RestCall): RestAnswer {
  const { instId = '', ordId = '', clOrdId = '' } = query;
  if (instId === '') return missing('instId');
  if (ordId === '' && clOrdId === '') return new Refusal('50015', 400);
  if (!venue.instruments.has(instId)) return new Refusal('51001');
  const row = venue.exchange.order(uid, instId, ordId === '' ? { clOrdId } : { ordId });
  return row === null ? new Refusal('51603') : [row];
}

/** Three months of orders that had a fill: those that were cancelled without one are left out. */
function ordersArchive({ venue, uid, query }: RestCall): RestAnswer {
  if (query.instType === undefined) return missing('instType');
  return venue.exchange.orderHistory(uid, query).filter((row) => Number(row.accFillSz) > 0);
}

/** Fill ratios, and what they will give, are told from VIP5 up (D). They are not measured here: the limit is as it is. */
function accountRateLimit({ venue, uid, nowMs }: RestCall): RestAnswer {
  const accRateLimit = String(venue.orderRateMax(uid));
  const isTold = venue.feeTier(uid) >= FILL_RATIO_TIER;
  const fillRatio = isTold ? '0' : '';
  return [
    {
      accRateLimit,
      fillRatio,
      mainFillRatio: fillRatio,
      nextAccRateLimit: isTold ? accRateLimit : '',
      ts: String(Math.floor(nowMs)),
    },
  ];
}

const FILL_RATIO_TIER = 5;

function cancelAllAfter({ venue, uid, body }: RestCall): RestAnswer {
  const timeOut = bodyField(body, 'timeOut');
  if (timeOut === '') return missing('timeOut');
  const result = venue.exchange.cancelAllAfter(uid, timeOut, bodyField(body, 'tag'));
  return 'sCode' in result ? answerOf(result) : [result];
}

function closePosition(call: RestCall): RestAnswer {
  const instId = bodyField(call.body, 'instId');
  if (instId === '') return missing('instId');
  if (!call.venue.instruments.has(instId)) return new Refusal('51001');
  const result = call.venue.exchange.closePosition(call.uid, bodyOf(call));
  return 'sCode' in result ? answerOf(result) : [result];
}
