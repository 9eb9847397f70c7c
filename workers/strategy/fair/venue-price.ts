/**
 * The venue's mark or index price as a signal. The market slot has no time of it: its age counts from when it was first seen
 * as it is. OKX sends a mark price every 200 ms while it changes, an index every 100 ms (okx/README.md).
 *
 * Owner:      the FairValue that made it.
 * Invariants: as BasisSignal's.
 * Cost:       as BasisSignal's.
 */
import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { TimeCell } from '../../../engine/base/units.ts';
import { BasisSignal } from './basis-signal.ts';
import type { BasisSignalParameters } from './fair-value-parameters.ts';

export class VenuePriceSignal {
  readonly basis: BasisSignal;
  readonly #changedNs = new Float64Array(1);

  constructor(parameters: BasisSignalParameters, elapsedS: Float64Array) {
    this.basis = new BasisSignal(parameters, elapsedS);
  }

  /** @hot theirs[at] is the price in ticks with a fraction, 0 while it is not known. */
  update(ours: Float64Array, theirs: Float64Array, at: number, now: TimeCell): void {
    const basis = this.basis;
    if (theirs[at] !== basis.theirs[0]) this.#changedNs[0] = now[0];
    basis.theirs[0] = theirs[at];
    basis.ours[0] = ours[0];
    basis.ageS[0] = (now[0] - this.#changedNs[0]) / NS_PER_SECOND;
    basis.update();
  }
}
