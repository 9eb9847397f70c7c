import { describe, expect, it } from 'vitest';
import { ExplainField, LevelAbsence, LevelClamp, LevelField } from '../../../engine/base/explain-record.ts';
import { QuoteView } from '../../../engine/handoff/quote-slot.ts';
import { FIXED_STRATEGY } from '../../../workers/strategy/parameters.ts';
import type { StrategyParameters } from '../../../workers/strategy/parameters.ts';
import { Strategy } from '../../../workers/strategy/strategy.ts';
import { marketOf } from '../markets.ts';
import type { BestLevels } from '../markets.ts';
import { modelRow } from '../model-rows.ts';

const EVEN: BestLevels = { bid: 9_999, bidLots: 5, ask: 10_001, askLots: 5 };
const WIDE: BestLevels = { bid: 9_900, bidLots: 5, ask: 10_100, askLots: 5 };

function quoted(changes: Partial<StrategyParameters>, best: BestLevels = EVEN, row?: Float64Array) {
  const parameters = { ...FIXED_STRATEGY, lots: 10, positionLotsMax: 1_000, ...changes };
  const strategy = new Strategy(parameters, 1);
  if (row !== undefined) strategy.setModelRow(row);
  const quote = new QuoteView(10);
  const market = marketOf(best);
  market.doubles[3] = 2e9;
  strategy.compute(market, null, quote);
  const rows = (at: number, field: number): number[] =>
    Array.from(
      { length: parameters.levels },
      (_, level) => strategy.explain[at + level * LevelField.count + field]!,
    );
  return {
    bids: Array.from(quote.bidTicks.subarray(0, quote.bidCount)),
    asks: Array.from(quote.askTicks.subarray(0, quote.askCount)),
    bidLots: Array.from(quote.bidLots.subarray(0, quote.bidCount)),
    idealBids: rows(ExplainField.bids, LevelField.idealTicks),
    idealAsks: rows(ExplainField.asks, LevelField.idealTicks),
    clamps: rows(ExplainField.bids, LevelField.clamps),
    absences: rows(ExplainField.bids, LevelField.absence),
    explain: strategy.explain,
    quote,
  };
}

