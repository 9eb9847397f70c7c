import { channelArgOf } from './event-decoder.ts';
import { parseInstruments, type ParsedInstruments } from './instrument-rows.ts';
import {
  booleanOf,
  decimalOf,
  integerOf,
  objectsOf,
  parseObject,
  requiredTextOf,
  textOf,
  type Fields,
} from './message-fields.ts';
import { OkxMessageError } from './okx-message-error.ts';
import { Channel, type ChannelArg } from './shapes.ts';

// Pushes off the path, as plain objects with OKX's names. Prices and quantities are decimal texts ('' when absent), times
// milliseconds (-1 when absent).

export interface TradeRow {
  readonly instId: string;
  readonly tradeId: string;
  readonly px: string;
  readonly sz: string;
  /** The taker's. */
  readonly side: string;
  readonly tsMs: number;
  /** Matches in this row, -1 on trades-all. */
  readonly count: number;
  readonly seqId: number;
  readonly source: string;
}

export interface TickerRow {
  readonly instId: string;
  readonly last: string;
  readonly lastSz: string;
  readonly askPx: string;
  readonly askSz: string;
  readonly bidPx: string;
  readonly bidSz: string;
  readonly open24h: string;
  readonly high24h: string;
  readonly low24h: string;
  readonly vol24h: string;
  readonly volCcy24h: string;
  readonly tsMs: number;
}

export interface StatusRow {
  readonly title: string;
  /** scheduled, ongoing, pre_open, completed, canceled. */
  readonly state: string;
  readonly beginMs: number;
  readonly endMs: number;
  /** 0 WebSocket, 5 trading, others of §1.4. */
  readonly serviceType: string;
  readonly maintType: string;
  readonly env: string;
  readonly tsMs: number;
}

export interface MarkPriceRow {
  readonly instId: string;
  readonly markPx: string;
  readonly tsMs: number;
}

export interface FundingRateRow {
  readonly instId: string;
  readonly fundingRate: string;
  readonly fundingTimeMs: number;
  readonly nextFundingTimeMs: number;
  readonly tsMs: number;
}

export interface PriceLimitRow {
  readonly instId: string;
  /** Highest buy and lowest sell; '' while the limit is not enabled. */
  readonly buyLmt: string;
  readonly sellLmt: string;
  readonly isEnabled: boolean;
  readonly tsMs: number;
}

export interface FillRow {
  readonly instId: string;
  readonly fillSz: string;
  readonly fillPx: string;
  readonly side: string;
  readonly ordId: string;
  /** '0' unless it was a positive 63-bit integer. */
  readonly clOrdId: string;
  readonly tradeId: string;
  readonly execType: string;
  readonly count: number;
  readonly tsMs: number;
}

export interface AccountDetail {
  readonly ccy: string;
  readonly eq: string;
  readonly cashBal: string;
  readonly availBal: string;
  readonly availEq: string;
  readonly frozenBal: string;
  readonly ordFrozen: string;
  readonly upl: string;
  readonly uTimeMs: number;
}

export interface AccountRow {
  readonly uTimeMs: number;
  readonly totalEq: string;
  readonly adjEq: string;
  readonly availEq: string;
  readonly imr: string;
  readonly mmr: string;
  readonly mgnRatio: string;
  readonly notionalUsd: string;
  readonly upl: string;
  readonly details: readonly AccountDetail[];
}

export interface PositionRow {
  readonly instId: string;
  readonly instType: string;
  readonly mgnMode: string;
  readonly posId: string;
  readonly posSide: string;
  /** In contracts; in net mode its sign is the direction. */
  readonly pos: string;
  readonly posCcy: string;
  readonly avgPx: string;
  readonly markPx: string;
  readonly liqPx: string;
  readonly upl: string;
  readonly realizedPnl: string;
  readonly fee: string;
  readonly fundingFee: string;
  readonly lever: string;
  readonly mgnRatio: string;
  readonly ccy: string;
  readonly tradeId: string;
  readonly uTimeMs: number;
}

export interface BalanceAndPositionRow {
  readonly pTimeMs: number;
  readonly eventType: string;
  readonly balances: readonly { readonly ccy: string; readonly cashBal: string; readonly uTimeMs: number }[];
  readonly positions: readonly PositionRow[];
  readonly trades: readonly { readonly instId: string; readonly tradeId: string }[];
}

interface Paged {
  /** snapshot, event_update, or '' where the channel or the venue's age does not say. */
  readonly eventType: string;
  /** False while further pages of the same snapshot follow. */
  readonly isLastPage: boolean;
}

