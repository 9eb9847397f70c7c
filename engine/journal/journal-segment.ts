/**
 * Segments: the files of a journal, `run-<run>-<segment>.okxj`, of one run each.
 *
 *     0        8       12  16       20    24            32     40     48 ... 64
 *     |OKXMMJ1\n|version|run|segment|crc32|firstSequence|wallMs|wallNs|zeros | blocks ...
 *
 * crc32 is of the 64 bytes with zeros in its own place. wallNs is the monotonic time of the records at wallMs.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { crc32, gunzipSync } from 'node:zlib';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { JournalError, JournalErrorCode } from './journal-error.ts';

export const SEGMENT_HEAD_BYTES = 64;
const MAGIC = Buffer.from('OKXMMJ1\n');
const VERSION = 1;
const NAME = /^run-(\d{8})-(\d{6})\.okxj(\.gz)?$/;

export interface SegmentHead {
  readonly run: number;
  readonly segment: number;
  /** Of the first record in it. */
  readonly firstSequence: number;
  readonly wallMs: Milliseconds;
  readonly wallNs: Nanoseconds;
}

export function segmentName(run: number, segment: number): string {
  return `run-${String(run).padStart(8, '0')}-${String(segment).padStart(6, '0')}.okxj`;
}

/** Run and segment of a file's name; undefined when it is no segment's. */
export function parseSegmentName(name: string): { run: number; segment: number } | undefined {
  const match = NAME.exec(name);
  return match === null ? undefined : { run: Number(match[1]), segment: Number(match[2]) };
}

export function writeSegmentHead(head: SegmentHead): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEAD_BYTES);
  MAGIC.copy(bytes);
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(head.run, 12);
  bytes.writeUInt32LE(head.segment, 16);
  bytes.writeDoubleLE(head.firstSequence, 24);
  bytes.writeDoubleLE(head.wallMs, 32);
  bytes.writeDoubleLE(head.wallNs, 40);
  bytes.writeUInt32LE(crc32(bytes), 20);
  return bytes;
}

/**
 * The head of a segment; undefined when the file is shorter than one, as a process that was killed at once leaves it, or
 * begins with zeros, as a machine does that lost its power before they were overwritten.
 *
 * @throws JournalError when it is not what was written, or was written by another version
 */
export function readSegmentHead(source: SegmentSource): SegmentHead | undefined {
  const bytes = Buffer.from(source.read(0, SEGMENT_HEAD_BYTES));
  if (bytes.byteLength < SEGMENT_HEAD_BYTES || bytes.every((byte) => byte === 0)) return undefined;
  const crc = bytes.readUInt32LE(20);
  bytes.writeUInt32LE(0, 20);
  if (!bytes.subarray(0, 8).equals(MAGIC) || crc32(bytes) !== crc) {
    const text = `${source.name}: expected the head of a journal's segment, was something else; it is damaged or no journal`;
    throw new JournalError(JournalErrorCode.damaged, text, {
      damage: { file: source.name, offset: 0, firstSequence: 0, nextSequence: -1 },
    });
  }
  if (bytes.readUInt32LE(8) !== VERSION) {
    const text = `${source.name}: expected a journal of version ${VERSION}, was ${bytes.readUInt32LE(8)}; read it with the program that wrote it`;
    throw new JournalError(JournalErrorCode.version, text);
  }
  return {
    run: bytes.readUInt32LE(12),
    segment: bytes.readUInt32LE(16),
    firstSequence: bytes.readDoubleLE(24),
    wallMs: bytes.readDoubleLE(32),
    wallNs: bytes.readDoubleLE(40),
  };
}

/** The bytes of a segment, wherever they are. */
export interface SegmentSource {
  /** For texts: the file's path. */
  readonly name: string;
  readonly run: number;
  readonly segment: number;
  readonly size: number;
  /** A copy of so many bytes, fewer where the segment ends before. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/** A segment in memory; of a gzipped file too. */
export class MemorySegment implements SegmentSource {
  readonly name: string;
  readonly run: number;
  readonly segment: number;
  readonly #bytes: Uint8Array;

  constructor(name: string, run: number, segment: number, bytes: Uint8Array) {
    this.name = name;
    this.run = run;
    this.segment = segment;
    this.#bytes = bytes;
  }

  get size(): number {
    return this.#bytes.byteLength;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, offset + length);
  }

  close(): void {
    // Nothing is held but memory.
  }
}

class FileSegment implements SegmentSource {
  readonly name: string;
  readonly run: number;
  readonly segment: number;
  readonly size: number;
  readonly #descriptor: number;

  constructor(path: string, run: number, segment: number) {
    this.name = path;
    this.run = run;
    this.segment = segment;
    this.#descriptor = openSync(path, 'r');
    this.size = fstatSync(this.#descriptor).size;
  }

  read(offset: number, length: number): Uint8Array {
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.size - offset)));
    let done = 0;
    while (done < bytes.byteLength) {
      const read = readSync(this.#descriptor, bytes, done, bytes.byteLength - done, offset + done);
      if (read === 0) break;
      done += read;
    }
    return bytes.subarray(0, done);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** Opens a segment's file, gzipped or not. @throws JournalError when its name is no segment's or it cannot be read */
export function openSegment(path: string): SegmentSource {
  const parsed = parseSegmentName(basename(path));
  if (parsed === undefined) {
    const text = `${path}: expected a journal's directory or a file like ${segmentName(1, 0)}, was another name`;
    throw new JournalError(JournalErrorCode.notFound, text);
  }
  const { run, segment } = parsed;
  try {
    return path.endsWith('.gz')
      ? new MemorySegment(path, run, segment, gunzipSync(readFileSync(path)))
      : new FileSegment(path, run, segment);
  } catch (cause) {
    const text = `${path}: expected a readable file, was "${cause instanceof Error ? cause.message : String(cause)}"`;
    throw new JournalError(JournalErrorCode.notFound, text, { cause });
  }
}
