import { expect, test } from 'vitest';
import { Connection } from '../../engine/loop/loop-options.ts';
import { KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { accountPush, markPrice, positionPush } from './messages.ts';
import { ScriptedWorld } from './scripted-venue.ts';

/** Long by ten contracts. */
function long(watches: { marginRatioMin?: number; liquidationDistanceBps?: number }): ScriptedWorld {
  const world = new ScriptedWorld({ watches }).quoting();
  world.frame(Connection.private, world.fill(world.open('buy')[0]!));
  world.frame(Connection.private, positionPush('10'));
  return world;
}

test('in futures mode, where the account itself has no ratio, the lowest of its currencies counts', () => {
  const world = long({ marginRatioMin: 4 });
  const tell = (ratios: Record<string, string>, page: Parameters<typeof accountPush>[2] = {}): KillLevel => {
    world.frame(Connection.trade, accountPush('', ratios, page));
    return world.loop.ladder.accountLevel;
  };
  expect(tell({ BTC: '', USDT: '30' })).toBe(KillLevel.quoting);
  expect(tell({ USDT: '3' })).toBe(KillLevel.reduceOnly);
  expect(world.loop.ladder.accountReason).toBe(KillTrigger.margin);
  expect(tell({ USDC: '90' }), 'an event names the currencies that changed').toBe(KillLevel.reduceOnly);
  expect(tell({}), 'no news').toBe(KillLevel.reduceOnly);
  expect(tell({ USDT: '1.9' })).toBe(KillLevel.paused);
  const first = { eventType: 'snapshot', lastPage: false };
  expect(tell({ USDC: '90' }, first), 'half a snapshot').toBe(KillLevel.paused);
  expect(tell({ USDT: '1.8' }, { ...first, lastPage: true })).toBe(KillLevel.paused);
  expect(tell({ USDC: '90' }, { ...first, lastPage: true }), 'it holds no USDT any more').toBe(
    KillLevel.quoting,
  );
});

test('a position that was closed while nobody heard holds no margin and no liquidation price any more', () => {
  const near = long({ liquidationDistanceBps: 200 });
  near.frame(Connection.public, markPrice('1000.0'));
  near.frame(Connection.private, positionPush('10', '985'));
  expect(near.loop.ladder.reason(0)).toBe(KillTrigger.liquidation);
  const low = long({ marginRatioMin: 4 });
  low.frame(Connection.trade, accountPush('3'));
  expect(low.loop.ladder.reason(0)).toBe(KillTrigger.margin);
  for (const world of [near, low]) {
    world.loop.onSessionDown(Connection.private, world.nowNs);
    world.loop.onSessionUp(Connection.private, world.nowNs);
    world.recover(10);
    expect(world.loop.ladder.level(0), 'still there').toBe(KillLevel.reduceOnly);
    world.loop.onSessionDown(Connection.private, world.nowNs);
    world.loop.onSessionUp(Connection.private, world.nowNs);
    world.recover(0);
    world.frame(Connection.trade, accountPush(''));
    expect(world.loop.ladder.level(0)).toBe(KillLevel.quoting);
  }
});

test('without the channel of mark prices the mark of the position is measured by', () => {
  const world = long({ liquidationDistanceBps: 200 });
  world.frame(Connection.private, positionPush('10', '985', '1010'));
  expect(world.loop.ladder.level(0)).toBe(KillLevel.quoting);
  world.frame(Connection.private, positionPush('10', '985', '1000'));
  expect(world.loop.ladder.reason(0)).toBe(KillTrigger.liquidation);
  // The channel's is the newer one, whatever a snapshot says that was on its way.
  world.frame(Connection.public, markPrice('1010.0'));
  world.frame(Connection.private, positionPush('10', '985', '1000'));
  expect(world.loop.ladder.level(0)).toBe(KillLevel.quoting);
});
