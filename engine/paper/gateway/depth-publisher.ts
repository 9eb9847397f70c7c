import { BOOK_KEEP_ALIVE_MS, BOOK_LEVELS_MAX } from '../../okx/venue-limits.ts';
import type { BookImage } from '../exchange/exchange.ts';
import { DepthLadder, DepthView } from './depth-ladder.ts';
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

  /** @param source the whole book as it is now */
  constructor(instId: string, topics: Topics, source: () => BookImage) {
    this.instId = instId;
    this.#topics = topics;
    this.#source = source;
    this.seqId = source().seqId;
    this.#fastFeeds = FAST_CHANNELS.map((channel) => new DepthFeed(channel, instId));
    this.#slowFeeds = SLOW_CHANNELS.map((channel) => new DepthFeed(channel, instId));
    this.#feeds = [...this.#fastFeeds, ...this.#slowFeeds];
  }

  /** A level has changed, and `seqId` is this change's number. */
  change(side: 'asks' | 'bids', px: string, sz: string, orders: string, seqId: number): void {
    this.seqId = seqId - this.#seqIdOffset;
    if (!this.isFastLive && !this.isSlowLive) {
      this.#ladder = null;
      return;
    }
    const oldRow = this.#ladder!.change(side, px, sz, orders);
    for (const feed of this.#feeds) feed.view?.note(side, px, oldRow);
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
    if (feed.view === null) feed.start(this.#current(), this.seqId, nowMs);
    if (this.#fastFeeds.includes(feed)) this.isFastLive = true;
    else this.isSlowLive = true;
    return feed.snapshot(nowMs);
  }

  /** When a channel will have been silent for a minute, which it must not be for longer; Infinity while nobody listens. */
  get keepAliveMs(): number {
    let dueMs = Infinity;
    for (const { view, publishedMs } of this.#feeds) {
      if (view !== null) dueMs = Math.min(dueMs, Math.ceil(publishedMs) + BOOK_KEEP_ALIVE_MS);
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
      if (feed.view === null) continue;
      if (!this.#topics.hasSubscribers(feed.topic)) {
        feed.view = null;
        continue;
      }
      isLive = true;
      const text = feed.next(feed.view, this.seqId, nowMs);
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

/** One channel of one instrument: what was published last, and under which number. */
class DepthFeed {
  readonly channel: DepthChannel;
  readonly topic: string;
  /** Null while nobody listens: nothing is kept up then. */
  view: DepthView | null = null;
  isNextLost = false;
  publishedMs = 0;
  readonly #isImage: boolean;
  readonly #head: string;
  readonly #tail: string;
  /** The latest change that was looked at: unchanged means that there is nothing to compare. */
  #seenSeqId = 0;
  #publishedSeqId = 0;

  constructor(channel: DepthChannel, instId: string) {
    this.channel = channel;
    this.topic = `${channel}:${instId}`;
    this.#isImage = channel === 'bbo-tbt' || channel === 'books5';
    this.#head = `{"arg":{"channel":"${channel}","instId":"${instId}"},`;
    this.#tail = channel === 'books5' ? `,"instId":"${instId}"` : '';
  }

  start(ladder: DepthLadder, seqId: number, nowMs: number): void {
    this.view = new DepthView(ladder, DEPTHS[this.channel]);
    this.view.capture();
    this.#seenSeqId = seqId;
    this.#publishedSeqId = seqId;
    this.publishedMs = nowMs;
    this.isNextLost = false;
  }

  snapshot(nowMs: number): string {
    const ts = Math.floor(nowMs);
    const image = this.view!.image();
    if (this.#isImage) {
      return `${this.#head}"data":[{${image}${this.#tail},"ts":"${ts}","seqId":${this.#publishedSeqId}}]}`;
    }
    return `${this.#head}"action":"snapshot","data":[{${image},"ts":"${ts}","checksum":0,"seqId":${this.#publishedSeqId},"prevSeqId":-1}]}`;
  }

  /** The next push, or '' when there is none to make. */
  next(view: DepthView, seqId: number, nowMs: number): string {
    const rows = seqId === this.#seenSeqId ? '' : view.difference();
    this.#seenSeqId = seqId;
    if (rows === '' && nowMs - this.publishedMs < BOOK_KEEP_ALIVE_MS) return '';
    const prevSeqId = this.#publishedSeqId;
    this.publishedMs = nowMs;
    if (rows !== '') {
      this.#publishedSeqId = seqId;
      view.capture();
    }
    if (this.isNextLost && rows !== '') {
      this.isNextLost = false;
      return '';
    }
    if (this.#isImage) return this.snapshot(nowMs);
    const body = rows === '' ? '"asks":[],"bids":[]' : rows;
    return `${this.#head}"action":"update","data":[{${body},"ts":"${Math.floor(nowMs)}","checksum":0,"seqId":${this.#publishedSeqId},"prevSeqId":${prevSeqId}}]}`;
  }
}