/** A push, told apart by `channel`. */
export type Push = { readonly arg: ChannelArg } & (
  | { readonly channel: 'trades' | 'trades-all'; readonly rows: readonly TradeRow[] }
  | { readonly channel: 'tickers'; readonly rows: readonly TickerRow[] }
  | { readonly channel: 'instruments'; readonly instruments: ParsedInstruments }
  | { readonly channel: 'status'; readonly rows: readonly StatusRow[] }
  | { readonly channel: 'mark-price'; readonly rows: readonly MarkPriceRow[] }
  | { readonly channel: 'funding-rate'; readonly rows: readonly FundingRateRow[] }
  | { readonly channel: 'price-limit'; readonly rows: readonly PriceLimitRow[] }
  | { readonly channel: 'fills'; readonly rows: readonly FillRow[] }
  | ({ readonly channel: 'account'; readonly rows: readonly AccountRow[] } & Paged)
  | ({ readonly channel: 'positions'; readonly rows: readonly PositionRow[] } & Paged)
  | { readonly channel: 'balance_and_position'; readonly rows: readonly BalanceAndPositionRow[] }
  /** Depth and orders, which have decoders of their own, and channels that this engine does not know. */
  | { readonly channel: 'other'; readonly name: string }
);

/**
 * Decodes a push off the path. Cold: JSON.parse with guards.
 *
 * @throws OkxMessageError when it is not JSON, not a push, or a field that is there is of a wrong kind
 */
export function decodePush(text: string): Push {
  const message = parseObject(text);
  const arg = channelArgOf(message);
  if (!Array.isArray(message['data'])) throw new OkxMessageError('data', 'an array', message['data']);
  const rows = <Row>(decode: (fields: Fields) => Row): Row[] => objectsOf(message, 'data').map(decode);
  switch (arg.channel) {
    case Channel.trades:
    case Channel.tradesAll:
      return { arg, channel: arg.channel, rows: rows(tradeOf) };
    case Channel.tickers:
      return { arg, channel: arg.channel, rows: rows(tickerOf) };
    case Channel.instruments:
      return { arg, channel: arg.channel, instruments: parseInstruments(message['data']) };
    case Channel.status:
      return { arg, channel: arg.channel, rows: rows(statusOf) };
    case Channel.markPrice:
      return { arg, channel: arg.channel, rows: rows(markPriceOf) };
    case Channel.fundingRate:
      return { arg, channel: arg.channel, rows: rows(fundingRateOf) };
    case Channel.priceLimit:
      return { arg, channel: arg.channel, rows: rows(priceLimitOf) };
    case Channel.fills:
      return { arg, channel: arg.channel, rows: rows(fillOf) };
    case Channel.account:
      return { arg, channel: arg.channel, ...pagedOf(message), rows: rows(accountOf) };
    case Channel.positions:
      return { arg, channel: arg.channel, ...pagedOf(message), rows: rows(positionOf) };
    case Channel.balanceAndPosition:
      return { arg, channel: arg.channel, rows: rows(balanceAndPositionOf) };
    default:
      return { arg, channel: 'other', name: arg.channel };
  }
}

function pagedOf(message: Fields): Paged {
  return {
    eventType: textOf(message, 'eventType'),
    isLastPage: message['lastPage'] === undefined ? true : booleanOf(message, 'lastPage'),
  };
}

function tradeOf(row: Fields): TradeRow {
  return {
    instId: requiredTextOf(row, 'instId'),
    tradeId: textOf(row, 'tradeId'),
    px: decimalOf(row, 'px'),
    sz: decimalOf(row, 'sz'),
    side: textOf(row, 'side'),
    tsMs: integerOf(row, 'ts'),
    count: integerOf(row, 'count'),
    seqId: integerOf(row, 'seqId'),
    source: textOf(row, 'source'),
  };
}

function tickerOf(row: Fields): TickerRow {
  return {
    instId: requiredTextOf(row, 'instId'),
    last: decimalOf(row, 'last'),
    lastSz: decimalOf(row, 'lastSz'),
    askPx: decimalOf(row, 'askPx'),
    askSz: decimalOf(row, 'askSz'),
    bidPx: decimalOf(row, 'bidPx'),
    bidSz: decimalOf(row, 'bidSz'),
    open24h: decimalOf(row, 'open24h'),
    high24h: decimalOf(row, 'high24h'),
    low24h: decimalOf(row, 'low24h'),
    vol24h: decimalOf(row, 'vol24h'),
    volCcy24h: decimalOf(row, 'volCcy24h'),
    tsMs: integerOf(row, 'ts'),
  };
}

function statusOf(row: Fields): StatusRow {
  return {
    title: textOf(row, 'title'),
    state: textOf(row, 'state'),
    beginMs: integerOf(row, 'begin'),
    endMs: integerOf(row, 'end'),
    serviceType: textOf(row, 'serviceType'),
    maintType: textOf(row, 'maintType'),
    env: textOf(row, 'env'),
    tsMs: integerOf(row, 'ts'),
  };
}

