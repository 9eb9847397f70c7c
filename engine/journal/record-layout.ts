/**
 * Where the parts of a record lie, in the ring and in a block alike. Little endian, the start aligned to 8 bytes.
 *
 *     0        4     5    6           8         16        24
 *     | bytes  |kind |sub |instrument | timeNs  | value   | payload ... padded with zeros to 8
 *      uint32   u8    u8   int16       float64   float64
 */
import { endianness } from 'node:os';
import { assert } from '../base/assert.ts';

export const RECORD_HEAD_BYTES = 24;

/** In the ring, instead of a record's length: the rest up to the ring's end is empty, go on at its beginning. */
export const SKIP = 0xffff_ffff;

/** What a record with this payload takes. */
export function recordBytes(payloadBytes: number): number {
  return RECORD_HEAD_BYTES + ((payloadBytes + 7) & -8);
}

/** A typed array over memory shows the bytes in the machine's order; x86-64 and ARM64 are as the format is. */
assert(endianness() === 'LE', 'the machine is little endian, as the journal is');
