/**
 * The market that a journal saw, without our own orders: rows of a recording, written while the run is replayed.
 *
 *     depth frame ─▶ raw level by level ─┬─▶ less what rests there of ours ─▶ rows that have changed
 *     own orders of the replayed core ───┘
 *
 * A backtest puts orders of its own into it. What the core believed about our orders when a frame came is what is taken
 * out: book and order pushes come on different connections, so that for a moment a level may be off by one of our orders, as
 * it was for the engine.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { ContractKind, InstrumentType } from '../base/instrument.ts';
import type { Instrument } from '../base/instrument.ts';
import { OFF_GRID } from '../base/decimal.ts';
import { Side } from '../base/side.ts';
import type { Lots, Milliseconds, Nanoseconds, Ticks } from '../base/units.ts';
import { BookState } from '../book/book.ts';
import type { JournalRecord } from '../journal/journal-block.ts';
import { RecordKind } from '../journal/record-kind.ts';
import type { Loop } from '../loop.ts';
import { Connection } from '../loop/loop-options.ts';
import { NO_ORDER } from '../orders/order-table.ts';
import type { RecordedRow } from '../recording/recorded-row.ts';
import { epochText } from '../recording/recorded-row.ts';
import type { RunStart } from '../replay/run-start.ts';

/** Who follows the market level by level. Sizes are others' alone. */
export interface ParityMarketWatcher {
  /** @param atMs by the venue's clock */
  onLevel(instrument: number, side: Side, ticks: Ticks, lots: Lots, atMs: Milliseconds): void;
  /** @param side who took */
  onTrade(instrument: number, side: Side, ticks: Ticks, lots: Lots, atMs: Milliseconds): void;
  /** The venue's time of the newest message. */
  onTime(atMs: Milliseconds): void;
  /** The book is not known from here to its next levels. */
  onUnknown(instrument: number): void;
}

/** Text that is packed at a time. */
const CHUNK_CHARS = 1 << 20;
const TYPE_NAMES: Readonly<Record<InstrumentType, string>> = {
  [InstrumentType.spot]: 'SPOT',
  [InstrumentType.margin]: 'MARGIN',
  [InstrumentType.swap]: 'SWAP',
  [InstrumentType.futures]: 'FUTURES',
  [InstrumentType.option]: 'OPTION',
  [InstrumentType.events]: 'EVENTS',
};

type Json = Readonly<Record<string, unknown>>;
type Rows = readonly (readonly string[])[];

interface Ladder {
  /** As the venue tells it, ours included. */
  readonly raw: Map<Ticks, Lots>;
  /** As it was written: without ours. */
  readonly told: Map<Ticks, Lots>;
  /** Prices at which ours rested when it was written. */
  own: Ticks[];
}

interface Market {
  readonly instrument: Instrument;
  /** Bids and asks, by `Side`. */
  readonly ladders: readonly [Ladder, Ladder];
  isKnown: boolean;
}

export class ParityMarket {
  /** Rows of books and trades. */
  books = 0;
  trades = 0;
  readonly #file: number;
  readonly #watcher: ParityMarketWatcher;
  readonly #markets: Market[];
  readonly #byId: ReadonlyMap<string, Market>;
  readonly #depthChannel: string;
  readonly #start: RunStart;
  #text = '';

