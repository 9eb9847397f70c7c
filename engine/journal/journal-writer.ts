/**
 * The engine thread's end of the journal: a record is copied into the ring, and that is all.
 *
 * Owner:      the engine thread.
 * Invariants: never waits. A record that finds no room is counted, and the next one that does comes behind a gap record
 *             that says how many are missing: every record has its sequence number, lost ones too.
 * Cost:       a record of 400 B is 24 B of head and one copy (figures in README.md); nothing allocates once a source
 *             buffer was seen: a DataView over it is kept until ten others have come.
 */
import { RecordKind } from './record-kind.ts';
import type { Nanoseconds, TimeCell } from '../base/units.ts';
import { RingCount, RingMemory, RingWord } from './journal-ring.ts';
import { RECORD_HEAD_BYTES, SKIP, recordBytes } from './record-layout.ts';

const NO_ROOM = -1;
const NO_BYTES = new Uint8Array(0);
/** Three connections, what is sent and what is quoted take turns; twice that leaves room for a session that moves. */
const SOURCES = 10;

export class JournalWriter {
  readonly #memory: RingMemory;
  readonly #drain: (() => void) | undefined;
  #head: number;
  /** Where the reader had come at the last look: there may be more room than this says, never less. */
  #tail: number;
  /** The record that waits for its payload; NO_ROOM when none does. */
  #openAt: number = NO_ROOM;
  /** Records lost since the last one that found room. */
  readonly #missing = new Float64Array(1);
  readonly #time: TimeCell = new Float64Array(1);
  readonly #value = new Float64Array(1);
  /** Buffers that were copied from, and a view of each: a connection keeps its buffer while it lives, as the core does. */
  readonly #sources: Uint8Array[] = Array.from({ length: SOURCES }, () => NO_BYTES);
  readonly #views: DataView[] = Array.from({ length: SOURCES }, () => new DataView(NO_BYTES.buffer));
  /** The one that makes room for the next. */
  #oldest = 0;

  /** @param drain makes room when there is none, where reader and writer are one thread; then nothing is lost */
  constructor(share: SharedArrayBuffer, drain?: () => void) {
    this.#memory = new RingMemory(share);
    this.#drain = drain;
    this.#head = Atomics.load(this.#memory.words, RingWord.head);
    this.#tail = Atomics.load(this.#memory.words, RingWord.tail);
  }

  /** Records that the ring took. */
  get records(): number {
    return this.#memory.counts[RingCount.records]!;
  }

  /** Records that it had no room for. */
  get lost(): number {
    return this.#memory.counts[RingCount.lost]!;
  }

  /** The sequence number of the record that comes next. */
  get sequence(): number {
    return this.records + this.lost;
  }

  /**
   * @hot Appends a record, or counts it as lost.
   *
   * @param timeNs a cell, and `value` too: see TimeCell
   * @param bytes the payload is [start, end) of it
   */
  record(
    kind: RecordKind,
    sub: number,
    instrument: number,
    timeNs: TimeCell,
    value: Float64Array,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): void {
    const { uints, doubles, counts } = this.#memory;
    const length = recordBytes(end - start);
    const at = this.#reserve(length, timeNs);
    if (at === NO_ROOM) {
      this.#missing[0]! += 1;
      counts[RingCount.lost]! += 1;
      return;
    }
    uints[at >>> 2] = end - start;
    uints[(at >>> 2) + 1] = kind | (sub << 8) | (instrument << 16);
    doubles[(at >>> 3) + 1] = timeNs[0]!;
    doubles[(at >>> 3) + 2] = value[0]!;
    if (end > start) this.#copy(at + RECORD_HEAD_BYTES, bytes, start, end);
    counts[RingCount.records]! += 1;
    counts[RingCount.bytes]! += length;
    this.#publish(at + length);
  }

  /**
   * @hot Appends a record whose payload comes later, with `complete`: its place is taken now, so that what is appended in
   * between comes behind it. Until then nobody sees any of them. One at a time.
   */
  open(
    kind: RecordKind,
    sub: number,
    instrument: number,
    timeNs: TimeCell,
    value: Float64Array,
    payloadBytes: number,
  ): void {
    const { uints, doubles, counts } = this.#memory;
    const length = recordBytes(payloadBytes);
    const at = this.#reserve(length, timeNs);
    if (at === NO_ROOM) {
      this.#missing[0]! += 1;
      counts[RingCount.lost]! += 1;
      return;
    }
    uints[at >>> 2] = payloadBytes;
    uints[(at >>> 2) + 1] = kind | (sub << 8) | (instrument << 16);
    doubles[(at >>> 3) + 1] = timeNs[0]!;
    doubles[(at >>> 3) + 2] = value[0]!;
    counts[RingCount.records]! += 1;
    counts[RingCount.bytes]! += length;
    this.#openAt = at;
    this.#publish(at + length);
  }

