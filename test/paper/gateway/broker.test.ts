import { beforeEach, describe, expect, it } from 'vitest';
import { parseReport } from '../../../engine/broker/rebate-report.ts';
import { answerPaper } from '../../../engine/paper/gateway/rest-paper.ts';
import { answerReport } from '../../../engine/paper/gateway/rest-broker.ts';
import { accountOf, PaperWorld } from './paper-world.ts';

const PATH = '/api/v5/broker/fd/rebate-per-orders';
const HOUR_MS = 3_600_000;
const CODE = 'BROKERCODE';

let world: PaperWorld;
beforeEach(() => {
  world = new PaperWorld({
    accounts: [
      accountOf(1),
      accountOf(2, { feeTier: 'VIP7' }),
      accountOf(3, { feeTier: 'VIP5' }),
      accountOf(4, { permissions: 'read_only' }),
    ],
    startPrices: { 'BTC-USDT': '60000', 'ETH-USDT': '2000', 'ETH-BTC': '0.03' },
    broker: { code: CODE, share: { spot: '0.4', derivatives: '0.5' }, monthlyCap: '1' },
  });
});

/** Account 1 rests a sale of spot, and the other takes it. */
function trade(taker: number, { tag = CODE, px = '60000', sz = '0.1' } = {}): void {
  const order = (account: number, body: object): void => {
    const { answer } = world.rest('POST', '/api/v5/trade/order', { account, body });
    expect(answer.code, JSON.stringify(answer)).toBe('0');
  };
  const base = { instId: 'BTC-USDT', tdMode: 'cash', px, sz };
  order(1, { ...base, side: 'sell', ordType: 'post_only', tag: 'OTHERS' });
  order(taker, { ...base, side: 'buy', ordType: 'ioc', tag });
  world.advance(10);
}

function fault(body: object): void {
  const request = {
    method: 'POST',
    path: '/paper/faults',
    query: '',
    headers: {},
    remoteAddress: '127.0.0.1',
  };
  expect(
    answerPaper(world.venue, { ...request, body: JSON.stringify({ kind: 'rebates', ...body }) }).status,
  ).toBe(200);
}

/** Has the report made and fetches it. */
function reportRows(account = 1, [begin, end] = ['20260728', '20260728']) {
  const asked = world.rest('POST', PATH, { account, body: { begin, end } }).answer;
  expect(asked.data).toEqual([{ result: 'false', ts: String(world.nowMs) }]);
  world.advance(2_100);
  const { answer } = world.rest('GET', `${PATH}?type=false&begin=${begin}&end=${end}`, {
    account,
    headers: { host: 'h:1' },
  });
  const [row] = answer.data!;
  expect(row).toMatchObject({
    state: 'finished',
    beginTime: String(Date.UTC(2026, 6, 28)),
    endTime: expect.any(String),
  });
  const link = String(row!['fileHref']);
  expect(link).toMatch(/^http:\/\/h:1\/broker-reports\/RebateDetails\d{4}-\d{4}-\w+\.csv$/);
  return { link, rows: parseReport(fetched(link)!, 'a').rows };
}

function fetched(link: string): string | undefined {
  const request = {
    method: 'GET',
    path: new URL(link).pathname,
    query: '',
    headers: {},
    body: '',
    remoteAddress: '::1',
  };
  const answer = answerReport(world.venue, request);
  return answer?.status === 200 ? answer.body : undefined;
}

const eligible = (account: number): unknown =>
  world.rest('GET', `/api/v5/broker/fd/if-rebate?apiKey=key${account}`, { account: 1 }).answer.data?.[0];

