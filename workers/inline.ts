import type { Clock } from '../engine/base/clock.ts';
import type { TimeCell } from '../engine/base/units.ts';
import type { Handoff } from '../engine/handoff/handoff-memory.ts';
import { Calibrator } from './calibration/calibrator.ts';
import { Quoter } from './quoter-core.ts';

/**
 * The quoters of all workers and the calibration on the calling thread, through the same slots and bells: for replay,
 * backtest, simulation and tests, where the same inputs must give the same outputs, and for a machine without a core
 * to spare.
 */
export class InlineQuoter {
  readonly #quoters: readonly Quoter[];
  readonly #calibrator: Calibrator;
  readonly #clock: Clock;
  readonly #now: TimeCell = new Float64Array(1);

  /** The configuration must have been published before. */
  constructor(handoff: Handoff, clock: Clock) {
    this.#quoters = Array.from(
      { length: handoff.workerCount },
      (_, worker) => new Quoter(handoff, worker, clock),
    );
    this.#calibrator = new Calibrator(handoff);
    this.#clock = clock;
  }

  /**
   * @hot Fits the models when that is due, and quotes every instrument whose market bell rang since the last turn;
   * returns how many quotes were published.
   */
  turn(): number {
    this.#clock.readNs(this.#now, 0);
    this.#calibrator.turnAt(this.#now);
    let published = 0;
    for (let worker = 0; worker < this.#quoters.length; worker++) published += this.#quoters[worker].pass();
    return published;
  }
}
