import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, RunningProcess } from '../e2e/running-process.ts';
import type { VenueProcess } from '../e2e/venue-process.ts';

const SCRIPT = join(ROOT, 'dist', 'engine', 'cli', 'okx-mm.js');

/** `okx-mm record` on a paper venue of its own process. */
export function startRecorder(
  venue: VenueProcess,
  instIds: readonly string[],
  folder: string,
  options: readonly string[] = [],
): RunningProcess {
  return new RunningProcess(process.execPath, [
    SCRIPT,
    'record',
    '--instruments',
    instIds.join(','),
    '--rest',
    venue.rest,
    '--public',
    `ws://127.0.0.1:${venue.port}/ws/v5/public`,
    '--out',
    folder,
    ...options,
  ]);
}

/** The files that a recorder has made, by name. */
export function recordedFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.ndjson.gz'))
    .sort()
    .map((name) => join(folder, name));
}

export function recordedBytes(folder: string): number {
  return recordedFiles(folder).reduce((sum, path) => sum + statSync(path).size, 0);
}
