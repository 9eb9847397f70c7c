import type { DecimalGrid } from '../base/decimal.ts';
import type { Book } from './book.ts';

/** Levels a side that the checksum covers. */
const CHECKSUM_LEVELS = 25;

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/**
 * OKX's checksum of a book: signed CRC32 of "bid1px:bid1sz:ask1px:ask1sz:bid2px:..." over the best 25 levels, where
 * the longer side goes on alone. Documented until 2026-06; since 2026-06-23 the venue sends 0, so this is for older
 * captures. The venue takes the texts as it sends them, which are the shortest ones, as the grids write them. Cold.
 */
export function bookChecksum(book: Book, tick: DecimalGrid, lot: DecimalGrid): number {
  const parts: string[] = [];
  for (let level = 0; level < CHECKSUM_LEVELS; level++) {
    for (const side of [book.bids, book.asks]) {
      if (level < side.count) parts.push(tick.toText(side.ticks[level]!), lot.toText(side.lots[level]!));
    }
  }
  return crc32(parts.join(':'));
}

/** CRC-32 (ISO 3309) of an ASCII text, as a signed number. */
function crc32(text: string): number {
  let value = -1;
  for (let index = 0; index < text.length; index++) {
    value = (value >>> 8) ^ CRC_TABLE[(value ^ text.charCodeAt(index)) & 0xff]!;
  }
  return ~value;
}
