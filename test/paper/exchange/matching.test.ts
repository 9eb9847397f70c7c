import { describe, expect, it } from 'vitest';
import { accountOptions, World } from './recording-world.ts';

describe('price-time priority', () => {
  it('fills the best price first, and within a price the oldest', () => {
    const world = new World();
    const late = world.place('a', 'sell', '78001', '1').ordId;
    const first = world.place('a', 'sell', '78000', '1').ordId;
    const second = world.place('b', 'sell', '78000', '1').ordId;
    world.place('c', 'buy', '78001', '2.5');
    expect(world.states(first)).toEqual(['live', 'filled']);
    expect(world.states(second)).toEqual(['live', 'filled']);
    expect(world.lastPush(late)).toMatchObject({
      state: 'partially_filled',
      accFillSz: '0.5',
      fillPx: '78001',
    });
    expect(world.sink.singleTrades.map((row) => [row['px'], row['sz'], row['side']])).toEqual([
      ['78000', '1', 'buy'],
      ['78000', '1', 'buy'],
      ['78001', '0.5', 'buy'],
    ]);
  });

  it('prints one public trade a taker and price, with the count and the last tradeId', () => {
    const world = new World();
    world.place('a', 'buy', '77999', '1');
    world.place('b', 'buy', '77999', '2');
    world.place('a', 'buy', '77998', '1');
    world.place('c', 'sell', '77998', '4');
    expect(world.sink.trades).toHaveLength(2);
    expect(world.sink.trades[0]).toMatchObject({
      px: '77999',
      sz: '3',
      count: '2',
      side: 'sell',
      source: '0',
    });
    expect(world.sink.trades[0]!['tradeId']).toBe(world.sink.singleTrades[1]!['tradeId']);
    expect(world.sink.trades[1]).toMatchObject({ px: '77998', sz: '1', count: '1' });
    const takerFills = world.sink.fills.filter((row) => row['execType'] === 'T');
    expect(takerFills.map((row) => [row['fillPx'], row['fillSz'], row['count']])).toEqual([
      ['77999', '3', '2'],
      ['77998', '1', '1'],
    ]);
  });

  it('trades at the maker’s price and charges maker and taker their own rates', () => {
    const world = new World();
    const maker = world.place('a', 'sell', '78000', '1').ordId;
    const taker = world.place('b', 'buy', '78100', '1').ordId;
    // 1 contract is 0.01 BTC: 780 USDT.
    expect(world.lastPush(maker)).toMatchObject({ fillPx: '78000', execType: 'M', fillFee: '-0.156' });
    expect(world.lastPush(taker)).toMatchObject({ fillPx: '78000', execType: 'T', fillFee: '-0.39' });
    expect(world.cash('a', 'USDT')).toBe('999999.844');
    expect(world.cash('b', 'USDT')).toBe('999999.61');
  });
});

describe('order lives', () => {
  it('rests a post-only order with one live push', () => {
    const world = new World();
    const { ordId } = world.place('a', 'buy', '77999', '1', { ordType: 'post_only' });
    expect(world.states(ordId)).toEqual(['live']);
  });

  it('accepts a post-only order that would cross and then pushes canceled alone', () => {
    const world = new World();
    world.place('a', 'sell', '78000', '1');
    const result = world.place('b', 'buy', '78000', '1', { ordType: 'post_only', clOrdId: '77' });
    expect(result).toMatchObject({ sCode: '0', clOrdId: '77' });
    expect(world.states(result.ordId)).toEqual(['canceled']);
    expect(world.lastPush(result.ordId)).toMatchObject({ cancelSource: '31', accFillSz: '0' });
    expect(world.sink.trades).toHaveLength(0);
  });

  it('cancels what an IOC order could not fill', () => {
    const world = new World();
    world.place('a', 'sell', '78000', '1');
    const { ordId } = world.place('b', 'buy', '78000', '3', { ordType: 'ioc' });
    expect(world.states(ordId)).toEqual(['live', 'partially_filled', 'canceled']);
    expect(world.lastPush(ordId)).toMatchObject({ cancelSource: '14', accFillSz: '1', fillSz: '0' });
  });

  it('fills a FOK order wholly or not at all', () => {
    const world = new World();
    world.place('a', 'sell', '78000', '1');
    world.place('a', 'sell', '78001', '1');
    const none = world.place('b', 'buy', '78000', '2', { ordType: 'fok' }).ordId;
    expect(world.states(none)).toEqual(['live', 'canceled']);
    expect(world.lastPush(none)['cancelSource']).toBe('13');
    const whole = world.place('b', 'buy', '78001', '2', { ordType: 'fok' }).ordId;
    expect(world.states(whole)).toEqual(['live', 'partially_filled', 'filled']);
    expect(world.lastPush(whole)['avgPx']).toBe('78000.5');
  });

  it('cancels a market order on an empty book', () => {
    const world = new World();
    const { ordId } = world.place('a', 'buy', '', '1', { ordType: 'market' });
    expect(world.states(ordId)).toEqual(['live', 'canceled']);
    expect(world.lastPush(ordId)).toMatchObject({ cancelSource: '14', px: '' });
  });

  it('spends the budget of a spot market buy and no more', () => {
    const world = new World();
    world.place('a', 'sell', '78000', '1', { instId: 'BTC-USDT' });
    const changes = { instId: 'BTC-USDT', ordType: 'market' };
    const { ordId } = world.place('b', 'buy', '', '1000', changes);
    expect(world.lastPush(ordId)).toMatchObject({ state: 'filled', sz: '1000', tgtCcy: 'quote_ccy' });
    // 1000 / 78000 cut to whole lots of 10^-8.
    expect(world.lastPush(ordId)['accFillSz']).toBe('0.01282051');
    expect(world.exchange.balances('b', 'USDT')['details']).toMatchObject([{ ordFrozen: '0' }]);
  });

  it('stops a taker after a thousand makers and cancels the rest', () => {
    const accounts = ['a', 'b', 'c', 'd'].map((uid) => accountOptions(uid));
    const world = new World({ accounts });
    for (const uid of ['a', 'b', 'c']) {
      for (let count = 0; count < 400; count++) world.place(uid, 'sell', '78000', '0.01');
    }
    const tooMany = world.place('d', 'buy', '78000', '11', { ordType: 'fok' }).ordId;
    expect(world.lastPush(tooMany)).toMatchObject({ state: 'canceled', cancelSource: '13', accFillSz: '0' });
    const { ordId } = world.place('d', 'buy', '78000', '12');
    expect(world.lastPush(ordId)).toMatchObject({ state: 'canceled', cancelSource: '33', accFillSz: '10' });
    const fok = world.place('d', 'buy', '78000', '2', { ordType: 'fok' }).ordId;
    expect(world.lastPush(fok)['state']).toBe('filled');
  });

  it('cancels with cancelSource 1 and says 51400 afterwards', () => {
    const world = new World();
    const { ordId } = world.place('a', 'buy', '77000', '1');
    expect(world.cancel('a', ordId).sCode).toBe('0');
    expect(world.lastPush(ordId)).toMatchObject({ state: 'canceled', cancelSource: '1' });
    expect(world.cancel('a', ordId).sCode).toBe('51400');
    expect(world.cancel('b', ordId).sCode).toBe('51400');
    expect(world.cancel('a', '').sCode).toBe('51003');
  });
});

