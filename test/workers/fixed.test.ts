import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { MarketDouble } from '../../engine/handoff/layout.ts';
import type { MarketView } from '../../engine/handoff/market-slot.ts';
import { QuoteView } from '../../engine/handoff/quote-slot.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';
import { Strategy } from '../../workers/strategy/strategy.ts';
import { FixedLadder } from '../model/fixed-ladder.ts';
import { PLAIN_LADDER, marketOf } from './markets.ts';
import type { BestLevels } from './markets.ts';

interface Quote {
  readonly bids: [ticks: number, lots: number][];
  readonly asks: [ticks: number, lots: number][];
  readonly fair: number;
  readonly edgeMin: number;
}

function compute(parameters: Partial<StrategyParameters>, market: MarketView): Quote {
  const view = new QuoteView(10);
  // What the view held before must not show.
  view.bidCount = 7;
  view.askCount = 7;
  new Strategy({ ...PLAIN_LADDER, ...parameters }, 1).compute(market, null, view);
  return {
    bids: Array.from({ length: view.bidCount }, (_, level) => [view.bidTicks[level], view.bidLots[level]]),
    asks: Array.from({ length: view.askCount }, (_, level) => [view.askTicks[level], view.askLots[level]]),
    fair: view.fairTicks,
    edgeMin: view.bidEdgeTicks,
  };
}

const EVEN: BestLevels = { bid: 9_999, bidLots: 5, ask: 10_001, askLots: 5 };

describe('the model fixed', () => {
  it('stands symmetric around the fair price of an even book', () => {
    expect(compute({}, marketOf(EVEN))).toEqual({
      bids: [
        [9_995, 10],
        [9_993, 15],
        [9_991, 20],
      ],
      asks: [
        [10_005, 10],
        [10_007, 15],
        [10_009, 20],
      ],
      fair: 10_000,
      edgeMin: 2,
    });
  });

  it('weights across: a big bid moves the fair price towards the ask (100.375)', () => {
    const market = marketOf({ bid: 200, bidLots: 30, ask: 201, askLots: 10 });
    expect(compute({}, market).fair).toBe(100.375 * 2);
  });

  it('rounds bids down and asks up', () => {
    // Fair 10,000.2, half 3.00006: bid from 9,997.19994, ask from 10,003.20006.
    const market = marketOf({ bid: 10_000, bidLots: 1, ask: 10_001, askLots: 4 });
    const { bids, asks } = compute({ halfSpreadBps: 3, levels: 1 }, market);
    expect([bids[0][0], asks[0][0]]).toEqual([9_997, 10_004]);
  });

  it('shifts both sides against the position, by skewBpsAtMax at the most', () => {
    const firsts = (position: number): number[] => {
      const { bids, asks } = compute({ levels: 1, edgeMinRatio: 0 }, marketOf({ ...EVEN, position }));
      return [bids[0]?.[0] ?? Number.NaN, asks[0]?.[0] ?? Number.NaN];
    };
    expect(firsts(50)).toEqual([9_993, 10_003]);
    expect(firsts(-50)).toEqual([9_997, 10_007]);
    expect(firsts(100)).toEqual([Number.NaN, 10_001]);
    expect(firsts(1_000)).toEqual([Number.NaN, 10_001]);
    expect(firsts(-100)).toEqual([9_999, Number.NaN]);
  });

  it('keeps a quarter more than the least edge on the side that the skew brings near', () => {
    // Least edge 2, kept 2.5: the ask would be 10,001 and stands at ceil(10,002.5).
    const { asks } = compute({ levels: 1 }, marketOf({ ...EVEN, position: 100 }));
    expect(asks).toEqual([[10_003, 10]]);
  });

  it('trims the far levels so that the worst case stays within the limit', () => {
    const { bids, asks } = compute({}, marketOf({ ...EVEN, position: 80 }));
    expect(bids.map(([, lots]) => lots)).toEqual([10, 10]);
    expect(asks.map(([, lots]) => lots)).toEqual([10, 15, 20]);
    expect(
      compute({ minLots: 11, lots: 15 }, marketOf({ ...EVEN, position: 80 })).bids.map(([, l]) => l),
    ).toEqual([15]);
  });

  it('never crosses the best prices, however narrow its spread', () => {
    const narrow = { halfSpreadBps: 0, halfSpreadTicksMin: 0, levelStepBps: 0, edgeMinRatio: 0 };
    // Fair 100.999: the ask may not be at it, nor the bid above it, even with all the skew there is.
    const best = { bid: 100, bidLots: 1_000, ask: 101, askLots: 1, position: -50 };
    const { bids, asks } = compute({ ...narrow, skewBpsAtMax: 2 }, marketOf(best));
    expect(bids.map(([ticks]) => ticks)).toEqual([100, 99, 98]);
    expect(asks.map(([ticks]) => ticks)).toEqual([102, 103, 104]);
  });

  it('stops at the ends of the price grid', () => {
    expect(compute({}, marketOf({ bid: 2, bidLots: 1, ask: 4, askLots: 1 })).bids).toEqual([
      [2, 10],
      [1, 15],
    ]);
    const top = marketOf({ bid: TICKS_MAX - 2, bidLots: 1, ask: TICKS_MAX - 1, askLots: 1 });
    expect(compute({}, top).asks).toEqual([]);
  });

  it.each<[string, (market: MarketView) => void]>([
    ['is not quotable', (market) => (market.isQuotable = false)],
    ['has no bids', (market) => (market.bidCount = 0)],
    ['has no asks', (market) => (market.askCount = 0)],
    ['is crossed', (market) => (market.bidTicks[0] = market.askTicks[0])],
    ['has a level without size', (market) => (market.askLots[0] = 0)],
    ['has a size that is no number', (market) => (market.bidLots[0] = Number.NaN)],
    ['comes with an unknown position', (market) => (market.doubles[MarketDouble.positionLots] = Number.NaN)],
  ])('quotes nothing when the market %s', (_, spoil) => {
    const market = marketOf(EVEN);
    spoil(market);
    expect(compute({}, market)).toEqual({ bids: [], asks: [], fair: 0, edgeMin: 0 });
  });

  it.each<Partial<StrategyParameters>>([
    { levels: 1.5 },
    { lots: 0.5 },
    { halfSpreadBps: -1 },
    { skewBpsAtMax: Number.NaN },
    { edgeMinRatio: 1.1 },
    { minLots: 0 },
    { positionLotsMax: 0 },
  ])('refuses %o', (wrong) => {
    expect(() => new Strategy({ ...PLAIN_LADDER, ...wrong }, 1)).toThrow(/ladder|least|strategy/);
  });
});

