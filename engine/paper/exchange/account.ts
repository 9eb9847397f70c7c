import { assert } from '../../base/assert.ts';
import type { Milliseconds } from '../../base/units.ts';
import { amountNumber, parseAmount, type Amount } from './amount.ts';
import { keepBill, type Bill } from './bills.ts';
import type { ClientOrder } from './client-order.ts';
import type { AccountOptions, FeeType, PositionMode, Row } from './exchange-contract.ts';
import { FeeSchedule } from './fee-schedule.ts';
import { Holding } from './holding.ts';
import type { PosSide } from './client-order.ts';
import type { Listing } from './listing.ts';
import type { Market } from './market.ts';
import { Position, type MarginMode } from './position.ts';
import type { PositionRun } from './position-run.ts';
import { BORROW_INITIAL_RATE, BORROW_MAINTENANCE_RATE } from './position-tiers.ts';

/** Ended orders and fills that an account can still be asked about: enough for days of a test, bounded for a long run. */
const ENDED_ORDERS_MAX = 5_000;
const FILL_ROWS_MAX = 10_000;

export interface Balance {
  readonly ccy: string;
  cash: Amount;
  /** Reserved by open spot orders. */
  frozen: Amount;
  updatedMs: Milliseconds;
}

/** Prices for adding up different currencies. */
export interface Valuation {
  usd(ccy: string): number;
}

/** One sub-account: the ledger, positions, open orders and what has ended. */
export class Account {
  readonly uid: string;
  readonly mainUid: string;
  readonly options: AccountOptions;
  readonly fees: FeeSchedule;
  positionMode: PositionMode;
  /** What contracts that settle in USD settle in. */
  settleCcy: string;
  feeType: FeeType;
  /** Whether spot orders of the multi-currency modes may borrow what they lack. */
  autoLoan: boolean;
  /** In delta-neutral mode: whether only orders are taken that bring its delta nearer to nothing. */
  isDeltaRestricted = false;
  readonly balances = new Map<string, Balance>();
  readonly holdings = new Map<string, Holding>();
  readonly markets = new Map<Holding, Market>();
  /** By ordId, oldest first. */
  readonly openOrders = new Map<string, ClientOrder>();
  readonly #openByClientId = new Map<string, ClientOrder>();
  readonly ended: ClientOrder[] = [];
  readonly fillRows: Row[] = [];
  /** Oldest first. */
  readonly bills: Bill[] = [];
  /** Of positions that have been closed, in part or as a whole. */
  readonly positionRuns: PositionRun[] = [];
  /** Tag ('' for all orders) → when its orders are cancelled. */
  readonly cancelAllAfter = new Map<string, Milliseconds>();
  /** Tag → the earliest of its timers that have not run. */
  readonly cancelAllAfterWatch = new Map<string, Milliseconds>();
  #positionCount = 0;

  constructor(options: AccountOptions, nowMs: Milliseconds) {
    this.uid = options.uid;
    this.mainUid = options.mainUid ?? options.uid;
    this.options = options;
    this.fees = new FeeSchedule(options.feeRows ?? [], options.makerFeeRate, options.takerFeeRate);
    this.positionMode = options.positionMode;
    this.settleCcy = options.settleCcy ?? 'USDC';
    this.feeType = options.feeType ?? '0';
    this.autoLoan = options.autoLoan ?? false;
    for (const [ccy, cash] of Object.entries(options.balances)) {
      this.balances.set(ccy, { ccy, cash: parseAmount(cash), frozen: 0n, updatedMs: nowMs });
    }
  }

  balance(ccy: string): Balance {
    let balance = this.balances.get(ccy);
    if (balance === undefined) {
      balance = { ccy, cash: 0n, frozen: 0n, updatedMs: 0 };
      this.balances.set(ccy, balance);
    }
    return balance;
  }

