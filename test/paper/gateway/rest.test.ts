import { beforeEach, describe, expect, it } from 'vitest';
import { PaperWorld } from './paper-world.ts';

const SPOT = 'BTC-USDT';
const SWAP = 'BTC-USDT-SWAP';

let world = new PaperWorld();

beforeEach(() => {
  world = new PaperWorld({ startPrices: { [SPOT]: '50500', [SWAP]: '50500' } });
});

const order = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  instId: SPOT,
  tdMode: 'cash',
  side: 'buy',
  ordType: 'limit',
  px: '50000',
  sz: '0.01',
  clOrdId: 'r1',
  tag: 'TAG1',
  ...changes,
});

describe('the envelope', () => {
  it('is code, msg and data', () => {
    expect(world.rest('GET', '/api/v5/public/time')).toEqual({
      status: 200,
      answer: { code: '0', msg: '', data: [{ ts: String(world.nowMs) }] },
    });
  });

  it('of refusals has the documented status and code', () => {
    expect(world.rest('GET', '/api/v5/nothing')).toMatchObject({
      status: 404,
      answer: { code: '404', data: [] },
    });
    expect(world.rest('POST', '/api/v5/public/time')).toMatchObject({
      status: 405,
      answer: { code: '50115' },
    });
    expect(world.rest('GET', '/api/v5/account/balance')).toMatchObject({
      status: 401,
      answer: { code: '50103' },
    });
    const headers = { 'ok-access-sign': 'AAAA' };
    expect(world.rest('GET', '/api/v5/account/balance', { account: 1, headers })).toEqual({
      status: 401,
      answer: { code: '50113', msg: 'Invalid Sign', data: [] },
    });
    expect(world.rest('POST', '/api/v5/trade/order', { account: 1, body: '{"instId":' })).toMatchObject({
      status: 400,
      answer: { code: '50002' },
    });
  });

  it('of too many requests is 50011 with status 429, by address or user', () => {
    for (let count = 0; count < 10; count++) {
      expect(world.rest('GET', '/api/v5/public/time').status).toBe(200);
      expect(world.rest('GET', '/api/v5/account/balance', { account: 1 }).status).toBe(200);
    }
    expect(world.rest('GET', '/api/v5/public/time')).toMatchObject({
      status: 429,
      answer: { code: '50011' },
    });
    expect(world.rest('GET', '/api/v5/account/balance', { account: 1 }).status).toBe(429);
    expect(world.rest('GET', '/api/v5/account/balance', { account: 2 }).status).toBe(200);
    world.advance(2_000);
    expect(world.rest('GET', '/api/v5/public/time').status).toBe(200);
  });

  it('of too many requests cannot be avoided by ever longer names', () => {
    const target = `/api/v5/public/instruments?instType=${'x'.repeat(100)}`;
    for (let count = 0; count < 20; count++) {
      expect(world.rest('GET', `${target}${count}`).status).toBe(200);
    }
    expect(world.rest('GET', `${target}20`).status).toBe(429);
    expect(world.rest('GET', '/api/v5/public/instruments?instType=SPOT').status).toBe(200);
  });

  it('takes the header of simulated trading', () => {
    const headers = { 'x-simulated-trading': '1' };
    expect(world.rest('GET', '/api/v5/account/config', { account: 1, headers }).answer.code).toBe('0');
  });
});

