/**
 * A walker over JSON bytes that builds nothing: the caller enters objects and arrays, compares keys with preset bytes, and
 * takes values as byte ranges. Any white space, any order of fields and any nesting below DEPTH_MAX is walked; what is not
 * legal JSON ends the walk with `hasFailed`, and nothing after that is given out.
 *
 *     cursor.reset(bytes, start, end);
 *     if (cursor.enterObject()) {
 *       while (cursor.nextKey()) {
 *         if (cursor.keyIs(CODE)) cursor.readValue();      every key's value is read, skipped or entered
 *         else cursor.skipValue();
 *       }
 *     }
 *     const isLegal = cursor.finish();
 *
 * Owner:      the engine thread; one cursor a decoder.
 * Invariants: position never passes end; every value walked over is legal JSON (RFC 8259), its text's UTF-8 unchecked.
 * Cost:       one pass over the bytes; nothing allocates once constructed.
 */

/** What kind of value `readValue` found. `none` before the first and after a failure. */
export const JsonKind = { none: 0, string: 1, number: 2, literal: 3, object: 4, array: 5 } as const;
export type JsonKind = (typeof JsonKind)[keyof typeof JsonKind];

/** Nesting beyond this is refused: OKX nests four levels, and a hostile frame must not cost more than its bytes. */
const DEPTH_MAX = 32;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

const TRUE = asciiBytes('true');
const FALSE = asciiBytes('false');
const NULL = asciiBytes('null');

