/**
 * The matching engine: what happens to an order once it has been accepted. Price first, then time; every match is settled
 * before the next, and every change of an order is reported in the order in which it happened.
 */
import { Side } from '../../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../../base/units.ts';
import { AmendResult, CancelSource } from '../../okx/shapes.ts';
import { MAKERS_PER_TAKER_MAX } from '../../okx/venue-limits.ts';
import type { Valuation } from './account.ts';
import type { Amount } from './amount.ts';
import { isMakerOnly, mayRest, OrderState, type ClientOrder } from './client-order.ts';
import type { ExchangeSink } from './exchange-contract.ts';
import { firstId } from './first-id.ts';
import type { PriceQuote } from './option-price.ts';
import { BookOrder, type Level } from './matching-book.ts';
import type { Market } from './market.ts';
import { MmpDesk } from './mmp-desk.ts';
import { Reporter } from './reporter.ts';
import { rpiPriceBeside } from './rpi-rules.ts';
import { restingReserve, settleFill } from './settlement.ts';

/** Why a taker stopped before it was filled. */
const StopReason = { none: 0, selfTrade: 1, makersMax: 2 } as const;
type StopReason = (typeof StopReason)[keyof typeof StopReason];

/** A market order takes no price further than this from the best one it met; the rest is cancelled (cancelSource 27). */
const SLIPPAGE_RATIO = 0.05;

export interface AmendTerms {
  /** 0 leaves the price. */
  readonly ticks: Ticks;
  /** New total, what is filled included; 0 leaves the size. */
  readonly lots: Lots;
  readonly quote: PriceQuote;
  readonly reqId: string;
  readonly cancelsOnFail: boolean;
}

export class Matcher {
  readonly reporter: Reporter;
  readonly protection = new MmpDesk(this);
  #lastBillId: number;
  /** Trades without a counterparty in the book are numbered below zero. */
  #lastForcedId: number;

  /** @param startMs of the venue: its bills are numbered from there */
  constructor(sink: ExchangeSink, valuation: Valuation, startMs: Milliseconds) {
    this.#lastBillId = firstId(startMs);
    this.#lastForcedId = -firstId(startMs);
    this.reporter = new Reporter(sink, valuation);
  }

