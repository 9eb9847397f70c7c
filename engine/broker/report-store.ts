/**
 * Rebate reports as they were downloaded, unpacked, beside the ledger:
 *
 *     <state>/broker/reports/rebates-2026-11-20-2026-11-21.csv    what the venue gave
 *     <state>/broker/reports/rebates-2026-11-20-2026-11-21.json   of which time it is
 *
 * Invariants: a report of the same days replaces the one before, as a whole; files are for their owner only.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Milliseconds } from '../base/units.ts';
import { BrokerError, BrokerErrorCode } from './broker-error.ts';
import { dayBeginMs } from './commission-ledger.ts';
import { DAY_MS } from './ledger-files.ts';
import { reportText } from './report-bytes.ts';
import { parseReport } from './rebate-report.ts';
import type { ReportRow } from './rebate-report.ts';

/** A report and the time that it is of. */
export interface RebateReport {
  readonly name: string;
  readonly beginMs: Milliseconds;
  /** Not included. */
  readonly endMs: Milliseconds;
  readonly fetchedMs: Milliseconds;
  readonly rows: readonly ReportRow[];
  /** Digits after the point of the finest amount. */
  readonly decimals: number;
}

/** Which time a report is of. */
export interface ReportTime {
  readonly beginMs: Milliseconds;
  readonly endMs: Milliseconds;
  readonly fetchedMs: Milliseconds;
}

const FILE = /^rebates-\d{4}-\d{2}-\d{2}-\d{4}-\d{2}-\d{2}\.csv$/;
const OWNER_ONLY = 0o600;

function reportsDirectory(directory: string): string {
  return join(directory, 'reports');
}

/** @returns the file */
export function keepReport(
  directory: string,
  [fromDay, toDay]: readonly [string, string],
  text: string,
  time: ReportTime,
): string {
  const reports = reportsDirectory(directory);
  mkdirSync(reports, { recursive: true, mode: 0o700 });
  const file = join(reports, `rebates-${fromDay}-${toDay}.csv`);
  // Its time first: one without the other would keep every later look from its end.
  writeWhole(file.replace(/csv$/, 'json'), `${JSON.stringify(time)}\n`);
  writeWhole(file, text);
  return file;
}

function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.tmp`, text, { mode: OWNER_ONLY });
  renameSync(`${file}.tmp`, file);
}

/** Those that are kept, oldest download first. @throws BrokerError for one that cannot be read */
export function keptReports(directory: string): RebateReport[] {
  const reports = reportsDirectory(directory);
  if (!existsSync(reports)) return [];
  const names = readdirSync(reports).filter((name) => FILE.test(name));
  return names
    .map((name) => {
      const file = join(reports, name);
      const time = readTime(file.replace(/csv$/, 'json'));
      return { name, ...time, ...parseReport(readFileSync(file, 'utf8'), name) };
    })
    .toSorted((left, right) => left.fetchedMs - right.fetchedMs);
}

function readTime(file: string): ReportTime {
  try {
    const { beginMs, endMs, fetchedMs } = JSON.parse(readFileSync(file, 'utf8')) as Partial<ReportTime>;
    if (beginMs !== undefined && endMs !== undefined && fetchedMs !== undefined)
      return { beginMs, endMs, fetchedMs };
  } catch {
    // Said below, with what to change.
  }
  throw new BrokerError(
    BrokerErrorCode.report,
    `rebate report ${file}: expected the time that the report beside it is of; download it again`,
  );
}

/**
 * A report that somebody downloaded by hand: of the days from its first row to its last.
 *
 * @throws BrokerError for one that cannot be read
 */
export function reportOfFile(
  file: string,
  bytes: Buffer,
  offsetHours: number,
  fetchedMs: Milliseconds,
): RebateReport {
  const { rows, decimals } = parseReport(reportText(bytes), basename(file));
  const times = rows.map(({ tsMs }) => tsMs).filter((tsMs) => tsMs > 0);
  const dayMs = (tsMs: Milliseconds): Milliseconds =>
    dayBeginMs(new Date(tsMs + offsetHours * 3_600_000).toISOString().slice(0, 10), offsetHours);
  const first = times.reduce((least, tsMs) => Math.min(least, tsMs), Infinity);
  const last = times.reduce((most, tsMs) => Math.max(most, tsMs), -Infinity);
  const isEmpty = times.length === 0;
  return {
    name: basename(file),
    beginMs: isEmpty ? 0 : dayMs(first),
    endMs: isEmpty ? 0 : dayMs(last) + DAY_MS,
    fetchedMs,
    rows,
    decimals,
  };
}
