import { DecimalGrid } from '../engine/base/decimal.ts';
import { Side } from '../engine/base/side.ts';
import type { BoardInstrument, BoardOrder, BoardQuote } from '../engine/metrics/board.ts';
import type { InstrumentDimension, MetricsDimensions } from '../engine/metrics/catalog.ts';
import type { AttributionStatus } from './attribution-status.ts';
import { priceOf } from './price.ts';

/** A level as text, exact. */
export interface LevelStatus {
  readonly price: string;
  readonly size: string;
}

export interface QuoteStatus extends LevelStatus {
  readonly side: string;
}

export interface OrderStatus extends QuoteStatus {
  readonly filled: string;
  readonly state: string;
}

/** How far something is held back, and by which trigger of the kill ladder. */
export interface KillStatus {
  readonly level: string;
  readonly reason: string;
}

/** Prices and sizes are decimal text, money and times numbers; what is not known or not limited is null. */
export interface InstrumentStatus {
  readonly name: string;
  /** Time since the engine posted this row; the whole row is as old. */
  readonly ageSeconds: number | null;
  /** By the account or by itself. */
  readonly kill: KillStatus;
  readonly book: {
    readonly state: string;
    readonly epoch: number;
    readonly isQuotable: boolean;
    readonly bestBid: LevelStatus | null;
    readonly bestAsk: LevelStatus | null;
    /** Time since the last frame that concerned the book. */
    readonly silenceSeconds: number | null;
  };
  readonly fairPrice: number | null;
  readonly quotes: readonly QuoteStatus[];
  /** How many there are; `quotes` and `orders` show the first of them. */
  readonly quoteCount: number;
  readonly orders: readonly OrderStatus[];
  readonly orderCount: number;
  readonly position: {
    readonly size: string;
    /** What of it an order is told to have filled, and no trade has told yet. */
    readonly untold: string;
    readonly entryPrice: number | null;
  };
  readonly exposure: { readonly buy: string; readonly sell: string };
  readonly profit: {
    readonly currency: string;
    readonly realised: number | null;
    /** Null while there is no price to mark the position at; `net` then too. */
    readonly unrealised: number | null;
    /** Negative when paid. */
    readonly fees: number | null;
    readonly funding: number | null;
    readonly net: number | null;
  };
  /** Where the profit of this run comes from, and how the market went on after fills. */
  readonly attribution: AttributionStatus;
  readonly volumeQuote: number;
  readonly fillCount: number;
  readonly risk: {
    /** Since the baseline, in the account's currency. */
    readonly loss: number | null;
    readonly liquidationDistanceBps: number | null;
    readonly fairMoveBps: number | null;
    readonly markoutLossBps: number | null;
  };
  readonly limits: {
    readonly positionSizeMax: string | null;
    readonly orderSizeMax: string | null;
    readonly orderNotionalMax: number | null;
    readonly notionalMax: number | null;
    readonly openOrdersMax: number | null;
    readonly collarBps: number | null;
    readonly lossMax: number | null;
  };
}

/** Turns rows of the board into text and numbers, with the grids of the instruments at hand. */
export class InstrumentStatuses {
  readonly #dimensions: MetricsDimensions;
  readonly #grids: readonly Grids[];

