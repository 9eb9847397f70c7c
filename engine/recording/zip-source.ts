import { crc32 } from 'node:zlib';
import type { ByteSource, Lookahead } from './byte-source.ts';
import { corrupt, Inflater, truncated } from './inflater.ts';
import { RecordingError, RecordingErrorCode } from './recording-error.ts';

/**
 * The one file in a zip archive, read from its beginning. OKX packs the trades of a day as `BTC-USDT-trades-2025-11-08.zip`
 * with one CSV in it.
 *
 * Own code, where packages exist (yauzl 3.4.0): those begin with the directory at the archive's end, which is what a cut
 * one has lost, and their entries are streams (see tar-source.ts). Source: PKWARE's APPNOTE 6.3, par. 4.3.7 to 4.3.9.
 */

const LOCAL_HEADER = 0x04034b50;
const DESCRIPTOR = 0x08074b50;
const LOCAL_HEADER_BYTES = 30;
const DESCRIPTOR_BYTES = 12;
const ENCRYPTED = 1;
/** Checksum and sizes stand behind the data. */
const HAS_DESCRIPTOR = 8;
const DEFLATED = 8;

export function isZip(magic: Buffer): boolean {
  return magic.length >= 4 && magic.readUInt32LE(0) === LOCAL_HEADER;
}

export class ZipSource implements ByteSource {
  readonly file: string;
  readonly #archive: Lookahead;
  readonly #inflater: Inflater;
  #hasHeader = false;
  #hasDescriptor = false;
  /** Of the unpacked bytes: as the header says, and as they came. */
  #headerCrc = 0;
  #crc = 0;
  #isOver = false;

  constructor(archive: Lookahead) {
    this.file = archive.file;
    this.#archive = archive;
    this.#inflater = Inflater.raw(archive.file);
  }

  async read(): Promise<Buffer | null> {
    if (!this.#hasHeader) await this.#readHeader();
    while (!this.#isOver) {
      if (this.#inflater.isEnded) {
        await this.#finish();
        return null;
      }
      const packed = await this.#archive.read();
      // An entry that was cut has no end of its own, and zlib says so.
      const bytes = await (packed === null ? this.#inflater.end() : this.#inflater.inflate(packed));
      if (this.#inflater.isEnded && packed !== null) {
        this.#archive.putBack(packed.subarray(packed.length - this.#inflater.unusedBytes));
      }
      if (packed === null) this.#inflater.throwIfBroken();
      if (bytes.length === 0) continue;
      this.#crc = crc32(bytes, this.#crc);
      return bytes;
    }
    return null;
  }

  close(): Promise<void> {
    this.#inflater.close();
    return this.#archive.close();
  }

  async #readHeader(): Promise<void> {
    this.#hasHeader = true;
    const header = await this.#archive.take(LOCAL_HEADER_BYTES);
    if (header.length < LOCAL_HEADER_BYTES) throw truncated(this.file);
    const flags = header.readUInt16LE(6);
    const method = header.readUInt16LE(8);
    if ((flags & ENCRYPTED) !== 0 || method !== DEFLATED) {
      throw this.#refusal('a deflated file in the archive', `method ${method}, flags ${flags}`);
    }
    this.#hasDescriptor = (flags & HAS_DESCRIPTOR) !== 0;
    this.#headerCrc = header.readUInt32LE(14);
    const nameBytes = header.readUInt16LE(26) + header.readUInt16LE(28);
    if ((await this.#archive.take(nameBytes)).length < nameBytes) throw truncated(this.file);
  }

  /** The data is over: its checksum, and that nothing else is in the archive. */
  async #finish(): Promise<void> {
    this.#isOver = true;
    let crc = this.#headerCrc;
    if (this.#hasDescriptor) {
      const signature = await this.#archive.look(4);
      if (signature.length === 4 && signature.readUInt32LE(0) === DESCRIPTOR) await this.#archive.take(4);
      const descriptor = await this.#archive.take(DESCRIPTOR_BYTES);
      if (descriptor.length < DESCRIPTOR_BYTES) throw truncated(this.file);
      crc = descriptor.readUInt32LE(0);
    }
    if (crc !== this.#crc) throw corrupt(this.file, 'the checksum differs');
    if (isZip(await this.#archive.look(4))) {
      throw this.#refusal('one file in the archive', 'another behind it');
    }
  }

  #refusal(expected: string, found: string): RecordingError {
    return new RecordingError(
      RecordingErrorCode.badArchive,
      this.file,
      0,
      `expected ${expected}, found ${found}; unpack it and name the files in it`,
    );
  }
}
