import { expect, test } from 'vitest';
import { FLOW_DOUBLES, FlowField, FlowHistogram } from '../../engine/base/flow-record.ts';
import { MarketReader, MarketView } from '../../engine/handoff/market-slot.ts';
import { RecordReader } from '../../engine/handoff/record-slot.ts';
import { Connection } from '../../engine/loop/loop-options.ts';
import { PLAIN_LADDER } from '../workers/markets.ts';
import type { LoopWorld } from './loop-world.ts';
import { depth, fillsPush, indexTicker, markPrice, tradesPush } from './messages.ts';
import { LOOSE_LIMITS, ScriptedWorld } from './scripted-venue.ts';
import { swap } from './swap-row.ts';

/** The market that was published last. */
function marketOf(world: LoopWorld, instrument = 0): MarketView {
  const view = new MarketView(world.handoff.marketLevels);
  expect(new MarketReader(world.handoff, instrument).read(view)).toBe(true);
  return view;
}

/** The flow record as it is after the next second. */
function recordOf(world: LoopWorld, instrument = 0): Float64Array {
  world.pass(1_100);
  const row = new Float64Array(FLOW_DOUBLES);
  const { layout } = world.handoff;
  expect(new RecordReader(world.handoff, layout.flowSlotAt(instrument), FLOW_DOUBLES).read(row)).toBe(true);
  return row;
}

/** By the ticks at which a bucket begins. */
function counted(row: Float64Array, histogram: FlowHistogram): Record<number, number> {
  const found: Record<number, number> = {};
  for (let bucket = 0; bucket < 128; bucket++) {
    const count = row[histogram + bucket]!;
    if (count > 0) found[bucket * row[FlowField.bucketTicks]!] = Number(count.toFixed(2));
  }
  return found;
}

/** Connected, with a book around 1000.0, and nothing quoted. */
function watching(): ScriptedWorld {
  const world = new ScriptedWorld().connect();
  world.snapshot();
  return world;
}

test('takers’ volumes, mark and index come with the next market, and nothing is published for them', () => {
  const world = watching();
  const before = marketOf(world).version;
  world.frame(
    Connection.public,
    tradesPush([
      ['buy', '1000.1', '3'],
      ['sell', '999.9', '4'],
      ['buy', '1000.2', '5'],
    ]),
  );
  world.frame(Connection.public, markPrice('1000.05'));
  world.frame(Connection.public, indexTicker('BTC-USDT', '1001.25'));
  world.frame(Connection.public, indexTicker('ETH-USDT', '7'));
  expect(marketOf(world).version).toBe(before);
  world.update([['999.9', '11']], []);
  const { boughtLots, soldLots, ofiLots, markTicks, indexTicks, groupLots } = marketOf(world);
  expect([boughtLots, soldLots, ofiLots, groupLots]).toEqual([8, 4, 1, 0]);
  expect(markTicks).toBeCloseTo(10_000.5, 9);
  expect(indexTicks).toBeCloseTo(10_012.5, 9);
});

test('an index that is not repeated is forgotten, and so is one whose connection is lost', () => {
  for (const forget of [
    (world: ScriptedWorld) => world.pass(91_000, 1_000),
    (world: ScriptedWorld) => {
      world.loop.onSessionDown(Connection.public, world.nowNs);
      world.loop.onSessionUp(Connection.public, world.nowNs);
    },
  ]) {
    const world = watching();
    world.frame(Connection.public, indexTicker('BTC-USDT', '1001.25'));
    world.snapshot();
    expect(marketOf(world).indexTicks).toBeCloseTo(10_012.5, 9);
    forget(world);
    world.snapshot();
    expect(marketOf(world).indexTicks).toBe(0);
  }
});

test('our own orders, coming, moving and going, make no order flow', () => {
  const world = watching();
  world.quote();
  // Ours come to the best levels of the book and to the order pushes, one after the other, in either order.
  const before = marketOf(world).ofiLots;
  world.settle();
  for (const [px, sz] of [
    ['999.5', '10'],
    ['999.3', '15'],
    ['999.1', '20'],
  ] as const)
    world.update([[px, sz]], []);
  for (const [px, sz] of [
    ['1000.5', '10'],
    ['1000.7', '15'],
    ['1000.9', '20'],
  ] as const)
    world.update([], [[px, sz]]);
  expect(marketOf(world).ofiLots).toBe(before);
  // Others leave the best levels, so that ours are the best pushed: what counts is the next of others, who came first.
  world.update(
    [
      ['999.9', '0'],
      ['999.0', '7'],
    ],
    [],
  );
  expect(marketOf(world).bidTicks[0]).toBe(9_990);
  expect(marketOf(world).ofiLots).toBe(before - 10);
  // In between the book shows an order that is ours no more: what it adds for a moment it takes back.
  for (const order of world.open('buy')) {
    order.isOpen = false;
    world.frame(Connection.private, world.pushOf(order, { state: 'canceled', cancelSource: '1' }));
    world.update([[order.px, '0']], []);
  }
  expect(marketOf(world).ofiLots).toBe(before - 10);
});

