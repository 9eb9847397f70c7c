/**
 * A journal in memory: the same writer, the same blocks, no thread and no disk. For simulations and tests.
 */
import type { Nanoseconds } from '../base/units.ts';
import { BlockBuilder } from './journal-block.ts';
import { JournalReader } from './journal-reader.ts';
import { RingReader, createRing } from './journal-ring.ts';
import { MemorySegment, writeSegmentHead } from './journal-segment.ts';
import { JournalWriter } from './journal-writer.ts';
import { RecordKind } from './record-kind.ts';

const RING_BYTES = 1 << 20;
const BLOCK_BYTES = 1 << 18;

export interface MemoryJournalOptions {
  readonly run: number;
  /** Half of it is the largest record that is not lost; 1 MB if not given. */
  readonly ringBytes?: number;
  readonly blockBytes?: number;
  /** Smaller and slower. */
  readonly isDeflated?: boolean;
}

export class MemoryJournal {
  readonly writer: JournalWriter;
  readonly #run: number;
  readonly #ring: RingReader;
  readonly #block: BlockBuilder;
  readonly #blockBytes: number;
  readonly #isDeflated: boolean;
  readonly #parts: Buffer[];

  constructor(options: MemoryJournalOptions) {
    const share = createRing(options.ringBytes ?? RING_BYTES);
    this.#run = options.run;
    this.#ring = new RingReader(share);
    this.#blockBytes = options.blockBytes ?? BLOCK_BYTES;
    this.#block = new BlockBuilder(this.#blockBytes);
    this.#isDeflated = options.isDeflated ?? false;
    this.#parts = [
      writeSegmentHead({ run: options.run, segment: 0, firstSequence: 0, wallMs: 0, wallNs: 0 }),
    ];
    this.writer = new JournalWriter(share, () => this.#drain());
  }

  /** Ends the run's records with `end`. Nothing may be written after it. */
  close(timeNs: Nanoseconds): void {
    this.writer.close(timeNs);
    this.#drain();
    const missing = this.writer.sequence - this.#block.nextSequence;
    if (missing > 0) this.#block.appendOwn(RecordKind.gap, timeNs, missing);
    this.#block.appendOwn(RecordKind.end, timeNs, 0);
  }

  /** Over what was written so far; what comes later is read by another one. */
  reader(): JournalReader {
    return JournalReader.of(() => [new MemorySegment('memory', this.#run, 0, this.bytes())]);
  }

  /** As a segment's file holds it. */
  bytes(): Uint8Array {
    this.#drain();
    this.#takeBlock();
    return Buffer.concat(this.#parts);
  }

  #drain(): void {
    while (this.#ring.next()) {
      this.#block.append(this.#ring);
      if (this.#block.rawBytes >= this.#blockBytes) this.#takeBlock();
    }
    this.#ring.release();
  }

  #takeBlock(): void {
    if (this.#block.isEmpty) return;
    this.#parts.push(this.#block.encode(this.#isDeflated));
    this.#block.clear();
  }
}
