import { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import { DepthFrame } from '../../engine/okx/depth-frame.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { halfSpreadTicksAt } from '../rig/engine-rig.ts';

/** How far from the fair price a peer quotes, by instrument: as far as our own rig does. */
export function halfSpreads(feed: FrameFeed): number[] {
  const decoder = new DepthDecoder(feed.instruments);
  const frame = new DepthFrame();
  const bids = new Int32Array(feed.instruments.length);
  for (let index = 0; index < feed.count; index++) {
    if (feed.isSnapshot[index] === 0) continue;
    decoder.decode(feed.bytes, feed.starts[index]!, feed.starts[index + 1]!, frame);
    if (bids[frame.instrument] === 0) bids[frame.instrument] = frame.bidTicks[0]!;
  }
  return Array.from(bids, halfSpreadTicksAt);
}
