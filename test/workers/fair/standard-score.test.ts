import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StandardScore } from '../../../workers/strategy/fair/standard-score.ts';

/** A value and for how long the one before it had stood. */
type Step = readonly [value: number, elapsedS: number];

function scoreOf(halfLifeS: number, steps: readonly Step[]): StandardScore {
  const elapsedS = new Float64Array(1);
  const score = new StandardScore(halfLifeS, elapsedS);
  for (const [value, gap] of steps) {
    elapsedS[0] = gap;
    score.value[0] = value;
    score.update();
    expect(Math.abs(score.score[0]!)).toBeLessThanOrEqual(3);
  }
  return score;
}

const steps = fc.array(
  fc.tuple(fc.double({ min: -10, max: 10, noNaN: true }), fc.double({ min: 0.001, max: 5, noNaN: true })),
  { minLength: 2, maxLength: 60 },
);

/** Mean and variance by time of what stood before the last step. */
function twin(all: readonly Step[]): { mean: number; variance: number } {
  const held = all.slice(0, -1).map(([value], index) => ({ value, weight: all[index + 1]![1] }));
  const total = held.reduce((sum, { weight }) => sum + weight, 0);
  const mean = held.reduce((sum, { value, weight }) => sum + value * weight, 0) / total;
  const variance = held.reduce((sum, { value, weight }) => sum + (value - mean) ** 2 * weight, 0) / total;
  return { mean, variance };
}

describe('StandardScore', () => {
  it('begins with mean and variance by time, of the past alone', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const score = scoreOf(1e9, all);
        const { mean, variance } = twin(all);
        expect(score.mean[0]).toBeCloseTo(mean, 8);
        expect(score.variance[0]).toBeCloseTo(variance, 8);
      }),
    );
  });

  it('forgets half in a half-life', () => {
    const long: Step[] = [[1, 0], ...Array.from({ length: 1_000 }, (): Step => [1, 0.1])];
    const fallen: Step[] = [...long, [0, 0.1], ...Array.from({ length: 20 }, (): Step => [0, 0.1])];
    expect(scoreOf(2, fallen).mean[0]).toBeCloseTo(0.5, 9);
  });

  it('does not mind how often a value that stands is looked at', () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 2, max: 5 }), (all, looks) => {
        const often = all.flatMap(([value, gap], index): Step[] => {
          const before = index === 0 ? 0 : all[index - 1]![0];
          const looked = Array.from({ length: looks - 1 }, (): Step => [before, gap / looks]);
          return [...looked, [value, gap / looks]];
        });
        // The first value has no time before it.
        const begun: Step[] = [[all[0]![0], 0], ...often.slice(looks)];
        // While it is a plain mean, and, after a long time, where it forgets.
        const past = Array.from({ length: 200 }, (): Step => [0, 10]);
        for (const [halfLifeS, before] of [
          [1e9, []],
          [1, past],
        ] as const) {
          const once = scoreOf(halfLifeS, [...before, ...all]);
          const more = scoreOf(halfLifeS, [...before, ...(before.length === 0 ? begun : often)]);
          expect(more.mean[0]).toBeCloseTo(once.mean[0]!, 8);
          expect(more.variance[0]).toBeCloseTo(once.variance[0]!, 8);
        }
      }),
    );
  });

  it('scores deviations, clipped to three', () => {
    // A minute of +1 and -1 by turns: mean 0, deviation 1, and the warm-up over.
    const minute: Step[] = [
      [1, 0],
      ...Array.from({ length: 1_200 }, (_, index): Step => [index % 2 === 0 ? -1 : 1, 0.1]),
    ];
    const after = (value: number): number => scoreOf(1e9, [...minute, [value, 0.1]]).score[0]!;
    expect(after(0)).toBeCloseTo(0, 2);
    expect(after(2)).toBeCloseTo(2, 2);
    expect(after(-2)).toBeCloseTo(-2, 2);
    expect(after(50)).toBe(3);
    expect(after(-50)).toBe(-3);
  });

  it('grows with the warm-up: a deviation of few values is noise', () => {
    const first: Step[] = [
      [1, 0],
      ...Array.from({ length: 59 }, (_, i): Step => [i % 2 === 0 ? -1 : 1, 0.1]),
    ];
    // 6 of 60 seconds.
    expect(scoreOf(1e9, [...first, [100, 0.1]]).score[0]).toBeCloseTo(0.3, 6);
    expect(scoreOf(1e9, [[5, 0]]).score[0]).toBe(0);
    expect(
      scoreOf(1e9, [
        [5, 0],
        [9, 0],
      ]).score[0],
    ).toBe(0);
    // A signal that forgets in less than a minute knows all it ever will after its half-life.
    expect(scoreOf(3, [...first, [100, 0.1]]).trust[0]).toBe(1);
  });

  it('has nothing to say of what never changes', () => {
    expect(
      scoreOf(
        10,
        Array.from({ length: 2_000 }, (): Step => [0.7, 0.1]),
      ).score[0],
    ).toBe(0);
  });

  it('learns nothing while the value is not known', () => {
    const elapsedS = new Float64Array(1);
    const score = new StandardScore(1e9, elapsedS);
    const say = (value: number, gap: number): void => {
      elapsedS[0] = gap;
      score.value[0] = value;
      score.update();
    };
    say(1, 0);
    say(3, 1);
    say(1, 1);
    expect([score.mean[0], score.variance[0]]).toEqual([2, 1]);
    score.skip();
    expect(score.score[0]).toBe(0);
    say(1_000, 5);
    expect([score.mean[0], score.variance[0]]).toEqual([2, 1]);
  });

  it('counts a long silence as ten seconds: nobody knows what lay in it', () => {
    const silent = scoreOf(1e9, [
      [0, 0],
      [10, 5],
      [0, 3_600],
      [0, 0],
    ]);
    expect(silent.mean[0]).toBeCloseTo(100 / 15, 9);
  });
});
