import { beforeEach, describe, expect, it } from 'vitest';
import { PaperWorld } from './paper-world.ts';
import type { Message, Peer } from './paper-world.ts';

const SPOT = 'BTC-USDT';
const SWAP = 'BTC-USDT-SWAP';
const OFF_THE_MARKET = '50000';

let world = new PaperWorld();
let nextId = 0;

beforeEach(() => {
  world = new PaperWorld({ startPrices: { [SPOT]: '50500', [SWAP]: '50500' } });
  nextId = 1;
});

function order(changes: Record<string, unknown> = {}, instId = SPOT): Record<string, unknown> {
  return {
    instIdCode: world.codeOf(instId),
    tdMode: instId === SPOT ? 'cash' : 'cross',
    side: 'buy',
    ordType: 'post_only',
    px: OFF_THE_MARKET,
    sz: instId === SPOT ? '0.001' : '0.01',
    clOrdId: `c${nextId}x${Object.keys(changes).length}`,
    tag: 'TAG1',
    ...changes,
  };
}

/** The answer to an operation, and whatever else came with it. */
function operate(
  peer: Peer,
  op: string,
  args: unknown[],
  root: Record<string, unknown> = {},
): [Message, Message[]] {
  const id = String(nextId++);
  peer.heard();
  peer.say({ id, op, args, ...root });
  const heard = peer.heard();
  const answer = heard.find((message) => message.id === id);
  if (answer === undefined) throw new Error(`no answer to ${op}: ${JSON.stringify(heard)}`);
  return [answer, heard.filter((message) => message !== answer)];
}

function codes(answer: Message): unknown[] {
  return [answer.code, ...(answer.data ?? []).map(({ sCode }) => sCode)];
}

