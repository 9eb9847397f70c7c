import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../engine/base/clock.ts';
import { DirectoryDisk } from '../../engine/journal/journal-disk.ts';
import { JournalReader, recordText } from '../../engine/journal/journal-reader.ts';
import { RingCount, RingMemory, createRing } from '../../engine/journal/journal-ring.ts';
import { JournalStore } from '../../engine/journal/journal-store.ts';
import { JournalWriter } from '../../engine/journal/journal-writer.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { SegmentWriter } from '../../engine/journal/segment-writer.ts';
import { DiskStep, MemoryDisk } from './memory-disk.ts';
import { asSample, samples, write, writeHeld } from './record-samples.ts';
import type { Sample } from './record-samples.ts';

const RUN = 3;
const AMPLE = 1e9;

interface World {
  readonly writer: JournalWriter;
  readonly counts: Float64Array;
  readonly clock: ManualClock;
  readonly disk: MemoryDisk;
  readonly store: JournalStore;
  readonly troubles: (string | undefined)[];
}

function world(
  ringBytes: number,
  segmentBytes: number,
  totalBytes = AMPLE,
  disk = new MemoryDisk(),
  blockBytes = 1 << 18,
): World {
  const share = createRing(ringBytes);
  const clock = new ManualClock(1_000);
  const troubles: (string | undefined)[] = [];
  const store = new JournalStore({
    share,
    segments: new SegmentWriter(disk, clock, RUN, { segmentBytes, totalBytes }),
    clock,
    blockBytes,
    onTrouble: (error) => troubles.push(error?.message),
  });
  store.open();
  return {
    writer: new JournalWriter(share),
    counts: new RingMemory(share).counts,
    clock,
    disk,
    store,
    troubles,
  };
}

/** One step of an engine and its journal thread. */
type Step =
  | { readonly type: 'write'; readonly sample: Sample }
  /** Its payload comes behind others, and the thread may look in between. */
  | { readonly type: 'held'; readonly sample: Sample; readonly others: readonly Sample[] }
  | { readonly type: 'turn' }
  | { readonly type: 'wait'; readonly ms: number }
  /** The disk takes so many more bytes; -1 for all. */
  | { readonly type: 'disk'; readonly bytes: number };

function steps(withFaults: boolean): fc.Arbitrary<Step[]> {
  const step = fc.oneof(
    { weight: 6, arbitrary: samples(300).map((sample): Step => ({ type: 'write', sample })) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(samples(300), fc.array(samples(100), { maxLength: 4 }))
        .map(([sample, others]): Step => ({ type: 'held', sample, others })),
    },
    { weight: 2, arbitrary: fc.constant<Step>({ type: 'turn' }) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(20, 101, 1_001, 5_001).map((ms): Step => ({ type: 'wait', ms })),
    },
    {
      weight: withFaults ? 1 : 0,
      arbitrary: fc
        .oneof(fc.constant(-1), fc.integer({ min: 0, max: 400 }))
        .map((bytes): Step => ({ type: 'disk', bytes })),
    },
  );
  return fc.array(step, { maxLength: 200, size: 'max' });
}

/** Runs the steps and closes; what was written, in order. */
function run(parts: World, plan: readonly Step[]): Sample[] {
  const { writer, clock, disk, store } = parts;
  const written: Sample[] = [];
  let left = Infinity;
  disk.answer = (step, bytes) => {
    if (step !== DiskStep.write) return left > 0 ? bytes : 0;
    const taken = Math.min(left, bytes);
    left -= taken;
    return taken;
  };
  for (const step of plan) {
    if (step.type === 'write') {
      write(writer, step.sample, written.length % 9);
      written.push(step.sample);
    } else if (step.type === 'held') {
      writeHeld(writer, step.sample, () => {
        for (const other of step.others) {
          write(writer, other, 0);
          store.turn();
        }
      });
      written.push(step.sample, ...step.others);
    } else if (step.type === 'turn') expect(store.turn()).toBe(true);
    else if (step.type === 'wait') {
      clock.advanceNs(step.ms * 1e6);
      store.turn();
    } else left = step.bytes === -1 ? Infinity : step.bytes;
  }
  left = Infinity;
  writer.close(77);
  expect(store.turn()).toBe(false);
  return written;
}

