import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

/** Archives as OKX publishes them, written by hand here so that what reads them is checked by something else. */

const BLOCK = 512;

/** A ustar archive of these files. */
export function tar(files: Readonly<Record<string, string>>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, text]) => {
    const data = Buffer.from(text);
    const padding = Buffer.alloc((BLOCK - (data.length % BLOCK)) % BLOCK);
    return [tarHeader(name, data.length), data, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

export function tarGz(files: Readonly<Record<string, string>>): Buffer {
  return gzipSync(tar(files));
}

function tarHeader(name: string, size: number): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write(name, 0, 'utf8');
  header.write('0000644\0', 100);
  header.write('0000000\0', 108);
  header.write('0000000\0', 116);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

/** A zip archive of one deflated file. @param hasDescriptor checksum and sizes stand behind the data, as streams have them */
export function zip(name: string, text: string, hasDescriptor = false): Buffer {
  const data = Buffer.from(text);
  const packed = deflateRawSync(data);
  const sums = Buffer.alloc(12);
  sums.writeUInt32LE(crc32(data), 0);
  sums.writeUInt32LE(packed.length, 4);
  sums.writeUInt32LE(data.length, 8);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(hasDescriptor ? 8 : 0, 2);
  common.writeUInt16LE(8, 4);
  if (!hasDescriptor) sums.copy(common, 10);
  common.writeUInt16LE(Buffer.byteLength(name), 22);
  const nameBytes = Buffer.from(name);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, nameBytes, packed]);
  const descriptor = hasDescriptor
    ? Buffer.concat([Buffer.from('PK\x07\x08', 'latin1'), sums])
    : Buffer.alloc(0);
  sums.copy(common, 10);
  const directory = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
    common,
    Buffer.alloc(14),
    nameBytes,
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(local.length + descriptor.length, 16);
  return Buffer.concat([local, descriptor, directory, end]);
}