  book(ccy: string, change: Amount, nowMs: Milliseconds): void {
    const balance = this.balance(ccy);
    balance.cash += change;
    balance.updatedMs = nowMs;
  }

  /** Whether an order that is there may reserve that much: what may be borrowed was looked at when it was accepted. */
  mayFreeze(order: ClientOrder, amount: Amount): boolean {
    if (this.hasSharedMargin && this.autoLoan) return true;
    return amount - order.frozen <= this.freeCash(order.frozenCcy);
  }

  /** Sets what an order reserves. */
  freeze(order: ClientOrder, amount: Amount): void {
    assert(amount >= 0n, 'an order reserves nothing or more');
    const balance = this.balance(order.frozenCcy);
    balance.frozen += amount - order.frozen;
    order.frozen = amount;
    assert(balance.frozen >= 0n, 'what is reserved is the sum over open orders');
  }

  holding(market: Market): Holding {
    let holding = this.holdings.get(market.listing.instId);
    if (holding === undefined) {
      holding = new Holding(market, this.ledgerCcy(market.listing));
      this.holdings.set(market.listing.instId, holding);
      this.markets.set(holding, market);
    }
    return holding;
  }

  /** The currency that profit in an instrument is booked in. */
  ledgerCcy(listing: Listing): string {
    return listing.isContract && listing.settleCcy === 'USD' ? this.settleCcy : listing.settleCcy;
  }

  /** Lets go of a holding without positions or orders: the next order makes it anew. */
  forget(instId: string): void {
    const holding = this.holdings.get(instId);
    if (holding === undefined) return;
    this.holdings.delete(instId);
    this.markets.delete(holding);
  }

