import { NS_PER_SECOND } from '../base/units.ts';
import type { JournalReader, RunInfo } from '../journal/journal-reader.ts';
import { RecordKind, recordKindName } from '../journal/record-kind.ts';
import { recordBytes } from '../journal/record-layout.ts';
import type { RecordFilter } from './journal-lines.ts';
import { filtered } from './journal-lines.ts';
import { durationText, sizeText } from './journal-list.ts';
import type { JournalRun } from './journal-run.ts';
import { textTable } from './text-table.ts';

const CONNECTION_NAMES = ['public', 'private', 'trade'];

interface KindStats {
  /** The kind; of frames and sends with their connection. */
  readonly what: string;
  records: number;
  bytes: number;
  /** The most within one second. */
  peakPerSecond: number;
}

export interface JournalStats {
  readonly run: number;
  readonly records: number;
  readonly missing: number;
  readonly seconds: number;
  readonly rawBytes: number;
  /** Of the whole run, whatever part of it was asked for. */
  readonly storedBytes: number;
  readonly end: RunInfo['end'];
  readonly kinds: readonly KindStats[];
}

/** How many records of each kind, of all that pass the filter. */
export function statsOf(reader: JournalReader, run: JournalRun, filter: RecordFilter): JournalStats {
  const kinds = new Map<string, KindStats & { second: number; inSecond: number }>();
  let [records, missing, rawBytes] = [0, 0, 0];
  let [firstNs, lastNs] = [Infinity, -Infinity];
  for (const { kind, sub, timeNs, value, bytes } of filtered(reader, run, filter)) {
    const isOfConnection = kind === RecordKind.frame || kind === RecordKind.send;
    const name = recordKindName(kind);
    const what = isOfConnection ? `${name} ${CONNECTION_NAMES[sub] ?? sub}` : name;
    let stats = kinds.get(what);
    if (stats === undefined) {
      stats = { what, records: 0, bytes: 0, peakPerSecond: 0, second: -1, inSecond: 0 };
      kinds.set(what, stats);
    }
    if (kind === RecordKind.gap) missing += value;
    else records++;
    stats.records++;
    stats.bytes += recordBytes(bytes.byteLength);
    rawBytes += recordBytes(bytes.byteLength);
    if (!(timeNs > 0)) continue;
    firstNs = Math.min(firstNs, timeNs);
    lastNs = Math.max(lastNs, timeNs);
    const second = Math.floor(timeNs / NS_PER_SECOND);
    stats.inSecond = second === stats.second ? stats.inSecond + 1 : 1;
    stats.second = second;
    stats.peakPerSecond = Math.max(stats.peakPerSecond, stats.inSecond);
  }
  const { storedBytes, end } = run.info;
  const seconds = Math.max(0, (lastNs - firstNs) / NS_PER_SECOND);
  const plain = [...kinds.values()].map(({ second: _second, inSecond: _inSecond, ...stats }) => stats);
  plain.sort((a, b) => b.bytes - a.bytes);
  return { run: run.info.run, records, missing, seconds, rawBytes, storedBytes, end, kinds: plain };
}

export function statsTable(stats: JournalStats): string[] {
  const { run, records, missing, seconds, rawBytes, storedBytes, end, kinds } = stats;
  const perSecond = (count: number): string => (seconds > 0 ? (count / seconds).toFixed(1) : '-');
  const rows = kinds.map((kind) => [
    kind.what,
    String(kind.records),
    perSecond(kind.records),
    String(kind.peakPerSecond),
    sizeText(kind.bytes),
    `${((100 * kind.bytes) / rawBytes).toFixed(1)} %`,
  ]);
  return [
    `run ${run}: ${records} records in ${durationText(seconds)}, ${missing} missing, end ${end}`,
    `${sizeText(rawBytes)} of records; the run's files take ${sizeText(storedBytes)}`,
    '',
    ...textTable(['kind', 'records', 'a second', 'most', 'size', 'share'], rows, 'lrrrrr'),
  ];
}
