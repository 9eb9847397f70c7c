import type { Random } from '../../base/random.ts';
import type { Timed } from './timer-queue.ts';

/** Time between two steps at full pace. */
const STEP_MS = 50;

/** Standard deviation of the logarithm over one second: about 0.6 basis points, a calm day's bitcoin. */
const VOLATILITY_PER_SQRT_SECOND = 0.00006;
/** Pull back to the start over about six hours, so that a long run stays near the prices that its instruments expect. */
const REVERSION_PER_SECOND = 1 / 21_600;
const BURST_INTERVAL_SECONDS = 25;
const BURST_SECONDS_MIN = 0.4;
const BURST_SECONDS_MAX = 1.2;
/** Size of an informed move, in parts of the price: 2 to 8 basis points. */
const BURST_MOVE_MIN = 0.0002;
const BURST_MOVE_MAX = 0.0008;

/**
 * What a coin is worth, as a ratio to its price at the start: a random walk in the logarithm with informed bursts. During a
 * burst the takers know where the price is going; the price itself follows in the burst's second half.
 */
export class FairPrice implements Timed {
  /** Price now, as a ratio to the price at the start. */
  ratio = 1;
  /** +1 or -1 while informed takers buy or sell, else 0. */
  burstDirection = 0;
  readonly #random: Random;
  readonly #schedule: (timeMs: number, item: Timed) => void;
  readonly #stepMs: number;
  /** What bursts and the pauses between them are longer at a slower pace, so that one has as many steps at any. */
  readonly #stretch: number;
  #logarithm = 0;
  #burstStartMs = 0;
  #burstEndMs = 0;
  #burstMove = 0;

  /** @param pace of its steps; how far it walks in a second is the same at every pace */
  constructor(random: Random, pace: number, schedule: (timeMs: number, item: Timed) => void) {
    this.#random = random;
    this.#stretch = Math.max(1, 1 / pace);
    this.#stepMs = STEP_MS * this.#stretch;
    this.#schedule = schedule;
  }

  start(startMs: number): void {
    this.#schedule(startMs + this.#stepMs, this);
  }

  /** Moves the price by a part of it, at once and for good. */
  move(part: number): void {
    this.#logarithm += Math.log1p(part);
    this.ratio = Math.exp(this.#logarithm);
  }

  run(timeMs: number): void {
    const seconds = this.#stepMs / 1_000;
    const random = this.#random;
    this.#logarithm += VOLATILITY_PER_SQRT_SECOND * Math.sqrt(seconds) * random.normal();
    this.#logarithm -= this.#logarithm * REVERSION_PER_SECOND * seconds;
    if (this.burstDirection === 0) {
      if (random.unit() < seconds / (BURST_INTERVAL_SECONDS * this.#stretch)) this.#startBurst(timeMs);
    } else {
      const duration = this.#burstEndMs - this.#burstStartMs;
      const isSecondHalf = timeMs - this.#burstStartMs > duration / 2;
      if (isSecondHalf) this.#logarithm += (this.#burstMove * this.#stepMs) / (duration / 2);
      if (timeMs >= this.#burstEndMs) this.burstDirection = 0;
    }
    this.ratio = Math.exp(this.#logarithm);
    this.#schedule(timeMs + this.#stepMs, this);
  }

  #startBurst(timeMs: number): void {
    const random = this.#random;
    this.burstDirection = random.unit() < 0.5 ? 1 : -1;
    const seconds = BURST_SECONDS_MIN + random.unit() * (BURST_SECONDS_MAX - BURST_SECONDS_MIN);
    const move = BURST_MOVE_MIN + random.unit() * (BURST_MOVE_MAX - BURST_MOVE_MIN);
    this.#burstStartMs = timeMs;
    this.#burstEndMs = timeMs + seconds * this.#stretch * 1_000;
    this.#burstMove = this.burstDirection * move;
  }
}
