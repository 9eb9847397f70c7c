import { bodyOf } from './rest-router.ts';
import type { RestAnswer, RestCall, Route } from './rest-router.ts';
import type { SubAccounts } from './sub-accounts.ts';

type Fields = Readonly<Record<string, string>>;
type Ask = (subs: SubAccounts, uid: string, fields: Fields) => RestAnswer;

/** What a master's key may do with the accounts under it; budgets as documented (docs-v5, read 2026-07-28), by user. */
export const SUB_ACCOUNT_ROUTES: readonly Route[] = [
  get('/api/v5/users/subaccount/list', 20, (subs, uid, fields) => subs.list(uid, fields)),
  post('/api/v5/users/subaccount/create-subaccount', (subs, uid, fields) => subs.create(uid, fields)),
  post('/api/v5/users/subaccount/apikey', (subs, uid, fields) => subs.createKey(uid, fields)),
  get('/api/v5/users/subaccount/apikey', 20, (subs, uid, fields) => subs.keys(uid, fields)),
  post('/api/v5/users/subaccount/modify-apikey', (subs, uid, fields) => subs.modifyKey(uid, fields)),
  post('/api/v5/users/subaccount/delete-apikey', (subs, uid, fields) => subs.deleteKey(uid, fields)),
  get('/api/v5/account/subaccount/balances', 6, (subs, uid, fields) => subs.tradingBalances(uid, fields)),
  get('/api/v5/asset/subaccount/balances', 6, (subs, uid, fields) => subs.fundingBalances(uid, fields)),
  post('/api/v5/asset/subaccount/transfer', (subs, uid, fields) => subs.transferBetween(uid, fields)),
  post('/api/v5/asset/transfer', (subs, uid, fields) => subs.transfer(uid, fields)),
  get('/api/v5/asset/balances', 6, (subs, uid, fields) => subs.ownFunding(uid, fields)),
];

function get(path: string, requests: number, ask: Ask): Route {
  return { ...route(path, ({ venue, uid, query }) => ask(venue.subAccounts, uid, query)), requests };
}

/** One a second. */
function post(path: string, ask: Ask): Route {
  const answer = (call: RestCall): RestAnswer =>
    ask(call.venue.subAccounts, call.uid, textFields(bodyOf(call)));
  return { ...route(path, answer), method: 'POST', windowMs: 1_000 };
}

function route(path: string, answer: (call: RestCall) => RestAnswer): Route {
  return {
    method: 'GET',
    path,
    isPrivate: true,
    requests: 1,
    windowMs: 2_000,
    budgetBy: '',
    isTimed: false,
    answer,
  };
}

/** Numbers are taken as their text, as the venue does; what is neither is as if it were not there. */
function textFields(body: Readonly<Record<string, unknown>>): Fields {
  return Object.fromEntries(
    Object.entries(body)
      .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
      .map(([name, value]) => [name, String(value)]),
  );
}
