/**
 * How fast the fair price moves: variance rates in ticks² a second, by half-life, from samples a tenth of a second apart.
 *
 *     v ← λ·v + (1 − λ)·Δ²/dt,   λ = 2^(−dt / h),   h = 10 s, 60 s, 600 s
 *
 * The slow one is winsorised: a move beyond eight of its own standard deviations counts as one of eight, so that one jump does
 * not widen quotes for ten minutes; the fast one gets it whole.
 *
 * Owner:      the engine thread.
 * Invariants: estimates are unbiased from the first sample on: each is divided by the weight it has gathered. A move over a
 *             time without a fair price is no sample.
 * Cost:       some twenty operations an instrument and sample; three powers a sample for all instruments.
 */

/** Seconds. models.md's three: to widen fast, to compare with, to tighten slowly. */
const HALF_LIFE_FAST = 10;
const HALF_LIFE_MID = 60;
const HALF_LIFE_SLOW = 600;
/** Standard deviations. */
const WINSOR = 8;
/** A move within this is never cut: the estimate of a market that stood still must be able to grow again. */
const WINSOR_TICKS_MIN = 1;
/** Samples before the slow estimate knows what a large move is: half a minute. */
const WINSOR_SAMPLES_MIN = 300;

export class FairVariance {
  /** By instrument: moves that were seen. */
  readonly samples: Float64Array;
  readonly #before: Float64Array;
  readonly #fast: Float64Array;
  readonly #mid: Float64Array;
  readonly #slow: Float64Array;
  /** By instrument: the sum of the weights in each, which goes to 1. */
  readonly #fastMass: Float64Array;
  readonly #midMass: Float64Array;
  readonly #slowMass: Float64Array;

  constructor(instrumentCount: number) {
    this.samples = new Float64Array(instrumentCount);
    this.#before = new Float64Array(instrumentCount);
    this.#fast = new Float64Array(instrumentCount);
    this.#mid = new Float64Array(instrumentCount);
    this.#slow = new Float64Array(instrumentCount);
    this.#fastMass = new Float64Array(instrumentCount);
    this.#midMass = new Float64Array(instrumentCount);
    this.#slowMass = new Float64Array(instrumentCount);
  }

  /** The fair prices of all instruments, `seconds` after those of the last call; 0 where there is none. */
  sample(fairTicks: Float64Array, seconds: number): void {
    const fast = 1 - 2 ** (-seconds / HALF_LIFE_FAST);
    const mid = 1 - 2 ** (-seconds / HALF_LIFE_MID);
    const slow = 1 - 2 ** (-seconds / HALF_LIFE_SLOW);
    for (let instrument = 0; instrument < fairTicks.length; instrument++) {
      const before = this.#before[instrument]!;
      const fair = fairTicks[instrument]!;
      this.#before[instrument] = fair;
      if (before === 0 || fair === 0) continue;
      const move = fair - before;
      const cut = this.#cut(instrument, move, seconds);
      this.samples[instrument]! += 1;
      this.#fast[instrument]! += fast * ((move * move) / seconds - this.#fast[instrument]!);
      this.#mid[instrument]! += mid * ((move * move) / seconds - this.#mid[instrument]!);
      this.#slow[instrument]! += slow * ((cut * cut) / seconds - this.#slow[instrument]!);
      this.#fastMass[instrument]! += fast * (1 - this.#fastMass[instrument]!);
      this.#midMass[instrument]! += mid * (1 - this.#midMass[instrument]!);
      this.#slowMass[instrument]! += slow * (1 - this.#slowMass[instrument]!);
    }
  }

  #cut(instrument: number, move: number, seconds: number): number {
    if (this.samples[instrument]! < WINSOR_SAMPLES_MIN) return move;
    const limit = Math.max(WINSOR_TICKS_MIN, WINSOR * Math.sqrt(this.slowOf(instrument) * seconds));
    return Math.abs(move) > limit ? limit : move;
  }

  /** There is no fair price: what comes next is no move from the last one. */
  onNone(instrument: number): void {
    this.#before[instrument] = 0;
  }

  fastOf(instrument: number): number {
    return ratio(this.#fast[instrument]!, this.#fastMass[instrument]!);
  }

  midOf(instrument: number): number {
    return ratio(this.#mid[instrument]!, this.#midMass[instrument]!);
  }

  slowOf(instrument: number): number {
    return ratio(this.#slow[instrument]!, this.#slowMass[instrument]!);
  }
}

function ratio(value: number, mass: number): number {
  return mass > 0 ? value / mass : 0;
}
