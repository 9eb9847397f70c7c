/**
 * Recorded markets as one stream of events in the order of time, from any number of files.
 *
 * Owner:      whoever opened it; one thread.
 * Invariants: timeNs never falls from event to event; of equal times the file that was named first comes first. No
 *             update comes before its book's snapshot.
 * Cost:       one read of each open file is in memory; a file is open from its first event to its last.
 */
import { assert } from '../base/assert.ts';
import { NS_PER_MS, type Milliseconds, type Nanoseconds } from '../base/units.ts';
import { BookFiles, checkClocks, neededFrom } from './book-files.ts';
import { BooksBefore } from './books-before.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';
import type { RecordingEvent } from './recording-event.ts';
import { readFirstRow, RecordingSource, type FirstRow } from './recording-source.ts';
import { SourceQueue } from './source-queue.ts';
import { TradeFiles } from './trade-files.ts';

export interface RecordingOptions {
  /**
   * Events from here on, since the epoch; the books as they stand here come first, as snapshots, with the last instrument
   * rows, marks and funding.
   */
  readonly fromMs?: Milliseconds;
  /** Events before this, since the epoch. */
  readonly toMs?: Milliseconds;
  /** Takes what there is: a broken file ends where it breaks, which `cuts` then tells. */
  readonly isPartial?: boolean;
  /** Only these instruments; all without it. */
  readonly instIds?: readonly string[];
  /** Files may hold several instruments. */
  readonly isMixed?: boolean;
}

/** Since the epoch a number is exact to 256 ns only; a file that is opened too early loses nothing. */
const FIRST_NS_ERROR: Nanoseconds = 1_000;
const DAY_MS: Milliseconds = 86_400_000;

/**
 *     const reader = await RecordingReader.open(files, {});
 *     for (;;) {
 *       if (reader.needsFill) await reader.fill();
 *       const event = reader.next();
 *       if (event === null) break;
 *     }
 *     await reader.close();
 */
export class RecordingReader {
  /** Where the time line begins: a midnight (UTC) before all events. Wall time = originMs + timeNs / 1e6. */
  readonly originMs: Milliseconds;
  /** Every event has a receive time; or none has. */
  readonly hasRecvNs: boolean;
  /** The instruments that the files begin with. */
  readonly instIds: readonly string[];
  /** With isPartial: what was wrong, and where. */
  readonly cuts: RecordingError[] = [];
  readonly #options: RecordingOptions;
  readonly #queue: SourceQueue;
  readonly #wanted: ReadonlySet<string> | undefined;
  readonly #fromNs: Nanoseconds;
  readonly #toNs: Nanoseconds;
  readonly #before: BooksBefore;
  /** Instruments whose book is known: a snapshot, and no gap since. */
  readonly #synced = new Set<string>();
  readonly #bookFiles = new BookFiles();
  readonly #tradeFiles = new TradeFiles();
  /** Instruments and files of which something was left out, which is told once. */
  readonly #reported = new Set<string>();
  /** What is due before the files' next event. */
  #ready: RecordingEvent[] = [];
  #hasStarted = false;
  #isDone = false;
  #events = 0;
  #failure: RecordingError | undefined;
  #needsFill = true;

  private constructor(first: readonly FirstRow[], originMs: Milliseconds, options: RecordingOptions) {
    this.#options = options;
    this.originMs = originMs;
    this.hasRecvNs = first.some((row) => row.hasRecvNs);
    this.instIds = [...new Set(first.map((row) => row.instId))];
    this.#wanted = options.instIds === undefined ? undefined : new Set(options.instIds);
    this.#fromNs = ((options.fromMs ?? originMs) - originMs) * NS_PER_MS;
    this.#toNs = options.toMs === undefined ? Infinity : (options.toMs - originMs) * NS_PER_MS;
    this.#before = new BooksBefore();
    const sourceOptions = { originMs, isMixed: options.isMixed === true, instIds: this.#wanted };
    this.#queue = new SourceQueue(
      first.map((row) => ({
        source: new RecordingSource(row.file, sourceOptions),
        firstNs: row.timeNs - originMs * NS_PER_MS - FIRST_NS_ERROR,
      })),
    );
  }

  /**
   * Looks at the first row of every file.
   *
   * @throws RecordingError when a file cannot be read or does not begin with a row, or their clocks differ
   */
  static async open(files: readonly string[], options: RecordingOptions = {}): Promise<RecordingReader> {
    const first: FirstRow[] = [];
    const cuts: RecordingError[] = [];
    const instIds = options.instIds === undefined ? undefined : new Set(options.instIds);
    for (const file of files) {
      try {
        const row = await readFirstRow(file, { originMs: 0, isMixed: true, instIds });
        if (row !== undefined) first.push(row);
      } catch (error) {
        if (!(error instanceof RecordingError) || options.isPartial !== true) throw error;
        cuts.push(error);
      }
    }
    if (first.length === 0) {
      throw new RecordingError(
        RecordingErrorCode.empty,
        files[0] ?? 'recording',
        0,
        'expected at least one file with rows of a recording, found none; name other files',
        { cause: cuts[0] },
      );
    }
    checkClocks(first);
    const firstMs = Math.min(...first.map(({ tsMs, timeNs }) => Math.min(tsMs, timeNs / NS_PER_MS)));
    const originMs = (Math.floor(firstMs / DAY_MS) - 1) * DAY_MS;
    const reader = new RecordingReader(neededFrom(first, options.fromMs), originMs, options);
    reader.cuts.push(...cuts);
    await reader.fill();
    return reader;
  }

