/**
 * The status board: what a person wants to see of each instrument (book, position, profit, limits, quotes,
 * orders), in shared memory. The engine thread posts it a few times a second; the exporter and the terminal
 * read it.
 *
 * Owner:      the engine thread writes; any thread reads.
 * Invariants: a reader sees an instrument as it was at one publish, or nothing: each has its own seqlock, odd
 *             while it is being written. Rows past the capacity are counted but not shown.
 * Cost:       publish() copies 2.3 KiB, 0.5 µs measured with ten rows of each, so instruments may be posted
 *             one a timer tick.
 */

import { assert } from '../base/assert.ts';
import { Side } from '../base/side.ts';
import type { Lots, Nanoseconds, Ticks } from '../base/units.ts';
import type { MetricsMemory } from './cells.ts';
import {
  BOARD_ORDERS,
  BOARD_ORDERS_MAX,
  BOARD_QUOTES,
  BOARD_QUOTES_MAX,
  BOARD_ROW_CELLS,
  BoardField,
  LimitField,
  LIMITS_CELLS,
  ORDER_ROW_CELLS,
  QUOTE_ROW_CELLS,
} from './layout.ts';

/**
 * How often a reader tries for a whole copy. A writer that stands in one's way is done within microseconds.
 */
const READ_TRIES_MAX = 1000;

/** The seqlock's writing half: odd, contents, even. */
export function writeRecord(memory: MetricsMemory, versionCell: number, staged: Float64Array): void {
  const versions = memory.versions;
  // Both steps are read-modify-writes: neither x86-64 nor ARM moves the stores of the contents across them.
  Atomics.add(versions, versionCell * 2, 1);
  memory.cells.set(staged, versionCell + 1);
  Atomics.add(versions, versionCell * 2, 1);
}

/** The reading half. False when nothing was ever written, or no whole copy could be had. */
export function readRecord(memory: MetricsMemory, versionCell: number, copy: Float64Array): boolean {
  const { versions, cells } = memory;
  for (let tries = 0; tries < READ_TRIES_MAX; tries++) {
    const before = Atomics.load(versions, versionCell * 2);
    if (before === 0) return false;
    if ((before & 1) === 1) continue;
    for (let index = 0; index < copy.length; index++) copy[index] = cells[versionCell + 1 + index];
    // A load would do on x86-64; on ARM only a read-modify-write keeps the plain loads above before the
    // check.
    if (Atomics.add(versions, versionCell * 2, 0) === before) return true;
  }
  return false;
}

/**
 * Posts the board. Per instrument: begin, then any of the setters and adders, then publish. What is not set
 * is zero, and absent where zero would be a lie (fair price, distance of the liquidation).
 */
export class BoardWriter {
  readonly #memory: MetricsMemory;
  readonly #staged = new Float64Array(BOARD_ROW_CELLS);
  readonly #stagedLimits = new Float64Array(LIMITS_CELLS);
  #instrument = -1;

  constructor(memory: MetricsMemory) {
    this.#memory = memory;
  }

  begin(instrument: number): void {
    assert(
      instrument >= 0 && instrument < this.#memory.dimensions.instruments.length,
      'the instrument is one of the dimensions',
    );
    this.#instrument = instrument;
    this.#staged.fill(0);
    this.#staged[BoardField.fairTicks] = Number.NaN;
    this.#staged[BoardField.liquidationDistanceBps] = Number.NaN;
  }

  /** @param state index into `dimensions.bookStates`; an empty side has 0 lots */
  setBook(
    state: number,
    epoch: number,
    isQuotable: boolean,
    bidTicks: Ticks,
    bidLots: Lots,
    askTicks: Ticks,
    askLots: Lots,
  ): void {
    const staged = this.#staged;
    staged[BoardField.bookState] = state;
    staged[BoardField.bookEpoch] = epoch;
    staged[BoardField.isQuotable] = isQuotable ? 1 : 0;
    staged[BoardField.bidTicks] = bidTicks;
    staged[BoardField.bidLots] = bidLots;
    staged[BoardField.askTicks] = askTicks;
    staged[BoardField.askLots] = askLots;
  }

