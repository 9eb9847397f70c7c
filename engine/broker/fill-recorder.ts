/**
 * Takes fills as they are told, again and again and in any order, and sees that each comes to disk once.
 *
 * Owner:      whoever owns the state directory.
 * Invariants: what is not on disk yet waits, and is written with the next batch; a fill that was written is not written
 *             again, as far as the last files and FILLS_KNOWN_MAX names go back (a reader leaves out the second one all the
 *             same).
 * Cost:       a name in a map each fill; one write at a time.
 */
import type { Milliseconds } from '../base/units.ts';
import { identityOf } from './fill-entry.ts';
import type { FillEntry } from './fill-entry.ts';
import { appendEntries, ledgerDays, readEntries } from './ledger-files.ts';

/** A venue tells its fills of three days at most; a busy account has some ten thousand a day. */
const FILLS_KNOWN_MAX = 200_000;
/** Files that a start reads: the last day's may have been begun a moment ago. */
const DAYS_READ = 2;

export class FillRecorder {
  /** The newest fill that was ever taken; 0 before the first. */
  lastMs: Milliseconds = 0;
  /** Why files that were there could not be read to their end; '' when they could. */
  readonly unread: string = '';
  readonly #directory: string;
  readonly #known = new Set<string>();
  #waiting: FillEntry[] = [];
  #writing: Promise<unknown> | undefined;

  constructor(directory: string) {
    this.#directory = directory;
    let days: string[] = [];
    try {
      days = ledgerDays(directory).slice(-DAYS_READ);
      if (days.length === 0) return;
      for (const entry of readEntries(directory, days[0]!, days.at(-1)!)) this.#note(entry);
    } catch (error) {
      // Whoever reads the ledger is told, and has it mended. What was traded is kept until then, some of it twice.
      this.unread = error instanceof Error ? error.message : String(error);
      if (this.lastMs === 0 && days.length > 0) this.lastMs = Date.parse(`${days[0]!}T00:00:00Z`);
    }
  }

  /** @returns those that were not known; they are written with the next flush */
  take(entries: readonly FillEntry[]): FillEntry[] {
    const fresh = entries.filter((entry) => this.#note(entry));
    this.#waiting.push(...fresh);
    return fresh;
  }

  #note(entry: FillEntry): boolean {
    const identity = identityOf(entry);
    if (this.#known.has(identity)) return false;
    this.#known.add(identity);
    if (this.#known.size > FILLS_KNOWN_MAX) this.#known.delete(this.#known.values().next().value!);
    this.lastMs = Math.max(this.lastMs, entry.timeMs);
    return true;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /**
   * Writes what waits, once what is being written has been.
   *
   * @throws what the disk says; everything then waits on
   */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    if (this.#waiting.length === 0) return;
    const entries = this.#waiting;
    this.#waiting = [];
    const written = appendEntries(this.#directory, entries).catch((error: unknown) => {
      this.#waiting = [...entries, ...this.#waiting];
      throw error;
    });
    const ended = written.catch(() => {});
    this.#writing = ended;
    try {
      await written;
    } finally {
      if (this.#writing === ended) this.#writing = undefined;
    }
  }
}
