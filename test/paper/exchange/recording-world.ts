import {
  Exchange,
  type AccountOptions,
  type BalanceAndPositionEvent,
  type ExchangeOptions,
  type ExchangeSink,
  type ItemResult,
  type Row,
} from '../../../engine/paper/exchange/exchange.ts';
import { recordedInstruments } from '../../../engine/paper/instruments/recorded-instruments.ts';

export const START_MS = 1_795_212_600_000;

export interface LevelEvent {
  readonly instId: string;
  readonly side: 'asks' | 'bids';
  readonly px: string;
  readonly sz: string;
  readonly orders: string;
}

/** Writes down everything that the exchange says. */
export class RecordingSink implements ExchangeSink {
  readonly orders: Row[] = [];
  readonly fills: Row[] = [];
  readonly balanceEvents: BalanceAndPositionEvent[] = [];
  readonly trades: Row[] = [];
  readonly singleTrades: Row[] = [];
  readonly levels: LevelEvent[] = [];
  readonly fundingRates: Row[] = [];
  readonly instruments: Row[] = [];
  readonly warnings: Row[] = [];
  readonly rpiLevels: LevelEvent[] = [];
  /** FNV-1a over every call with its arguments: equal hashes mean equal histories. */
  hash = 0x811c9dc5;
  callCount = 0;
  onLevel: ((event: LevelEvent) => void) | null = null;
  /** Long runs keep the hash alone. */
  isKeeping = true;

  order(uid: string, row: Row): void {
    this.#note('order', uid, row);
    row['uid'] = uid;
    if (this.isKeeping) this.orders.push(row);
  }

  fill(uid: string, row: Row): void {
    this.#note('fill', uid, row);
    row['uid'] = uid;
    if (this.isKeeping) this.fills.push(row);
  }

  balanceAndPosition(uid: string, event: BalanceAndPositionEvent): void {
    this.#note('balanceAndPosition', uid, event);
    if (this.isKeeping) this.balanceEvents.push(event);
  }

  account(uid: string): void {
    this.#note('account', uid, '');
  }

  position(uid: string, instId: string): void {
    this.#note('position', uid, instId);
  }

  trade(instId: string, row: Row): void {
    this.#note('trade', instId, row);
    if (this.isKeeping) this.trades.push(row);
  }

  singleTrade(instId: string, row: Row): void {
    this.#note('singleTrade', instId, row);
    if (this.isKeeping) this.singleTrades.push(row);
  }

  bookLevel(instId: string, side: 'asks' | 'bids', px: string, sz: string, orders: string): void {
    const event = { instId, side, px, sz, orders };
    this.#note('bookLevel', instId, event);
    this.onLevel?.(event);
    if (this.isKeeping) this.levels.push(event);
  }

  bookEvent(instId: string): void {
    this.#note('bookEvent', instId, '');
  }

  markPrice(instId: string, row: Row): void {
    this.#note('markPrice', instId, row);
  }

  priceLimit(instId: string, row: Row): void {
    this.#note('priceLimit', instId, row);
  }

  fundingRate(instId: string, row: Row): void {
    this.#note('fundingRate', instId, row);
    if (this.isKeeping) this.fundingRates.push(row);
  }

  rpiLevel(instId: string, side: 'asks' | 'bids', px: string, sz: string, orders: string): void {
    const event = { instId, side, px, sz, orders };
    this.#note('rpiLevel', instId, event);
    this.rpiLevels.push(event);
  }

  liquidationWarning(uid: string, row: Row): void {
    this.#note('liquidationWarning', uid, row);
    this.warnings.push({ ...row, uid });
  }

  instrument(row: Row): void {
    this.#note('instrument', '', row);
    this.instruments.push(row);
  }

  status(row: Row): void {
    this.#note('status', '', row);
  }

  #note(kind: string, key: string, value: unknown): void {
    this.callCount++;
    const text = `${kind}|${key}|${JSON.stringify(value)}`;
    for (let index = 0; index < text.length; index++) {
      this.hash = Math.imul(this.hash ^ text.charCodeAt(index), 0x01000193);
    }
  }
}

export function accountOptions(uid: string, changes: Partial<AccountOptions> = {}): AccountOptions {
  return {
    uid,
    balances: { USDT: '1000000', BTC: '10', USDC: '1000' },
    accountLevel: '2',
    positionMode: 'net_mode',
    makerFeeRate: '-0.0002',
    takerFeeRate: '-0.0005',
    feeTier: 'Lv1',
    ...changes,
  };
}

/** An exchange where only the accounts "a", "b" and "c" trade, unless the options say otherwise. */
export class World {
  readonly sink = new RecordingSink();
  readonly exchange: Exchange;

  constructor(options: Partial<ExchangeOptions> = {}) {
    this.exchange = new Exchange(
      {
        instruments: recordedInstruments(),
        seed: 1,
        startMs: START_MS,
        accounts: ['a', 'b', 'c'].map((uid) => accountOptions(uid)),
        flow: 'none',
        ...options,
      },
      this.sink,
    );
  }

  /** Places on BTC-USDT-SWAP (start price 78000, tick 0.1, lot 0.01) unless the request says otherwise. */
  place(uid: string, side: 'buy' | 'sell', px: string, sz: string, changes: Row = {}): ItemResult {
    const instId = (changes['instId'] as string | undefined) ?? 'BTC-USDT-SWAP';
    const tdMode = instId === 'BTC-USDT' ? 'cash' : 'cross';
    return this.exchange.place(uid, { instId, tdMode, side, ordType: 'limit', px, sz, ...changes });
  }

  amend(uid: string, ordId: string, changes: Row): ItemResult {
    return this.exchange.amend(uid, { instId: 'BTC-USDT-SWAP', ordId, ...changes });
  }

  cancel(uid: string, ordId: string, instId = 'BTC-USDT-SWAP'): ItemResult {
    return this.exchange.cancel(uid, { instId, ordId });
  }

  /** The states of an order's pushes so far. */
  states(ordId: string): string[] {
    return this.pushes(ordId).map((row) => row['state'] as string);
  }

  pushes(ordId: string): Row[] {
    return this.sink.orders.filter((row) => row['ordId'] === ordId);
  }

  lastPush(ordId: string): Row {
    return this.pushes(ordId).at(-1)!;
  }

  cash(uid: string, ccy: string): string {
    const details = this.exchange.balances(uid)['details'] as Row[];
    return (details.find((row) => row['ccy'] === ccy)?.['cashBal'] as string | undefined) ?? '0';
  }
}
