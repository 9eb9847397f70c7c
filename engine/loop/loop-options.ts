import type { Clock } from '../base/clock.ts';
import type { Instrument } from '../base/instrument.ts';
import type { OrderCategory } from '../base/order-category.ts';
import type { PositionMode, PositionSide } from '../base/position-side.ts';
import type { Side } from '../base/side.ts';
import type { Lots, Milliseconds, Nanoseconds, Ticks } from '../base/units.ts';
import type { Handoff } from '../handoff/handoff-memory.ts';
import type { QuoteReader } from '../handoff/quote-slot.ts';
import type { MetricsMemory } from '../metrics/cells.ts';
import type { DepthChannel } from '../okx/depth-frame.ts';
import type { TdMode } from '../okx/shapes.ts';
import type { LedgerRow } from '../orders/position-ledger.ts';
import type { DiffTolerance } from '../orders/quote-diff.ts';
import type { TradeKey } from '../orders/trade-log.ts';
import type { AccountLimits, RiskLimits } from '../risk/gate.ts';
import type { HedgeLossState } from '../risk/hedge-loss.ts';
import type { StickyTrigger } from '../risk/kill-ladder.ts';
import type { LossState } from '../risk/loss-watch.ts';

/** The connections of the core, by the numbers that come with frames and go with sends. */
export const Connection = { public: 0, private: 1, trade: 2 } as const;
export type Connection = (typeof Connection)[keyof typeof Connection];

/** What the core asks of the world beside sending bytes. */
export const LoopRequest = {
  /** Cancel what is left of ours, book what was traded, then tell positions: `onRecovered`. */
  recovery: 0,
  /** The instrument's book by REST: `onBookSnapshot`. */
  bookSnapshot: 1,
  /** Orders, trades and positions as the venue has them, nothing cancelled: `onAudited`. */
  audit: 2,
  /** This turn came to its end: the venue's dead man's switch may be told so (`onSwitchArmed`). */
  heartbeat: 3,
  /** An instrument's grid or code is another one now: nothing but a fresh start with fresh instruments helps. */
  reload: 4,
  /** Something that a restart must not forget has changed: write it down now. */
  save: 5,
  /** The private connection is up and keeps its words to itself: make it anew. */
  reconnectPrivate: 6,
  /** A change of parameters is in force here: the workers' share of it may be published now, at once. */
  parameters: 7,
} as const;
export type LoopRequest = (typeof LoopRequest)[keyof typeof LoopRequest];

/** The core's only way out. */
export interface LoopOutput {
  /** False when the connection is not up: then nothing was sent. The bytes are the core's again on return. */
  send(connection: Connection, bytes: Uint8Array, length: number): boolean;
  /** @param instrument -1 where the request concerns the account */
  request(request: LoopRequest, instrument: number): void;
}

/** One trade of ours as REST tells it, of whatever order and run. */
export interface TradeFact {
  readonly instrument: number;
  readonly side: Side;
  /** The leg that it opened or closed; not there in journals of before there were legs: net. */
  readonly leg?: PositionSide;
  /** What made it; not there for a trade like any other. */
  readonly category?: OrderCategory;
  /** In ticks, with a fraction where the venue filled between two. */
  readonly ticks: number;
  readonly lots: Lots;
  readonly tradeId: number;
  readonly tsMs: Milliseconds;
  /** Negative is paid, positive received; in the base currency when `isBaseFee`, else in that of profit. */
  readonly fee: number;
  readonly isBaseFee: boolean;
  /** Of the client order id; run -1 when the order's id is not of our plan. */
  readonly run: number;
  readonly slot: number;
  readonly generation: number;
  /** The id is of our runs, and the tag is not ours: the venue has stripped or changed it. */
  readonly isTagForeign?: true;
}

/** What the venue says we hold of a contract. Spot has none: its position is the sum of its trades. */
export interface PositionFact {
  readonly instrument: number;
  readonly lots: Lots;
  /** In ticks, with a fraction; 0 where the venue has none. */
  readonly entryTicks: number;
  /** What `lots` is made of, where the account holds legs apart: neither is below zero. */
  readonly longLots?: Lots;
  readonly shortLots?: Lots;
}

/** An order of ours that rests at the venue, of this run or another. */
export interface OpenOrderFact {
  readonly instrument: number;
  readonly run: number;
  readonly slot: number;
  readonly generation: number;
  readonly ticks: Ticks;
  readonly lots: Lots;
  readonly filledLots: Lots;
  readonly updatedMs: Milliseconds;
  readonly createdMs: Milliseconds;
  readonly instId: string;
  readonly ordId: string;
  /** As of a trade. */
  readonly isTagForeign?: true;
}

