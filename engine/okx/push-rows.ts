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

export interface IndexRow {
  /** Of the index, such as BTC-USDT: not of an instrument. */
  readonly instId: string;
  readonly idxPx: string;
  readonly tsMs: number;
}

/** Of one option: greeks and volatilities are decimal texts, deltas with a sign. */
export interface OptionSummaryRow {
  readonly instId: string;
  /** In coin, with the premium that is paid in it (PA), and as Black and Scholes have it. */
  readonly delta: string;
  readonly deltaBS: string;
  /** 1 is 100 % a year. */
  readonly markVol: string;
  readonly fwdPx: string;
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
  /** In futures mode, where each currency's margin stands alone; '' in the others. */
  readonly mgnRatio: string;
  readonly uTimeMs: number;
}

export interface AccountRow {
  readonly uTimeMs: number;
  readonly totalEq: string;
  readonly adjEq: string;
  readonly availEq: string;
  readonly imr: string;
  readonly mmr: string;
  /** '' in futures mode: there the details have it. */
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
  /** On margin: what is owed. '' elsewhere. */
  readonly liab: string;
  readonly liabCcy: string;
  readonly avgPx: string;
  readonly markPx: string;
  readonly liqPx: string;
  readonly upl: string;
  readonly realizedPnl: string;
  readonly fee: string;
  readonly fundingFee: string;
  /** What a liquidation has cost beside its trades, as the other totals of the position. */
  readonly liqPenalty: string;
  readonly lever: string;
  readonly mgnRatio: string;
  readonly ccy: string;
  readonly tradeId: string;
  /** When the position was opened. */
  readonly cTimeMs: number;
  readonly uTimeMs: number;
}

export interface BalanceAndPositionRow {
  readonly pTimeMs: number;
  readonly eventType: string;
  readonly balances: readonly { readonly ccy: string; readonly cashBal: string; readonly uTimeMs: number }[];
  readonly positions: readonly PositionRow[];
  readonly trades: readonly { readonly instId: string; readonly tradeId: string }[];
}

/** Channels whose snapshots can come in several pushes. */
export interface Paged {
  /** snapshot, event_update, or '' where the channel or the venue's age does not say. */
  readonly eventType: string;
  /** False while further pages of the same snapshot follow. */
  readonly isLastPage: boolean;
}
