import { Channel } from '../../okx/shapes.ts';
import type { Exchange, InstrumentRow, Row } from '../exchange/exchange.ts';
import { Candles } from './candles.ts';
import type { Subscription } from './channels.ts';
import { DepthPublisher } from './depth-publisher.ts';
import type { DepthChannel } from './depth-publisher.ts';
import { fieldOf } from './instrument-directory.ts';
import type { InstrumentDirectory } from './instrument-directory.ts';
import type { Session } from './session.ts';
import type { Topics } from './topics.ts';

/** How often the venue looks at its books: the fast channels, the slow ones, and the prices (docs-v5 channel pages). */
const FAST_MS = 10;
const SLOW_MS = 100;
const PRICE_MS = 200;
/** Prices that do not change are repeated after this long. */
const PRICE_REPEAT_MS = 10_000;
const FUNDING_REPEAT_MS = 60_000;
const CANDLE_MS = 1_000;

const DEPTH_CHANNELS: ReadonlySet<string> = new Set<DepthChannel>([
  'bbo-tbt',
  'books-l2-tbt',
  'books50-l2-tbt',
  'books',
  'books5',
]);

/** The latest row of a channel that pushes one value an instrument, and what became of it. */
interface Latest {
  row: Row;
  isChanged: boolean;
  pushedMs: number;
}

/** The public channels: books, trades, tickers, prices, funding, instruments, status, candles. */
export class MarketStreams {
  readonly #exchange: Exchange;
  readonly #instruments: InstrumentDirectory;
  readonly #topics: Topics;
  readonly #publishers = new Map<string, DepthPublisher>();
  readonly #candles = new Map<string, Candles>();
  /** By channel and instrument; only of what the exchange has ever told. */
  readonly #latest = new Map<string, Latest>();
  readonly #changedTickers = new Set<string>();
  readonly #candleTopics = new Map<string, { readonly instId: string; readonly bar: string }>();
  readonly #tradedSinceCandles = new Set<string>();
  #latestStatus: Row | null = null;
  #fastAt = 0;
  #slowAt = 0;
  #priceAt = 0;
  #candleAt = 0;

  /** Takes over the books as they are: changes are told through the methods below from here on. */
  constructor(exchange: Exchange, instruments: InstrumentDirectory, topics: Topics) {
    this.#exchange = exchange;
    this.#instruments = instruments;
    this.#topics = topics;
    for (const row of instruments.select('', '', '')) this.#startPublisher(row);
  }

  publisher(instId: string): DepthPublisher | undefined {
    return this.#publishers.get(instId);
  }

  candles(instId: string): Candles | undefined {
    return this.#candles.get(instId);
  }

  /** Registers the session, and pushes what the channel starts with. */
  attach(session: Session, subscription: Subscription, nowMs: number): void {
    const { channel, instId } = subscription;
    const topic = topicOf(subscription);
    // Before the first push, which may find the session too slow and end it: then it has to be let go of again.
    this.#topics.add(topic, session);
    if (DEPTH_CHANNELS.has(channel)) {
      // The snapshot is of what was last published, so the updates that follow join on to it.
      const text = this.#publishers.get(instId)?.firstPush(channel as DepthChannel, nowMs);
      if (text !== undefined) session.push(text, nowMs);
    } else {
      for (const row of this.#firstRows(subscription, nowMs)) {
        session.push(JSON.stringify({ arg: subscription.arg, data: row }), nowMs);
      }
    }
    if (channel.startsWith('candle') && !session.isClosed)
      this.#candleTopics.set(topic, { instId, bar: channel.slice('candle'.length) });
  }

