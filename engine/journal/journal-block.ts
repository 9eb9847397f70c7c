/**
 * Blocks: so many records behind one head that says which, with a checksum over all of it. What is written at once, and
 * what is lost together when the end of a file is torn.
 *
 *     0     4     8           12       16      20   24            32           40      48     56    60  64
 *     |magic|crc32|storedBytes|rawBytes|records|gaps|firstSequence|nextSequence|firstNs|lastNs|flags|0  | stored ...
 *
 * crc32 is of everything after it, stored bytes included. The stored bytes are the records, deflated where that is smaller.
 */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { assert } from '../base/assert.ts';
import type { Nanoseconds } from '../base/units.ts';
import type { RingReader } from './journal-ring.ts';
import { RecordKind } from './record-kind.ts';
import { RECORD_HEAD_BYTES, recordBytes } from './record-layout.ts';

export const BLOCK_HEAD_BYTES = 64;
/** "OKXB". */
const MAGIC = 0x4258_4b4f;
const DEFLATED = 1;
const HAS_END = 2;
const IS_PREAMBLE = 4;
/** Most a block may hold when it is read: far above one record of the largest ring. */
const RAW_BYTES_MAX = 2 ** 31 - 1;

export interface BlockHead {
  readonly storedBytes: number;
  readonly rawBytes: number;
  /** Gap records among them. */
  readonly records: number;
  readonly gaps: number;
  readonly firstSequence: number;
  /** Of the record after the block. */
  readonly nextSequence: number;
  /** The earliest and the latest time above 0 of its records; Infinity and -Infinity where none has one. */
  readonly firstNs: Nanoseconds;
  readonly lastNs: Nanoseconds;
  readonly isDeflated: boolean;
  /** Whether the run was closed in an orderly way with it. */
  readonly hasEnd: boolean;
  /** It repeats the run's first record at the beginning of a later segment, and stands for no record by itself. */
  readonly isPreamble: boolean;
}

/** The head that begins these bytes; undefined when they cannot be one. The checksum is `isBlockWhole`'s. */
export function readBlockHead(bytes: Uint8Array): BlockHead | undefined {
  if (bytes.byteLength < BLOCK_HEAD_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, BLOCK_HEAD_BYTES);
  if (view.getUint32(0, true) !== MAGIC) return undefined;
  const flags = view.getUint32(56, true);
  const head: BlockHead = {
    storedBytes: view.getUint32(8, true),
    rawBytes: view.getUint32(12, true),
    records: view.getUint32(16, true),
    gaps: view.getUint32(20, true),
    firstSequence: view.getFloat64(24, true),
    nextSequence: view.getFloat64(32, true),
    firstNs: view.getFloat64(40, true),
    lastNs: view.getFloat64(48, true),
    isDeflated: (flags & DEFLATED) !== 0,
    hasEnd: (flags & HAS_END) !== 0,
    isPreamble: (flags & IS_PREAMBLE) !== 0,
  };
  const isSane = head.storedBytes <= head.rawBytes && head.rawBytes <= RAW_BYTES_MAX && head.rawBytes > 0;
  return isSane ? head : undefined;
}

/** Whether head and stored bytes, `bytes` from its beginning, are what was written. */
export function isBlockWhole(bytes: Uint8Array, head: BlockHead): boolean {
  const length = BLOCK_HEAD_BYTES + head.storedBytes;
  if (bytes.byteLength < length) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, BLOCK_HEAD_BYTES);
  return crc32(bytes.subarray(8, length)) === view.getUint32(4, true);
}

/** The records of a whole block. The memory is the caller's. */
export function blockRecords(bytes: Uint8Array, head: BlockHead): Uint8Array {
  const stored = bytes.subarray(BLOCK_HEAD_BYTES, BLOCK_HEAD_BYTES + head.storedBytes);
  const raw = head.isDeflated ? inflateRawSync(stored, { maxOutputLength: head.rawBytes + 1 }) : stored;
  assert(raw.byteLength === head.rawBytes, 'a block with a right checksum has the length it says');
  return raw;
}

/** Where the first block after `from` may begin: the magic's position, -1 when there is none. */
export function findBlock(bytes: Buffer, from: number): number {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(MAGIC);
  return bytes.indexOf(magic, from);
}

/** Collects records for the next block, and counts their sequence numbers. */
export class BlockBuilder {
  #raw: Buffer;
  #view: DataView;
  #length = 0;
  #records = 0;
  #gaps = 0;
  #firstSequence = 0;
  #nextSequence = 0;
  #firstNs = Infinity;
  #lastNs = -Infinity;
  #hasEnd = false;

  /**
   * @param rawBytes what it begins with; it grows with a record that is larger
   * @param firstSequence of the first record that comes
   */
  constructor(rawBytes: number, firstSequence = 0) {
    this.#firstSequence = firstSequence;
    this.#nextSequence = firstSequence;
    this.#raw = Buffer.alloc(rawBytes);
    this.#view = new DataView(this.#raw.buffer, this.#raw.byteOffset, this.#raw.byteLength);
  }

  get rawBytes(): number {
    return this.#length;
  }

