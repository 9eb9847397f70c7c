/**
 * Position, profit and fees of every instrument, from our own trades.
 *
 * Owner:      the engine thread; fills come through Fills alone. Arrays are read in place by the gate and the status board.
 * Invariants: positionLots = bookedLots + untoldLots; bookedLots is the sum of all trades and of the venue's differences;
 *             money comes from trades only, and is the same in whatever order they were booked, but for its division into
 *             realised and unrealised, which follows the average entry.
 * Cost:       a trade is some fifty multiplications and additions; nothing allocates once constructed.
 *
 * `cash` is what trades have cost so far, in the instrument's own units: a buy at `ticks` takes lots × ticks from it. For
 * spot and linear contracts that is a sum of whole numbers and exact; profit at a mark is cash + bookedLots × mark, and only
 * then becomes money. An inverse contract is worth n·ctVal/price coins: its cash is the sum of lots / ticks.
 *
 * The average entry is the price at which the open position breaks even: the mean by lots for spot and linear contracts,
 * the harmonic mean for inverse ones.
 */
import { assert } from '../base/assert.ts';
import { ContractKind } from '../base/instrument.ts';
import { IndexSet } from '../base/index-set.ts';
import type { Instrument } from '../base/instrument.ts';
import { PositionSide } from '../base/position-side.ts';
import { Side, sideSign } from '../base/side.ts';
import type { Lots } from '../base/units.ts';
import { ExactSums } from './exact-sums.ts';
import { PositionLegs } from './position-legs.ts';
import { regrid } from './regrid.ts';

/** The ledger's line of one instrument as it is kept over restarts: plain JSON, whose numbers come back as they were. */
export interface LedgerRow {
  readonly instId: string;
  /** The grids in which the row counts: an instrument may have others when it is read. */
  readonly tickSz: string;
  readonly lotSz: string;
  readonly bookedLots: number;
  /** The long leg of it, where the account holds legs apart and there is one of either kind; the rest is the short one. */
  readonly longLots?: number;
  /** Together with `cashRest` what trades have cost, in lots × ticks (inverse: lots / ticks). */
  readonly cash: number;
  /** What does not fit into `cash`. */
  readonly cashRest: number;
  readonly entryTicks: number;
  readonly fees: number;
  readonly baseFees: number;
  /** Settled so far; the running total that the venue told last, of the position opened at that time. Old states lack it. */
  readonly funding?: number;
  readonly fundingTotal?: string;
  readonly fundingOpenedMs?: number;
  /** The same of the long and the short leg, where the account holds them apart. */
  readonly legFunding?: readonly LegFunding[];
  readonly turnover: number;
  readonly fillCount: number;
  readonly boughtLots: number;
  readonly soldLots: number;
}

/** The venue's running total of a position's funding, as told last, and when that position was opened; 0 for none. */
export interface LegFunding {
  readonly total: string;
  readonly openedMs: number;
}

const NO_FUNDING: LegFunding = { total: '0', openedMs: 0 };
/** The net position and two legs. */
const LEGS = Object.keys(PositionSide).length;

export class PositionLedger {
  // Per instrument. Money is in the instrument's settlement currency, but for base fees.
  /** What we hold as far as anything has told: booked and untold. The gate counts it. */
  readonly positionLots: Float64Array;
  /** What all booked trades add up to. */
  readonly bookedLots: Float64Array;
  /** Signed: filled by the totals of orders, by trades that are not told yet. */
  readonly untoldLots: Float64Array;
  /** Buys and sells of them added up: where untoldLots is 0 because they cancel out, trades are missing all the same. */
  readonly untoldGrossLots: Float64Array;
  /** The legs of positionLots where the account holds them apart; 0 where it does not. */
  readonly longLots: Float64Array;
  readonly shortLots: Float64Array;
  /** Average entry of the booked position in ticks, with a fraction; 0 while flat. */
  readonly entryTicks: Float64Array;
  /** The venue's sign: negative is paid, positive received. */
  readonly fees: Float64Array;
  /** Fees that spot buys pay in the base currency, in that currency. */
  readonly baseFees: Float64Array;
  /** Settled by the venue: negative is paid. */
  readonly funding: Float64Array;
  /** By instrument × 3 + leg: what the venue told last of it. */
  readonly legFunding: LegFunding[];
  readonly boughtLots: Float64Array;
  readonly soldLots: Float64Array;
  /** Value of everything traded, as Instrument.notional has it. */
  readonly turnover: Float64Array;
  /** Trades booked. */
  readonly fillCount: Float64Array;

