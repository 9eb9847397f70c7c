import { describe, expect, it } from 'vitest';
import { recordedInstruments } from '../../../engine/paper/instruments/recorded-instruments.ts';
import { PaperWorld } from './paper-world.ts';

const FUTURE = 'BTC-USD-261225';

describe('products', () => {
  it('tell what options are worth, by family: first all, then what has changed', () => {
    const world = new PaperWorld({ flow: 'seeded', flowInstruments: ['BTC-USDT'] });
    const peer = world.connect('public');
    peer.say({ op: 'subscribe', args: [{ channel: 'opt-summary', instFamily: 'BTC-USD' }] });
    const [first] = peer.pushes('opt-summary');
    expect(first!.arg).toEqual({ channel: 'opt-summary', instFamily: 'BTC-USD' });
    expect(first!.data!.map((row) => row['instId'])).toContain('BTC-USD-261225-80000-C');
    world.advance(30_000);
    const pushes = peer.pushes('opt-summary');
    expect(pushes.length).toBeGreaterThan(2);
    expect(pushes[0]!.data![0]).toMatchObject({ instType: 'OPTION', uly: 'BTC-USD' });
    peer.say({ op: 'subscribe', args: [{ channel: 'opt-summary' }] });
    expect(peer.heard()[0]).toMatchObject({ event: 'error', code: '60013' });
  });

  it('are described by REST', () => {
    const world = new PaperWorld();
    const get = (target: string) => world.rest('GET', `/api/v5/public/${target}`).answer;
    expect(get('opt-summary?instFamily=BTC-USD').data!.length).toBeGreaterThan(1);
    expect(get('opt-summary').code).toBe('50014');
    expect(get('instrument-tick-bands?instType=OPTION').data).toMatchObject([{ instFamily: 'BTC-USD' }]);
    expect(get('underlying?instType=OPTION').data).toEqual([['BTC-USD']]);
    expect(get('position-tiers?instType=SWAP&tdMode=cross&instFamily=BTC-USDT&tier=1').data).toMatchObject([
      { instFamily: 'BTC-USDT', tier: '1', minSz: '0', mmr: '0.004', imr: '0.01', maxLever: '100' },
    ]);
    expect(get('position-tiers?instType=MARGIN&tdMode=cross&instId=BTC-USDT').data).toMatchObject([
      { instId: 'BTC-USDT', imr: '0.1', maxLever: '10' },
      ...Array.from({ length: 9 }, () => ({ instId: 'BTC-USDT' })),
    ]);
    expect(get('position-tiers?instType=SWAP&tdMode=cross').code).toBe('50014');
  });

  it('have positions taken out on demand, after a warning to who has subscribed it', () => {
    const world = new PaperWorld();
    const trader = world.trader(1, { channel: 'orders', instType: 'SWAP' });
    const short = world.trader(2, { channel: 'liquidation-warning', instType: 'ANY' });
    const place = (account: number, side: string): unknown =>
      world.rest('POST', '/api/v5/trade/order', {
        account,
        body: { instId: 'BTC-USDT-SWAP', tdMode: 'cross', side, ordType: 'limit', px: '78000', sz: '1000' },
      }).answer;
    const fault = (body: unknown) => world.rest('POST', '/paper/faults', { body });
    place(1, 'buy');
    place(2, 'sell');
    expect(fault({ kind: 'liquidate', instId: 'ETH-USDT-SWAP' }).status).toBe(400);
    expect(fault({ kind: 'mark', instId: 'BTC-USDT-SWAP', px: '1.55' }).status).toBe(400);
    trader.heard();
    // A short of 10 coins at 176,500 has lost 985,000 of the million: 15,000 stand behind 7,060, 0.4 % of 1,765,000.
    fault({ kind: 'mark', instId: 'BTC-USDT-SWAP', px: '176500' });
    world.advance(250);
    expect(short.pushes('liquidation-warning')).toMatchObject([
      { data: [{ instId: 'BTC-USDT-SWAP', pos: '-1000' }] },
    ]);
    fault({ kind: 'mark', instId: 'BTC-USDT-SWAP', px: '0' });
    fault({ kind: 'liquidate', instId: 'BTC-USDT-SWAP', uid: 'uid1', sz: '400' });
    expect(trader.pushes('orders').flatMap(({ data }) => data!)).toMatchObject([
      { category: 'partial_liquidation', fillSz: '400', state: 'filled' },
    ]);
    expect(fault({ kind: 'settle', instId: 'BTC-USDT-SWAP', px: '79000' }).status).toBe(200);
  });

  it('tell what a contract will end at in its last half hour', () => {
    const world = new PaperWorld({
      instruments: recordedInstruments().map((row) =>
        row['instId'] === FUTURE ? { ...row, expTime: String(Date.UTC(2026, 6, 28, 10, 30, 1)) } : row,
      ),
    });
    const peer = world.connect('public');
    const families = { channel: 'estimated-price', instType: 'FUTURES', instFamily: 'BTC-USD' };
    peer.say({
      op: 'subscribe',
      args: [families, { channel: 'estimated-price', instType: 'FUTURES', instId: FUTURE }],
    });
    peer.heard();
    world.advance(500);
    expect(peer.pushes('estimated-price')).toEqual([]);
    world.advance(1_000);
    const pushes = peer.pushes('estimated-price');
    expect(pushes.map(({ arg }) => arg)).toContainEqual(families);
    expect(pushes[0]!.data).toMatchObject([{ instId: FUTURE, settleType: 'delivery', settlePx: '78000' }]);
    const answer = world.rest('GET', `/api/v5/public/estimated-price?instId=${FUTURE}`).answer;
    expect(answer.data).toMatchObject([{ settlePx: '78000' }]);
    expect(
      world.rest('POST', '/paper/faults', { body: { kind: 'expire', instId: FUTURE, px: '77000' } }).status,
    ).toBe(200);
    const history = '/api/v5/public/delivery-exercise-history?instType=FUTURES&instFamily=BTC-USD';
    expect(world.rest('GET', history).answer.data).toMatchObject([
      { details: [{ insId: FUTURE, px: '77000' }] },
    ]);
  });
});
