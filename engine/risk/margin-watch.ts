/**
 * Reduces only when the account's margin runs low or a position comes near its liquidation price, and pauses at half of
 * either limit.
 *
 * Owner:      the engine thread.
 * Invariants: a level comes at its limit and goes a tenth beyond it, so that a value on the limit does not flap; what is
 *             not told (NaN) changes nothing.
 * Cost:       a few comparisons; nothing allocates once constructed.
 */
import { ACCOUNT, KillLevel, KillTrigger } from './kill-ladder.ts';
import type { KillLadder } from './kill-ladder.ts';
import { PositionSide } from '../base/position-side.ts';
import type { Lots } from '../base/units.ts';

/** A limit that was reached is left again at this multiple of it. */
const RELEASE = 1.1;
/** The net position and two legs: those that are not held are 0. */
const LEGS = Object.keys(PositionSide).length;

export interface MarginWatchOptions {
  readonly ladder: KillLadder;
  readonly instrumentCount: number;
  /** Equity over maintenance margin, as the venue tells it: 1 is liquidation. 0 for no limit. */
  readonly marginRatioMin: number;
  /** Distance of the mark from the liquidation price; 0 for no limit. */
  readonly liquidationDistanceBps: number;
}

export class MarginWatch {
  /** The last that was told; NaN before the first. */
  marginRatio = NaN;
  /** By instrument: how far the mark may go against the position, or its nearer leg; NaN without a liquidation price. */
  readonly distanceBps: Float64Array;

  readonly #ladder: KillLadder;
  #marginRatioMin: number;
  #distanceBpsMin: number;
  /** By instrument × LEGS + leg. */
  readonly #lots: Float64Array;
  readonly #liquidationTicks: Float64Array;
  readonly #markTicks: Float64Array;

  constructor(options: MarginWatchOptions) {
    const count = options.instrumentCount;
    this.distanceBps = new Float64Array(count).fill(NaN);
    this.#ladder = options.ladder;
    this.#marginRatioMin = options.marginRatioMin;
    this.#distanceBpsMin = options.liquidationDistanceBps;
    this.#lots = new Float64Array(count * LEGS);
    this.#liquidationTicks = new Float64Array(count * LEGS).fill(NaN);
    this.#markTicks = new Float64Array(count);
  }

  /** Other limits, from the next word of the venue on. As the options. */
  configure(marginRatioMin: number, liquidationDistanceBps: number): void {
    this.#marginRatioMin = marginRatioMin;
    this.#distanceBpsMin = liquidationDistanceBps;
  }

  /**
   * The account's margin ratio; NaN where the venue's text is empty: no news while there is a position, and no margin used
   * while there is none.
   */
  onMarginRatio(ratio: number): void {
    if (Number.isNaN(ratio) && !this.#isFlat()) return;
    this.marginRatio = ratio;
    const held = this.#ladder.held(KillTrigger.margin, ACCOUNT);
    this.#ladder.raise(KillTrigger.margin, levelBelow(ratio, this.#marginRatioMin, held), ACCOUNT);
  }

  /**
   * A position as the venue tells it.
   *
   * @param lots signed; 0 clears the watch, and so does a position that was turned round
   * @param liquidationTicks with a fraction; NaN or 0 where the venue names none, which with a position is no news
   */
  onPosition(
    instrument: number,
    lots: Lots,
    liquidationTicks: number,
    leg: PositionSide = PositionSide.net,
  ): void {
    const cell = instrument * LEGS + leg;
    if (!(this.#lots[cell]! * lots > 0)) this.#liquidationTicks[cell] = NaN;
    this.#lots[cell] = lots;
    if (liquidationTicks > 0) this.#liquidationTicks[cell] = liquidationTicks;
    this.#judge(instrument);
  }

  /** @hot The venue's mark price; NaN or 0 while there is none. */
  onMark(instrument: number, markTicks: number): void {
    if (!(markTicks > 0)) return;
    this.#markTicks[instrument] = markTicks;
    this.#judge(instrument);
  }

  #isFlat(): boolean {
    for (const lots of this.#lots) if (lots !== 0) return false;
    return true;
  }

  /** The nearest leg counts; where none has a liquidation price there is nothing to be near to. */
  #judge(instrument: number): void {
    const mark = this.#markTicks[instrument]!;
    let nearestBps = NaN;
    for (let cell = instrument * LEGS; cell < (instrument + 1) * LEGS; cell++) {
      const lots = this.#lots[cell]!;
      const liquidation = this.#liquidationTicks[cell]!;
      if (lots === 0 || mark === 0 || Number.isNaN(liquidation)) continue;
      // Negative past the liquidation price: then it is being closed, or the venue's numbers are not of one moment.
      const distanceBps = ((lots > 0 ? mark - liquidation : liquidation - mark) * 10_000) / mark;
      if (!(nearestBps <= distanceBps)) nearestBps = distanceBps;
    }
    this.distanceBps[instrument] = nearestBps;
    const held = this.#ladder.held(KillTrigger.liquidation, instrument);
    this.#ladder.raise(
      KillTrigger.liquidation,
      levelBelow(nearestBps, this.#distanceBpsMin, held),
      instrument,
    );
  }
}

/**
 * Reduce only below the limit, paused below half of it; a level that is held is left a tenth above its limit. A value that
 * is no number is below nothing.
 */
function levelBelow(value: number, limit: number, held: KillLevel): KillLevel {
  if (limit === 0) return KillLevel.quoting;
  const pausedBelow = (limit / 2) * (held >= KillLevel.paused ? RELEASE : 1);
  if (value < pausedBelow) return KillLevel.paused;
  const reduceBelow = limit * (held >= KillLevel.reduceOnly ? RELEASE : 1);
  return value < reduceBelow ? KillLevel.reduceOnly : KillLevel.quoting;
}
