/**
 * The truth about the fills of one instrument: what its profit is made of, how the market went on after each fill, and both
 * by group.
 *
 *     onMid       the timer has seen another middle
 *     onTime      horizons that have been reached are settled
 *     onFill      a trade of ours, once, after it was booked; onFee: its fee, when that came later
 *     onFunding, onFound      what changed by no trade
 *
 * Owner:      the engine thread.
 * Invariants: the parts add up to the profit to the last unit, at every moment; each fill counts once at each horizon, or is
 *             counted among the dropped; same calls, same figures.
 * Cost:       onMid and onTime without a fill that waits are some loads and stores and allocate nothing. A fill, a fee and
 *             the settling of a second's markout compute with BigInt: some microseconds, and they allocate.
 */
import {
  ADVERSE_HORIZON,
  HORIZONS,
  HORIZONS_SECONDS,
  PROFIT_PARTS,
  ProfitPart,
  ageGroup,
  levelGroup,
  modelGroup,
  queueGroup,
} from '../base/fill-groups.ts';
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { Side, sideSign } from '../base/side.ts';
import type { Lots, Milliseconds } from '../base/units.ts';
import { numberOf, unitsOf, unitsOfText } from './exact-money.ts';
import { FillRowOf, FillSums } from './fill-sums.ts';
import { MidHistory } from './mid-history.ts';
import { PendingFills } from './pending-fills.ts';
import { ProfitParts } from './profit-parts.ts';
import { QuotedTime } from './quoted-time.ts';
import { VersionSums } from './version-sums.ts';

/** A book that would tell the middle at a horizon may come so long after it; then the one before it counts. */
const BOOK_LATE_MS = 2_000;

/** A fill as the core knows it: a scratch, every field set before `onFill`. */
export class AttributedFill {
  side: Side = Side.buy;
  /** The venue's. */
  tradeId = 0;
  /** With a fraction where the venue filled between ticks. */
  ticks = 0;
  lots: Lots = 0;
  /** By the venue's clock. */
  tsMs: Milliseconds = 0;
  /** With the venue's sign, 0 while it is not told; in coins where `isBaseFee`. */
  fee = 0;
  isBaseFee = false;
  /** Index in the ladder, -1 where it is not known. */
  level = -1;
  /** How long it had stood at its price; NaN where it is not known. */
  ageSeconds = NaN;
  /** Lots of others before it, by its own size; NaN where it is not known. */
  queueAhead = NaN;
  /** MODEL_NAMES */
  model = 0;
  modelVersion = 0;
  configVersion = 0;
  /** Whether it was to make a position smaller. */
  isHedge = false;
}

/** Told of each fill and of each of its markouts, off the path of frames: an export. It changes nothing. */
export interface AttributionListener {
  /** @param midTicks just before it, with a fraction; 0 where it is not known */
  onFill(attribution: Attribution, fill: AttributedFill, midTicks: number): void;
  onMarkout(attribution: Attribution, tradeId: number, horizon: number, midTicks: number): void;
}

export class Attribution {
  readonly instrument: Instrument;
  readonly parts: ProfitParts;
  readonly sums = new FillSums();
  readonly versions = new VersionSums();
  readonly quoted = new QuotedTime();
  readonly pending = new PendingFills();
  readonly mids = new MidHistory();
  /** Trades told. */
  fillCount = 0;
  /** Grows with everything that changes a figure but for the middle. */
  version = 0;
  listener: AttributionListener | null = null;

  readonly #halfTick: bigint;
  readonly #isInverse: boolean;
  #markSum = 0;
  /** By ProfitPart, in the settlement currency, at that middle; and coins that fees have taken. */
  readonly #booked = new Float64Array(PROFIT_PARTS);
  #coins = 0;
  #isShown = false;

  constructor(instrument: Instrument) {
    this.instrument = instrument;
    this.parts = new ProfitParts(instrument);
    this.#halfTick = unitsOfText(instrument.tick.step) / 2n;
    this.#isInverse = instrument.kind === ContractKind.inverse;
  }

  // -------------------------------------------------------------------------------------------------- market

