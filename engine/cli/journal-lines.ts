import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { recordText } from '../journal/journal-reader.ts';
import type { JournalReader } from '../journal/journal-reader.ts';
import { RecordKind, recordKindName } from '../journal/record-kind.ts';
import { OkxMessageError } from '../okx/okx-message-error.ts';
import { describeRecord } from '../replay/describe-record.ts';
import { fillTruths } from './fill-truths.ts';
import { FillRowMaker } from './journal-fills.ts';
import { LatencyRows } from './journal-latencies.ts';
import { OrderRows } from './journal-orders.ts';
import { QuoteRows } from './journal-quotes.ts';
import { csvLine, roundEpochMs } from './journal-rows.ts';
import type { ExportRow, RowMaker } from './journal-rows.ts';
import type { JournalRun } from './journal-run.ts';

export const ExportTable = {
  orders: 'orders',
  fills: 'fills',
  quotes: 'quotes',
  latencies: 'latencies',
} as const;
export type ExportTable = (typeof ExportTable)[keyof typeof ExportTable];

export interface RecordFilter {
  readonly fromNs: Nanoseconds;
  readonly toNs: Nanoseconds;
  /** All where none are named. */
  readonly kinds: ReadonlySet<RecordKind> | undefined;
}

/** The records that pass; gaps always do where kinds are not asked for. */
export function* filtered(
  reader: JournalReader,
  run: JournalRun,
  { fromNs, toNs, kinds }: RecordFilter,
): Generator<JournalRecord, void> {
  for (const record of reader.records(run.info.run, { fromNs, toNs })) {
    run.onRecord(record);
    const { kind, timeNs } = record;
    if (kinds !== undefined && !kinds.has(kind)) continue;
    // A gap's time is not known where damage was skipped.
    if (timeNs < fromNs || timeNs > toNs) continue;
    yield record;
  }
}

/** The records, one a line. */
export function* catLines(
  reader: JournalReader,
  run: JournalRun,
  filter: RecordFilter,
  isJson: boolean,
): Generator<string, void> {
  const startNs = run.info.firstNs;
  for (const record of filtered(reader, run, filter)) {
    yield isJson
      ? recordJson(record, run)
      : `${timeOf(run.wallMs(record.timeNs))} ${describeRecord(record, startNs)}`;
  }
}

function timeOf(ms: Milliseconds): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : '-'.repeat(24);
}

function recordJson(record: JournalRecord, run: JournalRun): string {
  const { sequence, kind, sub, instrument, timeNs, value, bytes } = record;
  const isBinary = kind === RecordKind.quoteTaken;
  const payload = isBinary
    ? { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
    : { text: recordText(record) };
  const timeMs = roundEpochMs(run.wallMs(timeNs));
  return JSON.stringify({
    sequence,
    kind: recordKindName(kind),
    sub,
    instrument,
    timeNs,
    timeMs,
    value,
    ...(bytes.byteLength === 0 ? {} : payload),
  });
}

export interface ExportOptions {
  readonly table: ExportTable;
  readonly format: 'csv' | 'ndjson';
  /** Of the public feed, one row in so many milliseconds. */
  readonly feedMs: Milliseconds;
}

function makerOf({ table, feedMs }: ExportOptions, reader: JournalReader, run: JournalRun): RowMaker {
  if (table === ExportTable.orders) return new OrderRows(run);
  if (table === ExportTable.fills) return new FillRowMaker(run, fillTruths(reader, run.info.run));
  return table === ExportTable.quotes ? new QuoteRows(run) : new LatencyRows(run, feedMs);
}

/** A table of the run's records, one row a line. Frames that are no message of the venue's are passed over. */
export function* exportLines(
  reader: JournalReader,
  run: JournalRun,
  filter: RecordFilter,
  options: ExportOptions,
): Generator<string, void> {
  const maker = makerOf(options, reader, run);
  const { columns } = maker;
  const lineOf = (row: ExportRow): string =>
    options.format === 'csv' ? csvLine(columns.map((column) => row[column]!)) : JSON.stringify(row);
  if (options.format === 'csv') yield columns.join(',');
  let unreadable = 0;
  for (const record of filtered(reader, run, filter)) {
    let rows;
    try {
      rows = maker.onRecord(record);
    } catch (error) {
      if (!(error instanceof OkxMessageError)) throw error;
      unreadable++;
      continue;
    }
    for (const row of rows) yield lineOf(row);
  }
  for (const row of maker.end()) yield lineOf(row);
  if (unreadable > 0) process.stderr.write(`${unreadable} frames were no message of the venue's\n`);
}
