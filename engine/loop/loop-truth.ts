/**
 * What becomes of each fill: the profit of every instrument in its parts, and how the market went on after fills.
 *
 * Owner:      the engine thread.
 * Invariants: it reads and decides nothing; it is told each trade once, after the ledger has booked it.
 * Cost:       nothing on the path of a frame. A fill costs some microseconds and allocates; a timer, a comparison an
 *             instrument.
 */
import type { LoopMarket } from './loop-market.ts';
import type { LoopOptions } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import type { Trade } from '../orders/fills.ts';
import type { OrderTable } from '../orders/order-table.ts';
import type { PositionLedger } from '../orders/position-ledger.ts';

export class LoopTruth {
  readonly #options: LoopOptions;
  readonly #state: LoopState;
  readonly #parts: {
    readonly table: OrderTable;
    readonly ledger: PositionLedger;
    readonly market: LoopMarket;
  };

  constructor(
    options: LoopOptions,
    state: LoopState,
    parts: { readonly table: OrderTable; readonly ledger: PositionLedger; readonly market: LoopMarket },
  ) {
    this.#options = options;
    this.#state = state;
    this.#parts = parts;
  }

  /** The ledger holds what a former run has left: it is no profit of this one. */
  onRestored(): void {
    void this.#options;
  }

  /** A trade that the ledger has booked just now, with its fee where it has one. */
  onFill(trade: Trade, isMaker: boolean): void {
    void [trade, isMaker, this.#parts];
  }

  /** The fee of a trade that was booked without one. */
  onFee(trade: Trade): void {
    void trade;
  }

  /** Every timer. */
  onTimer(): void {
    void this.#state;
  }
}