  constructor(dimensions: MetricsDimensions) {
    this.#dimensions = dimensions;
    this.#grids = dimensions.instruments.map((instrument) => ({
      instrument,
      tick: new DecimalGrid(instrument.tickSz),
      lot: new DecimalGrid(instrument.lotSz),
    }));
  }

  /**
   * @param posted null while the engine has not posted the instrument
   * @param ageSeconds of the row
   * @param silenceSeconds of its book
   */
  of(
    index: number,
    posted: BoardInstrument | null,
    ageSeconds: number | null,
    silenceSeconds: number | null,
    attribution: AttributionStatus,
  ): InstrumentStatus {
    const dimensions = this.#dimensions;
    const grids = this.#grids[index];
    const { instrument, tick, lot } = grids;
    const row = posted ?? NEVER_POSTED;
    return {
      name: instrument.name,
      ageSeconds,
      kill: {
        level: nameAt(dimensions.killLevels, posted === null ? -1 : row.killLevel),
        reason: nameAt(dimensions.killTriggers, posted === null ? -1 : row.killReason),
      },
      book: {
        state: nameAt(dimensions.bookStates, posted === null ? -1 : row.bookState),
        epoch: row.bookEpoch,
        isQuotable: row.isQuotable === 1,
        bestBid: row.bidLots > 0 ? levelOf(grids, row.bidTicks, row.bidLots) : null,
        bestAsk: row.askLots > 0 ? levelOf(grids, row.askTicks, row.askLots) : null,
        silenceSeconds,
      },
      fairPrice: orNull(priceOf(row.fairTicks, tick)),
      quotes: row.quotes.map((quote) => quoteOf(grids, quote)),
      quoteCount: row.quoteCount,
      orders: row.orders.map((order) => orderOf(grids, order, dimensions.orderStates)),
      orderCount: row.orderCount,
      position: {
        size: lot.toText(row.positionLots),
        untold: lot.toText(row.untoldLots),
        entryPrice: row.positionLots === 0 ? null : orNull(priceOf(row.entryTicks, tick)),
      },
      exposure: { buy: lot.toText(row.buyExposureLots), sell: lot.toText(row.sellExposureLots) },
      profit: {
        currency: instrument.settleCcy,
        realised: orNull(row.realised),
        unrealised: orNull(row.unrealised),
        fees: orNull(row.fees),
        funding: orNull(row.funding),
        net: orNull(row.realised + row.unrealised + row.fees + row.funding),
      },
      attribution,
      volumeQuote: row.volumeQuote,
      fillCount: row.fillCount,
      risk: {
        loss: orNull(row.loss),
        liquidationDistanceBps: orNull(row.liquidationDistanceBps),
        fairMoveBps: orNull(row.fairMoveBps),
        markoutLossBps: orNull(row.markoutLossBps),
      },
      limits: {
        positionSizeMax: sizeOrNull(lot, row.positionLotsMax),
        orderSizeMax: sizeOrNull(lot, row.orderLotsMax),
        orderNotionalMax: orNull(row.orderNotionalMax),
        notionalMax: orNull(row.notionalMax),
        openOrdersMax: orNull(row.openOrdersMax),
        collarBps: orNull(row.collarBps),
        lossMax: orNull(row.lossMax),
      },
    };
  }
}

interface Grids {
  readonly instrument: InstrumentDimension;
  readonly tick: DecimalGrid;
  readonly lot: DecimalGrid;
}

/**
 * What is shown of an instrument that the engine has not posted yet: nothing is known, nothing is limited.
 */
const NEVER_POSTED: BoardInstrument = {
  updatedNs: Number.NaN,
  bookState: 0,
  bookEpoch: 0,
  isQuotable: 0,
  bidTicks: 0,
  bidLots: 0,
  askTicks: 0,
  askLots: 0,
  fairTicks: Number.NaN,
  positionLots: 0,
  entryTicks: 0,
  realised: 0,
  unrealised: 0,
  fees: 0,
  funding: 0,
  volumeQuote: 0,
  fillCount: 0,
  buyExposureLots: 0,
  sellExposureLots: 0,
  positionLotsMax: Number.NaN,
  orderLotsMax: Number.NaN,
  orderNotionalMax: Number.NaN,
  openOrdersMax: Number.NaN,
  collarBps: Number.NaN,
  quoteCount: 0,
  orderCount: 0,
  buyOrderCount: 0,
  sellOrderCount: 0,
  notionalMax: Number.NaN,
  lossMax: Number.NaN,
  killLevel: 0,
  killReason: 0,
  loss: Number.NaN,
  liquidationDistanceBps: Number.NaN,
  fairMoveBps: Number.NaN,
  markoutLossBps: Number.NaN,
  untoldLots: 0,
  quotes: [],
  orders: [],
};

/** JSON has neither NaN nor Infinity: what is not known, and a limit that is none, are null. */
export function orNull(value: number | undefined): number | null {
  return value !== undefined && Number.isFinite(value) ? value : null;
}

export function nameAt(names: readonly string[], index: number): string {
  return names[index] ?? 'unknown';
}

function sizeOrNull(lot: DecimalGrid, lots: number): string | null {
  return Number.isFinite(lots) ? lot.toText(Math.floor(lots)) : null;
}

function levelOf({ tick, lot }: Grids, ticks: number, lots: number): LevelStatus {
  return { price: tick.toText(ticks), size: lot.toText(lots) };
}

function quoteOf(grids: Grids, { side, ticks, lots }: BoardQuote): QuoteStatus {
  return { side: side === Side.buy ? 'buy' : 'sell', ...levelOf(grids, ticks, lots) };
}

function orderOf(grids: Grids, order: BoardOrder, states: readonly string[]): OrderStatus {
  const filled = grids.lot.toText(order.filledLots);
  return { ...quoteOf(grids, order), filled, state: nameAt(states, order.state) };
}
