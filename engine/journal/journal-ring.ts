/**
 * The memory between the engine thread and the journal thread: records one after the other in a ring, one thread that
 * writes and one that reads.
 *
 *     0            64      128      192       256                 384                512
 *     | magic size |  head |  tail  | closing | writer's counters | reader's counters | records ... |
 *                  writer   reader   engine    float64             float64
 *
 * Owner:      JournalWriter belongs to the engine thread, RingReader to the journal thread.
 * Invariants: head and tail are multiples of 8 within [0, size); head = tail means empty, so that 8 bytes stay free; a
 *             record lies in one piece: where it does not fit before the end, SKIP stands there and it lies at 0.
 * Cost:       no locks: a store of head publishes a record, a store of tail gives its memory back.
 */
import { assert } from '../base/assert.ts';
import type { RecordKind } from './record-kind.ts';
import { RECORD_HEAD_BYTES, SKIP, recordBytes } from './record-layout.ts';

const MAGIC = 0x4f4b_584a;
/** The least a ring may be: a gap and a small record. */
const RING_BYTES_MIN = 128;
const RING_BYTES_MAX = 2 ** 30;
const HEADER_BYTES = 512;

/** Words of the header, 64 bytes apart where their writers differ. */
export const RingWord = { magic: 0, size: 1, head: 16, tail: 32, closing: 48 } as const;

/** Counters, as float64 from byte 256. The first line is the writer's, the second the journal thread's. */
export const RingCount = {
  /** Records that the ring took; gap records are not counted. */
  records: 0,
  /** Bytes of them. */
  bytes: 1,
  /** Records that it had no room for. */
  lost: 2,
  /** When it was closed, ns. */
  closedNs: 3,
  /** Bytes of journal written to disk. */
  stored: 16,
  /** Segments begun. */
  segments: 17,
  /** Records that the disk would not take. */
  refused: 18,
  /** Times the disk refused. */
  errors: 19,
  /** Segments deleted to keep within the bound. */
  deleted: 20,
  /** 1 while the disk refuses. */
  isFailing: 21,
} as const;

const COUNTS_AT = 256;
const COUNTS = 32;

/** The parts of the shared memory, for either thread. */
export class RingMemory {
  readonly share: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly counts: Float64Array;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly ints: Int32Array;
  readonly uints: Uint32Array;
  readonly doubles: Float64Array;

  constructor(share: SharedArrayBuffer) {
    this.share = share;
    this.words = new Int32Array(share, 0, COUNTS_AT / 4);
    assert(this.words[RingWord.magic] === MAGIC, 'the shared memory was made by createRing');
    this.counts = new Float64Array(share, COUNTS_AT, COUNTS);
    this.size = this.words[RingWord.size]!;
    this.bytes = new Uint8Array(share, HEADER_BYTES, this.size);
    this.ints = new Int32Array(share, HEADER_BYTES, this.size / 4);
    this.uints = new Uint32Array(share, HEADER_BYTES, this.size / 4);
    this.doubles = new Float64Array(share, HEADER_BYTES, this.size / 8);
  }
}

/** Memory for a ring of so many bytes, rounded up to 8. Half of it is the largest record that surely finds room. */
export function createRing(sizeBytes: number): SharedArrayBuffer {
  const size = Math.ceil(sizeBytes / 8) * 8;
  assert(size >= RING_BYTES_MIN && size <= RING_BYTES_MAX, 'a ring has 128 bytes to 1 GB');
  const share = new SharedArrayBuffer(HEADER_BYTES + size);
  const words = new Int32Array(share, 0, COUNTS_AT / 4);
  words[RingWord.size] = size;
  words[RingWord.magic] = MAGIC;
  return share;
}

/** The reading end: record after record, each in one piece of `memory`, valid until `release`. */
export class RingReader {
  readonly memory: RingMemory;
  #tail: number;
  /** Up to where the writer had come at the last look. */
  #head: number;
  /** The record that `next` found: where it begins in the ring, and its bytes with head and padding. */
  at = 0;
  length = 0;

  constructor(share: SharedArrayBuffer) {
    this.memory = new RingMemory(share);
    this.#tail = Atomics.load(this.memory.words, RingWord.tail);
    this.#head = this.#tail;
  }

  /** Goes to the next record; false when there is none yet. */
  next(): boolean {
    const { memory } = this;
    if (this.#tail === this.#head) {
      this.#head = Atomics.load(memory.words, RingWord.head);
      if (this.#tail === this.#head) return false;
    }
    // After a SKIP there is a record at 0: the writer publishes both at once.
    if (memory.uints[this.#tail / 4] === SKIP) this.#tail = 0;
    this.at = this.#tail;
    this.length = recordBytes(memory.uints[this.#tail / 4]!);
    assert(
      this.length >= RECORD_HEAD_BYTES && this.at + this.length <= memory.size,
      'a record lies in the ring',
    );
    this.#tail = this.at + this.length === memory.size ? 0 : this.at + this.length;
    return true;
  }

  get kind(): RecordKind {
    return this.memory.bytes[this.at + 4] as RecordKind;
  }

  get timeNs(): number {
    return this.memory.doubles[this.at / 8 + 1]!;
  }

  get value(): number {
    return this.memory.doubles[this.at / 8 + 2]!;
  }

  /** The record's bytes, for who needs them longer. */
  copy(): Buffer {
    return Buffer.from(this.memory.bytes.slice(this.at, this.at + this.length));
  }

  /** Gives the memory of every record up to the last `next` back to the writer. */
  release(): void {
    Atomics.store(this.memory.words, RingWord.tail, this.#tail);
  }

  /** Whether the writer will write nothing more. Ask before the last `next`: what came before it is then there. */
  get isClosing(): boolean {
    return Atomics.load(this.memory.words, RingWord.closing) !== 0;
  }
}
