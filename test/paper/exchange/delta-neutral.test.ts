import { describe, expect, it } from 'vitest';
import type { Row } from '../../../engine/paper/exchange/exchange.ts';
import { accountOptions, World } from './recording-world.ts';

/** "a" holds half a coin, and nothing else that moves. */
function worldOf(isRestricted = true): World {
  const neutral = { stgyType: '1', accountLevel: '3', balances: { USDT: '100000', BTC: '0.5' } } as const;
  const world = new World({ accounts: [accountOptions('a', neutral), accountOptions('b')] });
  expect(world.exchange.act((products) => products.restrictDelta('a', isRestricted))).toBe(true);
  expect(world.exchange.act((products) => products.restrictDelta('b', true))).toBe(false);
  return world;
}

describe('delta-neutral mode', () => {
  it('says so', () => {
    expect(worldOf().exchange.accountConfig('a')['stgyType']).toBe('1');
    expect(worldOf().exchange.balances('a')['deltaNeutralStatus']).toBe('1');
  });

  it.each<[string, 'buy' | 'sell', string, Row, string]>([
    ['takes what reduces the delta', 'sell', '50', {}, '0'],
    ['refuses what adds to it', 'buy', '1', {}, '51209'],
    ['refuses more than it reduces', 'sell', '51', {}, '51211'],
    ['counts inverse contracts in coin', 'sell', '391', { instId: 'BTC-USD-SWAP' }, '51211'],
    ['takes as many of them as the coins are worth', 'sell', '390', { instId: 'BTC-USD-SWAP' }, '0'],
    ['refuses isolated margin', 'sell', '1', { tdMode: 'isolated' }, '51213'],
    ['refuses options', 'sell', '1', { instId: 'BTC-USD-261225-80000-C' }, '51214'],
  ])('%s', (_name, side, sz, changes, code) => {
    const px = changes['instId'] === 'BTC-USD-261225-80000-C' ? '0.05' : '78000';
    expect(worldOf().place('a', side, px, sz, changes).sCode).toBe(code);
  });

  it('takes one order at a time, which does not grow', () => {
    const world = worldOf();
    const { ordId } = world.place('a', 'sell', '78100', '20');
    expect(world.place('a', 'sell', '78100', '20').sCode).toBe('51210');
    expect(world.amend('a', ordId, { newSz: '30' }).sCode).toBe('51212');
    expect(world.amend('a', ordId, { newSz: '10' }).sCode).toBe('0');
    world.exchange.act((products) => products.restrictDelta('a', false));
    expect(world.amend('a', ordId, { newSz: '30' }).sCode).toBe('0');
    expect(world.place('a', 'buy', '77000', '20').sCode).toBe('0');
  });
});
