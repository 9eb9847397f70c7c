import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';

/**
 * The rows of answers to GET /api/v5/public/instruments: files with the whole answer or with its `data`, plain or gzip.
 *
 * @throws CommandError for a file that is none
 */
export async function readInstrumentRows(files: readonly string[]): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (const file of files) {
    try {
      const bytes = await readFile(file);
      const text = (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString();
      const answer: unknown = JSON.parse(text);
      const data: unknown = Array.isArray(answer) ? answer : (answer as { data?: unknown } | null)?.data;
      if (!Array.isArray(data) || !data.every(isRow)) throw new Error('it has no rows with an instId');
      rows.push(...data);
    } catch (cause) {
      throw new CommandError(
        ExitCode.failed,
        `--instruments ${file}: expected the answer of GET /api/v5/public/instruments: ${cause instanceof Error ? cause.message : String(cause)}`,
        { cause },
      );
    }
  }
  return rows;
}

function isRow(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { instId?: unknown }).instId === 'string'
  );
}
