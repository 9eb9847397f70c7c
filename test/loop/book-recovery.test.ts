import { expect, test } from 'vitest';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Connection, LoopRequest } from '../../engine/loop/loop-options.ts';
import { BookState } from '../../engine/book/book.ts';
import type { LoopWorld } from './loop-world.ts';
import { ScriptedWorld, isCancel, isPlace, itemsOf } from './scripted-venue.ts';
import { depth } from './messages.ts';
import { swap } from './swap-row.ts';

/** Subscriptions and the like that the loop sent on the public connection since the last look. */
function controls(world: LoopWorld): string[] {
  return world
    .sent()
    .filter(({ connection }) => connection === Connection.public)
    .map(
      ({ message }) =>
        `${message.op} ${String(message.args[0]!['channel'])} ${String(message.args[0]!['instId'])}`,
    );
}

const RESYNC = ['unsubscribe books BTC-USDT-SWAP', 'subscribe books BTC-USDT-SWAP'];

test('a sequence gap cancels and subscribes anew in the same input, and a snapshot brings the quotes back', () => {
  const world = new ScriptedWorld().quoting();
  world.frame(Connection.public, depth({ bids: [['999.9', '9']], seqId: 200, prevSeqId: 199 }));
  const sent = world.sent();
  expect(
    sent.filter(({ connection }) => connection === Connection.public).map(({ message }) => message.op),
  ).toEqual(['unsubscribe', 'subscribe']);
  const trade = sent
    .filter(({ connection }) => connection === Connection.trade)
    .map(({ message }) => message);
  expect(itemsOf(trade, isCancel)).toHaveLength(6);
  for (const message of trade) world.accept(message);

  // What is left of the old subscription changes nothing, whatever its numbers.
  world.frame(Connection.public, depth({ bids: [['999.9', '8']], seqId: 201, prevSeqId: 200 }));
  world.frame(Connection.public, depth({ bids: [['999.9', '7']], seqId: 111, prevSeqId: 110 }));
  world.quote();
  world.pass(1_000);
  expect(world.sent()).toEqual([]);
  expect(world.loop.market.books[0]!.state).toBe(BookState.broken);

  world.snapshot();
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('a malformed depth frame breaks its book', () => {
  const world = new ScriptedWorld().quoting();
  const good = depth({ bids: [['999.9', '9']], seqId: 111, prevSeqId: 110 });
  world.frame(Connection.public, good.replace('"999.9"', '"999.95"'));
  const sent = world.sent();
  expect(sent.map(({ message }) => message.op)).toEqual(['batch-cancel-orders', 'unsubscribe', 'subscribe']);
  expect(world.metric('framesMalformed', Connection.public)).toBe(1);
});

test('a frame cut short breaks the book, and nothing throws', () => {
  const good = depth({ bids: [['999.9', '9']], seqId: 111, prevSeqId: 110 });
  for (const length of [good.length - 1, good.length - 20, 80]) {
    const world = new ScriptedWorld().quoting();
    world.frame(Connection.public, good.slice(0, length));
    expect(world.loop.market.books[0]!.state, `${length} bytes`).toBe(BookState.broken);
    expect(itemsOf(world.orderMessages(), isCancel), `${length} bytes`).toHaveLength(6);
  }
});

test('a stream of malformed frames does not use up the subscriptions of an hour', () => {
  const world = new ScriptedWorld().quoting();
  let count = 0;
  for (let frame = 0; frame < 3_000; frame++) {
    world.frame(Connection.public, depth({ bids: [['bad', '9']], seqId: 1, prevSeqId: 0 }));
    world.pass(20);
    count += controls(world).length;
  }
  // A minute: at 0, 5, 15 and 35 s.
  expect(count).toBe(8);
});

test('a book that breaks after every snapshot subscribes ever more rarely, and comes back', () => {
  const world = new ScriptedWorld().quoting();
  let count = 0;
  const answer = (): void => {
    const asked = controls(world).length;
    count += asked;
    if (asked > 0) world.snapshot();
  };
  for (let second = 0; second < 300; second++) {
    world.frame(Connection.public, depth({ bids: [['999.9', '9']], seqId: 9_000, prevSeqId: 8_000 }));
    answer();
    for (let step = 0; step < 50; step++) {
      world.pass(20);
      answer();
    }
  }
  expect(count / 2).toBeLessThan(12);
  expect(count / 2).toBeGreaterThan(3);
  world.pass(61_000);
  world.snapshot();
  // Nobody has answered the cancels of the first break.
  world.recover();
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('without a snapshot it asks again, ever more rarely', () => {
  const world = new ScriptedWorld().connect();
  const atMs: number[] = [];
  for (let ms = 0; ms < 120_000; ms += 20) {
    world.pass(20);
    const asked = controls(world);
    if (asked.length === 0) continue;
    expect(asked).toEqual(RESYNC);
    atMs.push(ms + 20);
  }
  expect(atMs).toEqual([5_000, 10_000, 20_000, 40_000, 80_000]);
});

test.each([
  ['crossed', [['1000.2', '5']], []],
  ['locked', [['1000.1', '5']], []],
  ['without bids', [['999.9', '0']], []],
  ['without asks', [], [['1000.1', '0']]],
  ['empty', [['999.9', '0']], [['1000.1', '0']]],
] as const)('a book that is %s is not quoted, and what rests is cancelled', (_, bids, asks) => {
  const world = new ScriptedWorld().quoting();
  world.update(bids, asks);
  expect(itemsOf(world.orderMessages(), isCancel)).toHaveLength(6);
  world.quote();
  world.pass(100);
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toEqual([]);
  for (const order of [...world.open('buy'), ...world.open('sell')]) {
    order.isOpen = false;
    world.frame(Connection.private, world.pushOf(order, { state: 'canceled' }));
  }
  world.update(
    [
      ['1000.2', '0'],
      ['1000.1', '0'],
      ['999.9', '10'],
    ],
    [['1000.1', '10']],
  );
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('a silent book is taken as broken', () => {
  const world = new ScriptedWorld().quoting();
  world.pass(69_000, 100);
  world.frame(Connection.public, depth({ seqId: world.seqId, prevSeqId: world.seqId }));
  world.pass(69_000, 100);
  expect(world.sent(), 'the keep-alive is a word, too').toEqual([]);
  world.pass(2_000, 100);
  const sent = world.sent();
  expect(sent.slice(1, 3).map(({ message }) => message.op)).toEqual(['unsubscribe', 'subscribe']);
  expect(
    itemsOf(
      sent.map(({ message }) => message),
      isCancel,
    ),
  ).toHaveLength(6);
});

test('each book is silent by its own last word, also by one that a session had held back', () => {
  const world = new ScriptedWorld({ instruments: [swap('BTC'), swap('ETH', 1)] }).quoting();
  const eth = depth({
    instId: 'ETH-USDT-SWAP',
    action: 'snapshot',
    bids: [['999.9', '10']],
    asks: [['1000.1', '10']],
    seqId: 1,
    prevSeqId: -1,
  });
  const heardNs = world.nowNs;
  world.pass(1_000);
  // Both are looked at, as there is no book of ETH yet.
  world.pass(30_000, 100);
  world.sent();
  const bytes = Buffer.from(eth);
  world.loop.onPublicFrame(bytes, 0, bytes.length, heardNs - 10 * NS_PER_SECOND);
  world.frame(Connection.public, depth({ seqId: world.seqId, prevSeqId: world.seqId }));
  world.settle();
  world.pass(29_000, 100);
  expect(controls(world)).toEqual([]);
  world.pass(100);
  expect(controls(world)).toEqual(RESYNC.map((text) => text.replace('BTC', 'ETH')));
  world.pass(40_800, 100);
  expect(controls(world).filter((text) => text.includes('BTC'))).toEqual([]);
  world.pass(200, 100);
  expect(controls(world)).toEqual(RESYNC);
});

test('a book that is crossed again is given its time anew', () => {
  const world = new ScriptedWorld().quoting();
  world.update([['1000.2', '5']], []);
  world.pass(9_000);
  world.update([['1000.2', '0']], []);
  world.pass(20);
  world.update([['1000.2', '5']], []);
  world.pass(9_000);
  expect(controls(world)).toEqual([]);
  world.pass(1_100);
  expect(controls(world)).toEqual(RESYNC);
});

test('a feed without snapshots is begun from REST, and again when the answer is lost', () => {
  const world = new ScriptedWorld().connect();
  world.frame(Connection.public, depth({ bids: [['999.9', '9']], seqId: 111, prevSeqId: 110 }));
  expect(world.requestCount(LoopRequest.bookSnapshot)).toBe(1);
  world.pass(5_100);
  expect(world.requestCount(LoopRequest.bookSnapshot)).toBe(2);
  const rest = (seqId: number): string =>
    JSON.stringify({
      code: '0',
      msg: '',
      data: [{ bids: [['999.9', '10', '0', '1']], asks: [['1000.1', '10', '0', '1']], ts: '1', seqId }],
    });
  world.loop.onBookSnapshot(0, rest(110), world.nowNs);
  world.quote();
  expect(itemsOf(world.settle(), isPlace)).toHaveLength(6);

  // It breaks: REST is asked at once. No answer: it is asked again, by the timer.
  world.frame(Connection.public, depth({ bids: [['999.9', '9']], seqId: 130, prevSeqId: 120 }));
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  expect(world.requestCount(LoopRequest.bookSnapshot)).toBe(3);
  world.pass(5_100);
  expect(world.requestCount(LoopRequest.bookSnapshot)).toBe(4);
  world.loop.onBookSnapshot(0, '{"code":"50011","data":[]}', world.nowNs);
  world.pass(5_100);
  expect(world.requestCount(LoopRequest.bookSnapshot)).toBe(5);
  world.loop.onBookSnapshot(0, rest(125), world.nowNs);
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
});

test('the public session down withdraws at once; up again, the new book is quoted', () => {
  const world = new ScriptedWorld().quoting();
  world.loop.onSessionDown(Connection.public, world.nowNs);
  expect(itemsOf(world.settle(), isCancel)).toHaveLength(6);
  world.pass(2_000);
  world.loop.onSessionUp(Connection.public, world.nowNs);
  world.quote();
  expect(world.orderMessages()).toEqual([]);
  world.snapshot();
  world.quote();
  expect(itemsOf(world.orderMessages(), isPlace)).toHaveLength(6);
  expect(world.recoveries, 'the account is not in doubt').toBe(1);
});
