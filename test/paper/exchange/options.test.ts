import { describe, expect, it } from 'vitest';
import { black76, impliedVolatility } from '../../../engine/paper/exchange/option-pricing.ts';
import type { Row } from '../../../engine/paper/exchange/exchange.ts';
import { accountOptions, START_MS, World } from './recording-world.ts';

const CALL = { instId: 'BTC-USD-261225-80000-C' };
const PUT = { instId: 'BTC-USD-261225-80000-P' };

/** The call at 0.05 coins whatever the smile says: its volatility follows from that. */
function worldOf(changes: ConstructorParameters<typeof World>[0] = {}): World {
  const startPrices = { [CALL.instId]: '0.05', 'BTC-USDT': '78000' };
  return new World({ startPrices, ...changes });
}

function summary(world: World, instId: string): Row {
  const rows = world.exchange.products.optionSummary('BTC-USD', '', world.exchange.nowMs);
  return rows.find((row) => row['instId'] === instId)!;
}

describe('Black’s model', () => {
  it('gives the textbook’s values', () => {
    // At the money d1 = σ√T / 2 = 0.1: F (2 N(0.1) - 1), N(0.1) = 0.5398278.
    const call = black76(true, 100, 100, 1, 0.2);
    expect(call.price).toBeCloseTo(100 * (2 * 0.5398278 - 1), 4);
    expect(call.delta).toBeCloseTo(0.5398278, 6);
    // φ(0.1) = 0.3969525: gamma φ / (F σ), vega F φ / 100, theta -F φ σ / 2 / 365.
    expect(call.gamma).toBeCloseTo(0.3969525 / 20, 8);
    expect(call.vega).toBeCloseTo(0.3969525, 6);
    expect(call.theta).toBeCloseTo((-39.69525 * 0.2) / 2 / 365, 6);
  });

  it('keeps calls and puts at parity, and implies the volatility that it was given', () => {
    for (const [strike, years, volatility] of [
      [80, 0.1, 0.6],
      [100, 1, 0.3],
      [150, 0.5, 1.1],
    ] as const) {
      const call = black76(true, 100, strike, years, volatility);
      const put = black76(false, 100, strike, years, volatility);
      expect(call.price - put.price).toBeCloseTo(100 - strike, 4);
      expect(impliedVolatility(true, 100, strike, years, call.price)).toBeCloseTo(volatility, 4);
    }
    expect(impliedVolatility(true, 100, 80, 0.1, 19)).toBe(0);
  });
});

