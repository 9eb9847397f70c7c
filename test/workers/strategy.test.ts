/** What holds of every model, for any market, position and calibrated parameters (models.md par. 9). */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExplainField, LevelField } from '../../engine/base/explain-record.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { MarketDouble } from '../../engine/handoff/layout.ts';
import { QuoteView } from '../../engine/handoff/quote-slot.ts';
import { FIXED_STRATEGY, MODEL_NAMES } from '../../workers/strategy/parameters.ts';
import type { StrategyParameters } from '../../workers/strategy/parameters.ts';
import { Strategy } from '../../workers/strategy/strategy.ts';
import { marketOf } from './markets.ts';
import type { BestLevels } from './markets.ts';
import { modelRow } from './model-rows.ts';

const RECV_NS = 2e9;

interface Quote {
  readonly bids: readonly number[];
  readonly asks: readonly number[];
  readonly bidLots: readonly number[];
  readonly askLots: readonly number[];
  readonly idealBids: readonly number[];
  readonly idealAsks: readonly number[];
  readonly view: QuoteView;
  readonly explain: Float64Array;
}

function quoteOf(strategy: Strategy, best: BestLevels, groupLots = 0): Quote {
  const view = new QuoteView(10);
  const market = marketOf(best);
  market.doubles[MarketDouble.recvNs] = RECV_NS;
  market.doubles[MarketDouble.groupLots] = groupLots;
  strategy.compute(market, null, view);
  const ideals = (at: number): number[] =>
    Array.from(
      { length: strategy.parameters.levels },
      (_, level) => strategy.explain[at + level * LevelField.count + LevelField.idealTicks]!,
    );
  return {
    bids: Array.from(view.bidTicks.subarray(0, view.bidCount)),
    asks: Array.from(view.askTicks.subarray(0, view.askCount)),
    bidLots: Array.from(view.bidLots.subarray(0, view.bidCount)),
    askLots: Array.from(view.askLots.subarray(0, view.askCount)),
    idealBids: ideals(ExplainField.bids),
    idealAsks: ideals(ExplainField.asks),
    view,
    explain: strategy.explain,
  };
}

function quoted(
  parameters: StrategyParameters,
  row: Float64Array | undefined,
  best: BestLevels,
  groupLots = 0,
): Quote {
  const strategy = new Strategy(parameters, 1);
  if (row !== undefined) strategy.setModelRow(row);
  return quoteOf(strategy, best, groupLots);
}

const number = (min: number, max: number): fc.Arbitrary<number> => fc.double({ min, max, noNaN: true });

const anyParameters = fc
  .record({
    model: fc.constantFrom(...MODEL_NAMES),
    levels: fc.integer({ min: 1, max: 10 }),
    halfSpreadBps: number(0, 50),
    halfSpreadTicksMin: number(0, 5),
    halfSpreadBpsMin: fc.constantFrom(0, 0, 1),
    halfSpreadBpsMax: fc.constantFrom(1, 20, 100),
    profitBpsMin: fc.constantFrom(0, 0.5),
    levelStepBps: fc.constantFrom(0, 0.5, 4),
    spacing: fc.constantFrom('model' as const, 'arithmetic' as const, 'geometric' as const, 'bps' as const),
    levelRatio: number(1, 3),
    latticeRatio: fc.constantFrom(0, 0, 0.5, 1),
    placement: fc.constantFrom('improve' as const, 'join' as const),
    lots: fc.integer({ min: 20, max: 100 }),
    lotsStep: fc.integer({ min: 0, max: 30 }),
    sizeDecay: fc.constantFrom(0, 0, 0.3, 1),
    sizeSkewRatio: fc.constantFrom(0, 0.5, 1),
    inventoryDecay: fc.constantFrom(0, 0.05),
    minLots: fc.integer({ min: 1, max: 20 }),
    orderLotsMax: fc.constantFrom(100, 1_000),
    positionLotsMax: fc.integer({ min: 20, max: 5_000 }),
    softLimitRatio: fc.constantFrom(0, 0.5, 0.9, 1),
    skewBpsAtMax: fc.constantFrom(0, 1, 5, 40),
    horizonSeconds: fc.constantFrom(0, 1, 60),
    volatilitySeconds: number(0, 30),
    edgeMinRatio: number(0, 1),
    makerFeeRate: fc.constantFrom(-1e-4, 0, 2e-4),
    driftBpsPerHour: fc.constantFrom(0, 0, -20, 20),
  })
  .map((changes): StrategyParameters => ({ ...FIXED_STRATEGY, ...changes }));

