import { expect, test } from 'vitest';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Connection, LoopRequest } from '../../engine/loop/loop-options.ts';
import { LoopPhase } from '../../engine/loop.ts';
import { KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import type { LoopWorldOptions } from './loop-world.ts';
import {
  ack,
  accountPush,
  depth,
  instrumentsPush,
  markPrice,
  positionPush,
  priceLimit,
  statusPush,
} from './messages.ts';
import { EPOCH_MS } from './loop-world.ts';
import { ScriptedWorld, isCancel, isPlace, itemsOf } from './scripted-venue.ts';
import { swapRow } from './swap-row.ts';

function quoting(changes: Partial<LoopWorldOptions> = {}): ScriptedWorld {
  return new ScriptedWorld(changes).quoting();
}

/** Worker and venue answer until nothing more is asked for. */
function calm(world: ScriptedWorld): void {
  for (let round = 0; round < 6; round++) {
    world.quote();
    world.settle();
    world.pass(100);
  }
}

function expectWithdrawn(
  world: ScriptedWorld,
  trigger: KillTrigger,
  level: KillLevel = KillLevel.paused,
): void {
  const { ladder } = world.loop;
  expect(ladder.level(0)).toBe(level);
  expect(ladder.reason(0)).toBe(trigger);
  calm(world);
  expect(world.loop.openOrders).toBe(0);
}

function expectBack(world: ScriptedWorld): void {
  calm(world);
  expect(world.loop.ladder.level(0)).toBe(KillLevel.quoting);
  expect(world.open('buy')).toHaveLength(3);
  expect(world.open('sell')).toHaveLength(3);
}

// ---------------------------------------------------------------------------------------- heartbeat and switch

const SWITCH = { switchNs: 10 * NS_PER_SECOND, heartbeatNs: 2 * NS_PER_SECOND };

const arm = (world: ScriptedWorld): void =>
  world.loop.onSwitchArmed(world.nowNs + 9 * NS_PER_SECOND, world.nowNs);

test('a heartbeat is asked for by the timer alone, at most every two seconds, and not without a switch', () => {
  const world = new ScriptedWorld({ timings: SWITCH }).connect();
  const beats = (): number => world.requestCount(LoopRequest.heartbeat);
  expect(beats()).toBe(1);
  world.snapshot();
  world.quote();
  expect(beats()).toBe(1);
  world.pass(10_000);
  expect(beats()).toBe(6);
  const without = new ScriptedWorld().connect();
  without.pass(10_000);
  expect(without.requestCount(LoopRequest.heartbeat)).toBe(0);
});

test('a turn that throws gives no heartbeat', () => {
  const world = quoting({ timings: SWITCH });
  const before = world.requestCount(LoopRequest.heartbeat);
  world.loop.metrics.turn = () => {
    throw new Error('broken');
  };
  for (let step = 0; step < 5; step++) {
    world.clock.advanceNs(NS_PER_SECOND);
    expect(() => world.timer()).toThrow('broken');
  }
  expect(world.requestCount(LoopRequest.heartbeat)).toBe(before);
});

test('nothing is quoted before the switch is armed; when it lapses all is withdrawn; armed again it is back', () => {
  const world = new ScriptedWorld({ timings: SWITCH }).connect();
  world.snapshot();
  calm(world);
  expect(world.loop.openOrders).toBe(0);
  expect(world.loop.ladder.accountReason).toBe(KillTrigger.switchLapsed);
  arm(world);
  expectBack(world);
  for (let second = 0; second < 8; second++) {
    world.pass(1_000);
    world.quote();
  }
  expect(world.loop.openOrders).toBe(6);
  world.pass(1_000);
  expectWithdrawn(world, KillTrigger.switchLapsed);
  arm(world);
  expectBack(world);
});

test('a frame that comes after the switch has lapsed, and before the timer, asks for no order', () => {
  const world = quoting();
  const armed = new ScriptedWorld({ timings: SWITCH }).connect();
  arm(armed);
  armed.pass(20);
  armed.snapshot();
  calm(armed);
  armed.sent();
  for (const each of [world, armed]) {
    each.clock.advanceNs(20 * NS_PER_SECOND);
    each.move('999.9', '1000.1', '1000.9', '1001.1');
    each.quote();
  }
  expect(world.orderMessages().length).toBeGreaterThan(0);
  const messages = armed.orderMessages();
  expect(itemsOf(messages, isCancel)).toHaveLength(6);
  expect(messages.filter((message) => !isCancel(message))).toEqual([]);
});

// --------------------------------------------------------------------------------------------------- watchers

test('a stall of the thread withdraws, and smooth timers bring the quotes back', () => {
  const world = quoting({ watches: { stallNsMax: NS_PER_SECOND } });
  world.clock.advanceNs(1.5 * NS_PER_SECOND);
  world.timer();
  expectWithdrawn(world, KillTrigger.stall);
  world.pass(2_500);
  expectBack(world);
  expect(world.loop.kill.health.stalls).toBe(1);
});

test('what was held up with the thread asks for no order, though it comes before the timer', () => {
  const world = quoting({ watches: { stallNsMax: NS_PER_SECOND } });
  world.clock.advanceNs(1.5 * NS_PER_SECOND);
  world.move('999.9', '1000.1', '1000.9', '1001.1');
  world.quote();
  const messages = world.orderMessages();
  expect(itemsOf(messages, isCancel)).toHaveLength(6);
  expect(messages.filter((message) => !isCancel(message))).toEqual([]);
});

test('a clock that steps away withdraws, and a clock that stands brings the quotes back', () => {
  const world = quoting();
  world.loop.onClock(0, 10, world.nowNs);
  world.loop.onClock(7_000, 10, world.nowNs);
  expectWithdrawn(world, KillTrigger.clockOffset);
  world.loop.onClock(3_000, 10, world.nowNs);
  expect(world.loop.ladder.level(0), 'not before it is well inside').toBe(KillLevel.paused);
  world.loop.onClock(100, 10, world.nowNs);
  expectBack(world);
});

test('a fast market is quoted wider, a faster one not at all, and a calm one again', () => {
  const brakes = { volatilityBps: 30, volatilityWindowNs: 10 * NS_PER_SECOND, holdNs: 5 * NS_PER_SECOND };
  const world = quoting({ brakes });
  world.move('999.9', '1000.1', '1003.4', '1003.6');
  expect(world.loop.ladder.level(0)).toBe(KillLevel.wider);
  calm(world);
  expect(world.prices('buy')[0]).toBe('1002.3');
  world.move('1003.4', '1003.6', '1006.9', '1007.1');
  expectWithdrawn(world, KillTrigger.volatility);
  for (let round = 0; round < 50; round++) calm(world);
  expectBack(world);
});

test('a market that stood still for long brakes at its first leap', () => {
  const world = quoting({ brakes: { volatilityBps: 30 } });
  for (let second = 0; second < 60; second++) world.pass(1_000);
  world.move('999.9', '1000.1', '1006.9', '1007.1');
  expect(world.loop.ladder.level(0)).toBe(KillLevel.paused);
});

test('fills that the market turns against widen, and their end brings the quotes back', () => {
  const world = quoting({ brakes: { adverseBps: 20, holdNs: 5 * NS_PER_SECOND } });
  for (const order of world.open('buy')) world.frame(Connection.private, world.fill(order));
  world.move('999.9', '1000.1', '989.9', '990.1');
  calm(world);
  world.pass(1_000);
  expect(world.loop.ladder.level(0)).toBe(KillLevel.wider);
  expect(world.loop.ladder.reason(0)).toBe(KillTrigger.adverseSelection);
  world.pass(10_000);
  calm(world);
  expect(world.loop.ladder.level(0)).toBe(KillLevel.quoting);
});

test('the margin ratio of the account leads to reduce only, to a pause, and back', () => {
  const world = quoting({ watches: { marginRatioMin: 4 } });
  const tell = (ratio: string): void => world.frame(Connection.trade, accountPush(ratio));
  tell('');
  expect(world.loop.ladder.level(0), 'no news').toBe(KillLevel.quoting);
  tell('3');
  expectWithdrawn(world, KillTrigger.margin, KillLevel.reduceOnly);
  tell('1.5');
  expect(world.loop.ladder.level(0)).toBe(KillLevel.paused);
  tell('12');
  expectBack(world);
});

test('a mark near the liquidation price leads to reduce only, and a flat position back', () => {
  const world = quoting({ watches: { liquidationDistanceBps: 200 } });
  world.frame(Connection.private, world.fill(world.open('buy')[0]!));
  world.frame(Connection.public, markPrice('1000.0'));
  world.frame(Connection.private, positionPush('10', '985'));
  expect(world.loop.ladder.level(0)).toBe(KillLevel.reduceOnly);
  expect(world.loop.ladder.reason(0)).toBe(KillTrigger.liquidation);
  calm(world);
  expect(world.open('buy')).toEqual([]);
  expect(world.open('sell').length).toBeGreaterThan(0);
  world.frame(Connection.private, positionPush('0'));
  expect(world.loop.ladder.level(0)).toBe(KillLevel.quoting);
});

test('the loss of an instrument pauses it until the operator resumes', () => {
  const world = quoting({ brakes: { lossMax: 5 } });
  for (const order of world.open('buy')) world.frame(Connection.private, world.fill(order));
  world.move('999.9', '1000.1', '984.9', '985.1');
  world.pass(20);
  expectWithdrawn(world, KillTrigger.instrumentLoss);
  expect(world.loop.phase, 'the account goes on').toBe(LoopPhase.quoting);
  world.loop.command('resume', world.nowNs);
  calm(world);
  expect(world.loop.openOrders).toBeGreaterThan(0);
});

test('after a restart a gain that has no mark yet is not a fall from the peak', () => {
  const before = quoting({ watches: { drawdownMax: 5 } });
  for (const order of before.open('buy')) before.frame(Connection.private, before.fill(order));
  before.move('999.9', '1000.1', '1019.9', '1020.1');
  calm(before);
  expect(before.loop.lossWatch.peak).toBeGreaterThan(5);

  const world = new ScriptedWorld({ watches: { drawdownMax: 5 } });
  world.loop.ledger.restore(before.loop.ledger.rows());
  world.loop.lossWatch.restore(before.loop.lossWatch.state());
  world.pass(100);
  world.connect();
  world.pass(100);
  expect(world.loop.phase).toBe(LoopPhase.quoting);
  world.snapshot([['999.9', '10']], [['1000.1', '10']]);
  world.pass(100);
  expect(world.loop.ladder.accountReason, 'marked, it is').toBe(KillTrigger.drawdown);
});

test('too many orders for each fill are quoted wider', () => {
  const world = quoting({ watches: { orderToTradeMax: 10 } });
  for (let step = 0; step < 60; step++) {
    const [from, to] = step % 2 === 0 ? ['999.9', '1001.9'] : ['1001.9', '999.9'];
    const ask = (text: string): string => (Number(text) + 0.2).toFixed(1);
    world.move(from, ask(from), to, ask(to));
    calm(world);
  }
  expect(world.loop.ladder.level(0)).toBe(KillLevel.wider);
  expect(world.loop.ladder.reason(0)).toBe(KillTrigger.orderToTrade);
  world.pass(120_000);
  expect(world.loop.ladder.level(0)).toBe(KillLevel.quoting);
});

// ----------------------------------------------------------------------------------------------------- venue

test('maintenance of trading withdraws everything until it is over', () => {
  const world = quoting();
  world.frame(Connection.public, statusPush('scheduled'));
  world.frame(Connection.public, statusPush('ongoing', { serviceType: '6' }));
  world.frame(Connection.public, statusPush('ongoing', { env: '2' }));
  expect(world.loop.ladder.level(0), 'not yet, not ours, not here').toBe(KillLevel.quoting);
  world.frame(Connection.public, statusPush('ongoing'));
  expectWithdrawn(world, KillTrigger.venueStatus);
  world.frame(Connection.public, statusPush('pre_open'));
  expectWithdrawn(world, KillTrigger.venueStatus);
  world.frame(Connection.public, statusPush('completed'));
  expectBack(world);
});

test('maintenance whose end nobody told is over a while after it was announced for, or not repeated', () => {
  const announced = quoting();
  announced.frame(Connection.public, statusPush('ongoing', { endMs: 20_000 }));
  announced.settle();
  announced.pass(70_000);
  expectWithdrawn(announced, KillTrigger.venueStatus);
  announced.pass(20_000);
  expect(announced.loop.ladder.level(0)).toBe(KillLevel.quoting);

  const unheard = quoting();
  unheard.frame(Connection.public, statusPush('ongoing'));
  unheard.settle();
  unheard.loop.onSessionDown(Connection.public, unheard.nowNs);
  unheard.loop.onSessionUp(Connection.public, unheard.nowNs);
  unheard.snapshot();
  unheard.pass(9_000);
  expectWithdrawn(unheard, KillTrigger.venueStatus);
  unheard.pass(2_000);
  expectBack(unheard);
});

test('another grid withdraws its instrument and asks once for a fresh start', () => {
  const world = quoting();
  const other = instrumentsPush(swapRow('BTC', { tickSz: '0.01' }));
  world.frame(Connection.public, other);
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  world.frame(Connection.public, other);
  world.frame(Connection.public, instrumentsPush(swapRow('BTC')));
  calm(world);
  expect(world.loop.openOrders).toBe(0);
  expect(world.requests.filter(({ request }) => request === LoopRequest.reload)).toEqual([
    { request: LoopRequest.reload, instrument: 0 },
  ]);
});

test('a suspended instrument comes back with the venue’s word, and asks for no fresh start', () => {
  const world = quoting();
  world.frame(Connection.public, instrumentsPush(swapRow('BTC', { state: 'suspend' })));
  calm(world);
  expect(world.loop.openOrders).toBe(0);
  world.frame(Connection.public, instrumentsPush(swapRow('BTC')));
  expectBack(world);
  expect(world.requestCount(LoopRequest.reload)).toBe(0);
});

test('a depth message that is old by the venue’s clock is not quoted on; a fresh one, or a keep-alive, is', () => {
  const world = quoting({ timings: { bookAgeNsMax: 10 * NS_PER_SECOND } });
  const tell = (ageMs: number, price?: string): void => {
    const prevSeqId = world.seqId;
    if (price !== undefined) world.seqId++;
    const bids: [string, string][] = price === undefined ? [] : [[price, '7']];
    world.frame(Connection.public, depth({ bids, seqId: world.seqId, prevSeqId, ts: world.nowMs - ageMs }));
  };
  world.pass(200);
  tell(9_000, '999.8');
  calm(world);
  expect(world.loop.openOrders).toBe(6);
  tell(11_000, '999.7');
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  calm(world);
  expect(world.loop.openOrders).toBe(0);
  expect(world.nowMs).toBeGreaterThan(EPOCH_MS);
  tell(0);
  calm(world);
  expect(world.loop.openOrders).toBe(6);
});

test('a mark price far from the book strikes, and is forgotten when it is no longer told', () => {
  const world = new ScriptedWorld().connect();
  world.frame(Connection.public, markPrice('1100.0'));
  world.snapshot();
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toEqual([]);
  world.pass(31_000);
  world.quote();
  expect(itemsOf(world.settle(), isPlace)).toHaveLength(6);
});

test('price limits strike, and are forgotten with the connection that told them', () => {
  const world = new ScriptedWorld().connect();
  world.frame(Connection.public, priceLimit('900.0', '800.0'));
  world.snapshot();
  world.quote();
  expect(itemsOf(world.settle(), isPlace).map(({ side }) => side)).not.toContain('buy');
  world.loop.onSessionDown(Connection.public, world.nowNs);
  world.settle();
  world.loop.onSessionUp(Connection.public, world.nowNs);
  world.snapshot();
  expectBack(world);
});

test('a book that stays crossed is asked for anew', () => {
  const world = quoting();
  world.update([['1000.2', '5']], []);
  world.settle();
  world.pass(9_000);
  expect(world.sent()).toEqual([]);
  world.pass(1_100);
  expect(world.sent().map(({ message }) => message.op)).toEqual(['unsubscribe', 'subscribe']);
  world.snapshot();
  expectBack(world);
});

test('a refusal for good halts, cancels in the same turn, and waits for the operator', () => {
  const world = quoting();
  world.move('999.9', '1000.1', '1004.9', '1005.1');
  world.quote();
  const [amends] = world.orderMessages();
  world.frame(Connection.trade, ack(amends!, [50_113]));
  expect(itemsOf(world.orderMessages(), isCancel)).toHaveLength(6);
  expect(world.loop.ladder.accountReason).toBe(KillTrigger.venueRefusal);
  expect(world.loop.phase).toBe(LoopPhase.halted);
});
