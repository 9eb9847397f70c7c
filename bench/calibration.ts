/**
 * Work that never changes, done between the rounds of every benchmark: how fast the machine was at that moment. What is
 * compared from run to run is the ratio of a benchmark to this, never a time.
 *
 * Half of it is arithmetic in a loop, half is dependent loads from 16 KiB: it follows the clock rate and what neighbours
 * take of the core, not the size of the caches.
 */
const WORDS = 4_096;
const STEPS = 2_048;

export class Calibration {
  readonly #next = new Int32Array(WORDS);
  readonly #durationsNs: number[] = [];
  #sink = 0;

  constructor() {
    // A stride that is odd visits every word before it repeats.
    for (let word = 0; word < WORDS; word++) this.#next[word] = (word + 1_597) & (WORDS - 1);
    for (let warmUp = 0; warmUp < 2_000; warmUp++) this.#work();
  }

  /** Does the work some times and keeps the fastest: what disturbed it was not the machine's speed. */
  sample(): void {
    let fastestNs = Infinity;
    for (let turn = 0; turn < 20; turn++) {
      const startMs = performance.now();
      this.#work();
      fastestNs = Math.min(fastestNs, (performance.now() - startMs) * 1e6);
    }
    this.#durationsNs.push(fastestNs);
  }

  get medianNs(): number {
    const sorted = this.#durationsNs.toSorted((a, b) => a - b);
    return sorted.length === 0 ? 0 : Math.round(sorted[sorted.length >> 1]!);
  }

  #work(): void {
    const next = this.#next;
    let word = this.#sink & (WORDS - 1);
    let hash = 1;
    for (let step = 0; step < STEPS; step++) {
      word = next[word]!;
      hash = Math.imul(hash ^ word, 0x01000193);
    }
    this.#sink = hash ^ word;
  }
}