const anyParameters = fc.record({
  ...(Object.fromEntries(Object.entries(PLAIN_LADDER).map(([key, value]) => [key, fc.constant(value)])) as {
    [K in keyof StrategyParameters]: fc.Arbitrary<StrategyParameters[K]>;
  }),
  levels: fc.integer({ min: 0, max: 10 }),
  halfSpreadBps: fc.double({ min: 0, max: 100, noNaN: true }),
  halfSpreadTicksMin: fc.double({ min: 0, max: 20, noNaN: true }),
  levelStepBps: fc.double({ min: 0, max: 50, noNaN: true }),
  lots: fc.integer({ min: 0, max: 1_000 }),
  lotsStep: fc.integer({ min: 0, max: 100 }),
  skewBpsAtMax: fc.double({ min: 0, max: 200, noNaN: true }),
  positionLotsMax: fc.integer({ min: 1, max: 10_000 }),
  edgeMinRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  minLots: fc.integer({ min: 1, max: 50 }),
});

const anyBest = fc
  .record({
    bid: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: TICKS_MAX - 1_001 })),
    spread: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1_000 })),
    bidLots: fc.integer({ min: 1, max: 1_000_000_000 }),
    askLots: fc.integer({ min: 1, max: 1_000_000_000 }),
    position: fc.integer({ min: -12_000, max: 12_000 }),
  })
  .map(({ spread, ...rest }): BestLevels => ({ ...rest, ask: rest.bid + spread }));

const total = (levels: [number, number][]): number => levels.reduce((sum, [, lots]) => sum + lots, 0);
const strictlyWorsens = (prices: number[]): boolean =>
  prices.every((price, level) => level === 0 || price < prices[level - 1]);

