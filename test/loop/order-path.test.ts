import { expect, test } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import { ScriptedWorld, isCancel, isPlace, itemsOf } from './scripted-venue.ts';
import { ack, rootRefusal } from './messages.ts';
import { at } from '../time-cell.ts';

/** Connected and asked for its first ladder, which is on its way. */
function placing(world = new ScriptedWorld()): ScriptedWorld {
  world.connect().snapshot();
  world.quote();
  return world;
}

test('51008: the side rests for two seconds, then asks again', () => {
  const world = placing();
  const [places] = world.orderMessages();
  world.frame(Connection.trade, ack(places!, [51_008]));
  expect(world.loop.openOrders).toBe(0);
  world.quote();
  world.pass(1_980);
  expect(world.orderMessages()).toEqual([]);
  world.pass(60);
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test.each([
  ['as a whole', true],
  ['item by item', false],
])('50011 %s: that kind of command waits half a second', (_, isRoot) => {
  const world = placing();
  const [places] = world.orderMessages();
  world.frame(Connection.trade, isRoot ? rootRefusal(places!, 50_011) : ack(places!, [50_011]));
  expect(world.loop.openOrders).toBe(0);
  world.pass(480);
  expect(world.orderMessages()).toEqual([]);
  world.pass(60);
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('50011 on places does not hold cancels back', () => {
  const world = new ScriptedWorld().quoting();
  world.frame(Connection.private, world.fill(world.open('buy')[0]!));
  world.quote();
  for (const message of world.orderMessages()) world.frame(Connection.trade, ack(message, [50_011]));
  world.loop.onSessionDown(Connection.private, world.nowNs);
  expect(itemsOf(world.orderMessages(), isCancel).length).toBeGreaterThanOrEqual(5);
});

test('a batch that is refused in part keeps what was taken and asks for the rest', () => {
  const world = placing();
  const [places] = world.orderMessages();
  // 54004: refused because a sibling was.
  world.frame(Connection.trade, ack(places!, [0, 54_004, 0, 0, 0, 54_004]));
  const [again] = world.orderMessages();
  expect(again!.args.map(({ side, px }) => `${String(side)} ${String(px)}`)).toEqual([
    'buy 999.3',
    'sell 1000.9',
  ]);
  expect(world.loop.openOrders).toBe(6);
});

test('51000 to an amend: the side rests for half a second, the instrument is not paused', () => {
  const world = new ScriptedWorld().quoting();
  world.move('999.9', '1000.1', '1004.9', '1005.1');
  world.quote();
  const [amends] = world.orderMessages();
  expect(amends!.op).toBe('batch-amend-orders');
  world.frame(
    Connection.trade,
    ack(
      amends!,
      amends!.args.map(() => 51_000),
    ),
  );
  world.quote();
  world.pass(480);
  const early = itemsOf(
    world.orderMessages(),
    ({ op }) => op === 'batch-amend-orders' || op === 'amend-order',
  );
  expect(early).toEqual([]);
  world.pass(80);
  expect(world.orderMessages().map(({ op }) => op)).not.toEqual([]);
});

test('51400 to a cancel: the order counts until its last push tells what was filled', () => {
  const world = new ScriptedWorld().quoting();
  const order = world.open('buy')[0]!;
  world.loop.onWorkerLost([0], world.nowNs);
  const [cancels] = world.orderMessages();
  const codes = cancels!.args.map(({ clOrdId }) => (clOrdId === order.clOrdId ? 51_400 : 0));
  world.frame(Connection.trade, ack(cancels!, codes));
  expect(world.loop.table.exposureLots[Side.buy], 'still at its full risk').toBe(45);
  expect(world.recoveries, 'the push is awaited first').toBe(1);
  world.frame(Connection.private, world.fill(order));
  expect(world.loop.ledger.positionLots[0]).toBe(10);
  expect(world.loop.table.exposureLots[Side.buy]).toBe(35);
  world.pass(2_000);
  expect(world.recoveries).toBe(1);
});

test('51400 and no last push: the venue is asked', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.onWorkerLost([0], world.nowNs);
  const [cancels] = world.orderMessages();
  world.frame(Connection.trade, ack(cancels!, [51_400]));
  world.pass(2_900);
  expect(world.recoveries).toBe(1);
  world.pass(200);
  expect(world.recoveries).toBe(2);
  world.recover(10);
  expect(world.loop.openOrders).toBe(0);
  expect(world.loop.ledger.positionLots[0]).toBe(10);
});

test('51503 to an amend: gone, and the level is placed anew when the last push has come', () => {
  const world = new ScriptedWorld().quoting();
  const order = world.open('buy')[0]!;
  world.move('999.9', '1000.1', '999.5', '999.7');
  const [amends] = world.orderMessages();
  const codes = amends!.args.map(({ clOrdId }) => (clOrdId === order.clOrdId ? 51_503 : 0));
  world.frame(Connection.trade, ack(amends!, codes));
  world.frame(Connection.private, world.fill(order));
  for (const other of world.open('buy')) {
    const arg = amends!.args.find(({ clOrdId }) => clOrdId === other.clOrdId)!;
    other.px = String(arg['newPx'] ?? other.px);
    other.sz = String(arg['newSz'] ?? other.sz);
    world.frame(Connection.private, world.pushOf(other, { reqId: arg['reqId'], amendResult: '0' }));
  }
  world.quote();
  world.settle();
  expect(world.open('buy')).toHaveLength(3);
  expect(world.loop.ledger.positionLots[0]).toBe(10);
  expect(world.recoveries).toBe(1);
});

test('an ack without items that says 0 leaves the outcome unknown', () => {
  const world = placing();
  const [places] = world.orderMessages();
  world.frame(Connection.trade, rootRefusal(places!, 0));
  expect(world.recoveries).toBe(2);
});

test('a command without an answer puts its orders in doubt, and the venue is asked once', () => {
  const world = placing();
  world.orderMessages();
  world.pass(2_980);
  expect(world.recoveries).toBe(1);
  world.pass(500);
  expect(world.recoveries).toBe(2);
  expect(world.loop.phase).toBe(LoopPhase.recovering);
  // They may rest: cancels are tried, and nothing is placed.
  const messages = world.orderMessages();
  expect(itemsOf(messages, isCancel).length).toBeGreaterThanOrEqual(6);
  expect(itemsOf(messages, isPlace)).toEqual([]);
  world.recover();
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('acks and pushes in any order, late and twice, leave the same orders and the same position', () => {
  const inOrder = new ScriptedWorld().quoting();
  inOrder.frame(Connection.private, inOrder.fill(inOrder.open('buy')[0]!, 4));
  for (const variant of ['pushes first', 'twice', 'ack last'] as const) {
    const world = placing();
    const [places] = world.orderMessages();
    const pushes = world.act(places!);
    const fill = world.fill(world.open('buy')[0]!, 4);
    const trade = (): void => world.frame(Connection.trade, ack(places!));
    const tell = (texts: readonly string[]): void => {
      for (const text of texts) world.frame(Connection.private, text);
    };
    if (variant === 'twice') {
      trade();
      trade();
      tell([...pushes, ...pushes, fill, fill, ...pushes, fill]);
    } else if (variant === 'pushes first') {
      tell([...pushes, fill]);
      trade();
    } else {
      tell([fill, ...pushes]);
      world.pass(1_000);
      trade();
    }
    expect(world.loop.ledger.positionLots[0], variant).toBe(4);
    expect(world.loop.ledger.fillCount[0], variant).toBe(1);
    expect(world.loop.ledger.fees[0], variant).toBeCloseTo(-0.01);
    expect(world.loop.openOrders, variant).toBe(6);
    expect(world.loop.table.exposureLots[Side.buy], variant).toBe(41);
    expect(world.recoveries, variant).toBe(1);
  }
});

test('a fill whose push was lost is booked with the next one of the order', () => {
  const world = new ScriptedWorld().quoting();
  const order = world.open('sell')[0]!;
  world.fill(order, 3);
  world.frame(Connection.private, world.fill(order, 2));
  expect(world.loop.ledger.positionLots[0]).toBe(-5);
  world.frame(
    Connection.private,
    world.pushOf(order, { state: 'canceled', px: '', fillPx: '', accFillSz: '7' }),
  );
  expect(world.loop.ledger.positionLots[0], 'whatever the push leaves out').toBe(-7);
});

test('an order that the venue cancels by itself is not placed again in the same moment', () => {
  const world = new ScriptedWorld().quoting();
  const order = world.open('buy')[0]!;
  order.isOpen = false;
  // Post-only, and the venue's book has moved though ours does not know yet.
  world.frame(Connection.private, world.pushOf(order, { state: 'canceled', cancelSource: '31' }));
  world.quote();
  world.pass(80);
  expect(itemsOf(world.orderMessages(), isPlace)).toEqual([]);
  world.pass(100);
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(1);
});

test('an order that arrives after recovery had found nothing is asked about again', () => {
  const world = placing();
  const [places] = world.orderMessages();
  world.pass(3_100);
  expect(world.recoveries).toBe(2);
  world.sent();
  world.recover();
  // It was on its way all the time, and rests now, unknown to the table.
  const pushes = world.act(places!);
  world.frame(Connection.private, pushes[0]!);
  expect(world.recoveries).toBe(3);
  expect(world.loop.phase).toBe(LoopPhase.recovering);
});

test('late cancels of what recovery has cleared are no reason to recover again', () => {
  const world = new ScriptedWorld().quoting();
  const order = world.open('buy')[0]!;
  world.loop.onSessionDown(Connection.trade, world.nowNs);
  world.loop.onSessionUp(Connection.trade, world.nowNs);
  expect(world.recoveries).toBe(2);
  world.recover();
  world.frame(Connection.private, world.pushOf(order, { state: 'canceled' }));
  expect(world.recoveries).toBe(2);
});

test('orders of other runs and of others do not touch the table', () => {
  const world = new ScriptedWorld().quoting();
  const order = world.open('buy')[0]!;
  for (const clOrdId of ['', 'somebody', order.clOrdId.replace('12345678', '12345677')]) {
    world.frame(
      Connection.private,
      world.pushOf({ ...order, clOrdId }, { state: 'filled', accFillSz: '10', fillSz: '10', fillPx: '1' }),
    );
  }
  expect(world.loop.ledger.positionLots[0]).toBe(0);
  expect(world.loop.openOrders).toBe(6);
  expect(world.loop.fills.foreignUpdates).toBe(3);
});

test('what the connection did not take is taken back and asked for again', () => {
  const world = new ScriptedWorld().connect();
  world.takes[Connection.trade] = false;
  world.snapshot();
  world.quote();
  expect(world.loop.openOrders).toBe(0);
  expect(world.loop.table.exposureLots[Side.buy]).toBe(0);
  expect(world.loop.commands.requestsInFlight).toBe(0);
  world.takes[Connection.trade] = true;
  world.pass(20);
  expect(itemsOf(world.settle(), isPlace)).toHaveLength(6);
  world.takes[Connection.trade] = false;
  world.loop.onWorkerLost([0], world.nowNs);
  world.takes[Connection.trade] = true;
  world.pass(20);
  expect(itemsOf(world.orderMessages(), isCancel)).toHaveLength(6);
});

test('a malformed ack or push asks the venue', () => {
  for (const connection of [Connection.trade, Connection.private]) {
    const world = placing();
    const [places] = world.orderMessages();
    const text = connection === Connection.trade ? ack(places!) : world.act(places!)[0]!;
    world.frame(connection, text.slice(0, -4));
    expect(world.recoveries).toBe(2);
  }
});

test('more cancels than one message holds all leave at once', () => {
  const world = new ScriptedWorld({
    ladder: { ...PLAIN_LADDER, levels: 10, lots: 1, lotsStep: 0 },
  }).quoting();
  world.move('999.9', '1000.1', '999.8', '1000.0');
  expect(world.loop.openOrders).toBe(20);
  world.loop.table.open(0, Side.buy, 9_000, 1, at(world.nowNs));
  world.loop.onSessionDown(Connection.private, world.nowNs);
  const messages = world.orderMessages();
  expect(messages.map(({ args }) => args.length)).toEqual([19, 2]);
});

test('an order of a former run that rests is a reason to recover, one of somebody else is not', () => {
  const world = new ScriptedWorld().quoting();
  const order = world.open('buy')[0]!;
  const former = order.clOrdId.replace('12345678', '12345677');
  world.frame(Connection.private, world.pushOf({ ...order, clOrdId: former }, { tag: '' }));
  world.frame(Connection.private, world.pushOf({ ...order, clOrdId: 'somebody' }));
  expect(world.recoveries).toBe(1);
  world.frame(Connection.private, world.pushOf({ ...order, clOrdId: former }));
  expect(world.recoveries).toBe(2);
});

test('a trade of somebody else on our instruments is in the position, because the account’s position is', () => {
  const world = new ScriptedWorld().quoting();
  const push = world.fill(world.open('buy')[0]!, 4).replace(/"clOrdId":"[^"]*"/, '"clOrdId":""');
  world.frame(Connection.private, push);
  world.frame(Connection.private, push);
  expect(world.loop.ledger.positionLots[0]).toBe(4);
  expect(world.loop.table.exposureLots[Side.buy], 'none of ours was filled').toBe(45);
});
