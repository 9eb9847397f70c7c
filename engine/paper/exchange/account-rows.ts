/** Balances, positions and the account's settings as OKX shows them. */
import type { Milliseconds } from '../../base/units.ts';
import type { Account, Balance, ContractTotals, Valuation } from './account.ts';
import { amountNumber, amountText, numberText } from './amount.ts';
import { DEFAULT_PERMISSIONS, type Row } from './exchange-contract.ts';
import type { Holding, Position } from './holding.ts';
import { liquidationText, marginOf, marginRatioText } from './margin-rows.ts';
import type { Market } from './market.ts';

/** The `data` row of the `account` channel and of GET /account/balance. */
export function accountRow(
  account: Account,
  valuation: Valuation,
  nowMs: Milliseconds,
  only?: Set<string>,
): Row {
  const totals = account.contractTotals('', valuation);
  const isShared = account.hasSharedMargin;
  let totalUsd = totals.upl;
  const details: Row[] = [];
  for (const balance of account.balances.values()) {
    const row = balanceRow(account, balance, valuation);
    totalUsd += amountNumber(balance.cash) * valuation.usd(balance.ccy);
    const isShown = balance.cash !== 0n || balance.frozen !== 0n || row['upl'] !== '0';
    if (isShown && (only === undefined || only.has(balance.ccy))) details.push(row);
  }
  const shared = (value: number): string => (isShared ? numberText(value, 8) : '');
  const ratio = marginRatioText({ equity: totalUsd, maintenance: totals.maintenanceMargin });
  return {
    uTime: String(nowMs),
    totalEq: numberText(totalUsd, 8),
    isoEq: '0',
    adjEq: shared(totalUsd),
    availEq: isShared ? numberText(account.availableEquity('', valuation), 8) : '',
    ordFroz: shared(0),
    imr: shared(totals.initialMargin),
    mmr: shared(totals.maintenanceMargin),
    borrowFroz: '',
    mgnRatio: isShared ? ratio : '',
    notionalUsd: '',
    notionalUsdForBorrow: '',
    notionalUsdForFutures: '',
    notionalUsdForOption: '',
    notionalUsdForSwap: '',
    delta: '',
    deltaLever: '',
    deltaNeutralStatus: '0',
    upl: shared(totals.upl),
    details,
  };
}

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
  const totals = account.contractTotals(ccy, valuation);
  const cash = amountNumber(balance.cash);
  const equity = cash + totals.upl;
  const isSpotMode = account.options.accountLevel === '1';
  const isFutures = account.options.accountLevel === '2';
  const available = availableOf(account, ccy, totals);
  const frozen = isSpotMode ? amountNumber(balance.frozen) : Math.max(0, equity - available);
  return {
    ccy,
    eq: totals.upl === 0 ? amountText(balance.cash) : numberText(equity, 12),
    cashBal: amountText(balance.cash),
    uTime: String(balance.updatedMs),
    isoEq: '0',
    availEq: isSpotMode ? '' : numberText(available, 12),
    disEq: numberText(equity * valuation.usd(ccy), 8),
    availBal:
      totals.initialMargin === 0 && totals.upl === 0
        ? amountText(balance.cash - balance.frozen)
        : numberText(available, 12),
    frozenBal:
      totals.initialMargin === 0 && totals.upl === 0 ? amountText(balance.frozen) : numberText(frozen, 12),
    ordFrozen: amountText(balance.frozen),
    upl: numberText(totals.upl, 12),
    uplLiab: '',
    crossLiab: '',
    isoLiab: '',
    liab: '0',
    interest: '0',
    mgnRatio: isFutures ? marginRatioText({ equity, maintenance: totals.maintenanceMargin }) : '',
    imr: isSpotMode ? '' : numberText(totals.initialMargin, 8),
    mmr: isSpotMode ? '' : numberText(totals.maintenanceMargin, 8),
    maxLoan: '0',
    eqUsd: numberText(equity * valuation.usd(ccy), 8),
    notionalLever: '',
    stgyEq: '0',
    isoUpl: '0',
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
    // Nothing here is lent, copied, restricted or hedged with spot, and the average cost of spot is not kept.
    ...NO_SPOT_DETAILS,
  };
}

/** What a spot order may use of a currency: free cash, less the margin that contracts take from it in futures mode. */
export function availableBalance(account: Account, ccy: string, valuation: Valuation): number {
  return availableOf(account, ccy, account.contractTotals(ccy, valuation));
}

function availableOf(account: Account, ccy: string, totals: ContractTotals): number {
  const free = amountNumber(account.freeCash(ccy));
  if (account.options.accountLevel !== '2') return free;
  return Math.max(0, Math.min(free, free + totals.upl - totals.initialMargin));
}

