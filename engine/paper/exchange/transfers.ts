import type { Milliseconds } from '../../base/units.ts';
import type { Account, Valuation } from './account.ts';
import { balanceDataRow } from './account-rows.ts';
import { amountText, type Amount } from './amount.ts';
import { BillSubType, BillType } from './bills.ts';
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
  nextBillId: () => string,
): boolean {
  const isFree = account.freeCash(ccy) + amount >= 0n;
  if (amount < 0n && !isFree) return false;
  account.book(ccy, amount, nowMs);
  if (amount < 0n && account.availableEquity(ccy, valuation) < 0) {
    account.book(ccy, -amount, nowMs);
    return false;
  }
  const { cash } = account.balance(ccy);
  account.addBill({
    ...OF_NO_INSTRUMENT,
    billId: nextBillId(),
    subType: amount < 0n ? BillSubType.transferOut : BillSubType.transferIn,
    ccy,
    change: amount,
    balance: cash,
    sz: amountText(amount < 0n ? -amount : amount),
    timeMs: nowMs,
  });
  sink.balanceAndPosition(account.uid, {
    eventType: 'transferred',
    balData: [balanceDataRow(account.balance(ccy))],
    posData: [],
    trades: [],
  });
  sink.account(account.uid);
  return true;
}

const OF_NO_INSTRUMENT = {
  type: BillType.transfer,
  fee: 0n,
  pnl: 0n,
  instType: '',
  instId: '',
  mgnMode: '',
  px: '',
  fill: null,
} as const;
