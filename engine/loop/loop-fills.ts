/**
 * The way in, part two: what the venue tells of our orders and trades, over three channels, each trade counted once.
 *
 *     orders (push)   life and total of an order, and the trade that changed it, with its fee
 *     fills (push)    trades of resting orders, sooner and without a fee
 *     REST            trades with their fees, at every audit and recovery
 *
 * Owner:      the engine thread.
 * Invariants: position and money change through Fills and nowhere else; every trade on our instruments counts, whoever's
 *             order it was, because the position is the account's; what cannot be counted is asked of the venue.
 * Cost:       a row is some fifty stores and one look into the trade log. The fills channel is JSON and allocates, once a
 *             fill of ours.
 */
import { OFF_GRID } from '../base/decimal.ts';
import type { Instrument } from '../base/instrument.ts';
import { OrderCategory, isOfVenue, isTaken } from '../base/order-category.ts';
import { PositionSide } from '../base/position-side.ts';
import { Side } from '../base/side.ts';
import { NS_PER_MS } from '../base/units.ts';
import type { Lots } from '../base/units.ts';
import { PathSignal } from './loop-answers.ts';
import type { LoopFlow } from './loop-flow.ts';
import type { LoopHedge } from './loop-hedge.ts';
import type { LoopKill } from './loop-kill.ts';
import type { LoopLegs } from './loop-legs.ts';
import type { LoopMetrics } from './loop-metrics.ts';
import type { LoopMmp } from './loop-mmp.ts';
import { Connection } from './loop-options.ts';
import type { LoopOptions, OpenOrderFact, TradeFact } from './loop-options.ts';
import type { LoopRests } from './loop-rests.ts';
import type { LoopState } from './loop-state.ts';
import type { LoopTruth } from './loop-truth.ts';
import { TagSource } from '../metrics/catalog.ts';
import { ClientOrderId } from '../okx/client-order-id.ts';
import {
  FeeCurrency,
  OrderUpdateDecoder,
  OrderUpdateFrame,
  OrderUpdateState,
} from '../okx/order-update-decoder.ts';
import type { FillRow } from '../okx/push-rows.ts';
import { CancelSource, ExecType, OrderSide } from '../okx/shapes.ts';
import { Trade, TradeResult } from '../orders/fills.ts';
import type { Fills } from '../orders/fills.ts';
import { OrderState } from '../orders/order-state.ts';
import type { OrderTable } from '../orders/order-table.ts';

/** After the venue cancelled an order by itself, for post-only mostly: its book has moved and ours is about to hear. */
const VENUE_CANCEL_PAUSE_NS = 100 * NS_PER_MS;

export class LoopFills {
  /** Updates about orders of other runs or programs, on our instruments. */
  foreignUpdates = 0;
  /** Fills whose fee was in a third currency, which no profit figure holds. */
  otherFees = 0;

  readonly #instruments: readonly Instrument[];
  readonly #run: number;
  readonly #state: LoopState;
  readonly #table: OrderTable;
  readonly #legs: LoopLegs;
  readonly #fills: Fills;
  readonly #kill: LoopKill;
  readonly #flow: LoopFlow;
  readonly #rests: LoopRests;
  readonly #metrics: LoopMetrics;
  readonly #truth: LoopTruth;
  readonly #hedge: LoopHedge;
  readonly #mmp: LoopMmp;
  readonly #decoder: OrderUpdateDecoder;
  readonly #prefixesIds: boolean;
  readonly #updates = new OrderUpdateFrame();
  readonly #trade = new Trade();
  readonly #clientOrderId = new ClientOrderId();
  readonly #instrumentOf: ReadonlyMap<string, number>;

  constructor(
    options: LoopOptions,
    state: LoopState,
    parts: {
      readonly table: OrderTable;
      readonly legs: LoopLegs;
      readonly fills: Fills;
      readonly kill: LoopKill;
      readonly flow: LoopFlow;
      readonly rests: LoopRests;
      readonly metrics: LoopMetrics;
      readonly truth: LoopTruth;
      readonly hedge: LoopHedge;
      readonly mmp: LoopMmp;
    },
  ) {
    const { instruments } = options;
    this.#instruments = instruments;
    this.#run = options.run;
    this.#state = state;
    this.#table = parts.table;
    this.#legs = parts.legs;
    this.#fills = parts.fills;
    this.#kill = parts.kill;
    this.#flow = parts.flow;
    this.#rests = parts.rests;
    this.#metrics = parts.metrics;
    this.#truth = parts.truth;
    this.#hedge = parts.hedge;
    this.#mmp = parts.mmp;
    this.#decoder = new OrderUpdateDecoder(instruments, options.tag, options.prefixesIds);
    this.#prefixesIds = options.prefixesIds ?? false;
    this.#instrumentOf = new Map(instruments.map(({ instId, index }) => [instId, index]));
  }

