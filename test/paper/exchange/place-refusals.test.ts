import { describe, expect, it } from 'vitest';
import { accountOptions, World } from './recording-world.ts';
import type { AccountLevel, Row } from '../../../engine/paper/exchange/exchange.ts';

const VALID: Row = {
  instId: 'BTC-USDT-SWAP',
  tdMode: 'cross',
  side: 'buy',
  ordType: 'limit',
  px: '77990',
  sz: '1',
  clOrdId: '1763676600123000101',
  tag: 'tag1',
};

function place(changes: Row, world = new World()): string {
  const result = world.exchange.place('a', { ...VALID, ...changes });
  // A refused order does not exist: nothing is pushed, nothing can be found, and its text says why.
  const isRefused = result.sCode !== '0';
  expect(result.ordId === '').toBe(isRefused);
  expect(result.sMsg).not.toBe('');
  expect(world.sink.orders.length === 0).toBe(isRefused);
  expect(world.exchange.pendingOrders('a', {}).length === 0).toBe(isRefused);
  return result.sCode;
}

describe('shape', () => {
  it('accepts the request that the refusals vary', () => {
    expect(place({})).toBe('0');
  });

  it.each<[string, Row, string]>([
    ['an unknown instrument', { instId: 'NO-SUCH' }, '51001'],
    ['no instrument', { instId: '' }, '51001'],
    ['no tdMode', { tdMode: '' }, '50014'],
    ['no side', { side: undefined }, '50014'],
    ['no ordType', { ordType: '' }, '50014'],
    ['no sz', { sz: '' }, '50014'],
    ['no px', { px: undefined }, '50014'],
    ['an unknown tdMode', { tdMode: 'margin' }, '51000'],
    ['an unknown side', { side: 'BUY' }, '51000'],
    ['an unknown ordType', { ordType: 'stop' }, '51000'],
    ['an unknown stpMode', { stpMode: 'none' }, '51000'],
    ['a reduceOnly that is no boolean', { reduceOnly: 'yes' }, '51000'],
    ['a clOrdId with a hyphen', { clOrdId: 'a-b' }, '51000'],
    ['a clOrdId of 33 characters', { clOrdId: 'x'.repeat(33) }, '51000'],
    ['a clOrdId that is a number', { clOrdId: 7 }, '51000'],
    ['a tag of 17 characters', { tag: 'x'.repeat(17) }, '51000'],
    ['a tag with an underscore', { tag: 'a_b' }, '51000'],
    ['a px with an exponent', { px: '7.8e4' }, '51000'],
    ['a px with a sign', { px: '-78000' }, '51000'],
    ['a px of zero', { px: '0' }, '51000'],
    ['a px that is a number', { px: 77990 }, '51000'],
    ['a px off the tick', { px: '77990.05' }, '51150'],
    ['a sz with an exponent', { sz: '1e0' }, '51000'],
    ['a sz of zero', { sz: '0' }, '51000'],
    ['a sz below the least', { sz: '0.001' }, '51020'],
    ['a sz off the lot', { sz: '1.005' }, '51121'],
    ['a sz above the greatest', { sz: '100000001' }, '51005'],
    ['a market sz above the greatest', { sz: '34001', ordType: 'market' }, '51202'],
    ['a value above the greatest', { sz: '30000', px: '78000' }, '51185'],
    ['a buy above the price limit', { px: '80341' }, '51006'],
    ['a sale below the price limit', { side: 'sell', px: '75659' }, '51006'],
    ['FOK with cancel_both', { ordType: 'fok', stpMode: 'cancel_both' }, '54036'],
    ['an RPI order', { ordType: 'rpi' }, '54041'],
    ['posSide long in net mode', { posSide: 'long' }, '51000'],
    ['spot with reduceOnly', { instId: 'BTC-USDT', tdMode: 'cash', reduceOnly: true }, '51205'],
    [
      'optimal_limit_ioc on spot',
      { instId: 'BTC-USDT', tdMode: 'cash', ordType: 'optimal_limit_ioc' },
      '51000',
    ],
    ['an expired future', { instId: 'BTC-USDT-260626' }, '51027'],
  ])('refuses %s', (_name, changes, code) => {
    expect(place(changes)).toBe(code);
  });

  it('names the parameter in sMsg', () => {
    const world = new World();
    const result = world.exchange.place('a', { ...VALID, clOrdId: 'a-b' });
    expect(result).toMatchObject({
      sCode: '51000',
      sMsg: 'Parameter clOrdId error',
      clOrdId: 'a-b',
      tag: 'tag1',
    });
  });

  it('takes 32 and 16 characters, and booleans as text', () => {
    expect(place({ clOrdId: 'x'.repeat(32), tag: 'y'.repeat(16), reduceOnly: 'false' })).toBe('0');
  });

  it('pulls the price to the limit with pxAmendType 1', () => {
    const world = new World();
    const result = world.exchange.place('a', { ...VALID, px: '90000', pxAmendType: '1' });
    expect(result.sCode).toBe('0');
    expect(world.lastPush(result.ordId)['px']).toBe('80340');
  });

  it('gives spot its own price limit codes', () => {
    const spot = { instId: 'BTC-USDT', tdMode: 'cash', sz: '0.1' };
    expect(place({ ...spot, px: '81900.1' })).toBe('51137');
    expect(place({ ...spot, side: 'sell', px: '74099.9' })).toBe('51138');
  });
});

