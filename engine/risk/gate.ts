/**
 * The pre-trade check: every place and every amend passes here, last thing before it is encoded.
 *
 * Owner:      the engine thread.
 * Invariants: nothing passes without a tag, on a book that is not quotable, past a limit counting what is in flight, or
 *             across the book or ourselves; paused or halted, nothing passes, and reduce only, nothing that could make
 *             a position larger; cancels always pass. A price or limit that is not known never lets pass what a known
 *             one would strike, but for the venue's own: its price limits, which it checks too, and its mark price,
 *             which stands beside the middle of the book.
 * Cost:       some twenty comparisons, and some ten operations for each instrument whose worth has changed since the last
 *             check that asked for the account's notional (account-notional.ts); no allocation.
 *
 * Risk knows neither orders nor book: it reads their state in the typed arrays of GateInputs, in place, and the market as
 * the loop sets it. What the gate strikes is counted by its reason and not sent; the order it would have amended is for
 * the loop to cancel.
 */
import { assert } from '../base/assert.ts';
import { CommandOp } from '../base/command-op.ts';
import type { Instrument } from '../base/instrument.ts';
import type { IndexSet } from '../base/index-set.ts';
import { Side } from '../base/side.ts';
import { TICKS_MAX } from '../base/units.ts';
import type { Lots, Ticks } from '../base/units.ts';
import { AccountNotional } from './account-notional.ts';
import { GroupDelta, NO_GROUP } from './group-delta.ts';
import type { GroupLimits } from './group-delta.ts';
import { KillLevel } from './kill-ladder.ts';
import type { KillLadder } from './kill-ladder.ts';
import { LotWorth } from './lot-worth.ts';

const BPS = 10_000;
/** What a difference of prices may be off by as a float. */
const ROUNDING_TICKS = 1e-6;

/** Why a command was struck. The first rule that fails, in this order but for the last. */
export const GateReason = {
  pass: 0,
  /** The kill ladder stands at paused or halted. */
  killed: 1,
  noTag: 2,
  instrumentPaused: 3,
  notQuotable: 4,
  sizeMin: 5,
  sizeMax: 6,
  orderNotionalMax: 7,
  openOrdersMax: 8,
  accountOpenOrdersMax: 9,
  /** The kill ladder stands at reduce only, and this could make the position larger or turn it round. */
  reduceOnly: 10,
  positionMax: 11,
  instrumentNotionalMax: 12,
  accountNotionalMax: 13,
  collarBook: 14,
  collarMark: 15,
  priceLimit: 16,
  wouldCross: 17,
  selfCross: 18,
  /** The net delta of the instrument's group, with everything in flight on this side. Looked at before the collars. */
  groupDeltaMax: 19,
} as const;
export type GateReason = (typeof GateReason)[keyof typeof GateReason];

/** What one instrument may hold and ask for. */
export interface RiskLimits {
  readonly positionLotsMax: Lots;
  readonly orderLotsMax: Lots;
  /** In the currency of Instrument.notional. */
  readonly orderNotionalMax: number;
  /** The position with everything in flight, in the currency of Instrument.notional; Infinity for no limit. */
  readonly notionalMax: number;
  readonly openOrdersMax: number;
  /** Largest distance of a price from the middle of the book, and from the venue's mark price where it is known. */
  readonly collarBps: number;
  /** What one unit of Instrument.notional is worth in the account's currency. */
  readonly notionalRate: number;
}

/** What all instruments together may hold and lose. */
export interface AccountLimits {
  readonly notionalMax: number;
  readonly openOrdersMax: number;
  /** Loss since the baseline, as a positive number in the account's currency, that halts the engine. */
  readonly lossMax: number;
}

