/** The orders that algo orders make: at once, or in pieces (TWAP and iceberg). */
import { Side } from '../../base/side.ts';
import type { Lots, Milliseconds } from '../../base/units.ts';
import { AlgoState, CancelSource } from '../../okx/shapes.ts';
import type { AlgoOrder, AlgoSlices } from './algo-order.ts';
import { ticksOf } from './algo-triggers.ts';
import type { Market } from './market.ts';
import type { Matcher } from './matcher.ts';
import type { OrderDesk } from './order-desk.ts';

export class AlgoPieces {
  readonly #orders: OrderDesk;
  readonly #matcher: Matcher;

  constructor(orders: OrderDesk, matcher: Matcher) {
    this.#orders = orders;
    this.#matcher = matcher;
  }

  /** One order of an algo order; '' or the code of its refusal. */
  place(
    algo: AlgoOrder,
    market: Market,
    lots: Lots,
    ordType: string,
    px: string,
    nowMs: Milliseconds,
  ): string {
    const { account, terms, instId } = algo;
    const { listing } = market;
    const isNet = terms.posSide === 'net';
    const request = {
      instId,
      tdMode: terms.tdMode,
      ccy: terms.ccy,
      side: terms.side === Side.buy ? 'buy' : 'sell',
      posSide: isNet ? '' : terms.posSide,
      ordType,
      sz: listing.sizeText(lots),
      px: ordType === 'market' ? undefined : px,
      pxAmendType: '1',
      tgtCcy: listing.isContract || ordType !== 'market' ? undefined : 'base_ccy',
      reduceOnly: isNet && terms.isReduceOnly,
      tag: terms.tag,
    };
    const result = this.#orders.place(account, market, request, nowMs, algo.origin);
    if (result.sCode !== '0') return result.sCode;
    algo.ordIds.push(result.ordId);
    algo.placedLots += lots;
    if (account.openOrders.has(result.ordId)) algo.children.set(result.ordId, lots);
    return '';
  }

  /** The next piece, if one is due; how the algo order has ended by now, null where it goes on. */
  work(algo: AlgoOrder, market: Market, nowMs: Milliseconds): AlgoState | null {
    const slices = algo.terms.slices!;
    algo.nextMs = nowMs + slices.intervalMs;
    let waiting = 0;
    for (const lots of algo.children.values()) waiting += lots;
    const left = algo.terms.lots - algo.doneLots - waiting;
    const { minLots } = market.listing;
    if (left < minLots) return algo.children.size === 0 ? AlgoState.effective : null;
    // What would be left over is less than the least order: it goes with this piece.
    const lots = left - slices.lots < minLots ? left : slices.lots;
    const failCode =
      slices.pieces === 0
        ? this.#take(algo, market, slices, lots, nowMs)
        : this.#rest(algo, market, slices, lots, nowMs);
    if (failCode === '') return null;
    algo.failCode = failCode;
    return algo.doneLots > 0 ? AlgoState.partiallyFailed : AlgoState.orderFailed;
  }

  /** Takes back what rests of it. */
  cancel(algo: AlgoOrder, nowMs: Milliseconds): void {
    for (const ordId of algo.children.keys()) {
      const order = algo.account.openOrders.get(ordId);
      if (order !== undefined) this.#matcher.cancel(order, CancelSource.system, nowMs);
    }
    algo.children.clear();
  }

  /** TWAP: from the book, a little beyond its best price and no further than the limit. */
  #take(algo: AlgoOrder, market: Market, slices: AlgoSlices, lots: Lots, nowMs: Milliseconds): string {
    const { listing } = market;
    const isBuy = algo.terms.side === Side.buy;
    const best = market.book.opposite(algo.terms.side).best;
    const limit = ticksOf(listing, slices.limitPx);
    // Beyond the limit it waits for better times.
    if (best === null || (isBuy ? best.ticks > limit : best.ticks < limit)) return '';
    const beyond =
      slices.pxVar === '' ? ticksOf(listing, slices.pxSpread) : best.ticks * Number(slices.pxVar);
    const ticks = isBuy
      ? Math.floor(Math.min(best.ticks + beyond, limit) + 1e-6)
      : Math.ceil(Math.max(best.ticks - beyond, limit, 1) - 1e-6);
    return this.place(algo, market, lots, 'ioc', listing.priceText(ticks), nowMs);
  }

  /** Iceberg: pieces that join the best price of their side, and follow it. */
  #rest(algo: AlgoOrder, market: Market, slices: AlgoSlices, lots: Lots, nowMs: Milliseconds): string {
    const { listing } = market;
    const isBuy = algo.terms.side === Side.buy;
    const best = (isBuy ? market.book.bids : market.book.asks).best;
    const limit = Math.round(ticksOf(listing, slices.limitPx));
    if (best === null || (isBuy ? best.ticks > limit : best.ticks < limit)) return '';
    for (const ordId of algo.children.keys()) {
      const order = algo.account.openOrders.get(ordId);
      if (order === undefined || order.ticks === best.ticks) continue;
      this.#matcher.cancel(order, CancelSource.system, nowMs);
      algo.children.delete(ordId);
    }
    if (algo.children.size >= slices.pieces) return '';
    return this.place(algo, market, lots, 'limit', listing.priceText(best.ticks), nowMs);
  }
}