describe('account mode', () => {
  it.each<[AccountLevel, string, string, string]>([
    ['1', 'BTC-USDT', 'cash', '0'],
    ['1', 'BTC-USDT', 'cross', '51000'],
    ['1', 'BTC-USDT-SWAP', 'cross', '51010'],
    ['2', 'BTC-USDT', 'cash', '0'],
    ['2', 'BTC-USDT', 'cross', '51000'],
    ['1', 'BTC-USD-261225-80000-C', 'cross', '51000'],
    ['2', 'BTC-USD-261225-80000-C', 'cash', '51000'],
    ['4', 'BTC-USDT', 'isolated', '50072'],
    ['2', 'BTC-USDT-SWAP', 'cross', '0'],
    ['2', 'BTC-USDT-SWAP', 'isolated', '0'],
    ['2', 'BTC-USDT-SWAP', 'cash', '51000'],
    ['3', 'BTC-USDT', 'cross', '0'],
    ['3', 'BTC-USDT', 'cash', '51000'],
    ['3', 'BTC-USDT', 'isolated', '50072'],
    ['3', 'BTC-USDT-SWAP', 'cross', '0'],
    ['4', 'BTC-USDT', 'cross', '0'],
    ['4', 'BTC-USDT-SWAP', 'cross', '0'],
  ])('level %s, %s, tdMode %s gives %s', (accountLevel, instId, tdMode, code) => {
    const world = new World({ accounts: [accountOptions('a', { accountLevel })] });
    expect(place({ instId, tdMode }, world)).toBe(code);
  });
});

describe('instrument state', () => {
  it.each([
    ['suspend', 'limit', '51022'],
    ['rebase', 'limit', '51022'],
    ['preopen', 'limit', '51021'],
    ['expired', 'limit', '51027'],
    ['post_only', 'limit', '51124'],
    ['post_only', 'post_only', '0'],
  ])('%s gives a %s order %s', (state, ordType, code) => {
    const world = new World();
    world.exchange.changeInstrument('BTC-USDT-SWAP', { state });
    expect(world.sink.instruments).toMatchObject([{ instId: 'BTC-USDT-SWAP', state }]);
    expect(place({ ordType }, world)).toBe(code);
  });
});