/** Arrays of other rooms, read in place. */
export interface GateInputs {
  /** Per instrument. */
  readonly positionLots: Float64Array;
  /** Per instrument: the average entry, 0 while flat. It prices a position whose market has not been seen yet. */
  readonly entryTicks: Float64Array;
  /** Per instrument × 2 + side: what may still be filled, with everything in flight. */
  readonly exposureLots: Float64Array;
  /** Per instrument × 2 + side: our most aggressive price, 0 without a buy, TICKS_MAX without a sell. */
  readonly bestTicks: Int32Array;
  /** Per instrument. */
  readonly openCounts: Int32Array;
  /** One cell: orders of all instruments. */
  readonly openTotals: Int32Array;
  /** Whoever writes position, entry or exposure of an instrument adds it here; the gate takes it out. */
  readonly changed: IndexSet;
}

export class Gate {
  /** How often each reason struck, by GateReason. */
  readonly strikes: Float64Array;
  readonly isPaused: Uint8Array;
  /** Instruments of one underlying, together. */
  readonly groups: GroupDelta;
  /** Where a lot's worth does not follow from its own price. */
  readonly worth: LotWorth;

  #account: AccountLimits;
  readonly #inputs: GateInputs;
  readonly #hasTag: boolean;
  readonly #ladder: KillLadder;
  readonly #isQuotable: Uint8Array;
  readonly #bidTicks: Int32Array;
  readonly #askTicks: Int32Array;
  /** The venue's mark price in ticks, with a fraction; 0 while it is not known. */
  readonly #markPriceTicks: Float64Array;
  /** What a lot is valued at: the dearer of book and mark price; 0 before either has been seen. */
  readonly #seenTicks: Float64Array;
  readonly #notional: AccountNotional;
  /** Of Instrument and RiskLimits, side by side: loads from one array each, and no price crosses a call. */
  readonly #lotValue: Float64Array;
  readonly #tickValue: Float64Array;
  readonly #isFixed: Uint8Array;
  readonly #unitPrice: Float64Array;
  readonly #minLots: Float64Array;
  readonly #maxLots: Float64Array;
  readonly #orderLotsMax: Float64Array;
  readonly #orderNotionalMax: Float64Array;
  readonly #openOrdersMax: Float64Array;
  readonly #positionLotsMax: Float64Array;
  readonly #notionalMax: Float64Array;
  readonly #collarBps: Float64Array;
  readonly #buyTicksMax: Int32Array;
  readonly #sellTicksMin: Int32Array;
  readonly #instruments: readonly Instrument[];

  constructor(
    instruments: readonly Instrument[],
    limits: readonly RiskLimits[],
    account: AccountLimits,
    inputs: GateInputs,
    hasTag: boolean,
    ladder: KillLadder,
    groups: readonly GroupLimits[] = [],
  ) {
    const count = instruments.length;
    this.#instruments = instruments;
    assert(limits.length === count, 'every instrument has its limits');
    this.strikes = new Float64Array(Object.keys(GateReason).length);
    this.isPaused = new Uint8Array(count);
    this.#account = account;
    this.#inputs = inputs;
    this.#hasTag = hasTag;
    this.#ladder = ladder;
    this.#isQuotable = new Uint8Array(count);
    this.#bidTicks = new Int32Array(count);
    this.#askTicks = new Int32Array(count);
    this.#markPriceTicks = new Float64Array(count);
    this.#seenTicks = new Float64Array(count);
    this.#lotValue = Float64Array.from(instruments, ({ lotValue }) => lotValue);
    this.#tickValue = Float64Array.from(instruments, ({ tick }) => tick.value);
    this.worth = new LotWorth(instruments);
    this.#isFixed = this.worth.isFixed;
    this.#unitPrice = this.worth.unitPrice;
    this.#minLots = Float64Array.from(instruments, ({ minLots }) => minLots);
    this.#maxLots = Float64Array.from(instruments, ({ maxLots }) => maxLots);
    this.#orderLotsMax = new Float64Array(count);
    this.#orderNotionalMax = new Float64Array(count);
    this.#openOrdersMax = new Float64Array(count);
    this.#positionLotsMax = new Float64Array(count);
    this.#notionalMax = new Float64Array(count);
    this.#collarBps = new Float64Array(count);
    this.#setLimits(limits);
    this.#notional = new AccountNotional(
      instruments,
      limits,
      account.notionalMax,
      inputs,
      this.#seenTicks,
      this.worth,
    );
    this.groups = new GroupDelta(instruments, groups, inputs, this.#seenTicks, this.worth);
    this.#buyTicksMax = new Int32Array(count).fill(TICKS_MAX);
    this.#sellTicksMin = new Int32Array(count);
  }

