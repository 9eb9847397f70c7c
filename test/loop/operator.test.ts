import { expect, test } from 'vitest';
import { ContractKind } from '../../engine/base/instrument.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Connection, LoopRequest, OperatorCommand } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { ACCOUNT_LIMITS, EPOCH_MS } from './loop-world.ts';
import { ack } from './messages.ts';
import { LOOSE_LIMITS, ScriptedWorld, isCancel, isPlace, itemsOf } from './scripted-venue.ts';
import { swap } from './swap-row.ts';

/** Long by so many contracts, with the ladder of that position resting. */
function long(lots: number, world = new ScriptedWorld().quoting()): ScriptedWorld {
  for (let left = lots; left > 0;) {
    const order = world.open('buy')[0]!;
    const size = Math.min(left, Number(order.sz) - order.filled);
    world.frame(Connection.private, world.fill(order, size));
    left -= size;
    calm(world);
  }
  world.sent();
  return world;
}

/** Worker and venue answer until nothing more is asked for. */
function calm(world: ScriptedWorld): void {
  for (let round = 0; round < 6; round++) {
    world.quote();
    world.settle();
    world.pass(100);
  }
}

test('pause cancels everything in the same input and places nothing; resume brings the quotes back by itself', () => {
  const world = new ScriptedWorld().quoting();
  const paused = world.loop.command(OperatorCommand.pause, world.nowNs);
  expect(paused).toEqual({ isDone: true, text: 'paused: an operator asked for it' });
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  world.move('999.9', '1000.1', '999.8', '1000.0');
  calm(world);
  expect(world.loop.openOrders).toBe(0);
  expect(world.loop.command(OperatorCommand.resume, world.nowNs)).toEqual({ isDone: true, text: 'quoting' });
  expect(itemsOf(world.settle(), isPlace)).toHaveLength(6);
});

test('a command is written down in the turn that obeys it', () => {
  const world = new ScriptedWorld().quoting();
  const saves = world.requestCount(LoopRequest.save);
  world.loop.command(OperatorCommand.pause, world.nowNs);
  expect(world.requestCount(LoopRequest.save)).toBe(saves + 1);
  world.pass(1_000);
  expect(world.requestCount(LoopRequest.save)).toBe(saves + 1);
  expect(world.loop.ladder.sticky()).toEqual([{ trigger: 'operator', level: 'paused', instId: '' }]);
});

test('halted stays halted: only cancels leave, over sessions and recoveries, until the operator resumes', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.command(OperatorCommand.halt, world.nowNs);
  expect(world.loop.phase).toBe(LoopPhase.halted);
  world.settle();
  world.loop.onSessionDown(Connection.trade, world.nowNs);
  world.loop.onSessionUp(Connection.trade, world.nowNs);
  world.recover();
  world.move('999.9', '1000.1', '999.0', '999.2');
  calm(world);
  expect(world.orderMessages()).toEqual([]);
  for (const command of [OperatorCommand.pause, OperatorCommand.reduce]) {
    expect(world.loop.command(command, world.nowNs).isDone, command).toBe(false);
  }
  expect(world.loop.phase).toBe(LoopPhase.halted);
  world.loop.command(OperatorCommand.resume, world.nowNs);
  calm(world);
  expect(world.open('buy')).toHaveLength(3);
});

test('resume after a loss counts it anew, and halts again at the next one', () => {
  const world = new ScriptedWorld({ account: { ...ACCOUNT_LIMITS, lossMax: 5 } }).quoting();
  long(45, world);
  world.move('999.9', '1000.1', '984.9', '985.1');
  world.pass(20);
  expect(world.loop.phase).toBe(LoopPhase.halted);
  world.settle();
  world.loop.command(OperatorCommand.resume, world.nowNs);
  calm(world);
  expect(world.loop.phase).toBe(LoopPhase.quoting);
  expect(world.open('sell').length).toBeGreaterThan(0);
  world.move('984.9', '985.1', '969.9', '970.1');
  world.pass(20);
  expect(world.loop.phase).toBe(LoopPhase.halted);
});