/** A row of the `positions` channel and of GET /account/positions. */
export function positionRow(
  account: Account,
  holding: Holding,
  position: Position,
  market: Market,
  valuation: Valuation,
  nowMs: Milliseconds,
): Row {
  const { listing } = holding;
  const size = Math.abs(position.lots);
  const shown = position.posSide === 'net' ? position.lots : size;
  const upl = position.unrealised(listing, market.markTicks);
  const margin = holding.positionMargin(position, market.markTicks);
  const value = holding.valueNumber(market.markTicks, size);
  const usd =
    listing.kind === 'inverse' ? amountNumber(listing.units(size)) : value * valuation.usd(listing.settleCcy);
  const uplText = amountText(upl);
  const isCross = position.marginMode === 'cross';
  const average = averageText(holding, position);
  const uplRatio = size === 0 ? '' : numberText(amountNumber(upl) / (margin || 1), 10);
  return {
    instType: listing.instType,
    instId: listing.instId,
    posId: position.posId,
    posSide: position.posSide,
    pos: listing.sizeText(shown),
    hedgedPos: '',
    posCcy: '',
    availPos: position.posSide === 'net' ? '' : listing.sizeText(shown),
    mgnMode: position.marginMode,
    avgPx: average,
    nonSettleAvgPx: average,
    bePx: average,
    markPx: listing.priceText(market.markTicks),
    upl: size === 0 ? '' : uplText,
    uplRatio,
    uplLastPx: size === 0 ? '' : amountText(position.unrealised(listing, market.lastTicks)),
    uplRatioLastPx: uplRatio,
    lever: String(holding.lever(position.marginMode)),
    liqPx: liquidationText(account, holding, position, market, valuation),
    imr: isCross ? numberText(margin, 8) : '',
    margin: isCross ? '' : numberText(margin, 8),
    mgnRatio: size === 0 ? '' : marginRatioText(marginOf(account, holding, position, market, valuation)),
    mmr: numberText(holding.maintenanceOf(position, market.markTicks), 8),
    liab: '',
    liabCcy: '',
    interest: '',
    tradeId: position.tradeId,
    optVal: '',
    notionalUsd: numberText(usd, 8),
    adl: '0',
    ccy: listing.settleCcy,
    last: listing.priceText(market.lastTicks),
    idxPx: listing.priceText(market.markTicks),
    usdPx: '',
    deltaBS: '',
    deltaPA: '',
    gammaBS: '',
    gammaPA: '',
    thetaBS: '',
    thetaPA: '',
    vegaBS: '',
    vegaPA: '',
    spotInUseAmt: '',
    clSpotInUseAmt: '',
    maxSpotInUseAmt: '',
    spotInUseCcy: '',
    baseBorrowed: '',
    baseInterest: '',
    quoteBorrowed: '',
    quoteInterest: '',
    pendingCloseOrdLiabVal: '',
    realizedPnl: amountText(position.pnl + position.fee + position.fundingFee),
    pnl: amountText(position.pnl),
    fee: amountText(position.fee),
    fundingFee: amountText(position.fundingFee),
    liqPenalty: '0',
    settledPnl: '',
    closeOrderAlgo: [],
    bizRefId: '',
    bizRefType: '',
    cTime: String(position.createdMs),
    uTime: String(position.updatedMs),
    pTime: String(nowMs),
  };
}

/** A `posData` entry of balance_and_position. */
export function positionDataRow(holding: Holding, position: Position): Row {
  const { listing } = holding;
  const shown = position.posSide === 'net' ? position.lots : Math.abs(position.lots);
  return {
    posId: position.posId,
    tradeId: position.tradeId,
    instId: listing.instId,
    instType: listing.instType,
    mgnMode: position.marginMode,
    posSide: position.posSide,
    pos: listing.sizeText(shown),
    ccy: listing.settleCcy,
    posCcy: '',
    avgPx: averageText(holding, position),
    nonSettleAvgPx: '',
    settledPnl: '',
    uTime: String(position.updatedMs),
  };
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
    autoLoan: false,
    greeksType: 'PA',
    feeType: '0',
    level: account.options.feeTier,
    levelTmp: '',
    ctIsoMode: 'automatic',
    mgnIsoMode: 'automatic',
    stgyType: '0',
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
    settleCcy: 'USDC',
    settleCcyList: ['USD', 'USDC', 'USDG'],
  };
}

/** The answer of GET /account/trade-fee: one rate for all groups. */
export function feeRow(
  account: Account,
  instType: string,
  groupIds: readonly string[],
  nowMs: Milliseconds,
): Row {
  const { maker, taker } = account.fees.ofGroup(instType, '').texts;
  return {
    instType,
    level: account.options.feeTier,
    feeGroup: groupIds.map((groupId) => ({
      groupId,
      ...account.fees.ofGroup(instType, groupId).texts,
      elpMaker: '',
      rpiMaker: '',
    })),
    delivery: '',
    exercise: '',
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

/** Entry price, rounded to twelve decimals as a report; the ledger keeps the exact value. */
function averageText(holding: Holding, position: Position): string {
  if (position.lots === 0) return '';
  const price = holding.listing.averagePrice(position.cost, Math.abs(position.lots));
  return amountText((price / 1_000_000n) * 1_000_000n);
}
