import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LevelSizes, sharesByInventory } from '../../../workers/strategy/ladder/level-sizes.ts';
import { FIXED_STRATEGY } from '../../../workers/strategy/parameters.ts';
import type { StrategyParameters } from '../../../workers/strategy/parameters.ts';

function sizesOf(parameters: Partial<StrategyParameters>, share = 1): number[] {
  const all = { ...FIXED_STRATEGY, ...parameters };
  const out = new Float64Array(all.levels);
  new LevelSizes(all).compute(Float64Array.of(share), 0, out);
  return [...out];
}

function sharesOf(parameters: Partial<StrategyParameters>, share: number, units: number): number[] {
  const out = new Float64Array(2);
  sharesByInventory({ ...FIXED_STRATEGY, ...parameters }, Float64Array.of(share, units), out, 0);
  return [...out];
}

// models.md par. 5.
describe('sizes of the levels', () => {
  it('flat, and a pyramid', () => {
    expect(sizesOf({ levels: 3, lots: 100 })).toEqual([100, 100, 100]);
    expect(sizesOf({ levels: 4, lots: 100, lotsStep: 50 })).toEqual([100, 150, 200, 250]);
  });

  it('exponential: 100, 74.08, 54.88, 40.66, 30.12, cut to whole lots, the remainder on the first level', () => {
    const exact = [100, 74.081822, 54.881164, 40.656966, 30.119421];
    const found = sizesOf({ levels: 5, lots: 100_000_000, sizeDecay: 0.3 });
    found.forEach((lots, level) => expect(lots / 1e6).toBeCloseTo(exact[level]!, 5));
    expect(sizesOf({ levels: 5, lots: 100, sizeDecay: 0.3 })).toEqual([101, 74, 54, 40, 30]);
  });

  it('levels below the least order are dropped, and their size goes to the first', () => {
    expect(sizesOf({ levels: 4, lots: 100, sizeDecay: 0.7, minLots: 20 })).toEqual([113, 49, 24, 0]);
    expect(sizesOf({ levels: 3, lots: 10, minLots: 8 }, 0.5)).toEqual([15, 0, 0]);
    expect(sizesOf({ levels: 3, lots: 10, minLots: 20 }, 0.5)).toEqual([0, 0, 0]);
    expect(sizesOf({ levels: 3, lots: 10 }, 0)).toEqual([0, 0, 0]);
  });

  it('none is made larger than the largest order', () => {
    expect(sizesOf({ levels: 4, lots: 100, sizeDecay: 0.7, minLots: 20, orderLotsMax: 110 })).toEqual([
      110, 49, 24, 0,
    ]);
    expect(sizesOf({ levels: 2, lots: 100, orderLotsMax: 110 }, 2)).toEqual([110, 110]);
  });

  it('add up to no more than is wanted, and to all of it but a lot where nothing limits them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10 }),
        fc.integer({ min: 1, max: 1_000 }),
        fc.integer({ min: 0, max: 300 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        fc.double({ min: 0, max: 2, noNaN: true }),
        fc.integer({ min: 1, max: 50 }),
        (levels, lots, lotsStep, sizeDecay, share, minLots) => {
          const found = sizesOf({ levels, lots, lotsStep, sizeDecay, minLots }, share);
          const wanted = found.reduce(
            (sum, _, level) => sum + share * (lots + level * lotsStep) * Math.exp(-sizeDecay * level),
            0,
          );
          const total = found.reduce((sum, each) => sum + each, 0);
          expect(found.every((each) => each === 0 || (Number.isInteger(each) && each >= minLots))).toBe(true);
          expect(total).toBeLessThanOrEqual(wanted + 1e-6);
          if (wanted >= minLots) expect(total).toBeGreaterThan(wanted - 1 - 1e-6);
        },
      ),
    );
  });
});

describe('inventory on size', () => {
  it('runs from 0 to 2 as the inventory runs between its limits', () => {
    expect(sharesOf({ sizeSkewRatio: 1 }, -1, -10)).toEqual([2, 0]);
    expect(sharesOf({ sizeSkewRatio: 1 }, 0, 0)).toEqual([1, 1]);
    expect(sharesOf({ sizeSkewRatio: 1 }, 0.5, 5)).toEqual([0.5, 1.5]);
    expect(sharesOf({ sizeSkewRatio: 0.5 }, 1, 10)).toEqual([0.5, 1.5]);
  });

  it('e^(−η|q|) on the side that adds to it, and on no other', () => {
    expect(sharesOf({ inventoryDecay: 0.1 }, 0.5, 5)).toEqual([Math.exp(-0.5), 1]);
    expect(sharesOf({ inventoryDecay: 0.1 }, -0.5, -5)).toEqual([1, Math.exp(-0.5)]);
    expect(sharesOf({}, 0.5, 5)).toEqual([1, 1]);
  });
});
