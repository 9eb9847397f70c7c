/**
 * The exchange's book of one instrument: price levels with first-in-first-out queues of single orders.
 *
 * Owner:      one Market.
 * Invariants: a side's levels are sorted, best last, so that the busy end is the cheap one; no level is empty; a level's
 *             lots and count are the sums over its queue; an order is in at most one queue.
 * Cost:       finding a level is a binary search, a new level one array insertion near the end; adding to and leaving a
 *             queue is constant.
 */
import { assert } from '../../base/assert.ts';
import { Side } from '../../base/side.ts';
import type { Lots, Ticks } from '../../base/units.ts';
import type { ClientOrder } from './client-order.ts';

/** One order in a queue: an account's (`client` set) or the background's. */
export class BookOrder {
  readonly side: Side;
  readonly client: ClientOrder | null;
  ticks: Ticks;
  /** What is still to be filled. */
  lots: Lots;
  level: Level | null = null;
  previous: BookOrder | null = null;
  next: BookOrder | null = null;
  /** The background's own use: the order's place in its list. */
  index = -1;
  /** Of an account's order in a recorded market: the recorded lots before it, by the queue model; see `FeedFlow`. */
  front = 0;
  /** Lots that traded at its price since the recording last told the level. */
  traded: Lots = 0;

  constructor(side: Side, ticks: Ticks, lots: Lots, client: ClientOrder | null) {
    this.side = side;
    this.ticks = ticks;
    this.lots = lots;
    this.client = client;
  }
}

export class Level {
  readonly side: Side;
  readonly ticks: Ticks;
  lots: Lots = 0;
  count = 0;
  head: BookOrder | null = null;
  tail: BookOrder | null = null;
  /** In a recorded market: all that the recording has here, in one order, wherever it stands in the queue. */
  recorded: BookOrder | null = null;
  isChanged = false;
  /** Its price as text, '' until it is first told. */
  priceText = '';

  constructor(side: Side, ticks: Ticks) {
    this.side = side;
    this.ticks = ticks;
  }
}

export class BookSide {
  readonly side: Side;
  /** Best last. */
  readonly levels: Level[] = [];

  constructor(side: Side) {
    this.side = side;
  }

  get best(): Level | null {
    return this.levels.length === 0 ? null : this.levels[this.levels.length - 1]!;
  }

  /** Index of the level at `ticks`, or the complement of where it would go. */
  search(ticks: Ticks): number {
    const sign = this.side === Side.buy ? 1 : -1;
    let low = 0;
    let high = this.levels.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const difference = (this.levels[middle]!.ticks - ticks) * sign;
      if (difference === 0) return middle;
      if (difference < 0) low = middle + 1;
      else high = middle - 1;
    }
    return ~low;
  }

  levelAt(ticks: Ticks): Level | null {
    const index = this.search(ticks);
    return index < 0 ? null : this.levels[index]!;
  }
}

export class MatchingBook {
  readonly bids = new BookSide(Side.buy);
  readonly asks = new BookSide(Side.sell);
  /** Background orders that were filled, since the seeded flow last looked; null where nobody looks. */
  filled: BookOrder[] | null = null;
  /** Whether the background is a recording: accounts' orders then queue by their `front`, not by their place in the list. */
  isRecorded = false;
  readonly #changed: Level[] = [];

  sideOf(side: Side): BookSide {
    return side === Side.buy ? this.bids : this.asks;
  }

  opposite(side: Side): BookSide {
    return side === Side.buy ? this.asks : this.bids;
  }

  /** Whether an order at this price would trade against the other side. */
  isMarketable(side: Side, ticks: Ticks): boolean {
    const best = this.opposite(side).best;
    if (best === null) return false;
    return side === Side.buy ? ticks >= best.ticks : ticks <= best.ticks;
  }

  /** At the end of its price's queue. */
  add(order: BookOrder): void {
    assert(order.level === null && order.lots > 0, 'an order joins one queue, with something to fill');
    const bookSide = this.sideOf(order.side);
    const found = bookSide.search(order.ticks);
    let level: Level;
    if (found >= 0) level = bookSide.levels[found]!;
    else {
      level = new Level(order.side, order.ticks);
      bookSide.levels.splice(~found, 0, level);
    }
    order.level = level;
    order.previous = level.tail;
    if (level.tail === null) level.head = order;
    else level.tail.next = order;
    level.tail = order;
    level.lots += order.lots;
    level.count++;
    if (this.isRecorded) joinRecorded(level, order);
    this.#mark(level);
  }

