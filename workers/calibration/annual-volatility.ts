const YEAR_SECONDS = 365 * 86_400;

/**
 * What a volatility is over a year of 365 days, as a share of the price: 0.5 is 50 %.
 *
 * @param sigmaTicks in ticks/√s
 * @param priceTicks the price that it is a share of
 */
export function annualVolatility(sigmaTicks: number, priceTicks: number): number {
  return (sigmaTicks / priceTicks) * Math.sqrt(YEAR_SECONDS);
}
