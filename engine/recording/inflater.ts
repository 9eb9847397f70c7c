import { createGunzip, createInflateRaw, type Gunzip, type InflateRaw } from 'node:zlib';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';

const NOTHING = Buffer.alloc(0);

/**
 * zlib, one chunk at a time.
 *
 * Not a pipe: a stream that breaks forgets what it holds for its reader, and how much that is depends on who was faster.
 * Here what was unpacked before the break is given first, so that what is read of a cut file is always the same. Of a
 * damaged one, zlib itself keeps what it had unpacked of the chunk (16 KB) in which it met the damage.
 */
export class Inflater {
  readonly #file: string;
  readonly #zlib: Gunzip | InflateRaw;
  readonly #chunks: Buffer[] = [];
  #packedBytes = 0;
  #error: Error | undefined;
  #isEnded = false;
  /** Wakes whoever waits for a write whose end zlib will not tell: of a broken stream, and of one that ended before. */
  #wake: () => void = () => {};

  private constructor(file: string, zlib: Gunzip | InflateRaw) {
    this.#file = file;
    this.#zlib = zlib;
    zlib.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    zlib.on('end', () => {
      this.#isEnded = true;
      this.#wake();
    });
    zlib.on('error', (error) => {
      this.#error ??= error;
      this.#wake();
    });
  }

  static gzip(file: string): Inflater {
    return new Inflater(file, createGunzip());
  }

  /** Deflated bytes without any header, as an entry of a zip file has them. */
  static raw(file: string): Inflater {
    return new Inflater(file, createInflateRaw());
  }

  /** The packed data is over, whatever follows. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Bytes given that are not of the packed data, once that is over. */
  get unusedBytes(): number {
    return this.#packedBytes - this.#zlib.bytesWritten;
  }

  /** What these bytes unpack to. Once broken, nothing, and then the error. */
  async inflate(packed: Buffer): Promise<Buffer> {
    this.throwIfBroken();
    this.#packedBytes += packed.length;
    await this.#settled((done) => this.#zlib.write(packed, () => done()));
    return this.#taken();
  }

  /** The packed bytes have come to their end: what is left. */
  async end(): Promise<Buffer> {
    this.throwIfBroken();
    if (!this.#isEnded) await this.#settled(() => this.#zlib.end());
    return this.#taken();
  }

  /** @throws RecordingError when zlib has met what it cannot unpack */
  throwIfBroken(): void {
    const cause = this.#error;
    if (cause === undefined) return;
    if ('code' in cause && cause.code === 'Z_BUF_ERROR') throw truncated(this.#file, { cause });
    throw corrupt(this.#file, cause.message, { cause });
  }

  close(): void {
    this.#zlib.destroy();
  }

  #settled(act: (done: () => void) => void): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      act(resolve);
    });
  }

  #taken(): Buffer {
    // What the stream kept for its reader goes through the listener, too.
    if (this.#error === undefined) while (this.#zlib.read() !== null);
    const chunks = this.#chunks.splice(0);
    return chunks.length === 1 ? chunks[0]! : chunks.length === 0 ? NOTHING : Buffer.concat(chunks);
  }
}

/** A compressed file or an archive ends before its end. */
export function truncated(file: string, options?: ErrorOptions): RecordingError {
  return new RecordingError(
    RecordingErrorCode.truncated,
    file,
    0,
    'expected the end of the compressed data, the file ends before it; copy it again, or take what is there with --partial',
    options,
  );
}

export function corrupt(file: string, how: string, options?: ErrorOptions): RecordingError {
  return new RecordingError(
    RecordingErrorCode.corrupt,
    file,
    0,
    `expected compressed data that is whole, found damage (${how}); copy it again, or take what is before it with --partial`,
    options,
  );
}
