/** Balances and the account's settings as OKX shows them. */
import type { Milliseconds } from '../../base/units.ts';
import type { Account, Balance, MarginTotals, Valuation } from './account.ts';
import { amountNumber, amountText, numberText } from './amount.ts';
import { DEFAULT_PERMISSIONS, type Row } from './exchange-contract.ts';
import { crossMargin, marginRatioText } from './margin-rows.ts';

/** The `data` row of the `account` channel and of GET /account/balance. */
export function accountRow(
  account: Account,
  valuation: Valuation,
  nowMs: Milliseconds,
  only?: Set<string>,
): Row {
  const totals = account.marginTotals('', valuation);
  const isShared = account.hasSharedMargin;
  let totalUsd = totals.equity;
  const details: Row[] = [];
  for (const balance of account.balances.values()) {
    const row = balanceRow(account, balance, valuation);
    totalUsd += amountNumber(balance.cash) * valuation.usd(balance.ccy);
    const isShown = balance.cash !== 0n || balance.frozen !== 0n || row['upl'] !== '0';
    if (isShown && (only === undefined || only.has(balance.ccy))) details.push(row);
  }
  const shared = (value: number): string => (isShared ? numberText(value, 8) : '');
  const ratio = isShared ? marginRatioText(crossMargin(account, '', valuation)) : '';
  return {
    uTime: String(nowMs),
    totalEq: numberText(totalUsd, 8),
    isoEq: numberText(totals.isolated, 8),
    adjEq: shared(totalUsd),
    availEq: isShared ? numberText(account.availableEquity('', valuation), 8) : '',
    ordFroz: shared(0),
    imr: shared(totals.initialMargin),
    mmr: shared(totals.maintenanceMargin),
    borrowFroz: '',
    mgnRatio: ratio,
    notionalUsd: '',
    notionalUsdForBorrow: '',
    notionalUsdForFutures: '',
    notionalUsdForOption: '',
    notionalUsdForSwap: '',
    delta: '',
    deltaLever: '',
    deltaNeutralStatus: account.isDeltaRestricted ? '1' : '0',
    upl: shared(totals.upl),
    details,
  };
}

/** What contracts that settle in USD may settle in. */
export const SETTLE_CURRENCIES: readonly string[] = ['USD', 'USDC', 'USDG'];

const NO_SPOT_DETAILS: Row = {
  smtSyncEq: '0',
  spotCopyTradingEq: '0',
  fixedBal: '0',
  clSpotInUseAmt: '',
  maxSpotInUseAmt: '',
  spotBal: '',
  openAvgPx: '',
  accAvgPx: '',
  spotUpl: '',
  spotUplRatio: '',
  totalPnl: '',
  totalPnlRatio: '',
};

function balanceRow(account: Account, balance: Balance, valuation: Valuation): Row {
  const { ccy } = balance;
  const totals = account.marginTotals(ccy, valuation);
  const cash = amountNumber(balance.cash);
  const equity = cash + totals.equity;
  const isPlain = totals.initialMargin === 0 && totals.equity === 0;
  const liability = account.hasSharedMargin && balance.cash < 0n ? amountText(-balance.cash) : '0';
  const isSpotMode = account.options.accountLevel === '1';
  const isFutures = account.options.accountLevel === '2';
  const available = availableOf(account, ccy, totals);
  const frozen = isSpotMode ? amountNumber(balance.frozen) : Math.max(0, equity - available);
  return {
    ccy,
    eq: totals.equity === 0 ? amountText(balance.cash) : numberText(equity, 12),
    cashBal: amountText(balance.cash),
    uTime: String(balance.updatedMs),
    isoEq: numberText(totals.isolated, 12),
    availEq: isSpotMode ? '' : numberText(available, 12),
    disEq: numberText(equity * valuation.usd(ccy), 8),
    availBal: isPlain ? amountText(balance.cash - balance.frozen) : numberText(available, 12),
    frozenBal: isPlain ? amountText(balance.frozen) : numberText(frozen, 12),
    ordFrozen: amountText(balance.frozen),
    upl: numberText(totals.upl, 12),
    uplLiab: '',
    crossLiab: liability === '0' ? '' : liability,
    isoLiab: '',
    liab: liability,
    interest: '0',
    mgnRatio: isFutures ? marginRatioText(crossMargin(account, ccy, valuation)) : '',
    imr: isSpotMode ? '' : numberText(totals.initialMargin, 8),
    mmr: isSpotMode ? '' : numberText(totals.maintenanceMargin, 8),
    maxLoan: '0',
    eqUsd: numberText(equity * valuation.usd(ccy), 8),
    notionalLever: '',
    stgyEq: '0',
    isoUpl: numberText(totals.isolatedUpl, 12),
    spotInUseAmt: '',
    borrowFroz: '',
    spotIsoBal: '0',
    twap: '0',
    rewardBal: '',
    colRes: '0',
    collateralEnabled: false,
    collateralRestrict: false,
    colBorrAutoConversion: '0',
    coinUsdPrice: numberText(valuation.usd(ccy), 8),
    // Nothing here is copied, restricted or hedged with spot, and the average cost of spot is not kept.
    ...NO_SPOT_DETAILS,
  };
}

