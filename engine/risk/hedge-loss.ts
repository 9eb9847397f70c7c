/**
 * What a group's hedges of a UTC day have cost, and the limit at which they stop.
 *
 * A hedge loses and gains with the market what the positions that it hedges gain and lose: its profit says nothing about it.
 * Its cost is the way from the fair price at which it began to where it was filled, with fees: what it would have saved to
 * have hedged at once and for nothing.
 *
 * Owner:      the engine thread.
 * Invariants: stopped it stays, over midnight and restarts, until an operator resumes; a fill that is told late counts on
 *             the day that is, never on one that is over; a cost that is not a number stops it, too.
 * Cost:       cold: a fill of a hedge.
 */
import type { Milliseconds } from '../base/units.ts';

const MS_PER_DAY = 86_400_000;

/** What a restart must keep. Plain JSON. */
export interface HedgeLossState {
  readonly coin: string;
  /** Days since 1970, UTC, by the venue's clock. */
  readonly day: number;
  readonly cost: number;
  readonly isStopped: boolean;
}

export class HedgeLoss {
  readonly coin: string;
  /** Of `day`, in the account's currency; below zero when hedges were filled better than where they began. */
  cost = 0;
  isStopped = false;
  #day = 0;
  #lossMax: number;

  constructor(coin: string, lossMax: number) {
    this.coin = coin;
    this.#lossMax = lossMax;
  }

  get lossMax(): number {
    return this.#lossMax;
  }

  /** A limit that is reached already stops with the next cost. */
  setLimit(lossMax: number): void {
    this.#lossMax = lossMax;
  }

  /** Counts what a fill has cost. True when that stops it. */
  onCost(cost: number, venueMs: Milliseconds): boolean {
    const day = Math.floor(venueMs / MS_PER_DAY);
    if (day > this.#day) {
      this.#day = day;
      this.cost = 0;
    }
    if (!Number.isNaN(cost)) this.cost += cost;
    if (this.isStopped || (!Number.isNaN(cost) && this.cost < this.#lossMax)) return false;
    this.isStopped = true;
    return true;
  }

  /** The operator's word: it goes on, and costs count anew from here. */
  resume(): void {
    this.cost = 0;
    this.isStopped = false;
  }

  state(): HedgeLossState {
    return { coin: this.coin, day: this.#day, cost: this.cost, isStopped: this.isStopped };
  }

  restore({ day, cost, isStopped }: HedgeLossState): void {
    this.#day = day;
    this.cost = cost;
    this.isStopped = isStopped;
  }
}
