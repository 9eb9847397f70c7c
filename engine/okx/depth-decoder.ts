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
import { DepthAction, NO_SEQUENCE } from '../base/depth-rows.ts';
import type { Instrument } from '../base/instrument.ts';
import { CHANNEL_BYTES, DepthBeginning, HEAD, UNUSUAL, channelAt, matches } from './depth-beginning.ts';
import { DepthChannel, DepthResult, NO_INSTRUMENT, type DepthFrame } from './depth-frame.ts';
import { DepthInstruments } from './depth-instruments.ts';
import { DepthRowScanner } from './depth-row-scanner.ts';
import { DepthSlowDecoder } from './depth-slow-decoder.ts';

const ENCODER = new TextEncoder();
const NAME_KEY = ENCODER.encode('","instId":"');
const ACTION_KEY = ENCODER.encode('"},"action":"');
const SNAPSHOT = ENCODER.encode('snapshot');
const UPDATE = ENCODER.encode('update');
const DATA_AFTER_ACTION = ENCODER.encode('","data":[{"asks":[');
const DATA_AFTER_NAME = ENCODER.encode('"},"data":[{"asks":[');
const BIDS_KEY = ENCODER.encode(',"bids":[');
const TS_KEY = ENCODER.encode(',"ts":"');
const CHECKSUM_KEY = ENCODER.encode(',"checksum":');
const SEQ_KEY = ENCODER.encode(',"seqId":');
const PREV_SEQ_KEY = ENCODER.encode(',"prevSeqId":');
const INST_KEY = ENCODER.encode(',"instId":"');
const TAIL = ENCODER.encode('}]}');

/** Digits of a number that the scanner takes: below 10^15 every step of the arithmetic is exact. */
const DIGITS_MAX = 15;
/** The bytes of the shortest push: below it nothing can be of the usual shape. */
const FRAME_BYTES_MIN = 64;
const NAME_BYTES_MAX = 64;

const QUOTE = 0x22;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;

export class DepthDecoder {
  /** Legal depth frames that took the slower road. */
  slowFrames = 0;
  malformedFrames = 0;
  unknownFrames = 0;

