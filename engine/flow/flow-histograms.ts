/**
 * Weighted counts by distance from the fair price, six histograms an instrument, as base/flow-record has them.
 *
 * Owner:      the engine thread.
 * Invariants: an instrument's bucket width is set once, with its first fair price, to a power of two of ticks, so that the
 *             histogram spans RANGE_BPS at least; the last bucket holds all beyond.
 * Cost:       a count is one addition; a row is copied and scaled, 768 multiplications.
 */
import { FLOW_BUCKETS, FlowHistogram } from '../base/flow-record.ts';

/** Wide enough for three levels of a wide quote, and a bucket of a bitcoin swap is a third of a basis point. */
const RANGE_BPS = 32;
/** A quarter of a tick: where a tick is many basis points, the fair price lies between ticks. */
const BUCKET_TICKS_MIN = 0.25;

const FIRST = FlowHistogram.bidSweeps;
const CELLS = FlowHistogram.askOwnFills + FLOW_BUCKETS - FIRST;

export class FlowHistograms {
  /** By instrument: ticks of a bucket; 0 before the first fair price. */
  readonly bucketTicks: Float64Array;
  readonly #cells: Float64Array;

  constructor(instrumentCount: number) {
    this.bucketTicks = new Float64Array(instrumentCount);
    this.#cells = new Float64Array(instrumentCount * CELLS);
  }

  /** Sets the width by a fair price above zero, once. */
  begin(instrument: number, fairTicks: number): void {
    const wanted = (fairTicks * RANGE_BPS) / 10_000 / FLOW_BUCKETS;
    this.bucketTicks[instrument] = Math.max(BUCKET_TICKS_MIN, 2 ** Math.ceil(Math.log2(wanted)));
  }

  /** Adds to the bucket of a distance of zero or more. */
  add(histogram: FlowHistogram, instrument: number, distanceTicks: number, weight: number): void {
    const bucket = Math.min(FLOW_BUCKETS - 1, Math.floor(distanceTicks / this.bucketTicks[instrument]!));
    this.#cells[instrument * CELLS + histogram - FIRST + bucket]! += weight;
  }

  rescale(factor: number): void {
    const cells = this.#cells;
    for (let cell = 0; cell < cells.length; cell++) cells[cell]! *= factor;
  }

  /** Writes the histograms into a flow row, each count times `scale`. */
  write(instrument: number, scale: number, row: Float64Array): void {
    const cells = this.#cells;
    const from = instrument * CELLS;
    for (let cell = 0; cell < CELLS; cell++) row[FIRST + cell] = cells[from + cell]! * scale;
  }
}
