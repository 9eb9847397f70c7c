/** Account operations that are not orders: leverage, position mode, cancel-all-after, closing a position, and sizes. */
import { Side } from '../../base/side.ts';
import type { Lots, Milliseconds } from '../../base/units.ts';
import { CancelSource } from '../../okx/shapes.ts';
import {
  CANCEL_ALL_AFTER_SECONDS_MAX,
  CANCEL_ALL_AFTER_SECONDS_MIN,
  CANCEL_ALL_AFTER_TAGS_MAX,
  TAG_PATTERN,
} from '../../okx/venue-limits.ts';
import type { Account, Valuation } from './account.ts';
import { availableBalance, SETTLE_CURRENCIES } from './account-rows.ts';
import { multiplyAmounts, numberText, parseAmount } from './amount.ts';
import type { PosSide } from './client-order.ts';
import { billPosition, BillSubType, BillType } from './bills.ts';
import type { ExchangeRefusal, ExchangeSink, RequestItem, Row } from './exchange-contract.ts';
import type { Holding } from './holding.ts';
import { field } from './listing.ts';
import type { Market } from './market.ts';
import type { Matcher } from './matcher.ts';
import type { OrderDesk } from './order-desk.ts';
import type { MarginMode } from './position.ts';
import { positionDataRow } from './position-rows.ts';
import { refusal } from './refusals.ts';
import type { Timed } from './timer-queue.ts';
import { hasMargin } from './trade-mode.ts';

export class AccountDesk {
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #orders: OrderDesk;
  readonly #matcher: Matcher;
  readonly #valuation: Valuation;
  readonly #sink: ExchangeSink;
  readonly #schedule: (timeMs: number, item: Timed) => void;

  constructor(
    markets: ReadonlyMap<string, Market>,
    orders: OrderDesk,
    matcher: Matcher,
    valuation: Valuation,
    sink: ExchangeSink,
    schedule: (timeMs: number, item: Timed) => void,
  ) {
    this.#markets = markets;
    this.#orders = orders;
    this.#matcher = matcher;
    this.#valuation = valuation;
    this.#sink = sink;
    this.#schedule = schedule;
  }

  /** Every call arms anew; the cancels carry cancelSource 20. */
  cancelAllAfter(
    account: Account,
    timeOut: string,
    tag: string,
    nowMs: Milliseconds,
  ): { triggerTime: string; tag: string; ts: string } | ExchangeRefusal {
    const seconds = /^\d{1,3}$/.test(timeOut) ? Number(timeOut) : -1;
    const isInRange = seconds >= CANCEL_ALL_AFTER_SECONDS_MIN && seconds <= CANCEL_ALL_AFTER_SECONDS_MAX;
    if (seconds !== 0 && !isInRange) return refusal('51000', 'timeOut');
    if (tag !== '' && !TAG_PATTERN.test(tag)) return refusal('51000', 'tag');
    const armed = account.cancelAllAfter;
    if (seconds === 0) {
      armed.delete(tag);
      return { triggerTime: '0', tag, ts: String(nowMs) };
    }
    const tagCount = armed.size - (armed.has('') ? 1 : 0);
    if (tag !== '' && !armed.has(tag) && tagCount >= CANCEL_ALL_AFTER_TAGS_MAX) return refusal('51071');
    const triggerMs = nowMs + seconds * 1_000;
    armed.set(tag, triggerMs);
    this.#watch(account, tag, triggerMs);
    return { triggerTime: String(triggerMs), tag, ts: String(nowMs) };
  }

