import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OFF_GRID } from '../../engine/base/decimal.ts';
import { Side } from '../../engine/base/side.ts';
import { TRADE_ROWS_MAX, TradeDecoder, TradeFrame, UNKNOWN_TRADE } from '../../engine/okx/trade-decoder.ts';
import { bytesOf, documentationExamples, instrumentsOf } from './okx-fixtures.ts';
import { truncationsAndFlips } from './mutations.ts';

type Json = Record<string, unknown>;

const INSTRUMENTS = instrumentsOf('BTC-USDT', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP');

const ROW: Json = {
  instId: 'BTC-USDT-SWAP',
  tradeId: '1544789321',
  px: '65010.2',
  sz: '1.25',
  side: 'buy',
  ts: '1763676600207',
  count: '3',
  source: '0',
  seqId: 81_234_567_046,
};

function pushOf(...rows: readonly Json[]): Json {
  return { arg: { channel: 'trades', instId: 'BTC-USDT-SWAP' }, data: rows };
}

interface Row {
  readonly instrument: number;
  readonly side: number;
  readonly ticks: number;
  readonly lots: number;
  readonly tsMs: number;
}

/** Every row of a push, over as many frames as it takes; undefined is not one. */
function decoded(source: unknown, decoder = new TradeDecoder(INSTRUMENTS)): Row[] | undefined {
  const bytes = source instanceof Uint8Array ? source : bytesOf(source);
  const trades = new TradeFrame();
  const rows: Row[] = [];
  do {
    if (!decoder.decode(bytes, 0, bytes.length, trades, rows.length)) return undefined;
    for (let row = 0; row < trades.count; row++) {
      rows.push({
        instrument: trades.instrument[row]!,
        side: trades.side[row]!,
        ticks: trades.ticks[row]!,
        lots: trades.lots[row]!,
        tsMs: trades.tsMs[row]!,
      });
    }
    expect(trades.nextRow).toBe(rows.length);
  } while (trades.nextRow < trades.totalCount);
  return rows;
}

const SEEN = new TradeDecoder(INSTRUMENTS);

/** By a decoder that has just seen another push, whose rows' shape it looks for. */
function decodedAfter(former: Uint8Array, bytes: Uint8Array): Row[] | undefined {
  SEEN.decode(former, 0, former.length, new TradeFrame());
  return decoded(bytes, SEEN);
}

/** The same the obvious way; undefined for what is no push of trades. Repeated keys count last. */
function naive(bytes: Uint8Array): Row[] | undefined {
  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder('latin1').decode(bytes));
  } catch {
    return undefined;
  }
  const isObject = (value: unknown): value is Json =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isObject(message)) return undefined;
  const { arg, data } = message;
  if (!isObject(arg) || arg['channel'] !== 'trades') return undefined;
  if (!Array.isArray(data) || !data.every(isObject)) return undefined;
  return data.map(naiveRow);
}

function naiveRow(row: Json): Row {
  const text = (key: string): string => {
    const value = row[key];
    return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  };
  const side = text('side') === 'buy' ? Side.buy : Side.sell;
  const tsMs = /^-?\d{1,16}$/.test(text('ts')) ? Number(text('ts')) : 0;
  const nothing = { instrument: UNKNOWN_TRADE, side, ticks: 0, lots: 0, tsMs };
  const instrument = INSTRUMENTS.find(({ instId }) => instId === text('instId'));
  if (instrument === undefined || !['buy', 'sell'].includes(text('side'))) return nothing;
  const lots = instrument.lot.fromText(text('sz'));
  const onGrid = instrument.tick.fromText(text('px'));
  const isDecimal = /^-?\d+(\.\d+)?$/.test(text('px'));
  const ticks = onGrid === OFF_GRID ? (isDecimal ? Number(text('px')) / instrument.tick.value : 0) : onGrid;
  const isTrade = lots > 0 && ticks > 0;
  return { instrument: isTrade ? instrument.index : UNKNOWN_TRADE, side, ticks, lots, tsMs };
}

