/**
 * Quotes of options in dollars or as a volatility: the venue moves such an order with the forward by itself, so that it
 * stands for the same opinion until we have another.
 *
 *     ticks 412 (0.0412 coin) ── x forward 64,000 ──▶ 2,636.80 dollars ── Black 1976 ──▶ volatility 0.5310
 *
 * Inside, prices are ticks as everywhere; only what leaves is written in the other unit, and what comes back as the ticks
 * that the venue makes of it. A quarter of a tick is given so that its rounding (bids down, asks up) comes out at our tick.
 *
 * Owner:      the engine thread.
 * Invariants: what cannot be said in the unit is not sent.
 * Cost:       dollars: a product. A volatility: about fifty evaluations of Black's formula, some 10 us.
 */
import { impliedVolatility } from '../base/black-76.ts';
import { DecimalGrid } from '../base/decimal.ts';
import type { Instrument } from '../base/instrument.ts';
import { Side } from '../base/side.ts';
import type { Ticks } from '../base/units.ts';
import type { OptionPriceUnit } from './loop-options.ts';
import type { LoopState } from './loop-state.ts';
import type { LoopUnderlyings } from './loop-underlyings.ts';
import type { QuotedPrice } from '../okx/order-encoder.ts';

const MS_PER_YEAR = 365 * 86_400_000;
const NUDGE_TICKS = 0.25;
/**
 * OKX does not state how fine these may be; these are finer than any tick of an option is worth: a year's option on a coin
 * of 80,000 moves by some 300 dollars a hundredth of volatility, so by 0.03 a step.
 */
const USD_STEP = new DecimalGrid('0.01');
const VOLATILITY_STEP = new DecimalGrid('0.000001');

/** How quotes of instruments are priced on the wire; for the encoder. */
export function quotedPricesOf(
  instruments: readonly Instrument[],
  units: readonly OptionPriceUnit[] | undefined,
): readonly QuotedPrice[] {
  return instruments.map(({ index, tick }) => {
    const unit = units?.[index] ?? 'coin';
    if (unit === 'usd') return { name: 'pxUsd', grid: USD_STEP };
    return unit === 'volatility' ? { name: 'pxVol', grid: VOLATILITY_STEP } : { name: 'px', grid: tick };
  });
}

export class LoopOptionPrices {
  /** By instrument: 1 where quotes are not priced in ticks. */
  readonly isFollowed: Uint8Array;
  readonly #isVolatility: Uint8Array;
  readonly #instruments: readonly Instrument[];
  readonly #state: LoopState;
  readonly #underlyings: LoopUnderlyings;

  constructor(
    instruments: readonly Instrument[],
    units: readonly OptionPriceUnit[] | undefined,
    state: LoopState,
    underlyings: LoopUnderlyings,
  ) {
    this.isFollowed = Uint8Array.from(instruments, ({ index }) =>
      (units?.[index] ?? 'coin') === 'coin' ? 0 : 1,
    );
    this.#isVolatility = Uint8Array.from(instruments, ({ index }) =>
      units?.[index] === 'volatility' ? 1 : 0,
    );
    this.#instruments = instruments;
    this.#state = state;
    this.#underlyings = underlyings;
  }

  /** Steps of the unit's grid; 0 where the price cannot be said in it. */
  stepsOf(instrument: number, side: Side, ticks: Ticks): number {
    const { tick, option, settlesInBase, expiryMs } = this.#instruments[instrument]!;
    const forward = this.#underlyings.forward[instrument]!;
    if (option === null || !(forward > 0)) return 0;
    const isBuy = side === Side.buy;
    const price = (ticks + (isBuy ? NUDGE_TICKS : -NUDGE_TICKS)) * tick.value;
    const dollars = settlesInBase ? price * forward : price;
    if (this.#isVolatility[instrument] === 0) return rounded(dollars / USD_STEP.value, isBuy);
    const years = (expiryMs - this.#state.venueMs(this.#state.nowNs)) / MS_PER_YEAR;
    const volatility = impliedVolatility(option.isCall, forward, option.strike, years, dollars);
    return rounded(volatility / VOLATILITY_STEP.value, isBuy);
  }
}

function rounded(steps: number, isBuy: boolean): number {
  if (!(steps > 0)) return 0;
  return isBuy ? Math.floor(steps) : Math.ceil(steps);
}