  /** @param bookMs the venue's time of the book, in a cell @param ticksSum bid and ask: the middle is half of it */
  onMid(bookMs: Float64Array, ticksSum: number): void {
    this.mids.note(bookMs, ticksSum);
    // What was held before there was a middle comes in at the first.
    if (this.#markSum === 0) this.mark();
  }

  /** It is so late at the venue: markouts whose horizon is over are settled. */
  onTime(venueMs: Float64Array): void {
    const { pending, mids } = this;
    if (pending.isEmpty || mids.ticksSum === 0) return;
    for (let horizon = 0; horizon < HORIZONS; horizon++) {
      const afterMs = HORIZONS_SECONDS[horizon]! * 1_000;
      let cell = pending.oldest(horizon);
      while (cell !== -1) {
        const dueMs = pending.dueMs(cell, afterMs);
        if (dueMs >= mids.bookMs[0]! && dueMs + BOOK_LATE_MS >= venueMs[0]!) break;
        const sum = mids.sumAt(dueMs);
        if (sum > 0) this.#settle(cell, horizon, sum);
        else this.#drop();
        pending.pass(horizon);
        cell = pending.oldest(horizon);
      }
    }
  }

  // ------------------------------------------------------------------------------------------------- booking

  onFill(fill: AttributedFill): void {
    const { parts, mids } = this;
    const { side, ticks, lots } = fill;
    this.mark();
    const before = mids.sumBefore(fill.tsMs);
    const price = this.#priceUnits(ticks);
    // A trade of a time of which no middle is known captured nothing that could be told: what it brought is the position's.
    const fair = before > 0 ? this.#sumUnits(before) : price;
    parts.onFill(sideSign(side) * lots, price, fair, fill.isHedge);
    const value = this.instrument.notional(ticks, lots);
    const spread = before > 0 ? (value * sideSign(side) * (before / 2 - ticks)) / ticks : 0;
    const cell = this.#add(fill, value, before);
    this.#eachRow(cell, (sums, row) => sums.addFill(row, value, spread, 0));
    this.fillCount++;
    this.listener?.onFill(this, fill, before / 2);
    if (fill.fee !== 0) {
      const money = this.#addFee(fill.fee, fill.isBaseFee, fill.isHedge);
      this.#eachRow(cell, (sums, row) => sums.addFee(row, money));
    }
    this.#settled();
  }

  /** The fee of a trade that was told before without one: it goes to where its fill is, if that still waits. */
  onFee(tradeId: number, side: Side, fee: number, isBase: boolean): void {
    const cell = this.pending.find(tradeId);
    this.mark();
    const money = this.#addFee(fee, isBase, cell >= 0 && this.pending.isHedge[cell] === 1);
    if (cell >= 0) this.#eachRow(cell, (sums, row) => sums.addFee(row, money));
    else {
      for (const row of unknownRows(side)) this.sums.addFee(row, money);
      this.versions.addUnknownFee(money);
    }
    this.#settled();
  }

  onFunding(units: bigint): void {
    this.parts.onFunding(units);
    this.#settled();
  }

  /** A position that was found, or that changed by no trade: it comes in at the middle, for nothing. */
  onFound(signedLots: Lots, coins: number): void {
    this.mark();
    this.parts.onAdjustment(signedLots, unitsOf(coins));
    this.#settled();
  }

  /** Brings the exact parts to the newest middle. What they add up to changes by the position's gain alone. */
  mark(): void {
    const { ticksSum } = this.mids;
    if (ticksSum === 0 || ticksSum === this.#markSum) return;
    this.#markSum = ticksSum;
    this.parts.onMark(this.#sumUnits(ticksSum));
    this.#isShown = false;
  }

  // ------------------------------------------------------------------------------------------------- reading

  /** By ProfitPart, at the newest middle, into cells of the caller's. Computes with floats, and allocates nothing. */
  read(into: Float64Array): void {
    if (!this.#isShown) this.#show();
    into.set(this.#booked);
    const { ticksSum } = this.mids;
    if (ticksSum === this.#markSum || this.#markSum === 0) return;
    const { lotValue, tick } = this.instrument;
    const { lots } = this.parts;
    const from = (this.#markSum * tick.value) / 2;
    const to = (ticksSum * tick.value) / 2;
    const gain = this.#isInverse ? lots * lotValue * (1 / from - 1 / to) : lots * lotValue * (to - from);
    into[ProfitPart.inventory]! += gain + this.#coins * (to - from);
  }

  // ----------------------------------------------------------------------------------------------- internals

  #add(fill: AttributedFill, value: number, before: number): number {
    const { pending } = this;
    const cell = pending.add();
    pending.tsMs[cell] = fill.tsMs;
    pending.tradeId[cell] = fill.tradeId;
    pending.side[cell] = fill.side;
    pending.ticks[cell] = fill.ticks;
    pending.lots[cell] = fill.lots;
    pending.value[cell] = value;
    pending.sumBefore[cell] = before;
    pending.level[cell] = levelGroup(fill.level);
    pending.age[cell] = ageGroup(fill.ageSeconds);
    pending.queue[cell] = queueGroup(fill.queueAhead);
    pending.model[cell] = fill.model;
    pending.modelVersion[cell] = fill.modelVersion;
    pending.configVersion[cell] = fill.configVersion;
    pending.isHedge[cell] = fill.isHedge ? 1 : 0;
    this.versions.rowOf(fill.modelVersion, fill.configVersion);
    return cell;
  }

  /** Returns what it comes to in the quote currency. */
  #addFee(fee: number, isBase: boolean, isHedge: boolean): number {
    const units = unitsOf(fee);
    if (isBase) this.parts.onCoinFee(units, isHedge);
    else this.parts.onFee(units, isHedge);
    const inCoins = isBase || this.#isInverse;
    return inCoins ? (fee * this.#markSum * this.instrument.tick.value) / 2 : fee;
  }

  /** The middle at a fill's horizon is known. */
  #settle(cell: number, horizon: number, sum: number): void {
    const { pending } = this;
    const ticks = pending.ticks[cell]!;
    const value = pending.value[cell]!;
    const sign = sideSign(pending.side[cell]! as Side);
    const money = (value * sign * (sum / 2 - ticks)) / ticks;
    this.#eachRow(cell, (sums, row) => sums.addMarkout(row, horizon, money, value));
    this.version++;
    this.listener?.onMarkout(this, pending.tradeId[cell]!, horizon, sum / 2);
    if (horizon !== ADVERSE_HORIZON || pending.isHedge[cell] === 1) return;
    const before = pending.sumBefore[cell]!;
    if (before === 0 || before === sum) return;
    this.parts.onAdverse(pending.signedLots(cell), this.#sumUnits(before), this.#sumUnits(sum));
    this.#settled();
  }

  /** Of a fill that was told so late that nobody knows the middle at its horizon. */
  #drop(): void {
    this.pending.dropped++;
    this.version++;
  }

  /** Every row that a fill counts in. */
  #eachRow(cell: number, each: (sums: FillSums, row: number) => void): void {
    const { pending, sums, versions } = this;
    each(sums, FillRowOf.all);
    each(sums, FillRowOf.side + pending.side[cell]!);
    each(sums, FillRowOf.level + pending.level[cell]!);
    each(sums, FillRowOf.age + pending.age[cell]!);
    each(sums, FillRowOf.queue + pending.queue[cell]!);
    each(sums, FillRowOf.model + pending.model[cell]!);
    each(versions.sums, versions.find(pending.modelVersion[cell]!, pending.configVersion[cell]!));
  }

  #settled(): void {
    this.version++;
    this.#isShown = false;
  }

  /** When somebody looks: a float of a whole number this large is a text in between, a microsecond each. */
  #show(): void {
    const { parts } = this;
    const booked = this.#booked;
    this.#isShown = true;
    this.#coins = numberOf(parts.coins);
    booked[ProfitPart.spread] = numberOf(parts.spread);
    booked[ProfitPart.adverseSelection] = numberOf(parts.adverse);
    booked[ProfitPart.inventory] = numberOf(parts.inventory);
    booked[ProfitPart.funding] = numberOf(parts.funding);
    booked[ProfitPart.fees] = numberOf(parts.fees);
    booked[ProfitPart.rebates] = numberOf(parts.rebates);
    booked[ProfitPart.hedging] = numberOf(parts.hedging);
  }

  #sumUnits(ticksSum: number): bigint {
    return BigInt(ticksSum) * this.#halfTick;
  }

  /** Exact on the grid; what lies between two ticks is as exact as the float that told it. */
  #priceUnits(ticks: number): bigint {
    if (Number.isInteger(ticks)) return BigInt(ticks) * this.#halfTick * 2n;
    return unitsOf(ticks * this.instrument.tick.value);
  }
}

/** The rows of a fill of which nothing but its side is known any more. */
function unknownRows(side: Side): readonly number[] {
  return [
    FillRowOf.all,
    FillRowOf.side + side,
    FillRowOf.level + levelGroup(-1),
    FillRowOf.age + ageGroup(NaN),
    FillRowOf.queue + queueGroup(NaN),
    FillRowOf.model + modelGroup(''),
  ];
}
