/**
 * One instrument while a run is observed: its middle, our position and profit there, our quotes, and fills as they are
 * booked.
 *
 * Owner:      the observer of the run.
 * Invariants: a trade counts when the engine's ledger has booked it, and as often; frames only give its details. What the
 *             ledger books without a trade is an adjustment and brings no profit. The middle is that of others' orders.
 */
import { ContractKind } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { Side } from '../base/side.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Lots, Milliseconds, Nanoseconds } from '../base/units.ts';
import type { Loop } from '../loop.ts';
import { Histogram } from '../metrics/histogram.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { OrderTable } from '../orders/order-table.ts';
import { TradeMark } from '../orders/trade-log.ts';
import { UNITS_PER_COIN, numberOf, unitsOf, unitsOfText } from '../attribution/exact-money.ts';
import type { FillRows } from './fill-rows.ts';
import { MarkoutWatch } from './markout-watch.ts';
import type { FundingTold, TradeTold } from './order-updates.ts';
import { FundingTotal } from '../attribution/funding-total.ts';
import { ProfitParts } from '../attribution/profit-parts.ts';
import { QuoteWatch } from './quote-watch.ts';
import { SeriesRecorder } from './series-recorder.ts';
import { TimeMoments } from './time-moments.ts';

const COLUMNS = ['mid', 'bid', 'ask', 'position'];

export class InstrumentWatch {
  readonly instrument: Instrument;
  readonly parts: ProfitParts;
  readonly quotes = new QuoteWatch();
  readonly markouts = new MarkoutWatch();
  readonly position = new TimeMoments();
  readonly value = new TimeMoments();
  readonly series: SeriesRecorder;
  /** From the venue's time of a book to its receipt, and from a trade to when it was told. */
  readonly feedLatency = new Histogram();
  readonly fillLatency = new Histogram();
  /** The middle as a price, NaN before there was one; its first one. */
  mid = NaN;
  firstMid = NaN;
  /** Profit at the present middle in the account's currency, for curves: the parts hold the exact one. */
  profit = 0;
  /** Signed value of the position in the account's currency. */
  positionValue = 0;
  maxDrawdown = 0;
  fills = 0;
  makerFills = 0;
  volume = 0;
  adjustedLots: Lots = 0;
  /** Bid and ask of the present middle added up, in ticks; 0 before there was one. */
  ticksSum = 0;
  /** What the ledger had gained before the run, at the first middle. */
  ledgerBefore = 0;
  /** Parts of the profit in the settlement currency, as of the last booking. */
  spreadSum = 0;
  feeSum = 0;
  fundingSum = 0;
  readonly #rows: FillRows;
  readonly #halfTick: bigint;
  readonly #values = new Float64Array(COLUMNS.length);
  #version = -1;
  #bookMs: Milliseconds = 0;
  #bid = NaN;
  #ask = NaN;
  #cash = 0;
  #coins = 0;
  #peak = 0;
  #lastNs: Nanoseconds;
  // What the ledger said last.
  #fillCount: number;
  #turnover: number;
  #fees: number;
  #coinFees: number;
  /** By posSide: each leg is a position of its own to the venue. */
  readonly #funding = new Map<string, FundingTotal>();
  readonly #hasFoundPosition: boolean;

