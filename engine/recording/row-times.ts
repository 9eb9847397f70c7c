import { NS_PER_MS, type Milliseconds, type Nanoseconds } from '../base/units.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';

/**
 * How far the venue's times may step back within a file that has no receive times: books and trades are streams of their
 * own. The recording of the fixtures, whose order is that of arrival, steps back 32 ms at most (7,041 of 92,776 rows);
 * OKX's books channel pushes every 100 ms.
 */
const STEP_BACK_MS_MAX: Milliseconds = 200;
const NS_DIGITS = 6;

/** Where a row stands on the time line. */
export interface PlacedTimes {
  readonly tsMs: Milliseconds;
  readonly recvNs: Nanoseconds;
  readonly timeNs: Nanoseconds;
}

/** Places the rows of one file on the time line, one after another. */
export class RowTimes {
  readonly #file: string;
  readonly #originMs: Milliseconds;
  /** Of the file's rows; unknown before the first that has a time. */
  #hasRecvNs: boolean | undefined;
  #timeNs: Nanoseconds = 0;

  constructor(file: string, originMs: Milliseconds) {
    this.#file = file;
    this.#originMs = originMs;
  }

  get hasRecvNs(): boolean {
    return this.#hasRecvNs === true;
  }

  /**
   * @param recvText nanoseconds since the epoch in 19 digits; empty for none
   * @throws RecordingError when the row cannot follow the row before it
   */
  place(line: number, tsMs: Milliseconds, recvText: string): PlacedTimes {
    const hasRecvNs = recvText !== '';
    if (this.#hasRecvNs !== undefined && this.#hasRecvNs !== hasRecvNs) {
      throw new RecordingError(
        RecordingErrorCode.badRow,
        this.#file,
        line,
        `expected recvNs in every row or in none, found ${hasRecvNs ? 'one after rows without' : 'none after rows with it'}; correct the file, or take the rows before with --partial`,
      );
    }
    this.#hasRecvNs = hasRecvNs;
    const recvNs = hasRecvNs ? this.#sinceOrigin(recvText) : -1;
    const givenNs = hasRecvNs ? recvNs : (tsMs - this.#originMs) * NS_PER_MS;
    const stepBackNs = this.#timeNs - givenNs;
    if (stepBackNs > (hasRecvNs ? 0 : STEP_BACK_MS_MAX * NS_PER_MS)) {
      throw new RecordingError(
        RecordingErrorCode.misordered,
        this.#file,
        line,
        `expected rows in the order of their ${hasRecvNs ? 'recvNs' : 'ts'}, this one is ${stepBackNs / NS_PER_MS} ms before one above it; sort the file, or take the rows before with --partial`,
      );
    }
    this.#timeNs = Math.max(this.#timeNs, givenNs);
    return { tsMs, recvNs, timeNs: this.#timeNs };
  }

  /** Exact: a number holds nanoseconds since the epoch to 256 ns only. */
  #sinceOrigin(recvText: string): Nanoseconds {
    const split = recvText.length - NS_DIGITS;
    return (Number(recvText.slice(0, split)) - this.#originMs) * NS_PER_MS + Number(recvText.slice(split));
  }
}
