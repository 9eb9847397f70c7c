import { describe, expect, it } from 'vitest';
import { BasisSignal } from '../../../workers/strategy/fair/basis-signal.ts';

const PARAMETERS = { weight: 0.5, ageMsMax: 400, basisSeconds: 60 };

/** A signal whose usual distance is 2 %, give or take 0.01 %, and whose warm-up is over. */
function usual(parameters = PARAMETERS): { signal: BasisSignal; say: typeof say } {
  const elapsedS = new Float64Array(1);
  const signal = new BasisSignal(parameters, elapsedS);
  function say(ours: number, theirs: number, ageS = 0): boolean {
    elapsedS[0] = 0.1;
    signal.ours[0] = ours;
    signal.theirs[0] = theirs;
    signal.ageS[0] = ageS;
    return signal.update();
  }
  for (let step = 0; step < 3_000; step++) say(10_000, 10_200 + (step % 2 === 0 ? 1 : -1));
  return { signal, say };
}

describe('BasisSignal', () => {
  it('adds its share of what they moved against the usual distance', () => {
    const { signal, say } = usual();
    expect(say(10_000, 10_202)).toBe(true);
    // 2 of 10,200 is 1.96 of 10,000; half of that.
    expect(signal.ticks[0]).toBeCloseTo((0.5 * 2 * 10_000) / 10_200, 2);
    say(10_000, 10_198);
    expect(signal.ticks[0]).toBeCloseTo((-0.5 * 2 * 10_000) / 10_200, 2);
  });

  it('with a weight of one is their price less the usual distance', () => {
    const { signal, say } = usual({ ...PARAMETERS, weight: 1 });
    say(10_000, 10_202);
    expect(10_000 + signal.ticks[0]!).toBeCloseTo(10_202 / 1.02, 1);
  });

  it('does not follow a price that went further than three deviations', () => {
    const { signal, say } = usual();
    say(10_000, 15_000);
    expect(signal.ticks[0]).toBeCloseTo((0.5 * 3 * 10_000) / 10_200, 1);
  });

  it('fades from half its age on, and is nothing beyond it', () => {
    const { signal, say } = usual();
    say(10_000, 10_202);
    const fresh = signal.ticks[0]!;
    const aged = (ageS: number): number => {
      say(10_000, 10_202, ageS);
      return signal.ticks[0]! / fresh;
    };
    expect(aged(0.2)).toBeCloseTo(1, 2);
    expect(aged(0.3)).toBeCloseTo(0.5, 2);
    expect(aged(0.36)).toBeCloseTo(0.2, 2);
    expect(say(10_000, 10_202, 0.4)).toBe(false);
    expect(signal.ticks[0]).toBe(0);
    expect(say(10_000, 10_202, 60)).toBe(false);
  });

  it('learns nothing from a price that is old or missing', () => {
    const { signal, say } = usual();
    const { mean, variance } = signal.score;
    say(10_000, 10_200);
    const before = [mean[0], variance[0]];
    for (let step = 0; step < 1_000; step++) say(10_000 + step, step % 2 === 0 ? 0 : 20_000, 0.5);
    expect([mean[0], variance[0]]).toEqual(before);
    expect(signal.ticks[0]).toBe(0);
  });
});