  /** The fair price of the newest quote, with a fraction. */
  setFair(fairTicks: number): void {
    this.#staged[BoardField.fairTicks] = fairTicks;
  }

  /**
   * @param entryTicks average entry, with a fraction; anything when there is no position
   * @param fees sum of this run, negative when paid; profit and fees in the settlement currency
   */
  setPosition(
    positionLots: Lots,
    entryTicks: number,
    realised: number,
    unrealised: number,
    fees: number,
    volumeQuote: number,
    fillCount: number,
  ): void {
    const staged = this.#staged;
    staged[BoardField.positionLots] = positionLots;
    staged[BoardField.entryTicks] = entryTicks;
    staged[BoardField.realised] = realised;
    staged[BoardField.unrealised] = unrealised;
    staged[BoardField.fees] = fees;
    staged[BoardField.volumeQuote] = volumeQuote;
    staged[BoardField.fillCount] = fillCount;
  }

  /** Settled by the venue; negative when paid. */
  setFunding(funding: number): void {
    this.#staged[BoardField.funding] = funding;
  }

  /** Worst-case lots still to fill on each side, with everything in flight. */
  setExposure(buyLots: Lots, sellLots: Lots): void {
    this.#staged[BoardField.buyExposureLots] = buyLots;
    this.#staged[BoardField.sellExposureLots] = sellLots;
  }

  /** Infinity where there is no limit. */
  setLimits(
    positionLotsMax: Lots,
    orderLotsMax: Lots,
    orderNotionalMax: number,
    notionalMax: number,
    openOrdersMax: number,
    collarBps: number,
    lossMax: number,
  ): void {
    const staged = this.#staged;
    staged[BoardField.positionLotsMax] = positionLotsMax;
    staged[BoardField.orderLotsMax] = orderLotsMax;
    staged[BoardField.orderNotionalMax] = orderNotionalMax;
    staged[BoardField.notionalMax] = notionalMax;
    staged[BoardField.openOrdersMax] = openOrdersMax;
    staged[BoardField.collarBps] = collarBps;
    staged[BoardField.lossMax] = lossMax;
  }

  /** @param level index into `dimensions.killLevels` @param reason index into `dimensions.killTriggers` */
  setKill(level: number, reason: number): void {
    this.#staged[BoardField.killLevel] = level;
    this.#staged[BoardField.killReason] = reason;
  }

  /** What the watchers see. @param liquidationDistanceBps NaN where there is no liquidation price */
  setWatches(
    loss: number,
    liquidationDistanceBps: number,
    fairMoveBps: number,
    markoutLossBps: number,
    untoldLots: Lots,
  ): void {
    const staged = this.#staged;
    staged[BoardField.loss] = loss;
    staged[BoardField.liquidationDistanceBps] = liquidationDistanceBps;
    staged[BoardField.fairMoveBps] = fairMoveBps;
    staged[BoardField.markoutLossBps] = markoutLossBps;
    staged[BoardField.untoldLots] = untoldLots;
  }

  /** One level that we want to quote, best first a side. */
  addQuote(side: Side, ticks: Ticks, lots: Lots): void {
    const staged = this.#staged;
    const row = staged[BoardField.quoteCount]++;
    if (row >= BOARD_QUOTES_MAX) return;
    const cell = BOARD_QUOTES + row * QUOTE_ROW_CELLS;
    staged[cell] = side;
    staged[cell + 1] = ticks;
    staged[cell + 2] = lots;
  }

