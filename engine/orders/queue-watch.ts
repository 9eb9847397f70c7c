/**
 * Where our resting orders stand in the queues at their prices, estimated from what the market shows
 * (base/queue-position.ts).
 *
 * Owner:      the engine thread.
 * Invariants: an order's place is known from the first look at it while it rests, and unknown again when it moves.
 * Cost:       a trade costs a walk of the orders on its side; a look, a walk of all own orders. Nothing allocates.
 */
import type { Side } from '../base/side.ts';
import type { Lots, Ticks } from '../base/units.ts';
import type { OrderTable } from './order-table.ts';

export class QueueWatch {
  readonly #table: OrderTable;
  /** Per slot: NaN while it is not known. */
  readonly #aheadLots: Float64Array;

  constructor(table: OrderTable) {
    this.#table = table;
    this.#aheadLots = new Float64Array(table.capacity).fill(NaN);
  }

  /** What rests before the order at its price, others' orders only; NaN while it is not known. Kept after its end. */
  aheadLots(slot: number): Lots {
    return this.#aheadLots[slot]!;
  }

  /** @hot A trade of the public stream. `takerSide` sells into bids, buys from asks. */
  onTrade(instrument: number, takerSide: Side, ticks: Ticks, lots: Lots): void {
    void this.#table;
    void [instrument, takerSide, ticks, lots];
  }
}