/** What recovery found when nothing of ours was left at the venue. */
export interface RecoveredAccount {
  /** One for each contract, flat ones too. */
  readonly positions: readonly PositionFact[];
  /** Since the account was last verified, oldest first. */
  readonly trades: readonly TradeFact[];
  /** By the venue's clock: every trade before this has been told now. */
  readonly verifiedMs: Milliseconds;
  /** By instrument, 1 for those of which no run has known a position: it is taken as it is. Without it, none is new. */
  readonly begins?: readonly number[];
}

/** What a run has written down for the next one. Plain JSON. */
export interface LoopMemory {
  readonly kill: readonly StickyTrigger[];
  readonly ledger: readonly LedgerRow[];
  readonly loss: LossState | null;
  readonly trades: readonly TradeKey[];
  /** Of groups that are hedged; a run before there were any has left none. */
  readonly hedges?: readonly HedgeLossState[];
}

/** What an audit found: the same, with what rests. */
export interface AuditedAccount extends RecoveredAccount {
  readonly openOrders: readonly OpenOrderFact[];
  /** When the first of its questions left. */
  readonly askedNs: Nanoseconds;
  /** Orders of ours that nobody here knows; the asker has cancelled them. */
  readonly strayCount: number;
}

export const OperatorCommand = {
  /** Cancels everything; quotes again on `resume`. */
  pause: 'pause',
  /** Takes back whatever waits for an operator's word, a halt too. Loss and drawdown count anew from here. */
  resume: 'resume',
  /** Only orders that make a position smaller. */
  reduce: 'reduce',
  /** Cancels everything and closes the positions at the market, within `closeBps` of the mark; then stays paused. */
  flatten: 'flatten',
  /** Cancels everything and sends nothing else. */
  halt: 'halt',
} as const;
export type OperatorCommand = (typeof OperatorCommand)[keyof typeof OperatorCommand];

/** What became of an operator's command, and how the engine stands after it. */
export interface CommandResult {
  readonly isDone: boolean;
  readonly text: string;
}

export interface LoopTimings {
  /** A worker that has not answered a market for so long is late: its quotes are withdrawn. */
  readonly quoteAgeNsMax: Nanoseconds;
  /** A book without any message for so long is taken as broken. */
  readonly bookSilenceNsMax: Nanoseconds;
  /** A command without its outcome for so long is in doubt. */
  readonly ackTimeoutNs: Nanoseconds;
  /** The venue is told to refuse a place or amend that reaches it later than this after sending; 0 for never. */
  readonly orderExpiryMs: number;
  /** A depth message that is older than this by the venue's clock is not quoted on; 0 for any age. */
  readonly bookAgeNsMax: Nanoseconds;
  /** At most so often the end of a timer's turn is told as a heartbeat. */
  readonly heartbeatNs: Nanoseconds;
  /** The time-out of the venue's dead man's switch; 0 when it is not used: then quoting does not wait for it. */
  readonly switchNs: Nanoseconds;
  /** How often the account is audited; 0 for never. */
  readonly auditNs: Nanoseconds;
  /** The private stream may be so long behind REST with a trade before it is taken for deaf. */
  readonly privateStaleNs: Nanoseconds;
}

/** When an instrument is quoted wider, and when not at all. */
export interface InstrumentBrakes {
  /** A move of the fair price within the window that widens; twice that pauses. */
  readonly volatilityBps: number;
  readonly volatilityWindowNs: Nanoseconds;
  /** A mean move against our fills a second later that widens; twice that pauses. */
  readonly adverseBps: number;
  /** Calm that must pass before either is taken back. */
  readonly holdNs: Nanoseconds;
  /** Loss since the baseline that pauses the instrument, in the account's currency; Infinity for none. */
  readonly lossMax: number;
}

/** What the whole account is watched for. */
export interface AccountWatches {
  /** Fall of the profit from its peak that halts; Infinity for none. */
  readonly drawdownMax: number;
  /** Below it only reducing, below half of it nothing. 0 for none. */
  readonly marginRatioMin: number;
  /** Distance of the mark from a liquidation price at which only reducing is left. 0 for none. */
  readonly liquidationDistanceBps: number;
  /** Places and amends for each fill above which quotes go wider. 0 for none. */
  readonly orderToTradeMax: number;
  /** Change of the clock against the venue's since the start that pauses. */
  readonly clockOffsetMsMax: Milliseconds;
  /** Gap between two timers that pauses. */
  readonly stallNsMax: Nanoseconds;
}

