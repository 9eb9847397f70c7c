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
 */
export class DepthPublisher {
  readonly instId: string;
  readonly ladder: DepthLadder;
  /** Sequence number of the latest change, as it is published. */
  seqId = 0;
  /** What a fault made the published numbers differ from the exchange's. */
  #seqIdOffset = 0;
  readonly #topics: Topics;
  readonly #feeds: Readonly<Record<DepthChannel, DepthFeed>>;

  constructor(instId: string, tickSz: string, topics: Topics) {
    this.instId = instId;
    this.ladder = new DepthLadder(tickSz);
    this.#topics = topics;
    const feed = (channel: DepthChannel): DepthFeed =>
      new DepthFeed(channel, instId, new DepthView(this.ladder, DEPTHS[channel]));
    this.#feeds = {
      'bbo-tbt': feed('bbo-tbt'),
      'books-l2-tbt': feed('books-l2-tbt'),
      'books50-l2-tbt': feed('books50-l2-tbt'),
      books: feed('books'),
      books5: feed('books5'),
    };
  }

  /** Takes over a book that was there before this publisher. */
  load(book: BookImage): void {
    for (const [px, sz, orders] of book.asks) this.ladder.change('asks', px, sz, orders);
    for (const [px, sz, orders] of book.bids) this.ladder.change('bids', px, sz, orders);
    this.seqId = book.seqId;
  }

  /** A level has changed, and `seqId` is this change's number. */
  change(side: 'asks' | 'bids', px: string, sz: string, orders: string, seqId: number): void {
    this.ladder.change(side, px, sz, orders);
    this.seqId = seqId - this.#seqIdOffset;
  }

  /** Starts the numbers anew, as the venue does in maintenance: the next update's seqId is below its prevSeqId. */
  resetSequence(): void {
    this.#seqIdOffset += this.seqId;
    this.seqId = 0;
  }

  /** The data of GET /market/books: the best `depth` levels now. */
  image(depth: number, nowMs: number): Readonly<Record<string, unknown>> {
    const { asks, bids } = this.ladder;
    const rows = (side: readonly string[]): unknown => JSON.parse(`[${side.slice(0, depth).join(',')}]`);
    return { asks: rows(asks.rows), bids: rows(bids.rows), ts: String(Math.floor(nowMs)), seqId: this.seqId };
  }

  /** Loses the next update of every channel on its way to everybody who listens now: clients must notice the gap. */
  loseUpdate(): void {
    for (const channel of [...FAST_CHANNELS, ...SLOW_CHANNELS]) this.#feeds[channel].isNextLost = true;
  }

  publishFast(nowMs: number): void {
    for (const channel of FAST_CHANNELS) this.#publish(channel, nowMs);
  }

  publishSlow(nowMs: number): void {
    for (const channel of SLOW_CHANNELS) this.#publish(channel, nowMs);
  }

  /** What a new subscriber of the channel is sent first. */
  firstPush(channel: DepthChannel, nowMs: number): string {
    const feed = this.#feeds[channel];
    if (!feed.isLive) feed.start(this.seqId, nowMs);
    return feed.snapshot(nowMs);
  }

  #publish(channel: DepthChannel, nowMs: number): void {
    const feed = this.#feeds[channel];
    if (!this.#topics.hasSubscribers(feed.topic)) {
      feed.isLive = false;
      return;
    }
    const text = feed.next(this.seqId, nowMs);
    if (text !== '') this.#topics.publish(feed.topic, text, nowMs);
  }
}

/** One channel of one instrument: what was published last, and under which number. */
class DepthFeed {
  readonly topic: string;
  /** False while nobody listens: nothing is kept up then. */
  isLive = false;
  isNextLost = false;
  readonly #view: DepthView;
  readonly #isImage: boolean;
  readonly #head: string;
  readonly #tail: string;
  /** The latest change that was looked at: unchanged means that there is nothing to compare. */
  #seenSeqId = 0;
  #publishedSeqId = 0;
  #publishedMs = 0;

  constructor(channel: DepthChannel, instId: string, view: DepthView) {
    this.topic = `${channel}:${instId}`;
    this.#view = view;
    this.#isImage = channel === 'bbo-tbt' || channel === 'books5';
    this.#head = `{"arg":{"channel":"${channel}","instId":"${instId}"},`;
    this.#tail = channel === 'books5' ? `,"instId":"${instId}"` : '';
  }

  start(seqId: number, nowMs: number): void {
    this.#view.capture();
    this.#seenSeqId = seqId;
    this.#publishedSeqId = seqId;
    this.#publishedMs = nowMs;
    this.isNextLost = false;
    this.isLive = true;
  }

  snapshot(nowMs: number): string {
    const ts = Math.floor(nowMs);
    if (this.#isImage) {
      return `${this.#head}"data":[{${this.#view.image()}${this.#tail},"ts":"${ts}","seqId":${this.#publishedSeqId}}]}`;
    }
    return `${this.#head}"action":"snapshot","data":[{${this.#view.image()},"ts":"${ts}","checksum":0,"seqId":${this.#publishedSeqId},"prevSeqId":-1}]}`;
  }

  /** The next push, or '' when there is none to make. */
  next(seqId: number, nowMs: number): string {
    const rows = seqId === this.#seenSeqId ? '' : this.#view.difference();
    this.#seenSeqId = seqId;
    if (rows === '' && nowMs - this.#publishedMs < BOOK_KEEP_ALIVE_MS) return '';
    const prevSeqId = this.#publishedSeqId;
    this.#publishedMs = nowMs;
    if (rows !== '') {
      this.#publishedSeqId = seqId;
      this.#view.capture();
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