describe('ids, caps and funds', () => {
  it('refuses the clOrdId of an open order and takes it again once that has ended', () => {
    const world = new World();
    const { ordId } = world.place('a', 'buy', '77990', '1', { clOrdId: '7' });
    expect(place({ clOrdId: '7' }, new World())).toBe('0');
    expect(world.place('a', 'buy', '77990', '1', { clOrdId: '7' }).sCode).toBe('51016');
    expect(world.place('b', 'buy', '77990', '1', { clOrdId: '7' }).sCode).toBe('0');
    world.cancel('a', ordId);
    const again = world.place('a', 'buy', '77980', '1', { clOrdId: '7' });
    expect(again.sCode).toBe('0');
    // The newest of that name.
    expect(world.exchange.order('a', 'BTC-USDT-SWAP', { clOrdId: '7' })).toMatchObject({
      ordId: again.ordId,
    });
  });

  it('refuses the 501st open order of an instrument', () => {
    const world = new World();
    for (let count = 0; count < 500; count++) {
      expect(world.place('a', 'buy', '77990', '0.01').sCode).toBe('0');
    }
    expect(world.place('a', 'buy', '77990', '0.01').sCode).toBe('51174');
    expect(world.place('b', 'buy', '77990', '0.01').sCode).toBe('0');
  });

  it('refuses a spot order beyond the free balance, open orders counted', () => {
    const world = new World();
    const spot = { instId: 'BTC-USDT' };
    expect(world.place('a', 'buy', '78000', '10', spot).sCode).toBe('0');
    const short = world.place('a', 'buy', '78000', '3', spot);
    expect(short).toMatchObject({ sCode: '51008', subCode: '1000' });
    expect(short.sMsg).toBe('Order failed. Insufficient USDT balance in account');
    expect(world.place('a', 'sell', '79000', '10', spot).sCode).toBe('0');
    expect(world.place('a', 'sell', '79000', '0.00001', spot).sCode).toBe('51008');
  });

  it.each<AccountLevel>(['1', '3'])('counts open spot orders in account level %s too', (accountLevel) => {
    const world = new World({ accounts: [accountOptions('a', { accountLevel })] });
    const spot = { instId: 'BTC-USDT', tdMode: accountLevel === '1' ? 'cash' : 'cross' };
    expect(world.place('a', 'sell', '79000', '6', spot).sCode).toBe('0');
    expect(world.place('a', 'sell', '79000', '6', spot).sCode).toBe('51008');
    expect(world.place('a', 'sell', '79000', '4', spot).sCode).toBe('0');
  });

  it('refuses a contract order beyond the margin, and takes one that closes', () => {
    const accounts = [accountOptions('a', { balances: { USDT: '1000' } }), accountOptions('b')];
    const world = new World({ accounts });
    // 12 contracts are 9,360 USDT: 936 of margin at 10 times leverage.
    const short = world.place('a', 'buy', '78000', '13');
    expect(short).toMatchObject({ sCode: '51008', subCode: '1001' });
    expect(world.place('a', 'buy', '78000', '12').sCode).toBe('0');
    expect(world.place('a', 'buy', '78000', '12').sCode).toBe('51008');
    world.place('b', 'sell', '78000', '12');
    expect(world.place('a', 'sell', '78100', '12').sCode).toBe('0');
  });

  it('counts all currencies in multi-currency mode', () => {
    const balances = { BTC: '1' };
    const world = new World({ accounts: [accountOptions('a', { balances, accountLevel: '3' })] });
    expect(world.place('a', 'buy', '78000', '900').sCode).toBe('0');
    expect(world.place('a', 'buy', '78000', '200').sCode).toBe('51008');
  });

  it('refuses reduce-only without a position (51169) or on its side (51170)', () => {
    const world = new World();
    expect(world.place('a', 'buy', '78000', '1', { reduceOnly: true }).sCode).toBe('51169');
    world.place('a', 'buy', '78000', '1');
    world.place('b', 'sell', '78000', '1');
    expect(world.place('a', 'buy', '78000', '1', { reduceOnly: true }).sCode).toBe('51170');
    expect(world.place('a', 'sell', '78100', '1', { reduceOnly: true }).sCode).toBe('0');
  });
});
