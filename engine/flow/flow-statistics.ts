/**
 * What the core counts of every market and of our own orders in it: sums that quoters read with each market, and the row of
 * statistics that calibration reads (base/flow-record).
 *
 * Owner:      the engine thread.
 * Invariants: no clock and no chance: the same markets, trades, fills and times give the same rows.
 * Cost:       a market is OrderFlow's; a trade a few stores; nothing allocates once constructed.
 */
import { FlowField } from '../base/flow-record.ts';
import { Side } from '../base/side.ts';
import type { TimeCell } from '../base/units.ts';
import { OrderFlow } from './order-flow.ts';

export class FlowStatistics {
  /** By instrument, since the start: order-flow imbalance, and what takers have bought and sold, in lots. */
  readonly ofiLots: Float64Array;
  readonly boughtLots: Float64Array;
  readonly soldLots: Float64Array;
  readonly #orderFlow: OrderFlow;
  readonly #fairTicks: Float64Array;

  constructor(instrumentCount: number) {
    this.#orderFlow = new OrderFlow(instrumentCount);
    this.ofiLots = this.#orderFlow.ofiLots;
    this.boughtLots = new Float64Array(instrumentCount);
    this.soldLots = new Float64Array(instrumentCount);
    this.#fairTicks = new Float64Array(instrumentCount);
  }

  /** @hot The market that is about to be published: its best rows, and its fair price; 0 when it cannot be quoted. */
  onMarket(
    instrument: number,
    bidTicks: Int32Array,
    bidLots: Float64Array,
    askTicks: Int32Array,
    askLots: Float64Array,
    fairTicks: Float64Array,
  ): void {
    const fair = fairTicks[instrument]!;
    this.#fairTicks[instrument] = fair;
    if (fair > 0) this.#orderFlow.onBest(instrument, bidTicks, bidLots, askTicks, askLots);
    else this.#orderFlow.onNone(instrument);
  }

  /** @hot A trade: row `row` of what was decoded. */
  onTrade(instrument: number, side: Side, lots: Float64Array, row: number): void {
    if (side === Side.buy) this.boughtLots[instrument]! += lots[row]!;
    else this.soldLots[instrument]! += lots[row]!;
  }

  /** Fills the row of an instrument, as it is at `now`. */
  writeRow(instrument: number, now: TimeCell, row: Float64Array): void {
    row[FlowField.timeNs] = now[0]!;
    row[FlowField.fairTicks] = this.#fairTicks[instrument]!;
  }
}
