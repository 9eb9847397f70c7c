import { Candles } from './candles.ts';
import { Refusal } from './refusal.ts';
import { PRODUCT_ROUTES } from './rest-products.ts';
import { missing } from './rest-router.ts';
import type { RestAnswer, RestCall, Route } from './rest-router.ts';
import { fieldOf } from './instrument-directory.ts';

/** Public data and market data; budgets as documented (docs-v5, read 2026-07-28), by address. */
export const MARKET_ROUTES: readonly Route[] = [
  market('/api/v5/public/time', 10, 2_000, ({ nowMs }) => [{ ts: String(Math.floor(nowMs)) }]),
  market('/api/v5/public/instruments', 20, 2_000, instruments, 'instType'),
  market('/api/v5/public/mark-price', 10, 2_000, (call) =>
    eachInstrument(call, (instId) => call.venue.exchange.markPrice(instId)),
  ),
  market('/api/v5/public/price-limit', 20, 2_000, (call) =>
    oneInstrument(call, (instId) => call.venue.exchange.priceLimit(instId)),
  ),
  market('/api/v5/public/funding-rate', 10, 2_000, (call) =>
    oneInstrument(call, (instId) => call.venue.exchange.fundingRate(instId)),
  ),
  market('/api/v5/market/ticker', 20, 2_000, (call) =>
    oneInstrument(call, (instId) => call.venue.exchange.ticker(instId)),
  ),
  market('/api/v5/market/tickers', 20, 2_000, (call) =>
    call.query.instType === undefined
      ? missing('instType')
      : eachInstrument(call, (instId) => call.venue.exchange.ticker(instId)),
  ),
  market('/api/v5/market/index-tickers', 20, 2_000, indexTicker),
  market('/api/v5/market/books', 40, 2_000, (call) => books(call, 400)),
  market('/api/v5/market/books-full', 10, 2_000, booksFull),
  market('/api/v5/market/trades', 100, 2_000, trades),
  market('/api/v5/market/history-trades', 20, 2_000, trades),
  market('/api/v5/market/candles', 40, 2_000, candles),
  market('/api/v5/market/history-candles', 20, 2_000, candles),
  ...PRODUCT_ROUTES,
  // Maintenance only: upgrades are told on the sockets.
  market('/api/v5/system/status', 1, 5_000, ({ venue, query }) => venue.status.rows(query.state ?? '')),
];

function market(
  path: string,
  requests: number,
  windowMs: number,
  answer: (call: RestCall) => RestAnswer,
  budgetBy = '',
): Route {
  return { method: 'GET', path, isPrivate: false, requests, windowMs, budgetBy, isTimed: false, answer };
}

/** Also the private twin's: this venue lets every account trade everything. */
export function instruments({ venue, query }: RestCall): RestAnswer {
  const { instType = '', instFamily = '', instId = '' } = query;
  if (instType === '') return missing('instType');
  // There are too many options to list them all.
  if (instType === 'OPTION' && instFamily === '' && instId === '') return missing('instFamily');
  const rows = venue.instruments.select(instType, instFamily, instId);
  return instId !== '' && rows.length === 0 ? new Refusal('51001') : rows;
}

function oneInstrument(
  { query, venue }: RestCall,
  rowOf: (instId: string) => Readonly<Record<string, unknown>> | null,
): RestAnswer {
  const { instId = '' } = query;
  if (instId === '') return missing('instId');
  if (!venue.instruments.has(instId)) return new Refusal('51001');
  const row = rowOf(instId);
  return row === null ? [] : [row];
}

function eachInstrument(
  { query, venue }: RestCall,
  rowOf: (instId: string) => Readonly<Record<string, unknown>> | null,
): RestAnswer {
  const { instType = '', instFamily = '', instId = '' } = query;
  const rows: unknown[] = [];
  for (const instrument of venue.instruments.select(instType, instFamily, instId)) {
    const row = rowOf(fieldOf(instrument, 'instId'));
    if (row !== null) rows.push(row);
  }
  return rows;
}

/** The index is what the mark price of one instrument says, as on its channel. By `instId` only. */
function indexTicker({ query, venue }: RestCall): RestAnswer {
  const { instId = '' } = query;
  if (instId === '') return missing('instId');
  const source = venue.instruments.indexSource(instId);
  if (source === '') return new Refusal('51001');
  const mark = venue.exchange.markPrice(source) ?? {};
  return [{ instId, idxPx: fieldOf(mark, 'markPx'), ts: fieldOf(mark, 'ts') }];
}

function books({ venue, query, nowMs }: RestCall, levelsMax: number): RestAnswer {
  const { instId = '', sz = '1' } = query;
  if (instId === '') return missing('instId');
  const publisher = venue.market.publisher(instId);
  if (publisher === undefined) return new Refusal('51001');
  const levels = Number(sz);
  if (!Number.isInteger(levels) || levels < 1) return new Refusal('51000', 400, 'Parameter sz error');
  return [publisher.image(Math.min(levels, levelsMax), nowMs)];
}

/** As `books`, deeper, with rows of three columns and no sequence number. */
function booksFull(call: RestCall): RestAnswer {
  const answer = books(call, 5_000);
  if (answer instanceof Refusal || 'code' in answer) return answer;
  const { asks, bids, ts } = answer[0] as { asks: string[][]; bids: string[][]; ts: string };
  return [{ asks: narrow(asks), bids: narrow(bids), ts }];
}

function narrow(rows: readonly string[][]): string[][] {
  return rows.map(([px, sz, , orders]) => [px!, sz!, orders!]);
}

function trades({ venue, query }: RestCall): RestAnswer {
  const { instId = '', limit = '100' } = query;
  if (instId === '') return missing('instId');
  if (!venue.instruments.has(instId)) return new Refusal('51001');
  const count = Math.min(500, Math.max(1, Math.floor(Number(limit)) || 100));
  return venue.exchange.trades(instId, count);
}

function candles({ venue, query, nowMs }: RestCall): RestAnswer {
  const { instId = '', bar = '1m', limit = '100', after = '', before = '' } = query;
  if (instId === '') return missing('instId');
  if (!venue.instruments.has(instId)) return new Refusal('51001');
  if (!Candles.isBar(bar)) return new Refusal('51000', 400, 'Parameter bar error');
  const count = Math.min(300, Math.max(1, Math.floor(Number(limit)) || 100));
  const rows = venue.market.candles(instId)?.rows(bar, 1_440, nowMs) ?? [];
  return rows
    .filter(
      ([ts]) =>
        (after === '' || Number(ts) < Number(after)) && (before === '' || Number(ts) > Number(before)),
    )
    .slice(0, count);
}
