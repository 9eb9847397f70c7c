/**
 * A fixed set of ASCII names, looked up by their bytes: the keys of a message, the instruments of the engine.
 *
 * Owner:      the thread that made it; read only once made.
 * Invariants: `find` gives the place of an equal name in the constructor's list, or -1.
 * Cost:       a hash of four bytes and the length, then as a rule one comparison; nothing allocates.
 */
import { assert } from '../base/assert.ts';
import { asciiBytes, rangeIs } from './json-cursor.ts';

export class KeyTable {
  readonly #names: readonly Uint8Array[];
  /** Open addressing, at most a quarter full: -1 marks a free place and ends every search. */
  readonly #places: Int16Array;
  readonly #mask: number;

  constructor(names: readonly string[]) {
    this.#names = names.map(asciiBytes);
    let size = 16;
    while (size < names.length * 4) size *= 2;
    this.#mask = size - 1;
    this.#places = new Int16Array(size).fill(-1);
    this.#names.forEach((name, index) => {
      assert(name.length > 0 && this.find(name, 0, name.length) < 0, 'names are distinct and not empty');
      let place = this.#hash(name, 0, name.length);
      while (this.#places[place]! >= 0) place = (place + 1) & this.#mask;
      this.#places[place] = index;
    });
  }

  /** @hot The place of the name that bytes[start, end) spell, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    if (end <= start) return -1;
    let place = this.#hash(bytes, start, end);
    for (let index = this.#places[place]!; index >= 0; index = this.#places[place]!) {
      if (rangeIs(bytes, start, end, this.#names[index]!)) return index;
      place = (place + 1) & this.#mask;
    }
    return -1;
  }

  #hash(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    const first = bytes[start]!;
    const middle = bytes[start + (length >> 1)]!;
    const quarter = bytes[start + (length >> 2)]!;
    const last = bytes[end - 1]!;
    return (length * 131 + first * 31 + quarter * 71 + middle * 17 + last * 7) & this.#mask;
  }
}
