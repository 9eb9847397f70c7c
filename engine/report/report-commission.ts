/** What the run brings a broker, by instrument. */
import { table } from './report-tables.ts';
import { countText, moneyText, shortText } from './report-text.ts';
import type { CommissionRow, RunResult } from './run-result.ts';

/** Nothing where the run was of no broker, or brought nothing to reckon with. */
export function commissionTable({ commission = [] }: RunResult): string {
  if (commission.length === 0) return '';
  const rows = commission.length === 1 ? commission : [...commission, totalOf(commission)];
  return table(
    'Commission, in USDT: the rebate to expect by the configured shares, before what the tier of the account takes off it',
    ['', 'Orders', 'Volume', 'Fee', 'Net fee', 'Expected rebate'],
    rows.map((row) => [
      row.instId,
      countText(row.orders),
      shortText(row.volume),
      moneyText(row.fee),
      moneyText(row.netFee),
      moneyText(row.expectedRebate),
    ]),
  );
}

export function totalOf(rows: readonly CommissionRow[]): CommissionRow {
  const sum = (of: (row: CommissionRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  return {
    instId: 'all',
    orders: sum(({ orders }) => orders),
    volume: sum(({ volume }) => volume),
    fee: sum(({ fee }) => fee),
    netFee: sum(({ netFee }) => netFee),
    expectedRebate: sum(({ expectedRebate }) => expectedRebate),
    unpricedFills: sum(({ unpricedFills }) => unpricedFills),
  };
}
