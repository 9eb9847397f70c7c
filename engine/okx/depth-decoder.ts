/**
 * Depth pushes from the received bytes straight into integer ticks and lots.
 *
 * The usual shape, byte for byte as the venue writes it, is scanned in one pass; whatever deviates from it in any way
 * goes to DepthSlowDecoder, which alone refuses. So the scanner has one rule: when in doubt, give up.
 *
 *     {"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{
 *       "asks":[["65010.1","12.4","0","5"],...],"bids":[...],
 *       "ts":"1763676600105","checksum":0,"seqId":81234567044,"prevSeqId":81234567001}]}
 *
 * `other`: another channel's frame that begins as the venue begins them, a frame whose first key is event, id or op
 * (never a push), text that is no object, and legal JSON that is no depth push. Any other illegal JSON is malformed.
 *
 * Owner:      the thread that reads the socket.
 * Invariants: a frame is decoded whole before anybody sees it; after any result but `depth` its rows mean nothing.
 * Cost:       one pass over the bytes and nothing allocated on the usual shape; JSON.parse on any other.
 */
import { DepthAction } from '../base/depth-rows.ts';
import type { Instrument } from '../base/instrument.ts';
import { CHANNEL_BYTES, DepthBeginning, HEAD, UNUSUAL, channelAt, matches } from './depth-beginning.ts';
import { DepthChannel, DepthResult, NO_INSTRUMENT, type DepthFrame } from './depth-frame.ts';
import { DepthHeads } from './depth-heads.ts';
import { DepthInstruments } from './depth-instruments.ts';
import { ASK_ROWS, BID_ROWS, DepthRowScanner } from './depth-row-scanner.ts';
import { DepthSlowDecoder } from './depth-slow-decoder.ts';
import { DepthTail } from './depth-tail.ts';
import { doubleOf, wordOf } from './depth-words.ts';

const ENCODER = new TextEncoder();
const NAME_KEY = ENCODER.encode('","instId":"');
const ACTION_KEY = ENCODER.encode('"},"action":"');
const SNAPSHOT = ENCODER.encode('snapshot');
const UPDATE = ENCODER.encode('update');
const DATA_AFTER_ACTION = ENCODER.encode('","data":[{"asks":[');
const DATA_AFTER_NAME = ENCODER.encode('"},"data":[{"asks":[');
const BIDS_KEY = ',"bids":[';
const BIDS_KEY_0 = doubleOf(BIDS_KEY, 0);
const BIDS_KEY_1 = doubleOf(BIDS_KEY, 1);
/** `}]}` */
const TAIL_WORD = wordOf('"}]}') >>> 8;
const INST_KEY = ENCODER.encode(',"instId":"');

/** The bytes of the shortest push: below it nothing can be of the usual shape. */
const FRAME_BYTES_MIN = 64;
const NAME_BYTES_MAX = 64;

const QUOTE = 0x22;
const CLOSE_BRACKET = 0x5d;

export class DepthDecoder {
  /** Legal depth frames that took the slower road. */
  slowFrames = 0;
  malformedFrames = 0;
  unknownFrames = 0;

  readonly #heads: DepthHeads;
  readonly #instruments: DepthInstruments;
  readonly #rows: DepthRowScanner;
  readonly #slow: DepthSlowDecoder;
  readonly #tail: DepthTail;
  /** Words of the received bytes. Made anew when others come, so a constant receive buffer costs and allocates nothing. */
  #viewed: Uint8Array = new Uint8Array(0);
  #view: DataView = new DataView(this.#viewed.buffer);

  constructor(instruments: readonly Instrument[]) {
    this.#heads = new DepthHeads(instruments);
    this.#instruments = new DepthInstruments(instruments);
    this.#rows = new DepthRowScanner(instruments);
    this.#slow = new DepthSlowDecoder(instruments);
    this.#tail = new DepthTail(instruments.length);
  }

