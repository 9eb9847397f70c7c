import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** A capture that cannot be read: missing, empty, cut off, or no capture at all. */
export class CaptureError extends Error {
  override readonly name = 'CaptureError';
  readonly code = 'BAD_CAPTURE';
  readonly file: string;

  constructor(file: string, text: string, cause?: unknown) {
    super(`${file}: ${text}`, cause === undefined ? undefined : { cause });
    this.file = file;
  }
}

/** The longest line: four times what the venue's largest push takes. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The lines of a file, plain or gzip (told by its first bytes), without their line ends. Blank lines are left out.
 *
 * @throws CaptureError when the file is missing, empty, cut off or binary
 */
export async function* readCaptureLines(file: string): AsyncGenerator<Buffer> {
  const source = await openCapture(file);
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const piece of source) {
      const chunk = rest.length === 0 ? (piece as Buffer) : Buffer.concat([rest, piece as Buffer]);
      if ((piece as Buffer).includes(0)) {
        throw new CaptureError(
          file,
          'expected lines of text, found binary data (a tar archive must be unpacked first)',
        );
      }
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
        const line = trimmed(chunk, start, end);
        if (line.length > 0) yield line;
        start = end + 1;
      }
      rest = chunk.subarray(start);
      if (rest.length > LINE_BYTES_MAX) {
        throw new CaptureError(file, `expected lines of at most ${LINE_BYTES_MAX} bytes, found a longer one`);
      }
    }
  } catch (error) {
    if (error instanceof CaptureError) throw error;
    throw new CaptureError(file, `expected a whole, readable file: ${(error as Error).message}`, error);
  }
  const last = trimmed(rest, 0, rest.length);
  if (last.length > 0) yield last;
}

async function openCapture(file: string): Promise<Readable> {
  const magic = Buffer.alloc(2);
  let length: number;
  try {
    const handle = await open(file, 'r');
    try {
      length = (await handle.read(magic, 0, 2, 0)).bytesRead;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new CaptureError(file, `expected a readable file: ${(error as Error).message}`, error);
  }
  if (length === 0) throw new CaptureError(file, 'expected captured frames, the file is empty');
  const plain = createReadStream(file);
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) return plain;
  // The pipeline hands an error of the file on to the reader of the unpacked text, who is the one to report it.
  return pipeline(plain, createGunzip(), () => undefined);
}

function trimmed(bytes: Buffer, start: number, end: number): Buffer {
  let first = start;
  let last = end;
  while (first < last && isSpace(bytes[first]!)) first++;
  while (first < last && isSpace(bytes[last - 1]!)) last--;
  return bytes.subarray(first, last);
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}