  /** An accepted order's turn. */
  submit(order: ClientOrder, nowMs: Milliseconds): void {
    // A cancel-all-after may have ended it on the way.
    if (!order.isOpen) return;
    const { market, terms } = order;
    if (order.isReducing && !this.#shrinkToPosition(order, nowMs)) return;
    if (order.quote.pxType !== 'px') market.followers.add(order);
    if (isMakerOnly(terms.type)) {
      if (market.book.isMarketable(terms.side, order.ticks)) {
        this.#finish(order, OrderState.canceled, CancelSource.postOnlyWouldTake, nowMs);
        return;
      }
      if (terms.type === 'rpi' && !this.#keepRpiDistance(order, nowMs)) return;
      order.book.add(order.entry);
      this.reporter.order(order, order.ticks === terms.ticks ? {} : { amendSource: '6' }, nowMs);
      this.checkRpi(market, nowMs);
      market.flushBook();
      return;
    }
    this.reporter.order(order, {}, nowMs);
    if (terms.type === 'fok' && !this.#canFill(order)) {
      this.#finish(order, OrderState.canceled, CancelSource.fokNotFilled, nowMs);
      return;
    }
    const limit = terms.ticks === 0 ? slippageLimit(market, terms.side) : order.ticks;
    this.#takeAndRest(order, limit, nowMs);
  }

  cancel(
    order: ClientOrder,
    source: number,
    nowMs: Milliseconds,
    state: OrderState = OrderState.canceled,
  ): void {
    if (!order.isOpen) return;
    const { market } = order;
    if (order.entry.level !== null) order.book.remove(order.entry);
    this.#finish(order, state, source, nowMs);
    market.flushBook();
  }

  /** An accepted amend's turn. */
  amend(order: ClientOrder, terms: AmendTerms, nowMs: Milliseconds): void {
    const { reqId } = terms;
    if (!order.isOpen) {
      this.reporter.amendFailed(order, reqId, '51503', nowMs);
      return;
    }
    const { market, entry, book } = order;
    const lots = terms.lots === 0 ? order.lots : terms.lots;
    const ticks = terms.ticks === 0 ? order.ticks : terms.ticks;
    const remaining = lots - order.filledLots;
    const reserve = remaining < 0 ? 0n : restingReserve(order, ticks, remaining);
    if (remaining < 0 || !order.account.mayFreeze(order, reserve)) {
      const code = remaining < 0 ? '51000' : '51502';
      if (terms.cancelsOnFail) this.#cancelAmended(order, reqId, CancelSource.system, code, nowMs);
      else this.reporter.amendFailed(order, reqId, code, nowMs);
      return;
    }
    order.updatedMs = nowMs;
    order.quote = terms.quote;
    if (remaining === 0) {
      book.remove(entry);
      entry.lots = 0;
      order.lots = lots;
      this.#end(order, OrderState.filled);
      this.reporter.order(order, { reqId, amendResult: '0', amendSource: '1' }, nowMs);
      market.flushBook();
      return;
    }
    if (ticks === order.ticks && lots <= order.lots) {
      // Only the size falls: the order keeps its place in the queue.
      book.reduce(entry, order.lots - lots);
      order.lots = lots;
      order.account.freeze(order, reserve);
      this.reporter.order(order, { reqId, amendResult: '0', amendSource: '1' }, nowMs);
      market.flushBook();
      return;
    }
    book.remove(entry);
    if (isMakerOnly(order.terms.type) && market.book.isMarketable(order.terms.side, ticks)) {
      this.#cancelAmended(order, reqId, CancelSource.postOnlyWouldTake, '51511', nowMs);
      return;
    }
    const isMeeting = order.terms.type === 'rpi' && rpiPriceBeside(market, order.terms.side, ticks) !== ticks;
    if (isMeeting) {
      this.#cancelAmended(order, reqId, CancelSource.rpiPriceCheck, '51511', nowMs);
      return;
    }
    entry.ticks = ticks;
    entry.lots = remaining;
    order.lots = lots;
    order.account.freeze(order, reserve);
    this.reporter.order(order, { reqId, amendResult: '0', amendSource: '1' }, nowMs);
    this.#takeAndRest(order, ticks, nowMs);
  }

  /** The price in dollars or the volatility of an option's order is another price now. */
  follow(order: ClientOrder, ticks: Ticks, nowMs: Milliseconds): void {
    const { market, entry } = order;
    if (!order.isOpen || entry.level === null) return;
    market.book.remove(entry);
    if (isMakerOnly(order.terms.type) && market.book.isMarketable(order.terms.side, ticks)) {
      this.#finish(order, OrderState.canceled, CancelSource.postOnlyWouldTake, nowMs);
      market.flushBook();
      return;
    }
    entry.ticks = ticks;
    order.updatedMs = nowMs;
    this.reporter.order(order, { amendResult: AmendResult.automatic, amendSource: '5' }, nowMs);
    this.#takeAndRest(order, ticks, nowMs);
  }

  /** Of a bill that comes of no trade: bills have one series with those of trades. */
  nextBillId(): string {
    return String(++this.#lastBillId);
  }

  /** Pairs have a bill in each of their currencies. */
  #nextFillId({ listing }: Market): string {
    const billId = this.nextBillId();
    if (!listing.isContract) this.#lastBillId++;
    return billId;
  }

  /** An order of the venue's own that is filled at a price, without the book and without a public trade. */
  force(order: ClientOrder, ticks: Ticks, feeRate: Amount, eventType: string, nowMs: Milliseconds): void {
    const billId = this.#nextFillId(order.market);
    const { lots } = order;
    order.entry.lots = 0;
    const fill = settleFill(order, ticks, lots, false, --this.#lastForcedId, billId, nowMs, feeRate);
    this.#end(order, OrderState.filled);
    this.reporter.forced(order, fill, eventType, nowMs);
    for (const other of order.holding.orders) {
      if (other.isReducing && other.entry.level !== null) this.#followPosition(other, nowMs);
    }
    order.market.flushBook();
  }

  /** RPI orders that a shown order has come to, or passed, go (cancelSource 45). */
  checkRpi(market: Market, nowMs: Milliseconds): void {
    for (const side of [Side.buy, Side.sell]) {
      const { levels } = market.rpiBook.sideOf(side);
      for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
        if (!market.book.isMarketable(side, level.ticks)) break;
        this.cancel(level.head!.client!, CancelSource.rpiPriceCheck, nowMs);
      }
    }
  }

  /** Whether an RPI order may rest: it meets none of the other side, or has stepped back from it. */
  #keepRpiDistance(order: ClientOrder, nowMs: Milliseconds): boolean {
    const { market, terms, entry } = order;
    const ticks = rpiPriceBeside(market, terms.side, order.ticks);
    if (ticks === order.ticks) return true;
    if (terms.roundsRpi && ticks > 0) {
      entry.ticks = ticks;
      return true;
    }
    this.#finish(order, OrderState.canceled, CancelSource.rpiPriceCheck, nowMs);
    return false;
  }

  /** A background taker; what is left of it disappears. Gives the lots that were filled. */
  takeBackground(market: Market, side: Side, limitTicks: Ticks, lots: Lots, nowMs: Milliseconds): Lots {
    const taker = new BookOrder(side, limitTicks, lots, null);
    this.#match(market, taker, limitTicks, nowMs);
    market.flushBook();
    return lots - taker.lots;
  }

  /** Fills resting client orders, best first, at their own prices, as far as `lots` of a recorded market reach them. */
  fillClients(market: Market, takerSide: Side, limitTicks: Ticks, lots: Lots, nowMs: Milliseconds): Lots {
    const { levels } = market.book.opposite(takerSide);
    let left = lots;
    // Filled levels leave the array while this runs, this one and perhaps a reduce-only order's further on.
    for (let index = levels.length - 1; index >= 0 && left > 0; index = Math.min(index, levels.length) - 1) {
      const level = levels[index]!;
      const isReached = takerSide === Side.sell ? level.ticks >= limitTicks : level.ticks <= limitTicks;
      if (!isReached) break;
      for (let maker = level.head; maker !== null && left > 0;) {
        const next: BookOrder | null = maker.next;
        if (maker.client !== null) left -= this.fillClient(market, maker, takerSide, left, nowMs);
        maker = next;
      }
    }
    this.endFeedTaker(market, takerSide, nowMs);
    return lots - left;
  }

  /** One match of a resting client order against a recorded market. */
  fillClient(market: Market, maker: BookOrder, takerSide: Side, lots: Lots, nowMs: Milliseconds): Lots {
    if (maker.client !== null && maker.client.isReducing) this.#followPosition(maker.client, nowMs);
    if (maker.level === null) return 0;
    const filled = Math.min(lots, maker.lots);
    this.#trade(market, null, maker, takerSide, maker.ticks, filled, nowMs);
    return filled;
  }

  endFeedTaker(market: Market, takerSide: Side, nowMs: Milliseconds): void {
    this.#endTaker(market, takerSide, nowMs);
  }

  #takeAndRest(order: ClientOrder, limitTicks: Ticks, nowMs: Milliseconds): void {
    const { market, terms, entry } = order;
    const stop = this.#match(market, entry, limitTicks, nowMs);
    const isDone = entry.lots === 0 || !order.isOpen;
    if (!isDone) {
      if (stop === StopReason.selfTrade) {
        this.#finish(order, OrderState.canceled, CancelSource.selfTradePrevention, nowMs);
      } else if (stop === StopReason.makersMax) {
        this.#finish(order, OrderState.canceled, CancelSource.tooManyMakers, nowMs);
      } else if (mayRest(terms.type)) {
        order.book.add(entry);
        this.checkRpi(market, nowMs);
      } else {
        const isSlipping = terms.ticks === 0 && market.book.opposite(terms.side).best !== null;
        const source = isSlipping ? CancelSource.slippage : CancelSource.iocRemainder;
        this.#finish(order, OrderState.canceled, source, nowMs);
      }
    }
    market.flushBook();
  }

