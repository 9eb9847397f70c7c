import { expect, test } from 'vitest';
import { normalDistribution } from '../../engine/base/normal-distribution.ts';
import { normalByIntegral } from '../model/naive-requote.ts';

test('the normal distribution, against values of erfc in double precision', () => {
  const vectors = [
    [0, 0.5],
    [0.5, 0.6914624612740131],
    [1, 0.8413447460685429],
    [-1.96, 0.024997895148220435],
    [3.3, 0.9995165758576162],
    [-6, 9.865876450377012e-10],
  ] as const;
  for (const [x, value] of vectors) {
    expect(Math.abs(normalDistribution(x) - value), `at ${x}`).toBeLessThan(7.5e-8);
    expect(Math.abs(normalByIntegral(x) - value), `the twin at ${x}`).toBeLessThan(1e-9);
  }
});

test('it is between 0 and 1 wherever it is asked for', () => {
  for (const x of [-1e9, -40, 40, 1e9, -Infinity, Infinity]) {
    expect(normalDistribution(x)).toBe(x < 0 ? 0 : 1);
  }
});
