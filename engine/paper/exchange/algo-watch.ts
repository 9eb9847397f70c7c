import { field } from './listing.ts';
import type { AlgoOrders } from './algo-orders.ts';
import { OrderState } from './client-order.ts';
import type { ExchangeSink, Row } from './exchange-contract.ts';
import type { TradedRange } from './algo-triggers.ts';
import type { Market } from './market.ts';

interface Range extends TradedRange {
  lowTicks: number;
  highTicks: number;
}

/**
 * Hears what the exchange tells its sink, and hands it on: trades between two looks, and what became of the orders that
 * algo orders have made. It acts on nothing by itself, for the exchange is in the middle of something.
 */
export class AlgoWatch {
  readonly sink: ExchangeSink;
  readonly #ranges = new Map<string, Range>();
  readonly #markets: ReadonlyMap<string, Market>;
  #algos: AlgoOrders | null = null;

  constructor(sink: ExchangeSink, markets: ReadonlyMap<string, Market>) {
    this.#markets = markets;
    this.sink = watched(sink, this);
  }

  attach(algos: AlgoOrders): void {
    this.#algos = algos;
  }

  /** What was traded since the last look; null for nothing. */
  range(instId: string): TradedRange | null {
    return this.#ranges.get(instId) ?? null;
  }

  forget(): void {
    this.#ranges.clear();
  }

  traded(instId: string, row: Row): void {
    if (this.#algos === null || !this.#algos.hasLive || !this.#algos.hasLiveOf(instId)) return;
    const market = this.#markets.get(instId);
    if (market === undefined) return;
    const ticks = Number(row['px']) / market.listing.tick.value;
    const range = this.#ranges.get(instId);
    if (range === undefined) this.#ranges.set(instId, { lowTicks: ticks, highTicks: ticks });
    else {
      range.lowTicks = Math.min(range.lowTicks, ticks);
      range.highTicks = Math.max(range.highTicks, ticks);
    }
  }

  /** A piece has been filled, in part or whole, or has ended. */
  order(row: Row): void {
    const algoId = field(row, 'algoId');
    if (algoId === '' || this.#algos === null) return;
    const algo = this.#algos.byId(algoId);
    const market = algo === null ? undefined : this.#markets.get(algo.instId);
    if (algo === null || market === undefined) return;
    const filled = Math.round(Number(row['fillSz']) / market.listing.lot.value);
    const ordId = field(row, 'ordId');
    if (filled > 0) {
      algo.doneLots += filled;
      algo.doneValue += Number(row['fillPx']) * filled;
      const waiting = algo.children.get(ordId);
      if (waiting !== undefined) algo.children.set(ordId, waiting - filled);
    }
    const state = row['state'];
    if (state === OrderState.filled || state === OrderState.canceled) algo.children.delete(ordId);
  }
}

function watched(sink: ExchangeSink, watch: AlgoWatch): ExchangeSink {
  return {
    order: (uid, row) => {
      watch.order(row);
      sink.order(uid, row);
    },
    fill: (uid, row) => sink.fill(uid, row),
    algo: (uid, row) => sink.algo?.(uid, row),
    balanceAndPosition: (uid, event) => sink.balanceAndPosition(uid, event),
    account: (uid) => sink.account(uid),
    position: (uid, instId) => sink.position(uid, instId),
    trade: (instId, row) => sink.trade(instId, row),
    singleTrade: (instId, row) => {
      watch.traded(instId, row);
      sink.singleTrade(instId, row);
    },
    bookLevel: (instId, side, px, sz, orders) => sink.bookLevel(instId, side, px, sz, orders),
    bookEvent: (instId) => sink.bookEvent(instId),
    rpiLevel: (instId, side, px, sz, orders) => sink.rpiLevel?.(instId, side, px, sz, orders),
    markPrice: (instId, row) => sink.markPrice(instId, row),
    priceLimit: (instId, row) => sink.priceLimit(instId, row),
    fundingRate: (instId, row) => sink.fundingRate(instId, row),
    liquidationWarning: (uid, row) => sink.liquidationWarning?.(uid, row),
    product: (arg, rows) => sink.product?.(arg, rows),
    listens: (arg) => sink.listens?.(arg) ?? true,
    instrument: (row) => sink.instrument(row),
    status: (row) => sink.status(row),
  };
}
