import { beforeEach, describe, expect, it } from 'vitest';
import type { Interference } from '../../../engine/paper/gateway/order-entry.ts';
import { PaperWorld } from './paper-world.ts';
import type { Message, Peer } from './paper-world.ts';

const SWAP = 'BTC-USDT-SWAP';

let world = new PaperWorld();
let peer: Peer;

beforeEach(() => {
  world = new PaperWorld({ startPrices: { [SWAP]: '50000' } });
  peer = world.trader(1, { channel: 'orders', instType: 'ANY' });
});

const order = (clOrdId: string): Record<string, unknown> => ({
  instIdCode: world.codeOf(SWAP),
  tdMode: 'cross',
  side: 'buy',
  ordType: 'post_only',
  px: '49000',
  sz: '1',
  clOrdId,
});

/** What the request is answered, and the clOrdIds that were pushed. */
function ask(op: string, ...args: Record<string, unknown>[]): { answer: Message; pushed: unknown[] } {
  peer.say({ id: 'i1', op, args });
  const heard = peer.heard();
  return {
    answer: heard.find(({ id }) => id === 'i1')!,
    pushed: heard
      .filter(({ arg }) => arg?.channel === 'orders')
      .map(({ data }) => [data![0]!['clOrdId'], data![0]!['state']]),
  };
}

function restingIds(): unknown[] {
  return world.venue.exchange.pendingOrders('uid1', {}).map(({ clOrdId }) => clOrdId);
}

describe('interference with single items', () => {
  it('refuses what it does not let through, and leaves the others alone', () => {
    const seen: unknown[] = [];
    world.venue.interfere = (kind, uid, item) => {
      seen.push([kind, uid, item['instId'], item['clOrdId']]);
      return item['clOrdId'] === 'b' ? { sCode: '51008', isApplied: false } : null;
    };
    const { answer, pushed } = ask('batch-orders', order('a'), order('b'), order('c'));
    expect(answer).toMatchObject({ code: '2', data: [{ sCode: '0' }, { sCode: '51008' }, { sCode: '0' }] });
    expect(answer.data![1]).toMatchObject({ clOrdId: 'b', ordId: '', subCode: '' });
    expect(pushed).toEqual([
      ['a', 'live'],
      ['c', 'live'],
    ]);
    expect(seen).toEqual(['a', 'b', 'c'].map((clOrdId) => ['place', 'uid1', SWAP, clOrdId]));
  });

  it('carries out what it says it refused, when it is told to', () => {
    world.venue.interfere = (kind) => (kind === 'cancel' ? { sCode: '51412', isApplied: true } : null);
    ask('order', order('a'));
    const { answer, pushed } = ask('cancel-order', { instIdCode: world.codeOf(SWAP), clOrdId: 'a' });
    expect(answer).toMatchObject({ code: '1', data: [{ sCode: '51412', clOrdId: 'a' }] });
    expect(pushed).toEqual([['a', 'canceled']]);
    expect(restingIds()).toEqual([]);
  });

  it('spares what it says nothing about', () => {
    world.venue.interfere = () => null;
    expect(ask('order', order('a')).answer).toMatchObject({ code: '0' });
  });
});

describe('interference with whole requests', () => {
  const of = (sCode: string, isApplied: boolean): Interference => {
    return (_, __, item) => (item['clOrdId'] === 'b' ? { sCode, isApplied } : null);
  };

  it.each(['50001', '50004', '50011', '50013', '50026', '50061', '51054', '51149'])(
    'says %s at the root, with no data, applied or not',
    (code) => {
      for (const isApplied of [false, true]) {
        world.venue.interfere = of(code, isApplied);
        const { answer, pushed } = ask('batch-orders', order('a'), order('b'));
        expect(answer).toMatchObject({ op: 'batch-orders', code, data: [] });
        expect(answer['msg']).not.toBe('');
        expect(pushed.length).toBe(isApplied ? 2 : 0);
        expect(restingIds().toSorted()).toEqual(isApplied ? ['a', 'b'] : []);
      }
    },
  );

  it('gives REST the HTTP status of its code', () => {
    const body = { ...order('b'), instId: SWAP };
    const statuses = ['50001', '50004', '50011', '50061', '51149'].map((code) => {
      world.venue.interfere = of(code, false);
      const { status, answer } = world.rest('POST', '/api/v5/trade/order', { account: 1, body });
      expect(answer).toMatchObject({ code, data: [] });
      return status;
    });
    expect(statuses).toEqual([503, 400, 429, 200, 500]);
    expect(restingIds()).toEqual([]);
  });
});

describe('a key that may only read', () => {
  beforeEach(() => {
    const account = { uid: 'uid1', apiKey: 'key1', secret: 'secret1', passphrase: 'pass1' };
    world = new PaperWorld({
      accounts: [
        {
          ...account,
          balances: { USDT: '1000' },
          accountLevel: '3',
          positionMode: 'long_short_mode',
          makerFeeRate: '0',
          takerFeeRate: '0',
          feeTier: 'VIP6',
          permissions: 'read_only',
          orderRateMax: 2_000,
        },
      ],
    });
    peer = world.trader(1, { channel: 'orders', instType: 'ANY' });
  });

  it('sees the account, and neither trades nor changes it', () => {
    expect(world.rest('GET', '/api/v5/account/config', { account: 1 }).answer.data).toMatchObject([
      { perm: 'read_only', acctLv: '3', posMode: 'long_short_mode' },
    ]);
    expect(ask('order', order('a')).answer).toMatchObject({ code: '50120', data: [] });
    for (const path of ['/api/v5/trade/order', '/api/v5/trade/cancel-all-after']) {
      const refused = world.rest('POST', path, { account: 1, body: { timeOut: '10' } });
      expect(refused).toMatchObject({ status: 401, answer: { code: '50120', data: [] } });
    }
  });

  it('is told the order rate that its fill ratio has earned', () => {
    const told = { accRateLimit: '2000', nextAccRateLimit: '2000', fillRatio: '0', mainFillRatio: '0' };
    const target = '/api/v5/trade/account-rate-limit';
    expect(world.rest('GET', target, { account: 1 }).answer.data).toMatchObject([told]);
    const regular = new PaperWorld().rest('GET', target, { account: 1 }).answer.data;
    const withheld = { nextAccRateLimit: '', fillRatio: '', mainFillRatio: '' };
    expect(regular).toMatchObject([{ accRateLimit: '1000', ...withheld }]);
  });
});
