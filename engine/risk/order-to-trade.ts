/**
 * Quotes wider while there are too many orders for each fill: what the venue's fill-ratio rules look at, long before they
 * cost anything.
 *
 * Owner:      the engine thread.
 * Invariants: places and amends of the window over its fills, at least one fill; nothing is judged on fewer orders than
 *             the sample.
 * Cost:       an order is two stores; a timer is a subtraction a bucket that leaves the window.
 *
 * The window is cut into buckets; it looks back over all whole ones and the one that is being filled.
 */
import { assert } from '../base/assert.ts';
import type { Nanoseconds, TimeCell } from '../base/units.ts';
import { HeldLevels } from './held-levels.ts';
import { ACCOUNT, KillLevel, KillTrigger } from './kill-ladder.ts';
import type { KillLadder } from './kill-ladder.ts';

const BUCKETS = 60;
const RING = BUCKETS + 1;

export interface OrderToTradeOptions {
  readonly ladder: KillLadder;
  /** Places and amends for each fill; 0 for no limit. */
  readonly ratioMax: number;
  readonly windowNs: Nanoseconds;
  /** Fewer orders than this in the window say nothing. */
  readonly sampleMin: number;
  readonly holdNs: Nanoseconds;
}

export class OrderToTrade {
  readonly #sampleMin: number;
  #ratioMax: number;
  readonly #windowNs: Nanoseconds;
  readonly #level: HeldLevels;
  readonly #orders = new Float64Array(RING);
  readonly #fills = new Float64Array(RING);
  #orderSum = 0;
  #fillSum = 0;
  #bucket = -1;

  constructor(options: OrderToTradeOptions) {
    assert(options.windowNs > 0, 'a window has a length');
    this.#sampleMin = options.sampleMin;
    this.#ratioMax = options.ratioMax;
    this.#windowNs = options.windowNs;
    this.#level = new HeldLevels(options.ladder, KillTrigger.orderToTrade, ACCOUNT, [options.holdNs]);
  }

  /** Another limit, from the next timer on: one that is gone lets go with the hold. As the options. */
  configure(ratioMax: number): void {
    this.#ratioMax = ratioMax;
  }

  /** Places and amends of the window for each fill. */
  get ratio(): number {
    return this.#orderSum / Math.max(1, this.#fillSum);
  }

  /** @hot Places or amends that were sent. */
  onOrders(count: number, now: TimeCell): void {
    this.#advance(now);
    this.#orders[this.#bucket % RING]! += count;
    this.#orderSum += count;
  }

  /** @hot */
  onFill(now: TimeCell): void {
    this.#advance(now);
    this.#fills[this.#bucket % RING]!++;
    this.#fillSum++;
  }

  onTimer(now: TimeCell): void {
    if (this.#ratioMax === 0 && this.#level.isClear(ACCOUNT)) return;
    this.#advance(now);
    const isLimited = this.#ratioMax > 0 && this.#orderSum >= this.#sampleMin;
    const isTooMany = isLimited && this.ratio > this.#ratioMax;
    this.#level.ask(isTooMany ? KillLevel.wider : KillLevel.quoting, ACCOUNT, now);
  }

  /** @hot Empties the buckets that the time has reached since the last call. */
  #advance(now: TimeCell): void {
    const bucket = Math.floor((now[0]! * BUCKETS) / this.#windowNs);
    for (let next = Math.max(this.#bucket + 1, bucket - BUCKETS); next <= bucket; next++) {
      const cell = next % RING;
      this.#orderSum -= this.#orders[cell]!;
      this.#fillSum -= this.#fills[cell]!;
      this.#orders[cell] = 0;
      this.#fills[cell] = 0;
    }
    if (bucket > this.#bucket) this.#bucket = bucket;
  }
}
