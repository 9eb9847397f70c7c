/**
 * Pushes of the `trades` channel: what takers have bought and sold, one row a taker order and price.
 *
 * Owner:      the engine thread. One TradeFrame is reused for every push: it is valid until the next decode.
 * Invariants: a frame is decoded whole or not at all; rows beyond the capacity are counted, and given by decoding the same
 *             bytes again from `nextRow`. A row of an unknown instrument, without a side, or without a price and a size
 *             above zero, is given with UNKNOWN_TRADE as its instrument.
 * Cost:       one pass over the bytes, about 170 a row; nothing allocates once constructed.
 */
import { assert } from '../base/assert.ts';
import { OFF_GRID } from '../base/decimal.ts';
import type { DecimalGrid } from '../base/decimal.ts';
import type { Instrument } from '../base/instrument.ts';
import { Side } from '../base/side.ts';
import { storeDecimal, storeInteger } from './ascii-number.ts';
import { JsonCursor, JsonKind, asciiBytes, rangeIs, resolveEscapes } from './json-cursor.ts';
import { KeyTable } from './key-table.ts';
import { ObjectShape } from './object-shape.ts';
import { Channel, OrderSide } from './shapes.ts';

/** `instrument` of a row that tells of no trade that could be counted. @testonly The loop asks for the sign. */
export const UNKNOWN_TRADE = -1;
/** @testonly The loop goes by nextRow. */
export const TRADE_ROWS_MAX = 64;

export class TradeFrame {
  /** Rows held. */
  count = 0;
  /** Rows in the push. */
  totalCount = 0;
  /** Where to go on when the push has more rows than this frame holds; equal to totalCount when nothing is left. */
  nextRow = 0;
  readonly instrument = new Int16Array(TRADE_ROWS_MAX);
  /** The taker's. */
  readonly side = new Uint8Array(TRADE_ROWS_MAX);
  /** With a fraction where the venue matched between two ticks. */
  readonly ticks = new Float64Array(TRADE_ROWS_MAX);
  readonly lots = new Float64Array(TRADE_ROWS_MAX);
  /** The venue's time, 0 when it is missing. */
  readonly tsMs = new Float64Array(TRADE_ROWS_MAX);
}

const ARG = asciiBytes('arg');
const DATA = asciiBytes('data');
const CHANNEL = asciiBytes('channel');
const TRADES = asciiBytes(Channel.trades);
const BUY = asciiBytes(OrderSide.buy);
const SELL = asciiBytes(OrderSide.sell);

const Field = { instId: 0, px: 1, sz: 2, side: 3, ts: 4 } as const;
const FIELD_NAMES = Object.keys(Field);
const FIELDS = new KeyTable(FIELD_NAMES);

export class TradeDecoder {
  readonly #cursor = new JsonCursor();
  readonly #instruments: readonly Instrument[];
  readonly #instIds: KeyTable;
  /** Ranges of the row's fields, which come in any order. */
  readonly #start = new Int32Array(FIELD_NAMES.length);
  readonly #end = new Int32Array(FIELD_NAMES.length);
  readonly #shape = new ObjectShape();

  constructor(instruments: readonly Instrument[]) {
    for (let index = 0; index < instruments.length; index++) {
      assert(instruments[index]!.index === index, "an instrument's index is its place in the list");
    }
    this.#instruments = instruments;
    this.#instIds = new KeyTable(instruments.map(({ instId }) => instId));
  }

