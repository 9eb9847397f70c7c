/**
 * Pushes of the `orders` channel: what happened to which order, and the fill that came with it.
 *
 * Owner:      the engine thread. One OrderUpdateFrame is reused for every push: it is valid until the next decode.
 * Invariants: a frame is decoded whole or not at all; rows beyond the capacity are counted, and given by decoding the same
 *             bytes again from `nextRow`. Orders of others and of unknown instruments are given too, and marked.
 * Cost:       one pass over the bytes, about 1.5 kB a row; nothing allocates once constructed.
 */
import { assert } from '../base/assert.ts';
import type { DecimalGrid } from '../base/decimal.ts';
import { OFF_GRID } from '../base/decimal.ts';
import type { Instrument } from '../base/instrument.ts';
import { OrderCategory } from '../base/order-category.ts';
import { PositionSide } from '../base/position-side.ts';
import { Side } from '../base/side.ts';
import { TICKS_MAX } from '../base/units.ts';
import { algoRunOf } from './algo-order-id.ts';
import { smallInteger, storeDecimal, storeInteger } from './ascii-number.ts';
import { ClientOrderId } from './client-order-id.ts';
import { JsonCursor, JsonKind, asciiBytes, rangeIs, resolveEscapes } from './json-cursor.ts';
import { KeyTable } from './key-table.ts';
import { ObjectShape } from './object-shape.ts';
import {
  Channel,
  DOLLARS,
  ExecType,
  OrderCategoryText,
  OrderSide,
  OrderStateText,
  PosSide,
} from './shapes.ts';

export const OrderUpdateState = {
  live: 0,
  partiallyFilled: 1,
  filled: 2,
  canceled: 3,
  mmpCanceled: 4,
  other: 5,
} as const;
export type OrderUpdateState = (typeof OrderUpdateState)[keyof typeof OrderUpdateState];

/** What a fill's fee was charged or paid in. */
export const FeeCurrency = { quoteOrSettle: 0, base: 1, other: 2 } as const;
export type FeeCurrency = (typeof FeeCurrency)[keyof typeof FeeCurrency];

/** `amendResult` when the push does not report an amend. */
export const NO_AMEND_RESULT = -2;
/**
 * `tradeId` when the push does not report a fill. Real ones are positive, or negative for liquidation and ADL.
 * @testonly The loop asks for the sign.
 */
export const NO_TRADE = 0;
/** `instrument` of an instrument that this engine does not know. @testonly The loop asks for the sign. */
export const UNKNOWN_INSTRUMENT = -1;
/** `side` when the push has neither of the two. @testonly The loop asks for the sign. */
export const UNKNOWN_SIDE = -1;

/** @testonly The loop goes by nextRow. */
export const UPDATE_ROWS_MAX = 64;