  constructor(loop: Loop, instrument: Instrument, timeNs: Nanoseconds, bucketsMax: number, rows: FillRows) {
    const { ledger } = loop;
    const { index } = instrument;
    this.instrument = instrument;
    this.parts = new ProfitParts(instrument);
    this.series = new SeriesRecorder(COLUMNS, timeNs, bucketsMax);
    this.#rows = rows;
    this.#halfTick = unitsOfText(instrument.tick.step) / 2n;
    this.#lastNs = timeNs;
    this.#fillCount = ledger.fillCount[index]!;
    this.#turnover = ledger.turnover[index]!;
    this.#fees = ledger.fees[index]!;
    this.#coinFees = ledger.baseFees[index]!;
    this.#hasFoundPosition = ledger.bookedLots[index] !== 0;
    this.parts.onAdjustment(ledger.bookedLots[index]!, unitsOf(this.#coinFees));
  }

  // --------------------------------------------------------------------------------------------------- input

  /**
   * After a step of the loop. True when something has changed that a curve shows.
   *
   * @param venueMs the venue's clock at `timeNs`; NaN while it is not known
   * @param told trades that were told in this step, of this instrument, and not booked before it
   * @param areOrdersDirty whether own orders may have changed
   */
  onStep(
    loop: Loop,
    timeNs: Nanoseconds,
    venueMs: Milliseconds,
    told: readonly TradeTold[],
    areOrdersDirty: boolean,
  ): boolean {
    const hasMoved = this.#readMarket(loop, timeNs, venueMs);
    const hasBooked = this.#readLedger(loop, timeNs, venueMs, told);
    const hasRequoted = (hasMoved || hasBooked || areOrdersDirty) && this.#readQuotes(loop.table, timeNs);
    if (!hasMoved && !hasBooked && !hasRequoted) return false;
    this.#revalue();
    const values = this.#values;
    values[0] = this.mid;
    values[1] = this.#bid;
    values[2] = this.#ask;
    values[3] = this.parts.lots * this.instrument.lotValue;
    this.series.record(timeNs, values);
    return true;
  }

  /** The venue's running total of a position's funding. */
  onFunding({ posSide, total, openedMs }: FundingTold, timeNs: Nanoseconds): void {
    const told = this.#funding.get(posSide) ?? new FundingTotal();
    this.#funding.set(posSide, told);
    // Of a position that the run found, what was settled before it is not the run's.
    const change = told.onTold(openedMs, total, !this.#hasFoundPosition);
    if (change === 0n) return;
    this.#elapse(timeNs);
    this.#mark();
    this.parts.onFunding(change);
    this.#settle();
    this.#revalue();
  }

  /** A fee that came after its trade. */
  onLateFee(told: TradeTold): void {
    if (told.fee !== '') this.#rows.setFee(told);
  }

  /** Time has come to the run's end. */
  finish(timeNs: Nanoseconds, venueMs: Milliseconds): void {
    this.#elapse(timeNs);
    this.#mark();
    this.parts.check();
    this.series.finish(timeNs);
    if (!Number.isNaN(venueMs)) this.markouts.finish(venueMs);
  }

  // ------------------------------------------------------------------------------------------------- reading

  /** Of an amount in the settlement currency, in units: the account's currency. Coins count at the present middle. */
  inAccountUnits(units: bigint): bigint {
    if (this.instrument.kind !== ContractKind.inverse) return units;
    return (units * this.parts.mark) / UNITS_PER_COIN;
  }

  // ------------------------------------------------------------------------------------------------ internals

  #readMarket(loop: Loop, timeNs: Nanoseconds, venueMs: Milliseconds): boolean {
    const { market } = loop;
    const { index } = this.instrument;
    const version = market.version[index]!;
    if (version === this.#version) return false;
    this.#version = version;
    const bookMs = market.books[index]!.tsMs;
    if (bookMs > this.#bookMs) {
      this.#bookMs = bookMs;
      if (!Number.isNaN(venueMs)) this.feedLatency.record((venueMs - bookMs) * NS_PER_MS);
    }
    if (!(market.fairTicks[index]! > 0)) return false;
    const sum = market.bestTicks[2 * index]! + market.bestTicks[2 * index + 1]!;
    if (sum === this.ticksSum) return false;
    this.#elapse(timeNs);
    this.ticksSum = sum;
    this.mid = (sum * this.instrument.tick.value) / 2;
    this.markouts.onMid(bookMs, this.mid);
    if (Number.isNaN(this.firstMid)) {
      this.firstMid = this.mid;
      this.ledgerBefore = loop.ledger.netProfit(index, sum / 2);
      this.#mark();
      this.#settle();
    }
    return true;
  }

  #readLedger(loop: Loop, timeNs: Nanoseconds, venueMs: Milliseconds, told: readonly TradeTold[]): boolean {
    const { ledger } = loop;
    const { index } = this.instrument;
    const count = ledger.fillCount[index]! - this.#fillCount;
    const hasFees = ledger.fees[index] !== this.#fees || ledger.baseFees[index] !== this.#coinFees;
    const hasLots = ledger.bookedLots[index] !== this.parts.lots;
    if (count === 0 && !hasFees && !hasLots) return false;
    this.#elapse(timeNs);
    this.#mark();
    // Before there is a market nothing is quoted: what is booked then is what the run found.
    const isFound = Number.isNaN(this.mid);
    if (count > 0 && !isFound) this.#book(loop, count, told, timeNs, venueMs);
    const left = ledger.bookedLots[index]! - this.parts.lots;
    if (left !== 0) {
      this.parts.onAdjustment(left);
      if (!isFound) this.adjustedLots += left;
    }
    const coins = unitsOf(ledger.baseFees[index]!) - unitsOf(this.#coinFees);
    if (isFound) this.parts.onAdjustment(0, coins);
    else {
      this.parts.onFee(unitsOf(ledger.fees[index]!) - unitsOf(this.#fees));
      this.parts.onCoinFee(coins);
    }
    this.#fees = ledger.fees[index]!;
    this.#coinFees = ledger.baseFees[index]!;
    this.#fillCount = ledger.fillCount[index]!;
    this.#turnover = ledger.turnover[index]!;
    this.#settle();
    return true;
  }

  /** Trades that the ledger has booked in this step: those that frames told, and the rest as one that REST told. */
  #book(
    loop: Loop,
    count: number,
    told: readonly TradeTold[],
    timeNs: Nanoseconds,
    venueMs: Milliseconds,
  ): void {
    const { index } = this.instrument;
    let left = count;
    const turnoverBefore = this.volume;
    for (const trade of told) {
      if (left === 0) break;
      if (loop.tradeLog.look(index, Number(trade.tradeId)) === TradeMark.none) continue;
      this.#fill(trade, timeNs);
      if (!Number.isNaN(venueMs)) this.fillLatency.record((venueMs - trade.venueMs) * NS_PER_MS);
      left--;
    }
    const lots = loop.ledger.bookedLots[index]! - this.parts.lots;
    if (left === 0 || lots === 0) return;
    const turnover = loop.ledger.turnover[index]! - this.#turnover - (this.volume - turnoverBefore);
    this.#fill(this.#unseen(lots, turnover, venueMs), timeNs, left);
  }

  /** Trades that no frame told, as one: at their mean price, which the ledger's turnover gives where it depends on one. */
  #unseen(lots: Lots, turnover: number, venueMs: Milliseconds): TradeTold {
    const { instId, lot, kind, lotValue, tick } = this.instrument;
    const mean = turnover / (Math.abs(lots) * lotValue);
    const price = kind === ContractKind.inverse || !(mean > 0) ? this.mid || tick.value : mean;
    return {
      instId,
      tradeId: '',
      clOrdId: '',
      isBuy: lots > 0,
      price: String(price),
      size: lot.toText(Math.abs(lots)),
      venueMs: Number.isNaN(venueMs) ? this.#bookMs : venueMs,
      isMaker: true,
      fee: '',
      feeCcy: '',
    };
  }

  /** @param count trades that this stands for */
  #fill(trade: TradeTold, timeNs: Nanoseconds, count = 1): void {
    const { instrument, parts } = this;
    const { lot, lotValue, kind } = instrument;
    const side = trade.isBuy ? Side.buy : Side.sell;
    const lots = lot.fromText(trade.size);
    const price = Number(trade.price);
    const mid = this.markouts.midBefore(trade.venueMs);
    const exact = unitsOfText(trade.price);
    // Of a time of which no middle is known: it captured nothing that could be told.
    parts.onFill(trade.isBuy ? lots : -lots, exact, Number.isNaN(mid) ? exact : unitsOf(mid));
    const value = kind === ContractKind.inverse ? lots * lotValue : lots * lotValue * price;
    this.fills += count;
    if (trade.isMaker) this.makerFills += count;
    this.volume += value;
    this.markouts.onFill(side, trade.venueMs, price, value);
    this.#rows.add(trade, timeNs, value, Number.isNaN(mid) ? null : mid, parts.lots * lotValue);
  }

  #readQuotes(table: OrderTable, timeNs: Nanoseconds): boolean {
    const { index, tick } = this.instrument;
    const bid = bestResting(table, index, Side.buy) * tick.value;
    const ask = bestResting(table, index, Side.sell) * tick.value;
    if (Object.is(bid, this.#bid) && Object.is(ask, this.#ask)) return false;
    this.#elapse(timeNs);
    this.#bid = bid;
    this.#ask = ask;
    return true;
  }

  /** So it was until now. */
  #elapse(timeNs: Nanoseconds): void {
    const durationNs = timeNs - this.#lastNs;
    this.position.onTime(durationNs, this.parts.lots * this.instrument.lotValue);
    this.value.onTime(durationNs, this.positionValue);
    if (durationNs <= 0) return;
    this.#lastNs = timeNs;
    const { mid } = this;
    const bps = 10_000 / mid;
    this.quotes.onTime(durationNs, (mid - this.#bid) * bps, (this.#ask - mid) * bps);
  }

  /** Brings the exact parts to the present middle. */
  #mark(): void {
    if (this.ticksSum > 0) this.parts.onMark(BigInt(this.ticksSum) * this.#halfTick);
  }

  /** After a booking: the floats that curves are made of. */
  #settle(): void {
    this.#cash = numberOf(this.parts.cash + this.parts.funding);
    this.#coins = numberOf(this.parts.coins);
    this.spreadSum = numberOf(this.parts.spread);
    this.feeSum = numberOf(this.parts.fees + this.parts.rebates);
    this.fundingSum = numberOf(this.parts.funding);
  }

  #revalue(): void {
    const { mid, instrument, parts } = this;
    if (Number.isNaN(mid)) return;
    const { lotValue, kind } = instrument;
    if (kind === ContractKind.inverse) {
      this.positionValue = parts.lots * lotValue;
      this.profit = (this.#cash + this.#coins) * mid - parts.lots * lotValue;
    } else {
      this.positionValue = parts.lots * lotValue * mid;
      this.profit = this.#cash + this.#coins * mid + this.positionValue;
    }
    this.#peak = Math.max(this.#peak, this.profit);
    this.maxDrawdown = Math.max(this.maxDrawdown, this.#peak - this.profit);
  }
}

/** The best price at which an order of ours rests, in ticks; NaN without one. */
function bestResting(table: OrderTable, instrument: number, side: Side): number {
  let best = NaN;
  for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
    if (table.isResting[slot] !== 1) continue;
    const ticks = table.priceTicks[slot]!;
    const isBetter = side === Side.buy ? ticks > best : ticks < best;
    if (isBetter || Number.isNaN(best)) best = ticks;
  }
  return best;
}
