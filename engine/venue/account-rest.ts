import type { AlgoAmend, AlgoCancel, AlgoPlace } from '../okx/algo-requests.ts';
import { encodeRestCancels } from '../okx/request-encoder.ts';
import type { InstType } from '../okx/shapes.ts';
import {
  BATCH_ITEMS_MAX,
  BOOK_LEVELS_MAX,
  CANCEL_ALL_AFTER_SECONDS_MAX,
  CANCEL_ALL_AFTER_SECONDS_MIN,
} from '../okx/venue-limits.ts';
import { assert } from '../base/assert.ts';
import type { Milliseconds } from '../base/units.ts';
import {
  RowReader,
  readAccountConfig,
  readBalances,
  readCancelResult,
  readFill,
  readOrder,
  readPosition,
  type AccountConfig,
  type Balances,
  type CancelResult,
  type FillRow,
  type OrderRow,
  type PositionRow,
  type RateLimit,
  readRateLimit,
  type TradeFees,
  readTradeFees,
} from './account-rows.ts';
import * as products from './product-rest.ts';
import type { MmpConfig, TickBands } from './product-rest.ts';
import * as algos from './algo-calls.ts';
import type { AlgoResult, AlgoRow } from './algo-rows.ts';
import { placeOrder, type PlaceRequest, type PlacedOrder } from './order-calls.ts';
import type { RestClient, RestQuery } from './rest-client.ts';
import { RestError, RestErrorCode } from './rest-error.ts';
import { fetchDeliveries, fetchDeliveryBills } from './settlement-rest.ts';
import type { DeliveryBill, DeliveryRow } from './settlement-rest.ts';

/** One order to cancel: by our name or by the venue's. */
export interface CancelRequest {
  readonly instId: string;
  readonly clOrdId?: string;
  readonly ordId?: string;
}

export interface CancelAllAfterState {
  /** When the venue will cancel; 0 when it is not armed. */
  readonly triggerTimeMs: Milliseconds;
  readonly tag: string;
}

const PAGE_ROWS = 100;
/** An account holds 4,000 open orders at most; twice as many pages is a venue that does not page. */
const ORDER_PAGES_MAX = 80;
/** Three days of fills at a hundred a page: 100,000 fills. */
const FILL_PAGES_MAX = 1_000;
/** Paged calls allow 60 in 2 s; after this many pages we let the window pass. */
const PAGES_PER_WINDOW = 40;
/** Old fills allow 10. */
const OLD_PAGES_PER_WINDOW = 8;
const PAGE_WINDOW_MS = 2_000;

/** What the calls below need of a REST client. */
export type RestPort = Pick<RestClient, 'get' | 'getText' | 'post' | 'postText'>;

/**
 * The REST calls that starting, recovering and shutting down need. Every one throws RestError and nothing
 * else.
 */
export class AccountRest {
  /** Told of every answer with fills, whoever asked for it and why: the same fills come again and again. */
  onFillRows: (rows: readonly FillRow[]) => void = () => {};
  readonly #rest: RestPort;
  readonly #waitMs: (ms: Milliseconds) => Promise<void>;

  /** @param waitMs lets time pass between pages, where there are too many of them for one window of the venue */
  constructor(rest: RestPort, waitMs: (ms: Milliseconds) => Promise<void> = pass) {
    this.#rest = rest;
    this.#waitMs = waitMs;
  }

  /**
   * The raw rows of instruments, for `parseInstruments`. Options and events need their family.
   *
   * @param isAccount asks for what this account may trade (signed) instead of the public list
   */
  fetchInstruments(instType: InstType, instFamily = '', isAccount = false): Promise<unknown[]> {
    const query = instFamily === '' ? { instType } : { instType, instFamily };
    return isAccount
      ? this.#rest.get('/api/v5/account/instruments', query, { isSigned: true })
      : this.#rest.get('/api/v5/public/instruments', query);
  }

