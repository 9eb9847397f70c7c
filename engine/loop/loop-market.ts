/**
 * The books of all instruments, and what the workers see of them: the best levels without our own orders.
 *
 * Owner:      the engine thread.
 * Invariants: a published level holds what others rest there, never zero; a market is quotable only when its book is and
 *             others rest on both sides; `fairTicks` is of the market published last, 0 when that cannot be quoted.
 * Cost:       a copy of the published levels (as many as the strategy reads), each compared with the best price of ours on
 *             its side, and with all of them only from there on; nothing allocates.
 *
 * Our own orders are taken out by what the venue has confirmed about them. The book and the order pushes come on different
 * connections, so for a moment after a change the two disagree by one of our orders, in either direction.
 */
import { BookSync } from '../book/book-sync.ts';
import type { BookSide } from '../book/book-side.ts';
import { Book } from '../book/book.ts';
import { microPrice } from '../base/micro-price.ts';
import { Side } from '../base/side.ts';
import type { TimeCell } from '../base/units.ts';
import type { FlowStatistics } from '../flow/flow-statistics.ts';
import { MarketBells } from '../handoff/doorbell.ts';
import { MarketWriter } from '../handoff/market-slot.ts';
import type { LoopOptions } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import type { OrderTable } from '../orders/order-table.ts';

export class LoopMarket {
  readonly books: readonly Book[];
  readonly syncs: readonly BookSync[];
  /** Micro-price of the published market by instrument, in ticks with a fraction; 0 when it cannot be quoted. */
  readonly fairTicks: Float64Array;
  /** By instrument × 2 + side: the best price published, others' orders only; 0 for an empty side. */
  readonly bestTicks: Int32Array;
  /** Version of the published market by instrument. */
  readonly version: Float64Array;
  /** By instrument: 1 while the newest word about its book was too old when it came. */
  readonly isStale: Uint8Array;
  readonly #state: LoopState;
  readonly #table: OrderTable;
  readonly #flow: FlowStatistics;
  readonly #writers: readonly MarketWriter[];
  readonly #bells: MarketBells;
  /** By instrument: others whose workers read this market. */
  readonly #followers: readonly Int32Array[];
  /** By instrument: the book's epoch at the last publish. */
  readonly #epochs: Int32Array;

  constructor(
    { handoff, followers }: Pick<LoopOptions, 'handoff' | 'followers'>,
    state: LoopState,
    parts: { readonly table: OrderTable; readonly flow: FlowStatistics },
  ) {
    const instruments = Array.from({ length: handoff.instrumentCount }, (_, instrument) => instrument);
    this.books = instruments.map(() => new Book());
    this.syncs = this.books.map((book) => new BookSync(book));
    this.fairTicks = new Float64Array(instruments.length);
    this.bestTicks = new Int32Array(instruments.length * 2);
    this.version = new Float64Array(instruments.length);
    this.isStale = new Uint8Array(instruments.length);
    this.#state = state;
    this.#table = parts.table;
    this.#flow = parts.flow;
    this.#epochs = new Int32Array(instruments.length);
    this.#writers = instruments.map((instrument) => new MarketWriter(handoff, instrument));
    this.#bells = new MarketBells(handoff);
    this.#followers = instruments.map((instrument) => Int32Array.from(followers?.[instrument] ?? []));
  }

  /** @hot Whether its book is whole, two-sided, uncrossed and fresh. Whether others rest there, publishing finds out. */
  isQuotable(instrument: number): boolean {
    return this.isStale[instrument] === 0 && this.books[instrument]!.isQuotable();
  }

  /**
   * @hot Publishes the instrument's market as it is now and wakes its worker.
   *
   * @param positionLots by instrument: a size that crosses a call by itself would be boxed
   */
  publish(instrument: number, recv: TimeCell, positionLots: Float64Array): void {
    const book = this.books[instrument]!;
    const writer = this.#writers[instrument]!;
    writer.begin();
    const bidCount = this.#copySide(book.bids, instrument, Side.buy, writer.bidTicks, writer.bidLots);
    const askCount = this.#copySide(book.asks, instrument, Side.sell, writer.askTicks, writer.askLots);
    const isQuotable = this.isQuotable(instrument) && bidCount > 0 && askCount > 0;
    writer.seqId = book.seqId;
    writer.tsMs = book.tsMs;
    writer.recvNs = recv[0]!;
    writer.positionLots = positionLots[instrument]!;
    this.fairTicks[instrument] = isQuotable
      ? microPrice(writer.bidTicks[0]!, writer.bidLots[0]!, writer.askTicks[0]!, writer.askLots[0]!)
      : 0;
    this.bestTicks[instrument * 2] = bidCount > 0 ? writer.bidTicks[0]! : 0;
    this.bestTicks[instrument * 2 + 1] = askCount > 0 ? writer.askTicks[0]! : 0;
    this.#setFlow(instrument, writer);
    this.version[instrument] = writer.publish(bidCount, askCount, isQuotable, book.epoch);
    this.#bells.ring(instrument);
    const followers = this.#followers[instrument]!;
    for (let index = 0; index < followers.length; index++) this.#bells.ring(followers[index]!);
  }

  /** @hot What was counted up to and with this market, and the prices that others make of it. */
  #setFlow(instrument: number, writer: MarketWriter): void {
    const flow = this.#flow;
    const { markTicks, indexTicks, groupLots } = this.#state;
    const { bidTicks, bidLots, askTicks, askLots } = writer;
    const book = this.books[instrument]!;
    // A book that was lost and came back follows on nothing.
    if (this.#epochs[instrument] !== book.epoch) flow.onNone(instrument);
    this.#epochs[instrument] = book.epoch;
    flow.bookMs[instrument] = book.tsMs;
    flow.onMarket(instrument, bidTicks, bidLots, askTicks, askLots, this.fairTicks);
    writer.ofiLots = flow.ofiLots[instrument]!;
    writer.boughtLots = flow.boughtLots[instrument]!;
    writer.soldLots = flow.soldLots[instrument]!;
    writer.markTicks = markTicks[instrument]!;
    writer.indexTicks = indexTicks[instrument]!;
    writer.groupLots = groupLots[instrument]!;
  }

  /** @hot Copies a side's best levels, less our own resting orders, and returns how many were copied. */
  #copySide(from: BookSide, instrument: number, side: Side, ticks: Int32Array, lots: Float64Array): number {
    const table = this.#table;
    const levels = ticks.length;
    // Ours rest at this price or at worse ones: most often no published level has to be asked for them.
    const ownBest = table.bestTicks[instrument * 2 + side]!;
    let count = 0;
    let price = from.bestTicks;
    while (price > 0) {
      let rest = from.lotsAt(price);
      if (side === Side.buy ? price <= ownBest : price >= ownBest) {
        rest -= table.ownLotsAt(instrument, side, price);
      }
      if (rest > 0) {
        ticks[count] = price;
        lots[count] = rest;
        count++;
        if (count === levels) break;
      }
      price = from.nextTicks(price);
    }
    return count;
  }
}
