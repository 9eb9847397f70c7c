import { Side } from '../../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../../base/units.ts';
import type { Account } from './account.ts';
import type { Amount } from './amount.ts';
import type { Holding } from './holding.ts';
import { BookOrder, type MatchingBook } from './matching-book.ts';
import type { Market } from './market.ts';
import type { PriceQuote } from './option-price.ts';
import type { MarginMode } from './position.ts';

export const OrderState = {
  live: 'live',
  partiallyFilled: 'partially_filled',
  filled: 'filled',
  canceled: 'canceled',
  mmpCanceled: 'mmp_canceled',
} as const;
export type OrderState = (typeof OrderState)[keyof typeof OrderState];

export type PosSide = 'net' | 'long' | 'short';
export type OrderType =
  | 'limit'
  | 'post_only'
  | 'ioc'
  | 'fok'
  | 'market'
  | 'optimal_limit_ioc'
  | 'rpi'
  | 'mmp'
  | 'mmp_and_post_only';
export type SelfTradeMode = 'cancel_maker' | 'cancel_taker' | 'cancel_both';

/** What a place asks for, read and checked. */
export interface OrderTerms {
  readonly clOrdId: string;
  readonly tag: string;
  readonly tdMode: 'cash' | 'cross' | 'isolated';
  /** Whether a spot pair is traded on margin: the order makes a position. */
  readonly isMargin: boolean;
  /** Of margin orders in spot pairs: the currency of their margin; '' for all others. */
  readonly ccy: string;
  readonly side: Side;
  readonly posSide: PosSide;
  readonly type: OrderType;
  /** 0 for market orders. */
  readonly ticks: Ticks;
  /** Of options: the price as it was asked for. */
  readonly quote: PriceQuote;
  /** 0 for spot market orders whose size is an amount of quote currency. */
  readonly lots: Lots;
  readonly tgtCcy: '' | 'base_ccy' | 'quote_ccy';
  /** What a spot market order may spend in quote currency; -1 when its size is in lots. */
  readonly budget: Amount;
  readonly isReduceOnly: boolean;
  /** IOC: whether it may take what RPI orders offer. */
  readonly takesRpi: boolean;
  /** RPI: whether its price steps back rather than meet the other side's first RPI order. */
  readonly roundsRpi: boolean;
  readonly selfTradeMode: SelfTradeMode;
}

/** What made an order: its client, or something of the venue's own. */
export interface OrderOrigin {
  /** OKX's number, such as "7" for a stop; "" for a client's own. */
  readonly source: string;
  readonly category: string;
  /** The algo order that made it. */
  readonly algoId: string;
  readonly algoClOrdId: string;
}

export const CLIENT_ORIGIN: OrderOrigin = { source: '', category: 'normal', algoId: '', algoClOrdId: '' };

/** One match of an account's order. */
export interface OrderFill {
  readonly tradeId: number;
  readonly ticks: Ticks;
  readonly lots: Lots;
  readonly isMaker: boolean;
  readonly fee: Amount;
  readonly feeCcy: string;
  readonly pnl: Amount;
  readonly markTicks: Ticks;
  readonly billId: string;
  readonly timeMs: Milliseconds;
}

/** An account's order, from its acceptance to its end. */
export class ClientOrder {
  readonly ordId: string;
  readonly account: Account;
  readonly market: Market;
  readonly holding: Holding;
  readonly terms: OrderTerms;
  readonly origin: OrderOrigin;
  readonly createdMs: Milliseconds;
  readonly marginMode: MarginMode;
  /** Whether it may only make a position smaller: asked for, or the closing side in long/short mode. */
  readonly isReducing: boolean;
  /** Its place in the book; `entry.lots` is what is still to be filled. */
  readonly entry: BookOrder;
  updatedMs: Milliseconds;
  state: OrderState = OrderState.live;
  /** Of options: the price as it was last asked for. */
  quote: PriceQuote;
  /** Total size, what is filled included. */
  lots: Lots;
  filledLots: Lots = 0;
  /** Σ ticks × lots of the fills, for the average price. */
  filledTickLots = 0n;
  /** What is left of the budget of a spot market order; -1 when it has none. */
  budget: Amount;
  /** Reserved of the account's balance in `frozenCcy`. */
  frozen: Amount = 0n;
  readonly frozenCcy: string;
  fee: Amount = 0n;
  feeCcy = '';
  rebate: Amount = 0n;
  rebateCcy = '';
  pnl: Amount = 0n;
  lastFill: OrderFill | null = null;
  cancelSource = '';
  amendsInFlight = 0;
  isCancelInFlight = false;

  constructor(
    ordId: string,
    account: Account,
    market: Market,
    holding: Holding,
    terms: OrderTerms,
    frozenCcy: string,
    nowMs: Milliseconds,
    origin = CLIENT_ORIGIN,
  ) {
    this.ordId = ordId;
    this.account = account;
    this.market = market;
    this.holding = holding;
    this.terms = terms;
    this.origin = origin;
    this.createdMs = nowMs;
    this.marginMode = marginModeOf(terms);
    this.isReducing = terms.isReduceOnly || isClosingSide(terms.posSide, terms.side);
    this.updatedMs = nowMs;
    this.quote = terms.quote;
    this.lots = terms.lots;
    this.budget = terms.budget;
    this.frozenCcy = frozenCcy;
    this.entry = new BookOrder(terms.side, terms.ticks, terms.lots, this);
  }

  /** The book that it rests in: RPI orders are apart. */
  get book(): MatchingBook {
    return this.terms.type === 'rpi' ? this.market.rpiBook : this.market.book;
  }

  /** Whether its fills make a position; spot's change balances alone. */
  get hasPosition(): boolean {
    return this.market.listing.isContract || this.terms.isMargin;
  }

  /** What its position has margin in. */
  get marginCcy(): string {
    return this.terms.ccy || this.holding.settleCcy;
  }

  get instType(): string {
    return this.terms.isMargin ? 'MARGIN' : this.market.listing.instType;
  }

  get isOpen(): boolean {
    return this.state === OrderState.live || this.state === OrderState.partiallyFilled;
  }

  get ticks(): Ticks {
    return this.entry.ticks;
  }
}

/** Orders that are cancelled rather than take. */
export function isMakerOnly(type: OrderType): boolean {
  return type === 'post_only' || type === 'rpi' || type === 'mmp_and_post_only';
}

/** Orders that rest with what they could not take. */
export function mayRest(type: OrderType): boolean {
  return type === 'limit' || type === 'mmp' || isMakerOnly(type);
}

export function marginModeOf(terms: OrderTerms): MarginMode {
  return terms.tdMode === 'isolated' ? 'isolated' : 'cross';
}

/** In long/short mode: whether an order of this side takes from the position of that side. */
export function isClosingSide(posSide: PosSide, side: Side): boolean {
  return (posSide === 'long' && side === Side.sell) || (posSide === 'short' && side === Side.buy);
}
