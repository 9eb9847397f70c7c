import { BOOK_KEEP_ALIVE_MS } from '../../okx/venue-limits.ts';
import type { BookImage } from '../exchange/exchange.ts';
import { DepthView, rowText, type DepthLadder } from './depth-ladder.ts';

/** One channel of one instrument: what was published last, and under which number. */
export abstract class DepthFeed {
  readonly channel: string;
  readonly topic: string;
  /** Whether somebody listens: nothing is kept up else. */
  abstract readonly isLive: boolean;
  /** Whether it shows a part of the ladder, and is to be noted the rows that levels had; else those that they have. */
  abstract readonly isWindowed: boolean;
  isNextLost = false;
  publishedMs = 0;
  readonly #isImage: boolean;
  readonly #head: string;
  readonly #tail: string;
  /** The latest change that was looked at: unchanged means that there is nothing to compare. */
  #seenSeqId = 0;
  #publishedSeqId = 0;

  constructor(channel: string, instId: string) {
    this.channel = channel;
    this.topic = `${channel}:${instId}`;
    this.#isImage = channel === 'bbo-tbt' || channel === 'books5';
    this.#head = `{"arg":{"channel":"${channel}","instId":"${instId}"},`;
    this.#tail = channel === 'books5' ? `,"instId":"${instId}"` : '';
  }

  /** A level has changed. */
  abstract note(side: 'asks' | 'bids', px: string, row: string): void;
  abstract stop(): void;
  protected abstract open(): void;
  /** The `"asks":[…],"bids":[…]` of what is published. */
  protected abstract image(): string;
  /** The `"asks":[…],"bids":[…]` that has come since, and is published from now on; '' when nothing has. */
  protected abstract take(): string;

  start(seqId: number, nowMs: number): void {
    this.open();
    this.#seenSeqId = seqId;
    this.#publishedSeqId = seqId;
    this.publishedMs = nowMs;
    this.isNextLost = false;
  }

  snapshot(nowMs: number): string {
    const ts = Math.floor(nowMs);
    const image = this.image();
    if (this.#isImage) {
      return `${this.#head}"data":[{${image}${this.#tail},"ts":"${ts}","seqId":${this.#publishedSeqId}}]}`;
    }
    return `${this.#head}"action":"snapshot","data":[{${image},"ts":"${ts}","checksum":0,"seqId":${this.#publishedSeqId},"prevSeqId":-1}]}`;
  }

  /** The next push, or '' when there is none to make. */
  next(seqId: number, nowMs: number): string {
    const rows = seqId === this.#seenSeqId ? '' : this.take();
    this.#seenSeqId = seqId;
    if (rows === '' && nowMs - this.publishedMs < BOOK_KEEP_ALIVE_MS) return '';
    const prevSeqId = this.#publishedSeqId;
    this.publishedMs = nowMs;
    if (rows !== '') this.#publishedSeqId = seqId;
    if (this.isNextLost && rows !== '') {
      this.isNextLost = false;
      return '';
    }
    if (this.#isImage) return this.snapshot(nowMs);
    const body = rows === '' ? '"asks":[],"bids":[]' : rows;
    return `${this.#head}"action":"update","data":[{${body},"ts":"${Math.floor(nowMs)}","checksum":0,"seqId":${this.#publishedSeqId},"prevSeqId":${prevSeqId}}]}`;
  }
}

/** The best levels of the ladder, compared with those that were published. */
export class WindowFeed extends DepthFeed {
  readonly isWindowed = true;
  readonly #depth: number;
  readonly #source: () => DepthLadder;
  #view: DepthView | null = null;

  constructor(channel: string, depth: number, instId: string, source: () => DepthLadder) {
    super(channel, instId);
    this.#depth = depth;
    this.#source = source;
  }

  get isLive(): boolean {
    return this.#view !== null;
  }

  note(side: 'asks' | 'bids', px: string, oldRow: string): void {
    this.#view!.note(side, px, oldRow);
  }

  stop(): void {
    this.#view = null;
  }

  protected open(): void {
    this.#view = new DepthView(this.#source(), this.#depth);
    this.#view.capture();
  }

  protected image(): string {
    return this.#view!.image();
  }

  protected take(): string {
    const rows = this.#view!.difference();
    if (rows !== '') this.#view!.capture();
    return rows;
  }
}

/**
 * A whole book, by its changes alone: nothing is kept of it. What waits has to be published before somebody joins, so that
 * the book as it is now is the one that was published.
 */
export class EventFeed extends DepthFeed {
  readonly isWindowed = false;
  readonly #source: () => BookImage;
  readonly #asks = new PendingRows();
  readonly #bids = new PendingRows();
  #isLive = false;

  constructor(channel: string, instId: string, source: () => BookImage) {
    super(channel, instId);
    this.#source = source;
  }

  get isLive(): boolean {
    return this.#isLive;
  }

  note(side: 'asks' | 'bids', px: string, row: string): void {
    (side === 'asks' ? this.#asks : this.#bids).set(px, row);
  }

  stop(): void {
    this.#isLive = false;
  }

  protected open(): void {
    this.#isLive = true;
    this.#asks.take();
    this.#bids.take();
  }

  protected image(): string {
    const { asks, bids } = this.#source();
    const text = (rows: BookImage['asks']): string => rows.map((row) => rowText(...row)).join(',');
    return `"asks":[${text(asks)}],"bids":[${text(bids)}]`;
  }

  protected take(): string {
    if (this.#asks.count + this.#bids.count === 0) return '';
    return `"asks":[${this.#asks.take()}],"bids":[${this.#bids.take()}]`;
  }
}

/** Rows that wait, one a price. An event has a handful; the search goes from its first. */
class PendingRows {
  readonly #prices: string[] = [];
  readonly #rows: string[] = [];

  get count(): number {
    return this.#rows.length;
  }

  set(px: string, row: string): void {
    const index = this.#prices.indexOf(px);
    if (index >= 0) {
      this.#rows[index] = row;
      return;
    }
    this.#prices.push(px);
    this.#rows.push(row);
  }

  take(): string {
    const text = this.#rows.join(',');
    this.#prices.length = 0;
    this.#rows.length = 0;
    return text;
  }
}
