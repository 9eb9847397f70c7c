import { describe, expect, it } from 'vitest';
import type { AccountOptions, Row } from '../../../engine/paper/exchange/exchange.ts';
import { accountOptions, World } from './recording-world.ts';

const PAIR = { instId: 'BTC-USDT' };
const LONG_BACKED_BY_USDT = { ...PAIR, tdMode: 'cross', ccy: 'USDT' };

function worldOf(a: Partial<AccountOptions>): World {
  return new World({
    accounts: [
      accountOptions('a', a),
      accountOptions('b', { balances: { USDT: '1000000', BTC: '100', USDC: '1000000' } }),
    ],
  });
}

/** "b" takes what "a" has placed, or gives it. */
function trade(world: World, side: 'buy' | 'sell', px: string, sz: string, changes: Row): string {
  const placed = world.place('a', side, px, sz, changes);
  expect(placed.sMsg).toBe('Order placed');
  world.place('b', side === 'buy' ? 'sell' : 'buy', px, sz, PAIR);
  return placed.ordId;
}

function detail(world: World, ccy: string): Row {
  return (world.exchange.balances('a')['details'] as Row[]).find((row) => row['ccy'] === ccy)!;
}

describe('a spot pair on margin in futures mode', () => {
  it('is a position: what is held, what is owed, and profit in quote currency', () => {
    const world = worldOf({ balances: { USDT: '10000', BTC: '0.1' }, makerFeeRate: '-0.001' });
    const ordId = trade(world, 'buy', '78000', '0.5', LONG_BACKED_BY_USDT);
    expect(world.lastPush(ordId)).toMatchObject({
      instType: 'MARGIN',
      ccy: 'USDT',
      posSide: 'net',
      lever: '10',
    });
    const [row] = world.exchange.positions('a', { instType: 'MARGIN' });
    expect(row).toMatchObject({
      instType: 'MARGIN',
      instId: 'BTC-USDT',
      mgnMode: 'cross',
      ccy: 'USDT',
      avgPx: '78000',
      // 0.5 bought for 0.5 × 78,000 that were borrowed.
      pos: '0.5',
      posCcy: 'BTC',
      liab: '-39000',
      liabCcy: 'USDT',
      interest: '0',
      imr: '3900',
      mmr: '156',
    });
    expect(world.exchange.positions('a', { instType: 'SPOT' })).toEqual([]);
    // The fee comes off what is received, 0.5 × 0.1 %, out of what the account has of it.
    expect(world.cash('a', 'BTC')).toBe('0.0995');
    expect(world.cash('a', 'USDT')).toBe('10000');
    trade(world, 'sell', '79000', '0.5', { ...LONG_BACKED_BY_USDT, reduceOnly: true });
    // 0.5 × (79,000 - 78,000) - 0.1 % of 39,500
    expect(world.cash('a', 'USDT')).toBe('10460.5');
    expect(world.exchange.positions('a', {})).toEqual([]);
  });

  it('owes what it has sold when it is short', () => {
    const world = worldOf({ balances: { USDT: '10000' } });
    trade(world, 'sell', '78000', '0.2', { ...LONG_BACKED_BY_USDT, tdMode: 'isolated' });
    expect(world.exchange.positions('a', {})).toMatchObject([
      { mgnMode: 'isolated', pos: '15600', posCcy: 'USDT', liab: '-0.2', liabCcy: 'BTC', margin: '1560' },
    ]);
    const closed = world.exchange.closePosition('a', { ...PAIR, mgnMode: 'isolated', ccy: 'USDT' });
    expect(closed).toMatchObject({ instId: 'BTC-USDT' });
  });

  it('may stand on the base currency, and needs as much of it', () => {
    const world = worldOf({ balances: { BTC: '0.05' } });
    const backedByBtc = { ...LONG_BACKED_BY_USDT, ccy: 'BTC' };
    // Ten times 0.05 at leverage ten, less the fee of 0.05 %.
    expect(world.place('a', 'buy', '78000', '0.5', backedByBtc).sCode).toBe('51008');
    trade(world, 'buy', '78000', '0.4', backedByBtc);
    expect(world.exchange.positions('a', {})).toMatchObject([{ ccy: 'BTC', imr: '0.04', liab: '-31200' }]);
    expect(detail(world, 'BTC')).toMatchObject({ imr: '0.04', mmr: '0.0016' });
    // Beside it, the same pair on the other currency is another position.
    expect(world.place('a', 'buy', '78000', '0.01', LONG_BACKED_BY_USDT).sCode).toBe('51008');
  });

  it.each<[string, Row, string]>([
    ['no ccy', { tdMode: 'cross' }, '51000'],
    ['a ccy that is not of the pair', { tdMode: 'cross', ccy: 'ETH' }, '51000'],
    ['more than the margin', { tdMode: 'cross', ccy: 'USDT', sz: '20' }, '51008'],
    ['reduce-only without a position', { tdMode: 'cross', ccy: 'USDT', reduceOnly: true }, '51169'],
  ])('is refused with %s', (_name, changes, code) => {
    const world = worldOf({ balances: { USDT: '10000' } });
    const request = { ...PAIR, side: 'buy', ordType: 'limit', px: '78000', sz: '0.1', ...changes };
    expect(world.exchange.place('a', request).sCode).toBe(code);
  });

  it('spends an amount of quote currency at market', () => {
    const world = worldOf({ balances: { USDT: '10000' } });
    world.place('b', 'sell', '78000', '1', PAIR);
    const order = { ...LONG_BACKED_BY_USDT, side: 'buy', ordType: 'market', sz: '7800' };
    expect(world.exchange.place('a', order).sCode).toBe('0');
    expect(world.exchange.positions('a', {})).toMatchObject([{ pos: '0.1', liab: '-7800' }]);
  });
});

