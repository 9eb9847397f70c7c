/**
 * What a run comes to: the JSON of a backtest, a simulation, paper trading or a live journal, all alike. Money is in
 * `currency`, times are milliseconds of the epoch by the engine's clock, durations say their unit.
 *
 * Definitions follow models.md par. 7 where nothing else is said. What cannot be known is null, never 0.
 */

import type { AttributionResult } from './attribution-result.ts';

/** Raised when a name changes or goes, not when one is added. */
export const RESULT_FORMAT = 'okx-mm-result/1';

/** The parts add up to the total exactly, in double arithmetic and whatever the order of adding. */
export interface Profit {
  readonly total: number;
  /** Σ s·(m(t0⁻) − p)·n: fills against the middle just before them. */
  readonly spread: number;
  /** Σ q·Δm: the position while the middle moved. */
  readonly inventory: number;
  /** Negative is paid, positive a rebate. */
  readonly fees: number;
  readonly funding: number;
}

/** The same to the last unit, as texts of whole numbers of 10^-18. */
export interface ExactProfit {
  readonly unit: '1e-18';
  readonly currency: string;
  readonly total: string;
  readonly spread: string;
  readonly inventory: string;
  readonly fees: string;
  readonly funding: string;
}

/** Weighted by time. */
export interface Inventory {
  /** What the numbers count: a currency (the position's value), or coins, or contracts' worth of them. */
  readonly unit: string;
  /** Of the signed position. */
  readonly mean: number;
  readonly standardDeviation: number;
  /** Of its absolute value. */
  readonly maximum: number;
}

/** What the market did after fills, s·(m(t0+h) − p): a maker wants it above zero. Weighted by value. */
export interface Markout {
  /** Fills whose horizon was reached before the run's end. */
  readonly n: number;
  readonly bps: number | null;
  /** Of the mean of single fills, not weighted: how far chance alone may take it. */
  readonly standardErrorBps: number | null;
  /** The same, in money. */
  readonly money: number;
  readonly buyBps: number | null;
  readonly sellBps: number | null;
}

/** Shares of the run's time; of several instruments, their mean. */
export interface Quoted {
  /** Orders of ours rest on both sides. */
  readonly both: number;
  readonly bidOnly: number;
  readonly askOnly: number;
  readonly none: number;
  /** By distance in bps: both sides rest no farther from the middle than this. */
  readonly within: Readonly<Record<string, number>>;
}

/** Time by distance of our best order from the middle: histogram[i] is from edges[i] to edges[i+1], the last one beyond. */
export interface QuotedDistance {
  readonly unit: 'bps';
  readonly edges: readonly number[];
  /** Shares of the time in which that side was quoted. */
  readonly bid: readonly number[];
  readonly ask: readonly number[];
  readonly meanBidBps: number | null;
  readonly meanAskBps: number | null;
}

export interface OrderCounts {
  /** Items that left, each of a batch counted. */
  readonly place: number;
  readonly amend: number;
  readonly cancel: number;
  readonly massCancel: number;
  /** Frames that carried them. */
  readonly messages: number;
  /** Commands that the venue refused, by operation and by its code. */
  readonly refused: number;
  readonly refusedPlace: number;
  readonly refusedAmend: number;
  readonly refusedCancel: number;
  readonly refusedByCode: Readonly<Record<string, number>>;
  /** Orders that the venue cancelled by itself, by its `cancelSource`; 31 is a post-only that would have taken. */
  readonly cancelledByVenue: Readonly<Record<string, number>>;
  /** Orders that traded at least once. */
  readonly traded: number;
}

/** Orders within the venue's window (2 s) against what it allows. */
export interface Budget {
  readonly limit: number;
  readonly peak: number;
  readonly peakShare: number;
  /** Mean over the run. */
  readonly meanShare: number;
}

export interface MessageBudget {
  readonly windowSeconds: number;
  /** The dearest of all below. */
  readonly peakShare: number;
  /** Places and amends of contracts, of the whole sub-account. */
  readonly account: Budget;
  /** By operation, of the instrument that used most: batches and single ones together against the batch limit. */
  readonly place: Budget;
  readonly amend: Budget;
  readonly cancel: Budget;
}

export interface LatencySummary {
  readonly n: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** The distribution: `shares[i]` of all values do not exceed `ms[i]`. */
  readonly ms: readonly number[];
  readonly shares: readonly number[];
}

