import { expect, test } from 'vitest';
import { Connection, LoopRequest } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import { ScriptedWorld, isCancel, isPlace, itemsOf } from './scripted-venue.ts';

test('the trade session down and up: recovery is asked for, and nothing is quoted before its answer', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.onSessionDown(Connection.trade, world.nowNs);
  world.update([['999.8', '5']], []);
  world.quote();
  world.pass(500);
  expect(world.sent()).toEqual([]);
  expect(world.recoveries).toBe(1);
  world.loop.onSessionUp(Connection.trade, world.nowNs);
  expect(world.recoveries).toBe(2);
  world.update([['999.8', '6']], []);
  world.quote();
  world.pass(100);
  expect(itemsOf(world.orderMessages(), isPlace)).toEqual([]);
  world.recover();
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('the private session down: everything is cancelled by the trade session', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.onSessionDown(Connection.private, world.nowNs);
  expect(itemsOf(world.orderMessages(), isCancel)).toHaveLength(6);
  world.pass(5_000);
  expect(world.recoveries, 'asked for when its answers can be followed').toBe(1);
  world.loop.onSessionUp(Connection.private, world.nowNs);
  expect(world.recoveries).toBe(2);
  world.sent();
  world.recover();
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('an answer to a recovery that a lost session made void is not taken', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.onSessionDown(Connection.trade, world.nowNs);
  world.recover();
  expect(world.loop.phase).toBe(LoopPhase.starting);
  world.loop.onSessionUp(Connection.trade, world.nowNs);
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toEqual([]);
});

test('every order of sessions going down and up again ends in quoting', () => {
  const all = [Connection.public, Connection.private, Connection.trade];
  for (const down of all) {
    for (const second of all) {
      for (const up of all) {
        const world = new ScriptedWorld().quoting();
        const lost = [...new Set([down, second])];
        for (const connection of lost) {
          world.loop.onSessionDown(connection, world.nowNs);
          world.settle();
          world.pass(40);
        }
        for (const connection of [...new Set([up, ...lost])].filter((each) => lost.includes(each))) {
          world.loop.onSessionUp(connection, world.nowNs);
          world.pass(40);
        }
        world.recover();
        if (lost.includes(Connection.public)) world.snapshot();
        world.quote();
        world.pass(40);
        world.settle();
        expect(world.loop.phase, `${down} ${second} ${up}`).toBe(LoopPhase.quoting);
        expect(world.open('buy'), `${down} ${second} ${up}`).toHaveLength(3);
        expect(world.loop.openOrders).toBe(6);
      }
    }
  }
});

test('a lost worker’s quotes are withdrawn; its successor’s come back though the market stands still', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.onWorkerLost([0], world.nowNs);
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  // What it may have written before it ended counts no more.
  world.update([['999.8', '5']], []);
  world.quote();
  world.pass(2_000);
  expect(world.orderMessages()).toEqual([]);
  world.loop.onWorkerReady([0], world.nowNs);
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('a worker that answers no market for a second loses its quotes, and gets them back with its next answer', () => {
  const world = new ScriptedWorld().quoting();
  world.update([['999.8', '5']], []);
  world.pass(990, 10);
  expect(world.orderMessages()).toEqual([]);
  world.pass(60, 10);
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  world.pass(500);
  expect(world.orderMessages()).toEqual([]);
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('a second recovery is asked for when the first one’s time has brought a new doubt', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.onSessionDown(Connection.trade, world.nowNs);
  world.loop.onSessionUp(Connection.trade, world.nowNs);
  // Its cancels stay without an answer; recovery takes longer than that.
  world.pass(4_000);
  expect(world.recoveries).toBe(2);
  world.recover();
  world.quote();
  expect(world.loop.phase).toBe(LoopPhase.quoting);
  world.clock.advanceNs(20 * NS_PER_MS);
  world.timer();
  expect(world.loop.phase).toBe(LoopPhase.quoting);
});

test('a private session that moves to another socket is audited at once: the last pushes of the old one may be lost', () => {
  const world = new ScriptedWorld({ timings: { auditNs: 30_000 * NS_PER_MS } }).quoting();
  const audits = (): number => world.requestCount(LoopRequest.audit);
  world.pass(100);
  for (const connection of [Connection.public, Connection.trade]) {
    world.loop.onSessionSwitched(connection, world.nowNs);
    world.pass(100);
  }
  expect(audits()).toBe(0);
  world.loop.onSessionSwitched(Connection.private, world.nowNs);
  world.pass(100);
  expect(audits()).toBe(1);
  expect(world.loop.phase).toBe(LoopPhase.quoting);
});
