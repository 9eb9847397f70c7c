/**
 * Fills of one instrument that have not reached their last horizon, oldest first.
 *
 *     ring   [ . . f0 f1 f2 f3 . ]      first ──▶ f0, front ──▶ behind f3
 *     next   by horizon: the oldest fill that has not reached it; a longer horizon never has a younger one
 *
 * Owner:      the engine thread.
 * Invariants: first ≤ next[300 s] ≤ … ≤ next[0.1 s] ≤ front ≤ first + PENDING_MAX; when a fill has to make room before its
 *             last horizon, the markouts that it will not have are counted.
 * Cost:       a fill is a row of stores; nothing allocates once constructed.
 */
import { HORIZONS } from '../base/fill-groups.ts';
import { Side } from '../base/side.ts';
import type { Lots, Milliseconds } from '../base/units.ts';

/** Fills within 300 s of one instrument: 3.4 a second. */
const PENDING_MAX = 1_024;

export class PendingFills {
  /** Markouts that are not known: too many fills came within a horizon, or one was told long after. */
  dropped = 0;
  readonly tradeId = new Float64Array(PENDING_MAX);
  readonly tsMs = new Float64Array(PENDING_MAX);
  readonly side = new Uint8Array(PENDING_MAX);
  readonly ticks = new Float64Array(PENDING_MAX);
  readonly lots = new Float64Array(PENDING_MAX);
  readonly value = new Float64Array(PENDING_MAX);
  /** Of the middle just before it; 0 where it is not known: then nothing is adverse selection. */
  readonly sumBefore = new Float64Array(PENDING_MAX);
  /** Groups that it counts in. */
  readonly level = new Uint8Array(PENDING_MAX);
  readonly age = new Uint8Array(PENDING_MAX);
  readonly queue = new Uint8Array(PENDING_MAX);
  readonly model = new Uint8Array(PENDING_MAX);
  readonly modelVersion = new Int32Array(PENDING_MAX);
  readonly configVersion = new Int32Array(PENDING_MAX);
  readonly isHedge = new Uint8Array(PENDING_MAX);

  /** By horizon: how many fills have reached it or were dropped. */
  readonly #next = new Float64Array(HORIZONS);
  #front = 0;
  #first = 0;

  /** The cell of a new fill, whose columns are the caller's to set. */
  add(): number {
    if (this.#front - this.#first === PENDING_MAX) this.#drop();
    return this.#front++ % PENDING_MAX;
  }

  /** The cell of the oldest fill that has not reached the horizon; -1 when there is none. */
  oldest(horizon: number): number {
    const next = this.#next[horizon]!;
    return next < this.#front ? next % PENDING_MAX : -1;
  }

  /** The oldest fill has reached the horizon. */
  pass(horizon: number): void {
    this.#next[horizon]!++;
    if (horizon === HORIZONS - 1) this.#first = this.#next[horizon]!;
  }

  /** The cell of the trade; -1 when it waits no more. */
  find(tradeId: number): number {
    for (let index = this.#front - 1; index >= this.#first; index--) {
      if (this.tradeId[index % PENDING_MAX] === tradeId) return index % PENDING_MAX;
    }
    return -1;
  }

  /** Whether any fill waits for a horizon. */
  get isEmpty(): boolean {
    return this.#first === this.#front;
  }

  signedLots(cell: number): Lots {
    return this.side[cell] === Side.buy ? this.lots[cell]! : -this.lots[cell]!;
  }

  dueMs(cell: number, afterMs: Milliseconds): Milliseconds {
    return this.tsMs[cell]! + afterMs;
  }

  #drop(): void {
    for (let horizon = 0; horizon < HORIZONS; horizon++) {
      if (this.#next[horizon]! > this.#first) continue;
      this.#next[horizon]!++;
      this.dropped++;
    }
    this.#first++;
  }
}