  /** Matches until the taker is filled, nothing within its limit is left, or it must stop. */
  #match(market: Market, taker: BookOrder, limitTicks: Ticks, nowMs: Milliseconds): StopReason {
    const { client, side } = taker;
    const makers = market.book.opposite(side);
    // Who is no client of the API meets RPI orders too.
    const hidden = client === null || client.terms.takesRpi ? market.rpiBook.opposite(side) : null;
    let makerCount = 0;
    let stop: StopReason = StopReason.none;
    while (taker.lots > 0) {
      const level = betterOf(side, makers.best, hidden?.best ?? null);
      if (level === null || (side === Side.buy ? level.ticks > limitTicks : level.ticks < limitTicks)) break;
      const maker = market.book.nextMaker(level);
      if (
        client !== null &&
        maker.client !== null &&
        maker.client.account.mainUid === client.account.mainUid
      ) {
        if (client.terms.selfTradeMode !== 'cancel_taker') {
          maker.client.book.remove(maker);
          this.#finish(maker.client, OrderState.canceled, CancelSource.selfTradePrevention, nowMs);
        }
        if (client.terms.selfTradeMode === 'cancel_maker') continue;
        stop = StopReason.selfTrade;
        break;
      }
      if (client !== null && makerCount === MAKERS_PER_TAKER_MAX) {
        stop = StopReason.makersMax;
        break;
      }
      if (maker.client !== null && maker.client.isReducing) {
        // An earlier match of this very taker may have closed its position.
        this.#followPosition(maker.client, nowMs);
        if (maker.level === null) continue;
      }
      let lots = Math.min(taker.lots, market.book.lotsInTurn(level, maker));
      if (client !== null && client.budget >= 0n) {
        lots = Math.min(lots, affordableLots(client, level.ticks));
        if (lots === 0) {
          this.#endBudget(client, nowMs);
          break;
        }
      }
      makerCount++;
      if (level.recorded === maker) market.book.moveUp(level, lots);
      this.#trade(market, taker, maker, side, level.ticks, lots, nowMs);
    }
    this.#endTaker(market, side, nowMs);
    return stop;
  }

  #trade(
    market: Market,
    taker: BookOrder | null,
    maker: BookOrder,
    takerSide: Side,
    ticks: Ticks,
    lots: Lots,
    nowMs: Milliseconds,
  ): void {
    const book = maker.client === null ? market.book : maker.client.book;
    book.reduce(maker, lots);
    const tradeId = market.recordMatch(takerSide, ticks, lots, nowMs, book === market.rpiBook);
    if (taker !== null) taker.lots -= lots;
    if (maker.client !== null) this.#settle(maker.client, ticks, lots, true, tradeId, nowMs);
    if (taker !== null && taker.client !== null)
      this.#settle(taker.client, ticks, lots, false, tradeId, nowMs);
  }

  #settle(
    order: ClientOrder,
    ticks: Ticks,
    lots: Lots,
    isMaker: boolean,
    tradeId: number,
    nowMs: Milliseconds,
  ): void {
    const billId = this.#nextFillId(order.market);
    const fill = settleFill(order, ticks, lots, isMaker, tradeId, billId, nowMs);
    if (order.entry.lots === 0) this.#end(order, OrderState.filled);
    this.reporter.fill(order, fill, nowMs);
    this.protection.filled(order, lots, nowMs);
  }

  /** After a taker's last match: its prints, and reduce-only orders whose position has shrunk under them. */
  #endTaker(market: Market, side: Side, nowMs: Milliseconds): void {
    market.flushPrint(side);
    this.reporter.flushTakerFills();
    for (const holding of this.reporter.takeChangedHoldings()) {
      for (const order of holding.orders) {
        if (order.isReducing && order.entry.level !== null) this.#followPosition(order, nowMs);
      }
    }
    this.protection.settle(nowMs);
  }

  /** A resting reduce-only order never exceeds what it could close (amendSource 4, or cancelled). */
  #followPosition(order: ClientOrder, nowMs: Milliseconds): void {
    const { holding, terms, entry } = order;
    const closable = holding.closableLots(order.marginMode, terms.posSide, terms.side, terms.ccy);
    if (closable === 0) {
      order.book.remove(entry);
      this.#finish(order, OrderState.canceled, CancelSource.reduceOnlyPositionClosed, nowMs);
    } else if (entry.lots > closable) {
      order.lots -= entry.lots - closable;
      order.book.reduce(entry, entry.lots - closable);
      order.updatedMs = nowMs;
      this.reporter.order(order, { amendSource: '4', amendResult: '0' }, nowMs);
    }
  }

  /** Before a reduce-only order's turn; false when there is nothing for it to close and it is cancelled. */
  #shrinkToPosition(order: ClientOrder, nowMs: Milliseconds): boolean {
    const { holding, terms, entry } = order;
    const closable = holding.closableLots(order.marginMode, terms.posSide, terms.side, terms.ccy);
    if (closable === 0) {
      this.#finish(order, OrderState.canceled, CancelSource.reduceOnlyPositionClosed, nowMs);
      return false;
    }
    if (entry.lots > closable) {
      entry.lots = closable;
      order.lots = closable;
      this.reporter.order(order, { amendSource: '4', amendResult: '0' }, nowMs);
    }
    return true;
  }

  #canFill(order: ClientOrder): boolean {
    const { market } = order;
    const { levels } = market.book.opposite(order.terms.side);
    let left = order.entry.lots;
    let makerCount = 0;
    for (let index = levels.length - 1; index >= 0; index--) {
      const level = levels[index]!;
      const isReached =
        order.terms.side === Side.buy ? level.ticks <= order.ticks : level.ticks >= order.ticks;
      if (!isReached) return false;
      for (const [maker, lots] of market.book.turns(level)) {
        if (maker.client !== null && maker.client.account.mainUid === order.account.mainUid) {
          if (order.terms.selfTradeMode === 'cancel_maker') continue;
          return false;
        }
        if (++makerCount > MAKERS_PER_TAKER_MAX) return false;
        left -= lots;
        if (left <= 0) return true;
      }
    }
    return false;
  }

  #cancelAmended(order: ClientOrder, reqId: string, source: number, code: string, nowMs: Milliseconds): void {
    if (order.entry.level !== null) order.book.remove(order.entry);
    order.cancelSource = String(source);
    order.updatedMs = nowMs;
    this.#end(order, OrderState.canceled);
    this.reporter.order(order, { reqId, amendResult: '1', amendSource: '1', code }, nowMs);
    order.market.flushBook();
  }

  /** The budget of a spot market order buys no further lot: done, or cancelled when it bought nothing. */
  #endBudget(order: ClientOrder, nowMs: Milliseconds): void {
    if (order.filledLots === 0) {
      this.#finish(order, OrderState.canceled, CancelSource.iocRemainder, nowMs);
      return;
    }
    this.#end(order, OrderState.filled);
    order.updatedMs = nowMs;
    this.reporter.order(order, {}, nowMs);
  }

  #finish(order: ClientOrder, state: OrderState, source: number, nowMs: Milliseconds): void {
    order.cancelSource = String(source);
    order.updatedMs = nowMs;
    this.#end(order, state);
    this.reporter.order(order, {}, nowMs);
  }

  #end(order: ClientOrder, state: OrderState): void {
    order.state = state;
    order.account.end(order);
    this.reporter.balanceChanged(order.account);
  }
}

