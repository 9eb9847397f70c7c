import type { DecimalGrid } from '../base/decimal.ts';
import type { Book } from './book.ts';

/** Levels a side that the checksum covers. */
const CHECKSUM_LEVELS = 25;

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** "price:size" of levels by their price in ticks, where the venue spelled them otherwise than the grids do. */
export interface SpelledLevels {
  readonly bids: ReadonlyMap<number, string>;
  readonly asks: ReadonlyMap<number, string>;
}

/**
 * OKX's checksum of a book: signed CRC32 of "bid1px:bid1sz:ask1px:ask1sz:bid2px:..." over the best 25 levels, where
 * the longer side goes on alone. Documented until 2026-06; since 2026-06-23 the venue sends 0, so this is for older
 * captures. The venue takes the texts as it sends them. In all captures at hand those are the shortest ones, as the
 * grids write them; `spelled` has the levels of which they are not. Cold.
 */
export function bookChecksum(
  book: Book,
  tick: DecimalGrid,
  lot: DecimalGrid,
  spelled?: SpelledLevels,
): number {
  const parts: string[] = [];
  let bidTicks = book.bids.bestTicks;
  let askTicks = book.asks.bestTicks;
  for (let level = 0; level < CHECKSUM_LEVELS; level++) {
    if (bidTicks > 0) {
      const asSent = spelled?.bids.get(bidTicks);
      parts.push(asSent ?? `${tick.toText(bidTicks)}:${lot.toText(book.bids.lotsAt(bidTicks))}`);
      bidTicks = book.bids.nextTicks(bidTicks);
    }
    if (askTicks > 0) {
      const asSent = spelled?.asks.get(askTicks);
      parts.push(asSent ?? `${tick.toText(askTicks)}:${lot.toText(book.asks.lotsAt(askTicks))}`);
      askTicks = book.asks.nextTicks(askTicks);
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
