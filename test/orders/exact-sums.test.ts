import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactSums } from '../../engine/orders/exact-sums.ts';

describe('exact sums', () => {
  it('equal sums of products in whole numbers without end, and forget nothing on the way', () => {
    const factor = fc.integer({ min: -(2 ** 46), max: 2 ** 46 });
    const products = fc.array(fc.tuple(factor, factor), { maxLength: 50 });
    fc.assert(
      fc.property(products, (list) => {
        const sums = new ExactSums(2);
        let sum = 0n;
        for (const [a, b] of list) {
          sums.addProduct(1, a, b);
          sum += BigInt(a) * BigInt(b);
          expect(BigInt(sums.high[1]!) + BigInt(sums.low[1]!)).toBe(sum);
          expect(sums.high[1]! + 0).toBe(Number(sum));
        }
        for (const [a, b] of list) sums.addProduct(1, -a, b);
        expect([sums.high[1]! + 0, sums.low[1]! + 0, sums.high[0]]).toEqual([0, 0, 0]);
      }),
    );
  });

  it('do not depend on the order', () => {
    const sums = new ExactSums(2);
    const values = Array.from({ length: 100_000 }, (_, index) =>
      index % 3 === 0 ? -0.1 : 1e9 / (index + 1),
    );
    values.forEach((value) => sums.add(0, value));
    values.toReversed().forEach((value) => sums.add(1, value));
    expect(sums.high[0]).toBe(sums.high[1]);
  });

  it('divide and scale to more digits than a float has', () => {
    const sums = new ExactSums(1);
    for (let count = 0; count < 3_000; count++) sums.addQuotient(0, 1, 3);
    expect([sums.high[0], Math.abs(sums.low[0]!) < 1e-25]).toEqual([1_000, true]);
    sums.scale(0, 7, 3);
    sums.scale(0, 3, 7_000);
    expect([sums.high[0], Math.abs(sums.low[0]!) < 1e-25]).toEqual([1, true]);
  });
});
