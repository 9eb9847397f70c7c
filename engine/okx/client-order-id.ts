/**
 * Client order ids that are an order's full name: the run, the slot and its generation, by one of two plans.
 *
 *     1 RRRRRRRR SSSS GGGGGG     19 digits, at most 1999999999999999999 < 2^63
 *     │ │        │    └ generation of the slot, 1 to 999999: tells words about its former order from this one's
 *     │ │        └ slot in the order table, 0 to 9999
 *     │ └ run of the engine, 0 to 99999999: leftovers of an earlier run are recognised and cleaned up
 *     └ a constant 1, so that every id has the same length and no leading zero
 *
 *     TAG rrrrrr SSSS GGGGGG     the tag (1 to 16 letters and digits) and 16 more: 32 at most, which is all that OKX takes
 *         └ the same run in base 36, since eight digits more would not fit behind a tag of sixteen
 *
 * The first is a positive 63-bit integer: what the fills channel echoes and what SBE can carry. The second is for those
 * whose books read the broker from the id; the fills channel does not tell it. Slot and generation stand alike in both.
 * Ids of both plans are read, whichever a run writes: the run before may have been configured otherwise.
 *
 * Owner:      the engine thread.
 * Invariants: what is written parses back to itself; anything that is not exactly of one of the plans is not ours.
 * Cost:       19 to 32 bytes written or compared; no BigInt, no text, nothing allocates.
 */
import { writeFixed } from '../base/ascii-digits.ts';
import { assert } from '../base/assert.ts';

const CLIENT_ORDER_ID_LENGTH = 19;
export const RUN_MAX = 99_999_999;
export const SLOT_MAX = 9_999;
export const GENERATION_MAX = 999_999;

const DIGIT_0 = 48;
const RUN_DIGITS = 8;
const LETTER_A = 97;
/** Of a run behind a tag: 36^6 is beyond any run. */
const SHORT_RUN_DIGITS = 6;
const SHORT_RUN_BASE = 36;
const SLOT_DIGITS = 4;
const GENERATION_DIGITS = 6;
/** Length of what never changes in a run, and the ten digits behind it. */
const SLOT_AND_GENERATION_DIGITS = SLOT_DIGITS + GENERATION_DIGITS;
/** Ten digits, and what writing them may overwrite. */
const SLOT_AND_GENERATION_BYTES = 16;

/** @hot The integer in bytes[start, start + digits), or -1 when one of them is not a digit. */
function readDigits(bytes: Uint8Array, start: number, digits: number): number {
  let value = 0;
  for (let index = start; index < start + digits; index++) {
    const digit = bytes[index]! - DIGIT_0;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** @hot The same of a run in base 36: digits and small letters. */
function readShortRun(bytes: Uint8Array, start: number): number {
  let value = 0;
  for (let index = start; index < start + SHORT_RUN_DIGITS; index++) {
    const byte = bytes[index]!;
    const digit = byte >= LETTER_A ? byte - LETTER_A + 10 : byte - DIGIT_0;
    // Between the digits and the letters lies what is neither.
    const isDigit = digit >= 0 && digit < SHORT_RUN_BASE && (byte >= LETTER_A || digit <= 9);
    if (!isDigit) return -1;
    value = value * SHORT_RUN_BASE + digit;
  }
  return value;
}

/**
 * @hot Writes the last ten digits of an id: what stands before never changes in a run, and are part of the encoder's pieces.
 * Returns the offset after them; up to three bytes behind may be overwritten.
 */
export function writeSlotAndGeneration(
  words: DataView,
  offset: number,
  slot: number,
  generation: number,
): number {
  assert(slot >= 0 && slot <= SLOT_MAX, 'a slot fits four digits');
  assert(generation >= 1 && generation <= GENERATION_MAX, 'a generation is 1 to 999999');
  return writeFixed(words, writeFixed(words, offset, slot, SLOT_DIGITS), generation, GENERATION_DIGITS);
}

/** The parts of a client order id; a scratch that `parse` fills. */
export class ClientOrderId {
  run = 0;
  slot = 0;
  generation = 0;
  readonly #tag: Uint8Array;
  readonly #isTagFirst: boolean;

  /**
   * @param tag read in front of ids, too; "" for ids of digits alone
   * @param isTagFirst this run writes ids with the tag. Matters for a tag of three digits alone, with which an id is of both
   *                   plans; slot and generation are the same by either
   */
  constructor(tag = '', isTagFirst = false) {
    this.#tag = ENCODER.encode(tag);
    this.#isTagFirst = isTagFirst;
  }

  /** @hot Fills the scratch and returns true when bytes[start, end) is an id of one of the plans; of any run. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    return this.#isTagFirst
      ? this.#parseTagged(bytes, start, end) || this.#parseDigits(bytes, start, end)
      : this.#parseDigits(bytes, start, end) || this.#parseTagged(bytes, start, end);
  }

  #parseDigits(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== CLIENT_ORDER_ID_LENGTH || bytes[start] !== DIGIT_0 + 1) return false;
    return this.#set(readDigits(bytes, start + 1, RUN_DIGITS), bytes, end);
  }

  #parseTagged(bytes: Uint8Array, start: number, end: number): boolean {
    const tag = this.#tag;
    const { length } = tag;
    const isLong = end - start === length + SHORT_RUN_DIGITS + SLOT_AND_GENERATION_DIGITS;
    if (length === 0 || !isLong) return false;
    for (let index = 0; index < length; index++) if (bytes[start + index] !== tag[index]) return false;
    return this.#set(readShortRun(bytes, start + length), bytes, end);
  }

  /** Slot and generation are the last ten digits by both plans. */
  #set(run: number, bytes: Uint8Array, end: number): boolean {
    const slot = readDigits(bytes, end - SLOT_AND_GENERATION_DIGITS, SLOT_DIGITS);
    const generation = readDigits(bytes, end - GENERATION_DIGITS, GENERATION_DIGITS);
    if (run < 0 || run > RUN_MAX || slot < 0 || generation < 1) return false;
    this.run = run;
    this.slot = slot;
    this.generation = generation;
    return true;
  }

  /** As `parse`, for text off the path. */
  parseText(text: string): boolean {
    const bytes = ENCODER.encode(text);
    return this.parse(bytes, 0, bytes.length);
  }
}

/** What every id of a run begins with. @param tag in front of ids that carry it, "" for ids of digits alone */
export function runPrefix(run: number, tag = ''): string {
  assert(run >= 0 && run <= RUN_MAX, 'a run fits eight digits');
  if (tag === '') return `1${String(run).padStart(RUN_DIGITS, '0')}`;
  return tag + run.toString(SHORT_RUN_BASE).padStart(SHORT_RUN_DIGITS, '0');
}

/** The id as text, for REST and for reports. @param tag as for `runPrefix` */
export function clientOrderIdText(run: number, slot: number, generation: number, tag = ''): string {
  const words = new DataView(new ArrayBuffer(SLOT_AND_GENERATION_BYTES));
  const end = writeSlotAndGeneration(words, 0, slot, generation);
  return runPrefix(run, tag) + DECODER.decode(words.buffer.slice(0, end));
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