describe('self-trade prevention', () => {
  const accounts = [
    accountOptions('a', { mainUid: 'm' }),
    accountOptions('b', { mainUid: 'm' }),
    accountOptions('c'),
  ];

  it('cancel_maker cancels the resting order of the same master and goes on', () => {
    const world = new World({ accounts });
    const own = world.place('a', 'sell', '78000', '1').ordId;
    const other = world.place('c', 'sell', '78000', '1').ordId;
    const taker = world.place('b', 'buy', '78000', '1', { stpMode: 'cancel_maker' }).ordId;
    expect(world.lastPush(own)).toMatchObject({ state: 'canceled', cancelSource: '32' });
    expect(world.lastPush(other)['state']).toBe('filled');
    expect(world.lastPush(taker)['state']).toBe('filled');
  });

  it('cancel_taker keeps the maker and cancels the rest of the taker', () => {
    const world = new World({ accounts });
    const other = world.place('c', 'sell', '78000', '1').ordId;
    const own = world.place('a', 'sell', '78000', '1').ordId;
    const taker = world.place('b', 'buy', '78000', '3', { stpMode: 'cancel_taker' }).ordId;
    expect(world.lastPush(other)['state']).toBe('filled');
    expect(world.states(own)).toEqual(['live']);
    expect(world.lastPush(taker)).toMatchObject({ state: 'canceled', cancelSource: '32', accFillSz: '1' });
  });

  it('cancel_both cancels both, and cannot be had with FOK', () => {
    const world = new World({ accounts });
    const own = world.place('a', 'sell', '78000', '1').ordId;
    const taker = world.place('a', 'buy', '78000', '3', { stpMode: 'cancel_both' }).ordId;
    expect(world.lastPush(own)).toMatchObject({ state: 'canceled', cancelSource: '32' });
    expect(world.lastPush(taker)).toMatchObject({ state: 'canceled', cancelSource: '32' });
    const fok = world.place('a', 'buy', '78000', '3', { stpMode: 'cancel_both', ordType: 'fok' });
    expect(fok.sCode).toBe('54036');
  });

  it('does not count own orders as liquidity for FOK', () => {
    const world = new World({ accounts });
    world.place('a', 'sell', '78000', '1');
    world.place('c', 'sell', '78000', '1');
    const fok = world.place('a', 'buy', '78000', '2', { ordType: 'fok' }).ordId;
    expect(world.lastPush(fok)).toMatchObject({ state: 'canceled', cancelSource: '13' });
  });
});

describe('published levels', () => {
  it('carry size and number of orders, one sequence step each, zero when gone', () => {
    const world = new World();
    const before = world.exchange.sequence('BTC-USDT-SWAP');
    const first = world.place('a', 'buy', '77999', '1').ordId;
    world.place('b', 'buy', '77999', '2');
    world.cancel('a', first);
    world.place('c', 'sell', '77999', '2');
    expect(world.sink.levels.map((event) => [event.side, event.px, event.sz, event.orders])).toEqual([
      ['bids', '77999', '1', '1'],
      ['bids', '77999', '3', '2'],
      ['bids', '77999', '2', '1'],
      ['bids', '77999', '0', '0'],
    ]);
    expect(world.exchange.sequence('BTC-USDT-SWAP')).toBe(before + 4);
    expect(world.exchange.book('BTC-USDT-SWAP')).toMatchObject({ asks: [], bids: [], seqId: before + 4 });
  });
});
