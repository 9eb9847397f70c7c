/**
 * How our own orders fare: seconds that they rested and what was filled, by distance from the fair price, and how the fair
 * price moved against us after fills.
 *
 *     a bid at 98, fair 100, for 0.1 s            bidOwnSeconds at distance 2 += 0.1
 *     half of it filled, fair before it 99        bidOwnFills at distance 1 += 0.5
 *     a second later fair 98.4                    adverse move after 1 s: 0.6
 *
 * Owner:      the engine thread.
 * Invariants: distances below zero count in the first bucket, in both alike, so that their ratio stays a rate. A fill weighs
 *             the share of its order that it filled: partial fills of one order add up to one. A move is settled once, at the
 *             first sample of its age or later; where the market has no fair price then, it is not counted.
 * Cost:       an addition an order and sample; a look into the fair prices a fill; a sample looks at the oldest moves only.
 */
import { FlowField, FlowHistogram } from '../base/flow-record.ts';
import { Side } from '../base/side.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Ticks, TimeCell } from '../base/units.ts';
import type { DecayWeight } from './decay-weight.ts';
import type { FairHistory } from './fair-history.ts';
import type { FlowHistograms } from './flow-histograms.ts';

/** Fills of all instruments whose moves are awaited: 800 a second for five seconds. Older ones are dropped beyond. */
const AWAITED_MAX = 4_096;
const SHORT_NS = NS_PER_SECOND;
const LONG_NS = 5 * NS_PER_SECOND;

/** A fill of ours. Its numbers in an array: handed on one by one they would be boxed. */
export class OwnFill {
  instrument = 0;
  side: Side = Side.buy;
  /** OwnFillDouble. */
  readonly doubles = new Float64Array(3);
}
export const OwnFillDouble = {
  ticks: 0,
  /** The share of its order that it filled, 0 to 1. */
  share: 1,
  /** The venue's time. */
  tsMs: 2,
} as const;
export type OwnFillDouble = (typeof OwnFillDouble)[keyof typeof OwnFillDouble];

export class OwnFills {
  readonly #weight: Float64Array;
  readonly #history: FairHistory;
  readonly #histograms: FlowHistograms;
  // A ring of fills; places count on and on.
  readonly #list = new Int32Array(AWAITED_MAX);
  readonly #fair = new Float64Array(AWAITED_MAX);
  readonly #atNs = new Float64Array(AWAITED_MAX);
  #end = 0;
  #shortAt = 0;
  #longAt = 0;
  // By instrument × 2 + side: weighted moves, and weights.
  readonly #shortSum: Float64Array;
  readonly #shortNumber: Float64Array;
  readonly #longSum: Float64Array;
  readonly #longNumber: Float64Array;
  // By instrument: weighted queues ahead, and weights.
  readonly #queueSum: Float64Array;
  readonly #queueNumber: Float64Array;

  constructor(instrumentCount: number, decay: DecayWeight, history: FairHistory, histograms: FlowHistograms) {
    this.#weight = decay.weight;
    this.#history = history;
    this.#histograms = histograms;
    this.#shortSum = new Float64Array(instrumentCount * 2);
    this.#shortNumber = new Float64Array(instrumentCount * 2);
    this.#longSum = new Float64Array(instrumentCount * 2);
    this.#longNumber = new Float64Array(instrumentCount * 2);
    this.#queueSum = new Float64Array(instrumentCount);
    this.#queueNumber = new Float64Array(instrumentCount);
  }

  /** An order of ours has rested at this price for so long. */
  onResting(
    instrument: number,
    side: Side,
    ticks: Ticks,
    fairTicks: Float64Array,
    seconds: Float64Array,
  ): void {
    const histogram = side === Side.buy ? FlowHistogram.bidOwnSeconds : FlowHistogram.askOwnSeconds;
    const above = ticks - fairTicks[instrument]!;
    this.#histograms.distance[0] = Math.max(0, side === Side.buy ? -above : above);
    this.#histograms.count[0] = seconds[0]! * this.#weight[0]!;
    this.#histograms.add(histogram, instrument);
  }

  /** A quote of ours came to rest behind so much. */
  onQueued(instrument: number, aheadLots: Float64Array): void {
    const weight = this.#weight[0]!;
    this.#queueSum[instrument]! += aheadLots[0]! * weight;
    this.#queueNumber[instrument]! += weight;
  }