  remove(order: BookOrder): void {
    const level = order.level;
    assert(level !== null, 'only an order in a queue can leave it');
    if (order.previous === null) level.head = order.next;
    else order.previous.next = order.next;
    if (order.next === null) level.tail = order.previous;
    else order.next.previous = order.previous;
    order.level = null;
    order.previous = null;
    order.next = null;
    if (level.recorded === order) level.recorded = null;
    level.lots -= order.lots;
    level.count--;
    if (level.count === 0) {
      const bookSide = this.sideOf(level.side);
      bookSide.levels.splice(bookSide.search(level.ticks), 1);
    }
    this.#mark(level);
  }

  /** Takes lots off an order without moving it; it leaves when nothing remains. */
  reduce(order: BookOrder, lots: Lots): void {
    assert(order.level !== null && lots <= order.lots, 'no more is taken off an order than it has');
    if (lots === order.lots) {
      this.remove(order);
      order.lots = 0;
      if (order.client === null) this.filled?.push(order);
      return;
    }
    order.lots -= lots;
    order.level.lots -= lots;
    this.#mark(order.level);
  }

  /** Adds lots to an order without moving it: for the background's own orders only. */
  grow(order: BookOrder, lots: Lots): void {
    assert(order.level !== null && order.client === null, "only the background's orders grow in place");
    order.lots += lots;
    order.level.lots += lots;
    this.#mark(order.level);
  }

  /** Whose turn it is when somebody takes from the level. */
  nextMaker(level: Level): BookOrder {
    if (level.recorded === null) return level.head!;
    const first = firstOfAccounts(level);
    return first === null || first.front >= 1 ? level.recorded : first;
  }

  /** What of it can be taken before it is another's turn. */
  lotsInTurn(level: Level, maker: BookOrder): Lots {
    if (level.recorded !== maker) return maker.lots;
    const first = firstOfAccounts(level);
    return first === null ? maker.lots : Math.min(maker.lots, Math.floor(first.front));
  }

  /** Its makers in turn, each with the lots that can be taken of it then. */
  *turns(level: Level): Generator<[maker: BookOrder, lots: Lots], void> {
    const { recorded } = level;
    let left = recorded === null ? 0 : recorded.lots;
    let ahead = 0;
    for (let order = level.head; order !== null; order = order.next) {
      if (order === recorded) continue;
      const lots = recorded === null ? 0 : Math.min(left, Math.floor(order.front) - ahead);
      if (lots > 0) {
        left -= lots;
        ahead += lots;
        yield [recorded!, lots];
      }
      yield [order, order.lots];
    }
    if (left > 0) yield [recorded!, left];
  }

  /** An account has taken recorded lots: those who queue behind them move up. */
  moveUp(level: Level, lots: Lots): void {
    for (let order = level.head; order !== null; order = order.next) {
      if (order.client !== null) order.front = Math.max(0, order.front - lots);
    }
  }

  /** Lots that are filled before this order's first. */
  lotsAhead(order: BookOrder): Lots {
    let lots = 0;
    for (let other = order.previous; other !== null; other = other.previous) lots += other.lots;
    return lots;
  }

  /** Hands over each level that changed since the last call, in the order of its first change. */
  flush(visit: (level: Level) => void): void {
    for (let index = 0; index < this.#changed.length; index++) {
      const level = this.#changed[index]!;
      level.isChanged = false;
      visit(level);
    }
    this.#changed.length = 0;
  }

  #mark(level: Level): void {
    if (level.isChanged) return;
    level.isChanged = true;
    this.#changed.push(level);
  }
}

/** An account's order queues behind all that the recording has at its price. */
function joinRecorded(level: Level, order: BookOrder): void {
  if (order.client === null) {
    assert(level.recorded === null, 'a recorded level is one order');
    level.recorded = order;
  } else {
    order.front = level.recorded === null ? 0 : level.recorded.lots;
    order.traded = 0;
  }
}

function firstOfAccounts(level: Level): BookOrder | null {
  let order = level.head;
  while (order !== null && order.client === null) order = order.next;
  return order;
}
