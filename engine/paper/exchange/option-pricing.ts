/**
 * Black's model (F. Black, "The pricing of commodity contracts", 1976) on a forward, without interest: what an option is
 * worth in the forward's currency, its greeks, and the volatility that a price implies.
 */

export interface OptionGreeks {
  /** In the currency of the forward and the strike. */
  readonly price: number;
  readonly delta: number;
  readonly gamma: number;
  /** Per one percentage point of volatility. */
  readonly vega: number;
  /** Per day. */
  readonly theta: number;
}

const DAYS_PER_YEAR = 365;
const VOLATILITY_MIN = 0.001;
const VOLATILITY_MAX = 10;
/** Halvings of the interval: the volatility is known to a billionth then. */
const BISECTIONS = 40;

export function black76(
  isCall: boolean,
  forward: number,
  strike: number,
  years: number,
  volatility: number,
): OptionGreeks {
  const sign = isCall ? 1 : -1;
  const deviation = volatility * Math.sqrt(Math.max(0, years));
  if (deviation === 0) {
    const worth = Math.max(0, sign * (forward - strike));
    return { price: worth, delta: worth > 0 ? sign : 0, gamma: 0, vega: 0, theta: 0 };
  }
  const d1 = Math.log(forward / strike) / deviation + deviation / 2;
  const d2 = d1 - deviation;
  const density = Math.exp((-d1 * d1) / 2) / Math.sqrt(2 * Math.PI);
  const vega = forward * density * Math.sqrt(years);
  return {
    price: sign * (forward * normal(sign * d1) - strike * normal(sign * d2)),
    delta: sign * normal(sign * d1),
    gamma: density / (forward * deviation),
    vega: vega / 100,
    theta: (-vega * volatility) / (2 * years) / DAYS_PER_YEAR,
  };
}

/** 0 for a price below what the option is worth at once; the greatest volatility for one that none explains. */
export function impliedVolatility(
  isCall: boolean,
  forward: number,
  strike: number,
  years: number,
  price: number,
): number {
  if (years <= 0 || price <= black76(isCall, forward, strike, years, 0).price) return 0;
  let low = VOLATILITY_MIN;
  let high = VOLATILITY_MAX;
  if (black76(isCall, forward, strike, years, high).price <= price) return high;
  if (black76(isCall, forward, strike, years, low).price >= price) return low;
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (black76(isCall, forward, strike, years, middle).price < price) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The standard normal distribution (W. J. Cody's erfc by Numerical Recipes, section 6.2: 1.2e-7 at most). */
function normal(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  let sum = 0;
  for (const coefficient of ERFC) sum = sum * t + coefficient;
  const tail = (t * Math.exp(-z * z + sum)) / 2;
  return x >= 0 ? 1 - tail : tail;
}

const ERFC: readonly number[] = [
  0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196,
  1.00002368, -1.26551223,
];
