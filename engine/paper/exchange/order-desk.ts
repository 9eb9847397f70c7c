/**
 * Where order operations are accepted or refused: everything that OKX checks before an order reaches its matching engine.
 * What is accepted gets its turn in the engine after the match delay, in the order of acceptance.
 */
import { Side } from '../../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../../base/units.ts';
import { CancelSource } from '../../okx/shapes.ts';
import {
  AMENDS_IN_FLIGHT_MAX,
  CLIENT_ID_PATTERN,
  OPEN_ORDERS_PER_ACCOUNT_MAX,
  OPEN_ORDERS_PER_INSTRUMENT_MAX,
} from '../../okx/venue-limits.ts';
import type { Account, Valuation } from './account.ts';
import { availableBalance } from './account-rows.ts';
import { amountNumber, multiplyAmounts, type Amount } from './amount.ts';
import {
  CLIENT_ORIGIN,
  ClientOrder,
  isClosingSide,
  isMakerOnly,
  marginModeOf,
  mayRest,
  type OrderTerms,
} from './client-order.ts';
import { refuseDelta, refuseDeltaAmend } from './delta-neutral.ts';
import type { ItemResult, RequestItem } from './exchange-contract.ts';
import type { Holding } from './holding.ts';
import { BORROW_INITIAL_RATE } from './position-tiers.ts';
import { field } from './listing.ts';
import type { AmendTerms, Matcher } from './matcher.ts';
import type { Market } from './market.ts';
import { isMarketType, readLots, readOrderPrice, readPlace, withinPriceLimit } from './place-terms.ts';
import { firstId } from './first-id.ts';
import { readPriceType } from './option-price.ts';
import { refusal, shortOf, type OrderRefusal } from './refusals.ts';
import { isBelowRpiValue } from './rpi-rules.ts';
import { MARKET_RESERVE_PERCENT, restingReserve } from './settlement.ts';

/** Runs an accepted operation when its turn has come. */
export type Turn = (run: (nowMs: Milliseconds) => void) => void;

/** What becomes of a new order's tag: it stays, it is lost, or it is another one. A fault of the venue, for tests. */
export const TagFault = { keep: 'keep', strip: 'strip', change: 'change' } as const;
export type TagFault = (typeof TagFault)[keyof typeof TagFault];

/** Of a library's author, as some put in place of their user's. */
const OTHER_TAG = 'OTHERBROKERCODE';

export class OrderDesk {
  tagFault: TagFault = TagFault.keep;
  readonly #matcher: Matcher;
  readonly #valuation: Valuation;
  readonly #turn: Turn;
  #lastOrdId: bigint;

  /** @param startMs of the venue: see `firstId` */
  constructor(matcher: Matcher, valuation: Valuation, startMs: Milliseconds, turn: Turn) {
    this.#lastOrdId = BigInt(firstId(startMs)) * 1_000n;
    this.#matcher = matcher;
    this.#valuation = valuation;
    this.#turn = turn;
  }

