/**
 * How near a position is to liquidation, as OKX shows it: in floats, with the maintenance rate of the position's tier.
 */
import type { Ticks } from '../../base/units.ts';
import type { Account, Valuation } from './account.ts';
import { amountNumber, numberText } from './amount.ts';
import type { Holding } from './holding.ts';
import type { Market } from './market.ts';
import type { Position } from './position.ts';

/** What stands behind a position, and what has to: both in its settlement currency. */
export interface Margin {
  readonly equity: number;
  readonly maintenance: number;
}

/** Equity over maintenance margin, 1 is liquidation; '' where no margin is needed. */
export function marginRatioText({ equity, maintenance }: Margin): string {
  return maintenance === 0 ? '' : numberText(equity / maintenance, 4);
}

/** Isolated positions stand on their own margin, cross ones on the currency (futures mode) or the account (the others). */
export function marginOf(
  account: Account,
  holding: Holding,
  position: Position,
  valuation: Valuation,
): Margin {
  if (position.marginMode === 'isolated') {
    return {
      equity: holding.isolatedMargin(position) + holding.equityOf(position),
      maintenance: holding.maintenanceOf(position),
    };
  }
  if (!account.hasSharedMargin) return crossMargin(account, position.ccy, valuation);
  const shared = crossMargin(account, '', valuation);
  const rate = valuation.usd(position.ccy) || 1;
  return { equity: shared.equity / rate, maintenance: shared.maintenance / rate };
}

/** Behind all cross positions of a currency, or in USD behind all of the account when it is ''. */
export function crossMargin(account: Account, ccy: string, valuation: Valuation): Margin {
  const totals = account.marginTotals(ccy, valuation);
  let equity = totals.equity - totals.isolated;
  if (ccy !== '') equity += amountNumber(account.balance(ccy).cash);
  else
    for (const each of account.balances.values()) equity += amountNumber(each.cash) * valuation.usd(each.ccy);
  return { equity, maintenance: totals.maintenanceMargin };
}

/**
 * The mark price at which what stands behind the position would be its maintenance margin, everything else standing still;
 * '' where no price is. With u units of the position (sign s), m the mark, r the maintenance rate, E the equity and o the
 * maintenance margin of the other positions:
 *
 *     linear   E + s·u·(p - m)     = r·u·p + o      p = (s·u·m - E + o) / (u·(s - r))
 *     inverse  E + s·U·(1/m - 1/p) = r·U/p + o      p = U·(r + s) / (E - o + s·U/m)
 */
export function liquidationText(
  account: Account,
  holding: Holding,
  position: Position,
  market: Market,
  valuation: Valuation,
): string {
  const { listing } = holding;
  // What an option is worth follows no line in its own price, and margin in the base currency none in this one.
  if (position.lots === 0 || listing.isOption || position.ccy !== holding.settleCcy) return '';
  const { equity, maintenance } = marginOf(account, holding, position, valuation);
  const others = maintenance - holding.maintenanceOf(position);
  const rate = holding.maintenanceRate(position);
  const sign = position.lots > 0 ? 1 : -1;
  const mark = market.markTicks * listing.tick.value;
  const value = holding.valueNumber(market.markTicks, Math.abs(position.lots));
  let price: number;
  if (listing.kind === 'inverse') {
    price = (value * mark * (rate + sign)) / (equity - others + sign * value);
  } else {
    price = (sign * value - equity + others) / ((value / mark) * (sign - rate));
  }
  const ticks: Ticks = Math.round(price / listing.tick.value);
  return Number.isSafeInteger(ticks) && ticks > 0 ? listing.priceText(ticks) : '';
}