export class OrderUpdateFrame {
  /** Rows held. */
  count = 0;
  /** Rows in the push. */
  totalCount = 0;
  /** Where to go on when the push has more rows than this frame holds; equal to totalCount when nothing is left. */
  nextRow = 0;
  /** Index in the engine's list, or UNKNOWN_INSTRUMENT: then ticks and lots are OFF_GRID. */
  readonly instrument = new Int16Array(UPDATE_ROWS_MAX);
  /** 1 where clOrdId follows our plan, of any run: then run, slot and generation are set. */
  readonly isOurs = new Uint8Array(UPDATE_ROWS_MAX);
  readonly run = new Int32Array(UPDATE_ROWS_MAX);
  readonly slot = new Int32Array(UPDATE_ROWS_MAX);
  readonly generation = new Int32Array(UPDATE_ROWS_MAX);
  /** The run whose algo order has made this order, -1 where none of ours has. */
  readonly algoRun = new Int32Array(UPDATE_ROWS_MAX);
  /** 1 where the order carries the engine's tag. */
  readonly hasTag = new Uint8Array(UPDATE_ROWS_MAX);
  readonly side = new Int8Array(UPDATE_ROWS_MAX);
  /** PositionSide: the leg that the order opens or closes; net where the push names none. */
  readonly positionSide = new Uint8Array(UPDATE_ROWS_MAX);
  /** OrderCategory: what made the order. */
  readonly category = new Uint8Array(UPDATE_ROWS_MAX);
  readonly state = new Uint8Array(UPDATE_ROWS_MAX);
  /** The order's limit; OFF_GRID when it has none (market orders) or it is no multiple of the tick. */
  readonly priceTicks = new Int32Array(UPDATE_ROWS_MAX);
  /** Total size; OFF_GRID when it is no multiple of the lot. */
  readonly sizeLots = new Float64Array(UPDATE_ROWS_MAX);
  /** Filled since the order began. OFF_GRID is "not known": ask the venue. */
  readonly accFillLots = new Float64Array(UPDATE_ROWS_MAX);
  /** Filled by this push alone; 0 when it reports no fill. */
  readonly fillLots = new Float64Array(UPDATE_ROWS_MAX);
  /** Price of this push's fill in ticks, with a fraction if the venue filled between them; 0 when there is no fill. */
  readonly fillTicks = new Float64Array(UPDATE_ROWS_MAX);
  readonly tradeId = new Float64Array(UPDATE_ROWS_MAX);
  /** Of this push's fill: negative is paid, positive received. */
  readonly fillFee = new Float64Array(UPDATE_ROWS_MAX);
  readonly feeCurrency = new Uint8Array(UPDATE_ROWS_MAX);
  readonly isMaker = new Uint8Array(UPDATE_ROWS_MAX);
  readonly uTimeMs = new Float64Array(UPDATE_ROWS_MAX);
  /** The venue's time of this push's fill, -1 when it reports none. */
  readonly fillTimeMs = new Float64Array(UPDATE_ROWS_MAX);
  /** Number of the amend that this push reports on, -1 when it reports on none of ours. */
  readonly reqId = new Float64Array(UPDATE_ROWS_MAX);
  /** -1 failed, 0 done, 1 failed and cancelled, 2 automatic, NO_AMEND_RESULT. */
  readonly amendResult = new Int8Array(UPDATE_ROWS_MAX);
  /** Why the order ended (CancelSource in shapes.ts), -1 when it did not. */
  readonly cancelSource = new Int16Array(UPDATE_ROWS_MAX);
  /** Error code of the last failed amend, 0 when there is none. */
  readonly code = new Int32Array(UPDATE_ROWS_MAX);
  /** Where the venue's order id stands in the decoded bytes. */
  readonly ordIdStart = new Int32Array(UPDATE_ROWS_MAX);
  readonly ordIdEnd = new Int32Array(UPDATE_ROWS_MAX);
  bytes: Uint8Array = new Uint8Array(0);

  /** Cold: the venue's order id as text. Only while the decoded bytes are still there. */
  ordIdText(row: number): string {
    const raw = Buffer.from(this.bytes.subarray(this.ordIdStart[row], this.ordIdEnd[row])).toString('utf8');
    return JSON.parse(`"${raw}"`) as string;
  }
}

const ARG = asciiBytes('arg');
const DATA = asciiBytes('data');
const CHANNEL = asciiBytes('channel');
const ORDERS = asciiBytes(Channel.orders);
const BUY = asciiBytes(OrderSide.buy);
const SELL = asciiBytes(OrderSide.sell);
const MAKER = asciiBytes(ExecType.maker);

const Field = {
  instId: 0,
  ordId: 1,
  clOrdId: 2,
  tag: 3,
  px: 4,
  sz: 5,
  side: 6,
  state: 7,
  accFillSz: 8,
  fillPx: 9,
  fillSz: 10,
  tradeId: 11,
  fillFee: 12,
  fillFeeCcy: 13,
  execType: 14,
  uTime: 15,
  reqId: 16,
  amendResult: 17,
  cancelSource: 18,
  code: 19,
  fillTime: 20,
  posSide: 21,
  category: 22,
  algoClOrdId: 23,
} as const;
const FIELD_NAMES = Object.keys(Field);
const FIELDS = new KeyTable(FIELD_NAMES);
const DOLLAR_TABLE = new KeyTable(DOLLARS);

