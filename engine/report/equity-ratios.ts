/**
 * Sharpe and Sortino ratios of the changes of equity on equal intervals:
 *
 *     sharpe  = mean / standard deviation          × √(365 d / interval)
 *     sortino = mean / √(mean of min(change, 0)²)  × √(365 d / interval)
 *
 * Source: models.md par. 7 (equity changes on 10 s … 5 min, annualised); the downside deviation has the target 0 and counts
 * all intervals (Sortino and Price, 1994). Changes are money, not returns: the ratio of both is the same for whatever
 * capital stays behind the run.
 */
import type { RatioBasis } from './run-result.ts';

const SECONDS_PER_YEAR = 365 * 86_400;
/** Of fewer intervals a ratio would be chance. */
const INTERVALS_MIN = 2;

export class EquityRatios {
  readonly #intervalSeconds: number;
  #count = 0;
  #mean = 0;
  #squares = 0;
  #fallSquares = 0;
  #last = 0;

  constructor(intervalSeconds: number) {
    this.#intervalSeconds = intervalSeconds;
  }

  /** The equity at the end of an interval; it began with 0. */
  onInterval(equity: number): void {
    const change = equity - this.#last;
    this.#last = equity;
    this.#count++;
    const difference = change - this.#mean;
    this.#mean += difference / this.#count;
    this.#squares += difference * (change - this.#mean);
    if (change < 0) this.#fallSquares += change * change;
  }

  /** The sample's standard deviation, n − 1. */
  sharpe(): number | null {
    if (this.#count < INTERVALS_MIN || !(this.#squares > 0)) return null;
    return (this.#mean / Math.sqrt(this.#squares / (this.#count - 1))) * Math.sqrt(this.#perYear);
  }

  sortino(): number | null {
    if (this.#count < INTERVALS_MIN || !(this.#fallSquares > 0)) return null;
    return (this.#mean / Math.sqrt(this.#fallSquares / this.#count)) * Math.sqrt(this.#perYear);
  }

  basis(): RatioBasis {
    return {
      intervalSeconds: this.#intervalSeconds,
      intervals: this.#count,
      periodsPerYear: this.#perYear,
    };
  }

  get #perYear(): number {
    return SECONDS_PER_YEAR / this.#intervalSeconds;
  }
}
