/** Bytes in order, some at a time. */
export interface ByteSource {
  /** For messages. */
  readonly file: string;
  /** Of an archive: there was something of instruments that are not wanted. */
  readonly hasOthers?: boolean;
  /**
   * The next bytes, at least one; null at the end.
   *
   * @throws RecordingError when the file is broken here; all that is good before it was given
   */
  read(): Promise<Buffer | null>;
  close(): Promise<void>;
}

/** A source of which some bytes can be looked at before they are taken, and whose bytes can be asked for by number. */
export class Lookahead implements ByteSource {
  readonly file: string;
  readonly #source: ByteSource;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: ByteSource) {
    this.file = source.file;
    this.#source = source;
  }

  /** The next `count` bytes without taking them; fewer only at the end. */
  async look(count: number): Promise<Buffer> {
    while (this.#held.length < count) {
      const chunk = await this.#source.read();
      if (chunk === null) break;
      this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    }
    return this.#held.subarray(0, count);
  }

  /** Takes `count` bytes; fewer only at the end. */
  async take(count: number): Promise<Buffer> {
    const bytes = await this.look(count);
    this.#held = this.#held.subarray(bytes.length);
    return bytes;
  }

  /** At most `count` bytes, as they come; null at the end. */
  async readAtMost(count: number): Promise<Buffer | null> {
    const chunk = await this.read();
    if (chunk === null || chunk.length <= count) return chunk;
    this.putBack(chunk.subarray(count));
    return chunk.subarray(0, count);
  }

  /** These come next again. */
  putBack(bytes: Buffer): void {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([bytes, this.#held]);
  }

  async read(): Promise<Buffer | null> {
    if (this.#held.length === 0) return this.#source.read();
    const bytes = this.#held;
    this.#held = Buffer.alloc(0);
    return bytes;
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}
