import { Checksum } from '../checksum.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';

/** Frames of a fresh start whose books go into the checksum, and how often they are looked at whole. */
const CHECKSUM_FRAMES = 5_000;
const CHECKSUM_STRIDE = 250;

/**
 * The checksum of what frames make of books: sequence number, then of bids and asks the number of levels and each level's
 * ticks and lots, by instrument. The same for ours and for every peer, or one of them does other work.
 */
export function booksChecksum(
  feed: FrameFeed,
  playNext: () => void,
  addBooks: (checksum: Checksum) => void,
): string {
  const checksum = new Checksum();
  const frames = Math.min(CHECKSUM_FRAMES, feed.count);
  for (let frame = 0; frame < frames; frame++) {
    playNext();
    if (frame % CHECKSUM_STRIDE === 0 || frame === frames - 1) addBooks(checksum);
  }
  return checksum.text;
}
