/**
 * The journal of a running engine: a writer for the engine thread, and a thread that brings what it writes to disk.
 *
 *     engine thread ─▶ JournalWriter ─▶ ring (shared memory) ─▶ journal thread ─▶ run-<run>-<segment>.okxj
 *
 * Trading does not depend on it: a full ring or a disk that refuses costs records, which are counted, and nothing else.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { JournalError, JournalErrorCode } from './journal-error.ts';
import { RingCount, RingMemory, createRing } from './journal-ring.ts';
import type { JournalThreadData, JournalThreadMessage } from './journal-thread.ts';
import { JournalWriter } from './journal-writer.ts';

const MEGABYTE = 1 << 20;
/** A thread that has not begun by then does not: it takes 0.1 s. */
const START_TIMEOUT_MS: Milliseconds = 10_000;
/** What is in the ring is written within this time, or lost with the thread: a stop is not held up by a disk that hangs. */
const CLOSE_TIMEOUT_MS: Milliseconds = 5_000;

export interface JournalOptions {
  /** One engine at a time writes there: its bound is of all that lies in it. */
  readonly directory: string;
  /** Number of the run, inside the names of its files. */
  readonly run: number;
  /** As configured under `journal`. */
  readonly megabytesMax: number;
  readonly segmentMegabytes: number;
  readonly ringMegabytes: number;
  /** `performance.timeOrigin` of the thread whose clock gives the records' times. */
  readonly processOriginMs: Milliseconds;
  /** One line for the log, when the disk begins to refuse, takes records again, or the thread has died. */
  readonly onTrouble: (line: string) => void;
}

/** What the metrics show, since the start. */
export interface JournalCounts {
  /** Records that the ring took, their bytes, and those it had no room for. */
  readonly records: number;
  readonly bytes: number;
  readonly lost: number;
  /** Bytes on disk, segments begun, segments deleted to keep within the bound. */
  readonly stored: number;
  readonly segments: number;
  readonly deleted: number;
  /** Records that the disk refused, and how often it did. */
  readonly refused: number;
  readonly errors: number;
  /** Nothing reaches the disk now. */
  readonly isFailing: boolean;
}

/** The thread's compiled file, both when this file is compiled and when it runs as source (tests). */
function threadFile(): URL {
  const isSource = import.meta.url.endsWith('.ts');
  return new URL(
    isSource ? '../../dist/engine/journal/journal-thread.js' : './journal-thread.js',
    import.meta.url,
  );
}

export class Journal {
  readonly writer: JournalWriter;
  readonly #counts: Float64Array;
  readonly #thread: Worker;
  readonly #options: JournalOptions;
  /** Resolves when the thread has ended, however. */
  readonly #ended: Promise<void>;
  #isOpen = false;
  #isClosing = false;
  #isClosed = false;
  #error: Error | undefined;
  #settleOpen: (error: JournalError | undefined) => void = () => {};

