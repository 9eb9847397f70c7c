/**
 * Slots without an order, a ring: taken at the front, given back at the end, so that a slot rests as long as it can and a
 * late word still finds the order that it is about.
 *
 * Owner:      the order table.
 * Invariants: a slot is in the ring at most once.
 * Cost:       taking and giving back are a few stores; nothing allocates once constructed.
 */
export class FreeSlots {
  count: number;
  readonly #slots: Int32Array;
  #front = 0;

  constructor(capacity: number) {
    this.count = capacity;
    this.#slots = Int32Array.from({ length: capacity }, (_, slot) => slot);
  }

  /**
   * @hot Takes the slot that rested longest, or -1. One whose last order still has untold lots goes back to the end: its
   * trades are to be told yet, and will name it.
   */
  take(untoldLots: Float64Array): number {
    for (let tries = this.count; tries > 0; tries--) {
      const slot = this.#slots[this.#front]!;
      this.#front = (this.#front + 1) % this.#slots.length;
      this.count--;
      if (untoldLots[slot] === 0) return slot;
      this.give(slot);
    }
    return -1;
  }

  /** @hot */
  give(slot: number): void {
    this.#slots[(this.#front + this.count) % this.#slots.length] = slot;
    this.count++;
  }
}
