/**
 * How far each order is filled: by what its pushes and answers say in total, and by its trades.
 *
 * Owner:      the order table.
 * Invariants: filledLots only grows, and is never below tradedLots; untoldLots is what the position holds of an order
 *             without a trade: filledLots - tradedLots, or less where recovery has found that no such trade will come.
 * Cost:       a few stores; nothing allocates once constructed.
 */
import type { Lots } from '../base/units.ts';

export class FillTotals {
  // Per slot; of a slot's last order until the slot is used again.
  /** Filled as far as anything has told. */
  readonly filledLots: Float64Array;
  /** The part of it whose trades were booked. */
  readonly tradedLots: Float64Array;
  readonly untoldLots: Float64Array;

  constructor(capacity: number) {
    this.filledLots = new Float64Array(capacity);
    this.tradedLots = new Float64Array(capacity);
    this.untoldLots = new Float64Array(capacity);
  }

  /** @hot A new order has the slot. */
  reset(slot: number): void {
    this.filledLots[slot] = 0;
    this.tradedLots[slot] = 0;
    this.untoldLots[slot] = 0;
  }

  /** @hot Raises what is filled to a total and returns by how much. Totals only grow, so that each fill counts once. */
  onTotal(slot: number, totalLots: Lots): Lots {
    const known = this.filledLots[slot]!;
    if (!(totalLots > known)) return 0;
    this.filledLots[slot] = totalLots;
    this.untoldLots[slot]! += totalLots - known;
    return totalLots - known;
  }

  /** @hot Counts a trade, new to everybody, and returns how many untold lots it tells. */
  onTrade(slot: number, lots: Lots): Lots {
    const traded = this.tradedLots[slot]! + lots;
    this.tradedLots[slot] = traded;
    if (traded > this.filledLots[slot]!) this.filledLots[slot] = traded;
    const untold = this.untoldLots[slot]!;
    const left = Math.min(untold, this.filledLots[slot]! - traded);
    this.untoldLots[slot] = left;
    return untold - left;
  }
}