  /** The bands of prices of all families of a type. */
  fetchTickBands(instType: InstType): Promise<TickBands[]> {
    return products.fetchTickBands(this.#rest, instType);
  }

  /** At which prices contracts of a family ended. */
  fetchDeliveries(instType: InstType, instFamily: string): Promise<DeliveryRow[]> {
    return fetchDeliveries(this.#rest, instType, instFamily);
  }

  /** What such ends have changed in the account. */
  fetchDeliveryBills(instType: InstType): Promise<DeliveryBill[]> {
    return fetchDeliveryBills(this.#rest, instType);
  }

  /** Of an index such as EUR-USDT. */
  fetchIndexPrice(index: string): Promise<number> {
    return products.fetchIndexPrice(this.#rest, index);
  }

  /** Market maker protection of a family of options; undefined where nothing was ever set. Five times in 2 s at most. */
  fetchMmpConfig(instFamily: string): Promise<MmpConfig | undefined> {
    return products.fetchMmpConfig(this.#rest, instFamily);
  }

  /** Twice in 10 s at most. */
  setMmpConfig(config: Omit<MmpConfig, 'isFrozen' | 'frozenUntilMs'>): Promise<void> {
    return products.setMmpConfig(this.#rest, config);
  }

  /** Once it has triggered: orders of its kind are taken again. Five times in 2 s at most. */
  resetMmp(instFamily: string): Promise<void> {
    return products.resetMmp(this.#rest, instFamily);
  }

  /** Cancels the account's MMP orders of a family of options, all at once. Five times in 2 s at most. */
  massCancel(instFamily: string): Promise<void> {
    return products.massCancel(this.#rest, instFamily);
  }

  /** The answer's text with up to 400 levels a side, for `decodeRestBook`. */
  fetchBook(instId: string, levels: number = BOOK_LEVELS_MAX): Promise<string> {
    return this.#rest.getText('/api/v5/market/books', { instId, sz: levels });
  }

  async fetchAccountConfig(): Promise<AccountConfig> {
    return readAccountConfig(await this.#row('/api/v5/account/config'));
  }

  /** Every open order of the account, all pages, of one instrument or of all. */
  fetchOpenOrders(instId = ''): Promise<OrderRow[]> {
    const query = instId === '' ? {} : { instId };
    return this.#pages('/api/v5/trade/orders-pending', query, 'ordId', ORDER_PAGES_MAX, readOrder);
  }

  /**
   * One order by our name: the newest of that name; undefined when the venue does not know it (51603). Within
   * a second of sending, and for orders cancelled without a fill after two hours, that is no proof that it
   * never was.
   */
  async fetchOrder(instId: string, clOrdId: string): Promise<OrderRow | undefined> {
    try {
      return readOrder(await this.#row('/api/v5/trade/order', { instId, clOrdId }));
    } catch (error) {
      if (error instanceof RestError && error.okxCode === ORDER_NOT_FOUND) return undefined;
      throw error;
    }
  }

  /** Positions of contracts; spot holdings are balances. */
  async fetchPositions(): Promise<PositionRow[]> {
    const path = '/api/v5/account/positions';
    const rows = await this.#rest.get(path, {}, { isSigned: true });
    return rows.map((row) => readPosition(new RowReader(row, 'GET', path)));
  }

  async fetchBalances(): Promise<Balances> {
    return readBalances(await this.#row('/api/v5/account/balance'));
  }

  /** How many orders and amends the venue takes of this sub-account in 2 s. Once a second at most. */
  async fetchRateLimit(): Promise<RateLimit> {
    return readRateLimit(await this.#row('/api/v5/trade/account-rate-limit'));
  }

  /** What the account pays for trades on instruments of a type. Five times in 2 s at most. */
  async fetchTradeFees(instType: InstType): Promise<TradeFees> {
    return readTradeFees(await this.#row('/api/v5/account/trade-fee', { instType }));
  }

  /** Our fills since `sinceMs` (three days back at most), oldest first, all pages. */
  async fetchFills(sinceMs: Milliseconds, instId = ''): Promise<FillRow[]> {
    const query = instId === '' ? { begin: sinceMs } : { instId, begin: sinceMs };
    const pages = await this.#pages('/api/v5/trade/fills', query, 'billId', FILL_PAGES_MAX, readFill);
    const fills = pages.toReversed();
    if (fills.length > 0) this.onFillRows(fills);
    return fills;
  }

  /** @param expiresMs the venue's time after which it must refuse it @throws RestError REST_REJECTED with the item's code */
  placeOrder(request: PlaceRequest, expiresMs: Milliseconds): Promise<PlacedOrder> {
    return placeOrder(this.#rest, request, expiresMs);
  }

  /**
   * Our fills of a type since `sinceMs` (three months back at most), oldest first: of days that `fetchFills` does not tell.
   * Ten pages in 2 s at most, so that it takes its time.
   */
  async fetchOldFills(instType: InstType, sinceMs: Milliseconds): Promise<FillRow[]> {
    const query = { instType, begin: sinceMs };
    const path = '/api/v5/trade/fills-history';
    const pages = await this.#pages(path, query, 'billId', FILL_PAGES_MAX, readFill, OLD_PAGES_PER_WINDOW);
    const fills = pages.toReversed();
    if (fills.length > 0) this.onFillRows(fills);
    return fills;
  }

  /** Cancels in batches of twenty; one result for each request, in their order. */
  async cancelOrders(requests: readonly CancelRequest[]): Promise<CancelResult[]> {
    const path = '/api/v5/trade/cancel-batch-orders';
    const results: CancelResult[] = [];
    for (let first = 0; first < requests.length; first += BATCH_ITEMS_MAX) {
      const batch = requests.slice(first, first + BATCH_ITEMS_MAX);
      const rows = await this.#rest.postText(path, encodeRestCancels(batch), { isBatch: true });
      if (rows.length !== batch.length) {
        throw new RestError(
          RestErrorCode.malformed,
          `expected ${batch.length} results, were ${rows.length}`,
          { method: 'POST', path },
        );
      }
      for (const row of rows) results.push(readCancelResult(new RowReader(row, 'POST', path)));
    }
    return results;
  }

  /**
   * Arms the venue's own switch: unless it is called again within `timeoutSeconds` (10 to 120, 0 disarms),
   * the venue cancels our orders; with a tag, those that carry it. Once a second for each tag at most.
   */
  async cancelAllAfter(timeoutSeconds: number, tag = ''): Promise<CancelAllAfterState> {
    assert(
      timeoutSeconds === 0 ||
        (timeoutSeconds >= CANCEL_ALL_AFTER_SECONDS_MIN && timeoutSeconds <= CANCEL_ALL_AFTER_SECONDS_MAX),
      'cancel-all-after takes 0 or 10 to 120 seconds',
    );
    const path = '/api/v5/trade/cancel-all-after';
    const timeOut = String(timeoutSeconds);
    const [row] = await this.#rest.post(path, tag === '' ? { timeOut } : { timeOut, tag });
    const reader = new RowReader(row, 'POST', path);
    return { triggerTimeMs: reader.milliseconds('triggerTime'), tag: reader.optionalText('tag') };
  }

  async setLeverage(instId: string, leverage: number, marginMode: 'cross' | 'isolated'): Promise<void> {
    const body = { instId, lever: String(leverage), mgnMode: marginMode };
    await this.#rest.post('/api/v5/account/set-leverage', body);
  }

  /** An algo order; a refusal is in the result. */
  placeAlgo(body: AlgoPlace): Promise<AlgoResult> {
    return algos.placeAlgo(this.#rest, body);
  }

  amendAlgo(body: AlgoAmend): Promise<AlgoResult> {
    return algos.amendAlgo(this.#rest, body);
  }

  /** Ten in a call; one result for each, in their order. */
  cancelAlgos(cancels: readonly AlgoCancel[]): Promise<AlgoResult[]> {
    return algos.cancelAlgos(this.#rest, cancels);
  }

  /** Stops, triggers, TWAPs and icebergs of the account that wait, whoever placed them. */
  fetchAlgosPending(): Promise<AlgoRow[]> {
    return algos.fetchAlgosPending(this.#rest);
  }

  /** Stops that were triggered since then, whoever placed them. */
  fetchStopsTriggered(sinceMs: Milliseconds): Promise<AlgoRow[]> {
    return algos.fetchStopsTriggered(this.#rest, sinceMs);
  }

  /** One of them, waiting or ended; undefined when the venue knows none of that name. */
  fetchAlgo(algoClOrdId: string): Promise<AlgoRow | undefined> {
    return algos.fetchAlgo(this.#rest, algoClOrdId);
  }

  async #row(path: string, query: RestQuery = {}): Promise<RowReader> {
    const [row] = await this.#rest.get(path, query, { isSigned: true });
    return new RowReader(row, 'GET', path);
  }

  /** All pages, newest first: each asks for what is older than the last row's id. */
  async #pages<Row>(
    path: string,
    query: RestQuery,
    idName: keyof Row & string,
    pagesMax: number,
    read: (row: RowReader) => Row,
    perWindow = PAGES_PER_WINDOW,
  ): Promise<Row[]> {
    const all: Row[] = [];
    let after: string | undefined;
    for (let page = 1; page <= pagesMax; page++) {
      const rows = await this.#rest.get(path, { ...query, limit: PAGE_ROWS, after }, { isSigned: true });
      for (const row of rows) all.push(read(new RowReader(row, 'GET', path)));
      if (rows.length < PAGE_ROWS) return all;
      const last = String(all[all.length - 1]![idName]);
      if (last === after) break;
      after = last;
      if (page % perWindow === 0) await this.#waitMs(PAGE_WINDOW_MS);
    }
    throw new RestError(
      RestErrorCode.malformed,
      `expected the pages to end within ${pagesMax}, they went on`,
      {
        method: 'GET',
        path,
      },
    );
  }
}

const ORDER_NOT_FOUND = '51603';

function pass(ms: Milliseconds): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
