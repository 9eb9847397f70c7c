import type { BookImage } from '../exchange/exchange.ts';
import { Beat } from './beat.ts';
import type { Topics } from './topics.ts';

const CHANNEL = 'books-rpi';
const PUSH_MS = 100;

type LevelRow = [px: string, sz: string, invalid: string, orders: string];

/** Changes of one instrument since the last push. */
interface Pending {
  readonly asks: Map<string, LevelRow>;
  readonly bids: Map<string, LevelRow>;
}

/**
 * The channel `books-rpi`: the RPI orders alone, which `books` does not show; a snapshot, and every 100 ms what has changed.
 * Numbers are a series of their own. All of them count as valid: the third column is 0.
 */
export class RpiBooks {
  readonly #topics: Topics;
  readonly #bookOf: (instId: string) => BookImage | null;
  readonly #pending = new Map<string, Pending>();
  /** seqId of what was last pushed, by instrument that somebody listens to. */
  readonly #pushed = new Map<string, number>();
  readonly #beat = new Beat<string>(PUSH_MS);

  constructor(topics: Topics, bookOf: (instId: string) => BookImage | null) {
    this.#topics = topics;
    this.#bookOf = bookOf;
  }

  static topic(instId: string): string {
    return `${CHANNEL}:${instId}`;
  }

  get dueMs(): number {
    return this.#beat.dueMs;
  }

  /** What a new subscriber gets; those who listen already have been told what it tells. */
  firstPush(instId: string, nowMs: number): string {
    this.#push(instId, nowMs);
    const book = this.#bookOf(instId)!;
    this.#pushed.set(instId, book.seqId);
    const rows = (side: BookImage['asks']): LevelRow[] =>
      side.map(([px, sz, orders]) => [px, sz, '0', orders]);
    const data = {
      asks: rows(book.asks),
      bids: rows(book.bids),
      ts: String(Math.floor(nowMs)),
      prevSeqId: -1,
      seqId: book.seqId,
    };
    return JSON.stringify({ arg: { channel: CHANNEL, instId }, action: 'snapshot', data: [data] });
  }

  change(instId: string, side: 'asks' | 'bids', px: string, sz: string, orders: string, nowMs: number): void {
    if (!this.#pushed.has(instId)) return;
    let pending = this.#pending.get(instId);
    if (pending === undefined) this.#pending.set(instId, (pending = { asks: new Map(), bids: new Map() }));
    pending[side].set(px, [px, sz, '0', orders]);
    this.#beat.add(instId, nowMs);
  }

  advance(nowMs: number): void {
    for (const instId of this.#beat.take()) this.#push(instId, nowMs);
  }

  #push(instId: string, nowMs: number): void {
    const pending = this.#pending.get(instId);
    const prevSeqId = this.#pushed.get(instId);
    if (pending === undefined || prevSeqId === undefined) return;
    this.#pending.delete(instId);
    const topic = RpiBooks.topic(instId);
    if (!this.#topics.hasSubscribers(topic)) {
      this.#pushed.delete(instId);
      return;
    }
    const { seqId } = this.#bookOf(instId)!;
    this.#pushed.set(instId, seqId);
    const [asks, bids] = [[...pending.asks.values()], [...pending.bids.values()]];
    const data = { asks, bids, ts: String(Math.floor(nowMs)), prevSeqId, seqId };
    const push = { arg: { channel: CHANNEL, instId }, action: 'update', data: [data] };
    this.#topics.publish(topic, JSON.stringify(push), nowMs);
  }
}
