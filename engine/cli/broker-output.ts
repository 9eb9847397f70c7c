import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { csvLines } from './broker-rows.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { writeLines } from './output-lines.ts';
import { textTable } from './text-table.ts';

export interface OutputOptions {
  readonly isJson: boolean;
  /** A file for CSV; undefined for none. */
  readonly csv: string | undefined;
}

/** Columns of text, all others being amounts. */
const TEXTS = new Set(['day', 'account', 'instId', 'ordId', 'clOrdId', 'tag', 'reason', 'group', 'name']);

/** As CSV in a file, as lines of JSON, or as a table. @throws CommandError for a file that cannot be written */
export async function writeRows(
  rows: readonly Readonly<Record<string, string>>[],
  columns: readonly string[],
  { isJson, csv }: OutputOptions,
): Promise<void> {
  if (csv !== undefined) {
    writeText(csv, `${[...csvLines(rows, columns)].join('\n')}\n`);
    process.stdout.write(`${rows.length} rows in ${csv}\n`);
    return;
  }
  if (isJson) return writeLines(rows.map((row) => JSON.stringify(row)));
  const sides = columns.map((name) => (TEXTS.has(name) ? 'l' : 'r')).join('');
  const cells = rows.map((row) => columns.map((name) => row[name] ?? ''));
  return writeLines(textTable(columns, cells, sides));
}

function writeText(file: string, text: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o600 });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(ExitCode.failed, `--csv: expected a place that can be written: ${reason}`, {
      cause,
    });
  }
}
