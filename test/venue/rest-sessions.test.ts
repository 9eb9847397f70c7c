import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Random } from '../../engine/base/random.ts';
import { INSTRUMENTS, RestSessionWorld } from './rest-session-world.ts';
import type { Row } from './rest-session-world.ts';

const [SPOT, SWAP] = INSTRUMENTS;

let world: RestSessionWorld;
let ids = 0;

beforeEach(async () => {
  world = await RestSessionWorld.start(new Random(1));
  ids = 0;
});

afterEach(() => world.remove());

/** Far below the market: it rests. */
function order(clOrdId: string, changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    instIdCode: world.codeOf(SPOT),
    tdMode: 'cash',
    side: 'buy',
    ordType: 'post_only',
    px: '70000',
    sz: '0.01',
    clOrdId,
    tag: 'T1',
    ...changes,
  };
}

function say(op: string, args: readonly unknown[], changes: Readonly<Record<string, unknown>> = {}): boolean {
  return world.say({ id: String(++ids), op, args, ...changes });
}

async function up(): Promise<void> {
  await world.look();
  world.told.length = 0;
}

const ackItems = (): unknown[] =>
  world.acks.map(({ id, op, code, data }) => [id, op, code, ...(data as Row[]).map(({ sCode }) => sCode)]);

describe('the trade session by REST', () => {
  it('answers as the socket would, single and batched, refusals too', async () => {
    await up();
    expect(say('batch-orders', [order('1'), order('2', { sz: '0.0000000001' })])).toBe(true);
    await world.advance(10);
    expect(
      say('amend-order', [{ instIdCode: world.codeOf(SPOT), clOrdId: '1', reqId: '7', newPx: '70001' }]),
    ).toBe(true);
    await world.advance(10);
    expect(say('cancel-order', [{ instIdCode: world.codeOf(SPOT), clOrdId: '9' }])).toBe(true);
    await world.advance(10);
    expect(ackItems()).toEqual([
      ['1', 'batch-orders', '2', '0', '51020'],
      ['2', 'amend-order', '0', '0'],
      ['3', 'cancel-order', '1', '51400'],
    ]);
    expect(world.acks[0]).toMatchObject({ inTime: expect.stringMatching(/^\d{16}$/) as unknown });
  });

  it('gives the venue the time after which it must refuse', async () => {
    await up();
    const nowMs = world.oauth.clock.wallMs();
    say('order', [order('1')], { expTime: String(nowMs - 1) });
    await world.advance(10);
    say('order', [order('2')], { expTime: String(nowMs + 1_000) });
    await world.advance(10);
    expect(world.acks.map(({ code }) => code)).toEqual(['50036', '0']);
  });

  it('sends what concerns one instrument in turn, and others beside it', async () => {
    await up();
    const open: (() => void)[] = [];
    world.oauth.onRequest = ({ method }) =>
      method === 'GET'
        ? undefined
        : new Promise<void>((resolve) => {
            open.push(resolve);
          });
    const asked = (): string[] =>
      world.oauth.asked.filter((path) => path.includes('/trade/') && !path.includes('pending')).slice(-4);
    say('order', [order('1')]);
    say('cancel-order', [{ instIdCode: world.codeOf(SPOT), clOrdId: '1' }]);
    say('order', [order('2', { instIdCode: world.codeOf(SWAP), tdMode: 'cross', sz: '1' })]);
    await world.advance(10);
    expect(asked().filter((path) => path.endsWith('order'))).toEqual([
      '/api/v5/trade/order',
      '/api/v5/trade/order',
    ]);
    for (const resolve of open.splice(0)) resolve();
    await world.advance(10);
    for (const resolve of open.splice(0)) resolve();
    await world.advance(10);
    expect(asked().at(-1)).toBe('/api/v5/trade/cancel-order');
    // Had the cancel overtaken its order, there would have been nothing to cancel.
    expect(world.acks.map(({ op, code }) => `${String(op)} ${String(code)}`).toSorted()).toEqual([
      'cancel-order 0',
      'order 0',
      'order 0',
    ]);
  });

  it('says nothing of what was never answered, whether it was carried out or not', async () => {
    await up();
    world.fault = 'before';
    say('order', [order('1')]);
    await world.advance(10);
    world.fault = 'after';
    say('order', [order('2')]);
    await world.advance(10);
    world.fault = 'none';
    expect(world.acks).toEqual([]);
    expect([world.trading.answered, world.trading.unanswered]).toEqual([0, 2]);
    expect(world.trading.isUp).toBe(true);
    // The one that rests is told of by the next look, as a push would have told.
    await world.look();
    expect(world.pushes.map(({ clOrdId, state }) => `${clOrdId} ${state}`)).toEqual(['2 live']);
  });

  it('takes no more than 64 messages at once, and none while it is down', async () => {
    expect(say('order', [order('1')])).toBe(false);
    await up();
    world.oauth.onRequest = () => new Promise<void>(() => {});
    const taken = Array.from({ length: 70 }, (_, index) => say('order', [order(`1${index}`)]));
    expect(taken.filter(Boolean)).toHaveLength(64);
  });

  it('drops what waits, and what comes late, when it goes down', async () => {
    await up();
    let answer = (): void => {};
    world.oauth.onRequest = ({ method }) =>
      method === 'GET'
        ? undefined
        : new Promise<void>((resolve) => {
            answer = resolve;
          });
    say('order', [order('1')]);
    say('order', [order('2')]);
    await world.advance(10);
    world.trading.reconnect('because');
    expect(say('order', [order('3')])).toBe(false);
    answer();
    await world.advance(10);
    // It comes back by a timer, so that whoever asked for it is told down before up.
    await vi.waitFor(() => expect(world.told).toEqual(['2 down because', '2 up']), 5_000);
    expect(world.acks).toEqual([]);
    expect(world.oauth.asked.filter((path) => path === '/api/v5/trade/order')).toHaveLength(1);
  });
});

