import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { SendWindow } from '../../engine/risk/send-window.ts';
import { at } from '../time-cell.ts';

describe('a window of sends', () => {
  it('gives back what has left it', () => {
    const window = new SendWindow(2, 100);
    window.take(1, at(0));
    window.take(1, at(50));
    expect(window.available(at(100)), 'exactly a span ago still counts').toBe(0);
    expect(window.available(at(101))).toBe(1);
    expect(() => window.take(2, at(101))).toThrow(AssertionError);
  });

  it('has a limit of at least one and at most its capacity', () => {
    expect(() => new SendWindow(0, 100)).toThrow(AssertionError);
    expect(() => new SendWindow(5, 100, 4)).toThrow(AssertionError);
    expect(() => new SendWindow(2, 100, 4).setLimit(5)).toThrow(AssertionError);
    expect(() => new SendWindow(2, 100, 4).setLimit(0)).toThrow(AssertionError);
  });

  it('says what a list of all sends says, whatever the limit becomes', () => {
    const step = fc.record({
      waitNs: fc.integer({ min: 0, max: 40 }),
      wanted: fc.integer({ min: 0, max: 4 }),
      limit: fc.option(fc.integer({ min: 1, max: 8 })),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const window = new SendWindow(3, 100, 8);
        const sends: number[] = [];
        let limit = 3;
        let nowNs = 0;
        for (const { waitNs, wanted, limit: next } of steps) {
          nowNs += waitNs;
          if (next !== null) {
            window.setLimit(next);
            limit = next;
          }
          const inside = sends.filter((atNs) => nowNs - atNs <= 100).length;
          expect(window.available(at(nowNs))).toBe(Math.max(0, limit - inside));
          const count = Math.min(wanted, window.available(at(nowNs)));
          window.take(count, at(nowNs));
          for (let index = 0; index < count; index++) sends.push(nowNs);
        }
      }),
    );
  });
});