/** In the order of OrderUpdateState. */
const STATES = new KeyTable([
  OrderStateText.live,
  OrderStateText.partiallyFilled,
  OrderStateText.filled,
  OrderStateText.canceled,
  OrderStateText.mmpCanceled,
]);

/** In the order of PositionSide. */
const POSITION_SIDES = new KeyTable([PosSide.net, PosSide.long, PosSide.short]);
/** In the order of OrderCategory. */
const CATEGORIES = new KeyTable(Object.values(OrderCategoryText));

export class OrderUpdateDecoder {
  /** Frames given to `decode` that were not legal pushes of the orders channel. */
  malformedFrames = 0;
  /** Frames that were read twice because a compared text held escapes. */
  slowFrames = 0;
  readonly #cursor = new JsonCursor();
  readonly #clientOrderId: ClientOrderId;
  readonly #instruments: readonly Instrument[];
  readonly #instIds: KeyTable;
  readonly #tag: Uint8Array;
  readonly #quoteCcys: readonly Uint8Array[];
  readonly #settleCcys: readonly Uint8Array[];
  readonly #settlesInDollars: Uint8Array;
  readonly #baseCcys: readonly Uint8Array[];
  /** Ranges of the row's fields: fields come in any order, and a price can only be read once the instrument is known. */
  readonly #start = new Int32Array(FIELD_NAMES.length);
  readonly #end = new Int32Array(FIELD_NAMES.length);
  readonly #shape = new ObjectShape();

