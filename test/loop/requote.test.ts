import { expect, test } from 'vitest';
import { OrderPurpose } from '../../engine/base/order-purpose.ts';
import { Side } from '../../engine/base/side.ts';
import { BellRinger } from '../../engine/handoff/doorbell.ts';
import { MarketReader, MarketView } from '../../engine/handoff/market-slot.ts';
import { QuoteView, QuoteWriter } from '../../engine/handoff/quote-slot.ts';
import { Connection, OperatorCommand } from '../../engine/loop/loop-options.ts';
import type { DiffTolerance } from '../../engine/orders/quote-diff.ts';
import { NO_ORDER } from '../../engine/orders/order-table.ts';
import { OrderKind } from '../../engine/okx/order-encoder.ts';
import { tradesPush } from './messages.ts';
import { ScriptedWorld, isAmend, isCancel, itemsOf } from './scripted-venue.ts';

interface Said {
  readonly bids: readonly number[];
  readonly asks: readonly number[];
  /** Fills a second at no distance; 0 when nothing is calibrated. */
  readonly rate?: number;
  readonly edge?: number;
  readonly modelVersion?: number;
}

const LOTS = 10;

/** The world with a worker that wants what the test says, and is never late. */
class SayingWorld extends ScriptedWorld {
  readonly #reader = new MarketReader(this.handoff, 0);
  readonly #market = new MarketView(20);
  readonly #writer = new QuoteWriter(this.handoff, 0);
  readonly #bell = new BellRinger(this.handoff, this.handoff.layout.quoteBellAt);

  constructor(tolerance: Partial<DiffTolerance> = {}) {
    super({
      tolerance: { priceToleranceTicks: 0, sizeToleranceRatio: 0.1, ...tolerance },
      timings: { quoteAgeNsMax: 1e18 },
    });
    this.connect();
    this.snapshot(
      [
        ['999.9', '10'],
        ['999.5', '200'],
      ],
      [['1000.1', '10']],
    );
  }

  say({ bids, asks, rate = 0.8, edge = 1, modelVersion = 0 }: Said): void {
    const quote = new QuoteView(10);
    this.#reader.read(this.#market);
    quote.bidTicks.set(bids);
    quote.bidLots.fill(LOTS);
    quote.bidCount = bids.length;
    quote.askTicks.set(asks);
    quote.askLots.fill(LOTS);
    quote.askCount = asks.length;
    quote.epoch = this.#market.epoch;
    quote.marketVersion = this.#market.version;
    quote.recvNs = this.#market.recvNs;
    quote.fairTicks = 10_000;
    quote.referenceTicks = this.loop.market.fairTicks[0]!;
    quote.bidEdgeTicks = edge;
    quote.askEdgeTicks = edge;
    quote.bidRate = rate;
    quote.askRate = rate;
    quote.bidDecay = 0.25;
    quote.askDecay = 0.25;
    quote.modelVersion = modelVersion;
    this.#writer.publish(quote);
    this.#bell.ring(0);
    this.loop.onQuotes(this.nowNs);
  }

  slotAt(side: Side, ticks: number): number {
    const { table } = this.loop;
    let slot = table.first(0, side);
    while (slot !== NO_ORDER && table.priceTicks[slot] !== ticks) slot = table.next(slot);
    return slot;
  }
}

/** A bid at 999.5 with two hundred lots of others there, of which so many have traded since and as many came behind it. */
function withBid(traded: number): SayingWorld {
  const world = new SayingWorld();
  world.say({ bids: [9_995], asks: [10_005] });
  world.settle();
  world.update([['999.5', '210']], []);
  world.pass(120);
  if (traded > 0) world.frame(Connection.public, tradesPush([['sell', '999.5', String(traded)]]));
  world.update([['999.5', '212']], []);
  world.pass(20_000);
  world.sent();
  return world;
}

test('an order near the front of its queue stays for a small error, one at the back follows', () => {
  const front = withBid(198);
  front.say({ bids: [9_997], asks: [10_005] });
  expect(front.orderMessages()).toEqual([]);
  const back = withBid(0);
  back.say({ bids: [9_997], asks: [10_005] });
  expect(itemsOf(back.orderMessages(), isAmend).map(({ newPx }) => newPx)).toEqual(['999.7']);
});

test('without an intensity in the quote tolerance alone decides, wherever the order stands', () => {
  const world = withBid(198);
  world.say({ bids: [9_997], asks: [10_005], rate: 0 });
  expect(itemsOf(world.orderMessages(), isAmend).map(({ newPx }) => newPx)).toEqual(['999.7']);
});