describe('public routes', () => {
  it('give the book with the sequence of the channels, so that a snapshot joins on to buffered updates', () => {
    world = new PaperWorld({ flow: 'seeded' });
    const peer = world.connect('public').say({ op: 'subscribe', args: [{ channel: 'books', instId: SPOT }] });
    world.advance(1_033);
    const { answer } = world.rest('GET', `/api/v5/market/books?instId=${SPOT}&sz=400`);
    const book = answer.data![0] as { asks: string[][]; bids: string[][]; seqId: number };
    expect(book.asks[0]).toHaveLength(4);
    expect(book.asks.length).toBeGreaterThan(100);
    world.advance(500);
    const updates = peer.pushes('books').map(({ data }) => data![0] as { seqId: number; prevSeqId: number });
    const next = updates.find(({ seqId }) => seqId > book.seqId)!;
    expect(next.prevSeqId).toBeLessThanOrEqual(book.seqId);
    expect(world.rest('GET', `/api/v5/market/books?instId=${SPOT}`).answer.data).toMatchObject([
      { asks: [expect.anything()], bids: [expect.anything()] },
    ]);
    const full = world.rest('GET', `/api/v5/market/books-full?instId=${SPOT}&sz=5`).answer.data![0] as {
      asks: string[][];
    };
    expect(full.asks.map((row) => row.length)).toEqual([3, 3, 3, 3, 3]);
  });

  it.each([
    [`/api/v5/market/ticker?instId=${SPOT}`, { instId: SPOT }],
    [`/api/v5/market/tickers?instType=SPOT`, { instType: 'SPOT' }],
    [`/api/v5/market/trades?instId=${SPOT}&limit=3`, { instId: SPOT }],
    [`/api/v5/public/mark-price?instType=SWAP&instId=${SWAP}`, { instId: SWAP }],
    [`/api/v5/public/funding-rate?instId=${SWAP}`, { instId: SWAP }],
    [`/api/v5/public/price-limit?instId=${SWAP}`, { instId: SWAP }],
    [`/api/v5/public/instruments?instType=SPOT&instId=${SPOT}`, { instId: SPOT, tickSz: '0.1' }],
  ])('answer %s', (target, expected) => {
    world = new PaperWorld({ flow: 'seeded' });
    world.advance(5_000);
    expect(world.rest('GET', target).answer.data![0]).toMatchObject(expected);
  });

  it('give candles, and nothing to announce', () => {
    world = new PaperWorld({ flow: 'seeded' });
    world.advance(70_000, 20);
    const candles = world.rest('GET', `/api/v5/market/candles?instId=${SPOT}&bar=1m`).answer
      .data as unknown as string[][];
    expect(candles).toHaveLength(2);
    expect(candles[0]![8]).toBe('0');
    expect(candles[1]![8]).toBe('1');
    expect(world.rest('GET', '/api/v5/system/status').answer.data).toEqual([]);
  });

  it.each([
    ['/api/v5/public/instruments', '50014'],
    ['/api/v5/public/instruments?instType=OPTION', '50014'],
    ['/api/v5/market/books', '50014'],
    ['/api/v5/market/books?instId=NO-SUCH', '51001'],
    [`/api/v5/market/books?instId=${SPOT}&sz=x`, '51000'],
    ['/api/v5/market/ticker?instId=NO-SUCH', '51001'],
    [`/api/v5/market/candles?instId=${SPOT}&bar=7m`, '51000'],
  ])('refuse %s with %s', (target, code) => {
    expect(world.rest('GET', target).answer).toMatchObject({ code, data: [] });
  });
});

describe('the account', () => {
  it('is described: configuration, balances, fees, leverage, positions, instruments', () => {
    const get = (target: string): Record<string, unknown>[] =>
      world.rest('GET', target, { account: 1 }).answer.data as Record<string, unknown>[];
    expect(get('/api/v5/account/config')).toMatchObject([
      { uid: 'uid1', acctLv: '2', posMode: 'net_mode', level: 'VIP4' },
    ]);
    const balance = get('/api/v5/account/balance')[0] as { details: Record<string, string>[] };
    expect(balance.details.map(({ ccy }) => ccy).toSorted()).toEqual(['BTC', 'ETH', 'USDT']);
    const [one] = get('/api/v5/account/balance?ccy=BTC') as { details: Record<string, string>[] }[];
    expect(one!.details).toMatchObject([{ ccy: 'BTC', cashBal: '20' }]);
    expect(get('/api/v5/account/positions')).toEqual([]);
    expect(get('/api/v5/account/trade-fee?instType=SWAP')[0]).toMatchObject({
      instType: 'SWAP',
      level: 'VIP4',
    });
    expect(get(`/api/v5/account/leverage-info?instId=${SWAP}&mgnMode=cross`)[0]).toMatchObject({
      instId: SWAP,
    });
    expect(get(`/api/v5/account/max-size?instId=${SWAP}&tdMode=cross`)[0]).toMatchObject({ instId: SWAP });
    expect(get(`/api/v5/account/instruments?instType=SWAP&instId=${SWAP}`)[0]).toMatchObject({
      instId: SWAP,
    });
  });

  it('takes a new leverage', () => {
    const body = { instId: SWAP, mgnMode: 'cross', lever: '7' };
    const set = world.rest('POST', '/api/v5/account/set-leverage', { account: 1, body });
    expect(set.answer).toMatchObject({ code: '0', data: [{ instId: SWAP, lever: '7' }] });
    const read = world.rest('GET', `/api/v5/account/leverage-info?instId=${SWAP}&mgnMode=cross`, {
      account: 1,
    });
    expect(read.answer.data).toMatchObject([{ lever: '7' }]);
  });
});

