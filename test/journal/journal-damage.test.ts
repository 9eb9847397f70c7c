import { describe, expect, it, vi } from 'vitest';
import { ManualClock } from '../../engine/base/clock.ts';
import { BlockBuilder } from '../../engine/journal/journal-block.ts';
import { JournalError, JournalErrorCode } from '../../engine/journal/journal-error.ts';
import { JournalReader } from '../../engine/journal/journal-reader.ts';
import type { JournalReaderOptions } from '../../engine/journal/journal-reader.ts';
import { MemorySegment } from '../../engine/journal/journal-segment.ts';
import type { SegmentSource } from '../../engine/journal/journal-segment.ts';
import { MemoryJournal } from '../../engine/journal/memory-journal.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { SegmentWriter } from '../../engine/journal/segment-writer.ts';
import { MemoryDisk } from './memory-disk.ts';

// Every byte of a file, many times over.
vi.setConfig({ testTimeout: 120_000 });

const RUN = 9;
const RECORDS = 30;

/** A segment of a few blocks, deflated and plain ones. */
function segment(): Uint8Array {
  const journal = new MemoryJournal({ run: RUN, blockBytes: 300, isDeflated: true });
  for (let index = 0; index < RECORDS; index++) {
    journal.writer.text(RecordKind.frame, index, index, index * 1_000, 0, textOf(index));
  }
  journal.close(RECORDS * 1_000);
  return journal.bytes();
}

function textOf(index: number): string {
  return index % 7 < 3
    ? String.fromCodePoint(...Array.from({ length: 20 }, (_, at) => 33 + ((index * 31 + at * 47) % 90)))
    : 'aaaa'.repeat(index);
}

function readerOf(bytes: Uint8Array, options: JournalReaderOptions = {}): JournalReader {
  return JournalReader.of(() => [new MemorySegment('run-00000009-000000.okxj', RUN, 0, bytes)], options);
}

interface Outcome {
  /** Sequences of records that are as they were written. */
  readonly sequences: readonly number[];
  readonly missing: number;
  readonly error: unknown;
}

function read(reader: JournalReader): Outcome {
  const sequences: number[] = [];
  let missing = 0;
  try {
    for (const { kind, sequence, value, bytes, sub } of reader.records(RUN)) {
      if (kind === RecordKind.gap) missing += value;
      else {
        if (kind === RecordKind.frame) {
          // Nothing is ever given that was not written.
          expect([sub, Buffer.from(bytes).toString()]).toEqual([sequence, textOf(sequence)]);
        } else if (kind !== RecordKind.timer) expect([kind, sequence]).toEqual([RecordKind.end, RECORDS]);
        sequences.push(sequence);
      }
    }
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return { sequences, missing, error };
  }
  return { sequences, missing, error: undefined };
}

const whole = Array.from({ length: RECORDS + 1 }, (_, index) => index);

describe('a torn tail', () => {
  it('at every byte: the records of whole blocks are read, and the end is said to be torn', () => {
    const bytes = segment();
    const lengths = new Set<number>();
    for (let length = 0; length < bytes.byteLength; length++) {
      const reader = readerOf(bytes.subarray(0, length));
      const { sequences, error } = read(reader);
      expect(error).toBeUndefined();
      expect(sequences).toEqual(whole.slice(0, sequences.length));
      const { end, nextSequence, damaged } = reader.run(RUN);
      expect([nextSequence, damaged]).toEqual([sequences.length, 0]);
      expect(end).not.toBe('complete');
      if (end === 'open') lengths.add(sequences.length);
    }
    // One length where each block ends, and one for none.
    expect(lengths.size).toBeGreaterThan(5);
    expect(read(readerOf(bytes)).sequences).toEqual(whole);
    expect(readerOf(bytes).run(RUN).end).toBe('complete');
  });

  it('of a whole segment is one too: a file of zeros, or of nothing', () => {
    const disk = new MemoryDisk();
    const segments = new SegmentWriter(disk, new ManualClock(), RUN, { segmentBytes: 1e6, totalBytes: 1e9 });
    segments.open(0);
    const block = new BlockBuilder(100);
    block.appendOwn(RecordKind.timer, 1, 0);
    segments.write(block.encode(true));
    for (const bytes of [new Uint8Array(0), new Uint8Array(10), new Uint8Array(4_096)]) {
      const last = new MemorySegment('run-00000009-000001.okxj', RUN, 1, bytes);
      const reader = JournalReader.of(() => [...disk.sources(), last]);
      expect(read(reader)).toEqual({ sequences: [0], missing: 0, error: undefined });
      expect(reader.run(RUN)).toMatchObject({ records: 1, end: 'torn', damaged: 0 });
    }
  });

  it('of zeros or junk is one too', () => {
    const bytes = segment();
    for (const fill of [0, 0xff, 0x4f]) {
      const tailed = Buffer.concat([bytes, Buffer.alloc(500, fill)]);
      expect(read(readerOf(tailed))).toEqual({ sequences: whole, missing: 0, error: undefined });
      expect(readerOf(tailed).run(RUN)).toMatchObject({ end: 'torn', damaged: 0 });
    }
  });
});