/** The level that a taker meets first: at the same price, what is shown. */
function betterOf(side: Side, shown: Level | null, hidden: Level | null): Level | null {
  if (hidden === null) return shown;
  if (shown === null) return hidden;
  const isBetter = side === Side.buy ? hidden.ticks < shown.ticks : hidden.ticks > shown.ticks;
  return isBetter ? hidden : shown;
}

function slippageLimit(market: Market, side: Side): Ticks {
  const best = market.book.opposite(side).best;
  if (best === null) return side === Side.buy ? 0 : Infinity;
  return side === Side.buy
    ? Math.max(best.ticks, Math.floor(best.ticks * (1 + SLIPPAGE_RATIO)))
    : Math.min(best.ticks, Math.ceil(best.ticks * (1 - SLIPPAGE_RATIO)));
}

/** Lots that the rest of a market order's budget buys at this price. */
function affordableLots(order: ClientOrder, ticks: Ticks): Lots {
  const { listing } = order.market;
  // The value of one lot may be rounded, so the quotient is checked from above.
  const unit = listing.value(ticks, 1_000_000);
  let lots = unit === 0n ? 0 : Number((order.budget * 1_000_000n) / unit);
  while (lots > 0 && listing.value(ticks, lots) > order.budget) lots--;
  return lots;
}
