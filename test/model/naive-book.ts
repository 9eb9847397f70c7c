/**
 * The local book as one would write it first: two maps from price text to size text, sorted when asked. The twin that
 * engine/book is compared with; it knows no ticks, no window and no decoder.
 */
export class NaiveBook {
  readonly asks = new Map<string, string>();
  readonly bids = new Map<string, string>();

  clear(): void {
    this.asks.clear();
    this.bids.clear();
  }

  /** Applies rows [price, size, ...] to each side. */
  update(asks: readonly (readonly string[])[], bids: readonly (readonly string[])[]): void {
    applyRows(this.asks, asks);
    applyRows(this.bids, bids);
  }

  /** "price×size" of each level, best first. */
  askLevels(): string[] {
    return levels(this.asks, 1);
  }

  bidLevels(): string[] {
    return levels(this.bids, -1);
  }
}

function applyRows(side: Map<string, string>, rows: readonly (readonly string[])[]): void {
  for (const row of rows) {
    if (Number(row[1]) === 0) side.delete(row[0]!);
    else side.set(row[0]!, row[1]!);
  }
}

function levels(side: ReadonlyMap<string, string>, direction: 1 | -1): string[] {
  return [...side]
    .sort(([left], [right]) => direction * (Number(left) - Number(right)))
    .map(([price, size]) => `${price}×${size}`);
}
