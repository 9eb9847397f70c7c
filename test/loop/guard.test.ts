import { expect, test } from 'vitest';
import { Connection } from '../../engine/loop/loop-options.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import { ScriptedWorld, LOOSE_LIMITS, isAmend, isCancel, isPlace, itemsOf } from './scripted-venue.ts';
import { ack, priceLimit } from './messages.ts';
import { ContractKind } from '../../engine/base/instrument.ts';

// Without any word from the worker: `quote()` is not called after the book has moved.

test('an adverse move reprices the side in the same input', () => {
  const world = new ScriptedWorld().quoting();
  // Fair 1000.0 becomes 999.6: bids above 999.4 are bad, the whole side steps back by four ticks.
  world.move('999.9', '1000.1', '999.5', '999.7');
  const messages = world.orderMessages();
  expect(messages.map(({ op }) => op)).toEqual(['batch-amend-orders']);
  world.accept(messages[0]!);
  expect(world.prices('buy')).toEqual(['999.1', '998.9', '998.7']);
  expect(world.metric('guardReprices', 0)).toBe(3);
});

test('an adverse move upwards reprices the asks', () => {
  const world = new ScriptedWorld().quoting();
  world.move('999.9', '1000.1', '1000.3', '1000.5');
  const messages = world.orderMessages();
  expect(messages.map(({ op }) => op)).toEqual(['batch-amend-orders']);
  world.accept(messages[0]!);
  expect(world.prices('sell')).toEqual(['1000.9', '1001.1', '1001.3']);
  expect(world.prices('buy')).toEqual(['999.5', '999.3', '999.1']);
});

test('an improvement waits for the worker', () => {
  const world = new ScriptedWorld().quoting();
  world.move('999.9', '1000.1', '999.8', '1000.0');
  expect(world.orderMessages()).toEqual([]);
});

test('while an amend to a price that has become bad is in flight, the order is cancelled', () => {
  const world = new ScriptedWorld().quoting();
  world.move('999.9', '1000.1', '999.5', '999.7');
  expect(itemsOf(world.orderMessages(), isAmend)).toHaveLength(3);
  // Fair 999.0: what is on its way to 998.9 and 998.7 is wanted at 998.5 and below.
  world.move('999.5', '999.7', '998.9', '999.1');
  const cancelled = itemsOf(world.orderMessages(), isCancel).map(
    ({ clOrdId }) => world.held(String(clOrdId)).px,
  );
  expect(cancelled.toSorted()).toEqual(['999.1', '999.3', '999.5']);
  expect(world.metric('guardPulls', 0)).toBe(3);
});

test('an amend in flight to a price that is still good is left alone: a cancel could not overtake it', () => {
  const world = new ScriptedWorld().quoting();
  world.move('999.9', '1000.1', '999.5', '999.7');
  expect(itemsOf(world.orderMessages(), isAmend)).toHaveLength(3);
  world.update([], [['999.7', '11']]);
  world.pass(40);
  expect(world.orderMessages()).toEqual([]);
});

test('a refused amend of a bad order is answered by another command at once', () => {
  const world = new ScriptedWorld().quoting();
  world.move('999.9', '1000.1', '999.5', '999.7');
  const [amend] = world.orderMessages();
  // Refused for a reason that rests the side: a retreat must not wait for that.
  world.frame(Connection.trade, ack(amend!, [51_008]));
  const cancelled = itemsOf(world.orderMessages(), isCancel).map(
    ({ clOrdId }) => world.held(String(clOrdId)).px,
  );
  // The third was to change its size only, and stands where it should.
  expect(cancelled).toEqual(['999.5', '999.3']);
});

test('a retreat that the gate strikes becomes a cancel', () => {
  const world = new ScriptedWorld({ limits: { ...LOOSE_LIMITS, collarBps: 9 } }).quoting();
  // Only the two nearest bids may follow; the third would be ten basis points and more below the middle.
  const ladder = world.prices('buy');
  world.move('999.9', '1000.1', '999.5', '1000.1');
  world.settle();
  expect(ladder).toHaveLength(3);
  const middle = 999.8;
  for (const px of world.prices('buy')) expect(middle - Number(px)).toBeLessThanOrEqual(middle * 9e-4);
});

test('a retreat without budget for amends becomes a cancel', () => {
  const world = new ScriptedWorld({ ladder: { ...PLAIN_LADDER, levels: 1 } }).quoting();
  let bid = 9_999;
  const cancels: unknown[] = [];
  // Each step amends the lone bid; 60 single amends in two seconds are all there are.
  for (let step = 0; step < 80 && cancels.length === 0; step++) {
    const next = bid - 4;
    const text = (ticks: number): string => (ticks / 10).toFixed(1);
    world.move(text(bid), text(bid + 2), text(next), text(next + 2));
    bid = next;
    const messages = world.orderMessages();
    cancels.push(...itemsOf(messages, isCancel));
    for (const message of messages) world.accept(message);
    world.clock.advanceNs(1e6);
  }
  expect(cancels.length).toBeGreaterThan(0);
});

