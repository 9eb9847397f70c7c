import { describe, expect, it } from 'vitest';
import type { Clock } from '../../engine/base/clock.ts';
import { ReceiveClock } from '../../engine/recording/receive-clock.ts';

const ORIGIN_MS = 1_723_161_255_319.25;

/** A monotonic clock and a wall clock that are moved apart. */
class TwoClocks implements Clock {
  ns = 0;
  wall = ORIGIN_MS;

  pass(ms: number): void {
    this.ns += ms * 1e6;
    this.wall += ms;
  }

  nowNs(): number {
    return this.ns;
  }

  readNs(into: Float64Array, at: number): void {
    into[at] = this.ns;
  }

  wallMs(): number {
    return Math.floor(this.wall);
  }
}

describe('times of receipt', () => {
  it('are exact', () => {
    const clocks = new TwoClocks();
    const clock = new ReceiveClock(clocks, ORIGIN_MS);
    expect(clock.receipt(0)).toEqual({ recvNs: '1723161255319250000', ms: 1_723_161_255_319 });
    expect(clock.receipt(1).recvNs).toBe('1723161255319250001');
    // A hundred days on.
    expect(clock.receipt(8_640_000_000_000_007).recvNs).toBe('1731801255319250007');
  });

  it('follow a clock that is set forward', () => {
    const clocks = new TwoClocks();
    const clock = new ReceiveClock(clocks, ORIGIN_MS);
    clocks.wall += 60_000;
    expect(clock.follow()).toBeCloseTo(60_000, -1);
    expect(clock.now().ms).toBe(1_723_161_315_319);
    expect(clock.follow()).toBe(0);
  });

  it('never fall when it is set back, and approach it', () => {
    const clocks = new TwoClocks();
    const clock = new ReceiveClock(clocks, ORIGIN_MS);
    clocks.wall -= 200;
    let last = clock.now().recvNs;
    for (let second = 0; second < 200; second++) {
      clocks.pass(1_000);
      expect(clock.follow()).toBe(0);
      const { recvNs } = clock.now();
      expect(recvNs > last).toBe(true);
      last = recvNs;
    }
    expect(Math.abs(clock.now().ms - clocks.wallMs())).toBeLessThanOrEqual(51);
  });
});