  readonly #instruments: readonly Instrument[];
  /** Instruments whose position or entry has changed since the gate looked. */
  readonly #changed: IndexSet;
  /** 1 when all that is held was opened since it was flat here. */
  readonly #isOwn: Uint8Array;
  readonly #legs: PositionLegs;
  readonly #cash: ExactSums;
  readonly #fees: ExactSums;
  readonly #baseFees: ExactSums;
  readonly #funding: ExactSums;
  readonly #turnover: ExactSums;
  /** Of one entry: cash at a mark. */
  readonly #total = new ExactSums(1);
  /** Restored rows of instruments that this engine does not trade: what they earned is not forgotten. */
  #otherRows: readonly LedgerRow[] = [];

  /** @param changed shared with whoever else writes what the gate adds up */
  constructor(instruments: readonly Instrument[], changed = new IndexSet(instruments.length)) {
    const count = instruments.length;
    this.#changed = changed;
    this.#instruments = instruments;
    this.positionLots = new Float64Array(count);
    this.bookedLots = new Float64Array(count);
    this.untoldLots = new Float64Array(count);
    this.untoldGrossLots = new Float64Array(count);
    this.#legs = new PositionLegs(count);
    this.longLots = this.#legs.longLots;
    this.shortLots = this.#legs.shortLots;
    this.entryTicks = new Float64Array(count);
    this.boughtLots = new Float64Array(count);
    this.soldLots = new Float64Array(count);
    this.fillCount = new Float64Array(count);
    this.#cash = new ExactSums(count);
    this.#fees = new ExactSums(count);
    this.#baseFees = new ExactSums(count);
    this.#funding = new ExactSums(count);
    this.legFunding = Array.from({ length: count * LEGS }, () => NO_FUNDING);
    this.#isOwn = new Uint8Array(count).fill(1);
    this.#turnover = new ExactSums(count);
    this.fees = this.#fees.high;
    this.baseFees = this.#baseFees.high;
    this.funding = this.#funding.high;
    this.turnover = this.#turnover.high;
  }

  // -------------------------------------------------------------------------------------------------- booking

  /**
   * @hot Books a trade of `lots` on `side` at `ticks`, which may lie between ticks; at 0 an option expires worthless. Called
   * by Fills, once a trade.
   */
  onTrade(
    instrument: number,
    side: Side,
    ticks: number,
    lots: Lots,
    leg: PositionSide = PositionSide.net,
  ): void {
    assert(lots > 0 && ticks >= 0, 'a trade has a price and a size');
    this.#book(instrument, sideSign(side) * lots, ticks);
    this.#legs.add(instrument, side, lots, leg);
    this.#turnover.add(instrument, this.#instruments[instrument]!.notional(ticks, lots));
    this.fillCount[instrument]!++;
    if (side === Side.buy) this.boughtLots[instrument]! += lots;
    else this.soldLots[instrument]! += lots;
  }

  /** @hot Books a fee or rebate with the venue's sign. */
  onFee(instrument: number, fee: number, isBase: boolean): void {
    if (isBase) this.#baseFees.add(instrument, fee);
    else this.#fees.add(instrument, fee);
  }

  /** Books what the venue has settled of the position, with its sign. */
  onFunding(instrument: number, amount: number): void {
    this.#funding.add(instrument, amount);
  }

  /** @hot Counts lots that an order's total tells and no trade yet, or takes them back when `lots` is below zero. */
  addUntold(instrument: number, side: Side, lots: Lots, leg: PositionSide = PositionSide.net): void {
    this.#legs.addUntold(instrument, side, lots, leg);
    this.untoldLots[instrument]! += sideSign(side) * lots;
    this.untoldGrossLots[instrument]! += lots;
    this.positionLots[instrument] = this.bookedLots[instrument]! + this.untoldLots[instrument]!;
    this.#changed.add(instrument);
  }

  /** Untold lots of the instrument are no more. By Fills.clearUntold, which tells the order table too. */
  clearUntold(instrument: number): void {
    this.untoldLots[instrument] = 0;
    this.untoldGrossLots[instrument] = 0;
    this.#legs.clearUntold(instrument);
    this.positionLots[instrument] = this.bookedLots[instrument]!;
    this.#changed.add(instrument);
  }

