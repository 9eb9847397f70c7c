import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryJournal } from '../../engine/journal/memory-journal.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { RECORD_HEAD_BYTES, recordBytes } from '../../engine/journal/record-layout.ts';
import { asSample, samples, write } from './record-samples.ts';

describe('a journal in memory', () => {
  it('gives back any records, through any ring and any block', () => {
    fc.assert(
      fc.property(
        fc.array(samples(600), { maxLength: 60 }),
        fc.integer({ min: 1_400, max: 5_000 }),
        fc.integer({ min: 1, max: 4_000 }),
        fc.boolean(),
        (written, ringBytes, blockBytes, isDeflated) => {
          const journal = new MemoryJournal({ run: 7, ringBytes, blockBytes, isDeflated });
          for (const [index, sample] of written.entries()) write(journal.writer, sample, index % 11);
          journal.close(5);
          const read = [...journal.reader().records(7)];
          expect(read.map(({ sequence }) => sequence)).toEqual(read.map((_, index) => index));
          expect(read.pop()).toMatchObject({ kind: RecordKind.end, timeNs: 5 });
          expect(read.map(asSample)).toEqual(written);
          expect(journal.writer.lost).toBe(0);
          expect(journal.reader().run(7)).toMatchObject({
            records: written.length + 1,
            lost: 0,
            firstSequence: 0,
            nextSequence: written.length + 1,
            end: 'complete',
            damaged: 0,
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps the place of a record whose payload comes later, and shows nothing behind it before', () => {
    const [time, value] = [Float64Array.of(1), Float64Array.of(2)];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(samples(300), fc.array(samples(100), { maxLength: 3 })), { maxLength: 20 }),
        fc.integer({ min: 2_000, max: 5_000 }),
        (turns, ringBytes) => {
          const journal = new MemoryJournal({ run: 7, ringBytes, blockBytes: 1_000 });
          const { writer } = journal;
          const written = turns.flatMap(([input, outputs]) => {
            const { kind, sub, instrument, payload } = input;
            const before = journal.bytes().byteLength;
            writer.open(kind, sub, instrument, time, value, payload.length);
            for (const output of outputs) write(writer, output, 5);
            expect(journal.bytes().byteLength).toBe(before);
            writer.complete(Uint8Array.of(0, ...payload, 0), 1, 1 + payload.length);
            return [{ ...input, timeNs: 1, value: 2 }, ...outputs];
          });
          expect([...journal.reader().records(7)].map(asSample)).toEqual(written);
          expect(writer.lost).toBe(0);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('counts an opened record without room, and one that is filled is not taken for it', () => {
    const journal = new MemoryJournal({ run: 1, ringBytes: 1_024 });
    const { writer } = journal;
    const [time, value] = [Float64Array.of(1), Float64Array.of(2)];
    writer.open(RecordKind.frame, 0, 0, time, value, 2_000);
    writer.text(RecordKind.command, 0, 0, 3, 0, 'an output');
    const payload = new Uint8Array(2_000);
    writer.complete(payload, 0, payload.length);
    const kinds = [...journal.reader().records(1)].map(({ kind }) => kind);
    expect(kinds).toEqual([RecordKind.gap, RecordKind.command]);
    expect(writer.lost).toBe(1);
  });

  it('pads with zeros: nothing of an earlier record shows behind a later one', () => {
    const journal = new MemoryJournal({ run: 1, ringBytes: 128 });
    for (let index = 0; index < 8; index++) {
      journal.writer.text(RecordKind.command, 0, 0, 1, 0, 'x'.repeat(32));
    }
    for (let length = 1; length <= 16; length++) {
      journal.writer.text(RecordKind.command, 0, 0, 1, 0, 'y'.repeat(length));
      const padded = Buffer.from(journal.bytes()).subarray(-recordBytes(length) + RECORD_HEAD_BYTES);
      expect(padded.toString('latin1')).toBe('y'.repeat(length).padEnd(padded.length, '\0'));
    }
  });

  it('counts a record that is larger than its ring, and goes on behind a gap', () => {
    const journal = new MemoryJournal({ run: 1, ringBytes: 1_024 });
    const { writer } = journal;
    writer.text(RecordKind.command, 0, 0, 1, 0, 'before');
    for (let index = 0; index < 3; index++) {
      writer.text(RecordKind.command, 0, 0, 2, 0, 'x'.repeat(2_000));
    }
    writer.text(RecordKind.command, 0, 0, 3, 0, 'after');
    writer.text(RecordKind.command, 0, 0, 4, 0, 'x'.repeat(2_000));
    journal.close(5);
    const read = [...journal.reader().records(1)];
    expect(read.map(({ sequence, kind, value }) => [sequence, kind, value])).toEqual([
      [0, RecordKind.command, 0],
      [1, RecordKind.gap, 3],
      [4, RecordKind.command, 0],
      [5, RecordKind.gap, 1],
      [6, RecordKind.end, 0],
    ]);
    expect(writer).toMatchObject({ records: 2, lost: 4, sequence: 6 });
    expect(journal.reader().run(1)).toMatchObject({ records: 3, lost: 4, nextSequence: 7 });
  });
});
