import type { Clock } from '../engine/base/clock.ts';
import type { Handoff } from '../engine/handoff/handoff-memory.ts';
import { Quoter } from './quoter-core.ts';

/**
 * The quoters of all workers on the calling thread, through the same slots and bells: for replay, backtest, simulation
 * and tests, where the same inputs must give the same outputs, and for a machine without a core to spare.
 */
export class InlineQuoter {
  readonly #quoters: readonly Quoter[];

  /** The configuration must have been published before. */
  constructor(handoff: Handoff, clock: Clock) {
    this.#quoters = Array.from(
      { length: handoff.workerCount },
      (_, worker) => new Quoter(handoff, worker, clock),
    );
  }

  /** @hot Quotes every instrument whose market bell rang since the last turn; returns how many quotes were published. */
  turn(): number {
    let published = 0;
    for (let worker = 0; worker < this.#quoters.length; worker++) published += this.#quoters[worker].pass();
    return published;
  }
}
