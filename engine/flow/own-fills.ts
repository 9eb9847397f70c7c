/**
 * How our own orders fare: seconds that they rested and what was filled, by distance from the fair price, and how the fair
 * price moved against us after fills.
 *
 *     a bid at 98, fair 100, for 0.1 s            bidOwnSeconds at distance 2 += 0.1
 *     half of it filled, fair before it 99        bidOwnFills at distance 1 += 0.5
 *     a second later fair 98.4                    adverse move after 1 s: 0.6
 *
 * Owner:      the engine thread.
 * Invariants: distances below zero count in the first bucket, in both alike, so that their ratio stays a rate. A fill
 *             weighs the share of its order that it filled: partial fills of one order add up to one. A move is settled
 *             once, at the first sample of its age or later; where there is no fair price then, it is not counted.
 * Cost:       an addition an order and sample; a look into the fair prices a fill; a sample looks at the oldest moves only.
 */
import { assert } from '../base/assert.ts';
import { FLOW_DOUBLES, FlowField, FlowHistogram } from '../base/flow-record.ts';
import { Side } from '../base/side.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Ticks, TimeCell } from '../base/units.ts';
import type { FairHistory } from './fair-history.ts';
import type { FlowRows } from './flow-rows.ts';

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
  readonly #history: FairHistory;
  readonly #rows: FlowRows;
  // A ring of fills; places count on and on.
  readonly #list = new Int32Array(AWAITED_MAX);
  readonly #fair = new Float64Array(AWAITED_MAX);
  readonly #atNs = new Float64Array(AWAITED_MAX);
  #end = 0;
  #shortAt = 0;
  #longAt = 0;

  constructor(history: FairHistory, rows: FlowRows) {
    this.#history = history;
    this.#rows = rows;
  }

  /**
   * An order of ours has rested at this price for so long.
   *
   * @param aheadLots one cell: what it came behind, when that is to be counted; NaN when it is not
   */
  onResting(
    instrument: number,
    side: Side,
    ticks: Ticks,
    fairTicks: Float64Array,
    seconds: Float64Array,
    aheadLots: Float64Array,
  ): void {
    const rows = this.#rows;
    const above = ticks - fairTicks[instrument]!;
    rows.distance[0] = Math.max(0, side === Side.buy ? -above : above);
    rows.amount[0] = seconds[0]!;
    rows.count(side === Side.buy ? FlowHistogram.bidOwnSeconds : FlowHistogram.askOwnSeconds, instrument);
    if (!(aheadLots[0]! >= 0)) return;
    const at = instrument * FLOW_DOUBLES + FlowField.queueLots;
    rows.values[at]! += aheadLots[0]!;
    rows.divisors[at]! += 1;
  }

  onFill(fill: OwnFill, now: TimeCell): void {
    const { instrument, side, doubles } = fill;
    const before = this.#history.before(instrument, doubles, OwnFillDouble.tsMs);
    const fair = before < 0 ? 0 : this.#history.ticks[before]!;
    if (fair === 0) return;
    const ticks = doubles[OwnFillDouble.ticks]!;
    const histogram = side === Side.buy ? FlowHistogram.bidOwnFills : FlowHistogram.askOwnFills;
    this.#rows.distance[0] = Math.max(0, side === Side.buy ? fair - ticks : ticks - fair);
    this.#rows.amount[0] = doubles[OwnFillDouble.share]!;
    this.#rows.count(histogram, instrument);
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
      this.#count(this.#shortAt % AWAITED_MAX, fairTicks, false);
    }
    for (; this.#longAt < this.#end; this.#longAt++) {
      if (now[0]! - this.#atNs[this.#longAt % AWAITED_MAX]! < LONG_NS) break;
      this.#count(this.#longAt % AWAITED_MAX, fairTicks, true);
    }
  }

  #count(place: number, fairTicks: Float64Array, isLong: boolean): void {
    const list = this.#list[place]!;
    const instrument = list >> 1;
    if (fairTicks[instrument] === 0) return;
    const isBid = (list & 1) === Side.buy;
    const fallen = this.#fair[place]! - fairTicks[instrument]!;
    const { values, divisors } = this.#rows;
    const first = instrument * FLOW_DOUBLES + (isBid ? FlowField.bidAdverse1s : FlowField.askAdverse1s);
    const at = isLong ? first + 1 : first;
    values[at]! += isBid ? fallen : -fallen;
    divisors[at]! += 1;
    if (isLong) values[first + 2]! += 1;
  }
}

// A side's fields follow each other: the move after a second, after five, and how many.
const { bidAdverse1s, bidAdverse5s, bidAdverseCount, askAdverse1s, askAdverse5s, askAdverseCount } =
  FlowField;
assert(
  bidAdverse5s === bidAdverse1s + 1 && bidAdverseCount === bidAdverse1s + 2,
  'the fields of bids follow',
);
assert(
  askAdverse5s === askAdverse1s + 1 && askAdverseCount === askAdverse1s + 2,
  'the fields of asks follow',
);
