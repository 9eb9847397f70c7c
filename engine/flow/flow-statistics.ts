/**
 * What the core counts of every market and of our own orders in it: sums that quoters read with each market, and the row of
 * statistics that calibration reads (base/flow-record).
 *
 *     markets ──▶ OrderFlow, FairHistory      trades ──▶ volumes, Sweeps      our fills ──▶ OwnFills
 *     sample() every tenth of a second ──▶ FairVariance, exposure, what is due of the others
 *
 * Owner:      the engine thread.
 * Invariants: no clock and no chance: the same markets, trades, fills and times give the same rows. What is counted while an
 *             instrument has no fair price is not counted, neither events nor time.
 * Cost:       a market whose best rows stand still is ten comparisons; a trade a few stores; a sample some fifty
 *             operations an instrument, and 800 for one in ten of them; nothing allocates once constructed.
 */
import { FLOW_DOUBLES, FlowField } from '../base/flow-record.ts';
import { Side } from '../base/side.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Ticks, TimeCell } from '../base/units.ts';
import { FairHistory } from './fair-history.ts';
import { FairVariance } from './fair-variance.ts';
import { FlowRows } from './flow-rows.ts';
import { OrderFlow } from './order-flow.ts';
import { OwnFills } from './own-fills.ts';
import type { OwnFill } from './own-fills.ts';
import { Sweeps } from './sweeps.ts';
import type { TradeRows } from './sweeps.ts';

/** Of 10 to 30 minutes, the middle: intensities are fitted to these counts. @testonly The engine uses no other. */
export const DECAY_S = 1_200;
/** For the mean size of the best levels. */
const BEST_HALF_LIFE_S = 60;
const SAMPLES_TO_FORGET = 10;
/** Between two samples that are further apart the thread was held up: nobody looked, and nothing is known of that time. */
const GAP_S_MAX = 5;

export class FlowStatistics {
  /** By instrument, since the start: order-flow imbalance, and what takers have bought and sold, in lots. */
  readonly ofiLots: Float64Array;
  readonly boughtLots: Float64Array;
  readonly soldLots: Float64Array;
  /** By instrument, written before onMarket(): the venue's time of the book. */
  readonly bookMs: Float64Array;
  /** Seconds between the last two samples; 0 where nothing is known of that time. */
  readonly sampleS = new Float64Array(1);
  /** By instrument: 0 while there is none. */
  readonly #fairTicks: Float64Array;
  readonly #orderFlow: OrderFlow;
  readonly #history: FairHistory;
  readonly #rows: FlowRows;
  readonly #sweeps: Sweeps;
  readonly #variance: FairVariance;
  readonly #own: OwnFills;
  readonly #step = new Float64Array(1);
  #samples = 0;
  readonly #sampledNs: TimeCell = new Float64Array(1);

  /**
   * @param decayS time constant with which counts are forgotten
   * @param rangeBps what histograms of distances span; FlowRows' own without it
   */
  constructor(instrumentCount: number, decayS: number = DECAY_S, rangeBps?: number) {
    this.#orderFlow = new OrderFlow(instrumentCount);
    this.ofiLots = this.#orderFlow.ofiLots;
    this.boughtLots = new Float64Array(instrumentCount);
    this.soldLots = new Float64Array(instrumentCount);
    this.bookMs = new Float64Array(instrumentCount);
    this.#fairTicks = new Float64Array(instrumentCount);
    this.#history = new FairHistory(instrumentCount);
    this.#rows = new FlowRows(instrumentCount, decayS, rangeBps);
    this.#sweeps = new Sweeps(instrumentCount, this.#history, this.#rows);
    this.#variance = new FairVariance(instrumentCount, this.#rows);
    this.#own = new OwnFills(this.#history, this.#rows);
  }

  // --------------------------------------------------------------------------------------------------- events

