/**
 * A recorded market with the accounts' orders in it. The recorded book is kept as it was recorded, as background orders
 * around the accounts' ones; the accounts' orders queue behind what was there before them:
 *
 *     queue at one price   [recorded, ahead] [ours] [recorded, behind]
 *     recorded trade       moves from ahead to behind, and fills ours when nothing is ahead any more
 *     recorded size falls  from the end of the queue first: whoever cancels is assumed to have come after us
 *     recorded size grows  at the end
 *     trade or level beyond our price   fills ours, up to its own size
 *
 * What an account takes is gone until the recording next says what is at that price.
 */
import { OFF_GRID } from '../../base/decimal.ts';
import { Side } from '../../base/side.ts';
import { TICKS_MAX, type Lots, type Milliseconds, type Ticks } from '../../base/units.ts';
import { FeedError, type FeedEvent, type FeedPlayer } from './feed-player.ts';
import { BookOrder, type BookSide, type Level } from './matching-book.ts';
import type { Matcher } from './matcher.ts';
import type { Market } from './market.ts';
import type { Timed } from './timer-queue.ts';

export class FeedFlow implements Timed {
  readonly #player: FeedPlayer;
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #matcher: Matcher;
  readonly #startMs: Milliseconds;
  readonly #schedule: (timeMs: number, item: Timed) => void;

  constructor(
    player: FeedPlayer,
    markets: ReadonlyMap<string, Market>,
    matcher: Matcher,
    startMs: Milliseconds,
    schedule: (timeMs: number, item: Timed) => void,
  ) {
    this.#player = player;
    this.#markets = markets;
    this.#matcher = matcher;
    this.#startMs = startMs;
    this.#schedule = schedule;
  }

  /**
   * Takes in the first event, which is the book that there is before anything happens.
   *
   * @throws FeedError when any event of the feed does not fit the instruments
   */
  start(): void {
    this.#check();
    const event = this.#player.next();
    const market = event === null ? undefined : this.#markets.get(event.instId);
    if (market !== undefined) this.#apply(market, event!, this.#startMs);
    this.#schedule(this.#startMs, this);
  }