  /**
   * Takes the venue's position over ours: the difference (a first start, a liquidation, a transfer) is booked as if it had
   * been traded at `ticks`, so that from there on profit is exact. No fill, no turnover, no fee. `ticks` is the position's
   * entry for what is found at a first start, the mark for what changed unseen.
   */
  setPosition(instrument: number, lots: Lots, ticks: number): void {
    const difference = lots - this.positionLots[instrument]!;
    if (difference === 0) return;
    assert(ticks > 0, 'a difference in position has a price');
    this.#isOwn[instrument] = 0;
    this.#book(instrument, difference, ticks);
  }

  /** Takes over which legs the venue says make up the position; what they come to is `setPosition`'s business. */
  setLegs(instrument: number, longLots: Lots, shortLots: Lots): void {
    this.#legs.set(instrument, longLots, shortLots);
  }

  /** What of a leg trades have told. */
  bookedLegLots(instrument: number, leg: PositionSide): Lots {
    return leg === PositionSide.long ? this.#legs.bookedLong(instrument) : this.#legs.bookedShort(instrument);
  }

  /** Whether all that is held, net or of a leg, was opened since it was flat here: then so was all funding of it. */
  isOwn(instrument: number, leg: PositionSide): boolean {
    return leg === PositionSide.net ? this.#isOwn[instrument] === 1 : this.#legs.isOwn(instrument, leg);
  }

  // ------------------------------------------------------------------------------------------------- reading

  /**
   * @hot Profit that is no more at risk: what all trades brought, less what the booked position is worth at its entry. With
   * `unrealised` at any mark it adds up to `total` there.
   */
  realised(instrument: number): number {
    return this.total(instrument, this.entryTicks[instrument]!);
  }

  /** @hot Profit of the booked position at `markTicks`; 0 while there is no mark. */
  unrealised(instrument: number, markTicks: number): number {
    const booked = this.bookedLots[instrument]!;
    if (booked === 0 || !(markTicks > 0)) return 0;
    return this.#instruments[instrument]!.profit(this.entryTicks[instrument]!, markTicks, booked);
  }

