/**
 * The ledger on disk: one file of lines of JSON a UTC day, appended to and never changed.
 *
 *     <state>/broker/fills-2026-11-21.ndjson
 *
 * Owner:      the engine of that state directory writes; anybody reads, also while it does.
 * Invariants: what `append` has resolved for survives a power cut; a line is whole or the last of its file, where it is
 *             cut off before the next one is written. Files are for their owner only.
 * Cost:       a sync a file and batch, on the runtime's own threads.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Milliseconds } from '../base/units.ts';
import { BrokerError, BrokerErrorCode } from './broker-error.ts';
import { readEntry } from './fill-entry.ts';
import type { FillEntry } from './fill-entry.ts';

export const DAY_MS: Milliseconds = 86_400_000;

const FILE = /^fills-(\d{4}-\d{2}-\d{2})\.ndjson$/;
const OWNER_ONLY = 0o600;
const READ_BYTES = 1 << 20;
const NEW_LINE = 10;

/** Where the ledger of a state directory is. */
export function brokerDirectory(stateDirectory: string): string {
  return join(stateDirectory, 'broker');
}

/** "2026-11-21" in UTC. */
export function utcDay(timeMs: Milliseconds): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

/** Appends entries, each to the file of its day; resolves when they are on disk. */
export async function appendEntries(directory: string, entries: readonly FillEntry[]): Promise<void> {
  const byDay = new Map<string, string[]>();
  for (const entry of entries) {
    const day = utcDay(entry.timeMs);
    const lines = byDay.get(day) ?? [];
    lines.push(`${JSON.stringify(entry)}\n`);
    byDay.set(day, lines);
  }
  for (const [day, lines] of byDay) {
    await appendText(join(directory, `fills-${day}.ndjson`), lines.join(''));
  }
}

/** A line that a crash cut off is ended first: what follows must not be lost with it. */
export async function appendText(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'a+', OWNER_ONLY);
  try {
    const { size } = await handle.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await handle.read(last, 0, 1, size - 1);
    const isCut = size > 0 && last[0] !== NEW_LINE;
    await handle.writeFile(isCut ? `\n${text}` : text);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** The days that the ledger has files of, oldest first. */
export function ledgerDays(directory: string): string[] {
  if (!existsSync(directory)) return [];
  const days = readdirSync(directory).flatMap((name) => FILE.exec(name)?.[1] ?? []);
  return days.toSorted();
}

/**
 * The entries of the files of these UTC days, in the order in which they were written: an entry may be there twice, after a
 * restart, and is the same then.
 *
 * @throws BrokerError for a line that is none, unless it is one that a crash has cut off
 */
export function* readEntries(directory: string, fromDay: string, toDay: string): Generator<FillEntry> {
  for (const day of ledgerDays(directory)) {
    if (day < fromDay || day > toDay) continue;
    yield* readFile(join(directory, `fills-${day}.ndjson`));
  }
}

function* readFile(file: string): Generator<FillEntry> {
  let number = 0;
  for (const line of readLines(file)) {
    number++;
    if (line === '') continue;
    const entry = readEntry(line);
    if (entry !== undefined) yield entry;
    // A crash in the middle of a line leaves its beginning: nothing of it was promised to anybody.
    else if (line.endsWith('}')) {
      throw new BrokerError(
        BrokerErrorCode.ledger,
        `${file}, line ${number}: expected an entry of the ledger, was something else; put back what the engine wrote, or move the file away`,
      );
    }
  }
}

/** Lines of a file of any size. */
function* readLines(file: string): Generator<string> {
  const descriptor = openSync(file, 'r');
  try {
    const decoder = new StringDecoder('utf8');
    const chunk = Buffer.alloc(Math.min(READ_BYTES, Math.max(1, statSync(file).size)));
    let rest = '';
    for (;;) {
      const length = readSync(descriptor, chunk, 0, chunk.length, null);
      if (length === 0) break;
      const lines = (rest + decoder.write(chunk.subarray(0, length))).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
    if (rest !== '') yield rest;
  } finally {
    closeSync(descriptor);
  }
}