  /** @hot The payload of the record that was opened, [start, end) of as many bytes; nothing where that found no room. */
  complete(bytes: Uint8Array, start: number, end: number): void {
    const at = this.#openAt;
    if (at === NO_ROOM) return;
    if (end > start) this.#copy(at + RECORD_HEAD_BYTES, bytes, start, end);
    this.#openAt = NO_ROOM;
    Atomics.store(this.#memory.words, RingWord.head, this.#head);
  }

  /** @hot As `record`, without a payload. */
  mark(kind: RecordKind, sub: number, instrument: number, timeNs: TimeCell, value: Float64Array): void {
    this.record(kind, sub, instrument, timeNs, value, NO_BYTES, 0, 0);
  }

  /** As `record` with text, for what is not on the path. */
  text(kind: RecordKind, sub: number, instrument: number, timeNs: number, value: number, text: string): void {
    const bytes = Buffer.from(text);
    this.#time[0] = timeNs;
    this.#value[0] = value;
    this.record(kind, sub, instrument, this.#time, this.#value, bytes, 0, bytes.length);
  }

  /** Nothing may be written after it. The journal thread ends the run's records with what is missing, if any, and `end`. */
  close(timeNs: Nanoseconds): void {
    const { words, counts } = this.#memory;
    counts[RingCount.closedNs] = timeNs;
    Atomics.store(words, RingWord.closing, 1);
    Atomics.notify(words, RingWord.closing);
  }

  /** @hot Room for a record, behind a gap record where some are missing; NO_ROOM when there is none. */
  #reserve(length: number, timeNs: TimeCell): number {
    const isAfterGap = this.#missing[0]! > 0;
    const wanted = isAfterGap ? length + RECORD_HEAD_BYTES : length;
    let at = this.#place(wanted);
    if (at === NO_ROOM) {
      if (this.#drain !== undefined) this.#drain();
      this.#tail = Atomics.load(this.#memory.words, RingWord.tail);
      at = this.#place(wanted);
      if (at === NO_ROOM) return NO_ROOM;
    }
    if (at !== this.#head) this.#memory.uints[this.#head >>> 2] = SKIP;
    if (!isAfterGap) return at;
    const { uints, doubles } = this.#memory;
    uints[at >>> 2] = 0;
    uints[(at >>> 2) + 1] = RecordKind.gap;
    doubles[(at >>> 3) + 1] = timeNs[0]!;
    doubles[(at >>> 3) + 2] = this.#missing[0]!;
    this.#missing[0] = 0;
    return at + RECORD_HEAD_BYTES;
  }

  /** @hot Where so many bytes are free in one piece. The head never comes up to the tail: that would mean empty. */
  #place(length: number): number {
    const head = this.#head;
    const tail = this.#tail;
    const { size } = this.#memory;
    if (head < tail) return length < tail - head ? head : NO_ROOM;
    if (length < size - head || (length === size - head && tail > 0)) return head;
    return length < tail ? 0 : NO_ROOM;
  }

  /** @hot Behind a record that is not complete, nothing is shown. */
  #publish(end: number): void {
    this.#head = end === this.#memory.size ? 0 : end;
    if (this.#openAt === NO_ROOM) Atomics.store(this.#memory.words, RingWord.head, this.#head);
  }

  /**
   * @hot Copies [start, end) to `at` and pads with zeros. By words, four at a time: `set(subarray)` allocates 104 B, a loop
   * of bytes takes six times as long, and 64-bit words are boxed.
   */
  #copy(at: number, bytes: Uint8Array, start: number, end: number): void {
    const { ints } = this.#memory;
    const view = this.#viewOf(bytes);
    let to = at >>> 2;
    let from = start;
    for (; from + 16 <= end; from += 16) {
      ints[to] = view.getInt32(from, true);
      ints[to + 1] = view.getInt32(from + 4, true);
      ints[to + 2] = view.getInt32(from + 8, true);
      ints[to + 3] = view.getInt32(from + 12, true);
      to += 4;
    }
    for (; from + 4 <= end; from += 4) ints[to++] = view.getInt32(from, true);
    if (from < end) {
      let last = 0;
      for (let shift = 0; from < end; from++, shift += 8) last |= bytes[from]! << shift;
      ints[to++] = last;
    }
    if ((to & 1) !== 0) ints[to] = 0;
  }

  /** @hot */
  #viewOf(bytes: Uint8Array): DataView {
    const sources = this.#sources;
    for (let index = 0; index < SOURCES; index++) if (sources[index] === bytes) return this.#views[index]!;
    return this.#keepSource(bytes);
  }

  #keepSource(bytes: Uint8Array): DataView {
    const index = this.#oldest;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#sources[index] = bytes;
    this.#views[index] = view;
    this.#oldest = (index + 1) % SOURCES;
    return view;
  }
}