  detach(session: Session, subscription: Subscription): void {
    const topic = topicOf(subscription);
    this.#topics.delete(topic, session);
    if (!this.#topics.hasSubscribers(topic)) this.#candleTopics.delete(topic);
  }

  bookLevel(instId: string, side: 'asks' | 'bids', px: string, sz: string, orders: string): void {
    this.#publishers.get(instId)?.change(side, px, sz, orders, this.#exchange.sequence(instId));
    this.#changedTickers.add(instId);
  }

  trade(instId: string, row: Row, nowMs: number): void {
    this.#publish(Channel.trades, instId, [row], nowMs);
    this.#changedTickers.add(instId);
    this.#tradedSinceCandles.add(instId);
    let candles = this.#candles.get(instId);
    if (candles === undefined) {
      candles = new Candles();
      this.#candles.set(instId, candles);
    }
    candles.trade(fieldOf(row, 'px'), fieldOf(row, 'sz'), Number(fieldOf(row, 'ts')));
  }

  singleTrade(instId: string, row: Row, nowMs: number): void {
    this.#publish(Channel.tradesAll, instId, [row], nowMs);
  }

  /** A new value of mark-price, price-limit or funding-rate: pushed at the channel's own pace. */
  price(channel: string, instId: string, row: Row): void {
    const key = `${channel}:${instId}`;
    const latest = this.#latest.get(key);
    if (latest === undefined) this.#latest.set(key, { row, isChanged: true, pushedMs: 0 });
    else {
      latest.row = row;
      latest.isChanged = true;
    }
  }

  instrument(row: InstrumentRow, nowMs: number): void {
    const instId = fieldOf(row, 'instId');
    this.#instruments.upsert(row);
    if (!this.#publishers.has(instId)) this.#startPublisher(row);
    for (const instType of [fieldOf(row, 'instType'), 'ANY']) {
      const topic = `${Channel.instruments}:${instType}`;
      if (!this.#topics.hasSubscribers(topic)) continue;
      const push = { arg: { channel: Channel.instruments, instType }, data: [row] };
      this.#topics.publish(topic, JSON.stringify(push), nowMs);
    }
  }

  status(row: Row, nowMs: number): void {
    this.#latestStatus = row;
    const push = { arg: { channel: Channel.status }, data: [row] };
    this.#topics.publish(`${Channel.status}:`, JSON.stringify(push), nowMs);
  }

  /** Publishes every channel whose interval has passed: within one instrument always in the documented order. */
  advance(nowMs: number): void {
    const isFast = Math.floor(nowMs / FAST_MS) !== this.#fastAt;
    const isSlow = Math.floor(nowMs / SLOW_MS) !== this.#slowAt;
    this.#fastAt = Math.floor(nowMs / FAST_MS);
    this.#slowAt = Math.floor(nowMs / SLOW_MS);
    if (isFast || isSlow) {
      for (const publisher of this.#publishers.values()) {
        if (isFast) publisher.publishFast(nowMs);
        if (isSlow) publisher.publishSlow(nowMs);
      }
    }
    if (isSlow) this.#publishTickers(nowMs);
    if (Math.floor(nowMs / PRICE_MS) !== this.#priceAt) {
      this.#priceAt = Math.floor(nowMs / PRICE_MS);
      this.#publishPrices(nowMs);
    }
    if (Math.floor(nowMs / CANDLE_MS) !== this.#candleAt) {
      this.#candleAt = Math.floor(nowMs / CANDLE_MS);
      this.#publishCandles(nowMs);
    }
  }

  #startPublisher(row: InstrumentRow): void {
    const instId = fieldOf(row, 'instId');
    const tickSz = fieldOf(row, 'tickSz');
    // Announced instruments have no tick size yet, and no book.
    if (tickSz === '') return;
    const publisher = new DepthPublisher(instId, tickSz, this.#topics);
    const book = this.#exchange.book(instId);
    if (book !== null) publisher.load(book);
    this.#publishers.set(instId, publisher);
  }

  #firstRows({ channel, instId, instType, instFamily }: Subscription, nowMs: number): unknown[] {
    switch (channel) {
      case Channel.tickers:
        return dataOf(this.#exchange.ticker(instId));
      case Channel.markPrice:
        return dataOf(this.#exchange.markPrice(instId));
      case Channel.priceLimit:
        return dataOf(this.#exchange.priceLimit(instId));
      case Channel.fundingRate:
        return dataOf(this.#exchange.fundingRate(instId));
      case Channel.instruments:
        return [this.#instruments.select(instType, instFamily, instId)];
      case Channel.status:
        return dataOf(this.#latestStatus);
      default: {
        if (!channel.startsWith('candle')) return [];
        const rows = this.#candles.get(instId)?.rows(channel.slice('candle'.length), 1, nowMs) ?? [];
        return rows.length === 0 ? [] : [rows];
      }
    }
  }

  #publishTickers(nowMs: number): void {
    for (const instId of this.#changedTickers) {
      if (!this.#topics.hasSubscribers(`${Channel.tickers}:${instId}`)) continue;
      const row = this.#exchange.ticker(instId);
      if (row !== null) this.#publish(Channel.tickers, instId, [row], nowMs);
    }
    this.#changedTickers.clear();
  }

  #publishPrices(nowMs: number): void {
    for (const [key, latest] of this.#latest) {
      const [channel, instId] = key.split(':', 2) as [string, string];
      if (!isPriceDue(channel, latest, nowMs)) continue;
      latest.isChanged = false;
      latest.pushedMs = nowMs;
      this.#publish(channel, instId, [latest.row], nowMs);
    }
  }

  #publishCandles(nowMs: number): void {
    for (const { instId, bar } of this.#candleTopics.values()) {
      if (!this.#tradedSinceCandles.has(instId)) continue;
      const rows = this.#candles.get(instId)?.rows(bar, 1, nowMs) ?? [];
      this.#publish(`candle${bar}`, instId, rows, nowMs);
    }
    this.#tradedSinceCandles.clear();
  }

  #publish(channel: string, instId: string, data: unknown, nowMs: number): void {
    const topic = `${channel}:${instId}`;
    if (!this.#topics.hasSubscribers(topic)) return;
    this.#topics.publish(topic, JSON.stringify({ arg: { channel, instId }, data }), nowMs);
  }
}

/** Marks when they change and now and then, limits only when they change, funding at its own slow pace. */
function isPriceDue(channel: string, { isChanged, pushedMs }: Latest, nowMs: number): boolean {
  switch (channel) {
    case Channel.fundingRate:
      return nowMs - pushedMs >= FUNDING_REPEAT_MS;
    case Channel.priceLimit:
      return isChanged;
    default:
      return isChanged || nowMs - pushedMs >= PRICE_REPEAT_MS;
  }
}

/** The first push's data of a channel with one row; none when there is no row. */
function dataOf(row: Row | null): unknown[] {
  return row === null ? [] : [[row]];
}

/** Instruments and liquidations are by type, everything else by instrument, status by nothing. */
function topicOf({ channel, instId, instType }: Subscription): string {
  return `${channel}:${instId === '' ? instType : instId}`;
}
