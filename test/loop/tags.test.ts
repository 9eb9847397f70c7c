import { describe, expect, test } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { Side } from '../../engine/base/side.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Connection, OperatorCommand } from '../../engine/loop/loop-options.ts';
import { TagSource } from '../../engine/metrics/catalog.ts';
import { algoOrderIdText } from '../../engine/okx/algo-order-id.ts';
import { OrderEncoder } from '../../engine/okx/order-encoder.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { RUN, TAG } from './loop-world.ts';
import { ack, fillsPush } from './messages.ts';
import { ScriptedWorld, isAmend, isCancel, isPlace, itemsOf } from './scripted-venue.ts';

const STRIPPED = `"tag":""`;
const FOREIGN = `"tag":"OTHERBROKERCODE"`;
const OWN = `"tag":"${TAG}"`;

const held = (world: ScriptedWorld): KillLevel => world.loop.ladder.held(KillTrigger.tagMismatch, ACCOUNT);
const counts = (world: ScriptedWorld): number[] => [...world.loop.kill.tags.mismatches];

/** Connected, with its first ladder on its way. */
function placing(): { world: ScriptedWorld; places: Parameters<typeof ack>[0] } {
  const world = new ScriptedWorld().connect();
  world.snapshot();
  world.quote();
  const [places] = world.orderMessages();
  return { world, places: places! };
}

/** Paused by the tag, everything withdrawn, and nothing placed again however the market moves. */
function expectPaused(world: ScriptedWorld): void {
  expect(held(world)).toBe(KillLevel.paused);
  expect(world.loop.operator.text).toContain('another tag, or with none');
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  expect(world.loop.openOrders).toBe(0);
  world.move('999.9', '1000.1', '999.8', '1000.0');
  for (let round = 0; round < 5; round++) {
    world.quote();
    world.pass(1_000);
    expect(itemsOf(world.settle(), isPlace)).toEqual([]);
  }
}

describe.each([
  ['strips it', STRIPPED],
  ['changes it', FOREIGN],
  ['leaves the field out', ''],
])('a venue that %s', (_name, tag) => {
  const without = (text: string): string =>
    text.replaceAll(tag === '' ? `${OWN},` : OWN, tag === '' ? '' : tag);

  test('is noticed by the first ack: everything is withdrawn, until the operator has looked', () => {
    const { world, places } = placing();
    world.act(places);
    world.frame(Connection.trade, without(ack(places)));
    expect(counts(world)).toEqual([6, 0, 0, 0, 0]);
    expectPaused(world);
    world.loop.command(OperatorCommand.resume, world.nowNs);
    expect(held(world)).toBe(KillLevel.quoting);
    world.quote();
    world.timer();
    expect(itemsOf(world.settle(), isPlace)).toHaveLength(6);
    expect(world.loop.openOrders).toBe(6);
  });

  test('is noticed by the first push', () => {
    const { world, places } = placing();
    const pushes = world.act(places);
    world.frame(Connection.private, without(pushes[0]!));
    expect(counts(world)).toEqual([0, 1, 0, 0, 0]);
    world.frame(Connection.trade, ack(places));
    for (const push of pushes.slice(1)) world.frame(Connection.private, push);
    expectPaused(world);
  });
});

test('an ack that refuses a place says nothing of its tag, nor do those of amends and cancels', () => {
  const { world, places } = placing();
  world.act(places);
  world.frame(Connection.trade, ack(places, [51_008]).replaceAll(OWN, STRIPPED));
  expect(counts(world)).toEqual([0, 0, 0, 0, 0]);
  const other = new ScriptedWorld().quoting();
  other.move('999.9', '1000.1', '1004.9', '1005.1');
  other.quote();
  const messages = other.orderMessages();
  expect(messages.filter(isAmend).length).toBeGreaterThan(0);
  other.loop.command(OperatorCommand.pause, other.nowNs);
  messages.push(...other.orderMessages());
  expect(messages.filter(isCancel).length).toBeGreaterThan(0);
  for (const message of messages) {
    const text = ack(message);
    other.frame(Connection.trade, isPlace(message) ? text : text.replaceAll(OWN, STRIPPED));
  }
  expect(counts(other)).toEqual([0, 0, 0, 0, 0]);
});

test('pushes of another program, and of another run of ours, are nobody’s mismatch', () => {
  const world = new ScriptedWorld().quoting();
  const order = world.open('buy')[0]!;
  const others = world.pushOf({ ...order, clOrdId: 'somebody1', ordId: '77' }).replace(OWN, STRIPPED);
  world.frame(Connection.private, others);
  const former = String(RUN - 1).padStart(8, '0');
  const stranger = { ...order, clOrdId: `1${former}${order.clOrdId.slice(9)}`, ordId: '78' };
  world.frame(Connection.private, world.pushOf(stranger, { state: 'canceled' }).replace(OWN, STRIPPED));
  expect(counts(world)).toEqual([0, 0, 0, 0, 0]);
});

