/**
 * One side of the venue's published book, best last, so that the busy end is the cheap one. A row is the JSON text of a
 * level as the channels send it.
 */
class LadderSide {
  readonly prices: number[] = [];
  readonly rows: string[] = [];
  /** 1 for asks (best is lowest), -1 for bids. */
  readonly direction: 1 | -1;

  constructor(direction: 1 | -1) {
    this.direction = direction;
  }

  /** Sets the level's row, or takes the level out when the row is ''. Gives the row that it had, '' for none. */
  set(price: number, row: string): string {
    const index = this.#indexOf(price);
    const isPresent = index < this.prices.length && this.prices[index] === price;
    if (!isPresent) {
      if (row === '') return '';
      this.prices.splice(index, 0, price);
      this.rows.splice(index, 0, row);
      return '';
    }
    const old = this.rows[index]!;
    if (row === '') {
      this.prices.splice(index, 1);
      this.rows.splice(index, 1);
    } else {
      this.rows[index] = row;
    }
    return old;
  }

  /** The row of the level at that price, '' when there is none. */
  rowAt(price: number): string {
    const index = this.#indexOf(price);
    return this.prices[index] === price ? this.rows[index]! : '';
  }

  /** The best `depth` rows, best first. */
  best(depth: number): string[] {
    return this.rows.slice(-depth).toReversed();
  }

  /** The first index whose level is not worse than `price`. */
  #indexOf(price: number): number {
    let low = 0;
    let high = this.prices.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.prices[middle]! - price) * this.direction > 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * The whole book of one instrument as the market sees it, kept up with the exchange's level changes. Levels are found by
 * their price as a float: texts of different prices never give the same one, whatever the tick size is or becomes.
 */
export class DepthLadder {
  readonly asks = new LadderSide(1);
  readonly bids = new LadderSide(-1);

  /** Sets a level to the total `sz` of `orders` orders; "0" takes it out. Gives the level's old row, '' for none. */
  change(side: 'asks' | 'bids', px: string, sz: string, orders: string): string {
    return this[side].set(Number(px), sz === '0' ? '' : rowText(px, sz, orders));
  }
}

/** A level as the channels send it; its third field is always "0" (deprecated). */
export function rowText(px: string, sz: string, orders: string): string {
  return `["${px}","${sz}","0","${orders}"]`;
}

/** What a channel last published of a ladder: its best `depth` levels a side. Differences are taken against it. */
export class DepthView {
  readonly #asks: SideView;
  readonly #bids: SideView;

  constructor(ladder: DepthLadder, depth: number) {
    this.#asks = new SideView(ladder.asks, depth);
    this.#bids = new SideView(ladder.bids, depth);
  }

  /** A level of the ladder has changed from `oldRow`; has to be told of every change from the first capture on. */
  note(side: 'asks' | 'bids', px: string, oldRow: string): void {
    (side === 'asks' ? this.#asks : this.#bids).note(Number(px), oldRow);
  }

  /** Makes what is published equal to the ladder's best levels now. */
  capture(): void {
    this.#asks.capture();
    this.#bids.capture();
  }

  /** The `"asks":[…],"bids":[…]` of what is published. */
  image(): string {
    return `"asks":[${this.#asks.image()}],"bids":[${this.#bids.image()}]`;
  }

  /**
   * The `"asks":[…],"bids":[…]` that turns what is published into the ladder's best levels now, or '' when they are
   * equal. Levels that leave the window are deleted, levels that enter it are added: a client's book never holds more
   * than `depth` levels after an update.
   */
  difference(): string {
    const askRows = this.#asks.difference();
    const bidRows = this.#bids.difference();
    if (askRows.length === 0 && bidRows.length === 0) return '';
    return `"asks":[${askRows.join(',')}],"bids":[${bidRows.join(',')}]`;
  }
}

/**
 * One side of what was published. While the whole side fits into the window, only the levels that have changed since are
 * kept, each with the row that was published: a busy deep book would otherwise be copied and compared ten times a second.
 */
class SideView {
  readonly #ladder: LadderSide;
  readonly #depth: number;
  /** Whether the published levels are the ladder's, but for `#changed`; else they are in `#prices` and `#rows`. */
  #isWhole = false;
  readonly #changed = new Map<number, string>();
  /** Best last. */
  #prices: number[] = [];
  #rows: string[] = [];

  constructor(ladder: LadderSide, depth: number) {
    this.#ladder = ladder;
    this.#depth = depth;
  }

  note(price: number, oldRow: string): void {
    if (this.#isWhole && !this.#changed.has(price)) this.#changed.set(price, oldRow);
  }

  capture(): void {
    this.#changed.clear();
    this.#isWhole = this.#ladder.prices.length <= this.#depth;
    if (this.#isWhole) return;
    this.#prices = this.#ladder.prices.slice(-this.#depth);
    this.#rows = this.#ladder.rows.slice(-this.#depth);
  }

  image(): string {
    if (this.#isWhole && this.#changed.size === 0) return this.#ladder.best(this.#depth).join(',');
    this.#unfold();
    return this.#rows.toReversed().join(',');
  }

  difference(): string[] {
    if (this.#isWhole && this.#ladder.prices.length <= this.#depth) return this.#changedRows();
    this.#unfold();
    return this.#mergedRows();
  }

  #changedRows(): string[] {
    const prices: number[] = [];
    for (const [price, oldRow] of this.#changed) {
      if (this.#ladder.rowAt(price) !== oldRow) prices.push(price);
    }
    const { direction } = this.#ladder;
    prices.sort((left, right) => (left - right) * direction);
    return prices.map((price) => this.#ladder.rowAt(price) || deletionOf(this.#changed.get(price)!));
  }

  /** Writes what was published out in full, in the rare cases that need it so: a late subscriber, a side that outgrows. */
  #unfold(): void {
    if (!this.#isWhole) return;
    this.#isWhole = false;
    const published = new LadderSide(this.#ladder.direction);
    published.prices.push(...this.#ladder.prices);
    published.rows.push(...this.#ladder.rows);
    for (const [price, row] of this.#changed) published.set(price, row);
    this.#prices = published.prices;
    this.#rows = published.rows;
    this.#changed.clear();
  }

  /** One merging pass over two lists, from their best levels on. */
  #mergedRows(): string[] {
    const { prices, rows, direction } = this.#ladder;
    const changed: string[] = [];
    const newEnd = Math.max(0, prices.length - this.#depth);
    let newIndex = prices.length - 1;
    for (let oldIndex = this.#prices.length - 1; oldIndex >= 0; oldIndex--) {
      const price = this.#prices[oldIndex]!;
      while (newIndex >= newEnd && (prices[newIndex]! - price) * direction < 0) {
        changed.push(rows[newIndex--]!);
      }
      if (newIndex >= newEnd && prices[newIndex] === price) {
        if (rows[newIndex] !== this.#rows[oldIndex]) changed.push(rows[newIndex]!);
        newIndex--;
      } else {
        changed.push(deletionOf(this.#rows[oldIndex]!));
      }
    }
    while (newIndex >= newEnd) changed.push(rows[newIndex--]!);
    return changed;
  }
}

/** The row that takes a level out of a client's book, from the level's last row: `["px",…`. */
function deletionOf(row: string): string {
  return `${row.slice(0, row.indexOf('"', 2))}","0","0","0"]`;
}
