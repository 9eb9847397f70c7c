import { beforeEach, describe, expect, it } from 'vitest';
import { PaperWorld } from './paper-world.ts';
import type { Peer } from './paper-world.ts';

const SWAP = 'BTC-USDT-SWAP';
const SPOT = 'BTC-USDT';

let world = new PaperWorld();

beforeEach(() => {
  world = new PaperWorld({ startPrices: { [SPOT]: '50000', [SWAP]: '50000' } });
});

function place(peer: Peer, clOrdId: string, changes: Record<string, unknown> = {}, instId = SWAP): void {
  const args = [
    {
      instIdCode: world.codeOf(instId),
      tdMode: instId === SPOT ? 'cash' : 'cross',
      side: 'buy',
      ordType: 'limit',
      px: '50000',
      sz: '1',
      clOrdId,
      ...changes,
    },
  ];
  peer.say({ id: clOrdId, op: 'order', args });
}

/** Two accounts trade one contract of the swap with each other, the first as the maker. */
function trade(maker: Peer, taker: Peer): void {
  place(maker, 'maker1');
  place(taker, 'taker1', { side: 'sell' });
}

describe('the orders channel', () => {
  it('has no snapshot, and gives each account its own orders only, by type and instrument', () => {
    const other = world.trader(2, { channel: 'orders', instType: 'ANY' });
    const peer = world.connect('private').say(world.loginOf(1));
    place(peer, 'early');
    peer.heard();
    const byType = { channel: 'orders', instType: 'SPOT' };
    const byInstrument = { channel: 'orders', instType: 'SWAP', instId: SWAP };
    peer.say({ op: 'subscribe', args: [byType, byInstrument] });
    expect(peer.pushes('orders')).toEqual([]);
    place(peer, 'spot', { sz: '0.1' }, SPOT);
    place(peer, 'swap', { px: '49000' });
    place(peer, 'eth', { px: '1000' }, 'ETH-USDT-SWAP');
    expect(peer.pushes('orders').map(({ arg, data }) => [arg, data![0]!.clOrdId])).toEqual([
      [{ ...byType, uid: 'uid1' }, 'spot'],
      [{ ...byInstrument, uid: 'uid1' }, 'swap'],
    ]);
    expect(other.heard()).toEqual([]);
  });
});

describe('fills, balances and positions', () => {
  it('follow a trade, each to its own side', () => {
    const maker = world.trader(1, { channel: 'orders', instType: 'SWAP' }, { channel: 'fills' });
    const taker = world.trader(2, { channel: 'fills', instId: SWAP }, { channel: 'balance_and_position' });
    trade(maker, taker);
    const makers = maker.heard().filter(({ arg }) => arg !== undefined);
    expect(makers.map(({ arg, data }) => [arg!.channel, data![0]!.state ?? data![0]!.execType])).toEqual(
      expect.arrayContaining([
        ['orders', 'live'],
        ['orders', 'filled'],
        ['fills', 'M'],
      ]),
    );
    const takers = taker.heard().filter(({ arg }) => arg !== undefined);
    expect(takers.find(({ arg }) => arg!.channel === 'fills')).toMatchObject({
      arg: { channel: 'fills', instId: SWAP, uid: 'uid2' },
      data: [{ instId: SWAP, fillSz: '1', fillPx: '50000', side: 'sell', execType: 'T' }],
    });
    expect(takers.find(({ arg }) => arg!.channel === 'balance_and_position')).toMatchObject({
      data: [{ eventType: 'filled', posData: [{ instId: SWAP, pos: '-1' }], trades: [{ instId: SWAP }] }],
    });
  });

  it('of account and positions start with a snapshot, and events are gathered for 50 ms', () => {
    const peer = world.connect('private').say(world.loginOf(1));
    peer.say({
      op: 'subscribe',
      args: [
        { channel: 'account' },
        { channel: 'positions', instType: 'ANY' },
        { channel: 'balance_and_position' },
      ],
    });
    const heard = peer.heard();
    expect(heard.find(({ eventType }) => eventType === 'snapshot')).toMatchObject({
      arg: { channel: 'account', uid: 'uid1' },
      curPage: 1,
      lastPage: true,
    });
    expect(heard.filter(({ eventType }) => eventType === 'snapshot').map(({ arg }) => arg!.channel)).toEqual([
      'account',
      'positions',
    ]);
    expect(heard.at(-1)).toMatchObject({ data: [{ eventType: 'snapshot', posData: [] }] });
    world.advance(60);
    peer.heard();
    trade(peer, world.trader(2));
    expect(peer.heard().filter(({ eventType }) => eventType !== undefined)).toEqual([]);
    world.advance(60);
    const events = peer.heard().filter(({ eventType }) => eventType !== undefined);
    expect(events.map(({ arg, eventType }) => [arg!.channel, eventType])).toEqual([
      ['account', 'event_update'],
      ['positions', 'event_update'],
    ]);
    expect(events[1]).toMatchObject({ data: [{ instId: SWAP, pos: '1', avgPx: '50000', mgnMode: 'cross' }] });
  });

  it('tell of a position that has closed, which snapshots then leave out', () => {
    const peer = world.trader(1, { channel: 'positions', instType: 'SWAP' });
    const other = world.trader(2);
    trade(peer, other);
    world.advance(60);
    peer.heard();
    place(other, 'maker2');
    place(peer, 'closing', { side: 'sell' });
    world.advance(60);
    const [event] = peer.pushes('positions');
    expect(event).toMatchObject({ eventType: 'event_update', data: [{ instId: SWAP, pos: '0' }] });
    world.advance(5_000, 50);
    expect(peer.pushes('positions')).toMatchObject([{ eventType: 'snapshot', data: [] }]);
  });

  it('come again every five seconds unless the subscriber says otherwise', () => {
    const often = world.trader(1, { channel: 'account' }, { channel: 'positions', instType: 'ANY' });
    const never = world.trader(1, { channel: 'account', extraParams: '{"updateInterval":"0"}' });
    const faster = world.trader(1, {
      channel: 'positions',
      instType: 'ANY',
      extraParams: '{"updateInterval": "2000"}',
    });
    world.advance(10_100, 50);
    expect(often.pushes('account')).toHaveLength(2);
    expect(never.pushes('account')).toHaveLength(0);
    expect(faster.pushes('positions')).toHaveLength(5);
  });

  it('of fills are for fee tiers from VIP4', () => {
    const peer = world.connect('private').say(world.loginOf(3));
    peer.heard();
    peer.say({ op: 'subscribe', args: [{ channel: 'fills' }] });
    expect(peer.heard()).toMatchObject([{ event: 'error', code: '64003' }]);
  });
});
