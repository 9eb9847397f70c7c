import { DepthAction } from '../base/depth-rows.ts';
import type { Instrument } from '../base/instrument.ts';
import type { SpelledLevels } from '../book/book-checksum.ts';
import type { DepthFrame } from '../okx/depth-frame.ts';

/** A decimal with a zero too many: at the end after a point, or at the beginning. */
const LONG_SPELLING = /"(?:\d+\.\d*0"|0\d)/;

/**
 * How the venue spelled the levels of one book, where it was not in the shortest way: the book has counts of ticks and
 * lots, and a checksum is over the texts as they were sent.
 */
export class LevelSpelling implements SpelledLevels {
  readonly bids = new Map<number, string>();
  readonly asks = new Map<number, string>();
  readonly #instrument: Instrument;

  constructor(instrument: Instrument) {
    this.#instrument = instrument;
  }

  /** Takes message `entry` of the frame in `bytes`, which is decoded in `frame` and has been applied to the book. */
  add(bytes: Buffer, entry: number, frame: DepthFrame): void {
    if (frame.action !== DepthAction.update) {
      this.bids.clear();
      this.asks.clear();
    }
    forget(this.bids, frame.bidTicks, frame.bidCount);
    forget(this.asks, frame.askTicks, frame.askCount);
    const text = bytes.toString();
    if (!LONG_SPELLING.test(text)) return;
    const message = (JSON.parse(text) as { data: Record<'bids' | 'asks', string[][]>[] }).data[entry]!;
    this.#note(this.bids, message.bids);
    this.#note(this.asks, message.asks);
  }

  #note(levels: Map<number, string>, rows: readonly (readonly string[])[]): void {
    const { tick, lot } = this.#instrument;
    for (const [price = '', size = ''] of rows) {
      const ticks = tick.fromText(price);
      if (price === tick.toText(ticks) && size === lot.toText(lot.fromText(size))) levels.delete(ticks);
      else levels.set(ticks, `${price}:${size}`);
    }
  }
}

function forget(levels: Map<number, string>, ticks: Int32Array, count: number): void {
  if (levels.size === 0) return;
  for (let row = 0; row < count; row++) levels.delete(ticks[row]!);
}
