/**
 * Work that is done on the multiples of an interval, when there is any: `dueMs` is Infinity while nothing waits.
 * What comes on a multiple itself waits for the next one.
 */
export class Beat<Item> {
  dueMs = Infinity;
  readonly #everyMs: number;
  #items = new Set<Item>();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  add(item: Item, nowMs: number): void {
    if (this.dueMs === Infinity) this.dueMs = (Math.floor(nowMs / this.#everyMs) + 1) * this.#everyMs;
    this.#items.add(item);
  }

  /** It waits no longer. */
  delete(item: Item): void {
    if (this.#items.delete(item) && this.#items.size === 0) this.dueMs = Infinity;
  }

  /** What waits, in the order in which it came; nothing waits from then on. */
  take(): Set<Item> {
    const items = this.#items;
    this.#items = new Set();
    this.dueMs = Infinity;
    return items;
  }
}
