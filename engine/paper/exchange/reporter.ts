import type { Milliseconds } from '../../base/units.ts';
import type { Account, Valuation } from './account.ts';
import { balanceDataRow } from './account-rows.ts';
import { billFill } from './bills.ts';
import type { ClientOrder, OrderFill } from './client-order.ts';
import type { ExchangeSink } from './exchange-contract.ts';
import type { Holding } from './holding.ts';
import { positionDataRow } from './position-rows.ts';
import { fillPushRow, fillQueryRow, orderPushRow, type OrderChange } from './order-rows.ts';

/** Turns what happened to orders and accounts into the rows of the private channels. */
export class Reporter {
  readonly #sink: ExchangeSink;
  readonly #valuation: Valuation;
  readonly #changedHoldings = new Set<Holding>();
  // A taker's fills at one price that are not reported on `fills` yet.
  #taker: ClientOrder | null = null;
  #takerFill: OrderFill | null = null;
  #takerLots = 0;
  #takerCount = 0;

  constructor(sink: ExchangeSink, valuation: Valuation) {
    this.#sink = sink;
    this.#valuation = valuation;
  }

  order(order: ClientOrder, change: OrderChange, nowMs: Milliseconds): void {
    this.#sink.order(order.account.uid, orderPushRow(order, change, nowMs, this.#valuation));
  }

  amendFailed(order: ClientOrder, reqId: string, code: string, nowMs: Milliseconds): void {
    this.order(order, { reqId, amendResult: '-1', amendSource: '1', code }, nowMs);
  }

  /** A fill that the venue forces: it is none of the order book, so that `fills` does not tell it. */
  forced(order: ClientOrder, fill: OrderFill, eventType: string, nowMs: Milliseconds): void {
    this.fill(order, fill, nowMs, eventType);
  }

  fill(order: ClientOrder, fill: OrderFill, nowMs: Milliseconds, eventType = 'filled'): void {
    const { account, holding, market } = order;
    const { listing } = market;
    const row = fillQueryRow(order, fill, this.#valuation);
    account.addFillRow(row);
    billFill(order, fill, row);
    this.order(order, { fill }, nowMs);
    if (fill.isMaker) this.#sink.fill(account.uid, fillPushRow(order, fill, fill.lots, 1));
    else if (eventType === 'filled') this.#addTakerFill(order, fill);
    const position = order.hasPosition
      ? holding.find(order.marginMode, order.terms.posSide, order.marginCcy)
      : null;
    const currencies = listing.isContract ? [holding.settleCcy] : [listing.baseCcy, listing.quoteCcy];
    this.#sink.balanceAndPosition(account.uid, {
      eventType,
      balData: currencies.map((ccy) => balanceDataRow(account.balance(ccy))),
      posData: position === null ? [] : [positionDataRow(holding, position)],
      trades: [{ instId: listing.instId, tradeId: String(fill.tradeId) }],
    });
    this.#sink.account(account.uid);
    if (position !== null) {
      this.#changedHoldings.add(holding);
      this.#sink.position(account.uid, listing.instId);
    }
  }

  funded(account: Account, holding: Holding): void {
    this.positionsChanged(account, holding, 'funding_fee');
  }

  /** Something happened to positions and cash that was no trade; of what it ended, positions of nothing are told. */
  positionsChanged(account: Account, holding: Holding, eventType: string): void {
    const { listing } = holding;
    this.#sink.balanceAndPosition(account.uid, {
      eventType,
      balData: [balanceDataRow(account.balance(holding.settleCcy))],
      posData: holding.positions
        .filter((position) => position.lots !== 0 || eventType === 'exercised')
        .map((position) => positionDataRow(holding, position)),
      trades: [],
    });
    this.#sink.account(account.uid);
    this.#sink.position(account.uid, listing.instId);
  }

  balanceChanged(account: Account): void {
    this.#sink.account(account.uid);
  }

  flushTakerFills(): void {
    const taker = this.#taker;
    const fill = this.#takerFill;
    if (taker === null || fill === null) return;
    this.#taker = null;
    this.#takerFill = null;
    this.#sink.fill(taker.account.uid, fillPushRow(taker, fill, this.#takerLots, this.#takerCount));
  }

  /** The holdings whose positions changed since the last call. */
  takeChangedHoldings(): Holding[] {
    if (this.#changedHoldings.size === 0) return NONE;
    const holdings = [...this.#changedHoldings];
    this.#changedHoldings.clear();
    return holdings;
  }

  #addTakerFill(order: ClientOrder, fill: OrderFill): void {
    const isSamePrint = this.#taker === order && this.#takerFill?.ticks === fill.ticks;
    if (!isSamePrint) {
      this.flushTakerFills();
      this.#takerLots = 0;
      this.#takerCount = 0;
    }
    this.#taker = order;
    this.#takerFill = fill;
    this.#takerLots += fill.lots;
    this.#takerCount++;
  }
}

const NONE: Holding[] = [];