describe('the model fixed, for any market and parameters', () => {
  it('never crosses the book or itself, worsens strictly, and stands within its own guard', () => {
    fc.assert(
      fc.property(anyParameters, anyBest, (parameters, best) => {
        const { bids, asks, fair, edgeMin } = compute(parameters, marketOf(best));
        const bidPrices = bids.map(([ticks]) => ticks);
        const askPrices = asks.map(([ticks]) => ticks);
        expect(bidPrices.every((ticks) => Number.isInteger(ticks) && ticks >= 1 && ticks < best.ask)).toBe(
          true,
        );
        expect(
          askPrices.every((ticks) => Number.isInteger(ticks) && ticks <= TICKS_MAX && ticks > best.bid),
        ).toBe(true);
        expect(strictlyWorsens(bidPrices)).toBe(true);
        expect(strictlyWorsens(askPrices.map((ticks) => -ticks))).toBe(true);
        expect(Math.max(...bidPrices, Number.NEGATIVE_INFINITY)).toBeLessThan(
          Math.min(...askPrices, Infinity),
        );
        expect(bidPrices.every((ticks) => ticks <= fair - edgeMin)).toBe(true);
        expect(askPrices.every((ticks) => ticks >= fair + edgeMin)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('keeps the position within its limit if a whole side fills, in whole lots of at least the least order', () => {
    fc.assert(
      fc.property(anyParameters, anyBest, (parameters, best) => {
        const { bids, asks } = compute(parameters, marketOf(best));
        const position = best.position!;
        const max = parameters.positionLotsMax;
        expect(bids.length <= parameters.levels && asks.length <= parameters.levels).toBe(true);
        expect(bids.length === 0 || position + total(bids) <= max).toBe(true);
        expect(asks.length === 0 || position - total(asks) >= -max).toBe(true);
        const sizes = [...bids, ...asks].map(([, lots]) => lots);
        expect(sizes.every((lots) => Number.isInteger(lots) && lots >= parameters.minLots)).toBe(true);
      }),
      { numRuns: 3_000 },
    );
  });

  it('quotes no higher with a larger position', () => {
    fc.assert(
      fc.property(anyParameters, anyBest, fc.integer({ min: 0, max: 5_000 }), (parameters, best, more) => {
        const less = compute(parameters, marketOf(best));
        const larger = compute(parameters, marketOf({ ...best, position: best.position! + more }));
        expect(larger.bids.every(([ticks], level) => ticks <= less.bids[level][0])).toBe(true);
        expect(less.asks.every(([ticks], level) => ticks >= larger.asks[level][0])).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the same picture upside down when the book and the position are', () => {
    fc.assert(
      fc.property(
        anyParameters,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: -50, max: 50 }),
        (given, spread, lots) => {
          // An even book: only then do both fair prices lie equally far from the mirror, and only where basis points of
          // both are the same, which ticks as the only distances make sure of.
          const parameters = { ...given, halfSpreadBps: 0, levelStepBps: 0, skewBpsAtMax: 0 };
          const best = { bid: 10_000 - spread, bidLots: 3, ask: 10_000 + spread, askLots: 3 };
          const { bids, asks } = compute(parameters, marketOf({ ...best, position: lots }));
          const mirrored = compute(parameters, marketOf({ ...best, position: -lots }));
          expect(mirrored.asks.map(([ticks, size]) => [20_000 - ticks, size])).toEqual(bids);
          expect(mirrored.bids.map(([ticks, size]) => [20_000 - ticks, size])).toEqual(asks);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('is the strategy that the engine began with, to the last bit', () => {
    fc.assert(
      fc.property(anyParameters, anyBest, (given, best) => {
        // That one quoted nothing where the first level was below the least order, which configuration refuses.
        const parameters = { ...given, lots: Math.max(given.lots, given.minLots) };
        const [now, then] = [new QuoteView(10), new QuoteView(10)];
        new Strategy(parameters, 1).compute(marketOf(best), null, now);
        new FixedLadder(parameters).compute(marketOf(best), then);
        expect([now.bidCount, now.askCount]).toEqual([then.bidCount, then.askCount]);
        expect(now.doubles).toEqual(then.doubles);
        expect(now.bidTicks).toEqual(then.bidTicks);
        expect(now.askTicks).toEqual(then.askTicks);
        expect(now.bidLots).toEqual(then.bidLots);
        expect(now.askLots).toEqual(then.askLots);
      }),
      { numRuns: 3_000 },
    );
  });

  it('gives the same quote for the same market, whatever came before', () => {
    fc.assert(
      fc.property(anyParameters, fc.array(anyBest, { minLength: 2, maxLength: 5 }), (parameters, bests) => {
        const strategy = new Strategy(parameters, 1);
        const used = new QuoteView(10);
        for (const best of bests) strategy.compute(marketOf(best), null, used);
        const fresh = new QuoteView(10);
        new Strategy(parameters, 1).compute(marketOf(bests.at(-1)!), null, fresh);
        expect([used.bidCount, used.askCount, ...used.doubles]).toEqual([
          fresh.bidCount,
          fresh.askCount,
          ...fresh.doubles,
        ]);
        expect(used.bidTicks.slice(0, used.bidCount)).toEqual(fresh.bidTicks.slice(0, fresh.bidCount));
        expect(used.askLots.slice(0, used.askCount)).toEqual(fresh.askLots.slice(0, fresh.askCount));
      }),
      { numRuns: 500 },
    );
  });
});