  /** @param isTagFirst ids of this run begin with the tag */
  constructor(instruments: readonly Instrument[], tag: string, isTagFirst = false) {
    for (let index = 0; index < instruments.length; index++) {
      assert(instruments[index]!.index === index, "an instrument's index is its place in the list");
    }
    this.#instruments = instruments;
    this.#instIds = new KeyTable(instruments.map((instrument) => instrument.instId));
    this.#tag = asciiBytes(tag);
    this.#clientOrderId = new ClientOrderId(tag, isTagFirst);
    this.#quoteCcys = instruments.map((instrument) => asciiBytes(instrument.quoteCcy));
    this.#settleCcys = instruments.map((instrument) => asciiBytes(instrument.settleCcy));
    this.#settlesInDollars = Uint8Array.from(instruments, ({ settleCcy }) =>
      Number(DOLLARS.includes(settleCcy)),
    );
    this.#baseCcys = instruments.map((instrument) => asciiBytes(instrument.baseCcy));
  }

  /**
   * @hot Fills `updates` from an `orders` push; false when the bytes are not one, and the frame's contents are meaningless.
   *
   * @param fromRow first row to give, for pushes of more rows than the frame holds:
   *                `for (let row = 0; decode(..., row) && ...; row = updates.nextRow)`
   */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    updates: OrderUpdateFrame,
    fromRow: number = 0,
  ): boolean {
    let isDecoded = this.#decodeRoot(bytes, start, end, updates, fromRow);
    // Also after a refusal: the channel's own name may be what was escaped.
    if (this.#cursor.hasEscape) {
      this.slowFrames++;
      const resolved = resolveEscapes(bytes, start, end);
      isDecoded = resolved !== undefined && this.#decodeRoot(resolved, 0, resolved.length, updates, fromRow);
    }
    if (!isDecoded) this.malformedFrames++;
    return isDecoded;
  }

  #decodeRoot(
    bytes: Uint8Array,
    start: number,
    end: number,
    updates: OrderUpdateFrame,
    fromRow: number,
  ): boolean {
    const cursor = this.#cursor;
    cursor.reset(bytes, start, end);
    updates.bytes = bytes;
    updates.count = 0;
    updates.totalCount = 0;
    updates.nextRow = 0;
    let isOrders = false;
    let hasData = false;
    if (!cursor.enterObject()) return false;
    while (cursor.nextKey()) {
      if (cursor.keyIs(ARG)) {
        isOrders = this.#isOrdersArg();
      } else if (cursor.keyIs(DATA)) {
        hasData = true;
        if (!this.#decodeRows(updates, fromRow)) return false;
      } else {
        cursor.skipValue();
      }
    }
    return cursor.finish() && isOrders && hasData;
  }

  #isOrdersArg(): boolean {
    const cursor = this.#cursor;
    let isOrders = false;
    if (!cursor.enterObject()) return false;
    while (cursor.nextKey()) {
      if (!cursor.keyIs(CHANNEL)) cursor.skipValue();
      else if (cursor.readValue()) isOrders = cursor.valueIs(ORDERS);
    }
    return isOrders;
  }

  #decodeRows(updates: OrderUpdateFrame, fromRow: number): boolean {
    const cursor = this.#cursor;
    updates.count = 0;
    updates.totalCount = 0;
    if (!cursor.enterArray()) return false;
    while (cursor.nextElement()) {
      const isWanted = updates.totalCount >= fromRow && updates.count < UPDATE_ROWS_MAX;
      if (cursor.peekKind() !== JsonKind.object) return false;
      if (isWanted) {
        if (!this.#collectFields()) return false;
        this.#setRow(updates, updates.count++);
      } else {
        cursor.skipValue();
      }
      updates.totalCount++;
    }
    updates.nextRow = Math.min(updates.totalCount, fromRow + updates.count);
    return !cursor.hasFailed;
  }

  #collectFields(): boolean {
    const cursor = this.#cursor;
    // The shape's own fields are all set by it; the others are empty since it was learned.
    if (this.#shape.read(cursor, this.#start, this.#end)) return true;
    return this.#learnFields();
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

  #setRow(updates: OrderUpdateFrame, row: number): void {
    const bytes = updates.bytes;
    const start = this.#start;
    const end = this.#end;
    const id = this.#clientOrderId;
    const isOurs = id.parse(bytes, start[Field.clOrdId]!, end[Field.clOrdId]!);
    updates.isOurs[row] = isOurs ? 1 : 0;
    updates.run[row] = isOurs ? id.run : 0;
    updates.slot[row] = isOurs ? id.slot : 0;
    updates.generation[row] = isOurs ? id.generation : 0;
    updates.algoRun[row] = algoRunOf(bytes, start[Field.algoClOrdId]!, end[Field.algoClOrdId]!);
    updates.hasTag[row] = rangeIs(bytes, start[Field.tag]!, end[Field.tag]!, this.#tag) ? 1 : 0;
    const isBuy = rangeIs(bytes, start[Field.side]!, end[Field.side]!, BUY);
    const isSell = rangeIs(bytes, start[Field.side]!, end[Field.side]!, SELL);
    updates.side[row] = isBuy ? Side.buy : isSell ? Side.sell : UNKNOWN_SIDE;
    const leg = POSITION_SIDES.find(bytes, start[Field.posSide]!, end[Field.posSide]!);
    updates.positionSide[row] = leg < 0 ? PositionSide.net : leg;
    updates.category[row] = this.#category(bytes, start[Field.category]!, end[Field.category]!);
    const state = STATES.find(bytes, start[Field.state]!, end[Field.state]!);
    updates.state[row] = state < 0 ? OrderUpdateState.other : state;
    updates.isMaker[row] = rangeIs(bytes, start[Field.execType]!, end[Field.execType]!, MAKER) ? 1 : 0;
    storeInteger(bytes, start[Field.tradeId]!, end[Field.tradeId]!, updates.tradeId, row, NO_TRADE);
    storeInteger(bytes, start[Field.uTime]!, end[Field.uTime]!, updates.uTimeMs, row, -1);
    storeInteger(bytes, start[Field.fillTime]!, end[Field.fillTime]!, updates.fillTimeMs, row, -1);
    storeInteger(bytes, start[Field.reqId]!, end[Field.reqId]!, updates.reqId, row, -1);
    storeDecimal(bytes, start[Field.fillFee]!, end[Field.fillFee]!, updates.fillFee, row, 0);
    updates.amendResult[row] = this.#small(bytes, Field.amendResult, NO_AMEND_RESULT, 2);
    updates.cancelSource[row] = this.#small(bytes, Field.cancelSource, -1, 32_767);
    updates.code[row] = smallInteger(bytes, start[Field.code]!, end[Field.code]!, 0);
    updates.ordIdStart[row] = start[Field.ordId]!;
    updates.ordIdEnd[row] = end[Field.ordId]!;
    this.#setGrid(updates, row);
  }

  /** An order of a venue that names no category is one like any other. */
  #category(bytes: Uint8Array, start: number, end: number): OrderCategory {
    if (start === end) return OrderCategory.normal;
    const category = CATEGORIES.find(bytes, start, end);
    return category < 0 ? OrderCategory.other : (category as OrderCategory);
  }

  /** A whole number from -1 to max, `otherwise` for anything else: what its array's element can hold. */
  #small(bytes: Uint8Array, field: number, otherwise: number, max: number): number {
    const value = smallInteger(bytes, this.#start[field]!, this.#end[field]!, otherwise);
    return value >= -1 && value <= max ? value : otherwise;
  }

  /** The parts of a row that need the instrument. */
  #setGrid(updates: OrderUpdateFrame, row: number): void {
    const bytes = updates.bytes;
    const start = this.#start;
    const end = this.#end;
    const index = this.#instIds.find(bytes, start[Field.instId]!, end[Field.instId]!);
    updates.instrument[row] = index;
    if (index < 0) {
      updates.priceTicks[row] = OFF_GRID;
      updates.sizeLots[row] = OFF_GRID;
      updates.accFillLots[row] = OFF_GRID;
      updates.fillLots[row] = OFF_GRID;
      updates.fillTicks[row] = OFF_GRID;
      updates.feeCurrency[row] = FeeCurrency.other;
      return;
    }
    const instrument = this.#instruments[index]!;
    const ticks = instrument.tick.fromBytes(bytes, start[Field.px]!, end[Field.px]!);
    updates.priceTicks[row] = ticks > TICKS_MAX ? OFF_GRID : ticks;
    updates.sizeLots[row] = instrument.lot.fromBytes(bytes, start[Field.sz]!, end[Field.sz]!);
    updates.accFillLots[row] = this.#lotsOrZero(bytes, Field.accFillSz, instrument.lot);
    updates.fillLots[row] = this.#lotsOrZero(bytes, Field.fillSz, instrument.lot);
    this.#setFillTicks(updates, row, instrument.tick);
    updates.feeCurrency[row] = this.#feeCurrency(bytes, index);
  }

  #lotsOrZero(bytes: Uint8Array, field: number, lot: DecimalGrid): number {
    const start = this.#start[field]!;
    const end = this.#end[field]!;
    return start === end ? 0 : lot.fromBytes(bytes, start, end);
  }

  /** A fill between ticks must not be lost: its price is then a float. */
  #setFillTicks(updates: OrderUpdateFrame, row: number, tick: DecimalGrid): void {
    const start = this.#start[Field.fillPx]!;
    const end = this.#end[Field.fillPx]!;
    const ticks = tick.fromBytes(updates.bytes, start, end);
    if (ticks !== OFF_GRID) {
      updates.fillTicks[row] = ticks;
      return;
    }
    storeDecimal(updates.bytes, start, end, updates.fillTicks, row, 0);
    updates.fillTicks[row]! /= tick.value;
  }

  #feeCurrency(bytes: Uint8Array, index: number): FeeCurrency {
    const start = this.#start[Field.fillFeeCcy]!;
    const end = this.#end[Field.fillFeeCcy]!;
    if (start === end) return FeeCurrency.quoteOrSettle;
    // Settlement before base: an inverse contract settles in its base coin, and its profit is counted in it.
    if (rangeIs(bytes, start, end, this.#settleCcys[index]!)) return FeeCurrency.quoteOrSettle;
    if (rangeIs(bytes, start, end, this.#baseCcys[index]!)) return FeeCurrency.base;
    if (rangeIs(bytes, start, end, this.#quoteCcys[index]!)) return FeeCurrency.quoteOrSettle;
    const isDollar = this.#settlesInDollars[index] === 1 && DOLLAR_TABLE.find(bytes, start, end) >= 0;
    return isDollar ? FeeCurrency.quoteOrSettle : FeeCurrency.other;
  }
}
