import { Channel } from '../../okx/shapes.ts';
import type { Exchange, InstrumentRow, ProductArg, Row } from '../exchange/exchange.ts';
import { Beat } from './beat.ts';
import { Candles } from './candles.ts';
import type { Subscription } from './channels.ts';
import { DepthPublisher } from './depth-publisher.ts';
import type { DepthChannel } from './depth-publisher.ts';
import { fieldOf } from './instrument-directory.ts';
import type { InstrumentDirectory } from './instrument-directory.ts';
import { RpiBooks } from './rpi-books.ts';
import type { Session } from './session.ts';
import type { Topics } from './topics.ts';

/** Channels of products: what options are worth, what contracts end at, who was liquidated. */
const OPTION_SUMMARY = 'opt-summary';
const ESTIMATED_PRICE = 'estimated-price';
const LIQUIDATIONS = 'liquidation-orders';

/** How often the venue looks at its books: the fast channels, the slow ones, and the prices (docs-v5 channel pages). */
const FAST_MS = 10;
const SLOW_MS = 100;
const PRICE_MS = 200;
const CANDLE_MS = 1_000;

const DEPTH_CHANNELS: ReadonlySet<string> = new Set<DepthChannel>([
  'bbo-tbt',
  'books-l2-tbt',
  'books50-l2-tbt',
  'books',
  'books5',
]);

/**
 * The public channels: books, trades, tickers, prices, indexes, funding, instruments, status, candles.
 *
 * Everything that is not pushed at once waits on a beat, and a beat without work has no time: `dueMs` says when `advance`
 * is next of use. Nothing is made of what nobody has subscribed.
 */
export class MarketStreams {
  readonly #exchange: Exchange;
  readonly #instruments: InstrumentDirectory;
  readonly #topics: Topics;
  /** Whether books are a recording's, and pushed event by event. */
  readonly #isByEvent: boolean;
  readonly #publishers = new Map<string, DepthPublisher>();
  readonly #candles = new Map<string, Candles>();
  readonly #fast = new Beat<DepthPublisher>(FAST_MS);
  readonly #slow = new Beat<DepthPublisher>(SLOW_MS);
  readonly #tickerInstIds = new Set<string>();
  /** Instruments whose tickers changed. */
  readonly #tickers = new Beat<string>(SLOW_MS);
  /** Topics of mark-price, index-tickers, price-limit and funding-rate with a new value, which `#prices` holds. */
  readonly #priceTopics = new Beat<string>(PRICE_MS);
  readonly #prices = new Map<
    string,
    { readonly channel: string; readonly instId: string; readonly row: Row }
  >();
  /** By instrument: the index that its mark price stands for, once somebody has subscribed it. */
  readonly #indexes = new Map<string, string>();
  readonly #traded = new Beat<string>(CANDLE_MS);
  readonly #candleTopics = new Map<string, { readonly instId: string; readonly bar: string }>();
  readonly #rpi: RpiBooks;
  /** New names of instruments → the old ones, which trades are still subscribed by. */
  readonly #oldNames = new Map<string, string>();
  #latestStatus: Row | null = null;
  /** No book has been silent for a minute before this. */
  #keepAliveMs = Infinity;

