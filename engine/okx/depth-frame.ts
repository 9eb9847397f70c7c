/**
 * The decoded form of one depth push: scratch memory that the decoder fills and the book reads.
 *
 * Owner:      whoever decodes; one is enough for a thread, because a frame is applied before the next is decoded.
 * Invariants: rows are [0, askCount) and [0, bidCount); ticks are in [1, TICKS_MAX], lots whole, 0 deletes a level;
 *             asks beyond TICKS_MAX are left out and counted.
 * Cost:       two arrays of DEPTH_ROWS_MAX a side, allocated once.
 */
import { DEPTH_ROWS_MAX, DepthAction, NO_SEQUENCE, type DepthRows } from '../base/depth-rows.ts';

/** The channels that carry depth. `books5` and `bboTbt` send images, the others a snapshot and then updates. */
export const DepthChannel = { books: 0, booksL2Tbt: 1, books50L2Tbt: 2, books5: 3, bboTbt: 4 } as const;
export type DepthChannel = (typeof DepthChannel)[keyof typeof DepthChannel];

/** The channels' names on the wire, by their number. */
export const DEPTH_CHANNEL_NAMES: readonly string[] = [
  'books',
  'books-l2-tbt',
  'books50-l2-tbt',
  'books5',
  'bbo-tbt',
];

/** What a frame turned out to be. `other` is not for this decoder to judge. */
export const DepthResult = { depth: 0, other: 1, malformed: 2, unknownInstrument: 3 } as const;
export type DepthResult = (typeof DepthResult)[keyof typeof DepthResult];

/** The frame names no instrument of ours, or was too broken to tell. */
export const NO_INSTRUMENT = -1;

export class DepthFrame implements DepthRows {
  channel: DepthChannel = DepthChannel.books;
  action: DepthAction = DepthAction.snapshot;
  /** Index of the instrument. After a malformed frame: which one it seemed to be about, or NO_INSTRUMENT. */
  instrument: number = NO_INSTRUMENT;
  /** The frame was legal but not of the usual shape, and took the slower road. */
  isSlowPath = false;
  /** Messages in the frame's `data`, normally 1; the others are decoded by asking for their entry. */
  entryCount = 0;
  readonly askTicks = new Int32Array(DEPTH_ROWS_MAX);
  readonly askLots = new Float64Array(DEPTH_ROWS_MAX);
  askCount = 0;
  readonly bidTicks = new Int32Array(DEPTH_ROWS_MAX);
  readonly bidLots = new Float64Array(DEPTH_ROWS_MAX);
  bidCount = 0;
  /**
   * Asks left out because their price exceeds TICKS_MAX. They are real: FUN-BTC, traded at 455 ticks, had an ask at 10^10
   * (capture of 2021-07-22). No bid may be: a bid out of range would be the best one.
   */
  farAskCount = 0;
  tsMs = 0;
  seqId: number = NO_SEQUENCE;
  prevSeqId: number = NO_SEQUENCE;
  /** Signed CRC32 of the book after this message; 0 when absent, and always since 2026-06-23. */
  checksum = 0;
}
