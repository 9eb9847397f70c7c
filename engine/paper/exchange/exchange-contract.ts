/**
 * What goes into the exchange and what comes out of it: plain values in OKX's own words. Every scalar is text, as on the
 * wire; the gateway puts envelopes around these and nothing else.
 */
import type { QueueModel } from '../../base/queue-position.ts';
import type { FeedSource } from './feed-source.ts';
import type { FeeRow } from './fee-schedule.ts';

/** A row of GET /api/v5/public/instruments as recorded, every field kept. */
export type InstrumentRow = Readonly<Record<string, unknown>>;

/** One `args` item of an order operation; `instId` resolved (from instIdCode on WebSockets) by the gateway. */
export type RequestItem = Readonly<Record<string, unknown>>;

/** A row of an answer or a push. Its fields are OKX's of that channel or endpoint. */
export type Row = Record<string, unknown>;

export type AccountLevel = '1' | '2' | '3' | '4';
export type PositionMode = 'net_mode' | 'long_short_mode';
/** 0: fees in what is received. 1: fees of spot in the quote currency (spot mode). */
export type FeeType = '0' | '1';

export interface AccountOptions {
  readonly uid: string;
  /** Orders of accounts under one master never trade with each other; default: the account is its own master. */
  readonly mainUid?: string;
  /** Currency → cash at the start, as decimal text. */
  readonly balances: Readonly<Record<string, string>>;
  readonly accountLevel: AccountLevel;
  readonly positionMode: PositionMode;
  /** OKX's sign: negative is paid, positive is a rebate. */
  readonly makerFeeRate: string;
  readonly takerFeeRate: string;
  /** Rates of its tier that are not these two, by type and fee group. */
  readonly feeRows?: readonly FeeRow[];
  /** `level` of the account's configuration, such as "Lv1" or "VIP4". */
  readonly feeTier: string;
  /** Of the value that is delivered or exercised; OKX's sign. Left out: nothing, and nothing is shown. */
  readonly deliveryFeeRate?: string;
  readonly exerciseFeeRate?: string;
  /** Whether it may place RPI orders, where instruments have them; default false. */
  readonly mayRpi?: boolean;
  /**
   * Whether a maker's sale of a spot pair is rebated in what it sold, the base currency, and not in quote currency: the
   * documentation (change log 2025-09-17) can be read either way. Default false.
   */
  readonly isRebatedInBase?: boolean;
  /** 1: delta-neutral mode; default 0. */
  readonly stgyType?: '0' | '1';
  readonly feeType?: FeeType;
  /** Whether spot orders in the multi-currency modes may borrow what they lack; default false. */
  readonly autoLoan?: boolean;
  /** What contracts that settle in USD settle in: USD, USDC or USDG; default USDC. */
  readonly settleCcy?: string;
  /** `perm` of the account's configuration: what its API key may do, a list with commas; default "read_only,trade". */
  readonly permissions?: string;
}

/** What a key may do when nothing else is said. */
export const DEFAULT_PERMISSIONS = 'read_only,trade';

export interface ExchangeOptions {
  readonly instruments: readonly InstrumentRow[];
  readonly seed: number;
  /** Virtual time of the start, milliseconds since the epoch. */
  readonly startMs: number;
  readonly accounts: readonly AccountOptions[];
  /** seeded: background liquidity and takers from the seed. none: only the accounts trade. Or a recorded feed. */
  readonly flow: 'seeded' | 'none' | FeedSource;
  /** How a recorded feed is played; left out: by interval, and cancels come from behind us. */
  readonly recorded?: RecordedOptions;
  /** Instruments with seeded flow; default those of `DEFAULT_FLOW_INSTRUMENTS` that are listed. */
  readonly flowInstruments?: readonly string[];
  /** instId → price at the start where it should not be the built-in one. */
  readonly startPrices?: Readonly<Record<string, string>>;
  /** Instruments with RPI orders; default none. */
  readonly rpiInstruments?: readonly string[];
  /** instId → hours between two fundings (8, 6, 4, 2 or 1); left out: 8. */
  readonly fundingHours?: Readonly<Record<string, number>>;
  /**
   * Time from the acceptance of a place, amend or cancel to its turn in the matching engine, default 0: then every push
   * of an operation comes while its call runs, before the call returns. With a delay the pushes come from `advance`.
   */
  readonly matchDelayMs?: number;
  /**
   * Pace of the seeded flow, default 1: at 0.05 a twentieth of the events, prices that move as far in as much time. For
   * simulations of many hours; a recorded feed keeps its own pace.
   */
  readonly flowPace?: number;
}

export interface RecordedOptions {
  /** Where our resting orders stand in the recorded queues. */
  readonly queueModel: QueueModel;
  /**
   * event: each recorded book event is pushed as one message at its own time, to the fraction of a millisecond: the recorded
   * changes and what accounts' orders have changed since the last one. interval: at the channels' own pace (10 and 100 ms).
   */
  readonly publish: 'event' | 'interval';
}

