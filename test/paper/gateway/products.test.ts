import { describe, expect, it } from 'vitest';
import { PaperWorld } from './paper-world.ts';

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
});
