import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QueueShape, type QueueModel } from '../../../engine/base/queue-position.ts';
import { Random } from '../../../engine/base/random.ts';
import type { FeedEvent } from '../../../engine/paper/exchange/feed-source.ts';
import { NaiveQueue } from '../../model/naive-queue.ts';
import { ArraySource, feedEvent } from './array-source.ts';
import { accountOptions, START_MS, World } from './recording-world.ts';

/**
 * The paper exchange on a recorded market beside a twin that was written from the formulas alone: every fill of every order,
 * and every order's place in its queue, after every event.
 */

const FIXTURE = new URL('../../fixtures/feeds/btc-usdt-swap-2024-08-08-cut.ndjson.gz', import.meta.url)
  .pathname;
const INST_ID = 'BTC-USDT-SWAP';
const TICK = 0.1;
const LOT = 0.01;

type Row = readonly [ticks: number, lots: number];

/** An event in ticks and lots, for both. */
type Event =
  | { readonly kind: 'snapshot' | 'update'; readonly asks: readonly Row[]; readonly bids: readonly Row[] }
  | { readonly kind: 'trade'; readonly taker: 'buy' | 'sell'; readonly ticks: number; readonly lots: number };

function played(event: Event, offsetMs: number): FeedEvent {
  if (event.kind === 'trade') {
    const { ticks, lots, taker } = event;
    return feedEvent(offsetMs, 'trade', { px: priceText(ticks), sz: sizeText(lots), side: taker });
  }
  const rows = (side: readonly Row[]): string[][] =>
    side.map(([ticks, lots]) => [priceText(ticks), sizeText(lots), '1']);
  return feedEvent(offsetMs, event.kind, { asks: rows(event.asks), bids: rows(event.bids) });
}

function priceText(ticks: number): string {
  return (ticks / 10).toFixed(1);
}

function sizeText(lots: number): string {
  return (lots / 100).toFixed(2);
}

/** Exchange and twin, one event a millisecond. */
class Twins {
  readonly world: World;
  readonly naive: NaiveQueue;
  readonly #events: readonly Event[];
  readonly #ordIds = new Map<string, string>();
  #index = 0;
  #orderCount = 0;

  constructor(model: QueueModel, events: readonly Event[]) {
    this.#events = events;
    this.naive = new NaiveQueue(model.shape, model.exponent);
    this.world = new World({
      flow: new ArraySource(events.map(played)),
      accounts: [accountOptions('a', { balances: { USDT: '1000000000' } })],
      recorded: { queueModel: model, publish: 'event' },
    });
    this.#tellNaive(events[0]!);
  }

  /** The next event, in both; false at the end. */
  step(): boolean {
    const event = this.#events[++this.#index];
    if (event === undefined) return false;
    this.world.exchange.advance(START_MS + this.#index);
    this.#tellNaive(event);
    this.compare();
    return true;
  }

  #tellNaive(event: Event): void {
    if (event.kind === 'trade') this.naive.trade(event.taker, event.ticks, event.lots);
    else this.naive.book(event.kind === 'snapshot', [...event.asks] as never, [...event.bids] as never);
  }

  /** Rests where nothing is taken; '' where it would take. */
  place(side: 'buy' | 'sell', ticks: number, lots: number): string {
    const { naive } = this;
    const own = naive.orders.filter((order) => order.side !== side).map((order) => order.price);
    const isPassive =
      side === 'buy' ? ticks < Math.min(naive.bestAsk, ...own) : ticks > Math.max(naive.bestBid, ...own);
    if (!isPassive) return '';
    const name = `order${++this.#orderCount}`;
    const result = this.world.place('a', side, priceText(ticks), sizeText(lots), {
      ordType: 'post_only',
      clOrdId: name,
    });
    expect(result.sCode).toBe('0');
    this.#ordIds.set(result.ordId, name);
    naive.place(name, side, ticks, lots);
    this.compare();
    return name;
  }

  cancel(name: string): void {
    if (!this.naive.orders.some((order) => order.name === name)) return;
    const result = this.world.exchange.cancel('a', { instId: INST_ID, clOrdId: name });
    expect(result.sCode).toBe('0');
    this.naive.cancel(name);
  }

  compare(): void {
    for (const { name, front, remaining } of this.naive.orders) {
      const row = this.world.exchange.order('a', INST_ID, { clOrdId: name })!;
      expect(Math.round((Number(row['sz']) - Number(row['accFillSz'])) / LOT)).toBe(remaining);
      expect(this.world.exchange.queueFront('a', INST_ID, { clOrdId: name })).toBeCloseTo(front, 6);
    }
    expect(this.world.exchange.openOrderCount('a')).toBe(this.naive.orders.length);
  }

