import type {
  BookImage,
  ExchangeOptions,
  ExchangeRefusal,
  ExchangeSink,
  FillFilter,
  InstrumentRow,
  ItemResult,
  OrderFilter,
  PositionFilter,
  RequestItem,
  Row,
} from './exchange-contract.ts';

export type {
  AccountLevel,
  AccountOptions,
  BalanceAndPositionEvent,
  BookImage,
  BookRow,
  ExchangeOptions,
  ExchangeRefusal,
  ExchangeSink,
  FillFilter,
  InstrumentRow,
  ItemResult,
  OrderFilter,
  PositionFilter,
  PositionMode,
  RequestItem,
  Row,
} from './exchange-contract.ts';

/**
 * The paper exchange without a socket: matching, accounts, ledger and flow in virtual time. The same seed and the same
 * calls give the same events, however `advance` is cut into pieces.
 */
export class Exchange {
  /** Virtual time, whole milliseconds since the epoch. */
  nowMs = 0;

  constructor(_options: ExchangeOptions, _sink: ExchangeSink) {
    throw new Error('the exchange is being built');
  }

  /** Runs everything that is due until `toMs`: flow, matching, funding, cancel-all-after. Earlier times do nothing. */
  advance(_toMs: number): void {
    return pending();
  }

  /** When `advance` next has something to do; Infinity when never. */
  nextEventMs(): number {
    return pending();
  }

  hasAccount(_uid: string): boolean {
    return pending();
  }

  place(_uid: string, _request: RequestItem): ItemResult {
    return pending();
  }

  amend(_uid: string, _request: RequestItem): ItemResult {
    return pending();
  }

  cancel(_uid: string, _request: RequestItem): ItemResult {
    return pending();
  }

  /** `timeOut` as on the wire: "0" disarms, "10" to "120" arms. */
  cancelAllAfter(
    _uid: string,
    _timeOut: string,
    _tag: string,
  ): { triggerTime: string; tag: string; ts: string } | ExchangeRefusal {
    return pending();
  }

  /** POST /trade/close-position: cancels with autoCxl, then closes at market. */
  closePosition(
    _uid: string,
    _request: RequestItem,
  ): { instId: string; posSide: string; clOrdId: string; tag: string } | ExchangeRefusal {
    return pending();
  }

  pendingOrders(_uid: string, _filter: OrderFilter): Row[] {
    return pending();
  }

  /** Orders that ended, newest first. */
  orderHistory(_uid: string, _filter: OrderFilter): Row[] {
    return pending();
  }

  /** The newest order of that name, open or ended; null (51603) when there is none. */
  order(_uid: string, _instId: string, _name: { ordId?: string; clOrdId?: string }): Row | null {
    return pending();
  }

  fills(_uid: string, _filter: FillFilter): Row[] {
    return pending();
  }

  /** The `data` row of GET /account/balance and of the `account` channel; `details` only of `ccy` (a list) when given. */
  balances(_uid: string, _ccy?: string): Row {
    return pending();
  }

  /** Rows of GET /account/positions and of the `positions` channel; positions that are zero are left out. */
  positions(_uid: string, _filter: PositionFilter): Row[] {
    return pending();
  }

  /** The rows of one instrument for an event push, a position that has just become zero included. */
  positionRows(_uid: string, _instId: string): Row[] {
    return pending();
  }

  accountConfig(_uid: string): Row {
    return pending();
  }

  tradeFee(_uid: string, _instType: string, _instId?: string): Row {
    return pending();
  }

  /** Rows of GET /account/leverage-info for a list of instIds with commas. */
  leverageInfo(_uid: string, _instIds: string, _mgnMode: string): Row[] {
    return pending();
  }

  setLeverage(_uid: string, _request: RequestItem): Row[] | ExchangeRefusal {
    return pending();
  }

  setPositionMode(_uid: string, _posMode: string): { posMode: string } | ExchangeRefusal {
    return pending();
  }

  /** Rows of GET /account/max-size for a list of instIds with commas. */
  maxSize(_uid: string, _instIds: string, _tdMode: string): Row[] {
    return pending();
  }

  /** Rows of GET /public/instruments. */
  instruments(_instType?: string, _instFamily?: string, _instId?: string): InstrumentRow[] {
    return pending();
  }

  /** Changes fields of an instrument's row (such as `state`) and pushes it. */
  changeInstrument(_instId: string, _fields: Readonly<Record<string, unknown>>): void {
    return pending();
  }

  /** The whole book, or null for an unknown instrument (also below). */
  book(_instId: string): BookImage | null {
    return pending();
  }

  /** seqId of the instrument's newest change: one series for every channel. 0 for an unknown instrument. */
  sequence(_instId: string): number {
    return pending();
  }

  ticker(_instId: string): Row | null {
    return pending();
  }

  /** Rows of GET /market/trades, newest first, at most `limit` (500 are kept). */
  trades(_instId: string, _limit: number): Row[] {
    return pending();
  }

  markPrice(_instId: string): Row | null {
    return pending();
  }

  /** Null for instruments without funding too. */
  fundingRate(_instId: string): Row | null {
    return pending();
  }

  priceLimit(_instId: string): Row | null {
    return pending();
  }
}

function pending(): never {
  throw new Error('the exchange is being built');
}
