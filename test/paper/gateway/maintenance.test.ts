import { beforeEach, describe, expect, it } from 'vitest';
import { PaperWorld } from './paper-world.ts';
import type { Peer } from './paper-world.ts';

const SWAP = 'BTC-USDT-SWAP';
const STATUS = '/api/v5/system/status';

let world = new PaperWorld();
let trader: Peer;
let listener: Peer;

beforeEach(() => {
  world = new PaperWorld({ startPrices: { [SWAP]: '50000' } });
  trader = world.trader(1, { channel: 'orders', instType: 'ANY' });
  listener = world.connect('public').say({ op: 'subscribe', args: [{ channel: 'status' }] });
  listener.heard();
});

function place(clOrdId: string): unknown {
  const args = [
    {
      instIdCode: world.codeOf(SWAP),
      tdMode: 'cross',
      side: 'buy',
      ordType: 'post_only',
      px: '49000',
      sz: '1',
      clOrdId,
      tag: 'T',
    },
  ];
  trader.say({ id: clOrdId, op: 'order', args });
  return trader.heard().find(({ id }) => id === clOrdId);
}

describe('maintenance of trading', () => {
  it('is told when it begins and when it ends, as one record', () => {
    const beganMs = world.nowMs;
    world.venue.setMaintenance(true);
    world.venue.setMaintenance(true);
    const [begin, ...more] = listener.pushes('status');
    expect(more).toEqual([]);
    const record = { serviceType: '5', system: 'unified', env: '1', begin: String(beganMs), title: /./ };
    expect(begin).toMatchObject({
      arg: { channel: 'status' },
      data: [{ ...record, state: 'ongoing', title: expect.stringMatching(/./) as unknown }],
    });
    expect(world.rest('GET', STATUS).answer.data).toEqual(begin!.data);
    const late = world.connect('public').say({ op: 'subscribe', args: [{ channel: 'status' }] });
    expect(late.pushes('status').map(({ data }) => data)).toEqual([begin!.data]);
    world.advance(20_000);
    world.venue.setMaintenance(false);
    const [end] = listener.pushes('status');
    expect(end!.data).toMatchObject([
      { begin: String(beganMs), end: String(world.nowMs), state: 'completed', serviceType: '5' },
    ]);
    expect(world.rest('GET', STATUS).answer.data).toEqual([]);
    world.advance(5_000);
    expect(world.rest('GET', `${STATUS}?state=completed`).answer.data).toEqual(end!.data);
  });

  it('refuses order operations and the trade routes while it lasts, and nothing else', () => {
    place('a');
    world.venue.setMaintenance(true);
    expect(place('b')).toMatchObject({ op: 'order', code: '50001', data: [] });
    trader.say({
      id: 'c1',
      op: 'cancel-order',
      args: [{ instIdCode: world.codeOf(SWAP), clOrdId: 'a' }],
    });
    expect(trader.heard()).toMatchObject([{ id: 'c1', code: '50001', data: [] }]);
    for (const [method, path] of [
      ['GET', 'orders-pending'],
      ['GET', 'fills'],
      ['POST', 'cancel-all-after'],
      ['POST', 'cancel-order'],
    ] as const) {
      const answer = world.rest(method, `/api/v5/trade/${path}`, { account: 1, body: {} });
      expect(answer).toMatchObject({ status: 503, answer: { code: '50001', data: [] } });
    }
    expect(world.rest('GET', '/api/v5/account/balance', { account: 1 }).status).toBe(200);
    expect(world.rest('GET', '/api/v5/public/time').status).toBe(200);
    world.venue.setMaintenance(false);
    expect(place('b')).toMatchObject({ code: '0' });
    expect(world.venue.exchange.openOrderCount('uid1')).toBe(2);
  });

  it('does not stop the timers of cancel-all-after', () => {
    place('a');
    world.rest('POST', '/api/v5/trade/cancel-all-after', { account: 1, body: { timeOut: '10', tag: 'T' } });
    world.venue.setMaintenance(true);
    world.advance(10_000);
    expect(world.venue.exchange.openOrderCount('uid1')).toBe(0);
  });
});

describe('the requests of operators', () => {
  const post = (path: string, body: unknown): number =>
    world.rest('POST', `/paper/${path}`, { body: body as Record<string, unknown> }).status;

  it('turn maintenance on and off, and an instrument’s state', () => {
    expect(post('faults', { kind: 'maintenance' })).toBe(200);
    expect(place('a')).toMatchObject({ code: '50001' });
    expect(post('faults', { kind: 'maintenance', isOn: false })).toBe(200);
    expect(post('faults', { kind: 'suspend', instId: SWAP })).toBe(200);
    expect(place('b')).toMatchObject({ code: '1', data: [{ sCode: '51022' }] });
    expect(post('faults', { kind: 'postOnly', instId: SWAP })).toBe(200);
    expect(place('c')).toMatchObject({ code: '0' });
    expect(post('faults', { kind: 'suspend', instId: SWAP })).toBe(200);
    expect(post('faults', { kind: 'live', instId: SWAP })).toBe(200);
    expect(place('d')).toMatchObject({ code: '0' });
    for (const fault of [{ kind: 'suspend' }, { kind: 'suspend', instId: 'NO-SUCH' }, { kind: 'toString' }]) {
      expect(post('faults', fault)).toBe(400);
    }
  });

  it('move the price of a seeded market, and of no other', () => {
    expect(post('price', { instId: SWAP, bps: 50 })).toBe(400);
    world = new PaperWorld({ flow: 'seeded', flowInstruments: [SWAP] });
    const { exchange } = world.venue;
    const middleOf = (): number => {
      const { asks, bids } = exchange.book(SWAP)!;
      return (Number(asks[0]![0]) + Number(bids[0]![0])) / 2;
    };
    const before = middleOf();
    expect(post('price', { instId: SWAP, bps: -100 })).toBe(200);
    world.advance(3_000);
    for (const now of [middleOf(), Number(exchange.markPrice(SWAP)!['markPx'])]) {
      expect(now / before - 1).toBeGreaterThan(-0.0112);
      expect(now / before - 1).toBeLessThan(-0.0088);
    }
    for (const body of [{ instId: SWAP }, { instId: SWAP, bps: '5' }, { instId: SWAP, bps: 9_999 }, {}]) {
      expect(post('price', body)).toBe(400);
    }
    expect(post('price', 'not JSON')).toBe(400);
  });

  it('say what there is', () => {
    place('a');
    const { answer } = world.rest('GET', '/paper/state');
    const account = { uid: 'uid1', openOrders: 1, positions: [], balances: { BTC: '20' } };
    expect(answer).toMatchObject({ isInMaintenance: false, connections: 2 });
    expect(answer['accounts']).toMatchObject([account, { uid: 'uid2' }, { uid: 'uid3' }]);
  });
});
