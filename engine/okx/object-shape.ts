/**
 * The shape of an object that comes again and again: its keys, in their order. The venue's rows are alike, so a row is first
 * compared with the one before: a key that is where it was needs no search for its end and no look-up.
 *
 *     text     {"instType": ,"instId": ,"ccy": …        what stands before each value, one after the other
 *     field    -1            0          -1              what the decoder calls it, or -1
 *
 * Owner:      the engine thread; one a decoder and a kind of row.
 * Invariants: what `read` takes is legal JSON and gives what walking the row would give; anything else (another order, white
 *             space, an escape in a value that is asked for or not) it leaves alone, for the caller to walk and learn.
 * Cost:       a comparison for eight bytes of the keys and a table look-up a byte of the values, a quarter of what walking
 *             costs. Nothing allocates but a view of the bytes where they are in another array than the last time.
 */
import type { JsonCursor } from './json-cursor.ts';
import { JsonKind } from './json-cursor.ts';

const KEYS_MAX = 96;
const TEXT_BYTES_MAX = 2_048;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** 1 for a byte that a text goes on after: all but its end, escapes, and control characters, which are illegal. */
const GOES_ON = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(byte >= 0x20 && byte !== QUOTE && byte !== BACKSLASH),
);

export class ObjectShape {
  readonly #text = new Uint8Array(TEXT_BYTES_MAX);
  readonly #textView = new DataView(this.#text.buffer);
  /** The received bytes as words, and the array that this is a view of. */
  #viewed: Uint8Array = this.#text;
  #view: DataView = this.#textView;
  /** Where the text before each value ends. */
  readonly #textEnd = new Int32Array(KEYS_MAX);
  readonly #field = new Int16Array(KEYS_MAX);
  /** Keys of the shape that `read` goes by; 0 while there is none. */
  #count = 0;
  /** Keys learned so far; -1 when this object cannot be learned. */
  #learned = 0;

  /** The object that is about to be walked is to be learned; what was known is forgotten. */
  begin(): void {
    this.#count = 0;
    this.#learned = 0;
  }

  /** Learns the key that the cursor has just moved to. */
  add(cursor: JsonCursor, field: number): void {
    const learned = this.#learned;
    if (learned < 0) return;
    const { bytes, keyStart, keyEnd } = cursor;
    let at = learned === 0 ? 0 : this.#textEnd[learned - 1]!;
    if (learned === KEYS_MAX || at + keyEnd - keyStart + 4 > TEXT_BYTES_MAX) {
      this.#learned = -1;
      return;
    }
    const text = this.#text;
    text[at++] = learned === 0 ? OPEN_OBJECT : COMMA;
    text[at++] = QUOTE;
    for (let index = keyStart; index < keyEnd; index++) {
      // A key with an escape must be noticed by the cursor, every time.
      if (bytes[index] === BACKSLASH) {
        this.#learned = -1;
        return;
      }
      text[at++] = bytes[index]!;
    }
    text[at++] = QUOTE;
    text[at++] = COLON;
    this.#textEnd[learned] = at;
    this.#field[learned] = field;
    this.#learned = learned + 1;
  }

  /** The walk came to the object's end. */
  finish(): void {
    this.#count = Math.max(0, this.#learned);
  }

  /**
   * @hot Reads the object at the cursor's position if it has the shape that was learned: stores the range of the value of
   * every field that it has (empty for anything but a text or a number) and moves the cursor behind it. Otherwise false, and
   * the cursor is where it was; ranges may then hold anything.
   */
  read(cursor: JsonCursor, fieldStart: Int32Array, fieldEnd: Int32Array): boolean {
    if (this.#count === 0) return false;
    const { bytes } = cursor;
    if (bytes !== this.#viewed) {
      this.#viewed = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    const start = cursor.position;
    const position = this.#match(cursor, start, fieldStart, fieldEnd);
    cursor.position = position < 0 ? start : position;
    return position >= 0;
  }

  #match(cursor: JsonCursor, from: number, fieldStart: Int32Array, fieldEnd: Int32Array): number {
    const { bytes, end } = cursor;
    const view = this.#view;
    const text = this.#textView;
    const count = this.#count;
    let position = from;
    let at = 0;
    for (let key = 0; key < count; key++) {
      const textEnd = this.#textEnd[key]!;
      // A value and the bracket behind it are to come. No access outside of the array: that would be a deoptimisation.
      if (position + textEnd - at >= end) return -1;
      if (!areEqual(view, position, text, at, textEnd - at)) return -1;
      position += textEnd - at;
      at = textEnd;
      let valueStart = position;
      let valueEnd = position;
      if (bytes[position] === QUOTE) {
        valueStart = ++position;
        while (position < end && GOES_ON[bytes[position]!] === 1) position++;
        if (position >= end || bytes[position] !== QUOTE) return -1;
        valueEnd = position++;
      } else {
        cursor.position = position;
        if (!cursor.skipValue()) return -1;
        position = cursor.position;
        if (cursor.kind === JsonKind.number) valueEnd = position;
      }
      const field = this.#field[key]!;
      if (field >= 0) {
        fieldStart[field] = valueStart;
        fieldEnd[field] = valueEnd;
      }
    }
    return position < end && bytes[position] === CLOSE_OBJECT ? position + 1 : -1;
  }
}

/**
 * @hot Whether `length` bytes of both are equal; at least four, as the text before a value has. Eight are compared as a
 * double, the last of them together with some that were compared before: ASCII is never NaN nor zero, and any other two
 * doubles are equal exactly when their bytes are. (What is not ASCII is not found equal to itself, and then walked.)
 */
function areEqual(a: DataView, aAt: number, b: DataView, bAt: number, length: number): boolean {
  const last = length - 8;
  if (last < 0) {
    const lastWord = length - 4;
    return (
      a.getInt32(aAt, true) === b.getInt32(bAt, true) &&
      a.getInt32(aAt + lastWord, true) === b.getInt32(bAt + lastWord, true)
    );
  }
  for (let offset = 0; offset < last; offset += 8) {
    if (a.getFloat64(aAt + offset, true) !== b.getFloat64(bAt + offset, true)) return false;
  }
  return a.getFloat64(aAt + last, true) === b.getFloat64(bAt + last, true);
}
