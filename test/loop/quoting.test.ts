import { expect, test } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { RUN, TAG } from './loop-world.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import { instrumentsPush, rootRefusal } from './messages.ts';
import { ScriptedWorld, isCancel, isPlace, itemsOf } from './scripted-venue.ts';
import { swapRow } from './swap-row.ts';

const ALL = [Connection.public, Connection.private, Connection.trade];

test('nothing is sent before every session is up, the account recovered, the book there and the worker ready', () => {
  const steps: Record<string, (world: ScriptedWorld) => void> = {
    public: (world) => world.loop.onSessionUp(Connection.public, world.nowNs),
    private: (world) => world.loop.onSessionUp(Connection.private, world.nowNs),
    trade: (world) => world.loop.onSessionUp(Connection.trade, world.nowNs),
    book: (world) => world.snapshot(),
    worker: (world) => world.loop.onWorkerReady([0], world.nowNs),
  };
  const names = Object.keys(steps);
  for (const missing of names) {
    const world = new ScriptedWorld();
    for (const name of names) {
      if (name === missing) continue;
      steps[name]!(world);
      world.quote();
      world.pass(100);
    }
    // The answer counts only when it was asked for, which takes both private sessions.
    world.recover();
    world.quote();
    world.pass(100);
    expect(world.orderMessages(), `without ${missing}`).toEqual([]);

    steps[missing]!(world);
    world.quote();
    world.pass(20);
    if (missing === 'private' || missing === 'trade') {
      expect(world.orderMessages(), 'before the account is recovered').toEqual([]);
      world.recover();
      world.quote();
    }
    expect(itemsOf(world.orderMessages(), isPlace), `with ${missing}`).toHaveLength(6);
  }
});

test('recovery is asked for once, when both private sessions are up', () => {
  const world = new ScriptedWorld();
  world.loop.onSessionUp(Connection.public, world.nowNs);
  world.loop.onSessionUp(Connection.trade, world.nowNs);
  expect(world.recoveries).toBe(0);
  world.loop.onSessionUp(Connection.private, world.nowNs);
  expect(world.recoveries).toBe(1);
  expect(world.loop.phase).toBe(LoopPhase.recovering);
  world.recover();
  expect(world.loop.phase).toBe(LoopPhase.quoting);
});

test('the first quotes are one batch of tagged post-only places on the grid, outside the book', () => {
  const world = new ScriptedWorld().connect();
  world.snapshot([['999.9', '30']], [['1000.2', '10']]);
  world.quote();
  const messages = world.orderMessages();
  expect(messages.map(({ op }) => op)).toEqual(['batch-orders']);
  // Micro-price 1000.125; five basis points are 5.000625 ticks: bids round down, asks up.
  expect(messages[0]!.args.map(({ side, px, sz }) => [side, px, sz])).toEqual([
    ['buy', '999.6', '10'],
    ['buy', '999.4', '15'],
    ['buy', '999.2', '20'],
    ['sell', '1000.7', '10'],
    ['sell', '1000.9', '15'],
    ['sell', '1001.1', '20'],
  ]);
  const names = new Set<unknown>();
  for (const arg of messages[0]!.args) {
    expect(arg).toMatchObject({
      tag: TAG,
      ordType: 'post_only',
      tdMode: 'cross',
      instIdCode: 10_459,
      stpMode: 'cancel_maker',
    });
    expect(arg['clOrdId']).toMatch(new RegExp(`^1${RUN}\\d{10}$`));
    names.add(arg['clOrdId']);
  }
  expect(names.size).toBe(6);
  expect(messages[0]!.expTime).toBe(String(Math.floor(world.nowMs) + 2_000));
});

test('on a book one tick wide every bid stays below the ask and every ask above the bid', () => {
  const world = new ScriptedWorld({
    ladder: { ...PLAIN_LADDER, halfSpreadBps: 0, halfSpreadTicksMin: 0 },
  }).connect();
  world.snapshot([['1000.0', '1']], [['1000.1', '99']]);
  world.quote();
  for (const { side, px } of itemsOf(world.orderMessages(), isPlace)) {
    if (side === 'buy') expect(Number(px)).toBeLessThan(1_000.1);
    else expect(Number(px)).toBeGreaterThan(1_000);
  }
});

test('own orders are not in the market that the worker sees, so it does not react to them', () => {
  const world = new ScriptedWorld().quoting();
  world.update([['999.5', '10']], [['1000.5', '10']]);
  world.quote();
  expect(world.sent()).toEqual([]);
  world.update([['999.9', '0']], []);
  // Nobody but us is left on the bid side: there is nothing to quote against.
  expect(world.loop.market.bestTicks[Side.buy]).toBe(0);
  expect(itemsOf(world.orderMessages(), isCancel)).toHaveLength(6);
});

test('an own level larger than what we hold there keeps the others', () => {
  const world = new ScriptedWorld().quoting();
  world.update(
    [
      ['999.9', '0'],
      ['999.5', '12'],
    ],
    [],
  );
  expect(world.loop.market.bestTicks[Side.buy]).toBe(9_995);
});

test('a quiet market sends nothing, timer after timer', () => {
  const world = new ScriptedWorld().quoting();
  world.pass(2_000);
  world.quote();
  expect(world.sent()).toEqual([]);
});

test('the timer compares what may ask for something, and that again until it does not', () => {
  const world = new ScriptedWorld().quoting();
  const { commands } = world.loop;
  const send = commands.send.bind(commands);
  let compared = 0;
  commands.send = (batch) => {
    compared++;
    send(batch);
  };
  // What was asked for last is looked at once more.
  world.pass(20);
  compared = 0;
  world.pass(1_000);
  expect(compared).toBe(0);
  world.move('999.9', '1000.1', '1004.9', '1005.1');
  world.quote();
  for (const message of world.orderMessages()) world.frame(Connection.trade, rootRefusal(message, 50_011));
  compared = 0;
  world.pass(200);
  expect(compared).toBe(10);
  world.pass(400);
  for (let round = 0; round < 4; round++) {
    world.quote();
    world.settle();
    world.pass(20);
  }
  expect(Number(world.prices('buy')[0])).toBeGreaterThan(1_004);
  compared = 0;
  world.pass(200);
  expect(compared).toBe(0);
});

test('what was quoted while it might not be is asked for by the timer alone', () => {
  const world = new ScriptedWorld().quoting();
  world.frame(Connection.public, instrumentsPush(swapRow('BTC', { state: 'suspend' })));
  world.settle();
  world.update([['999.8', '5']], []);
  world.quote();
  world.frame(Connection.public, instrumentsPush(swapRow('BTC')));
  expect(world.orderMessages()).toEqual([]);
  world.pass(20);
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('the same inputs give the same bytes', () => {
  const run = (): string => {
    const world = new ScriptedWorld().quoting();
    world.move('999.9', '1000.1', '999.0', '999.2');
    world.settle();
    world.quote();
    world.settle();
    world.frame(Connection.private, world.fill(world.open('sell')[0]!, 4));
    world.quote();
    world.settle();
    world.loop.stop(world.nowNs);
    world.settle();
    return world.digest();
  };
  expect(run()).toBe(run());
});

test('the order of the sessions does not matter', () => {
  for (const first of ALL) {
    const world = new ScriptedWorld();
    world.loop.onWorkerReady([0], world.nowNs);
    for (const connection of [first, ...ALL.filter((each) => each !== first)]) {
      world.loop.onSessionUp(connection, world.nowNs);
    }
    world.recover();
    world.snapshot();
    world.quote();
    expect(itemsOf(world.orderMessages(), isPlace), `${first} first`).toHaveLength(6);
  }
});