describe('an option', () => {
  it('is paid for when it is bought, and counts at its value', () => {
    const world = worldOf({ accounts: [accountOptions('a'), accountOptions('b', { makerFeeRate: '0' })] });
    world.place('b', 'sell', '0.05', '30', CALL);
    const { ordId } = world.place('a', 'buy', '0.05', '30', CALL);
    // 30 × 0.01 coins at 0.05 are 0.015; the fee 0.05 % of 0.3 coins, less than an eighth of the premium.
    expect(world.cash('a', 'BTC')).toBe('9.98485');
    expect(world.cash('b', 'BTC')).toBe('10.015');
    expect(world.lastPush(ordId)).toMatchObject({
      instType: 'OPTION',
      fillPnl: '0',
      feeCcy: 'BTC',
      fee: '-0.00015',
    });
    expect(world.exchange.positions('a', {})).toMatchObject([
      { pos: '30', avgPx: '0.05', optVal: '0.015', upl: '0', imr: '0', mmr: '0', ccy: 'BTC' },
    ]);
    const short = world.exchange.positions('b', {})[0]!;
    expect(short).toMatchObject({ pos: '-30', optVal: '-0.015' });
    // 80,000 is 2,000 / 78,000 out of the money: 15 % - 2.564 % of 0.3 coins to begin with, 7.5 % to keep it.
    const row = world.exchange.balances('b', 'BTC')['details'] as Row[];
    expect(Number(row[0]!['imr'])).toBeCloseTo(0.3 * (0.15 - 2_000 / 78_000), 8);
    expect(short['mmr']).toBe('0.0225');
    expect(Number(row[0]!['eq'])).toBeCloseTo(10, 12);
  });

  it('makes what was got for it less what was paid', () => {
    const world = worldOf({
      accounts: [accountOptions('a', { makerFeeRate: '0', takerFeeRate: '0' }), accountOptions('b')],
    });
    world.place('b', 'sell', '0.05', '30', CALL);
    world.place('a', 'buy', '0.05', '30', CALL);
    world.place('b', 'buy', '0.06', '20', CALL);
    const { ordId } = world.place('a', 'sell', '0.06', '20', CALL);
    // 20 × 0.01 × (0.06 - 0.05)
    expect(world.lastPush(ordId)).toMatchObject({ fillPnl: '0.002', pnl: '0.002' });
    // 10 - 0.015 + 0.012
    expect(world.cash('a', 'BTC')).toBe('9.997');
    expect(world.exchange.positions('a', {})).toMatchObject([{ pos: '10', realizedPnl: '0.002' }]);
  });

  it('needs its premium while an order to buy it is open, and no less when it is amended', () => {
    const world = worldOf({ accounts: [accountOptions('a', { balances: { BTC: '0.01' } })] });
    // 0.01 coins buy 20 contracts at 0.05, the fee counted 19.
    expect(world.place('a', 'buy', '0.05', '20', CALL).sCode).toBe('51008');
    const { ordId } = world.place('a', 'buy', '0.05', '15', CALL);
    expect(world.exchange.balances('a')['details']).toMatchObject([
      { ccy: 'BTC', imr: '0.0075', frozenBal: '0.0075' },
    ]);
    const amend = (changes: Row): string => world.exchange.amend('a', { ...CALL, ordId, ...changes }).sCode;
    expect(amend({ newSz: '25' })).toBe('51502');
    expect(amend({ newSz: '16' })).toBe('0');
  });

  it('has a coarser tick the dearer it is', () => {
    const world = worldOf();
    expect(world.exchange.products.tickBands('BTC-USD')).toMatchObject([
      {
        instType: 'OPTION',
        instFamily: 'BTC-USD',
        tickBand: [
          { minPx: '0', maxPx: '0.005', tickSz: '0.0001' },
          { minPx: '0.005', maxPx: '', tickSz: '0.0005' },
        ],
      },
    ]);
    expect(world.place('a', 'buy', '0.0049', '1', CALL).sCode).toBe('0');
    expect(world.place('a', 'buy', '0.0051', '1', CALL).sCode).toBe('51150');
    expect(world.place('a', 'buy', '0.0055', '1', CALL).sCode).toBe('0');
  });

  it('is told with what it is worth', () => {
    const world = worldOf();
    const call = summary(world, CALL.instId);
    const put = summary(world, PUT.instId);
    expect(call).toMatchObject({
      instType: 'OPTION',
      uly: 'BTC-USD',
      fwdPx: '78000',
      bidVol: '0',
      realVol: '',
    });
    expect(world.exchange.markPrice(CALL.instId)).toMatchObject({ markPx: '0.05' });
    // In the coin the premium itself is lost with the price: delta less 0.05.
    expect(Number(call['delta'])).toBeCloseTo(Number(call['deltaBS']) - 0.05, 3);
    expect(Number(put['deltaBS'])).toBeLessThan(0);
    const years = (Date.UTC(2026, 11, 25, 8) - START_MS) / (365 * 86_400_000);
    const price = black76(true, 78_000, 80_000, years, Number(call['markVol'])).price;
    expect(price / 78_000).toBeCloseTo(0.05, 6);
  });
});

