import type { JournalRecord } from '../../engine/journal/journal-block.ts';
import { MemoryJournal } from '../../engine/journal/memory-journal.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';
import { replayRun } from '../../engine/replay/replay.ts';
import type { ReplayOptions, ReplayResult } from '../../engine/replay/replay.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { SimWorld } from '../sim/world.ts';

/** Every run of these tests has this number. */
export const RUN = 7;

/** The records of an engine in a world where nothing goes wrong, as far as it came in so many virtual seconds. */
export async function journaledRun(seed: number, seconds: number): Promise<JournalRecord[]> {
  const world = new SimWorld(seed, undefined, true);
  await world.runUntil(world.nowNs + seconds * NS_PER_SECOND, () => {});
  const { run, journal } = world.machine.journals!.newest!;
  return [...journal.reader().records(run)];
}

/** A journal with these records, numbered anew; `end` and `gap` among them are written as the journal does. */
export function journalOf(records: readonly JournalRecord[]): MemoryJournal {
  const journal = new MemoryJournal({ run: RUN });
  const timeNs = new Float64Array(1);
  const value = new Float64Array(1);
  for (const { kind, sub, instrument, bytes, ...record } of records) {
    timeNs[0] = record.timeNs;
    value[0] = record.value;
    if (kind === RecordKind.end) journal.close(record.timeNs);
    else journal.writer.record(kind, sub, instrument, timeNs, value, bytes, 0, bytes.length);
  }
  return journal;
}

export function replayed(records: readonly JournalRecord[], options?: ReplayOptions): ReplayResult {
  return replayRun(journalOf(records).reader(), RUN, options);
}

/** The records with one replaced. */
export function withRecord(
  records: readonly JournalRecord[],
  sequence: number,
  change: (record: JournalRecord) => Partial<JournalRecord>,
): JournalRecord[] {
  return records.map((record) => (record.sequence === sequence ? { ...record, ...change(record) } : record));
}

/** The bytes with one bit of them turned. */
export function flipped(bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at]! ^= 1 << bit;
  return copy;
}
