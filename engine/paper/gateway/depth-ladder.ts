import { assert } from '../../base/assert.ts';
import { DecimalGrid, OFF_GRID } from '../../base/decimal.ts';

/** One side of the venue's published book, best first. A row is the JSON text of a level as the channels send it. */
class LadderSide {
  readonly ticks: number[] = [];
  readonly rows: string[] = [];
  readonly #direction: 1 | -1;

  /** @param direction 1 for asks (best is lowest), -1 for bids */
  constructor(direction: 1 | -1) {
    this.#direction = direction;
  }

  /** Sets the level's row, or takes the level out when the row is ''. */
  set(ticks: number, row: string): void {
    const index = this.#indexOf(ticks);
    const isPresent = index < this.ticks.length && this.ticks[index] === ticks;
    if (isPresent && row === '') {
      this.ticks.splice(index, 1);
      this.rows.splice(index, 1);
    } else if (isPresent) {
      this.rows[index] = row;
    } else if (row !== '') {
      this.ticks.splice(index, 0, ticks);
      this.rows.splice(index, 0, row);
    }
  }

  /** The first index whose level is not better than `ticks`. */
  #indexOf(ticks: number): number {
    let low = 0;
    let high = this.ticks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.ticks[middle]! - ticks) * this.#direction < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The whole book of one instrument as the market sees it, kept up with the exchange's level changes. */
export class DepthLadder {
  readonly asks = new LadderSide(1);
  readonly bids = new LadderSide(-1);
  readonly #grid: DecimalGrid;

  constructor(tickSz: string) {
    this.#grid = new DecimalGrid(tickSz);
  }

  /** Sets a level to the total `sz` of `orders` orders; "0" takes it out. */
  change(side: 'asks' | 'bids', px: string, sz: string, orders: string): void {
    const ticks = this.#grid.fromText(px);
    assert(ticks !== OFF_GRID, 'the exchange only quotes prices on the tick grid');
    this[side].set(ticks, sz === '0' ? '' : `["${px}","${sz}","0","${orders}"]`);
  }

  /** The row that takes a level out of a client's book. */
  deletion(ticks: number): string {
    return `["${this.#grid.toText(ticks)}","0","0","0"]`;
  }
}

/** What a channel last published of a ladder: its best `depth` levels a side. Differences are taken against it. */
export class DepthView {
  readonly #ladder: DepthLadder;
  readonly #depth: number;
  #askTicks: number[] = [];
  #askRows: string[] = [];
  #bidTicks: number[] = [];
  #bidRows: string[] = [];

  constructor(ladder: DepthLadder, depth: number) {
    this.#ladder = ladder;
    this.#depth = depth;
  }

  /** Makes what is published equal to the ladder's best levels now. */
  capture(): void {
    const { asks, bids } = this.#ladder;
    this.#askTicks = asks.ticks.slice(0, this.#depth);
    this.#askRows = asks.rows.slice(0, this.#depth);
    this.#bidTicks = bids.ticks.slice(0, this.#depth);
    this.#bidRows = bids.rows.slice(0, this.#depth);
  }

  /** The `"asks":[…],"bids":[…]` of what is published. */
  image(): string {
    return `"asks":[${this.#askRows.join(',')}],"bids":[${this.#bidRows.join(',')}]`;
  }

  /**
   * The `"asks":[…],"bids":[…]` that turns what is published into the ladder's best levels now, or '' when they are
   * equal. Levels that leave the window are deleted, levels that enter it are added: a client's book never holds more
   * than `depth` levels after an update.
   */
  difference(): string {
    const { asks, bids } = this.#ladder;
    const askRows = this.#changedRows(this.#askTicks, this.#askRows, asks.ticks, asks.rows, 1);
    const bidRows = this.#changedRows(this.#bidTicks, this.#bidRows, bids.ticks, bids.rows, -1);
    if (askRows.length === 0 && bidRows.length === 0) return '';
    return `"asks":[${askRows.join(',')}],"bids":[${bidRows.join(',')}]`;
  }

  /** One merging pass over two lists that are both best first. */
  #changedRows(
    oldTicks: readonly number[],
    oldRows: readonly string[],
    newTicks: readonly number[],
    newRows: readonly string[],
    direction: 1 | -1,
  ): string[] {
    const changed: string[] = [];
    const newCount = Math.min(newTicks.length, this.#depth);
    let newIndex = 0;
    for (let oldIndex = 0; oldIndex < oldTicks.length; oldIndex++) {
      const ticks = oldTicks[oldIndex]!;
      while (newIndex < newCount && (newTicks[newIndex]! - ticks) * direction < 0) {
        changed.push(newRows[newIndex++]!);
      }
      if (newIndex < newCount && newTicks[newIndex] === ticks) {
        if (newRows[newIndex] !== oldRows[oldIndex]) changed.push(newRows[newIndex]!);
        newIndex++;
      } else {
        changed.push(this.#ladder.deletion(ticks));
      }
    }
    while (newIndex < newCount) changed.push(newRows[newIndex++]!);
    return changed;
  }
}
