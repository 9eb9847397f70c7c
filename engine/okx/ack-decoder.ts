/**
 * Acks of order operations: which request, and for every item which order and what the venue said.
 *
 * Owner:      the engine thread. One AckFrame is reused for every ack: it is valid until the next decode.
 * Invariants: after `decode` gave true every item of the ack is in the frame, in the ack's order; after false the frame's
 *             contents are meaningless. An item without sCode carries the root code, as the documentation says.
 * Cost:       one pass over the bytes; nothing allocates once constructed.
 */
import { storeInteger, smallInteger } from './ascii-number.ts';
import { ClientOrderId } from './client-order-id.ts';
import { JsonCursor, JsonKind, asciiBytes, rangeIs, resolveEscapes } from './json-cursor.ts';
import { KeyTable } from './key-table.ts';
import { ObjectShape } from './object-shape.ts';
import { WsOp } from './shapes.ts';
import { BATCH_ITEMS_MAX } from './venue-limits.ts';

/** @testonly The loop knows the operation from its log of requests; a test compares it with the ack's. */
export const AckOp = {
  order: 0,
  batchOrders: 1,
  amend: 2,
  batchAmend: 3,
  cancel: 4,
  batchCancel: 5,
  massCancel: 6,
  other: 7,
} as const;
export type AckOp = (typeof AckOp)[keyof typeof AckOp];

/** In the order of AckOp. */
const OPS = new KeyTable([
  WsOp.order,
  WsOp.batchOrders,
  WsOp.amendOrder,
  WsOp.batchAmendOrders,
  WsOp.cancelOrder,
  WsOp.batchCancelOrders,
  WsOp.massCancel,
]);

/** For numbers that are absent, empty or not a whole number. */
const ABSENT = -1;

/** Root numbers beyond 31 bits live in one typed array, so that setting them never allocates. */
const RootNumber = { requestId: 0, inTimeUs: 1, outTimeUs: 2 } as const;

export class AckFrame {
  op: AckOp = AckOp.other;
  /** Root code: 0 all accepted, 1 all refused, 2 some refused, else the whole request failed. */
  code = 0;
  itemCount = 0;
  /** 1 where clOrdId follows our plan, of any run: then run, slot and generation are set. */
  readonly isOurs = new Uint8Array(BATCH_ITEMS_MAX);
  readonly run = new Int32Array(BATCH_ITEMS_MAX);
  readonly slot = new Int32Array(BATCH_ITEMS_MAX);
  readonly generation = new Int32Array(BATCH_ITEMS_MAX);
  /** 1 where the item gives the engine's tag back. Only acks of places have one. */
  readonly hasTag = new Uint8Array(BATCH_ITEMS_MAX);
  /** 0 is accepted, which is not done. */
  readonly sCode = new Int32Array(BATCH_ITEMS_MAX);
  /** Refinement of sCode, ABSENT when there is none. */
  readonly subCode = new Int32Array(BATCH_ITEMS_MAX);
  readonly tsMs = new Float64Array(BATCH_ITEMS_MAX);
  /** Amends only; ABSENT when it is not one of our numbers. */
  readonly reqId = new Float64Array(BATCH_ITEMS_MAX);
  readonly root = new Float64Array(3).fill(ABSENT);

  /** The request's number, ABSENT when the id is not one of ours. */
  get requestId(): number {
    return this.root[RootNumber.requestId]!;
  }

  /** Microseconds since the epoch at which the venue's gateway received the request. */
  get inTimeUs(): number {
    return this.root[RootNumber.inTimeUs]!;
  }

  /** Microseconds since the epoch at which the venue's gateway sent this ack. */
  get outTimeUs(): number {
    return this.root[RootNumber.outTimeUs]!;
  }

  clear(): void {
    this.op = AckOp.other;
    this.code = ABSENT;
    this.itemCount = 0;
    this.root.fill(ABSENT);
  }
}

