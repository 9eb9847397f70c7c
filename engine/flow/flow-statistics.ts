/**
 * What the core counts of every market and of our own orders in it: sums that quoters read with each market, and the row of
 * statistics that calibration reads (base/flow-record).
 *
 *     markets ──▶ OrderFlow, FairHistory          trades ──▶ volumes, Sweeps          our fills ──▶ OwnFills
 *     sample() every tenth of a second ──▶ FairVariance, exposure, what is due of the others
 *
 * Owner:      the engine thread.
 * Invariants: no clock and no chance: the same markets, trades, fills and times give the same rows. What is counted while an
 *             instrument has no fair price is not counted, neither events nor time.
 * Cost:       a market whose best rows stand still is ten comparisons; a trade a few stores; a sample some fifty operations an
 *             instrument; nothing allocates once constructed.
 */
import { FlowField } from '../base/flow-record.ts';
import { Side } from '../base/side.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Ticks, TimeCell } from '../base/units.ts';
import { DecayWeight } from './decay-weight.ts';
import { FairHistory } from './fair-history.ts';
import { FairVariance } from './fair-variance.ts';
import { FlowHistograms } from './flow-histograms.ts';
import { OrderFlow } from './order-flow.ts';
import { OwnFills } from './own-fills.ts';
import type { OwnFill } from './own-fills.ts';
import { Sweeps } from './sweeps.ts';
import type { TradeRows } from './sweeps.ts';

/** models.md: 10 to 30 minutes. Its sweeps and fills are what intensities are fitted to. */
export const DECAY_S = 1_200;
/** For the mean size of the best levels. */
const BEST_HALF_LIFE_S = 60;
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
  readonly #decay: DecayWeight;
  readonly #history: FairHistory;
  readonly #histograms: FlowHistograms;
  readonly #sweeps: Sweeps;
  readonly #variance: FairVariance;
  readonly #own: OwnFills;
  /** By instrument: weighted seconds. */
  readonly #exposureS: Float64Array;
  readonly #bestLots: Float64Array;
  readonly #bestMass: Float64Array;
  readonly #step = new Float64Array(1);
  readonly #sampledNs: TimeCell = new Float64Array(1);

  /**
   * @param decayS time constant with which counts are forgotten
   * @param rangeBps what histograms of distances span; FlowHistograms' own without it
   */
  constructor(instrumentCount: number, decayS: number = DECAY_S, rangeBps?: number) {
    this.#orderFlow = new OrderFlow(instrumentCount);
    this.ofiLots = this.#orderFlow.ofiLots;
    this.boughtLots = new Float64Array(instrumentCount);
    this.soldLots = new Float64Array(instrumentCount);
    this.bookMs = new Float64Array(instrumentCount);
    this.#fairTicks = new Float64Array(instrumentCount);
    this.#decay = new DecayWeight(decayS);
    this.#history = new FairHistory(instrumentCount);
    this.#histograms = new FlowHistograms(instrumentCount, rangeBps);
    this.#sweeps = new Sweeps(instrumentCount, this.#decay, this.#history, this.#histograms);
    this.#variance = new FairVariance(instrumentCount);
    this.#own = new OwnFills(instrumentCount, this.#decay, this.#history, this.#histograms);
    this.#exposureS = new Float64Array(instrumentCount);
    this.#bestLots = new Float64Array(instrumentCount);
    this.#bestMass = new Float64Array(instrumentCount);
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
    if (this.#histograms.bucketTicks[instrument] === 0) this.#histograms.begin(instrument, fairTicks);
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

  /** A quote of ours came to rest behind so much. */
  onQueued(instrument: number, aheadLots: Float64Array): void {
    this.#own.onQueued(instrument, aheadLots);
  }

  // ------------------------------------------------------------------------------------------------- sampling

  /** Every tenth of a second or so; onResting() for every quote of ours that rests follows. */
  sample(now: TimeCell): void {
    const seconds = (now[0]! - this.#sampledNs[0]!) / NS_PER_SECOND;
    const isGap = this.#sampledNs[0] === 0 || seconds > GAP_S_MAX;
    this.#sampledNs[0] = now[0]!;
    if (this.#decay.advance(now)) this.#rescale();
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

  #sampleBests(): void {
    const seconds = this.sampleS[0]!;
    const step = 1 - 2 ** (-seconds / BEST_HALF_LIFE_S);
    this.#step[0] = step;
    const weight = this.#decay.weight[0]!;
    for (let instrument = 0; instrument < this.#fairTicks.length; instrument++) {
      if (this.#fairTicks[instrument] === 0) continue;
      this.#exposureS[instrument]! += seconds * weight;
      this.#orderFlow.blendBest(instrument, this.#step, this.#bestLots);
      this.#bestMass[instrument]! += step * (1 - this.#bestMass[instrument]!);
    }
  }

  /** A quote of ours has rested at this price since the last sample. */
  onResting(instrument: number, side: Side, ticks: Ticks): void {
    if (this.#fairTicks[instrument] === 0) return;
    this.#own.onResting(instrument, side, ticks, this.#fairTicks, this.sampleS);
  }

  #rescale(): void {
    const factor = this.#decay.rescale;
    this.#histograms.rescale(factor);
    this.#sweeps.rescale(factor);
    this.#own.rescale(factor);
    const exposureS = this.#exposureS;
    for (let instrument = 0; instrument < exposureS.length; instrument++) exposureS[instrument]! *= factor;
  }

  // -------------------------------------------------------------------------------------------------- the row

  /** Fills the row of an instrument, as it was at the last sample. */
  writeRow(instrument: number, now: TimeCell, row: Float64Array): void {
    const { weight, decayS } = this.#decay;
    const mass = this.#bestMass[instrument]!;
    row[FlowField.timeNs] = now[0]!;
    row[FlowField.fairTicks] = this.#fairTicks[instrument]!;
    row[FlowField.bestLots] = mass > 0 ? this.#bestLots[instrument]! / mass : 0;
    row[FlowField.exposureS] = this.#exposureS[instrument]! / weight[0]!;
    row[FlowField.decayS] = decayS;
    this.#variance.write(instrument, row);
    this.#sweeps.write(instrument, row);
    this.#own.write(instrument, row);
    this.#histograms.write(instrument, weight, row);
  }
}