/** Every record that is there is the one that was written, and exactly the others are in gaps. */
function checkRead({ disk, writer, counts }: World, written: readonly Sample[]): void {
  const reader = JournalReader.of(() => disk.sources());
  let next = 0;
  let missing = 0;
  let isEnded = false;
  for (const record of reader.records(RUN)) {
    expect(isEnded).toBe(false);
    expect(record.sequence).toBe(next);
    if (record.kind === RecordKind.gap) {
      expect(record.value).toBeGreaterThan(0);
      missing += record.value;
      next += record.value;
      continue;
    }
    if (record.kind === RecordKind.end) isEnded = true;
    else expect(asSample(record)).toEqual(written[record.sequence]);
    next++;
  }
  expect(isEnded).toBe(true);
  expect(next).toBe(written.length + 1);
  expect(missing).toBe(writer.lost + counts[RingCount.refused]!);
  expect(reader.run(RUN)).toMatchObject({
    records: written.length + 1 - missing,
    lost: missing,
    firstSequence: 0,
    nextSequence: written.length + 1,
    end: 'complete',
    damaged: 0,
  });
}

describe('the journal store', () => {
  const ringBytes = fc.integer({ min: 128, max: 5_000 });
  const segmentBytes = fc.integer({ min: 64, max: 3_000 });
  const blockBytes = fc.integer({ min: 1, max: 2_000 });

  it('any records, through any ring and any segments: what is read is what was written, gaps counted exactly', () => {
    let lost = 0;
    fc.assert(
      fc.property(steps(false), ringBytes, segmentBytes, blockBytes, (plan, ring, segment, block) => {
        const parts = world(ring, segment, AMPLE, new MemoryDisk(), block);
        checkRead(parts, run(parts, plan));
        expect(parts.troubles).toEqual([]);
        lost += parts.writer.lost;
      }),
      { numRuns: 200 },
    );
    // The rings were small enough for the property to be about gaps too.
    expect(lost).toBeGreaterThan(100);
  }, 120_000);

  it('the same on a disk that refuses at any byte, and takes records again', () => {
    let refused = 0;
    fc.assert(
      fc.property(steps(true), ringBytes, segmentBytes, blockBytes, (plan, ring, segment, block) => {
        const parts = world(ring, segment, AMPLE, new MemoryDisk(), block);
        checkRead(parts, run(parts, plan));
        refused += parts.counts[RingCount.refused]!;
      }),
      { numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(100);
  }, 120_000);

  it('tells once that the disk refuses, tries again after five seconds, and tells that it is well', () => {
    const parts = world(4_096, AMPLE);
    const { writer, disk, clock, store, troubles, counts } = parts;
    const put = (text: string): void => {
      writer.text(RecordKind.command, 0, 0, clock.nowNs(), 0, text);
      store.turn();
      clock.advanceNs(101e6);
      store.turn();
    };
    put('one');
    const whole = disk.bytes;
    // It takes a few bytes more, and then none.
    let left = 10;
    disk.answer = (step, bytes) => {
      if (step !== DiskStep.write) return bytes;
      const taken = Math.min(left, bytes);
      left -= taken;
      return taken;
    };
    for (let count = 0; count < 20; count++) put('lost');
    expect(disk.bytes).toBe(whole);
    expect(troubles).toEqual(['ENOSPC: no space left on device']);
    expect(counts[RingCount.isFailing]).toBe(1);
    expect(counts[RingCount.refused]).toBe(20);
    disk.answer = (_step, bytes) => bytes;
    put('lost too');
    clock.advanceNs(5e9);
    // It takes bytes, and does not promise to keep them: that is no disk to believe in.
    disk.answer = (step, bytes) => (step === DiskStep.sync ? 0 : bytes);
    put('taken');
    expect(counts[RingCount.isFailing]).toBe(1);
    disk.answer = (_step, bytes) => bytes;
    clock.advanceNs(5e9);
    put('two');
    expect(troubles).toEqual(['ENOSPC: no space left on device', undefined]);
    expect(counts[RingCount.isFailing]).toBe(0);
    writer.close(clock.nowNs());
    store.turn();
    const read = [...JournalReader.of(() => disk.sources()).records(RUN)];
    expect(read.map(({ kind, value, bytes }) => [kind, value, Buffer.from(bytes).toString()])).toEqual([
      [RecordKind.command, 0, 'one'],
      [RecordKind.gap, 21, ''],
      [RecordKind.command, 0, 'taken'],
      [RecordKind.command, 0, 'two'],
      [RecordKind.end, 0, ''],
    ]);
  });

  it('writes what came within 100 ms, and syncs once a second', () => {
    const { writer, disk, clock, store } = world(4_096, AMPLE);
    const asked: DiskStep[] = [];
    disk.answer = (step, bytes) => {
      asked.push(step);
      return bytes;
    };
    clock.advanceNs(1e9);
    store.turn();
    writer.text(RecordKind.command, 0, 0, 1, 0, 'text');
    store.turn();
    expect(asked).toEqual([]);
    clock.advanceNs(100e6);
    store.turn();
    expect(asked).toEqual([DiskStep.write]);
    clock.advanceNs(899e6);
    store.turn();
    expect(asked).toEqual([DiskStep.write]);
    clock.advanceNs(1e6);
    store.turn();
    expect(asked).toEqual([DiskStep.write, DiskStep.sync]);
  });

  it('tells of a segment that somebody has deleted, and begins another', () => {
    const directory = join(mkdtempSync(join(tmpdir(), 'okxmm-journal-')), 'journal');
    try {
      const disk = new DirectoryDisk(directory);
      disk.makeDirectory();
      const share = createRing(4_096);
      const clock = new ManualClock();
      const troubles: (string | undefined)[] = [];
      const segments = new SegmentWriter(disk, clock, RUN, { segmentBytes: AMPLE, totalBytes: AMPLE });
      const onTrouble = (error: Error | undefined): unknown => troubles.push(error?.message);
      const store = new JournalStore({ share, segments, clock, onTrouble });
      store.open();
      const writer = new JournalWriter(share);
      const put = (text: string, ns: number): void => {
        writer.text(RecordKind.command, 0, 0, clock.nowNs(), 0, text);
        store.turn();
        clock.advanceNs(ns);
        store.turn();
      };
      put('gone', 1.1e9);
      rmSync(directory, { recursive: true });
      put('gone too', 1.1e9);
      expect(troubles).toEqual([expect.stringContaining('deleted')]);
      put('lost', 5.1e9);
      put('there', 1.1e9);
      expect(troubles).toEqual([expect.stringContaining('deleted'), undefined]);
      writer.close(clock.nowNs());
      store.turn();
      const reader = JournalReader.open(directory);
      expect(reader.run(RUN)).toMatchObject({ firstSequence: 2, end: 'complete', damaged: 0 });
      expect([...reader.records(RUN)].map(recordText)).toEqual(['lost', 'there', '']);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('the bound', () => {
  it('takes a run’s segments in their order, though the clock was set back while it wrote them', () => {
    const disk = new MemoryDisk();
    let isSetBack = false;
    const list = disk.list.bind(disk);
    disk.list = () =>
      list().map((fact) => ({
        ...fact,
        writtenMs: fact.writtenMs - (fact.segment > 4 && isSetBack ? 1e6 : 0),
      }));
    const { writer, store, clock } = world(65_536, 2_000, 20_000, disk);
    for (let index = 0; index < 1_000; index++) {
      isSetBack = disk.files.size > 5;
      writer.text(RecordKind.command, 0, 0, index, 0, `${index} `.repeat(40));
      clock.advanceNs(100e6);
      store.turn();
    }
    expect(disk.removed.length).toBeGreaterThan(5);
    expect([...disk.removed].sort()).toEqual(disk.removed);
    expect(JournalReader.of(() => disk.sources()).run(RUN).damaged).toBe(0);
  });

  it('is kept at every byte by deleting the oldest segments, and the reader says what is gone', () => {
    const disk = new MemoryDisk();
    const totalBytes = 40_000;
    const segmentBytes = 5_000;
    const text = (index: number): string => `${index} `.repeat(40);
    const parts = world(65_536, segmentBytes, totalBytes, disk);
    const { writer, store, clock } = parts;
    const count = 3_000;
    for (let index = 0; index < count; index++) {
      writer.text(RecordKind.command, 0, 0, index, 0, text(index));
      clock.advanceNs(100e6);
      store.turn();
    }
    writer.close(count);
    store.turn();
    expect(disk.peakBytes).toBeLessThanOrEqual(totalBytes);
    expect(disk.bytes).toBeGreaterThan(totalBytes - 2 * segmentBytes);
    expect(parts.counts[RingCount.deleted]).toBe(disk.removed.length);
    expect([...disk.removed].sort()).toEqual(disk.removed);
    const reader = JournalReader.of(() => disk.sources());
    const { firstSequence, records, end, damaged } = reader.run(RUN);
    expect(firstSequence).toBeGreaterThan(0);
    expect(records).toBe(count + 1 - firstSequence);
    expect([end, damaged]).toEqual(['complete', 0]);
    const read = [...reader.records(RUN)];
    expect(read.map(({ sequence }) => sequence)).toEqual(read.map((_, index) => firstSequence + index));
    expect(Buffer.from(read[0]!.bytes).toString()).toBe(text(firstSequence));
  });

  it('leaves the run’s first record in every segment, where it takes no sequence number', () => {
    const parts = world(65_536, 2_000, 20_000);
    const { writer, store, clock, disk } = parts;
    writer.text(RecordKind.start, 0, 0, 7, 1_234, 'what the core was built from');
    for (let index = 1; index < 500; index++) {
      writer.text(RecordKind.start, 0, 0, index, 0, `another ${index} `.repeat(20));
      clock.advanceNs(100e6);
      store.turn();
    }
    clock.advanceNs(100e6);
    store.turn();
    expect(disk.peakBytes).toBeLessThanOrEqual(20_000);
    const reader = JournalReader.of(() => disk.sources());
    const { firstSequence, nextSequence, damaged, records } = reader.run(RUN);
    expect(firstSequence).toBeGreaterThan(100);
    expect([nextSequence, damaged, records]).toEqual([500, 0, 500 - firstSequence]);
    expect([...reader.records(RUN)].map(({ sequence }) => sequence)).toEqual(
      Array.from({ length: 500 - firstSequence }, (_, index) => firstSequence + index),
    );
    const start = reader.start(RUN)!;
    expect(start).toMatchObject({ sequence: 0, kind: RecordKind.start, timeNs: 7, value: 1_234 });
    expect(Buffer.from(start.bytes).toString()).toBe('what the core was built from');
  });

  it('deletes older runs first, and never a file that is no segment of it', () => {
    const disk = new MemoryDisk();
    const before = world(65_536, 2_000, 1e9, disk);
    for (let index = 0; index < 40; index++) {
      before.writer.text(RecordKind.command, 0, 0, index, 0, `${index} `.repeat(60));
      before.clock.advanceNs(100e6);
      before.store.turn();
    }
    before.writer.close(1);
    before.store.turn();
    const old = [...disk.files.keys()];
    const bytes = disk.bytes;
    const share = createRing(65_536);
    const clock = new ManualClock();
    const store = new JournalStore({
      share,
      segments: new SegmentWriter(disk, clock, RUN + 1, { segmentBytes: 2_000, totalBytes: bytes }),
      clock,
      onTrouble: () => {},
    });
    store.open();
    expect(disk.removed).toEqual(old.slice(0, disk.removed.length));
    expect(disk.removed.length).toBeGreaterThan(0);
    expect([...disk.files.keys()].at(-1)).toBe('run-00000004-000000.okxj');
  });
});