  /**
   * @hot Decodes bytes[start, end) into `frame`. A frame with several messages says so in `entryCount`; they have all
   * been checked by then, and each is decoded by a call of its own with its `entry`.
   */
  decode(bytes: Uint8Array, start: number, end: number, frame: DepthFrame, entry = 0): DepthResult {
    frame.instrument = NO_INSTRUMENT;
    if (entry === 0) {
      if (bytes !== this.#viewed) this.#lookAt(bytes);
      const view = this.#view;
      const heads = this.#heads;
      if (heads.find(view, start, end)) {
        frame.instrument = heads.instrument;
        frame.channel = heads.channel;
        frame.action = heads.action;
        frame.isSlowPath = false;
        frame.entryCount = 1;
        const rowsAt = (start + heads.length) | 0;
        if (this.#scanBody(view, bytes, start, rowsAt, end, frame)) return DepthResult.depth;
      } else {
        const channel = channelAt(bytes, start, end);
        if (channel === DepthBeginning.other) return DepthResult.other;
        if (channel >= 0 && this.#scan(bytes, start, end, frame, channel as DepthChannel))
          return DepthResult.depth;
      }
    }
    return this.#decodeSlowly(bytes, start, end, frame, entry);
  }

  #decodeSlowly(
    bytes: Uint8Array,
    start: number,
    end: number,
    frame: DepthFrame,
    entry: number,
  ): DepthResult {
    const result = this.#slow.decode(bytes, start, end, frame, entry);
    if (entry === 0) {
      if (result === DepthResult.depth) this.slowFrames++;
      else if (result === DepthResult.malformed) this.malformedFrames++;
      else if (result === DepthResult.unknownInstrument) this.unknownFrames++;
    }
    return result;
  }

  /**
   * @hot The heads that are not in the table: snapshots, short frames. True when the frame has the usual shape in every
   * byte. After the name no check of `index` against `end` is needed: its end is known to be `}]}`, which no step but the
   * last one passes over.
   */
  #scan(bytes: Uint8Array, start: number, end: number, frame: DepthFrame, channel: DepthChannel): boolean {
    if (end - start < FRAME_BYTES_MIN) return false;
    let index = start + HEAD.length + CHANNEL_BYTES[channel]!.length;
    if (!matches(bytes, index, NAME_KEY)) return false;
    index += NAME_KEY.length;
    const nameStart = index;
    const nameLimit = Math.min(nameStart + NAME_BYTES_MAX, end);
    while (index < nameLimit && bytes[index] !== QUOTE) index++;
    const instrument = this.#instruments.find(bytes, nameStart, index);
    if (instrument === NO_INSTRUMENT || index === nameLimit) return false;
    frame.instrument = instrument;
    frame.channel = channel;
    frame.isSlowPath = false;
    frame.entryCount = 1;

    if (channel >= DepthChannel.books5) {
      frame.action = DepthAction.image;
      if (!matches(bytes, index, DATA_AFTER_NAME)) return false;
      index += DATA_AFTER_NAME.length;
    } else {
      if (!matches(bytes, index, ACTION_KEY)) return false;
      index += ACTION_KEY.length;
      if (matches(bytes, index, UPDATE)) {
        frame.action = DepthAction.update;
        index += UPDATE.length;
      } else if (matches(bytes, index, SNAPSHOT)) {
        frame.action = DepthAction.snapshot;
        index += SNAPSHOT.length;
      } else return false;
      if (!matches(bytes, index, DATA_AFTER_ACTION)) return false;
      index += DATA_AFTER_ACTION.length;
    }
    return this.#scanBody(this.#view, bytes, start, index, end, frame);
  }

  /** @hot What follows the head, from the first row of the asks on: true when all of it has the usual shape. */
  #scanBody(
    view: DataView,
    bytes: Uint8Array,
    start: number,
    rowsAt: number,
    end: number,
    frame: DepthFrame,
  ): boolean {
    if (view.getInt32(end - 4, true) >>> 8 !== TAIL_WORD) return false;
    const rows = this.#rows;
    const instrument = frame.instrument;
    // Most updates of a quiet market have one empty side: seen here, it costs no call.
    let index = rowsAt + 1;
    frame.askCount = 0;
    frame.farAskCount = 0;
    if (view.getUint8(rowsAt) !== CLOSE_BRACKET) {
      index = rows.scan(view, bytes, rowsAt, end, frame.askTicks, frame.askLots, instrument, ASK_ROWS);
      if (index === UNUSUAL) return false;
      frame.askCount = rows.count;
      frame.farAskCount = rows.farCount;
    }
    const bidsAt = index + BIDS_KEY.length;
    if (bidsAt > end) return false;
    if (view.getFloat64(index, true) !== BIDS_KEY_0 || view.getFloat64(index + 1, true) !== BIDS_KEY_1)
      return false;
    index = bidsAt + 1;
    frame.bidCount = 0;
    if (view.getUint8(bidsAt) !== CLOSE_BRACKET) {
      index = rows.scan(view, bytes, bidsAt, end, frame.bidTicks, frame.bidLots, instrument, BID_ROWS);
      if (index === UNUSUAL) return false;
      frame.bidCount = rows.count;
    }
    if (this.#tail.scanWords(view, index, end, frame, instrument)) return true;

    // books5 repeats the name after the rows.
    if (matches(bytes, index, INST_KEY)) {
      index += INST_KEY.length;
      const nameAt = start + HEAD.length + CHANNEL_BYTES[frame.channel]!.length + NAME_KEY.length;
      for (let offset = nameAt; bytes[offset] !== QUOTE; offset++, index++) {
        if (bytes[index] !== bytes[offset]) return false;
      }
      if (bytes[index++] !== QUOTE) return false;
    }
    return this.#tail.scan(bytes, index, frame) === end;
  }

  #lookAt(bytes: Uint8Array): void {
    this.#viewed = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