  /** Records in it, gap records not counted. */
  get records(): number {
    return this.#records - this.#gaps;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Of the first record in it, or the next one where it is empty. */
  get firstSequence(): number {
    return this.#firstSequence;
  }

  /** Of the record that comes next. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Appends the record that the reader is at. */
  append(ring: RingReader): void {
    const at = this.#grow(ring.length);
    this.#raw.set(ring.memory.bytes.subarray(ring.at, ring.at + ring.length), at);
    this.#count(ring.kind, ring.timeNs, ring.value);
  }

  /** Appends a record as another block has it. */
  appendCopy(record: Buffer): void {
    const at = this.#grow(record.byteLength);
    record.copy(this.#raw, at);
    this.#count(record[4] as RecordKind, record.readDoubleLE(8), record.readDoubleLE(16));
  }

  /** Appends a record of the journal's own. */
  appendOwn(kind: RecordKind, timeNs: Nanoseconds, value: number): void {
    const at = this.#grow(RECORD_HEAD_BYTES);
    this.#view.setUint32(at, 0, true);
    this.#view.setUint32(at + 4, kind, true);
    this.#view.setFloat64(at + 8, timeNs, true);
    this.#view.setFloat64(at + 16, value, true);
    this.#count(kind, timeNs, value);
  }

  #grow(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#raw.byteLength) {
      const larger = Buffer.alloc(Math.max(this.#length, 2 * this.#raw.byteLength));
      this.#raw.copy(larger, 0, 0, at);
      this.#raw = larger;
      this.#view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength);
    }
    return at;
  }

  #count(kind: RecordKind, timeNs: Nanoseconds, value: number): void {
    this.#records++;
    if (kind === RecordKind.gap) this.#gaps++;
    if (kind === RecordKind.end) this.#hasEnd = true;
    this.#nextSequence += kind === RecordKind.gap ? value : 1;
    // What has no time of its own says 0.
    if (!(timeNs > 0)) return;
    this.#firstNs = Math.min(this.#firstNs, timeNs);
    this.#lastNs = Math.max(this.#lastNs, timeNs);
  }

  /**
   * The block of what was appended since it was cleared.
   *
   * @param isPreamble then it takes no sequence number: it stands at `firstSequence`
   */
  encode(isDeflated: boolean, isPreamble = false): Buffer {
    assert(this.#length > 0, 'a block holds a record');
    const raw = this.#raw.subarray(0, this.#length);
    const deflated = isDeflated ? deflateRawSync(raw, { level: 1 }) : raw;
    const stored = deflated.byteLength < raw.byteLength ? deflated : raw;
    const block = Buffer.alloc(BLOCK_HEAD_BYTES + stored.byteLength);
    block.writeUInt32LE(MAGIC, 0);
    block.writeUInt32LE(stored.byteLength, 8);
    block.writeUInt32LE(raw.byteLength, 12);
    block.writeUInt32LE(this.#records, 16);
    block.writeUInt32LE(this.#gaps, 20);
    block.writeDoubleLE(this.#firstSequence, 24);
    block.writeDoubleLE(isPreamble ? this.#firstSequence : this.#nextSequence, 32);
    block.writeDoubleLE(this.#firstNs, 40);
    block.writeDoubleLE(this.#lastNs, 48);
    const flags =
      (stored === raw ? 0 : DEFLATED) | (this.#hasEnd ? HAS_END : 0) | (isPreamble ? IS_PREAMBLE : 0);
    block.writeUInt32LE(flags, 56);
    block.set(stored, BLOCK_HEAD_BYTES);
    block.writeUInt32LE(crc32(block.subarray(8)), 4);
    return block;
  }

  /** Forgets what was appended; the sequence goes on behind it. */
  clear(): void {
    this.#length = 0;
    this.#records = 0;
    this.#gaps = 0;
    this.#firstSequence = this.#nextSequence;
    this.#firstNs = Infinity;
    this.#lastNs = -Infinity;
    this.#hasEnd = false;
  }
}

/** One record as it is read. */
export interface JournalRecord {
  /** Of every record, lost ones too, from 0. */
  readonly sequence: number;
  readonly kind: RecordKind;
  readonly sub: number;
  readonly instrument: number;
  readonly timeNs: Nanoseconds;
  readonly value: number;
  /** The payload, as a view: it stays as it is for as long as somebody holds it. */
  readonly bytes: Uint8Array;
}

/** The records of a block's bytes, in order. */
export function* recordsOf(raw: Uint8Array, head: BlockHead): Generator<JournalRecord, void> {
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  let sequence = head.firstSequence;
  for (let at = 0; at < raw.byteLength;) {
    const length = view.getUint32(at, true);
    assert(at + recordBytes(length) <= raw.byteLength, 'a record lies in its block');
    const kind = raw[at + 4] as RecordKind;
    const value = view.getFloat64(at + 16, true);
    yield {
      sequence,
      kind,
      sub: raw[at + 5]!,
      instrument: view.getInt16(at + 6, true),
      timeNs: view.getFloat64(at + 8, true),
      value,
      bytes: raw.subarray(at + RECORD_HEAD_BYTES, at + RECORD_HEAD_BYTES + length),
    };
    sequence += kind === RecordKind.gap ? value : 1;
    at += recordBytes(length);
  }
}