describe('the private session by REST', () => {
  it('is up when the account has answered once, and the trade session after it', async () => {
    expect([world.asking.isUp, world.trading.isUp]).toEqual([false, false]);
    await world.look();
    expect(world.told.slice(0, 2)).toEqual(['1 up', '2 up']);
    expect(
      world.told.slice(2).map((text) => /^(\d) \{"arg":\{"channel":"(\w+)"/.exec(text)?.slice(1)),
    ).toEqual([
      ['1', 'positions'],
      ['2', 'account'],
    ]);
  });

  it('goes down after three seconds without an answer, the trade session first, and comes back', async () => {
    await up();
    world.oauth.onRequest = () => {
      throw Object.assign(new Error('gone'), { code: 'ECONNREFUSED' });
    };
    for (let look = 0; look < 12; look++) {
      await world.advance(250);
      await world.look();
    }
    expect(world.told).toEqual([]);
    await world.advance(250);
    await world.look();
    expect(world.told.map((text) => text.slice(0, 40))).toEqual([
      '2 down expected an answer within 3 s: GE',
      '1 down expected an answer within 3 s: GE',
    ]);
    world.oauth.onRequest = () => {};
    world.told.length = 0;
    await world.look();
    expect(world.told.slice(0, 2)).toEqual(['1 up', '2 up']);
  });

  it('tells the fills of while it was down, and no order of before twice', async () => {
    await up();
    say('order', [order('1')]);
    await world.advance(10);
    await world.look();
    world.asking.reconnect('because');
    await world.advance(10);
    await world.look();
    expect(world.pushes.map(({ clOrdId, state }) => `${clOrdId} ${state}`)).toEqual(['1 live', '1 live']);
  });

  it('tells a position that is closed as none', async () => {
    await up();
    const swap = { instIdCode: world.codeOf(SWAP), tdMode: 'cross', ordType: 'ioc', sz: '1' };
    say('order', [order('1', { ...swap, px: '80000' })]);
    await world.advance(1_000);
    await world.look();
    say('order', [order('2', { ...swap, side: 'sell', px: '77300' })]);
    await world.advance(1_000);
    await world.look();
    await world.advance(1_000);
    await world.look();
    const told = world.told.filter((text) => text.includes('"channel":"positions"'));
    const rows = told.map((text) =>
      (JSON.parse(text.slice(2)) as { data: Row[] }).data.map(({ instId, pos }) => `${instId} ${pos}`),
    );
    expect(rows).toEqual([[`${SWAP} 1`], [`${SWAP} 0`], []]);
  });

  it('keeps within the venue’s budgets while it looks as often as it does', async () => {
    await up();
    say('order', [order('1')]);
    await world.advance(10);
    for (let look = 0; look < 60; look++) {
      await world.look();
      await world.advance(100);
    }
    expect(world.asking.failures).toBe(0);
    const windows = 6_000 / 2_000;
    const count = (path: string): number =>
      world.oauth.asked.filter((each) => each === path).length / windows;
    expect(count('/api/v5/trade/orders-pending')).toBeLessThan(25);
    expect(count('/api/v5/trade/fills')).toBeLessThan(25);
    expect(count('/api/v5/account/positions')).toBeLessThan(4);
    expect(count('/api/v5/account/balance')).toBeLessThan(3);
  });
});
