/**
 * The market that a journal saw, without our own orders: rows of a recording, written while the run is replayed.
 *
 *     public frames ─▶ held for a second ─┬─▶ levels less what rested there of ours ─▶ rows that have changed
 *     pushes of our orders ───────────────┘   (OwnLots)
 *
 * A backtest puts orders of its own into it. Books, trades and news of our orders come on different connections: what is
 * held is put back into the order of the venue's clock, so that an order is taken out of the very book that it came into.
 *
 * Invariants: a row is written with the time at which the engine received it; those times never fall.
 */
import { OFF_GRID } from '../base/decimal.ts';
import type { Instrument } from '../base/instrument.ts';
import { Side } from '../base/side.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import type { Lots, Milliseconds, Nanoseconds, Ticks } from '../base/units.ts';
import { BookState } from '../book/book.ts';
import type { BookSide } from '../book/book-side.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { RecordKind } from '../journal/record-kind.ts';
import type { Loop } from '../loop.ts';
import { Connection } from '../loop/loop-options.ts';
import { epochText } from '../recording/recorded-row.ts';
import type { RunStart } from '../replay/run-start.ts';
import { instrumentRow } from './instrument-row.ts';
import { MarketFile } from './market-file.ts';
import type { OwnLots } from './own-lots.ts';

/** Who follows the market level by level, in the order of the venue's clock. Sizes are others' alone. */
export interface ParityMarketWatcher {
  /** Everything of the venue's private news up to this time is due, before the market of this time. */
  onTime(atMs: Milliseconds): void;
  onLevel(instrument: number, side: Side, ticks: Ticks, lots: Lots, atMs: Milliseconds): void;
  /** @param side who took */
  onTrade(instrument: number, side: Side, ticks: Ticks, lots: Lots, atMs: Milliseconds): void;
  /** The book is not known from here to its next levels. */
  onUnknown(instrument: number): void;
}

/** News of the same moment on two connections are no further apart than this, or a connection is as good as lost. */
const HOLD_NS: Nanoseconds = NS_PER_SECOND;

type Json = Readonly<Record<string, unknown>>;
type Row = readonly [ticks: Ticks, lots: Lots];
type Sides = readonly [bids: readonly Row[], asks: readonly Row[]];

interface Ladder {
  /** As the venue tells it, ours included. */
  readonly raw: Map<Ticks, Lots>;
  /** As it was written: without ours. */
  readonly told: Map<Ticks, Lots>;
}

interface Market {
  readonly instrument: Instrument;
  /** Bids and asks, by `Side`. */
  readonly ladders: readonly [Ladder, Ladder];
  /** Where writing stands. */
  isKnown: boolean;
  /** Where receiving stands, a moment ahead. */
  isFollowed: boolean;
}

interface Held {
  readonly timeNs: Nanoseconds;
  readonly atMs: Milliseconds;
  readonly write: () => void;
}

export class ParityMarket {
  /** Rows of books and trades. */
  books = 0;
  trades = 0;
  /** When the last row of the market was received. */
  lastNs: Nanoseconds = 0;
  readonly #file: MarketFile;
  readonly #watcher: ParityMarketWatcher;
  readonly #own: OwnLots;
  readonly #markets: Market[];
  readonly #byId: ReadonlyMap<string, Market>;
  readonly #depthChannel: string;
  readonly #start: RunStart;
  #held: Held[] = [];
  #next = 0;