  /** One living order. @param state index into `dimensions.orderStates` */
  addOrder(side: Side, ticks: Ticks, lots: Lots, filledLots: Lots, state: number): void {
    const staged = this.#staged;
    staged[side === Side.buy ? BoardField.buyOrderCount : BoardField.sellOrderCount]++;
    const row = staged[BoardField.orderCount]++;
    if (row >= BOARD_ORDERS_MAX) return;
    const cell = BOARD_ORDERS + row * ORDER_ROW_CELLS;
    staged[cell] = side;
    staged[cell + 1] = ticks;
    staged[cell + 2] = lots;
    staged[cell + 3] = filledLots;
    staged[cell + 4] = state;
  }

  publish(nowNs: Nanoseconds): void {
    assert(this.#instrument >= 0, 'publish follows begin');
    this.#staged[BoardField.updatedNs] = nowNs;
    writeRecord(this.#memory, this.#memory.layout.boardCell(this.#instrument), this.#staged);
    this.#instrument = -1;
  }

  /** Limits of the account. Infinity, or 0 where it is the lowest that is allowed, where there is none. */
  publishLimits(limits: BoardLimits): void {
    for (const [name, index] of LIMIT_ENTRIES) this.#stagedLimits[index] = limits[name];
    writeRecord(this.#memory, this.#memory.layout.limitsCell, this.#stagedLimits);
  }
}

export interface BoardQuote {
  readonly side: Side;
  readonly ticks: Ticks;
  readonly lots: Lots;
}

export interface BoardOrder extends BoardQuote {
  readonly filledLots: Lots;
  readonly state: number;
}

/** One instrument as it was posted; the field names are the writer's arguments. */
export type BoardInstrument = Readonly<Record<keyof typeof BoardField, number>> & {
  readonly quotes: readonly BoardQuote[];
  readonly orders: readonly BoardOrder[];
};

export type BoardLimits = Readonly<Record<keyof typeof LimitField, number>>;

const FIELD_ENTRIES = Object.entries(BoardField) as readonly (readonly [keyof typeof BoardField, number])[];

const LIMIT_ENTRIES = Object.entries(LimitField) as readonly (readonly [keyof typeof LimitField, number])[];

/** Reads the board from any thread. Allocates: not for the path. */
export class BoardReader {
  readonly #memory: MetricsMemory;
  readonly #copy = new Float64Array(BOARD_ROW_CELLS);
  readonly #limitsCopy = new Float64Array(LIMITS_CELLS);

  constructor(memory: MetricsMemory) {
    this.#memory = memory;
  }

  /** Null while the instrument has not been posted. */
  instrument(instrument: number): BoardInstrument | null {
    const copy = this.#copy;
    if (!readRecord(this.#memory, this.#memory.layout.boardCell(instrument), copy)) return null;
    const fields = {} as Record<keyof typeof BoardField, number>;
    for (const [name, index] of FIELD_ENTRIES) fields[name] = copy[index];
    const quotes: BoardQuote[] = [];
    for (let row = 0; row < Math.min(fields.quoteCount, BOARD_QUOTES_MAX); row++) {
      const cell = BOARD_QUOTES + row * QUOTE_ROW_CELLS;
      quotes.push({ side: copy[cell] as Side, ticks: copy[cell + 1], lots: copy[cell + 2] });
    }
    const orders: BoardOrder[] = [];
    for (let row = 0; row < Math.min(fields.orderCount, BOARD_ORDERS_MAX); row++) {
      const cell = BOARD_ORDERS + row * ORDER_ROW_CELLS;
      orders.push({
        side: copy[cell] as Side,
        ticks: copy[cell + 1],
        lots: copy[cell + 2],
        filledLots: copy[cell + 3],
        state: copy[cell + 4],
      });
    }
    return { ...fields, quotes, orders };
  }

  /** Null while no limits have been posted. */
  limits(): BoardLimits | null {
    const copy = this.#limitsCopy;
    if (!readRecord(this.#memory, this.#memory.layout.limitsCell, copy)) return null;
    const limits = {} as Record<keyof typeof LimitField, number>;
    for (const [name, index] of LIMIT_ENTRIES) limits[name] = copy[index];
    return limits;
  }
}
