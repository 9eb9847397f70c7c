import { open, type FileHandle } from 'node:fs/promises';
import { Lookahead, type ByteSource } from './byte-source.ts';
import { corrupt, Inflater } from './inflater.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';
import { isTarHeader, TAR_BLOCK_BYTES, TarSource } from './tar-source.ts';
import { isZip, ZipSource } from './zip-source.ts';

/** Bytes a read: of a compressed file some six times as much text. */
const READ_BYTES = 64 * 1024;

/** The bytes of a file as they are. */
class FileSource implements ByteSource {
  readonly file: string;
  readonly #handle: FileHandle;
  #isClosed = false;

  constructor(file: string, handle: FileHandle) {
    this.file = file;
    this.#handle = handle;
  }

  async read(): Promise<Buffer | null> {
    try {
      const { bytesRead, buffer } = await this.#handle.read(
        Buffer.allocUnsafe(READ_BYTES),
        0,
        READ_BYTES,
        null,
      );
      return bytesRead === 0 ? null : buffer.subarray(0, bytesRead);
    } catch (cause) {
      throw unreadable(this.file, cause);
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#handle.close();
  }
}

/** What a gzip file unpacks to, of however many members. */
class GzipSource implements ByteSource {
  readonly file: string;
  readonly #packed: ByteSource;
  readonly #inflater: Inflater;
  #isRead = false;

  constructor(packed: ByteSource) {
    this.file = packed.file;
    this.#packed = packed;
    this.#inflater = Inflater.gzip(packed.file);
  }

  async read(): Promise<Buffer | null> {
    while (!this.#isRead) {
      const packed = await this.#packed.read();
      this.#isRead = packed === null;
      if (packed !== null && this.#inflater.isEnded) break;
      const bytes = await (packed === null ? this.#inflater.end() : this.#inflater.inflate(packed));
      if (bytes.length > 0) return bytes;
    }
    this.#inflater.throwIfBroken();
    // zlib passes over what follows a member and does not begin as one: a damaged header would end the file in silence.
    if (!this.#isRead || this.#inflater.unusedBytes > 0) {
      throw corrupt(this.file, 'something else follows the compressed data');
    }
    return null;
  }

  close(): Promise<void> {
    this.#inflater.close();
    return this.#packed.close();
  }
}

/**
 * Opens a file and unpacks it by what its first bytes say, whatever its name: plain, gzip, tar in either, zip.
 *
 * @param instIds of an archive with files of several instruments, those that are wanted
 * @throws RecordingError when the file cannot be opened or unpacked
 */
export async function openBytes(file: string, instIds?: ReadonlySet<string>): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    throw unreadable(file, cause);
  }
  const plain = new Lookahead(new FileSource(file, handle));
  try {
    const magic = await plain.look(4);
    if (isZip(magic)) return new ZipSource(plain);
    const isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
    const unpacked = isGzip ? new Lookahead(new GzipSource(plain)) : plain;
    if (isTarHeader(await lookIfWhole(unpacked))) return new TarSource(unpacked, instIds);
    return unpacked;
  } catch (error) {
    await plain.close();
    throw error;
  }
}

/** What is broken in the first bytes is told where they are read, with all that is good before. */
async function lookIfWhole(source: Lookahead): Promise<Buffer> {
  try {
    return await source.look(TAR_BLOCK_BYTES);
  } catch (error) {
    if (error instanceof RecordingError && error.code !== RecordingErrorCode.unreadable)
      return Buffer.alloc(0);
    throw error;
  }
}

function unreadable(file: string, cause: unknown): RecordingError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new RecordingError(
    RecordingErrorCode.unreadable,
    file,
    0,
    `expected a readable file, got ${reason}; check the path and its permissions`,
    { cause },
  );
}