  /** @param path of the recording, written anew */
  constructor(path: string, loop: Loop, start: RunStart, own: OwnLots, watcher: ParityMarketWatcher) {
    this.#start = start;
    this.#own = own;
    this.#watcher = watcher;
    this.#depthChannel = start.about.config.venue.depthChannel;
    this.#markets = loop.instruments.map((instrument) => ({
      instrument,
      ladders: [newLadder(), newLadder()],
      isKnown: false,
      isFollowed: false,
    }));
    this.#byId = new Map(this.#markets.map((market) => [market.instrument.instId, market]));
    this.#file = new MarketFile(path);
    for (const { instrument } of this.#markets) this.#file.write(instrumentRow(instrument));
  }

  /** After the core has taken the input. */
  onStep(loop: Loop, record: JournalRecord): void {
    this.#release(record.timeNs - HOLD_NS);
    const isPublic = record.sub === Connection.public;
    if (record.kind === RecordKind.sessionDown && isPublic) {
      for (const market of this.#markets) this.#lose(market, record.timeNs, 'the session went down');
    } else if (record.kind === RecordKind.frame && isPublic) this.#onFrame(loop, record);
    else if (record.kind === RecordKind.bookSnapshot)
      this.#takeBook(loop, this.#markets[record.instrument]!, record.timeNs);
  }

  /** Nothing comes after this. */
  close(): void {
    this.#release(Infinity);
    this.#file.close();
  }

  /** Of others at this price, as it was written last. */
  lotsAt(instrument: number, side: Side, ticks: Ticks): Lots {
    return this.#markets[instrument]!.ladders[side]!.told.get(ticks) ?? 0;
  }

  isKnown(instrument: number): boolean {
    return this.#markets[instrument]!.isKnown;
  }

  // ------------------------------------------------------------------------------------------------- receiving

  #onFrame(loop: Loop, { bytes, timeNs }: JournalRecord): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
    const frame = parseFrame(text);
    const arg = frame?.['arg'] as Json | undefined;
    const data = frame?.['data'];
    const market = this.#byId.get(String(arg?.['instId'] ?? ''));
    if (market === undefined || !Array.isArray(data)) return;
    const channel = arg!['channel'];
    if (channel === this.#depthChannel) {
      for (const row of data as Json[]) this.#onDepth(loop, market, row, frame!['action'], timeNs);
      return;
    }
    for (const row of data as Json[]) {
      if (channel === 'trades') this.#onTrade(market, row, timeNs);
      else if (channel === 'mark-price' || channel === 'funding-rate')
        this.#onRate(market, channel, row, timeNs);
    }
  }

  #onDepth(loop: Loop, market: Market, row: Json, action: unknown, timeNs: Nanoseconds): void {
    const { instrument } = market;
    // After a gap the core waits for another snapshot: updates until then belong to a book that nobody has.
    if (loop.market.books[instrument.index]!.state !== BookState.synced) {
      this.#lose(market, timeNs, 'the book was not whole');
      return;
    }
    const isSnapshot = action === 'snapshot';
    if (!isSnapshot && !market.isFollowed) {
      this.#takeBook(loop, market, timeNs);
      return;
    }
    market.isFollowed = true;
    const sides: Sides = [rowsOf(instrument, row['bids']), rowsOf(instrument, row['asks'])];
    this.#holdBook(market, sides, isSnapshot, Number(row['ts']), timeNs);
  }

  /** The book as the core has put it together: where its first levels did not come with the feed. */
  #takeBook(loop: Loop, market: Market, timeNs: Nanoseconds): void {
    const book = loop.market.books[market.instrument.index]!;
    if (market.isFollowed || book.state !== BookState.synced) return;
    market.isFollowed = true;
    this.#holdBook(market, [levelsOf(book.bids), levelsOf(book.asks)], true, book.tsMs, timeNs);
  }

  #holdBook(
    market: Market,
    sides: Sides,
    isSnapshot: boolean,
    atMs: Milliseconds,
    timeNs: Nanoseconds,
  ): void {
    this.#hold(timeNs, atMs, () => this.#writeBook(market, sides, isSnapshot, atMs, timeNs));
  }

  #onTrade({ instrument }: Market, row: Json, timeNs: Nanoseconds): void {
    const px = String(row['px']);
    const sz = String(row['sz']);
    const isSell = row['side'] === 'sell';
    const ticks = instrument.tick.fromText(px);
    const lots = instrument.lot.fromText(sz);
    if (ticks === OFF_GRID || lots === OFF_GRID || lots === 0) return;
    const { instId, index } = instrument;
    const atMs = Number(row['ts']);
    this.#hold(timeNs, atMs, () => {
      this.trades++;
      this.#file.write({
        recvNs: this.#epochText(timeNs),
        instId,
        channel: 'trades',
        tradeId: String(row['tradeId']),
        px,
        sz,
        side: isSell ? 'sell' : 'buy',
        ts: String(row['ts']),
      });
      this.#watcher.onTrade(index, isSell ? Side.sell : Side.buy, ticks, lots, atMs);
    });
  }

  #onRate({ instrument: { instId } }: Market, channel: string, row: Json, timeNs: Nanoseconds): void {
    const { markPx, fundingRate, fundingTime, ts } = row;
    const values = channel === 'mark-price' ? { markPx } : { fundingRate, fundingTime };
    const recvNs = this.#epochText(timeNs);
    this.#hold(timeNs, Number(ts), () =>
      this.#file.write({ recvNs, instId, channel, ...values, ts: String(ts) }),
    );
  }

  #lose(market: Market, timeNs: Nanoseconds, reason: string): void {
    if (!market.isFollowed) return;
    market.isFollowed = false;
    this.#hold(timeNs, -Infinity, () => {
      market.isKnown = false;
      forget(market);
      const recvNs = this.#epochText(timeNs);
      const { instId, index } = market.instrument;
      this.#file.write({ recvNs, instId, channel: 'gap', reason, ts: recvNs.slice(0, -6) });
      this.#watcher.onUnknown(index);
    });
  }

  #hold(timeNs: Nanoseconds, atMs: Milliseconds, write: () => void): void {
    this.#held.push({ timeNs, atMs, write });
  }

  #release(untilNs: Nanoseconds): void {
    const held = this.#held;
    while (this.#next < held.length && held[this.#next]!.timeNs <= untilNs) {
      const { timeNs, atMs, write } = held[this.#next++]!;
      const before = this.#file.rows;
      if (atMs > 0) this.#watcher.onTime(atMs);
      write();
      if (this.#file.rows > before) this.lastNs = timeNs;
    }
    // What is over is let go now and then: shifting each one would cost what is held.
    if (this.#next * 2 <= held.length) return;
    this.#held = held.slice(this.#next);
    this.#next = 0;
  }

  // --------------------------------------------------------------------------------------------------- writing

  #writeBook(
    market: Market,
    sides: Sides,
    isSnapshot: boolean,
    atMs: Milliseconds,
    timeNs: Nanoseconds,
  ): void {
    const { instId, index } = market.instrument;
    // Where the feed begins anew, nobody knows what became of the queues in between.
    if (isSnapshot && market.isKnown) {
      forget(market);
      this.#watcher.onUnknown(index);
    }
    const bids = this.#tell(market, Side.buy, sides[Side.buy], atMs);
    const asks = this.#tell(market, Side.sell, sides[Side.sell], atMs);
    market.isKnown = true;
    if (!isSnapshot && bids.length === 0 && asks.length === 0) return;
    this.books++;
    const action = isSnapshot ? 'snapshot' : 'update';
    this.#file.write({ recvNs: this.#epochText(timeNs), instId, action, ts: String(atMs), asks, bids });
  }

  /** What has changed of a side without ours: rows of it, and levels for the watcher. */
  #tell(
    { instrument, ladders }: Market,
    side: Side,
    changed: readonly Row[],
    atMs: Milliseconds,
  ): string[][] {
    const { raw, told } = ladders[side]!;
    const { index, tick, lot } = instrument;
    for (const [ticks, lots] of changed) {
      if (lots === 0) raw.delete(ticks);
      else raw.set(ticks, lots);
    }
    const rows: string[][] = [];
    for (const ticks of new Set([...changed.map((row) => row[0]), ...this.#own.prices(index, side)])) {
      const before = told.get(ticks) ?? 0;
      const place = { instrument: index, side, ticks };
      const lots = this.#own.others(place, raw.get(ticks) ?? 0, before, atMs);
      if (lots === before) continue;
      if (lots === 0) told.delete(ticks);
      else told.set(ticks, lots);
      rows.push([tick.toText(ticks), lot.toText(lots), '1']);
      this.#watcher.onLevel(index, side, ticks, lots, atMs);
    }
    return rows;
  }

  #epochText(timeNs: Nanoseconds): string {
    const { nowNs, wallMs } = this.#start.about;
    const originMs = Math.floor(wallMs);
    return epochText(originMs, Math.round(timeNs - nowNs + (wallMs - originMs) * 1e6));
  }
}

/** Undefined when it is none: pongs and what was mangled on the way. */
function parseFrame(text: string): Json | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

function newLadder(): Ladder {
  return { raw: new Map(), told: new Map() };
}

function forget({ ladders }: Market): void {
  for (const { raw, told } of ladders) {
    raw.clear();
    told.clear();
  }
}

function rowsOf({ tick, lot }: Instrument, rows: unknown): Row[] {
  return ((rows ?? []) as (readonly string[])[])
    .map(([px = '', sz = '']) => [tick.fromText(px), lot.fromText(sz)] as const)
    .filter(([ticks, lots]) => ticks !== OFF_GRID && lots !== OFF_GRID);
}

function levelsOf(side: BookSide): Row[] {
  const rows: Row[] = [];
  let ticks = side.bestTicks;
  for (let index = 0; index < side.count; index++) {
    rows.push([ticks, side.lotsAt(ticks)]);
    ticks = side.nextTicks(ticks);
  }
  return rows;
}
