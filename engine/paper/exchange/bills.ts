/** What has changed an account's cash, one row a currency and event: GET /account/bills. */
import { Side } from '../../base/side.ts';
import type { Milliseconds } from '../../base/units.ts';
import type { Account } from './account.ts';
import { amountText, type Amount } from './amount.ts';
import type { ClientOrder, OrderFill } from './client-order.ts';
import type { Row } from './exchange-contract.ts';
import type { Holding } from './holding.ts';
import { isPaged, isTimed, page, type Page } from './order-queries.ts';

/** Bills that an account can still be asked about: as many as fills. */
const BILLS_MAX = 10_000;

/** `type` of a bill (D). */
export const BillType = {
  transfer: '1',
  trade: '2',
  delivery: '3',
  liquidation: '5',
  funding: '8',
  adl: '9',
  settlement: '34',
} as const;
export type BillType = (typeof BillType)[keyof typeof BillType];

/** `subType` of a bill that comes of no trade (D; that of a daily settlement is chosen). */
export const BillSubType = {
  transferIn: '11',
  transferOut: '12',
  exercised: '170',
  counterpartyExercised: '171',
  expiredOtm: '172',
  fundingExpense: '173',
  fundingIncome: '174',
  settlement: '355',
} as const;
export type BillSubType = (typeof BillSubType)[keyof typeof BillSubType];

export interface Bill {
  readonly billId: string;
  readonly type: BillType;
  readonly subType: string;
  readonly ccy: string;
  readonly change: Amount;
  /** Cash after it. */
  readonly balance: Amount;
  readonly fee: Amount;
  readonly pnl: Amount;
  readonly timeMs: Milliseconds;
  /** '' for what is of no instrument. */
  readonly instType: string;
  readonly instId: string;
  readonly mgnMode: string;
  readonly sz: string;
  readonly px: string;
  /** The row of GET /trade/fills that it is of. */
  readonly fill: Row | null;
}

const TYPES: Readonly<Record<string, BillType>> = {
  partial_liquidation: BillType.liquidation,
  full_liquidation: BillType.liquidation,
  adl: BillType.adl,
  delivery: BillType.delivery,
};

/**
 * Bills of a fill that has just been booked: of contracts one, of pairs one a currency, the second with the number after the
 * fill's; of pairs on margin in quote currency, and in base currency when the fee is.
 */
export function billFill(order: ClientOrder, fill: OrderFill, row: Row): void {
  const { account, market, holding, terms } = order;
  const { listing } = market;
  const { lots, ticks, fee, feeCcy } = fill;
  const isBuy = terms.side === Side.buy;
  const value = isBuy ? -listing.value(ticks, lots) : listing.value(ticks, lots);
  const add = (billId: string, ccy: string, made: Amount, pnl: Amount): void => {
    const paid = ccy === feeCcy ? fee : 0n;
    if (made + paid === 0n && billId !== fill.billId) return;
    account.addBill({
      billId,
      type: TYPES[order.origin.category] ?? BillType.trade,
      subType: row['subType'] as string,
      ccy,
      change: made + paid,
      balance: account.balance(ccy).cash,
      fee: paid,
      pnl,
      timeMs: fill.timeMs,
      instType: order.instType,
      instId: listing.instId,
      mgnMode: order.hasPosition ? order.marginMode : '',
      sz: row['fillSz'] as string,
      px: row['fillPx'] as string,
      fill: row,
    });
  };
  if (listing.isContract) {
    add(fill.billId, holding.settleCcy, listing.isOption ? value : fill.pnl, fill.pnl);
    return;
  }
  const second = String(Number(fill.billId) + 1);
  const units = isBuy ? listing.units(lots) : -listing.units(lots);
  if (order.hasPosition) {
    add(fill.billId, listing.quoteCcy, fill.pnl, fill.pnl);
    add(second, listing.baseCcy, 0n, 0n);
    return;
  }
  add(fill.billId, listing.baseCcy, units, 0n);
  add(second, listing.quoteCcy, value, 0n);
}

/** A bill of something that happened to a position and was no trade. */
export function billPosition(
  account: Account,
  holding: Holding,
  mgnMode: string,
  bill: Pick<Bill, 'billId' | 'type' | 'subType' | 'change' | 'fee' | 'pnl' | 'sz' | 'px' | 'timeMs'>,
): void {
  const { instId, instType, isContract } = holding.listing;
  const ccy = holding.settleCcy;
  const balance = account.balance(ccy).cash;
  const type = isContract ? instType : 'MARGIN';
  account.addBill({ ...bill, ccy, balance, mgnMode, instId, instType: type, fill: null });
}

/** Keeps a bill; the oldest go. */
export function keepBill(bills: Bill[], bill: Bill): void {
  bills.push(bill);
  if (bills.length > 2 * BILLS_MAX) bills.splice(0, BILLS_MAX);
}

/** Filters as OKX names them. */
export interface BillFilter extends Page {
  readonly instType?: string;
  readonly instId?: string;
  readonly ccy?: string;
  readonly mgnMode?: string;
  readonly type?: string;
  readonly subType?: string;
}

/** Rows of GET /account/bills, newest first. */
export function billRows(bills: readonly Bill[], filter: BillFilter): Row[] {
  const names = ['instType', 'instId', 'ccy', 'mgnMode', 'type', 'subType'] as const;
  const found = bills.filter(
    (bill) =>
      names.every((name) => !filter[name] || filter[name] === bill[name]) &&
      isPaged(filter, bill.billId) &&
      isTimed(filter, bill.timeMs),
  );
  return page(found.toReversed(), filter).map(rowOf);
}

function rowOf(bill: Bill): Row {
  const ofFill = (name: string): unknown => bill.fill?.[name] ?? '';
  return {
    instType: bill.instType,
    billId: bill.billId,
    type: bill.type,
    subType: bill.subType,
    ts: String(bill.timeMs),
    balChg: amountText(bill.change),
    posBalChg: '0',
    bal: amountText(bill.balance),
    posBal: '0',
    sz: bill.sz,
    px: bill.px,
    ccy: bill.ccy,
    pnl: amountText(bill.pnl),
    fee: amountText(bill.fee),
    earnAmt: '',
    earnApr: '',
    mgnMode: bill.mgnMode,
    instId: bill.instId,
    ordId: ofFill('ordId'),
    execType: ofFill('execType'),
    from: '',
    to: '',
    notes: '',
    interest: '0',
    tag: ofFill('tag'),
    fillTime: ofFill('fillTime'),
    tradeId: ofFill('tradeId'),
    clOrdId: ofFill('clOrdId'),
    fillIdxPx: ofFill('fillIdxPx'),
    fillMarkPx: ofFill('fillMarkPx'),
    fillPxVol: ofFill('fillPxVol'),
    fillPxUsd: ofFill('fillPxUsd'),
    fillMarkVol: ofFill('fillMarkVol'),
    fillFwdPx: ofFill('fillFwdPx'),
  };
}