  /**
   * @hot Profit of all trades with the booked position at `markTicks`, without fees. Exact until it becomes money: for spot
   * and linear contracts it is (Σ ∓lots·ticks + bookedLots·mark) × lotValue × tick, with the sum in whole numbers when the
   * mark is one.
   */
  total(instrument: number, markTicks: number): number {
    const which = this.#instruments[instrument]!;
    const booked = this.bookedLots[instrument]!;
    const total = this.#total;
    total.set(0, this.#cash.high[instrument]!, this.#cash.low[instrument]!);
    if (which.kind === ContractKind.inverse) {
      if (booked !== 0) total.addQuotient(0, -booked, markTicks);
      return (total.high[0]! * which.lotValue) / which.tick.value;
    }
    total.addProduct(0, booked, markTicks);
    return total.high[0]! * (which.lotValue * which.tick.value);
  }

  /**
   * @hot Everything together at `markTicks`: trades, fees and funding, base fees at the mark. What is untold has no price
   * yet.
   */
  netProfit(instrument: number, markTicks: number): number {
    const hasMark = markTicks > 0;
    const trades = hasMark ? this.total(instrument, markTicks) : this.realised(instrument);
    const markPrice = hasMark ? markTicks * this.#instruments[instrument]!.tick.value : 0;
    const settled = this.fees[instrument]! + this.funding[instrument]!;
    return trades + settled + this.baseFees[instrument]! * markPrice;
  }

  /**
   * @hot The same at the mark in a cell, into another. What is flat is worth the same at every mark, so it is given none: a
   * mark between two ticks is boxed on its way, 16 B a held instrument.
   */
  readNetProfit(instrument: number, markTicks: Float64Array, into: Float64Array): void {
    const isFlat = this.bookedLots[instrument] === 0 && this.baseFees[instrument] === 0;
    if (isFlat) into[instrument] = this.netProfit(instrument, 0);
    else into[instrument] = this.netProfit(instrument, markTicks[0]!);
  }

  // --------------------------------------------------------------------------------------------------- state

  /** What a restart must know: everything but the untold lots, which the venue tells again. Plain JSON, exact. */
  rows(): LedgerRow[] {
    const rows = this.#instruments.map(({ instId, tick, lot }, instrument) => ({
      instId,
      tickSz: tick.step,
      lotSz: lot.step,
      bookedLots: this.bookedLots[instrument]!,
      cash: this.#cash.high[instrument]!,
      cashRest: this.#cash.low[instrument]!,
      entryTicks: this.entryTicks[instrument]!,
      fees: this.fees[instrument]!,
      baseFees: this.baseFees[instrument]!,
      funding: this.funding[instrument]!,
      fundingTotal: this.legFunding[instrument * LEGS]!.total,
      fundingOpenedMs: this.legFunding[instrument * LEGS]!.openedMs,
      ...this.#legRows(instrument),
      turnover: this.turnover[instrument]!,
      fillCount: this.fillCount[instrument]!,
      boughtLots: this.boughtLots[instrument]!,
      soldLots: this.soldLots[instrument]!,
    }));
    return [...rows, ...this.#otherRows];
  }

  /**
   * Takes over what `rows` gave, before anything is booked. Where the grid has changed since, it is counted anew.
   *
   * @throws LedgerError when a row's position is no whole number of the instrument's present lots
   */
  restore(rows: readonly LedgerRow[]): void {
    this.#otherRows = rows.filter((row) => this.#instruments.every(({ instId }) => instId !== row.instId));
    for (const which of this.#instruments) {
      const { index } = which;
      const saved = rows.find(({ instId }) => instId === which.instId);
      if (saved === undefined) continue;
      const row = regrid(saved, which);
      this.bookedLots[index] = row.bookedLots;
      this.untoldLots[index] = 0;
      this.untoldGrossLots[index] = 0;
      this.positionLots[index] = row.bookedLots;
      if (row.longLots !== undefined) this.#legs.set(index, row.longLots, row.longLots - row.bookedLots);
      this.entryTicks[index] = row.entryTicks;
      this.#changed.add(index);
      this.boughtLots[index] = row.boughtLots;
      this.soldLots[index] = row.soldLots;
      this.fillCount[index] = row.fillCount;
      this.#cash.set(index, row.cash, row.cashRest);
      this.#fees.set(index, row.fees, 0);
      this.#baseFees.set(index, row.baseFees, 0);
      this.#funding.set(index, row.funding ?? 0, 0);
      const { fundingTotal = '0', fundingOpenedMs = 0, legFunding = [] } = row;
      this.legFunding[index * LEGS] = { total: fundingTotal, openedMs: fundingOpenedMs };
      legFunding.forEach((each, leg) => (this.legFunding[index * LEGS + 1 + leg] = each));
      this.#isOwn[index] = row.bookedLots === 0 ? 1 : 0;
      this.#turnover.set(index, row.turnover, 0);
    }
  }

  #legRows(instrument: number): Pick<LedgerRow, 'legFunding' | 'longLots'> {
    const legFunding = this.legFunding.slice(instrument * LEGS + 1, (instrument + 1) * LEGS);
    const longLots = this.#legs.bookedLong(instrument);
    const hasLegs = longLots !== 0 || this.shortLots[instrument] !== 0;
    return {
      ...(hasLegs ? { longLots } : {}),
      ...(legFunding.some(({ openedMs }) => openedMs > 0) ? { legFunding } : {}),
    };
  }

  // ------------------------------------------------------------------------------------------------ internals

  /** @hot Signed lots at a price: position, cash and average entry. */
  #book(instrument: number, lots: Lots, ticks: number): void {
    const which = this.#instruments[instrument]!;
    const held = this.bookedLots[instrument]!;
    const next = held + lots;
    this.bookedLots[instrument] = next;
    this.positionLots[instrument] = next + this.untoldLots[instrument]!;
    this.#changed.add(instrument);
    if (which.kind === ContractKind.inverse) this.#cash.addQuotient(instrument, lots, ticks);
    else this.#cash.addProduct(instrument, -lots, ticks);
    if (next === 0) {
      this.entryTicks[instrument] = 0;
      this.#isOwn[instrument] = 1;
    } else if (held * lots >= 0) {
      const entry = this.entryTicks[instrument]!;
      this.entryTicks[instrument] = meanEntry(which, Math.abs(held), entry, Math.abs(lots), ticks);
    }
    // It went through zero: what is left was opened by this trade. A position that only shrank keeps its entry.
    else if (held * next < 0) this.entryTicks[instrument] = ticks;
  }
}

function meanEntry(
  instrument: Instrument,
  heldLots: Lots,
  heldTicks: number,
  lots: Lots,
  ticks: number,
): number {
  if (heldLots === 0) return ticks;
  if (instrument.kind === ContractKind.inverse) {
    return (heldLots + lots) / (heldLots / heldTicks + lots / ticks);
  }
  return (heldLots * heldTicks + lots * ticks) / (heldLots + lots);
}