/** How a group's net delta is brought back into its band. */
export interface HedgeTerms {
  /** Where it is hedged; null for the instrument with the tightest spread. */
  readonly leg: number | null;
  /** It begins beyond `bandCoins` and ends within `targetCoins`. */
  readonly bandCoins: number;
  readonly targetCoins: number;
  /** An order may rest for so long before what is left is taken from the book. */
  readonly passiveNs: Nanoseconds;
  /** How far from the middle of the book it may be taken. */
  readonly slippageBps: number;
  /** Places and amends. */
  readonly ordersPerMinute: number;
  /** What its fills may cost in a UTC day, in the account's currency, before it stops until an operator resumes. */
  readonly lossMax: number;
}

/** Instruments of one coin, and what they may hold together. Plain data. */
export interface PortfolioGroup {
  readonly coin: string;
  readonly members: readonly number[];
  /** Largest net delta either way, with everything in flight. */
  readonly deltaCoinsMax: number;
  /** The share of the others' delta that an instrument's quotes count as its own position. */
  readonly skew: number;
  /** Null where it is not hedged. */
  readonly hedge: HedgeTerms | null;
}

/** Of which kind an instrument's quotes are. Plain data. */
export interface QuoteKinds {
  /** Of this kind are the first so many levels of a side. */
  readonly rpiLevels: number;
  /** All are under the venue's market maker protection. */
  readonly isMmp: boolean;
  /** For how long that takes none once it has triggered; 0: until it is reset. */
  readonly mmpFrozenMs: Milliseconds;
}

/** What quotes of an option are priced in: as its book is (most often the coin), dollars, or a volatility. */
export type OptionPriceUnit = 'coin' | 'usd' | 'volatility';

export interface LoopOptions {
  readonly instruments: readonly Instrument[];
  readonly depthChannel: DepthChannel;
  /** The operator's tag, on every order. */
  readonly tag: string;
  /** This run's number, inside every client order id. */
  readonly run: number;
  /** Whether the tag stands in front of every client order id. */
  readonly prefixesIds?: boolean;
  readonly tradeModes: readonly TdMode[];
  /** By instrument: the currency that its orders on margin are backed by, '' for none; without it, none. */
  readonly marginCcys?: readonly string[];
  /** By instrument: how its quotes are placed. Without it, post-only. */
  readonly quoteKinds?: readonly QuoteKinds[];
  /** By instrument: what quotes of options are priced in; without it, as the book is. */
  readonly priceIns?: readonly OptionPriceUnit[];
  /** By instrument: how long before its expiry it is only reduced. */
  readonly stopBeforeExpiryMs?: readonly Milliseconds[];
  /** Whether swaps and futures are held as legs; without it they are net, as in journals of before there were legs. */
  readonly positionMode?: PositionMode;
  /** Account level 4, which has no reduce-only orders. Not there in older journals: false. */
  readonly isPortfolioMargin?: boolean;
  readonly limits: readonly RiskLimits[];
  readonly account: AccountLimits;
  readonly brakes: readonly InstrumentBrakes[];
  readonly watches: AccountWatches;
  /** Without it, each instrument by itself. */
  readonly portfolio?: readonly PortfolioGroup[];
  /** Demo trading has maintenance of its own. */
  readonly isDemo: boolean;
  /** How far from the mark a closing order of `flatten` may go. */
  readonly closeBps: number;
  readonly tolerances: readonly DiffTolerance[];
  /** By instrument: how its quoting model is called, for figures by model and for nothing else. */
  readonly models?: readonly string[];
  readonly timings: LoopTimings;
  readonly handoff: Handoff;
  /** By instrument: others whose quotes read its market too, and whose workers are woken by it. Without it, none. */
  readonly followers?: readonly (readonly number[])[];
  /** Who reads an instrument's quote slot; without it, a plain reader. The journal's notes what it has read. */
  readonly quoteReaderOf?: (instrument: number) => QuoteReader;
  readonly metrics: MetricsMemory;
  readonly output: LoopOutput;
  /** Read for latency histograms and for nothing else: no decision depends on it. */
  readonly stageClock: Clock;
  /** Time constant with which the statistics of flow forget; a default of theirs without it. */
  readonly flowMemorySeconds?: number;
}