  /** @param origin what places it, where it is not the account's client */
  nextOrdId(): string {
    return String(++this.#lastOrdId);
  }

  place(
    account: Account,
    market: Market | undefined,
    asked: RequestItem,
    nowMs: Milliseconds,
    origin = CLIENT_ORIGIN,
  ): ItemResult {
    const request = this.#tagged(asked);
    const answer = (ordId: string, refused: OrderRefusal | null): ItemResult => ({
      clOrdId: field(request, 'clOrdId'),
      ordId,
      tag: field(request, 'tag'),
      ts: String(nowMs),
      sCode: refused?.sCode ?? '0',
      sMsg: refused?.sMsg ?? 'Order placed',
      subCode: refused?.subCode ?? '',
    });
    if (market === undefined) return answer('', refusal('51001'));
    const terms = readPlace(account, market, request, this.#valuation);
    if ('sCode' in terms) return answer('', terms);
    const holding = account.holding(market);
    const refused =
      this.#refuseAccount(account, holding, terms, nowMs) ??
      this.#refuseFunds(account, market, holding, terms);
    if (refused !== null) return answer('', refused);
    const { listing } = market;
    const isPaidInQuote = listing.isContract || terms.side === Side.buy;
    const frozenCcy = isPaidInQuote ? listing.quoteCcy || holding.settleCcy : listing.baseCcy;
    const ordId = this.nextOrdId();
    const order = new ClientOrder(ordId, account, market, holding, terms, frozenCcy, nowMs, origin);
    account.open(order);
    const reserve = this.#reserve(market, terms);
    account.freeze(order, reserve);
    this.#matcher.reporter.balanceChanged(account);
    this.#turn((atMs) => this.#matcher.submit(order, atMs));
    return answer(ordId, null);
  }

  #tagged(request: RequestItem): RequestItem {
    if (this.tagFault === TagFault.keep) return request;
    return { ...request, tag: this.tagFault === TagFault.strip ? '' : OTHER_TAG };
  }

  cancel(
    account: Account,
    market: Market | undefined,
    request: RequestItem,
    nowMs: Milliseconds,
  ): ItemResult {
    const ordId = field(request, 'ordId');
    const clOrdId = field(request, 'clOrdId');
    const answer = (order: ClientOrder | null, refused: OrderRefusal | null): ItemResult => ({
      clOrdId: order?.terms.clOrdId ?? clOrdId,
      ordId: order?.ordId ?? ordId,
      ts: String(nowMs),
      sCode: refused?.sCode ?? '0',
      sMsg: refused?.sMsg ?? '',
    });
    if (market === undefined) return answer(null, refusal('51001'));
    if (ordId === '' && clOrdId === '') return answer(null, refusal('51003'));
    const order = account.findOpen(market.listing.instId, ordId, clOrdId);
    if (order === null) return answer(null, refusal('51400'));
    if (order.isCancelInFlight) return answer(order, refusal('51410'));
    order.isCancelInFlight = true;
    this.#turn((atMs) => this.#matcher.cancel(order, CancelSource.user, atMs));
    return answer(order, null);
  }

  amend(account: Account, market: Market | undefined, request: RequestItem, nowMs: Milliseconds): ItemResult {
    const ordId = field(request, 'ordId');
    const clOrdId = field(request, 'clOrdId');
    const answer = (order: ClientOrder | null, refused: OrderRefusal | null): ItemResult => ({
      clOrdId: order?.terms.clOrdId ?? clOrdId,
      ordId: order?.ordId ?? ordId,
      reqId: field(request, 'reqId'),
      ts: String(nowMs),
      sCode: refused?.sCode ?? '0',
      sMsg: refused?.sMsg ?? '',
      subCode: refused?.subCode ?? '',
    });
    if (market === undefined) return answer(null, refusal('51001'));
    if (ordId === '' && clOrdId === '') return answer(null, refusal('51003'));
    const order = account.findOpen(market.listing.instId, ordId, clOrdId);
    if (order === null) return answer(null, refusal('51503'));
    const terms = this.#readAmend(order, request);
    if ('sCode' in terms) {
      if (request['cxlOnFail'] === true || request['cxlOnFail'] === 'true') this.#cancelRefused(order, terms);
      return answer(order, terms);
    }
    order.amendsInFlight++;
    this.#turn((atMs) => {
      order.amendsInFlight--;
      this.#matcher.amend(order, terms, atMs);
    });
    return answer(order, null);
  }

  #readAmend(order: ClientOrder, request: RequestItem): AmendTerms | OrderRefusal {
    const { market, terms } = order;
    const { listing } = market;
    const reqId = field(request, 'reqId');
    if (reqId !== '' && !CLIENT_ID_PATTERN.test(reqId)) return refusal('51000', 'reqId');
    if (!mayRest(terms.type)) return refusal('51506');
    if (listing.state === 'post_only' && !isMakerOnly(terms.type)) return refusal('51124');
    if (listing.state !== 'live' && listing.state !== 'post_only') return refusal('51022');
    const priceType = readPriceType(request, true);
    if (priceType !== null && typeof priceType !== 'string') return priceType;
    const hasPrice = priceType !== null;
    if (hasPrice && priceType !== order.quote.pxType) return refusal('51177');
    const hasSize = request['newSz'] !== undefined && request['newSz'] !== '';
    if (!hasPrice && !hasSize) return refusal('51500');
    if (hasSize && order.quote.pxType !== 'px') return refusal('51536');
    let ticks: Ticks = 0;
    let { quote } = order;
    if (hasPrice) {
      const price = readOrderPrice(market, terms.side, request, true);
      if ('sCode' in price) return price;
      const limited = withinPriceLimit(market, terms.side, price.ticks, request['pxAmendType']);
      if (typeof limited !== 'number') return limited;
      ticks = limited;
      quote = price.quote;
    }
    let lots: Lots = 0;
    if (hasSize) {
      const size = readLots(listing, request['newSz'], 'newSz');
      if (typeof size !== 'number') return size;
      if (size > listing.maxLimitLots) return refusal('51005');
      if (size < order.filledLots) return refusal('51000', 'newSz');
      lots = size;
    }
    if ((ticks === 0 || ticks === order.ticks) && (lots === 0 || lots === order.lots)) {
      // With another amend on its way the confirmed terms are not what this one is compared with.
      if (order.amendsInFlight === 0) return refusal('51500');
    }
    if (order.amendsInFlight >= AMENDS_IN_FLIGHT_MAX) return refusal('51513');
    if (isMakerOnly(terms.type) && ticks !== 0 && market.book.isMarketable(terms.side, ticks)) {
      return refusal('51511');
    }
    const total = lots || order.lots;
    if (terms.type === 'rpi' && isBelowRpiValue(market, ticks || order.ticks, total, this.#valuation)) {
      return refusal('54051');
    }
    const delta = refuseDeltaAmend(order, total);
    if (delta !== null) return delta;
    const short = this.#refuseAmendFunds(
      order,
      ticks || order.ticks,
      (lots || order.lots) - order.filledLots,
    );
    if (short !== null) return short;
    const cancelsOnFail = request['cxlOnFail'] === true || request['cxlOnFail'] === 'true';
    return { ticks, lots, quote, reqId, cancelsOnFail };
  }

  /** cxlOnFail: an amend that is refused up front takes the order with it; the push carries no amendResult. */
  #cancelRefused(order: ClientOrder, refused: OrderRefusal): void {
    const source = refused.sCode === '51511' ? CancelSource.postOnlyWouldTake : CancelSource.system;
    order.isCancelInFlight = true;
    this.#turn((atMs) => this.#matcher.cancel(order, source, atMs));
  }

  #refuseAccount(
    account: Account,
    holding: Holding,
    terms: OrderTerms,
    nowMs: Milliseconds,
  ): OrderRefusal | null {
    const { protection } = this.#matcher;
    const guarded =
      protection.refuse(account, holding.listing, terms.type, nowMs) ??
      refuseDelta(account, holding.market, terms);
    if (guarded !== null) return guarded;
    if (terms.clOrdId !== '' && account.openByClientId(terms.clOrdId) !== null) return refusal('51016');
    if (holding.orders.size >= OPEN_ORDERS_PER_INSTRUMENT_MAX) {
      return refusal('51174', holding.listing.instId, String(OPEN_ORDERS_PER_INSTRUMENT_MAX));
    }
    if (account.openOrders.size >= OPEN_ORDERS_PER_ACCOUNT_MAX) return refusal('51025');
    const { posSide, side, isReduceOnly } = terms;
    const isClosing =
      (posSide === 'long' && side === Side.sell) || (posSide === 'short' && side === Side.buy);
    if (!isClosing && !(isReduceOnly && posSide === 'net')) return null;
    const position = holding.find(marginModeOf(terms), posSide, terms.ccy);
    if (position === null || position.lots === 0) return refusal('51169');
    if (position.lots > 0 !== (side === Side.sell)) return refusal('51170');
    // In net mode a reduce-only order is cut to the position; of one side no more is closed than is left of it.
    return isClosing && terms.lots > holding.availableLots(position) ? refusal('51112') : null;
  }

  #refuseFunds(account: Account, market: Market, holding: Holding, terms: OrderTerms): OrderRefusal | null {
    const { listing } = market;
    if (!listing.isContract && !terms.isMargin) {
      const ccy = terms.side === Side.buy ? listing.quoteCcy : listing.baseCcy;
      const isShort = this.#isShort(account, ccy, this.#reserve(market, terms));
      return isShort ? shortOf('51008', ccy, 'balance') : null;
    }
    if (terms.isReduceOnly || isClosingSide(terms.posSide, terms.side)) return null;
    const { side } = terms;
    const ccy = terms.ccy || holding.settleCcy;
    const ticks = isMarketType(terms.type) ? market.markTicks : terms.ticks;
    const lots = terms.budget < 0n ? terms.lots : lotsFor(market, terms.budget, ticks);
    const before = holding.initialMargin(ccy);
    const after = holding.initialMargin(ccy, { side, lots, ticks, mode: marginModeOf(terms) });
    const { taker } = account.fees.of(listing);
    const rate = taker < 0n ? -amountNumber(taker) : 0;
    const fee = holding.valueIn(ccy, ticks, lots) * rate;
    return this.#hasMargin(account, ccy, after - before, fee)
      ? null
      : shortOf('51008', account.hasSharedMargin ? 'USD' : ccy, 'margin');
  }

  #refuseAmendFunds(order: ClientOrder, ticks: Ticks, remaining: Lots): OrderRefusal | null {
    const { account, market, holding, terms } = order;
    if (!order.hasPosition) {
      const more = restingReserve(order, ticks, remaining) - order.frozen;
      const isShort = more > 0n && this.#isShort(account, order.frozenCcy, more);
      return isShort ? shortOf('51502', order.frozenCcy, 'balance') : null;
    }
    if (order.isReducing || remaining <= order.entry.lots) return null;
    const lots = remaining - order.entry.lots;
    const ccy = order.marginCcy;
    const before = holding.initialMargin(ccy);
    const extra = { side: terms.side, lots, ticks: ticks || market.markTicks, mode: order.marginMode };
    const after = holding.initialMargin(ccy, extra);
    return this.#hasMargin(account, ccy, after - before, 0)
      ? null
      : shortOf('51502', account.hasSharedMargin ? 'USD' : ccy, 'margin');
  }

  /** Whether a spot order cannot reserve that much: in futures mode the margin of contracts is in use already. */
  #isShort(account: Account, ccy: string, needed: Amount): boolean {
    const free = account.freeCash(ccy);
    if (needed > free) {
      if (!account.hasSharedMargin || !account.autoLoan) return true;
      const borrowed = amountNumber(needed - (free > 0n ? free : 0n)) * this.#valuation.usd(ccy);
      return borrowed * BORROW_INITIAL_RATE > account.availableEquity('', this.#valuation);
    }
    if (account.options.accountLevel !== '2') return false;
    return amountNumber(needed) > availableBalance(account, ccy, this.#valuation) + 1e-9;
  }

  /** An order that needs no further margin is always allowed: it makes the position smaller. */
  #hasMargin(account: Account, ccy: string, margin: number, fee: number): boolean {
    if (margin <= 0) return true;
    const rate = account.hasSharedMargin ? this.#valuation.usd(ccy) : 1;
    return (margin + fee) * rate <= account.availableEquity(ccy, this.#valuation);
  }

  /** What a spot order keeps of the balance until it is filled. */
  #reserve(market: Market, terms: OrderTerms): Amount {
    const { listing } = market;
    if (listing.isContract || terms.isMargin) return 0n;
    if (terms.budget >= 0n)
      return terms.side === Side.buy ? terms.budget : listing.units(sellLots(market, terms));
    if (terms.side === Side.sell) return listing.units(terms.lots);
    if (terms.ticks > 0) return listing.value(terms.ticks, terms.lots);
    const best = market.book.asks.best?.ticks ?? market.lastTicks;
    return multiplyAmounts(listing.value(best, terms.lots), MARKET_RESERVE_PERCENT * 10n ** 16n);
  }
}

/** Lots that a market sale for an amount of quote currency takes at the best bid, and the reserve of market orders. */
function sellLots(market: Market, terms: OrderTerms): Lots {
  const best = market.book.bids.best?.ticks ?? market.lastTicks;
  const unit = market.listing.value(best, 1_000_000);
  return Number((terms.budget * 1_000_000n * MARKET_RESERVE_PERCENT) / (unit * 100n));
}

/** Lots that an amount of quote currency buys at a price. */
function lotsFor({ listing }: Market, budget: Amount, ticks: Ticks): Lots {
  return Math.ceil(amountNumber(budget) / (listing.valueNumber(ticks, 1_000_000) / 1_000_000));
}
