import type { Side } from '../../engine/base/side.ts';
import { sideSign } from '../../engine/base/side.ts';
import type { Milliseconds } from '../../engine/base/units.ts';
import type { AccountPort } from '../../engine/host/engine-world.ts';
import type { CancelRequest } from '../../engine/venue/account-rest.ts';
import type {
  AccountConfig,
  Balances,
  CancelResult,
  FillRow,
  OrderRow,
  PositionRow,
  TradeFees,
} from '../../engine/venue/account-rows.ts';
import type { MmpConfig, TickBands } from '../../engine/venue/product-rest.ts';
import type { DeliveryBill, DeliveryRow } from '../../engine/venue/settlement-rest.ts';
import type { PlaceRequest } from '../../engine/venue/order-calls.ts';
import { RestError, RestErrorCode } from '../../engine/venue/rest-error.ts';
import { INSTRUMENT_FIXTURES, fixtureAnswer } from '../okx/okx-fixtures.ts';
import { TinyAlgos } from './tiny-algos.ts';

export const TAG = 'TESTTAG1';
const INSTRUMENT_ROWS = INSTRUMENT_FIXTURES.flatMap((name) => fixtureAnswer(name).data);
/** An id of our plan, of a run, a slot and a generation. */
export const idOf = (run: number, slot: number, generation = 1): string =>
  `1${String(run).padStart(8, '0')}${String(slot).padStart(4, '0')}${String(generation).padStart(6, '0')}`;

/** An account at a venue that answers REST truly and at once: the world around it adds time, failures and old answers. */
export class TinyAccount {
  readonly orders = new Map<string, OrderRow>();
  readonly fills: FillRow[] = [];
  readonly positions = new Map<string, { lots: number; avgPx: number }>();
  readonly balances = new Map<string, number>();
  config: AccountConfig = {
    uid: '446556789012345678',
    mainUid: '446556789012345678',
    acctLv: '2',
    posMode: 'net_mode',
    acctStpMode: 'cancel_maker',
    level: 'Lv1',
    kycLv: '3',
    permissions: ['read_only', 'trade'],
    isIpBound: true,
  };
  fees: TradeFees = { groups: [], all: { makerRate: 2e-4, takerRate: 5e-4 } };
  /** Of the venue's switch: in seconds as asked for last, -1 while it never was. */
  switchSeconds = -1;
  /** Changes of instruments by name. */
  readonly changes = new Map<string, object>();
  readonly indexPrices = new Map<string, number>();
  tickBands: TickBands[] = [];
  readonly mmp = new Map<string, MmpConfig>();
  readonly massCancels: string[] = [];
  deliveries: DeliveryRow[] = [];
  deliveryBills: DeliveryBill[] = [];
  readonly nowMs: () => Milliseconds;
  #nextId = 1_000;

  constructor(nowMs: () => Milliseconds) {
    this.nowMs = nowMs;
  }

