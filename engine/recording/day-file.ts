/**
 * One file of recorded rows, appended to a member of gzip at a time.
 *
 * Owner:      the writer of the folder; one process.
 * Invariants: what is before #endBytes is whole members; a write that failed is made again at the same place. A file that
 *             was left with half a member, by a kill or a full disk, is cut back to the last whole one when it is opened.
 */
import { constants } from 'node:fs';
import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { gzipMember, MEMBER_HEADER_BYTES, memberLength, memberText } from './gzip-member.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';

export class DayFile {
  readonly path: string;
  /** The last line that the file held when it was opened; empty for none. */
  readonly lastLine: string;
  /** Bytes of a torn member that were cut off when it was opened. */
  readonly cutBytes: number;
  readonly #handle: FileHandle;
  #endBytes: number;

  private constructor(path: string, handle: FileHandle, tail: Tail) {
    this.path = path;
    this.#handle = handle;
    this.#endBytes = tail.endBytes;
    this.lastLine = tail.lastLine;
    this.cutBytes = tail.cutBytes;
  }

  /**
   * Opens the file to go on with it, or makes it.
   *
   * @param isNew it must not be there yet
   * @throws RecordingError when there is a file that this program has not written
   */
  static async open(path: string, isNew = false): Promise<DayFile> {
    // Not 'a': what is opened for appending is written at its end, whatever place is asked for (open(2), O_APPEND).
    const flags = constants.O_RDWR | constants.O_CREAT | (isNew ? constants.O_EXCL : 0);
    let handle: FileHandle;
    try {
      await mkdir(dirname(path), { recursive: true });
      handle = await open(path, flags);
    } catch (cause) {
      throw unwritable(path, cause);
    }
    try {
      const tail = await findTail(path, handle);
      if (tail.cutBytes > 0) await handle.truncate(tail.endBytes);
      return new DayFile(path, handle, tail);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get bytes(): number {
    return this.#endBytes;
  }

  /** Writes whole lines. When it fails, nothing was added, and the same may be tried again. */
  async append(text: string): Promise<void> {
    const member = await gzipMember(text);
    for (let written = 0; written < member.length;) {
      const { bytesWritten } = await this.#handle.write(
        member,
        written,
        member.length - written,
        this.#endBytes + written,
      );
      written += bytesWritten;
    }
    this.#endBytes += member.length;
  }

  /** Resolves when what was written would survive a power cut. */
  async close(): Promise<void> {
    try {
      await this.#handle.datasync();
    } finally {
      await this.#handle.close();
    }
  }
}

interface Tail {
  readonly endBytes: number;
  readonly cutBytes: number;
  readonly lastLine: string;
}

/** Goes from member to member, by their headers, to the last that is whole. */
async function findTail(path: string, handle: FileHandle): Promise<Tail> {
  const { size } = await handle.stat();
  const header = Buffer.alloc(MEMBER_HEADER_BYTES);
  const starts: number[] = [];
  let at = 0;
  while (at < size) {
    const { bytesRead } = await handle.read(header, 0, header.length, at);
    const length = memberLength(header.subarray(0, bytesRead));
    if (length === 0 || at + length > size) break;
    starts.push(at);
    at += length;
  }
  if (at === 0 && size >= MEMBER_HEADER_BYTES && memberLength(header) === 0) {
    throw new RecordingError(
      RecordingErrorCode.unreadable,
      path,
      0,
      'expected a file that record wrote, to go on with it, found another; move it away or name another folder with --out',
    );
  }
  for (let end = at, start = starts.pop(); start !== undefined; end = start, start = starts.pop()) {
    const member = Buffer.alloc(end - start);
    await handle.read(member, 0, member.length, start);
    const text = memberText(member);
    if (text !== undefined) {
      return { endBytes: end, cutBytes: size - end, lastLine: text.trimEnd().split('\n').at(-1)! };
    }
  }
  return { endBytes: 0, cutBytes: size, lastLine: '' };
}

/** What a person must put right; a full disk or too many open files may pass. */
const LASTING_CODES = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG'];

function unwritable(path: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === 'EEXIST') {
    return new RecordingError(
      RecordingErrorCode.unreadable,
      path,
      0,
      'expected no such file yet, there is one; remove it, or name another folder with --out',
      { cause },
    );
  }
  if (!LASTING_CODES.includes(code)) return cause;
  return new RecordingError(
    RecordingErrorCode.unreadable,
    path,
    0,
    `expected a file that can be written, got ${code}; check the folder named with --out`,
    { cause },
  );
}