describe('spot in cross mode', () => {
  const shared = { accountLevel: '3', balances: { USDT: '10000' } } as const;
  const cross = { ...PAIR, tdMode: 'cross' };

  it('borrows nothing unless the account borrows by itself', () => {
    const world = worldOf(shared);
    expect(world.place('a', 'buy', '78000', '0.5', cross)).toMatchObject({ sCode: '51008', subCode: '1000' });
  });

  it('owes what it lacks with autoLoan, and has that in its margin', () => {
    const world = worldOf({ ...shared, autoLoan: true });
    trade(world, 'buy', '78000', '0.5', cross);
    // 10,000 - 39,000
    expect(detail(world, 'USDT')).toMatchObject({
      cashBal: '-29000',
      eq: '-29000',
      liab: '29000',
      crossLiab: '29000',
    });
    // A tenth of what is borrowed to begin with, three hundredths to keep it: 39,000 - 29,000 stand behind 870.
    expect(world.exchange.balances('a')).toMatchObject({ imr: '2900', mmr: '870' });
    expect(Number(world.exchange.balances('a')['mgnRatio'])).toBeCloseTo(
      (0.49975 * 78_000 - 29_000) / 870,
      1,
    );
    expect(world.exchange.accountConfig('a')['autoLoan']).toBe(true);
  });

  it('borrows no more than the account can back', () => {
    const world = worldOf({ ...shared, autoLoan: true });
    // 10,000 of its own and 100,000 that a tenth of has to stand behind: 1.41 coins.
    expect(world.place('a', 'buy', '78000', '1.5', cross).sCode).toBe('51008');
    expect(world.place('a', 'sell', '78100', '1.2', cross).sCode).toBe('0');
    expect(world.place('a', 'sell', '78100', '1.2', cross).sCode).toBe('51008');
  });
});

describe('options in spot mode', () => {
  const CALL = { instId: 'BTC-USD-261225-80000-C', tdMode: 'cash' };

  it('are bought with cash, and sold while they are there', () => {
    const world = worldOf({ accountLevel: '1', balances: { BTC: '0.02' } });
    expect(world.place('a', 'sell', '0.05', '1', CALL).sCode).toBe('51169');
    // 30 contracts of a hundredth at 0.05 are 0.015.
    expect(world.place('a', 'buy', '0.05', '60', CALL).sCode).toBe('51008');
    world.place('a', 'buy', '0.05', '30', CALL);
    world.place('b', 'sell', '0.05', '30', { ...CALL, tdMode: 'cross' });
    expect(world.exchange.positions('a', {})).toMatchObject([{ instType: 'OPTION', pos: '30' }]);
    expect(world.place('a', 'sell', '0.06', '30', CALL).sCode).toBe('0');
  });
});

describe('long/short mode', () => {
  const LONG = { posSide: 'long' };

  it('closes no more of a side than no other order is about to close (51112)', () => {
    const world = worldOf({ positionMode: 'long_short_mode' });
    world.place('a', 'buy', '78000', '3', LONG);
    world.place('b', 'sell', '78000', '3');
    expect(world.place('a', 'sell', '78100', '4', LONG).sCode).toBe('51112');
    expect(world.place('a', 'sell', '78100', '2', LONG).sCode).toBe('0');
    expect(world.exchange.positions('a', {})).toMatchObject([{ posSide: 'long', pos: '3', availPos: '1' }]);
    expect(world.place('a', 'sell', '78200', '2', LONG).sCode).toBe('51112');
    expect(world.place('a', 'sell', '78200', '1', LONG).sCode).toBe('0');
  });

  it('is not for portfolio margin (51041)', () => {
    const world = worldOf({ accountLevel: '4' });
    expect(world.exchange.setPositionMode('a', 'long_short_mode')).toMatchObject({ sCode: '51041' });
    expect(world.place('a', 'buy', '78000', '1', LONG).sCode).toBe('51041');
  });
});

describe('contracts that settle in USD', () => {
  it('settle in what the account has chosen', () => {
    const world = worldOf({ settleCcy: 'USDG', balances: { USDG: '10000' } });
    const um = { instId: 'BTC-USD_UM-SWAP' };
    world.place('b', 'sell', '78000', '100', um);
    expect(world.place('a', 'buy', '78000', '100', um).sCode).toBe('0');
    expect(world.exchange.positions('a', {})).toMatchObject([{ ccy: 'USDG', pos: '100' }]);
    // 100 contracts of 0.0001 coins, 0.05 % taken.
    expect(world.cash('a', 'USDG')).toBe('9999.61');
  });
});