  position(holding: Holding, mode: MarginMode, posSide: PosSide, ccy: string): Position {
    let position = holding.find(mode, posSide, ccy);
    if (position === null) {
      const place = String(++this.#positionCount).padStart(6, '0');
      position = new Position(
        `2${this.uid.slice(-11).padStart(12, '0')}${place}`,
        mode,
        posSide,
        ccy,
        this.positionRuns,
      );
      holding.positions.push(position);
    }
    return position;
  }

  open(order: ClientOrder): void {
    this.openOrders.set(order.ordId, order);
    if (order.terms.clOrdId !== '') this.#openByClientId.set(order.terms.clOrdId, order);
    order.holding.orders.add(order);
  }

  /** Moves an order that has ended out of the open ones and gives back what it reserved. */
  end(order: ClientOrder): void {
    this.freeze(order, 0n);
    this.openOrders.delete(order.ordId);
    if (this.#openByClientId.get(order.terms.clOrdId) === order)
      this.#openByClientId.delete(order.terms.clOrdId);
    order.holding.orders.delete(order);
    this.ended.push(order);
    // Cut in halves so that the cost of moving the rest is spread over many orders.
    if (this.ended.length > 2 * ENDED_ORDERS_MAX) this.ended.splice(0, ENDED_ORDERS_MAX);
  }

  addFillRow(row: Row): void {
    this.fillRows.push(row);
    if (this.fillRows.length > 2 * FILL_ROWS_MAX) this.fillRows.splice(0, FILL_ROWS_MAX);
  }

  addBill(bill: Bill): void {
    keepBill(this.bills, bill);
  }

  openByClientId(clOrdId: string): ClientOrder | null {
    return this.#openByClientId.get(clOrdId) ?? null;
  }

  /** The open order of that name; ordId wins when both are given. */
  findOpen(instId: string, ordId: string, clOrdId: string): ClientOrder | null {
    const order = ordId !== '' ? this.openOrders.get(ordId) : this.#openByClientId.get(clOrdId);
    return order !== undefined && order.market.listing.instId === instId ? order : null;
  }

  /** The newest order of that name, open or ended. */
  find(instId: string, ordId: string, clOrdId: string): ClientOrder | null {
    const open = this.findOpen(instId, ordId, clOrdId);
    if (open !== null) return open;
    for (let index = this.ended.length - 1; index >= 0; index--) {
      const order = this.ended[index]!;
      const isNamed = ordId !== '' ? order.ordId === ordId : order.terms.clOrdId === clOrdId;
      if (isNamed && order.market.listing.instId === instId) return order;
    }
    return null;
  }

  /** Cash that no open spot order has reserved. */
  freeCash(ccy: string): Amount {
    const balance = this.balances.get(ccy);
    return balance === undefined ? 0n : balance.cash - balance.frozen;
  }

  /**
   * Sums over what has margin in `ccy` (over everything, in USD, when it is ''), and over what is borrowed. Floats: for
   * limits and reports.
   */
  marginTotals(ccy: string, valuation: Valuation): MarginTotals {
    const totals = { upl: 0, equity: 0, initialMargin: 0, maintenanceMargin: 0, isolated: 0, isolatedUpl: 0 };
    for (const holding of this.holdings.values()) {
      if (!holding.needsMargin) continue;
      for (const each of holding.marginCurrencies) {
        if (ccy === '' || each === ccy)
          addHolding(totals, holding, each, ccy === '' ? valuation.usd(each) : 1);
      }
    }
    if (!this.hasSharedMargin) return totals;
    for (const balance of this.balances.values()) {
      if (ccy !== '' && balance.ccy !== ccy) continue;
      const borrowed = Math.max(0, -amountNumber(balance.cash));
      if (borrowed === 0) continue;
      const value = borrowed * (ccy === '' ? valuation.usd(balance.ccy) : 1);
      totals.initialMargin += value * BORROW_INITIAL_RATE;
      totals.maintenanceMargin += value * BORROW_MAINTENANCE_RATE;
    }
    return totals;
  }

  /**
   * What new margin may use: of one currency in futures mode, of all currencies in USD in the two multi-currency modes,
   * where an order that is to borrow keeps its part of that.
   */
  availableEquity(ccy: string, valuation: Valuation): number {
    if (!this.hasSharedMargin) {
      const totals = this.marginTotals(ccy, valuation);
      return amountNumber(this.freeCash(ccy)) + totals.equity - totals.initialMargin;
    }
    const totals = this.marginTotals('', valuation);
    let equity = totals.equity - totals.initialMargin;
    for (const balance of this.balances.values()) {
      const cash = amountNumber(balance.cash);
      const frozen = amountNumber(balance.frozen);
      const lent = this.autoLoan ? Math.max(0, frozen - Math.max(0, cash)) : 0;
      equity += (cash - frozen + lent * (1 - BORROW_INITIAL_RATE)) * valuation.usd(balance.ccy);
    }
    return equity;
  }

  get hasSharedMargin(): boolean {
    return this.options.accountLevel === '3' || this.options.accountLevel === '4';
  }
}

export interface MarginTotals {
  /** Profit that is not realised. */
  upl: number;
  /** What positions add to the equity: their profit, of options their value. */
  equity: number;
  initialMargin: number;
  /** Of cross positions and of what is borrowed. */
  maintenanceMargin: number;
  /** What isolated positions stand on, and what they have made. */
  isolated: number;
  /** What isolated positions have made and not realised. */
  isolatedUpl: number;
}

function addHolding(totals: MarginTotals, holding: Holding, ccy: string, rate: number): void {
  for (const position of holding.positions) {
    if (position.lots === 0 || position.ccy !== ccy) continue;
    const equity = holding.equityOf(position) * rate;
    const profit = holding.profitOf(position) * rate;
    totals.upl += profit;
    totals.equity += equity;
    if (position.marginMode === 'cross') totals.maintenanceMargin += holding.maintenanceOf(position) * rate;
    else {
      totals.isolated += holding.isolatedMargin(position) * rate + equity;
      totals.isolatedUpl += profit;
    }
  }
  totals.initialMargin += holding.initialMargin(ccy) * rate;
}