test('a book that was lost and comes back is no order flow', () => {
  const world = watching();
  world.update([['999.9', '12']], []);
  world.frame(Connection.public, depth({ bids: [['999.9', '1']], seqId: 9_000, prevSeqId: 8_000 }));
  world.snapshot([['1002.0', '99']], [['1002.2', '1']]);
  expect(marketOf(world).ofiLots).toBe(2);
  world.update([['1002.0', '100']], []);
  expect(marketOf(world).ofiLots).toBe(3);
});

test('sweeps are in the record within a second, each by its distance from the book before', () => {
  const world = watching();
  world.frame(
    Connection.public,
    tradesPush(
      [
        ['sell', '999.9', '1'],
        ['sell', '999.4', '2'],
      ],
      5,
    ),
  );
  world.frame(Connection.public, tradesPush([['buy', '1000.3', '1']], 7));
  const row = recordOf(world);
  expect(counted(row, FlowHistogram.bidSweeps)).toEqual({ 6: 1 });
  expect(counted(row, FlowHistogram.askSweeps)).toEqual({ 3: 1 });
  expect(row[FlowField.fairTicks]).toBe(10_000);
  // Samples are a tenth of a second apart, and the record is published with one of ten of them.
  expect(row[FlowField.exposureS]).toBeGreaterThan(0.6);
});

test('a frame of trades that cannot be read is counted, and the next one is read', () => {
  const world = watching();
  world.frame(Connection.public, '{"arg":{"channel":"trades","instId":"BTC-USDT-SWAP"},"data":[7]}');
  expect(world.metric('framesMalformed', Connection.public)).toBe(1);
  world.frame(
    Connection.public,
    tradesPush(
      [
        ['buy', '1000.1', '3'],
        ['buy', '1', '1'],
      ],
      0,
      'DOGE-USDT-SWAP',
    ),
  );
  world.frame(Connection.public, tradesPush([['buy', '1000.1', '3']]));
  world.snapshot();
  expect(marketOf(world).boughtLots).toBe(3);
});

test('our orders rest for seconds at their distances, and a fill counts by its share', () => {
  const world = new ScriptedWorld().quoting();
  const [first] = world.open('buy');
  world.pass(1_000);
  world.frame(Connection.private, world.fill(first!, 4));
  const row = recordOf(world);
  const seconds = counted(row, FlowHistogram.bidOwnSeconds);
  expect(Object.keys(seconds)).toEqual(['5', '7', '9']);
  for (const each of Object.values(seconds)) expect(each).toBeGreaterThan(1.7);
  expect(Object.keys(counted(row, FlowHistogram.askOwnSeconds))).toEqual(['5', '7', '9']);
  expect(counted(row, FlowHistogram.bidOwnFills)).toEqual({ 5: 0.4 });
  expect(counted(row, FlowHistogram.askOwnFills)).toEqual({});
});

test('a fill is counted once, whichever channels tell it, and a taker’s never', () => {
  const world = new ScriptedWorld().quoting();
  const [first, second] = world.open('sell');
  const push = world.fill(first!, 5);
  const fill = {
    instId: 'BTC-USDT-SWAP',
    fillSz: '5',
    fillPx: '1000.5',
    side: 'sell',
    ordId: first!.ordId,
    clOrdId: first!.clOrdId,
    tradeId: String(world.lastTradeId),
    execType: 'M',
    count: '1',
    ts: String(world.nowMs),
  };
  world.frame(Connection.private, fillsPush(fill));
  world.frame(Connection.private, push);
  world.frame(Connection.private, world.fill(second!, 3).replace('"execType":"M"', '"execType":"T"'));
  expect(counted(recordOf(world), FlowHistogram.askOwnFills)).toEqual({ 5: 0.5 });
});

test('while a book is broken neither time nor moves are counted', () => {
  const world = watching();
  const { [FlowField.exposureS]: before } = recordOf(world);
  world.frame(Connection.public, depth({ bids: [['999.9', '1']], seqId: 9_000, prevSeqId: 8_000 }));
  const broken = recordOf(world);
  world.snapshot([['1500.0', '10']], [['1500.2', '10']]);
  const after = recordOf(world);
  expect(broken[FlowField.exposureS]! - before!).toBeLessThan(0.2);
  expect(after[FlowField.exposureS]! - broken[FlowField.exposureS]!).toBeGreaterThan(0.6);
  expect(after[FlowField.varianceFast]).toBe(0);
});

test('a market wakes the workers of those who read it', () => {
  const instruments = [swap('BTC'), swap('ETH', 1)];
  const world = new ScriptedWorld({
    instruments,
    ladder: PLAIN_LADDER,
    limits: LOOSE_LIMITS,
    followers: [[1], []],
  });
  world.connect();
  world.quote();
  const eth = (action: 'snapshot' | 'update', seqId: number, prevSeqId: number): void =>
    world.frame(
      Connection.public,
      depth({
        instId: 'ETH-USDT-SWAP',
        action,
        bids: [['999.9', '9']],
        asks: [['1000.1', '9']],
        seqId,
        prevSeqId,
      }),
    );
  eth('snapshot', 5, -1);
  world.snapshot();
  // Both have news.
  expect(world.quote()).toBe(2);
  eth('update', 6, 5);
  expect(world.quote()).toBe(1);
});