test('an adverse move takes the order from the front of its queue in the same input', () => {
  const world = withBid(198);
  world.say({ bids: [9_995], asks: [10_005], edge: 5 });
  world.move('999.9', '1000.1', '999.6', '999.8');
  const messages = world.orderMessages();
  expect(itemsOf(messages, isAmend).map(({ newPx }) => newPx)).toEqual(['999.2']);
  expect(itemsOf(messages, isCancel)).toEqual([]);
});

test('a young order follows the market when it is old enough, without another quote, and leaves it at once', () => {
  const world = new SayingWorld({ orderLifeMsMin: 200 });
  world.say({ bids: [9_990], asks: [10_010] });
  world.settle();
  world.pass(100);
  world.say({ bids: [9_995], asks: [10_012] });
  expect(
    itemsOf(world.settle(), isAmend).map(({ newPx }) => newPx),
    'the ask retreats',
  ).toEqual(['1001.2']);
  world.pass(80);
  expect(world.orderMessages()).toEqual([]);
  world.pass(20);
  expect(itemsOf(world.settle(), isAmend).map(({ newPx }) => newPx)).toEqual(['999.5']);
});

test('orders know the level, the time and the parameters that they came to their price by', () => {
  const world = new SayingWorld();
  world.say({ bids: [9_990, 9_985], asks: [], modelVersion: 5 });
  world.settle();
  const { table } = world.loop;
  const slot = world.slotAt(Side.buy, 9_985);
  const placedNs = world.nowNs;
  expect([table.level[slot], table.placedNs[slot], table.modelVersion[slot], table.purpose[slot]]).toEqual([
    1,
    placedNs,
    5,
    OrderPurpose.quote,
  ]);
  world.pass(1_000);
  world.say({ bids: [9_990], asks: [], modelVersion: 6 });
  world.settle();
  const kept = world.slotAt(Side.buy, 9_990);
  expect([table.placedNs[kept], table.modelVersion[kept]], 'it has not moved').toEqual([placedNs, 5]);
  world.say({ bids: [9_980], asks: [], modelVersion: 7 });
  world.settle();
  expect([table.priceTicks[kept], table.placedNs[kept], table.modelVersion[kept]]).toEqual([
    9_980,
    world.nowNs,
    7,
  ]);
});

test('when amends run short, retreats leave and approaches wait', () => {
  const world = new SayingWorld();
  const levels = [0, 2, 4, 6, 8, 10, 12];
  const ladder = (step: number): Said => ({
    bids: levels.map((level) => 9_900 + step - level),
    asks: levels.map((level) => 10_100 + step + level),
    rate: 0,
    edge: 0,
  });
  world.say(ladder(0));
  world.settle();
  // By steps of half a level no order stands where another is wanted: fourteen amends a step, of three hundred in two seconds.
  for (let step = 1; step <= 21; step++) {
    world.clock.advanceNs(1e6);
    world.say(ladder(step));
    expect(itemsOf(world.settle(), isAmend)).toHaveLength(14);
  }
  world.clock.advanceNs(1e6);
  world.say(ladder(22));
  const messages = world.settle();
  const amended = itemsOf(messages, isAmend).map(({ newPx }) => Number(newPx));
  expect(amended).toHaveLength(6);
  expect(Math.min(...amended), 'asks only').toBeGreaterThan(1_000);
  expect(itemsOf(messages, isCancel), 'the ask that was left').toHaveLength(1);
});

test('an order that hedges is no quote: moved by nobody here, withdrawn where nothing may rest', () => {
  const world = new SayingWorld();
  const slot = world.loop.commands.sendHedge(0, Side.buy, 9_999, LOTS, OrderKind.postOnly, 0);
  expect(slot).not.toBe(NO_ORDER);
  world.settle();
  world.say({ bids: [9_990], asks: [10_010], edge: 5 });
  world.settle();
  world.move('999.9', '1000.1', '999.9', '1000.0');
  world.say({ bids: [], asks: [], edge: 5 });
  world.settle();
  world.pass(100);
  expect(world.prices('buy'), 'nearer than any quote may be').toEqual(['999.9']);
  world.loop.command(OperatorCommand.pause, world.nowNs);
  world.settle();
  expect(world.prices('buy')).toEqual([]);
});

test('a hedge that rests nearer than quotes may does not have them follow every tick', () => {
  const world = withBid(198);
  world.say({ bids: [9_997], asks: [10_005], edge: 2 });
  expect(world.orderMessages(), 'its place is worth more').toEqual([]);
  expect(world.loop.commands.sendHedge(0, Side.buy, 9_999, 1, OrderKind.postOnly, 0)).not.toBe(NO_ORDER);
  expect(itemsOf(world.settle(), isAmend)).toEqual([]);
  world.update([['999.5', '213']], []);
  expect(itemsOf(world.settle(), isAmend)).toEqual([]);
});
