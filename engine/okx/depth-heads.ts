/**
 * The beginnings of the usual depth pushes, whole: channel, instrument and action are told by one lookup and a comparison
 * of eight bytes at a time, instead of being scanned (about 90 ns a frame). The head of the frame before is tried first:
 * where it is right, the processor need not wait for a hash to know where the rows begin.
 *
 *     {"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"update","data":[{"asks":[
 *                                         |--- hashed, 28 bytes -----|
 *
 * Owner:      the decoder that built it; only the last head changes once constructed.
 * Invariants: the table is at most a quarter full, so that a search ends; a head is told by all of its bytes, the hash
 *             only says where to look.
 * Cost:       a dozen comparisons, and seven multiplications when the head is another than the last; the same for one
 *             instrument as for a hundred; nothing allocates.
 */
import { DepthAction } from '../base/depth-rows.ts';
import type { Instrument } from '../base/instrument.ts';
import { DEPTH_CHANNEL_NAMES, DepthChannel } from './depth-frame.ts';

/** The name begins here, or a few bytes later in the heads of channels with longer names. */
const HASH_AT = 36;
const HASH_BYTES = 28;
/** What every usual frame has at least: the shortest head, two empty sides and the tail. */
const FRAME_BYTES_MIN = 96;

/** Before the first frame. */
const NO_HEAD = -1;

export class DepthHeads {
  /** What the last head found says, and how long it is. In fields, so that a frame with the same head looks nothing up. */
  instrument = 0;
  channel: DepthChannel = DepthChannel.books;
  action: DepthAction = DepthAction.update;
  length = 0;
  #head = NO_HEAD;
  /** Of its numbers, the first and the last. */
  #first = 0;
  #last = 0;

  /** The same of all. */
  readonly #instruments: Int32Array;
  readonly #channels: Uint8Array;
  readonly #actions: Uint8Array;
  readonly #lengths: Int32Array;

  /** The heads' bytes, eight to a number; the last eight overlap those before. */
  readonly #numbers: Float64Array;
  readonly #starts: Int32Array;
  /** Head + 1, or 0 for a free place. */
  readonly #table: Int32Array;
  readonly #mask: number;