  /** @hot The market that is about to be published: its best rows, and its fair price; 0 when it cannot be quoted. */
  onMarket(
    instrument: number,
    bidTicks: Int32Array,
    bidLots: Float64Array,
    askTicks: Int32Array,
    askLots: Float64Array,
    fairTicks: Float64Array,
  ): void {
    if (fairTicks[instrument] === 0) {
      this.onNone(instrument);
      return;
    }
    this.#orderFlow.onBest(instrument, bidTicks, bidLots, askTicks, askLots);
    if (fairTicks[instrument] === this.#fairTicks[instrument]) return;
    this.#fairTicks[instrument] = fairTicks[instrument]!;
    this.#history.note(instrument, fairTicks, this.bookMs);
    if (this.#rows.bucketTicks[instrument] === 0) this.#rows.begin(instrument, fairTicks);
  }

  /** @hot The market has no fair price, or its book is another one now: what follows is compared with nothing before. */
  onNone(instrument: number): void {
    this.#orderFlow.onNone(instrument);
    if (this.#fairTicks[instrument] === 0) return;
    this.#fairTicks[instrument] = 0;
    this.#history.note(instrument, this.#fairTicks, this.bookMs);
    this.#variance.onNone(instrument);
  }

  /** @hot A trade of a taker of that side. */
  onTrade(instrument: number, taker: Side, rows: TradeRows, row: number): void {
    if (taker === Side.buy) this.boughtLots[instrument]! += rows.lots[row]!;
    else this.soldLots[instrument]! += rows.lots[row]!;
    this.#sweeps.onTrade(instrument, taker, rows, row);
  }

  /** A fill of an order of ours. */
  onFill(fill: OwnFill, now: TimeCell): void {
    this.#own.onFill(fill, now);
  }

  // ------------------------------------------------------------------------------------------------- sampling

  /** Every tenth of a second or so; onResting() for every quote of ours that rests follows. */
  sample(now: TimeCell): void {
    const seconds = (now[0]! - this.#sampledNs[0]!) / NS_PER_SECOND;
    const isGap = this.#sampledNs[0] === 0 || seconds > GAP_S_MAX;
    this.#sampledNs[0] = now[0]!;
    this.#forget(now);
    this.#sweeps.settleOld();
    this.#own.settle(this.#fairTicks, now);
    this.sampleS[0] = isGap ? 0 : seconds;
    if (isGap) {
      for (let instrument = 0; instrument < this.#fairTicks.length; instrument++) {
        this.#variance.onNone(instrument);
      }
      return;
    }
    this.#variance.sample(this.#fairTicks, this.sampleS);
    this.#sampleBests();
  }

  /** An instrument forgets with every tenth sample, and not all of them with the same. */
  #forget(now: TimeCell): void {
    this.#samples++;
    for (let instrument = this.#samples % SAMPLES_TO_FORGET; instrument < this.#fairTicks.length;) {
      this.#rows.forget(instrument, now);
      instrument += SAMPLES_TO_FORGET;
    }
  }

  #sampleBests(): void {
    const { values, divisors } = this.#rows;
    const seconds = this.sampleS[0]!;
    const step = 1 - 2 ** (-seconds / BEST_HALF_LIFE_S);
    this.#step[0] = step;
    for (let instrument = 0; instrument < this.#fairTicks.length; instrument++) {
      if (this.#fairTicks[instrument] === 0) continue;
      const first = instrument * FLOW_DOUBLES;
      values[first + FlowField.exposureS]! += seconds;
      this.#orderFlow.blendBest(instrument, this.#step, values, first + FlowField.bestLots);
      divisors[first + FlowField.bestLots]! += step * (1 - divisors[first + FlowField.bestLots]!);
    }
  }

  /**
   * A quote of ours has rested at this price since the last sample.
   *
   * @param aheadLots one cell: what it came behind, once for each price that it comes to; NaN otherwise
   */
  onResting(instrument: number, side: Side, ticks: Ticks, aheadLots: Float64Array): void {
    if (this.#fairTicks[instrument] === 0) return;
    this.#own.onResting(instrument, side, ticks, this.#fairTicks, this.sampleS, aheadLots);
  }

  // -------------------------------------------------------------------------------------------------- the row

  /** Fills the row of an instrument, as it was at the last sample. */
  writeRow(instrument: number, now: TimeCell, row: Float64Array): void {
    const { values } = this.#rows;
    const first = instrument * FLOW_DOUBLES;
    values[first + FlowField.timeNs] = now[0]!;
    values[first + FlowField.fairTicks] = this.#fairTicks[instrument]!;
    this.#rows.write(instrument, row);
  }
}
