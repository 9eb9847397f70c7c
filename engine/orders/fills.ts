/**
 * The only place where a fill becomes position and money.
 *
 * Owner:      the engine thread.
 * Invariants: a trade is booked once, and its fee once, whichever of orders, fills and REST tells them first; what an
 *             order's total tells beyond its trades is in the position at once, as untold lots, until its trades are told.
 * Cost:       one look into the trade log, some stores; nothing allocates once constructed.
 *
 * Trades are the truth of money, totals are the truth of risk:
 *
 *   push of orders   trade with fee, and total   onTrade, then onUpdate
 *   push of fills    trade without fee           onTrade        only maker rows: the venue adds up a taker's
 *   REST fills       trade with fee              onTrade
 *   REST orders      total                       onTotal
 */
import { assert } from '../base/assert.ts';
import { PositionSide } from '../base/position-side.ts';
import { Side } from '../base/side.ts';
import type { Lots, Milliseconds } from '../base/units.ts';
import type { OrderRows } from './order-rows.ts';
import type { OrderTable } from './order-table.ts';
import type { PositionLedger } from './position-ledger.ts';
import { TradeMark } from './trade-log.ts';
import type { TradeLog } from './trade-log.ts';

/** What a trade that was told turned out to be. */
export const TradeResult = {
  /** Booked before, with all that this word says of it. */
  known: 0,
  /** New: it is in the position and in the money now. */
  booked: 1,
  /** Booked before, but its fee was not: that is booked now. */
  feeBooked: 2,
} as const;
export type TradeResult = (typeof TradeResult)[keyof typeof TradeResult];

/** A trade of ours as a channel tells it. A scratch: fill in every field, then give it to `onTrade`. */
export class Trade {
  instrument = 0;
  side: Side = Side.buy;
  /** The leg that it opens or closes; net where the account holds none apart. */
  leg: PositionSide = PositionSide.net;
  /** Whole, or with a fraction where the venue filled between ticks. */
  ticks = 0;
  lots: Lots = 0;
  /** The venue's, unique for an instrument; negative for liquidations. Never 0: that is a word without a trade. */
  tradeId = 0;
  tsMs: Milliseconds = 0;
  /** The venue's sign. In the base currency or the settlement currency; a fee in a third one is given as 0. */
  fee = 0;
  isBaseFee = false;
  /** Whether the channel tells the fee: the fills channel does not. */
  hasFee = false;
  /** The order's name; meaningless unless isThisRun. */
  slot = 0;
  generation = 0;
  /** Whether the venue made it by itself: it was to end a position, and not to earn. */
  isOfVenue = false;
  /** Whether the order is of this run and so in the table. Trades of other runs and of no order of ours are money only. */
  isThisRun = false;
}

export class Fills {
  /** A scratch for callers that have none of their own. */
  readonly trade = new Trade();
  /** Trades not newer than what the log has forgotten: told again, they would be booked twice, so they are not. */
  tooOldCount = 0;

  readonly #table: OrderTable;
  readonly #ledger: PositionLedger;
  readonly #log: TradeLog;

  constructor(table: OrderTable, ledger: PositionLedger, log: TradeLog) {
    this.#table = table;
    this.#ledger = ledger;
    this.#log = log;
  }

  /** @hot Books a trade, or its fee, if it was not booked before. */
  onTrade(trade: Trade): TradeResult {
    const { instrument, tradeId } = trade;
    assert(tradeId !== 0, 'a trade has an id');
    const mark = this.#log.look(instrument, tradeId);
    if (mark === TradeMark.none) return this.#book(trade);
    if (mark === TradeMark.withFee || !trade.hasFee) return TradeResult.known;
    this.#log.markFee(instrument, tradeId);
    this.#ledger.onFee(instrument, trade.fee, trade.isBaseFee);
    return TradeResult.feeBooked;
  }

  /** Notes a trade that says nothing new, though its name was never heard: it is known from here on. */
  pass({ instrument, tradeId, tsMs }: Trade): void {
    if (this.#log.look(instrument, tradeId) !== TradeMark.none || tsMs <= this.#log.evictedMs) return;
    this.#log.add(instrument, tradeId, tsMs, true);
  }

  /**
   * @hot A push of the orders channel, after `onTrade` has been given the trade that it carries: the order's life and its
   * total. Returns the lots that became untold: filled by trades that no channel has told yet.
   */
  onUpdate(rows: OrderRows, row: number): Lots {
    return this.#addUntold(rows.slot[row]!, this.#table.onUpdate(rows, row));
  }

  /**
   * @hot An order of this run was filled this far in total, says an answer. Returns the lots that became untold. The order
   * may have ended; a total of a slot's former order says nothing any more.
   */
  onTotal(slot: number, generation: number, accFillLots: Lots): Lots {
    return this.#addUntold(slot, this.#table.tellTotal(slot, generation, accFillLots));
  }

  /**
   * Recovery has booked every trade of the instrument that the venue knows: what is still untold is no fill. Trades that
   * are told all the same will be booked.
   */
  clearUntold(instrument: number): void {
    this.#table.clearUntold(instrument);
    this.#ledger.clearUntold(instrument);
  }

  #book(trade: Trade): TradeResult {
    const { instrument, side, lots } = trade;
    if (trade.tsMs <= this.#log.evictedMs) {
      this.tooOldCount++;
      return TradeResult.known;
    }
    this.#log.add(instrument, trade.tradeId, trade.tsMs, trade.hasFee);
    this.#ledger.onTrade(instrument, side, trade.ticks, lots, trade.leg);
    if (trade.hasFee) this.#ledger.onFee(instrument, trade.fee, trade.isBaseFee);
    if (trade.isThisRun) {
      const told = this.#table.tellTrade(trade.slot, trade.generation, lots);
      if (told > 0) this.#ledger.addUntold(instrument, side, -told, trade.leg);
    }
    return TradeResult.booked;
  }

  #addUntold(slot: number, lots: Lots): Lots {
    if (lots > 0) {
      const { instrument, side, leg } = this.#table;
      this.#ledger.addUntold(instrument[slot]!, side[slot]! as Side, lots, leg[slot]! as PositionSide);
    }
    return lots;
  }
}
