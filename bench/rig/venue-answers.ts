/**
 * The venue's side of the order path, as little of it as the engine needs to go on: every command is accepted, every order
 * rests, every amend and cancel is done. Given the bytes of a batch it writes the bytes of the ack and of the pushes of
 * the `orders` channel, one an order, as the venue does.
 *
 * Owner:      the side that plays the venue: the benchmark's thread outside of what is timed, or the far process.
 * Invariants: items are answered in their order; answers are valid until the next call.
 * Cost:       some microseconds a command, never inside what is timed; nothing allocates once constructed, so that what
 *             a turn allocates can be measured with the venue beside it.
 */
import type { Instrument } from '../../engine/base/instrument.ts';
import { BATCH_MAX } from '../../engine/base/command-op.ts';

const SLOTS = 10_000;
const ID_DIGITS = 19;
/** Digits of the client order id in front of the slot. */
const SLOT_AT = 9;
const SLOT_DIGITS = 4;
/** What is kept of an order: side, price and size as text with their lengths. */
const TEXT_MAX = 24;
const CELL = 2 * (TEXT_MAX + 1) + 1;
const PRICE = 0;
const SIZE = TEXT_MAX + 1;
const SIDE = 2 * (TEXT_MAX + 1);
const PUSH_BYTES_MAX = 1_024;
const FIRST_MS = 1_763_676_600_000;

const QUOTE = 0x22;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const BUY_INITIAL = 0x62;
const BATCH_INITIAL = 0x62;
const BATCH_PREFIX_LENGTH = 6;
const AMEND_INITIAL = 0x61;
const CANCEL_INITIAL = 0x63;
const DIGIT_0 = 0x30;

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

const KEY_ID = bytesOf('"id":"');
const KEY_OP = bytesOf('"op":"');
const KEY_CODE = bytesOf('"instIdCode":');
const KEY_CLIENT_ID = bytesOf('"clOrdId":"');
const KEY_REQUEST = bytesOf('"reqId":"');
const KEY_PRICE = bytesOf('"px":"');
const KEY_SIZE = bytesOf('"sz":"');
const KEY_SIDE = bytesOf('"side":"');
const KEY_NEW_PRICE = bytesOf('"newPx":"');
const KEY_NEW_SIZE = bytesOf('"newSz":"');
const KEY_ARGS = bytesOf('"args":[');

const ACK_ID = bytesOf('{"id":"');
const ACK_OP = bytesOf('","op":"');
const ACK_DATA = bytesOf('","code":"0","msg":"","data":[');
const ITEM_ORDER = bytesOf('{"ordId":"31');
const ITEM_CLIENT = bytesOf('","clOrdId":"');
const ITEM_TAG = bytesOf('","tag":"BENCHTAG","ts":"');
const ITEM_REQUEST = bytesOf('","reqId":"');
const ITEM_END = bytesOf('","sCode":"0","sMsg":""}');
const ACK_TIMES = bytesOf('],"inTime":"');
const ACK_OUT = bytesOf('000","outTime":"');
const ACK_END = bytesOf('000"}');

const PUSH_HEAD = bytesOf(
  '{"arg":{"channel":"orders","instType":"ANY","uid":"44*********584"},"data":[{"instType":"SWAP","instId":"',
);
const PUSH_ORDER = bytesOf('","ccy":"","ordId":"31');
const PUSH_PRICE = bytesOf('","tag":"BENCHTAG","px":"');
const PUSH_SIZE = bytesOf('","sz":"');
const PUSH_SIDE = bytesOf('","notionalUsd":"","ordType":"post_only","side":"');
const BUY = bytesOf('buy');
const SELL = bytesOf('sell');
const PUSH_STATE = bytesOf(
  '","posSide":"net","tdMode":"cross","accFillSz":"0","fillPx":"","tradeId":"","fillSz":"0","fillPnl":"0","fillTime":"",' +
    '"fillFee":"0","fillFeeCcy":"","execType":"","state":"',
);
const LIVE = bytesOf('live');
const CANCELED = bytesOf('canceled');
const PUSH_TIMES = bytesOf(
  '","avgPx":"0","lever":"3","tpTriggerPx":"","slTriggerPx":"","feeCcy":"USDT","fee":"0","rebateCcy":"USDT","rebate":"0",' +
    '"pnl":"0","source":"","cancelSource":"',
);
const PUSH_CATEGORY = bytesOf('","category":"normal","uTime":"');
const PUSH_CREATED = bytesOf('","cTime":"1763676600000","reqId":"');
const PUSH_RESULT = bytesOf('","amendResult":"');
const PUSH_END = bytesOf('","reduceOnly":"false","quickMgnType":"","algoClOrdId":"","code":"0","msg":""}]}');