  /** Takes over the books as they are: changes are told through the methods below from here on. */
  constructor(exchange: Exchange, instruments: InstrumentDirectory, topics: Topics, isByEvent: boolean) {
    this.#isByEvent = isByEvent;
    this.#exchange = exchange;
    this.#instruments = instruments;
    this.#topics = topics;
    this.#rpi = new RpiBooks(topics, (instId) => exchange.rpiBook(instId));
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
    // What waits for a beat belongs to those who listen already.
    if (this.#isByEvent && DEPTH_CHANNELS.has(channel)) this.bookEvent(instId, nowMs);
    // Before the first push, which may find the session too slow and end it: then it has to be let go of again.
    this.#topics.add(topic, session);
    if (DEPTH_CHANNELS.has(channel)) {
      // The snapshot is of what was last published, so the updates that follow join on to it.
      const publisher = this.#publishers.get(instId);
      if (publisher !== undefined) {
        session.push(publisher.firstPush(channel as DepthChannel, nowMs), nowMs);
        this.#keepAliveMs = Math.min(this.#keepAliveMs, publisher.keepAliveMs);
      }
    } else if (topic === RpiBooks.topic(instId)) {
      session.push(this.#rpi.firstPush(instId, nowMs), nowMs);
    } else {
      for (const row of this.#firstRows(subscription, nowMs)) {
        session.push(JSON.stringify({ arg: subscription.arg, data: row }), nowMs);
      }
    }
    if (channel === Channel.tickers) this.#tickerInstIds.add(instId);
    if (channel === Channel.indexTickers) this.#indexes.set(this.#instruments.indexSource(instId), instId);
    if (channel.startsWith('candle') && !session.isClosed)
      this.#candleTopics.set(topic, { instId, bar: channel.slice('candle'.length) });
  }

  detach(session: Session, subscription: Subscription): void {
    const topic = topicOf(subscription);
    this.#topics.delete(topic, session);
    if (this.#topics.hasSubscribers(topic)) return;
    this.#candleTopics.delete(topic);
    if (subscription.channel === Channel.tickers) this.#tickerInstIds.delete(subscription.instId);
  }

  bookLevel(
    instId: string,
    side: 'asks' | 'bids',
    px: string,
    sz: string,
    orders: string,
    nowMs: number,
  ): void {
    const publisher = this.#publishers.get(instId);
    if (publisher === undefined) return;
    publisher.change(side, px, sz, orders, this.#exchange.sequence(instId));
    if (publisher.isFastLive) this.#fast.add(publisher, nowMs);
    if (publisher.isSlowLive) this.#slow.add(publisher, nowMs);
    this.#tickerChanged(instId, nowMs);
  }

  /** A recorded book event is whole: it is pushed now, with whatever waited for the next beat. */
  bookEvent(instId: string, nowMs: number): void {
    const publisher = this.#publishers.get(instId);
    if (publisher === undefined) return;
    publisher.publishFast(nowMs);
    publisher.publishSlow(nowMs);
    this.#fast.delete(publisher);
    this.#slow.delete(publisher);
  }

  rpiLevel(
    instId: string,
    side: 'asks' | 'bids',
    px: string,
    sz: string,
    orders: string,
    nowMs: number,
  ): void {
    this.#rpi.change(instId, side, px, sz, orders, nowMs);
  }

  trade(instId: string, row: Row, nowMs: number): void {
    this.#publish(Channel.trades, instId, [row], nowMs);
    const oldName = this.#oldNames.get(instId);
    if (oldName !== undefined) this.#publish(Channel.trades, oldName, [row], nowMs);
    this.#tickerChanged(instId, nowMs);
    if (this.#candleTopics.size > 0) this.#traded.add(instId, nowMs);
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

  /** A value of mark-price, price-limit or funding-rate, new or repeated: pushed at the channel's own pace. */
  price(channel: string, instId: string, row: Row, nowMs: number): void {
    const index = channel === Channel.markPrice ? this.#indexes.get(instId) : undefined;
    if (index !== undefined) this.price(Channel.indexTickers, index, indexRow(index, row), nowMs);
    const topic = `${channel}:${instId}`;
    if (!this.#topics.hasSubscribers(topic)) return;
    this.#prices.set(topic, { channel, instId, row });
    this.#priceTopics.add(topic, nowMs);
  }

  instrument(row: InstrumentRow, nowMs: number): void {
    const instId = fieldOf(row, 'instId');
    const { instIdCode } = row;
    const known = typeof instIdCode === 'number' ? this.#instruments.instIdOfCode(instIdCode) : undefined;
    if (known !== undefined && known !== instId) this.#oldNames.set(instId, known);
    this.#instruments.upsert(row);
    if (!this.#publishers.has(instId)) this.#startPublisher(row);
    for (const instType of [fieldOf(row, 'instType'), 'ANY']) {
      const topic = `${Channel.instruments}:${instType}`;
      if (!this.#topics.hasSubscribers(topic)) continue;
      const push = { arg: { channel: Channel.instruments, instType }, data: [row] };
      this.#topics.publish(topic, JSON.stringify(push), nowMs);
    }
  }

  listens(arg: ProductArg): boolean {
    return this.#topics.hasSubscribers(productTopic(arg));
  }

  /** Rows of a channel of products, for those who have subscribed it so. */
  product(arg: ProductArg, rows: readonly Row[], nowMs: number): void {
    const topic = productTopic(arg);
    if (!this.#topics.hasSubscribers(topic)) return;
    this.#topics.publish(topic, JSON.stringify({ arg, data: rows }), nowMs);
  }

  status(row: Row, nowMs: number): void {
    this.#latestStatus = row;
    const push = { arg: { channel: Channel.status }, data: [row] };
    this.#topics.publish(`${Channel.status}:`, JSON.stringify(push), nowMs);
  }

  /** When `advance` next has something to publish; Infinity when never, as far as is known now. */
  get dueMs(): number {
    return Math.min(
      this.#fast.dueMs,
      this.#slow.dueMs,
      this.#tickers.dueMs,
      this.#priceTopics.dueMs,
      this.#traded.dueMs,
      this.#keepAliveMs,
      this.#rpi.dueMs,
    );
  }

  /** Publishes what is due: within one instrument always in the documented order. */
  advance(nowMs: number): void {
    if (this.#fast.dueMs <= nowMs) for (const publisher of this.#fast.take()) publisher.publishFast(nowMs);
    if (this.#slow.dueMs <= nowMs) for (const publisher of this.#slow.take()) publisher.publishSlow(nowMs);
    if (this.#tickers.dueMs <= nowMs) this.#publishTickers(nowMs);
    if (this.#priceTopics.dueMs <= nowMs) this.#publishPrices(nowMs);
    if (this.#traded.dueMs <= nowMs) this.#publishCandles(nowMs);
    if (this.#keepAliveMs <= nowMs) this.#keepAlive(nowMs);
    if (this.#rpi.dueMs <= nowMs) this.#rpi.advance(nowMs);
  }

  #keepAlive(nowMs: number): void {
    let dueMs = Infinity;
    for (const publisher of this.#publishers.values()) {
      publisher.keepAlive(nowMs);
      dueMs = Math.min(dueMs, publisher.keepAliveMs);
    }
    this.#keepAliveMs = dueMs;
  }

  #tickerChanged(instId: string, nowMs: number): void {
    if (this.#tickerInstIds.has(instId)) this.#tickers.add(instId, nowMs);
  }

  #startPublisher(row: InstrumentRow): void {
    const instId = fieldOf(row, 'instId');
    // Announced instruments have no tick size yet, and no book.
    if (fieldOf(row, 'tickSz') === '') return;
    if (this.#exchange.book(instId) === null) return;
    this.#publishers.set(
      instId,
      new DepthPublisher(instId, this.#topics, this.#isByEvent, () => this.#exchange.book(instId)!),
    );
  }

  #firstRows({ channel, instId, instType, instFamily }: Subscription, nowMs: number): unknown[] {
    switch (channel) {
      case Channel.tickers:
        return dataOf(this.#exchange.ticker(instId));
      case Channel.markPrice:
        return dataOf(this.#exchange.markPrice(instId));
      case Channel.indexTickers:
        return [[indexRow(instId, this.#exchange.markPrice(this.#instruments.indexSource(instId)) ?? {})]];
      case Channel.priceLimit:
        return dataOf(this.#exchange.priceLimit(instId));
      case Channel.fundingRate:
        return dataOf(this.#exchange.fundingRate(instId));
      case Channel.instruments:
        return [this.#instruments.select(instType, instFamily, instId)];
      case OPTION_SUMMARY: {
        const rows = this.#exchange.products.optionSummary(instFamily, '', Math.floor(nowMs));
        return rows.length === 0 ? [] : [rows];
      }
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
    for (const instId of this.#tickers.take()) {
      const row = this.#exchange.ticker(instId);
      if (row !== null) this.#publish(Channel.tickers, instId, [row], nowMs);
    }
  }

  #publishPrices(nowMs: number): void {
    for (const topic of this.#priceTopics.take()) {
      const { channel, instId, row } = this.#prices.get(topic)!;
      this.#publish(channel, instId, [row], nowMs);
    }
    this.#prices.clear();
  }

  #publishCandles(nowMs: number): void {
    const traded = this.#traded.take();
    for (const { instId, bar } of this.#candleTopics.values()) {
      if (!traded.has(instId)) continue;
      const rows = this.#candles.get(instId)?.rows(bar, 1, nowMs) ?? [];
      this.#publish(`candle${bar}`, instId, rows, nowMs);
    }
  }

  #publish(channel: string, instId: string, data: unknown, nowMs: number): void {
    const topic = `${channel}:${instId}`;
    if (!this.#topics.hasSubscribers(topic)) return;
    this.#topics.publish(topic, JSON.stringify({ arg: { channel, instId }, data }), nowMs);
  }
}

/** The first push's data of a channel with one row; none when there is no row. */
function dataOf(row: Row | null): unknown[] {
  return row === null ? [] : [[row]];
}

/** The index is what the mark price of one instrument says: nothing else here has an index. */
function indexRow(index: string, mark: Row): Row {
  return { instId: index, idxPx: fieldOf(mark, 'markPx'), ts: fieldOf(mark, 'ts') };
}

/** Instruments and liquidations are by type, everything else by instrument, status by nothing. */
function topicOf({ channel, instId, instType, instFamily }: Subscription): string {
  if (channel === OPTION_SUMMARY) return productTopic({ channel, instFamily });
  if (channel === LIQUIDATIONS) return productTopic({ channel, instType });
  if (channel === ESTIMATED_PRICE) return productTopic({ channel, instType, instFamily, instId });
  return `${channel}:${instId === '' ? instType : instId}`;
}

function productTopic({ channel, instType = '', instFamily = '', instId = '' }: ProductArg): string {
  return `${channel}:${instType} ${instFamily} ${instId}`;
}