  readonly #instruments: DepthInstruments;
  readonly #slow: DepthSlowDecoder;
  readonly #rows: DepthRowScanner;
  /** The second result of #scanInteger, which returns where it stopped. */
  readonly #number = new Float64Array(1);

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = new DepthInstruments(instruments);
    this.#slow = new DepthSlowDecoder(instruments);
    this.#rows = new DepthRowScanner(instruments);
  }

  /**
   * @hot Decodes bytes[start, end) into `frame`. A frame with several messages says so in `entryCount`; they have all
   * been checked by then, and each is decoded by a call of its own with its `entry`.
   */
  decode(bytes: Uint8Array, start: number, end: number, frame: DepthFrame, entry = 0): DepthResult {
    frame.instrument = NO_INSTRUMENT;
    if (entry === 0) {
      const channel = channelAt(bytes, start, end);
      if (channel === DepthBeginning.other) return DepthResult.other;
      if (channel >= 0 && this.#scan(bytes, start, end, frame, channel as DepthChannel))
        return DepthResult.depth;
    }
    const result = this.#slow.decode(bytes, start, end, frame, entry);
    if (entry === 0) {
      if (result === DepthResult.depth) this.slowFrames++;
      else if (result === DepthResult.malformed) this.malformedFrames++;
      else if (result === DepthResult.unknownInstrument) this.unknownFrames++;
    }
    return result;
  }

  /**
   * @hot True when the frame has the usual shape in every byte. After the name no check of `index` against
   * `end` is needed: the last three bytes are known to be TAIL, which no step but the last one passes over.
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
    const nameEnd = index;
    frame.instrument = instrument;
    frame.channel = channel;
    frame.isSlowPath = false;
    frame.entryCount = 1;
    if (!matches(bytes, end - TAIL.length, TAIL)) return false;

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

    index = this.#rows.scan(bytes, index, frame.askTicks, frame.askLots, instrument, true);
    if (index === UNUSUAL || !matches(bytes, index, BIDS_KEY)) return false;
    frame.askCount = this.#rows.count;
    frame.farAskCount = this.#rows.farCount;
    index = this.#rows.scan(bytes, index + BIDS_KEY.length, frame.bidTicks, frame.bidLots, instrument, false);
    if (index === UNUSUAL) return false;
    frame.bidCount = this.#rows.count;

    // books5 repeats the name after the rows.
    if (matches(bytes, index, INST_KEY)) {
      index += INST_KEY.length;
      for (let offset = nameStart; offset < nameEnd; offset++, index++) {
        if (bytes[index] !== bytes[offset]) return false;
      }
      if (bytes[index++] !== QUOTE) return false;
    }
    return this.#scanTail(bytes, index, frame) === end;
  }

  /**
   * @hot The fields after the rows, as the venue orders them: ts, then any of checksum, seqId and prevSeqId (the
   * documentation has the last two the other way round). Gives the offset after the frame, or UNUSUAL.
   */
  #scanTail(bytes: Uint8Array, start: number, frame: DepthFrame): number {
    if (!matches(bytes, start, TS_KEY)) return UNUSUAL;
    let index = start + TS_KEY.length;
    let value = 0;
    const tsStart = index;
    let digit = bytes[index]! - DIGIT_0;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = bytes[++index]! - DIGIT_0;
    }
    if (index === tsStart || index - tsStart > DIGITS_MAX || bytes[index] !== QUOTE) return UNUSUAL;
    frame.tsMs = value;
    index++;
    frame.checksum = 0;
    if (matches(bytes, index, CHECKSUM_KEY)) {
      index = this.#scanInteger(bytes, index + CHECKSUM_KEY.length);
      if (index === UNUSUAL) return UNUSUAL;
      const checksum = this.#number[0]!;
      if (checksum !== (checksum | 0)) return UNUSUAL;
      frame.checksum = checksum;
    }
    frame.seqId = NO_SEQUENCE;
    frame.prevSeqId = NO_SEQUENCE;
    // Two rounds, for either order. A field that comes twice is left for the slow path to judge.
    for (let round = 0; round < 2; round++) {
      if (frame.seqId === NO_SEQUENCE && matches(bytes, index, SEQ_KEY)) {
        index = this.#scanInteger(bytes, index + SEQ_KEY.length);
        if (index === UNUSUAL || this.#number[0]! < -1) return UNUSUAL;
        frame.seqId = this.#number[0]!;
      } else if (frame.prevSeqId === NO_SEQUENCE && matches(bytes, index, PREV_SEQ_KEY)) {
        index = this.#scanInteger(bytes, index + PREV_SEQ_KEY.length);
        if (index === UNUSUAL || this.#number[0]! < -1) return UNUSUAL;
        frame.prevSeqId = this.#number[0]!;
      }
    }
    return matches(bytes, index, TAIL) ? index + TAIL.length : UNUSUAL;
  }

  /** @hot A JSON integer at `start` into #number; gives the offset after it, or UNUSUAL. */
  #scanInteger(bytes: Uint8Array, start: number): number {
    const isNegative = bytes[start] === MINUS;
    const first = isNegative ? start + 1 : start;
    let index = first;
    let value = 0;
    let digit = bytes[index]! - DIGIT_0;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = bytes[++index]! - DIGIT_0;
    }
    const length = index - first;
    // JSON has no leading zeros, and -0 is not worth a thought here.
    if (length === 0 || length > DIGITS_MAX) return UNUSUAL;
    if (bytes[first] === DIGIT_0 && (length > 1 || isNegative)) return UNUSUAL;
    this.#number[0] = isNegative ? -value : value;
    return index;
  }
}
