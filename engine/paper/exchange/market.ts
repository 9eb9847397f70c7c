import { Side } from '../../base/side.ts';
import type { Lots, Milliseconds, Ticks } from '../../base/units.ts';
import { amountNumber, numberText } from './amount.ts';
import type { ClientOrder } from './client-order.ts';
import type { BookImage, BookRow, ExchangeSink, Row } from './exchange-contract.ts';
import { firstId } from './first-id.ts';
import type { Listing } from './listing.ts';
import { MatchingBook, type BookSide, type Level } from './matching-book.ts';
import type { OptionModel } from './option-model.ts';
import { tiersOf, type PositionTier } from './position-tiers.ts';
import { toBand } from './tick-bands.ts';
import { TradeStatistics } from './trade-statistics.ts';

const TRADES_KEPT = 500;

/** How far from the mark price an order may be, by instrument type, where the row does not say (`floatPxLmtPct`). */
const PRICE_LIMIT_RATIO: Readonly<Record<string, number>> = { SPOT: 0.05, SWAP: 0.03, FUTURES: 0.03 };
/** Options are priced in parts of the underlying: their limit only stops absurd prices. */
const OPTION_LIMIT_RATIO = 9;

/** One instrument being traded: its book, its sequence, its trades and its public prices. */
export class Market {
  readonly listing: Listing;
  readonly book = new MatchingBook();
  /** The orders that only some takers meet, and that the public book does not show. */
  readonly rpiBook = new MatchingBook();
  hasRpi = false;
  rpiSequence: number;
  /** The price at the start; with a fraction after a change of the tick size, so that the fair price stays where it is. */
  readonly startTicks: number;
  /** When the mark price was last told. */
  markPushedMs: Milliseconds;
  readonly statistics: TradeStatistics;
  /** Whether the background or a feed trades here. */
  hasFlow = false;
  /** The mark price that a test holds it at; 0 for none. */
  heldTicks: Ticks = 0;
  /** Whether the mark price is the recording's own, and not the middle of its book. */
  hasRecordedMark = false;
  /** Whether the funding rate is the recording's own, and settled as it says. */
  hasRecordedFunding = false;
  sequence: number;
  /** Of options: what their underlying is worth at expiry, in US dollars; 0 for everything else. */
  forward = 0;
  /** Of options: what they are worth; null for everything else. */
  option: OptionModel | null = null;
  /** Open orders whose price is one in dollars or a volatility. */
  readonly followers = new Set<ClientOrder>();
  /** By the size of a position: the margin that it needs. */
  readonly tiers: readonly PositionTier[];
  markTicks: Ticks;
  buyLimitTicks: Ticks = 0;
  sellLimitTicks: Ticks = 0;
  fundingRate = 0;
  nextFundingMs: Milliseconds = 0;
  fundingIntervalMs: Milliseconds = 0;
  readonly #sink: ExchangeSink;
  readonly #tradeRows: Row[] = [];
  #lastTradeId: number;
  #nowMs: Milliseconds = 0;
  // The print that is being added up: one taker, one price.
  #printTicks: Ticks = 0;
  #printLots: Lots = 0;
  #printCount = 0;
  /** "1" when the maker was an RPI order. */
  #printSource = '0';
  readonly #emitLevel: (level: Level) => void;
  readonly #emitRpiLevel: (level: Level) => void;

