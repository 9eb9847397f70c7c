import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../engine/base/clock.ts';
import { VenueTime } from '../../../engine/paper/server/venue-time.ts';

/** A clock whose wall time can be set apart from its monotonic time, as on a machine whose time is corrected. */
class SettableClock implements Clock {
  ns = 5_000_000;
  wall = 1_000_000;

  nowNs(): number {
    return this.ns;
  }

  readNs(into: Float64Array, at: number): void {
    into[at] = this.ns;
  }

  wallMs(): number {
    return this.wall;
  }
}

describe('the venue’s time', () => {
  it('is the wall clock’s, with the fraction of the monotonic one', () => {
    const clock = new SettableClock();
    const time = new VenueTime(clock);
    expect(time.now()).toBe(1_000_000);
    clock.ns += 1_250_000;
    clock.wall += 1;
    expect(time.now()).toBe(1_000_001.25);
  });

  it('can be off by as much as a test wants', () => {
    const clock = new SettableClock();
    expect(new VenueTime(clock, 60_000).now()).toBe(1_060_000);
    expect(new VenueTime(clock, -500).now()).toBe(999_500);
  });

  it('follows when the wall clock is set ahead, and stands still rather than going back', () => {
    const clock = new SettableClock();
    const time = new VenueTime(clock);
    clock.wall += 60_000;
    expect(time.now()).toBe(1_060_000);
    clock.wall -= 10_000;
    clock.ns += 1_000_000;
    expect(time.now()).toBe(1_060_000);
    clock.wall += 10_002;
    clock.ns += 10_002_000_000;
    expect(time.now()).toBe(1_060_002);
  });
});
