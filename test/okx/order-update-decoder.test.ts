import * as fc from 'fast-check';
import { DOLLARS } from '../../engine/okx/shapes.ts';
import { describe, expect, it } from 'vitest';
import { OFF_GRID } from '../../engine/base/decimal.ts';
import { OrderCategory } from '../../engine/base/order-category.ts';
import { PositionSide } from '../../engine/base/position-side.ts';
import { Side } from '../../engine/base/side.ts';
import { ClientOrderId, clientOrderIdText } from '../../engine/okx/client-order-id.ts';
import {
  FeeCurrency,
  NO_AMEND_RESULT,
  NO_TRADE,
  OrderUpdateDecoder,
  OrderUpdateFrame,
  OrderUpdateState,
  UNKNOWN_INSTRUMENT,
  UNKNOWN_SIDE,
  UPDATE_ROWS_MAX,
} from '../../engine/okx/order-update-decoder.ts';
import { bytesOf, documentationExamples, instrumentsOf } from './okx-fixtures.ts';
import { truncationsAndFlips } from './mutations.ts';

type Json = Record<string, unknown>;

const INSTRUMENTS = instrumentsOf('BTC-USDT', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP', 'BTC-USD-SWAP');
const TAG = '7001';
const STATES = ['live', 'partially_filled', 'filled', 'canceled', 'mmp_canceled'];

/** A push of the documented shape, with a client order id of ours. */
const PARTIAL_FILL: Json = {
  arg: { channel: 'orders', instType: 'SWAP', uid: '446556789012345678' },
  data: [
    {
      instType: 'SWAP',
      instId: 'BTC-USDT-SWAP',
      ccy: 'USDT',
      ordId: '3059871234567890432',
      clOrdId: '1000000420007000003',
      tag: TAG,
      px: '65000.1',
      pxUsd: '',
      sz: '1.5',
      notionalUsd: '975.0',
      ordType: 'post_only',
      side: 'buy',
      posSide: 'net',
      tdMode: 'cross',
      fillPx: '65000.1',
      tradeId: '1544789377',
      fillSz: '0.4',
      fillPnl: '0',
      fillTime: '1763676603207',
      fillFee: '-0.052',
      fillFeeCcy: 'USDT',
      execType: 'M',
      accFillSz: '0.4',
      avgPx: '65000.1',
      state: 'partially_filled',
      attachAlgoOrds: [],
      linkedAlgoOrd: { algoId: '' },
      fee: '-0.052',
      cancelSource: '',
      amendSource: '',
      uTime: '1763676603208',
      cTime: '1763676600131',
      reqId: '',
      amendResult: '',
      reduceOnly: 'false',
      code: '0',
      msg: '',
    },
  ],
};

const ROW = (PARTIAL_FILL['data'] as Json[])[0]!;

function pushOf(...rows: Json[]): Json {
  return { ...PARTIAL_FILL, data: rows };
}

function shownRow(updates: OrderUpdateFrame, row: number): Json {
  return {
    instrument: updates.instrument[row],
    isOurs: updates.isOurs[row],
    run: updates.run[row],
    slot: updates.slot[row],
    generation: updates.generation[row],
    hasTag: updates.hasTag[row],
    side: updates.side[row],
    state: updates.state[row],
    priceTicks: updates.priceTicks[row],
    sizeLots: updates.sizeLots[row],
    accFillLots: updates.accFillLots[row],
    fillLots: updates.fillLots[row],
    fillTicks: updates.fillTicks[row],
    tradeId: updates.tradeId[row],
    fillFee: updates.fillFee[row],
    feeCurrency: updates.feeCurrency[row],
    isMaker: updates.isMaker[row],
    uTimeMs: updates.uTimeMs[row],
    fillTimeMs: updates.fillTimeMs[row],
    reqId: updates.reqId[row],
    amendResult: updates.amendResult[row],
    cancelSource: updates.cancelSource[row],
    code: updates.code[row],
    ordId: updates.ordIdText(row),
  };
}

/** Every row of a push, over as many frames as it takes; undefined is malformed. */
function decoded(source: unknown, decoder = new OrderUpdateDecoder(INSTRUMENTS, TAG)): Json[] | undefined {
  const bytes = source instanceof Uint8Array ? source : bytesOf(source);
  const updates = new OrderUpdateFrame();
  const rows: Json[] = [];
  do {
    if (!decoder.decode(bytes, 0, bytes.length, updates, rows.length)) return undefined;
    for (let row = 0; row < updates.count; row++) rows.push(shownRow(updates, row));
    expect(updates.nextRow).toBe(rows.length);
  } while (updates.nextRow < updates.totalCount);
  return rows;
}

/** By a decoder that has just seen another push, whose rows' shape it looks for. */
function decodedAfter(former: Uint8Array, bytes: Uint8Array): Json[] | undefined {
  LEARNED.decode(former, 0, former.length, new OrderUpdateFrame());
  return decoded(bytes, LEARNED);
}

const LEARNED = new OrderUpdateDecoder(INSTRUMENTS, TAG);

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isDecimal(text: string): boolean {
  return /^-?\d+(\.\d+)?$/.test(text);
}

function whole(text: string, digitsMax: number, otherwise: number): number {
  const isWhole = new RegExp(`^-?\\d{1,${digitsMax}}$`).test(text) && Number.isSafeInteger(Number(text));
  return isWhole ? Number(text) + 0 : otherwise;
}

/** The decoder's naive twin: JSON.parse, then the same rules on texts. Undefined is malformed. */
function naiveUpdates(bytes: Uint8Array): Json[] | undefined {
  let root: Json;
  try {
    root = JSON.parse(Buffer.from(bytes).toString('utf8')) as Json;
  } catch {
    return undefined;
  }
  if (!isObject(root) || !isObject(root['arg']) || root['arg']['channel'] !== 'orders') return undefined;
  const data = root['data'];
  if (!Array.isArray(data) || !data.every(isObject)) return undefined;
  return (data as Json[]).map(naiveRow);
}

/** The documented float: digits beyond the fifteenth significant one are cut. */
function cut(text: string): number {
  let digits = 0;
  return Number(
    text.replace(/\d/g, (digit) => {
      if (digits > 0 || digit !== '0') digits++;
      return digits <= 15 ? digit : '0';
    }),
  );
}

function naiveRow(source: Json): Json {
  const text = (name: string): string => {
    const value = source[name];
    return typeof value === 'string' ? value : typeof value === 'number' ? JSON.stringify(value) : '';
  };
  const id = new ClientOrderId();
  const isOurs = id.parseText(text('clOrdId'));
  const instrument = INSTRUMENTS.find((candidate) => candidate.instId === text('instId'));
  const small = (name: string, otherwise: number, max: number): number => {
    const value = whole(text(name), 9, otherwise);
    return value >= -1 && value <= max ? value : otherwise;
  };
  const lots = (name: string): number =>
    instrument === undefined ? OFF_GRID : text(name) === '' ? 0 : instrument.lot.fromText(text(name));
  const ticks = instrument?.tick.fromText(text('px')) ?? OFF_GRID;
  const fillTicks = instrument?.tick.fromText(text('fillPx')) ?? OFF_GRID;
  const betweenTicks =
    isDecimal(text('fillPx')) && instrument ? cut(text('fillPx')) / instrument.tick.value : 0;
  const currency = text('fillFeeCcy');
  const feeCurrency =
    instrument === undefined
      ? FeeCurrency.other
      : currency === '' || currency === instrument.settleCcy
        ? FeeCurrency.quoteOrSettle
        : currency === instrument.baseCcy
          ? FeeCurrency.base
          : currency === instrument.quoteCcy ||
              (DOLLARS.includes(currency) && DOLLARS.includes(instrument.settleCcy))
            ? FeeCurrency.quoteOrSettle
            : FeeCurrency.other;
  const state = STATES.indexOf(text('state'));
  return {
    instrument: instrument?.index ?? UNKNOWN_INSTRUMENT,
    isOurs: isOurs ? 1 : 0,
    run: isOurs ? id.run : 0,
    slot: isOurs ? id.slot : 0,
    generation: isOurs ? id.generation : 0,
    hasTag: text('tag') === TAG ? 1 : 0,
    side: text('side') === 'buy' ? Side.buy : text('side') === 'sell' ? Side.sell : UNKNOWN_SIDE,
    state: state < 0 ? OrderUpdateState.other : state,
    priceTicks: ticks > 2_147_483_647 ? OFF_GRID : ticks,
    sizeLots: instrument?.lot.fromText(text('sz')) ?? OFF_GRID,
    accFillLots: lots('accFillSz'),
    fillLots: lots('fillSz'),
    fillTicks: instrument === undefined || fillTicks !== OFF_GRID ? fillTicks : betweenTicks,
    tradeId: whole(text('tradeId'), 16, NO_TRADE),
    fillFee: isDecimal(text('fillFee')) ? cut(text('fillFee')) : 0,
    feeCurrency,
    isMaker: text('execType') === 'M' ? 1 : 0,
    uTimeMs: whole(text('uTime'), 16, -1),
    fillTimeMs: whole(text('fillTime'), 16, -1),
    reqId: whole(text('reqId'), 16, -1),
    amendResult: small('amendResult', NO_AMEND_RESULT, 2),
    cancelSource: small('cancelSource', -1, 32_767),
    code: whole(text('code'), 9, 0),
    ordId: text('ordId'),
  };
}

/** -0 and 0 are the same price, fee or number. */
function canonical(rows: Json[] | undefined): string {
  return JSON.stringify(rows) ?? 'malformed';
}

describe('an orders push', () => {
  it('gives the order, the fill and its fee', () => {
    expect(decoded(PARTIAL_FILL)).toEqual([
      {
        instrument: 1,
        isOurs: 1,
        run: 42,
        slot: 7,
        generation: 3,
        hasTag: 1,
        side: Side.buy,
        state: OrderUpdateState.partiallyFilled,
        priceTicks: 650_001,
        sizeLots: 150,
        accFillLots: 40,
        fillLots: 40,
        fillTicks: 650_001,
        tradeId: 1_544_789_377,
        fillFee: -0.052,
        feeCurrency: FeeCurrency.quoteOrSettle,
        isMaker: 1,
        uTimeMs: 1_763_676_603_208,
        fillTimeMs: 1_763_676_603_207,
        reqId: -1,
        amendResult: NO_AMEND_RESULT,
        cancelSource: -1,
        code: 0,
        ordId: '3059871234567890432',
      },
    ]);
  });

  it('of the documentation decodes, somebody else’s order as well', () => {
    const examples = documentationExamples().filter(
      ({ json }) => (json['arg'] as Json | undefined)?.['channel'] === 'orders' && json['data'],
    );
    expect(examples.length).toBe(1);
    expect(decoded(examples[0]!.json)).toMatchObject([
      {
        instrument: 0,
        isOurs: 0,
        hasTag: 0,
        side: Side.sell,
        state: OrderUpdateState.filled,
        priceTicks: 315_271,
        fillLots: 100_000,
        fillFee: -0.02522168,
        feeCurrency: FeeCurrency.quoteOrSettle,
        isMaker: 1,
        tradeId: 242_589_207,
      },
    ]);
  });

  it.each([
    ['the quote of spot', 'BTC-USDT', 'USDT', FeeCurrency.quoteOrSettle],
    ['the base of spot', 'BTC-USDT', 'BTC', FeeCurrency.base],
    ['the coin that an inverse contract settles in', 'BTC-USD-SWAP', 'BTC', FeeCurrency.quoteOrSettle],
    ['a third currency', 'BTC-USDT', 'OKB', FeeCurrency.other],
    ['another dollar than the one it settles in', 'BTC-USDT', 'USDC', FeeCurrency.quoteOrSettle],
    ['a dollar, where it settles in a coin', 'BTC-USD-SWAP', 'USDC', FeeCurrency.other],
    ['nothing', 'BTC-USDT', '', FeeCurrency.quoteOrSettle],
  ])('says that a fee was in %s', (_name, instId, fillFeeCcy, feeCurrency) => {
    expect(decoded(pushOf({ ...ROW, instId, fillFeeCcy }))).toMatchObject([{ feeCurrency }]);
  });

  it.each([
    ['a market order has no price', { px: '' }, { priceTicks: OFF_GRID }],
    ['a price off the grid is not rounded', { px: '65000.15' }, { priceTicks: OFF_GRID }],
    ['a price beyond 32 bits does not wrap', { px: '999999999999' }, { priceTicks: OFF_GRID }],
    ['a fill between ticks is kept', { fillPx: '65000.15' }, { fillTicks: 65000.15 / 0.1 }],
    [
      'no fill',
      { fillPx: '', fillSz: '', tradeId: '', fillFee: '' },
      { fillTicks: 0, fillLots: 0, tradeId: 0 },
    ],
    ['a liquidation has a negative trade', { tradeId: '-77', clOrdId: '' }, { tradeId: -77, isOurs: 0 }],
    ['an unknown instrument', { instId: 'DOGE-USDT' }, { instrument: -1, accFillLots: OFF_GRID }],
    ['an unknown state', { state: 'frozen' }, { state: OrderUpdateState.other }],
    [
      'a post-only order that would have taken',
      { state: 'canceled', cancelSource: '31' },
      { cancelSource: 31 },
    ],
    [
      'an amend that failed',
      { reqId: '51', amendResult: '-1', code: '51511' },
      { reqId: 51, amendResult: -1, code: 51511 },
    ],
    ['somebody’s order id', { clOrdId: 'oktswap6' }, { isOurs: 0, slot: 0 }],
    ['another tag', { tag: '7002' }, { hasTag: 0 }],
  ])('%s', (_name, change, expected) => {
    expect(decoded(pushOf({ ...ROW, ...change }))).toMatchObject([expected]);
  });

  it('of more rows than a frame holds loses none', () => {
    const rows = Array.from({ length: UPDATE_ROWS_MAX * 2 + 5 }, (_, slot) => ({
      ...ROW,
      clOrdId: clientOrderIdText(1, slot, 1),
    }));
    const updates = decoded(pushOf(...rows))!;
    expect(updates.map((update) => update['slot'])).toEqual(rows.map((_, slot) => slot));
    expect(decoded(pushOf())).toEqual([]);
  });

  it('with escaped texts is read all the same, and counted', () => {
    const source = JSON.stringify(PARTIAL_FILL)
      .replace('"orders"', '"\\u006frders"')
      .replace('"instId"', '"inst\\u0049d"');
    expect(decoded(bytesOf(source))).toEqual(decoded(PARTIAL_FILL));
    const decoder = new OrderUpdateDecoder(INSTRUMENTS, TAG);
    decoder.decode(bytesOf(source), 0, bytesOf(source).length, new OrderUpdateFrame());
    // The channel is compared before escapes are resolved: a frame is only called malformed after the second look.
    expect([decoder.slowFrames, decoder.malformedFrames]).toEqual([1, 0]);
  });

  it('with an escaped key is no shape for those that follow', () => {
    const { instId, ...others } = ROW;
    const row = `{"inst\\u0049d":"${instId}",${JSON.stringify(others).slice(1)}`;
    const arg = JSON.stringify(PARTIAL_FILL['arg']);
    const decoder = new OrderUpdateDecoder(INSTRUMENTS, TAG);
    // The rows that count are the second ones: once escapes are resolved, this push has none.
    expect(decoded(bytesOf(`{"arg":${arg},"data":[${row}],"data":[]}`), decoder)).toEqual([]);
    expect(decoded(bytesOf(`{"arg":${arg},"data":[${row}]}`), decoder)).toEqual(decoded(PARTIAL_FILL));
  });

  it('of another channel is not one', () => {
    expect(decoded({ ...PARTIAL_FILL, arg: { channel: 'fills' } })).toBeUndefined();
    expect(decoded({ data: [] })).toBeUndefined();
    expect(decoded({ arg: { channel: 'orders' } })).toBeUndefined();
  });
});

describe('the update decoder and its naive twin agree', () => {
  it('on every truncation and flipped byte of a golden push, without a throw', () => {
    const disagreements: string[] = [];
    let malformed = 0;
    let legal = 0;
    const former = bytesOf(PARTIAL_FILL);
    for (const bytes of truncationsAndFlips(former)) {
      const actual = decoded(bytes);
      const expected = canonical(naiveUpdates(bytes));
      // A thousand times cheaper than an assertion each.
      if (canonical(actual) !== expected || canonical(decodedAfter(former, bytes)) !== expected)
        disagreements.push(Buffer.from(bytes).toString('latin1'));
      if (actual === undefined) malformed++;
      else legal++;
    }
    expect(disagreements).toEqual([]);
    expect(malformed).toBeGreaterThan(2_000);
    expect(legal).toBeGreaterThan(2_000);
  });

  it('on pushes of any order of fields, spacing and content', () => {
    const decimal = fc
      .tuple(fc.nat(), fc.nat(999), fc.constantFrom('', '-'))
      .map(([integer, fraction, sign]) => `${sign}${integer}.${fraction}`);
    const value = fc.oneof(
      decimal,
      fc.nat().map(String),
      fc.integer(),
      fc.constantFrom('', 'buy', 'sell', 'M', 'T', TAG, 'USDT', 'BTC', 'filled', '-1', '0', '1', '2', '31'),
      fc.constantFrom(...STATES, ...INSTRUMENTS.map((instrument) => instrument.instId)),
      fc.nat(9_999).map((slot) => clientOrderIdText(9, slot, 77)),
      fc.string({ maxLength: 8 }),
      fc.jsonValue({ maxDepth: 1 }),
    );
    const fields = Object.keys(ROW);
    const changes = fc.dictionary(fc.constantFrom(...fields, 'new'), value, { maxKeys: 8 });
    const row = fc
      .tuple(changes, fc.shuffledSubarray(fields))
      .map(([change, kept]) =>
        Object.fromEntries([...kept.map((name) => [name, ROW[name]]), ...Object.entries(change)]),
      );
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 3 }),
        fc.boolean(),
        fc.constantFrom(undefined, 1, '\t'),
        (rows, isDataFirst, space) => {
          const arg = PARTIAL_FILL['arg'];
          const push = isDataFirst ? { data: rows, arg, x: [{}] } : { x: 'a\\"}', arg, data: rows };
          const bytes = bytesOf(JSON.stringify(push, null, space));
          const expected = canonical(naiveUpdates(bytes));
          expect(canonical(decoded(bytes))).toBe(expected);
          // Whatever this one learned from the run before, and then from the same bytes.
          expect(canonical(decoded(bytes, LEARNED))).toBe(expected);
          expect(canonical(decoded(bytes, LEARNED))).toBe(expected);
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe('the leg and the category of an order', () => {
  const decode = (changes: Json): readonly [number, number] => {
    const text = Buffer.from(JSON.stringify(pushOf({ ...ROW, ...changes })));
    const updates = new OrderUpdateFrame();
    const decoder = new OrderUpdateDecoder(INSTRUMENTS, TAG);
    expect(decoder.decode(text, 0, text.length, updates)).toBe(true);
    return [updates.positionSide[0]!, updates.category[0]!];
  };

  it.each([
    [{}, PositionSide.net, OrderCategory.normal],
    [{ posSide: 'long', category: 'normal' }, PositionSide.long, OrderCategory.normal],
    [{ posSide: 'short', category: 'twap' }, PositionSide.short, OrderCategory.twap],
    [{ posSide: '', category: '' }, PositionSide.net, OrderCategory.normal],
    [{ category: 'adl' }, PositionSide.net, OrderCategory.adl],
    [{ category: 'full_liquidation' }, PositionSide.net, OrderCategory.fullLiquidation],
    [{ category: 'partial_liquidation' }, PositionSide.net, OrderCategory.partialLiquidation],
    [{ category: 'delivery' }, PositionSide.net, OrderCategory.delivery],
    [{ category: 'ddh' }, PositionSide.net, OrderCategory.ddh],
    [{ category: 'auto_conversion' }, PositionSide.net, OrderCategory.autoConversion],
    // Of a venue that is newer than this.
    [{ posSide: 'both', category: 'something' }, PositionSide.net, OrderCategory.other],
  ])('of %j', (changes, leg, category) => {
    expect(decode(changes)).toEqual([leg, category]);
  });
});
