import { expect, test } from 'vitest';
import { CommandOp } from '../../engine/base/command-op.ts';
import { Side } from '../../engine/base/side.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { ScriptedWorld, isCancel, isPlace, itemsOf } from './scripted-venue.ts';
import { ack, orderRow, ordersPush } from './messages.ts';
import { at } from '../time-cell.ts';

/** What a venue in bad order does: refusals that repeat, answers and pushes that come very late or make no sense. */

/** Everything of ours is asked to go, and nothing is answered yet. */
function withdrawing() {
  const world = new ScriptedWorld().quoting();
  world.loop.onWorkerLost([0], world.nowNs);
  const [cancels] = world.orderMessages();
  expect(cancels!.args).toHaveLength(6);
  return { world, cancels: cancels! };
}

const cancelled = (world: ScriptedWorld): number => itemsOf(world.orderMessages(), isCancel).length;

test('51410 to a cancel: it is on its way already, and not asked for again', () => {
  const { world, cancels } = withdrawing();
  world.frame(Connection.trade, ack(cancels, [51_410]));
  world.pass(200);
  expect(cancelled(world)).toBe(0);
  for (const text of world.act(cancels)) world.frame(Connection.private, text);
  expect(world.loop.openOrders).toBe(0);
});

test.each([51_404, 50_013, 51_000])('%i to a cancel: asked for again soon, not at once', (code) => {
  const { world, cancels } = withdrawing();
  world.frame(Connection.trade, ack(cancels, [code]));
  world.pass(80);
  expect(cancelled(world)).toBe(0);
  world.pass(40);
  expect(cancelled(world)).toBe(6);
});

test.each([
  [60_011, 2],
  [51_404, 1],
])('cancels refused with %i for longer than an ack may take: %i recoveries', (code, recoveries) => {
  const { world, cancels } = withdrawing();
  let messages = [cancels];
  for (let step = 0; step < 200; step++) {
    for (const message of messages) world.frame(Connection.trade, ack(message, [code]));
    world.pass(20);
    messages = world.orderMessages();
  }
  expect(world.recoveries).toBe(recoveries);
  expect(world.loop.openOrders).toBe(6);
});

test('50001 to cancels, as in a maintenance: asked for ever less often, and never less than once a second', () => {
  const { world, cancels } = withdrawing();
  let messages = [cancels];
  const atMs: number[] = [];
  for (let ms = 0; ms < 8_000; ms += 20) {
    for (const message of messages) {
      atMs.push(ms);
      world.frame(Connection.trade, ack(message, [50_001]));
    }
    world.pass(20);
    messages = world.orderMessages();
  }
  const gaps = atMs.slice(1).map((at, index) => at - atMs[index]!);
  expect(gaps.slice(0, 5)).toEqual([100, 100, 200, 400, 800]);
  expect(gaps.slice(5).every((gap) => gap === 1_000)).toBe(true);
  expect(gaps.length).toBeGreaterThan(8);
});

test.each([50_036, 50_037])('%i to a place: the side rests for half a second', (code) => {
  const world = new ScriptedWorld().connect();
  world.snapshot();
  world.quote();
  const [places] = world.orderMessages();
  world.frame(Connection.trade, ack(places!, [code]));
  world.quote();
  world.pass(480);
  expect(world.orderMessages()).toEqual([]);
  world.pass(40);
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('an order that arrives after recovery is asked about although its slot is in use again', () => {
  const world = new ScriptedWorld().connect();
  world.snapshot();
  world.quote();
  const [places] = world.orderMessages();
  world.pass(3_100);
  world.recover();
  expect(world.recoveries).toBe(2);
  const { table } = world.loop;
  for (let order = 0; order < table.capacity; order++) {
    table.onUnsent(CommandOp.place, table.open(0, Side.buy, 9_000, 1, at(world.nowNs)), 0);
  }
  world.frame(Connection.private, world.act(places!)[0]!);
  expect(world.recoveries).toBe(3);
  expect(world.loop.phase).toBe(LoopPhase.recovering);
});

test('a fill that is no whole number of lots is asked about', () => {
  const world = new ScriptedWorld().quoting();
  const order = world.open('buy')[0]!;
  world.frame(
    Connection.private,
    world.pushOf(order, {
      state: 'partially_filled',
      accFillSz: '0.123456',
      fillSz: '0.123456',
      fillPx: '999.5',
    }),
  );
  expect(world.recoveries).toBe(2);
});

test('a liquidation changes the position without an order of ours: the venue is asked', () => {
  const world = new ScriptedWorld().quoting();
  const forced = { clOrdId: '', tag: '', side: 'sell', px: '', sz: '5', accFillSz: '5', state: 'filled' };
  const fill = { fillSz: '5', fillPx: '999.5', tradeId: '-17' };
  world.frame(Connection.private, ordersPush(orderRow({ ...forced, ...fill, instId: 'SOL-USDT-SWAP' })));
  expect(world.recoveries, 'not ours to trade').toBe(1);
  world.frame(Connection.private, ordersPush(orderRow({ ...forced, ...fill })));
  expect(world.recoveries).toBe(2);
  world.recover(-5, 9_995);
  expect(world.loop.ledger.positionLots[0]).toBe(-5);
});

test('a fill whose push leaves out the side is booked on the order’s', () => {
  const world = new ScriptedWorld().quoting();
  const order = world.open('buy')[0]!;
  world.frame(
    Connection.private,
    world.pushOf(order, {
      side: '',
      state: 'partially_filled',
      accFillSz: '4',
      fillSz: '4',
      fillPx: '999.5',
    }),
  );
  expect(world.loop.ledger.positionLots[0]).toBe(4);
});

test('a frame that was held while its session came up does not turn the time back', () => {
  const world = new ScriptedWorld().quoting();
  world.pass(5_000);
  // The venue has moved it, so that it is moved back at once.
  const bytes = Buffer.from(world.pushOf(world.open('buy')[0]!, { px: '998.0' }));
  world.loop.onPrivateFrame(bytes, 0, bytes.length, world.nowNs - 4 * NS_PER_SECOND);
  const [amend] = world.orderMessages();
  expect(amend!.op).toBe('amend-order');
  expect(Number(amend!.expTime)).toBe(world.nowMs + 2_000);
  world.pass(2_000);
  expect(world.recoveries, 'an ack has three seconds from when it was sent').toBe(1);
});

test('a loss does not vanish when its position was closed unseen', () => {
  const world = new ScriptedWorld().quoting();
  world.frame(Connection.private, world.fill(world.open('buy')[0]!));
  world.settle();
  world.loop.onSessionDown(Connection.private, world.nowNs);
  world.settle();
  world.snapshot([['989.9', '10']], [['990.1', '10']]);
  const before = world.loop.netProfit();
  expect(before).toBeLessThan(0);
  world.loop.onSessionUp(Connection.private, world.nowNs);
  world.recover(0);
  expect(world.loop.ledger.positionLots[0]).toBe(0);
  expect(world.loop.netProfit()).toBeCloseTo(before, 9);
});
