import { NS_PER_MS, type Milliseconds } from '../base/units.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';
import type { FirstRow } from './recording-source.ts';

/** Which file the book of an instrument comes from. One may follow another, but not come back. */
export class BookFiles {
  readonly #current = new Map<string, string>();
  readonly #past = new Set<string>();

  /** The file that has the book when this one may not. */
  overlapping(instId: string, file: string): string | undefined {
    const current = this.#current.get(instId);
    if (current === file) return undefined;
    if (this.#past.has(`${instId} ${file}`)) return current;
    if (current !== undefined) this.#past.add(`${instId} ${current}`);
    this.#current.set(instId, file);
    return undefined;
  }
}

/**
 * Without the files that another replaces before `fromMs`: one of the same instrument that begins later, with all that is
 * known. A month of daily files need not be read for its last hour.
 */
export function neededFrom(
  first: readonly FirstRow[],
  fromMs: Milliseconds | undefined,
): readonly FirstRow[] {
  if (fromMs === undefined) return first;
  const fromNs = fromMs * NS_PER_MS;
  return first.filter(
    (row) =>
      (row.kind !== 'instrument' && row.kind !== 'snapshot') ||
      !first.some(
        (later) =>
          later.instId === row.instId &&
          later.kind === row.kind &&
          later.timeNs > row.timeNs &&
          later.timeNs <= fromNs,
      ),
  );
}

/** @throws RecordingError when some files have receive times and some have none */
export function checkClocks(first: readonly FirstRow[]): void {
  const other = first.find((row) => row.hasRecvNs !== first[0]!.hasRecvNs);
  if (other === undefined) return;
  throw new RecordingError(
    RecordingErrorCode.mixedClocks,
    other.file,
    0,
    `expected recvNs in all files or in none, this one has ${other.hasRecvNs ? 'it' : 'none'} and ${first[0]!.file} has ${other.hasRecvNs ? 'none' : 'it'}; use recordings of one kind`,
  );
}
