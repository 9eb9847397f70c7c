import type { Milliseconds, Nanoseconds } from '../base/units.ts';
import { LineSource } from './line-source.ts';
import { openBytes } from './open-bytes.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';
import type { RecordingEvent, RecordingKind } from './recording-event.ts';
import { RowDecoder, type RowDecoderOptions } from './row-decoder.ts';
import { isTradeFileHeader, TradeFileDecoder } from './trade-file-decoder.ts';

/** One file as events, opened when its first is due. */
export class RecordingSource {
  readonly file: string;
  readonly #options: RowDecoderOptions;
  #lines: LineSource | undefined;
  /** Chosen by the first line. */
  #decoder: RowDecoder | TradeFileDecoder | undefined;
  #head: RecordingEvent | undefined;
  /** Behind the head, of the same time. */
  readonly #behind: RecordingEvent[] = [];
  /** Rows of instruments that have no time: they take that of the row that follows. */
  readonly #untimed: RecordingEvent[] = [];
  #isEnded = false;
  #events = 0;
  /** There were rows of instruments that are not wanted. */
  #hasOthers = false;

  constructor(file: string, options: RowDecoderOptions) {
    this.file = file;
    this.#options = options;
  }

  get hasRecvNs(): boolean {
    return this.#decoder?.hasRecvNs === true;
  }

  /** The next event; undefined while `needsFill`, and at the end. */
  get head(): RecordingEvent | undefined {
    return this.#head;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /**
   * Opens the file if it is not open, and reads until there is an event or the end.
   *
   * @throws RecordingError where the file is broken; all events before that were given
   */
  async fill(): Promise<void> {
    this.#lines ??= new LineSource(await openBytes(this.file, this.#options.instIds));
    while (this.#head === undefined && !this.#isEnded) {
      await this.#lines.fill();
      this.advance();
    }
  }

  /** Takes the head and goes on to the next event, as far as it was read. */
  advance(): void {
    this.#head = this.#behind.shift();
    const lines = this.#lines!;
    while (this.#head === undefined) {
      const line = lines.next();
      if (line === null) {
        if (!lines.needsFill) this.#finish(lines);
        return;
      }
      const event = this.#decode(line, lines);
      if (event !== null) this.#take(event);
      else this.#hasOthers = lines.line > 1;
    }
  }

  #take(event: RecordingEvent): void {
    this.#events++;
    if (event.tsMs < 0) {
      this.#untimed.push(event);
      return;
    }
    if (this.#untimed.length === 0) {
      this.#head = event;
      return;
    }
    const { tsMs, recvNs, timeNs } = event;
    this.#behind.push(...this.#untimed.map((row) => ({ ...row, tsMs, recvNs, timeNs })), event);
    this.#untimed.length = 0;
    this.#head = this.#behind.shift();
  }

  #finish(lines: LineSource): void {
    this.#isEnded = true;
    if (this.#events > this.#untimed.length || this.#hasOthers || lines.hasOthers) return;
    throw new RecordingError(
      RecordingErrorCode.empty,
      this.file,
      0,
      'expected rows of a recording, found none; leave the file out or record it again',
    );
  }

  /** A last line without its newline that is no row was cut off within. */
  #decode(line: string, lines: LineSource): RecordingEvent | null {
    try {
      if (this.#decoder === undefined && isTradeFileHeader(line)) {
        this.#decoder = new TradeFileDecoder(this.file, line, this.#options);
        return null;
      }
      this.#decoder ??= new RowDecoder(this.file, this.#options);
      return this.#decoder.decode(line, lines.line);
    } catch (error) {
      const isBadRow = error instanceof RecordingError && error.code === RecordingErrorCode.badRow;
      if (!isBadRow || !lines.isTail) throw error;
      throw new RecordingError(
        RecordingErrorCode.truncated,
        this.file,
        lines.line,
        'expected the end of the line, the file ends before it; copy it again, or take the lines before with --partial',
        { cause: error },
      );
    }
  }

  /** Gives no more events. */
  end(): void {
    this.#head = undefined;
    this.#behind.length = 0;
    this.#isEnded = true;
  }

  async close(): Promise<void> {
    this.end();
    const lines = this.#lines;
    this.#lines = undefined;
    await lines?.close();
  }
}

/** What the first row of a file says: enough to know when it is due. */
export interface FirstRow {
  readonly file: string;
  readonly kind: RecordingKind;
  readonly instId: string;
  readonly tsMs: Milliseconds;
  readonly timeNs: Nanoseconds;
  readonly hasRecvNs: boolean;
}

/**
 * Reads the first row and closes the file again: a month of a hundred instruments is three thousand files. Undefined when
 * the file has only instruments that are not wanted.
 *
 * @throws RecordingError when the file cannot be opened or does not begin with a row
 */
export async function readFirstRow(file: string, options: RowDecoderOptions): Promise<FirstRow | undefined> {
  const source = new RecordingSource(file, options);
  try {
    await source.fill();
    if (source.head === undefined) return undefined;
    const { kind, instId, tsMs, timeNs } = source.head;
    return { file, kind, instId, tsMs, timeNs, hasRecvNs: source.hasRecvNs };
  } finally {
    await source.close();
  }
}
