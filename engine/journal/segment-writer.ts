/**
 * The segments of one run as they are written: one file after the other, all of the directory's within the bound.
 *
 * Owner:      the journal thread.
 * Invariants: a file holds a head and whole blocks, or what a crash left of the last one: after a write that fails, it is
 *             cut back to its last whole block and never written again. Before a byte is written, the oldest other
 *             segments are deleted until it fits into the bound.
 */
import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { Milliseconds } from '../base/units.ts';
import type { JournalDisk, SegmentFact } from './journal-disk.ts';
import { segmentName, writeSegmentHead } from './journal-segment.ts';

export interface SegmentBounds {
  /** Of one file; a block that is larger by itself has one of its own. */
  readonly segmentBytes: number;
  /** Of all segments in the directory together. */
  readonly totalBytes: number;
}

/** At least so many segments fit into the bound, so that deleting the oldest leaves something. */
const SEGMENTS_MIN = 4;

const NO_FILE = -1;

export class SegmentWriter {
  readonly #disk: JournalDisk;
  readonly #clock: Clock;
  readonly #run: number;
  readonly #segmentBytes: number;
  readonly #totalBytes: number;
  /** The other segments, oldest first, and their bytes. */
  #others: SegmentFact[] = [];
  #otherBytes = 0;
  #file = NO_FILE;
  #name = '';
  /** Up to the end of the last whole block. */
  #length = 0;
  #blocks = 0;
  #segment = 0;
  #isSynced = true;
  /** Since the beginning: segments begun, segments deleted, bytes written. */
  begun = 0;
  deleted = 0;
  stored = 0;

  constructor(disk: JournalDisk, clock: Clock, run: number, bounds: SegmentBounds) {
    this.#disk = disk;
    this.#clock = clock;
    this.#run = run;
    this.#totalBytes = bounds.totalBytes;
    this.#segmentBytes = Math.min(bounds.segmentBytes, Math.floor(bounds.totalBytes / SEGMENTS_MIN));
  }

  get isOpen(): boolean {
    return this.#file !== NO_FILE;
  }

  /** Whether a block of so many bytes still belongs into this segment: the first one does, however large. */
  hasRoom(bytes: number): boolean {
    return this.#blocks === 0 || this.#length + bytes <= this.#segmentBytes;
  }

  /** Whether the directory holds segments of this run already. */
  hasRun(): boolean {
    return this.#disk.list().some(({ run }) => run === this.#run);
  }

  /**
   * Begins the next segment.
   *
   * @param firstSequence of the record that comes first in it
   * @param preamble a block that goes before the others and does not count as one
   * @throws what the disk throws
   */
  open(firstSequence: number, preamble?: Uint8Array): void {
    assert(!this.isOpen, 'one segment at a time');
    const name = segmentName(this.#run, this.#segment);
    this.#look();
    const head = writeSegmentHead({
      run: this.#run,
      segment: this.#segment,
      firstSequence,
      wallMs: this.#clock.wallMs(),
      wallNs: this.#clock.nowNs(),
    });
    this.#length = 0;
    this.#blocks = 0;
    this.#makeRoom(head.byteLength + (preamble?.byteLength ?? 0));
    this.#file = this.#disk.create(name);
    this.#name = name;
    this.#segment++;
    this.begun++;
    this.#append(head);
    if (preamble !== undefined) this.#append(preamble);
  }

  /** @throws what the disk throws; what was written of the block is then for `abandon` to cut off */
  write(block: Uint8Array): void {
    assert(this.isOpen, 'a block is written to a segment');
    this.#makeRoom(block.byteLength);
    this.#append(block);
    this.#blocks++;
  }

  /** @throws what the disk throws */
  sync(): void {
    if (this.#file !== NO_FILE && !this.#isSynced) this.#disk.sync(this.#file);
    this.#isSynced = true;
  }

  /** Ends the segment. @throws what the disk throws */
  close(): void {
    if (this.#file === NO_FILE) return;
    this.sync();
    const file = this.#file;
    this.#file = NO_FILE;
    this.#disk.close(file);
  }

  /** Gives up the segment after an error, cut back to what is whole; one without a block is removed. */
  abandon(): void {
    if (this.#file === NO_FILE) return;
    const file = this.#file;
    this.#file = NO_FILE;
    this.#isSynced = true;
    // What a broken disk also refuses here is found torn by the reader, which knows what to make of it.
    attempt(() => this.#disk.truncate(file, this.#length));
    attempt(() => this.#disk.sync(file));
    attempt(() => this.#disk.close(file));
    if (this.#blocks === 0) attempt(() => this.#disk.remove(this.#name));
  }

  #append(bytes: Uint8Array): void {
    this.#isSynced = false;
    for (let offset = 0; offset < bytes.byteLength;) {
      const written = this.#disk.write(this.#file, bytes, offset);
      if (written === 0) throw new Error('the disk took no byte');
      offset += written;
    }
    this.#length += bytes.byteLength;
    this.stored += bytes.byteLength;
  }

  #look(): void {
    // Somebody may have removed it.
    this.#disk.makeDirectory();
    this.#others = this.#inOrder(this.#disk.list());
    this.#otherBytes = 0;
    for (const { bytes } of this.#others) this.#otherBytes += bytes;
  }

  /** Runs by when they were last written, this one last; within a run the clock, which may be set back, has no say. */
  #inOrder(segments: readonly SegmentFact[]): SegmentFact[] {
    const endedMs = new Map<number, Milliseconds>();
    for (const { run, writtenMs } of segments) {
      endedMs.set(run, Math.max(writtenMs, endedMs.get(run) ?? -Infinity));
    }
    endedMs.set(this.#run, Number.MAX_VALUE);
    return [...segments].sort(
      (a, b) => endedMs.get(a.run)! - endedMs.get(b.run)! || a.run - b.run || a.segment - b.segment,
    );
  }

  #makeRoom(bytes: number): void {
    while (this.#others.length > 0 && this.#otherBytes + this.#length + bytes > this.#totalBytes) {
      const oldest = this.#others.shift()!;
      this.#otherBytes -= oldest.bytes;
      attempt(() => this.#disk.remove(oldest.name));
      this.deleted++;
    }
  }
}

/** What cannot be done is done without: the disk that refuses this is told of by what it refused before. */
function attempt(step: () => void): void {
  try {
    step();
  } catch (error) {
    // A bug is no refusal of the disk.
    if (!(error instanceof Error && 'code' in error)) throw error;
  }
}
