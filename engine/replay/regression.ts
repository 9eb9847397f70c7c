/**
 * A run as a test: its records up to a time, in one file, and beside them what its replay came to when it was saved.
 *
 *     <directory>/<name>/run-<run>-000000.okxj.gz      the records
 *                        expected.json                 identical, or the first difference that is wanted
 *
 * A bad minute is saved while the core still does what it did: then its replay is identical. When the core is mended, the
 * test shows the first output that is another one; is that the mending, then saving it again makes it what is expected.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { JournalError } from '../journal/journal-error.ts';
import { JournalReader } from '../journal/journal-reader.ts';
import { segmentName } from '../journal/journal-segment.ts';
import { MemoryJournal } from '../journal/memory-journal.ts';
import { RecordKind } from '../journal/record-kind.ts';
import { replayRun } from './replay.ts';
import type { ReplayEnd, ReplayResult } from './replay.ts';

/** Half of it is the largest record that it takes: many times the answers of REST. */
const RING_BYTES = 64 << 20;
const EXPECTED = 'expected.json';

/** What a replay of a saved run must come to. */
export interface RegressionExpectation {
  readonly end: ReplayEnd;
  readonly inputs: number;
  readonly sends: number;
  readonly difference: {
    readonly inputSequence: number;
    readonly expected: string;
    readonly got: string;
  } | null;
}

/** What a replay came to, as a saved run's is told. @testonly the tests compare it with what was expected. */
export function expectationOf({ end, inputs, sends, difference }: ReplayResult): RegressionExpectation {
  if (difference === undefined) return { end, inputs, sends, difference: null };
  const { inputSequence, expected, got } = difference;
  return { end, inputs, sends, difference: { inputSequence, expected, got } };
}

/**
 * Saves what of a run has a time up to `untilNs`, over what has that name.
 *
 * @returns the bytes of the file, and what its replay comes to
 */
export function saveRegression(
  reader: JournalReader,
  run: number,
  untilNs: number,
  directory: string,
): { readonly bytes: number; readonly expectation: RegressionExpectation } {
  const packed = gzipSync(runBytes(reader, run, untilNs), { level: 9 });
  // The reader may be of this very directory: it has been read by now.
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${segmentName(run, 0)}.gz`), packed);
  const expectation = expectationOf(replayRegression(directory));
  writeFileSync(join(directory, EXPECTED), `${JSON.stringify(expectation, null, 2)}\n`);
  return { bytes: packed.length, expectation };
}

/** The records of a run as one segment. They end before the first that is missing, unreadable or an input too late. */
function runBytes(reader: JournalReader, run: number, untilNs: number): Uint8Array {
  const journal = new MemoryJournal({ run, ringBytes: RING_BYTES, isDeflated: false });
  const timeNs = new Float64Array(1);
  const value = new Float64Array(1);
  try {
    for (const record of reader.records(run)) {
      const { kind, sub, instrument, bytes } = record;
      if (kind === RecordKind.gap || (kind < RecordKind.send && record.timeNs > untilNs)) break;
      if (kind === RecordKind.end) {
        journal.close(record.timeNs);
        break;
      }
      timeNs[0] = record.timeNs;
      value[0] = record.value;
      journal.writer.record(kind, sub, instrument, timeNs, value, bytes, 0, bytes.length);
    }
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
  }
  return journal.bytes();
}

/** @testonly saved runs are replayed by the tests. @throws JournalError, ReplayError */
export function replayRegression(directory: string): ReplayResult {
  const reader = JournalReader.open(directory);
  return replayRun(reader, reader.newestRun());
}

/** What was expected of it when it was saved. @testonly as above. */
export function readExpectation(directory: string): RegressionExpectation {
  return JSON.parse(readFileSync(join(directory, EXPECTED), 'utf8')) as RegressionExpectation;
}
