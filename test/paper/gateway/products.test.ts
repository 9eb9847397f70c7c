import { describe, expect, it } from 'vitest';
import { recordedInstruments } from '../../../engine/paper/instruments/recorded-instruments.ts';
import { accountOf, PaperWorld } from './paper-world.ts';

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
    const anybody = world.connect('public');
    anybody.say({ op: 'subscribe', args: [{ channel: 'liquidation-orders', instType: 'SWAP' }] });
    fault({ kind: 'liquidate', instId: 'BTC-USDT-SWAP', uid: 'uid1', sz: '400' });
    expect(anybody.pushes('liquidation-orders')).toMatchObject([
      { data: [{ instId: 'BTC-USDT-SWAP', details: [{ side: 'sell', posSide: 'long', sz: '400' }] }] },
    ]);
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

  it('show RPI orders on a channel of their own, and trades under both names after a rename', () => {
    const accounts = [accountOf(1, { mayRpi: true }), accountOf(2)];
    const world = new PaperWorld({ rpiInstruments: ['BTC-USDT-SWAP'], accounts });
    const place = (account: number, changes: unknown): unknown =>
      world.rest('POST', '/api/v5/trade/order', { account, body: changes }).answer;
    const offer = {
      instId: 'BTC-USDT-SWAP',
      tdMode: 'cross',
      side: 'sell',
      ordType: 'rpi',
      px: '78010',
      sz: '10',
    };
    place(1, offer);
    const peer = world.connect('public');
    const channels = ['books-rpi', 'books', 'trades'].map((channel) => ({
      channel,
      instId: 'BTC-USDT-SWAP',
    }));
    peer.say({ op: 'subscribe', args: channels });
    const heard = peer.heard();
    const [first] = heard.filter(({ arg, data }) => arg?.channel === 'books-rpi' && data !== undefined);
    expect(first).toMatchObject({
      action: 'snapshot',
      data: [{ asks: [['78010', '10', '0', '1']], bids: [], prevSeqId: -1 }],
    });
    const [books] = heard.filter(({ arg, data }) => arg?.channel === 'books' && data !== undefined);
    expect(books!.data![0]).toMatchObject({ asks: [], bids: [] });
    place(1, { ...offer, px: '78020' });
    world.advance(200);
    const [update] = peer.pushes('books-rpi');
    expect(update).toMatchObject({ action: 'update', data: [{ asks: [['78020', '10', '0', '1']] }] });
    expect(update!.data![0]!['prevSeqId']).toBe(first!.data![0]!['seqId']);
    place(2, { ...offer, side: 'buy', ordType: 'ioc', px: '78010', sz: '4', rpiTakerAccess: true });
    expect(peer.pushes('trades')).toMatchObject([{ data: [{ sz: '4', source: '1' }] }]);
    const rows = world.rest('GET', '/api/v5/account/instruments?instType=SWAP', { account: 1 }).answer.data!;
    expect(rows.filter((row) => row['rpi'] === '2').map((row) => row['instId'])).toEqual(['BTC-USDT-SWAP']);
    const rename = { kind: 'rename', instId: 'BTC-USDT-SWAP', to: 'XBT-USDT-SWAP' };
    expect(world.rest('POST', '/paper/faults', { body: rename }).status).toBe(200);
    place(1, { ...offer, instId: 'XBT-USDT-SWAP', ordType: 'limit', px: '78000', sz: '1' });
    place(2, { ...offer, instId: 'XBT-USDT-SWAP', side: 'buy', ordType: 'limit', px: '78000', sz: '1' });
    expect(peer.pushes('trades')).toMatchObject([
      { arg: { instId: 'BTC-USDT-SWAP' }, data: [{ instId: 'XBT-USDT-SWAP' }] },
    ]);
    expect(world.rest('POST', '/paper/faults', { body: rename }).status).toBe(400);
  });

  it('take protected orders of options at once, by both roads', () => {
    const world = new PaperWorld({ accounts: [accountOf(1, { accountLevel: '4' }), accountOf(2)] });
    const request = { instType: 'OPTION', instFamily: 'BTC-USD' };
    const config = { instFamily: 'BTC-USD', timeInterval: '1000', frozenInterval: '0', qtyLimit: '5' };
    const post = (path: string, body: unknown, account = 1) =>
      world.rest('POST', `/api/v5/${path}`, { account, body }).answer;
    expect(post('account/mmp-config', config)).toMatchObject({ code: '0', data: [config] });
    expect(post('account/mmp-config', config, 2)).toMatchObject({ code: '51036', data: [] });
    expect(
      world.rest('GET', '/api/v5/account/mmp-config?instFamily=BTC-USD', { account: 1 }).answer.data,
    ).toMatchObject([{ ...config, mmpFrozen: false }]);
    expect(post('account/mmp-reset', { instFamily: 'BTC-USD' })).toMatchObject({
      code: '0',
      data: [{ result: true }],
    });
    const trader = world.trader(1, { channel: 'orders', instType: 'OPTION' });
    const instIdCode = world.codeOf('BTC-USD-261225-80000-C');
    const order = { instIdCode, tdMode: 'cross', side: 'sell', ordType: 'mmp', px: '0.06', sz: '1' };
    trader.say({ id: '1', op: 'order', args: [order] }).say({ id: '2', op: 'mass-cancel', args: [request] });
    const heard = trader.heard();
    expect(heard.find((message) => message['id'] === '2')).toMatchObject({
      op: 'mass-cancel',
      code: '0',
      data: [{ result: true }],
    });
    expect(heard.flatMap(({ data }) => data ?? []).at(-1)).toMatchObject({
      state: 'mmp_canceled',
      cancelSource: '38',
    });
    expect(post('trade/mass-cancel', request)).toMatchObject({ code: '0', data: [{ result: true }] });
    expect(post('trade/mass-cancel', request, 2)).toMatchObject({ code: '51411' });
    trader.say({ id: '3', op: 'mass-cancel', args: [] });
    expect(trader.heard()).toMatchObject([{ id: '3', code: '60013', data: [] }]);
  });

  it('change what an account settles in, pays fees in and borrows', () => {
    const world = new PaperWorld({
      accounts: [accountOf(1, { accountLevel: '1' }), accountOf(2, { accountLevel: '3' })],
    });
    const post = (path: string, body: unknown, account = 1) =>
      world.rest('POST', `/api/v5/account/${path}`, { account, body }).answer;
    expect(post('set-fee-type', { feeType: '1' })).toMatchObject({ code: '0', data: [{ feeType: '1' }] });
    expect(post('set-fee-type', { feeType: '1' }, 2)).toMatchObject({ code: '51010' });
    expect(post('set-settle-currency', { settleCcy: 'USDG' }, 2)).toMatchObject({
      data: [{ settleCcy: 'USDG' }],
    });
    expect(post('set-settle-currency', { settleCcy: 'EUR' }, 2)).toMatchObject({ code: '51000' });
    expect(post('set-auto-loan', { autoLoan: true }, 2)).toMatchObject({ data: [{ autoLoan: true }] });
    const config = world.rest('GET', '/api/v5/account/config', { account: 2 }).answer.data![0];
    expect(config).toMatchObject({ settleCcy: 'USDG', autoLoan: true, feeType: '0' });
  });
});

it('index-tickers by REST is the index of the channel, and none is refused', () => {
  const world = new PaperWorld();
  const get = (instId: string) => world.rest('GET', `/api/v5/market/index-tickers?instId=${instId}`).answer;
  const mark = world.rest('GET', '/api/v5/public/mark-price?instType=SPOT&instId=BTC-USDT').answer;
  const { markPx } = mark.data![0] as { markPx: string };
  expect(get('BTC-USDT').data).toMatchObject([{ instId: 'BTC-USDT', idxPx: markPx }]);
  expect(get('BTC-TRY').code).toBe('51001');
});
