import type { ByteSource, Lookahead } from './byte-source.ts';
import { truncated } from './inflater.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';

/**
 * The one file in a tar archive that holds rows. OKX packs a day of one instrument as
 * `BTC-USDT-L2orderbook-400lv-2025-11-08.tar.gz` with one `….data` in it.
 *
 * Own code, where packages exist (tar-stream 3.2.2): those give entries as streams, and a stream whose archive breaks
 * forgets what its reader has not taken yet, so that how much of a cut file is read would be chance. What is needed of the
 * format is its header: POSIX.1-1988 ustar, with the long names and sizes of POSIX.1-2001 (pax) and GNU.
 */

export const TAR_BLOCK_BYTES = 512;
const NAME_LENGTH = 100;
const SIZE_AT = 124;
const SIZE_LENGTH = 12;
const CHECKSUM_AT = 148;
const CHECKSUM_LENGTH = 8;
const TYPE_AT = 156;
const MAGIC_AT = 257;
const PREFIX_AT = 345;
const PREFIX_LENGTH = 155;
/** Headers of long names. A larger one is none. */
const EXTENDED_BYTES_MAX = 64 * 1024;
const SPACE = 32;

interface TarHeader {
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

/** The next file's name and size where a header before it says so. */
interface Extended {
  name?: string;
  size?: number;
}

export function isTarHeader(block: Buffer): boolean {
  return (
    block.length === TAR_BLOCK_BYTES &&
    block.toString('latin1', MAGIC_AT, MAGIC_AT + 5) === 'ustar' &&
    octal(block, CHECKSUM_AT, CHECKSUM_LENGTH) === checksumOf(block)
  );
}

export class TarSource implements ByteSource {
  readonly file: string;
  hasOthers = false;
  readonly #archive: Lookahead;
  readonly #instIds: ReadonlySet<string> | undefined;
  /** Bytes of the wanted file that are left, and of the padding behind it. */
  #dataBytes = 0;
  #paddingBytes = 0;
  /** The file that was given. */
  #name = '';
  #isOver = false;

  /** @param instIds files of other instruments are passed over; without it the archive must hold one file */
  constructor(archive: Lookahead, instIds: ReadonlySet<string> | undefined) {
    this.file = archive.file;
    this.#archive = archive;
    this.#instIds = instIds;
  }

  async read(): Promise<Buffer | null> {
    if (this.#isOver) return null;
    if (this.#dataBytes === 0) await this.#nextFile();
    if (this.#isOver) return null;
    const bytes = await this.#archive.readAtMost(this.#dataBytes);
    if (bytes === null) throw truncated(this.file);
    this.#dataBytes -= bytes.length;
    return bytes;
  }

  close(): Promise<void> {
    return this.#archive.close();
  }

  /** Goes to the first byte of the next wanted file, or to the end of the archive. */
  async #nextFile(): Promise<void> {
    await this.#skip(this.#paddingBytes);
    this.#paddingBytes = 0;
    let extended: Extended = {};
    for (;;) {
      const block = await this.#archive.take(TAR_BLOCK_BYTES);
      if (block.length < TAR_BLOCK_BYTES) throw truncated(this.file);
      if (block.every((byte) => byte === 0)) return this.#finish();
      const header = this.#header(block, extended);
      const isExtended = header.type === 'x' || header.type === 'L';
      extended = isExtended ? { ...extended, ...(await this.#extended(header)) } : {};
      if (isExtended) continue;
      if (this.#isWanted(header)) {
        this.#dataBytes = header.size;
        this.#paddingBytes = paddingOf(header.size);
        if (header.size > 0) return;
      } else {
        await this.#skip(header.size + paddingOf(header.size));
      }
    }
  }

  /** Reads what follows the archive: the checksum of what it is packed in stands at the very end. */
  async #finish(): Promise<void> {
    this.#isOver = true;
    while ((await this.#archive.read()) !== null);
  }

  #header(block: Buffer, extended: Extended): TarHeader {
    if (octal(block, CHECKSUM_AT, CHECKSUM_LENGTH) !== checksumOf(block)) {
      throw this.#refusal('a tar header whose checksum holds', 'another');
    }
    const prefix = text(block, PREFIX_AT, PREFIX_LENGTH);
    const name = text(block, 0, NAME_LENGTH);
    const size = octal(block, SIZE_AT, SIZE_LENGTH);
    if (!Number.isSafeInteger(size)) throw this.#refusal('a file size in a tar header', 'none');
    const type = block[TYPE_AT] === 0 ? '0' : String.fromCharCode(block[TYPE_AT]!);
    const isPlain = type === '0';
    return {
      name: (isPlain ? extended.name : undefined) ?? (prefix === '' ? name : `${prefix}/${name}`),
      type,
      size: (isPlain ? extended.size : undefined) ?? size,
    };
  }

  async #extended({ type, size }: TarHeader): Promise<Extended> {
    if (size > EXTENDED_BYTES_MAX) throw this.#refusal('a short header of names', `${size} bytes`);
    const bytes = await this.#archive.take(size + paddingOf(size));
    if (bytes.length < size + paddingOf(size)) throw truncated(this.file);
    if (type === 'L') return { name: text(bytes, 0, size) };
    const extended: Extended = {};
    for (const match of bytes.toString('utf8', 0, size).matchAll(/^\d+ (path|size)=(.*)$/gm)) {
      if (match[1] === 'path') extended.name = match[2]!;
      else extended.size = Number(match[2]);
    }
    return extended;
  }

  #isWanted({ name, type }: TarHeader): boolean {
    const base = name.split('/').at(-1)!;
    // macOS puts a file of attributes, ._name, beside each.
    if (type !== '0' || base.startsWith('._')) return false;
    const instId = /^(.+)-L2orderbook-/.exec(base)?.[1];
    if (instId !== undefined && this.#instIds !== undefined && !this.#instIds.has(instId)) {
      this.hasOthers = true;
      return false;
    }
    if (this.#name !== '') {
      throw new RecordingError(
        RecordingErrorCode.mixedInstruments,
        this.file,
        0,
        `expected one file in the archive, found ${this.#name} and ${base}; name one instrument, or unpack it and name the files`,
      );
    }
    this.#name = base;
    return true;
  }

  async #skip(count: number): Promise<void> {
    for (let left = count; left > 0;) {
      const bytes = await this.#archive.readAtMost(left);
      if (bytes === null) throw truncated(this.file);
      left -= bytes.length;
    }
  }

  #refusal(expected: string, found: string): RecordingError {
    return new RecordingError(
      RecordingErrorCode.badArchive,
      this.file,
      0,
      `expected ${expected}, found ${found}; download the archive again, or take what is before with --partial`,
    );
  }
}

/** The sum of all bytes, its own field taken as spaces. */
function checksumOf(block: Buffer): number {
  let sum = 0;
  for (let index = 0; index < TAR_BLOCK_BYTES; index++) {
    const isOwn = index >= CHECKSUM_AT && index < CHECKSUM_AT + CHECKSUM_LENGTH;
    sum += isOwn ? SPACE : block[index]!;
  }
  return sum;
}

/** A number in octal digits; in binary where the first bit is set (GNU, from 8 GB on). */
function octal(block: Buffer, at: number, length: number): number {
  if ((block[at]! & 0x80) !== 0) return Number(block.readBigUInt64BE(at + length - 8));
  const digits = text(block, at, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** Text up to the first zero. */
function text(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

function paddingOf(size: number): number {
  return (TAR_BLOCK_BYTES - (size % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES;
}
