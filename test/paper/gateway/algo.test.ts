import { beforeEach, describe, expect, it } from 'vitest';
import { PaperWorld } from './paper-world.ts';
import type { Peer } from './paper-world.ts';

const SWAP = 'BTC-USDT-SWAP';
const STOP = {
  instId: SWAP,
  tdMode: 'cross',
  side: 'sell',
  ordType: 'conditional',
  closeFraction: '1',
  reduceOnly: true,
  tag: 'TAG1',
  slTriggerPx: '49000',
  slTriggerPxType: 'last',
  slOrdPx: '-1',
};

let world = new PaperWorld();

beforeEach(() => {
  world = new PaperWorld({ startPrices: { [SWAP]: '50000' } });
  place(1, 'buy', '50000', '2');
  place(2, 'sell', '50000', '2');
});

function place(account: number, side: string, px: string, sz: string): void {
  const body = { instId: SWAP, tdMode: 'cross', side, ordType: 'limit', px, sz };
  expect(world.rest('POST', '/api/v5/trade/order', { account, body }).answer.code).toBe('0');
}

function post(path: string, body: unknown, account = 1): Record<string, unknown> & { code?: string } {
  return world.rest('POST', `/api/v5/trade/${path}`, { account, body }).answer;
}

function get(target: string): Record<string, unknown>[] {
  return world.rest('GET', `/api/v5/trade/${target}`, { account: 1 }).answer.data!;
}

function listener(channel: string): Peer {
  const peer = world.connect('business').say(world.loginOf(1));
  peer.say({ op: 'subscribe', args: [{ channel, instType: 'ANY' }] });
  return peer;
}

describe('algo orders by REST', () => {
  it('are placed, listed, amended, cancelled and remembered', () => {
    const placed = post('order-algo', { ...STOP, algoClOrdId: 'P1' });
    expect(placed).toMatchObject({ code: '0', data: [{ sCode: '0', algoClOrdId: 'P1', tag: 'TAG1' }] });
    expect(get('orders-algo-pending?ordType=conditional,oco')).toMatchObject([
      { algoClOrdId: 'P1', tag: 'TAG1', state: 'live', slTriggerPx: '49000' },
    ]);
    const amended = post('amend-algos', { instId: SWAP, algoClOrdId: 'P1', newSlTriggerPx: '48000' });
    expect(amended).toMatchObject({ code: '0', data: [{ sCode: '0' }] });
    expect(get('order-algo?algoClOrdId=P1')).toMatchObject([{ slTriggerPx: '48000' }]);
    const cancelled = post('cancel-algos', [{ instId: SWAP, algoClOrdId: 'P1' }]);
    expect(cancelled).toMatchObject({ code: '0', data: [{ sCode: '0' }] });
    expect(get('orders-algo-pending?ordType=conditional')).toEqual([]);
    expect(get('orders-algo-history?ordType=conditional&state=canceled')).toMatchObject([
      { algoClOrdId: 'P1', state: 'canceled' },
    ]);
  });

  it('are refused in their items, with nothing said at the root but a 1', () => {
    const refused = post('order-algo', { ...STOP, slTriggerPx: '51000' });
    expect(refused).toMatchObject({ code: '1', msg: '', data: [{ algoId: '', sCode: '51280' }] });
    post('order-algo', { ...STOP, algoClOrdId: 'P1' });
    const named = (algoClOrdId: string): object => ({ instId: SWAP, algoClOrdId });
    expect(post('cancel-algos', [named('P1'), named('P2')])).toMatchObject({
      code: '2',
      data: [{ sCode: '0' }, { sCode: '51400' }],
    });
    expect(post('order-algo', { ...STOP, instId: undefined }).code).toBe('50014');
    expect(post('cancel-algos', named('P1')).code).toBe('50002');
    const target = '/api/v5/trade/order-algo?algoClOrdId=P9';
    expect(world.rest('GET', target, { account: 1 }).answer.code).toBe('51603');
  });

  it('are held to twenty requests in two seconds of an instrument, and cancels to twenty orders', () => {
    const codes = Array.from({ length: 21 }, () => post('order-algo', STOP).code);
    expect([codes.filter((code) => code === '0').length, codes.at(-1)]).toEqual([20, '50011']);
    const ids = get('orders-algo-pending?ordType=conditional').map(({ algoId }) => ({
      instId: SWAP,
      algoId,
    }));
    expect(post('cancel-algos', ids.slice(0, 10)).code).toBe('0');
    expect(post('cancel-algos', ids.slice(10, 20)).code).toBe('0');
    expect(post('cancel-algos', ids.slice(0, 1)).code).toBe('50011');
    world.advance(2_000);
    expect(post('order-algo', STOP).code).toBe('0');
  });

  it('are an account’s own', () => {
    post('order-algo', { ...STOP, algoClOrdId: 'P1' });
    expect(post('cancel-algos', [{ instId: SWAP, algoClOrdId: 'P1' }], 2).code).toBe('1');
  });
});

describe('their channels', () => {
  it('tell of a stop from its beginning to its trigger, whose order is on the orders channel with its names', () => {
    const algos = listener('orders-algo');
    const others = listener('algo-advance');
    const orders = world.trader(1, { channel: 'orders', instType: 'ANY' });
    algos.heard();
    others.heard();
    post('order-algo', { ...STOP, algoClOrdId: 'P1' });
    place(2, 'buy', '48900', '5');
    place(3, 'buy', '49000', '1');
    place(2, 'sell', '49000', '1');
    world.advance(200);
    expect(algos.pushes('orders-algo').map(({ data }) => data![0]!.state)).toEqual(['live', 'effective']);
    expect(others.pushes('algo-advance')).toEqual([]);
    const rows = orders.pushes('orders').map(({ data }) => data![0]!);
    expect(rows.at(-1)).toMatchObject({ algoClOrdId: 'P1', tag: 'TAG1', source: '7', state: 'filled' });
  });

  it('need a login on /business; the advanced one begins with what waits', () => {
    const trailing = { ...STOP, ordType: 'move_order_stop', closeFraction: undefined, sz: '2' };
    post('order-algo', { ...trailing, callbackRatio: '0.01', algoClOrdId: 'P1' });
    const stranger = world.connect('business');
    stranger.say({ op: 'subscribe', args: [{ channel: 'orders-algo', instType: 'ANY' }] });
    expect(stranger.heard()).toMatchObject([{ event: 'error', code: '60011' }]);
    const lost = world.trader(1);
    lost.say({ op: 'subscribe', args: [{ channel: 'orders-algo', instType: 'ANY' }] });
    expect(lost.heard()).toMatchObject([{ event: 'error', code: '64001' }]);
    expect(listener('algo-advance').pushes('algo-advance')).toMatchObject([
      { data: [{ algoClOrdId: 'P1' }] },
    ]);
  });
});
