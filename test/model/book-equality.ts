import type { Instrument } from '../../engine/base/instrument.ts';
import type { BookSide } from '../../engine/book/book-side.ts';
import type { Book } from '../../engine/book/book.ts';
import type { NaiveBook } from './naive-book.ts';

/**
 * Says how a book differs from its naive twin, or ''. Levels are compared one by one, and the order by itself: sorting
 * the twin after each of tens of thousands of messages would take minutes.
 */
export class BookEquality {
  readonly #instrument: Instrument;
  readonly #ticks = new Map<string, number>();
  readonly #lots = new Map<string, number>();

  constructor(instrument: Instrument) {
    this.#instrument = instrument;
  }

  difference(book: Book, twin: NaiveBook): string {
    return this.#side('ask', book.asks, twin.asks, 1) || this.#side('bid', book.bids, twin.bids, -1);
  }

  #side(name: string, side: BookSide, twin: ReadonlyMap<string, string>, direction: 1 | -1): string {
    if (side.count !== twin.size) return `${side.count} ${name} levels instead of ${twin.size}`;
    let walked = 0;
    for (let at = side.bestTicks, last = 0; at > 0; last = at, at = side.nextTicks(at)) {
      if (walked > 0 && direction * (at - last) <= 0) return `${name} ${walked} out of order`;
      walked++;
    }
    if (walked !== side.count) return `${walked} ${name} levels in order of ${side.count}`;
    for (const [price, size] of twin) {
      let ticks = this.#ticks.get(price);
      if (ticks === undefined) this.#ticks.set(price, (ticks = this.#instrument.tick.fromText(price)));
      let lots = this.#lots.get(size);
      if (lots === undefined) this.#lots.set(size, (lots = this.#instrument.lot.fromText(size)));
      if (side.lotsAt(ticks) !== lots)
        return `${name} ${price}: ${side.lotsAt(ticks)} lots instead of ${size}`;
    }
    return '';
  }
}
