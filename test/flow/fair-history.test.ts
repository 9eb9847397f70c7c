import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FairHistory } from '../../engine/flow/fair-history.ts';

it('gives the fair price that held just before, of the last 64 changes', () => {
  const change = fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 1, max: 4 }));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 150 }), (changes) => {
      const history = new FairHistory(3);
      const known: { tsMs: number; fair: number }[] = [];
      let tsMs = 50;
      for (const [later, fair] of changes) {
        tsMs += later;
        history.note(2, Float64Array.of(0, 0, fair), Float64Array.of(0, 0, tsMs));
        const last = known.at(-1);
        if (last?.fair === fair) continue;
        if (last?.tsMs === tsMs) last.fair = fair;
        else known.push({ tsMs, fair });
      }
      for (let atMs = 48; atMs <= tsMs + 2; atMs++) {
        const expected = known.slice(-64).findLast((entry) => entry.tsMs < atMs)?.fair;
        const found = history.before(2, Float64Array.of(0, atMs), 1);
        expect(found < 0 ? undefined : history.ticks[found]).toBe(expected);
      }
      expect(history.before(1, Float64Array.of(1e12), 0)).toBe(-1);
    }),
  );
});
