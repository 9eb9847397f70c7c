import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimits, SlidingWindow } from '../../../engine/paper/gateway/rate-limits.ts';

describe('a sliding window', () => {
  it('never lets more than its limit through in any stretch of its length, and everything else', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 8 }),
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 200 }),
        (limit, gaps) => {
          const window = new SlidingWindow(limit, 100);
          const taken: number[] = [];
          let nowMs = 0;
          for (const gap of gaps) {
            nowMs += gap;
            const inWindow = taken.filter((takenMs) => takenMs > nowMs - 100).length;
            const isTaken = window.take(nowMs);
            expect(isTaken).toBe(inWindow < limit);
            if (isTaken) taken.push(nowMs);
          }
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  it('is kept for every key by itself', () => {
    const limits = new RateLimits(1, 2_000);
    expect([
      limits.take('a', 0),
      limits.take('b', 0),
      limits.take('a', 1_999),
      limits.take('a', 2_000),
    ]).toEqual([true, true, false, true]);
  });
});