export class VenueAnswers {
  /** The ack of the last batch is ack[0, ackLength). */
  readonly ack = Buffer.alloc(8_192);
  ackLength = 0;
  /** Push p of the last batch is pushes[pushStarts[p], pushStarts[p + 1]). */
  readonly pushes = Buffer.alloc(BATCH_MAX * PUSH_BYTES_MAX);
  readonly pushStarts = new Int32Array(BATCH_MAX + 1);
  pushCount = 0;
  /** Batches, and the commands in them, by operation: place, amend, cancel. */
  batches = 0;
  readonly commands = new Float64Array(3);

  readonly #codes: Int32Array;
  readonly #instIds: readonly Buffer[];
  readonly #cells = new Uint8Array(SLOTS * CELL);
  readonly #nowMs = new Float64Array([FIRST_MS]);
  #valueStart = 0;
  #valueEnd = 0;
  #idStart = 0;

  constructor(instruments: readonly Instrument[]) {
    this.#codes = Int32Array.from(instruments, ({ instIdCode }) => instIdCode);
    this.#instIds = instruments.map(({ instId }) => bytesOf(instId));
  }

  /**
   * Answers the order message batch[0, length).
   *
   * @throws Error for a message that the encoder would not write
   */
  answer(batch: Buffer, length: number): void {
    this.batches++;
    this.#nowMs[0]!++;
    this.pushCount = 0;
    this.pushStarts[0] = 0;
    this.#require(batch, KEY_ID, 0, length);
    let at = this.#copy(ACK_ID, this.ack, 0);
    at = this.#range(batch, this.ack, at);
    this.#require(batch, KEY_OP, 0, length);
    const verb = this.#verb(batch);
    const isAmend = verb === AMEND_INITIAL;
    const isCancel = verb === CANCEL_INITIAL;
    at = this.#copy(ACK_OP, this.ack, at);
    at = this.#range(batch, this.ack, at);
    at = this.#copy(ACK_DATA, this.ack, at);
    const args = batch.indexOf(KEY_ARGS);
    let items = 0;
    for (
      let open = batch.indexOf(OPEN, args);
      open !== -1 && open < length;
      open = batch.indexOf(OPEN, open)
    ) {
      const close = batch.indexOf(CLOSE, open);
      if (items > 0) this.ack[at++] = 0x2c;
      at = this.#item(batch, open, close, at, isAmend, isCancel);
      items++;
      open = close;
    }
    this.commands[isAmend ? 1 : isCancel ? 2 : 0]! += items;
    at = this.#copy(ACK_TIMES, this.ack, at);
    at = this.#time(this.ack, at);
    at = this.#copy(ACK_OUT, this.ack, at);
    at = this.#time(this.ack, at);
    this.ackLength = this.#copy(ACK_END, this.ack, at);
  }

