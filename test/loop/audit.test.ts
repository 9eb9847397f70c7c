import { expect, test } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Connection, LoopRequest } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { fillsPush } from './messages.ts';
import type { HeldOrder } from './scripted-venue.ts';
import { ScriptedWorld, isCancel, itemsOf } from './scripted-venue.ts';

const AUDITS = { auditNs: 30 * NS_PER_SECOND };

const quoting = (): ScriptedWorld => new ScriptedWorld({ timings: AUDITS }).quoting();

const audits = (world: ScriptedWorld): number => world.requestCount(LoopRequest.audit);

/** A row of the fills channel about the last trade of the script. */
function fillRow(world: ScriptedWorld, order: HeldOrder, lots: number, execType = 'M'): string {
  return fillsPush({
    instId: 'BTC-USDT-SWAP',
    fillSz: String(lots),
    fillPx: order.px,
    side: order.side,
    ts: String(world.nowMs),
    ordId: order.ordId,
    clOrdId: order.clOrdId,
    tradeId: String(world.lastTradeId),
    execType,
    count: '1',
  });
}

/** Keeps the worker awake while time passes. */
function pass(world: ScriptedWorld, ms: number): void {
  for (let left = ms; left > 0; left -= 500) {
    world.pass(Math.min(500, left));
    world.quote();
    world.settle();
  }
}

// ------------------------------------------------------------------------------------------------ three channels

type Word = 'orders' | 'fills' | 'rest';

const ORDERS: readonly (readonly Word[])[] = [
  ['orders', 'fills', 'rest'],
  ['orders', 'rest', 'fills'],
  ['fills', 'orders', 'rest'],
  ['fills', 'rest', 'orders'],
  ['rest', 'orders', 'fills'],
  ['rest', 'fills', 'orders'],
  ['fills'],
  ['rest'],
];

test.each(ORDERS)('a trade told by %s %s %s counts once, and at its first word', (...words) => {
  const world = quoting();
  const order = world.open('buy')[0]!;
  const push = world.fill(order, 4);
  const { ledger, table } = world.loop;
  for (const word of [...words, ...words]) {
    if (word === 'orders') world.frame(Connection.private, push);
    else if (word === 'fills') world.frame(Connection.private, fillRow(world, order, 4));
    else world.audit({ trades: [world.tradeOf(order, 4)] });
    expect(ledger.positionLots[0], `after ${word}`).toBe(4);
    expect(table.exposureLots[Side.buy], `after ${word}`).toBe(41);
  }
  expect(ledger.bookedLots[0]).toBe(4);
  expect(ledger.untoldLots[0]).toBe(0);
  expect(ledger.fillCount[0]).toBe(1);
  expect(ledger.fees[0]).toBeCloseTo(words.length === 1 && words[0] === 'fills' ? 0 : -0.01, 9);
  expect(world.recoveries).toBe(1);
});

test('a taker’s row of the fills channel is passed over: it may stand for several trades', () => {
  const world = quoting();
  const order = world.open('buy')[0]!;
  world.fill(order, 4);
  world.frame(Connection.private, fillRow(world, order, 4, 'T'));
  expect(world.loop.ledger.positionLots[0]).toBe(0);
});

test('lots without a trade count in the position at once, and an audit is asked for within a second', () => {
  const world = quoting();
  const order = world.open('buy')[0]!;
  world.fill(order, 4);
  world.frame(Connection.private, world.pushOf(order, { state: 'partially_filled' }));
  const { ledger } = world.loop;
  expect(ledger.positionLots[0]).toBe(4);
  expect(ledger.bookedLots[0]).toBe(0);
  pass(world, 400);
  expect(audits(world)).toBe(0);
  pass(world, 600);
  expect(audits(world)).toBe(1);
  world.audit({ trades: [world.tradeOf(order, 4)] });
  expect(ledger.untoldLots[0]).toBe(0);
  expect(ledger.bookedLots[0]).toBe(4);
  expect(ledger.fees[0]).toBeCloseTo(-0.01, 9);
  pass(world, 20_000);
  expect(audits(world)).toBe(1);
  expect(world.loop.phase).toBe(LoopPhase.quoting);
});

