import type { Milliseconds } from '../../base/units.ts';
import type { Account, Valuation } from './account.ts';
import { balanceDataRow } from './account-rows.ts';
import type { Amount } from './amount.ts';
import type { ExchangeSink } from './exchange-contract.ts';

/**
 * Books cash that comes from elsewhere, or goes there, and tells the account (`transferred`). What orders have reserved and
 * what positions need as margin stays; false when less is free than is to go.
 */
export function transferCash(
  account: Account,
  ccy: string,
  amount: Amount,
  valuation: Valuation,
  sink: ExchangeSink,
  nowMs: Milliseconds,
): boolean {
  const isFree = account.freeCash(ccy) + amount >= 0n;
  if (amount < 0n && !isFree) return false;
  account.book(ccy, amount, nowMs);
  if (amount < 0n && account.availableEquity(ccy, valuation) < 0) {
    account.book(ccy, -amount, nowMs);
    return false;
  }
  sink.balanceAndPosition(account.uid, {
    eventType: 'transferred',
    balData: [balanceDataRow(account.balance(ccy))],
    posData: [],
    trades: [],
  });
  sink.account(account.uid);
  return true;
}
