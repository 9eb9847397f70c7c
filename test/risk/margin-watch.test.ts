import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KillLadder, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { MarginWatch } from '../../engine/risk/margin-watch.ts';

const { quoting, reduceOnly, paused } = KillLevel;

function rig(marginRatioMin = 3, liquidationDistanceBps = 200): { ladder: KillLadder; watch: MarginWatch } {
  const ladder = new KillLadder([{ instId: 'BTC-USDT-SWAP' }, { instId: 'ETH-USDT-SWAP' }]);
  const options = { ladder, instrumentCount: 2, marginRatioMin, liquidationDistanceBps };
  return { ladder, watch: new MarginWatch(options) };
}

describe('the margin watch', () => {
  it.each([
    ['at the limit', [3], quoting],
    ['below it', [2.99], reduceOnly],
    ['at half of it', [1.5], reduceOnly],
    ['below half of it', [1.49], paused],
    ['negative', [-1], paused],
    ['back on the limit', [2.99, 3.29], reduceOnly],
    ['back a tenth above it', [2.99, 3.31], quoting],
    ['from paused to half of it', [1, 1.6], paused],
    ['from paused above half of it', [1, 1.7], reduceOnly],
    ['from paused to plenty', [1, 50], quoting],
    ['not told from the first', [NaN], quoting],
    ['without any margin used', [Infinity], quoting],
  ])('judges a ratio %s', (_, ratios, level) => {
    const { ladder, watch } = rig();
    for (const ratio of ratios) watch.onMarginRatio(ratio);
    expect(ladder.accountLevel).toBe(level);
    expect(ladder.accountReason).toBe(level === quoting ? KillTrigger.none : KillTrigger.margin);
  });

  it('takes no ratio for no news while there is a position, and for no margin used while there is none', () => {
    const { ladder, watch } = rig();
    watch.onPosition(1, -5, NaN);
    watch.onMarginRatio(2.99);
    watch.onMarginRatio(NaN);
    expect([ladder.accountLevel, watch.marginRatio]).toEqual([reduceOnly, 2.99]);
    watch.onPosition(1, 0, NaN);
    watch.onMarginRatio(NaN);
    expect([ladder.accountLevel, watch.marginRatio]).toEqual([quoting, NaN]);
  });

  it.each([
    ['a long far above', 10, 9_000, [10_000], quoting],
    ['a long at the limit', 10, 9_800, [10_000], quoting],
    ['a long within it', 10, 9_801, [10_000], reduceOnly],
    ['a long within half of it', 10, 9_901, [10_000], paused],
    ['a long past it', 10, 10_100, [10_000], paused],
    ['a short far below', -10, 11_000, [10_000], quoting],
    ['a short within it', -10, 10_199, [10_000], reduceOnly],
    ['a short that the mark comes near', -10, 11_000, [10_000, 10_790], reduceOnly],
    ['a short that the mark leaves a little', -10, 11_000, [10_790, 10_780], reduceOnly],
    ['a short that the mark leaves', -10, 11_000, [10_790, 10_750], quoting],
    ['a mark that is not known', 10, 9_801, [0, NaN], quoting],
  ])('judges the distance of %s', (_, lots, liquidationTicks, marks, level) => {
    const { ladder, watch } = rig();
    watch.onPosition(0, lots, liquidationTicks);
    for (const mark of marks) watch.onMark(0, mark);
    expect(ladder.level(0)).toBe(level);
    expect(ladder.level(1)).toBe(quoting);
  });

  it('is over with the position, and no news is none', () => {
    const { ladder, watch } = rig();
    watch.onMark(0, 10_000);
    watch.onPosition(0, 10, 9_901);
    expect(ladder.reason(0)).toBe(KillTrigger.liquidation);
    watch.onPosition(0, 10, NaN);
    expect(ladder.level(0), 'the venue names no price for it now').toBe(paused);
    watch.onPosition(0, 0, NaN);
    expect([ladder.level(0), watch.distanceBps[0]]).toEqual([quoting, NaN]);
    watch.onMark(0, 9_902);
    expect(ladder.level(0)).toBe(quoting);
    watch.onPosition(0, 10, 9_901);
    expect(ladder.level(0)).toBe(paused);
    watch.onPosition(0, -10, NaN);
    expect(ladder.level(0), 'of another position nothing is known').toBe(quoting);
  });

  it('has no limit where there is none', () => {
    const { ladder, watch } = rig(0, 0);
    watch.onMarginRatio(0.1);
    watch.onPosition(0, 10, 9_999);
    watch.onMark(0, 10_000);
    expect(ladder.level(0)).toBe(quoting);
  });

  it('never stands below what a ratio asks for by itself, nor more than a tenth above its limits', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 6, noNaN: true }), { minLength: 1 }), (ratios) => {
        const { ladder, watch } = rig();
        const plain = (ratio: number): KillLevel => (ratio < 1.5 ? paused : ratio < 3 ? reduceOnly : quoting);
        for (const ratio of ratios) {
          watch.onMarginRatio(ratio);
          expect(ladder.accountLevel).toBeGreaterThanOrEqual(plain(ratio));
          expect(ladder.accountLevel).toBeLessThanOrEqual(plain(ratio / 1.11));
        }
      }),
    );
  });
});
