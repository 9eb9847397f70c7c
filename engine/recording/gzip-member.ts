import { crc32, deflateRaw, inflateRawSync } from 'node:zlib';
import { promisify } from 'node:util';

/**
 * A member of a gzip file that says in its header how long it is (RFC 1952, par. 2.3: FEXTRA), as bgzip's do. A file of
 * such members is a gzip file for every reader, and the end of the last whole one is found by looking at headers only.
 *
 *     1f 8b 08 04 | mtime 0 | 00 ff | 8 0 | 'O' 'X' 4 0 | member's length, u32 | deflated | crc32 | text's length
 */

const HEADER_BYTES = 20;
const TRAILER_BYTES = 8;
const HEADER = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 0xff, 8, 0, 0x4f, 0x58, 4, 0]);
/**
 * In members of a second's rows, level 6 packs the recording of the fixtures 7.9 to 1 at 60 MB/s, level 1 6.2 to 1 at 255
 * (one run on a busy machine). A hundred lively instruments write 5 MB a second, and a day is kept for years.
 */
const LEVEL = 6;

const deflate = promisify(deflateRaw);

/** Packs a text; the work is done on zlib's own threads. */
export async function gzipMember(text: string): Promise<Buffer> {
  const plain = Buffer.from(text, 'utf8');
  const packed = await deflate(plain, { level: LEVEL });
  const member = Buffer.allocUnsafe(HEADER_BYTES + packed.length + TRAILER_BYTES);
  HEADER.copy(member, 0);
  member.writeUInt32LE(member.length, HEADER.length);
  packed.copy(member, HEADER_BYTES);
  member.writeUInt32LE(crc32(plain), member.length - 8);
  member.writeUInt32LE(plain.length, member.length - 4);
  return member;
}

/** Bytes that `memberLength` needs to see. */
export const MEMBER_HEADER_BYTES = HEADER_BYTES;

/** How long the member is that begins with these bytes; 0 when it is none of ours. */
export function memberLength(header: Buffer): number {
  if (header.length < HEADER_BYTES || HEADER.compare(header, 0, HEADER.length) !== 0) return 0;
  const length = header.readUInt32LE(HEADER.length);
  return length > HEADER_BYTES + TRAILER_BYTES ? length : 0;
}

/** The text of a whole member; undefined when it is damaged. */
export function memberText(member: Buffer): string | undefined {
  let plain: Buffer;
  try {
    plain = inflateRawSync(member.subarray(HEADER_BYTES, member.length - TRAILER_BYTES));
  } catch {
    return undefined;
  }
  const isWhole =
    crc32(plain) === member.readUInt32LE(member.length - 8) &&
    plain.length === member.readUInt32LE(member.length - 4);
  return isWhole ? plain.toString('utf8') : undefined;
}
