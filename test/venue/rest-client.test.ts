import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { ManualClock, SystemClock, type Clock } from '../../engine/base/clock.ts';
import { Side } from '../../engine/base/side.ts';
import { signRest } from '../../engine/okx/sign.ts';
import { AccountRest } from '../../engine/venue/account-rest.ts';
import { Credentials, Secret } from '../../engine/venue/credentials.ts';
import { RestClient, type RestClientOptions } from '../../engine/venue/rest-client.ts';
import { RestError } from '../../engine/venue/rest-error.ts';
import { PoolTransport } from '../../engine/venue/rest-transport.ts';
import { LOOPBACK } from './scripted-venue.ts';

const CREDENTIALS = new Credentials(
  'key-of-mine',
  new Secret('secret-of-mine'),
  new Secret('phrase-of-mine'),
);
const START_MS = 1_763_676_600_123;

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

type Answer = (asked: Asked, response: ServerResponse) => void;

let server: Server;
let baseUrl: string;
let asked: Asked[];
let answer: Answer;
let connections: number;
let clients: RestClient[];

beforeEach(async () => {
  asked = [];
  clients = [];
  connections = 0;
  answer = (_asked, response) => response.end(envelope([]));
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      const call = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
      asked.push(call);
      answer(call, response);
    });
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()));
  server.closeAllConnections();
  await new Promise((resolve) => {
    server.close(resolve);
  });
});

function envelope(data: unknown, code = '0', msg = ''): string {
  return JSON.stringify({ code, msg, data });
}

/** Without it no order is posted. */
const TAG = 'TESTTAG1';

const OPTIONS = {
  credentials: CREDENTIALS,
  isDemo: false,
  clock: new ManualClock(START_MS),
  timeoutMs: 5_000,
};

function client(options: Partial<RestClientOptions> = {}): RestClient {
  const clock = new ManualClock(START_MS);
  const made = new RestClient({ ...OPTIONS, clock, baseUrl, tag: TAG, ...options });
  clients.push(made);
  return made;
}