test('resume does not take back what a watcher still holds', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.ladder.raise(KillTrigger.margin, KillLevel.paused, ACCOUNT);
  world.loop.command(OperatorCommand.pause, world.nowNs);
  const { isDone, text } = world.loop.command(OperatorCommand.resume, world.nowNs);
  expect(isDone).toBe(true);
  expect(text).toBe('paused: the margin ratio of the account is below account.marginRatioMin');
  calm(world);
  expect(world.loop.openOrders).toBe(0);
});

test('reduce leaves the side that shrinks the position, cut to it, and nothing when flat', () => {
  const world = long(12);
  world.loop.command(OperatorCommand.reduce, world.nowNs);
  calm(world);
  expect(world.open('buy')).toEqual([]);
  const sizes = world.open('sell').map(({ sz, filled }) => Number(sz) - filled);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(12);
  // Filled bit by bit, it never asks for more than is left.
  for (let left = 12; left > 0; left -= 3) {
    expect(world.loop.table.exposureLots[1]).toBeLessThanOrEqual(left);
    world.frame(Connection.private, world.fill(world.open('sell')[0]!, Math.min(3, left)));
    calm(world);
  }
  expect(world.loop.ledger.positionLots[0]).toBe(0);
  expect(world.loop.openOrders).toBe(0);
});

test('reduce takes back orders that the diff’s tolerance would have kept', () => {
  const world = long(
    20,
    new ScriptedWorld({ tolerance: { priceToleranceTicks: 0, sizeToleranceRatio: 0.5 } }).quoting(),
  );
  world.loop.command(OperatorCommand.reduce, world.nowNs);
  calm(world);
  world.loop.ledger.setPosition(0, 17, 10_000);
  calm(world);
  const open = world.open('sell').map(({ sz, filled }) => Number(sz) - filled);
  expect(open.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(17);
});

test('wider quotes lie twice as far from the fair price, and come back when it is over', () => {
  const world = new ScriptedWorld().quoting();
  expect(world.prices('buy')).toEqual(['999.5', '999.3', '999.1']);
  world.loop.ladder.raise(KillTrigger.orderToTrade, KillLevel.wider, ACCOUNT);
  calm(world);
  expect(world.prices('buy')).toEqual(['999', '998.6', '998.2']);
  expect(world.prices('sell')).toEqual(['1001', '1001.4', '1001.8']);
  // The guard goes on measuring the rows as they are wanted.
  world.move('999.9', '1000.1', '999.5', '999.7');
  world.settle();
  expect(world.prices('buy')).toEqual(['998.6', '998.2', '997.8']);
  world.loop.ladder.clear(KillTrigger.orderToTrade, ACCOUNT);
  calm(world);
  expect(world.prices('buy')).toEqual(['999.1', '998.9', '998.7']);
});

test('while stopping no command is taken', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.stop(world.nowNs);
  for (const command of Object.values(OperatorCommand)) {
    expect(world.loop.command(command, world.nowNs).isDone, command).toBe(false);
  }
});

test('a mode of the account that is another one halts', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.onAccountRefused(world.nowNs);
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  expect(world.loop.ladder.accountReason).toBe(KillTrigger.accountChanged);
  calm(world);
  expect(world.loop.openOrders).toBe(0);
});

test('what was found beside the core pauses it, until the operator resumes', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.pause(KillTrigger.protection, world.nowNs);
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  expect(world.loop.ladder).toMatchObject({
    accountLevel: KillLevel.paused,
    accountReason: KillTrigger.protection,
  });
  calm(world);
  expect(world.loop.openOrders).toBe(0);
  world.loop.command(OperatorCommand.resume, world.nowNs);
  expect(world.loop.ladder.accountLevel).toBe(KillLevel.quoting);
});

// --------------------------------------------------------------------------------------------------- flatten

/** The orders that close: never more than one, immediate or cancelled, reducing only. */
function closing(world: ScriptedWorld): Record<string, unknown>[] {
  const args = itemsOf(world.orderMessages(), isPlace);
  for (const arg of args) expect(arg).toMatchObject({ ordType: 'ioc', reduceOnly: true });
  return args;
}

