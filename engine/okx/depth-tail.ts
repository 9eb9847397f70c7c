/**
 * The end of a depth push, after its rows: time, checksum and sequence numbers.
 *
 *     ,"ts":"1763676600105","checksum":0,"seqId":81234567044,"prevSeqId":81234567001}]}
 *
 * Owner:      the decoder that built it.
 * Invariants: the frame's last bytes are known to be `}]}` when a scan begins, so that no step passes over its end.
 * Cost:       some 8 ns of the usual shape by words, 15 where leading digits change, 120 by bytes; nothing allocates once
 *             constructed.
 */
import { NO_SEQUENCE } from '../base/depth-rows.ts';
import { UNUSUAL, matches } from './depth-beginning.ts';
import type { DepthFrame } from './depth-frame.ts';
import { doubleOf, wordOf } from './depth-words.ts';

const ENCODER = new TextEncoder();
const TS_KEY = ENCODER.encode(',"ts":"');
const CHECKSUM_KEY = ENCODER.encode(',"checksum":');
const SEQ_KEY = ENCODER.encode(',"seqId":');
const PREV_SEQ_KEY = ENCODER.encode(',"prevSeqId":');
const TAIL = ENCODER.encode('}]}');
const TAIL_BYTES = TAIL.length;

const USUAL_TS = wordOf(',"ts');
const USUAL_TS_END = wordOf('s":"');
/** The key of the time and its digits. */
const USUAL_TIME_BYTES = 7 + 13;
const USUAL_CHECKSUM = '","checksum":0,"seqId":';
const USUAL_CHECKSUM_BYTES = USUAL_CHECKSUM.length;
const USUAL_CHECKSUM_0 = doubleOf(USUAL_CHECKSUM, 0);
const USUAL_CHECKSUM_8 = doubleOf(USUAL_CHECKSUM, 8);
const USUAL_CHECKSUM_15 = doubleOf(USUAL_CHECKSUM, 15);
const USUAL_PREV = ',"prevSeqId":';
const USUAL_PREV_BYTES = USUAL_PREV.length;
const USUAL_PREV_0 = doubleOf(USUAL_PREV, 0);
const USUAL_PREV_5 = doubleOf(USUAL_PREV, 5);
/** All but the digits of the sequence numbers. */
const USUAL_BYTES = USUAL_TIME_BYTES + USUAL_CHECKSUM_BYTES + USUAL_PREV_BYTES + TAIL_BYTES;
/** Digits of sequence numbers that the words take. The venue's have had 10 to 12 since 2023. */
const SEQ_DIGITS_MIN = 9;
const SEQ_DIGITS_MAX = 12;
/** What to keep of the first of three words, by the digits that it holds. */
const FIRST_MASKS = Int32Array.of(0, 0xff000000, 0xffff0000, 0xffffff00, -1, 0, 0, 0);

/** Digits of a number that the scanner takes: below 10^15 every step of the arithmetic is exact. */
const DIGITS_MAX = 15;
const QUOTE = 0x22;
const MINUS = 0x2d;
const DIGIT_0 = 0x30;

/** @hot As in depth-row-scanner, and again here: the compiler knows a file's own constants, imported ones it looks up. */
const fourDigits = (values: number): number => {
  const pairs = (Math.imul(values, 2561) >>> 8) & 0x00ff00ff;
  return Math.imul(pairs, 0x00640001) >>> 16;
};

/** @hot As there. */
const digitMarks = (values: number): number => (values + 0x76767676) | values;

export class DepthTail {
  /** The second result of #scanInteger, which returns where it stopped. */
  readonly #number = new Float64Array(1);
  /** Digits of the last sequence number: with them all places are known from the frame's end, before the rows are read. */
  #digits = SEQ_DIGITS_MAX;
  /** The last key and first nine digits of a time, as two doubles, and what they are worth. NaN is no text. */
  readonly #time = new Float64Array(3).fill(NaN);
  /** By instrument: all but the last four digits of a sequence number, and what they are worth. */
  readonly #highTexts: Float64Array;
  readonly #highValues: Float64Array;

  constructor(instruments: number) {
    this.#highTexts = new Float64Array(instruments).fill(NaN);
    this.#highValues = new Float64Array(instruments);
  }