test('a trade that no audit can tell is left to recovery, which clears it', () => {
  const world = quoting();
  const order = world.open('buy')[0]!;
  world.fill(order, 4);
  world.frame(Connection.private, world.pushOf(order, { state: 'partially_filled' }));
  for (let second = 0; second < 30 && world.recoveries === 1; second++) {
    const asked = audits(world);
    pass(world, 1_000);
    if (audits(world) > asked) world.audit();
  }
  expect(world.recoveries).toBe(2);
  world.recover(0);
  expect(world.loop.ledger.positionLots[0]).toBe(0);
  expect(world.loop.ledger.untoldLots[0]).toBe(0);
});

test('a total that an audit tells first counts at once', () => {
  const world = quoting();
  const order = world.open('buy')[0]!;
  world.fill(order, 4);
  world.audit();
  expect(world.loop.ledger.positionLots[0]).toBe(4);
  expect(world.loop.ledger.untoldLots[0]).toBe(4);
});

// ------------------------------------------------------------------------------------------------------ audits

test('an audit is asked for every half minute, one at a time, and again when its answer is lost', () => {
  const world = quoting();
  pass(world, 29_500);
  expect(audits(world)).toBe(0);
  pass(world, 1_000);
  expect(audits(world)).toBe(1);
  pass(world, 19_000);
  expect(audits(world)).toBe(1);
  pass(world, 2_000);
  expect(audits(world)).toBe(2);
  world.audit();
  pass(world, 29_000);
  expect(audits(world)).toBe(2);
  expect(world.loop.account.audits).toBe(1);
});

test('an audit that finds all as it is changes nothing', () => {
  const world = quoting();
  pass(world, 31_000);
  world.audit();
  pass(world, 2_000);
  world.audit();
  expect(world.recoveries).toBe(1);
  expect(world.loop.openOrders).toBe(6);
});

test('an order that two audits do not find is a reason to recover, one audit is not', () => {
  const world = quoting();
  pass(world, 31_000);
  const [lost] = world.open('buy');
  const openOrders = [...world.open('buy'), ...world.open('sell')]
    .filter((order) => order !== lost)
    .map((order) => world.factOf(order));
  world.audit({ openOrders });
  expect(world.recoveries).toBe(1);
  pass(world, 1_500);
  expect(audits(world), 'asked for again soon').toBe(2);
  world.audit({ openOrders });
  expect(world.recoveries).toBe(2);
  expect(itemsOf(world.orderMessages(), isCancel), 'withdrawn in the same turn').toHaveLength(6);
  expect(world.loop.account.auditMissing).toBe(1);
});

test('an order that rests at another price than we have it is a reason to recover', () => {
  const world = quoting();
  pass(world, 31_000);
  const [odd, ...others] = [...world.open('buy'), ...world.open('sell')];
  const openOrders = [{ ...world.factOf(odd!), ticks: 9_990 }, ...others.map((order) => world.factOf(order))];
  world.audit({ openOrders });
  world.audit({ openOrders });
  expect(world.recoveries).toBe(2);
});

test('what was asked for a moment ago is not missed', () => {
  const world = quoting();
  pass(world, 31_000);
  world.move('999.9', '1000.1', '1004.9', '1005.1');
  world.quote();
  world.settle();
  for (let round = 0; round < 3; round++) world.audit({ openOrders: [] });
  expect(world.recoveries).toBe(1);
});

test('a position that differs by the same in two quiet audits is a reason to recover, and is taken over then', () => {
  const world = quoting();
  const positions = [{ instrument: 0, lots: 7, entryTicks: 10_000 }];
  pass(world, 31_000);
  world.audit({ positions });
  expect(world.recoveries).toBe(1);
  world.audit({ positions });
  expect(world.recoveries).toBe(2);
  expect(world.loop.ledger.positionLots[0]).toBe(0);
  world.frame(Connection.private, world.fill(world.open('buy')[0]!, 1));
  world.recover(8, 9_000);
  expect(world.loop.ledger.positionLots[0]).toBe(8);
  expect(world.loop.account.recoveryDifferences).toBe(1);
  // What changed unseen is booked at the market: one lot of ours at 999.5, seven at 1000.0.
  expect(world.loop.netProfit()).toBeCloseTo(0.005 - 0.01, 9);
});

