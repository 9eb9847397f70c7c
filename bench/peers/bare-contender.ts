import { assert } from '../../engine/base/assert.ts';
import { MonotonicCounter } from '../../engine/base/clock.ts';
import { CommandOp } from '../../engine/base/command-op.ts';
import { microPrice } from '../../engine/base/micro-price.ts';
import { Book } from '../../engine/book/book.ts';
import { BookSync, SyncResult } from '../../engine/book/book-sync.ts';
import type { Histogram } from '../../engine/metrics/histogram.ts';
import { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import { DepthFrame, DepthResult } from '../../engine/okx/depth-frame.ts';
import { OrderEncoder } from '../../engine/okx/order-encoder.ts';
import { TdMode } from '../../engine/okx/shapes.ts';
import { Checksum } from '../checksum.ts';
import type { Contender } from '../contender.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { BENCH_TAG } from '../rig/engine-rig.ts';
import { halfSpreads } from './half-spreads.ts';
import { addPrices } from './prices.ts';

/** The ids of message-peer.ts: run 42, slots 1 and 2, first generation. */
const RUN = 42;
const BID_SLOT = 1;
const ASK_SLOT = 2;
const CHECKSUM_FRAMES = 2_000;

/**
 * The least that our own parts can do: frame, book, two quotes, bytes of the amend. No guard, no diff, no gate, no budgets,
 * no metrics, no handoff: what stands between this and `tick-to-trade` is the price of those.
 */
export class BareContender implements Contender {
  readonly name: string;
  readonly feed: string;
  readonly note =
    'our decoder, book and encoder alone: two quotes and their amend for every frame, nothing else';
  readonly share = 1;
  readonly hasUntimedWork = false;
  readonly #feed: FrameFeed;
  readonly #decoder: DepthDecoder;
  readonly #frame = new DepthFrame();
  readonly #syncs: readonly BookSync[];
  readonly #encoder: OrderEncoder;
  readonly #halfSpreadTicks: Int32Array;
  #requests = 0;
  #length = 0;
  #next = 0;
  readonly #clock = new MonotonicCounter();
  readonly #timesNs = new Float64Array(2);

  constructor(name: string, feed: FrameFeed) {
    this.name = name;
    this.feed = feed.name;
    this.#feed = feed;
    const { instruments } = feed;
    this.#decoder = new DepthDecoder(instruments);
    this.#syncs = instruments.map(() => new BookSync(new Book()));
    this.#encoder = new OrderEncoder({
      instruments,
      tag: BENCH_TAG,
      tradeModes: instruments.map(() => TdMode.cross),
      run: RUN,
    });
    this.#halfSpreadTicks = Int32Array.from(halfSpreads(feed));
  }

  run(ops: number, latencies: Histogram | null): number {
    const { isSnapshot, starts, bytes, count } = this.#feed;
    const clock = this.#clock;
    const timesNs = this.#timesNs;
    let recorded = 0;
    for (let op = 0; op < ops; op++) {
      const index = this.#next;
      this.#next = index + 1 === count ? 0 : index + 1;
      if (latencies === null || isSnapshot[index] === 1) {
        this.#play(bytes, starts[index]!, starts[index + 1]!);
        continue;
      }
      clock.read(timesNs, 0);
      this.#play(bytes, starts[index]!, starts[index + 1]!);
      clock.read(timesNs, 1);
      latencies.record(timesNs[1]! - timesNs[0]!);
      recorded++;
    }
    return recorded;
  }

  #play(bytes: Uint8Array, start: number, end: number): void {
    const frame = this.#frame;
    const result = this.#decoder.decode(bytes, start, end, frame);
    assert(result === DepthResult.depth, 'every frame of a feed is a depth push');
    const { instrument } = frame;
    const sync = this.#syncs[instrument]!;
    const outcome = sync.apply(frame);
    assert(outcome === SyncResult.applied, 'every frame of a feed continues its book');
    const { bids, asks } = sync.book;
    const fair = microPrice(bids.bestTicks, bids.bestLots, asks.bestTicks, asks.bestLots);
    const half = this.#halfSpreadTicks[instrument]!;
    const encoder = this.#encoder;
    const request = ++this.#requests;
    encoder.begin(CommandOp.amend, request, 2, 0);
    encoder.addAmend(instrument, Math.floor(fair - half), 0, BID_SLOT, 1, request);
    encoder.addAmend(instrument, Math.ceil(fair + half), 0, ASK_SLOT, 1, request);
    this.#length = encoder.finish();
  }

  checksum(): string {
    const fresh = new BareContender(this.name, this.#feed);
    const checksum = new Checksum();
    for (let frame = 0; frame < Math.min(CHECKSUM_FRAMES, this.#feed.count); frame++) {
      fresh.run(1, null);
      const { buffer } = fresh.#encoder;
      addPrices(checksum, Buffer.from(buffer.buffer, buffer.byteOffset, buffer.length), fresh.#length);
    }
    return checksum.text;
  }
}