  place(clOrdId: string, changes: Partial<OrderRow> = {}): OrderRow {
    const ordId = String(this.#nextId++);
    const order: OrderRow = {
      instType: 'SWAP',
      instId: 'BTC-USDT-SWAP',
      ordId,
      clOrdId,
      tag: TAG,
      side: 0,
      px: '60000',
      sz: '1',
      accFillSz: '0',
      state: 'live',
      ordType: 'post_only',
      tdMode: 'cross',
      posSide: 'net',
      isReduceOnly: false,
      cancelSource: '',
      uTimeMs: this.nowMs(),
      cTimeMs: this.nowMs(),
      ...changes,
    };
    this.orders.set(ordId, order);
    return order;
  }

  /** A trade of a contract: fill, position and fee. Sizes in contracts. */
  trade(instId: string, side: Side, size: number, price: number, clOrdId = ''): FillRow {
    const id = String(this.#nextId++);
    const isSpot = instId === 'BTC-USDT';
    const fee = isSpot ? -size * 0.001 : -0.01;
    const fill: FillRow = {
      instType: isSpot ? 'SPOT' : 'SWAP',
      instId,
      tradeId: id,
      ordId: '1',
      clOrdId,
      billId: id,
      tag: clOrdId === '' ? '' : TAG,
      side,
      posSide: 'net',
      subType: '',
      fillPx: String(price),
      fillSz: String(size),
      fee: String(fee),
      feeCcy: isSpot ? 'BTC' : 'USDT',
      isMaker: true,
      fillIdxPx: '',
      fillTimeMs: this.nowMs(),
      tsMs: this.nowMs(),
    };
    this.fills.push(fill);
    if (isSpot) this.balances.set('BTC', (this.balances.get('BTC') ?? 0) + sideSign(side) * size + fee);
    else {
      const held = this.positions.get(instId)?.lots ?? 0;
      this.positions.set(instId, { lots: held + sideSign(side) * size, avgPx: price });
    }
    return fill;
  }

  /** What waits beside the orders. */
  readonly algos = new TinyAlgos();

  /** What each question is answered with, now. */
  readonly answers: { [Name in keyof AccountPort]: (...args: Parameters<AccountPort[Name]>) => unknown } = {
    fetchInstruments: (instType: string, instFamily = '') =>
      INSTRUMENT_ROWS.filter(
        (row) => row['instType'] === instType && (instFamily === '' || row['instFamily'] === instFamily),
      ).map((row) => ({
        ...row,
        ...this.changes.get(String(row['instId'])),
      })),
    fetchTickBands: () => this.tickBands,
    fetchIndexPrice: (index: string) => this.indexPrices.get(index) ?? refuse('51001'),
    fetchMmpConfig: (instFamily: string) => this.mmp.get(instFamily),
    fetchDeliveries: () => this.deliveries,
    fetchDeliveryBills: () => this.deliveryBills,
    setMmpConfig: (config: Omit<MmpConfig, 'isFrozen' | 'frozenUntilMs'>) => {
      this.mmp.set(config.instFamily, { ...config, isFrozen: false, frozenUntilMs: 0 });
    },
    resetMmp: (instFamily: string) => {
      this.mmp.set(instFamily, { ...this.mmp.get(instFamily)!, isFrozen: false });
    },
    massCancel: (instFamily: string) => {
      this.massCancels.push(instFamily);
    },
    fetchAccountConfig: () => this.config,
    fetchOpenOrders: () => [...this.orders.values()],
    fetchOrder: (_instId: string, clOrdId: string) =>
      [...this.orders.values()].find((order) => order.clOrdId === clOrdId),
    fetchFills: (sinceMs: Milliseconds) => this.fills.filter(({ tsMs }) => tsMs >= sinceMs),
    fetchPositions: () => this.#positionRows(),
    fetchBalances: (): Balances => this.#balances(),
    fetchBook: () => '{"code":"0","data":[]}',
    fetchRateLimit: () => ({ ordersMax: 1_000, nextOrdersMax: 1_000, fillRatio: '' }),
    fetchTradeFees: () => this.fees,
    placeOrder: (request) => this.#place(request),
    cancelOrders: (requests: readonly CancelRequest[]) => requests.map((request) => this.#cancel(request)),
    cancelAllAfter: (seconds: number) => {
      this.switchSeconds = seconds;
      return { triggerTimeMs: seconds === 0 ? 0 : this.nowMs() + seconds * 1_000, tag: TAG };
    },
    placeAlgo: (body) => this.algos.place(body),
    amendAlgo: (body) => this.algos.amend(body),
    cancelAlgos: (cancels) => this.algos.cancel(cancels),
    fetchAlgosPending: () => this.algos.waiting,
    fetchStopsTriggered: (sinceMs) => this.algos.triggeredSince(sinceMs),
    fetchAlgo: (algoClOrdId) => this.algos.find(algoClOrdId),
  };

  /** What the venue does with the tag of a new order. */
  tagOf: (tag: string) => string = (tag) => tag;

  #place({ instId, side, px, sz, clOrdId, tag }: PlaceRequest): { ordId: string; tag: string } {
    const echoed = this.tagOf(tag);
    const order = this.place(clOrdId, { instId, side: side === 'buy' ? 0 : 1, px, sz, tag: echoed });
    return { ordId: order.ordId, tag: echoed };
  }

  #cancel({ ordId, clOrdId }: CancelRequest): CancelResult {
    const found = [...this.orders.values()].find(
      (order) => order.ordId === ordId || order.clOrdId === clOrdId,
    );
    if (found !== undefined) this.orders.delete(found.ordId);
    return { ordId: ordId ?? '', clOrdId: clOrdId ?? '', sCode: found ? '0' : '51400', sMsg: '' };
  }

  #positionRows(): PositionRow[] {
    return [...this.positions].map(([instId, { lots, avgPx }]) => ({
      instType: 'SWAP',
      instId,
      posId: '1',
      posSide: 'net',
      mgnMode: 'cross',
      pos: String(lots),
      posCcy: '',
      liab: '',
      liabCcy: '',
      avgPx: lots === 0 ? '' : String(avgPx),
      markPx: '',
      upl: '',
      realizedPnl: '',
      lever: '',
      liqPx: '',
      mgnRatio: '',
      uTimeMs: 0,
    }));
  }

  #balances(): Balances {
    return {
      totalEq: '',
      adjEq: '',
      imr: '',
      mmr: '',
      mgnRatio: '',
      uTimeMs: 0,
      details: [...this.balances].map(([ccy, held]) => ({
        ccy,
        eq: '',
        cashBal: held.toFixed(12),
        availBal: '',
        frozenBal: '',
        upl: '',
        liab: '',
      })),
    };
  }
}

function refuse(okxCode: string): never {
  throw restError(RestErrorCode.rejected, okxCode);
}

export function restError(code: RestErrorCode = RestErrorCode.timeout, okxCode = ''): RestError {
  return new RestError(code, 'no answer', { method: 'GET', path: '/api/v5', okxCode });
}
