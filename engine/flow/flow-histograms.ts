/**
 * Weighted counts by distance from the fair price, six histograms an instrument, as base/flow-record has them.
 *
 * Owner:      the engine thread.
 * Invariants: an instrument's bucket width is set once, with its first fair price, to a power of two of ticks, so that the
 *             histogram spans its range at least; the last bucket holds all beyond.
 * Cost:       a count is one addition; a row is copied and scaled, 768 multiplications.
 */
import { FLOW_BUCKETS, FlowField, FlowHistogram } from '../base/flow-record.ts';

/** Wide enough for three levels of a wide quote, and a bucket of a bitcoin swap is a third of a basis point. */
const RANGE_BPS = 32;
/** A quarter of a tick: where a tick is many basis points, the fair price lies between ticks. */
const BUCKET_TICKS_MIN = 0.25;

const FIRST = FlowHistogram.bidSweeps;
const CELLS = FlowHistogram.askOwnFills + FLOW_BUCKETS - FIRST;

export class FlowHistograms {
  /** By instrument: ticks of a bucket; 0 before the first fair price. */
  readonly bucketTicks: Float64Array;
  /** What add() counts: a distance of zero or more, in ticks. */
  readonly distance = new Float64Array(1);
  /** And what it counts for. */
  readonly count = new Float64Array(1);
  readonly #cells: Float64Array;

  readonly #rangeBps: number;

  /** @param rangeBps what a histogram spans at least; another one than the engine's for who looks closer at what was recorded */
  constructor(instrumentCount: number, rangeBps: number = RANGE_BPS) {
    this.#rangeBps = rangeBps;
    this.bucketTicks = new Float64Array(instrumentCount);
    this.#cells = new Float64Array(instrumentCount * CELLS);
  }

  /** Sets the width by the fair price of the instrument, which is above zero, once. */
  begin(instrument: number, fairTicks: Float64Array): void {
    const wanted = (fairTicks[instrument]! * this.#rangeBps) / 10_000 / FLOW_BUCKETS;
    this.bucketTicks[instrument] = Math.max(BUCKET_TICKS_MIN, 2 ** Math.ceil(Math.log2(wanted)));
  }

  /** Adds `count` to the bucket of `distance`: both in their cells, for handed on they would be boxed. */
  add(histogram: FlowHistogram, instrument: number): void {
    const bucket = Math.min(FLOW_BUCKETS - 1, Math.floor(this.distance[0]! / this.bucketTicks[instrument]!));
    this.#cells[instrument * CELLS + histogram - FIRST + bucket]! += this.count[0]!;
  }

  rescale(factor: number): void {
    const cells = this.#cells;
    for (let cell = 0; cell < cells.length; cell++) cells[cell]! *= factor;
  }

  /** Writes the histograms into a flow row, each count over what an event weighs now. */
  write(instrument: number, weight: Float64Array, row: Float64Array): void {
    const cells = this.#cells;
    const scale = 1 / weight[0]!;
    row[FlowField.bucketTicks] = this.bucketTicks[instrument]!;
    const from = instrument * CELLS;
    for (let cell = 0; cell < CELLS; cell++) row[FIRST + cell] = cells[from + cell]! * scale;
  }
}
