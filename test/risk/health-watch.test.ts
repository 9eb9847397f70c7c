import { describe, expect, it } from 'vitest';
import { HealthWatch } from '../../engine/risk/health-watch.ts';
import type { HealthWatchOptions } from '../../engine/risk/health-watch.ts';
import { KillLadder, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { at } from '../time-cell.ts';

const { quoting, paused } = KillLevel;
const MS = 1_000_000;
const SECOND = 1_000 * MS;

function rig(options: Partial<HealthWatchOptions> = {}): { ladder: KillLadder; watch: HealthWatch } {
  const ladder = new KillLadder([{ instId: 'BTC-USDT' }]);
  const watch = new HealthWatch({
    ladder,
    stallNsMax: SECOND,
    stallHoldNs: 5 * SECOND,
    clockOffsetMsMax: 1_000,
    needsSwitch: false,
    ...options,
  });
  return { ladder, watch };
}

describe('the watch over the engine thread', () => {
  it('pauses when a timer comes too late, until timers have come in time for the hold', () => {
    const { ladder, watch } = rig();
    watch.onTimer(at(77 * SECOND));
    watch.onTimer(at(78 * SECOND));
    expect([ladder.accountLevel, watch.stalls]).toEqual([quoting, 0]);
    watch.onTimer(at(79 * SECOND + 1));
    expect([ladder.accountLevel, ladder.accountReason]).toEqual([paused, KillTrigger.stall]);
    for (let nowNs = 79.5 * SECOND; nowNs <= 84 * SECOND; nowNs += SECOND / 2) {
      watch.onTimer(at(nowNs));
      expect(ladder.accountLevel).toBe(paused);
    }
    watch.onTimer(at(84 * SECOND + 1));
    expect(ladder.accountLevel).toBe(quoting);
    expect([watch.stalls, watch.stallNsLongest]).toEqual([1, SECOND + 1]);
  });

  it('holds on through a second stall', () => {
    const { ladder, watch } = rig();
    watch.onTimer(at(0));
    watch.onTimer(at(2 * SECOND));
    watch.onTimer(at(6 * SECOND));
    watch.onTimer(at(7 * SECOND));
    watch.onTimer(at(8 * SECOND));
    expect(ladder.accountLevel).toBe(paused);
    for (let second = 9; second <= 11; second++) watch.onTimer(at(second * SECOND));
    expect(ladder.accountLevel).toBe(quoting);
  });
});

describe('the watch over the clock', () => {
  it('pauses on a step, until the next measurement confirms where the clock stands now', () => {
    const { ladder, watch } = rig();
    watch.onClock(0, 10);
    watch.onClock(1_000, 10);
    expect(ladder.accountLevel, 'at the limit').toBe(quoting);
    watch.onClock(1_001, 10);
    expect([ladder.accountLevel, ladder.accountReason]).toEqual([paused, KillTrigger.clockOffset]);
    watch.onClock(501, 10);
    expect(ladder.accountLevel, 'it still moves').toBe(paused);
    watch.onClock(-500, 10);
    expect(ladder.accountLevel).toBe(quoting);
    watch.onClock(-1_001, 10);
    expect(ladder.accountLevel, 'the other way').toBe(paused);
  });

  it('takes a measurement for none that may be off by more than the limit', () => {
    const { ladder, watch } = rig();
    watch.onClock(9_000, 1_001);
    watch.onClock(NaN, 0);
    watch.onClock(5_000, NaN);
    expect(ladder.accountLevel).toBe(quoting);
    watch.onClock(1_001, 1_000);
    watch.onClock(0, 1_001);
    expect(ladder.accountLevel).toBe(paused);
  });
});

describe('the watch over the dead man’s switch', () => {
  it('is paused until the venue has confirmed it, and when it lapses', () => {
    const { ladder, watch } = rig({ needsSwitch: true });
    watch.onTimer(at(0));
    expect([ladder.accountLevel, ladder.accountReason]).toEqual([paused, KillTrigger.switchLapsed]);
    watch.onSwitch(9 * SECOND);
    watch.onTimer(at(SECOND));
    expect(ladder.accountLevel).toBe(quoting);
    for (let nowNs = 2 * SECOND; nowNs < 9 * SECOND; nowNs += SECOND) watch.onTimer(at(nowNs));
    expect(ladder.accountLevel, 'the last nanosecond').toBe(quoting);
    watch.onTimer(at(9 * SECOND));
    expect(ladder.accountLevel).toBe(paused);
    watch.onSwitch(11 * SECOND - 1);
    watch.onTimer(at(9 * SECOND));
    expect(ladder.accountLevel, 'armed for too short').toBe(paused);
    watch.onSwitch(11 * SECOND);
    watch.onTimer(at(9 * SECOND));
    expect(ladder.accountLevel).toBe(quoting);
  });

  it('is not looked at where it is not used', () => {
    const { ladder, watch } = rig();
    watch.onTimer(at(SECOND));
    expect(ladder.accountLevel).toBe(quoting);
  });
});