  // --------------------------------------------------------------------------------------------------- orders

  /** @hot A push of the orders channel. */
  onUpdates(bytes: Uint8Array, start: number, end: number): PathSignal {
    const updates = this.#updates;
    let signal: PathSignal = PathSignal.none;
    let row = 0;
    do {
      if (!this.#decoder.decode(bytes, start, end, updates, row)) {
        this.#metrics.malformed(Connection.private);
        return PathSignal.doubt;
      }
      for (let index = 0; index < updates.count; index++) {
        const said = this.#onUpdate(index);
        if (said > signal) signal = said;
      }
      row = updates.nextRow;
    } while (row < updates.totalCount);
    return signal;
  }

  /** @hot */
  #onUpdate(row: number): PathSignal {
    const updates = this.#updates;
    const instrument = updates.instrument[row]!;
    const isThisRun = updates.isOurs[row] === 1 && updates.run[row] === this.#run;
    if (!isThisRun) {
      this.foreignUpdates++;
      if (updates.algoRun[row] === this.#run) this.#proveAlgoTag(row);
    }
    if (instrument < 0) return PathSignal.none;
    const tradeId = updates.tradeId[row]!;
    // One of a former run that rests: it was on its way when that run ended, and came after all.
    let isInDoubt = !isThisRun && this.#isLeftover(row);
    let isChanged = isThisRun;
    if (tradeId !== 0) {
      if (updates.fillLots[row]! > 0 && updates.fillTicks[row]! > 0) {
        this.#setTrade(row, isThisRun);
        const category = this.#venueCategory(row, isThisRun);
        const result =
          category === OrderCategory.normal
            ? this.#book(updates.isMaker[row] === 1)
            : this.#bookOfVenue(category);
        if (result === TradeResult.booked) {
          isChanged = true;
          // What was taken from us is booked like any trade; how the account stands after it, only the venue knows.
          if (isTaken(category)) isInDoubt = true;
        }
      } else isInDoubt = true;
    }
    // Filled, and by no trade that could be counted: only the venue knows by how much the position has changed.
    else if (!isThisRun && updates.fillLots[row]! > 0) isInDoubt = true;
    if (isThisRun) {
      if (updates.hasTag[row] === 0) this.#kill.tags.onMismatch(TagSource.push);
      // Fills that are no whole lots cannot be counted: only the venue knows the position then.
      if (this.#isUndead(row) || updates.accFillLots[row]! < 0) isInDoubt = true;
      this.#restAfterVenueCancel(row);
      this.#fills.onUpdate(updates, row);
      this.#metrics.order(instrument, updates.state[row]! as OrderUpdateState, updates.amendResult[row]!);
    }
    if (isChanged) this.#state.touched.add(instrument);
    return isInDoubt ? PathSignal.doubt : isChanged ? PathSignal.changed : PathSignal.none;
  }

  /** An order that a stop or an exit of ours has made. Its cancel says nothing new, and may come after a resume. */
  #proveAlgoTag(row: number): void {
    const updates = this.#updates;
    const isNews = updates.state[row]! <= OrderUpdateState.partiallyFilled || updates.tradeId[row] !== 0;
    if (isNews && updates.hasTag[row] === 0) this.#kill.tags.onMismatch(TagSource.push);
  }

