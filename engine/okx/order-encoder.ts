/**
 * Order operations as bytes: place, amend and cancel, single or batched, written straight into one buffer that is made once.
 *
 *     {"id":"17","op":"batch-orders","expTime":"1763676600900","args":[
 *       {"instIdCode":10458,"tdMode":"cross","side":"buy","ordType":"post_only","px":"65000.1","sz":"1.5",
 *        "clOrdId":"1000000420007000003","tag":"7001","stpMode":"cancel_maker"}, ...]}
 *
 * What never changes in a run (all but prices, sizes, slots and generations) is laid out at the start as pieces behind the
 * output; an item is a handful of memory moves and digits.
 *
 *     memory   [ output: capacityBytes | slack | piece … | piece … | piece ... | slack ]
 *
 * A piece is copied eight bytes at a time, as a float through a DataView, which takes any offset and which V8 compiles to
 * one load and one store: 13 of them an order, where bytes would be 100 and copyWithin() a call of 40 ns each. The last
 * of them takes up to seven bytes too many along; what is written next covers them, or nobody sends them.
 *
 * Owner:      the engine thread.
 * Invariants: every place carries the tag; the operation is the single one when one item was announced, else the batch one;
 *             as many items are added as were announced, all of the announced operation.
 * Cost:       about 100 bytes moved an item, some 25 digits written in fours; nothing allocates once constructed.
 */
import { writeWhole } from '../base/ascii-digits.ts';
import { assert } from '../base/assert.ts';
import { CommandOp } from '../base/command-op.ts';
import type { DecimalGrid } from '../base/decimal.ts';
import type { Instrument } from '../base/instrument.ts';
import { InstrumentType } from '../base/instrument.ts';
import { PositionSide } from '../base/position-side.ts';
import { Side } from '../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../base/units.ts';
import { runPrefix, writeSlotAndGeneration } from './client-order-id.ts';
import { OrdType, OrderSide, PosSide, StpMode, type TdMode, WsOp } from './shapes.ts';
import { assertTag } from './tag.ts';
import { BATCH_ITEMS_MAX } from './venue-limits.ts';

/**
 * How a new order meets the book. Quotes are of the kinds that never take: post-only; RPI, which meets takers of the
 * venue's own front ends only; and MMP for options, which the venue cancels when too much of a family was traded. The others
 * exist to flatten a position.
 */
export const OrderKind = {
  postOnly: 0,
  limit: 1,
  ioc: 2,
  fok: 3,
  market: 4,
  rpi: 5,
  mmp: 6,
  mmpAndPostOnly: 7,
} as const;
export type OrderKind = (typeof OrderKind)[keyof typeof OrderKind];

/** What an instrument's quotes are priced in on the wire; options alone know others than `px`. */
export interface QuotedPrice {
  readonly name: 'px' | 'pxUsd' | 'pxVol';
  readonly grid: DecimalGrid;
}

/** Kinds that rest. The others take, and are priced in ticks whatever quotes are. */
const QUOTE_KINDS: readonly OrderKind[] = [
  OrderKind.postOnly,
  OrderKind.rpi,
  OrderKind.mmp,
  OrderKind.mmpAndPostOnly,
];

export interface OrderEncoderOptions {
  readonly instruments: readonly Instrument[];
  readonly tag: string;
  /** One for each instrument: cash for spot in account levels 1 and 2, cross otherwise. */
  readonly tradeModes: readonly TdMode[];
  /** By instrument: the currency that an order on margin is backed by, "" for what asks for none. None at all: no list. */
  readonly marginCcys?: readonly string[];
  /** By instrument; without it, quotes are priced in ticks. */
  readonly quotedPrices?: readonly QuotedPrice[];
  /** The run inside every client order id. */
  readonly run: number;
  /** Whether the tag stands in front of every client order id; without it, ids are of digits alone. */
  readonly prefixesIds?: boolean;
  /** Room for one message; the default holds a full batch of the longest items. */
  readonly capacityBytes?: number;
}

/** Longest item: 150 bytes of fixed text, two numbers of 18 digits, id, tag and flags. */
const ITEM_BYTES_MAX = 352;
const HEAD_BYTES_MAX = 128;
const DEFAULT_CAPACITY_BYTES = HEAD_BYTES_MAX + BATCH_ITEMS_MAX * ITEM_BYTES_MAX;

