/**
 * Takers' sweeps: trades of one side and one venue time are one event, as deep as the deepest of them, at a distance from
 * the fair price of the book before it.
 *
 *     ts 150, sells: 99.5 × 4, 99.0 × 2, 98.5 × 1     fair before 100.2     one sweep on bids, distance 1.7, 7 lots
 *
 * Owner:      the engine thread.
 * Invariants: a sweep is counted once, when one of another time follows or by the second sample after its first trade, for
 *             its rows can come in several frames. One without a fair price before it is not counted; one that did not
 *             reach that price (it was met inside the spread, or the market had moved away) would have reached no quote
 *             either, and is not counted.
 * Cost:       a few stores a trade, a look into the fair prices a sweep.
 */
import { FLOW_DOUBLES, FlowField, FlowHistogram } from '../base/flow-record.ts';
import { Side } from '../base/side.ts';
import type { FairHistory } from './fair-history.ts';
import type { FlowRows } from './flow-rows.ts';

/** Rows of trades, as they were decoded: prices in ticks, sizes in lots, the venue's times in milliseconds. */
export interface TradeRows {
  readonly ticks: Float64Array;
  readonly lots: Float64Array;
  readonly tsMs: Float64Array;
}

export class Sweeps {
  readonly #history: FairHistory;
  readonly #rows: FlowRows;
  // By instrument × 2 + the side that was hit: bids by takers who sell.
  /** The one under way: 0 lots when there is none. */
  readonly #lots: Float64Array;
  readonly #ticks: Float64Array;
  readonly #tsMs: Float64Array;
  /** 1 when it was there at the last sample. */
  readonly #isOld: Uint8Array;

  constructor(instrumentCount: number, history: FairHistory, rows: FlowRows) {
    this.#history = history;
    this.#rows = rows;
    this.#lots = new Float64Array(instrumentCount * 2);
    this.#ticks = new Float64Array(instrumentCount * 2);
    this.#tsMs = new Float64Array(instrumentCount * 2);
    this.#isOld = new Uint8Array(instrumentCount * 2);
  }

  /** @hot A trade of a taker of that side. */
  onTrade(instrument: number, taker: Side, rows: TradeRows, row: number): void {
    const at = instrument * 2 + (taker === Side.buy ? Side.sell : Side.buy);
    const ticks = rows.ticks[row]!;
    if (this.#lots[at]! > 0 && this.#tsMs[at] !== rows.tsMs[row]) this.#settle(at);
    if (this.#lots[at] === 0) {
      this.#tsMs[at] = rows.tsMs[row]!;
      this.#ticks[at] = ticks;
      this.#isOld[at] = 0;
    } else if (taker === Side.buy ? ticks > this.#ticks[at]! : ticks < this.#ticks[at]!) {
      this.#ticks[at] = ticks;
    }
    this.#lots[at]! += rows.lots[row]!;
  }

  /** Counts what has waited for a whole sample. */
  settleOld(): void {
    for (let at = 0; at < this.#lots.length; at++) {
      if (this.#lots[at] === 0) continue;
      if (this.#isOld[at] === 1) this.#settle(at);
      else this.#isOld[at] = 1;
    }
  }

  #settle(at: number): void {
    const instrument = at >> 1;
    const isBid = (at & 1) === Side.buy;
    const lots = this.#lots[at]!;
    this.#lots[at] = 0;
    const before = this.#history.before(instrument, this.#tsMs, at);
    if (before < 0) return;
    const fair = this.#history.ticks[before]!;
    if (fair === 0) return;
    const distance = isBid ? fair - this.#ticks[at]! : this.#ticks[at]! - fair;
    if (distance < 0) return;
    const rows = this.#rows;
    const first = instrument * FLOW_DOUBLES;
    rows.values[first + (isBid ? FlowField.bidSweeps : FlowField.askSweeps)]! += 1;
    rows.values[first + FlowField.sweepLots]! += lots;
    rows.divisors[first + FlowField.sweepLots]! += 1;
    rows.distance[0] = distance;
    rows.amount[0] = 1;
    rows.count(isBid ? FlowHistogram.bidSweeps : FlowHistogram.askSweeps, instrument);
  }
}
