import type { Milliseconds } from '../../base/units.ts';

/** One event of a recorded market. Prices and sizes are the recording's own text. */
export interface FeedEvent {
  /** Since the venue's start (`startMs`), with a fraction; never falls. */
  readonly offsetMs: Milliseconds;
  readonly instId: string;
  readonly kind: 'snapshot' | 'update' | 'trade' | 'mark' | 'funding';
  /** Of books: [price, size, ...]. */
  readonly asks: readonly (readonly string[])[];
  readonly bids: readonly (readonly string[])[];
  /** Of trades, and of mark prices. */
  readonly px: string;
  /** Of trades. */
  readonly sz: string;
  readonly side: 'buy' | 'sell';
  /** Of funding: the rate that positions pay at `fundingOffsetMs`, as decimal text; longs pay a positive one. */
  readonly rate: string;
  /** Of funding: when it is settled, since the venue's start like `offsetMs`. */
  readonly fundingOffsetMs: Milliseconds;
}

const NO_ROWS: readonly (readonly string[])[] = [];

/** What an event has where its kind says nothing: `{ ...EMPTY_FEED_EVENT, offsetMs, instId, kind: 'mark', px }`. */
export const EMPTY_FEED_EVENT = {
  asks: NO_ROWS,
  bids: NO_ROWS,
  px: '',
  sz: '',
  side: 'buy',
  rate: '0',
  fundingOffsetMs: 0,
} as const satisfies Partial<FeedEvent>;

/**
 * Where a recorded market comes from, event by event. The venue peeks once it has taken one, and plays no more after the
 * first null: a source that reads from a disk has its next event ready before the venue is advanced.
 *
 * The venue takes the first event while it is being built, as the book that there is at the start, and each other one at
 * `startMs + offsetMs`; what it pushes because of an event is pushed before `next` is called again.
 */
export interface FeedSource {
  /** The next event without taking it; null at the end. */
  peek(): FeedEvent | null;
  next(): FeedEvent | null;
  /** Shows every event of one pass, where that can be done beforehand: what does not fit is then told before the start. */
  rehearse?(visit: (event: FeedEvent) => void): void;
}

/** A feed that cannot be played. */
export class FeedError extends Error {
  override readonly name = 'FeedError';
  readonly code = 'BAD_FEED';
}
