/**
 * The lattice that prices keep to: multiples of a step, so that they change only when a reservation price crosses one of its
 * lines, and most orders keep their place in the queue (models.md par. 5).
 *
 * Owner:      the quoter that made it.
 * Invariants: the step is a whole number of ticks, at least 1.
 * Cost:       a division and a few comparisons.
 *
 * Every change of the step moves the whole ladder, so that it follows the half spread only when that has asked for more than
 * a fifth more or less for over a second.
 */
import { NS_PER_SECOND } from '../../../engine/base/units.ts';

const CHANGE_RATIO_MIN = 0.2;
const CHANGE_AFTER_NS = NS_PER_SECOND;

export class Lattice {
  /** Ticks, in [0]. */
  readonly step = Float64Array.of(1);
  readonly #ratio: number;
  #hasStep = false;
  /** Since when another step is asked for; 0 while none is. */
  readonly #sinceNs = new Float64Array(1);

  /** @param ratio the step as a share of the half spread; 0 for every tick */
  constructor(ratio: number) {
    this.#ratio = ratio;
  }

  /** @hot @param halfTicks [0]: the half spread; `times[timeIndex]`: the market's receive time */
  update(halfTicks: Float64Array, times: Float64Array, timeIndex: number): void {
    if (this.#ratio === 0) return;
    const wanted = Math.max(1, Math.round(halfTicks[0] * this.#ratio));
    const { step } = this;
    if (!this.#hasStep) {
      this.#hasStep = true;
      step[0] = wanted;
      return;
    }
    if (Math.abs(wanted - step[0]) <= CHANGE_RATIO_MIN * step[0]) {
      this.#sinceNs[0] = 0;
      return;
    }
    const now = times[timeIndex];
    if (this.#sinceNs[0] === 0) this.#sinceNs[0] = now;
    else if (now - this.#sinceNs[0] > CHANGE_AFTER_NS) {
      step[0] = wanted;
      this.#sinceNs[0] = 0;
    }
  }
}
