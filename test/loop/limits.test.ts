import { expect, test } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { GateReason } from '../../engine/risk/gate.ts';
import { KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import { LOOSE_LIMITS, ScriptedWorld, isAmend, isCancel, isPlace, itemsOf } from './scripted-venue.ts';
import { ACCOUNT_LIMITS } from './loop-world.ts';
import type { LoopWorldOptions } from './loop-world.ts';
import { ack, instrumentsPush, priceLimit } from './messages.ts';
import { swap, swapRow } from './swap-row.ts';

function placed(changes: Partial<LoopWorldOptions>): string[] {
  const world = new ScriptedWorld(changes).connect();
  world.snapshot();
  world.quote();
  return itemsOf(world.orderMessages(), isPlace).map(
    ({ side, px, sz }) => `${String(side)} ${String(px)} ${String(sz)}`,
  );
}

test('the position limit counts everything in flight, within one batch too', () => {
  // The worker believes in a hundred; the gate allows thirty: 10 + 15 and not the 20 more.
  expect(placed({ limits: { ...LOOSE_LIMITS, positionLotsMax: 30 } })).toEqual([
    'buy 999.5 10',
    'buy 999.3 15',
    'sell 1000.5 10',
    'sell 1000.7 15',
  ]);
});

test('the limit of open orders counts what is placed in the same batch', () => {
  expect(placed({ limits: { ...LOOSE_LIMITS, openOrdersMax: 4 } })).toHaveLength(4);
});

test('size, notional and collar strike single orders', () => {
  expect(placed({ limits: { ...LOOSE_LIMITS, orderLotsMax: 15 } })).toHaveLength(4);
  expect(placed({ limits: { ...LOOSE_LIMITS, orderNotionalMax: 101 } })).toEqual([
    'buy 999.5 10',
    'sell 1000.5 10',
  ]);
  expect(placed({ limits: { ...LOOSE_LIMITS, collarBps: 5 } })).toEqual(['buy 999.5 10', 'sell 1000.5 10']);
  expect(placed({ account: { ...ACCOUNT_LIMITS, notionalMax: 260 } })).toHaveLength(4);
});

test('a position near the limit leaves only orders that lead out of it', () => {
  const world = new ScriptedWorld({ limits: { ...LOOSE_LIMITS, positionLotsMax: 45 } }).quoting();
  for (const order of world.open('buy')) world.frame(Connection.private, world.fill(order));
  expect(world.loop.ledger.positionLots[0]).toBe(45);
  for (let round = 0; round < 5; round++) {
    world.quote();
    world.settle();
    world.pass(100);
  }
  expect(world.prices('buy')).toEqual([]);
  expect(world.open('sell')).toHaveLength(3);
});

test('a position found at the venue counts at once', () => {
  const world = new ScriptedWorld().connect();
  world.loop.onSessionDown(Connection.private, world.nowNs);
  world.loop.onSessionUp(Connection.private, world.nowNs);
  world.recover(-100);
  world.snapshot();
  world.quote();
  const sides = itemsOf(world.orderMessages(), isPlace).map(({ side }) => side);
  expect(sides).toEqual(['buy', 'buy', 'buy']);
});

test('the venue’s price limits strike what lies beyond them, rounded inwards between ticks', () => {
  const world = new ScriptedWorld().connect();
  world.frame(Connection.public, priceLimit('999.34', '1000.61'));
  world.snapshot();
  world.quote();
  const prices = itemsOf(world.orderMessages(), isPlace).map(({ px }) => px);
  expect(prices).toEqual(['999.3', '999.1', '1000.7', '1000.9']);
  expect(world.metric('gateRejects', GateReason.priceLimit)).toBe(2);
});

test('price limits that are switched off strike nothing', () => {
  const world = new ScriptedWorld().connect();
  world.frame(Connection.public, priceLimit('900', '1100'));
  world.frame(Connection.public, priceLimit('', '', false));
  world.snapshot();
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('a suspended instrument is withdrawn at once, and quoted again when it is live, though its book stands still', () => {
  const world = new ScriptedWorld().quoting();
  world.frame(Connection.public, instrumentsPush(swapRow('ETH', { state: 'suspend' })));
  expect(world.orderMessages()).toEqual([]);
  world.frame(Connection.public, instrumentsPush(swapRow('BTC', { state: 'suspend' })));
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  world.update([['999.8', '5']], []);
  world.quote();
  world.pass(1_000);
  expect(world.orderMessages()).toEqual([]);
  world.frame(Connection.public, instrumentsPush(swapRow('BTC')));
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test.each([
  ['tickSz', '0.01'],
  ['lotSz', '0.1'],
  ['instIdCode', 7],
])('another %s stops the instrument for good', (field, value) => {
  const world = new ScriptedWorld().quoting();
  world.frame(Connection.public, instrumentsPush(swapRow('BTC', { [field]: value })));
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  world.frame(Connection.public, instrumentsPush(swapRow('BTC')));
  world.update([['999.8', '5']], []);
  world.quote();
  world.pass(1_000);
  expect(world.orderMessages()).toEqual([]);
});

test('a push without the instrument code says nothing about it', () => {
  const world = new ScriptedWorld().quoting();
  world.frame(Connection.public, instrumentsPush(swapRow('BTC', { instIdCode: null })));
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(0);
  expect(world.loop.openOrders).toBe(6);
});

test('a loss past the limit halts, cancels everything, and stays so', () => {
  const world = new ScriptedWorld({ account: { ...ACCOUNT_LIMITS, lossMax: 5 } }).quoting();
  for (const order of world.open('buy')) world.frame(Connection.private, world.fill(order));
  world.quote();
  world.settle();
  // 45 contracts of 0.01 lose 0.45 a unit: 990 is a loss of about 4.2, 985 of about 6.5.
  world.move('999.9', '1000.1', '989.9', '990.1');
  world.quote();
  world.settle();
  world.pass(20);
  expect(world.loop.phase).toBe(LoopPhase.quoting);
  world.settle();
  world.move('989.9', '990.1', '984.9', '985.1');
  world.pass(20);
  expect(world.loop.phase).toBe(LoopPhase.halted);
  expect(world.loop.ladder.accountReason).toBe(KillTrigger.loss);
  world.settle();
  expect([...world.open('buy'), ...world.open('sell')]).toEqual([]);
  world.move('984.9', '985.1', '999.9', '1000.1');
  world.quote();
  world.pass(1_000);
  expect(world.orderMessages()).toEqual([]);
});

test('a refusal that says that nothing will succeed halts, and cancels in the same turn', () => {
  const world = new ScriptedWorld().quoting();
  world.frame(Connection.private, world.fill(world.open('buy')[0]!));
  world.quote();
  const [first] = world.orderMessages();
  world.frame(Connection.trade, ack(first!, [51_024]));
  expect(world.loop.phase).toBe(LoopPhase.halted);
  expect(itemsOf(world.orderMessages(), isCancel).length).toBeGreaterThan(0);
  world.pass(20);
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toEqual([]);
});

test('the operator’s halt and stop cancel all and place nothing more', () => {
  for (const end of ['halt', 'stop'] as const) {
    const world = new ScriptedWorld().quoting();
    if (end === 'halt') world.loop.halt(KillTrigger.operator, world.nowNs);
    else world.loop.stop(world.nowNs);
    expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
    world.update([['999.8', '5']], []);
    world.quote();
    world.pass(500);
    expect(world.orderMessages()).toEqual([]);
    expect(world.loop.openOrders).toBe(0);
  }
});

test('a stop cancels orders that are still on their way', () => {
  const world = new ScriptedWorld().connect();
  world.snapshot();
  world.quote();
  const [places] = world.orderMessages();
  world.loop.stop(world.nowNs);
  const [cancels] = world.orderMessages();
  expect(cancels!.args).toHaveLength(6);
  world.accept(places!);
  world.accept(cancels!);
  world.settle();
  expect(world.loop.openOrders).toBe(0);
});

interface Window {
  readonly times: number[];
  readonly max: number;
}

/** The most commands of a kind in any two seconds. */
function densest({ times }: Window, spanMs = 2_000): number {
  let most = 0;
  let first = 0;
  for (let last = 0; last < times.length; last++) {
    while (times[last]! - times[first]! >= spanMs) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}

test('no window of two seconds holds more commands than OKX allows, and cancels leave when places are used up', () => {
  const instruments = [swap('BTC', 0), swap('ETH', 1)];
  const world = new ScriptedWorld({ instruments, ladder: { ...PLAIN_LADDER, levels: 2 } }).quoting();
  const windows = new Map<string, Window>();
  world.onSent = ({ connection, message }) => {
    if (connection !== Connection.trade) return;
    for (const { instIdCode } of message.args) {
      const key = `${message.op} ${String(instIdCode)}`;
      const isSingle = message.args.length === 1;
      const window = windows.get(key) ?? { times: [], max: isSingle ? 60 : 300 };
      window.times.push(world.nowMs);
      windows.set(key, window);
    }
  };
  let bid = 9_999;
  const text = (ticks: number): string => (ticks / 10).toFixed(1);
  for (let step = 0; step < 4_000; step++) {
    // Up and down by steps that no tolerance keeps, every millisecond.
    const next = 9_999 + ((step * 7) % 31);
    if (next !== bid) world.move(text(bid), text(bid + 2), text(next), text(next + 2));
    bid = next;
    world.quote();
    world.settle();
    world.clock.advanceNs(1e6);
    if (step % 5 === 0) world.timer();
  }
  expect(windows.size).toBeGreaterThanOrEqual(3);
  let fullest = 0;
  for (const [key, window] of windows) {
    expect(densest(window), key).toBeLessThanOrEqual(window.max);
    fullest = Math.max(fullest, densest(window) / window.max);
  }
  expect(fullest, 'the test does press against a limit').toBe(1);
  const before = world.loop.openOrders;
  world.loop.stop(world.nowNs);
  world.settle();
  expect(before).toBeGreaterThan(0);
  expect(world.loop.openOrders).toBe(0);
});

test('amends of a turn count against each other', () => {
  const limits = { ...LOOSE_LIMITS, positionLotsMax: 45 };
  const world = new ScriptedWorld({ limits, ladder: { ...PLAIN_LADDER, lots: 15, lotsStep: 0 } }).quoting();
  expect(world.loop.table.exposureLots[Side.buy]).toBe(45);
  world.frame(Connection.private, world.fill(world.open('buy')[0]!, 9));
  world.quote();
  const messages = world.orderMessages();
  for (const message of messages) world.accept(message);
  const { positionLots } = world.loop.ledger;
  expect(positionLots[0]! + world.loop.table.exposureLots[Side.buy]!).toBeLessThanOrEqual(45);
  expect(itemsOf(messages, isAmend).length + itemsOf(messages, isPlace).length).toBeGreaterThan(0);
});
