import { describe, expect, it } from 'vitest';
import type { AccountOptions, Row } from '../../../engine/paper/exchange/exchange.ts';
import { accountOptions, World } from './recording-world.ts';

const PAIR = { instId: 'BTC-USDT' };

/** "a" makes half a coin at 78,000 with "b", its rate 0.02 % of 39,000 or of 0.5. */
function made(side: 'buy' | 'sell', a: Partial<AccountOptions>): { world: World; push: Row } {
  const world = new World({ accounts: [accountOptions('a', a), accountOptions('b')] });
  const { ordId } = world.place('a', side, '78000', '0.5', PAIR);
  world.place('b', side === 'buy' ? 'sell' : 'buy', '78000', '0.5', PAIR);
  return { world, push: world.lastPush(ordId) };
}

describe('a fee', () => {
  it('comes off what is received: coins of a purchase, dollars of a sale', () => {
    const bought = made('buy', { makerFeeRate: '-0.0002' });
    expect(bought.push).toMatchObject({ fee: '-0.0001', feeCcy: 'BTC', fillFee: '-0.0001', rebate: '0' });
    expect(bought.world.cash('a', 'BTC')).toBe('10.4999');
    expect(bought.world.cash('a', 'USDT')).toBe('961000');
    const sold = made('sell', { makerFeeRate: '-0.0002' });
    expect(sold.push).toMatchObject({ fee: '-7.8', feeCcy: 'USDT', fillFee: '-7.8' });
    expect(sold.world.cash('a', 'USDT')).toBe('1038992.2');
  });

  it('is in quote currency for an account that has it so', () => {
    const { world, push } = made('buy', { makerFeeRate: '-0.0002', accountLevel: '1', feeType: '1' });
    expect(push).toMatchObject({ fee: '-7.8', feeCcy: 'USDT', fillFeeCcy: 'USDT' });
    expect(world.cash('a', 'BTC')).toBe('10.5');
    expect(world.cash('a', 'USDT')).toBe('960992.2');
  });
});

describe('a maker’s rebate', () => {
  it('is in quote currency', () => {
    const bought = made('buy', { makerFeeRate: '0.0002' });
    expect(bought.push).toMatchObject({
      fee: '0',
      rebate: '7.8',
      rebateCcy: 'USDT',
      fillFee: '7.8',
      fillFeeCcy: 'USDT',
    });
    const sold = made('sell', { makerFeeRate: '0.0002' });
    expect(sold.push).toMatchObject({ fee: '7.8', feeCcy: 'USDT', fillFee: '7.8', fillFeeCcy: 'USDT' });
    expect(sold.world.cash('a', 'USDT')).toBe('1039007.8');
  });

  it('of a sale is in coins for an account that has it so', () => {
    const { world, push } = made('sell', { makerFeeRate: '0.0002', isRebatedInBase: true });
    expect(push).toMatchObject({
      fee: '0',
      feeCcy: 'USDT',
      rebate: '0.0001',
      rebateCcy: 'BTC',
      fillFee: '0.0001',
      fillFeeCcy: 'BTC',
    });
    expect(world.cash('a', 'USDT')).toBe('1039000');
    // 10 less 0.5 that were sold.
    expect(world.cash('a', 'BTC')).toBe('9.5001');
  });
});
