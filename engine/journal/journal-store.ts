/**
 * From the ring to the disk: records into blocks, blocks into segments; one `turn` after the other, on the journal thread.
 *
 *     state     until                                           then
 *     writing   the disk refuses anything                       failing: the segment is given up, the engine told once
 *     failing   RETRY_NS have passed                            writing, if a new segment takes a gap record and a block
 *     any       the writer has closed                           the rest is written, and `end`; done
 *
 * Owner:      the journal thread.
 * Invariants: the ring is emptied in every state, so that the engine never finds it full because of a broken disk; what
 *             was not written is one gap record, exactly as long as what is missing.
 */
import type { Clock } from '../base/clock.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../base/units.ts';
import type { Nanoseconds } from '../base/units.ts';
import { BlockBuilder } from './journal-block.ts';
import { RingCount, RingReader } from './journal-ring.ts';
import { RecordKind } from './record-kind.ts';
import type { SegmentWriter } from './segment-writer.ts';

/** A block is closed at this size if not told otherwise, ... */
const BLOCK_BYTES = 1 << 18;
/** ... or this long after its first record; a killed process loses no more than that. */
const BLOCK_NS: Nanoseconds = 100 * NS_PER_MS;
/** What a machine that loses its power loses. */
const SYNC_NS: Nanoseconds = NS_PER_SECOND;
/** A disk that has refused is tried again after so long. */
const RETRY_NS: Nanoseconds = 5 * NS_PER_SECOND;

export interface JournalStoreOptions {
  readonly share: SharedArrayBuffer;
  readonly segments: SegmentWriter;
  readonly clock: Clock;
  /** A block is closed at this size. */
  readonly blockBytes?: number;
  /** Called when the disk begins to refuse (with what it said), and when it takes records again (undefined). */
  readonly onTrouble: (error: Error | undefined) => void;
}

export class JournalStore {
  readonly #ring: RingReader;
  readonly #counts: Float64Array;
  readonly #segments: SegmentWriter;
  readonly #clock: Clock;
  readonly #onTrouble: JournalStoreOptions['onTrouble'];
  readonly #blockBytes: number;
  readonly #block: BlockBuilder;
  /** When the first record came into the block that is being filled; when was last synced; when the disk last refused. */
  #blockNs: Nanoseconds = 0;
  #syncNs: Nanoseconds = 0;
  #refusedNs: Nanoseconds = -Infinity;
  #isFailing = false;
  /** Of the first record that is not on disk. */
  #storedSequence = 0;
  /** The run's first record: every later segment repeats it, so that what is left of a long run can be read by itself. */
  #start: Buffer | undefined;

  constructor(options: JournalStoreOptions) {
    this.#ring = new RingReader(options.share);
    this.#counts = this.#ring.memory.counts;
    this.#segments = options.segments;
    this.#clock = options.clock;
    this.#blockBytes = options.blockBytes ?? BLOCK_BYTES;
    this.#block = new BlockBuilder(2 * this.#blockBytes);
    this.#onTrouble = options.onTrouble;
  }

  /** Begins the first segment. @throws what the disk throws */
  open(): void {
    this.#segments.open(0);
    this.#segments.sync();
    this.#count();
  }