/** What a spot order may use of a currency: free cash, less the margin that contracts take from it in futures mode. */
export function availableBalance(account: Account, ccy: string, valuation: Valuation): number {
  return availableOf(account, ccy, account.marginTotals(ccy, valuation));
}

function availableOf(account: Account, ccy: string, totals: MarginTotals): number {
  const free = amountNumber(account.freeCash(ccy));
  if (account.options.accountLevel !== '2') return free;
  return Math.max(0, Math.min(free, free + totals.equity - totals.initialMargin));
}

/** A `balData` entry of balance_and_position. */
export function balanceDataRow(balance: Balance): Row {
  return { ccy: balance.ccy, cashBal: amountText(balance.cash), uTime: String(balance.updatedMs) };
}

/** The answer of GET /account/config. */
export function configRow(account: Account): Row {
  return {
    uid: account.uid,
    mainUid: account.mainUid,
    acctLv: account.options.accountLevel,
    posMode: account.positionMode,
    acctStpMode: 'cancel_maker',
    autoLoan: account.autoLoan,
    greeksType: 'PA',
    feeType: account.feeType,
    level: account.options.feeTier,
    levelTmp: '',
    ctIsoMode: 'automatic',
    mgnIsoMode: 'automatic',
    stgyType: account.options.stgyType ?? '0',
    roleType: '0',
    traderInsts: [],
    spotRoleType: '0',
    spotTraderInsts: [],
    opAuth: '0',
    kycLv: '3',
    label: 'paper',
    ip: '',
    perm: account.options.permissions ?? DEFAULT_PERMISSIONS,
    liquidationGear: '-1',
    enableSpotBorrow: false,
    spotBorrowAutoRepay: false,
    type: account.uid === account.mainUid ? '0' : '1',
    settleCcy: account.settleCcy,
    settleCcyList: SETTLE_CURRENCIES,
  };
}

/** The answer of GET /account/trade-fee: one rate for all groups. */
export function feeRow(
  account: Account,
  instType: string,
  groupIds: readonly string[],
  nowMs: Milliseconds,
): Row {
  const paidAs = instType === 'MARGIN' ? 'SPOT' : instType;
  const { maker, taker } = account.fees.ofGroup(paidAs, '').texts;
  return {
    instType,
    level: account.options.feeTier,
    feeGroup: groupIds.map((groupId) => ({
      groupId,
      ...account.fees.ofGroup(paidAs, groupId).texts,
      // As makers on the public book.
      rpiMaker: account.options.mayRpi === true ? account.fees.ofGroup(instType, groupId).texts.maker : '',
    })),
    delivery: account.options.deliveryFeeRate ?? '',
    exercise: account.options.exerciseFeeRate ?? '',
    settle: '',
    fiat: [],
    maker,
    taker,
    makerU: '',
    takerU: '',
    makerUSDC: '',
    takerUSDC: '',
    ruleType: 'normal',
    category: '1',
    ts: String(nowMs),
  };
}
