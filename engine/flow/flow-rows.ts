/**
 * The rows of base/flow-record while they are counted: each figure where it stands in the row, as a sum, beside it what
 * the sum is divided by when the row is written. So writing is one loop, and whoever counts needs no writing of his own.
 *
 *     mean      sum of values    over   number of them      lots of a sweep, moves, variance
 *     other     value            over   1                   times, prices, counts
 *
 * Counts and times are forgotten exponentially: once a second a row's are multiplied by e^(−1 s / τ). Between two such
 * moments what is new weighs 1, off by a second over τ at most, and in counts and in time alike, so that rates are right.
 *
 * Owner:      the engine thread.
 * Invariants: an instrument's bucket width is set once, with its first fair price, to a power of two of ticks, so that a
 *             histogram spans its range at least; the last bucket holds all beyond.
 * Cost:       a count is an addition; forgetting and writing are some 800 operations each, once a second and instrument.
 */
import { FLOW_BUCKETS, FLOW_DOUBLES, FlowField, FlowHistogram } from '../base/flow-record.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { TimeCell } from '../base/units.ts';

/** Wide enough for three levels of a wide quote, and a bucket of a bitcoin swap is a third of a basis point. */
const RANGE_BPS = 32;
/** A quarter of a tick: where a tick is many basis points, the fair price lies between ticks. */
const BUCKET_TICKS_MIN = 0.25;
/** Fields in front of the histograms. */
const HEAD = FlowHistogram.bidSweeps;

/** Means of events, which are forgotten like all events. */
const EVENT_MEANS: readonly FlowField[] = [
  FlowField.bidAdverse1s,
  FlowField.bidAdverse5s,
  FlowField.askAdverse1s,
  FlowField.askAdverse5s,
  FlowField.sweepLots,
  FlowField.queueLots,
];
/** Means that forget by themselves, sample by sample. */
const SAMPLE_MEANS: readonly FlowField[] = [
  FlowField.bestLots,
  FlowField.varianceFast,
  FlowField.varianceMid,
  FlowField.varianceSlow,
];
const DECAYED: readonly FlowField[] = [
  FlowField.exposureS,
  FlowField.bidAdverseCount,
  FlowField.askAdverseCount,
];

export class FlowRows {
  /** By instrument × FLOW_DOUBLES. */
  readonly values: Float64Array;
  /** By instrument × FLOW_DOUBLES too, of which the fields in front are used. */
  readonly divisors: Float64Array;
  /** By instrument: ticks of a bucket; 0 before the first fair price. */
  readonly bucketTicks: Float64Array;
  /** What count() counts: a distance of zero or more, in ticks; and what it counts for. */
  readonly distance = new Float64Array(1);
  readonly amount = new Float64Array(1);
  readonly #decayS: number;
  readonly #rangeBps: number;
  /** By instrument: when it forgot last; 0 before it did. */
  readonly #forgotNs: Float64Array;

  /**
   * @param decayS τ
   * @param rangeBps what a histogram spans at least; another one than the engine's for who looks closer at what was recorded
   */
  constructor(instrumentCount: number, decayS: number, rangeBps: number = RANGE_BPS) {
    this.#decayS = decayS;
    this.#rangeBps = rangeBps;
    this.values = new Float64Array(instrumentCount * FLOW_DOUBLES);
    this.divisors = new Float64Array(instrumentCount * FLOW_DOUBLES).fill(1);
    this.bucketTicks = new Float64Array(instrumentCount);
    this.#forgotNs = new Float64Array(instrumentCount);
    for (let first = 0; first < this.divisors.length; first += FLOW_DOUBLES) {
      for (const field of [...EVENT_MEANS, ...SAMPLE_MEANS]) this.divisors[first + field] = 0;
      this.values[first + FlowField.decayS] = decayS;
    }
  }

  /** Sets the width by the fair price of the instrument, which is above zero, once. */
  begin(instrument: number, fairTicks: Float64Array): void {
    const wanted = (fairTicks[instrument]! * this.#rangeBps) / 10_000 / FLOW_BUCKETS;
    const width = Math.max(BUCKET_TICKS_MIN, 2 ** Math.ceil(Math.log2(wanted)));
    this.bucketTicks[instrument] = width;
    this.values[instrument * FLOW_DOUBLES + FlowField.bucketTicks] = width;
  }

  /** Adds `amount` to the bucket of `distance`: both in their cells, for handed on they would be boxed. */
  count(histogram: FlowHistogram, instrument: number): void {
    const bucket = Math.min(FLOW_BUCKETS - 1, Math.floor(this.distance[0]! / this.bucketTicks[instrument]!));
    this.values[instrument * FLOW_DOUBLES + histogram + bucket]! += this.amount[0]!;
  }

  /** Counts and times of an instrument are so much older now than when it forgot last. */
  forget(instrument: number, now: TimeCell): void {
    const { values, divisors } = this;
    const first = instrument * FLOW_DOUBLES;
    const isFirst = this.#forgotNs[instrument] === 0;
    const seconds = (now[0]! - this.#forgotNs[instrument]!) / NS_PER_SECOND;
    this.#forgotNs[instrument] = now[0]!;
    if (isFirst) return;
    const kept = Math.exp(-seconds / this.#decayS);
    for (let cell = HEAD; cell < FLOW_DOUBLES; cell++) values[first + cell]! *= kept;
    for (let index = 0; index < DECAYED.length; index++) values[first + DECAYED[index]!]! *= kept;
    for (let index = 0; index < EVENT_MEANS.length; index++) {
      values[first + EVENT_MEANS[index]!]! *= kept;
      divisors[first + EVENT_MEANS[index]!]! *= kept;
    }
  }

  write(instrument: number, row: Float64Array): void {
    const { values, divisors } = this;
    const first = instrument * FLOW_DOUBLES;
    for (let field = 0; field < HEAD; field++) {
      const divisor = divisors[first + field]!;
      row[field] = divisor > 0 ? values[first + field]! / divisor : 0;
    }
    for (let cell = HEAD; cell < FLOW_DOUBLES; cell++) row[cell] = values[first + cell]!;
  }
}
