/** An instrument goes over to other grids, or to another name, while it is traded. */
import { CancelSource } from '../../okx/shapes.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Account } from './account.ts';
import type { Regrid } from './exchange-contract.ts';
import { Holding } from './holding.ts';
import { Listing, ListingError } from './listing.ts';
import type { Matcher } from './matcher.ts';
import type { Market } from './market.ts';

/**
 * The market that takes the old one's place, its book still empty. The accounts' orders are cancelled by the venue, and
 * their positions counted in the new lots. Orders that have ended keep the market, and so the grids, that they lived on.
 *
 * @throws ListingError when the grids are none, or a position is no whole number of the new lots; nothing has changed then
 */
export function relisted(
  old: Market,
  changes: Regrid & { readonly instId?: string },
  accounts: readonly Account[],
  matcher: Matcher,
  nowMs: Milliseconds,
): Market {
  const listing = new Listing({ ...old.listing.row, ...changes });
  const { instId } = old.listing;
  const ratio = old.listing.lot.value / listing.lot.value;
  for (const account of accounts) {
    for (const { lots } of account.holdings.get(instId)?.positions ?? []) {
      if (Math.abs(lots * ratio - Math.round(lots * ratio)) < 1e-6) continue;
      const size = old.listing.sizeText(lots);
      throw new ListingError(
        `${instId}: expected positions to be whole lots of ${listing.lot.step}, one is ${size}`,
      );
    }
  }
  for (const account of accounts) {
    for (const order of account.holdings.get(instId)?.orders ?? []) {
      matcher.cancel(order, CancelSource.system, nowMs);
    }
  }
  const market = old.regridded(listing, nowMs);
  for (const account of accounts) moveHolding(account, instId, market, ratio);
  return market;
}

function moveHolding(account: Account, instId: string, market: Market, ratio: number): void {
  const old = account.holdings.get(instId);
  if (old === undefined) return;
  const holding = new Holding(market, old.settleCcy);
  for (const mode of ['cross', 'isolated'] as const) holding.setLever(mode, old.lever(mode));
  for (const position of old.positions) {
    position.lots = Math.round(position.lots * ratio);
    position.run?.rescale(ratio);
    holding.positions.push(position);
  }
  account.holdings.delete(instId);
  account.holdings.set(market.listing.instId, holding);
  account.markets.delete(old);
  account.markets.set(holding, market);
}
