/**
 * Margin of options, in their settlement currency, as floats. A bought option is paid for and needs none; an open order to
 * buy keeps its premium. A sold one counts in the equity at its value, and stands on a part of the underlying besides:
 *
 *     initial      max(10 %, 15 % - out of the money) of the underlying      maintenance  7.5 % of it
 *
 * OKX's own schedule has more terms (simple mode's table, portfolio margin's scenarios); this one is chosen.
 */
import { Side } from '../../base/side.ts';
import type { Lots } from '../../base/units.ts';
import { amountNumber } from './amount.ts';
import type { ExtraOrder, Holding } from './holding.ts';
import type { Position } from './position.ts';
import { isDollar } from './start-prices.ts';

const INITIAL_RATIO = 0.15;
const INITIAL_RATIO_MIN = 0.1;
const MAINTENANCE_RATIO = 0.075;

export function optionInitialMargin(holding: Holding, extra: ExtraOrder | null): number {
  let position: Lots = 0;
  for (const { lots } of holding.positions) position += lots;
  let sells: Lots = 0;
  let premium = 0;
  for (const order of holding.orders) {
    if (order.isReducing) continue;
    if (order.terms.side === Side.sell) sells += order.entry.lots;
    else premium += premiumOf(holding, order.ticks, order.entry.lots, position);
  }
  if (extra !== null) {
    if (extra.side === Side.sell) sells += extra.lots;
    else premium += premiumOf(holding, extra.ticks, extra.lots, position);
  }
  const short = Math.max(0, sells - position);
  return premium + underlyingValue(holding, short) * initialRatio(holding);
}

export function optionMaintenanceMargin(holding: Holding, position: Position): number {
  return position.lots >= 0 ? 0 : underlyingValue(holding, -position.lots) * MAINTENANCE_RATIO;
}

/** What buying back a short costs is in the equity already. */
function premiumOf(holding: Holding, ticks: number, lots: Lots, position: Lots): number {
  const bought = Math.max(0, lots - Math.max(0, -position));
  return holding.valueNumber(ticks || holding.market.buyLimitTicks, bought);
}

function initialRatio({ market, listing }: Holding): number {
  const { forward } = market;
  if (forward === 0) return INITIAL_RATIO;
  const outOfMoney = Math.max(0, (listing.isCall ? 1 : -1) * (listing.strike - forward)) / forward;
  return Math.max(INITIAL_RATIO_MIN, INITIAL_RATIO - outOfMoney);
}

/** The coins that lots stand for, or their dollars for options that settle in those. */
function underlyingValue({ market, listing }: Holding, lots: Lots): number {
  const coins = amountNumber(listing.units(lots));
  return isDollar(listing.settleCcy) ? coins * market.forward : coins;
}
