/**
 * How fast the fair price moves: variance rates in ticks² a second, by half-life, from its moves over a second, looked
 * at ten times a second.
 *
 *     v ← λ·v + (1 − λ)·Δ²/dt,   λ = 2^(−(time since the last sample) / h),   h = 10 s, 60 s, 600 s
 *     Δ and dt: since the sample of a second before, or the oldest there is
 *
 * A second and not a tenth, because between two ticks the fair price flickers with the sizes, and what flickers by x
 * adds 2·x²/dt to the rate; looking at overlapping seconds loses nothing but some precision. On the recorded swap, whose
 * ticks are small, a tenth gives 41 ticks/√s, a second 49, ten seconds 46.
 *
 * The slow one is winsorised: a move beyond eight of its own standard deviations counts as one of eight, so that one jump
 * does not widen quotes for ten minutes; the fast one gets it whole.
 *
 * Owner:      the engine thread.
 * Invariants: estimates are unbiased from the first sample on: each is divided by the weight it has gathered. A move over a
 *             time without a fair price is no sample.
 * Cost:       some thirty operations an instrument and sample; three powers a sample for all instruments.
 */
import { FLOW_DOUBLES, FlowField } from '../base/flow-record.ts';
import type { FlowRows } from './flow-rows.ts';

/** Samples that a move is over: a second of them. */
const LAG = 10;
/** Seconds: to widen fast, to compare with, to tighten slowly. */
const HALF_LIVES_S = [10, 60, 600] as const;
const RATES = HALF_LIVES_S.length;
const SLOW = RATES - 1;
/** Standard deviations. */
const WINSOR = 8;
/** A move within this is never cut: the estimate of a market that stood still must be able to grow again. */
const WINSOR_TICKS_MIN = 1;
/** Samples before the slow estimate knows what a large move is: half a minute. */
const WINSOR_SAMPLES_MIN = 300;

export class FairVariance {
  readonly #rows: FlowRows;
  /** By instrument × LAG: the fair prices of the last samples, in a ring; and how many of them follow each other. */
  readonly #fairs: Float64Array;
  readonly #known: Int32Array;
  /** When those samples were, the same for all instruments: seconds from the first on. */
  readonly #times = new Float64Array(LAG);
  readonly #time = new Float64Array(1);
  #place = 0;
  /** 1 − λ of this sample, by rate. */
  readonly #steps = new Float64Array(RATES);

  constructor(instrumentCount: number, rows: FlowRows) {
    this.#rows = rows;
    this.#fairs = new Float64Array(instrumentCount * LAG);
    this.#known = new Int32Array(instrumentCount);
  }

  /** The fair prices of all instruments, `elapsed` seconds after those of the last call; 0 where there is none. */
  sample(fairTicks: Float64Array, elapsed: Float64Array): void {
    for (let rate = 0; rate < RATES; rate++)
      this.#steps[rate] = 1 - 2 ** (-elapsed[0]! / HALF_LIVES_S[rate]!);
    this.#time[0]! += elapsed[0]!;
    for (let instrument = 0; instrument < fairTicks.length; instrument++) {
      const known = fairTicks[instrument] === 0 ? 0 : this.#known[instrument]!;
      if (known > 0) this.#take(instrument, fairTicks, known);
      this.#fairs[instrument * LAG + this.#place] = fairTicks[instrument]!;
      this.#known[instrument] = fairTicks[instrument] === 0 ? 0 : Math.min(LAG, known + 1);
    }
    this.#times[this.#place] = this.#time[0]!;
    this.#place = (this.#place + 1) % LAG;
  }

  /** The move since `known` samples ago. */
  #take(instrument: number, fairTicks: Float64Array, known: number): void {
    const { values, divisors } = this.#rows;
    const first = instrument * FLOW_DOUBLES;
    const fast = first + FlowField.varianceFast;
    const slow = fast + SLOW;
    const place = (this.#place - known + LAG) % LAG;
    const move = fairTicks[instrument]! - this.#fairs[instrument * LAG + place]!;
    const seconds = this.#time[0]! - this.#times[place]!;
    let cut = Math.abs(move);
    if (values[first + FlowField.samples]! >= WINSOR_SAMPLES_MIN) {
      const deviation = Math.sqrt((values[slow]! / divisors[slow]!) * seconds);
      cut = Math.min(cut, Math.max(WINSOR_TICKS_MIN, WINSOR * deviation));
    }
    for (let rate = 0; rate < RATES; rate++) {
      const square = rate === SLOW ? cut * cut : move * move;
      const step = this.#steps[rate]!;
      values[fast + rate]! += step * (square / seconds - values[fast + rate]!);
      divisors[fast + rate]! += step * (1 - divisors[fast + rate]!);
    }
    values[first + FlowField.samples]! += 1;
  }

  /** There is no fair price: what comes next is no move from the last one. */
  onNone(instrument: number): void {
    this.#known[instrument] = 0;
  }
}
