import { normalDistribution } from './normal-distribution.ts';

/** Volatilities are looked for between these, 1 for 100 % a year. */
const VOLATILITY_MIN = 1e-4;
const VOLATILITY_MAX = 20;
/** Halvings of that range: 20 / 2^48 is far below what a price shows. */
const HALVINGS = 48;

/**
 * What an option on a forward is worth today, in the forward's currency, without interest: it is settled by a margin that
 * earns none.
 *
 * Source: F. Black, "The pricing of commodity contracts", Journal of Financial Economics 3 (1976), with r = 0.
 *
 * @param years to its expiry; 0 and less give what it is worth at once
 */
export function black76(
  isCall: boolean,
  forward: number,
  strike: number,
  years: number,
  volatility: number,
): number {
  const deviation = volatility * Math.sqrt(Math.max(0, years));
  if (!(deviation > 0)) return Math.max(0, isCall ? forward - strike : strike - forward);
  const d1 = Math.log(forward / strike) / deviation + deviation / 2;
  const d2 = d1 - deviation;
  return isCall
    ? forward * normalDistribution(d1) - strike * normalDistribution(d2)
    : strike * normalDistribution(-d2) - forward * normalDistribution(-d1);
}

/** The volatility at which an option is worth `price`; NaN where none makes it so. */
export function impliedVolatility(
  isCall: boolean,
  forward: number,
  strike: number,
  years: number,
  price: number,
): number {
  if (!(years > 0) || !(forward > 0)) return NaN;
  if (!(price > black76(isCall, forward, strike, years, VOLATILITY_MIN))) return NaN;
  if (!(price < black76(isCall, forward, strike, years, VOLATILITY_MAX))) return NaN;
  let low = VOLATILITY_MIN;
  let high = VOLATILITY_MAX;
  for (let step = 0; step < HALVINGS; step++) {
    const middle = (low + high) / 2;
    if (black76(isCall, forward, strike, years, middle) < price) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