test('a price limit that strikes a retreat leaves nothing behind', () => {
  const world = new ScriptedWorld().quoting();
  world.frame(Connection.public, priceLimit('2000', '1000.8'));
  // Asks at 1000.5 and 1000.7 are below what the venue allows to ask for; amends up to 1000.9 and more may go.
  world.move('999.9', '1000.1', '1000.3', '1000.5');
  world.settle();
  expect(world.prices('sell')).toEqual(['1000.9', '1001.1', '1001.3']);
});

test('a quote that has not seen the guard move is not taken', () => {
  const world = new ScriptedWorld().quoting();
  world.update([], [['1000.1', '11']]);
  // The worker answers that market, but the answer comes in after the next one has made the guard move.
  world.quoter.turn();
  world.move('999.9', '1000.1', '999.5', '999.7');
  world.settle();
  const guarded = world.prices('buy');
  expect(guarded[0]).toBe('999.1');
  const stale = world.metric('quotesStale', 0);
  world.loop.onQuotes(world.nowNs);
  expect(world.metric('quotesStale', 0)).toBe(stale + 1);
  expect(world.orderMessages()).toEqual([]);
  world.update([['999.5', '10']], []);
  world.quote();
  world.settle();
  expect(world.prices('buy')).toEqual(['999.1', '998.9', '998.7']);
  expect(world.prices('sell')).toEqual(['1000.1', '1000.3', '1000.5']);
});

test('a quote of a market before the last is taken and guarded against the book as it is now', () => {
  const world = new ScriptedWorld().connect();
  world.snapshot();
  world.quoter.turn();
  // The ladder of the first market would bid 999.5; on this book that is a tick too near.
  world.move('999.9', '1000.1', '999.5', '999.7');
  world.loop.onQuotes(world.nowNs);
  const bids = itemsOf(world.orderMessages(), isPlace).filter(({ side }) => side === 'buy');
  expect(bids.map(({ px }) => px)).toEqual(['999.1', '998.9', '998.7']);
});

test('a quote of an earlier epoch is not taken', () => {
  const world = new ScriptedWorld().quoting();
  world.update([], [['1000.1', '11']]);
  world.quoter.turn();
  world.snapshot([['989.9', '10']], [['990.1', '10']]);
  const taken = world.metric('quotesTaken', 0);
  world.sent();
  world.loop.onQuotes(world.nowNs);
  expect(world.metric('quotesTaken', 0)).toBe(taken);
  expect(itemsOf(world.orderMessages(), isPlace)).toEqual([]);
});

test('a snapshot that replaces the book does not leave bad orders until the worker answers', () => {
  const world = new ScriptedWorld().quoting();
  world.snapshot([['989.9', '10']], [['990.1', '10']]);
  world.settle();
  for (const px of world.prices('buy')) expect(Number(px)).toBeLessThan(989.9);
});

test('the level that was just filled is not offered again before the worker has seen the position', () => {
  const world = new ScriptedWorld().quoting();
  world.frame(Connection.private, world.fill(world.open('buy')[0]!));
  world.pass(100);
  expect(itemsOf(world.orderMessages(), isPlace)).toEqual([]);
  world.quote();
  const places = itemsOf(world.orderMessages(), isPlace);
  expect(places.length).toBeGreaterThan(0);
  expect(world.loop.instruments[0]!.kind).toBe(ContractKind.linear);
});

test('a fair price that moves because our own order did steps the side back, once', () => {
  const world = new ScriptedWorld();
  world.connect().snapshot(
    [['999.9', '10']],
    [
      ['1000.1', '10'],
      ['1001.1', '10'],
    ],
  );
  world.quote();
  world.settle();
  expect(world.prices('sell')).toEqual(['1000.5', '1000.7', '1000.9']);
  // Our ask is said to rest where the others' best was, and hides it: the fair price becomes 1000.5.
  const ours = world.open('sell')[0]!;
  world.frame(Connection.private, world.pushOf(ours, { px: '1000.1', sz: '10' }));
  const messages = world.settle();
  expect(itemsOf(messages, isCancel), 'nothing is pulled that can step back').toEqual([]);
  expect(itemsOf(messages, isAmend).length).toBeGreaterThan(0);
  world.pass(100);
  const later = world.orderMessages();
  expect(itemsOf(later, isPlace), 'nothing is placed where the guard would pull it').toEqual([]);
  expect(itemsOf(later, isCancel)).toEqual([]);
});