  constructor(listing: Listing, startTicks: number, startMs: Milliseconds, sink: ExchangeSink) {
    this.listing = listing;
    this.startTicks = startTicks;
    this.markTicks = Math.max(1, Math.round(startTicks));
    this.markPushedMs = startMs;
    this.#sink = sink;
    // A number of a venue that has been running for years; it stays far below 2^53 in any run.
    this.sequence = 80_000_000_000 + Number(listing.row['instIdCode'] ?? 0) * 1_000;
    this.rpiSequence = this.sequence;
    this.#lastTradeId = firstId(startMs);
    this.statistics = new TradeStatistics(this.markTicks, startMs);
    this.tiers = tiersOf(listing, valueAtStart(listing, this.markTicks));
    this.#updateLimits();
    this.#emitLevel = (level) => {
      if (level.priceText === '') level.priceText = listing.priceText(level.ticks);
      this.#tellLevel(
        level.side === Side.buy ? 'bids' : 'asks',
        level.priceText,
        listing.sizeText(level.lots),
        String(level.count),
      );
    };
    this.#emitRpiLevel = (level) => {
      this.rpiSequence++;
      const side = level.side === Side.buy ? 'bids' : 'asks';
      const price = listing.priceText(level.ticks);
      sink.rpiLevel?.(listing.instId, side, price, listing.sizeText(level.lots), String(level.count));
    };
  }

  /**
   * This market on other grids, with an empty book: the sequence, the trades and the public prices go on. The caller brings
   * the book over, and tells the difference with `flushRegrid`.
   */
  regridded(listing: Listing, nowMs: Milliseconds): Market {
    const ratio = this.listing.tick.value / listing.tick.value;
    const market = new Market(listing, this.startTicks * ratio, nowMs, this.#sink);
    const lotRatio = this.listing.lot.value / listing.lot.value;
    market.hasFlow = this.hasFlow;
    market.option = this.option;
    market.forward = this.forward;
    market.hasRpi = this.hasRpi;
    market.rpiSequence = this.rpiSequence;
    market.sequence = this.sequence;
    market.#lastTradeId = this.#lastTradeId;
    market.#tradeRows.push(...this.#tradeRows);
    market.statistics.convert(this.statistics, ratio, lotRatio);
    market.markPushedMs = this.markPushedMs;
    market.setMark(Math.max(1, Math.round(this.markTicks * ratio)));
    market.fundingRate = this.fundingRate;
    market.nextFundingMs = this.nextFundingMs;
    market.fundingIntervalMs = this.fundingIntervalMs;
    return market;
  }

  /** Publishes what makes the book that was told, `old`, into this one. */
  flushRegrid(old: BookImage, nowMs: Milliseconds): void {
    this.book.flush(() => {});
    const now = this.image(nowMs);
    for (const side of ['asks', 'bids'] as const) {
      const told = new Map(old[side].map(([px, sz, orders]) => [px, `${sz} ${orders}`]));
      for (const [px, sz, orders] of now[side]) {
        const isTold = told.get(px) === `${sz} ${orders}`;
        told.delete(px);
        if (!isTold) this.#tellLevel(side, px, sz, orders);
      }
      for (const px of told.keys()) this.#tellLevel(side, px, '0', '0');
    }
  }

  /** Best prices or 0 where the side is empty. */
  get bestBidTicks(): Ticks {
    return this.book.bids.best?.ticks ?? 0;
  }

  get bestAskTicks(): Ticks {
    return this.book.asks.best?.ticks ?? 0;
  }

  get lastTicks(): Ticks {
    return this.statistics.lastTicks;
  }

  /** Numbers a match and adds it to the taker's print. */
  recordMatch(takerSide: Side, ticks: Ticks, lots: Lots, nowMs: Milliseconds, isRpi = false): number {
    const source = isRpi ? '1' : '0';
    const isSamePrint = this.#printTicks === ticks && this.#printSource === source;
    if (this.#printCount > 0 && !isSamePrint) this.flushPrint(takerSide);
    this.#printSource = source;
    const tradeId = ++this.#lastTradeId;
    this.#nowMs = nowMs;
    this.#printTicks = ticks;
    this.#printLots += lots;
    this.#printCount++;
    this.statistics.add(ticks, lots, this.listing.valueNumber(ticks, lots), nowMs);
    const row: Row = this.#tradeRow(takerSide, tradeId, lots);
    this.#tradeRows.push(row);
    if (this.#tradeRows.length >= 2 * TRADES_KEPT) this.#tradeRows.splice(0, TRADES_KEPT);
    row['source'] = source;
    this.#sink.singleTrade(this.listing.instId, row);
    return tradeId;
  }

  /** Ends the taker's print at its price. */
  flushPrint(takerSide: Side): void {
    if (this.#printCount === 0) return;
    const row = this.#tradeRow(takerSide, this.#lastTradeId, this.#printLots);
    row['count'] = String(this.#printCount);
    row['source'] = this.#printSource;
    row['seqId'] = this.sequence;
    this.#printCount = 0;
    this.#printLots = 0;
    this.#sink.trade(this.listing.instId, row);
  }

  /** Publishes the levels that changed. */
  flushBook(): void {
    this.book.flush(this.#emitLevel);
    this.rpiBook.flush(this.#emitRpiLevel);
  }

  /** Publishes the levels that changed, and says that they are a recorded event's. */
  flushEvent(): void {
    this.flushBook();
    this.#sink.bookEvent(this.listing.instId);
  }

  /** Advances the sequence over the levels that changed without publishing them: for the book at the start. */
  flushQuietly(): void {
    this.book.flush(() => void this.sequence++);
  }

  /** Whether the mark moved; the limits move with it. */
  setMark(ticks: Ticks): boolean {
    if (ticks === this.markTicks) return false;
    this.markTicks = ticks;
    this.#updateLimits();
    return true;
  }

  /** A mark price of the recording: from the first on, the market's mark follows nothing else. */
  tellRecordedMark(ticks: Ticks, nowMs: Milliseconds): void {
    this.hasRecordedMark = true;
    this.tellMark(this.setMark(ticks), nowMs);
  }

  /** Says the mark price, and the limits when they have moved with it. */
  tellMark(hasMoved: boolean, nowMs: Milliseconds): void {
    this.markPushedMs = nowMs;
    this.#sink.markPrice(this.listing.instId, this.markRow(nowMs));
    if (hasMoved) this.#sink.priceLimit(this.listing.instId, this.limitRow(nowMs));
  }

  tellFunding(nowMs: Milliseconds): void {
    this.#sink.fundingRate(this.listing.instId, this.fundingRow(nowMs));
  }

  /** The RPI orders, as the whole book is told. */
  rpiImage(nowMs: Milliseconds): BookImage {
    return {
      asks: this.#rows(this.rpiBook.asks),
      bids: this.#rows(this.rpiBook.bids),
      ts: String(nowMs),
      seqId: this.rpiSequence,
    };
  }

  image(nowMs: Milliseconds): BookImage {
    return {
      asks: this.#rows(this.book.asks),
      bids: this.#rows(this.book.bids),
      ts: String(nowMs),
      seqId: this.sequence,
    };
  }

  tickerRow(nowMs: Milliseconds): Row {
    const { listing, statistics } = this;
    const bid = this.book.bids.best;
    const ask = this.book.asks.best;
    statistics.roll(nowMs);
    const volume = statistics.lots24h;
    const last = listing.priceText(statistics.lastTicks);
    const open = listing.priceText(statistics.openTicks);
    return {
      instType: listing.instType,
      instId: listing.instId,
      last,
      lastSz: listing.sizeText(statistics.lastLots),
      askPx: ask === null ? '' : listing.priceText(ask.ticks),
      askSz: ask === null ? '' : listing.sizeText(ask.lots),
      bidPx: bid === null ? '' : listing.priceText(bid.ticks),
      bidSz: bid === null ? '' : listing.sizeText(bid.lots),
      open24h: open,
      high24h: listing.priceText(statistics.highTicks),
      low24h: listing.priceText(statistics.lowTicks),
      // Base currency of derivatives, quote currency of spot.
      volCcy24h: numberText(
        listing.isContract ? amountNumber(listing.units(volume)) : statistics.value24h,
        8,
      ),
      vol24h: listing.sizeText(volume),
      sodUtc0: open,
      sodUtc8: open,
      ts: String(nowMs),
    };
  }

  /** Newest first. */
  tradeRows(limit: number): Row[] {
    return this.#tradeRows.slice(-Math.min(limit, TRADES_KEPT)).toReversed();
  }

  markRow(nowMs: Milliseconds): Row {
    const { instType, instId } = this.listing;
    return { instType, instId, markPx: this.listing.priceText(this.markTicks), ts: String(nowMs) };
  }

  limitRow(nowMs: Milliseconds): Row {
    const { instType, instId } = this.listing;
    return {
      instType,
      instId,
      buyLmt: this.listing.priceText(this.buyLimitTicks),
      sellLmt: this.listing.priceText(this.sellLimitTicks),
      ts: String(nowMs),
      enabled: true,
    };
  }

  fundingRow(nowMs: Milliseconds): Row {
    const rate = numberText(this.fundingRate, 16);
    return {
      instType: this.listing.instType,
      instId: this.listing.instId,
      method: 'current_period',
      formulaType: 'withRate',
      fundingRate: rate,
      fundingTime: String(this.nextFundingMs),
      nextFundingRate: '',
      nextFundingTime: String(this.nextFundingMs + this.fundingIntervalMs),
      minFundingRate: '-0.00375',
      maxFundingRate: '0.00375',
      interestRate: '0.0001',
      impactValue: '20000',
      premium: '0',
      settState: 'settled',
      settFundingRate: rate,
      ts: String(nowMs),
    };
  }

  #tellLevel(side: 'asks' | 'bids', px: string, sz: string, orders: string): void {
    this.sequence++;
    this.#sink.bookLevel(this.listing.instId, side, px, sz, orders);
  }

  #rows(side: BookSide): BookRow[] {
    const rows: BookRow[] = [];
    for (let index = side.levels.length - 1; index >= 0; index--) {
      const level = side.levels[index]!;
      rows.push([
        this.listing.priceText(level.ticks),
        this.listing.sizeText(level.lots),
        String(level.count),
      ]);
    }
    return rows;
  }

  #tradeRow(takerSide: Side, tradeId: number, lots: Lots): Row {
    return {
      instId: this.listing.instId,
      tradeId: String(tradeId),
      px: this.listing.priceText(this.#printTicks),
      sz: this.listing.sizeText(lots),
      side: takerSide === Side.buy ? 'buy' : 'sell',
      ts: String(this.#nowMs),
    };
  }

  #updateLimits(): void {
    const stated = Number(this.listing.row['floatPxLmtPct'] ?? 0);
    const ratio = stated > 0 ? stated : (PRICE_LIMIT_RATIO[this.listing.instType] ?? OPTION_LIMIT_RATIO);
    const { listing, markTicks } = this;
    this.buyLimitTicks = toBand(listing, Side.buy, Math.floor(markTicks * (1 + ratio)));
    this.sellLimitTicks = Math.max(1, toBand(listing, Side.sell, Math.ceil(markTicks * (1 - ratio))));
  }
}

/** What a lot is worth in dollars at the start, as far as the instrument itself says: every quote currency counts as one. */
function valueAtStart(listing: Listing, ticks: Ticks): number {
  if (listing.kind === 'inverse') return amountNumber(listing.units(1_000_000)) / 1_000_000;
  return listing.valueNumber(ticks, 1_000_000) / 1_000_000;
}
