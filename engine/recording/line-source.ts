import type { ByteSource } from './byte-source.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';

/** A snapshot of 5,000 levels a side is 300 KB. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;
const NEWLINE = 10;
const NOTHING = Buffer.alloc(0);

/**
 * The lines of a file, some at a time: those of one read of the file are in memory, and no more.
 *
 * What breaks the file is thrown only after the whole lines before it were given.
 */
export class LineSource {
  readonly #source: ByteSource;
  /** Whole lines, each with its newline, from #position on. */
  #text = '';
  #position = 0;
  /** The beginning of a line whose end was not read yet. */
  #rest: Buffer = NOTHING;
  #line = 0;
  #isEnded = false;
  #hasTail = false;
  #broken: RecordingError | undefined;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  /** Of the line that `next` gave last, counted from 1. */
  get line(): number {
    return this.#line;
  }

  /** The archive has something of instruments that are not wanted. */
  get hasOthers(): boolean {
    return this.#source.hasOthers === true;
  }

  /** All that was read has been given, and there may be more. */
  get needsFill(): boolean {
    return this.#position === this.#text.length && !this.#isEnded;
  }

  /** Reads on, until there is a line or the end. */
  async fill(): Promise<void> {
    while (this.needsFill) {
      let chunk: Buffer | null;
      try {
        chunk = await this.#source.read();
      } catch (error) {
        if (!(error instanceof RecordingError)) throw error;
        this.#isEnded = true;
        this.#broken = error;
        return;
      }
      if (chunk === null) this.#end();
      else this.#take(chunk);
    }
  }

  /**
   * The next line without its newline; null at the end, and while `needsFill`. Empty lines are counted and passed over.
   *
   * @throws RecordingError at the place where the file is broken
   */
  next(): string | null {
    while (this.#position < this.#text.length) {
      const end = this.#text.indexOf('\n', this.#position);
      const line = this.#text.slice(this.#position, end);
      this.#position = end + 1;
      this.#line++;
      if (line !== '' && line !== '\r') return line;
    }
    if (this.#broken !== undefined) throw this.#located(this.#broken);
    return null;
  }

  /** The line that `next` gave last is the file's last, and has no newline. */
  get isTail(): boolean {
    return this.#hasTail && this.#position === this.#text.length;
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #take(chunk: Buffer): void {
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end === 0) {
      this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
      if (this.#rest.length > LINE_BYTES_MAX) {
        this.#isEnded = true;
        this.#broken = new RecordingError(
          RecordingErrorCode.badRow,
          this.#source.file,
          0,
          `expected lines of JSON or CSV, found more than ${LINE_BYTES_MAX} bytes without a newline; is it another kind of file?`,
        );
      }
      return;
    }
    const head = chunk.subarray(0, end);
    const whole = this.#rest.length === 0 ? head : Buffer.concat([this.#rest, head]);
    this.#text = whole.toString('utf8');
    this.#position = 0;
    // A copy: what is left must not keep a large chunk alive.
    this.#rest = end === chunk.length ? NOTHING : Buffer.from(chunk.subarray(end));
  }

  #end(): void {
    this.#isEnded = true;
    if (this.#rest.length === 0) return;
    this.#hasTail = true;
    this.#text = `${this.#rest.toString('utf8')}\n`;
    this.#position = 0;
    this.#rest = NOTHING;
  }

  #located(error: RecordingError): RecordingError {
    if (error.line > 0) return error;
    const text = error.message.slice(error.file.length + 2);
    return new RecordingError(error.code, error.file, this.#line + 1, text, { cause: error.cause });
  }
}
