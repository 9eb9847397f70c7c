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
import { TICKS_MAX } from '../base/units.ts';
import { CHANNEL_BYTES, DepthBeginning, HEAD, channelAt, matches } from './depth-beginning.ts';
import { DEPTH_ROWS_MAX, DepthChannel, DepthResult, NO_INSTRUMENT, type DepthFrame } from './depth-frame.ts';
import { DepthInstruments } from './depth-instruments.ts';
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

const POWERS_OF_TEN = Float64Array.from({ length: 19 }, (_, exponent) => 10 ** exponent);

/** Digits of a number that the scanner takes: below 10^15 every step of the arithmetic is exact. */
const DIGITS_MAX = 15;
/** Columns of a row after price and size: four in all today, three in historical files. */
const MORE_COLUMNS_MAX = 8;
/** The bytes of the shortest push: below it nothing can be of the usual shape. */
const FRAME_BYTES_MIN = 64;
const NAME_BYTES_MAX = 64;

const UNUSUAL = -1;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const DIGIT_0 = 0x30;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

export class DepthDecoder {
  /** Legal depth frames that took the slower road. */
  slowFrames = 0;
  malformedFrames = 0;
  unknownFrames = 0;

  readonly #instruments: DepthInstruments;
  readonly #slow: DepthSlowDecoder;
  // The grids of all instruments, flat: an index is cheaper than an object's field behind another's.
  readonly #tickDecimals: Int32Array;
  readonly #tickMantissas: Float64Array;
  readonly #lotDecimals: Int32Array;
  readonly #lotMantissas: Float64Array;
  /** Second results of the scanning functions, which return where they stopped. */
  #rowCount = 0;
  readonly #number = new Float64Array(1);