  /** @param path of the recording, written anew */
  constructor(path: string, loop: Loop, start: RunStart, watcher: ParityMarketWatcher) {
    this.#start = start;
    this.#watcher = watcher;
    this.#depthChannel = start.about.config.venue.depthChannel;
    this.#markets = loop.instruments.map((instrument) => ({
      instrument,
      ladders: [newLadder(), newLadder()],
      isKnown: false,
    }));
    this.#byId = new Map(this.#markets.map((market) => [market.instrument.instId, market]));
    this.#file = openSync(path, 'w');
    for (const { instrument } of this.#markets) this.#write(instrumentRow(instrument));
  }

  /** After the core has taken the input. */
  onStep(loop: Loop, record: JournalRecord): void {
    const isPublic = record.sub === Connection.public;
    if (record.kind === RecordKind.sessionDown && isPublic) {
      for (const market of this.#markets) this.#lose(market, record.timeNs, 'the session went down');
    }
    if (record.kind !== RecordKind.frame || !isPublic) return;
    const { bytes } = record;
    const frame = JSON.parse(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'),
    ) as Json;
    const arg = frame['arg'] as Json | undefined;
    const data = frame['data'];
    const market = this.#byId.get(String(arg?.['instId'] ?? ''));
    if (market === undefined || !Array.isArray(data)) return;
    const rows = data as Json[];
    const recvNs = this.#epochText(record.timeNs);
    switch (arg!['channel']) {
      case this.#depthChannel:
        for (const row of rows) this.#onDepth(loop, market, row, frame['action'], record.timeNs);
        return;
      case 'trades':
        for (const row of rows) this.#onTrade(market, row, recvNs);
        return;
      case 'mark-price':
        for (const { markPx, ts } of rows)
          this.#write({
            recvNs,
            instId: market.instrument.instId,
            channel: 'mark-price',
            markPx,
            ts: String(ts),
          });
        return;
      case 'funding-rate':
        for (const { fundingRate, fundingTime, ts } of rows) {
          const { instId } = market.instrument;
          this.#write({ recvNs, instId, channel: 'funding-rate', fundingRate, fundingTime, ts: String(ts) });
        }
        return;
      default:
    }
  }

  close(): void {
    this.#flush();
    closeSync(this.#file);
  }

  #onDepth(loop: Loop, market: Market, row: Json, action: unknown, timeNs: Nanoseconds): void {
    const { instrument, ladders } = market;
    const isSnapshot = action === 'snapshot';
    // After a gap the core waits for another snapshot: updates until then belong to a book that nobody has.
    if (loop.market.books[instrument.index]!.state !== BookState.synced) {
      this.#lose(market, timeNs, 'the book was not whole');
      return;
    }
    if (!isSnapshot && !market.isKnown) return;
    const changed = [row['bids'], row['asks']].map((rows, side) => {
      const ladder = ladders[side]!;
      if (isSnapshot) ladder.raw.clear();
      return readRows(instrument, rows as Rows, ladder.raw);
    });
    const atMs = Number(row['ts']);
    const told = [Side.buy, Side.sell].map((side) => {
      if (isSnapshot) ladders[side]!.told.clear();
      return this.#tell(loop, market, side, changed[side]!, atMs);
    });
    market.isKnown = true;
    this.#watcher.onTime(atMs);
    if (!isSnapshot && told[0]!.length === 0 && told[1]!.length === 0) return;
    this.books++;
    this.#write({
      recvNs: this.#epochText(timeNs),
      instId: instrument.instId,
      action: isSnapshot ? 'snapshot' : 'update',
      ts: String(row['ts']),
      asks: told[Side.sell]!,
      bids: told[Side.buy]!,
    });
  }

  /** What has changed of a side without ours: rows of it, and levels for the watcher. */
  #tell(loop: Loop, market: Market, side: Side, changed: readonly Ticks[], atMs: Milliseconds): string[][] {
    const { instrument, ladders } = market;
    const ladder = ladders[side]!;
    const own = ownPrices(loop, instrument.index, side);
    const rows: string[][] = [];
    for (const ticks of new Set([...changed, ...ladder.own, ...own])) {
      const raw = ladder.raw.get(ticks) ?? 0;
      const lots = Math.max(0, raw - loop.table.ownLotsAt(instrument.index, side, ticks));
      if (lots === (ladder.told.get(ticks) ?? 0)) continue;
      if (lots === 0) ladder.told.delete(ticks);
      else ladder.told.set(ticks, lots);
      rows.push([instrument.tick.toText(ticks), instrument.lot.toText(lots), '1']);
      this.#watcher.onLevel(instrument.index, side, ticks, lots, atMs);
    }
    ladder.own = own;
    return rows;
  }

  /** Of others at this price, as it was written last. */
  lotsAt(instrument: number, side: Side, ticks: Ticks): Lots {
    return this.#markets[instrument]!.ladders[side]!.told.get(ticks) ?? 0;
  }

  isKnown(instrument: number): boolean {
    return this.#markets[instrument]!.isKnown;
  }

  #onTrade(market: Market, row: Json, recvNs: string): void {
    const { instrument } = market;
    const px = String(row['px']);
    const sz = String(row['sz']);
    const side = row['side'] === 'sell' ? 'sell' : 'buy';
    const ticks = instrument.tick.fromText(px);
    const lots = instrument.lot.fromText(sz);
    if (ticks === OFF_GRID || lots === OFF_GRID || lots === 0) return;
    this.trades++;
    const { instId } = instrument;
    const tradeId = String(row['tradeId']);
    this.#write({ recvNs, instId, channel: 'trades', tradeId, px, sz, side, ts: String(row['ts']) });
    const atMs = Number(row['ts']);
    this.#watcher.onTrade(instrument.index, side === 'sell' ? Side.sell : Side.buy, ticks, lots, atMs);
    this.#watcher.onTime(atMs);
  }

  #lose(market: Market, timeNs: Nanoseconds, reason: string): void {
    if (!market.isKnown) return;
    market.isKnown = false;
    for (const ladder of market.ladders) {
      ladder.raw.clear();
      ladder.told.clear();
    }
    const recvNs = this.#epochText(timeNs);
    const { instId, index } = market.instrument;
    this.#write({ recvNs, instId, channel: 'gap', reason, ts: recvNs.slice(0, -6) });
    this.#watcher.onUnknown(index);
  }

  #epochText(timeNs: Nanoseconds): string {
    const { nowNs, wallMs } = this.#start.about;
    const originMs = Math.floor(wallMs);
    return epochText(originMs, Math.round(timeNs - nowNs + (wallMs - originMs) * 1e6));
  }

  #write(row: RecordedRow | Omit<RecordedRow, 'ts'>): void {
    this.#text += `${JSON.stringify(row)}\n`;
    if (this.#text.length >= CHUNK_CHARS) this.#flush();
  }

  /** Members of one gzip file, so that a day of it never stands in memory. */
  #flush(): void {
    if (this.#text === '') return;
    const bytes = gzipSync(this.#text, { level: 1 });
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    this.#text = '';
  }
}

