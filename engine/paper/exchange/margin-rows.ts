/**
 * How near a position is to liquidation, as OKX shows it. Nobody is liquidated here: these are reports, in floats, with the
 * first tier's maintenance rate throughout.
 */
import type { Ticks } from '../../base/units.ts';
import type { Account, Valuation } from './account.ts';
import { amountNumber, numberText } from './amount.ts';
import { MAINTENANCE_RATE, type Holding, type Position } from './holding.ts';
import type { Market } from './market.ts';

/** What stands behind a position, and what has to: both in its settlement currency. */
interface Margin {
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
  market: Market,
  valuation: Valuation,
): Margin {
  const { listing } = holding;
  if (position.marginMode === 'isolated') {
    const profit = amountNumber(position.unrealised(listing, market.markTicks));
    return {
      equity: holding.positionMargin(position, market.markTicks) + profit,
      maintenance: holding.maintenanceOf(position, market.markTicks),
    };
  }
  if (!account.hasSharedMargin) {
    const totals = account.contractTotals(listing.settleCcy, valuation);
    const cash = amountNumber(account.balance(listing.settleCcy).cash);
    return { equity: cash + totals.upl, maintenance: totals.maintenanceMargin };
  }
  const totals = account.contractTotals('', valuation);
  const rate = valuation.usd(listing.settleCcy) || 1;
  let equity = totals.upl;
  for (const { ccy, cash } of account.balances.values()) equity += amountNumber(cash) * valuation.usd(ccy);
  return { equity: equity / rate, maintenance: totals.maintenanceMargin / rate };
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
  if (position.lots === 0) return '';
  const { listing } = holding;
  const { equity, maintenance } = marginOf(account, holding, position, market, valuation);
  const others = maintenance - holding.maintenanceOf(position, market.markTicks);
  const sign = position.lots > 0 ? 1 : -1;
  const mark = market.markTicks * listing.tick.value;
  const value = holding.valueNumber(market.markTicks, Math.abs(position.lots));
  let price: number;
  if (listing.kind === 'inverse') {
    price = (value * mark * (MAINTENANCE_RATE + sign)) / (equity - others + sign * value);
  } else {
    price = (sign * value - equity + others) / ((value / mark) * (sign - MAINTENANCE_RATE));
  }
  const ticks: Ticks = Math.round(price / listing.tick.value);
  return Number.isSafeInteger(ticks) && ticks > 0 ? listing.priceText(ticks) : '';
}
