/** Mean and deviation of something that has a value at every moment, weighted by time; and its largest absolute value. */
import type { Nanoseconds } from '../base/units.ts';
import type { Inventory } from './run-result.ts';

export class TimeMoments {
  #totalNs = 0;
  #mean = 0;
  /** Σ weight × (value − mean)², kept as West (1979) does it: sums of squares lose the digits that matter. */
  #squares = 0;
  #maximum = 0;

  onTime(durationNs: Nanoseconds, value: number): void {
    if (Math.abs(value) > this.#maximum) this.#maximum = Math.abs(value);
    if (!(durationNs > 0)) return;
    this.#totalNs += durationNs;
    const difference = value - this.#mean;
    this.#mean += (difference * durationNs) / this.#totalNs;
    this.#squares += durationNs * difference * (value - this.#mean);
  }

  inventory(unit: string): Inventory {
    const variance = this.#totalNs > 0 ? Math.max(0, this.#squares) / this.#totalNs : 0;
    return { unit, mean: this.#mean, standardDeviation: Math.sqrt(variance), maximum: this.#maximum };
  }
}
