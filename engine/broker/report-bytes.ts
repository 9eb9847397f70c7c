import { gunzipSync, inflateRawSync } from 'node:zlib';
import { BrokerError, BrokerErrorCode } from './broker-error.ts';

/** The longest text of this runtime is a little more: some two million orders. What unpacks to more may be a bomb. */
const TEXT_BYTES_MAX = 500_000_000;

const ZIP_DIRECTORY = 0x02014b50;
const ZIP_END = 0x06054b50;
const ZIP_END_BYTES = 22;
const ZIP_COMMENT_MAX = 65_535;
const STORED = 0;
const DEFLATED = 8;

/**
 * The text of a report as it was downloaded: CSV, or CSV in a gzip or zip file. The documentation speaks of "the
 * decompressed CSV file", and its own examples are plain ones.
 *
 * @throws BrokerError for anything else
 */
export function reportText(bytes: Buffer): string {
  if (bytes.length > 2 && bytes[0] === 0x1f && bytes[1] === 0x8b) {
    return unpacked(() => gunzipSync(bytes, { maxOutputLength: TEXT_BYTES_MAX })).toString('utf8');
  }
  if (bytes.toString('latin1', 0, 4) === 'PK\x03\x04') return textOf(firstOfZip(bytes));
  if (bytes.length > 4 && bytes.readUInt32BE(0) === 0xd0cf11e0)
    throw refusal('an Excel file of the old kind');
  return textOf(bytes);
}

function textOf(bytes: Buffer): string {
  if (bytes.length > TEXT_BYTES_MAX) throw tooLarge();
  return bytes.toString('utf8');
}

/** The one file of the archive, found by its directory as a reader of zip files must. */
function firstOfZip(bytes: Buffer): Buffer {
  const end = endRecord(bytes);
  const entry = bytes.readUInt32LE(end + 16);
  if (entry + 46 > bytes.length || bytes.readUInt32LE(entry) !== ZIP_DIRECTORY)
    throw refusal('a zip file without a directory');
  const method = bytes.readUInt16LE(entry + 10);
  const size = bytes.readUInt32LE(entry + 20);
  const header = bytes.readUInt32LE(entry + 42);
  if (header + 30 > bytes.length) throw refusal('a zip file that is cut off');
  const data = header + 30 + bytes.readUInt16LE(header + 26) + bytes.readUInt16LE(header + 28);
  const packed = bytes.subarray(data, data + size);
  if (packed.length !== size) throw refusal('a zip file that is cut off');
  if (method === STORED) return packed;
  if (method !== DEFLATED) throw refusal(`a zip file packed by method ${method}`);
  return unpacked(() => inflateRawSync(packed, { maxOutputLength: TEXT_BYTES_MAX }));
}

function endRecord(bytes: Buffer): number {
  const lowest = Math.max(0, bytes.length - ZIP_END_BYTES - ZIP_COMMENT_MAX);
  for (let at = bytes.length - ZIP_END_BYTES; at >= lowest; at--) {
    if (bytes.readUInt32LE(at) === ZIP_END) return at;
  }
  throw refusal('a zip file that is cut off');
}

function unpacked(unpack: () => Buffer): Buffer {
  try {
    return unpack();
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(cause);
    throw refusal('a packed file that is broken', cause);
  }
}

function tooLarge(cause?: unknown): BrokerError {
  return new BrokerError(
    BrokerErrorCode.report,
    `rebate report: expected at most ${TEXT_BYTES_MAX / 1e6} MB of text, was more; ask for fewer days`,
    { cause },
  );
}

function refusal(was: string, cause?: unknown): BrokerError {
  return new BrokerError(
    BrokerErrorCode.report,
    `rebate report: expected CSV, or CSV in a zip or gzip file, was ${was}; download it again`,
    { cause },
  );
}
