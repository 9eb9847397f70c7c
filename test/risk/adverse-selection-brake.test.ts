import { describe, expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { AdverseSelectionBrake } from '../../engine/risk/adverse-selection-brake.ts';
import { KillLadder, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { at } from '../time-cell.ts';

const { quoting, wider, paused } = KillLevel;
const SECOND = 1_000_000_000;
const LIMITS = {
  volatilityBps: Infinity,
  volatilityWindowNs: SECOND,
  adverseBps: 20,
  holdNs: 30 * SECOND,
};

class Desk {
  readonly ladder = new KillLadder([{ instId: 'BTC-USDT' }, { instId: 'ETH-USDT' }]);
  readonly brake = new AdverseSelectionBrake({ ladder: this.ladder, limits: [LIMITS, LIMITS] });
  nowNs = 0;

  /** A fill at 10,000, and a second later a fair price so many bps against it. */
  fill(lostBps: number, side: Side = Side.buy): KillLevel {
    this.brake.onFill(0, side, 10_000, this.nowNs);
    return this.timer(SECOND, side === Side.buy ? 10_000 - lostBps : 10_000 + lostBps);
  }

  timer(waitNs: number, fairTicks: number): KillLevel {
    this.nowNs += waitNs;
    this.brake.onTimer(at(this.nowNs), Float64Array.of(fairTicks, 0));
    return this.ladder.level(0);
  }
}

describe('the adverse selection brake', () => {
  it('marks a fill once, a second after it', () => {
    const desk = new Desk();
    desk.brake.onFill(0, Side.buy, 10_000, 0);
    desk.timer(SECOND - 1, 9_900);
    expect(desk.brake.averageBps[0]).toBe(0);
    desk.timer(1, 9_900);
    expect(desk.brake.averageBps[0]).toBeCloseTo(10);
    desk.timer(SECOND, 9_000);
    expect(desk.brake.averageBps[0]).toBeCloseTo(10);
  });

  it('is against us when a bought market falls and a sold one rises', () => {
    for (const side of [Side.buy, Side.sell]) {
      const desk = new Desk();
      desk.fill(50, side);
      expect(desk.brake.averageBps[0]).toBeCloseTo(5);
      desk.fill(-50, side);
      expect(desk.brake.averageBps[0]).toBeCloseTo(-0.5);
    }
  });

  it('widens at the limit, pauses at twice the limit; the other instrument goes on', () => {
    const desk = new Desk();
    expect(desk.fill(199)).toBe(quoting);
    // 19.9 + (21 - 19.9) / 10 = 20.01
    expect(desk.fill(21)).toBe(wider);
    expect(desk.ladder.reason(0)).toBe(KillTrigger.adverseSelection);
    expect(desk.fill(219)).toBe(wider);
    expect(desk.fill(60)).toBe(paused);
    expect(desk.ladder.level(1)).toBe(quoting);
  });

  it('keeps what goes on being bad, and lets go when the hold has passed without', () => {
    const desk = new Desk();
    desk.fill(250);
    expect(desk.ladder.level(0)).toBe(wider);
    for (let second = 0; second < 40; second++) expect(desk.fill(25)).toBe(wider);
    for (let second = 1; second < 30; second++) expect(desk.timer(SECOND, 10_000)).toBe(wider);
    expect(desk.timer(SECOND, 10_000)).toBe(quoting);
    expect(desk.brake.averageBps[0], 'it begins anew').toBe(0);
  });

  it('comes back from a pause, in which there are no fills', () => {
    const desk = new Desk();
    expect(desk.fill(500)).toBe(paused);
    expect(desk.timer(29 * SECOND, 10_000)).toBe(paused);
    expect(desk.timer(SECOND, 10_000)).toBe(quoting);
    expect(desk.timer(SECOND, 10_000)).toBe(quoting);
  });

  it('waits with a fill until there is a fair price', () => {
    const desk = new Desk();
    desk.brake.onFill(0, Side.buy, 10_000, 0);
    desk.timer(10 * SECOND, 0);
    expect(desk.brake.averageBps[0]).toBe(0);
    desk.timer(SECOND, 9_900);
    expect(desk.brake.averageBps[0]).toBeCloseTo(10);
  });

  it('counts what it cannot look at', () => {
    const desk = new Desk();
    for (let fill = 0; fill < 130; fill++) desk.brake.onFill(0, Side.buy, 10_000, 0);
    expect(desk.brake.unmarked).toBe(2);
    desk.brake.onFill(1, Side.buy, 10_000, 0);
    expect(desk.brake.unmarked).toBe(2);
    desk.timer(SECOND, 10_000);
    desk.brake.onFill(0, Side.buy, 10_000, desk.nowNs);
    expect(desk.brake.unmarked).toBe(2);
  });
});
