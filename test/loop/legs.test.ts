import { expect, test } from 'vitest';
import { PositionMode, PositionSide } from '../../engine/base/position-side.ts';
import { Connection, OperatorCommand } from '../../engine/loop/loop-options.ts';
import { fillsPush, orderRow, ordersPush } from './messages.ts';
import { ScriptedWorld, isAmend, isCancel, isPlace, itemsOf } from './scripted-venue.ts';
import { swap } from './swap-row.ts';

/** The account holds legs apart; the ladder is 10, 15 and 20 contracts a side. */
function legged(longLots = 0, shortLots = 0): ScriptedWorld {
  const world = new ScriptedWorld({ positionMode: PositionMode.longShort });
  world.connect();
  tell(world, longLots, shortLots);
  world.snapshot();
  world.quote();
  return world;
}

/** A recovery finds these legs. */
function tell(world: ScriptedWorld, longLots: number, shortLots: number): void {
  const fact = { instrument: 0, lots: longLots - shortLots, entryTicks: 10_000, longLots, shortLots };
  world.loop.account.recover();
  world.loop.onRecovered({ positions: [fact], trades: [], verifiedMs: world.nowMs }, world.nowNs);
}

/** What the places sent since the last look are about, best first: side, size and leg. */
function places(world: ScriptedWorld): string[] {
  const args = itemsOf(world.orderMessages(), isPlace);
  return args.map(({ side, sz, posSide }) => `${String(side)} ${String(sz)} ${String(posSide)}`).sort();
}

function legsOf(world: ScriptedWorld): readonly number[] {
  const { longLots, shortLots, positionLots } = world.loop.ledger;
  return [longLots[0]!, shortLots[0]!, positionLots[0]!];
}

test('in net mode an order names no leg', () => {
  const world = new ScriptedWorld();
  world.connect().snapshot();
  world.quote();
  expect(places(world).every((each) => each.endsWith('undefined'))).toBe(true);
});

test('flat, each side opens its own leg', () => {
  expect(places(legged())).toEqual([
    'buy 10 long',
    'buy 15 long',
    'buy 20 long',
    'sell 10 short',
    'sell 15 short',
    'sell 20 short',
  ]);
});

test('what is covered by the other leg closes it, beside all that does already; what is not opens', () => {
  // Of 30 long, 10 and 15 are closed; the 5 that are left do not cover 20. Of 12 short, 10 are.
  const world = legged(30, 12);
  expect(places(world)).toEqual([
    'buy 10 short',
    'buy 15 long',
    'buy 20 long',
    'sell 10 long',
    'sell 15 long',
    'sell 20 short',
  ]);
});

test('a fill is booked on its order’s leg, by trade or by total, and the next order goes by it', () => {
  const world = legged();
  world.settle();
  const buy = world.open('buy')[0]!;
  world.frame(Connection.private, world.fill(buy, 10));
  expect(legsOf(world)).toEqual([10, 0, 10]);
  const sell = world.open('sell')[0]!;
  sell.filled = 4;
  // A total without its trade: in the position at once.
  world.frame(Connection.private, world.pushOf(sell, { state: 'partially_filled' }));
  expect(legsOf(world)).toEqual([10, 4, 6]);
  world.audit({ trades: [world.tradeOf(sell, 4, { leg: PositionSide.short })] });
  expect(legsOf(world), 'the trade tells what was untold').toEqual([10, 4, 6]);
  world.quote();
  world.sent();
  tell(world, 10, 4);
  world.quote();
  expect(places(world)[0], 'the 4 short do not cover 10').toBe('buy 10 long');
});

test('untold lots that recovery does not find leave the leg again', () => {
  const world = legged();
  world.settle();
  const sell = world.open('sell')[0]!;
  sell.filled = 4;
  world.frame(Connection.private, world.pushOf(sell, { state: 'partially_filled' }));
  expect(legsOf(world)).toEqual([0, 4, -4]);
  tell(world, 0, 0);
  expect(legsOf(world)).toEqual([0, 0, 0]);
});

test('an order that closes does not grow beyond what is left of its leg: it goes, and another opens', () => {
  const world = legged(10, 0);
  world.settle();
  const [best] = world.open('sell');
  const slot = world.loop.table.first(0, 1);
  expect(world.loop.table.leg[slot]).toBe(PositionSide.long);
  expect(world.loop.legs.closableLots(0, 1)).toBe(0);
  expect(world.loop.legs.mayGrow(slot, 1)).toBe(false);
  expect(world.loop.legs.mayGrow(slot, 0)).toBe(true);
  // Two of it are filled: to rest with 10 again, it would have to be 12.
  world.frame(Connection.private, world.fill(best!, 2));
  world.quote();
  const messages = world.orderMessages();
  const grown = itemsOf(messages, isAmend).filter(({ clOrdId }) => clOrdId === best!.clOrdId);
  expect(grown.filter(({ newSz }) => Number(newSz) > 10)).toEqual([]);
  expect(itemsOf(messages, isCancel).map(({ clOrdId }) => clOrdId)).toContain(best!.clOrdId);
});