describe('the report of rebates', () => {
  it('has a row an order with the code: 0.1 BTC x 60000, a fee of 0.0003, and 0.4 of it', () => {
    trade(3, { sz: '0.01' });
    trade(3, { tag: 'OTHER' });
    const { rows } = reportRows();
    expect(rows).toHaveLength(1);
    // 0.01 x 60000 = 600; the fee 0.000003 BTC x 60000 = 0.18, of which 0.072.
    expect(
      [rows[0]!.volume, rows[0]!.fee, rows[0]!.settlementFee, rows[0]!.brokerRebate].map(String),
    ).toEqual(['600', '-0.18', '-0.18', '0.072']);
    expect(rows[0]).toMatchObject({
      brokerCode: CODE,
      uid: 'uid3',
      level: 'VIP5',
      instId: 'BTC-USDT',
      isAffiliated: false,
    });
  });

  it('brings nothing of VIP7, and of VIP5 no more than the month has: 0.72 and then 0.28 of it', () => {
    trade(2);
    trade(3);
    trade(3);
    expect(reportRows().rows.map(({ uid, brokerRebate }) => [uid, brokerRebate.toString()])).toEqual([
      ['uid2', '0'],
      ['uid3', '0.72'],
      ['uid3', '0.28'],
    ]);
    expect(eligible(3)).toMatchObject({ type: '2', lastRebate: '1', brokerCode: CODE });
  });

  it('is made in two seconds, once an hour, and its link ends after two', () => {
    const begin = { begin: '20260728', end: '20260728' };
    expect(world.rest('POST', PATH, { account: 1, body: begin }).answer.code).toBe('0');
    expect(world.rest('POST', PATH, { account: 1, body: begin }).answer.code).toBe('50011');
    const query = `${PATH}?type=false&begin=20260728&end=20260728`;
    const ask = () => world.rest('GET', query, { account: 1, headers: { host: 'h' } }).answer;
    expect(ask().data).toMatchObject([{ state: 'ongoing', fileHref: '' }]);
    world.advance(2_100);
    const link = String(ask().data![0]!['fileHref']);
    expect(ask().code).toBe('50011');
    world.nowMs += 2 * HOUR_MS - 1_000;
    expect(fetched(link)).toMatch(/^\uFEFFbrokerCode,level,uid/);
    world.nowMs += 1_000;
    expect(fetched(link)).toBeUndefined();
    expect(world.rest('POST', PATH, { account: 1, body: begin }).answer.data).toMatchObject([
      { result: 'true' },
    ]);
  });

  it('may be asked for by a key that may only read, of 180 days at most', () => {
    const ask = (begin: string, end: string) =>
      world.rest('POST', PATH, { account: 4, body: { begin, end } }).answer;
    expect(ask('2026072', '20260728').code).toBe('51000');
    world.nowMs += HOUR_MS;
    expect(ask('20260101', '20260701').code).toBe('51000');
    world.nowMs += HOUR_MS;
    expect(ask('', '20260701').code).toBe('50014');
    world.nowMs += HOUR_MS;
    expect(ask('20260101', '20260629').code).toBe('0');
  });

  it('lacks, delays, caps, changes and adds orders as it is told to', () => {
    for (let index = 0; index < 6; index++) trade(3, { sz: '0.001' });
    fault({ missing: 1, late: 1, capped: 1, fee: 1, extra: 2 });
    const { rows } = reportRows(1, ['20260728', '20260729']);
    const orders = rows.map(({ brokerRebate, fee, tsMs, level }) => [
      brokerRebate.toString(),
      fee.toString(),
      new Date(tsMs).toISOString().slice(0, 10),
      level,
    ]);
    // 0.001 x 60000 = 60, a fee of 0.018, and 0.0072 of it.
    expect(orders).toEqual([
      ['0.0072', '-0.018', '2026-07-29', 'VIP5'],
      ['0', '-0.018', '2026-07-28', 'VIP5'],
      ['0.0144', '-0.036', '2026-07-28', 'VIP5'],
      ['0.0072', '-0.018', '2026-07-28', 'VIP5'],
      ['0.0072', '-0.018', '2026-07-28', 'VIP5'],
      ['0.05', '-0.1', '2026-07-29', 'Lv1'],
      ['0.05', '-0.1', '2026-07-29', 'Lv1'],
    ]);
  });
});

it('a fill on a pair of coins is worth what the index of the first says: 0.1 ETH x 2000, whatever its price in BTC', () => {
  const order = (account: number, body: object): void => {
    const base = { instId: 'ETH-BTC', tdMode: 'cash', px: '0.03', sz: '0.1' };
    expect(
      world.rest('POST', '/api/v5/trade/order', { account, body: { ...base, ...body } }).answer.code,
    ).toBe('0');
  };
  order(1, { side: 'sell', ordType: 'post_only' });
  order(3, { side: 'buy', ordType: 'ioc', tag: CODE });
  world.advance(10);
  const fills = world.rest('GET', '/api/v5/trade/fills', { account: 3 }).answer.data!;
  expect(fills.map(({ fillPx, fillIdxPx }) => [fillPx, fillIdxPx])).toEqual([['0.03', '2000']]);
  // The fee of 0.00003 ETH x 2000.
  expect(reportRows().rows.map(({ volume, fee }) => [String(volume), String(fee)])).toEqual([
    ['200', '-0.06'],
  ]);
});

describe('whether an account brings rebates', () => {
  it('hangs on its tier and on the broker', () => {
    expect([1, 2, 3].map((account) => eligible(account))).toMatchObject([
      { type: '0', lastRebate: '', clientRebateRatio: '0', affiliated: false },
      { type: '3' },
      { type: '0', lastRebate: '0' },
    ]);
    fault({ isExpired: true });
    world.nowMs += 2_000;
    expect(eligible(1)).toMatchObject({ type: '1' });
    fault({});
    world.nowMs += 2_000;
    expect(eligible(1)).toMatchObject({ type: '0' });
  });

  it('is not told of a key that there is none of, nor without one', () => {
    const ask = (query: string) =>
      world.rest('GET', `/api/v5/broker/fd/if-rebate${query}`, { account: 1 }).answer.code;
    expect([ask('?apiKey=none'), ask('')]).toEqual(['51000', '50014']);
  });
});
