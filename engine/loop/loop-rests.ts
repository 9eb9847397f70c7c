/**
 * What is not asked for again before a while, because the venue has just said no.
 *
 * Owner:      the engine thread; written by the way in, read by the way out.
 * Invariants: every rest ends by itself; cancels have rests of their own, and no rest of a place or amend holds one up.
 * Cost:       a store or a comparison; nothing allocates once constructed.
 */
import { Side } from '../base/side.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';

/**
 * A refused cancel is asked for again after this, and then ever less often: at once it would be refused again, three hundred
 * times in two seconds, and eat up the others' budget.
 */
const CANCEL_RETRY_NS_MIN = 100 * NS_PER_MS;
const CANCEL_RETRY_NS_MAX = 1_000 * NS_PER_MS;

export class LoopRests {
  /** By instrument × 2 + side: no place or amend before this, after a refusal that said so. */
  readonly untilNs: Float64Array;
  /** By instrument × 2 + side: no place before this, after the venue has cancelled one of ours by itself. */
  readonly placeUntilNs: Float64Array;
  /** By slot: no cancel before this. */
  readonly cancelUntilNs: Float64Array;
  /** By slot: since when its cancels are refused. */
  readonly #cancelRefusedNs: Float64Array;

  constructor(instrumentCount: number, slots: number) {
    this.untilNs = new Float64Array(instrumentCount * 2);
    this.placeUntilNs = new Float64Array(instrumentCount * 2);
    this.cancelUntilNs = new Float64Array(slots).fill(-Infinity);
    this.#cancelRefusedNs = new Float64Array(slots);
  }

  /** @hot A new order has the slot. */
  onPlaced(slot: number): void {
    this.cancelUntilNs[slot] = -Infinity;
  }

  rest(instrument: number, side: Side, untilNs: Nanoseconds): void {
    const at = instrument * 2 + side;
    if (untilNs > this.untilNs[at]!) this.untilNs[at] = untilNs;
  }

  restBoth(instrument: number, untilNs: Nanoseconds): void {
    this.rest(instrument, Side.buy, untilNs);
    this.rest(instrument, Side.sell, untilNs);
  }

  /** A cancel was refused, or its outcome is not known. True when its cancels have been refused for `patienceNs`. */
  onCancelRefused(slot: number, nowNs: Nanoseconds, patienceNs: Nanoseconds): boolean {
    const isFirst = nowNs - this.cancelUntilNs[slot]! > patienceNs;
    if (isFirst) this.#cancelRefusedNs[slot] = nowNs;
    const refusedNs = nowNs - this.#cancelRefusedNs[slot]!;
    const waitNs = Math.min(Math.max(refusedNs, CANCEL_RETRY_NS_MIN), CANCEL_RETRY_NS_MAX);
    this.cancelUntilNs[slot] = nowNs + waitNs;
    return refusedNs > patienceNs;
  }
}