function newLadder(): Ladder {
  return { raw: new Map(), told: new Map(), own: [] };
}

/** Takes rows over, and gives their prices. */
function readRows({ tick, lot }: Instrument, rows: Rows, raw: Map<Ticks, Lots>): Ticks[] {
  const changed: Ticks[] = [];
  for (const [px = '', sz = ''] of rows) {
    const ticks = tick.fromText(px);
    const lots = lot.fromText(sz);
    if (ticks === OFF_GRID || lots === OFF_GRID) continue;
    if (lots === 0) raw.delete(ticks);
    else raw.set(ticks, lots);
    changed.push(ticks);
  }
  return changed;
}

function ownPrices({ table }: Loop, instrument: number, side: Side): Ticks[] {
  const prices: Ticks[] = [];
  for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
    if (table.isResting[slot] === 1) prices.push(table.priceTicks[slot]!);
  }
  return prices;
}

/** The instrument as GET /api/v5/public/instruments would give it, as far as the journal knows it. */
function instrumentRow(instrument: Instrument): Omit<RecordedRow, 'ts'> {
  const { fields } = instrument;
  const isSpot = fields.kind === ContractKind.spot;
  const kindOfContract = {
    uly: `${fields.baseCcy}-${fields.quoteCcy}`,
    ctVal: plainText(fields.contractValue),
    ctMult: '1',
    ctValCcy: fields.kind === ContractKind.inverse ? fields.quoteCcy : fields.baseCcy,
    ctType: fields.kind === ContractKind.inverse ? 'inverse' : 'linear',
    settleCcy: fields.settleCcy,
  };
  return {
    instId: fields.instId,
    channel: 'instruments',
    instType: TYPE_NAMES[fields.type],
    instIdCode: fields.instIdCode,
    instFamily: fields.instFamily,
    baseCcy: isSpot ? fields.baseCcy : '',
    quoteCcy: isSpot ? fields.quoteCcy : '',
    ...(isSpot
      ? { uly: '', ctVal: '', ctMult: '', ctValCcy: '', ctType: '', settleCcy: '' }
      : kindOfContract),
    tickSz: fields.tickSz,
    lotSz: fields.lotSz,
    minSz: fields.minSz,
    maxLmtSz: fields.maxLmtSz,
    maxMktSz: fields.maxLmtSz,
    maxLmtAmt: '',
    maxMktAmt: '',
    lever: isSpot ? '' : '100',
    state: 'live',
    listTime: '0',
    expTime: '',
    groupId: '1',
  };
}

/** No exponent, as decimals are written. */
function plainText(value: number): string {
  const text = String(value);
  return text.includes('e') ? value.toFixed(18).replace(/0+$/, '').replace(/\.$/, '') : text;
}
