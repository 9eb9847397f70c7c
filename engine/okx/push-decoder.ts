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
import type {
  AccountRow,
  BalanceAndPositionRow,
  FillRow,
  FundingRateRow,
  IndexRow,
  MarkPriceRow,
  OptionSummaryRow,
  Paged,
  PositionRow,
  PriceLimitRow,
  StatusRow,
  TickerRow,
  TradeRow,
} from './push-rows.ts';
import { Channel, type ChannelArg } from './shapes.ts';

/** A push, told apart by `channel`. */
export type Push = { readonly arg: ChannelArg } & (
  | { readonly channel: 'trades' | 'trades-all'; readonly rows: readonly TradeRow[] }
  | { readonly channel: 'tickers'; readonly rows: readonly TickerRow[] }
  | { readonly channel: 'instruments'; readonly instruments: ParsedInstruments }
  | { readonly channel: 'status'; readonly rows: readonly StatusRow[] }
  | { readonly channel: 'mark-price'; readonly rows: readonly MarkPriceRow[] }
  | { readonly channel: 'index-tickers'; readonly rows: readonly IndexRow[] }
  | { readonly channel: 'opt-summary'; readonly rows: readonly OptionSummaryRow[] }
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
    case Channel.indexTickers:
      return { arg, channel: arg.channel, rows: rows(indexRowOf) };
    case Channel.optSummary:
      return { arg, channel: arg.channel, rows: rows(optionSummaryOf) };
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

function indexRowOf(row: Fields): IndexRow {
  return {
    instId: requiredTextOf(row, 'instId'),
    idxPx: decimalOf(row, 'idxPx'),
    tsMs: integerOf(row, 'ts'),
  };
}

function optionSummaryOf(row: Fields): OptionSummaryRow {
  return {
    instId: requiredTextOf(row, 'instId'),
    delta: decimalOf(row, 'delta'),
    deltaBS: decimalOf(row, 'deltaBS'),
    markVol: decimalOf(row, 'markVol'),
    fwdPx: decimalOf(row, 'fwdPx'),
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
      mgnRatio: decimalOf(detail, 'mgnRatio'),
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
    liab: decimalOf(row, 'liab'),
    liabCcy: textOf(row, 'liabCcy'),
    avgPx: decimalOf(row, 'avgPx'),
    markPx: decimalOf(row, 'markPx'),
    liqPx: decimalOf(row, 'liqPx'),
    upl: decimalOf(row, 'upl'),
    realizedPnl: decimalOf(row, 'realizedPnl'),
    fee: decimalOf(row, 'fee'),
    fundingFee: decimalOf(row, 'fundingFee'),
    liqPenalty: decimalOf(row, 'liqPenalty'),
    lever: decimalOf(row, 'lever'),
    mgnRatio: decimalOf(row, 'mgnRatio'),
    ccy: textOf(row, 'ccy'),
    tradeId: textOf(row, 'tradeId'),
    cTimeMs: integerOf(row, 'cTime'),
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
