import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import type { BenchResult } from './benchmark.ts';

/** What `--json` writes. */
export interface BenchReport {
  readonly machine: string;
  readonly node: string;
  readonly date: string;
  readonly results: readonly BenchResult[];
}

export function machineText(): string {
  const cores = cpus();
  return `${cores[0]?.model.trim() ?? 'unknown processor'}, ${cores.length} cores, ${process.platform} ${process.arch}`;
}

export function reportOf(results: readonly BenchResult[]): BenchReport {
  return { machine: machineText(), node: process.version, date: new Date().toISOString(), results };
}

export function writeReport(file: string, report: BenchReport): void {
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
}

const HEADINGS = [
  'name',
  'feed',
  'p50',
  'p90',
  'p99',
  'p99.9',
  'max',
  'unit',
  'ops/s',
  'B/op',
  'samples',
  'checksum',
];
/** Columns of text; the others are figures and stand to the right. */
const LEFT = new Set([0, 1, 7, 11]);

export function tableText(results: readonly BenchResult[]): string {
  const rows = results.map((result) => [
    result.name,
    result.feed,
    ...[result.p50, result.p90, result.p99, result.p999, result.max].map((value) => grouped(value)),
    result.unit,
    grouped(result.opsPerSecond),
    result.bytesPerOp < 0 ? '-' : grouped(result.bytesPerOp),
    grouped(result.samples),
    result.checksum,
  ]);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        LEFT.has(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  return [line(HEADINGS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** What stands behind the rows, each said once. */
export function notesText(results: readonly BenchResult[]): string {
  const byNote = new Map<string, string[]>();
  for (const { name, feed, note } of results) {
    if (note !== '') byNote.set(note, [...(byNote.get(note) ?? []), `${name} (${feed})`]);
  }
  return [...byNote].map(([note, names]) => `${names.join(', ')}:\n    ${note}`).join('\n');
}

/** The rows that miss what they were to hold, one a line; empty when there are none. */
export function failuresText(results: readonly BenchResult[]): string {
  return results
    .filter(({ failure }) => failure !== undefined)
    .map(({ name, feed, failure }) => `failed: ${name} (${feed}): ${failure}`)
    .join('\n');
}

function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 1 });
}
