/**
 * The end of a depth push, after its rows: time, checksum and sequence numbers.
 *
 *     ,"ts":"1763676600105","checksum":0,"seqId":81234567044,"prevSeqId":81234567001}]}
 *
 * Owner:      the decoder that built it.
 * Invariants: the frame's last bytes are known to be `}]}` when a scan begins, so that no step passes over its end.
 * Cost:       about 15 ns of the usual shape by words, 120 by bytes; nothing allocates once constructed.
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
const USUAL_CHECKSUM = '","checksum":0,"seqId":';
const USUAL_CHECKSUM_0 = doubleOf(USUAL_CHECKSUM, 0);
const USUAL_CHECKSUM_8 = doubleOf(USUAL_CHECKSUM, 8);
const USUAL_CHECKSUM_15 = doubleOf(USUAL_CHECKSUM, 15);
const USUAL_PREV = ',"prevSeqId":';
const USUAL_PREV_0 = doubleOf(USUAL_PREV, 0);
const USUAL_PREV_5 = doubleOf(USUAL_PREV, 5);
const USUAL_TS_DIGITS = 13;
const USUAL_TS_AT = 7;
const USUAL_SEQ_AT = USUAL_TS_AT + USUAL_TS_DIGITS + USUAL_CHECKSUM.length;
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

  /** @hot True when the tail in [start, end) has the usual shape with the usual numbers of digits; fills the frame. */
  scanWords(view: DataView, start: number, end: number, frame: DepthFrame): boolean {
    // Both sequence numbers have as many digits, so what is left says how many.
    const digits = (end - start - (USUAL_SEQ_AT + USUAL_PREV.length + TAIL_BYTES)) >> 1;
    if (digits < SEQ_DIGITS_MIN || digits > SEQ_DIGITS_MAX) return false;
    const tsAt = (start + USUAL_TS_AT) | 0;
    const seqEnd = (start + USUAL_SEQ_AT + digits) | 0;
    const prevEnd = (end - TAIL_BYTES) | 0;
    if (
      ((view.getInt32(start, true) ^ USUAL_TS) | (view.getInt32((start + 3) | 0, true) ^ USUAL_TS_END)) !==
      0
    )
      return false;
    if (view.getFloat64((tsAt + USUAL_TS_DIGITS) | 0, true) !== USUAL_CHECKSUM_0) return false;
    if (view.getFloat64((tsAt + USUAL_TS_DIGITS + 8) | 0, true) !== USUAL_CHECKSUM_8) return false;
    if (view.getFloat64((tsAt + USUAL_TS_DIGITS + 15) | 0, true) !== USUAL_CHECKSUM_15) return false;
    if (view.getFloat64(seqEnd, true) !== USUAL_PREV_0) return false;
    if (view.getFloat64((seqEnd + 5) | 0, true) !== USUAL_PREV_5) return false;
    if (((prevEnd - seqEnd - USUAL_PREV.length) | 0) !== digits) return false;
    const ts0 = view.getInt32(tsAt, true) ^ 0x30303030;
    const ts4 = view.getInt32((tsAt + 4) | 0, true) ^ 0x30303030;
    const ts8 = view.getInt32((tsAt + 8) | 0, true) ^ 0x30303030;
    const ts9 = view.getInt32((tsAt + 9) | 0, true) ^ 0x30303030;
    let marks = digitMarks(ts0) | digitMarks(ts4) | digitMarks(ts8) | digitMarks(ts9);
    const firstMask = FIRST_MASKS[(digits - 8) & 7]!;
    const seq0 = (view.getInt32((seqEnd - 12) | 0, true) ^ 0x30303030) & firstMask;
    const seq4 = view.getInt32((seqEnd - 8) | 0, true) ^ 0x30303030;
    const seq8 = view.getInt32((seqEnd - 4) | 0, true) ^ 0x30303030;
    marks |= digitMarks(seq0) | digitMarks(seq4) | digitMarks(seq8);
    const prev0 = (view.getInt32((prevEnd - 12) | 0, true) ^ 0x30303030) & firstMask;
    const prev4 = view.getInt32((prevEnd - 8) | 0, true) ^ 0x30303030;
    const prev8 = view.getInt32((prevEnd - 4) | 0, true) ^ 0x30303030;
    marks |= digitMarks(prev0) | digitMarks(prev4) | digitMarks(prev8);
    if ((marks & -0x7f7f7f80) !== 0) return false;
    // JSON has no leading zeros.
    if (view.getUint8((seqEnd - digits) | 0) === DIGIT_0 || view.getUint8((prevEnd - digits) | 0) === DIGIT_0)
      return false;
    const tsHigh = (Math.imul(fourDigits(ts0), 10_000) + fourDigits(ts4)) | 0;
    frame.tsMs = tsHigh * 100_000 + ((Math.imul(fourDigits(ts8), 10) + (ts9 >>> 24)) | 0);
    frame.checksum = 0;
    frame.seqId =
      fourDigits(seq0) * 100_000_000 + ((Math.imul(fourDigits(seq4), 10_000) + fourDigits(seq8)) | 0);
    frame.prevSeqId =
      fourDigits(prev0) * 100_000_000 + ((Math.imul(fourDigits(prev4), 10_000) + fourDigits(prev8)) | 0);
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