// models.md par. 5.
describe('where the levels stand', () => {
  it('arithmetic: a step from level to level', () => {
    const { bids, asks } = quoted({ levels: 3, halfSpreadBps: 2, levelStepBps: 3 });
    expect(bids).toEqual([9_998, 9_995, 9_992]);
    expect(asks).toEqual([10_002, 10_005, 10_008]);
  });

  it('geometric: 2, 3, 4.5, 6.75, 10.125 from the fair price', () => {
    const { idealBids, idealAsks, bids } = quoted({
      levels: 5,
      halfSpreadBps: 2,
      spacing: 'geometric',
      levelRatio: 1.5,
    });
    [2, 3, 4.5, 6.75, 10.125].forEach((distance, level) => {
      expect(10_000 - idealBids[level]!).toBeCloseTo(distance, 9);
      expect(idealAsks[level]! - 10_000).toBeCloseTo(distance, 9);
    });
    expect(bids).toEqual([9_998, 9_997, 9_995, 9_993, 9_989]);
  });

  it('in basis points of the price, whatever the model says', () => {
    const { idealBids } = quoted(
      { model: 'glft', levels: 3, halfSpreadBps: 7, levelStepBps: 4, spacing: 'bps' },
      EVEN,
      modelRow(),
    );
    [7, 11, 15].forEach((distance, level) => expect(10_000 - idealBids[level]!).toBeCloseTo(distance, 9));
  });

  // bybit-smm divided basis points by 1e-4: models.md par. 10.
  it('a basis point is a ten-thousandth of the price', () => {
    expect(quoted({ levels: 1, halfSpreadBps: 100 }).bids).toEqual([9_900]);
  });

  it('by the model: level i is the first level once those before it are filled', () => {
    const changes = { model: 'glft', levels: 4, skewBpsAtMax: 100, spacing: 'model' } as const;
    const { idealBids, explain } = quoted(changes, EVEN, modelRow());
    const skew = explain[ExplainField.skewTicks]!;
    expect(skew).toBeCloseTo(1, 9);
    for (let level = 0; level < 4; level++) {
      const later = quoted(changes, { ...EVEN, position: 10 * level }, modelRow());
      expect(idealBids[level]!).toBeCloseTo(later.idealBids[0]!, 9);
    }
  });

  it('by the model, but at least a step apart', () => {
    const { idealBids, bids } = quoted(
      { model: 'glft', levels: 3, skewBpsAtMax: 1, levelStepBps: 6, spacing: 'model' },
      EVEN,
      modelRow(),
    );
    expect(idealBids[0]! - idealBids[2]!).toBeLessThan(1);
    expect([bids[0]! - bids[1]!, bids[1]! - bids[2]!]).toEqual([6, 6]);
  });

  it('on a lattice of the half spread, anchored at multiples of its step', () => {
    // As hftbacktest's grid: bids at floor(bid / g)·g, then a step each.
    const { bids, asks, clamps } = quoted({
      levels: 3,
      halfSpreadBps: 7,
      latticeRatio: 1,
      spacing: 'arithmetic',
    });
    expect(bids).toEqual([9_989, 9_982, 9_975]);
    expect(asks).toEqual([10_010, 10_017, 10_024]);
    expect(clamps[0]! & LevelClamp.lattice).toBeGreaterThan(0);
  });

  it('joins the best price at the most, or improves on it', () => {
    const near = { levels: 2, halfSpreadBps: 5 } as const;
    expect(quoted({ ...near, placement: 'improve' }, WIDE).bids).toEqual([9_995, 9_994]);
    const { bids, asks, clamps } = quoted({ ...near, placement: 'join' }, WIDE);
    expect(bids).toEqual([9_900, 9_899]);
    expect(asks).toEqual([10_100, 10_101]);
    expect(clamps[0]! & LevelClamp.improve).toBeGreaterThan(0);
  });

  it('says why a level is not there', () => {
    const at = (position: number, changes: Partial<StrategyParameters>): number[] =>
      quoted({ levels: 3, positionLotsMax: 100, ...changes }, { ...EVEN, position }).absences;
    const { none, positionLimit, softLimit, belowLeastSize } = LevelAbsence;
    expect(at(85, {})).toEqual([none, none, positionLimit]);
    expect(at(60, { model: 'glft', softLimitRatio: 0.5 })).toEqual([softLimit, softLimit, softLimit]);
    expect(at(0, { minLots: 6, sizeDecay: 0.5 })).toEqual([none, none, belowLeastSize]);
  });
});

// Facts of github.com/okxapi/okx-sample-market-maker, strategy/SampleMM.py and utils/InstrumentUtil.py, read in
// November 2026.
describe('OKX’s sample', () => {
  const sample = (position: number) =>
    quoted(
      {
        model: 'okx-sample',
        levels: 5,
        levelStepBps: 10,
        positionLotsMax: 100,
        skewBpsAtMax: 50,
        lotsStep: 7,
      },
      { bid: 100_000, bidLots: 9, ask: 100_010, askLots: 1, position },
    );

  it('stands at steps of the best bid and ask, rounded away, all of one size', () => {
    const { bids, asks, bidLots } = sample(0);
    expect(bids).toEqual([99_900, 99_800, 99_700, 99_600, 99_500]);
    expect(asks).toEqual([100_111, 100_211, 100_311, 100_411, 100_511]);
    expect(bidLots).toEqual([10, 10, 10, 10, 10]);
  });

  it.each([
    [1, 5, 5],
    [20, 4, 5],
    [50, 3, 5],
    [99, 1, 5],
    [100, 0, 5],
    [150, 0, 5],
    [-50, 5, 3],
  ])('with a position of %d has %d bids and %d asks, all where they were', (position, bids, asks) => {
    const found = sample(position);
    expect([found.bids.length, found.asks.length]).toEqual([bids, asks]);
    expect(found.bids).toEqual(sample(0).bids.slice(0, bids));
  });

  it('neither tells rates to the requote rule nor depends on calibration', () => {
    expect(sample(0).quote.bidRate).toBe(0);
  });
});
