/** Records to write and to read back. */
import fc from 'fast-check';
import type { JournalRecord } from '../../engine/journal/journal-block.ts';
import type { JournalWriter } from '../../engine/journal/journal-writer.ts';
import { RecordKind } from '../../engine/journal/record-kind.ts';

export interface Sample {
  readonly kind: RecordKind;
  readonly sub: number;
  readonly instrument: number;
  readonly timeNs: number;
  readonly value: number;
  readonly payload: Uint8Array;
}

const KINDS = Object.values(RecordKind).filter((kind) => kind !== RecordKind.gap && kind !== RecordKind.end);

export function samples(payloadBytesMax: number): fc.Arbitrary<Sample> {
  return fc.record({
    kind: fc.constantFrom(...KINDS),
    sub: fc.integer({ min: 0, max: 255 }),
    instrument: fc.integer({ min: -32_768, max: 32_767 }),
    timeNs: fc.double({ min: 0, max: 1e15, noNaN: true }),
    value: fc.double(),
    payload: fc.uint8Array({ maxLength: payloadBytesMax }),
  });
}

const timeCell = new Float64Array(1);
const valueCell = new Float64Array(1);

/** Writes it from the middle of a larger buffer, at any alignment. */
export function write(writer: JournalWriter, sample: Sample, offset: number): void {
  const { payload } = sample;
  const bytes = new Uint8Array(offset + payload.byteLength + 3).fill(0xee);
  bytes.set(payload, offset);
  timeCell[0] = sample.timeNs;
  valueCell[0] = sample.value;
  writer.record(
    sample.kind,
    sample.sub,
    sample.instrument,
    timeCell,
    valueCell,
    bytes,
    offset,
    offset + payload.byteLength,
  );
}

/** Writes it with its payload behind what `between` writes. */
export function writeHeld(writer: JournalWriter, sample: Sample, between: () => void): void {
  const { kind, sub, instrument, payload } = sample;
  timeCell[0] = sample.timeNs;
  valueCell[0] = sample.value;
  writer.open(kind, sub, instrument, timeCell, valueCell, payload.byteLength);
  between();
  writer.complete(payload, 0, payload.byteLength);
}

/** The record as what was written, with its sequence. */
export function asSample(record: JournalRecord): Sample {
  const { kind, sub, instrument, timeNs, value, bytes } = record;
  return { kind, sub, instrument, timeNs, value, payload: Uint8Array.from(bytes) };
}
