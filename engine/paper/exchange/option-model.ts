import type { Milliseconds } from '../../base/units.ts';
import { numberText } from './amount.ts';
import type { Row } from './exchange-contract.ts';
import type { Listing } from './listing.ts';
import { black76, impliedVolatility, type OptionGreeks } from './option-pricing.ts';
import { isDollar } from './start-prices.ts';

const YEAR_MS = 365 * 86_400_000;

// The smile: volatility at the money, and how it grows with the distance of the strike in deviations.
const VOLATILITY = 0.5;
const SMILE = 0.04;
const SKEW = -0.02;
const VOLATILITY_MIN = 0.2;
const VOLATILITY_MAX = 2;

/** Recomputed when the forward has moved by more than this part of it, or after this long. */
const FORWARD_RATIO = 0.00002;
const REPEAT_MS = 10_000;

/** What an option is worth: Black's model on the index of its coin, with a volatility of its own that stays. */
export class OptionModel {
  readonly listing: Listing;
  /** Whether it is priced and settled in its coin, and not in dollars. */
  readonly isInCoin: boolean;
  readonly volatility: number;
  forward = 0;
  /** In the instrument's own price unit, with all decimals. */
  price = 0;
  greeks: OptionGreeks = { price: 0, delta: 0, gamma: 0, vega: 0, theta: 0 };
  #years = 0;
  #computedMs = -Infinity;

  /** @param price at the start in the instrument's unit, which the volatility is taken from; 0 for the smile's */
  constructor(listing: Listing, forward: number, price: number, nowMs: Milliseconds) {
    this.listing = listing;
    this.isInCoin = !isDollar(listing.settleCcy);
    const years = yearsTo(listing.expiryMs, nowMs);
    const dollars = this.isInCoin ? price * forward : price;
    this.volatility =
      price > 0
        ? impliedVolatility(listing.isCall, forward, listing.strike, years, dollars)
        : smile(forward, listing.strike, years);
    this.update(forward, nowMs);
  }

  /** Whether there is a new price. */
  update(forward: number, nowMs: Milliseconds): boolean {
    const hasMoved = Math.abs(forward - this.forward) > this.forward * FORWARD_RATIO;
    if (!hasMoved && nowMs - this.#computedMs < REPEAT_MS) return false;
    this.#computedMs = nowMs;
    this.forward = forward;
    this.#years = yearsTo(this.listing.expiryMs, nowMs);
    this.greeks = this.#greeksAt(this.volatility);
    this.price = this.fromUsd(this.greeks.price);
    return true;
  }

  /** A price in dollars for one of the coin, in the instrument's unit. */
  fromUsd(dollars: number): number {
    return this.isInCoin ? dollars / this.forward : dollars;
  }

  toUsd(price: number): number {
    return this.isInCoin ? price * this.forward : price;
  }

  fromVolatility(volatility: number): number {
    return this.fromUsd(this.#greeksAt(volatility).price);
  }

  toVolatility(price: number): number {
    const { isCall, strike } = this.listing;
    return impliedVolatility(isCall, this.forward, strike, this.#years, this.toUsd(price));
  }

  /** Of one coin: Black's delta, less the premium itself where that is paid in the coin. */
  get coinDelta(): number {
    return this.isInCoin ? this.greeks.delta - this.price : this.greeks.delta;
  }

  /** A row of the `opt-summary` channel; prices of the best orders, 0 for none. */
  summaryRow(bid: number, ask: number, nowMs: Milliseconds): Row {
    const { greeks, forward, listing } = this;
    const volatilityText = (price: number): string =>
      price === 0 ? '0' : numberText(this.toVolatility(price), 10);
    return {
      instType: 'OPTION',
      instId: listing.instId,
      uly: String(listing.row['uly'] ?? ''),
      delta: numberText(this.coinDelta),
      gamma: numberText(greeks.gamma * forward),
      vega: numberText(this.fromUsd(greeks.vega)),
      theta: numberText(this.fromUsd(greeks.theta)),
      lever: greeks.price === 0 ? '0' : numberText(forward / greeks.price),
      markVol: numberText(this.volatility),
      bidVol: volatilityText(bid),
      askVol: volatilityText(ask),
      realVol: '',
      deltaBS: numberText(greeks.delta),
      gammaBS: numberText(greeks.gamma, 14),
      thetaBS: numberText(greeks.theta),
      vegaBS: numberText(greeks.vega),
      ts: String(nowMs),
      fwdPx: numberText(forward),
      volLv: numberText(VOLATILITY),
    };
  }

  #greeksAt(volatility: number): OptionGreeks {
    const { isCall, strike } = this.listing;
    return black76(isCall, this.forward, strike, this.#years, volatility);
  }
}

function smile(forward: number, strike: number, years: number): number {
  const deviations = Math.log(strike / forward) / (VOLATILITY * Math.sqrt(Math.max(years, 1 / 365)));
  const volatility = VOLATILITY + SMILE * deviations * deviations + SKEW * deviations;
  return Math.min(VOLATILITY_MAX, Math.max(VOLATILITY_MIN, volatility));
}

function yearsTo(expiryMs: Milliseconds, nowMs: Milliseconds): number {
  return Math.max(0, expiryMs - nowMs) / YEAR_MS;
}