describe('a push of trades', () => {
  it('of the documentation decodes', () => {
    const pushes = documentationExamples().filter(
      ({ json }) => (json['arg'] as Json | undefined)?.['channel'] === 'trades' && json['data'] !== undefined,
    );
    expect(pushes.length).toBeGreaterThan(0);
    for (const { json } of pushes) expect(decoded(json)?.length).toBe((json['data'] as Json[]).length);
  });

  it('gives side, price, size and time', () => {
    expect(decoded(pushOf(ROW, { ...ROW, instId: 'BTC-USDT', side: 'sell', sz: '0.00000001' }))).toEqual([
      { instrument: 1, side: Side.buy, ticks: 650_102, lots: 125, tsMs: 1_763_676_600_207 },
      { instrument: 0, side: Side.sell, ticks: 650_102, lots: 1, tsMs: 1_763_676_600_207 },
    ]);
  });

  it('gives a price between two ticks with its fraction', () => {
    expect(decoded(pushOf({ ...ROW, px: '65010.25' }))![0]!.ticks).toBeCloseTo(650_102.5, 6);
  });

  it.each([
    ['of an unknown instrument', { instId: 'DOGE-USDT' }],
    ['without a side', { side: '' }],
    ['without a price', { px: '' }],
    ['of no size', { sz: '0' }],
    ['of a size that is no number of lots', { sz: '0.001' }],
    ['of a negative price', { px: '-1' }],
  ])('%s tells of no trade', (_, changes) => {
    expect(decoded(pushOf({ ...ROW, ...changes }, ROW))?.map(({ instrument }) => instrument)).toEqual([
      UNKNOWN_TRADE,
      1,
    ]);
  });

  it('of more rows than the frame holds is given in parts', () => {
    const rows = Array.from({ length: TRADE_ROWS_MAX * 2 + 3 }, (_, index) => ({
      ...ROW,
      ts: String(index),
    }));
    expect(decoded(pushOf(...rows))?.map(({ tsMs }) => tsMs)).toEqual(rows.map((_, index) => index));
  });

  it('is one of this channel only', () => {
    expect(decoded({ ...pushOf(ROW), arg: { channel: 'trades-all' } })).toBeUndefined();
    expect(decoded({ data: [ROW] })).toBeUndefined();
    expect(decoded({ arg: { channel: 'trades' } })).toBeUndefined();
    expect(decoded('{"arg":{"channel":"trad\\u0065s"},"data":[]}')).toEqual([]);
  });
});

describe('the decoder agrees with JSON.parse', () => {
  it('on every truncation and every changed byte', () => {
    const former = bytesOf(pushOf(ROW, { ...ROW, side: 'sell' }));
    const disagreements: string[] = [];
    let legal = 0;
    for (const bytes of truncationsAndFlips(former)) {
      const expected = JSON.stringify(naive(bytes));
      if (
        JSON.stringify(decoded(bytes)) !== expected ||
        JSON.stringify(decodedAfter(former, bytes)) !== expected
      ) {
        disagreements.push(Buffer.from(bytes).toString('latin1'));
      }
      if (expected !== undefined) legal++;
    }
    expect(disagreements).toEqual([]);
    expect(legal).toBeGreaterThan(1_000);
  });

  it('on rows of any order of fields and content', () => {
    const value = fc.oneof(
      fc.nat(99_999).map((number) => String(number / 10)),
      fc.constantFrom<unknown>('', 'buy', 'sell', 'BTC-USDT', 'BTC-USDT-SWAP', '1', null, true, 7, [1], {
        a: '1',
      }),
    );
    const fields = fc.shuffledSubarray(['instId', 'px', 'sz', 'side', 'ts', 'other'], { minLength: 3 });
    const row = fields.chain((names) =>
      fc
        .tuple(...names.map(() => value))
        .map((values) => Object.fromEntries(names.map((name, at) => [name, values[at]]))),
    );
    const likely = fc.record({
      px: fc.nat(99_999).map((number) => String(number / 10)),
      sz: fc.nat(99_999).map((number) => String(number / 100)),
      side: fc.constantFrom('buy', 'sell'),
      ts: fc.nat().map(String),
    });
    const rows = fc.array(
      fc.oneof(
        row,
        likely.map((changes) => ({ ...ROW, ...changes })),
      ),
      { maxLength: 5 },
    );
    const decoder = new TradeDecoder(INSTRUMENTS);
    fc.assert(
      fc.property(rows, fc.constantFrom(undefined, 2), (data, indent) => {
        const bytes = bytesOf(JSON.stringify(pushOf(...data), null, indent));
        expect(decoded(bytes, decoder)).toEqual(naive(bytes));
      }),
    );
  });
});
