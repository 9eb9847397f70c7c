import type { Milliseconds, Nanoseconds } from '../base/units.ts';

/**
 * What a recorded row says. A gap says that the book is not known from here to the next snapshot, because the
 * recorder was not connected or missed an update.
 */
export type RecordingKind = 'snapshot' | 'update' | 'trade' | 'mark' | 'funding' | 'instrument' | 'gap';

/** A level of a book as the venue wrote it: price, size, and whatever columns follow. */
export type RecordedLevel = readonly string[];

/** Of events that are none of a book. */
export const NO_LEVELS: readonly RecordedLevel[] = [];

/** One event of a recorded market. Prices, sizes and rates are the recording's own text. */
export interface RecordingEvent {
  readonly kind: RecordingKind;
  readonly instId: string;
  /** When the venue says that it happened, since the epoch. May step back a little from one event to the next. */
  readonly tsMs: Milliseconds;
  /** When the recorder received it, since the reader's `originMs`, exact; -1 in recordings without receive times. */
  readonly recvNs: Nanoseconds;
  /**
   * The place on the reader's time line, since its `originMs`: the receive time, or without one the highest `tsMs` of
   * the file so far. Never falls from one event to the next.
   */
  readonly timeNs: Nanoseconds;
  /** Of books: changed levels, best first; size "0" deletes. Empty in other events. */
  readonly asks: readonly RecordedLevel[];
  readonly bids: readonly RecordedLevel[];
  /** Of trades; of marks the mark price; of funding the rate. */
  readonly px: string;
  /** Of trades; contracts, of spot the base coin. */
  readonly sz: string;
  /** Of trades: who took. */
  readonly side: 'buy' | 'sell';
  readonly tradeId: string;
  /** Of funding: when the rate is settled, since the epoch; else -1. */
  readonly fundingTimeMs: Milliseconds;
  /** Of instruments: the row as `GET /api/v5/public/instruments` gives it, with `ts` and `recvNs`. */
  readonly row?: Readonly<Record<string, unknown>>;
  /** Of books: the venue's number of the state after this row; -1 where the recording has none. */
  readonly seqId: number;
  /** The one before it; -1 also of snapshots. */
  readonly prevSeqId: number;
  readonly file: string;
  /** In the file, counted from 1; 0 for what the reader derived itself (the book at `from`). */
  readonly line: number;
}