const RootKey = { id: 0, op: 1, event: 2, data: 3, code: 4, inTime: 5, outTime: 6 } as const;
const ROOT_KEYS = new KeyTable(['id', 'op', 'event', 'data', 'code', 'inTime', 'outTime']);
const ItemKey = { clOrdId: 0, sCode: 1, subCode: 2, ts: 3, reqId: 4, tag: 5 } as const;
const ITEM_KEY_NAMES = Object.keys(ItemKey);
const ITEM_KEYS = new KeyTable(ITEM_KEY_NAMES);
const ERROR = asciiBytes('error');

export class AckDecoder {
  /** Frames given to `decode` or `decodeErrorEvent` that were not what the call expects. */
  malformedFrames = 0;
  /** Frames that were read twice because a compared text held escapes. */
  slowFrames = 0;
  readonly #cursor = new JsonCursor();
  readonly #clientOrderId: ClientOrderId;
  readonly #tag: Uint8Array;
  /** Ranges of an item's fields. */
  readonly #start = new Int32Array(ITEM_KEY_NAMES.length);
  readonly #end = new Int32Array(ITEM_KEY_NAMES.length);
  readonly #shape = new ObjectShape();

  /**
   * @param tag what `hasTag` of an item is about
   * @param isTagFirst ids of this run begin with it
   */
  constructor(tag = '', isTagFirst = false) {
    this.#tag = asciiBytes(tag);
    this.#clientOrderId = new ClientOrderId(tag, isTagFirst);
  }

  /** @hot Fills `ack` from the answer to an order operation; false when the bytes are not one. */
  decode(bytes: Uint8Array, start: number, end: number, ack: AckFrame): boolean {
    const isDecoded = this.#decodeResolved(bytes, start, end, ack, false);
    if (!isDecoded) this.malformedFrames++;
    return isDecoded;
  }

  /**
   * Fills the request id and the code from `{"event":"error","id":"17","code":"60012",...}`, the other way in which a whole
   * request is refused; false when the bytes are not an error event. Without an id, `requestId` is ABSENT.
   */
  decodeErrorEvent(bytes: Uint8Array, start: number, end: number, ack: AckFrame): boolean {
    const isDecoded = this.#decodeResolved(bytes, start, end, ack, true);
    if (!isDecoded) this.malformedFrames++;
    return isDecoded;
  }

  #decodeResolved(bytes: Uint8Array, start: number, end: number, ack: AckFrame, isEvent: boolean): boolean {
    const isDecoded = this.#decodeRoot(bytes, start, end, ack, isEvent);
    // Also after a refusal: the event's own name may be what was escaped.
    if (!this.#cursor.hasEscape) return isDecoded;
    this.slowFrames++;
    const resolved = resolveEscapes(bytes, start, end);
    return resolved !== undefined && this.#decodeRoot(resolved, 0, resolved.length, ack, isEvent);
  }

  #decodeRoot(bytes: Uint8Array, start: number, end: number, ack: AckFrame, isEvent: boolean): boolean {
    const cursor = this.#cursor;
    cursor.reset(bytes, start, end);
    ack.clear();
    let hasOp = false;
    let hasData = false;
    let hasError = false;
    if (!cursor.enterObject()) return false;
    while (cursor.nextKey()) {
      const key = ROOT_KEYS.find(bytes, cursor.keyStart, cursor.keyEnd);
      if (key === RootKey.data && !isEvent) {
        hasData = true;
        if (!this.#decodeItems(ack)) return false;
        continue;
      }
      if (key < 0 || key === RootKey.data) {
        cursor.skipValue();
        continue;
      }
      if (!cursor.readValue()) return false;
      const isScalar = cursor.kind === JsonKind.string || cursor.kind === JsonKind.number;
      if (key === RootKey.event) hasError = cursor.valueIs(ERROR);
      else if (key === RootKey.op) hasOp = this.#setOp(ack);
      else if (isScalar) this.#setRootNumber(key, ack);
    }
    if (!cursor.finish()) return false;
    if (isEvent) return hasError;
    if (!hasOp || !hasData || hasError) return false;
    for (let item = 0; item < ack.itemCount; item++) {
      if (ack.sCode[item] === ABSENT) ack.sCode[item] = ack.code;
    }
    return true;
  }

