import { expect, test } from 'vitest';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Connection, LoopRequest } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { orderRow, ordersPush } from './messages.ts';
import { ScriptedWorld } from './scripted-venue.ts';

const SWITCH = { switchNs: 10 * NS_PER_SECOND, heartbeatNs: 2 * NS_PER_SECOND };

// ------------------------------------------------------------------------------- doubts while a recovery is under way

/** A liquidation of five contracts, which the venue tells with a trade below zero and without an order of ours. */
const LIQUIDATION = ordersPush(
  orderRow({
    clOrdId: '',
    tag: '',
    side: 'sell',
    px: '',
    sz: '5',
    accFillSz: '5',
    state: 'filled',
    fillSz: '5',
    fillPx: '999.5',
    tradeId: '-17',
  }),
);

test('a liquidation that is told while a recovery is under way is asked about once more: its answers may be older', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.onSessionDown(Connection.trade, world.nowNs);
  world.loop.onSessionUp(Connection.trade, world.nowNs);
  expect(world.recoveries).toBe(2);
  world.frame(Connection.private, LIQUIDATION);
  world.recover(0);
  expect(world.recoveries).toBe(3);
  expect(world.loop.phase).toBe(LoopPhase.recovering);
  world.recover(-5, 9_995);
  expect(world.recoveries).toBe(3);
  expect(world.loop.phase).toBe(LoopPhase.quoting);
  expect(world.loop.ledger.positionLots[0]).toBe(-5);
});

test('a doubt of before a lost session is settled by the recovery of after it', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.onSessionDown(Connection.trade, world.nowNs);
  world.loop.onSessionUp(Connection.trade, world.nowNs);
  world.frame(Connection.private, LIQUIDATION);
  world.loop.onSessionDown(Connection.private, world.nowNs);
  world.loop.onSessionUp(Connection.private, world.nowNs);
  expect(world.recoveries).toBe(3);
  world.recover(-5, 9_995);
  expect(world.recoveries).toBe(3);
  expect(world.loop.phase).toBe(LoopPhase.quoting);
});

// ------------------------------------------------------------------- the switch while nobody knows what rests

test('an account that stays unrecovered is left to the venue’s switch: each beat comes after the last has fired', () => {
  const world = new ScriptedWorld({ timings: SWITCH }).connect();
  const beats: number[] = [];
  world.onRequest = (request) => {
    if (request === LoopRequest.heartbeat) beats.push(world.nowNs);
  };
  world.pass(3_000);
  world.loop.onSessionDown(Connection.trade, world.nowNs);
  const lostNs = world.nowNs;
  world.pass(60_000);
  const late = beats.filter((atNs) => atNs > lostNs + 6 * NS_PER_SECOND);
  expect(late.length).toBeGreaterThan(2);
  const before = beats.filter((atNs) => atNs <= lostNs + 6 * NS_PER_SECOND);
  let lastNs = before.at(-1)!;
  for (const atNs of late) {
    expect(atNs - lastNs).toBeGreaterThan(SWITCH.switchNs + NS_PER_SECOND);
    lastNs = atNs;
  }
  world.loop.onSessionUp(Connection.trade, world.nowNs);
  world.recover();
  const count = beats.length;
  world.pass(4_100);
  expect(beats.length - count).toBeGreaterThanOrEqual(2);
});

test('an engine that has never recovered does not keep alive what an earlier one has left', () => {
  const world = new ScriptedWorld({ timings: SWITCH });
  world.pass(9_000);
  expect(world.requestCount(LoopRequest.heartbeat)).toBe(1);
});