  /** What made a trade that no client has: only the venue itself has trades with ids below zero. */
  #venueCategory(row: number, isThisRun: boolean): OrderCategory {
    if (isThisRun) return OrderCategory.normal;
    const category = this.#updates.category[row]! as OrderCategory;
    if (isOfVenue(category)) return category;
    return this.#updates.tradeId[row]! < 0 ? OrderCategory.other : OrderCategory.normal;
  }

  /** @hot The trade that a row of the orders channel carries. */
  #setTrade(row: number, isThisRun: boolean): void {
    const updates = this.#updates;
    const trade = this.#trade;
    const slot = updates.slot[row]!;
    trade.instrument = updates.instrument[row]!;
    trade.slot = slot;
    trade.generation = updates.generation[row]!;
    trade.isThisRun = isThisRun;
    // A push may leave the side out; of an order that is known it is known.
    const isKnown =
      isThisRun && slot < this.#table.capacity && this.#table.generation[slot] === trade.generation;
    trade.side = (isKnown ? this.#table.side[slot]! : Math.max(0, updates.side[row]!)) as Side;
    trade.leg = this.#legOf(trade.instrument, isKnown ? this.#table.leg[slot]! : updates.positionSide[row]!);
    trade.ticks = updates.fillTicks[row]!;
    trade.lots = updates.fillLots[row]!;
    trade.tradeId = updates.tradeId[row]!;
    trade.tsMs = updates.uTimeMs[row]! > 0 ? updates.uTimeMs[row]! : this.#state.venueMs(this.#state.nowNs);
    const currency = updates.feeCurrency[row]!;
    trade.hasFee = true;
    trade.isBaseFee = currency === FeeCurrency.base;
    trade.fee = currency === FeeCurrency.other ? 0 : updates.fillFee[row]!;
    if (currency === FeeCurrency.other && updates.fillFee[row] !== 0) this.otherFees++;
  }

  /** Nothing but swaps and futures of long/short mode has legs, whatever a row says. */
  #legOf(instrument: number, said: number): PositionSide {
    return this.#legs.isLegged[instrument] === 0 ? PositionSide.net : (said as PositionSide);
  }

  /** @hot Books the trade in the scratch; a new one is told to those who watch. */
  #book(isMaker: boolean): TradeResult {
    const trade = this.#trade;
    const result = this.#tell();
    if (result !== TradeResult.booked) return result;
    const notional = this.#instruments[trade.instrument]!.notional(trade.ticks, trade.lots);
    this.#metrics.fill(trade.instrument, trade.side, isMaker, notional);
    this.#kill.onFill(trade.instrument, trade.side, trade.ticks, this.#state.now);
    this.#flow.onFill(trade, isMaker);
    return result;
  }

  /** Books a trade that no client's order made. It is no fill of a quote: neither brakes nor statistics learn from it. */
  #bookOfVenue(category: OrderCategory): TradeResult {
    const trade = this.#trade;
    // A delivery is told by its order and by the price at which the contract ended: whichever comes first has ended all.
    if (category === OrderCategory.delivery && this.#legs.heldLots(trade.instrument, trade.leg) === 0) {
      this.#fills.pass(trade);
      return TradeResult.known;
    }
    trade.isOfVenue = true;
    const result = this.#tell();
    trade.isOfVenue = false;
    if (result !== TradeResult.booked) return result;
    this.#metrics.venueFill(trade.instrument, category);
    this.#kill.onVenueFill(category);
    return result;
  }

  /** @hot Books the trade in the scratch, and tells what was booked of it. */
  #tell(): TradeResult {
    const trade = this.#trade;
    const result = this.#fills.onTrade(trade);
    if (result === TradeResult.booked) {
      this.#truth.onFill(trade);
      this.#hedge.onTrade(trade);
    } else if (result === TradeResult.feeBooked) {
      this.#truth.onFee(trade);
      this.#hedge.onFee(trade);
    }
    return result;
  }

  #isLeftover(row: number): boolean {
    const updates = this.#updates;
    const isOfOurs = updates.isOurs[row] === 1 && updates.hasTag[row] === 1;
    return isOfOurs && updates.state[row]! <= OrderUpdateState.partiallyFilled;
  }

  /** Whether the push tells of an order that recovery had not found at the venue: it came later, and rests. */
  #isUndead(row: number): boolean {
    const table = this.#table;
    const updates = this.#updates;
    const slot = updates.slot[row]!;
    if (slot >= table.capacity || updates.state[row]! > OrderUpdateState.partiallyFilled) return false;
    // Its slot has been given away: it was taken for over, or this word is very late. Both are worth the question.
    if (table.generation[slot] !== updates.generation[row]) return true;
    return table.state[slot] === OrderState.free && table.wasAbsent[slot] === 1;
  }

  /** Placed again at once it would be cancelled again, and so on for as long as the budget lasts. */
  #restAfterVenueCancel(row: number): void {
    const table = this.#table;
    const updates = this.#updates;
    const slot = updates.slot[row]!;
    if (updates.cancelSource[row] === CancelSource.mmpTriggered) {
      this.#mmp.onTriggered(updates.instrument[row]!, this.#state.nowNs);
    }
    const isOurWish = slot < table.capacity && table.isCancelInFlight[slot] === 1;
    const state = updates.state[row];
    if (state !== OrderUpdateState.canceled && state !== OrderUpdateState.mmpCanceled) return;
    if (isOurWish) return;
    if (slot >= table.capacity || table.generation[slot] !== updates.generation[row]) return;
    if (table.state[slot] === OrderState.free) return;
    const list = table.instrument[slot]! * 2 + table.side[slot]!;
    this.#rests.placeUntilNs[list] = this.#state.nowNs + VENUE_CANCEL_PAUSE_NS;
  }

  // ---------------------------------------------------------------------------------------------------- fills

  /**
   * Rows of the fills channel. Those of a taker are passed over: the venue adds them up, so that a row has the id of the
   * last of several trades; the orders channel tells each. So are all of a run whose ids begin with the tag: this channel
   * does not tell such an id, and what it tells would count beside the order's total, as if it were somebody else's.
   */
  onFills(rows: readonly FillRow[]): PathSignal {
    if (this.#prefixesIds) return PathSignal.none;
    let signal: PathSignal = PathSignal.none;
    for (const row of rows) {
      if (row.execType !== ExecType.maker) continue;
      const instrument = this.#instrumentOf.get(row.instId);
      if (instrument === undefined || !this.#setFill(instrument, row)) continue;
      if (this.#book(true) !== TradeResult.booked) continue;
      this.#state.touched.add(instrument);
      signal = PathSignal.changed;
    }
    return signal;
  }

  /** False when it cannot be counted: then the orders channel, or an audit, will say what is missing. */
  #setFill(index: number, row: FillRow): boolean {
    const { tick, lot } = this.#instruments[index]!;
    const trade = this.#trade;
    const id = this.#clientOrderId;
    const lots = lot.fromText(row.fillSz);
    const onGrid = tick.fromText(row.fillPx);
    const ticks = onGrid === OFF_GRID ? Number(row.fillPx) / tick.value : onGrid;
    const tradeId = Number(row.tradeId);
    const isSided = row.side === OrderSide.buy || row.side === OrderSide.sell;
    if (!(lots > 0 && ticks > 0 && tradeId > 0 && isSided) || ticks === Infinity) return false;
    trade.isThisRun = id.parseText(row.clOrdId) && id.run === this.#run;
    const isKnown = trade.isThisRun && this.#table.generation[id.slot] === id.generation;
    // The channel does not say which leg an order is about that is not in the table: the orders channel does.
    if (this.#legs.isLegged[index] === 1 && !isKnown) return false;
    trade.leg = this.#legOf(index, isKnown ? this.#table.leg[id.slot]! : PositionSide.net);
    trade.instrument = index;
    trade.slot = trade.isThisRun ? id.slot : 0;
    trade.generation = trade.isThisRun ? id.generation : 0;
    trade.side = row.side === OrderSide.buy ? Side.buy : Side.sell;
    trade.ticks = ticks;
    trade.lots = lots;
    trade.tradeId = tradeId;
    trade.tsMs = row.tsMs > 0 ? row.tsMs : this.#state.venueMs(this.#state.nowNs);
    trade.fee = 0;
    trade.isBaseFee = false;
    trade.hasFee = false;
    return true;
  }

  // ----------------------------------------------------------------------------------------------------- REST

  /** A trade as REST tells it. True when nobody had told it before. */
  onFact(fact: TradeFact): boolean {
    this.#kill.tags.onTrade(fact);
    const trade = this.#trade;
    trade.instrument = fact.instrument;
    trade.side = fact.side;
    trade.leg = this.#legOf(fact.instrument, fact.leg ?? PositionSide.net);
    trade.ticks = fact.ticks;
    trade.lots = fact.lots;
    trade.tradeId = fact.tradeId;
    trade.tsMs = fact.tsMs;
    trade.fee = fact.fee;
    trade.isBaseFee = fact.isBaseFee;
    trade.hasFee = true;
    trade.isThisRun = fact.run === this.#run;
    trade.slot = fact.slot;
    trade.generation = fact.generation;
    const { category = OrderCategory.normal } = fact;
    if (isOfVenue(category)) return this.#bookOfVenue(category) === TradeResult.booked;
    if (this.#tell() !== TradeResult.booked) return false;
    const notional = this.#instruments[fact.instrument]!.notional(fact.ticks, fact.lots);
    // Counted as one that rested: ours do, but for what closes a position.
    this.#metrics.fill(fact.instrument, fact.side, true, notional);
    return true;
  }

  /** An order of ours rests, says REST. */
  onOpenOrder({ isTagForeign }: OpenOrderFact): void {
    if (isTagForeign === true) this.#kill.tags.onMismatch(TagSource.order);
  }

  /** An order of this run is filled this far in total, says REST. True when that is news. */
  onTotal(slot: number, generation: number, filledLots: Lots): boolean {
    return this.#fills.onTotal(slot, generation, filledLots) > 0;
  }

  /** Every trade of the instrument has been told: what is untold is no fill. */
  clearUntold(instrument: number): void {
    this.#fills.clearUntold(instrument);
  }
}
