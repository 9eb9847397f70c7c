/**
 * Finds an instrument by the bytes of its name: open addressing over the known names, no string is made.
 *
 * Owner:      the decoder that built it; read-only once constructed.
 * Invariants: the table is at most a quarter full, so that a probe ends; names are distinct and ASCII.
 * Cost:       one pass over the name for its hash, one to compare; nothing allocates.
 */
import { assert } from '../base/assert.ts';
import type { Instrument } from '../base/instrument.ts';
import { NO_INSTRUMENT } from './depth-frame.ts';

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

export class DepthInstruments {
  readonly #bytes: Uint8Array;
  /** Name i is bytes[starts[i], starts[i + 1]). */
  readonly #starts: Int32Array;
  /** Position in the list + 1, or 0 for a free place. */
  readonly #table: Int32Array;
  readonly #mask: number;

  constructor(instruments: readonly Instrument[]) {
    const encoder = new TextEncoder();
    const names = instruments.map((instrument) => encoder.encode(instrument.instId));
    this.#starts = new Int32Array(names.length + 1);
    for (let index = 0; index < names.length; index++) {
      assert(instruments[index]!.index === index, 'an instrument stands in the list at its own index');
      assert(names[index]!.length === instruments[index]!.instId.length, 'instrument names are ASCII');
      this.#starts[index + 1] = this.#starts[index]! + names[index]!.length;
    }
    this.#bytes = new Uint8Array(this.#starts[names.length]!);
    let size = 8;
    while (size < names.length * 4) size *= 2;
    this.#mask = size - 1;
    this.#table = new Int32Array(size);
    for (let index = 0; index < names.length; index++) {
      const name = names[index]!;
      assert(this.find(name, 0, name.length) === NO_INSTRUMENT, 'instrument names are distinct');
      this.#bytes.set(name, this.#starts[index]);
      let place = hash(name, 0, name.length) & this.#mask;
      while (this.#table[place] !== 0) place = (place + 1) & this.#mask;
      this.#table[place] = index + 1;
    }
  }

  /** @hot The index of the instrument named by bytes[start, end), or NO_INSTRUMENT. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const table = this.#table;
    const length = end - start;
    let place = hash(bytes, start, end) & this.#mask;
    for (let probe = 0; probe <= this.#mask; probe++) {
      const index = table[place]! - 1;
      if (index < 0) return NO_INSTRUMENT;
      const nameStart = this.#starts[index]!;
      if (this.#starts[index + 1]! - nameStart === length) {
        let offset = 0;
        while (offset < length && this.#bytes[nameStart + offset] === bytes[start + offset]) offset++;
        if (offset === length) return index;
      }
      place = (place + 1) & this.#mask;
    }
    return NO_INSTRUMENT;
  }
}

/** FNV-1a, 32 bits, folded so that the low bits that the mask keeps depend on all of them. */
function hash(bytes: Uint8Array, start: number, end: number): number {
  let value = FNV_OFFSET;
  for (let index = start; index < end; index++) value = Math.imul(value ^ bytes[index]!, FNV_PRIME);
  return value ^ (value >>> 15);
}
