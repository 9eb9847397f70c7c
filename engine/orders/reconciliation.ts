import { assert } from '../base/assert.ts';
import type { Lots, Milliseconds, Nanoseconds, Ticks } from '../base/units.ts';
import { OrderState } from './order-state.ts';
import type { OrderTable } from './order-table.ts';

/** The table does not hold the order: a leftover of ours, to be cancelled by its own name. */
const NOT_HELD = -1;

/**
 * Compares the table with the venue's list of open orders, at start and after every reconnect (cold).
 *
 * begin, then `seen` for each row of the list that carries this run's ids, then `end`. What the list does not hold is over,
 * unless it was placed so late that the list may not show it yet: that stays unknown. Fills of orders that ended unseen are
 * in the venue's position, which the caller takes over.
 */
export class Reconciliation {
  readonly #table: OrderTable;
  readonly #isSeen: Uint8Array;
  #placedBeforeNs: Nanoseconds = -Infinity;
  #isRunning = false;

  constructor(table: OrderTable) {
    this.#table = table;
    this.#isSeen = new Uint8Array(table.capacity);
  }

  /** Just before the list is asked for. Orders placed from `settleNs` before on are left alone by `end`. */
  begin(nowNs: Nanoseconds, settleNs: Nanoseconds): void {
    this.#table.doubtInFlight();
    this.#isSeen.fill(0);
    this.#placedBeforeNs = nowNs - settleNs;
    this.#isRunning = true;
  }

  /** One open order of this run. Returns the lots newly known to be filled, or NOT_HELD. */
  seen(
    slot: number,
    generation: number,
    ticks: Ticks,
    lots: Lots,
    filledLots: Lots,
    updatedMs: Milliseconds,
  ): Lots {
    assert(this.#isRunning, 'orders are seen between begin and end');
    const table = this.#table;
    const isHeld =
      slot >= 0 &&
      slot < table.capacity &&
      table.generation[slot] === generation &&
      table.state[slot] !== OrderState.free;
    if (!isHeld) return NOT_HELD;
    this.#isSeen[slot] = 1;
    return table.resolveLive(slot, generation, ticks, lots, filledLots, updatedMs);
  }

  /** After the last row. Returns how many orders turned out to be over. */
  end(): number {
    assert(this.#isRunning, 'a reconciliation ends once');
    this.#isRunning = false;
    const table = this.#table;
    let closedCount = 0;
    for (let slot = 0; slot < table.capacity; slot++) {
      if (table.state[slot] === OrderState.free || this.#isSeen[slot] === 1) continue;
      if (table.placedNs[slot]! >= this.#placedBeforeNs) continue;
      table.resolveAbsent(slot, table.generation[slot]!);
      closedCount++;
    }
    return closedCount;
  }
}
