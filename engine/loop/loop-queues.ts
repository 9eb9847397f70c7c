/**
 * Looks at the levels where our orders rest, so that their places in the queues are known.
 *
 * Owner:      the engine thread.
 * Invariants: a level is looked at only while its book is whole, and only when the book shows it: one beyond its depth says
 *             nothing.
 * Cost:       ten times a second, a look at each resting order; nothing allocates.
 */
import { Side } from '../base/side.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { TimeCell } from '../base/units.ts';
import { BookState } from '../book/book.ts';
import type { LoopMarket } from './loop-market.ts';
import type { LoopState } from './loop-state.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { OrderTable } from '../orders/order-table.ts';
import type { QueueWatch } from '../orders/queue-watch.ts';

const LOOK_NS = 100 * NS_PER_MS;

export class LoopQueues {
  readonly #state: LoopState;
  readonly #table: OrderTable;
  readonly #market: LoopMarket;
  readonly #queues: QueueWatch;
  readonly #nextNs: TimeCell = new Float64Array(1);

  constructor(
    state: LoopState,
    parts: { readonly table: OrderTable; readonly market: LoopMarket; readonly queues: QueueWatch },
  ) {
    this.#state = state;
    this.#table = parts.table;
    this.#market = parts.market;
    this.#queues = parts.queues;
  }

  onTimer(): void {
    const { now } = this.#state;
    if (now[0]! < this.#nextNs[0]!) return;
    this.#nextNs[0] = now[0]! + LOOK_NS;
    this.#queues.forget(now);
    const { openCounts } = this.#table;
    for (let instrument = 0; instrument < openCounts.length; instrument++) {
      if (openCounts[instrument] === 0) continue;
      if (this.#market.books[instrument]!.state !== BookState.synced) continue;
      this.#look(instrument, Side.buy);
      this.#look(instrument, Side.sell);
    }
  }

  #look(instrument: number, side: Side): void {
    const table = this.#table;
    const book = this.#market.books[instrument]!;
    const levels = side === Side.buy ? book.bids : book.asks;
    for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
      if (table.isResting[slot] === 0) continue;
      const ticks = table.priceTicks[slot]!;
      const lots = levels.lotsAt(ticks);
      if (lots > 0) this.#queues.onLevel(slot, Math.max(0, lots - table.ownLotsAt(instrument, side, ticks)));
    }
  }
}
