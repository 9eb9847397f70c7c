/** Trades that no client asked for: liquidation, deleveraging and delivery, as orders of the venue's own category. */
import { Side } from '../../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../../base/units.ts';
import type { Account } from './account.ts';
import type { Amount } from './amount.ts';
import { ClientOrder, type OrderTerms } from './client-order.ts';
import type { ExchangeSink } from './exchange-contract.ts';
import type { Holding } from './holding.ts';
import type { Matcher } from './matcher.ts';
import { PLAIN_QUOTE } from './option-price.ts';
import type { OrderDesk } from './order-desk.ts';
import type { Position } from './position.ts';

export type ForcedCategory = 'partial_liquidation' | 'full_liquidation' | 'adl' | 'delivery';

const EVENTS: Readonly<Record<ForcedCategory, string>> = {
  partial_liquidation: 'liquidation',
  full_liquidation: 'liquidation',
  adl: 'adl',
  delivery: 'delivered',
};

export class ForcedTrades {
  readonly #orders: OrderDesk;
  readonly #matcher: Matcher;
  readonly #sink: ExchangeSink;

  constructor(orders: OrderDesk, matcher: Matcher, sink: ExchangeSink) {
    this.#sink = sink;
    this.#orders = orders;
    this.#matcher = matcher;
  }

  /** Takes lots out of a position at a price, with a fee at `feeRate` of the value (negative: paid). */
  close(
    account: Account,
    holding: Holding,
    position: Position,
    lots: Lots,
    ticks: Ticks,
    category: ForcedCategory,
    feeRate: Amount,
    nowMs: Milliseconds,
  ): void {
    const terms = termsOf(holding, position, lots);
    const origin = { source: '', category, algoId: '', algoClOrdId: '' };
    const ordId = this.#orders.nextOrdId();
    const { market } = holding;
    const order = new ClientOrder(ordId, account, market, holding, terms, position.ccy, nowMs, origin);
    account.open(order);
    this.#matcher.force(order, ticks, feeRate, EVENTS[category], nowMs);
    if (EVENTS[category] === 'liquidation') this.#tell(order, ticks, nowMs);
  }

  /** To everybody, without a name. */
  #tell({ market, terms }: ClientOrder, ticks: Ticks, nowMs: Milliseconds): void {
    const { instType, instFamily, instId, row } = market.listing;
    const isLong = terms.side === Side.sell;
    const detail = {
      side: isLong ? 'sell' : 'buy',
      posSide: isLong ? 'long' : 'short',
      bkPx: market.listing.priceText(ticks),
      sz: market.listing.sizeText(terms.lots),
      bkLoss: '0',
      ccy: '',
      ts: String(nowMs),
    };
    const uly = String(row['uly'] ?? '');
    const type = terms.isMargin ? 'MARGIN' : instType;
    const told = { instType: type, instFamily, instId, uly, details: [detail] };
    this.#sink.product?.({ channel: 'liquidation-orders', instType: type }, [told]);
  }

  /** Cancels what an account has open, where `isMeant` says so. */
  cancel(
    account: Account,
    isMeant: (order: ClientOrder) => boolean,
    source: number,
    nowMs: Milliseconds,
  ): number {
    const orders = [...account.openOrders.values()].filter(isMeant);
    for (const order of orders) this.#matcher.cancel(order, source, nowMs);
    return orders.length;
  }
}

function termsOf({ listing }: Holding, position: Position, lots: Lots): OrderTerms {
  const isMargin = !listing.isContract;
  return {
    clOrdId: '',
    tag: '',
    tdMode: position.marginMode,
    isMargin,
    ccy: isMargin ? position.ccy : '',
    side: position.lots > 0 ? Side.sell : Side.buy,
    posSide: position.posSide,
    type: 'market',
    quote: PLAIN_QUOTE,
    ticks: 0,
    lots,
    tgtCcy: '',
    budget: -1n,
    isReduceOnly: true,
    takesRpi: false,
    roundsRpi: false,
    selfTradeMode: 'cancel_maker',
  };
}
