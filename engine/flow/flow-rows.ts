/**
 * The rows of base/flow-record while they are counted: each figure where it stands in the row, as a sum, beside it what the sum
 * is divided by when the row is written. So writing is one loop, and whoever counts needs no writing of his own.
 *
 *     mean      sum of weight × value   over   sum of weights           lots of a sweep, moves, variance
 *     decayed   sum of weights          over   what an event weighs now exposure, counts, histograms
 *     plain     value                   over   1                        times, prices, counts since the start
 *
 * Owner:      the engine thread.
 * Invariants: an instrument's bucket width is set once, with its first fair price, to a power of two of ticks, so that a
 *             histogram spans its range at least; the last bucket holds all beyond.
 * Cost:       a count is an addition; a row is some 800 multiplications.
 */
import { FLOW_BUCKETS, FLOW_DOUBLES, FlowField, FlowHistogram } from '../base/flow-record.ts';

/** Wide enough for three levels of a wide quote, and a bucket of a bitcoin swap is a third of a basis point. */
const RANGE_BPS = 32;
/** A quarter of a tick: where a tick is many basis points, the fair price lies between ticks. */
const BUCKET_TICKS_MIN = 0.25;
/** Fields in front of the histograms. */
const HEAD = FlowHistogram.bidSweeps;

/** Means whose weights are events', forgotten like all events. */
const EVENT_MEANS: readonly FlowField[] = [
  FlowField.bidAdverse1s,
  FlowField.bidAdverse5s,
  FlowField.askAdverse1s,
  FlowField.askAdverse5s,
  FlowField.sweepLots,
  FlowField.queueLots,
];
/** Means that forget by themselves: their weights go to 1. */
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
  readonly #rangeBps: number;

  /** @param rangeBps what a histogram spans at least; another one than the engine's for who looks closer at what was recorded */
  constructor(instrumentCount: number, rangeBps: number = RANGE_BPS) {
    this.#rangeBps = rangeBps;
    this.values = new Float64Array(instrumentCount * FLOW_DOUBLES);
    this.divisors = new Float64Array(instrumentCount * FLOW_DOUBLES).fill(1);
    this.bucketTicks = new Float64Array(instrumentCount);
    for (let first = 0; first < this.divisors.length; first += FLOW_DOUBLES) {
      for (const field of [...EVENT_MEANS, ...SAMPLE_MEANS]) this.divisors[first + field] = 0;
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

  /** All weights are so many times what they were. */
  rescale(factor: Float64Array): void {
    const { values, divisors } = this;
    for (let first = 0; first < values.length; first += FLOW_DOUBLES) {
      for (const field of DECAYED) values[first + field]! *= factor[0]!;
      for (const field of EVENT_MEANS) {
        values[first + field]! *= factor[0]!;
        divisors[first + field]! *= factor[0]!;
      }
      for (let cell = HEAD; cell < FLOW_DOUBLES; cell++) values[first + cell]! *= factor[0]!;
    }
  }

  /** @param weight one cell: what an event weighs now */
  write(instrument: number, weight: Float64Array, row: Float64Array): void {
    const { values, divisors } = this;
    const first = instrument * FLOW_DOUBLES;
    for (let index = 0; index < DECAYED.length; index++) divisors[first + DECAYED[index]!] = weight[0]!;
    for (let field = 0; field < HEAD; field++) {
      const divisor = divisors[first + field]!;
      row[field] = divisor > 0 ? values[first + field]! / divisor : 0;
    }
    const scale = 1 / weight[0]!;
    for (let cell = HEAD; cell < FLOW_DOUBLES; cell++) row[cell] = values[first + cell]! * scale;
  }
}
