import { Refusal } from './refusal.ts';
import { instruments } from './rest-market.ts';
import { SETTING_ROUTES } from './rest-settings.ts';
import { bodyField, bodyOf, missing } from './rest-router.ts';
import type { RestAnswer, RestCall, Route } from './rest-router.ts';
import { SUB_ACCOUNT_ROUTES } from './rest-sub-accounts.ts';

/** The account; budgets as documented (docs-v5, read 2026-07-28), by user. */
export const ACCOUNT_ROUTES: readonly Route[] = [
  account('GET', '/api/v5/account/config', 5, ({ venue, uid }) => [venue.exchange.accountConfig(uid)]),
  account('GET', '/api/v5/account/balance', 10, ({ venue, uid, query }) => [
    venue.exchange.balances(uid, query.ccy),
  ]),
  account('GET', '/api/v5/account/positions', 10, ({ venue, uid, query }) =>
    venue.exchange.positions(uid, query),
  ),
  account('GET', '/api/v5/account/positions-history', 10, ({ venue, uid, query }) =>
    venue.exchange.positionsHistory(uid, query),
  ),
  account('GET', '/api/v5/account/instruments', 20, permittedInstruments, 'instType'),
  bills('/api/v5/account/bills', 1_000),
  bills('/api/v5/account/bills-archive', 2_000),
  ...SETTING_ROUTES,
  account('GET', '/api/v5/account/trade-fee', 5, tradeFee),
  account('GET', '/api/v5/account/leverage-info', 20, leverageInfo),
  account('POST', '/api/v5/account/set-leverage', 20, (call) =>
    answerOf(call.venue.exchange.setLeverage(call.uid, bodyOf(call))),
  ),
  account('POST', '/api/v5/account/set-position-mode', 5, (call) => {
    const result = call.venue.exchange.setPositionMode(call.uid, bodyField(call.body, 'posMode'));
    return 'sCode' in result ? answerOf(result) : [result];
  }),
  account('GET', '/api/v5/account/max-size', 20, maxSize),
  ...SUB_ACCOUNT_ROUTES,
];

function account(
  method: 'GET' | 'POST',
  path: string,
  requests: number,
  answer: (call: RestCall) => RestAnswer,
  budgetBy = '',
): Route {
  return { method, path, isPrivate: true, requests, windowMs: 2_000, budgetBy, isTimed: false, answer };
}

/** Five a second, of the archive in two. */
function bills(path: string, windowMs: number): Route {
  const answer = ({ venue, uid, query }: RestCall): RestAnswer => venue.exchange.bills(uid, query);
  return { ...account('GET', path, 5, answer), windowMs };
}

/** Rows, or the refusal of the exchange as the root of the answer. */
export function answerOf(
  result: readonly unknown[] | { readonly sCode: string; readonly sMsg: string },
): RestAnswer {
  return 'sCode' in result ? { code: result.sCode, msg: result.sMsg, data: [] } : result;
}

/** The public rows, and what this account may do besides. */
function permittedInstruments(call: RestCall): RestAnswer {
  const rows = instruments(call);
  if (!Array.isArray(rows)) return rows;
  const { products } = call.venue.exchange;
  return rows.map((row: Readonly<Record<string, unknown>>) => ({
    ...row,
    ...products.permissions(call.uid, String(row.instId)),
  }));
}

function tradeFee({ venue, uid, query }: RestCall): RestAnswer {
  const { instType = '', instId } = query;
  if (instType === '') return missing('instType');
  if (instId !== undefined && !venue.instruments.has(instId)) return new Refusal('51001');
  return [venue.exchange.tradeFee(uid, instType, instId)];
}

function leverageInfo({ venue, uid, query }: RestCall): RestAnswer {
  const { instId = '', mgnMode = '' } = query;
  if (mgnMode === '') return missing('mgnMode');
  if (instId === '') return missing('instId');
  if (!instId.split(',').every((name) => venue.instruments.has(name))) return new Refusal('51001');
  return venue.exchange.leverageInfo(uid, instId, mgnMode);
}

function maxSize({ venue, uid, query }: RestCall): RestAnswer {
  const { instId = '', tdMode = '' } = query;
  if (instId === '') return missing('instId');
  if (tdMode === '') return missing('tdMode');
  if (!instId.split(',').every((name) => venue.instruments.has(name))) return new Refusal('51001');
  return venue.exchange.maxSize(uid, instId, tdMode);
}