test('a difference that is another one each time is fills on their way, and one that goes is none', () => {
  const world = quoting();
  const at = (lots: number): void =>
    world.audit({ positions: [{ instrument: 0, lots, entryTicks: 10_000 }] });
  pass(world, 31_000);
  for (const lots of [3, 5, 2, 0, 2, 0]) at(lots);
  expect(world.recoveries).toBe(1);
});

test('an answer to an audit of before a recovery says nothing about orders and positions', () => {
  const world = quoting();
  pass(world, 31_000);
  const askedNs = world.nowNs;
  world.loop.onSessionDown(Connection.trade, world.nowNs);
  world.loop.onSessionUp(Connection.trade, world.nowNs);
  pass(world, 1_000);
  world.recover();
  pass(world, 4_000);
  const positions = [{ instrument: 0, lots: 7, entryTicks: 10_000 }];
  for (let round = 0; round < 3; round++) world.audit({ askedNs, openOrders: [], positions });
  expect(world.recoveries).toBe(2);
});

test('a private stream that keeps a trade back is made anew, and nothing is quoted until it has come up', () => {
  const world = quoting();
  const order = world.open('buy')[0]!;
  world.fill(order, 4);
  pass(world, 31_000);
  world.audit({ trades: [world.tradeOf(order, 4, { tsMs: world.nowMs - 4_000 })] });
  expect(world.loop.ledger.positionLots[0], 'counted all the same').toBe(4);
  expect(world.loop.ladder.accountReason).toBe(KillTrigger.privateStale);
  expect(world.requestCount(LoopRequest.reconnectPrivate)).toBe(1);
  expect(world.recoveries).toBe(2);
  world.settle();
  world.recover();
  pass(world, 5_000);
  expect(world.loop.openOrders, 'still the deaf one').toBe(0);
  world.loop.onSessionDown(Connection.private, world.nowNs);
  world.loop.onSessionUp(Connection.private, world.nowNs);
  world.recover();
  pass(world, 1_000);
  expect(world.loop.ladder.accountLevel).toBe(KillLevel.quoting);
  expect(world.open('sell')).toHaveLength(3);
});

test('a private stream that was not made anew is asked for again', () => {
  const world = quoting();
  const order = world.open('buy')[0]!;
  world.fill(order, 4);
  pass(world, 31_000);
  world.audit({ trades: [world.tradeOf(order, 4, { tsMs: world.nowMs - 4_000 })] });
  world.settle();
  world.recover();
  pass(world, 31_000);
  expect(world.requestCount(LoopRequest.reconnectPrivate)).toBe(2);
});

test('a young trade that an audit tells first is no reason for doubt', () => {
  const world = quoting();
  const order = world.open('buy')[0]!;
  world.fill(order, 4);
  pass(world, 31_000);
  world.audit({ trades: [world.tradeOf(order, 4, { tsMs: world.nowMs - 1_000 })] });
  expect(world.loop.phase).toBe(LoopPhase.quoting);
  expect(world.requestCount(LoopRequest.reconnectPrivate)).toBe(0);
});

// ---------------------------------------------------------------------------------------------------- recovery

test('recovery books what it is the first to tell, and what it tells again does not count twice', () => {
  const world = quoting();
  const order = world.open('buy')[0]!;
  world.frame(Connection.private, world.fill(order, 4));
  const known = world.tradeOf(order, 4);
  world.fill(order, 3);
  world.loop.onSessionDown(Connection.private, world.nowNs);
  world.loop.onSessionUp(Connection.private, world.nowNs);
  world.recover(7, 9_995, [known, world.tradeOf(order, 3)]);
  const { ledger } = world.loop;
  expect(ledger.positionLots[0]).toBe(7);
  expect(ledger.fillCount[0]).toBe(2);
  expect(ledger.fees[0]).toBeCloseTo(-0.02, 9);
  expect(world.loop.account.recoveryDifferences).toBe(0);
});

test('a first start takes the venue’s position at its entry, and counts no difference', () => {
  const world = new ScriptedWorld();
  for (const connection of [Connection.public, Connection.private, Connection.trade]) {
    world.loop.onSessionUp(connection, world.nowNs);
  }
  world.recover(-12, 9_990.5);
  expect(world.loop.ledger.positionLots[0]).toBe(-12);
  expect(world.loop.ledger.entryTicks[0]).toBe(9_990.5);
  expect(world.loop.ledger.fillCount[0]).toBe(0);
  expect(world.loop.account.recoveryDifferences).toBe(0);
});
