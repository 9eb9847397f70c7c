import { createGunzip, type Gunzip } from 'node:zlib';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';

/** Of one step out of zlib; a read unpacks to some of them. */
const CHUNK_BYTES = 256 * 1024;
const NOTHING = Buffer.alloc(0);

/**
 * zlib, one chunk at a time.
 *
 * Not a pipe: a stream that breaks forgets what it holds for its reader, and how much that is depends on who was faster.
 * Here everything that was unpacked before the break is given first, so that what is read of a broken file is always
 * the same.
 */
export class Inflater {
  readonly #file: string;
  readonly #zlib: Gunzip;
  readonly #chunks: Buffer[] = [];
  #packedBytes = 0;
  #error: Error | undefined;
  /** Wakes whoever waits for a write that an error has made endless. */
  #wake: (() => void) | undefined;

  private constructor(file: string, zlib: Gunzip) {
    this.#file = file;
    this.#zlib = zlib;
    zlib.on('data', (chunk: Buffer) => this.#chunks.push(chunk));
    zlib.on('error', (error) => {
      this.#error ??= error;
      this.#wake?.();
    });
  }

  static gzip(file: string): Inflater {
    return new Inflater(file, createGunzip({ chunkSize: CHUNK_BYTES }));
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
    await this.#settled((done) => this.#zlib.once('end', done).end());
    // zlib passes over what follows a member and does not begin as one: a damaged header would end the file in silence.
    if (this.#error === undefined && this.#zlib.bytesWritten !== this.#packedBytes) {
      this.#error = new Error(`${this.#packedBytes - this.#zlib.bytesWritten} bytes follow the end`);
    }
    return this.#taken();
  }

  /** @throws RecordingError when zlib has met what it cannot unpack */
  throwIfBroken(): void {
    const cause = this.#error;
    if (cause === undefined) return;
    const isCut = 'code' in cause && cause.code === 'Z_BUF_ERROR';
    throw isCut
      ? new RecordingError(
          RecordingErrorCode.truncated,
          this.#file,
          0,
          'expected the end of the compressed data, the file ends before it; copy it again, or take what is there with --partial',
          { cause },
        )
      : new RecordingError(
          RecordingErrorCode.corrupt,
          this.#file,
          0,
          `expected compressed data that is whole, found damage (${cause.message}); copy it again, or take what is before it with --partial`,
          { cause },
        );
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
    const bytes =
      this.#chunks.length === 0
        ? NOTHING
        : this.#chunks.length === 1
          ? this.#chunks[0]!
          : Buffer.concat(this.#chunks);
    this.#chunks.length = 0;
    return bytes;
  }
}
