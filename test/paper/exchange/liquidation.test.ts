import { describe, expect, it } from 'vitest';
import type { AccountOptions, Row } from '../../../engine/paper/exchange/exchange.ts';
import { accountOptions, START_MS, World } from './recording-world.ts';

const SWAP = 'BTC-USDT-SWAP';

/** "a" is long (or short) of the swap at 78,000 without having paid a fee; 100 contracts are a coin. */
function worldOf(
  a: Partial<AccountOptions>,
  sz: string,
  changes: Row = {},
  side: 'buy' | 'sell' = 'buy',
): World {
  const fees = { makerFeeRate: '0' };
  const rich = { balances: { USDT: '10000000', BTC: '1000' } };
  const world = new World({ accounts: [accountOptions('a', { ...fees, ...a }), accountOptions('b', rich)] });
  expect(world.place('a', side, '78000', sz, changes).sMsg).toBe('Order placed');
  world.place('b', side === 'buy' ? 'sell' : 'buy', '78000', sz);
  return world;
}

/** The mark price goes there, and the venue has a look. */
function markAt(world: World, px: string): void {
  expect(world.exchange.act((products, nowMs) => products.holdMark(SWAP, px, nowMs))).toBe(true);
  world.exchange.advance(world.exchange.nowMs + 200);
}

function forced(world: World): Row[] {
  return world.sink.orders.filter((row) => row['category'] !== 'normal' && row['uid'] === 'a');
}

describe('full liquidation', () => {
  // 1,000 stand behind 0.1 coins: 1,000 + 0.1 (p - 78,000) = 0.4 % of 0.1 p at p = 68,273.09.
  const SMALL = { balances: { USDT: '1000' } };

  it('comes when the equity is the maintenance margin, and takes exactly that', () => {
    const world = worldOf(SMALL, '10');
    markAt(world, '68273.2');
    expect(forced(world)).toEqual([]);
    markAt(world, '68273');
    // Equity 27.3, less than 27.3092: all of it is gone at 68,273 - 273.
    expect(forced(world)).toMatchObject([
      {
        category: 'full_liquidation',
        state: 'filled',
        side: 'sell',
        clOrdId: '',
        tag: '',
        ordType: 'market',
        reduceOnly: 'true',
        fillPx: '68000',
        fillSz: '10',
        fillPnl: '-1000',
        fillFee: '0',
        execType: 'T',
      },
    ]);
    expect(Number(forced(world)[0]!['tradeId'])).toBeLessThan(0);
    expect(world.cash('a', 'USDT')).toBe('0');
    expect(world.exchange.positions('a', {})).toEqual([]);
    expect(world.sink.balanceEvents.at(-1)).toMatchObject({
      eventType: 'liquidation',
      posData: [{ pos: '0' }],
    });
    // None of the public's business, nor of `fills`.
    expect(world.sink.trades).toHaveLength(1);
    expect(world.sink.fills.filter((row) => Number(row['tradeId']) < 0)).toEqual([]);
    expect(world.exchange.fills('a', {})[0]).toMatchObject({ subType: '104', fillPx: '68000', clOrdId: '' });
  });

  it('of a short is the other way round', () => {
    const world = worldOf(SMALL, '10', {}, 'sell');
    // 1,000 - 0.1 (p - 78,000) = 0.0004 p at p = 87,649.4
    markAt(world, '87650');
    expect(forced(world)).toMatchObject([{ side: 'buy', fillPx: '88000', fillPnl: '-1000' }]);
    expect(world.cash('a', 'USDT')).toBe('0');
    expect(world.exchange.fills('a', {})[0]).toMatchObject({ subType: '105' });
  });

  it('takes no more than there is when the price has leapt over it', () => {
    const world = worldOf(SMALL, '10');
    markAt(world, '60000');
    expect(forced(world)).toMatchObject([{ fillPx: '68000', fillPnl: '-1000' }]);
    expect(world.cash('a', 'USDT')).toBe('0');
  });

  it('of an isolated position leaves the rest of the account alone', () => {
    const world = worldOf({ balances: { USDT: '5000' } }, '10', { tdMode: 'isolated' });
    // 780 of margin: 780 + 0.1 (p - 78,000) = 0.0004 p at 70,481.9; it ends at 70,200.
    markAt(world, '70482.5');
    expect(forced(world)).toEqual([]);
    markAt(world, '70481');
    expect(forced(world)).toMatchObject([{ tdMode: 'isolated', fillPx: '70200', fillPnl: '-780' }]);
    expect(world.cash('a', 'USDT')).toBe('4220');
  });

  it('of an inverse position is paid in coin', () => {
    const fees = { makerFeeRate: '0', balances: { BTC: '0.0101' } };
    const world = new World({ accounts: [accountOptions('a', fees), accountOptions('b')] });
    const inverse = { instId: 'BTC-USD-SWAP' };
    world.place('a', 'buy', '78000', '78', inverse);
    world.place('b', 'sell', '78000', '78', inverse);
    // 0.0101 + 7,800 (1/78,000 - 1/p) = 0.4 % of 7,800/p: p = 7,831.2 / 0.1101 = 71,128.1; all is gone at 7,800 / 0.1101.
    world.exchange.act((products, nowMs) => products.holdMark('BTC-USD-SWAP', '71128', nowMs));
    world.exchange.advance(START_MS + 200);
    expect(forced(world)).toMatchObject([{ category: 'full_liquidation', fillPx: '70844.7' }]);
    // 70,844.69 rounded up to a tick leaves next to nothing, and not less.
    expect(Number(world.cash('a', 'BTC'))).toBeGreaterThanOrEqual(0);
    expect(Number(world.cash('a', 'BTC'))).toBeLessThan(1e-7);
  });
});