const anyRow = fc.option(
  fc
    .record({
      sigma: fc.oneof(fc.constant(0), number(0.01, 500)),
      rate: number(0.001, 20),
      decay: number(0.0005, 2),
      askDecay: number(0.0005, 2),
      bidAdverse: number(0, 30),
      isTrusted: fc.constantFrom(0, 1, 1, 1),
    })
    .map(modelRow),
  { nil: undefined },
);

const anyBest = fc
  .record({
    bid: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: TICKS_MAX - 1_001 })),
    spread: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 1_000 })),
    bidLots: fc.integer({ min: 1, max: 1_000_000 }),
    askLots: fc.integer({ min: 1, max: 1_000_000 }),
    position: fc.integer({ min: -6_000, max: 6_000 }),
  })
  .map(({ spread, ...rest }): BestLevels => ({ ...rest, ask: rest.bid + spread }));

const falls = (prices: readonly number[]): boolean =>
  prices.every((price, level) => level === 0 || price < prices[level - 1]!);
const sum = (lots: readonly number[]): number => lots.reduce((total, each) => total + each, 0);

describe('every model', () => {
  it('never crosses the book or itself, and its prices strictly worsen', () => {
    fc.assert(
      fc.property(anyParameters, anyRow, anyBest, (parameters, row, best) => {
        const { bids, asks } = quoted(parameters, row, best);
        expect(bids.every((ticks) => Number.isInteger(ticks) && ticks >= 1 && ticks < best.ask)).toBe(true);
        expect(asks.every((ticks) => Number.isInteger(ticks) && ticks <= TICKS_MAX && ticks > best.bid)).toBe(
          true,
        );
        expect(falls(bids)).toBe(true);
        expect(falls(asks.map((ticks) => -ticks))).toBe(true);
        if (bids.length > 0 && asks.length > 0) expect(bids[0]!).toBeLessThan(asks[0]!);
      }),
      { numRuns: 5_000 },
    );
  });

  it('keeps sizes within bounds: whole lots, the least order, and the position’s limit if a side fills', () => {
    fc.assert(
      fc.property(anyParameters, anyRow, anyBest, (parameters, row, best) => {
        const { bidLots, askLots } = quoted(parameters, row, best);
        const { minLots, positionLotsMax: max, softLimitRatio, model } = parameters;
        const position = best.position!;
        expect([...bidLots, ...askLots].every((lots) => Number.isInteger(lots) && lots >= minLots)).toBe(
          true,
        );
        if (bidLots.length > 0) expect(position + sum(bidLots)).toBeLessThanOrEqual(max);
        if (askLots.length > 0) expect(position - sum(askLots)).toBeGreaterThanOrEqual(-max);
        if (model === 'fixed' || model === 'okx-sample' || softLimitRatio === 1) return;
        if (position >= softLimitRatio * max) expect(bidLots).toEqual([]);
        if (position <= -softLimitRatio * max) expect(askLots).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
  });

  it('stands where its own guard leaves it', () => {
    fc.assert(
      fc.property(anyParameters, anyRow, anyBest, (parameters, row, best) => {
        const { bids, asks, view } = quoted(parameters, row, best);
        // To the rounding of a difference of two large prices.
        const grain = best.ask * 1e-12;
        if (parameters.model === 'okx-sample') return;
        for (const ticks of bids) {
          expect(ticks).toBeLessThanOrEqual(view.referenceTicks - view.bidEdgeTicks + grain);
        }
        for (const ticks of asks) {
          expect(ticks).toBeGreaterThanOrEqual(view.referenceTicks + view.askEdgeTicks - grain);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  // Several round to the nearest tick and give the edge away: models.md par. 10.
  it('rounds bids down and asks up, never nearer than the model wants them', () => {
    fc.assert(
      fc.property(anyParameters, anyRow, anyBest, (parameters, row, best) => {
        const { explain } = quoted(parameters, row, best);
        for (let level = 0; level < parameters.levels; level++) {
          const bid = ExplainField.bids + level * LevelField.count;
          const ask = ExplainField.asks + level * LevelField.count;
          if (explain[bid + LevelField.lots]! > 0) {
            expect(explain[bid + LevelField.ticks]!).toBeLessThanOrEqual(
              explain[bid + LevelField.idealTicks]!,
            );
          }
          if (explain[ask + LevelField.lots]! > 0) {
            expect(explain[ask + LevelField.ticks]!).toBeGreaterThanOrEqual(
              explain[ask + LevelField.idealTicks]!,
            );
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('says only numbers', () => {
    fc.assert(
      fc.property(anyParameters, anyRow, anyBest, (parameters, row, best) => {
        const { view, explain } = quoted(parameters, row, best);
        expect([...view.doubles].every((value) => Number.isFinite(value))).toBe(true);
        expect(explain.slice(0, ExplainField.bids).every((value) => Number.isFinite(value))).toBe(true);
      }),
    );
  });

  it('is the same picture upside down when the book and the position are', () => {
    fc.assert(
      fc.property(
        anyParameters.filter(({ model }) => model !== 'okx-sample'),
        anyRow,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: -3_000, max: 3_000 }),
        (given, row, spread, position) => {
          // On both sides of 10,000, where a basis point is a tick, and far from the end of the price grid.
          const parameters = { ...given, driftBpsPerHour: 0, latticeRatio: 0, levelRatio: 1.5 };
          const even =
            row === undefined ? undefined : modelRow({ sigma: row[4]!, rate: row[15]!, decay: row[16]! });
          const best = { bid: 700_000 - spread, bidLots: 3, ask: 700_000 + spread, askLots: 3 };
          const one = quoted(parameters, even, { ...best, position });
          const other = quoted(parameters, even, { ...best, position: -position });
          expect(other.asks.map((ticks) => 1_400_000 - ticks)).toEqual(one.bids);
          expect(other.bids.map((ticks) => 1_400_000 - ticks)).toEqual(one.asks);
          expect(other.askLots).toEqual(one.bidLots);
          expect(other.bidLots).toEqual(one.askLots);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('without inventory stands as far below as above the fair price', () => {
    fc.assert(
      fc.property(anyParameters, anyRow, fc.integer({ min: 1, max: 500 }), (given, row, spread) => {
        if (given.model === 'okx-sample') return;
        const parameters = { ...given, driftBpsPerHour: 0, latticeRatio: 0, levelRatio: 1.5 };
        const even =
          row === undefined ? undefined : modelRow({ sigma: row[4]!, rate: row[15]!, decay: row[16]! });
        const best = { bid: 700_000 - spread, bidLots: 3, ask: 700_000 + spread, askLots: 3 };
        const { bids, asks } = quoted(parameters, even, best);
        expect(bids.map((ticks) => 700_000 - ticks)).toEqual(asks.map((ticks) => ticks - 700_000));
      }),
    );
  });

  it('quotes no higher with a larger position', () => {
    fc.assert(
      fc.property(
        anyParameters,
        anyRow,
        anyBest,
        fc.integer({ min: 0, max: 5_000 }),
        (given, row, best, more) => {
          const parameters = { ...given, sizeSkewRatio: 0, inventoryDecay: 0, latticeRatio: 0 };
          const less = quoted(parameters, row, best);
          const larger = quoted(parameters, row, { ...best, position: best.position! + more });
          if (less.bids.length > 0 && larger.bids.length > 0) {
            expect(larger.bids[0]!).toBeLessThanOrEqual(less.bids[0]!);
          }
          if (less.asks.length > 0 && larger.asks.length > 0) {
            expect(larger.asks[0]!).toBeLessThanOrEqual(less.asks[0]!);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('takes what the group holds for inventory, but not for its own limits', () => {
    fc.assert(
      fc.property(
        anyParameters,
        anyRow,
        anyBest,
        fc.integer({ min: 0, max: 5_000 }),
        (given, row, best, group) => {
          const parameters = { ...given, sizeSkewRatio: 0, inventoryDecay: 0, latticeRatio: 0 };
          const alone = quoted(parameters, row, best);
          const grouped = quoted(parameters, row, best, group);
          // Where neither has met the end of the price grid.
          if (grouped.bids.length === alone.bids.length) expect(grouped.bidLots).toEqual(alone.bidLots);
          if (grouped.asks.length === alone.asks.length) expect(grouped.askLots).toEqual(alone.askLots);
          if (alone.bids.length > 0 && grouped.bids.length > 0)
            expect(grouped.bids[0]!).toBeLessThanOrEqual(alone.bids[0]!);
          if (alone.asks.length > 0 && grouped.asks.length > 0) {
            expect(grouped.asks[0]!).toBeLessThanOrEqual(alone.asks[0]!);
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

describe('scale invariance', () => {
  const PARAMETERS: StrategyParameters = {
    ...FIXED_STRATEGY,
    levels: 3,
    halfSpreadBps: 2,
    lots: 10,
    positionLotsMax: 100,
    skewBpsAtMax: 3,
    spacing: 'model',
    makerFeeRate: 2e-5,
    driftBpsPerHour: 5,
  };
  const models = fc.constantFrom(...MODEL_NAMES);
  const scales = fc.constantFrom(2, 4, 10, 100);

  it('ticks of a tenth are ten times as many ticks, and the same prices', () => {
    fc.assert(
      fc.property(models, scales, fc.integer({ min: -100, max: 100 }), (model, scale, position) => {
        const best = { bid: 99_990, bidLots: 3, ask: 100_010, askLots: 5, position };
        const coarse = quoted(
          { ...PARAMETERS, model },
          modelRow({ sigma: 3, decay: 0.2, bidAdverse: 0.5 }),
          best,
        );
        const row = modelRow({ sigma: 3 * scale, decay: 0.2 / scale, bidAdverse: 0.5 * scale });
        const finer = { ...best, bid: best.bid * scale, ask: best.ask * scale };
        const fine = quoted({ ...PARAMETERS, model }, row, finer);
        fine.idealBids.forEach((price, level) => {
          if (Number.isNaN(price)) expect(coarse.idealBids[level]).toBeNaN();
          else expect(price / scale).toBeCloseTo(coarse.idealBids[level]!, 7);
        });
        fine.idealAsks.forEach((price, level) => {
          if (!Number.isNaN(price)) expect(price / scale).toBeCloseTo(coarse.idealAsks[level]!, 7);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('lots of a tenth are ten times as many lots, at the same prices', () => {
    fc.assert(
      fc.property(models, scales, fc.integer({ min: -100, max: 100 }), (model, scale, position) => {
        const best = { bid: 99_990, bidLots: 3, ask: 100_010, askLots: 5, position };
        const coarse = quoted({ ...PARAMETERS, model }, modelRow(), best);
        const parameters = {
          ...PARAMETERS,
          model,
          lots: PARAMETERS.lots * scale,
          positionLotsMax: PARAMETERS.positionLotsMax * scale,
          minLots: scale,
        };
        const fine = quoted(parameters, modelRow(), {
          ...best,
          bidLots: 3 * scale,
          askLots: 5 * scale,
          position: position * scale,
        });
        expect(fine.bids).toEqual(coarse.bids);
        expect(fine.asks).toEqual(coarse.asks);
        expect(fine.bidLots).toEqual(coarse.bidLots.map((lots) => lots * scale));
        expect(fine.askLots).toEqual(coarse.askLots.map((lots) => lots * scale));
      }),
      { numRuns: 300 },
    );
  });
});

describe('guard rails', () => {
  const GLFT: StrategyParameters = {
    ...FIXED_STRATEGY,
    model: 'glft',
    spacing: 'model',
    lots: 10,
    positionLotsMax: 100,
    skewBpsAtMax: 5,
    edgeMinRatio: 0.4,
    softLimitRatio: 0.5,
  };
  const EVEN: BestLevels = { bid: 9_999, bidLots: 5, ask: 10_001, askLots: 5 };

  it('half spreads are at least what a fill costs and the configuration wants beyond it, and at most their limit', () => {
    const half = (changes: Partial<StrategyParameters>, row = modelRow()): number =>
      quoted({ ...GLFT, ...changes }, row, EVEN).explain[ExplainField.halfLimitedTicks]!;
    const free = half({});
    expect(free).toBeGreaterThan(4);
    expect(half({ profitBpsMin: 50 })).toBeCloseTo(50, 9);
    expect(half({ profitBpsMin: 50, makerFeeRate: 1e-3 })).toBeCloseTo(60, 9);
    expect(half({ halfSpreadBpsMin: 30 })).toBeCloseTo(30, 9);
    expect(half({ halfSpreadTicksMin: 12 })).toBe(12);
    expect(half({ halfSpreadBpsMax: 2 })).toBeCloseTo(2, 9);
    expect(half({}, modelRow({ decay: 5e-5 }))).toBe(10_000);
  });

  it.each(['fixed', 'avellaneda-stoikov', 'glft', 'volatility', 'okx-sample'] as const)(
    '%s explains its first levels by half spreads and shift that add up to them, whatever the group holds',
    (model) => {
      for (const groupLots of [0, -30, 500]) {
        const parameters = { ...GLFT, model, softLimitRatio: 1, halfSpreadBps: 3 };
        const quote = quoted(parameters, modelRow({ bidAdverse: 2 }), { ...EVEN, position: 20 }, groupLots);
        const { explain, idealBids, idealAsks } = quote;
        const middle = explain[ExplainField.fairTicks]! + explain[ExplainField.shiftTicks]!;
        expect(idealBids[0]).toBeCloseTo(middle - explain[ExplainField.bidHalfTicks]!, 6);
        expect(idealAsks[0]).toBeCloseTo(middle + explain[ExplainField.askHalfTicks]!, 6);
        // 500 lots of the group are more than the largest position: they count as it.
        expect(explain[ExplainField.countedInventory]).toBe(groupLots === 500 ? 10 : (20 + groupLots) / 10);
      }
    },
  );

  it('a distance is negative only beyond the soft limit', () => {
    // Shifted by far more than the half spread at the limit.
    const steep = { ...GLFT, skewBpsAtMax: 100 };
    const wide = { bid: 9_900, bidLots: 5, ask: 10_100, askLots: 5 };
    const within = quoted(steep, modelRow(), { ...wide, position: 49 });
    expect(within.idealAsks[0]!).toBeLessThan(10_000);
    expect(within.asks[0]!).toBe(10_001);
    const beyond = quoted(steep, modelRow(), { ...wide, position: 60 });
    expect(beyond.asks[0]!).toBeLessThan(10_000);
    expect(beyond.asks[0]!).toBeGreaterThan(9_900);
    expect(beyond.bids).toEqual([]);
    expect(beyond.view.askEdgeTicks).toBeLessThan(0);
  });

  it('a position lowers the guard’s edge on the side that reduces it, and on no other', () => {
    const edges = (position: number): number[] => {
      const { view } = quoted(GLFT, modelRow(), { ...EVEN, position });
      return [view.bidEdgeTicks, view.askEdgeTicks];
    };
    const [bid, ask] = edges(0);
    expect(bid).toBeCloseTo(ask!, 12);
    expect(edges(25)[0]).toBeCloseTo(bid!, 12);
    expect(edges(12.5)[1]).toBeCloseTo(ask! / 2, 12);
    expect(edges(-12.5)[0]).toBeCloseTo(bid! / 2, 12);
    expect(edges(25)[1]).toBeCloseTo(0, 12);
  });

  it('what reduces a position at its floor is not pulled at the next flicker, on either side of the soft limit', () => {
    const steep = { ...GLFT, skewBpsAtMax: 500, halfSpreadTicksMin: 100 };
    const wide = { bid: 9_000, bidLots: 5, ask: 11_000, askLots: 5 };
    const room = (position: number): number[] => {
      const { asks, view } = quoted(steep, modelRow(), { ...wide, position });
      const { bids, view: mirrored } = quoted(steep, modelRow(), { ...wide, position: -position });
      return [
        asks[0]! - (view.referenceTicks + view.askEdgeTicks),
        mirrored.referenceTicks - mirrored.bidEdgeTicks - bids[0]!,
      ];
    };
    for (const position of [20, 30, 40, 49, 50, 60]) {
      for (const ticks of room(position)) {
        expect(ticks).toBeGreaterThan(20);
        expect(ticks).toBeLessThan(45);
      }
    }
  });

  it('nothing is quoted while the mark price is far away', () => {
    const market = marketOf(EVEN);
    const view = new QuoteView(10);
    const strategy = new Strategy(
      { ...FIXED_STRATEGY, halfSpreadBps: 5, positionLotsMax: 10, markDeviationBpsMax: 100 },
      1,
    );
    const counts = (mark: number): number => {
      market.doubles[MarketDouble.markTicks] = mark;
      strategy.compute(market, null, view);
      return view.bidCount + view.askCount;
    };
    expect([0, 10_000, 10_099, 9_901, 10_102, 9_898].map(counts)).toEqual([2, 2, 2, 2, 0, 0]);
  });
});
