/**
 * Which trade mode goes with which account and instrument (protocol page 6.1):
 *
 *     level                    SPOT    pairs on margin                FUTURES, SWAP, OPTION
 *     1 spot                   cash    -                              options bought with cash alone
 *     2 futures                cash    cross or isolated, with `ccy`  cross, isolated
 *     3 multi-currency margin  cross   cross; isolated is 50072       cross, isolated
 *     4 portfolio margin       cross   cross; isolated is 50072       cross, isolated; net positions only (51041)
 */
import { Side } from '../../base/side.ts';
import type { Account } from './account.ts';
import type { PosSide } from './client-order.ts';
import type { Listing } from './listing.ts';
import { refusal, type OrderRefusal } from './refusals.ts';

export interface TradeMode {
  /** A spot pair on margin: the order makes a position. */
  readonly isMargin: boolean;
  /** The currency of its margin, '' for everything else. */
  readonly ccy: string;
  /** An option that is sold without margin must be there. */
  readonly mayOnlyReduce: boolean;
}

const PLAIN: TradeMode = { isMargin: false, ccy: '', mayOnlyReduce: false };

export function readTradeMode(
  account: Account,
  listing: Listing,
  tdMode: string,
  side: Side,
  ccy: unknown,
): TradeMode | OrderRefusal {
  const level = account.options.accountLevel;
  if (listing.isContract) {
    if (level !== '1') return tdMode === 'cash' ? refusal('51000', 'tdMode') : PLAIN;
    if (!listing.isOption) return refusal('51010');
    if (tdMode !== 'cash') return refusal('51000', 'tdMode');
    return side === Side.buy ? PLAIN : { ...PLAIN, mayOnlyReduce: true };
  }
  if (account.hasSharedMargin) {
    if (tdMode === 'cross') return PLAIN;
    return tdMode === 'cash' ? refusal('51000', 'tdMode') : refusal('50072');
  }
  if (tdMode === 'cash') return PLAIN;
  if (level === '1') return refusal('51000', 'tdMode');
  // Pairs without a leverage are not traded on margin.
  if (!hasMargin(listing)) return refusal('51010');
  if (ccy !== listing.baseCcy && ccy !== listing.quoteCcy) return refusal('51000', 'ccy');
  return { isMargin: true, ccy, mayOnlyReduce: false };
}

/** Whether a spot pair can be traded on margin. */
export function hasMargin(listing: Listing): boolean {
  return !listing.isContract && listing.maxLever > 1;
}

export function readPosSide(account: Account, listing: Listing, posSide: string): PosSide | OrderRefusal {
  const isNet = posSide === '' || posSide === 'net';
  const hasSides = listing.isContract && !listing.isOption && account.positionMode === 'long_short_mode';
  if (!hasSides) {
    if (isNet) return 'net';
    return account.options.accountLevel === '4' ? refusal('51041') : refusal('51000', 'posSide');
  }
  return posSide === 'long' || posSide === 'short' ? posSide : refusal('51000', 'posSide');
}
