/** Reads an algo order's request: its order's terms as those of a place, then its own. */
import type { Lots } from '../../base/units.ts';
import { AlgoType, TriggerBy } from '../../okx/shapes.ts';
import { CLIENT_ID_PATTERN } from '../../okx/venue-limits.ts';
import type { Account, Valuation } from './account.ts';
import { isPlainDecimal } from './amount.ts';
import type { AlgoSlices, AlgoTerms, AlgoTrigger } from './algo-order.ts';
import type { RequestItem } from './exchange-contract.ts';
import { field } from './listing.ts';
import type { Market } from './market.ts';
import { readLots, readPlace, readPrice } from './place-terms.ts';
import { refusal, type OrderRefusal } from './refusals.ts';
import { stopSideRefusal } from './algo-triggers.ts';

/** What the venue offers; chase and the older iceberg are refused as unknown. */
const TYPES: readonly string[] = [
  AlgoType.conditional,
  AlgoType.oco,
  AlgoType.trigger,
  AlgoType.trailing,
  AlgoType.twap,
  AlgoType.smartIceberg,
];
const TRIGGERS: readonly string[] = Object.values(TriggerBy);
const MARKET = '-1';
/** Looks of an iceberg at the book. */
const ICEBERG_MS = 1_000;
const RATIO_MIN = 0.001;
const RATIO_MAX = 1;

/** The checked terms, or why there are none. */
export function readAlgo(
  account: Account,
  market: Market,
  request: RequestItem,
  valuation: Valuation,
): AlgoTerms | OrderRefusal {
  for (const name of ['tdMode', 'side', 'ordType']) {
    if (field(request, name) === '') return refusal('50014', name);
  }
  const type = field(request, 'ordType');
  if (!TYPES.includes(type)) return refusal('51000', 'ordType');
  const algoClOrdId = field(request, 'algoClOrdId');
  if (algoClOrdId !== '' && !CLIENT_ID_PATTERN.test(algoClOrdId)) return refusal('51000', 'algoClOrdId');
  const closesAll = field(request, 'closeFraction') !== '';
  const order = readOrder(account, market, request, valuation, closesAll);
  if ('sCode' in order) return order;
  if (closesAll) {
    const refused = refuseFraction(account, market, request, order.posSide, order.isReduceOnly);
    if (refused !== null) return refused;
  }
  const head = {
    ...order,
    type: type as AlgoType,
    ccy: field(request, 'ccy'),
    tag: field(request, 'tag'),
    algoClOrdId,
    closesAll,
    endsWithPosition: closesAll || isTrue(request['cxlOnClosePos']),
  };
  const own = readOwn(market, request, head.type, head.lots);
  return 'sCode' in own ? own : { ...head, ...NOTHING, ...own };
}

type OwnTerms = Pick<
  AlgoTerms,
  'stop' | 'target' | 'trigger' | 'callbackRatio' | 'callbackSpread' | 'activePx' | 'slices'
>;
const NOTHING: OwnTerms = {
  stop: null,
  target: null,
  trigger: null,
  callbackRatio: '',
  callbackSpread: '',
  activePx: '',
  slices: null,
};

/** What the order that comes of it would be refused for now is refused now. */
function readOrder(
  account: Account,
  market: Market,
  request: RequestItem,
  valuation: Valuation,
  closesAll: boolean,
): Pick<AlgoTerms, 'tdMode' | 'side' | 'posSide' | 'isReduceOnly' | 'lots'> | OrderRefusal {
  const { listing } = market;
  const hasSize = field(request, 'sz') !== '';
  if (closesAll === hasSize) return refusal(closesAll ? '51000' : '50014', 'sz');
  const lots = hasSize ? readLots(listing, request['sz'], 'sz') : listing.minLots;
  if (typeof lots !== 'number') return lots;
  const terms = readPlace(
    account,
    market,
    {
      instId: listing.instId,
      tdMode: request['tdMode'],
      ccy: request['ccy'],
      side: request['side'],
      posSide: request['posSide'],
      ordType: 'market',
      // The size of the order that comes of it is looked at when it comes: it may be cut in several.
      sz: listing.sizeText(Math.min(lots, listing.maxMarketLots)),
      tgtCcy: listing.isContract ? undefined : 'base_ccy',
      reduceOnly: request['reduceOnly'],
      tag: request['tag'],
    },
    valuation,
  );
  if ('sCode' in terms) return terms;
  const { tdMode, side, posSide, isReduceOnly } = terms;
  return { tdMode, side, posSide, isReduceOnly, lots };
}

/** D, "Error code": 51327 to 51332, all about closeFraction. */
function refuseFraction(
  account: Account,
  { listing }: Market,
  request: RequestItem,
  posSide: string,
  isReduceOnly: boolean,
): OrderRefusal | null {
  if (field(request, 'closeFraction') !== '1') return refusal('51000', 'closeFraction');
  if (listing.instType !== 'SWAP' && listing.instType !== 'FUTURES') return refusal('51327');
  if (account.options.accountLevel === '4') return refusal('51332');
  if (posSide === 'net' && !isReduceOnly) return refusal('51328');
  for (const name of ['slOrdPx', 'tpOrdPx']) {
    const px = field(request, name);
    if (px !== '' && px !== MARKET) return refusal('51330');
  }
  const type = field(request, 'ordType');
  return type === AlgoType.conditional || type === AlgoType.oco ? null : refusal('51330');
}

