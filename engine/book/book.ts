/**
 * The local book of one instrument on one channel.
 *
 * The venue shows a window of 400 levels a side and sends a deletion for every level that leaves it. In all captures
 * at hand no side has more than 400 levels after a whole message, and more than 400 in the middle of one: additions at
 * the top come before the deletions at the bottom. So the sides have head-room within a message and are cut back to
 * the window at its end. Cutting while rows are applied would lose levels: the one pushed out by an addition is still
 * wanted when a later row of the same message deletes a better one.
 *
 * Owner:      the engine thread; changed by BookSync only.
 * Invariants: in state `synced` the levels are the venue's at sequence number seqId; in the others they mean nothing.
 * Cost:       see BookSide.
 */
import { NO_SEQUENCE, type DepthRows } from '../base/depth-rows.ts';
import type { Milliseconds } from '../base/units.ts';
import { BookSide } from './book-side.ts';

export const BookState = { empty: 0, synced: 1, broken: 2 } as const;
export type BookState = (typeof BookState)[keyof typeof BookState];

export class Book {
  readonly bids: BookSide = new BookSide(true);
  readonly asks: BookSide = new BookSide(false);
  state: BookState = BookState.empty;
  /** Sequence number of the last message applied, or NO_SEQUENCE. */
  seqId: number = NO_SEQUENCE;
  /** The venue's time of the last message that vouched for this book. */
  tsMs: Milliseconds = 0;
  /** One more each time the book becomes synced anew. Quotes made on an older epoch are void. */
  epoch = 0;

  /** @hot Makes the rows the whole book. */
  replace(rows: DepthRows): void {
    this.bids.clear();
    this.asks.clear();
    this.update(rows);
  }

  /** @hot Applies a message's rows. In a quiet market most messages have rows of one side only. */
  update(rows: DepthRows): void {
    const { askCount, bidCount } = rows;
    if (askCount > 0) {
      this.asks.apply(rows.askTicks, rows.askLots, 0, askCount);
      this.asks.trim();
    }
    if (bidCount > 0) {
      this.bids.apply(rows.bidTicks, rows.bidLots, 0, bidCount);
      this.bids.trim();
    }
  }

  /**
   * @hot Best ask at or below best bid. Happens in pre-open and auctions and, for a moment, in merged feeds: not a
   * fault of the book, but nothing to quote on.
   */
  isCrossed(): boolean {
    return this.asks.count > 0 && this.bids.count > 0 && this.asks.bestTicks <= this.bids.bestTicks;
  }

  /** @hot Synced, with two sides that do not cross. */
  isQuotable(): boolean {
    return (
      this.state === BookState.synced &&
      this.bids.count > 0 &&
      this.asks.count > 0 &&
      this.asks.bestTicks > this.bids.bestTicks
    );
  }
}