  constructor(instruments: readonly Instrument[]) {
    this.#instruments = new DepthInstruments(instruments);
    this.#slow = new DepthSlowDecoder(instruments);
    this.#tickDecimals = Int32Array.from(instruments, (instrument) => instrument.tick.decimals);
    this.#tickMantissas = Float64Array.from(instruments, (instrument) => instrument.tick.mantissa);
    this.#lotDecimals = Int32Array.from(instruments, (instrument) => instrument.lot.decimals);
    this.#lotMantissas = Float64Array.from(instruments, (instrument) => instrument.lot.mantissa);
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
   * @hot True when the frame has the usual shape in every byte. No check of `index` against `end` is needed on the
   * way: the last three bytes are known to be TAIL, which no step but the last one passes over.
   */
  #scan(bytes: Uint8Array, start: number, end: number, frame: DepthFrame, channel: DepthChannel): boolean {
    if (end - start < FRAME_BYTES_MIN || !matches(bytes, end - TAIL.length, TAIL)) return false;
    let index = start + HEAD.length + CHANNEL_BYTES[channel]!.length;
    if (!matches(bytes, index, NAME_KEY)) return false;
    index += NAME_KEY.length;
    const nameStart = index;
    const nameLimit = Math.min(nameStart + NAME_BYTES_MAX, end);
    while (index < nameLimit && bytes[index] !== QUOTE) index++;
    const instrument = this.#instruments.find(bytes, nameStart, index);
    if (instrument === NO_INSTRUMENT) return false;
    const nameEnd = index;
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

    index = this.#scanRows(bytes, index, frame.askTicks, frame.askLots, instrument);
    if (index === UNUSUAL || !matches(bytes, index, BIDS_KEY)) return false;
    frame.askCount = this.#rowCount;
    index = this.#scanRows(bytes, index + BIDS_KEY.length, frame.bidTicks, frame.bidLots, instrument);
    if (index === UNUSUAL) return false;
    frame.bidCount = this.#rowCount;

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

  /**
   * @hot Rows `["price","size","0","5"],...]` from `start`, which is after the opening bracket. Gives the offset after
   * the closing one and leaves the count in #rowCount, or gives UNUSUAL.
   */
  #scanRows(
    bytes: Uint8Array,
    start: number,
    ticks: Int32Array,
    lots: Float64Array,
    instrument: number,
  ): number {
    const tickDecimals = this.#tickDecimals[instrument]!;
    const tickMantissa = this.#tickMantissas[instrument]!;
    const lotDecimals = this.#lotDecimals[instrument]!;
    const lotMantissa = this.#lotMantissas[instrument]!;
    this.#rowCount = 0;
    let index = start;
    if (bytes[index] === CLOSE_BRACKET) return index + 1;
    for (let row = 0; row < DEPTH_ROWS_MAX; row++) {
      if (bytes[index] !== OPEN_BRACKET || bytes[index + 1] !== QUOTE) return UNUSUAL;
      index += 2;

      // The price. Digits after the point count against the grid's, and what is missing is made up by a power of ten.
      let count = 0;
      let digitsStart = index;
      let digit = bytes[index]! - DIGIT_0;
      while (digit >= 0 && digit <= 9) {
        count = count * 10 + digit;
        digit = bytes[++index]! - DIGIT_0;
      }
      let length = index - digitsStart;
      if (length === 0) return UNUSUAL;
      let missing = tickDecimals;
      if (bytes[index] === DOT) {
        digitsStart = ++index;
        digit = bytes[index]! - DIGIT_0;
        while (digit >= 0 && digit <= 9) {
          count = count * 10 + digit;
          digit = bytes[++index]! - DIGIT_0;
        }
        length += index - digitsStart;
        missing -= index - digitsStart;
        if (index === digitsStart || missing < 0) return UNUSUAL;
      }
      if (length > DIGITS_MAX || bytes[index] !== QUOTE) return UNUSUAL;
      if (missing > 0) count *= POWERS_OF_TEN[missing]!;
      if (count > Number.MAX_SAFE_INTEGER) return UNUSUAL;
      if (tickMantissa !== 1) {
        const whole = Math.floor(count / tickMantissa);
        if (whole * tickMantissa !== count) return UNUSUAL;
        count = whole;
      }
      if (count < 1 || count > TICKS_MAX) return UNUSUAL;
      ticks[row] = count;

      // The size, in the same way. Written out again: a shared function would have to return two numbers.
      if (bytes[index + 1] !== COMMA || bytes[index + 2] !== QUOTE) return UNUSUAL;
      index += 3;
      count = 0;
      digitsStart = index;
      digit = bytes[index]! - DIGIT_0;
      while (digit >= 0 && digit <= 9) {
        count = count * 10 + digit;
        digit = bytes[++index]! - DIGIT_0;
      }
      length = index - digitsStart;
      if (length === 0) return UNUSUAL;
      missing = lotDecimals;
      if (bytes[index] === DOT) {
        digitsStart = ++index;
        digit = bytes[index]! - DIGIT_0;
        while (digit >= 0 && digit <= 9) {
          count = count * 10 + digit;
          digit = bytes[++index]! - DIGIT_0;
        }
        length += index - digitsStart;
        missing -= index - digitsStart;
        if (index === digitsStart || missing < 0) return UNUSUAL;
      }
      if (length > DIGITS_MAX || bytes[index] !== QUOTE) return UNUSUAL;
      if (missing > 0) count *= POWERS_OF_TEN[missing]!;
      if (count > Number.MAX_SAFE_INTEGER) return UNUSUAL;
      if (lotMantissa !== 1) {
        const whole = Math.floor(count / lotMantissa);
        if (whole * lotMantissa !== count) return UNUSUAL;
        count = whole;
      }
      lots[row] = count;
      index++;

      // What else the row has (a dead field and the number of orders) is not ours, but must be digits.
      for (let column = 0; column < MORE_COLUMNS_MAX && bytes[index] === COMMA; column++) {
        if (bytes[index + 1] !== QUOTE) return UNUSUAL;
        index += 2;
        digit = bytes[index]! - DIGIT_0;
        while (digit >= 0 && digit <= 9) digit = bytes[++index]! - DIGIT_0;
        if (bytes[index] !== QUOTE) return UNUSUAL;
        index++;
      }
      if (bytes[index] !== CLOSE_BRACKET) return UNUSUAL;
      index++;
      if (bytes[index] === CLOSE_BRACKET) {
        this.#rowCount = row + 1;
        return index + 1;
      }
      if (bytes[index] !== COMMA) return UNUSUAL;
      index++;
    }
    return UNUSUAL;
  }
}