  constructor(instruments: readonly Instrument[]) {
    // A head that is all name and shorter than what is hashed (an image's, of a name below six letters) is not here.
    const heads = instruments
      .flatMap((instrument) => headsOf(instrument))
      .filter((head) => head.bytes.byteLength >= HASH_AT + HASH_BYTES);
    this.#instruments = Int32Array.from(heads, (head) => head.instrument);
    this.#channels = Uint8Array.from(heads, (head) => head.channel);
    this.#actions = Uint8Array.from(heads, (head) => head.action);
    this.#lengths = Int32Array.from(heads, (head) => head.bytes.byteLength);
    const numbers: number[] = [];
    this.#starts = new Int32Array(heads.length + 1);
    let size = 8;
    while (size < heads.length * 4) size *= 2;
    this.#mask = size - 1;
    this.#table = new Int32Array(size);
    for (const [index, { bytes }] of heads.entries()) {
      for (let at = 0; at + 8 < bytes.byteLength; at += 8) numbers.push(bytes.getFloat64(at, true));
      numbers.push(bytes.getFloat64(bytes.byteLength - 8, true));
      this.#starts[index + 1] = numbers.length;
      let place = hash(bytes, HASH_AT) & this.#mask;
      while (this.#table[place] !== 0) place = (place + 1) & this.#mask;
      this.#table[place] = index + 1;
    }
    this.#numbers = Float64Array.from(numbers);
  }

  /** @hot True when a head of the table begins [start, end): the fields tell which. */
  find(view: DataView, start: number, end: number): boolean {
    if (end - start < FRAME_BYTES_MIN) return false;
    return (this.#head >= 0 && this.#begins(view, start, end)) || this.#search(view, start, end);
  }

  /** @hot Looks in the table, and makes what it finds the last head. */
  #search(view: DataView, start: number, end: number): boolean {
    const table = this.#table;
    let place = hash(view, (start + HASH_AT) | 0) & this.#mask;
    for (let head = table[place]! - 1; head >= 0; head = table[place]! - 1) {
      this.#head = head;
      this.#first = this.#starts[head]! | 0;
      this.#last = (this.#starts[head + 1]! - 1) | 0;
      this.length = this.#lengths[head]!;
      this.instrument = this.#instruments[head]!;
      this.channel = this.#channels[head]! as DepthChannel;
      this.action = this.#actions[head]! as DepthAction;
      if (this.#begins(view, start, end)) return true;
      place = (place + 1) & this.#mask;
    }
    return false;
  }

  /** @hot Is it the last head? Without a loop where heads usually end: one would cost as much again. */
  #begins(view: DataView, start: number, end: number): boolean {
    const numbers = this.#numbers;
    const first = this.#first | 0;
    const length = this.length | 0;
    if (
      view.getFloat64((start + 32) | 0, true) !== numbers[(first + 4) | 0] ||
      view.getFloat64((start + 40) | 0, true) !== numbers[(first + 5) | 0] ||
      view.getFloat64((start + 48) | 0, true) !== numbers[(first + 6) | 0] ||
      view.getFloat64((start + 56) | 0, true) !== numbers[(first + 7) | 0] ||
      view.getFloat64(start, true) !== numbers[first] ||
      view.getFloat64((start + 8) | 0, true) !== numbers[(first + 1) | 0] ||
      view.getFloat64((start + 16) | 0, true) !== numbers[(first + 2) | 0] ||
      view.getFloat64((start + 24) | 0, true) !== numbers[(first + 3) | 0]
    ) {
      return false;
    }
    if (((end - start) | 0) < length) return false;
    const last = this.#last | 0;
    let index = (first + 8) | 0;
    let offset = (start + 64) | 0;
    if (index < last) {
      if (view.getFloat64(offset, true) !== numbers[index]) return false;
      index = (index + 1) | 0;
      offset = (offset + 8) | 0;
    }
    if (index < last) {
      if (view.getFloat64(offset, true) !== numbers[index]) return false;
      index = (index + 1) | 0;
      offset = (offset + 8) | 0;
    }
    for (; index < last; index = (index + 1) | 0) {
      if (view.getFloat64(offset, true) !== numbers[index]) return false;
      offset = (offset + 8) | 0;
    }
    return view.getFloat64((start + length - 8) | 0, true) === numbers[last];
  }
}

interface Head {
  readonly instrument: number;
  readonly channel: DepthChannel;
  readonly action: DepthAction;
  readonly bytes: DataView;
}

/** What comes for an instrument again and again: updates and images. Snapshots are for the slower way. */
function headsOf({ index, instId }: Instrument): Head[] {
  const encoder = new TextEncoder();
  return DEPTH_CHANNEL_NAMES.map((name, number) => {
    const channel = number as DepthChannel;
    const isImage = channel >= DepthChannel.books5;
    const action = isImage ? '' : '"action":"update",';
    const text = `{"arg":{"channel":"${name}","instId":"${instId}"},${action}"data":[{"asks":[`;
    return {
      instrument: index,
      channel,
      action: isImage ? DepthAction.image : DepthAction.update,
      bytes: new DataView(encoder.encode(text).buffer),
    };
  });
}

/** @hot Sums rather than a chain, so that the multiplications overlap. */
function hash(view: DataView, at: number): number {
  const sum =
    Math.imul(view.getInt32(at, true), 0x2c1b3c6d) +
    Math.imul(view.getInt32((at + 4) | 0, true), 0x297a2d39) +
    Math.imul(view.getInt32((at + 8) | 0, true), 0x1b56c4e9) +
    Math.imul(view.getInt32((at + 12) | 0, true), 0x7feb352d) +
    Math.imul(view.getInt32((at + 16) | 0, true), 0x31848bab) +
    Math.imul(view.getInt32((at + 20) | 0, true), 0x846ca68b) +
    Math.imul(view.getInt32((at + 24) | 0, true), 0x9e3779b1);
  return (sum ^ (sum >>> 16)) | 0;
}
