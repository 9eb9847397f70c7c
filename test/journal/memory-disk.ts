/** A disk in memory that refuses when it is told to, and counts what lies on it. */
import type { JournalDisk, SegmentFact } from '../../engine/journal/journal-disk.ts';
import { MemorySegment, parseSegmentName } from '../../engine/journal/journal-segment.ts';
import type { SegmentSource } from '../../engine/journal/journal-segment.ts';

export const DiskStep = { create: 0, write: 1, sync: 2, truncate: 3, close: 4 } as const;
export type DiskStep = (typeof DiskStep)[keyof typeof DiskStep];

interface MemoryFile {
  readonly name: string;
  bytes: Buffer;
  writtenMs: number;
}

export class MemoryDisk implements JournalDisk {
  readonly files = new Map<string, MemoryFile>();
  readonly removed: string[] = [];
  /** Asked before each step. Of a write, how many bytes are taken; of the others, 0 refuses. */
  answer: (step: DiskStep, bytes: number) => number = (_step, bytes) => bytes;
  /** The most that ever lay on it. */
  peakBytes = 0;
  readonly #open: MemoryFile[] = [];
  #steps = 0;

  get bytes(): number {
    let bytes = 0;
    for (const file of this.files.values()) bytes += file.bytes.length;
    return bytes;
  }

  makeDirectory(): void {
    // It is there.
  }

  list(): readonly SegmentFact[] {
    return [...this.files.values()].map(({ name, bytes, writtenMs }) => {
      const { run, segment } = parseSegmentName(name)!;
      return { name, run, segment, bytes: bytes.length, writtenMs };
    });
  }

  create(name: string): number {
    this.#ask(DiskStep.create, 1);
    const file: MemoryFile = { name, bytes: Buffer.alloc(0), writtenMs: this.#steps };
    if (this.files.has(name)) throw new Error(`${name} is there already`);
    this.files.set(name, file);
    return this.#open.push(file) - 1;
  }

  write(file: number, bytes: Uint8Array, offset: number): number {
    const taken = this.#ask(DiskStep.write, bytes.byteLength - offset);
    const written = this.#open[file]!;
    written.bytes = Buffer.concat([written.bytes, bytes.subarray(offset, offset + taken)]);
    written.writtenMs = this.#steps;
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
    return taken;
  }

  sync(): void {
    this.#ask(DiskStep.sync, 1);
  }

  truncate(file: number, length: number): void {
    this.#ask(DiskStep.truncate, 1);
    this.#open[file]!.bytes = this.#open[file]!.bytes.subarray(0, length);
  }

  close(): void {
    this.#ask(DiskStep.close, 1);
  }

  remove(name: string): void {
    this.removed.push(name);
    this.files.delete(name);
  }

  sources(): readonly SegmentSource[] {
    return [...this.files.values()].map(({ name, bytes }) => {
      const { run, segment } = parseSegmentName(name)!;
      return new MemorySegment(name, run, segment, bytes);
    });
  }

  #ask(step: DiskStep, bytes: number): number {
    this.#steps++;
    const answer = this.answer(step, bytes);
    if (answer <= 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    return Math.min(answer, bytes);
  }
}
