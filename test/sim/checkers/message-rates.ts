import { NS_PER_MS } from '../../../engine/base/units.ts';
import type { Nanoseconds } from '../../../engine/base/units.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import type { Shared } from './shared.ts';

const WINDOW_MS = 2_000;
const HOUR_MS = 3_600_000;
const SINGLE_MAX = 60;
const BATCH_MAX = 300;
const ACCOUNT_MAX = 1_000;
/** Of a connection's 480 an hour, login and the first subscription take two. */
const CONTROL_MAX = 478;

/** Requests by REST, in how many ms (OKX documentation of 2026-07-28, each endpoint's "Rate Limit"). */
const REST_MAX: Readonly<Record<string, readonly [count: number, windowMs: number]>> = {
  'POST /api/v5/trade/cancel-all-after': [1, 1_000],
  'GET /api/v5/trade/account-rate-limit': [1, 1_000],
  'GET /api/v5/trade/order': [60, WINDOW_MS],
  'GET /api/v5/trade/orders-pending': [60, WINDOW_MS],
  'GET /api/v5/trade/fills': [60, WINDOW_MS],
  'POST /api/v5/trade/order-algo': [20, WINDOW_MS],
  'POST /api/v5/trade/amend-algos': [20, WINDOW_MS],
  'POST /api/v5/trade/cancel-algos': [20, WINDOW_MS],
  'GET /api/v5/trade/order-algo': [20, WINDOW_MS],
  'GET /api/v5/trade/orders-algo-pending': [20, WINDOW_MS],
  'GET /api/v5/trade/orders-algo-history': [20, WINDOW_MS],
  'GET /api/v5/account/config': [5, WINDOW_MS],
  'GET /api/v5/account/trade-fee': [5, WINDOW_MS],
  'GET /api/v5/account/balance': [10, WINDOW_MS],
  'GET /api/v5/account/positions': [10, WINDOW_MS],
  'GET /api/v5/account/instruments': [20, WINDOW_MS],
  'GET /api/v5/public/instruments': [20, WINDOW_MS],
  'POST /api/v5/trade/mass-cancel': [5, WINDOW_MS],
  'GET /api/v5/account/bills': [5, 1_000],
  'GET /api/v5/account/mmp-config': [5, WINDOW_MS],
  'POST /api/v5/account/mmp-config': [2, 10_000],
  'POST /api/v5/account/mmp-reset': [5, WINDOW_MS],
  'GET /api/v5/market/index-tickers': [20, WINDOW_MS],
  'GET /api/v5/public/underlying': [20, WINDOW_MS],
  'GET /api/v5/public/instrument-tick-bands': [5, WINDOW_MS],
  'GET /api/v5/public/opt-summary': [20, WINDOW_MS],
  'GET /api/v5/public/delivery-exercise-history': [40, WINDOW_MS],
  'GET /api/v5/public/time': [10, WINDOW_MS],
  'GET /api/v5/market/books': [40, WINDOW_MS],
};

/** The times of what counted last: whether one more is one too many. */
class Window {
  readonly #times: Nanoseconds[] = [];
  readonly #countMax: number;
  readonly #spanNs: Nanoseconds;

  constructor(countMax: number, spanMs: number) {
    this.#countMax = countMax;
    this.#spanNs = spanMs * NS_PER_MS;
  }

  /** Counts one; false when the window that ends now holds more than are allowed. */
  add(nowNs: Nanoseconds): boolean {
    const times = this.#times;
    times.push(nowNs);
    while (times[0]! <= nowNs - this.#spanNs) times.shift();
    return times.length <= this.#countMax;
  }
}

/**
 * No more messages in any window than OKX allows, as they left, over sockets and REST together and over all engines that ran:
 * the venue counts by account and does not know that one has died.
 */
export class MessageRates implements Checker {
  readonly name = 'message rates';
  readonly #shared: Shared;
  readonly #windows = new Map<string, Window>();

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    const { traffic, truth } = this.#shared;
    if (!traffic.read(world)) return null;
    truth.look(world);
    for (const { op, instId, isBatch, message } of traffic.items) {
      const kind = `${op} ${instId} ${isBatch ? 'in batches' : 'alone'}`;
      if (!this.#count(kind, isBatch ? BATCH_MAX : SINGLE_MAX, WINDOW_MS, message.atNs))
        return `more than ${isBatch ? BATCH_MAX : SINGLE_MAX} of ${kind} in 2 s`;
      const isCounted = op !== 'cancel' && truth.of(instId)?.isContract === true;
      if (isCounted && !this.#count('account', ACCOUNT_MAX, WINDOW_MS, message.atNs))
        return `more than ${ACCOUNT_MAX} places and amends in 2 s`;
    }
    for (const { name, message } of traffic.controls) {
      const wrong = message.path === '' ? this.#socket(name, message) : this.#rest(name, message.atNs);
      if (wrong !== null) return wrong;
    }
    return null;
  }

  end(): null {
    return null;
  }

  #socket(name: string, { connection, atNs }: { connection: number; atNs: Nanoseconds }): string | null {
    const isGood = this.#count(`control ${connection}`, CONTROL_MAX, HOUR_MS, atNs);
    return isGood ? null : `more than ${CONTROL_MAX} of ${name} in an hour on connection ${connection}`;
  }

  #rest(name: string, atNs: Nanoseconds): string | null {
    const limit = REST_MAX[name];
    if (limit === undefined) return `${name}: not a request whose limit is known`;
    const [count, windowMs] = limit;
    return this.#count(name, count, windowMs, atNs)
      ? null
      : `more than ${count} of ${name} in ${windowMs} ms`;
  }

  #count(key: string, countMax: number, spanMs: number, nowNs: Nanoseconds): boolean {
    let window = this.#windows.get(key);
    if (window === undefined) this.#windows.set(key, (window = new Window(countMax, spanMs)));
    return window.add(nowNs);
  }
}