describe('an order by WebSocket', () => {
  it('is acked in the documented shape, and then pushed', () => {
    const peer = world.trader(1, { channel: 'orders', instType: 'ANY' });
    peer.say({ id: 'a1', op: 'order', args: [order({ clOrdId: 'mine1' })] });
    const [ack, push] = peer.texts;
    expect(ack).toMatch(
      /^\{"id":"a1","op":"order","data":\[\{"clOrdId":"mine1","ordId":"\d+","tag":"TAG1","ts":"\d{13}","sCode":"0","sMsg":"[^"]*","subCode":""\}\],"code":"0","msg":"","inTime":"\d{16}","outTime":"\d{16}"\}$/,
    );
    expect(JSON.parse(push!)).toMatchObject({
      arg: { channel: 'orders', instType: 'ANY', uid: 'uid1' },
      data: [{ clOrdId: 'mine1', instId: SPOT, state: 'live', px: OFF_THE_MARKET, tag: 'TAG1' }],
    });
  });

  it('may be pushed before its ack: nothing is promised', () => {
    world = new PaperWorld({ pushBeforeAckShare: 1, startPrices: { [SPOT]: '50500' } });
    const peer = world.trader(1, { channel: 'orders', instType: 'ANY' });
    peer.say({ id: 'a1', op: 'order', args: [order()] });
    expect(peer.heard().map((message) => message.op ?? message.arg?.channel)).toEqual(['orders', 'order']);
  });

  it('is amended and cancelled by either name, each acked before it is pushed', () => {
    const peer = world.trader(1, { channel: 'orders', instType: 'SPOT' });
    const [placed] = operate(peer, 'order', [order({ clOrdId: 'abc' })]);
    const ordId = placed.data![0]!.ordId;
    const instIdCode = world.codeOf(SPOT);
    const [amended, amendPushes] = operate(peer, 'amend-order', [
      { instIdCode, clOrdId: 'abc', newPx: '49999.9', reqId: 'r1' },
    ]);
    expect(amended.data).toEqual([
      {
        clOrdId: 'abc',
        ordId,
        ts: expect.any(String) as string,
        reqId: 'r1',
        sCode: '0',
        sMsg: '',
        subCode: '',
      },
    ]);
    expect(amendPushes).toMatchObject([
      { data: [{ px: '49999.9', reqId: 'r1', amendResult: '0', state: 'live' }] },
    ]);
    const [cancelled, cancelPushes] = operate(peer, 'cancel-order', [{ instIdCode, ordId }]);
    expect(cancelled.data).toEqual([
      { clOrdId: 'abc', ordId, ts: expect.any(String) as string, sCode: '0', sMsg: '' },
    ]);
    expect(cancelPushes).toMatchObject([{ data: [{ state: 'canceled', cancelSource: '1' }] }]);
  });

  it('that would cross is acked, and then only cancelled', () => {
    const maker = world.trader(1);
    operate(maker, 'order', [order({ side: 'sell', px: '50400' })]);
    const peer = world.trader(2, { channel: 'orders', instType: 'ANY' });
    const [answer, pushes] = operate(peer, 'order', [order({ px: '50401' })]);
    expect(codes(answer)).toEqual(['0', '0']);
    expect(pushes).toMatchObject([{ data: [{ state: 'canceled', cancelSource: '31' }] }]);
  });

  it('names its instrument by code; the name is ignored', () => {
    const peer = world.trader(1, { channel: 'orders', instType: 'ANY' });
    const [, pushes] = operate(peer, 'order', [order({ instId: SWAP })]);
    expect(pushes).toMatchObject([{ data: [{ instId: SPOT }] }]);
    const [without] = operate(peer, 'order', [order({ instIdCode: undefined, instId: SPOT })]);
    expect([codes(without), without.data![0]!.sMsg]).toEqual([
      ['1', '50014'],
      'Parameter instIdCode can not be empty',
    ]);
    expect(codes(operate(peer, 'order', [order({ instIdCode: 987_654 })])[0])).toEqual(['1', '51001']);
    expect(codes(operate(peer, 'order', [order({ instIdCode: String(world.codeOf(SPOT)) })])[0])).toEqual([
      '1',
      '51000',
    ]);
  });

  it('that came too late is not executed', () => {
    const peer = world.trader(1);
    const [late] = operate(peer, 'order', [order()], { expTime: String(world.nowMs - 1) });
    expect(late).toMatchObject({ op: 'order', code: '50036', data: [] });
    for (const expTime of [world.nowMs + 1_000, 'soon']) {
      expect(operate(peer, 'order', [order()], { expTime })[0]).toMatchObject({ code: '51000', data: [] });
    }
    const [inTime] = operate(peer, 'order', [order()], { expTime: String(world.nowMs + 1_000) });
    expect(inTime.code).toBe('0');
  });

  it('needs login, the private endpoint and an id', () => {
    const stranger = world.connect('private');
    expect(operate(stranger, 'order', [order()])[0]).toMatchObject({ code: '60011', data: [] });
    const lost = world.connect('public').say({ id: '1', op: 'order', args: [order()] });
    expect(lost.heard()).toMatchObject([{ id: '1', event: 'error', code: '60028' }]);
    const nameless = world.trader(1).say({ op: 'order', args: [order()] });
    expect(nameless.heard()).toMatchObject([{ event: 'error', code: '60012' }]);
  });

  it('is one order: no more and no less, and an object', () => {
    const peer = world.trader(1);
    for (const args of [[], [order(), order()], ['order'], [null]]) {
      expect(operate(peer, 'order', args)[0]).toMatchObject({
        op: 'order',
        code: '60013',
        msg: 'Invalid args',
        data: [],
      });
    }
  });

  it('knows no mass cancel: market maker protection is not modelled', () => {
    const args = [{ instType: 'OPTION', instFamily: 'BTC-USD' }];
    expect(operate(world.trader(1), 'mass-cancel', args)[0]).toMatchObject({
      op: 'mass-cancel',
      code: '51411',
    });
  });
});

describe('a batch', () => {
  it('fails in part, item by item in their order', () => {
    const peer = world.trader(1, { channel: 'orders', instType: 'ANY' });
    const [answer, pushes] = operate(peer, 'batch-orders', [
      order({ clOrdId: 'a1' }),
      order({ clOrdId: 'not-legal' }),
      order({ clOrdId: 'a3' }, SWAP),
      order({ clOrdId: 'a1' }),
    ]);
    expect(codes(answer)).toEqual(['2', '0', '51000', '0', '51016']);
    expect(answer.data!.map(({ clOrdId }) => clOrdId)).toEqual(['a1', 'not-legal', 'a3', 'a1']);
    expect(pushes.map(({ data }) => data![0]!.clOrdId)).toEqual(['a1', 'a3']);
  });

  it('fails as a whole when nothing of it went through', () => {
    const [answer] = operate(world.trader(1), 'batch-cancel-orders', [
      { instIdCode: world.codeOf(SPOT), clOrdId: 'none1' },
      { instIdCode: world.codeOf(SPOT), ordId: '1' },
    ]);
    expect(codes(answer)).toEqual(['1', '51400', '51400']);
  });

  it('has at most twenty items, by operation', () => {
    const peer = world.trader(1);
    const items = Array.from({ length: 21 }, (_, index) => order({ clOrdId: `b${index}` }));
    expect(operate(peer, 'batch-orders', items)[0]).toMatchObject({ code: '51111', data: [] });
    expect(operate(peer, 'batch-amend-orders', items)[0]).toMatchObject({ code: '51501', data: [] });
    expect(operate(peer, 'batch-cancel-orders', items)[0]).toMatchObject({ code: '51406', data: [] });
    expect(operate(peer, 'batch-orders', items.slice(1))[0]).toMatchObject({ code: '0' });
  });

  it('may name an order once to amend it', () => {
    const peer = world.trader(1);
    const [placed] = operate(peer, 'order', [order({ clOrdId: 'd1' })]);
    const amend = { instIdCode: world.codeOf(SPOT), clOrdId: 'd1', newPx: '49000' };
    const [answer] = operate(peer, 'batch-amend-orders', [amend, { ...amend, newPx: '48000' }]);
    expect(codes(answer)).toEqual(['2', '0', '51512']);
    const { ordId } = placed!.data![0]!;
    const byId = { instIdCode: world.codeOf(SPOT), ordId, newPx: '47000' };
    const [mixed] = operate(peer, 'batch-amend-orders', [{ ...amend, newPx: '46000' }, byId]);
    expect(codes(mixed)).toEqual(['2', '0', '51512']);
    const unknown = { ...amend, clOrdId: 'd2' };
    const [none] = operate(peer, 'batch-amend-orders', [unknown, { ...unknown, clOrdId: 'd3' }]);
    expect(codes(none)).toEqual(['1', '51503', '51503']);
  });
});

describe('the budgets', () => {
  const cancel = (): Record<string, unknown> => ({ instIdCode: world.codeOf(SPOT), clOrdId: 'x' });

  it('are 60 single requests in 2 s by user, instrument and kind of operation', () => {
    const peer = world.trader(1);
    for (let count = 0; count < 60; count++) {
      expect(operate(peer, 'cancel-order', [cancel()])[0].code).toBe('1');
    }
    expect(operate(peer, 'cancel-order', [cancel()])[0]).toMatchObject({ code: '50011', data: [] });
    // A batch of one is a single request; REST shares the budget.
    expect(operate(peer, 'batch-cancel-orders', [cancel()])[0].code).toBe('50011');
    const byRest = world.rest('POST', '/api/v5/trade/cancel-order', {
      account: 1,
      body: { instId: SPOT, clOrdId: 'x' },
    });
    expect(byRest.answer.code).toBe('50011');
    // Other instruments, kinds, users and batches have their own.
    expect(operate(peer, 'cancel-order', [{ ...cancel(), instIdCode: world.codeOf(SWAP) }])[0].code).toBe(
      '1',
    );
    expect(operate(peer, 'order', [order()])[0].code).toBe('0');
    expect(operate(world.trader(2), 'cancel-order', [cancel()])[0].code).toBe('1');
    expect(operate(peer, 'batch-cancel-orders', [cancel(), cancel()])[0].code).toBe('1');
    world.advance(2_000);
    expect(operate(peer, 'cancel-order', [cancel()])[0].code).toBe('1');
  });

  it('are 300 items of batches in 2 s, and what is above fails item by item', () => {
    const peer = world.trader(1);
    const twenty = Array.from({ length: 20 }, cancel);
    for (let count = 0; count < 14; count++) operate(peer, 'batch-cancel-orders', twenty);
    operate(peer, 'batch-cancel-orders', twenty.slice(0, 15));
    const [answer] = operate(peer, 'batch-cancel-orders', twenty.slice(0, 8));
    expect(codes(answer)).toEqual([
      '1',
      '51400',
      '51400',
      '51400',
      '51400',
      '51400',
      '50011',
      '50011',
      '50011',
    ]);
    expect(operate(peer, 'batch-cancel-orders', twenty)[0]).toMatchObject({ code: '50011', data: [] });
  });

  it('are 1,000 new and amended orders in 2 s for a user, spot and cancels not counted', () => {
    const peer = world.trader(1);
    const swaps = world.venue.instruments.select('SWAP', '', '').map((row) => row.instIdCode as number);
    const refused = (op: string, count: number, item: Record<string, unknown>): Set<unknown> => {
      const answer = operate(
        peer,
        op,
        Array.from({ length: count }, () => item),
      )[0];
      return new Set(answer.data!.length === 0 ? [answer.code] : answer.data!.map(({ sCode }) => sCode));
    };
    // Amends of orders that do not exist: refused one by one, and counted all the same.
    for (let count = 0; count < 50; count++) {
      const instIdCode = swaps[Math.floor(count / 15)]!;
      const items = Array.from({ length: 20 }, (_, index) => ({
        instIdCode,
        clOrdId: `x${index}`,
        newSz: '1',
      }));
      expect(operate(peer, 'batch-amend-orders', items)[0].code).toBe('1');
    }
    expect(refused('order', 1, order({}, SWAP))).toEqual(new Set(['50061']));
    expect(refused('order', 1, order())).toEqual(new Set(['0']));
    expect(refused('cancel-order', 1, { instIdCode: world.codeOf(SWAP), clOrdId: 'x' })).toEqual(
      new Set(['51400']),
    );
  });
});

describe('what the venue received', () => {
  it('can be looked at: every request with its tag, and every order that rests', () => {
    const peer = world.trader(1);
    operate(peer, 'batch-orders', [order({ clOrdId: 'r1' }), order({ clOrdId: 'r2', tag: undefined })]);
    operate(peer, 'cancel-order', [{ instIdCode: world.codeOf(SPOT), clOrdId: 'r2' }]);
    const { answer } = world.rest('GET', '/paper/orders?received=1');
    expect(answer.counts).toEqual({
      place: 2,
      amend: 0,
      cancel: 1,
      refused: 0,
      untaggedPlaces: 1,
      dropped: 0,
    });
    expect(answer.received).toMatchObject([
      { uid: 'uid1', kind: 'place', instId: SPOT, clOrdId: 'r1', tag: 'TAG1', sCode: '0' },
      { uid: 'uid1', kind: 'place', clOrdId: 'r2', tag: '' },
      { uid: 'uid1', kind: 'cancel', clOrdId: 'r2' },
    ]);
    expect(world.rest('GET', '/paper/orders').answer.received).toBeUndefined();
    expect(world.rest('GET', '/paper/resting').answer.resting).toMatchObject([
      { uid: 'uid1', clOrdId: 'r1' },
    ]);
  });

  it('cannot fill the memory with names that are refused', () => {
    const world = new PaperWorld();
    const long = 'x'.repeat(100_000);
    const trader = world.trader(1);
    const item = { instIdCode: world.codeOf('BTC-USDT'), ordId: long, clOrdId: long, tag: long };
    for (const op of ['order', 'cancel-order']) trader.say({ id: 'a', op, args: [item] });
    const { received } = world.rest('GET', '/paper/orders?received=1').answer as unknown as {
      received: object[];
    };
    expect(received).toHaveLength(2);
    expect(JSON.stringify(received).length).toBeLessThan(1_000);
  });

  it('can be looked at beyond one page', () => {
    const peer = world.trader(1);
    for (let batch = 0; batch < 12; batch++) {
      const items = Array.from({ length: 20 }, (_, index) => order({ clOrdId: `p${batch}x${index}` }));
      expect(operate(peer, 'batch-orders', items)[0].code).toBe('0');
    }
    const resting = world.rest('GET', '/paper/resting').answer.resting as { clOrdId: string }[];
    expect(new Set(resting.map(({ clOrdId }) => clOrdId)).size).toBe(240);
    expect(resting).toHaveLength(240);
  });
});
