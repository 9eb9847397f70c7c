import { bucketBoundsSeconds, Histogram, HISTOGRAM_CELLS } from '../../engine/metrics/histogram.ts';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** The obvious twin: sort all values and take the one at the rank. */
function exactPercentile(values: readonly number[], quantile: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(quantile * sorted.length)) - 1];
}

/** Durations of every magnitude up to 2^36 ns, not only large ones. */
const durations = fc
  .tuple(fc.integer({ min: 0, max: 35 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([exponent, part]) => Math.floor(2 ** exponent * (1 + part)));

describe('Histogram', () => {
  test('percentiles are within 1/64 above the exact ones', () => {
    fc.assert(
      fc.property(fc.array(durations, { minLength: 1, maxLength: 200 }), (values) => {
        const histogram = histogramOf(values);
        for (const quantile of [0.001, 0.5, 0.9, 0.99, 0.999, 1]) {
          const exact = exactPercentile(values, quantile);
          const found = histogram.percentile(quantile);
          expect(found).toBeGreaterThanOrEqual(exact);
          expect(found).toBeLessThanOrEqual(exact + exact / 64);
        }
        expect(histogram.count).toBe(values.length);
        expect(histogram.max).toBe(Math.max(...values));
        expect(histogram.sum).toBe(values.reduce((sum, value) => sum + value, 0));
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['exact below 128', 127, 127],
    ['the first octave', 128, 129],
    ['below the shift', 2 ** 31 - 1, 2 ** 31 - 1],
    ['above the shift', 2 ** 31, 2 ** 31 + 2 ** 25 - 1],
    ['the end of the range', 2 ** 36 - 1, 2 ** 36 - 1],
  ])('%s: %d counts up to %d', (_, value, upTo) => {
    const histogram = histogramOf([value, value, 2 ** 40]);
    expect(histogram.percentile(0.5)).toBe(value === 2 ** 36 - 1 ? 2 ** 40 : upTo);
  });

  test('values below zero count as zero, and values past the range keep their maximum', () => {
    const histogram = histogramOf([-5, 1e15]);
    expect(histogram.percentile(0.5)).toBe(0);
    expect(histogram.percentile(1)).toBe(1e15);
    expect(histogram.count).toBe(2);
  });

  test('an empty one has no percentile, mean or maximum', () => {
    const histogram = new Histogram();
    expect([histogram.count, histogram.percentile(0.99), histogram.mean, histogram.max]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  test('merging is the same as recording all values into one', () => {
    fc.assert(
      fc.property(fc.array(durations), fc.array(durations), (left, right) => {
        const merged = histogramOf(left);
        merged.merge(histogramOf(right));
        const all = histogramOf([...left, ...right]);
        for (const quantile of [0.01, 0.5, 0.99, 1]) {
          expect(merged.percentile(quantile)).toBe(all.percentile(quantile));
        }
        expect([merged.count, merged.sum, merged.max]).toEqual([all.count, all.sum, all.max]);
      }),
    );
  });

  test('two histograms in one array do not touch each other', () => {
    const cells = new Float64Array(3 * HISTOGRAM_CELLS);
    const second = new Histogram(cells, HISTOGRAM_CELLS);
    for (let exponent = 0; exponent < 50; exponent++) second.record(2 ** exponent);
    expect(cells.subarray(0, HISTOGRAM_CELLS).every((cell) => cell === 0)).toBe(true);
    expect(cells.subarray(2 * HISTOGRAM_CELLS).every((cell) => cell === 0)).toBe(true);
    second.reset();
    expect(cells.every((cell) => cell === 0)).toBe(true);
  });

  test('internal buckets are exact: a value just below a bound is in, the bound itself is not', () => {
    const bounds = bucketBoundsSeconds('internal');
    const counts = new Float64Array(bounds.length + 1);
    for (const [index, bound] of bounds.entries()) {
      const boundNs = Math.round(bound * 1e9);
      const histogram = histogramOf([boundNs - 1, boundNs]);
      histogram.cumulativeCounts(bounds, counts);
      expect(counts[index]).toBe(1);
      expect(counts[bounds.length]).toBe(2);
    }
    expect(bounds[0]).toBe(1e-6);
    expect(bounds.at(-1)).toBe(0.524288);
  });

  test('round-trip buckets are within 1.6 % of their bounds, never fall, and end with all values', () => {
    const bounds = bucketBoundsSeconds('roundTrip');
    const counts = new Float64Array(bounds.length + 1);
    fc.assert(
      fc.property(fc.array(durations, { maxLength: 100 }), (values) => {
        histogramOf(values).cumulativeCounts(bounds, counts);
        for (const [index, bound] of bounds.entries()) {
          const boundNs = Math.round(bound * 1e9);
          expect(counts[index]).toBeLessThanOrEqual(values.filter((value) => value < boundNs).length);
          expect(counts[index]).toBeGreaterThanOrEqual(
            values.filter((value) => value < boundNs * (63 / 64)).length,
          );
          expect(counts[index]).toBeLessThanOrEqual(counts[index + 1]);
        }
        expect(counts[bounds.length]).toBe(values.length);
      }),
    );
    expect(bounds[0]).toBe(1e-3);
    expect(bounds.at(-1)).toBe(3.325);
  });
});