/** New grids of an instrument (see `Exchange.relist`); what is left out stays as it is. */
export interface Regrid {
  readonly tickSz?: string;
  readonly lotSz?: string;
  readonly minSz?: string;
}

/** The result of one item: `sCode` "0" is accepted, anything else the refusal with OKX's text in `sMsg`. */
export interface ItemResult {
  readonly ordId: string;
  readonly clOrdId: string;
  readonly tag?: string;
  readonly reqId?: string;
  readonly ts: string;
  readonly sCode: string;
  readonly sMsg: string;
  readonly subCode?: string;
}

/** A request that is not an order operation, turned down. Tell it from an answer by `'sCode' in result`. */
export interface ExchangeRefusal {
  readonly sCode: string;
  readonly sMsg: string;
}

/** [price, size, number of orders] */
export type BookRow = [px: string, sz: string, orders: string];

export interface BookImage {
  /** Best first, full depth. */
  readonly asks: BookRow[];
  readonly bids: BookRow[];
  readonly ts: string;
  readonly seqId: number;
}

/** Filters as OKX names them; rows come newest first, at most `limit` (default and most 100). */
export interface OrderFilter {
  readonly instType?: string;
  readonly instFamily?: string;
  readonly instId?: string;
  /** A list with commas. */
  readonly ordType?: string;
  readonly state?: string;
  /** Older than this ordId, newer than this ordId. */
  readonly after?: string;
  readonly before?: string;
  /** On cTime, inclusive, milliseconds as text. */
  readonly begin?: string;
  readonly end?: string;
  readonly limit?: string;
}

export interface FillFilter {
  readonly instType?: string;
  readonly instFamily?: string;
  readonly instId?: string;
  readonly ordId?: string;
  /** Older than this billId, newer than this billId. */
  readonly after?: string;
  readonly before?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly limit?: string;
}

export interface PositionFilter {
  readonly instType?: string;
  readonly instFamily?: string;
  /** Lists with commas. */
  readonly instId?: string;
  readonly posId?: string;
}

/** What a channel of products is subscribed by. */
export interface ProductArg {
  readonly channel: string;
  readonly instType?: string;
  readonly instFamily?: string;
  readonly instId?: string;
}

export interface BalanceAndPositionEvent {
  /** filled, funding_fee, set_leverage: what changed. Only the changed part is listed. */
  readonly eventType: string;
  readonly balData: readonly Row[];
  readonly posData: readonly Row[];
  readonly trades: readonly { readonly instId: string; readonly tradeId: string }[];
}

/**
 * Called in order while the exchange runs, from within `advance` and the order operations. It must not call back into
 * the order operations; reading from the exchange (`book`, `ticker`, `balances`, ...) is allowed.
 */
export interface ExchangeSink {
  /** A complete row of the `orders` channel. */
  order(uid: string, row: Row): void;
  /** A row of the `fills` channel: takers' fills added up by price, makers' one by one. */
  fill(uid: string, row: Row): void;
  /** A row of `orders-algo` or `algo-advance`, by its `ordType`. Whoever hears none of them leaves it out. */
  algo?(uid: string, row: Row): void;
  balanceAndPosition(uid: string, event: BalanceAndPositionEvent): void;
  /** The account's balances changed: the gateway reads `balances(uid)` when its window of about 50 ms closes. */
  account(uid: string): void;
  /** A position changed (it may be zero now: `positionRow` still gives it until the next change). */
  position(uid: string, instId: string): void;
  /** A row of the `trades` channel: added up per taker order and price, with `count` and `seqId`. */
  trade(instId: string, row: Row): void;
  /** A row of the `trades-all` channel: every single match. */
  singleTrade(instId: string, row: Row): void;
  /**
   * One aggregated level as it is now ("0" when it is gone). The sequence advances by one for each call; the call comes
   * after the change, so `sequence(instId)` read from inside it is this change's seqId.
   */
  bookLevel(instId: string, side: 'asks' | 'bids', px: string, sz: string, orders: string): void;
  /** One level of the RPI orders, which `bookLevel` does not tell. They have a sequence of their own. */
  rpiLevel?(instId: string, side: 'asks' | 'bids', px: string, sz: string, orders: string): void;
  /** The levels that were told since the last call are a recorded event's, and all of them: with `publish: 'event'` only. */
  bookEvent(instId: string): void;
  markPrice(instId: string, row: Row): void;
  priceLimit(instId: string, row: Row): void;
  fundingRate(instId: string, row: Row): void;
  /** A row of the `liquidation-warning` channel. */
  liquidationWarning?(uid: string, row: Row): void;
  /** Rows of a public channel of products, such as `opt-summary`, for those who have subscribed exactly this. */
  product?(arg: ProductArg, rows: readonly Row[]): void;
  /** Whether anybody has subscribed that: what nobody listens to is not made. Left out: somebody has. */
  listens?(arg: ProductArg): boolean;
  /** An instrument's row changed (state and so on). */
  instrument(row: Row): void;
  /** A row of the `status` channel. */
  status(row: Row): void;
}
