/**
 * Client order ids that are an order's full name: one decimal integer that holds the run, the slot and its generation.
 *
 *     1 RRRRRRRR SSSS GGGGGG     19 digits, at most 1999999999999999999 < 2^63
 *     │ │        │    └ generation of the slot, 1 to 999999: tells words about its former order from this one's
 *     │ │        └ slot in the order table, 0 to 9999
 *     │ └ run of the engine, 0 to 99999999: leftovers of an earlier run are recognised and cleaned up
 *     └ a constant 1, so that every id has the same length and no leading zero
 *
 * A positive 63-bit integer is what the fills channel echoes and what SBE can carry.
 *
 * Owner:      the engine thread.
 * Invariants: what is written parses back to itself; anything that is not exactly 19 digits after this plan is not ours.
 * Cost:       19 bytes written or compared; no BigInt, no text, nothing allocates.
 */
import { writeFixed } from '../base/ascii-digits.ts';
import { assert } from '../base/assert.ts';

const CLIENT_ORDER_ID_LENGTH = 19;
export const RUN_MAX = 99_999_999;
const SLOT_MAX = 9_999;
export const GENERATION_MAX = 999_999;

const DIGIT_0 = 48;
const RUN_DIGITS = 8;
const SLOT_DIGITS = 4;
const GENERATION_DIGITS = 6;
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

/**
 * @hot Writes the last ten digits of an id: its first nine never change in a run, and are part of the encoder's pieces.
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

  /** @hot Fills the scratch and returns true when bytes[start, end) is an id of this plan; of any run. */
  parse(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== CLIENT_ORDER_ID_LENGTH || bytes[start] !== DIGIT_0 + 1) return false;
    const run = readDigits(bytes, start + 1, RUN_DIGITS);
    const slot = readDigits(bytes, start + 1 + RUN_DIGITS, SLOT_DIGITS);
    const generation = readDigits(bytes, start + 1 + RUN_DIGITS + SLOT_DIGITS, GENERATION_DIGITS);
    if (run < 0 || slot < 0 || generation < 1) return false;
    this.run = run;
    this.slot = slot;
    this.generation = generation;
    return true;
  }

  /** As `parse`, for text off the path. */
  parseText(text: string): boolean {
    return this.parse(ENCODER.encode(text), 0, text.length);
  }
}

/** The id as text, for REST and for reports. */
export function clientOrderIdText(run: number, slot: number, generation: number): string {
  assert(run >= 0 && run <= RUN_MAX, 'a run fits eight digits');
  const words = new DataView(new ArrayBuffer(SLOT_AND_GENERATION_BYTES));
  const end = writeSlotAndGeneration(words, 0, slot, generation);
  const last = DECODER.decode(words.buffer.slice(0, end));
  return `1${String(run).padStart(RUN_DIGITS, '0')}${last}`;
}

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder();
