import { open, type FileHandle } from 'node:fs/promises';
import { Inflater } from './inflater.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';

/** Bytes a read: of a compressed file some six times as much text. */
const READ_BYTES = 64 * 1024;

/** Bytes in order, some at a time. */
export interface ByteSource {
  /** For messages. */
  readonly file: string;
  /**
   * The next bytes; null at the end.
   *
   * @throws RecordingError when the file is broken here; all that is good before it was given
   */
  read(): Promise<Buffer | null>;
  close(): Promise<void>;
}

/** The bytes of a file as they are. */
class PlainSource implements ByteSource {
  readonly file: string;
  readonly #handle: FileHandle;
  #isClosed = false;

  constructor(file: string, handle: FileHandle) {
    this.file = file;
    this.#handle = handle;
  }

  async read(): Promise<Buffer | null> {
    let read: { bytesRead: number; buffer: Buffer };
    try {
      read = await this.#handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, null);
    } catch (cause) {
      throw unreadable(this.file, cause);
    }
    return read.bytesRead === 0 ? null : read.buffer.subarray(0, read.bytesRead);
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
  #isEnded = false;

  constructor(packed: ByteSource) {
    this.file = packed.file;
    this.#packed = packed;
    this.#inflater = Inflater.gzip(packed.file);
  }

  async read(): Promise<Buffer | null> {
    while (!this.#isEnded) {
      const packed = await this.#packed.read();
      this.#isEnded = packed === null;
      const bytes = await (packed === null ? this.#inflater.end() : this.#inflater.inflate(packed));
      if (bytes.length > 0) return bytes;
    }
    this.#inflater.throwIfBroken();
    return null;
  }

  close(): Promise<void> {
    this.#inflater.close();
    return this.#packed.close();
  }
}

/**
 * Opens a file and unpacks it by what its first bytes say, whatever its name.
 *
 * @throws RecordingError when the file cannot be opened
 */
export async function openBytes(file: string): Promise<ByteSource> {
  let handle: FileHandle;
  const magic = Buffer.alloc(4);
  try {
    handle = await open(file, 'r');
    await handle.read(magic, 0, magic.length, 0);
  } catch (cause) {
    throw unreadable(file, cause);
  }
  const plain = new PlainSource(file, handle);
  return magic[0] === 0x1f && magic[1] === 0x8b ? new GzipSource(plain) : plain;
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
