import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Milliseconds } from '../../base/units.ts';
import { EMPTY_FEED_EVENT, FeedError, type FeedEvent, type FeedSource } from './feed-source.ts';

/** From the end of the feed to its beginning, when it is played again. */
const LOOP_PAUSE_MS = 1_000;
const BOOK_CHANNELS: readonly string[] = ['books', 'books-l2-tbt', 'books50-l2-tbt'];

type Json = Readonly<Record<string, unknown>>;

/**
 * A recorded feed as a sequence of market events. Reads recording rows (`{instId, action, ts, asks, bids}` with trades, mark
 * prices and funding rates in between) and captured OKX frames (`{arg, action, data}`), also behind `url <- epoch: ` or
 * `epoch: `; other lines are passed over. Of several book channels of one instrument the first counts. Lines are parsed when
 * they are due.
 */
export class FeedPlayer implements FeedSource {
  readonly #lines: readonly string[];
  readonly #isLooping: boolean;
  readonly #channels = new Map<string, string>();
  readonly #pending: FeedEvent[] = [];
  #line = 0;
  #firstTs = -1;
  #loopMs: Milliseconds = 0;
  #lastMs: Milliseconds = 0;

  /** @throws FeedError when no line is a book snapshot or update */
  constructor(lines: readonly string[], isLooping = true) {
    this.#lines = lines;
    this.#isLooping = isLooping;
    if (this.peek() === null) {
      throw new FeedError('feed: expected recording rows or OKX book frames, one a line, found none');
    }
  }

  /** @throws FeedError when the file cannot be read or has no book in it */
  static fromFile(path: string, isLooping = true): FeedPlayer {
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
      if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = gunzipSync(bytes);
    } catch (cause) {
      throw new FeedError(`feed: expected a readable file, plain or gzip, at ${path}`, { cause });
    }
    return new FeedPlayer(bytes.toString('utf8').split('\n'), isLooping);
  }

  /** Shows every event of one pass, from the beginning: what is wrong with a feed is better said before it is played. */
  rehearse(visit: (event: FeedEvent) => void): void {
    const player = new FeedPlayer(this.#lines, false);
    for (let event = player.next(); event !== null; event = player.next()) visit(event);
  }

  /** The next event without taking it; null at the end. */
  peek(): FeedEvent | null {
    while (this.#pending.length === 0) {
      if (this.#line === this.#lines.length && !this.#startAgain()) return null;
      this.#read(this.#lines[this.#line++]!);
    }
    return this.#pending[0]!;
  }

  next(): FeedEvent | null {
    const event = this.peek();
    if (event !== null) this.#pending.shift();
    return event;
  }

  /** Only after a pass that had an event: a feed without any must not be read for ever. */
  #startAgain(): boolean {
    if (!this.#isLooping || this.#firstTs < 0) return false;
    this.#line = 0;
    this.#firstTs = -1;
    this.#loopMs = this.#lastMs + LOOP_PAUSE_MS;
    return true;
  }

  #read(line: string): void {
    const start = line.indexOf('{');
    if (start < 0) return;
    let json: Json;
    try {
      json = JSON.parse(start === 0 ? line : line.slice(start)) as Json;
    } catch (cause) {
      throw new FeedError(`feed: expected JSON in line ${this.#line}`, { cause });
    }
    const arg = json['arg'] as Json | null | undefined;
    const data = json['data'];
    if (arg !== undefined && arg !== null && Array.isArray(data)) {
      for (const row of data as (Json | null)[]) {
        if (row === null) throw this.#misshapen();
        this.#readRow(row, String(arg['instId']), String(arg['channel']), json['action']);
      }
    } else if (typeof json['instId'] === 'string') {
      this.#readRow(json, json['instId'], String(json['channel'] ?? 'books'), json['action']);
    }
  }

  #readRow(row: Json, instId: string, channel: string, action: unknown): void {
    if (!BOOK_CHANNELS.includes(channel)) {
      // What comes before the first book has no market to happen in.
      if (this.#firstTs >= 0 && this.#channels.has(instId)) this.#readOther(row, instId, channel);
      return;
    }
    if (action !== 'snapshot' && action !== 'update') return;
    if (!this.#channels.has(instId)) this.#channels.set(instId, channel);
    if (this.#channels.get(instId) !== channel) return;
    const asks = row['asks'] as FeedEvent['asks'] | undefined;
    const bids = row['bids'] as FeedEvent['bids'] | undefined;
    if (!Array.isArray(asks) || !Array.isArray(bids)) return;
    if (!asks.every(isLevel) || !bids.every(isLevel)) throw this.#misshapen();
    this.#push(row, { instId, kind: action, asks, bids });
  }

  #readOther(row: Json, instId: string, channel: string): void {
    if (channel === 'trades') {
      const side = row['side'] === 'sell' ? 'sell' : 'buy';
      this.#push(row, { instId, kind: 'trade', px: String(row['px']), sz: String(row['sz']), side });
    } else if (channel === 'mark-price') {
      this.#push(row, { instId, kind: 'mark', px: String(row['markPx']) });
    } else if (channel === 'funding-rate') {
      const fundingOffsetMs = this.#loopMs + Number(row['fundingTime']) - this.#firstTs;
      if (!Number.isFinite(fundingOffsetMs)) return;
      this.#push(row, { instId, kind: 'funding', rate: String(row['fundingRate']), fundingOffsetMs });
    }
  }

  #misshapen(): FeedError {
    return new FeedError(`feed: expected levels of price and size as text in line ${this.#line}`);
  }

  #push(row: Json, event: Partial<FeedEvent> & Pick<FeedEvent, 'instId' | 'kind'>): void {
    const ts = Number(row['ts']);
    if (!Number.isFinite(ts)) return;
    if (this.#firstTs < 0) this.#firstTs = ts;
    // The order of arrival counts; merged streams may step back by some milliseconds.
    const offsetMs = Math.max(this.#lastMs, this.#loopMs + ts - this.#firstTs);
    this.#lastMs = offsetMs;
    this.#pending.push({ ...EMPTY_FEED_EVENT, ...event, offsetMs });
  }
}

function isLevel(row: unknown): boolean {
  return Array.isArray(row) && typeof row[0] === 'string' && typeof row[1] === 'string';
}