  /** Fills as both saw them, in their order. */
  expectSameFills(): void {
    const told = this.world.sink.fills.map((row) => ({
      name: this.#ordIds.get(row['ordId'] as string),
      price: Math.round(Number(row['fillPx']) / TICK),
      lots: Math.round(Number(row['fillSz']) / LOT),
    }));
    expect(told).toEqual(this.naive.fills);
  }
}

const SHAPES = Object.values(QueueShape);

function recordedEvents(count: number): Event[] {
  const lines = gunzipSync(readFileSync(FIXTURE)).toString('utf8').split('\n', count);
  return lines.map((line): Event => {
    const row = JSON.parse(line) as Record<string, string> & { asks: string[][]; bids: string[][] };
    const ticksOf = (px: string): number => Math.round(Number(px) * 10);
    const lotsOf = (sz: string): number => Math.round(Number(sz) * 100);
    if (row['channel'] === 'trades') {
      const taker = row['side'] as 'buy' | 'sell';
      return { kind: 'trade', taker, ticks: ticksOf(row['px']!), lots: lotsOf(row['sz']!) };
    }
    const rows = (side: string[][]): Row[] => side.map(([px, sz]) => [ticksOf(px!), lotsOf(sz!)]);
    return { kind: row['action'] as 'update', asks: rows(row.asks), bids: rows(row.bids) };
  });
}

describe('orders in the recorded market of the fixtures', () => {
  const events = recordedEvents(4_000);
  const filledBy = new Map<string, number>();

  it.each(SHAPES)('are filled as the formulas of par. 6 say: %s', (shape) => {
    const twins = new Twins({ shape, exponent: 2 }, events);
    const random = new Random(7);
    let names: string[] = [];
    let count = 0;
    do {
      if (++count % 150 !== 0) continue;
      for (const name of names) twins.cancel(name);
      const lots = 1 + Math.floor(random.unit() * 800);
      const depth = Math.floor(random.unit() * 3);
      const { bestBid, bestAsk } = twins.naive;
      names = [
        twins.place('buy', bestBid, lots),
        twins.place('sell', bestAsk, lots),
        twins.place('buy', bestBid - depth, 20),
        twins.place('sell', bestAsk + depth, 20),
      ];
    } while (twins.step());
    twins.expectSameFills();
    expect(twins.naive.fills.length).toBeGreaterThan(30);
    filledBy.set(
      shape,
      twins.naive.fills.reduce((sum, fill) => sum + fill.lots, 0),
    );
  });

  it('and the models differ', () => {
    expect(new Set(filledBy.values()).size).toBeGreaterThan(3);
  });
});

const ROOT = 780_000;

function bidLevel(lots: number): Event {
  return { kind: 'update', asks: [], bids: [[ROOT, lots]] };
}

function sold(ticks: number, lots: number): Event {
  return { kind: 'trade', taker: 'sell', ticks, lots };
}

function frontOf(twins: Twins, clOrdId: string): number {
  return twins.world.exchange.queueFront('a', INST_ID, { clOrdId });
}

describe('several orders of ours', () => {
  const start: Event = { kind: 'snapshot', asks: [[ROOT + 5, 30]], bids: [[ROOT, 30]] };

  it('what a better order took of a trade is still missing from the recorded level', () => {
    const life = [bidLevel(60), sold(ROOT, 25), bidLevel(35), sold(ROOT, 7), bidLevel(25)];
    const twins = new Twins({ shape: 'power', exponent: 1 }, [start, ...life]);
    const queued = twins.place('buy', ROOT, 10);
    for (let step = 0; step < 3; step++) twins.step();
    expect(frontOf(twins, queued)).toBe(5);
    const better = twins.place('buy', ROOT + 1, 5);
    twins.step();
    // Of the seven, five were the better one's.
    expect(twins.naive.fills).toEqual([{ name: better, price: ROOT + 1, lots: 5 }]);
    expect(frontOf(twins, queued)).toBe(3);
    twins.step();
    // 35 - 25 - 7 were cancelled, with 3 of 35 in front.
    expect(frontOf(twins, queued)).toBeCloseTo(3 - (3 / 35) * 3, 12);
    twins.expectSameFills();
  });

  it('the one that came first stays before the one that came later', () => {
    const life = [sold(ROOT, 26), bidLevel(4), bidLevel(6), bidLevel(10), bidLevel(5)];
    const twins = new Twins({ shape: 'power', exponent: 3 }, [start, ...life]);
    const first = twins.place('buy', ROOT, 10);
    for (let step = 0; step < 3; step++) twins.step();
    const later = twins.place('buy', ROOT, 10);
    expect([frontOf(twins, first), frontOf(twins, later)]).toEqual([4, 6]);
    twins.step();
    twins.step();
    // Five cancelled of ten: of the first's 4 in front by a share of 64/280, of the later's 6 by 216/280.
    expect(frontOf(twins, first)).toBeCloseTo(4 - (64 / 280) * 5, 12);
    expect(6 - (216 / 280) * 5).toBeLessThan(frontOf(twins, first));
    expect(frontOf(twins, later)).toBe(frontOf(twins, first));
  });
});