  /** Other limits, from the next check on. */
  configure(limits: readonly RiskLimits[], account: AccountLimits): void {
    assert(limits.length === this.#minLots.length, 'every instrument has its limits');
    this.#account = account;
    this.#setLimits(limits);
    this.#notional.configure(limits, account.notionalMax);
  }

  #setLimits(limits: readonly RiskLimits[]): void {
    for (const [instrument, each] of limits.entries()) {
      this.#orderLotsMax[instrument] = Math.min(each.orderLotsMax, this.#maxLots[instrument]!);
      this.#orderNotionalMax[instrument] = each.orderNotionalMax;
      this.#openOrdersMax[instrument] = each.openOrdersMax;
      this.#positionLotsMax[instrument] = each.positionLotsMax;
      this.#notionalMax[instrument] = each.notionalMax;
      this.#collarBps[instrument] = each.collarBps;
    }
  }

  /** @hot The book as it is now. Prices only count while it is quotable; the last ones stay as a mark. */
  setMarket(instrument: number, bidTicks: Ticks, askTicks: Ticks, isQuotable: boolean): void {
    this.#isQuotable[instrument] = isQuotable ? 1 : 0;
    if (!isQuotable) return;
    this.#bidTicks[instrument] = bidTicks;
    this.#askTicks[instrument] = askTicks;
    const seen = Math.max((bidTicks + askTicks) / 2, this.#markPriceTicks[instrument]!);
    if (seen === this.#seenTicks[instrument]) return;
    this.#seenTicks[instrument] = seen;
    this.#inputs.changed.add(instrument);
  }

  /** Takes up what has changed, so that the next check finds little to do. For the timer. */
  settle(): void {
    this.#notional.settle();
  }

  /** The venue's price limits; TICKS_MAX and 0 while there are none. */
  setPriceLimits(instrument: number, buyTicksMax: Ticks, sellTicksMin: Ticks): void {
    this.#buyTicksMax[instrument] = buyTicksMax;
    this.#sellTicksMin[instrument] = sellTicksMin;
  }

  /** The venue's mark price in ticks, with a fraction; 0 when it is not known (any more): then it strikes nothing. */
  setMarkPrice(instrument: number, ticks: number): void {
    const mark = ticks > 0 ? ticks : 0;
    this.#markPriceTicks[instrument] = mark;
    this.#seenTicks[instrument] = Math.max(this.markTicks(instrument), mark);
    this.#inputs.changed.add(instrument);
  }

  /** What an option's underlying is worth in dollars, and which share of its moves the option makes. */
  setUnderlying(instrument: number, price: number, delta: number): void {
    const { worth } = this;
    if (worth.isOption[instrument] === 0) return;
    if (price > 0) worth.unitPrice[instrument] = price;
    if (!Number.isNaN(delta)) worth.delta[instrument] = delta;
    this.#inputs.changed.add(instrument);
  }

  /** What one lot counts with in limits, at a price of its own where that decides; NaN where it is not known. */
  lotWorth(instrument: number, ticks: Ticks): number {
    const price =
      this.#isFixed[instrument] === 1 ? this.#unitPrice[instrument]! : ticks * this.#tickValue[instrument]!;
    return this.#lotValue[instrument]! * price;
  }

  /** The middle of the last quotable book, in ticks; 0 before the first. */
  markTicks(instrument: number): number {
    return (this.#bidTicks[instrument]! + this.#askTicks[instrument]!) / 2;
  }

  /** @hot The same, into a cell. */
  readMark(instrument: number, into: Float64Array): void {
    into[0] = (this.#bidTicks[instrument]! + this.#askTicks[instrument]!) / 2;
  }

  /**
   * @hot Whether a command may be sent. `lots` is the size that will rest (of an amend, without what is filled), and
   * `addedLots` by how much it raises the worst case that `exposureLots` already holds: all of it for a place.
   */
  check(
    op: CommandOp,
    instrument: number,
    side: Side,
    ticks: Ticks,
    lots: Lots,
    addedLots: Lots,
  ): GateReason {
    if (op === CommandOp.cancel) return GateReason.pass;
    const reason = this.#judge(op, instrument, side, ticks, lots, addedLots);
    this.strikes[reason]!++;
    return reason;
  }

  /** Why a place could not be sent now, for who asks: nothing is sent because of it, and nothing counted. */
  look(instrument: number, side: Side, ticks: Ticks, lots: Lots): GateReason {
    return this.#judge(CommandOp.place, instrument, side, ticks, lots, lots);
  }

  /** @hot */
  #judge(
    op: CommandOp,
    instrument: number,
    side: Side,
    ticks: Ticks,
    lots: Lots,
    addedLots: Lots,
  ): GateReason {
    let reason = this.#checkState(instrument);
    if (reason === GateReason.pass) reason = this.#checkSize(op, instrument, ticks, lots);
    if (reason === GateReason.pass) reason = this.#checkExposure(instrument, side, ticks, addedLots);
    if (reason === GateReason.pass) reason = this.#checkPrice(instrument, side, ticks);
    return reason;
  }

  /**
   * Whether an order that closes (part of) a position at once may be sent: reduces it, whatever else is in flight, at a
   * price within `closeBps` of the mark and inside the venue's limits. It may cross the book, and it passes when paused;
   * halted it does not.
   *
   * @param heldLots what it is to close, signed: the net position, or one leg of it
   */
  checkClosing(
    instrument: number,
    side: Side,
    ticks: Ticks,
    lots: Lots,
    closeBps: number,
    heldLots: Lots = this.#inputs.positionLots[instrument]!,
  ): GateReason {
    let reason = this.#checkClosingState(instrument);
    if (reason === GateReason.pass) reason = this.#checkSize(CommandOp.place, instrument, ticks, lots);
    if (reason === GateReason.pass) reason = this.#checkClosingPrice(instrument, side, ticks, closeBps);
    if (reason === GateReason.pass) {
      const exposure = this.#inputs.exposureLots[instrument * 2 + side]! + lots;
      const worst = side === Side.buy ? heldLots + exposure : exposure - heldLots;
      if (!(worst <= 0)) reason = GateReason.reduceOnly;
    }
    this.strikes[reason]!++;
    return reason;
  }

  /**
   * Whether an order that takes what it finds, to bring a net delta back, may be sent: all that holds for an order that
   * rests, but that it may cross the book, to within `slippageBps` of its middle.
   */
  checkTaking(instrument: number, side: Side, ticks: Ticks, lots: Lots, slippageBps: number): GateReason {
    let reason = this.#checkState(instrument);
    if (reason === GateReason.pass) reason = this.#checkSize(CommandOp.place, instrument, ticks, lots);
    if (reason === GateReason.pass) reason = this.#checkExposure(instrument, side, ticks, lots);
    if (reason === GateReason.pass) reason = this.#checkTakingPrice(instrument, side, ticks, slippageBps);
    this.strikes[reason]!++;
    return reason;
  }

  #checkTakingPrice(instrument: number, side: Side, ticks: Ticks, slippageBps: number): GateReason {
    const collarBps = this.#collarBps[instrument]!;
    if (!isNear(ticks, this.markTicks(instrument), Math.min(slippageBps, collarBps))) {
      return GateReason.collarBook;
    }
    const markPrice = this.#markPriceTicks[instrument]!;
    if (markPrice > 0 && !isNear(ticks, markPrice, collarBps)) return GateReason.collarMark;
    return this.#checkLimits(instrument, side, ticks);
  }

  #checkClosingState(instrument: number): GateReason {
    if (!(this.#ladder.level(instrument) < KillLevel.halted)) return GateReason.killed;
    if (!this.#hasTag) return GateReason.noTag;
    if (this.isPaused[instrument] === 1) return GateReason.instrumentPaused;
    // Without the venue's mark, the middle of a book that is good now; one that was good once says nothing.
    const hasMark = this.#markPriceTicks[instrument]! > 0 || this.#isQuotable[instrument] === 1;
    return hasMark ? GateReason.pass : GateReason.notQuotable;
  }

  #checkClosingPrice(instrument: number, side: Side, ticks: Ticks, closeBps: number): GateReason {
    const isKnown = this.#markPriceTicks[instrument]! > 0;
    const mark = isKnown ? this.#markPriceTicks[instrument]! : this.markTicks(instrument);
    const isFar =
      this.worth.isOption[instrument] === 1
        ? !(Math.abs(ticks - mark) <= this.closingReach(instrument, mark, closeBps) + ROUNDING_TICKS)
        : !isNear(ticks, mark, closeBps);
    if (isFar) return isKnown ? GateReason.collarMark : GateReason.collarBook;
    return this.#checkLimits(instrument, side, ticks);
  }

  /**
   * How far from the mark an order that closes may go, in ticks. An option, whose spread is wide beside its premium, as far
   * as so large a move of its underlying would bring it, and one step at the least.
   */
  closingReach(instrument: number, mark: number, closeBps: number): number {
    const own = (mark * closeBps) / BPS;
    const { isOption, delta, unitPrice } = this.worth;
    if (isOption[instrument] === 0) return own;
    const { settlesInBase, tick, bands } = this.#instruments[instrument]!;
    const underlying = settlesInBase ? 1 : unitPrice[instrument]!;
    const moved = (Math.abs(delta[instrument]!) * underlying * closeBps) / BPS / tick.value;
    return Math.max(own, bands.stepAt(mark), moved > 0 ? moved : 0);
  }

  /** What all positions are worth, in the account's currency. */
  heldNotional(): number {
    return this.#notional.held();
  }

  #checkState(instrument: number): GateReason {
    if (!(this.#ladder.level(instrument) < KillLevel.paused)) return GateReason.killed;
    if (!this.#hasTag) return GateReason.noTag;
    if (this.isPaused[instrument] === 1) return GateReason.instrumentPaused;
    return this.#isQuotable[instrument] === 1 ? GateReason.pass : GateReason.notQuotable;
  }

  // Each rule is written so that NaN fails it.
  #checkSize(op: CommandOp, instrument: number, ticks: Ticks, lots: Lots): GateReason {
    if (!(lots >= this.#minLots[instrument]!)) return GateReason.sizeMin;
    if (!(lots <= this.#orderLotsMax[instrument]!)) return GateReason.sizeMax;
    if (!this.#isOrderWithin(instrument, ticks, lots)) return GateReason.orderNotionalMax;
    if (op !== CommandOp.place) return GateReason.pass;
    const { openCounts, openTotals } = this.#inputs;
    if (!(openCounts[instrument]! < this.#openOrdersMax[instrument]!)) return GateReason.openOrdersMax;
    return openTotals[0]! < this.#account.openOrdersMax ? GateReason.pass : GateReason.accountOpenOrdersMax;
  }

  /** Each side by itself: the worst case is that all of one side fills and nothing of the other. */
  #checkExposure(instrument: number, side: Side, ticks: Ticks, addedLots: Lots): GateReason {
    const position = this.#inputs.positionLots[instrument]!;
    const exposure = this.#inputs.exposureLots[instrument * 2 + side]! + addedLots;
    const worst = side === Side.buy ? position + exposure : exposure - position;
    const isReduceOnly = this.#ladder.level(instrument) === KillLevel.reduceOnly;
    if (isReduceOnly && !(worst <= 0)) return GateReason.reduceOnly;
    if (!(worst <= this.#positionLotsMax[instrument]!)) return GateReason.positionMax;
    if (!(worst <= 0)) {
      const dearest = Math.max(ticks, this.#seenTicks[instrument]!);
      const isFixed = this.#isFixed[instrument] === 1;
      const price = isFixed ? this.#unitPrice[instrument]! : dearest * this.#tickValue[instrument]!;
      if (!(worst * this.#lotValue[instrument]! * price <= this.#notionalMax[instrument]!)) {
        return GateReason.instrumentNotionalMax;
      }
      if (addedLots !== 0 && !this.#notional.isWithin(instrument, side, ticks, addedLots)) {
        return GateReason.accountNotionalMax;
      }
    }
    // What only leads out of a position is let pass whatever it and the others are worth. It may be what hedges them,
    // though: where both are left at leisure, not one before the other.
    const { groups } = this;
    const isFree = isReduceOnly || groups.groupOf[instrument] === NO_GROUP;
    return isFree || groups.isWithin(instrument, side, addedLots)
      ? GateReason.pass
      : GateReason.groupDeltaMax;
  }

  #checkPrice(instrument: number, side: Side, ticks: Ticks): GateReason {
    const bid = this.#bidTicks[instrument]!;
    const ask = this.#askTicks[instrument]!;
    const mark = (bid + ask) / 2;
    const markPrice = this.#markPriceTicks[instrument]!;
    const collarBps = this.#collarBps[instrument]!;
    if (!(Math.abs(ticks - mark) * BPS <= collarBps * mark)) return GateReason.collarBook;
    if (markPrice > 0 && !(Math.abs(ticks - markPrice) * BPS <= collarBps * markPrice)) {
      return GateReason.collarMark;
    }
    const isCrossing = side === Side.buy ? ticks >= ask : ticks <= bid;
    const reason = this.#checkLimits(instrument, side, ticks);
    // To cross the book comes before to cross ourselves: an order of ours rests behind the best of the book.
    return reason === GateReason.priceLimit || !isCrossing ? reason : GateReason.wouldCross;
  }

  /** The venue's price limits, and our own orders, those in flight included. */
  #checkLimits(instrument: number, side: Side, ticks: Ticks): GateReason {
    const otherBest = this.#inputs.bestTicks[instrument * 2 + 1 - side]!;
    if (side === Side.buy) {
      if (ticks > this.#buyTicksMax[instrument]!) return GateReason.priceLimit;
      return ticks < otherBest ? GateReason.pass : GateReason.selfCross;
    }
    if (ticks < this.#sellTicksMin[instrument]!) return GateReason.priceLimit;
    return ticks > otherBest ? GateReason.pass : GateReason.selfCross;
  }

  /** Whether an order is worth no more than it may be, as Instrument.notional has it. No float comes back from the call. */
  #isOrderWithin(instrument: number, ticks: Ticks, lots: Lots): boolean {
    const value = lots * this.#lotValue[instrument]!;
    const max = this.#orderNotionalMax[instrument]!;
    return this.#isFixed[instrument] === 1
      ? value * this.#unitPrice[instrument]! <= max
      : value * ticks * this.#tickValue[instrument]! <= max;
  }
}

/** Written so that NaN is far. */
function isNear(ticks: number, mark: number, bps: number): boolean {
  return Math.abs(ticks - mark) * BPS <= bps * mark;
}
