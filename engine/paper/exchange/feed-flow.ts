/**
 * A recorded market with the accounts' orders in it. It goes on as it was recorded, whatever the accounts do:
 *
 *     queue at one price   [recorded .. front][ours][.. recorded]       the recording is one order of the level
 *     our order joins      front = all that the recording has there
 *     recorded trade       front falls by its size; what falls below zero fills ours
 *     recorded size falls  by what has traded there, and by cancels: the queue model says how many were in front of us
 *     trade or level beyond our price   fills ours, up to its own size
 *
 * Nobody's order is filled by more than was recorded: what one of ours takes of a trade does not reach the next. What an
 * account takes from the recorded book is gone until the recording next says what is at that price; it moves no price, no
 * trade and no queue of the recording. Fronts are `base/queue-position.ts`.
 */
import { assert } from '../../base/assert.ts';
import {
  filledLots,
  frontAfterLevel,
  frontAfterTrade,
  RISK_AVERSE,
  type QueueModel,
} from '../../base/queue-position.ts';
import { Side } from '../../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../../base/units.ts';
import type { RecordedOptions } from './exchange-contract.ts';
import { LevelRows, readLots, readMark, readRate, readTicks } from './feed-fields.ts';
import { FeedError, type FeedEvent, type FeedSource } from './feed-source.ts';
import { BookOrder, type BookSide, type Level } from './matching-book.ts';
import type { Matcher } from './matcher.ts';
import type { Market } from './market.ts';
import type { RecordedFunding } from './public-ticks.ts';
import type { Timed } from './timer-queue.ts';

export interface FeedFlowParts {
  readonly source: FeedSource;
  readonly markets: ReadonlyMap<string, Market>;
  readonly matcher: Matcher;
  readonly funding: RecordedFunding;
  readonly startMs: Milliseconds;
  readonly schedule: (timeMs: number, item: Timed) => void;
  readonly recorded: RecordedOptions;
}

/** How a feed is played unless something else is said. */
export const DEFAULT_RECORDED: RecordedOptions = { queueModel: RISK_AVERSE, publish: 'interval' };

export class FeedFlow implements Timed {
  readonly #source: FeedSource;
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #matcher: Matcher;
  readonly #funding: RecordedFunding;
  readonly #startMs: Milliseconds;
  readonly #schedule: (timeMs: number, item: Timed) => void;
  readonly #model: QueueModel;
  readonly #isByEvent: boolean;
  readonly #asks = new LevelRows();
  readonly #bids = new LevelRows();
  #isStarted = false;

  constructor({ source, markets, matcher, funding, startMs, schedule, recorded }: FeedFlowParts) {
    const { queueModel, publish } = recorded;
    assert(queueModel.exponent > 0, 'the exponent of a queue model is above zero');
    this.#source = source;
    this.#markets = markets;
    this.#matcher = matcher;
    this.#funding = funding;
    this.#startMs = startMs;
    this.#schedule = schedule;
    this.#model = queueModel;
    this.#isByEvent = publish === 'event';
  }

  /**
   * Takes in the first event, which is the book that there is before anything happens.
   *
   * @throws FeedError when the feed can be rehearsed and any event of it does not fit the instruments
   */
  start(): void {
    this.#check();
    const event = this.#source.next();
    const market = event === null ? undefined : this.#markets.get(event.instId);
    if (market !== undefined) this.#apply(market, event!, this.#startMs);
    this.#isStarted = true;
    this.#schedule(this.#startMs, this);
  }