describe('an order in dollars or volatility', () => {
  it('rests at the nearest price of the band that is no better, and shows all three', () => {
    const world = worldOf();
    // 3,510 / 78,000 is 0.045; a dollar more is not yet the next price of a bid, but of an offer.
    const bid = world.place('a', 'buy', '', '1', { ...CALL, px: undefined, pxUsd: '3511' });
    const ask = world.place('a', 'sell', '', '1', { ...CALL, px: undefined, pxUsd: '4291' });
    expect(world.lastPush(bid.ordId)).toMatchObject({
      px: '0.045',
      pxUsd: '3511',
      pxType: 'pxUsd',
      state: 'live',
    });
    expect(world.lastPush(ask.ordId)).toMatchObject({ px: '0.0555', pxUsd: '4291' });
    const inVol = world.place('b', 'buy', '', '1', { ...CALL, px: undefined, pxVol: '0.4' });
    expect(world.lastPush(inVol.ordId)).toMatchObject({ pxVol: '0.4', pxType: 'pxVol' });
    const plain = world.place('b', 'buy', '0.045', '1', CALL);
    expect(world.lastPush(plain.ordId)).toMatchObject({ pxType: 'px', pxUsd: '3510' });
  });

  it('is moved by the venue as the forward moves (amendSource 5, amendResult 2)', () => {
    const world = worldOf({ flow: 'seeded', flowInstruments: ['BTC-USDT'] });
    const { ordId } = world.place('a', 'buy', '', '1', {
      ...CALL,
      px: undefined,
      pxUsd: '3900',
      ordType: 'post_only',
    });
    expect(world.lastPush(ordId)).toMatchObject({ px: '0.05' });
    world.exchange.movePrice('BTC-USDT', -1_000);
    world.exchange.advance(START_MS + 2_000);
    // 3,900 / 70,200 is 0.0555.
    expect(world.lastPush(ordId)).toMatchObject({
      state: 'live',
      px: '0.0555',
      amendSource: '5',
      amendResult: '2',
      pxUsd: '3900',
    });
  });

  it.each<[string, Row, string]>([
    ['two prices', { px: '0.05', pxUsd: '3900' }, '51000'],
    ['no price', { px: undefined }, '50014'],
    ['a price in dollars below the tick', { px: undefined, pxUsd: '1' }, '51122'],
    ['a volatility of nothing', { px: undefined, pxVol: '0' }, '51000'],
    ['a price in dollars on a swap', { px: undefined, pxUsd: '1', instId: 'BTC-USDT-SWAP' }, '51000'],
  ])('is refused with %s', (_name, changes, code) => {
    expect(worldOf().place('a', 'buy', '0.05', '1', { ...CALL, ...changes }).sCode).toBe(code);
  });

  it('keeps its kind of price and its size', () => {
    const world = worldOf();
    const { ordId } = world.place('a', 'buy', '', '2', { ...CALL, px: undefined, pxUsd: '3511' });
    const amend = (changes: Row): string => world.exchange.amend('a', { ...CALL, ordId, ...changes }).sCode;
    expect(amend({ newPx: '0.04' })).toBe('51177');
    expect(amend({ newPxVol: '0.4' })).toBe('51177');
    expect(amend({ newSz: '1' })).toBe('51536');
    expect(amend({ newPxUsd: '3120' })).toBe('0');
    expect(world.lastPush(ordId)).toMatchObject({
      px: '0.04',
      pxUsd: '3120',
      amendResult: '0',
      amendSource: '1',
    });
  });
});

describe('the seeded market of an option', () => {
  const flow = { flow: 'seeded', flowInstruments: ['BTC-USDT', CALL.instId], seed: 3 } as const;

  it('stands around the model, on the bands, with two sides', () => {
    const world = worldOf(flow);
    for (let second = 0; second <= 60; second += 5) {
      world.exchange.advance(START_MS + second * 1_000);
      const { bids, asks } = world.exchange.book(CALL.instId)!;
      const mark = Number(world.exchange.markPrice(CALL.instId)!['markPx']);
      expect(bids.length).toBeGreaterThan(1);
      expect(asks.length).toBeGreaterThan(1);
      expect(Number(bids[0]![0])).toBeLessThan(mark);
      expect(Number(asks[0]![0])).toBeGreaterThan(mark);
      for (const [px] of [...bids, ...asks]) expect(Math.round(Number(px) * 1e4) % 5).toBe(0);
    }
  });

  it('fills who quotes inside it', () => {
    const world = worldOf(flow);
    const { ordId } = world.place('a', 'sell', '0.05', '1', { ...CALL, ordType: 'post_only' });
    world.exchange.advance(START_MS + 300_000);
    expect(world.states(ordId).at(-1)).toBe('filled');
  });

  it('is the same for the same seed however time is cut', () => {
    const run = (stepMs: number): number => {
      const world = worldOf(flow);
      for (let timeMs = stepMs; timeMs <= 20_000; timeMs += stepMs) world.exchange.advance(START_MS + timeMs);
      return world.sink.hash;
    };
    expect(run(10)).toBe(run(5_000));
  });
});
