/** Algo orders as OKX shows them, by REST and by push. Every scalar is text; "" is "not applicable". */
import type { Milliseconds } from '../../base/units.ts';
import { amountNumber, numberText } from './amount.ts';
import { isAdvanced, type AlgoOrder, type AlgoTrigger } from './algo-order.ts';
import { trailingTicks } from './algo-triggers.ts';
import type { Row } from './exchange-contract.ts';
import { ListingKind } from './listing.ts';
import type { Market } from './market.ts';
import { sideText } from './order-rows.ts';
import { isDollar } from './start-prices.ts';

/** A row of the algo queries (D, "Algo order list"). */
export function algoQueryRow(algo: AlgoOrder, market: Market): Row {
  const { listing } = market;
  const { terms } = algo;
  const { slices } = terms;
  const isTrailing = !Number.isNaN(algo.extremeTicks);
  const trailingAt = isTrailing
    ? trailingTicks(algo, listing, terms.callbackRatio, terms.callbackSpread)
    : NaN;
  return {
    instType: listing.instType,
    instId: algo.instId,
    ccy: terms.ccy,
    ordId: algo.ordIds[0] ?? '',
    ordIdList: [...algo.ordIds],
    algoId: algo.algoId,
    clOrdId: '',
    sz: terms.closesAll ? '' : listing.sizeText(terms.lots),
    closeFraction: terms.closesAll ? '1' : '',
    ordType: terms.type,
    side: sideText(terms.side),
    posSide: terms.posSide,
    tdMode: terms.tdMode,
    tgtCcy: '',
    state: algo.state,
    lever: listing.isContract ? String(algo.account.holding(market).lever(algo.marginMode)) : '',
    ...triggerFields('tp', terms.target),
    ...triggerFields('sl', terms.stop),
    triggerPx: terms.trigger?.px ?? '',
    triggerPxType: terms.trigger?.by ?? '',
    ordPx: terms.trigger?.ordPx ?? '',
    advanceOrdType: '',
    actualSz: algo.doneLots > 0 ? listing.sizeText(algo.doneLots) : '0',
    actualPx: algo.doneLots > 0 ? numberText(algo.doneValue / algo.doneLots, 8) : '',
    actualSide: algo.actualSide,
    triggerTime: algo.triggeredMs === 0 ? '' : String(algo.triggeredMs),
    tag: terms.tag,
    pxVar: slices?.pxVar ?? '',
    pxSpread: slices?.pxSpread ?? '',
    szLimit: slices === null ? '' : listing.sizeText(slices.lots),
    pxLimit: slices?.limitPx ?? '',
    timeInterval: slices === null || slices.pieces > 0 ? '' : String(slices.intervalMs / 1_000),
    lmtOrderNumber: slices === null || slices.pieces === 0 ? '' : String(slices.pieces),
    callbackRatio: terms.callbackRatio,
    callbackSpread: terms.callbackSpread,
    activePx: terms.activePx,
    moveTriggerPx: Number.isNaN(trailingAt) ? '' : numberText(trailingAt * listing.tick.value, 8),
    reduceOnly: String(terms.isReduceOnly),
    quickMgnType: '',
    last: listing.priceText(market.lastTicks),
    failCode: algo.failCode,
    algoClOrdId: terms.algoClOrdId,
    amendPxOnTriggerType: '0',
    cxlOnClosePos: String(terms.endsWithPosition),
    attachAlgoOrds: [],
    linkedOrd: { ordId: '' },
    isTradeBorrowMode: '',
    chaseType: '',
    chaseVal: '',
    maxChaseType: '',
    maxChaseVal: '',
    tradeQuoteCcy: listing.isContract ? '' : listing.quoteCcy,
    uTime: String(algo.updatedMs),
    cTime: String(algo.createdMs),
  };
}

/** A row of `orders-algo` or of `algo-advance`. */
export function algoPushRow(algo: AlgoOrder, market: Market, nowMs: Milliseconds): Row {
  const row = algoQueryRow(algo, market);
  row['notionalUsd'] = algo.terms.closesAll ? '' : notionalText(algo, market);
  row['reqId'] = algo.reqId;
  row['amendResult'] = algo.amendResult;
  if (isAdvanced(algo.terms.type)) {
    row['count'] = String(algo.ordIds.length);
    row['pTime'] = String(nowMs);
  }
  return row;
}

/** Inverse contracts are dollars; options that are paid in a coin are worth so many of it. */
function notionalText({ account, terms }: AlgoOrder, market: Market): string {
  const { listing, markTicks } = market;
  if (listing.kind === ListingKind.inverse) return numberText(amountNumber(listing.units(terms.lots)), 8);
  const isInCoin = listing.isOption && !isDollar(account.ledgerCcy(listing));
  return numberText(listing.valueNumber(markTicks, terms.lots) * (isInCoin ? market.forward : 1), 8);
}

function triggerFields(name: 'tp' | 'sl', trigger: AlgoTrigger | null): Row {
  return {
    [`${name}TriggerPx`]: trigger?.px ?? '',
    [`${name}TriggerPxType`]: trigger?.by ?? '',
    [`${name}OrdPx`]: trigger?.ordPx ?? '',
  };
}
