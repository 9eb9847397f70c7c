import { JournalWriter } from '../../engine/journal/journal-writer.ts';
import { RingMemory, RingWord, createRing } from '../../engine/journal/journal-ring.ts';

/** As configured by default: far more than a cache holds, so that a record is written to cold memory, as live. */
const RING_BYTES = 16 << 20;

/**
 * A journal's writer whose records nobody keeps: the ring is emptied at once when it is full. What the engine thread pays is
 * all there but for the cache lines that a reading thread would share; a benchmark's rate would be too much for any disk.
 */
export function sinkWriter(): JournalWriter {
  const share = createRing(RING_BYTES);
  const { words } = new RingMemory(share);
  const empty = (): void => {
    Atomics.store(words, RingWord.tail, Atomics.load(words, RingWord.head));
  };
  return new JournalWriter(share, empty);
}
