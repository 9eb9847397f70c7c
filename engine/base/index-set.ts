/**
 * A set of small numbers, gone through in ascending order: a bit each.
 *
 * Owner:      whoever made it.
 * Invariants: members lie in 0 to capacity - 1.
 * Cost:       add() is one or; take() looks at one word for 32 numbers, so that a hundred instruments of which one has
 *             changed cost four loads where a flag each cost a hundred. Nothing allocates once constructed.
 */
export class IndexSet {
  readonly #words: Int32Array;
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#words = new Int32Array((capacity + 31) >>> 5);
  }

  /** @hot */
  add(index: number): void {
    this.#words[index >>> 5]! |= 1 << (index & 31);
  }

  addAll(): void {
    for (let index = 0; index < this.#capacity; index++) this.add(index);
  }

  /** @hot */
  get isEmpty(): boolean {
    const words = this.#words;
    for (let word = 0; word < words.length; word++) if (words[word] !== 0) return false;
    return true;
  }

  /**
   * @hot Takes out the least member that is not below `from`; -1 when there is none. To go through all: from 0, then from
   * the one behind each that was given. What is added behind that stays for the next time.
   */
  take(from: number): number {
    const words = this.#words;
    let word = from >>> 5;
    if (word >= words.length) return -1;
    let bits = words[word]! & (-1 << (from & 31));
    while (bits === 0) {
      if (++word === words.length) return -1;
      bits = words[word]!;
    }
    const lowest = bits & -bits;
    words[word]! ^= lowest;
    return (word << 5) + 31 - Math.clz32(lowest);
  }
}