/** By OrderKind. */
const ORDER_KIND_TEXTS = [
  OrdType.postOnly,
  OrdType.limit,
  OrdType.ioc,
  OrdType.fok,
  OrdType.market,
  OrdType.rpi,
  OrdType.mmp,
  OrdType.mmpAndPostOnly,
];
const ORDER_KINDS = ORDER_KIND_TEXTS.length;
/** By PositionSide. */
const POSITION_SIDE_TEXTS = [PosSide.net, PosSide.long, PosSide.short];
const SINGLE_OPS = [WsOp.order, WsOp.amendOrder, WsOp.cancelOrder];
const BATCH_OPS = [WsOp.batchOrders, WsOp.batchAmendOrders, WsOp.batchCancelOrders];
const MESSAGE_HEAD = '{"id":"';
/** "]}" as two little-endian bytes. */
const MESSAGE_END = 0x7d5d;
const COMMA = 0x2c;
const CLOSE_OBJECT = 0x7d;
/** Bytes that one step of a copy moves; so many behind the output and behind the last piece belong to nobody. */
const STEP_BYTES = 8;

/** Constant pieces of bytes, collected as text at the start and addressed by number afterwards. */
class PieceList {
  readonly texts: string[] = [];

  add(text: string): number {
    return this.texts.push(text) - 1;
  }
}

export class OrderEncoder {
  /** The message of the last `finish`, from byte 0. The next `begin` overwrites it: send or copy it before. */
  readonly buffer: Uint8Array;
  readonly #memory: Uint8Array;
  readonly #words: DataView;
  readonly #instruments: readonly Instrument[];
  readonly #pieceStart: Int32Array;
  readonly #pieceEnd: Int32Array;
  // Pieces by number. Places: instrument × side × kind. Amends and cancels: instrument.
  readonly #placePiece: Int32Array;
  readonly #amendPiece: Int32Array;
  readonly #cancelPiece: Int32Array;
  /** What stands between the request id and the items. By CommandOp: single, then batch. */
  readonly #opArgs: Int32Array;
  /** The same up to the expTime. */
  readonly #opExpTime: Int32Array;
  readonly #expTimeArgs: number;
  readonly #size: number;
  readonly #clientOrderId: number;
  readonly #placeEnd: number;
  readonly #placeSpotMarketEnd: number;
  readonly #reduceOnlyEnd: number;
  /** By PositionSide. To close a leg is reduce-only by itself, and the venue takes no flag for it. */
  readonly #positionSideEnd: Int32Array;
  readonly #amendReqId: number;
  /** By instrument. */
  readonly #amendPrice: Int32Array;
  readonly #quoteGrids: readonly DecimalGrid[];
  /** By kind: 1 for what rests. */
  readonly #isQuoteKind: Uint8Array;
  readonly #amendSize: number;
  readonly #amendEnd: number;
  readonly #itemEnd: number;
  /** The request id or an amend's, and the expTime: numbers beyond 31 bits that are passed on would be allocated. */
  readonly #number = new Float64Array(2);
  #offset = 0;
  #op: CommandOp = CommandOp.place;
  #announced = 0;
  #added = 0;