async function errorOf(call: Promise<unknown>): Promise<RestError> {
  const error: unknown = await call.then(
    () => new Error('expected the call to fail'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RestError);
  const shown = `${inspect(error, { depth: 10 })}${JSON.stringify(error)}`;
  expect(shown).not.toMatch(/(secret|phrase)-of-mine/);
  return error as RestError;
}

describe('a request', () => {
  it('is signed over its time, method, path with query and body, as sent', async () => {
    const rest = client({ isDemo: true });
    rest.offsetMs = 1_000;
    await rest.get(
      '/api/v5/trade/order',
      { instId: 'BTC-USDT', clOrdId: undefined, x: 'a b' },
      { isSigned: true },
    );
    await rest.post('/api/v5/trade/cancel-all-after', { timeOut: '60' });
    const timestamp = '2025-11-20T22:10:01.123Z';
    const [get, post] = asked as [Asked, Asked];
    expect(get.url).toBe('/api/v5/trade/order?instId=BTC-USDT&x=a%20b');
    expect(post.body).toBe('{"timeOut":"60"}');
    for (const call of [get, post]) {
      expect(call.headers).toMatchObject({
        'ok-access-key': 'key-of-mine',
        'ok-access-passphrase': 'phrase-of-mine',
        'ok-access-timestamp': timestamp,
        'ok-access-sign': signRest({
          timestamp,
          method: call.method,
          requestPath: call.url,
          body: call.body,
          secret: 'secret-of-mine',
        }),
        'content-type': 'application/json',
        'x-simulated-trading': '1',
      });
    }
  });

  it('for what is public carries neither key nor signature', async () => {
    await client().get('/api/v5/public/time');
    const headers = Object.keys(asked[0]!.headers);
    expect(headers.filter((name) => name.startsWith('ok-access') || name.startsWith('x-'))).toEqual([]);
    expect(asked[0]!.url).toBe('/api/v5/public/time');
  });

  it('goes below the base URL’s path, which is not signed', async () => {
    await client({ baseUrl: `${baseUrl}/proxy/` }).get('/api/v5/account/config', {}, { isSigned: true });
    expect(asked[0]!.url).toBe('/proxy/api/v5/account/config');
    expect(asked[0]!.headers['ok-access-sign']).toBe(
      signRest({
        timestamp: '2025-11-20T22:10:00.123Z',
        method: 'GET',
        requestPath: '/api/v5/account/config',
        body: '',
        secret: 'secret-of-mine',
      }),
    );
  });

  it('uses the connections there are, and no more than allowed', async () => {
    const rest = client({ connectionsMax: 1 });
    await Promise.all(Array.from({ length: 10 }, () => rest.get('/api/v5/public/time')));
    for (let call = 0; call < 10; call++) await rest.get('/api/v5/public/time');
    expect(asked).toHaveLength(20);
    expect(connections).toBe(1);
  });
});

describe('a failure', () => {
  it.each<[string, Answer, object]>([
    [
      'a refusal',
      (_, response) => response.writeHead(401).end(envelope([], '50113', 'Invalid Sign')),
      {
        code: 'REST_REJECTED',
        okxCode: '50113',
        httpStatus: 401,
        isRetryable: false,
        isOutcomeUnknown: false,
      },
    ],
    [
      'too many requests',
      (_, response) => response.writeHead(429).end(envelope([], '50011', 'Too Many Requests')),
      { code: 'REST_REJECTED', okxCode: '50011', isRetryable: true, isOutcomeUnknown: false },
    ],
    [
      'a single operation refused in its item',
      (_, response) => response.end(envelope([{ sCode: '51400', sMsg: 'gone' }], '1', 'Operation failed')),
      { code: 'REST_REJECTED', okxCode: '51400', isRetryable: false, isOutcomeUnknown: false },
    ],
    [
      'an endpoint that timed out behind the venue’s door',
      (_, response) => response.end(envelope([], '50004', 'Endpoint request timeout')),
      { code: 'REST_REJECTED', okxCode: '50004', isRetryable: true, isOutcomeUnknown: true },
    ],
    [
      'a gateway’s page',
      (_, response) => response.writeHead(502).end('<html>Bad gateway</html>'),
      { code: 'REST_HTTP', httpStatus: 502, isRetryable: true, isOutcomeUnknown: true },
    ],
    [
      'a page that is not there',
      (_, response) => response.writeHead(404).end('nothing here'),
      { code: 'REST_HTTP', httpStatus: 404, isRetryable: false, isOutcomeUnknown: false },
    ],
    [
      'success that is no JSON',
      (_, response) => response.end('{"code":"0","data":['),
      { code: 'REST_MALFORMED', isRetryable: false, isOutcomeUnknown: true },
    ],
    [
      'success without data',
      (_, response) => response.end('{"code":"0","msg":""}'),
      { code: 'REST_MALFORMED', isRetryable: false },
    ],
    ['success that is null', (_, response) => response.end('null'), { code: 'REST_MALFORMED' }],
    [
      'a connection cut in the middle of the answer',
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{"code"');
        response.destroy();
      },
      { code: 'REST_NETWORK', httpStatus: 0, isRetryable: true, isOutcomeUnknown: true },
    ],
  ])('by %s says so', async (_what, play, expected) => {
    answer = play;
    expect(await errorOf(client().post('/api/v5/trade/order', { tag: TAG }))).toMatchObject({
      method: 'POST',
      path: '/api/v5/trade/order',
      ...expected,
    });
  });

  it.each<[string, Answer]>([
    ['no answer', () => undefined],
    [
      'an answer that drips',
      (_, response) => {
        const timer = setInterval(() => response.write(' '), 10);
        response.on('close', () => clearInterval(timer));
      },
    ],
  ])('by %s ends within the time allowed', async (_what, play) => {
    answer = play;
    const error = await errorOf(client({ timeoutMs: 80 }).get('/api/v5/public/time'));
    expect(error).toMatchObject({ code: 'REST_TIMEOUT', isRetryable: true, isOutcomeUnknown: false });
    expect(error.message).toBe('GET /api/v5/public/time: expected an answer within 80 ms, none came');
  });

  it('to connect is one of the network', async () => {
    const rest = client({ baseUrl: 'http://127.0.0.1:9' });
    expect(await errorOf(rest.get('/api/v5/public/time'))).toMatchObject({ code: 'REST_NETWORK' });
  });

  it('of calls under way is what closing the client means', async () => {
    const rest = client();
    answer = () => void rest.close();
    expect(await errorOf(rest.get('/api/v5/public/time'))).toMatchObject({ code: 'REST_NETWORK' });
  });
});

describe('the clock offset', () => {
  it('comes from the shortest of three round trips, by its middle', async () => {
    const clock = new ManualClock(START_MS);
    const trips = [
      { thereMs: 40, backMs: 60 },
      { thereMs: 2, backMs: 2 },
      { thereMs: 10, backMs: 10 },
    ];
    const rest = client({ clock });
    answer = (_asked, response) => {
      const { thereMs, backMs } = trips[asked.length - 1]!;
      clock.advanceNs(thereMs * 1e6);
      const ts = String(clock.wallMs() + 7_000);
      clock.advanceNs(backMs * 1e6);
      response.end(envelope([{ ts }]));
    };
    expect(rest.offsetErrorMs).toBe(Number.POSITIVE_INFINITY);
    await rest.measureClockOffset();
    expect(rest.offsetMs).toBe(7_000);
    expect(rest.offsetErrorMs).toBe(2);
    expect(rest.venueMs()).toBe(clock.wallMs() + 7_000);
  });

  it('is refused when the venue tells no time, and stays what it was', async () => {
    const rest = client({ clock: new SystemClock() as Clock });
    rest.offsetMs = 5;
    answer = (_asked, response) => response.end(envelope([{ ts: 'noon' }]));
    expect(await errorOf(rest.measureClockOffset())).toMatchObject({ code: 'REST_MALFORMED' });
    expect(rest.offsetMs).toBe(5);
  });
});

describe('the account’s calls', () => {
  const ORDER = {
    instType: 'SWAP',
    instId: 'BTC-USDT-SWAP',
    ordId: '3059871234567890432',
    clOrdId: '1763676600123000101',
    tag: '7001',
    px: '65000.1',
    sz: '1.5',
    ordType: 'post_only',
    side: 'buy',
    posSide: 'net',
    tdMode: 'cross',
    accFillSz: '0.4',
    state: 'partially_filled',
    reduceOnly: 'false',
    cancelSource: '',
    uTime: '1763676603208',
    cTime: '1763676600131',
  };
  const FILL = {
    instType: 'SWAP',
    instId: 'BTC-USDT-SWAP',
    tradeId: '1544789377',
    ordId: '3059871234567890432',
    clOrdId: '1763676600123000101',
    billId: '9',
    tag: '7001',
    fillPx: '65000.1',
    fillSz: '0.4',
    side: 'sell',
    execType: 'M',
    feeCcy: 'USDT',
    fee: '-0.052',
    ts: '1763676603210',
    fillTime: '1763676603207',
  };

  function account(): AccountRest {
    return new AccountRest(client());
  }

  function answerData(...pages: unknown[][]): void {
    answer = (_asked, response) => response.end(envelope(pages[asked.length - 1] ?? []));
  }

  it('read all pages of open orders', async () => {
    const rows = Array.from({ length: 230 }, (_, index) => ({ ...ORDER, ordId: String(1_000 - index) }));
    answerData(rows.slice(0, 100), rows.slice(100, 200), rows.slice(200));
    const orders = await account().fetchOpenOrders();
    expect(orders.map((order) => order.ordId)).toEqual(rows.map((row) => row.ordId));
    expect(asked.map((call) => call.url)).toEqual([
      '/api/v5/trade/orders-pending?limit=100',
      '/api/v5/trade/orders-pending?limit=100&after=901',
      '/api/v5/trade/orders-pending?limit=100&after=801',
    ]);
    expect(orders[0]).toEqual({
      instType: 'SWAP',
      instId: 'BTC-USDT-SWAP',
      ordId: '1000',
      clOrdId: '1763676600123000101',
      tag: '7001',
      side: Side.buy,
      px: '65000.1',
      sz: '1.5',
      accFillSz: '0.4',
      state: 'partially_filled',
      ordType: 'post_only',
      tdMode: 'cross',
      posSide: 'net',
      isReduceOnly: false,
      cancelSource: '',
      uTimeMs: 1_763_676_603_208,
      cTimeMs: 1_763_676_600_131,
    });
  });

  it('end when the venue gives the same page again and again', async () => {
    answer = (_asked, response) => response.end(envelope(Array.from({ length: 100 }, () => ORDER)));
    expect(await errorOf(account().fetchOpenOrders('BTC-USDT-SWAP'))).toMatchObject({
      code: 'REST_MALFORMED',
    });
    expect(asked).toHaveLength(2);
  });

  it('read fills oldest first', async () => {
    answerData([{ ...FILL, billId: '8' }, FILL]);
    const fills = await account().fetchFills(1_763_676_000_000);
    expect(asked[0]!.url).toBe('/api/v5/trade/fills?begin=1763676000000&limit=100');
    expect(fills.map((fill) => fill.billId)).toEqual(['9', '8']);
    expect(fills[0]).toMatchObject({
      side: Side.sell,
      isMaker: true,
      fee: '-0.052',
      fillTimeMs: 1_763_676_603_207,
    });
  });

  it('place an order with its tag and its time of expiry, and tell what came back', async () => {
    answer = (_asked, response) =>
      response.end(envelope([{ ordId: '31', clOrdId: '17', tag: 'OTHER', sCode: '0' }]));
    const order = {
      instId: 'BTC-USDT',
      tdMode: 'cash',
      side: 'buy',
      ordType: 'post_only',
      px: '1',
      sz: '1',
      clOrdId: '17',
      tag: TAG,
      stpMode: 'cancel_maker',
    } as const;
    expect(await account().placeOrder(order, START_MS + 0.5)).toEqual({ ordId: '31', tag: 'OTHER' });
    expect(asked[0]).toMatchObject({ method: 'POST', url: '/api/v5/trade/order' });
    expect(JSON.parse(asked[0]!.body)).toEqual(order);
    expect(asked[0]!.headers['exptime']).toBe(String(START_MS));
    // Without it, or by a client that knows none, nothing leaves.
    await expect(account().placeOrder({ ...order, tag: '' }, START_MS)).rejects.toThrow(AssertionError);
    const { tag: _none, ...untagged } = order;
    await expect(client().post('/api/v5/trade/batch-orders', [order, untagged])).rejects.toThrow(
      AssertionError,
    );
    const blank = new RestClient({ ...OPTIONS, baseUrl });
    clients.push(blank);
    await expect(blank.post('/api/v5/trade/order-algo', order)).rejects.toThrow(AssertionError);
    expect(asked).toHaveLength(1);
  });

  it('tell an unknown order from a failure', async () => {
    answer = (_asked, response) => response.end(envelope([], '51603', 'Order does not exist'));
    expect(await account().fetchOrder('BTC-USDT-SWAP', '17')).toBeUndefined();
    answer = (_asked, response) => response.end(envelope([], '50011', 'Too many'));
    expect(await errorOf(account().fetchOrder('BTC-USDT-SWAP', '17'))).toMatchObject({ okxCode: '50011' });
  });

  it('cancel twenty at a time and keep each result', async () => {
    answer = (call, response) => {
      const items = JSON.parse(call.body) as { clOrdId: string }[];
      const rows = items.map(({ clOrdId }) => ({
        clOrdId,
        ordId: '',
        sCode: clOrdId === '3' ? '51400' : '0',
        sMsg: '',
      }));
      response.end(envelope(rows, items.some(({ clOrdId }) => clOrdId === '3') ? '2' : '0'));
    };
    const requests = Array.from({ length: 45 }, (_, index) => ({
      instId: 'BTC-USDT',
      clOrdId: String(index),
    }));
    const results = await account().cancelOrders(requests);
    expect(asked.map((call) => (JSON.parse(call.body) as unknown[]).length)).toEqual([20, 20, 5]);
    expect(results.map((result) => result.clOrdId)).toEqual(requests.map((request) => request.clOrdId));
    expect(results.filter((result) => result.sCode !== '0')).toMatchObject([
      { clOrdId: '3', sCode: '51400' },
    ]);
    expect(await account().cancelOrders([])).toEqual([]);
  });

  it('do not take fewer results than cancels for an answer', async () => {
    answerData([{ clOrdId: '1', ordId: '', sCode: '0', sMsg: '' }]);
    const requests = [
      { instId: 'BTC-USDT', clOrdId: '1' },
      { instId: 'BTC-USDT', clOrdId: '2' },
    ];
    expect(await errorOf(account().cancelOrders(requests))).toMatchObject({ code: 'REST_MALFORMED' });
  });

  it('arm and disarm the venue’s own switch', async () => {
    answerData(
      [{ triggerTime: '1763676660123', tag: '7001', ts: '1' }],
      [{ triggerTime: '0', tag: '', ts: '1' }],
    );
    const rest = account();
    expect(await rest.cancelAllAfter(60, '7001')).toEqual({ triggerTimeMs: 1_763_676_660_123, tag: '7001' });
    expect(await rest.cancelAllAfter(0)).toEqual({ triggerTimeMs: 0, tag: '' });
    expect(asked.map((call) => call.body)).toEqual(['{"timeOut":"60","tag":"7001"}', '{"timeOut":"0"}']);
    await expect(rest.cancelAllAfter(5)).rejects.toThrow('10 to 120');
  });

  it('read configuration, positions and balances, with empty text where a field does not apply', async () => {
    answerData(
      [
        {
          uid: '44',
          acctLv: '3',
          posMode: 'net_mode',
          level: 'Lv4',
          perm: 'read_only,trade',
          ip: '',
          kycLv: '3',
        },
      ],
      [{ instType: 'SWAP', instId: 'BTC-USDT-SWAP', pos: '-0.4', avgPx: '', liqPx: '', uTime: '17' }],
      [
        {
          totalEq: '250133.1',
          mgnRatio: '',
          uTime: '17',
          details: [{ ccy: 'USDT', cashBal: '12.5', upl: '-1e-8' }],
        },
      ],
    );
    const rest = account();
    expect(await rest.fetchAccountConfig()).toMatchObject({
      uid: '44',
      acctLv: '3',
      permissions: ['read_only', 'trade'],
      isIpBound: false,
    });
    expect(await rest.fetchPositions()).toMatchObject([
      { instId: 'BTC-USDT-SWAP', pos: '-0.4', avgPx: '', uTimeMs: 17 },
    ]);
    expect(await rest.fetchBalances()).toMatchObject({
      totalEq: '250133.1',
      mgnRatio: '',
      details: [{ ccy: 'USDT', cashBal: '12.5', availBal: '', upl: '-1e-8' }],
    });
  });

  it.each([
    ['a row that is no object', [7]],
    ['no row at all', []],
    ['a missing name', [{ acctLv: '3', posMode: 'net_mode' }]],
    ['a number for text', [{ uid: 44, acctLv: '3', posMode: 'net_mode' }]],
  ])('refuse %s', async (_what, rows) => {
    answerData(rows);
    expect(await errorOf(account().fetchAccountConfig())).toMatchObject({
      code: 'REST_MALFORMED',
      path: '/api/v5/account/config',
    });
  });

  it.each([
    ['side', 'up'],
    ['sz', ''],
    ['px', '0x10'],
    ['px', ' 1'],
    ['uTime', '1e3'],
    ['state', null],
  ])('refuse an order whose %s is %j', async (name, value) => {
    answerData([{ ...ORDER, [name]: value }]);
    const error = await errorOf(account().fetchOpenOrders());
    expect(error.code).toBe('REST_MALFORMED');
    expect(error.message).toContain(`"${name}"`);
  });

  it('pass books and instruments on as they came', async () => {
    const text = '{"code":"0","msg":"","data":[{"asks":[],"bids":[],"ts":"17","seqId":5}]}';
    answer = (_asked, response) => response.end(text);
    expect(await account().fetchBook('BTC-USDT')).toBe(text);
    expect(asked[0]!.url).toBe('/api/v5/market/books?instId=BTC-USDT&sz=400');
    await account().fetchInstruments('OPTION', 'BTC-USD');
    await account().fetchInstruments('SWAP', '', true);
    expect(asked[1]!.url).toBe('/api/v5/public/instruments?instType=OPTION&instFamily=BTC-USD');
    expect(asked[2]!.url).toBe('/api/v5/account/instruments?instType=SWAP');
    expect(asked[2]!.headers['ok-access-sign']).toBeDefined();
    answer = (_asked, response) => response.end(envelope([], '51001', 'no such instrument'));
    expect(await errorOf(account().fetchBook('X-Y'))).toMatchObject({ okxCode: '51001' });
  });

  it('read how many orders the venue takes of the account', async () => {
    answerData(
      [{ accRateLimit: '2000', fillRatio: '5.31', nextAccRateLimit: '1250' }],
      [{ accRateLimit: '' }],
    );
    const rest = account();
    expect(await rest.fetchRateLimit()).toEqual({
      ordersMax: 2_000,
      nextOrdersMax: 1_250,
      fillRatio: '5.31',
    });
    expect(await rest.fetchRateLimit()).toEqual({ ordersMax: 0, nextOrdersMax: 0, fillRatio: '' });
    expect(asked[0]!.url).toBe('/api/v5/trade/account-rate-limit');
  });

  it('read what trades cost, positive when it is paid', async () => {
    const groups = [
      { groupId: '1', taker: '-0.0003', maker: '-0.00005', elpMaker: '' },
      { groupId: '4', taker: '-0.0005', maker: '0.00002', elpMaker: '' },
      { groupId: '9', taker: '', maker: '' },
    ];
    answerData(
      [{ instType: 'SWAP', feeGroup: groups, maker: '', taker: '' }],
      [{ instType: 'SPOT', feeGroup: [], maker: '-0.0008', taker: '0' }],
      [{ instType: 'SPOT', maker: '-0.0008', taker: '-0.001' }],
    );
    const rest = account();
    expect(await rest.fetchTradeFees('SWAP')).toEqual({
      groups: [
        { groupId: '1', makerRate: 0.00005, takerRate: 0.0003 },
        { groupId: '4', makerRate: -0.00002, takerRate: 0.0005 },
      ],
      all: undefined,
    });
    expect(await rest.fetchTradeFees('SPOT')).toEqual({
      groups: [],
      all: { makerRate: 0.0008, takerRate: 0 },
    });
    expect(asked[0]!.url).toBe('/api/v5/account/trade-fee?instType=SWAP');
    expect(asked[0]!.headers['ok-access-sign']).toBeDefined();
    expect(await errorOf(rest.fetchTradeFees('SPOT'))).toMatchObject({ code: 'REST_MALFORMED' });
  });

  it('let the venue’s window pass when there are many pages', async () => {
    const pages = Array.from({ length: 42 }, (_, page) =>
      Array.from({ length: page === 41 ? 1 : 100 }, (_row, index) => ({
        ...ORDER,
        ordId: String(10_000 - page * 100 - index),
      })),
    );
    answerData(...pages);
    const waits: number[] = [];
    const rest = new AccountRest(client(), (ms) => {
      waits.push(ms);
      return Promise.resolve();
    });
    expect(await rest.fetchOpenOrders()).toHaveLength(4_101);
    expect(waits).toEqual([2_000]);
  });

  it('set the leverage', async () => {
    await account().setLeverage('BTC-USDT-SWAP', 5, 'cross');
    expect(asked[0]!.body).toBe('{"instId":"BTC-USDT-SWAP","lever":"5","mgnMode":"cross"}');
  });
});

describe('a certificate that nobody trusts', () => {
  it('is refused whatever the environment says', async () => {
    const stranger = createTlsServer(LOOPBACK, (_request, response) => response.end(envelope([])));
    await new Promise<void>((resolve) => {
      stranger.listen(0, '127.0.0.1', resolve);
    });
    const origin = `https://localhost:${(stranger.address() as AddressInfo).port}`;
    const transport = new PoolTransport({ origin, timeoutMs: 5_000, connectionsMax: 1 });
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await expect(transport.call({ method: 'GET', path: '/', headers: {}, body: '' })).rejects.toMatchObject(
        { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
      );
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      await transport.close();
      stranger.closeAllConnections();
      await new Promise((resolve) => stranger.close(resolve));
    }
  });
});
