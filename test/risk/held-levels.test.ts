import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HeldLevels } from '../../engine/risk/held-levels.ts';
import { ACCOUNT, KillLadder, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { at } from '../time-cell.ts';

const { quoting, wider, paused } = KillLevel;
const HOLD_NS = 100;

function rig(): { ladder: KillLadder; levels: HeldLevels } {
  const ladder = new KillLadder([{ instId: 'BTC-USDT' }]);
  return { ladder, levels: new HeldLevels(ladder, KillTrigger.volatility, ACCOUNT, [HOLD_NS, HOLD_NS]) };
}

describe('a held level', () => {
  it('comes at once and goes after the hold', () => {
    const { ladder, levels } = rig();
    expect(levels.ask(paused, ACCOUNT, at(1_000))).toBe(true);
    expect(ladder.accountLevel).toBe(paused);
    expect(levels.ask(quoting, ACCOUNT, at(1_099))).toBe(false);
    expect(levels.isClear(ACCOUNT)).toBe(false);
    expect(levels.ask(quoting, ACCOUNT, at(1_100))).toBe(true);
    expect(levels.isClear(ACCOUNT)).toBe(true);
  });

  it('starts the hold anew each time it is asked for', () => {
    const { ladder, levels } = rig();
    levels.ask(wider, 0, at(1_000));
    levels.ask(quoting, 0, at(1_050));
    levels.ask(wider, 0, at(1_090));
    levels.ask(quoting, 0, at(1_189));
    expect(ladder.level(0)).toBe(wider);
    levels.ask(quoting, 0, at(1_190));
    expect(ladder.level(0)).toBe(quoting);
  });

  it('falls no further than what was asked for meanwhile', () => {
    const { ladder, levels } = rig();
    levels.ask(paused, 0, at(1_000));
    levels.ask(wider, 0, at(1_050));
    levels.ask(quoting, 0, at(1_100));
    expect(ladder.level(0)).toBe(wider);
    levels.ask(quoting, 0, at(1_199));
    expect(ladder.level(0)).toBe(wider);
    levels.ask(quoting, 0, at(1_200));
    expect(ladder.level(0)).toBe(quoting);
  });

  it('holds at least what was asked for within the hold, and lets go of what nobody asks for', () => {
    const step = fc.record({
      waitNs: fc.integer({ min: 0, max: 60 }),
      level: fc.constantFrom(quoting, quoting, wider, paused),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { ladder, levels } = rig();
        const asked: { level: KillLevel; atNs: number }[] = [];
        let nowNs = 0;
        for (const { waitNs, level } of steps) {
          nowNs += waitNs;
          levels.ask(level, 0, at(nowNs));
          asked.push({ level, atNs: nowNs });
          const within = asked.filter(({ atNs }) => nowNs - atNs < HOLD_NS).map((each) => each.level);
          expect(ladder.level(0)).toBeGreaterThanOrEqual(Math.max(...within));
        }
        for (let calm = 0; calm <= 3; calm++) levels.ask(quoting, 0, at(nowNs + calm * HOLD_NS));
        expect(ladder.level(0)).toBe(quoting);
      }),
    );
  });
});