describe('a flipped bit', () => {
  it('of any byte is found: nothing is read that was not written, and the error says where', () => {
    const bytes = segment();
    let errors = 0;
    let torn = 0;
    for (let at = 0; at < bytes.byteLength; at++) {
      const flipped = Uint8Array.from(bytes);
      flipped[at]! ^= 1 << ((at * 5 + 3) % 8);
      const reader = readerOf(flipped);
      const outcome = read(reader);
      expect(outcome.sequences).toEqual(whole.slice(0, outcome.sequences.length));
      if (outcome.error === undefined) {
        // Only the last block can be taken for one that was not written to its end.
        expect(reader.run(RUN).end).toBe('torn');
        torn++;
        continue;
      }
      errors++;
      const error = outcome.error as JournalError;
      expect([JournalErrorCode.damaged, JournalErrorCode.version]).toContain(error.code);
      expect(error.message).toContain('run-00000009-000000.okxj');
      if (at >= 64) expect(error.damage!.firstSequence).toBe(outcome.sequences.length);
    }
    expect(errors).toBeGreaterThan(bytes.byteLength / 2);
    expect(torn).toBeLessThan(bytes.byteLength / 4);
  });

  it('costs one block when damage is skipped: a gap stands for exactly what it held', () => {
    const bytes = segment();
    for (let at = 64; at < bytes.byteLength; at += 3) {
      const flipped = Uint8Array.from(bytes);
      flipped[at]! ^= 0x10;
      const { sequences, missing, error } = read(readerOf(flipped, { damage: 'skip' }));
      expect(error).toBeUndefined();
      const isTorn = readerOf(flipped).run(RUN).end === 'torn';
      if (!isTorn) expect(sequences.length + missing).toBe(RECORDS + 1);
      expect(sequences.length).toBeGreaterThan(RECORDS - 12);
    }
  });
});

describe('runs', () => {
  it('are in the order in which they began, whatever their numbers', () => {
    const sources = [99_999_998, 0, 99_999_999].map((run, index) => {
      const disk = new MemoryDisk();
      const clock = new ManualClock(run === 0 ? 5_000 : 1_000 + index);
      const segments = new SegmentWriter(disk, clock, run, { segmentBytes: 1e6, totalBytes: 1e9 });
      segments.open(0);
      return disk.sources()[0]!;
    });
    const reader = JournalReader.of(() => sources);
    expect(reader.runs().map(({ run }) => run)).toEqual([99_999_998, 99_999_999, 0]);
    expect(reader.newestRun()).toBe(0);
  });
});

describe('a missing segment', () => {
  /** Three segments of one block of ten records each. */
  const parts = (): readonly SegmentSource[] => {
    const disk = new MemoryDisk();
    const bounds = { segmentBytes: 1e6, totalBytes: 1e9 };
    const segments = new SegmentWriter(disk, new ManualClock(), RUN, bounds);
    const block = new BlockBuilder(1_000);
    for (let index = 0; index < 3; index++) {
      segments.open(block.nextSequence);
      for (let at = 0; at < 10; at++) block.appendOwn(RecordKind.timer, at, 0);
      segments.write(block.encode(true));
      block.clear();
      segments.close();
    }
    return disk.sources();
  };

  it('at the beginning is no error: the run begins later', () => {
    const reader = JournalReader.of(() => parts().slice(1));
    expect(read(reader)).toEqual({ sequences: whole.slice(10, 30), missing: 0, error: undefined });
    expect(reader.run(RUN)).toMatchObject({ firstSequence: 10, nextSequence: 30, end: 'open', damaged: 0 });
  });

  it('in the middle is one, with the sequences that are missing', () => {
    const reader = JournalReader.of(() => [parts()[0]!, parts()[2]!]);
    const { sequences, error } = read(reader);
    expect(sequences).toEqual(whole.slice(0, 10));
    expect((error as JournalError).damage).toMatchObject({ firstSequence: 10, nextSequence: 20 });
    expect(reader.run(RUN).damaged).toBe(1);
  });
});
