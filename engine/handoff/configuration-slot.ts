/**
 * The strategy parameters of all instruments as JSON with a version: how quoters and calibration hear of a changed
 * configuration while they run. Cold: it changes when an operator changes it.
 *
 * Owner:      ConfigurationWriter belongs to the engine thread.
 * Invariants: a reader gets one published text, whole, with its version; versions grow and never repeat.
 * Cost:       a look that finds no news is a plain load.
 */
import { assert } from '../base/assert.ts';
import type { Handoff } from './handoff-memory.ts';
import { ConfigurationWord, SLOT_WORDS_BYTES } from './layout.ts';
import { sequenceAfterCopy } from './seqlock.ts';

/** As for the market slot. */
const READ_ATTEMPTS_MAX = 64;

export class ConfigurationWriter {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;

  constructor(handoff: Handoff) {
    const { configurationAt, configurationBytes } = handoff.layout;
    this.#words = new Int32Array(handoff.memory, configurationAt, SLOT_WORDS_BYTES / 4);
    this.#bytes = new Uint8Array(handoff.memory, configurationAt + SLOT_WORDS_BYTES, configurationBytes);
  }

  /** Whether this much would fit: ask before anything is changed because of it. */
  fits(value: unknown): boolean {
    return Buffer.byteLength(JSON.stringify(value)) <= this.#bytes.length;
  }

  publish(value: unknown, version: number): void {
    const bytes = Buffer.from(JSON.stringify(value));
    assert(bytes.length <= this.#bytes.length, 'the parameters fit their slot');
    const words = this.#words;
    const odd = (Atomics.load(words, ConfigurationWord.sequence) + 1) | 1;
    Atomics.exchange(words, ConfigurationWord.sequence, odd);
    this.#bytes.set(bytes);
    words[ConfigurationWord.length] = bytes.length;
    words[ConfigurationWord.version] = version;
    Atomics.store(words, ConfigurationWord.sequence, (odd + 1) | 0);
  }
}

export class ConfigurationReader {
  /** Of the text read last; 0 before the first. */
  version = 0;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  #lastSequence = 0;

  constructor(handoff: Handoff) {
    const { configurationAt, configurationBytes } = handoff.layout;
    this.#words = new Int32Array(handoff.memory, configurationAt, SLOT_WORDS_BYTES / 4);
    this.#bytes = new Uint8Array(handoff.memory, configurationAt + SLOT_WORDS_BYTES, configurationBytes);
  }

  /** @hot */
  hasChanged(): boolean {
    return this.#words[ConfigurationWord.sequence] !== this.#lastSequence;
  }

  /** The newest value, parsed; undefined when it is no news or is being written. */
  read(): unknown {
    const words = this.#words;
    for (let attempt = 0; attempt < READ_ATTEMPTS_MAX; attempt++) {
      const sequence = Atomics.load(words, ConfigurationWord.sequence);
      if (sequence === this.#lastSequence) return undefined;
      if ((sequence & 1) === 1) continue;
      const length = words[ConfigurationWord.length];
      const version = words[ConfigurationWord.version];
      const text = Buffer.from(this.#bytes.slice(0, Math.max(0, length))).toString();
      if (sequenceAfterCopy(words, ConfigurationWord.sequence) !== sequence) continue;
      this.#lastSequence = sequence;
      this.version = version;
      return JSON.parse(text) as unknown;
    }
    return undefined;
  }
}
