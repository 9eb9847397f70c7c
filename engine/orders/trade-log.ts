/**
 * Which trades were booked: a ring of the newest ones, found by instrument and trade id through chained hashes.
 *
 * Owner:      the engine thread; written by Fills, and by whoever restores a saved state.
 * Invariants: a trade stands at most once in the log; entries leave in the order in which they came.
 * Cost:       a look walks one chain, which holds half an entry on the average; look and add allocate nothing.
 *
 *   heads  [ . 3 . . 7 . ]        bucket of the hash ──▶ newest entry of its chain
 *   next   [ -1 .. 1 .. 3 ]       entry ──▶ older entry of the same bucket
 *   ring   entry = how many came before it, modulo the capacity: the next one to be written is the oldest
 */
import { assert } from '../base/assert.ts';
import type { Milliseconds } from '../base/units.ts';

/** What the log knows of a trade. */
export const TradeMark = { none: 0, booked: 1, withFee: 2 } as const;
export type TradeMark = (typeof TradeMark)[keyof typeof TradeMark];

/** One trade of the log, as a saved state holds it. */
export interface TradeKey {
  readonly instrument: number;
  readonly tradeId: number;
  /** The venue's time of the trade. */
  readonly tsMs: Milliseconds;
  readonly hasFee: boolean;
}

const END = -1;

export class TradeLog {
  /** Trades held. */
  count = 0;
  /**
   * The venue's time of the newest trade that had to make room: of a trade that is not newer than this, the log cannot say
   * that it was never booked. Far behind any trade that may still come, if the capacity is chosen well.
   */
  evictedMs: Milliseconds = -Infinity;

  readonly #capacity: number;
  readonly #mask: number;
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #instrument: Int32Array;
  readonly #tradeId: Float64Array;
  readonly #tsMs: Float64Array;
  readonly #hasFee: Uint8Array;
  /** The entry to be written next. */
  #front = 0;

  /** @param capacity as many trades as can come between two times at which all are known to be booked */
  constructor(capacity: number) {
    assert(capacity >= 1, 'a trade log holds at least one trade');
    this.#capacity = capacity;
    const buckets = 2 ** Math.ceil(Math.log2(capacity * 2));
    this.#mask = buckets - 1;
    this.#heads = new Int32Array(buckets).fill(END);
    this.#next = new Int32Array(capacity).fill(END);
    this.#instrument = new Int32Array(capacity);
    this.#tradeId = new Float64Array(capacity);
    this.#tsMs = new Float64Array(capacity);
    this.#hasFee = new Uint8Array(capacity);
  }

  /** @hot Whether the trade was booked, and whether its fee was. */
  look(instrument: number, tradeId: number): TradeMark {
    const entry = this.#find(instrument, tradeId);
    if (entry === END) return TradeMark.none;
    return this.#hasFee[entry] === 1 ? TradeMark.withFee : TradeMark.booked;
  }

  /** @hot Notes that a trade was booked; the oldest one makes room when the log is full. */
  add(instrument: number, tradeId: number, tsMs: Milliseconds, hasFee: boolean): void {
    assert(this.#find(instrument, tradeId) === END, 'a trade is logged once');
    const entry = this.#front;
    this.#front = (entry + 1) % this.#capacity;
    if (this.count === this.#capacity) this.#evict(entry);
    else this.count++;
    const bucket = this.#bucketOf(instrument, tradeId);
    this.#instrument[entry] = instrument;
    this.#tradeId[entry] = tradeId;
    this.#tsMs[entry] = tsMs;
    this.#hasFee[entry] = hasFee ? 1 : 0;
    this.#next[entry] = this.#heads[bucket]!;
    this.#heads[bucket] = entry;
  }

  /** @hot Notes that the fee of a trade in the log was booked too. */
  markFee(instrument: number, tradeId: number): void {
    const entry = this.#find(instrument, tradeId);
    assert(entry !== END, 'only a trade that was booked has its fee booked');
    this.#hasFee[entry] = 1;
  }

  /** The trades from `tsMs` on, in the order in which they were booked. Cold. */
  rowsSince(tsMs: Milliseconds): TradeKey[] {
    const rows: TradeKey[] = [];
    const oldest = this.#front - this.count + this.#capacity;
    for (let index = 0; index < this.count; index++) {
      const entry = (oldest + index) % this.#capacity;
      if (this.#tsMs[entry]! < tsMs) continue;
      rows.push({
        instrument: this.#instrument[entry]!,
        tradeId: this.#tradeId[entry]!,
        tsMs: this.#tsMs[entry]!,
        hasFee: this.#hasFee[entry] === 1,
      });
    }
    return rows;
  }

  #find(instrument: number, tradeId: number): number {
    let entry = this.#heads[this.#bucketOf(instrument, tradeId)]!;
    while (entry !== END && (this.#tradeId[entry] !== tradeId || this.#instrument[entry] !== instrument)) {
      entry = this.#next[entry]!;
    }
    return entry;
  }

  #evict(entry: number): void {
    this.evictedMs = Math.max(this.evictedMs, this.#tsMs[entry]!);
    const bucket = this.#bucketOf(this.#instrument[entry]!, this.#tradeId[entry]!);
    let at = this.#heads[bucket]!;
    if (at === entry) {
      this.#heads[bucket] = this.#next[entry]!;
      return;
    }
    while (this.#next[at] !== entry) at = this.#next[at]!;
    this.#next[at] = this.#next[entry]!;
  }

  /** Ids of one instrument follow each other: multiplying spreads them, and the high bits are the well mixed ones. */
  #bucketOf(instrument: number, tradeId: number): number {
    // ToInt32 takes the low 32 bits of a whole number of any size.
    const mixed = Math.imul((tradeId | 0) ^ Math.imul(instrument + 1, 0x9e37_79b1), 0x85eb_ca6b);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }
}