  /** `peek` and `next` may not be called before `fill`. */
  get needsFill(): boolean {
    return this.#needsFill;
  }

  /** The next event without taking it; null at the end. */
  peek(): RecordingEvent | null {
    assert(!this.#needsFill, 'a recording reader is filled before it is asked');
    const event = this.#ready[0];
    if (event !== undefined) return event;
    if (this.#failure !== undefined) throw this.#failure;
    return null;
  }

  /**
   * Takes the next event; null at the end.
   *
   * @throws RecordingError where a file is broken, unless isPartial
   */
  next(): RecordingEvent | null {
    const event = this.peek();
    if (event === null) return null;
    this.#ready.shift();
    this.#events++;
    if (this.#ready.length === 0) this.#advance();
    return event;
  }

  /** Reads on. What it finds broken is thrown by the next `peek` or `next`, after all that is good was given. */
  async fill(): Promise<void> {
    while (this.#needsFill) {
      const source = this.#queue.first;
      try {
        await source?.fill();
      } catch (error) {
        this.#broken(error);
      }
      this.#queue.settle();
      this.#advance();
    }
  }

  async close(): Promise<void> {
    this.#isDone = true;
    this.#needsFill = false;
    this.#ready = [];
    await this.#queue.close();
  }

  /** Goes on until an event is ready, or a file must be read, or the end. */
  #advance(): void {
    this.#needsFill = false;
    while (this.#ready.length === 0 && !this.#isDone) {
      const source = this.#queue.first;
      if (source === undefined) {
        this.#finish();
        return;
      }
      const event = source.head;
      if (event === undefined) {
        this.#needsFill = !source.isEnded;
        if (this.#needsFill) return;
        this.#queue.settle();
        continue;
      }
      if (event.timeNs >= this.#toNs) {
        this.#finish();
        return;
      }
      this.#offer(event);
      try {
        source.advance();
      } catch (error) {
        this.#broken(error);
      }
      this.#queue.settle();
    }
  }

  #offer(event: RecordingEvent): void {
    if (this.#wanted !== undefined && !this.#wanted.has(event.instId)) return;
    if (!this.#isKnown(event)) return;
    if (event.timeNs < this.#fromNs) {
      this.#before.apply(event);
      return;
    }
    if (!this.#hasStarted) {
      this.#hasStarted = true;
      this.#ready.push(...this.#before.events(this.#fromNs, this.originMs, this.hasRecvNs));
    }
    this.#ready.push(event);
  }

  /** What cannot be believed is an error; of a partial recording it is left out. */
  #isKnown(event: RecordingEvent): boolean {
    const { kind, instId, file, line } = event;
    if (kind === 'gap') this.#synced.delete(instId);
    if (kind === 'trade') return this.#isNewTrade(event);
    if (kind !== 'snapshot' && kind !== 'update') return true;
    const other = this.#bookFiles.overlapping(instId, file);
    if (other !== undefined) {
      return this.#leaveOut(
        new RecordingError(
          RecordingErrorCode.overlapping,
          file,
          line,
          `expected one file of the book of ${instId} at a time, ${other} is another; name one of them`,
        ),
        file,
      );
    }
    if (kind === 'snapshot') this.#synced.add(instId);
    if (this.#synced.has(instId)) return true;
    return this.#leaveOut(
      new RecordingError(
        RecordingErrorCode.noSnapshot,
        file,
        line,
        `expected a snapshot of ${instId} before its first update, found none; name the file before it too, or begin at the next snapshot with --partial`,
      ),
      instId,
    );
  }

  /** The same trade from two files would fill our orders twice. */
  #isNewTrade(event: RecordingEvent): boolean {
    const { instId, file, line } = event;
    const other = this.#tradeFiles.other(event);
    if (other === undefined) return true;
    return this.#leaveOut(
      new RecordingError(
        RecordingErrorCode.overlapping,
        file,
        line,
        `expected trades of ${instId} in one file, this one is in ${other}, too; name one of them`,
      ),
      `trades ${file}`,
    );
  }

  /** @param what is told of once */
  #leaveOut(error: RecordingError, what: string): false {
    if (this.#options.isPartial !== true) this.#fail(error);
    else if (!this.#reported.has(what)) this.cuts.push(error);
    this.#reported.add(what);
    return false;
  }

  #broken(error: unknown): void {
    if (!(error instanceof RecordingError)) throw error;
    if (this.#options.isPartial !== true) {
      this.#fail(error);
      return;
    }
    this.cuts.push(error);
    this.#queue.first?.end();
  }

  #fail(error: RecordingError): void {
    this.#isDone = true;
    this.#failure = error;
  }

  #finish(): void {
    this.#isDone = true;
    if (this.#events > 0) return;
    const { fromMs, toMs, instIds } = this.#options;
    this.#fail(
      new RecordingError(
        RecordingErrorCode.empty,
        'recording',
        0,
        `expected events${instIds === undefined ? '' : ` of ${instIds.join(', ')}`}${isoSpan(fromMs, toMs)}, found none; the files hold ${this.instIds.join(', ')} from ${new Date(this.originMs + DAY_MS).toISOString().slice(0, 10)} on`,
      ),
    );
  }
}

function isoSpan(fromMs: Milliseconds | undefined, toMs: Milliseconds | undefined): string {
  const from = fromMs === undefined ? '' : ` from ${new Date(fromMs).toISOString()}`;
  return `${from}${toMs === undefined ? '' : ` before ${new Date(toMs).toISOString()}`}`;
}