/** Preset bytes for `keyIs` and `valueIs`; made once, when a module loads. */
export function asciiBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export class JsonCursor {
  bytes: Uint8Array = new Uint8Array(0);
  position = 0;
  end = 0;
  hasFailed = false;
  keyStart = 0;
  keyEnd = 0;
  kind: JsonKind = JsonKind.none;
  /** The value's range; of a string without its quotes, and raw: escapes are not resolved, see `hasEscape`. */
  valueStart = 0;
  valueEnd = 0;
  /**
   * Whether a key, or a value taken with `readValue`, held an escape. OKX never escapes the texts that decoders compare, but
   * JSON lets anybody do so: a decoder that sees this set reads the frame again, with escapes resolved (`resolveEscapes`).
   */
  hasEscape = false;
  #isFirst = false;
  /** Whether the text scanned last held an escape. */
  #isEscaped = false;
  /** 1 for an object and 0 for an array, for every level that `skipValue` is inside of. */
  readonly #levels = new Uint8Array(DEPTH_MAX);

  reset(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
    this.hasFailed = false;
    this.keyStart = start;
    this.keyEnd = start;
    this.kind = JsonKind.none;
    this.valueStart = start;
    this.valueEnd = start;
    this.hasEscape = false;
    this.#isFirst = false;
    this.#isEscaped = false;
  }

  /** @hot Steps into an object; false, and the walk has failed, when the next value is something else. */
  enterObject(): boolean {
    return this.#enter(OPEN_OBJECT);
  }

  /** @hot Steps into an array; false, and the walk has failed, when the next value is something else. */
  enterArray(): boolean {
    return this.#enter(OPEN_ARRAY);
  }

  #enter(bracket: number): boolean {
    if (this.hasFailed || this.#peek() !== bracket) return this.#fail();
    this.position++;
    this.#isFirst = true;
    return true;
  }

  /** @hot Moves to the object's next key and past its colon; false at the object's end, which is consumed, or on failure. */
  nextKey(): boolean {
    if (this.hasFailed) return false;
    let byte = this.#peek();
    if (byte === CLOSE_OBJECT) return this.#leave();
    if (!this.#isFirst) {
      if (byte !== COMMA) return this.#fail();
      this.position++;
      byte = this.#peek();
    }
    this.#isFirst = false;
    if (byte !== QUOTE || !this.#scanString()) return this.#fail();
    this.keyStart = this.valueStart;
    this.keyEnd = this.valueEnd;
    if (this.#peek() !== COLON) return this.#fail();
    this.position++;
    return true;
  }

  /** @hot Moves to the array's next element; false at the array's end, which is consumed, or on failure. */
  nextElement(): boolean {
    if (this.hasFailed) return false;
    const byte = this.#peek();
    if (byte === CLOSE_ARRAY) return this.#leave();
    if (this.#isFirst) {
      this.#isFirst = false;
      return byte < 0 ? this.#fail() : true;
    }
    if (byte !== COMMA) return this.#fail();
    this.position++;
    // A bracket right after a comma is not a value: reading it fails.
    return true;
  }

  /** @hot Whether the present key is exactly these bytes. */
  keyIs(expected: Uint8Array): boolean {
    return rangeIs(this.bytes, this.keyStart, this.keyEnd, expected);
  }

  /** @hot Whether the value read last is a string of exactly these bytes. */
  valueIs(expected: Uint8Array): boolean {
    return this.kind === JsonKind.string && rangeIs(this.bytes, this.valueStart, this.valueEnd, expected);
  }

  /** @hot What the next value is, without taking it. */
  peekKind(): JsonKind {
    const byte = this.hasFailed ? -1 : this.#peek();
    if (byte === QUOTE) return JsonKind.string;
    if (byte === OPEN_OBJECT) return JsonKind.object;
    if (byte === OPEN_ARRAY) return JsonKind.array;
    if (byte === MINUS || (byte >= DIGIT_0 && byte <= DIGIT_9)) return JsonKind.number;
    return byte < 0 ? JsonKind.none : JsonKind.literal;
  }

  /** @hot Takes the next value, whole, whatever it is; its range and kind are left in the cursor. */
  readValue(): boolean {
    if (!this.skipValue()) return false;
    if (this.kind === JsonKind.string && this.#isEscaped) this.hasEscape = true;
    return true;
  }

  /** @hot Passes over the next value, whole, whatever it is. */
  skipValue(): boolean {
    if (this.hasFailed) return false;
    const byte = this.#peek();
    const start = this.position;
    if (byte === QUOTE) {
      if (!this.#scanText()) return this.#fail();
      this.kind = JsonKind.string;
      return true;
    }
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (!this.#skipNested()) return this.#fail();
      this.kind = byte === OPEN_OBJECT ? JsonKind.object : JsonKind.array;
    } else if (!this.#scanScalar(byte)) {
      return this.#fail();
    }
    this.valueStart = start;
    this.valueEnd = this.position;
    return true;
  }

  /** True when the walk came to the end of the bytes without a failure: nothing but white space is left. */
  finish(): boolean {
    if (this.hasFailed) return false;
    return this.#peek() < 0 ? true : this.#fail();
  }

  #leave(): boolean {
    this.position++;
    this.#isFirst = false;
    return false;
  }

  #fail(): boolean {
    this.hasFailed = true;
    this.kind = JsonKind.none;
    this.valueStart = this.valueEnd = this.end;
    return false;
  }

  /** The next byte that is not white space, or -1 at the end. */
  #peek(): number {
    const bytes = this.bytes;
    let position = this.position;
    const end = this.end;
    while (position < end) {
      const byte = bytes[position]!;
      if (byte > 0x20) {
        this.position = position;
        return byte;
      }
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) {
        this.position = position;
        return byte;
      }
      position++;
    }
    this.position = position;
    return -1;
  }

  /** A key: as `#scanText`, and an escape in it counts. */
  #scanString(): boolean {
    if (!this.#scanText()) return false;
    if (this.#isEscaped) this.hasEscape = true;
    return true;
  }

  /** From a quote to its partner: control characters are illegal, escapes must be one of JSON's. */
  #scanText(): boolean {
    const bytes = this.bytes;
    const end = this.end;
    let position = this.position + 1;
    const start = position;
    this.#isEscaped = false;
    while (position < end) {
      const byte = bytes[position]!;
      if (byte === QUOTE) {
        this.valueStart = start;
        this.valueEnd = position;
        this.position = position + 1;
        return true;
      }
      if (byte < 0x20) return false;
      if (byte === BACKSLASH) {
        const length = escapeLength(bytes, position, end);
        if (length === 0) return false;
        this.#isEscaped = true;
        position += length;
      } else {
        position++;
      }
    }
    return false;
  }

  #scanScalar(byte: number): boolean {
    if (byte === MINUS || (byte >= DIGIT_0 && byte <= DIGIT_9)) {
      this.kind = JsonKind.number;
      return this.#scanNumber();
    }
    this.kind = JsonKind.literal;
    const word = byte === TRUE[0] ? TRUE : byte === FALSE[0] ? FALSE : NULL;
    const stop = this.position + word.length;
    if (stop > this.end || !rangeIs(this.bytes, this.position, stop, word)) return false;
    this.position = stop;
    return true;
  }

  #scanNumber(): boolean {
    if (this.bytes[this.position] === MINUS) this.position++;
    const first = this.position;
    if (this.#scanDigits() === 0) return false;
    if (this.bytes[first] === DIGIT_0 && this.position > first + 1) return false;
    if (this.position < this.end && this.bytes[this.position] === DOT) {
      this.position++;
      if (this.#scanDigits() === 0) return false;
    }
    const byte = this.position < this.end ? this.bytes[this.position]! : 0;
    if (byte !== 0x65 && byte !== 0x45) return true;
    this.position++;
    const sign = this.position < this.end ? this.bytes[this.position]! : 0;
    if (sign === PLUS || sign === MINUS) this.position++;
    return this.#scanDigits() > 0;
  }

  #scanDigits(): number {
    const start = this.position;
    while (this.position < this.end) {
      const byte = this.bytes[this.position]!;
      if (byte < DIGIT_0 || byte > DIGIT_9) break;
      this.position++;
    }
    return this.position - start;
  }

  /** Passes over an object or an array and everything inside it, without recursion. */
  #skipNested(): boolean {
    let depth = 0;
    let isValueNext = true;
    for (;;) {
      const byte = this.#peek();
      if (isValueNext) {
        if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
          if (depth === DEPTH_MAX) return false;
          this.#levels[depth++] = byte === OPEN_OBJECT ? 1 : 0;
          this.position++;
          const next = this.#peek();
          const close = byte === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
          if (next !== close) {
            if (byte === OPEN_OBJECT && !this.#skipKey(next)) return false;
            continue;
          }
          // Empty: closed below, as any other container.
        } else if (!(byte === QUOTE ? this.#scanText() : this.#scanScalar(byte))) {
          return false;
        }
        isValueNext = false;
        continue;
      }
      const isObject = this.#levels[depth - 1] === 1;
      if (byte === (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
        this.position++;
        if (--depth === 0) return true;
        continue;
      }
      if (byte !== COMMA) return false;
      this.position++;
      if (isObject && !this.#skipKey(this.#peek())) return false;
      isValueNext = true;
    }
  }

  #skipKey(byte: number): boolean {
    if (byte !== QUOTE || !this.#scanText() || this.#peek() !== COLON) return false;
    this.position++;
    return true;
  }
}

/** @hot Whether bytes[start, end) equal `expected`. */
export function rangeIs(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  const length = expected.length;
  if (end - start !== length) return false;
  for (let index = 0; index < length; index++) {
    if (bytes[start + index] !== expected[index]) return false;
  }
  return true;
}

/** The length of the escape that starts at a backslash, or 0 when it is none of JSON's. */
function escapeLength(bytes: Uint8Array, position: number, end: number): number {
  if (position + 1 >= end) return 0;
  switch (bytes[position + 1]) {
    case 0x22: // "
    case 0x5c: // \
    case 0x2f: // /
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return 2;
    case 0x75: // u and four hexadecimal digits
      break;
    default:
      return 0;
  }
  if (position + 5 >= end) return 0;
  for (let index = position + 2; index < position + 6; index++) {
    const byte = bytes[index]! | 0x20;
    const isHex = (byte >= DIGIT_0 && byte <= DIGIT_9) || (byte >= 0x61 && byte <= 0x66);
    if (!isHex) return 0;
  }
  return 6;
}

/**
 * The same message without needless escapes, for the decoders' second attempt at a frame whose compared texts were escaped.
 * Cold: such a frame has never been seen from OKX.
 *
 * @returns undefined when the bytes are not JSON
 */
export function resolveEscapes(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
  try {
    const text = new TextDecoder().decode(bytes.subarray(start, end));
    return new TextEncoder().encode(JSON.stringify(JSON.parse(text)));
  } catch {
    return undefined;
  }
}
