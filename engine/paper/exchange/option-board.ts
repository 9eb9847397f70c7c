/**
 * All options: their models, the marks that follow from them, and the orders whose price is one in dollars or a volatility,
 * which the venue moves as the forward moves (amendSource 5).
 */
import type { Milliseconds, Ticks } from '../../base/units.ts';
import type { ClientOrder } from './client-order.ts';
import type { ExchangeSink, Row } from './exchange-contract.ts';
import type { Matcher } from './matcher.ts';
import type { Market } from './market.ts';
import { OptionModel } from './option-model.ts';
import { ticksAt } from './option-price.ts';

const SUMMARY_MS = 1_000;

export class OptionBoard {
  readonly #matcher: Matcher;
  readonly #sink: ExchangeSink;
  readonly #usd: (ccy: string) => number;
  /** By family: what is priced anew since it was last told. */
  readonly #changed = new Map<string, Set<Market>>();
  #toldMs = -Infinity;

  /** @param usd what a coin is worth, above zero for those that options are on */
  constructor(
    markets: ReadonlyMap<string, Market>,
    startPrices: Readonly<Record<string, string>>,
    matcher: Matcher,
    sink: ExchangeSink,
    usd: (ccy: string) => number,
    startMs: Milliseconds,
  ) {
    this.#matcher = matcher;
    this.#sink = sink;
    this.#usd = usd;
    for (const market of markets.values()) {
      const { listing } = market;
      if (!listing.isOption) continue;
      const price = Number(startPrices[listing.instId] ?? 0);
      market.option = new OptionModel(listing, usd(listing.baseCcy), price, startMs);
      market.forward = market.option.forward;
      market.setMark(this.#markTicks(market));
      market.statistics.restart(market.markTicks);
    }
  }

  /** The mark now; orders that follow it have been moved. */
  markOf(market: Market, nowMs: Milliseconds): Ticks {
    const option = market.option!;
    if (market.listing.state === 'expired') return market.markTicks;
    if (!option.update(this.#usd(market.listing.baseCcy), nowMs)) return market.markTicks;
    market.forward = option.forward;
    this.#follow(market, nowMs);
    const { instFamily } = market.listing;
    let changed = this.#changed.get(instFamily);
    if (changed === undefined) this.#changed.set(instFamily, (changed = new Set()));
    changed.add(market);
    return this.#markTicks(market);
  }

  /** Tells what has changed, once a second at most. */
  tell(nowMs: Milliseconds): void {
    if (this.#sink.product === undefined || nowMs - this.#toldMs < SUMMARY_MS) return;
    this.#toldMs = nowMs;
    for (const [family, markets] of this.#changed) {
      const arg = { channel: 'opt-summary', instFamily: family };
      if (this.#sink.listens?.(arg) === false) continue;
      this.#sink.product(
        arg,
        [...markets].map((market) => summaryRow(market, nowMs)),
      );
    }
    this.#changed.clear();
  }

  #markTicks(market: Market): Ticks {
    return Math.max(1, Math.round(market.option!.price / market.listing.tick.value));
  }

  #follow(market: Market, nowMs: Milliseconds): void {
    if (market.followers.size === 0) return;
    for (const order of market.followers) {
      if (!order.isOpen) {
        market.followers.delete(order);
        continue;
      }
      const ticks = followedTicks(order);
      if (ticks !== order.ticks && ticks > 0) this.#matcher.follow(order, ticks, nowMs);
    }
  }
}

/** The row of one option for the `opt-summary` channel. */
export function summaryRow(market: Market, nowMs: Milliseconds): Row {
  const { value } = market.listing.tick;
  return market.option!.summaryRow(market.bestBidTicks * value, market.bestAskTicks * value, nowMs);
}

/** What the price in dollars or the volatility of an order is now. */
function followedTicks(order: ClientOrder): Ticks {
  const { pxType, pxValue } = order.quote;
  return ticksAt(order.market, order.terms.side, pxType, pxValue);
}