  #setOp(ack: AckFrame): boolean {
    const cursor = this.#cursor;
    const op = OPS.find(cursor.bytes, cursor.valueStart, cursor.valueEnd);
    ack.op = op < 0 ? AckOp.other : (op as AckOp);
    return cursor.kind === JsonKind.string;
  }

  #setRootNumber(key: number, ack: AckFrame): void {
    const bytes = this.#cursor.bytes;
    const start = this.#cursor.valueStart;
    const end = this.#cursor.valueEnd;
    if (key === RootKey.code) {
      ack.code = smallInteger(bytes, start, end, ABSENT);
      return;
    }
    const at =
      key === RootKey.id
        ? RootNumber.requestId
        : key === RootKey.inTime
          ? RootNumber.inTimeUs
          : RootNumber.outTimeUs;
    storeInteger(bytes, start, end, ack.root, at, ABSENT);
  }

  #decodeItems(ack: AckFrame): boolean {
    const cursor = this.#cursor;
    ack.itemCount = 0;
    if (!cursor.enterArray()) return false;
    while (cursor.nextElement()) {
      const item = ack.itemCount;
      if (item === BATCH_ITEMS_MAX) return false;
      // The shape's own fields are all set by it; the others are empty since it was learned.
      const isRead =
        cursor.peekKind() === JsonKind.object && this.#shape.read(cursor, this.#start, this.#end);
      if (!isRead && !this.#learnItem()) return false;
      this.#setItem(ack, item);
      ack.itemCount = item + 1;
    }
    return !cursor.hasFailed;
  }

  /** An item that is not like the one before. */
  #learnItem(): boolean {
    const cursor = this.#cursor;
    this.#shape.begin();
    this.#start.fill(0);
    this.#end.fill(0);
    if (!cursor.enterObject()) return false;
    while (cursor.nextKey()) {
      const key = ITEM_KEYS.find(cursor.bytes, cursor.keyStart, cursor.keyEnd);
      this.#shape.add(cursor, key);
      if (key < 0) {
        cursor.skipValue();
      } else if (cursor.readValue()) {
        const isScalar = cursor.kind === JsonKind.string || cursor.kind === JsonKind.number;
        this.#start[key] = cursor.valueStart;
        // Anything but a text or a number counts as empty.
        this.#end[key] = isScalar ? cursor.valueEnd : cursor.valueStart;
      }
    }
    if (cursor.hasFailed) return false;
    this.#shape.finish();
    return true;
  }

  #setItem(ack: AckFrame, item: number): void {
    const bytes = this.#cursor.bytes;
    const start = this.#start;
    const end = this.#end;
    const id = this.#clientOrderId;
    const isOurs = id.parse(bytes, start[ItemKey.clOrdId]!, end[ItemKey.clOrdId]!);
    ack.isOurs[item] = isOurs ? 1 : 0;
    ack.run[item] = isOurs ? id.run : 0;
    ack.slot[item] = isOurs ? id.slot : 0;
    ack.generation[item] = isOurs ? id.generation : 0;
    ack.hasTag[item] = rangeIs(bytes, start[ItemKey.tag]!, end[ItemKey.tag]!, this.#tag) ? 1 : 0;
    ack.sCode[item] = smallInteger(bytes, start[ItemKey.sCode]!, end[ItemKey.sCode]!, ABSENT);
    ack.subCode[item] = smallInteger(bytes, start[ItemKey.subCode]!, end[ItemKey.subCode]!, ABSENT);
    storeInteger(bytes, start[ItemKey.ts]!, end[ItemKey.ts]!, ack.tsMs, item, ABSENT);
    storeInteger(bytes, start[ItemKey.reqId]!, end[ItemKey.reqId]!, ack.reqId, item, ABSENT);
  }
}
