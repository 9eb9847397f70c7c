import type { Milliseconds } from './units.ts';

/** What a depth message does to a book. An image replaces it, as a snapshot does, but comes again and again. */
export const DepthAction = { snapshot: 0, update: 1, image: 2 } as const;
export type DepthAction = (typeof DepthAction)[keyof typeof DepthAction];

/**
 * Stands for a sequence number that the message does not have (captures of before 2023-06-20). The venue's own
 * "nothing before this" is -1, so that one cannot serve.
 */
export const NO_SEQUENCE = -2;

/** Rows a side that a message may have: the deepest answer of the venue (books-full) has 5,000 levels. */
export const DEPTH_ROWS_MAX = 5_000;

/**
 * One decoded depth message: what a decoder fills and a book takes, so that neither room knows the other. Rows are
 * [0, count) of their arrays, in the order they came; a size of zero lots deletes the level.
 */
export interface DepthRows {
  action: DepthAction;
  readonly askTicks: Int32Array;
  readonly askLots: Float64Array;
  askCount: number;
  readonly bidTicks: Int32Array;
  readonly bidLots: Float64Array;
  bidCount: number;
  /** The venue's time of the message. */
  tsMs: Milliseconds;
  /** Sequence number of this message, or NO_SEQUENCE. */
  seqId: number;
  /** Sequence number of the message before, -1 for a snapshot, or NO_SEQUENCE. */
  prevSeqId: number;
}
