import { mayTrade } from './key-ring.ts';
import { RateLimits } from './rate-limits.ts';
import { Refusal } from './refusal.ts';
import { microseconds } from './venue.ts';
import type { PaperVenue } from './venue.ts';

/** A REST request as the server got it; header names in lower case. */
export interface RestRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly remoteAddress: string;
}

export interface RestResponse {
  readonly status: number;
  readonly body: string;
  /** Beside or in place of the content type, which is JSON. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a route is given: everything checked and parsed. */
export interface RestCall {
  readonly venue: PaperVenue;
  /** The account that signed; '' on public routes. */
  readonly uid: string;
  readonly query: Readonly<Record<string, string>>;
  /** The parsed body of a POST: an object or an array. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly nowMs: number;
}

/** The data of an answer whose code is "0", an answer with a code of its own, or a refusal. */
export type RestAnswer = readonly unknown[] | CodedAnswer | Refusal;

/** Answers of order operations: the root says how the items went. */
export interface CodedAnswer {
  readonly code: string;
  readonly msg: string;
  readonly data: readonly unknown[];
}

export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly isPrivate: boolean;
  /** A POST that changes nothing: a key that may only read may ask it. */
  readonly isReading?: boolean;
  /** Requests in a window; Infinity for routes whose budget is counted elsewhere. */
  readonly requests: number;
  readonly windowMs: number;
  /** A parameter that has budgets of its own beside the user's or address's, '' for none. */
  readonly budgetBy: string;
  /** Trading answers carry inTime and outTime. */
  readonly isTimed: boolean;
  answer(call: RestCall): RestAnswer;
}

const NAME_LENGTH_MAX = 64;

/** Everything under /api: routes, signatures, message budgets, envelopes. */
export class RestRouter {
  readonly #venue: PaperVenue;
  readonly #routes = new Map<string, { readonly route: Route; readonly limits: RateLimits | null }>();
  readonly #paths = new Set<string>();

  constructor(venue: PaperVenue, routes: readonly Route[]) {
    this.#venue = venue;
    for (const route of routes) {
      const limits = Number.isFinite(route.requests) ? new RateLimits(route.requests, route.windowMs) : null;
      this.#routes.set(`${route.method} ${route.path}`, { route, limits });
      this.#paths.add(route.path);
    }
  }

  answer(request: RestRequest): RestResponse {
    const receivedMs = this.#venue.time();
    const { method, path } = request;
    const found = this.#routes.get(`${method} ${path}`);
    if (found === undefined) {
      return refusedResponse(this.#paths.has(path) ? new Refusal('50115', 405) : new Refusal('404', 404));
    }
    const { route, limits } = found;
    const call = this.#readCall(route, request, receivedMs);
    if (call instanceof Refusal) return refusedResponse(call);
    if (limits !== null) {
      const who = route.isPrivate ? call.uid : request.remoteAddress;
      const what =
        route.budgetBy === '' ? '' : (call.query[route.budgetBy] ?? bodyField(call.body, route.budgetBy));
      // Names are shorter than this; longer texts are not worth a budget, and the memory, of their own.
      if (!limits.take(`${who} ${what.slice(0, NAME_LENGTH_MAX)}`, receivedMs))
        return refusedResponse(new Refusal('50011', 429));
    }
    if (this.#venue.status.isInMaintenance && route.path.startsWith('/api/v5/trade/')) {
      return refusedResponse(new Refusal('50001', 503));
    }
    // The state that is read or changed is that of now.
    this.#venue.advance();
    const answer = route.answer(call);
    if (answer instanceof Refusal) return refusedResponse(answer);
    const coded = 'code' in answer ? answer : { code: '0', msg: '', data: answer };
    const times = route.isTimed
      ? { inTime: microseconds(receivedMs), outTime: microseconds(this.#venue.time()) }
      : {};
    return { status: 200, body: JSON.stringify({ ...coded, ...times }) };
  }

  #readCall(route: Route, request: RestRequest, nowMs: number): RestCall | Refusal {
    let uid = '';
    if (route.isPrivate) {
      // Every other private POST trades or changes the account.
      const isChange = route.method === 'POST' && route.isReading !== true;
      const found = this.#asker(request, isChange, nowMs);
      if (found instanceof Refusal) return found;
      if (isChange && !found.isTrader) return new Refusal('50120', 401);
      uid = found.uid;
    }
    const body = route.method === 'POST' ? parseBody(request.body) : null;
    if (body instanceof Refusal) return body;
    const query = Object.fromEntries(new URLSearchParams(request.query));
    return { venue: this.#venue, uid, query, body, headers: request.headers, nowMs };
  }

  /** Whose account it is, by token or by key, and whether that may trade. */
  #asker(
    request: RestRequest,
    isChange: boolean,
    nowMs: number,
  ): { readonly uid: string; readonly isTrader: boolean } | Refusal {
    const { keys, oauth } = this.#venue;
    const { method, path, query, headers, body, remoteAddress } = request;
    if (headers.authorization !== undefined) {
      const grant = oauth.check(headers, isChange, nowMs);
      return grant instanceof Refusal ? grant : { uid: grant.uid, isTrader: keys.mayTrade(grant.uid) };
    }
    const requestPath = query === '' ? path : `${path}?${query}`;
    const key = keys.checkRest({ method, requestPath, headers, body, remoteAddress }, nowMs);
    return key instanceof Refusal ? key : { uid: key.uid, isTrader: mayTrade(key) };
  }
}

/** The body as an object, whatever came: routes that take an array look at it themselves. */
export function bodyOf(call: RestCall): Readonly<Record<string, unknown>> {
  return isObject(call.body) ? call.body : {};
}

/** A text parameter of a body; '' when it is absent or no text. Numbers are taken as their text, as the venue does. */
export function bodyField(body: unknown, name: string): string {
  const value = isObject(body) ? body[name] : undefined;
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : '';
}

/** A parameter that is needed and missing. */
export function missing(name: string): Refusal {
  return new Refusal('50014', 400, `Parameter ${name} can not be empty.`);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseBody(text: string): unknown {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : new Refusal('50002', 400);
  } catch {
    return new Refusal('50002', 400);
  }
}

function refusedResponse({ code, msg, httpStatus }: Refusal): RestResponse {
  return { status: httpStatus, body: JSON.stringify({ code, msg, data: [] }) };
}
