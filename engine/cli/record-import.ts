import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DayRows } from '../recording/day-rows.ts';
import { DayWriter } from '../recording/day-writer.ts';
import { rowOf } from '../recording/recorded-row.ts';
import { RecordingReader, type RecordingOptions } from '../recording/recording-reader.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';

/** Characters that wait for a flush: a member of the file. */
const FLUSH_AT = 1024 * 1024;

/**
 * Reads recordings of any kind into daily files. They appear in the folder when all is read, or not at all.
 *
 * @throws RecordingError when an input is broken; CommandError when a file is there already
 */
export async function importRecordings(
  files: readonly string[],
  folder: string,
  options: RecordingOptions,
): Promise<ExitCode> {
  const reader = await RecordingReader.open(files, options);
  const temporary = join(folder, `.import-${process.pid}`);
  try {
    await mkdir(temporary, { recursive: true });
    const log = (line: string): void => void process.stderr.write(`${line}\n`);
    const writer = new DayWriter({ folder: temporary, isNew: true, log });
    const rows = new DayRows(writer);
    await copy(reader, rows, writer);
    await writer.close();
    await moveAll(writer.paths, folder);
    for (const cut of reader.cuts) process.stderr.write(`left out: ${cut.message}\n`);
    process.stdout.write(
      `${rows.rows} rows in ${writer.paths.length} files, ${(writer.bytes / 1e6).toFixed(1)} MB, in ${folder}\n`,
    );
    return ExitCode.done;
  } finally {
    await reader.close();
    await rm(temporary, { recursive: true, force: true });
  }
}

async function copy(reader: RecordingReader, rows: DayRows, writer: DayWriter): Promise<void> {
  for (;;) {
    if (reader.needsFill) await reader.fill();
    const event = reader.next();
    if (event === null) return;
    rows.add(rowOf(event, reader.originMs));
    if (writer.waiting > FLUSH_AT) await writer.flush();
  }
}

async function moveAll(paths: readonly string[], folder: string): Promise<void> {
  const targets = paths.map((path) => join(folder, basename(path)));
  const taken = targets.find((target) => existsSync(target));
  if (taken !== undefined) {
    throw new CommandError(
      ExitCode.failed,
      `${taken}: expected no such file yet, there is one; remove it, or name another folder with --out`,
    );
  }
  for (const [index, path] of paths.entries()) await rename(path, targets[index]!);
}
