/**
 * Where the middle was before and after fills.
 *
 *     m(t0⁻)     the last middle whose book is older than the trade by the venue's clock: a book of the same millisecond may
 *                already show what the trade did
 *     m(t0 + h)  the middle at the horizon, by the venue's clock too: the last book that is not younger
 *
 * Source: models.md par. 7: MO_h = s·(m(t0+h) − p), in bps 1e4·MO/p, weighted by value. A horizon that the run does not
 * reach counts nowhere.
 *
 * Books come late by their own latency, and so do fills by theirs; both carry the venue's time, which is what counts here.
 */
import { OLDEST_FOR_MS } from '../attribution/mid-history.ts';
import { HORIZONS_SECONDS } from '../base/fill-groups.ts';
import { sideSign } from '../base/side.ts';
import type { Side } from '../base/side.ts';
import type { Milliseconds } from '../base/units.ts';
import type { Markout } from './run-result.ts';

/** Middles that are remembered: of a fill that is told later than so many changes after it, they may not be known. */
const HISTORY = 1_024;

interface Pending {
  readonly side: Side;
  readonly dueMs: Milliseconds;
  readonly price: number;
  readonly value: number;
}

export class MarkoutWatch {
  readonly #historyMs = new Float64Array(HISTORY);
  readonly #historyMid = new Float64Array(HISTORY);
  #historyCount = 0;
  #mid = NaN;
  /** The venue's time of the book that it is from. */
  #bookMs = -Infinity;
  readonly #pending: Pending[][] = HORIZONS_SECONDS.map(() => []);
  readonly #next = HORIZONS_SECONDS.map(() => 0);
  readonly sums = HORIZONS_SECONDS.map(() => new MarkoutSums());

  /** The book of `tsMs` has this middle. */
  onMid(tsMs: Milliseconds, mid: number): void {
    this.#settle(tsMs);
    this.#mid = mid;
    this.#bookMs = tsMs;
    const at = this.#historyCount++ % HISTORY;
    this.#historyMs[at] = tsMs;
    this.#historyMid[at] = mid;
  }

  /** The middle just before `tsMs`; NaN where it is not known. */
  midBefore(tsMs: Milliseconds): number {
    return this.#midUntil(tsMs, false);
  }

  /**
   * The newest middle whose book is older than `tsMs`, or of that very time where `isIncluded`; the oldest one shortly
   * before it, and NaN of what was before that.
   */
  #midUntil(tsMs: Milliseconds, isIncluded: boolean): number {
    const oldest = Math.max(0, this.#historyCount - HISTORY);
    let bookMs = Infinity;
    for (let index = this.#historyCount - 1; index >= oldest; index--) {
      bookMs = this.#historyMs[index % HISTORY]!;
      if (isIncluded ? bookMs <= tsMs : bookMs < tsMs) return this.#historyMid[index % HISTORY]!;
    }
    return bookMs - tsMs <= OLDEST_FOR_MS ? this.#historyMid[oldest % HISTORY]! : NaN;
  }

  /** @param value of the trade, in money: its weight */
  onFill(side: Side, tsMs: Milliseconds, price: number, value: number): void {
    for (let horizon = 0; horizon < HORIZONS_SECONDS.length; horizon++) {
      const dueMs = tsMs + HORIZONS_SECONDS[horizon]! * 1_000;
      // A fill that is told late: what its horizon ended at is past already.
      if (dueMs < this.#bookMs) this.#count(horizon, side, price, value, this.#midUntil(dueMs, true));
      else this.#pending[horizon]!.push({ side, dueMs, price, value });
    }
  }

  /** It is `nowMs` at the venue and no book has come since: what fell due before it is settled. */
  finish(nowMs: Milliseconds): void {
    this.#settle(nowMs);
  }

  /** Horizons that end before `tsMs` end at the middle that is known now. */
  #settle(tsMs: Milliseconds): void {
    if (Number.isNaN(this.#mid)) return;
    for (let horizon = 0; horizon < HORIZONS_SECONDS.length; horizon++) {
      const pending = this.#pending[horizon]!;
      let next = this.#next[horizon]!;
      while (next < pending.length && pending[next]!.dueMs < tsMs) {
        const { side, price, value } = pending[next]!;
        this.#count(horizon, side, price, value, this.#mid);
        next++;
      }
      if (next > HISTORY) {
        pending.splice(0, next);
        next = 0;
      }
      this.#next[horizon] = next;
    }
  }

  #count(horizon: number, side: Side, price: number, value: number, mid: number): void {
    if (Number.isNaN(mid)) return;
    const bps = (sideSign(side) * (mid - price) * 10_000) / price;
    this.sums[horizon]!.add(side, bps, value);
  }
}

export class MarkoutSums {
  #n = 0;
  #bps = 0;
  #squares = 0;
  #money = 0;
  readonly #sideMoney = [0, 0];
  readonly #sideValue = [0, 0];

  add(side: Side, bps: number, value: number): void {
    this.#n++;
    this.#bps += bps;
    this.#squares += bps * bps;
    this.#money += (bps * value) / 10_000;
    this.#sideMoney[side]! += (bps * value) / 10_000;
    this.#sideValue[side]! += value;
  }

  merge(other: MarkoutSums): void {
    this.#n += other.#n;
    this.#bps += other.#bps;
    this.#squares += other.#squares;
    this.#money += other.#money;
    for (const side of [0, 1]) {
      this.#sideMoney[side]! += other.#sideMoney[side]!;
      this.#sideValue[side]! += other.#sideValue[side]!;
    }
  }

  markout(): Markout {
    const bpsOf = (money: number, value: number): number | null =>
      value > 0 ? (money * 10_000) / value : null;
    return {
      n: this.#n,
      bps: bpsOf(this.#money, this.#sideValue[0]! + this.#sideValue[1]!),
      standardErrorBps: this.#standardError(),
      money: this.#money,
      buyBps: bpsOf(this.#sideMoney[0]!, this.#sideValue[0]!),
      sellBps: bpsOf(this.#sideMoney[1]!, this.#sideValue[1]!),
    };
  }

  #standardError(): number | null {
    if (this.#n < 2) return null;
    const variance = (this.#squares - (this.#bps * this.#bps) / this.#n) / (this.#n - 1);
    return Math.sqrt(Math.max(0, variance) / this.#n);
  }
}

/** By horizon in seconds. */
export function markoutsOf(sums: readonly MarkoutSums[]): Record<string, Markout> {
  return Object.fromEntries(
    HORIZONS_SECONDS.map((seconds, index) => [String(seconds), sums[index]!.markout()]),
  );
}
