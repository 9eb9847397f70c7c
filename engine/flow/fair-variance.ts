/**
 * How fast the fair price moves: variance rates in ticks² a second, by half-life, from its moves over a second, looked at ten
 * times a second.
 *
 *     v ← λ·v + (1 − λ)·Δ²/dt,   λ = 2^(−(time since the last sample) / h),   h = 10 s, 60 s, 600 s
 *     Δ and dt: since the sample of a second before, or the oldest there is
 *
 * A second and not a tenth, because between two ticks the fair price flickers with the sizes, and what flickers by x adds 2·x²/dt
 * to the rate; looking at overlapping seconds loses nothing but some precision. On the recorded swap, whose ticks are small, a
 * tenth gives 41 ticks/√s, a second 49, ten seconds 46.
 *
 * The slow one is winsorised: a move beyond eight of its own standard deviations counts as one of eight, so that one jump does
 * not widen quotes for ten minutes; the fast one gets it whole.
 *
 * Owner:      the engine thread.
 * Invariants: estimates are unbiased from the first sample on: each is divided by the weight it has gathered. A move over a
 *             time without a fair price is no sample.
 * Cost:       some thirty operations an instrument and sample; three powers a sample for all instruments.
 */

/** Samples that a move is over: a second of them. */
const LAG = 10;
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
  /** By instrument × LAG: the fair prices of the last samples, in a ring; and how many of them follow each other. */
  readonly #fairs: Float64Array;
  readonly #known: Int32Array;
  /** When those samples were, the same for all instruments: seconds from the first on. */
  readonly #times = new Float64Array(LAG);
  readonly #timeS = new Float64Array(1);
  #place = 0;
  readonly #fast: Float64Array;
  readonly #mid: Float64Array;
  readonly #slow: Float64Array;
  /** By instrument: the sum of the weights in each, which goes to 1. */
  readonly #fastMass: Float64Array;
  readonly #midMass: Float64Array;
  readonly #slowMass: Float64Array;

  constructor(instrumentCount: number) {
    this.samples = new Float64Array(instrumentCount);
    this.#fairs = new Float64Array(instrumentCount * LAG);
    this.#known = new Int32Array(instrumentCount);
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
    const timeS = this.#timeS[0]! + seconds;
    for (let instrument = 0; instrument < fairTicks.length; instrument++) {
      const fair = fairTicks[instrument]!;
      const known = fair === 0 ? 0 : this.#known[instrument]!;
      if (known > 0) {
        const place = (this.#place - known + LAG) % LAG;
        const move = fair - this.#fairs[instrument * LAG + place]!;
        const dt = timeS - this.#times[place]!;
        const cut = this.#cut(instrument, move, dt);
        this.samples[instrument]! += 1;
        this.#fast[instrument]! += fast * ((move * move) / dt - this.#fast[instrument]!);
        this.#mid[instrument]! += mid * ((move * move) / dt - this.#mid[instrument]!);
        this.#slow[instrument]! += slow * ((cut * cut) / dt - this.#slow[instrument]!);
        this.#fastMass[instrument]! += fast * (1 - this.#fastMass[instrument]!);
        this.#midMass[instrument]! += mid * (1 - this.#midMass[instrument]!);
        this.#slowMass[instrument]! += slow * (1 - this.#slowMass[instrument]!);
      }
      this.#fairs[instrument * LAG + this.#place] = fair;
      this.#known[instrument] = fair === 0 ? 0 : Math.min(LAG, known + 1);
    }
    this.#times[this.#place] = timeS;
    this.#timeS[0] = timeS;
    this.#place = (this.#place + 1) % LAG;
  }

  #cut(instrument: number, move: number, seconds: number): number {
    if (this.samples[instrument]! < WINSOR_SAMPLES_MIN) return move;
    const limit = Math.max(WINSOR_TICKS_MIN, WINSOR * Math.sqrt(this.slowOf(instrument) * seconds));
    return Math.abs(move) > limit ? limit : move;
  }

  /** There is no fair price: what comes next is no move from the last one. */
  onNone(instrument: number): void {
    this.#known[instrument] = 0;
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
