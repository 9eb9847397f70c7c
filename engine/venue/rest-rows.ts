import { AmendResult, OrderStateText } from '../okx/shapes.ts';
import { quantityText, unitsOf } from './quantity.ts';

/** A row of an answer, as it came. */
export type RestRow = Readonly<Record<string, unknown>>;

/** REST tells of the last fill in every row; a push tells of its own. */
export const NO_FILL: RestRow = {
  code: '0',
  msg: '',
  fillPx: '',
  fillSz: '0',
  tradeId: '',
  fillTime: '',
  fillFee: '0',
  fillFeeCcy: '',
  execType: '',
  reqId: '',
  amendResult: AmendResult.none,
};

/** What is known of an order by its fills alone: that it was filled by them. */
export function rowOfFills(fills: readonly RestRow[]): RestRow {
  const [first] = fills as [RestRow];
  const sz = quantityText(fills.reduce((sum, fill) => sum + unitsOf(textOf(fill, 'fillSz')), 0n));
  return {
    ...first,
    px: first['fillPx'],
    sz,
    accFillSz: sz,
    state: OrderStateText.filled,
    uTime: first['ts'],
  };
}

/** What an amend leaves alone fits every row. */
export function isEqualOrAbsent(wanted: string, has: string): boolean {
  return wanted === '' || unitsOf(wanted) === unitsOf(has);
}

export function byAge(left: RestRow, right: RestRow): number {
  const byTime = Number(textOf(left, 'ts')) - Number(textOf(right, 'ts'));
  return byTime === 0 ? Number(unitsOf(textOf(left, 'billId')) - unitsOf(textOf(right, 'billId'))) : byTime;
}

export function uTimeOf(row: RestRow): number {
  return Number(textOf(row, 'uTime'));
}

export function textOf(row: RestRow, name: string): string {
  const value = row[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}