  /** First letter of what the operation does to orders: a batch's stands behind "batch-". */
  #verb(batch: Buffer): number {
    const initial = batch[this.#valueStart]!;
    return initial === BATCH_INITIAL ? batch[this.#valueStart + BATCH_PREFIX_LENGTH]! : initial;
  }

  #item(
    batch: Buffer,
    open: number,
    close: number,
    ackAt: number,
    isAmend: boolean,
    isCancel: boolean,
  ): number {
    this.#require(batch, KEY_CLIENT_ID, open, close);
    if (this.#valueEnd - this.#valueStart !== ID_DIGITS)
      throw new Error('venue: expected an id of 19 digits');
    this.#idStart = this.#valueStart;
    const cell = this.#slot(batch) * CELL;
    if (isAmend) {
      if (this.#find(batch, KEY_NEW_PRICE, open, close)) this.#keep(batch, cell + PRICE);
      if (this.#find(batch, KEY_NEW_SIZE, open, close)) this.#keep(batch, cell + SIZE);
    } else if (!isCancel) {
      this.#require(batch, KEY_PRICE, open, close);
      this.#keep(batch, cell + PRICE);
      this.#require(batch, KEY_SIZE, open, close);
      this.#keep(batch, cell + SIZE);
      this.#require(batch, KEY_SIDE, open, close);
      this.#cells[cell + SIDE] = batch[this.#valueStart]!;
    }
    const hasRequest = isAmend && this.#find(batch, KEY_REQUEST, open, close);
    if (!hasRequest) this.#valueEnd = this.#valueStart;
    const instrument = this.#instrumentOf(batch, open);
    this.#push(batch, cell, instrument, isAmend, isCancel);

    let at = this.#copy(ITEM_ORDER, this.ack, ackAt);
    at = this.#bytes(batch, this.#idStart, this.#idStart + ID_DIGITS, this.ack, at);
    at = this.#copy(ITEM_CLIENT, this.ack, at);
    at = this.#bytes(batch, this.#idStart, this.#idStart + ID_DIGITS, this.ack, at);
    at = this.#copy(ITEM_TAG, this.ack, at);
    at = this.#time(this.ack, at);
    at = this.#copy(ITEM_REQUEST, this.ack, at);
    at = this.#range(batch, this.ack, at);
    return this.#copy(ITEM_END, this.ack, at);
  }

  /** The push about one order; the amend's number is the current value. */
  #push(batch: Buffer, cell: number, instrument: number, isAmend: boolean, isCancel: boolean): void {
    const out = this.pushes;
    let at = this.pushStarts[this.pushCount]!;
    at = this.#copy(PUSH_HEAD, out, at);
    at = this.#copy(this.#instIds[instrument]!, out, at);
    at = this.#copy(PUSH_ORDER, out, at);
    at = this.#bytes(batch, this.#idStart, this.#idStart + ID_DIGITS, out, at);
    at = this.#copy(ITEM_CLIENT, out, at);
    at = this.#bytes(batch, this.#idStart, this.#idStart + ID_DIGITS, out, at);
    at = this.#copy(PUSH_PRICE, out, at);
    at = this.#kept(cell + PRICE, out, at);
    at = this.#copy(PUSH_SIZE, out, at);
    at = this.#kept(cell + SIZE, out, at);
    at = this.#copy(PUSH_SIDE, out, at);
    at = this.#copy(this.#cells[cell + SIDE] === BUY_INITIAL ? BUY : SELL, out, at);
    at = this.#copy(PUSH_STATE, out, at);
    at = this.#copy(isCancel ? CANCELED : LIVE, out, at);
    at = this.#copy(PUSH_TIMES, out, at);
    if (isCancel) out[at++] = DIGIT_0 + 1;
    at = this.#copy(PUSH_CATEGORY, out, at);
    at = this.#time(out, at);
    at = this.#copy(PUSH_CREATED, out, at);
    at = this.#range(batch, out, at);
    at = this.#copy(PUSH_RESULT, out, at);
    if (isAmend) out[at++] = DIGIT_0;
    at = this.#copy(PUSH_END, out, at);
    this.pushStarts[++this.pushCount] = at;
  }

  #slot(batch: Buffer): number {
    let slot = 0;
    const start = this.#idStart + SLOT_AT;
    for (let index = start; index < start + SLOT_DIGITS; index++) slot = slot * 10 + batch[index]! - DIGIT_0;
    return slot;
  }

  #instrumentOf(batch: Buffer, open: number): number {
    let code = 0;
    let index = batch.indexOf(KEY_CODE, open) + KEY_CODE.length;
    for (let digit = batch[index]! - DIGIT_0; digit >= 0 && digit <= 9; digit = batch[++index]! - DIGIT_0) {
      code = code * 10 + digit;
    }
    const instrument = this.#codes.indexOf(code);
    if (instrument < 0) throw new Error(`venue: expected a known instIdCode, was ${code}`);
    return instrument;
  }

  #require(batch: Buffer, key: Buffer, from: number, to: number): void {
    if (!this.#find(batch, key, from, to))
      throw new Error(`venue: expected ${key.toString('latin1')} in an order`);
  }

  /**
   * Sets the value's bounds: from behind the key to the next quote. Looks no further than the item: Buffer.indexOf would go
   * through everything that earlier, longer messages have left behind.
   */
  #find(batch: Buffer, key: Buffer, from: number, to: number): boolean {
    const last = to - key.length;
    for (let start = from; start <= last; start++) {
      let length = 0;
      while (length < key.length && batch[start + length] === key[length]) length++;
      if (length < key.length) continue;
      this.#valueStart = start + key.length;
      this.#valueEnd = batch.indexOf(QUOTE, this.#valueStart);
      return true;
    }
    return false;
  }

  #keep(batch: Buffer, cellAt: number): void {
    const length = this.#valueEnd - this.#valueStart;
    this.#cells[cellAt] = length;
    for (let index = 0; index < length; index++) {
      this.#cells[cellAt + 1 + index] = batch[this.#valueStart + index]!;
    }
  }

  #kept(cellAt: number, out: Buffer, at: number): number {
    return this.#bytes(this.#cells, cellAt + 1, cellAt + 1 + this.#cells[cellAt]!, out, at);
  }

  #range(batch: Buffer, out: Buffer, at: number): number {
    return this.#bytes(batch, this.#valueStart, this.#valueEnd, out, at);
  }

  #copy(piece: Buffer, out: Buffer, at: number): number {
    return this.#bytes(piece, 0, piece.length, out, at);
  }

  #bytes(from: Uint8Array, start: number, end: number, out: Buffer, at: number): number {
    for (let index = start; index < end; index++) out[at++] = from[index]!;
    return at;
  }

  #time(out: Buffer, at: number): number {
    let rest = this.#nowMs[0]!;
    for (let index = at + 12; index >= at; index--) {
      const quotient = Math.floor(rest / 10);
      out[index] = DIGIT_0 + (rest - quotient * 10);
      rest = quotient;
    }
    return at + 13;
  }
}
