import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { DecayWeight } from '../../engine/flow/decay-weight.ts';

const NS = 1e9;

it('sums are what forgetting each event by its age gives, however long it goes on', () => {
  // Of 10 s: at up to 40 s a step, the weight begins anew with most steps.
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 40, noNaN: true }), { minLength: 1, maxLength: 60 }),
      (steps) => {
        const decay = new DecayWeight(10);
        const now = new Float64Array(1);
        const times: number[] = [];
        let sum = 0;
        let seconds = 1_000;
        for (const step of steps) {
          seconds += step;
          now[0] = seconds * NS;
          if (decay.advance(now)) sum *= decay.rescale[0]!;
          times.push(seconds);
          sum += decay.weight[0]!;
          expect(decay.weight[0]).toBeGreaterThanOrEqual(1);
          expect(decay.weight[0]).toBeLessThanOrEqual(Math.E);
        }
        const expected = times.reduce((total, time) => total + Math.exp((time - seconds) / 10), 0);
        expect(sum / decay.weight[0]!).toBeCloseTo(expected, 9);
      },
    ),
  );
});
