import { assert } from '../../engine/base/assert.ts';
import { MonotonicCounter } from '../../engine/base/clock.ts';
import { Book } from '../../engine/book/book.ts';
import { BookSync, SyncResult } from '../../engine/book/book-sync.ts';
import type { Histogram } from '../../engine/metrics/histogram.ts';
import { DepthDecoder } from '../../engine/okx/depth-decoder.ts';
import { DepthFrame, DepthResult } from '../../engine/okx/depth-frame.ts';
import type { BenchContext, BenchResult, Benchmark } from '../benchmark.ts';
import type { Checksum } from '../checksum.ts';
import { measureContenders } from '../contender.ts';
import type { Contender } from '../contender.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { booksChecksum } from '../peers/books-checksum.ts';
import { FeedFiles, withoutHeap } from '../peers/cpp-contender.ts';
import { cppContenders, messageContenders } from '../peers/peer-rows.ts';
import type { MessageRow } from '../peers/peer-rows.ts';
import { SIMDJSON_DECODER } from '../peers/toolchain.ts';

const BOOK_PEERS: readonly MessageRow[] = [
  { name: 'peer:json-parse', kind: 'json', isTrade: false },
  { name: 'peer:okx-api', kind: 'okx-api', isTrade: false },
  { name: 'peer:ccxt', kind: 'ccxt', isTrade: false },
];

/** From received bytes to the updated book, continuity checked: what every depth frame costs before anything is decided. */
class BookUpdate implements Contender {
  readonly name = 'book-update';
  readonly feed: string;
  readonly note: string;
  readonly share = 1;
  readonly hasUntimedWork = false;
  readonly #feed: FrameFeed;
  #decoder: DepthDecoder;
  #frame = new DepthFrame();
  #syncs: BookSync[];
  #next = 0;
  readonly #clock = new MonotonicCounter();
  readonly #timesNs = new Float64Array(2);

  constructor(feed: FrameFeed) {
    this.#feed = feed;
    this.feed = feed.name;
    this.#decoder = new DepthDecoder(feed.instruments);
    this.#syncs = feed.instruments.map(() => new BookSync(new Book()));
    const meanBytes = Math.round(feed.bytes.length / feed.count);
    this.note = `${feed.count} frames of ${meanBytes} B; snapshots played but not timed`;
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
        this.#update(bytes, starts[index]!, starts[index + 1]!);
        continue;
      }
      clock.read(timesNs, 0);
      this.#update(bytes, starts[index]!, starts[index + 1]!);
      clock.read(timesNs, 1);
      latencies.record(timesNs[1]! - timesNs[0]!);
      recorded++;
    }
    return recorded;
  }

  #update(bytes: Uint8Array, start: number, end: number): void {
    const frame = this.#frame;
    const result = this.#decoder.decode(bytes, start, end, frame);
    assert(result === DepthResult.depth, 'every frame of a feed is a depth push');
    const outcome = this.#syncs[frame.instrument]!.apply(frame);
    assert(outcome === SyncResult.applied, 'every frame of a feed continues its book');
  }

  checksum(): string {
    const fresh = new BookUpdate(this.#feed);
    return booksChecksum(
      this.#feed,
      () => fresh.run(1, null),
      (checksum) => fresh.#addBooks(checksum),
    );
  }

  #addBooks(checksum: Checksum): void {
    for (const { book } of this.#syncs) {
      // Before the first snapshot ours is another number than the peers'.
      checksum.addNumber(Math.max(book.seqId, -1));
      for (const side of [book.bids, book.asks]) {
        checksum.addNumber(side.count);
        for (let ticks = side.bestTicks; ticks > 0; ticks = side.nextTicks(ticks)) {
          checksum.addNumber(ticks);
          checksum.addNumber(side.lotsAt(ticks));
        }
      }
    }
  }
}

export const bookUpdate: Benchmark = {
  name: 'book-update',
  about: 'received bytes -> decoder -> continuity -> book of 400 levels',
  usesFeeds: true,
  async run({ feeds, effort, withPeers }: BenchContext): Promise<BenchResult[]> {
    const own = feeds.map((feed) => new BookUpdate(feed));
    if (withPeers === false) return measureContenders(own, effort);
    const files = new FeedFiles();
    try {
      const peers = [
        ...cppContenders('peer:cpp-scalar', 'book', feeds, files),
        ...cppContenders('peer:cpp-simdjson', 'book', feeds, files, SIMDJSON_DECODER),
        ...(await messageContenders(BOOK_PEERS, feeds, effort.isJudged)),
      ];
      return withoutHeap(measureContenders([...own, ...peers], effort));
    } finally {
      files.close();
    }
  },
};