test('flatten cancels first, closes when nothing rests, again until flat, and stays paused', () => {
  const world = long(25);
  const { isDone, text } = world.loop.command(OperatorCommand.flatten, world.nowNs);
  expect(isDone).toBe(true);
  expect(text).toBe('paused; closing BTC-USDT-SWAP 25');
  const cancels = world.orderMessages();
  world.pass(2_000);
  expect(closing(world), 'while its orders may rest').toEqual([]);
  for (const message of cancels) world.accept(message);
  world.pass(20);
  const [order] = world.orderMessages();
  expect(order!.args).toMatchObject([
    { side: 'sell', px: '995', sz: '25', ordType: 'ioc', reduceOnly: true },
  ]);

  // Ten are taken, what is left is cancelled by the venue: it is asked for again a second later.
  world.accept(order!);
  const held = world.open('sell')[0]!;
  world.frame(Connection.private, world.fill(held, 10, '999.9'));
  expect(itemsOf(world.orderMessages(), isCancel), 'it ends by itself').toEqual([]);
  held.isOpen = false;
  world.frame(Connection.private, world.pushOf(held, { state: 'canceled', cancelSource: '14' }));
  world.pass(900);
  expect(closing(world)).toEqual([]);
  world.pass(200);
  const [rest] = world.orderMessages();
  expect(rest!.args).toMatchObject([{ sz: '15' }]);
  world.accept(rest!);
  world.frame(Connection.private, world.fill(world.open('sell')[0]!, 15, '999.9'));
  expect(world.loop.ledger.positionLots[0]).toBe(0);
  expect(world.loop.flatten.text).toBe('flat');
  world.pass(5_000);
  world.quote();
  expect(world.orderMessages()).toEqual([]);
  expect(world.loop.ladder.sticky()).toEqual([{ trigger: 'flatten', level: 'paused', instId: '' }]);
  world.loop.command(OperatorCommand.resume, world.nowNs);
  calm(world);
  expect(world.open('buy')).toHaveLength(3);
});

/** Two options, or swaps of an account at level 4, held long. */
function longOf(changes: Readonly<Record<string, unknown>>, isPortfolioMargin: boolean): ScriptedWorld {
  const world = new ScriptedWorld({ instruments: [swap('BTC', 0, changes)], isPortfolioMargin });
  world.connect();
  world.loop.account.recover();
  const positions = [{ instrument: 0, lots: 2, entryTicks: 10_000 }];
  world.loop.onRecovered({ positions, trades: [], verifiedMs: world.nowMs }, world.nowNs);
  world.snapshot();
  return world;
}

test('flatten of an option goes as far as its underlying would move it by closeBps, and asks for no reduceOnly', () => {
  const option = { instType: 'OPTION', optType: 'C', stk: '80000', expTime: String(EPOCH_MS + 864e5) };
  const world = longOf(option, false);
  // 0.5 x 80,000 x 50 bps = 200 dollars.
  world.loop.gate.setUnderlying(0, 80_000, 0.5);
  world.loop.command(OperatorCommand.flatten, world.nowNs);
  world.pass(20);
  const [order] = world.orderMessages();
  expect(order!.args).toMatchObject([{ side: 'sell', px: '800', sz: '2', ordType: 'ioc' }]);
  expect(order!.args[0]).not.toHaveProperty('reduceOnly');
});

test('flatten in portfolio margin asks for no reduceOnly, which that account level has not', () => {
  const world = longOf({}, true);
  world.loop.command(OperatorCommand.flatten, world.nowNs);
  world.pass(20);
  const [order] = world.orderMessages();
  expect(order!.args).toMatchObject([{ side: 'sell', px: '995', sz: '2', ordType: 'ioc' }]);
  expect(order!.args[0]).not.toHaveProperty('reduceOnly');
});

test('flatten that is refused tries again; one that is never answered is settled by recovery first', () => {
  const world = long(10);
  world.loop.command(OperatorCommand.flatten, world.nowNs);
  world.settle();
  world.pass(20);
  const [refused] = world.orderMessages();
  world.frame(Connection.trade, ack(refused!, [51_008]));
  world.pass(1_900);
  expect(closing(world), 'the venue asked for a rest').toEqual([]);
  world.pass(1_200);
  expect(closing(world)).toHaveLength(1);
  const before = world.recoveries;
  world.pass(3_200);
  expect(world.recoveries).toBe(before + 1);
  world.sent();
  world.recover(4);
  world.pass(1_200);
  expect(closing(world)).toMatchObject([{ sz: '4' }]);
});

