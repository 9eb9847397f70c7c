import { bodyField, bodyOf } from './rest-router.ts';
import type { RestAnswer, RestCall, Route } from './rest-router.ts';

/** Settings of an account; budgets as documented (docs-v5, read 2026-07-28), by user. */
export const SETTING_ROUTES: readonly Route[] = [
  setting('POST', '/api/v5/account/mmp-config', 2, 10_000, (call) =>
    coded(call.venue.exchange.setMmpConfig(call.uid, bodyOf(call))),
  ),
  setting('GET', '/api/v5/account/mmp-config', 5, 2_000, ({ venue, uid, query }) =>
    venue.exchange.mmpConfig(uid, query.instFamily ?? ''),
  ),
  setting('POST', '/api/v5/account/mmp-reset', 5, 2_000, (call) =>
    coded(call.venue.exchange.resetMmp(call.uid, bodyOf(call))),
  ),
  setting('POST', '/api/v5/account/set-settle-currency', 20, 2_000, ({ venue, uid, body }) =>
    coded(venue.exchange.setSettleCcy(uid, bodyField(body, 'settleCcy'))),
  ),
  setting('POST', '/api/v5/account/set-fee-type', 5, 2_000, ({ venue, uid, body }) =>
    coded(venue.exchange.setFeeType(uid, bodyField(body, 'feeType'))),
  ),
  setting('POST', '/api/v5/account/set-auto-loan', 5, 2_000, ({ venue, uid, body }) =>
    coded(venue.exchange.setAutoLoan(uid, isTrue(body))),
  ),
];

function setting(
  method: 'GET' | 'POST',
  path: string,
  requests: number,
  windowMs: number,
  answer: (call: RestCall) => RestAnswer,
): Route {
  return { method, path, isPrivate: true, requests, windowMs, budgetBy: '', isTimed: false, answer };
}

/** Rows, or the refusal of the exchange as the root of the answer. */
function coded(result: readonly unknown[] | { readonly sCode: string; readonly sMsg: string }): RestAnswer {
  return 'sCode' in result ? { code: result.sCode, msg: result.sMsg, data: [] } : result;
}

/** `autoLoan` is true unless it says otherwise (D). */
function isTrue(body: unknown): boolean {
  const value = (body as Readonly<Record<string, unknown>>).autoLoan;
  return value !== false && value !== 'false';
}
