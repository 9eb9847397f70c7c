import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KillLadder, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { VolatilityBrake } from '../../engine/risk/volatility-brake.ts';
import { at } from '../time-cell.ts';

const { quoting, wider, paused } = KillLevel;
const WINDOW_NS = 1_600;
const LIMITS = { volatilityBps: 100, volatilityWindowNs: WINDOW_NS, adverseBps: Infinity, holdNs: 5_000 };

class Desk {
  readonly ladder = new KillLadder([{ instId: 'BTC-USDT' }, { instId: 'ETH-USDT' }]);
  readonly brake: VolatilityBrake;

  constructor(limits: Partial<typeof LIMITS> = {}) {
    this.brake = new VolatilityBrake({
      ladder: this.ladder,
      limits: [
        { ...LIMITS, ...limits },
        { ...LIMITS, ...limits },
      ],
    });
  }

  fair(ticks: number, nowNs: number): KillLevel {
    this.brake.onFair(0, Float64Array.of(ticks), at(nowNs));
    return this.ladder.level(0);
  }

  timer(nowNs: number): KillLevel {
    this.brake.onTimer(at(nowNs));
    return this.ladder.level(0);
  }
}

describe('the volatility brake', () => {
  it('widens at the limit and pauses at twice the limit, up as down', () => {
    const up = new Desk();
    expect(up.fair(10_000, 0)).toBe(quoting);
    expect(up.fair(10_099.9, 10)).toBe(quoting);
    expect(up.fair(10_100, 20)).toBe(wider);
    expect(up.fair(10_199.9, 30)).toBe(wider);
    expect(up.fair(10_200, 40)).toBe(paused);
    expect(up.ladder.reason(0)).toBe(KillTrigger.volatility);
    expect(up.ladder.level(1), 'the other instrument').toBe(quoting);
    const down = new Desk();
    down.fair(10_100, 0);
    expect(down.fair(10_000, 10)).toBe(wider);
  });

  it('sees a spike that has come and gone', () => {
    const desk = new Desk();
    desk.fair(10_000, 0);
    desk.fair(10_150, 10);
    expect(desk.fair(10_000, 20)).toBe(wider);
    expect(desk.brake.moveBps[0]).toBe(150);
  });

  it.each([100, 1_600, 3_200, 160_000])(
    'forgets no move when its window becomes %i ns, and lets it go with the new one',
    (volatilityWindowNs) => {
      const desk = new Desk({ holdNs: 0 });
      desk.fair(10_000, 50_000);
      desk.fair(10_150, 50_100);
      desk.fair(10_000, 50_300);
      const limits = { ...LIMITS, volatilityWindowNs, holdNs: 0 };
      desk.brake.configure([limits, limits]);
      expect(desk.timer(50_300 + 1)).toBe(wider);
      expect(desk.brake.moveBps[0]).toBe(150);
      const bucketNs = volatilityWindowNs / 16;
      expect(desk.timer(50_300 + volatilityWindowNs + 2 * bucketNs + WINDOW_NS / 16)).toBe(quoting);
      // From there it goes on as ever.
      expect(desk.fair(10_110, 50_400 + 2 * volatilityWindowNs)).toBe(quoting);
      expect(desk.fair(10_000, 50_401 + 2 * volatilityWindowNs)).toBe(wider);
    },
  );

  it('takes another limit with the next timer, and another hold', () => {
    const desk = new Desk();
    desk.fair(10_000, 0);
    desk.fair(10_150, 100);
    expect(desk.timer(150)).toBe(wider);
    const limits = { ...LIMITS, volatilityBps: 60 };
    desk.brake.configure([limits, limits]);
    expect(desk.timer(200)).toBe(paused);
    const loose = { ...LIMITS, volatilityBps: Infinity, holdNs: 100 };
    desk.brake.configure([loose, loose]);
    expect(desk.timer(250)).toBe(paused);
    expect(desk.timer(300)).toBe(quoting);
  });

  it('looks no further back than its window and one bucket', () => {
    const desk = new Desk();
    desk.fair(10_000, 0);
    expect(desk.fair(10_150, WINDOW_NS), 'just inside').toBe(wider);
    const later = new Desk();
    later.fair(10_000, 99);
    expect(later.fair(10_150, WINDOW_NS + 100), 'outside').toBe(quoting);
  });

  it('forgets everything after a silence, however long', () => {
    for (let waitNs = WINDOW_NS + 100; waitNs < 4 * WINDOW_NS; waitNs += 100) {
      const desk = new Desk();
      desk.fair(10_000, 250);
      expect(desk.fair(10_150, 250 + waitNs)).toBe(quoting);
    }
  });

  it('lets go after a calm of the hold, and not before', () => {
    const desk = new Desk();
    desk.fair(10_000, 0);
    desk.fair(10_300, 10);
    expect(desk.timer(20)).toBe(paused);
    for (let nowNs = 100; nowNs < 6_600; nowNs += 100) expect(desk.timer(nowNs)).toBe(paused);
    // The move left the window at 1,700; it was last found at 1,600.
    expect(desk.timer(6_600)).toBe(quoting);
  });

  it('takes a market without a fair price for no news', () => {
    const desk = new Desk();
    desk.fair(10_000, 0);
    expect(desk.fair(0, 10)).toBe(quoting);
    expect(desk.fair(NaN, 20)).toBe(quoting);
    expect(desk.fair(10_050, 30)).toBe(quoting);
    expect(desk.brake.moveBps[0]).toBe(50);
  });

  it('does nothing where there is no limit', () => {
    const desk = new Desk({ volatilityBps: Infinity });
    desk.fair(10_000, 0);
    expect(desk.fair(90_000, 10)).toBe(quoting);
  });

  it('finds every move that a list of all prices finds within the window, and none that is older than a bucket more', () => {
    const step = fc.record({
      waitNs: fc.integer({ min: 0, max: 900 }),
      ticks: fc.integer({ min: 9_900, max: 10_200 }),
      isTimer: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const desk = new Desk();
        const prices: { atNs: number; ticks: number }[] = [];
        let nowNs = 0;
        const moveBps = (spanNs: number): number => {
          const inside = prices.filter(({ atNs }) => nowNs - atNs <= spanNs).map(({ ticks }) => ticks);
          const low = Math.min(...inside);
          return inside.length === 0 ? 0 : ((Math.max(...inside) - low) * 10_000) / low;
        };
        for (const { waitNs, ticks, isTimer } of steps) {
          nowNs += waitNs;
          if (isTimer) desk.timer(nowNs);
          else {
            prices.push({ atNs: nowNs, ticks });
            desk.fair(ticks, nowNs);
          }
          if (moveBps(WINDOW_NS) >= 100) expect(desk.ladder.level(0)).toBeGreaterThanOrEqual(wider);
          if (moveBps(WINDOW_NS) >= 200) expect(desk.ladder.level(0)).toBe(paused);
          desk.brake.onTimer(at(nowNs));
          expect(desk.brake.moveBps[0]).toBeGreaterThanOrEqual(moveBps(WINDOW_NS));
          expect(desk.brake.moveBps[0]).toBeLessThanOrEqual(moveBps(WINDOW_NS + WINDOW_NS / 16));
        }
      }),
    );
  });
});