describe('partial liquidation', () => {
  it('takes a large position down to the next lower tier, at the mark price for the taker’s fee', () => {
    // 2,500 contracts are in the second tier (to 4,000), at 0.6 %: 210,000 + 25 (p - 78,000) = 0.15 p at 70,020.1.
    const world = worldOf({ balances: { USDT: '210000' } }, '2500');
    markAt(world, '70020');
    // 5 coins go at a loss of 7,980 each and 0.05 % of 350,100.
    expect(forced(world)).toMatchObject([
      {
        category: 'partial_liquidation',
        fillPx: '70020',
        fillSz: '500',
        fillPnl: '-39900',
        fillFee: '-175.05',
      },
    ]);
    expect(world.cash('a', 'USDT')).toBe('169924.95');
    expect(world.exchange.positions('a', {})).toMatchObject([{ pos: '2000', avgPx: '78000', mmr: '5601.6' }]);
    expect(world.exchange.fills('a', {})[0]).toMatchObject({ subType: '100' });
    // At 0.4 % of 1,400,400 the 10,324.95 that are left are enough.
    markAt(world, '70020');
    expect(forced(world)).toHaveLength(1);
    const profit = world.exchange.positions('a', {})[0]!;
    expect(profit).toMatchObject({ realizedPnl: '-40075.05', fee: '-175.05', liqPenalty: '0' });
  });
});

describe('before that', () => {
  it('comes a warning, then orders that would add go, then all orders', () => {
    const world = worldOf({ balances: { USDT: '1000' } }, '10');
    const { warnings } = world.sink;
    const adding = world.place('a', 'buy', '77000', '0.5').ordId;
    const closing = world.place('a', 'sell', '80000', '5', { reduceOnly: true }).ordId;
    markAt(world, '69000');
    // 100 of equity over 27.6.
    expect(warnings).toEqual([]);
    markAt(world, '68800');
    expect(warnings).toMatchObject([{ uid: 'a', instId: SWAP, pos: '10', mgnRatio: '2.907' }]);
    markAt(world, '68300');
    // 30 over 27.32 is 1.098.
    expect(world.lastPush(adding)).toMatchObject({ state: 'canceled', cancelSource: '2' });
    expect(world.lastPush(closing)).toMatchObject({ state: 'live' });
    markAt(world, '68270');
    expect(world.lastPush(closing)).toMatchObject({ state: 'canceled', cancelSource: '3' });
    expect(forced(world)).toHaveLength(1);
    // Once in half a minute.
    expect(warnings).toHaveLength(1);
  });
});

describe('on demand', () => {
  it('positions are liquidated and deleveraged whatever stands behind them', () => {
    const world = worldOf({}, '10');
    const resting = world.place('a', 'buy', '77000', '1').ordId;
    const act = world.exchange.act.bind(world.exchange);
    expect(act((products, nowMs) => products.liquidate('a', SWAP, '4', nowMs))).toBe(true);
    expect(world.lastPush(resting)).toMatchObject({ cancelSource: '3' });
    const again = world.place('a', 'buy', '77000', '1').ordId;
    expect(act((products, nowMs) => products.deleverage('a', SWAP, '1', nowMs))).toBe(true);
    expect(world.lastPush(again)).toMatchObject({ cancelSource: '6' });
    expect(act((products, nowMs) => products.liquidate('a', SWAP, '', nowMs))).toBe(true);
    expect(forced(world).map((row) => [row['category'], row['fillSz'], row['fillPx']])).toEqual([
      ['partial_liquidation', '4', '78000'],
      ['adl', '1', '78000'],
      // 0.4 % below.
      ['full_liquidation', '5', '77688'],
    ]);
    expect(world.sink.balanceEvents.map(({ eventType }) => eventType).slice(-3)).toEqual([
      'liquidation',
      'adl',
      'liquidation',
    ]);
    expect(act((products, nowMs) => products.liquidate('a', SWAP, '', nowMs))).toBe(false);
  });
});
