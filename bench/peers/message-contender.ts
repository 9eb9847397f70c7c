import { MonotonicCounter } from '../../engine/base/clock.ts';
import type { Histogram } from '../../engine/metrics/histogram.ts';
import { Checksum } from '../checksum.ts';
import type { Contender } from '../contender.ts';
import type { FrameFeed } from '../feeds/frame-feed.ts';
import { booksChecksum } from './books-checksum.ts';
import type { MessagePeer } from './message-peer.ts';
import { addPrices } from './prices.ts';

/** These take some ten times as long as ours. */
const SHARE = 0.1;
const CHECKSUM_FRAMES = 2_000;
const ANSWER_BYTES_MAX = 4_096;
/** A library may keep more than the venue shows. */
const LEVELS_MAX = 400;

/** A peer on one feed, from received bytes to the changed book, or, when it is to trade, to the bytes of its answer. */
export class MessageContender implements Contender {
  readonly name: string;
  readonly feed: string;
  readonly note: string;
  readonly share = SHARE;
  readonly hasUntimedWork = false;
  readonly #feed: FrameFeed;
  readonly #make: () => MessagePeer;
  readonly #isTrade: boolean;
  readonly #peer: MessagePeer;
  readonly #out = Buffer.alloc(ANSWER_BYTES_MAX);
  #length = 0;
  #next = 0;
  readonly #clock = new MonotonicCounter();
  readonly #timesNs = new Float64Array(2);

  constructor(name: string, note: string, feed: FrameFeed, make: () => MessagePeer, isTrade: boolean) {
    this.name = name;
    this.note = note;
    this.feed = feed.name;
    this.#feed = feed;
    this.#make = make;
    this.#isTrade = isTrade;
    this.#peer = make();
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

  /** As the `ws` package: a text frame is handed over as a string, and a string that is sent becomes bytes. */
  #play(bytes: Buffer, start: number, end: number): void {
    const instrument = this.#peer.take(bytes.toString('utf8', start, end));
    if (this.#isTrade) this.#length = this.#out.write(this.#peer.answer(instrument), 'utf8');
  }

  /** Of the books as our own, or of the prices asked for. */
  checksum(): string {
    const fresh = new MessageContender(this.name, this.note, this.#feed, this.#make, this.#isTrade);
    if (!this.#isTrade) {
      return booksChecksum(
        this.#feed,
        () => fresh.run(1, null),
        (checksum) => fresh.#addBooks(checksum),
      );
    }
    const checksum = new Checksum();
    for (let frame = 0; frame < Math.min(CHECKSUM_FRAMES, this.#feed.count); frame++) {
      fresh.run(1, null);
      addPrices(checksum, fresh.#out, fresh.#length);
    }
    return checksum.text;
  }

  #addBooks(checksum: Checksum): void {
    for (const { index, tick, lot } of this.#feed.instruments) {
      const book = this.#peer.book(index);
      checksum.addNumber(book?.seqId ?? -1);
      for (const levels of [book?.bids ?? [], book?.asks ?? []]) {
        const count = Math.min(levels.length, LEVELS_MAX);
        checksum.addNumber(count);
        for (const [price, size] of levels.slice(0, count)) {
          checksum.addNumber(Math.round(price! * 10 ** tick.decimals));
          checksum.addNumber(Math.round(size! * 10 ** lot.decimals));
        }
      }
    }
  }
}