  /**
   * @hot True when the tail in [start, end) has the usual shape with the usual numbers of digits; fills the frame. Of a
   * number only the last four digits are computed: those before them are mostly those of the message before.
   */
  scanWords(view: DataView, start: number, end: number, frame: DepthFrame, instrument: number): boolean {
    let digits = this.#digits | 0;
    if (((end - start - USUAL_BYTES) | 0) !== digits << 1) {
      // Both sequence numbers have as many digits, so what is left says how many.
      digits = (end - start - USUAL_BYTES) >> 1;
      if (digits < SEQ_DIGITS_MIN || digits > SEQ_DIGITS_MAX) return false;
      if (((end - start - USUAL_BYTES) | 0) !== digits << 1) return false;
      this.#digits = digits;
    }
    const prevEnd = (end - TAIL_BYTES) | 0;
    const seqEnd = (prevEnd - digits - USUAL_PREV_BYTES) | 0;
    const checksumAt = (seqEnd - digits - USUAL_CHECKSUM_BYTES) | 0;
    if (view.getFloat64(checksumAt, true) !== USUAL_CHECKSUM_0) return false;
    if (view.getFloat64((checksumAt + 8) | 0, true) !== USUAL_CHECKSUM_8) return false;
    if (view.getFloat64((checksumAt + 15) | 0, true) !== USUAL_CHECKSUM_15) return false;
    if (view.getFloat64(seqEnd, true) !== USUAL_PREV_0) return false;
    if (view.getFloat64((seqEnd + 5) | 0, true) !== USUAL_PREV_5) return false;

    const time = this.#time;
    const timeAt = (checksumAt - USUAL_TIME_BYTES) | 0;
    if (
      (view.getFloat64(timeAt, true) !== time[0] || view.getFloat64((timeAt + 8) | 0, true) !== time[1]) &&
      !this.#readTime(view, timeAt)
    ) {
      return false;
    }
    const highTexts = this.#highTexts;
    const highValues = this.#highValues;
    // The number before comes first: where the leading digits change, it still has the former ones.
    if (
      view.getFloat64((prevEnd - 12) | 0, true) !== highTexts[instrument] &&
      !this.#readHigh(view, prevEnd, digits, instrument)
    ) {
      return false;
    }
    const prevHigh = highValues[instrument]!;
    if (
      view.getFloat64((seqEnd - 12) | 0, true) !== highTexts[instrument] &&
      !this.#readHigh(view, seqEnd, digits, instrument)
    ) {
      return false;
    }
    const seqHigh = highValues[instrument]!;
    const ms = view.getInt32((checksumAt - 4) | 0, true) ^ 0x30303030;
    const seq = view.getInt32((seqEnd - 4) | 0, true) ^ 0x30303030;
    const prev = view.getInt32((prevEnd - 4) | 0, true) ^ 0x30303030;
    if (((digitMarks(ms) | digitMarks(seq) | digitMarks(prev)) & -0x7f7f7f80) !== 0) return false;
    frame.tsMs = time[2]! + fourDigits(ms);
    frame.checksum = 0;
    frame.seqId = seqHigh + fourDigits(seq);
    frame.prevSeqId = prevHigh + fourDigits(prev);
    return true;
  }

  /** @hot Reads and remembers the key at `at` and the first nine digits of the time after it: another 10 s begin. */
  #readTime(view: DataView, at: number): boolean {
    const key = (view.getInt32(at, true) ^ USUAL_TS) | (view.getInt32((at + 3) | 0, true) ^ USUAL_TS_END);
    const first = (view.getUint8((at + 7) | 0) - DIGIT_0) | 0;
    const high = view.getInt32((at + 8) | 0, true) ^ 0x30303030;
    const low = view.getInt32((at + 12) | 0, true) ^ 0x30303030;
    const marks = (digitMarks(high) | digitMarks(low)) & -0x7f7f7f80;
    if ((key | marks) !== 0 || first < 0 || first > 9) return false;
    const time = this.#time;
    time[0] = view.getFloat64(at, true);
    time[1] = view.getFloat64((at + 8) | 0, true);
    time[2] = first * 1e12 + fourDigits(high) * 1e8 + fourDigits(low) * 1e4;
    return true;
  }

  /** @hot The same of the digits of the sequence number that ends at `end`, but for the last four. */
  #readHigh(view: DataView, end: number, digits: number, instrument: number): boolean {
    // JSON has no leading zeros.
    if (view.getUint8((end - digits) | 0) === DIGIT_0) return false;
    const mask = FIRST_MASKS[(digits - 8) & 7]!;
    const high = (view.getInt32((end - 12) | 0, true) ^ 0x30303030) & mask;
    const low = view.getInt32((end - 8) | 0, true) ^ 0x30303030;
    if (((digitMarks(high) | digitMarks(low)) & -0x7f7f7f80) !== 0) return false;
    this.#highTexts[instrument] = view.getFloat64((end - 12) | 0, true);
    this.#highValues[instrument] = fourDigits(high) * 1e8 + fourDigits(low) * 1e4;
    return true;
  }

  /**
   * @hot The fields after the rows, as the venue orders them: ts, then any of checksum, seqId and prevSeqId (the
   * documentation has the last two the other way round). Gives the offset after the frame, or UNUSUAL.
   */
  scan(bytes: Uint8Array, start: number, frame: DepthFrame): number {
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