  /**
   * @hot Fills `trades` from a push of the channel; false when the bytes are not one, and the frame's contents are
   * meaningless.
   *
   * @param fromRow first row to give, for pushes of more rows than the frame holds
   */
  decode(bytes: Uint8Array, start: number, end: number, trades: TradeFrame, fromRow: number = 0): boolean {
    const isDecoded = this.#decodeRoot(bytes, start, end, trades, fromRow);
    if (!this.#cursor.hasEscape) return isDecoded;
    // Also after a refusal: the channel's own name may be what was escaped.
    const resolved = resolveEscapes(bytes, start, end);
    return resolved !== undefined && this.#decodeRoot(resolved, 0, resolved.length, trades, fromRow);
  }

  #decodeRoot(bytes: Uint8Array, start: number, end: number, trades: TradeFrame, fromRow: number): boolean {
    const cursor = this.#cursor;
    cursor.reset(bytes, start, end);
    trades.count = 0;
    trades.totalCount = 0;
    trades.nextRow = 0;
    let isTrades = false;
    let hasData = false;
    if (!cursor.enterObject()) return false;
    while (cursor.nextKey()) {
      if (cursor.keyIs(ARG)) {
        isTrades = this.#isTradesArg();
      } else if (cursor.keyIs(DATA)) {
        hasData = true;
        if (!this.#decodeRows(trades, fromRow)) return false;
      } else {
        cursor.skipValue();
      }
    }
    return cursor.finish() && isTrades && hasData;
  }

  #isTradesArg(): boolean {
    const cursor = this.#cursor;
    let isTrades = false;
    if (!cursor.enterObject()) return false;
    while (cursor.nextKey()) {
      if (!cursor.keyIs(CHANNEL)) cursor.skipValue();
      else if (cursor.readValue()) isTrades = cursor.valueIs(TRADES);
    }
    return isTrades;
  }

  #decodeRows(trades: TradeFrame, fromRow: number): boolean {
    const cursor = this.#cursor;
    trades.count = 0;
    trades.totalCount = 0;
    if (!cursor.enterArray()) return false;
    while (cursor.nextElement()) {
      const isWanted = trades.totalCount >= fromRow && trades.count < TRADE_ROWS_MAX;
      if (cursor.peekKind() !== JsonKind.object) return false;
      if (isWanted) {
        if (!this.#shape.read(cursor, this.#start, this.#end) && !this.#learnFields()) return false;
        this.#setRow(trades, trades.count++);
      } else {
        cursor.skipValue();
      }
      trades.totalCount++;
    }
    trades.nextRow = Math.min(trades.totalCount, fromRow + trades.count);
    return !cursor.hasFailed;
  }

  /** A row that is not like the one before. */
  #learnFields(): boolean {
    const cursor = this.#cursor;
    this.#shape.begin();
    this.#start.fill(0);
    this.#end.fill(0);
    cursor.enterObject();
    while (cursor.nextKey()) {
      const field = FIELDS.find(cursor.bytes, cursor.keyStart, cursor.keyEnd);
      this.#shape.add(cursor, field);
      if (field < 0) {
        cursor.skipValue();
        continue;
      }
      if (!cursor.readValue()) return false;
      const isScalar = cursor.kind === JsonKind.string || cursor.kind === JsonKind.number;
      this.#start[field] = cursor.valueStart;
      // Anything but a text or a number counts as empty.
      this.#end[field] = isScalar ? cursor.valueEnd : cursor.valueStart;
    }
    if (cursor.hasFailed) return false;
    this.#shape.finish();
    return true;
  }

  #setRow(trades: TradeFrame, row: number): void {
    const { bytes } = this.#cursor;
    const start = this.#start;
    const end = this.#end;
    const index = this.#instIds.find(bytes, start[Field.instId]!, end[Field.instId]!);
    const isBuy = rangeIs(bytes, start[Field.side]!, end[Field.side]!, BUY);
    const isSided = isBuy || rangeIs(bytes, start[Field.side]!, end[Field.side]!, SELL);
    trades.instrument[row] = UNKNOWN_TRADE;
    trades.side[row] = isBuy ? Side.buy : Side.sell;
    trades.ticks[row] = 0;
    trades.lots[row] = 0;
    storeInteger(bytes, start[Field.ts]!, end[Field.ts]!, trades.tsMs, row, 0);
    if (index < 0 || !isSided) return;
    const { tick, lot } = this.#instruments[index]!;
    trades.lots[row] = lot.fromBytes(bytes, start[Field.sz]!, end[Field.sz]!);
    this.#setTicks(trades, row, tick);
    if (trades.lots[row]! > 0 && trades.ticks[row]! > 0) trades.instrument[row] = index;
  }

  /** A price between two ticks is still a trade: it is then a float. */
  #setTicks(trades: TradeFrame, row: number, tick: DecimalGrid): void {
    const start = this.#start[Field.px]!;
    const end = this.#end[Field.px]!;
    const ticks = tick.fromBytes(this.#cursor.bytes, start, end);
    if (ticks !== OFF_GRID) {
      trades.ticks[row] = ticks;
      return;
    }
    storeDecimal(this.#cursor.bytes, start, end, trades.ticks, row, 0);
    trades.ticks[row]! /= tick.value;
  }
}