  /** The whole feed beforehand: it must not end a venue on which others have orders. */
  #check(): void {
    const unlisted = new Set<string>();
    let listedEvents = 0;
    this.#player.rehearse((event) => {
      const market = this.#markets.get(event.instId);
      if (market === undefined) {
        unlisted.add(event.instId);
        return;
      }
      listedEvents++;
      if (event.kind === 'trade') {
        readTicks(market, event.px);
        readLots(market, event.sz);
      }
      for (const [px, sz] of [...event.asks, ...event.bids]) {
        readTicks(market, px!);
        readLots(market, sz!);
      }
    });
    if (listedEvents === 0) {
      const names = [...unlisted].slice(0, 3).join(', ');
      throw new FeedError(`feed: expected an instrument that the venue lists, found only ${names}`);
    }
  }

  run(timeMs: number): void {
    for (;;) {
      const event = this.#player.peek();
      if (event === null) return;
      if (this.#startMs + event.offsetMs > timeMs) {
        this.#schedule(this.#startMs + event.offsetMs, this);
        return;
      }
      this.#player.next();
      const market = this.#markets.get(event.instId);
      if (market !== undefined) this.#apply(market, event, Math.floor(timeMs));
    }
  }

  #apply(market: Market, event: FeedEvent, nowMs: Milliseconds): void {
    if (event.kind === 'trade') {
      this.#trade(market, event, nowMs);
      market.flushBook();
      return;
    }
    // A market's first rows are its book at the start: there without events, as with seeded flow.
    const isFirst = !market.hasFlow;
    market.hasFlow = true;
    if (event.kind === 'snapshot') {
      this.#dropOthers(market, Side.sell, event.asks);
      this.#dropOthers(market, Side.buy, event.bids);
    }
    // Sizes that go come first, so that a price that changes sides does not look crossed on the way.
    for (const isDeletion of [true, false]) {
      this.#applyRows(market, Side.sell, event.asks, isDeletion, nowMs);
      this.#applyRows(market, Side.buy, event.bids, isDeletion, nowMs);
    }
    if (isFirst) {
      market.flushQuietly();
      market.setMark(middle(market));
      market.statistics.restart(market.markTicks);
    } else market.flushBook();
  }

  #applyRows(
    market: Market,
    side: Side,
    rows: FeedEvent['asks'],
    isDeletion: boolean,
    nowMs: Milliseconds,
  ): void {
    for (const row of rows) {
      const ticks = readTicks(market, row[0]!);
      const lots = readLots(market, row[1]!);
      if ((lots === 0) === isDeletion) this.#setLevel(market, side, ticks, lots, nowMs);
    }
  }

  #setLevel(market: Market, side: Side, ticks: Ticks, lots: Lots, nowMs: Milliseconds): void {
    const { book } = market;
    let wanted = lots;
    if (lots > 0 && book.isMarketable(side, ticks)) {
      wanted -= this.#matcher.fillClients(market, side, ticks, lots, nowMs);
    }
    const level = book.sideOf(side).levelAt(ticks);
    const change = wanted - (level === null ? 0 : recordedLots(level));
    if (change > 0) this.#grow(market, side, ticks, level, change);
    else if (change < 0) shrink(market, level!, -change);
  }

  #grow(market: Market, side: Side, ticks: Ticks, level: Level | null, lots: Lots): void {
    const last = level?.tail ?? null;
    if (last !== null && last.client === null) market.book.grow(last, lots);
    else market.book.add(new BookOrder(side, ticks, lots, null));
  }

  /** A recorded print. Its size reaches our better prices first, then the queue at its own price. */
  #trade(market: Market, event: FeedEvent, nowMs: Milliseconds): void {
    const takerSide = event.side === 'buy' ? Side.buy : Side.sell;
    const ticks = readTicks(market, event.px);
    const size = readLots(market, event.sz);
    if (size === 0) return;
    const makers = market.book.opposite(takerSide);
    const beyond = takerSide === Side.buy ? ticks - 1 : ticks + 1;
    let left = size - this.#matcher.fillClients(market, takerSide, beyond, size, nowMs);
    left -= this.#tradeAtLevel(market, makers, takerSide, ticks, left, nowMs);
    // The part that was not ours prints as it did.
    if (left > 0) {
      market.recordMatch(takerSide, ticks, left, nowMs);
      market.flushPrint(takerSide);
    }
  }

  /** Moves the queue at the print's own price forward; gives what of it filled the accounts' orders. */
  #tradeAtLevel(
    market: Market,
    makers: BookSide,
    takerSide: Side,
    ticks: Ticks,
    lots: Lots,
    nowMs: Milliseconds,
  ): Lots {
    const level = makers.levelAt(ticks);
    if (level === null || recordedLots(level) === level.lots) return 0;
    let left = lots;
    let moved = 0;
    let filled = 0;
    for (let order = level.head; order !== null && left > 0;) {
      const next: BookOrder | null = order.next;
      if (order.client === null) {
        const taken = Math.min(left, order.lots);
        market.book.reduce(order, taken);
        moved += taken;
        left -= taken;
      } else {
        const part = this.#matcher.fillClient(market, order, takerSide, left, nowMs);
        filled += part;
        left -= part;
      }
      order = next;
    }
    this.#matcher.endFeedTaker(market, takerSide, nowMs);
    if (moved > 0) this.#grow(market, makers.side, ticks, makers.levelAt(ticks), moved);
    return filled;
  }

  #dropOthers(market: Market, side: Side, rows: FeedEvent['asks']): void {
    const kept = new Set(rows.map((row) => readTicks(market, row[0]!)));
    for (const level of market.book.sideOf(side).levels.slice()) {
      const lots = recordedLots(level);
      if (lots > 0 && !kept.has(level.ticks)) shrink(market, level, lots);
    }
  }
}

/** Between best bid and ask, or the one that there is, or the start price. */
export function middle(market: Market): Ticks {
  const bid = market.bestBidTicks;
  const ask = market.bestAskTicks;
  if (bid === 0 && ask === 0) return market.markTicks;
  return bid === 0 ? ask : ask === 0 ? bid : Math.round((bid + ask) / 2);
}

function recordedLots(level: Level): Lots {
  let lots = level.lots;
  for (let order = level.head; order !== null; order = order.next) {
    if (order.client !== null) lots -= order.lots;
  }
  return lots;
}

function shrink(market: Market, level: Level, lots: Lots): void {
  let left = lots;
  for (let order = level.tail; order !== null && left > 0;) {
    const previous: BookOrder | null = order.previous;
    if (order.client === null) {
      const taken = Math.min(left, order.lots);
      market.book.reduce(order, taken);
      left -= taken;
    }
    order = previous;
  }
}

function readTicks(market: Market, text: string): Ticks {
  const ticks = market.listing.tick.fromText(text);
  if (ticks === OFF_GRID || ticks === 0 || ticks > TICKS_MAX) throw offGrid(market, 'price', text);
  return ticks;
}

function readLots(market: Market, text: string): Lots {
  const lots = market.listing.lot.fromText(text);
  if (lots === OFF_GRID) throw offGrid(market, 'size', text);
  return lots;
}

function offGrid(market: Market, what: 'price' | 'size', text: string): FeedError {
  const { instId, tick, lot } = market.listing;
  const step = what === 'price' ? tick.step : lot.step;
  return new FeedError(
    `feed: expected a ${what} of ${instId} on the grid of ${step}, was "${text}"; list the instrument as it was recorded`,
  );
}
