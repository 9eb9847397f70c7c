import { BOOK_KEEP_ALIVE_MS, BOOK_LEVELS_MAX } from '../../okx/venue-limits.ts';
import type { BookImage } from '../exchange/exchange.ts';
import { EventFeed, WindowFeed, type DepthFeed } from './depth-feed.ts';
import { DepthLadder, rowText } from './depth-ladder.ts';
import type { Topics } from './topics.ts';

/** The order book channels, in the order in which they are sent within one interval (docs-v5, read 2026-07-28). */
const FAST_CHANNELS = ['bbo-tbt', 'books-l2-tbt', 'books50-l2-tbt'] as const;
const SLOW_CHANNELS = ['books', 'books5'] as const;

export type DepthChannel = (typeof FAST_CHANNELS)[number] | (typeof SLOW_CHANNELS)[number];

/** Levels a side of each channel. */
const DEPTHS: Readonly<Record<DepthChannel, number>> = {
  'bbo-tbt': 1,
  'books-l2-tbt': BOOK_LEVELS_MAX,
  'books50-l2-tbt': 50,
  books: BOOK_LEVELS_MAX,
  books5: 5,
};

/** Those that show the whole of a recorded book: their updates are what it was told, without a window to compare with. */
const WHOLE_CHANNELS: ReadonlySet<DepthChannel> = new Set(['books-l2-tbt', 'books']);

/**
 * The order book channels of one instrument. All of them draw on one ladder and on one series of sequence numbers, and
 * all subscribers of a channel get the very same updates: a late one starts from a snapshot of what was last published.
 * While nobody listens nothing is kept up; the next who wants to know has the book read anew.
 */
export class DepthPublisher {
  readonly instId: string;
  /** Sequence number of the latest change, as it is published. */
  seqId: number;
  /** What a fault made the published numbers differ from the exchange's. */
  #seqIdOffset = 0;
  readonly #topics: Topics;
  readonly #source: () => BookImage;
  /** Null while nobody listens and a change has made it old. */
  #ladder: DepthLadder | null = null;
  readonly #fastFeeds: readonly DepthFeed[];
  readonly #slowFeeds: readonly DepthFeed[];
  readonly #feeds: readonly DepthFeed[];
  /** Whether a fast channel, or a slow one, has had listeners when it was last looked at. */
  isFastLive = false;
  isSlowLive = false;

  /**
   * @param source the whole book as it is now
   * @param isByEvent whether it is a recorded book that is published event by event
   */
  constructor(instId: string, topics: Topics, isByEvent: boolean, source: () => BookImage) {
    this.instId = instId;
    this.#topics = topics;
    this.#source = source;
    this.seqId = source().seqId;
    const feedOf = (channel: DepthChannel): DepthFeed =>
      isByEvent && WHOLE_CHANNELS.has(channel)
        ? new EventFeed(channel, instId, source)
        : new WindowFeed(channel, DEPTHS[channel], instId, () => this.#current());
    this.#fastFeeds = FAST_CHANNELS.map(feedOf);
    this.#slowFeeds = SLOW_CHANNELS.map(feedOf);
    this.#feeds = [...this.#fastFeeds, ...this.#slowFeeds];
  }

  /** A level has changed, and `seqId` is this change's number. */
  change(side: 'asks' | 'bids', px: string, sz: string, orders: string, seqId: number): void {
    this.seqId = seqId - this.#seqIdOffset;
    if (!this.isFastLive && !this.isSlowLive) {
      this.#ladder = null;
      return;
    }
    let isWindowed = false;
    for (let index = 0; index < this.#feeds.length; index++) {
      const feed = this.#feeds[index]!;
      if (!feed.isLive) continue;
      if (feed.isWindowed) isWindowed = true;
      else feed.note(side, px, rowText(px, sz, orders));
    }
    if (!isWindowed) {
      this.#ladder = null;
      return;
    }
    const oldRow = this.#ladder!.change(side, px, sz, orders);
    for (const feed of this.#feeds) if (feed.isLive && feed.isWindowed) feed.note(side, px, oldRow);
  }

  /** Starts the numbers anew, as the venue does in maintenance: the next update's seqId is below its prevSeqId. */
  resetSequence(): void {
    this.#seqIdOffset += this.seqId;
    this.seqId = 0;
  }

  /** The data of GET /market/books: the best `depth` levels now. */
  image(depth: number, nowMs: number): Readonly<Record<string, unknown>> {
    const { asks, bids } = this.#current();
    const rows = (side: typeof asks): unknown => JSON.parse(`[${side.best(depth).join(',')}]`);
    return { asks: rows(asks), bids: rows(bids), ts: String(Math.floor(nowMs)), seqId: this.seqId };
  }

  /** Loses the next update of every channel on its way to everybody who listens now: clients must notice the gap. */
  loseUpdate(): void {
    for (const feed of this.#feeds) feed.isNextLost = true;
  }

  publishFast(nowMs: number): void {
    this.isFastLive = this.#publish(this.#fastFeeds, nowMs);
  }

  publishSlow(nowMs: number): void {
    this.isSlowLive = this.#publish(this.#slowFeeds, nowMs);
  }

  /** What a new subscriber of the channel is sent first. */
  firstPush(channel: DepthChannel, nowMs: number): string {
    const feed = this.#feeds.find((each) => each.channel === channel)!;
    if (!feed.isLive) feed.start(this.seqId, nowMs);
    if (this.#fastFeeds.includes(feed)) this.isFastLive = true;
    else this.isSlowLive = true;
    return feed.snapshot(nowMs);
  }

  /** When a channel will have been silent for a minute, which it must not be for longer; Infinity while nobody listens. */
  get keepAliveMs(): number {
    let dueMs = Infinity;
    for (const { isLive, publishedMs } of this.#feeds) {
      if (isLive) dueMs = Math.min(dueMs, Math.ceil(publishedMs) + BOOK_KEEP_ALIVE_MS);
    }
    return dueMs;
  }

  /** Repeats what is silent for too long. */
  keepAlive(nowMs: number): void {
    if (this.keepAliveMs > nowMs) return;
    this.publishFast(nowMs);
    this.publishSlow(nowMs);
  }

  /** Gives whether any of them still has listeners. */
  #publish(feeds: readonly DepthFeed[], nowMs: number): boolean {
    let isLive = false;
    for (const feed of feeds) {
      if (!feed.isLive) continue;
      if (!this.#topics.hasSubscribers(feed.topic)) {
        feed.stop();
        continue;
      }
      isLive = true;
      const text = feed.next(this.seqId, nowMs);
      if (text !== '') this.#topics.publish(feed.topic, text, nowMs);
    }
    return isLive;
  }

  #current(): DepthLadder {
    if (this.#ladder !== null) return this.#ladder;
    const ladder = new DepthLadder();
    const book = this.#source();
    for (const [px, sz, orders] of book.asks) ladder.change('asks', px, sz, orders);
    for (const [px, sz, orders] of book.bids) ladder.change('bids', px, sz, orders);
    this.#ladder = ladder;
    return ladder;
  }
}