function readOwn(
  market: Market,
  request: RequestItem,
  type: AlgoType,
  lots: Lots,
): Partial<OwnTerms> | OrderRefusal {
  switch (type) {
    case AlgoType.conditional:
    case AlgoType.oco:
      return readStop(market, request, type);
    case AlgoType.trigger: {
      const trigger = readTrigger(market, request, 'triggerPx', 'triggerPxType', 'orderPx');
      if (trigger === null) return refusal('50014', 'triggerPx');
      return 'sCode' in trigger ? trigger : { trigger };
    }
    case AlgoType.trailing:
      return readTrailing(market, request);
    default:
      return readSlices(market, request, type, lots);
  }
}

function readStop(market: Market, request: RequestItem, type: AlgoType): Partial<OwnTerms> | OrderRefusal {
  const stop = readTrigger(market, request, 'slTriggerPx', 'slTriggerPxType', 'slOrdPx');
  if (stop !== null && 'sCode' in stop) return stop;
  const target = readTrigger(market, request, 'tpTriggerPx', 'tpTriggerPxType', 'tpOrdPx');
  if (target !== null && 'sCode' in target) return target;
  if (stop === null && target === null) return refusal('50014', 'slTriggerPx');
  if (type === AlgoType.oco) {
    if (stop === null) return refusal('50014', 'slTriggerPx');
    if (target === null) return refusal('50014', 'tpTriggerPx');
  }
  const isBuy = field(request, 'side') === 'buy';
  for (const [trigger, isStop] of [
    [stop, true],
    [target, false],
  ] as const) {
    if (trigger === null) continue;
    const refused = stopSideRefusal(market, trigger, isBuy, isStop);
    if (refused !== null) return refused;
  }
  // With both, a conditional order heeds its stop alone (D, "Place algo order").
  return type === AlgoType.conditional && stop !== null ? { stop } : { stop, target };
}

/** A price with what goes with it; null where the request names none. */
export function readTrigger(
  market: Market,
  request: RequestItem,
  name: string,
  typeName: string,
  ordName: string,
): AlgoTrigger | OrderRefusal | null {
  const px = request[name];
  if (px === undefined || px === '') return null;
  const ticks = readPrice(market.listing, px, name);
  if (typeof ticks !== 'number') return ticks;
  const by = field(request, typeName) || TriggerBy.last;
  if (!TRIGGERS.includes(by)) return refusal('51000', typeName);
  const ordPx = field(request, ordName);
  if (ordPx === '') return refusal('50014', ordName);
  if (ordPx !== MARKET) {
    const limit = readPrice(market.listing, ordPx, ordName);
    if (typeof limit !== 'number') return limit;
  }
  return { px: market.listing.priceText(ticks), by: by as TriggerBy, ordPx };
}

function readTrailing(market: Market, request: RequestItem): Partial<OwnTerms> | OrderRefusal {
  const callbackRatio = field(request, 'callbackRatio');
  const callbackSpread = field(request, 'callbackSpread');
  if ((callbackRatio === '') === (callbackSpread === '')) return refusal('50014', 'callbackRatio');
  if (callbackRatio !== '') {
    const ratio = Number(callbackRatio);
    if (!isPlainDecimal(callbackRatio) || ratio < RATIO_MIN || ratio > RATIO_MAX) {
      return refusal('51000', 'callbackRatio');
    }
  } else {
    const spread = readPrice(market.listing, callbackSpread, 'callbackSpread');
    if (typeof spread !== 'number') return spread;
  }
  const activePx = field(request, 'activePx');
  if (activePx !== '') {
    const active = readPrice(market.listing, activePx, 'activePx');
    if (typeof active !== 'number') return active;
  }
  return { callbackRatio, callbackSpread, activePx };
}

function readSlices(
  market: Market,
  request: RequestItem,
  type: AlgoType,
  lots: Lots,
): Partial<OwnTerms> | OrderRefusal {
  const piece = readLots(market.listing, request['szLimit'], 'szLimit');
  if (typeof piece !== 'number') return piece;
  if (piece > lots) return refusal('51000', 'szLimit');
  const limitPx = field(request, 'pxLimit');
  const limit = readPrice(market.listing, request['pxLimit'], 'pxLimit');
  if (typeof limit !== 'number') return limit;
  const slices: AlgoSlices = {
    lots: piece,
    limitPx,
    intervalMs: ICEBERG_MS,
    pxVar: '',
    pxSpread: '',
    pieces: 0,
  };
  if (type === AlgoType.smartIceberg) {
    const pieces = Number(field(request, 'lmtOrderNumber') || NaN);
    if (!Number.isInteger(pieces) || pieces < 1 || pieces > 10) return refusal('51000', 'lmtOrderNumber');
    return { slices: { ...slices, pieces } };
  }
  const seconds = Number(field(request, 'timeInterval') || NaN);
  if (!Number.isInteger(seconds) || seconds < 1) return refusal('51000', 'timeInterval');
  const pxVar = field(request, 'pxVar');
  const pxSpread = field(request, 'pxSpread');
  if ((pxVar === '') === (pxSpread === '')) return refusal('50014', 'pxVar');
  if (!isPlainDecimal(pxVar === '' ? pxSpread : pxVar)) return refusal('51000', 'pxVar');
  return { slices: { ...slices, intervalMs: seconds * 1_000, pxVar, pxSpread } };
}

function isTrue(value: unknown): boolean {
  return value === true || value === 'true';
}
