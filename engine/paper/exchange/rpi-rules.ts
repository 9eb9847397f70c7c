/**
 * RPI orders (retail price improvement, ELP before): makers that the public book does not show, and that only takers who are
 * no API clients meet, or IOC orders with `rpiTakerAccess`. They queue behind what is shown at the same price.
 *
 * Refused: on instruments without them (54041), without the permission (54042), reduce-only (54039), with TP/SL (54040),
 * below the least value (54051). Cancelled: those that would take what is shown (31), and those that meet an RPI order of
 * the other side, or that a shown order has come to (45); with `rpiPxRound` they step back by a tick instead (amendSource
 * 6). The rule of the distance to the other side's first RPI order is not published: here it is one tick.
 */
import { Side } from '../../base/side.ts';
import type { Lots, Ticks } from '../../base/units.ts';
import type { Account, Valuation } from './account.ts';
import { amountNumber } from './amount.ts';
import type { RequestItem } from './exchange-contract.ts';
import type { Market } from './market.ts';
import { refusal, type OrderRefusal } from './refusals.ts';

/** Least value of an order in US dollars (change log 2026-09-15). */
const VALUE_MIN_USD: Readonly<Record<string, number>> = { SPOT: 500, FUTURES: 2_000, SWAP: 5_000 };

/** `rpi` of a row of GET /account/instruments: not there, there but not for this account, allowed. */
export function rpiPermission(account: Account, { hasRpi }: Market): '0' | '1' | '2' {
  if (!hasRpi) return '0';
  return account.options.mayRpi === true ? '2' : '1';
}

export function refuseRpi(
  account: Account,
  market: Market,
  request: RequestItem,
  isReduceOnly: boolean,
): OrderRefusal | null {
  const permission = rpiPermission(account, market);
  if (permission === '0') return refusal('54041');
  if (permission === '1') return refusal('54042');
  if (isReduceOnly) return refusal('54039');
  const attached = request['attachAlgoOrds'];
  return Array.isArray(attached) && attached.length > 0 ? refusal('54040') : null;
}

export function isBelowRpiValue(
  { listing }: Market,
  ticks: Ticks,
  lots: Lots,
  valuation: Valuation,
): boolean {
  const least = VALUE_MIN_USD[listing.instType] ?? Infinity;
  const value =
    listing.kind === 'inverse'
      ? amountNumber(listing.units(lots))
      : listing.valueNumber(ticks, lots) * valuation.usd(listing.settleCcy);
  return value < least;
}

/** The nearest price that keeps a tick to the first RPI order of the other side. */
export function rpiPriceBeside(market: Market, side: Side, ticks: Ticks): Ticks {
  const first = market.rpiBook.opposite(side).best;
  if (first === null) return ticks;
  return side === Side.buy ? Math.min(ticks, first.ticks - 1) : Math.max(ticks, first.ticks + 1);
}
