import { assert } from '../base/assert.ts';
import type { Lots, Milliseconds, Nanoseconds, Ticks } from '../base/units.ts';
import { OrderState } from './order-state.ts';
import type { OrderTable } from './order-table.ts';

/** The table does not hold the order: a leftover of ours, to be cancelled by its own name. */
const NOT_HELD = -1;

/** The name of an order of ours in a list of the venue's. */
export interface ListedOrder {
  readonly run: number;
  readonly slot: number;
  readonly generation: number;
}

/** Where the table and a list of open orders differ. */
export interface Comparison<Listed extends ListedOrder> {
  /** In the list, and not in the table: of former runs, or taken for over and not over. To be cancelled. */
  readonly strays: Listed[];
  /** Slots of orders that the table takes for resting and the list does not have: something was not told. */
  readonly missing: number[];
}

/**
 * Compares the table with the venue's list of open orders (cold).
 *
 * At start and after every reconnect: begin, then `seen` for each row of the list that carries this run's ids, then `end`.
 * What the list does not hold is over, unless it was placed so late that the list may not show it yet: that stays unknown.
 * Fills of orders that ended unseen are told by their trades.
 *
 * While quoting: `compare`, which changes nothing.
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

  /**
   * One open order of this run. Returns the lots newly known to be filled (as OrderTable.resolveLive), or NOT_HELD.
   */
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
    if (!this.#isHeld(slot, generation)) return NOT_HELD;
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
      if (table.openedNs[slot]! >= this.#placedBeforeNs) continue;
      table.resolveAbsent(slot, table.generation[slot]!);
      closedCount++;
    }
    return closedCount;
  }

  /**
   * Compares the table with a whole list of our open orders that was asked for at some time after `beforeNs`, far enough for
   * commands sent before it to have reached the venue. What has changed since then is left out, for the list may be older or
   * newer than what the table knows. `run` is this run.
   */
  compare<Listed extends ListedOrder>(
    orders: readonly Listed[],
    run: number,
    beforeNs: Nanoseconds,
  ): Comparison<Listed> {
    const table = this.#table;
    this.#isSeen.fill(0);
    const strays: Listed[] = [];
    for (const order of orders) {
      const { slot, generation } = order;
      if (order.run === run && this.#isHeld(slot, generation)) this.#isSeen[slot] = 1;
      else if (order.run !== run || !this.#hasJustEnded(slot, generation, beforeNs)) strays.push(order);
    }
    const missing: number[] = [];
    for (let slot = 0; slot < table.capacity; slot++) {
      const isSettled =
        table.state[slot] === OrderState.live &&
        table.amendCount[slot] === 0 &&
        table.isCancelInFlight[slot] === 0 &&
        table.sentNs[slot]! < beforeNs;
      if (isSettled && this.#isSeen[slot] === 0) missing.push(slot);
    }
    return { strays, missing };
  }

  #isHeld(slot: number, generation: number): boolean {
    const table = this.#table;
    return (
      slot >= 0 &&
      slot < table.capacity &&
      table.generation[slot] === generation &&
      table.state[slot] !== OrderState.free
    );
  }

  #hasJustEnded(slot: number, generation: number, beforeNs: Nanoseconds): boolean {
    const table = this.#table;
    const isLast = slot >= 0 && slot < table.capacity && table.generation[slot] === generation;
    return isLast && table.wasAbsent[slot] === 0 && table.endedNs[slot]! >= beforeNs;
  }
}
