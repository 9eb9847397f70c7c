import type { FrameFeed } from '../feeds/frame-feed.ts';

/**
 * A feed as the C++ peers read it (bench/peers/cpp/feed.hpp): all numbers little-endian.
 *
 *     "OKXFEED1" | u32 instruments | { u32 length, id, u32 price and size decimals, u32 code, u32 half spread }...
 *     | u32 frames | u32 starts[frames + 1] | u8 isSnapshot[frames] | bytes
 *
 * @throws Error for an instrument whose grid is no power of ten
 */
export function feedFileBytes(feed: FrameFeed, halfSpreadTicks: readonly number[]): Buffer {
  const head: Buffer[] = [Buffer.from('OKXFEED1', 'latin1'), u32(feed.instruments.length)];
  for (const { index, instId, tick, lot, instIdCode } of feed.instruments) {
    if (tick.mantissa !== 1 || lot.mantissa !== 1)
      throw new Error(`feed file: ${instId}: expected grids of powers of ten`);
    head.push(u32(instId.length), Buffer.from(instId, 'latin1'), u32(tick.decimals), u32(lot.decimals));
    head.push(u32(instIdCode), u32(halfSpreadTicks[index]!));
  }
  const starts = Buffer.alloc(4 * (feed.count + 1));
  feed.starts.forEach((start, frame) => starts.writeUInt32LE(start, 4 * frame));
  return Buffer.concat([...head, u32(feed.count), starts, feed.isSnapshot, feed.bytes]);
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
