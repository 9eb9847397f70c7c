import { describe, expect, it } from 'vitest';
import type { FillFilter, Row } from '../../../engine/paper/exchange/exchange-contract.ts';
import { accountOptions, START_MS, World } from './recording-world.ts';

/** 250 fills of two instruments, two every ten milliseconds, the orders' names in turn. */
function traded(): World {
  const world = new World();
  for (let count = 0; count < 250; count++) {
    if (count % 2 === 0) world.exchange.advance(START_MS + count * 5);
    const instId = count % 5 === 0 ? 'BTC-USDT' : 'BTC-USDT-SWAP';
    const sz = count % 5 === 0 ? '0.001' : '1';
    world.place('b', 'sell', '78000', sz, { instId });
    world.place('a', 'buy', '78000', sz, { instId, clOrdId: `c${count}`, tag: 'T1' });
  }
  return world;
}

describe('the fills of an account', () => {
  const world = traded();
  const all: Row[] = [];
  for (let after = ''; ; after = String(all.at(-1)!['billId'])) {
    const page = world.exchange.fills('a', after === '' ? {} : { after });
    all.push(...page);
    if (page.length < 100) break;
  }

  it('come in pages by billId, newest first, each once', () => {
    expect(all.map((row) => row['clOrdId'])).toEqual(
      Array.from({ length: 250 }, (_, index) => `c${249 - index}`),
    );
    expect(new Set(all.map((row) => row['billId'])).size).toBe(250);
  });

  it('say whose they were and what they cost', () => {
    expect(all.find((row) => row['clOrdId'] === 'c1')).toMatchObject({
      instId: 'BTC-USDT-SWAP',
      tag: 'T1',
      side: 'buy',
      fillPx: '78000',
      fillSz: '1',
      execType: 'T',
      fee: '-0.39',
      feeCcy: 'USDT',
      ts: String(START_MS),
    });
    expect(all.find((row) => row['clOrdId'] === 'c0')).toMatchObject({ fee: '-0.0000005', feeCcy: 'BTC' });
  });

  const from = String(START_MS + 500);
  const to = String(START_MS + 900);
  const middle = String(all[120]!['billId']);
  const filters: readonly FillFilter[] = [
    { begin: from },
    { end: to },
    { begin: from, end: to },
    { begin: from, end: to, instType: 'SPOT' },
    { instId: 'BTC-USDT' },
    { after: middle, begin: from },
    { before: middle },
    { before: middle, limit: '7' },
    { before: middle, end: to, limit: '3' },
    { after: middle, limit: '20' },
    { begin: String(START_MS + 10_000_000) },
    { ordId: String(all[3]!['ordId']) },
  ];

  it.each(filters)('are filtered as by a plain look at each of them: %j', (filter) => {
    const isIn = (row: Row): boolean => {
      const id = BigInt(row['billId'] as string);
      const ts = Number(row['ts']);
      if (filter.instId && row['instId'] !== filter.instId) return false;
      if (filter.instType && row['instType'] !== filter.instType) return false;
      if (filter.ordId && row['ordId'] !== filter.ordId) return false;
      if (filter.after && id >= BigInt(filter.after)) return false;
      if (filter.before && id <= BigInt(filter.before)) return false;
      return ts >= Number(filter.begin ?? 0) && ts <= Number(filter.end ?? Infinity);
    };
    const matches = all.filter(isIn);
    const limit = Number(filter.limit ?? 100);
    const isNextTo = filter.before !== undefined && filter.after === undefined;
    const expected = isNextTo ? matches.slice(-limit) : matches.slice(0, limit);
    expect(world.exchange.fills('a', filter)).toEqual(expected);
  });
});

it('say in long/short mode whether they opened or closed', () => {
  const world = new World({
    accounts: [accountOptions('a', { positionMode: 'long_short_mode' }), accountOptions('b')],
  });
  const trades = [
    ['buy', 'long', '3'],
    ['sell', 'long', '5'],
    ['sell', 'short', '4'],
    ['buy', 'short', '6'],
  ] as const;
  for (const [side, posSide, subType] of trades) {
    world.place('b', side === 'buy' ? 'sell' : 'buy', '78000', '1');
    expect(world.place('a', side, '78000', '1', { posSide }).sCode).toBe('0');
    expect(world.exchange.fills('a', { limit: '1' })).toMatchObject([{ posSide, side, subType }]);
  }
});
