import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Side } from '../../../engine/base/side.ts';
import { Listing, ListingError } from '../../../engine/paper/exchange/listing.ts';
import { BookOrder, MatchingBook } from '../../../engine/paper/exchange/matching-book.ts';
import { TimerQueue } from '../../../engine/paper/exchange/timer-queue.ts';
import { TradeStatistics } from '../../../engine/paper/exchange/trade-statistics.ts';
import { recordedInstruments } from '../../../engine/paper/instruments/recorded-instruments.ts';
import { START_MS, World } from './recording-world.ts';

describe('timer queue', () => {
  it('gives items by time, equal times in the order of scheduling', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 200 }), (times) => {
        const queue = new TimerQueue();
        const out: [number, number][] = [];
        times.forEach((time, index) => queue.schedule(time, { run: () => void out.push([time, index]) }));
        while (queue.nextMs !== Infinity) queue.pop().run(0);
        const sorted = times.map((time, index): [number, number] => [time, index]);
        expect(out).toEqual(sorted.sort((left, right) => left[0] - right[0] || left[1] - right[1]));
      }),
    );
  });
});

describe('matching book', () => {
  it('keeps levels sorted and sums right under random adds, reductions and removals', () => {
    const action = fc.record({ isAdd: fc.boolean(), ticks: fc.integer({ min: 1, max: 30 }), pick: fc.nat() });
    fc.assert(
      fc.property(
        fc.constantFrom(Side.buy, Side.sell),
        fc.array(action, { maxLength: 200 }),
        (side, actions) => {
          const book = new MatchingBook();
          const orders: BookOrder[] = [];
          for (const { isAdd, ticks, pick } of actions) {
            if (isAdd || orders.length === 0) {
              const order = new BookOrder(side, ticks, 1 + (pick % 5), null);
              book.add(order);
              orders.push(order);
            } else {
              const index = pick % orders.length;
              const order = orders[index]!;
              if (pick % 2 === 0) book.remove(order);
              else book.reduce(order, 1);
              if (order.level === null) orders.splice(index, 1);
            }
          }
          const expected = new Map<number, BookOrder[]>();
          for (const order of orders)
            expected.set(order.ticks, [...(expected.get(order.ticks) ?? []), order]);
          const sign = side === Side.buy ? 1 : -1;
          const ticks = [...expected.keys()].sort((left, right) => (left - right) * sign);
          const { levels } = book.sideOf(side);
          expect(levels.map((level) => level.ticks)).toEqual(ticks);
          for (const level of levels) {
            const queue = expected.get(level.ticks)!;
            expect(level.count).toBe(queue.length);
            expect(level.lots).toBe(queue.reduce((sum, order) => sum + order.lots, 0));
            // Orders of one price stand in the order of their arrival.
            let ahead = 0;
            for (const order of queue) {
              expect(book.lotsAhead(order)).toBe(ahead);
              ahead += order.lots;
            }
          }
        },
      ),
    );
  });
});

describe('listings', () => {
  it('of all kinds load from the recorded rows', () => {
    const listings = recordedInstruments().map((row) => new Listing(row));
    expect(new Set(listings.map((listing) => listing.kind))).toEqual(new Set(['spot', 'linear', 'inverse']));
    const byId = new Map(listings.map((listing) => [listing.instId, listing]));
    const swap = byId.get('BTC-USDT-SWAP')!;
    // 1 contract of 0.01 BTC at 78000.
    expect(swap.value(780_000, 100)).toBe(780n * 10n ** 18n);
    const inverse = byId.get('BTC-USD-SWAP')!;
    // 780 contracts of 100 USD at 78000 are one bitcoin.
    expect(inverse.value(780_000, 7_800)).toBe(10n ** 18n);
    expect(byId.get('BTC-USD_UM-SWAP')).toMatchObject({ settleCcy: 'USD', baseCcy: 'BTC', quoteCcy: 'USD' });
    expect(byId.get('BTC-USD_UM_XPERP-310404')).toMatchObject({ baseCcy: 'BTC', quoteCcy: 'USD' });
    expect(byId.get('ETH-BTC')).toMatchObject({ baseCcy: 'ETH', quoteCcy: 'BTC' });
  });

  it('are refused with the reason', () => {
    expect(() => new Listing({ instId: 'X-Y', instType: 'SPOT', tickSz: '' })).toThrow(ListingError);
  });
});

describe('trade statistics', () => {
  it('forget what is older than a day', () => {
    const hour = 3_600_000;
    const statistics = new TradeStatistics(100, START_MS);
    statistics.add(120, 5, 600, START_MS);
    statistics.add(90, 5, 450, START_MS + 2 * hour);
    expect(statistics).toMatchObject({ highTicks: 120, lowTicks: 90, lots24h: 10, openTicks: 100 });
    statistics.roll(START_MS + 25 * hour);
    expect(statistics).toMatchObject({ lots24h: 5, lowTicks: 90, lastTicks: 90 });
    statistics.roll(START_MS + 200 * hour);
    expect(statistics).toMatchObject({ lots24h: 0, highTicks: 90, lowTicks: 90, openTicks: 90 });
  });
});

describe('the exchange', () => {
  it('does not let the sink trade while it runs', () => {
    const world = new World();
    world.sink.onLevel = () => void world.place('b', 'buy', '77000', '1');
    expect(() => world.place('a', 'buy', '77000', '1')).toThrow(/does not trade/);
  });

  it('says when it next has something to do', () => {
    const world = new World();
    expect(world.exchange.nextEventMs()).toBe(START_MS + 200);
    world.exchange.advance(START_MS + 1_000);
    world.exchange.advance(START_MS);
    expect(world.exchange.nowMs).toBe(START_MS + 1_000);
  });
});