  onFill(fill: OwnFill, now: TimeCell): void {
    const { instrument, side, doubles } = fill;
    const before = this.#history.before(instrument, doubles, OwnFillDouble.tsMs);
    const fair = before < 0 ? 0 : this.#history.ticks[before]!;
    if (fair === 0) return;
    const ticks = doubles[OwnFillDouble.ticks]!;
    const histogram = side === Side.buy ? FlowHistogram.bidOwnFills : FlowHistogram.askOwnFills;
    this.#histograms.distance[0] = Math.max(0, side === Side.buy ? fair - ticks : ticks - fair);
    this.#histograms.count[0] = doubles[OwnFillDouble.share]! * this.#weight[0]!;
    this.#histograms.add(histogram, instrument);
    if (this.#end - this.#longAt === AWAITED_MAX) this.#longAt++;
    if (this.#end - this.#shortAt === AWAITED_MAX) this.#shortAt++;
    const place = this.#end++ % AWAITED_MAX;
    this.#list[place] = instrument * 2 + side;
    this.#fair[place] = fair;
    this.#atNs[place] = now[0]!;
  }

  /** Counts the moves that are old enough now. */
  settle(fairTicks: Float64Array, now: TimeCell): void {
    for (; this.#shortAt < this.#end; this.#shortAt++) {
      if (now[0]! - this.#atNs[this.#shortAt % AWAITED_MAX]! < SHORT_NS) break;
      this.#count(this.#shortAt % AWAITED_MAX, fairTicks, this.#shortSum, this.#shortNumber);
    }
    for (; this.#longAt < this.#end; this.#longAt++) {
      if (now[0]! - this.#atNs[this.#longAt % AWAITED_MAX]! < LONG_NS) break;
      this.#count(this.#longAt % AWAITED_MAX, fairTicks, this.#longSum, this.#longNumber);
    }
  }

  #count(place: number, fairTicks: Float64Array, sum: Float64Array, number: Float64Array): void {
    const list = this.#list[place]!;
    const fair = fairTicks[list >> 1]!;
    if (fair === 0) return;
    const fallen = this.#fair[place]! - fair;
    const weight = this.#weight[0]!;
    sum[list]! += ((list & 1) === Side.buy ? fallen : -fallen) * weight;
    number[list]! += weight;
  }

  rescale(factor: number): void {
    const { length } = this.#shortSum;
    for (let list = 0; list < length; list++) {
      this.#shortSum[list]! *= factor;
      this.#shortNumber[list]! *= factor;
      this.#longSum[list]! *= factor;
      this.#longNumber[list]! *= factor;
    }
    for (let instrument = 0; instrument < this.#queueSum.length; instrument++) {
      this.#queueSum[instrument]! *= factor;
      this.#queueNumber[instrument]! *= factor;
    }
  }

  /**
   * Writes the mean moves against us after our fills of each side, how many fills count in them, and the mean queue ahead of
   * our orders when they came to rest; each 0 before the first.
   */
  write(instrument: number, row: Float64Array): void {
    const bid = instrument * 2 + Side.buy;
    const ask = instrument * 2 + Side.sell;
    const weight = this.#weight[0]!;
    row[FlowField.bidAdverse1s] = ratio(this.#shortSum[bid]!, this.#shortNumber[bid]!);
    row[FlowField.bidAdverse5s] = ratio(this.#longSum[bid]!, this.#longNumber[bid]!);
    row[FlowField.bidAdverseCount] = this.#longNumber[bid]! / weight;
    row[FlowField.askAdverse1s] = ratio(this.#shortSum[ask]!, this.#shortNumber[ask]!);
    row[FlowField.askAdverse5s] = ratio(this.#longSum[ask]!, this.#longNumber[ask]!);
    row[FlowField.askAdverseCount] = this.#longNumber[ask]! / weight;
    row[FlowField.queueLots] = ratio(this.#queueSum[instrument]!, this.#queueNumber[instrument]!);
  }
}

/** Small enough to be compiled into who calls it: nothing is boxed. */
function ratio(sum: number, number: number): number {
  return number > 0 ? sum / number : 0;
}
