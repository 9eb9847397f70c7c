/**
 * The stop of one position at the venue: which one stands, which one should, and what to ask for next.
 *
 *     none ──place──▶ standing ──amend──▶ standing ──cancel──▶ none
 *                        └─ triggered, cancelled by the venue, failed ─▶ none
 *
 * Owner:      the protection desk, which calls it one request at a time.
 * Invariants: at most one stands that is known; a request whose outcome is unknown is followed by a look at the venue's
 *             list before the next one.
 */
import { InstrumentType } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { PositionSide } from '../base/position-side.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds, Ticks } from '../base/units.ts';
import type { ProtectionTerms } from '../config/protection-schema.ts';
import { AlgoType, PosSide } from '../okx/shapes.ts';
import type { AlgoRow } from '../venue/algo-rows.ts';
import { isPriceOff, stopPrices, type Held, type StopPrices } from './stop-terms.ts';

/** What is to be done about it. */
export const StopAction = { none: 0, place: 1, amend: 2, replace: 3, cancel: 4 } as const;
export type StopAction = (typeof StopAction)[keyof typeof StopAction];

export interface StopTiming {
  readonly settleNs: Nanoseconds;
  readonly minChangeRatio: number;
}

/** A position that never is still is followed after so many times the wait for one that is. */
const RESTLESS = 4;
/** After a refusal. */
const RETRY_NS = 5 * NS_PER_SECOND;

export class StopKeeper {
  readonly instrument: Instrument;
  readonly leg: PositionSide;
  /** What stands, as far as is known. */
  row: AlgoRow | null = null;
  /** The price as it was asked for last, since rows of stops that close all do not say when they follow. */
  wanted: StopPrices | null = null;
  /** Since when what stands is not what should; NaN while it is. */
  offNs: Nanoseconds = NaN;
  retryNs: Nanoseconds = -Infinity;
  /** The last refusal, so that it is said once. */
  refusal = '';
  #lots = 0;
  #changedNs: Nanoseconds = -Infinity;

  constructor(instrument: Instrument, leg: PositionSide) {
    this.instrument = instrument;
    this.leg = leg;
  }

  /** Swaps and futures; the venue has stops of this kind for spot and margin too, and none for options. */
  static isFor(instrument: Instrument): boolean {
    return instrument.type === InstrumentType.swap || instrument.type === InstrumentType.futures;
  }

  get posSide(): PosSide {
    return [PosSide.net, PosSide.long, PosSide.short][this.leg]!;
  }

  get name(): string {
    const { instId } = this.instrument;
    return this.leg === PositionSide.net ? instId : `${instId} ${this.posSide}`;
  }

  /** The venue refused: not again for a while. True when it is news. */
  refused(text: string, nowNs: Nanoseconds): boolean {
    this.retryNs = nowNs + RETRY_NS;
    const isNews = this.refusal !== text;
    this.refusal = text;
    return isNews;
  }

  /**
   * @param held null while flat
   * @param closesAll stops close the whole position and follow its size by themselves
   */
  look(
    held: Held | null,
    terms: ProtectionTerms,
    closesAll: boolean,
    timing: StopTiming,
    nowNs: Nanoseconds,
  ): StopAction {
    const lots = held === null ? 0 : held.isLong ? held.lots : -held.lots;
    if (lots !== this.#lots) {
      this.#lots = lots;
      this.#changedNs = nowNs;
    }
    const action = this.#action(held, terms, closesAll, timing);
    if (action === StopAction.none) {
      this.offNs = NaN;
      return action;
    }
    if (Number.isNaN(this.offNs)) this.offNs = nowNs;
    if (nowNs < this.retryNs) return StopAction.none;
    const isStill = nowNs - this.#changedNs >= timing.settleNs;
    const isOverdue = nowNs - this.offNs >= RESTLESS * timing.settleNs;
    return isStill || isOverdue ? action : StopAction.none;
  }

  #action(held: Held | null, terms: ProtectionTerms, closesAll: boolean, timing: StopTiming): StopAction {
    const { row } = this;
    if (!terms.isOn || held === null) return row === null ? StopAction.none : StopAction.cancel;
    // Without a price nothing says where a stop would lie; one that stands stays.
    if (!(held.markTicks > 0) || !(held.entryTicks > 0)) return StopAction.none;
    const prices = stopPrices(held, terms, row === null ? null : this.#standing(row));
    this.wanted = prices;
    if (row === null) return StopAction.place;
    const isTrailing = row.ordType === AlgoType.trailing;
    const isOther =
      row.side !== prices.side ||
      isTrailing !== terms.trailingRatio > 0 ||
      (isTrailing && Number(row.callbackRatio) !== terms.trailingRatio) ||
      (!isTrailing && row.triggerBy !== '' && row.triggerBy !== terms.triggerBy) ||
      (!isTrailing && (row.closeFraction === '1') !== closesAll);
    if (isOther) return StopAction.replace;
    const isSizeOff = row.closeFraction !== '1' && this.#lotsOf(row) !== held.lots;
    if (isTrailing) return isSizeOff ? StopAction.replace : StopAction.none;
    const standing = this.#standing(row);
    // With a target it is of another type, which no amend makes of it.
    if (prices.targetTicks > 0 !== standing.targetTicks > 0) return StopAction.replace;
    const { minChangeRatio } = timing;
    const isOff =
      isSizeOff ||
      isPriceOff(standing.stopTicks, prices.stopTicks, held.entryTicks, terms.stopLossBps, minChangeRatio) ||
      isPriceOff(
        standing.targetTicks,
        prices.targetTicks,
        held.entryTicks,
        terms.takeProfitBps,
        minChangeRatio,
      );
    return isOff ? StopAction.amend : StopAction.none;
  }

  #standing(row: AlgoRow): StopPrices {
    return {
      side: row.side,
      stopTicks: this.#ticksOf(row.slTriggerPx),
      targetTicks: this.#ticksOf(row.tpTriggerPx),
    };
  }

  #ticksOf(px: string): Ticks {
    return px === '' ? 0 : Math.round(Number(px) / this.instrument.tick.value);
  }

  #lotsOf(row: AlgoRow): number {
    return row.sz === '' ? 0 : Math.round(Number(row.sz) / this.instrument.lot.value);
  }
}

export function timingOf(settleMs: number, minChangeRatio: number): StopTiming {
  return { settleNs: settleMs * NS_PER_MS, minChangeRatio };
}