/** What is known of one instrument, and of the whole run. */
export interface Figures {
  readonly profit: Profit;
  readonly fills: number;
  readonly makerShare: number | null;
  /** Value of all trades. */
  readonly volume: number;
  /** Negative is paid: the same as profit.fees. */
  readonly fees: number;
  /** Largest fall of the profit from its highest point before, as a number above zero. */
  readonly maxDrawdown: number;
  /** Value traded in a day at the run's pace. */
  readonly turnover: number;
  /** Profit by value traded. */
  readonly profitBps: number | null;
  /** Share of the placed orders that traded at least once. */
  readonly fillRatio: number | null;
  /** OKX's: value traded by place and amend, on which a sub-account's rate limit depends. */
  readonly valuePerOrder: number | null;
  /** Places and amends for each fill. */
  readonly orderToTrade: number | null;
  readonly inventory: Inventory;
  /** By horizon in seconds. */
  readonly markouts: Readonly<Record<string, Markout>>;
  /** Share of the time in which orders of ours rested on both sides. */
  readonly timeQuoted: number;
  readonly quoted: Quoted;
  readonly quotedDistance: QuotedDistance;
  readonly orders: OrderCounts;
}

export interface InstrumentFigures extends Figures {
  readonly currency: string;
  /** In the settlement currency: of inverse contracts another one than `currency`. */
  readonly profitExact: ExactProfit;
  /** In coins (contracts: contracts × their value). */
  readonly position: Inventory;
  readonly endPosition: number;
  readonly firstMid: number | null;
  readonly lastMid: number | null;
  /** Lots that came or went by no trade of ours. */
  readonly adjustedLots: number;
}

/** One trade of ours. */
export interface FillRow {
  readonly timeMs: number;
  /** By the venue's clock. */
  readonly venueMs: number;
  readonly instId: string;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  /** In contracts or coins, as the venue counts. */
  readonly size: number;
  readonly value: number;
  /** Null while the venue had not told it with the trade. */
  readonly fee: number | null;
  readonly feeCcy: string;
  readonly isMaker: boolean;
  readonly tradeId: string;
  readonly clOrdId: string;
  /** The middle just before the trade; null where none was known. */
  readonly mid: number | null;
  /** After the trade, in lots × lot value. */
  readonly position: number;
}

/** What the fills on an instrument bring a broker. In USDT. */
export interface CommissionRow {
  readonly instId: string;
  readonly orders: number;
  readonly volume: number;
  /** The venue's sign: negative is paid. */
  readonly fee: number;
  /** What was paid less what the venue paid, by order, nothing below zero. */
  readonly netFee: number;
  readonly expectedRebate: number;
  /** Fills that are in no sum, since the price of their coin in dollars is not known. */
  readonly unpricedFills: number;
}

/** Points for a plot: columns by name, each as long as `timeMs`. Of an interval its extremes are kept, in their order. */
export interface Series {
  readonly timeMs: readonly number[];
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
}

/** Equity changes on equal intervals, annualised with √(365 d / interval); no return on capital is assumed. */
export interface RatioBasis {
  readonly intervalSeconds: number;
  readonly intervals: number;
  readonly periodsPerYear: number;
}

export type RunKind = 'backtest' | 'simulation' | 'paper' | 'demo' | 'live' | 'journal';

export interface RunResult extends Figures {
  readonly format: typeof RESULT_FORMAT;
  /** SHA-256 of everything here but wallSeconds, environment and itself, keys sorted. */
  readonly resultHash: string;
  readonly kind: RunKind;
  readonly title: string;
  /** What the reader must know to believe the figures: models, limits, what is missing. */
  readonly notes: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly seconds: number;
  readonly currency: string;
  /** The engine's own ledger, marked at the same middles: an account of its own. */
  readonly control: { readonly ledgerProfit: number; readonly difference: number };
  /** Mean by standard deviation of equity changes; null with fewer than two intervals or no change. */
  readonly sharpe: number | null;
  /** The same by the root mean square of falls. */
  readonly sortino: number | null;
  readonly ratioBasis: RatioBasis;
  readonly messageBudget: MessageBudget;
  readonly latencies: Readonly<Record<string, LatencySummary>>;
  /** Inputs of the core, or what the driver counts as events of the market. */
  readonly events: number;
  readonly inputs: {
    readonly public: number;
    readonly private: number;
    readonly trade: number;
    readonly other: number;
    /** Frames among them that nobody can read. */
    readonly unread: number;
  };
  readonly wallSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly instruments: Readonly<Record<string, InstrumentFigures>>;
  /** What the core itself has found about its fills. Results of builds before it have none. */
  readonly attribution?: AttributionResult;
  /** By instrument; only of a journaled run, which knows its broker's shares. */
  readonly commission?: readonly CommissionRow[];
  /** Of the account: total, spread, inventory, fees, funding, drawdown, value of the position, orders by second. */
  readonly series: Series;
  /** By instId: mid, our best bid and ask, position. */
  readonly instrumentSeries: Readonly<Record<string, Series>>;
  /** One of so many fills is in `fillRows`: the number of rows is bounded. */
  readonly fillRowsEvery: number;
  readonly fillRows: readonly FillRow[];
}