test('flatten from a halt leads to paused, and the loss that halted does not halt it again', () => {
  const world = new ScriptedWorld({ account: { ...ACCOUNT_LIMITS, lossMax: 5 } }).quoting();
  long(45, world);
  world.move('999.9', '1000.1', '984.9', '985.1');
  world.pass(20);
  world.settle();
  expect(world.loop.phase).toBe(LoopPhase.halted);
  world.loop.command(OperatorCommand.flatten, world.nowNs);
  world.pass(1_100);
  expect(world.loop.ladder.accountLevel).toBe(KillLevel.paused);
  expect(closing(world)).toMatchObject([{ side: 'sell', sz: '45', px: '980.1' }]);
});

test('flatten needs a price that is good now, and obeys the limits of an order and of the venue', () => {
  const world = long(10);
  world.loop.command(OperatorCommand.flatten, world.nowNs);
  world.settle();
  world.loop.onSessionDown(Connection.public, world.nowNs);
  world.pass(3_000);
  expect(closing(world)).toEqual([]);
  world.loop.onSessionUp(Connection.public, world.nowNs);
  world.snapshot();
  world.pass(1_100);
  expect(closing(world)).toHaveLength(1);
});

test('flatten in several orders never leaves less than the least order, and says what cannot be closed', () => {
  const instruments = [swap('BTC', 0, { minSz: '4' })];
  const world = new ScriptedWorld({ instruments, limits: { ...LOOSE_LIMITS, orderLotsMax: 20 } }).quoting();
  world.loop.ledger.setPosition(0, 22, 10_000);
  world.loop.command(OperatorCommand.flatten, world.nowNs);
  world.settle();
  const sizes = [];
  for (let second = 0; second < 3; second++) {
    world.pass(1_100);
    for (const message of world.orderMessages()) {
      sizes.push(...message.args.map(({ sz }) => sz));
      world.accept(message);
      const [order] = world.open('sell');
      world.frame(Connection.private, world.fill(order!, Number(order!.sz), '999.9'));
    }
  }
  expect(sizes).toEqual(['18', '4']);
  expect(world.loop.flatten.text).toBe('flat');
  world.loop.ledger.setPosition(0, -3, 10_000);
  expect(world.loop.flatten.text).toBe('flat but for BTC-USDT-SWAP -3, less than the least order');
});

test.each([
  ['fees in coins are no more there to be sold', 25, 'sell', '22'],
  ['what was sold is bought back as it was, without the fees', -25, 'buy', '25'],
])('flatten of a spot position: %s', (_what, lots, side, size) => {
  const coins = { instType: 'SPOT', baseCcy: 'BTC', quoteCcy: 'USDT', settleCcy: '' };
  const spot = swap('BTC', 0, { ...coins, ctVal: '', ctMult: '', ctType: '' });
  expect(spot.kind).toBe(ContractKind.spot);
  const world = new ScriptedWorld({ instruments: [spot] }).quoting();
  const { ledger } = world.loop;
  ledger.setPosition(0, lots, 10_000);
  ledger.baseFees[0] = -3 * spot.lotValue;
  world.loop.command(OperatorCommand.flatten, world.nowNs);
  world.settle();
  world.pass(1_100);
  expect(itemsOf(world.orderMessages(), isPlace)).toMatchObject([{ side, sz: size, ordType: 'ioc' }]);
});

test('flatten before the account is known does not say that it is flat', () => {
  const world = new ScriptedWorld();
  expect(world.loop.command(OperatorCommand.flatten, world.nowNs)).toEqual({
    isDone: true,
    text: 'paused; closing what is held as soon as the account is known',
  });
});

test('a pause ends a flatten; halted, it sends nothing', () => {
  for (const command of [OperatorCommand.pause, OperatorCommand.halt]) {
    const world = long(10);
    world.loop.command(OperatorCommand.flatten, world.nowNs);
    world.loop.command(command, world.nowNs);
    world.settle();
    world.pass(3 * (NS_PER_SECOND / 1e6));
    expect(closing(world), command).toEqual([]);
    expect(world.loop.flatten.isActive, command).toBe(false);
  }
});
