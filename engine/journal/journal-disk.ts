/**
 * What the journal thread asks of the disk, and no more: so that a test can let any of it fail.
 */
import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Milliseconds } from '../base/units.ts';
import { parseSegmentName } from './journal-segment.ts';

/** As the state's: what an account does is nobody else's to read. */
const OWNER_ONLY = 0o600;
const OWNER_ONLY_DIRECTORY = 0o700;

export interface SegmentFact {
  readonly name: string;
  readonly run: number;
  readonly segment: number;
  readonly bytes: number;
  /** When it was last written. */
  readonly writtenMs: Milliseconds;
}

/** Every operation throws what Node's does. */
export interface JournalDisk {
  makeDirectory(): void;
  /** The segments of every run, in any order. */
  list(): readonly SegmentFact[];
  /** A new file to write to; refused when it is there already. */
  create(name: string): number;
  /** How many bytes of it were written: fewer than all are no error. */
  write(file: number, bytes: Uint8Array, offset: number): number;
  /** Refused, too, where nobody will find the file again. */
  sync(file: number): void;
  truncate(file: number, length: number): void;
  close(file: number): void;
  remove(name: string): void;
}

export class DirectoryDisk implements JournalDisk {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  makeDirectory(): void {
    mkdirSync(this.#directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  }

  list(): readonly SegmentFact[] {
    return readdirSync(this.#directory).flatMap((name) => {
      const parsed = parseSegmentName(name);
      const stat = parsed && statSync(join(this.#directory, name), { throwIfNoEntry: false });
      return parsed === undefined || stat === undefined
        ? []
        : [{ name, ...parsed, bytes: stat.size, writtenMs: stat.mtimeMs }];
    });
  }

  create(name: string): number {
    const file = openSync(join(this.#directory, name), 'wx', OWNER_ONLY);
    // The name is on disk before anything that is found by it.
    const directory = openSync(this.#directory, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
    return file;
  }

  write(file: number, bytes: Uint8Array, offset: number): number {
    return writeSync(file, bytes, offset);
  }

  sync(file: number): void {
    fdatasyncSync(file);
    // What is written to it from then on is gone when it is closed, and nothing else would say so.
    if (fstatSync(file).nlink > 0) return;
    throw Object.assign(new Error('ENOENT: the file that was written to was deleted'), { code: 'ENOENT' });
  }

  truncate(file: number, length: number): void {
    ftruncateSync(file, length);
  }

  close(file: number): void {
    closeSync(file);
  }

  remove(name: string): void {
    unlinkSync(join(this.#directory, name));
  }
}