test('flatten closes one leg after the other, the net position first, without a flag of its own', () => {
  const world = legged(12, 7);
  world.settle();
  world.pass(20);
  expect(world.loop.command(OperatorCommand.flatten, world.nowNs).text).toBe(
    'paused; closing BTC-USDT-SWAP 12, BTC-USDT-SWAP -7',
  );
  world.settle();
  const closed: string[] = [];
  for (let step = 0; step < 5; step++) {
    world.pass(1_100);
    for (const message of world.orderMessages()) {
      expect(message.args[0]).toMatchObject({ ordType: 'ioc' });
      expect(message.args[0]).not.toHaveProperty('reduceOnly');
      world.accept(message);
      const { side, sz, posSide } = message.args[0]!;
      closed.push(`${String(side)} ${String(sz)} ${String(posSide)}`);
      const order = world.open(side as 'buy' | 'sell')[0]!;
      world.frame(Connection.private, world.fill(order, Number(sz), order.px));
    }
  }
  // Of 12 long and 7 short: 5 are the net position, and then 7 of either.
  expect(closed).toEqual(['sell 5 long', 'sell 7 long', 'buy 7 short']);
  expect(legsOf(world)).toEqual([0, 0, 0]);
  expect(world.loop.flatten.text).toBe('flat');
});

test('legs that differ where their sum does not are found by audits and taken over', () => {
  const world = legged(12, 7);
  world.settle();
  const before = world.recoveries;
  const profit = world.loop.ledger.netProfit(0, 10_000);
  const fact = { instrument: 0, lots: 5, entryTicks: 10_000, longLots: 10, shortLots: 5 };
  world.audit({ positions: [fact] });
  expect(world.recoveries, 'one alone may be on its way').toBe(before);
  world.audit({ positions: [fact] });
  expect(world.recoveries).toBe(before + 1);
  tell(world, 10, 5);
  expect(legsOf(world)).toEqual([10, 5, 5]);
  expect(world.loop.ledger.netProfit(0, 10_000), 'no money has moved').toBe(profit);
});

test('a short leg that no word has told is found by audits, though net and long are as they should be', () => {
  const world = legged();
  world.settle();
  const before = world.recoveries;
  // Somebody else's sell without a leg: the net position has it, no leg has.
  const fill = { fillSz: '5', fillPx: '1000', side: 'sell', tradeId: '78', posSide: '' };
  const order = { clOrdId: 'x', tag: '', sz: '5', accFillSz: '5', state: 'filled' };
  world.frame(Connection.private, ordersPush(orderRow({ ...fill, ...order })));
  expect(legsOf(world)).toEqual([0, 0, -5]);
  const fact = { instrument: 0, lots: -5, entryTicks: 10_000, longLots: 0, shortLots: 5 };
  world.audit({ positions: [fact] });
  world.audit({ positions: [fact] });
  expect(world.recoveries).toBe(before + 1);
  tell(world, 0, 5);
  expect(legsOf(world)).toEqual([0, 5, -5]);
});

test('a fill of an order that is not ours is booked when its leg is told', () => {
  const world = legged(12, 7);
  const fill = { instId: 'BTC-USDT-SWAP', fillSz: '3', fillPx: '1000', side: 'buy', tradeId: '77' };
  const told = { ...fill, ordId: '5', clOrdId: '0', execType: 'M', count: '1', ts: String(world.nowMs) };
  world.frame(Connection.private, fillsPush(told));
  expect(legsOf(world), 'the fills channel does not tell').toEqual([12, 7, 5]);
  const order = { clOrdId: 'x', tag: '', sz: '3', accFillSz: '3', state: 'filled', posSide: 'short' };
  world.frame(Connection.private, ordersPush(orderRow({ ...fill, ...order })));
  expect(legsOf(world)).toEqual([12, 4, 8]);
});

test('each leg has its own running total of funding', () => {
  const world = legged();
  world.settle();
  world.frame(Connection.private, world.fill(world.open('buy')[0]!, 10));
  world.frame(Connection.private, world.fill(world.open('sell')[0]!, 10));
  const push = (posSide: string, fundingFee: string, cTime: number): string =>
    JSON.stringify({
      arg: { channel: 'positions', instType: 'ANY', uid: '1' },
      eventType: 'event_update',
      data: [
        { instType: 'SWAP', instId: 'BTC-USDT-SWAP', posSide, pos: '10', fundingFee, cTime: String(cTime) },
      ],
    });
  world.frame(Connection.private, push('long', '-0.5', 1_000));
  world.frame(Connection.private, push('short', '0.3', 2_000));
  world.frame(Connection.private, push('long', '-0.8', 1_000));
  world.frame(Connection.private, push('long', '-0.8', 1_000));
  world.frame(Connection.private, push('net', '99', 1_000));
  // -0.5 and -0.3 of the long leg, 0.3 of the short one.
  expect(world.loop.ledger.funding[0]).toBeCloseTo(-0.5, 15);
  expect(world.loop.ledger.rows()[0]!.legFunding).toEqual([
    { total: '-0.8', openedMs: 1_000 },
    { total: '0.3', openedMs: 2_000 },
  ]);
});

test('spot and options have no legs, whatever the mode', () => {
  const world = new ScriptedWorld({ positionMode: PositionMode.longShort, instruments: [spot()] });
  expect(world.loop.legs.isLegged[0]).toBe(0);
  const futures = swap('BTC', 0, { instType: 'FUTURES', instId: 'BTC-USDT-261225' });
  const other = new ScriptedWorld({ positionMode: PositionMode.longShort, instruments: [futures] });
  expect(other.loop.legs.isLegged[0]).toBe(1);
});

function spot(): ReturnType<typeof swap> {
  return swap('BTC', 0, { instType: 'SPOT', instId: 'BTC-USDT', baseCcy: 'BTC', quoteCcy: 'USDT' });
}
