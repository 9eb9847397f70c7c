/**
 * Delta-neutral mode (`stgyType` 1): while an account is restricted, only orders that bring the delta of their coin nearer
 * to nothing are taken, and one at a time. OKX documents the codes 51209 to 51214 and this rule; which code is which is
 * chosen here, and so is when an account is restricted: when it is said so (POST /paper/faults, `deltaRestricted`).
 */
import { Side } from '../../base/side.ts';
import type { Lots } from '../../base/units.ts';
import type { Account } from './account.ts';
import { amountNumber } from './amount.ts';
import type { ClientOrder, OrderTerms } from './client-order.ts';
import { ListingKind, type Listing } from './listing.ts';
import type { Market } from './market.ts';
import { refusal, type OrderRefusal } from './refusals.ts';

export function refuseDelta(account: Account, market: Market, terms: OrderTerms): OrderRefusal | null {
  if (account.options.stgyType !== '1') return null;
  const { listing } = market;
  if (terms.tdMode === 'isolated') return refusal('51213');
  if (listing.isOption) return refusal('51214');
  if (!account.isDeltaRestricted) return null;
  const delta = deltaOf(account, listing.baseCcy);
  const change = (terms.side === Side.buy ? 1 : -1) * coinsOf(market, terms.lots);
  if (delta === 0 || Math.sign(delta) === Math.sign(change)) return refusal('51209');
  if (isReducing(account, listing.baseCcy)) return refusal('51210');
  return Math.abs(change) > Math.abs(delta) + 1e-9 ? refusal('51211') : null;
}

/** While an account is restricted an order keeps its size, or loses some of it. */
export function refuseDeltaAmend({ account, lots }: ClientOrder, newLots: Lots): OrderRefusal | null {
  return account.isDeltaRestricted && newLots > lots ? refusal('51212') : null;
}

/** Coins that the account is long of, with what it holds. */
function deltaOf(account: Account, ccy: string): number {
  let coins = amountNumber(account.balance(ccy).cash);
  for (const { listing, market, positions } of account.holdings.values()) {
    if (listing.baseCcy !== ccy || listing.isOption) continue;
    for (const { lots } of positions) coins += Math.sign(lots) * coinsOf(market, Math.abs(lots));
  }
  return coins;
}

function isReducing(account: Account, ccy: string): boolean {
  for (const order of account.openOrders.values()) if (order.market.listing.baseCcy === ccy) return true;
  return false;
}

function coinsOf({ listing, markTicks }: Market, lots: Lots): number {
  return coins(listing, lots) / (listing.kind === ListingKind.inverse ? markTicks * listing.tick.value : 1);
}

/** Coins of linear contracts and of pairs, dollars of inverse contracts. */
function coins(listing: Listing, lots: Lots): number {
  return lots === 0 ? 0 : amountNumber(listing.units(lots));
}