  private constructor(options: JournalOptions) {
    const share = createRing(options.ringMegabytes * MEGABYTE);
    this.#options = options;
    this.writer = new JournalWriter(share);
    this.#counts = new RingMemory(share).counts;
    const workerData: JournalThreadData = {
      share,
      directory: options.directory,
      run: options.run,
      bounds: {
        segmentBytes: options.segmentMegabytes * MEGABYTE,
        totalBytes: options.megabytesMax * MEGABYTE,
      },
      processOriginMs: options.processOriginMs,
    };
    // It needs none of the process's environment, where the keys are.
    this.#thread = new Worker(threadFile(), { workerData, name: 'journal', env: {}, execArgv: [] });
    this.#thread.on('message', (message: JournalThreadMessage) => this.#onMessage(message));
    this.#thread.on('error', (error: unknown) => {
      this.#error = error instanceof Error ? error : new Error(String(error));
    });
    this.#ended = new Promise((resolve) => {
      this.#thread.on('exit', () => {
        this.#onExit();
        resolve();
      });
    });
  }

  /**
   * Begins the journal of a run, and returns when its first segment is on disk.
   *
   * @throws JournalError when the directory cannot be written, has this run already, or the thread does not come up
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const file = fileURLToPath(threadFile());
    if (!existsSync(file)) {
      const text = `journal: expected the compiled file ${file}, was missing; run npm run build`;
      throw new JournalError(JournalErrorCode.failed, text);
    }
    const journal = new Journal(options);
    let timer;
    const error = await new Promise<JournalError | undefined>((resolve) => {
      journal.#settleOpen = resolve;
      timer = setTimeout(
        () => resolve(failure(options, `no word from its thread in ${START_TIMEOUT_MS} ms`)),
        START_TIMEOUT_MS,
      );
    });
    clearTimeout(timer);
    if (error !== undefined) {
      journal.#isClosing = true;
      // Not awaited, as in `close`.
      journal.#thread.unref();
      void journal.#thread.terminate();
      throw error;
    }
    // The journal alone is no reason for the process to stay.
    journal.#thread.unref();
    return journal;
  }

  get counts(): JournalCounts {
    const counts = this.#counts;
    return {
      records: counts[RingCount.records]!,
      bytes: counts[RingCount.bytes]!,
      lost: counts[RingCount.lost]!,
      stored: counts[RingCount.stored]!,
      segments: counts[RingCount.segments]!,
      deleted: counts[RingCount.deleted]!,
      refused: counts[RingCount.refused]!,
      errors: counts[RingCount.errors]!,
      isFailing: counts[RingCount.isFailing] === 1,
    };
  }

  /**
   * Ends the run's records, waits until they are on disk, and ends the thread. Nothing may be written any more.
   *
   * @param nowNs the time of the last record
   */
  async close(nowNs: Nanoseconds): Promise<void> {
    if (this.#isClosing) return this.#ended;
    this.#isClosing = true;
    this.#thread.ref();
    this.writer.close(nowNs);
    let timer;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    });
    await Promise.race([this.#ended, late]);
    clearTimeout(timer);
    // Not awaited: a thread within a call of a disk that hangs ends only when the disk does.
    void this.#thread.terminate();
    if (this.#isClosed) return;
    const why =
      this.#error?.message ??
      `the disk took longer than ${CLOSE_TIMEOUT_MS} ms; this process ends when the disk answers, or is killed`;
    this.#options.onTrouble(`journal: expected its end to be written, was not: ${why}`);
  }

  #onMessage(message: JournalThreadMessage): void {
    const { directory, onTrouble } = this.#options;
    if (message.type === 'open') {
      this.#isOpen = true;
      this.#settleOpen(undefined);
    } else if (message.type === 'closed') this.#isClosed = true;
    else if (message.type === 'well') onTrouble('journal: the disk takes records again');
    else if (message.type === 'trouble') {
      onTrouble(
        `journal: nothing is written to ${directory} now (${message.text}); free its disk, or correct what is wrong with it`,
      );
    } else if (message.isRunThere) {
      const { run } = this.#options;
      const text = `journal ${directory}: expected no segment of run ${run}, was one; one engine at a time writes there, and each run once: move that run's files away`;
      this.#settleOpen(new JournalError(JournalErrorCode.runExists, text));
    } else this.#settleOpen(failure(this.#options, message.text));
  }

  #onExit(): void {
    const why = this.#error?.message ?? 'it ended';
    this.#settleOpen(failure(this.#options, why));
    if (!this.#isOpen || this.#isClosing) return;
    this.#counts[RingCount.isFailing] = 1;
    this.#options.onTrouble(
      `journal: its thread ended (${why}); nothing is journaled until the next start, trading goes on`,
    );
  }
}

function failure(options: JournalOptions, why: string): JournalError {
  const text = `journal ${options.directory}: expected to write there, was "${why}"; correct the directory, or set journal.isOn to false`;
  return new JournalError(JournalErrorCode.failed, text);
}
