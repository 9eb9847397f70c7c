/**
 * Which orders are in doubt: unknown or gone, so that their fate has to be asked for. And which are to be put in doubt,
 * because a command has waited too long for its outcome.
 *
 * Owner:      the order table.
 * Invariants: count is how many orders are in doubt, and unknownSinceNs is Infinity for all others; no command that waits
 *             was sent before the bound, which may be too early and never too late.
 * Cost:       a few comparisons a command and a change of state; a look at all orders only where the bound has been passed.
 */
import type { Nanoseconds, TimeCell } from '../base/units.ts';
import type { AmendsInFlight } from './amends-in-flight.ts';
import { END } from './order-lists.ts';
import { OrderState } from './order-state.ts';

/** What the table keeps of each order, by slot, read in place. */
export interface WaitingOrders {
  readonly state: Uint8Array;
  readonly isCancelInFlight: Uint8Array;
  readonly sentNs: Float64Array;
  readonly amends: AmendsInFlight;
}

export class OrderDoubts {
  count = 0;
  /** Per slot: since when its fate is unknown, by the newest time told to the table; Infinity otherwise. */
  readonly unknownSinceNs: Float64Array;

  readonly #orders: WaitingOrders;
  /** No command that waits for its outcome is older; Infinity where none waits. */
  readonly #waitingSince: TimeCell = Float64Array.of(Infinity);

  constructor(capacity: number, orders: WaitingOrders) {
    this.unknownSinceNs = new Float64Array(capacity).fill(Infinity);
    this.#orders = orders;
  }

  /** The first slot from `from` on whose order is in doubt; END when there is none. */
  next(from: number): number {
    const { state } = this.#orders;
    for (let slot = from; slot < state.length; slot++) {
      if (isDoubtful(state[slot] as OrderState)) return slot;
    }
    return END;
  }

  /** Since when the order that is longest in doubt has been so; Infinity when there is none. */
  oldestNs(): Nanoseconds {
    let oldest = Infinity;
    if (this.count === 0) return oldest;
    for (let slot = 0; slot < this.unknownSinceNs.length; slot++) {
      oldest = Math.min(oldest, this.unknownSinceNs[slot]!);
    }
    return oldest;
  }

  /** @hot An order goes from one state to another at `now`. */
  onMove(slot: number, from: OrderState, to: OrderState, now: TimeCell): void {
    const wasDoubtful = isDoubtful(from);
    if (isDoubtful(to) === wasDoubtful) return;
    // Back from a doubt it may wait for what was sent long ago: the next timer looks at all.
    if (wasDoubtful) this.#waitingSince[0] = -Infinity;
    this.count += wasDoubtful ? -1 : 1;
    this.unknownSinceNs[slot] = wasDoubtful ? Infinity : now[0]!;
  }

  /** @hot A command was sent at `now`. */
  onSent(now: TimeCell): void {
    if (now[0]! < this.#waitingSince[0]!) this.#waitingSince[0] = now[0]!;
  }

  /**
   * Begins a look at all orders, one after the other by `hasWaited`; false when none can have waited since `before`. Mostly
   * none can: with a table for a hundred instruments the look was the dearest part of the timer.
   */
  beginLook(before: TimeCell): boolean {
    if (this.#waitingSince[0]! > before[0]!) return false;
    this.#waitingSince[0] = Infinity;
    return true;
  }

  /** Whether the order waits for the outcome of a command that was sent at `before` or earlier. */
  hasWaited(slot: number, before: TimeCell): boolean {
    if (!this.#isWaiting(slot)) return false;
    const sinceNs = this.#waitsSinceNs(slot);
    if (sinceNs <= before[0]!) return true;
    if (sinceNs < this.#waitingSince[0]!) this.#waitingSince[0] = sinceNs;
    return false;
  }

  #isWaiting(slot: number): boolean {
    const { amends, isCancelInFlight } = this.#orders;
    const state = this.#orders.state[slot];
    if (state === OrderState.pendingPlace || state === OrderState.accepted) return true;
    if (state === OrderState.live) return amends.count[slot]! > 0 || isCancelInFlight[slot] === 1;
    return state === OrderState.unknown && isCancelInFlight[slot] === 1;
  }

  /** An amend waits for its own outcome, whatever was sent after it. In doubt, only the cancel is waited for. */
  #waitsSinceNs(slot: number): Nanoseconds {
    const sentNs = this.#orders.sentNs[slot]!;
    if (this.#orders.state[slot] !== OrderState.live) return sentNs;
    return Math.min(sentNs, this.#orders.amends.oldestNs(slot));
  }
}

/** Whether its fate has to be asked for. */
function isDoubtful(state: OrderState): boolean {
  return state === OrderState.unknown || state === OrderState.gone;
}