describe('trading by REST', () => {
  const post = (path: string, body: unknown): ReturnType<PaperWorld['rest']> =>
    world.rest('POST', `/api/v5/trade/${path}`, { account: 1, body });
  const get = (target: string): Record<string, unknown>[] =>
    world.rest('GET', `/api/v5/trade/${target}`, { account: 1 }).answer.data as Record<string, unknown>[];

  it('places, shows, amends and cancels an order', () => {
    const placed = post('order', order());
    expect(placed).toMatchObject({
      status: 200,
      answer: { code: '0', msg: '', data: [{ clOrdId: 'r1', tag: 'TAG1', sCode: '0' }] },
    });
    expect(Object.keys(placed.answer)).toEqual(['code', 'msg', 'data', 'inTime', 'outTime']);
    const { ordId } = placed.answer.data![0] as { ordId: string };
    expect(get(`order?instId=${SPOT}&clOrdId=r1`)).toMatchObject([{ ordId, state: 'live', px: '50000' }]);
    expect(get('orders-pending?instType=SPOT')).toMatchObject([{ ordId }]);
    expect(get('orders-pending?instType=SWAP')).toEqual([]);
    expect(post('amend-order', { instId: SPOT, ordId, newPx: '49000' }).answer.code).toBe('0');
    expect(get(`order?instId=${SPOT}&ordId=${ordId}`)).toMatchObject([{ px: '49000' }]);
    expect(post('cancel-order', { instId: SPOT, clOrdId: 'r1' }).answer.code).toBe('0');
    expect(get('orders-pending')).toEqual([]);
    expect(get('orders-history?instType=SPOT')).toMatchObject([{ ordId, state: 'canceled' }]);
    expect(get('orders-history-archive?instType=SPOT')).toEqual([]);
  });

  it('says at the root how the items went', () => {
    expect(post('order', order({ px: '0' })).answer).toMatchObject({
      code: '1',
      msg: 'All operations failed',
    });
    const batch = post('batch-orders', [order(), order({ clOrdId: 'r2', instId: 'NO-SUCH' })]);
    expect(batch.answer).toMatchObject({
      code: '2',
      msg: 'Bulk operation partially succeeded.',
      data: [{ sCode: '0' }, { sCode: '51001', clOrdId: 'r2' }],
    });
    expect(post('cancel-batch-orders', [{ instId: SPOT, clOrdId: 'r1' }]).answer.code).toBe('0');
  });

  it('wants an object for one order and an array for a batch', () => {
    expect(post('order', [order()])).toMatchObject({ status: 400, answer: { code: '50002' } });
    expect(post('batch-orders', order())).toMatchObject({ status: 400, answer: { code: '50002' } });
    expect(post('batch-orders', [])).toMatchObject({ status: 400, answer: { code: '50014' } });
  });

  it('takes expTime from its header', () => {
    const headers = { exptime: String(world.nowMs - 1) };
    const late = world.rest('POST', '/api/v5/trade/order', { account: 1, body: order(), headers });
    expect(late.answer).toMatchObject({ code: '50036', data: [] });
  });

  it('does not know an order that never was', () => {
    const target = `/api/v5/trade/order?instId=${SPOT}&clOrdId=none`;
    expect(world.rest('GET', target, { account: 1 }).answer).toMatchObject({ code: '51603', data: [] });
    expect(world.rest('GET', `/api/v5/trade/order?instId=${SPOT}`, { account: 1 }).answer.code).toBe('50015');
  });

  it('arms the dead man’s switch, which fires on time', () => {
    post('order', order());
    post('order', order({ clOrdId: 'r2', tag: 'TAG2' }));
    expect(post('cancel-all-after', { timeOut: '10', tag: 'TAG1' }).answer).toMatchObject({
      code: '0',
      data: [{ triggerTime: String(world.nowMs + 10_000), tag: 'TAG1', ts: String(world.nowMs) }],
    });
    expect(post('cancel-all-after', { timeOut: '10', tag: 'TAG1' })).toMatchObject({ status: 429 });
    world.advance(9_990, 10);
    expect(get('orders-pending')).toHaveLength(2);
    world.advance(20, 10);
    expect(get('orders-pending')).toMatchObject([{ clOrdId: 'r2' }]);
    expect(get(`order?instId=${SPOT}&clOrdId=r1`)).toMatchObject([{ state: 'canceled', cancelSource: '20' }]);
  });

  it('shows fills, and closes a position', () => {
    world.rest('POST', '/api/v5/trade/order', {
      account: 2,
      body: order({ instId: SWAP, tdMode: 'cross', side: 'sell', sz: '2', clOrdId: 'ask' }),
    });
    post('order', order({ instId: SWAP, tdMode: 'cross', sz: '2', clOrdId: 'bid' }));
    expect(get('fills?instType=SWAP')).toMatchObject([
      { instId: SWAP, fillSz: '2', execType: 'T', clOrdId: 'bid' },
    ]);
    expect(get('fills-history?instType=SWAP')).toHaveLength(1);
    world.rest('POST', '/api/v5/trade/order', {
      account: 2,
      body: order({ instId: SWAP, tdMode: 'cross', sz: '5', clOrdId: 'exit' }),
    });
    const closed = post('close-position', { instId: SWAP, mgnMode: 'cross' });
    expect(closed.answer).toMatchObject({ code: '0', data: [{ instId: SWAP }] });
    expect(world.rest('GET', '/api/v5/account/positions', { account: 1 }).answer.data).toEqual([]);
  });

  it('tells its budget', () => {
    expect(get('account-rate-limit')).toMatchObject([{ accRateLimit: '1000' }]);
  });
});