  closePosition(
    account: Account,
    request: RequestItem,
    nowMs: Milliseconds,
  ): { instId: string; posSide: string; clOrdId: string; tag: string } | ExchangeRefusal {
    const instId = field(request, 'instId');
    const market = this.#markets.get(instId);
    if (market === undefined) return refusal('51001');
    const mode = field(request, 'mgnMode');
    if (mode !== 'cross' && mode !== 'isolated') return refusal('51000', 'mgnMode');
    const posSide = (field(request, 'posSide') || 'net') as PosSide;
    const holding = account.holding(market);
    const position = holding.find(mode, posSide, field(request, 'ccy'));
    if (position === null || position.lots === 0) return refusal('51023');
    if (request['autoCxl'] === true || request['autoCxl'] === 'true') {
      for (const order of holding.orders) this.#matcher.cancel(order, CancelSource.positionClosed, nowMs);
    }
    const result = this.#orders.place(
      account,
      market,
      {
        instId,
        tdMode: account.options.accountLevel === '1' ? 'cash' : mode,
        ccy: market.listing.isContract ? '' : position.ccy,
        tgtCcy: 'base_ccy',
        side: position.lots > 0 ? 'sell' : 'buy',
        posSide,
        ordType: 'market',
        sz: market.listing.sizeText(Math.abs(position.lots)),
        reduceOnly: posSide === 'net',
        clOrdId: field(request, 'clOrdId'),
        tag: field(request, 'tag'),
      },
      nowMs,
    );
    if (result.sCode !== '0') return { sCode: result.sCode, sMsg: result.sMsg };
    return { instId, posSide, clOrdId: result.clOrdId, tag: result.tag ?? '' };
  }

  setLeverage(account: Account, request: RequestItem): Row[] | ExchangeRefusal {
    const market = this.#markets.get(field(request, 'instId'));
    if (market === undefined) return refusal('51001');
    const mode = field(request, 'mgnMode');
    if ((mode !== 'cross' && mode !== 'isolated') || !hasLever(market)) {
      return refusal('51000', 'mgnMode');
    }
    const lever = Number(field(request, 'lever'));
    if (!(lever >= 1)) return refusal('51000', 'lever');
    if (lever > market.listing.maxLever) return refusal('51186', String(market.listing.maxLever));
    const holding = account.holding(market);
    const before = marginInQuote(holding);
    const old = holding.lever(mode);
    holding.setLever(mode, lever);
    const more = marginInQuote(holding) - before;
    // The new margin is already in what is available, so that alone must not have fallen below zero.
    for (const ccy of more > 0 ? holding.marginCurrencies : []) {
      if (account.availableEquity(ccy, this.#valuation) >= 0) continue;
      holding.setLever(mode, old);
      return refusal('51008', ccy, 'margin');
    }
    const open = holding.positions.filter((position) => position.lots !== 0);
    if (open.length > 0) {
      this.#sink.balanceAndPosition(account.uid, {
        eventType: 'set_leverage',
        balData: [],
        posData: open.map((position) => positionDataRow(holding, position)),
        trades: [],
      });
      this.#sink.position(account.uid, market.listing.instId);
    }
    this.#sink.account(account.uid);
    return [leverRow(market, mode, field(request, 'posSide'), lever)];
  }

  /** What contracts that settle in USD settle in: not while there are positions or orders in them. */
  setSettleCcy(account: Account, settleCcy: string): Row[] | ExchangeRefusal {
    if (!SETTLE_CURRENCIES.includes(settleCcy)) return refusal('51000', 'settleCcy');
    for (const holding of account.holdings.values()) {
      const isOpen = holding.orders.size > 0 || holding.hasPosition();
      if (holding.listing.isContract && holding.listing.settleCcy === 'USD' && isOpen)
        return refusal('51059');
    }
    for (const [instId, { listing }] of account.holdings) {
      if (listing.isContract && listing.settleCcy === 'USD') account.forget(instId);
    }
    account.settleCcy = settleCcy;
    return [{ settleCcy }];
  }

  /** In spot mode only: fees in what is received, or in the quote currency. */
  setFeeType(account: Account, feeType: string): Row[] | ExchangeRefusal {
    if (account.options.accountLevel !== '1') return refusal('51010');
    if (feeType !== '0' && feeType !== '1') return refusal('51000', 'feeType');
    account.feeType = feeType;
    return [{ feeType }];
  }

  setAutoLoan(account: Account, isOn: boolean): Row[] | ExchangeRefusal {
    if (!account.hasSharedMargin) return refusal('51010');
    account.autoLoan = isOn;
    return [{ autoLoan: isOn }];
  }

  setPositionMode(account: Account, posMode: string): { posMode: string } | ExchangeRefusal {
    if (posMode !== 'net_mode' && posMode !== 'long_short_mode') return refusal('51000', 'posMode');
    if (posMode === 'long_short_mode' && account.options.accountLevel === '4') return refusal('51041');
    for (const holding of account.holdings.values()) {
      if (!holding.listing.isContract) continue;
      if (posMode !== account.positionMode && (holding.orders.size > 0 || holding.hasPosition())) {
        return refusal('51059');
      }
    }
    account.positionMode = posMode;
    return { posMode };
  }

  leverageInfo(account: Account, instIds: string, mgnMode: string): Row[] {
    const rows: Row[] = [];
    const mode: MarginMode = mgnMode === 'isolated' ? 'isolated' : 'cross';
    const sides = account.positionMode === 'net_mode' || mode === 'cross' ? ['net'] : ['long', 'short'];
    for (const instId of instIds.split(',')) {
      const market = this.#markets.get(instId);
      if (market === undefined || !hasLever(market)) continue;
      const holding = account.holding(market);
      for (const side of sides) rows.push(leverRow(market, mode, side, holding.lever(mode)));
    }
    return rows;
  }

  /** What could be bought and sold at the mark price (base currency for spot, contracts otherwise). */
  maxSize(account: Account, instIds: string, tdMode: string): Row[] {
    const rows: Row[] = [];
    for (const instId of instIds.split(',')) {
      const market = this.#markets.get(instId);
      if (market === undefined) continue;
      const { listing } = market;
      const holding = account.holding(market);
      const perLot = holding.valueNumber(market.markTicks, 1_000_000) / 1_000_000;
      let buy: number;
      let sell: number;
      if (listing.isContract) {
        const rate = account.hasSharedMargin ? this.#valuation.usd(holding.settleCcy) : 1;
        const free = account.availableEquity(holding.settleCcy, this.#valuation) / (rate || 1);
        const mode: MarginMode = tdMode === 'isolated' ? 'isolated' : 'cross';
        const lots = Math.max(0, free) / ((perLot || 1) / holding.lever(mode));
        buy = lots + holding.closableLots(mode, 'net', Side.buy) * 2;
        sell = lots + holding.closableLots(mode, 'net', Side.sell) * 2;
      } else {
        buy = availableBalance(account, listing.quoteCcy, this.#valuation) / (perLot || 1);
        sell = availableBalance(account, listing.baseCcy, this.#valuation) / listing.lot.value;
      }
      const text = (lots: Lots): string => listing.sizeText(Math.max(0, Math.floor(lots)));
      rows.push({ instId, ccy: holding.settleCcy, maxBuy: text(buy), maxSell: text(sell) });
    }
    return rows;
  }

  /** Longs pay a positive rate, shorts receive it, on the value at the mark price. */
  settleFunding(account: Account, holding: Holding, market: Market, nowMs: Milliseconds): void {
    const { listing } = market;
    const rate = parseAmount(numberText(market.fundingRate, 16));
    let hasPaid = false;
    for (const position of holding.positions) {
      if (position.lots === 0) continue;
      const due = multiplyAmounts(listing.value(market.markTicks, Math.abs(position.lots)), rate);
      const change = position.lots > 0 ? -due : due;
      position.fundingFee += change;
      position.updatedMs = nowMs;
      account.book(holding.settleCcy, change, nowMs);
      billPosition(account, holding, position.marginMode, {
        billId: this.#matcher.nextBillId(),
        type: BillType.funding,
        subType: change < 0n ? BillSubType.fundingExpense : BillSubType.fundingIncome,
        change,
        fee: 0n,
        pnl: change,
        sz: listing.sizeText(Math.abs(position.lots)),
        px: listing.priceText(market.markTicks),
        timeMs: nowMs,
      });
      hasPaid = true;
    }
    if (hasPaid) this.#matcher.reporter.funded(account, holding);
  }

  /**
   * A timer of the tag goes on to where it was armed for since: a switch that is armed every second has one timer, not ten.
   * Another is needed only when it is armed for an earlier time than before.
   */
  #watch(account: Account, tag: string, triggerMs: Milliseconds): void {
    const watched = account.cancelAllAfterWatch.get(tag) ?? Infinity;
    if (watched <= triggerMs) return;
    account.cancelAllAfterWatch.set(tag, triggerMs);
    this.#schedule(triggerMs, { run: (timeMs) => this.#trigger(account, tag, Math.floor(timeMs)) });
  }

  #trigger(account: Account, tag: string, nowMs: Milliseconds): void {
    // An earlier timer may have taken this one's place.
    if (account.cancelAllAfterWatch.get(tag) === nowMs) account.cancelAllAfterWatch.delete(tag);
    const triggerMs = account.cancelAllAfter.get(tag);
    if (triggerMs === undefined) return;
    if (triggerMs > nowMs) {
      this.#watch(account, tag, triggerMs);
      return;
    }
    account.cancelAllAfter.delete(tag);
    for (const order of account.openOrders.values()) {
      if (tag === '' || order.terms.tag === tag)
        this.#matcher.cancel(order, CancelSource.cancelAllAfter, nowMs);
    }
  }
}

function leverRow(market: Market, mode: MarginMode, posSide: string, lever: number): Row {
  return {
    instId: market.listing.instId,
    mgnMode: mode,
    posSide: posSide || 'net',
    ccy: '',
    lever: String(lever),
  };
}

/** Contracts have a leverage, and so have the pairs that can be traded on margin. */
function hasLever({ listing }: Market): boolean {
  return listing.isContract || hasMargin(listing);
}

function marginInQuote(holding: Holding): number {
  let margin = 0;
  for (const ccy of holding.marginCurrencies) margin += holding.initialMargin(ccy);
  return margin;
}
