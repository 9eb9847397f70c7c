import { describe, expect, test } from 'vitest';
import { Instrument, InstrumentType } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { Connection, LoopRequest, OperatorCommand } from '../../engine/loop/loop-options.ts';
import { KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { EPOCH_MS } from './loop-world.ts';
import { instrumentsPush } from './messages.ts';
import { ScriptedWorld, isAmend, isCancel, isPlace, itemsOf } from './scripted-venue.ts';
import { swap, swapRow } from './swap-row.ts';

const MINUTE_MS = 60_000;

/** An hour before its end it is only reduced. */
function expiring(inMinutes: number): ScriptedWorld {
  const expTime = String(EPOCH_MS + inMinutes * MINUTE_MS);
  return new ScriptedWorld({ instruments: [swap('BTC', 0, { instType: 'FUTURES', expTime })] }).quoting();
}

describe('states of an instrument', () => {
  test('post_only stays quoted: quotes never take', () => {
    const world = new ScriptedWorld().quoting();
    world.frame(Connection.public, instrumentsPush(swapRow('BTC', { state: 'post_only' })));
    world.pass(100);
    expect(world.orderMessages()).toEqual([]);
    expect(world.loop.gate.isPaused[0]).toBe(0);
  });

  test.each(['rebase', 'preopen', 'suspend', 'expired', 'a state of next year'])(
    '%s withdraws, and live brings back what was quoted',
    (state) => {
      const world = new ScriptedWorld().quoting();
      world.frame(Connection.public, instrumentsPush(swapRow('BTC', { state })));
      expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
      world.frame(Connection.public, instrumentsPush(swapRow('BTC')));
      world.quote();
      expect(itemsOf(world.settle(), isPlace)).toHaveLength(6);
      expect(world.requestCount(LoopRequest.reload)).toBe(0);
    },
  );

  test('a push that names what changed and nothing else is heard', () => {
    const world = new ScriptedWorld().quoting();
    world.frame(
      Connection.public,
      instrumentsPush({ instId: 'BTC-USDT-SWAP', instType: 'SWAP', state: 'suspend' }),
    );
    expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
    world.frame(
      Connection.public,
      instrumentsPush({ instId: 'BTC-USDT-SWAP', instType: 'SWAP', state: 'live' }),
    );
    world.quote();
    expect(itemsOf(world.settle(), isPlace)).toHaveLength(6);
    world.frame(
      Connection.public,
      instrumentsPush({ instId: 'BTC-USDT-SWAP', instType: 'SWAP', tickSz: '0.5' }),
    );
    expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
    expect(world.requestCount(LoopRequest.reload)).toBe(1);
  });

  test.each([
    ['a rebased contract', { ctVal: '0.1' }],
    ['another least size', { minSz: '2' }],
  ])('%s asks for a fresh start', (_, change) => {
    const world = new ScriptedWorld().quoting();
    world.frame(Connection.public, instrumentsPush(swapRow('BTC', change)));
    expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
    expect(world.requestCount(LoopRequest.reload)).toBe(1);
  });

  test('the same code under another name is ours, renamed; another code is not', () => {
    const world = new ScriptedWorld().quoting();
    world.frame(Connection.public, instrumentsPush(swapRow('XBT', { instIdCode: 77 })));
    expect(world.orderMessages()).toEqual([]);
    world.frame(Connection.public, instrumentsPush(swapRow('BTC', { state: 'expired' })));
    expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
    const former = swapRow('XBT', { instIdCode: 10_459, state: 'expired' });
    world.frame(Connection.public, instrumentsPush(former));
    expect(world.requestCount(LoopRequest.reload), 'its former name').toBe(0);
    world.frame(Connection.public, instrumentsPush(swapRow('XBT', { instIdCode: 10_459 })));
    expect(world.requestCount(LoopRequest.reload)).toBe(1);
  });

  test('a change that was announced is looked at when its time has come', () => {
    const world = new ScriptedWorld().quoting();
    const effTime = String(EPOCH_MS + MINUTE_MS);
    const upcChg = [{ param: 'tickSz', newValue: '0.01', effTime }];
    world.frame(Connection.public, instrumentsPush(swapRow('BTC', { upcChg })));
    const before = world.requestCount(LoopRequest.recovery);
    world.pass(60_000, 1_000);
    expect(world.requestCount(LoopRequest.recovery)).toBe(before);
    world.pass(3_000, 1_000);
    expect(world.requestCount(LoopRequest.recovery)).toBe(before + 1);
    expect(world.loop.phase).toBe(LoopPhase.recovering);
  });
});

describe('what expires', () => {
  test('is only reduced from an hour before, and not quoted from half an hour on', () => {
    const world = expiring(62);
    expect(world.loop.ladder.level(0)).toBe(KillLevel.quoting);
    world.pass(2 * MINUTE_MS + 1_000, 1_000);
    expect(world.loop.ladder.level(0)).toBe(KillLevel.reduceOnly);
    expect(world.loop.ladder.reason(0)).toBe(KillTrigger.expiry);
    // Nothing is held: nothing is left to be quoted.
    expect(world.settle().some(isCancel)).toBe(true);
    expect([...world.orders.values()].some(({ isOpen }) => isOpen)).toBe(false);
    world.pass(30 * MINUTE_MS, 1_000);
    expect(world.loop.ladder.level(0)).toBe(KillLevel.paused);
    world.loop.command(OperatorCommand.resume, world.nowNs);
    world.pass(1_000);
    expect(world.loop.ladder.level(0), 'only a later expiry takes it back').toBe(KillLevel.paused);
  });

  test('may be told while it is traded, as a delisting, and be taken back', () => {
    const world = new ScriptedWorld().quoting();
    const soon = String(EPOCH_MS + 10 * MINUTE_MS);
    world.frame(Connection.public, instrumentsPush(swapRow('BTC', { expTime: soon })));
    world.pass(100);
    expect(world.loop.ladder.level(0)).toBe(KillLevel.paused);
    const later = String(EPOCH_MS + 1_000 * MINUTE_MS);
    world.frame(Connection.public, instrumentsPush(swapRow('BTC', { expTime: later })));
    world.pass(100);
    expect(world.loop.ladder.level(0)).toBe(KillLevel.quoting);
  });
});

describe('kinds of quotes', () => {
  const kindsOf = (world: ScriptedWorld): Record<string, unknown[]> => {
    const items = itemsOf(world.settle(), isPlace);
    return Object.fromEntries(
      ['buy', 'sell'].map((side) => [
        side,
        items.filter((item) => item['side'] === side).map(({ ordType }) => ordType),
      ]),
    );
  };

  test('the first levels are RPI where they are worth enough, and what is hidden is not taken out of the book', () => {
    const dear = [swap('BTC', 0, { ctVal: '10' })];
    const world = new ScriptedWorld({
      instruments: dear,
      quoteKinds: [{ rpiLevels: 2, isMmp: false, mmpFrozenMs: 0 }],
    }).connect();
    world.snapshot();
    world.quote();
    const kinds = ['rpi', 'rpi', 'post_only'];
    expect(kindsOf(world)).toEqual({ buy: kinds, sell: kinds });
    const { table } = world.loop;
    expect(table.ownLotsAt(0, Side.buy, 9_995)).toBe(0);
    expect(table.ownLotsAt(0, Side.buy, 9_991)).toBe(20);
  });

  test('what is worth too little for an RPI order is placed as any other', () => {
    // 10 x 0.01 x 999.5 is 100 dollars, and a swap wants 5,000.
    const world = new ScriptedWorld({
      quoteKinds: [{ rpiLevels: 3, isMmp: false, mmpFrozenMs: 0 }],
    }).connect();
    world.snapshot();
    world.quote();
    const kinds = ['post_only', 'post_only', 'post_only'];
    expect(kindsOf(world)).toEqual({ buy: kinds, sell: kinds });
  });

  test('an RPI order that would be worth too little goes, instead of being amended', () => {
    // The least is 5,000 dollars and 2 %: ten contracts are 10 x 0.509 x 1,009.5 = 5,138 at first, 5,087 after the fall.
    const cheap = [swap('BTC', 0, { ctVal: '0.509' })];
    const world = new ScriptedWorld({
      instruments: cheap,
      quoteKinds: [{ rpiLevels: 1, isMmp: false, mmpFrozenMs: 0 }],
    }).connect();
    world.snapshot([['1009.9', '10']], [['1010.1', '10']]);
    world.quote();
    const places = itemsOf(world.settle(), isPlace);
    const idsOf = (items: readonly Record<string, unknown>[]): unknown[] =>
      items.map(({ clOrdId }) => clOrdId);
    const hidden = idsOf(places.filter(({ ordType }) => ordType === 'rpi'));
    expect(hidden).toHaveLength(2);
    world.move('1009.9', '1010.1', '999.9', '1000.1');
    world.quote();
    // An approach waits for our own orders on the other side to have stepped back.
    const messages = [...world.settle()];
    for (let turn = 0; turn < 3; turn++) {
      world.pass(20);
      messages.push(...world.settle());
    }
    expect(idsOf(itemsOf(messages, isCancel))).toEqual(expect.arrayContaining(hidden));
    expect(idsOf(itemsOf(messages, isAmend)).some((id) => hidden.includes(id))).toBe(false);
    expect(itemsOf(messages, isPlace).every(({ ordType }) => ordType === 'post_only')).toBe(true);
  });

  test('all are MMP orders under the protection', () => {
    const world = new ScriptedWorld({
      quoteKinds: [{ rpiLevels: 0, isMmp: true, mmpFrozenMs: 0 }],
    }).connect();
    world.snapshot();
    world.quote();
    const kinds = ['mmp_and_post_only', 'mmp_and_post_only', 'mmp_and_post_only'];
    expect(kindsOf(world)).toEqual({ buy: kinds, sell: kinds });
  });
});

describe('market maker protection', () => {
  /** Two options of a family beside a swap of another, all with the book of the first. */
  function optioned(mmpFrozenMs: number): ScriptedWorld {
    const { fields } = swap('BTC');
    const option = { isCall: true, strike: 1_000 };
    const instruments = [0, 1].map(
      (index) =>
        new Instrument(index, {
          ...fields,
          instId: index === 0 ? fields.instId : 'OTHER',
          instIdCode: fields.instIdCode + index,
          type: InstrumentType.option,
          instFamily: 'BTC-USD',
          option,
        }),
    );
    const quoteKinds = instruments.map(() => ({ rpiLevels: 0, isMmp: true, mmpFrozenMs }));
    const world = new ScriptedWorld({ instruments, quoteKinds });
    world.connect();
    world.frame(Connection.public, summaryPush(fields.instId));
    world.snapshot();
    world.quote();
    world.settle();
    expect(world.prices('buy')).toHaveLength(3);
    return world;
  }

  const summaryPush = (instId: string): string =>
    JSON.stringify({
      arg: { channel: 'opt-summary', instFamily: 'BTC-USD' },
      data: [{ instId, delta: '0.4', deltaBS: '0.5', markVol: '0.6', fwdPx: '1000', ts: '1' }],
    });

  function trigger(world: ScriptedWorld): void {
    for (const order of world.orders.values()) {
      order.isOpen = false;
      world.frame(Connection.private, world.pushOf(order, { state: 'mmp_canceled', cancelSource: '39' }));
    }
  }

  test('a family that it took rests for its time, and is quoted again by itself', () => {
    const world = optioned(5_000);
    trigger(world);
    expect(world.loop.mmp.triggers).toEqual(Float64Array.of(1, 0));
    world.pass(4_900);
    world.quote();
    expect(itemsOf(world.settle(), isPlace)).toEqual([]);
    world.pass(300);
    world.quote();
    expect(itemsOf(world.settle(), isPlace)).toHaveLength(6);
    expect(world.loop.ladder.level(0)).toBe(KillLevel.quoting);
  });

  test('without a time it waits for an operator, the whole family', () => {
    const world = optioned(0);
    trigger(world);
    world.pass(10_000);
    expect(world.loop.ladder.level(0)).toBe(KillLevel.paused);
    expect(world.loop.ladder.reason(1)).toBe(KillTrigger.mmp);
    world.loop.command(OperatorCommand.resume, world.nowNs);
    world.pass(100);
    expect(world.loop.ladder.level(0)).toBe(KillLevel.quoting);
  });

  test('an option is worth what its underlying is, and by its delta', () => {
    const world = optioned(0);
    expect(world.loop.underlyings.forward[0]).toBe(1_000);
    expect(world.loop.underlyings.volatility[0]).toBe(0.6);
    // It settles in dollars here: the delta of Black and Scholes.
    expect(world.loop.gate.groups.coinsOf(0)).toBeCloseTo(0.5 * 0.01, 12);
    // Ten lots of a hundredth coin at 1,000.
    expect(10 * world.loop.gate.lotWorth(0, 9_995)).toBeCloseTo(100, 9);
  });
});

test('prices keep to bands: bids down, asks up, and what meets is one order', () => {
  const { fields } = swap('BTC');
  const priceBands = [
    { minPx: '0', maxPx: '1000', tickSz: '0.1' },
    { minPx: '1000', maxPx: '', tickSz: '1' },
  ];
  const world = new ScriptedWorld({ instruments: [new Instrument(0, { ...fields, priceBands })] }).connect();
  world.snapshot();
  world.quote();
  const items = itemsOf(world.settle(), isPlace);
  expect(items.map(({ side, px, sz }) => `${String(side)} ${String(sz)} at ${String(px)}`)).toEqual([
    'buy 10 at 999.5',
    'buy 15 at 999.3',
    'buy 20 at 999.1',
    'sell 10 at 1001',
  ]);
});