describe('an order that an algo order of ours has made', () => {
  const born = (world: ScriptedWorld, run: number, tag: string, state = 'live'): string => {
    const text = world.pushOf({ ...world.open('buy')[0]!, clOrdId: '', ordId: '77' }, { state });
    return text.replace(OWN, `"algoClOrdId":"${algoOrderIdText('X', run, 1)}",${tag}`);
  };

  test('pauses when it comes back without our tag', () => {
    const world = new ScriptedWorld().quoting();
    world.frame(Connection.private, born(world, RUN, OWN));
    expect(held(world)).toBe(KillLevel.quoting);
    world.frame(Connection.private, born(world, RUN, STRIPPED));
    expect(counts(world)).toEqual([0, 1, 0, 0, 0]);
    expect(held(world)).toBe(KillLevel.paused);
  });

  test('is not asked when it ends, nor one of another engine', () => {
    const world = new ScriptedWorld().quoting();
    world.frame(Connection.private, born(world, RUN, STRIPPED, 'canceled'));
    world.frame(Connection.private, born(world, RUN - 1, FOREIGN));
    expect(counts(world)).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('by REST', () => {
  test('a trade without our tag pauses once, however often it is told again; after a resume only a later one does', () => {
    const world = new ScriptedWorld({ timings: { auditNs: 30 * NS_PER_SECOND } }).quoting();
    const order = world.open('buy')[0]!;
    world.frame(Connection.private, world.fill(order, 4));
    const trade = world.tradeOf(order, 4, { isTagForeign: true });
    world.audit({ trades: [trade] });
    world.audit({ trades: [trade] });
    expect(counts(world)[TagSource.fill]).toBe(1);
    expect(held(world)).toBe(KillLevel.paused);
    world.settle();
    world.loop.command(OperatorCommand.resume, world.nowNs);
    world.audit({ trades: [trade] });
    expect(held(world)).toBe(KillLevel.quoting);
    world.audit({ trades: [trade, { ...trade, tradeId: trade.tradeId + 1, tsMs: trade.tsMs + 1 }] });
    expect(counts(world)[TagSource.fill]).toBe(2);
    expect(held(world)).toBe(KillLevel.paused);
  });

  test('what the operator has seen of trades that came with a recovery is not held against a resume, either', () => {
    const world = new ScriptedWorld().quoting();
    const order = world.open('buy')[0]!;
    const trade = world.tradeOf(order, 4, { isTagForeign: true, side: Side.buy, tradeId: 4_711 });
    world.loop.onSessionDown(Connection.private, world.nowNs);
    world.loop.onSessionUp(Connection.private, world.nowNs);
    world.recover(4, 9_995, [trade]);
    expect(held(world)).toBe(KillLevel.paused);
    world.loop.command(OperatorCommand.resume, world.nowNs);
    world.audit({ trades: [trade] });
    expect(held(world)).toBe(KillLevel.quoting);
  });

  test('an open order without our tag pauses', () => {
    const world = new ScriptedWorld({ timings: { auditNs: 30 * NS_PER_SECOND } }).quoting();
    const orders = world.open('buy');
    world.audit({
      openOrders: [
        { ...world.factOf(orders[0]!), isTagForeign: true },
        ...[...orders.slice(1), ...world.open('sell')].map((each) => world.factOf(each)),
      ],
    });
    expect(counts(world)).toEqual([0, 0, 0, 1, 0]);
    expectPaused(world);
  });
});

test('an order whose bytes are without the tag does not leave: the engine stops', () => {
  const world = new ScriptedWorld().connect();
  world.snapshot();
  const { finish } = OrderEncoder.prototype;
  OrderEncoder.prototype.finish = function (this: OrderEncoder): number {
    const length = finish.call(this);
    const at = Buffer.from(this.buffer.buffer, this.buffer.byteOffset, length).lastIndexOf(OWN);
    if (at >= 0) this.buffer[at + OWN.length - 2] = 0x58;
    return length;
  };
  try {
    expect(() => world.quote()).toThrow(AssertionError);
    expect(world.orderMessages()).toEqual([]);
  } finally {
    OrderEncoder.prototype.finish = finish;
  }
});

describe('ids that begin with the tag', () => {
  test('are placed, answered, amended and cancelled like any other', () => {
    const world = new ScriptedWorld({ prefixesIds: true }).connect();
    world.snapshot();
    world.quote();
    const places = itemsOf(world.settle(), isPlace);
    expect(places).toHaveLength(6);
    for (const { clOrdId } of places) {
      expect(clOrdId).toMatch(new RegExp(`^${TAG}${RUN.toString(36).padStart(6, '0')}\\d{10}$`));
    }
    expect(world.loop.openOrders).toBe(6);
    world.move('999.9', '1000.1', '1004.9', '1005.1');
    world.quote();
    world.settle();
    expect(world.prices('buy')[0]).not.toBe('999.5');
    world.loop.command(OperatorCommand.pause, world.nowNs);
    expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
    expect(world.loop.openOrders).toBe(0);
  });

  test('are booked by the orders channel alone: the fills channel does not tell them, and would count them twice', () => {
    const world = new ScriptedWorld({ prefixesIds: true }).quoting();
    const order = world.open('buy')[0]!;
    const push = world.fill(order, 4);
    const told = fillsPush({
      instId: 'BTC-USDT-SWAP',
      fillSz: '4',
      fillPx: order.px,
      side: 'buy',
      ts: String(world.nowMs),
      ordId: order.ordId,
      clOrdId: '0',
      tradeId: String(world.lastTradeId),
      execType: 'M',
      count: '1',
    });
    world.frame(Connection.private, told);
    expect(world.loop.ledger.positionLots[0]).toBe(0);
    world.frame(Connection.private, push);
    world.frame(Connection.private, told);
    expect(world.loop.ledger.positionLots[0]).toBe(4);
    expect(world.loop.ledger.bookedLots[0]).toBe(4);
    expect(world.loop.ledger.untoldGrossLots[0]).toBe(0);
  });
});
