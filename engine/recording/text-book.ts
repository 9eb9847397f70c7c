import type { RecordedLevel } from './recording-event.ts';

/** A book of the venue's own texts: what must be written again must be written as it came. */
export class TextBook {
  readonly #asks = new Map<string, RecordedLevel>();
  readonly #bids = new Map<string, RecordedLevel>();

  /** A snapshot replaces the book, an update changes levels; size zero deletes. */
  apply(isSnapshot: boolean, asks: readonly RecordedLevel[], bids: readonly RecordedLevel[]): void {
    if (isSnapshot) {
      this.#asks.clear();
      this.#bids.clear();
    }
    for (const level of asks) put(this.#asks, level);
    for (const level of bids) put(this.#bids, level);
  }

  /** Best first. */
  levels(side: 'asks' | 'bids'): readonly RecordedLevel[] {
    const sign = side === 'asks' ? 1 : -1;
    const levels = [...(side === 'asks' ? this.#asks : this.#bids).values()];
    return levels.sort((left, right) => sign * (Number(left[0]) - Number(right[0])));
  }
}

function put(levels: Map<string, RecordedLevel>, level: RecordedLevel): void {
  if (Number(level[1]) === 0) levels.delete(level[0]!);
  else levels.set(level[0]!, level);
}
