/**
 * A row of doubles that one thread publishes now and then and others read: what the core has counted, calibrated parameters,
 * why a quote is what it is. A seqlock like the market slot, whose head says why its plain copies are sound.
 *
 * Owner:      one writer at a time; as many readers as there are.
 * Invariants: the sequence is odd while the row is being written; a reader gets one published row, never parts of two.
 * Cost:       a copy of the row on each side; a look that finds no news is a plain load.
 */
import { assert } from '../base/assert.ts';
import type { Handoff } from './handoff-memory.ts';
import { SLOT_WORDS_BYTES, copyDoubles } from './layout.ts';
import { sequenceAfterCopy } from './seqlock.ts';

/** As for the market slot. */
const READ_ATTEMPTS_MAX = 64;
const SEQUENCE = 0;

export class RecordWriter {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;

  /** @param slotAt by the layout: flowSlotAt, modelSlotAt, explainSlotAt */
  constructor(handoff: Handoff, slotAt: number, doubles: number) {
    this.#words = new Int32Array(handoff.memory, slotAt, SLOT_WORDS_BYTES / 4);
    this.#doubles = new Float64Array(handoff.memory, slotAt + SLOT_WORDS_BYTES, doubles);
  }

  /** @hot Makes `row` the newest one. */
  publish(row: Float64Array): void {
    assert(row.length === this.#doubles.length, 'the row fits its slot');
    // Read anew each time: a writer that has taken the place of another goes on from its sequence.
    const odd = (Atomics.load(this.#words, SEQUENCE) + 1) | 1;
    Atomics.exchange(this.#words, SEQUENCE, odd);
    this.#doubles.set(row);
    Atomics.store(this.#words, SEQUENCE, (odd + 1) | 0);
  }
}

export class RecordReader {
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  #lastSequence = 0;

  constructor(handoff: Handoff, slotAt: number, doubles: number) {
    this.#words = new Int32Array(handoff.memory, slotAt, SLOT_WORDS_BYTES / 4);
    this.#doubles = new Float64Array(handoff.memory, slotAt + SLOT_WORDS_BYTES, doubles);
  }

  /** @hot Whether read() would find a row that it has not given yet. */
  hasChanged(): boolean {
    return this.#words[SEQUENCE] !== this.#lastSequence;
  }

  /**
   * @hot Copies the newest row into `out`. False when there is none newer than the last one read, or when the writer would
   * not hold still; `out` then means nothing.
   */
  read(out: Float64Array): boolean {
    const words = this.#words;
    for (let attempt = 0; attempt < READ_ATTEMPTS_MAX; attempt++) {
      const sequence = Atomics.load(words, SEQUENCE);
      if (sequence === this.#lastSequence) return false;
      if ((sequence & 1) === 1) continue;
      copyDoubles(this.#doubles, out, this.#doubles.length);
      if (sequenceAfterCopy(words, SEQUENCE) === sequence) {
        this.#lastSequence = sequence;
        return true;
      }
    }
    return false;
  }
}