  /** @throws TagError when the tag is not one that OKX takes */
  constructor(options: OrderEncoderOptions) {
    const { instruments, tag, tradeModes, run, prefixesIds = false } = options;
    assertTag(tag);
    assert(tradeModes.length === instruments.length, 'every instrument has a trade mode');
    const { quotedPrices = instruments.map(({ tick }): QuotedPrice => ({ name: 'px', grid: tick })) } =
      options;
    const idPrefix = runPrefix(run, prefixesIds ? tag : '');
    const pieces = new PieceList();
    this.#instruments = instruments;
    this.#placePiece = new Int32Array(instruments.length * 2 * ORDER_KINDS);
    this.#amendPiece = new Int32Array(instruments.length);
    this.#cancelPiece = new Int32Array(instruments.length);
    for (const instrument of instruments) {
      const marginCcy = options.marginCcys?.[instrument.index] ?? '';
      const mode = `"tdMode":"${tradeModes[instrument.index]!}"${marginCcy === '' ? '' : `,"ccy":"${marginCcy}"`}`;
      this.#addInstrument(pieces, instrument, mode, idPrefix, quotedPrices[instrument.index]!.name);
    }
    const ops = [...SINGLE_OPS, ...BATCH_OPS];
    this.#opArgs = Int32Array.from(ops, (op) => pieces.add(`","op":"${op}","args":[`));
    this.#opExpTime = Int32Array.from(ops, (op) => pieces.add(`","op":"${op}","expTime":"`));
    this.#expTimeArgs = pieces.add('","args":[');
    this.#size = pieces.add('","sz":"');
    this.#clientOrderId = pieces.add(`","clOrdId":"${idPrefix}`);
    this.#placeEnd = pieces.add(`","tag":"${tag}","stpMode":"${StpMode.cancelMaker}"`);
    // A market order's size on spot is in the quote currency when buying, unless it says otherwise.
    this.#placeSpotMarketEnd = pieces.add(
      `","tag":"${tag}","stpMode":"${StpMode.cancelMaker}","tgtCcy":"base_ccy"`,
    );
    this.#reduceOnlyEnd = pieces.add(',"reduceOnly":true}');
    this.#positionSideEnd = Int32Array.from(POSITION_SIDE_TEXTS, (text) =>
      pieces.add(`,"posSide":"${text}"}`),
    );
    this.#amendReqId = pieces.add('","reqId":"');
    this.#amendPrice = Int32Array.from(quotedPrices, ({ name }) => pieces.add(`","newP${name.slice(1)}":"`));
    this.#quoteGrids = quotedPrices.map(({ grid }) => grid);
    this.#isQuoteKind = Uint8Array.from(ORDER_KIND_TEXTS, (_, kind) =>
      QUOTE_KINDS.includes(kind as OrderKind) ? 1 : 0,
    );
    this.#amendSize = pieces.add('","newSz":"');
    this.#amendEnd = pieces.add('","cxlOnFail":false}');
    this.#itemEnd = pieces.add('"}');

    const capacity = options.capacityBytes ?? DEFAULT_CAPACITY_BYTES;
    assert(capacity >= HEAD_BYTES_MAX + ITEM_BYTES_MAX, 'the buffer holds at least one order');
    const encoder = new TextEncoder();
    const encoded = pieces.texts.map((text) => encoder.encode(text));
    const piecesBytes = encoded.reduce((sum, piece) => sum + piece.length, 0);
    const memory = Buffer.alloc(capacity + STEP_BYTES + piecesBytes + STEP_BYTES);
    this.#pieceStart = new Int32Array(encoded.length);
    this.#pieceEnd = new Int32Array(encoded.length);
    let offset = capacity + STEP_BYTES;
    encoded.forEach((piece, index) => {
      memory.set(piece, offset);
      this.#pieceStart[index] = offset;
      offset += piece.length;
      this.#pieceEnd[index] = offset;
    });
    memory.write(MESSAGE_HEAD, 'latin1');
    this.#memory = memory;
    this.#words = new DataView(memory.buffer, memory.byteOffset, memory.length);
    this.buffer = memory.subarray(0, capacity);
  }

  #addInstrument(
    pieces: PieceList,
    instrument: Instrument,
    mode: string,
    idPrefix: string,
    quoted: QuotedPrice['name'],
  ): void {
    const index = instrument.index;
    assert(this.#instruments[index] === instrument, "an instrument's index is its place in the list");
    assert(instrument.instIdCode > 0, 'order operations need the instrument code that the venue gave');
    const code = `{"instIdCode":${instrument.instIdCode}`;
    for (const side of [Side.buy, Side.sell]) {
      const sideText = side === Side.buy ? OrderSide.buy : OrderSide.sell;
      for (let kind = 0; kind < ORDER_KINDS; kind++) {
        // A market order has no price: its piece ends where the size begins.
        const price = QUOTE_KINDS.includes(kind as OrderKind) ? quoted : 'px';
        const next = kind === OrderKind.market ? 'sz' : price;
        this.#placePiece[(index * 2 + side) * ORDER_KINDS + kind] = pieces.add(
          `${code},${mode},"side":"${sideText}","ordType":"${ORDER_KIND_TEXTS[kind]!}","${next}":"`,
        );
      }
    }
    this.#amendPiece[index] = pieces.add(`${code},"clOrdId":"${idPrefix}`);
    this.#cancelPiece[index] = this.#amendPiece[index];
  }

  /**
   * @hot Begins a message of `count` items of one operation: one item makes it a single operation, more a batch.
   *
   * @param expTimeMs the venue's time after which it must refuse instead of act; 0 for none. Cancels take none.
   */
  begin(op: CommandOp, requestId: number, count: number, expTimeMs: Milliseconds): void {
    // Kept small so that callers inline it: a time that crosses a real call costs 16 bytes.
    this.#number[0] = requestId;
    this.#number[1] = expTimeMs;
    this.#begin(op, count);
  }

  /** @hot The same, with the expTime in a cell: nothing allocates, whether callers inline it or not. */
  beginUntil(op: CommandOp, requestId: number, count: number, expTimeMs: Float64Array): void {
    this.#number[0] = requestId;
    this.#number[1] = expTimeMs[0]!;
    this.#begin(op, count);
  }

  #begin(op: CommandOp, count: number): void {
    assert(count >= 1 && count <= BATCH_ITEMS_MAX, 'a message holds 1 to 20 commands');
    this.#op = op;
    this.#announced = count;
    this.#added = 0;
    // The head stands there since the start, and nothing is ever written before it.
    this.#offset = writeWhole(this.#words, MESSAGE_HEAD.length, this.#number, 0);
    const name = (count === 1 ? 0 : 3) + op;
    if (this.#number[1] === 0 || op === CommandOp.cancel) {
      this.#piece(this.#opArgs[name]!);
    } else {
      this.#piece(this.#opExpTime[name]!);
      this.#offset = writeWhole(this.#words, this.#offset, this.#number, 1);
      this.#piece(this.#expTimeArgs);
    }
  }

  /**
   * @hot Adds a new order. `ticks` is not looked at for a market order, and `isReduceOnly` not for a leg: the side says
   * whether it opens or closes it.
   */
  addPlace(
    instrument: number,
    side: Side,
    ticks: Ticks,
    lots: Lots,
    slot: number,
    generation: number,
    isReduceOnly: boolean,
    kind: OrderKind = OrderKind.postOnly,
    positionSide: PositionSide = PositionSide.net,
  ): void {
    assert(this.#op === CommandOp.place, 'a message holds commands of one operation');
    const traded = this.#instruments[instrument]!;
    this.#next();
    this.#piece(this.#placePiece[(instrument * 2 + side) * ORDER_KINDS + kind]!);
    if (kind !== OrderKind.market) {
      const grid = this.#isQuoteKind[kind] === 1 ? this.#quoteGrids[instrument]! : traded.tick;
      this.#offset = grid.write(ticks, this.#words, this.#offset);
      this.#piece(this.#size);
    }
    this.#offset = traded.lot.write(lots, this.#words, this.#offset);
    this.#piece(this.#clientOrderId);
    this.#offset = writeSlotAndGeneration(this.#words, this.#offset, slot, generation);
    const isSpotMarket = kind === OrderKind.market && traded.type === InstrumentType.spot;
    this.#piece(isSpotMarket ? this.#placeSpotMarketEnd : this.#placeEnd);
    if (positionSide !== PositionSide.net) this.#piece(this.#positionSideEnd[positionSide]!);
    else if (isReduceOnly) this.#piece(this.#reduceOnlyEnd);
    else this.#memory[this.#offset++] = CLOSE_OBJECT;
  }

  /**
   * @hot Adds a change of an order's price, its total size (what is filled included), or both; 0 leaves one as it is. An
   * amend that fails leaves the order as it was.
   */
  addAmend(
    instrument: number,
    ticks: Ticks,
    lots: Lots,
    slot: number,
    generation: number,
    reqId: number,
  ): void {
    assert(this.#op === CommandOp.amend, 'a message holds commands of one operation');
    assert(ticks > 0 || lots > 0, 'an amend changes the price or the size');
    const traded = this.#instruments[instrument]!;
    this.#next();
    this.#piece(this.#amendPiece[instrument]!);
    this.#offset = writeSlotAndGeneration(this.#words, this.#offset, slot, generation);
    this.#piece(this.#amendReqId);
    this.#number[0] = reqId;
    this.#offset = writeWhole(this.#words, this.#offset, this.#number, 0);
    if (ticks > 0) {
      this.#piece(this.#amendPrice[instrument]!);
      this.#offset = this.#quoteGrids[instrument]!.write(ticks, this.#words, this.#offset);
    }
    if (lots > 0) {
      this.#piece(this.#amendSize);
      this.#offset = traded.lot.write(lots, this.#words, this.#offset);
    }
    this.#piece(this.#amendEnd);
  }

  /** @hot Adds the end of an order. */
  addCancel(instrument: number, slot: number, generation: number): void {
    assert(this.#op === CommandOp.cancel, 'a message holds commands of one operation');
    this.#next();
    this.#piece(this.#cancelPiece[instrument]!);
    this.#offset = writeSlotAndGeneration(this.#words, this.#offset, slot, generation);
    this.#piece(this.#itemEnd);
  }

  /** @hot Ends the message and returns its length in bytes. */
  finish(): number {
    assert(this.#added === this.#announced, 'as many commands are added as were announced');
    this.#words.setUint16(this.#offset, MESSAGE_END, true);
    return this.#offset + 2;
  }

  /** Makes room for an item, and parts it from the one before. */
  #next(): void {
    assert(this.#added < this.#announced, 'no more commands are added than were announced');
    assert(this.#offset + ITEM_BYTES_MAX <= this.buffer.length, 'the message fits its buffer');
    if (this.#added > 0) this.#memory[this.#offset++] = COMMA;
    this.#added++;
  }

  /** Ends where the piece ends, though the last step may have written beyond. No text is a float's NaN: bits stay bits. */
  #piece(piece: number): void {
    const words = this.#words;
    const start = this.#pieceStart[piece]!;
    const length = this.#pieceEnd[piece]! - start;
    const offset = this.#offset;
    for (let step = 0; step < length; step += STEP_BYTES) {
      words.setFloat64(offset + step, words.getFloat64(start + step, true), true);
    }
    this.#offset = offset + length;
  }
}