describe('orders in any recorded market', () => {
  const lots = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 }));
  const rows = (from: number): fc.Arbitrary<Row[]> =>
    fc.uniqueArray(fc.tuple(fc.integer({ min: from, max: from + 2 }), lots), {
      selector: ([ticks]) => ticks,
      maxLength: 3,
    });
  // Few prices, so that much happens at each; the two sides overlap by one, so that levels cross what rests.
  const book = fc.record({
    kind: fc.constantFrom('update' as const, 'update' as const, 'update' as const, 'snapshot' as const),
    bids: rows(ROOT - 2),
    asks: rows(ROOT),
  });
  const trade = fc.record({
    kind: fc.constant('trade' as const),
    taker: fc.constantFrom('buy' as const, 'sell' as const),
    ticks: fc.integer({ min: ROOT - 2, max: ROOT + 2 }),
    lots: fc.integer({ min: 1, max: 80 }),
  });
  const place = fc.record({
    kind: fc.constant('place' as const),
    side: fc.constantFrom('buy' as const, 'sell' as const),
    ticks: fc.integer({ min: ROOT - 2, max: ROOT + 2 }),
    lots: fc.integer({ min: 1, max: 40 }),
  });
  const cancel = fc.record({ kind: fc.constant('cancel' as const), nth: fc.nat(20) });

  it('are filled as the formulas of par. 6 say', () => {
    const step = fc.oneof(
      { arbitrary: book, weight: 3 },
      { arbitrary: trade, weight: 3 },
      { arbitrary: place, weight: 3 },
      { arbitrary: cancel, weight: 1 },
    );
    const model = fc.record({ shape: fc.constantFrom(...SHAPES), exponent: fc.constantFrom(0.5, 1, 2, 3) });
    let fills = 0;
    fc.assert(
      fc.property(model, fc.array(step, { minLength: 10, maxLength: 60 }), (queueModel, life) => {
        const start: Event = { kind: 'snapshot', asks: [[ROOT + 1, 30]], bids: [[ROOT - 1, 30]] };
        const market = life.filter((each) => each.kind !== 'place' && each.kind !== 'cancel');
        const twins = new Twins(queueModel, [start, ...(market as Event[])]);
        const names: string[] = [];
        for (const each of life) {
          if (each.kind === 'place') names.push(twins.place(each.side, each.ticks, each.lots));
          else if (each.kind === 'cancel') twins.cancel(names[each.nth] ?? '');
          else twins.step();
        }
        twins.expectSameFills();
        fills += twins.naive.fills.length;
      }),
      { numRuns: 400 },
    );
    expect(fills).toBeGreaterThan(100);
  });

  it('never get more of a trade than it had', () => {
    const start: Event = { kind: 'snapshot', asks: [[ROOT + 1, 30]], bids: [[ROOT - 1, 30]] };
    const sells = fc.array(trade, { minLength: 1, maxLength: 20 });
    const places = fc.array(place, { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(sells, places, (trades, orders) => {
        const twins = new Twins({ shape: 'power', exponent: 1 }, [start, ...trades]);
        for (const { side, ticks, lots: size } of orders) twins.place(side, ticks, size);
        for (const each of trades) {
          const before = twins.naive.fills.length;
          twins.step();
          const sum = twins.naive.fills.slice(before).reduce((total, fill) => total + fill.lots, 0);
          expect(sum).toBeLessThanOrEqual(each.lots);
        }
        twins.expectSameFills();
      }),
      { numRuns: 100 },
    );
  });
});
