/** Positions as OKX shows them. */
import type { Milliseconds } from '../../base/units.ts';
import type { Account, Valuation } from './account.ts';
import { amountNumber, amountText, numberText, type Amount } from './amount.ts';
import type { Row } from './exchange-contract.ts';
import type { Holding } from './holding.ts';
import type { Listing } from './listing.ts';
import { liquidationText, marginOf, marginRatioText } from './margin-rows.ts';
import type { Market } from './market.ts';
import type { Position } from './position.ts';

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
  const upl = position.unrealised(listing, market.markTicks);
  const margin = holding.positionMargin(position);
  const isolated = holding.isolatedMargin(position);
  const value = holding.valueNumber(market.markTicks, size);
  const usd =
    listing.kind === 'inverse' ? amountNumber(listing.units(size)) : value * valuation.usd(holding.settleCcy);
  const uplText = amountText(upl);
  const isCross = position.marginMode === 'cross';
  const isNet = position.posSide === 'net' && listing.isContract;
  const average = averageText(holding, position);
  const uplLast = position.unrealised(listing, market.lastTicks);
  const ratioText = (profit: Amount): string =>
    size === 0 ? '' : numberText(amountNumber(profit) / (margin || 1), 10);
  return {
    instType: listing.isContract ? listing.instType : 'MARGIN',
    instId: listing.instId,
    posId: position.posId,
    posSide: position.posSide,
    pos: sizeText(holding, position),
    hedgedPos: '',
    posCcy: positionCcy(holding, position),
    availPos: isNet ? '' : listing.sizeText(holding.availableLots(position)),
    mgnMode: position.marginMode,
    avgPx: average,
    nonSettleAvgPx: isSettled(listing) ? averageText(holding, position, position.entryCost) : '',
    bePx: average,
    markPx: listing.priceText(market.markTicks),
    upl: size === 0 ? '' : uplText,
    uplRatio: ratioText(upl),
    uplLastPx: size === 0 ? '' : amountText(uplLast),
    uplRatioLastPx: ratioText(uplLast),
    lever: String(holding.lever(position.marginMode)),
    liqPx: liquidationText(account, holding, position, market, valuation),
    imr: isCross ? numberText(margin, 8) : '',
    margin: isCross ? '' : numberText(isolated, 8),
    mgnRatio: size === 0 ? '' : marginRatioText(marginOf(account, holding, position, valuation)),
    mmr: numberText(holding.maintenanceOf(position), 8),
    ...liabilityOf(holding, position),
    tradeId: position.tradeId,
    optVal: listing.isOption ? numberText(holding.equityOf(position), 12) : '',
    notionalUsd: numberText(usd, 8),
    adl: '0',
    ccy: position.ccy,
    last: listing.priceText(market.lastTicks),
    idxPx: listing.priceText(market.markTicks),
    usdPx: '',
    ...greeksOf(holding, position),
    spotInUseAmt: '',
    clSpotInUseAmt: '',
    maxSpotInUseAmt: '',
    spotInUseCcy: '',
    baseBorrowed: '',
    baseInterest: '',
    quoteBorrowed: '',
    quoteInterest: '',
    pendingCloseOrdLiabVal: '',
    realizedPnl: amountText(realised(position)),
    pnl: amountText(position.pnl),
    fee: amountText(position.fee),
    fundingFee: amountText(position.fundingFee),
    liqPenalty: amountText(position.liqPenalty),
    settledPnl: isSettled(listing) ? amountText(position.settledPnl) : '',
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
  return {
    posId: position.posId,
    tradeId: position.tradeId,
    instId: listing.instId,
    instType: listing.isContract ? listing.instType : 'MARGIN',
    mgnMode: position.marginMode,
    posSide: position.posSide,
    pos: sizeText(holding, position),
    ccy: position.ccy,
    posCcy: positionCcy(holding, position),
    avgPx: averageText(holding, position),
    nonSettleAvgPx: isSettled(listing) ? averageText(holding, position, position.entryCost) : '',
    settledPnl: isSettled(listing) ? amountText(position.settledPnl) : '',
    uTime: String(position.updatedMs),
  };
}

/** Entry price, rounded to twelve decimals as a report; the ledger keeps the exact value. */
function averageText(holding: Holding, position: Position, cost = position.cost): string {
  if (position.lots === 0) return '';
  const price = holding.listing.averagePrice(cost, Math.abs(position.lots));
  return amountText((price / 1_000_000n) * 1_000_000n);
}

/** Signed in net mode; of pairs on margin what is held: base currency of a long, quote currency of a short. */
function sizeText({ listing }: Holding, position: Position): string {
  if (listing.isContract) {
    return listing.sizeText(position.posSide === 'net' ? position.lots : Math.abs(position.lots));
  }
  return position.lots < 0 ? amountText(position.cost) : listing.sizeText(position.lots);
}

function positionCcy({ listing }: Holding, { lots }: Position): string {
  return listing.isContract ? '' : lots < 0 ? listing.quoteCcy : listing.baseCcy;
}

/** What a pair on margin owes: the quote currency that a long has spent, the base currency that a short has sold. */
function liabilityOf({ listing }: Holding, { lots, cost }: Position): Row {
  if (listing.isContract || lots === 0) return { liab: '', liabCcy: '', interest: '' };
  const isLong = lots > 0;
  return {
    liab: isLong ? amountText(-cost) : `-${listing.sizeText(-lots)}`,
    liabCcy: isLong ? listing.quoteCcy : listing.baseCcy,
    interest: '0',
  };
}

function realised(position: Position): Amount {
  const { pnl, fee, fundingFee, liqPenalty, settledPnl } = position;
  return pnl + fee + fundingFee + liqPenalty + settledPnl;
}

/** Futures whose profit is paid out every day. */
function isSettled(listing: Listing): boolean {
  return listing.row['futureSettlement'] === true;
}

/** Of options, for the whole position: Black's, and those in the coin that the premium is paid in. */
function greeksOf({ listing, market }: Holding, { lots }: Position): Row {
  const { option } = market;
  if (option === null) return NO_GREEKS;
  const coins = Math.sign(lots) * amountNumber(listing.units(Math.abs(lots)));
  const { greeks, forward } = option;
  return {
    deltaBS: numberText(greeks.delta * coins),
    deltaPA: numberText(option.coinDelta * coins),
    gammaBS: numberText(greeks.gamma * coins, 14),
    gammaPA: numberText(greeks.gamma * forward * coins),
    thetaBS: numberText(greeks.theta * coins),
    thetaPA: numberText(option.fromUsd(greeks.theta) * coins),
    vegaBS: numberText(greeks.vega * coins),
    vegaPA: numberText(option.fromUsd(greeks.vega) * coins),
  };
}

const NO_GREEKS: Row = {
  deltaBS: '',
  deltaPA: '',
  gammaBS: '',
  gammaPA: '',
  thetaBS: '',
  thetaPA: '',
  vegaBS: '',
  vegaPA: '',
};