  /** Takes what has come, and writes what is due. False when the run is closed: then everything is down. */
  turn(): boolean {
    const isClosing = this.#ring.isClosing;
    const nowNs = this.#clock.nowNs();
    this.#drain(nowNs);
    if (isClosing) this.#finish(nowNs);
    else {
      if (!this.#block.isEmpty && nowNs - this.#blockNs >= BLOCK_NS) this.#write(nowNs);
      if (nowNs - this.#syncNs >= SYNC_NS) this.#sync(nowNs);
    }
    this.#count();
    return !isClosing;
  }

  #drain(nowNs: Nanoseconds): void {
    const ring = this.#ring;
    const block = this.#block;
    while (ring.next()) {
      if (block.isEmpty) this.#blockNs = nowNs;
      if (block.nextSequence === 0 && ring.kind === RecordKind.start) this.#start = ring.copy();
      block.append(ring);
      if (block.rawBytes < this.#blockBytes) continue;
      // Before the disk is asked, which may take its time.
      ring.release();
      this.#write(nowNs);
    }
    ring.release();
  }

  #finish(nowNs: Nanoseconds): void {
    const counts = this.#counts;
    const closedNs = counts[RingCount.closedNs]!;
    const missing = counts[RingCount.records]! + counts[RingCount.lost]! - this.#block.nextSequence;
    if (missing > 0) this.#block.appendOwn(RecordKind.gap, closedNs, missing);
    this.#block.appendOwn(RecordKind.end, closedNs, 0);
    this.#refusedNs = -Infinity;
    this.#write(nowNs);
    try {
      this.#segments.close();
    } catch (error) {
      this.#refuse(error, nowNs);
    }
  }

  #sync(nowNs: Nanoseconds): void {
    this.#syncNs = nowNs;
    try {
      this.#segments.sync();
    } catch (error) {
      this.#refuse(error, nowNs);
    }
  }

  /** Writes the block that was filled, or forgets it where the disk refuses. */
  #write(nowNs: Nanoseconds): void {
    if (this.#isFailing && nowNs - this.#refusedNs < RETRY_NS) return this.#forget();
    const segments = this.#segments;
    const block = this.#block.encode(true);
    try {
      if (segments.isOpen && !segments.hasRoom(block.byteLength)) segments.close();
      if (!segments.isOpen) segments.open(this.#storedSequence, this.#preamble());
      if (this.#block.firstSequence > this.#storedSequence) this.#writeGap(nowNs);
      segments.write(block);
    } catch (error) {
      this.#refuse(error, nowNs);
      return this.#forget();
    }
    this.#block.clear();
    this.#storedSequence = this.#block.nextSequence;
    if (this.#isFailing) this.#recover(nowNs);
  }

  #preamble(): Buffer | undefined {
    if (this.#start === undefined || this.#storedSequence === 0) return undefined;
    const block = new BlockBuilder(this.#start.byteLength, this.#storedSequence);
    block.appendCopy(this.#start);
    return block.encode(true, true);
  }

  /** Stands for what was not written since the last block. */
  #writeGap(nowNs: Nanoseconds): void {
    const { firstSequence } = this.#block;
    const gap = new BlockBuilder(64, this.#storedSequence);
    gap.appendOwn(RecordKind.gap, nowNs, firstSequence - this.#storedSequence);
    this.#segments.write(gap.encode(false));
    this.#storedSequence = firstSequence;
  }

  /** It has taken a block again; that it keeps it too is shown by a sync. */
  #recover(nowNs: Nanoseconds): void {
    this.#sync(nowNs);
    if (this.#refusedNs === nowNs) return;
    this.#isFailing = false;
    this.#onTrouble(undefined);
  }

  #forget(): void {
    this.#counts[RingCount.refused]! += this.#block.records;
    this.#block.clear();
  }

  /** Any refusal ends the segment: what it holds behind its last whole block is not to be trusted. */
  #refuse(error: unknown, nowNs: Nanoseconds): void {
    if (!(error instanceof Error)) throw error;
    this.#segments.abandon();
    this.#counts[RingCount.errors]! += 1;
    this.#refusedNs = nowNs;
    if (!this.#isFailing) this.#onTrouble(error);
    this.#isFailing = true;
  }

  #count(): void {
    const counts = this.#counts;
    counts[RingCount.stored] = this.#segments.stored;
    counts[RingCount.segments] = this.#segments.begun;
    counts[RingCount.deleted] = this.#segments.deleted;
    counts[RingCount.isFailing] = this.#isFailing ? 1 : 0;
  }
}
