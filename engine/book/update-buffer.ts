/**
 * Updates kept while a REST snapshot is under way (OKX's procedure of 2026-02-12 for feeds without a snapshot).
 *
 *     messages   seqId      prevSeqId   tsMs       rowsEnd   asksEnd
 *     0          12         9           ...        5         3        rows 0..2 asks, 3..4 bids
 *     1          15         12          ...        6         5        no asks,       5..5 bids
 *
 * Owner:      one BookSync, only where the feed needs it: made when first wanted, since most feeds never do.
 * Invariants: messages form an unbroken chain: prevSeqId of each is seqId of the one before.
 * Cost:       about 200 KB, once. A busy book has some 100 updates of 20 rows in the second that an answer takes.
 */
import type { DepthRows } from '../base/depth-rows.ts';
import type { Book } from './book.ts';

const MESSAGES_MAX = 1_024;
const ROWS_MAX = 16_384;

export class UpdateBuffer {
  count = 0;
  readonly seqIds = new Float64Array(MESSAGES_MAX);
  readonly prevSeqIds = new Float64Array(MESSAGES_MAX);
  readonly tsMs = new Float64Array(MESSAGES_MAX);
  readonly #asksEnd = new Int32Array(MESSAGES_MAX);
  readonly #rowsEnd = new Int32Array(MESSAGES_MAX);
  readonly #ticks = new Int32Array(ROWS_MAX);
  readonly #lots = new Float64Array(ROWS_MAX);

  clear(): void {
    this.count = 0;
  }

  /** Keeps a copy of the message; false, and nothing kept, when there is no room. */
  add(rows: DepthRows): boolean {
    const start = this.#rowsStart(this.count);
    const asksEnd = start + rows.askCount;
    const rowsEnd = asksEnd + rows.bidCount;
    if (this.count === MESSAGES_MAX || rowsEnd > ROWS_MAX) return false;
    for (let row = 0; row < rows.askCount; row++) {
      this.#ticks[start + row] = rows.askTicks[row]!;
      this.#lots[start + row] = rows.askLots[row]!;
    }
    for (let row = 0; row < rows.bidCount; row++) {
      this.#ticks[asksEnd + row] = rows.bidTicks[row]!;
      this.#lots[asksEnd + row] = rows.bidLots[row]!;
    }
    this.seqIds[this.count] = rows.seqId;
    this.prevSeqIds[this.count] = rows.prevSeqId;
    this.tsMs[this.count] = rows.tsMs;
    this.#asksEnd[this.count] = asksEnd;
    this.#rowsEnd[this.count] = rowsEnd;
    this.count++;
    return true;
  }

  /** Applies one kept message to the book's levels. */
  replay(message: number, book: Book): void {
    book.asks.apply(this.#ticks, this.#lots, this.#rowsStart(message), this.#asksEnd[message]!);
    book.bids.apply(this.#ticks, this.#lots, this.#asksEnd[message]!, this.#rowsEnd[message]!);
    book.asks.trim();
    book.bids.trim();
  }

  #rowsStart(message: number): number {
    return message === 0 ? 0 : this.#rowsEnd[message - 1]!;
  }
}