  /** The whole feed beforehand: it must not end a venue on which others have orders. */
  #check(): void {
    if (this.#source.rehearse === undefined) return;
    const unlisted = new Set<string>();
    let listedEvents = 0;
    this.#source.rehearse((event) => {
      const market = this.#markets.get(event.instId);
      if (market === undefined) {
        unlisted.add(event.instId);
        return;
      }
      listedEvents++;
      if (event.kind === 'trade') {
        readTicks(market, event.px);
        readLots(market, event.sz);
      } else if (event.kind === 'mark') readMark(market, event.px);
      else if (event.kind === 'funding') readRate(market, event.rate);
      this.#asks.read(market, event.asks);
      this.#bids.read(market, event.bids);
    });
    if (listedEvents === 0) {
      const names = [...unlisted].slice(0, 3).join(', ');
      throw new FeedError(`feed: expected an instrument that the venue lists, found only ${names}`);
    }
  }

  run(timeMs: number): void {
    for (;;) {
      const event = this.#source.peek();
      if (event === null) return;
      if (this.#startMs + event.offsetMs > timeMs) {
        this.#schedule(this.#startMs + event.offsetMs, this);
        return;
      }
      this.#source.next();
      const market = this.#markets.get(event.instId);
      if (market !== undefined) this.#apply(market, event, Math.floor(timeMs));
    }
  }

  #apply(market: Market, event: FeedEvent, nowMs: Milliseconds): void {
    switch (event.kind) {
      case 'trade':
        this.#trade(market, event, nowMs);
        market.flushBook();
        return;
      case 'mark':
        market.tellRecordedMark(readMark(market, event.px), nowMs);
        return;
      case 'funding':
        this.#funding.tell(
          market,
          readRate(market, event.rate),
          this.#startMs + event.fundingOffsetMs,
          nowMs,
        );
        return;
      default:
        this.#book(market, event, nowMs);
    }
  }

  #book(market: Market, event: FeedEvent, nowMs: Milliseconds): void {
    const isFirst = !market.hasFlow;
    market.hasFlow = true;
    market.book.isRecorded = true;
    this.#asks.read(market, event.asks);
    this.#bids.read(market, event.bids);
    if (event.kind === 'snapshot') {
      this.#dropOthers(market, Side.sell, this.#asks);
      this.#dropOthers(market, Side.buy, this.#bids);
    }
    // Sizes that go come first, so that a price that changes sides does not look crossed on the way.
    this.#applyRows(market, Side.sell, this.#asks, true, nowMs);
    this.#applyRows(market, Side.buy, this.#bids, true, nowMs);
    this.#applyRows(market, Side.sell, this.#asks, false, nowMs);
    this.#applyRows(market, Side.buy, this.#bids, false, nowMs);
    if (isFirst) {
      // What is there at the start is there without events, as with seeded flow.
      if (!this.#isStarted) market.flushQuietly();
      if (!market.hasRecordedMark) market.setMark(middle(market));
      market.statistics.restart(market.markTicks);
    }
    if (this.#isByEvent) market.flushEvent();
    else market.flushBook();
  }

  #applyRows(market: Market, side: Side, rows: LevelRows, isDeletion: boolean, nowMs: Milliseconds): void {
    for (let index = 0; index < rows.count; index++) {
      const lots = rows.lots[index]!;
      if ((lots === 0) === isDeletion) this.#setLevel(market, side, rows.ticks[index]!, lots, nowMs);
    }
  }

  #setLevel(market: Market, side: Side, ticks: Ticks, lots: Lots, nowMs: Milliseconds): void {
    const { book } = market;
    let wanted = lots;
    if (lots > 0 && book.isMarketable(side, ticks)) {
      wanted -= this.#matcher.fillClients(market, side, ticks, lots, nowMs);
    }
    const level = book.sideOf(side).levelAt(ticks);
    if (level === null) {
      if (wanted > 0) book.add(new BookOrder(side, ticks, wanted, null));
    } else this.#resize(market, level, wanted);
  }

  #resize(market: Market, level: Level, lots: Lots): void {
    const { recorded } = level;
    const before = recorded === null ? 0 : recorded.lots;
    if (level.count > 1 || recorded === null) this.#moveFronts(level, before, lots);
    if (recorded === null) {
      if (lots > 0) market.book.add(new BookOrder(level.side, level.ticks, lots, null));
    } else if (lots > before) market.book.grow(recorded, lots - before);
    else if (lots < before) market.book.reduce(recorded, before - lots);
  }

  /** The accounts' orders of a level that the recording has told; none comes before one that joined earlier. */
  #moveFronts(level: Level, before: Lots, after: Lots): void {
    let earlier = 0;
    for (let order = level.head; order !== null; order = order.next) {
      if (order.client === null) continue;
      const front = frontAfterLevel(this.#model, order.front, order.traded, before, after);
      earlier = Math.max(earlier, front);
      order.front = earlier;
      order.traded = 0;
    }
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
    left -= this.#tradeAtLevel(market, makers, takerSide, ticks, left, size, nowMs);
    // The part that was not ours prints as it did.
    if (left > 0) {
      market.recordMatch(takerSide, ticks, left, nowMs);
      market.flushPrint(takerSide);
    }
  }

  /**
   * Moves the queue at the print's own price forward; gives what of it filled the accounts' orders.
   *
   * @param lots what is left of the print for this price
   * @param printed all of it, which the recorded level will be short of
   */
  #tradeAtLevel(
    market: Market,
    makers: BookSide,
    takerSide: Side,
    ticks: Ticks,
    lots: Lots,
    printed: Lots,
    nowMs: Milliseconds,
  ): Lots {
    const level = makers.levelAt(ticks);
    if (level === null || (level.count === 1 && level.recorded !== null)) return 0;
    let filled = 0;
    for (let order = level.head; order !== null;) {
      const next: BookOrder | null = order.next;
      if (order.client !== null) {
        const front = frontAfterTrade(order.front, lots - filled);
        const part = filledLots(front, order.lots);
        order.front = Math.max(0, front);
        order.traded += printed;
        if (part > 0) filled += this.#matcher.fillClient(market, order, takerSide, part, nowMs);
      }
      order = next;
    }
    this.#matcher.endFeedTaker(market, takerSide, nowMs);
    return filled;
  }

  #dropOthers(market: Market, side: Side, rows: LevelRows): void {
    const kept = new Set<Ticks>();
    for (let index = 0; index < rows.count; index++) kept.add(rows.ticks[index]!);
    for (const level of market.book.sideOf(side).levels.slice()) {
      if (level.recorded !== null && !kept.has(level.ticks)) this.#resize(market, level, 0);
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
