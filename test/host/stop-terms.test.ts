import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { isPriceOff, stopPrices } from '../../engine/host/stop-terms.ts';
import type { Held } from '../../engine/host/stop-terms.ts';

const TERMS = { stopLossBps: 500, takeProfitBps: 1_000 };
const LONG: Held = { isLong: true, lots: 3, entryTicks: 10_000, markTicks: 10_100 };
const SHORT: Held = { ...LONG, isLong: false };

describe('prices of a stop', () => {
  it('lie around the entry: 5 % against the position, 10 % for it', () => {
    expect(stopPrices(LONG, TERMS, null)).toEqual({
      side: Side.sell,
      stopTicks: 9_500,
      targetTicks: 11_000,
    });
    expect(stopPrices(SHORT, TERMS, null)).toEqual({
      side: Side.buy,
      stopTicks: 10_500,
      targetTicks: 9_000,
    });
    expect(stopPrices(LONG, { ...TERMS, takeProfitBps: 0 }, null).targetTicks).toBe(0);
  });

  it('begin from the price of now where that has passed them, and stay there', () => {
    // The stop from the entry would be 9,500; the mark is below: 5 % under 9,000.
    const lost = { ...LONG, markTicks: 9_000 };
    const first = stopPrices(lost, TERMS, null);
    expect(first.stopTicks).toBe(8_550);
    // It neither follows a price that comes nearer nor one that goes away from it.
    for (const markTicks of [8_600, 9_300]) {
      expect(stopPrices({ ...lost, markTicks }, TERMS, first).stopTicks).toBe(8_550);
    }
    expect(stopPrices({ ...lost, markTicks: 9_600 }, TERMS, first).stopTicks).toBe(9_500);
    // One of the other side is no measure.
    expect(stopPrices(lost, TERMS, { side: Side.buy, stopTicks: 8_700, targetTicks: 0 }).stopTicks).toBe(
      8_550,
    );
  });

  it('do not run away from a price that has reached them: the venue triggers by its own', () => {
    // Entered at 10,000, the stop of 5 % stands at 9,500.
    const standing = { side: Side.sell, stopTicks: 9_500, targetTicks: 11_000 };
    for (const markTicks of [9_505, 9_500, 9_499, 9_000]) {
      expect(stopPrices({ ...LONG, markTicks }, TERMS, standing).stopTicks).toBe(9_500);
    }
    for (const markTicks of [10_995, 11_000, 11_500]) {
      expect(stopPrices({ ...LONG, markTicks }, TERMS, standing).targetTicks).toBe(11_000);
    }
  });

  it('of a new one are never on the wrong side of the price of now', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.double({ min: 10, max: 1e6, noNaN: true }),
        fc.double({ min: 10, max: 1e6, noNaN: true }),
        fc.integer({ min: 1, max: 5_000 }),
        (isLong, entryTicks, markTicks, stopLossBps) => {
          const held = { isLong, lots: 1, entryTicks, markTicks };
          const { stopTicks } = stopPrices(held, { stopLossBps, takeProfitBps: 0 }, null);
          expect(stopTicks).toBeGreaterThan(0);
          if (isLong) expect(stopTicks).toBeLessThan(markTicks);
          else expect(stopTicks).toBeGreaterThan(markTicks);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('are worth a request from a share of their distance on', () => {
    // A tenth of 5 % of 10,000: 50 ticks.
    expect(isPriceOff(9_500, 9_550, 10_000, 500, 0.1)).toBe(false);
    expect(isPriceOff(9_500, 9_551, 10_000, 500, 0.1)).toBe(true);
    expect(isPriceOff(0, 9_551, 10_000, 500, 0.1)).toBe(true);
    expect(isPriceOff(0, 0, 10_000, 0, 0.1)).toBe(false);
  });
});