function markPriceOf(row: Fields): MarkPriceRow {
  return {
    instId: requiredTextOf(row, 'instId'),
    markPx: decimalOf(row, 'markPx'),
    tsMs: integerOf(row, 'ts'),
  };
}

function fundingRateOf(row: Fields): FundingRateRow {
  return {
    instId: requiredTextOf(row, 'instId'),
    fundingRate: decimalOf(row, 'fundingRate'),
    fundingTimeMs: integerOf(row, 'fundingTime'),
    nextFundingTimeMs: integerOf(row, 'nextFundingTime'),
    tsMs: integerOf(row, 'ts'),
  };
}

function priceLimitOf(row: Fields): PriceLimitRow {
  return {
    instId: requiredTextOf(row, 'instId'),
    buyLmt: decimalOf(row, 'buyLmt'),
    sellLmt: decimalOf(row, 'sellLmt'),
    isEnabled: booleanOf(row, 'enabled'),
    tsMs: integerOf(row, 'ts'),
  };
}

function fillOf(row: Fields): FillRow {
  return {
    instId: requiredTextOf(row, 'instId'),
    fillSz: decimalOf(row, 'fillSz'),
    fillPx: decimalOf(row, 'fillPx'),
    side: textOf(row, 'side'),
    ordId: textOf(row, 'ordId'),
    clOrdId: textOf(row, 'clOrdId'),
    tradeId: textOf(row, 'tradeId'),
    execType: textOf(row, 'execType'),
    count: integerOf(row, 'count'),
    tsMs: integerOf(row, 'ts'),
  };
}

function accountOf(row: Fields): AccountRow {
  return {
    uTimeMs: integerOf(row, 'uTime'),
    totalEq: decimalOf(row, 'totalEq'),
    adjEq: decimalOf(row, 'adjEq'),
    availEq: decimalOf(row, 'availEq'),
    imr: decimalOf(row, 'imr'),
    mmr: decimalOf(row, 'mmr'),
    mgnRatio: decimalOf(row, 'mgnRatio'),
    notionalUsd: decimalOf(row, 'notionalUsd'),
    upl: decimalOf(row, 'upl'),
    details: objectsOf(row, 'details').map((detail) => ({
      ccy: requiredTextOf(detail, 'ccy'),
      eq: decimalOf(detail, 'eq'),
      cashBal: decimalOf(detail, 'cashBal'),
      availBal: decimalOf(detail, 'availBal'),
      availEq: decimalOf(detail, 'availEq'),
      frozenBal: decimalOf(detail, 'frozenBal'),
      ordFrozen: decimalOf(detail, 'ordFrozen'),
      upl: decimalOf(detail, 'upl'),
      uTimeMs: integerOf(detail, 'uTime'),
    })),
  };
}

function positionOf(row: Fields): PositionRow {
  return {
    instId: requiredTextOf(row, 'instId'),
    instType: textOf(row, 'instType'),
    mgnMode: textOf(row, 'mgnMode'),
    posId: textOf(row, 'posId'),
    posSide: textOf(row, 'posSide'),
    pos: decimalOf(row, 'pos'),
    posCcy: textOf(row, 'posCcy'),
    avgPx: decimalOf(row, 'avgPx'),
    markPx: decimalOf(row, 'markPx'),
    liqPx: decimalOf(row, 'liqPx'),
    upl: decimalOf(row, 'upl'),
    realizedPnl: decimalOf(row, 'realizedPnl'),
    fee: decimalOf(row, 'fee'),
    fundingFee: decimalOf(row, 'fundingFee'),
    lever: decimalOf(row, 'lever'),
    mgnRatio: decimalOf(row, 'mgnRatio'),
    ccy: textOf(row, 'ccy'),
    tradeId: textOf(row, 'tradeId'),
    uTimeMs: integerOf(row, 'uTime'),
  };
}

function balanceAndPositionOf(row: Fields): BalanceAndPositionRow {
  return {
    pTimeMs: integerOf(row, 'pTime'),
    eventType: textOf(row, 'eventType'),
    balances: objectsOf(row, 'balData').map((balance) => ({
      ccy: requiredTextOf(balance, 'ccy'),
      cashBal: decimalOf(balance, 'cashBal'),
      uTimeMs: integerOf(balance, 'uTime'),
    })),
    positions: objectsOf(row, 'posData').map(positionOf),
    trades: objectsOf(row, 'trades').map((trade) => ({
      instId: requiredTextOf(trade, 'instId'),
      tradeId: textOf(trade, 'tradeId'),
    })),
  };
}
