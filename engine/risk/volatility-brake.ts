/**
 * Quotes wider when the fair price has moved far within a short time, and pauses when it has moved twice as far.
 *
 * Owner:      the engine thread.
 * Invariants: a move is the distance between the lowest and the highest fair price of at least the window; it brakes at
 *             once, and lets go after a calm of the hold.
 * Cost:       a fair price inside the range that is known is four comparisons; a new bucket looks at all of them once.
 *
 * The window is cut into buckets, each with its lowest and highest price. It looks back over all whole ones and the one
 * that is being filled, so by up to a sixteenth longer than asked for.
 */
import { assert } from '../base/assert.ts';
import type { Nanoseconds, TimeCell } from '../base/units.ts';
import { brakeLevel } from './brake-limits.ts';
import type { BrakeLimits } from './brake-limits.ts';
import { HeldLevels } from './held-levels.ts';
import { KillTrigger } from './kill-ladder.ts';
import type { KillLadder } from './kill-ladder.ts';

/** Whole buckets of a window; one more is being filled. */
const BUCKETS = 16;
const RING = BUCKETS + 1;

export interface VolatilityBrakeOptions {
  readonly ladder: KillLadder;
  /** By instrument. */
  readonly limits: readonly BrakeLimits[];
}

export class VolatilityBrake {
  /** By instrument: the move over the window as of the last fair price or timer. */
  readonly moveBps: Float64Array;

  #limits: readonly BrakeLimits[];
  readonly #levels: HeldLevels;
  /** By instrument × buckets + bucket. An empty bucket is Infinity and -Infinity. */
  readonly #low: Float64Array;
  readonly #high: Float64Array;
  /** By instrument: the extremes of all buckets, and the number of the bucket that is being filled. */
  readonly #windowLow: Float64Array;
  readonly #windowHigh: Float64Array;
  readonly #bucket: Float64Array;

  constructor(options: VolatilityBrakeOptions) {
    const { ladder, limits } = options;
    const count = limits.length;
    for (const { volatilityWindowNs } of limits) assert(volatilityWindowNs > 0, 'a window has a length');
    this.moveBps = new Float64Array(count);
    this.#limits = limits;
    this.#levels = new HeldLevels(
      ladder,
      KillTrigger.volatility,
      0,
      limits.map(({ holdNs }) => holdNs),
    );
    this.#low = new Float64Array(count * RING).fill(Infinity);
    this.#high = new Float64Array(count * RING).fill(-Infinity);
    this.#windowLow = new Float64Array(count).fill(Infinity);
    this.#windowHigh = new Float64Array(count).fill(-Infinity);
    this.#bucket = new Float64Array(count).fill(-1);
  }

  /**
   * Other limits, windows and holds, from the next fair price or timer on. The move that is known moves as a whole into the
   * bucket that is being filled: a change of the window must not make a brake forget what it saw.
   */
  configure(limits: readonly BrakeLimits[]): void {
    for (const { volatilityWindowNs } of limits) assert(volatilityWindowNs > 0, 'a window has a length');
    this.#levels.configure(limits.map(({ holdNs }) => holdNs));
    for (const [instrument, { volatilityWindowNs }] of limits.entries()) {
      const beforeNs = this.#limits[instrument]!.volatilityWindowNs;
      if (volatilityWindowNs !== beforeNs) this.#regrid(instrument, beforeNs, volatilityWindowNs);
    }
    this.#limits = limits;
  }

  #regrid(instrument: number, beforeNs: Nanoseconds, afterNs: Nanoseconds): void {
    const bucket = this.#bucket[instrument]!;
    if (bucket < 0) return;
    const first = instrument * RING;
    this.#low.fill(Infinity, first, first + RING);
    this.#high.fill(-Infinity, first, first + RING);
    // The bucket of the new grid in which the old one's began, which is not in the future.
    this.#bucket[instrument] = Math.floor((bucket * beforeNs) / afterNs);
    const cell = first + (this.#bucket[instrument]! % RING);
    this.#low[cell] = this.#windowLow[instrument]!;
    this.#high[cell] = this.#windowHigh[instrument]!;
  }

  /** @hot The fair price of a market, from an array by instrument; 0 while there is none, which is no news. */
  onFair(instrument: number, fairs: Float64Array, now: TimeCell): void {
    const fairTicks = fairs[instrument]!;
    if (!(fairTicks > 0)) return;
    this.#advance(instrument, now);
    const cell = instrument * RING + (this.#bucket[instrument]! % RING);
    if (fairTicks < this.#low[cell]!) this.#low[cell] = fairTicks;
    if (fairTicks > this.#high[cell]!) this.#high[cell] = fairTicks;
    const isLower = fairTicks < this.#windowLow[instrument]!;
    const isHigher = fairTicks > this.#windowHigh[instrument]!;
    if (!isLower && !isHigher) return;
    if (isLower) this.#windowLow[instrument] = fairTicks;
    if (isHigher) this.#windowHigh[instrument] = fairTicks;
    this.#judge(instrument, now);
  }

  /** Old moves leave the window also when no price comes. */
  onTimer(now: TimeCell): void {
    for (let instrument = 0; instrument < this.#limits.length; instrument++) {
      this.#advance(instrument, now);
      this.#judge(instrument, now);
    }
  }

  /** @hot Empties the buckets that the time has reached since the last call. */
  #advance(instrument: number, now: TimeCell): void {
    const bucket = Math.floor((now[0]! * BUCKETS) / this.#limits[instrument]!.volatilityWindowNs);
    const before = this.#bucket[instrument]!;
    if (bucket <= before) return;
    this.#bucket[instrument] = bucket;
    const first = instrument * RING;
    for (let next = Math.max(before + 1, bucket - BUCKETS); next <= bucket; next++) {
      this.#low[first + (next % RING)] = Infinity;
      this.#high[first + (next % RING)] = -Infinity;
    }
    let low = Infinity;
    let high = -Infinity;
    for (let cell = first; cell < first + RING; cell++) {
      if (this.#low[cell]! < low) low = this.#low[cell]!;
      if (this.#high[cell]! > high) high = this.#high[cell]!;
    }
    this.#windowLow[instrument] = low;
    this.#windowHigh[instrument] = high;
  }

  /** @hot */
  #judge(instrument: number, now: TimeCell): void {
    const low = this.#windowLow[instrument]!;
    const moveBps = low === Infinity ? 0 : ((this.#windowHigh[instrument]! - low) * 10_000) / low;
    const limitBps = this.#limits[instrument]!.volatilityBps;
    this.moveBps[instrument] = moveBps;
    this.#levels.ask(brakeLevel(moveBps, limitBps), instrument, now);
  }
}
