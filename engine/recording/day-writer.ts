/**
 * Rows of many instruments into daily files `<folder>/<instId>-<YYYY-MM-DD>.ndjson.gz`. Rows are kept until `flush` has
 * written them; what is flushed survives a kill.
 *
 * Owner:      the recorder's thread. One process to a folder (recording-lock.ts).
 * Invariants: at most bytesMax characters wait; a write that failed is made again by the next flush.
 */
import { join } from 'node:path';
import { DayFile } from './day-file.ts';
import type { RowSink } from './day-rows.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';

/** 100 lively instruments write some 5 MB a second: what a disk may stall for is a few seconds. */
const WAITING_MAX = 64 * 1024 * 1024;

export interface DayWriterOptions {
  readonly folder: string;
  /** The files must not be there yet. Else those of today are gone on with, behind a gap. */
  readonly isNew: boolean;
  readonly log: (line: string) => void;
}

interface OpenFile {
  readonly instId: string;
  readonly day: string;
  readonly path: string;
  file: DayFile | undefined;
  /** It was opened before: what it holds is our own. */
  isOurs: boolean;
  /** Whole lines. */
  waiting: string[];
}

export class DayWriter implements RowSink {
  readonly #options: DayWriterOptions;
  /** By path. */
  readonly #files = new Map<string, OpenFile>();
  readonly #paths: string[] = [];
  #waiting = 0;
  #flushing: Promise<void> | undefined;
  #isFailing = false;
  /** Bytes in files that were closed. */
  #closedBytes = 0;

  constructor(options: DayWriterOptions) {
    this.#options = options;
  }

  /** Files written to, in the order in which they were opened. */
  get paths(): readonly string[] {
    return this.#paths;
  }

  /** Characters that no flush has written. */
  get waiting(): number {
    return this.#waiting;
  }

  get bytes(): number {
    let bytes = this.#closedBytes;
    for (const { file } of this.#files.values()) bytes += file?.bytes ?? 0;
    return bytes;
  }

  write(instId: string, day: string, line: string): boolean {
    if (this.#waiting + line.length > WAITING_MAX) return false;
    const path = join(this.#options.folder, `${instId}-${day}.ndjson.gz`);
    let open = this.#files.get(path);
    if (open === undefined) {
      open = { instId, day, path, file: undefined, isOurs: false, waiting: [] };
      this.#files.set(path, open);
      this.#paths.push(path);
    }
    open.waiting.push(line);
    this.#waiting += line.length + 1;
    return true;
  }

  /**
   * Writes what waits. A disk that fails is logged and tried again by the next flush.
   *
   * @throws RecordingError when a file cannot be gone on with, which a person must put right
   */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  /** Writes what waits, and closes the files. @throws RecordingError when something could not be written */
  async close(): Promise<void> {
    // One that is under way may have gone past the newest rows.
    await this.flush();
    await this.flush();
    for (const open of this.#files.values()) await open.file?.close();
    if (this.#waiting > 0) {
      throw new RecordingError(
        RecordingErrorCode.unreadable,
        this.#options.folder,
        0,
        `expected room for all rows, ${this.#waiting} bytes of them could not be written; see the lines above`,
      );
    }
  }

  async #flush(): Promise<void> {
    // A copy: files are opened and closed in between.
    const files = Array.from(this.#files.values());
    for (const open of files) {
      try {
        if (open.waiting.length > 0) await this.#flushFile(open);
        else await this.#closeOld(open);
      } catch (error) {
        if (error instanceof RecordingError) throw error;
        this.#failed(open, error);
        return;
      }
    }
    if (this.#isFailing) this.#options.log(`${this.#options.folder}: can be written again`);
    this.#isFailing = false;
  }

  async #flushFile(open: OpenFile): Promise<void> {
    open.file ??= await this.#open(open);
    const lines = open.waiting;
    open.waiting = [];
    try {
      await open.file.append(`${lines.join('\n')}\n`);
    } catch (error) {
      open.waiting = [...lines, ...open.waiting];
      // Opened anew it is cut back to what is whole, and a folder that came back is found.
      const { file } = open;
      open.file = undefined;
      await file.close().catch(() => {});
      throw error;
    }
    for (const line of lines) this.#waiting -= line.length + 1;
  }

  async #open(open: OpenFile): Promise<DayFile> {
    const { folder, isNew, log } = this.#options;
    const file = await DayFile.open(open.path, isNew);
    if (file.cutBytes > 0) {
      log(`${open.path}: cut back by ${file.cutBytes} bytes that a killed recorder had not finished`);
    }
    const isGoneOn = file.lastLine !== '' && !open.isOurs;
    open.isOurs = true;
    if (!isGoneOn) return file;
    const { recvNs, ts } = JSON.parse(open.waiting[0]!) as { recvNs: string; ts: string };
    const last = JSON.parse(file.lastLine) as { recvNs?: string };
    if ((last.recvNs ?? '') > recvNs) {
      await file.close();
      throw new RecordingError(
        RecordingErrorCode.misordered,
        open.path,
        0,
        `expected this machine's clock to be past the file's last row, is before it; set the clock, or name another folder than ${folder} with --out`,
      );
    }
    const reason = 'the recorder was not running';
    const gap = JSON.stringify({ recvNs, instId: open.instId, channel: 'gap', reason, ts });
    open.waiting.unshift(gap);
    this.#waiting += gap.length + 1;
    return file;
  }

  /** Closes a file of a day that is over: there is one of a later day of the same instrument. */
  async #closeOld(open: OpenFile): Promise<void> {
    const isOld = [...this.#files.values()].some(
      ({ instId, day }) => instId === open.instId && day > open.day,
    );
    if (!isOld) return;
    this.#files.delete(open.path);
    this.#closedBytes += open.file?.bytes ?? 0;
    await open.file?.close();
  }

  #failed(open: OpenFile, error: unknown): void {
    if (this.#isFailing) return;
    this.#isFailing = true;
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    this.#options.log(
      `${open.path}: expected to be written, got ${reason}; rows wait and are tried again, free the disk`,
    );
  }
}
