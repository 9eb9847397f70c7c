/**
 * Quotes wider when the market turns against our fills in the second after them, and pauses at twice that.
 *
 *     a buy at 100.0    fair a second later 99.8    markout 20 bps against us
 *
 * Owner:      the engine thread.
 * Invariants: a fill is marked once, at the first timer with a fair price a second or more after it; the average begins at
 *             zero, so that one fill alone must be very bad to brake; it begins anew when the brake lets go, because a
 *             paused instrument has no fills that could bring it back.
 * Cost:       a fill is three stores; a timer looks at the oldest fill of each instrument; nothing allocates.
 */
import { Side } from '../base/side.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds, TimeCell } from '../base/units.ts';
import { brakeLevel } from './brake-limits.ts';
import type { BrakeLimits } from './brake-limits.ts';
import { HeldLevels } from './held-levels.ts';
import { KillLevel, KillTrigger } from './kill-ladder.ts';
import type { KillLadder } from './kill-ladder.ts';

const MARKOUT_NS = NS_PER_SECOND;
/** Fills that wait for their mark, by instrument: more in a second are not looked at, and counted. */
const WAITING_MAX = 128;
/** Weight of the newest fill: of the last ten fills the average holds two thirds. */
const NEWEST_WEIGHT = 0.1;

export interface AdverseSelectionBrakeOptions {
  readonly ladder: KillLadder;
  /** By instrument. */
  readonly limits: readonly BrakeLimits[];
}

export class AdverseSelectionBrake {
  /** By instrument: what fills lost on average in the second after them; negative when they gained. */
  readonly averageBps: Float64Array;
  /** Fills that were not marked because too many waited. */
  unmarked = 0;

  #limits: readonly BrakeLimits[];
  readonly #levels: HeldLevels;
  /** By instrument × WAITING_MAX: a ring of fills. */
  readonly #side: Uint8Array;
  readonly #ticks: Float64Array;
  readonly #atNs: Float64Array;
  readonly #oldest: Int32Array;
  readonly #count: Int32Array;

  constructor(options: AdverseSelectionBrakeOptions) {
    const { ladder, limits } = options;
    const cells = limits.length * WAITING_MAX;
    this.averageBps = new Float64Array(limits.length);
    this.#limits = limits;
    this.#levels = new HeldLevels(
      ladder,
      KillTrigger.adverseSelection,
      0,
      limits.map(({ holdNs }) => holdNs),
    );
    this.#side = new Uint8Array(cells);
    this.#ticks = new Float64Array(cells);
    this.#atNs = new Float64Array(cells);
    this.#oldest = new Int32Array(limits.length);
    this.#count = new Int32Array(limits.length);
  }

  /** Other limits and holds, from the next timer on. */
  configure(limits: readonly BrakeLimits[]): void {
    this.#levels.configure(limits.map(({ holdNs }) => holdNs));
    this.#limits = limits;
  }

  /** @hot A fill of ours, at a price that may lie between ticks. */
  onFill(instrument: number, side: Side, ticks: number, nowNs: Nanoseconds): void {
    if (this.#count[instrument] === WAITING_MAX) {
      this.unmarked++;
      return;
    }
    const cell =
      instrument * WAITING_MAX + ((this.#oldest[instrument]! + this.#count[instrument]!) % WAITING_MAX);
    this.#side[cell] = side;
    this.#ticks[cell] = ticks;
    this.#atNs[cell] = nowNs;
    this.#count[instrument]!++;
  }

  /** @param fairTicks by instrument; 0 while a market has none: its fills wait for the next */
  onTimer(now: TimeCell, fairTicks: Float64Array): void {
    for (let instrument = 0; instrument < this.#limits.length; instrument++) {
      const hasNews = fairTicks[instrument]! > 0 && this.#mark(instrument, fairTicks, now);
      // Only fills are news: without any, an average that braked would brake for good.
      const level = hasNews
        ? brakeLevel(this.averageBps[instrument]!, this.#limits[instrument]!.adverseBps)
        : KillLevel.quoting;
      if (this.#levels.ask(level, instrument, now) && this.#levels.isClear(instrument)) {
        this.averageBps[instrument] = 0;
      }
    }
  }

  /** True when a fill was marked. */
  #mark(instrument: number, fairs: Float64Array, now: TimeCell): boolean {
    const fairTicks = fairs[instrument]!;
    const first = instrument * WAITING_MAX;
    const before = this.#count[instrument]!;
    while (this.#count[instrument]! > 0) {
      const cell = first + this.#oldest[instrument]!;
      if (now[0]! - this.#atNs[cell]! < MARKOUT_NS) break;
      const ticks = this.#ticks[cell]!;
      const lost = this.#side[cell] === Side.buy ? ticks - fairTicks : fairTicks - ticks;
      this.averageBps[instrument]! +=
        ((lost * 10_000) / ticks - this.averageBps[instrument]!) * NEWEST_WEIGHT;
      this.#oldest[instrument] = (this.#oldest[instrument]! + 1) % WAITING_MAX;
      this.#count[instrument]!--;
    }
    return this.#count[instrument]! < before;
  }
}
