import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/base/random.ts';
import { FLOW_BUCKETS } from '../../engine/base/flow-record.ts';
import { fitOwnFills } from '../../workers/calibration/own-fill-fit.ts';

const TRUE = { rate: 0.4, decay: 0.2 };

/** Orders that rested for so many seconds at each distance, and as many fills as an intensity gives them. */
function generate(
  seed: number,
  secondsOf: (bucket: number) => number,
): { seconds: Float64Array; fills: Float64Array } {
  const random = new Random(seed);
  const seconds = new Float64Array(FLOW_BUCKETS);
  const fills = new Float64Array(FLOW_BUCKETS);
  for (let bucket = 0; bucket < FLOW_BUCKETS; bucket++) {
    seconds[bucket] = secondsOf(bucket);
    const expected = seconds[bucket]! * TRUE.rate * Math.exp(-TRUE.decay * (bucket + 0.5));
    for (let sum = random.exponential(1); sum < expected; sum += random.exponential(1)) fills[bucket]!++;
  }
  return { seconds, fills };
}

describe('the intensity of our own fills', () => {
  it('is found exactly where the fills are what it gives', () => {
    const seconds = new Float64Array(FLOW_BUCKETS).fill(1_000, 2, 30);
    const fills = seconds.map((each, bucket) => each * TRUE.rate * Math.exp(-TRUE.decay * (bucket + 0.5)));
    const fit = fitOwnFills(seconds, fills, 1, 1, 50);
    expect(Math.abs(fit.decay - TRUE.decay)).toBeLessThan(1e-10);
    expect(Math.abs(fit.rate - TRUE.rate)).toBeLessThan(1e-10);
  });

  it('is found within its standard errors, wherever we stood for how long', () => {
    const fits = Array.from({ length: 300 }, (_, seed) => {
      const { seconds, fills } = generate(seed, (bucket) =>
        bucket > 1 && bucket < 12 ? 400 + 50 * bucket : 0,
      );
      return fitOwnFills(seconds, fills, 1, 1, 50);
    });
    const share = (isWithin: (fit: (typeof fits)[number]) => boolean): number =>
      fits.filter(isWithin).length / fits.length;
    for (const errors of [1, 2]) {
      const least = errors === 1 ? 0.6 : 0.915;
      const most = errors === 1 ? 0.77 : 0.99;
      const ofDecay = share(({ decay, decayError }) => Math.abs(decay - TRUE.decay) < errors * decayError);
      const ofRate = share(({ rate, rateError }) => Math.abs(rate - TRUE.rate) < errors * rateError);
      expect(ofDecay).toBeGreaterThan(least);
      expect(ofDecay).toBeLessThan(most);
      expect(ofRate).toBeGreaterThan(least);
      expect(ofRate).toBeLessThan(most);
    }
  });

  it('does not take where we stood for where fills come from', () => {
    // Ten times as long far out: most fills are there, and yet the intensity falls.
    const { seconds, fills } = generate(4, (bucket) => (bucket < 3 ? 300 : bucket < 10 ? 9_000 : 0));
    const near = fills.subarray(0, 3).reduce((sum, each) => sum + each, 0);
    const far = fills.subarray(3, 10).reduce((sum, each) => sum + each, 0);
    expect(far).toBeGreaterThan(near);
    const fit = fitOwnFills(seconds, fills, 1, 1, 50);
    expect(Math.abs(fit.decay - TRUE.decay)).toBeLessThan(3 * fit.decayError);
  });

  it('is not known from too few fills, from one distance, or where more came from farther away', () => {
    const { seconds, fills } = generate(1, (bucket) => (bucket < 10 ? 1_000 : 0));
    const count = fills.reduce((sum, each) => sum + each, 0);
    expect(fitOwnFills(seconds, fills, 1, 1, count + 1)).toMatchObject({
      fills: count,
      rate: NaN,
      decay: NaN,
    });
    const single = new Float64Array(FLOW_BUCKETS).fill(100, 4, 5);
    expect(fitOwnFills(single, single, 1, 1, 50).decay).toBeNaN();
    const rising = new Float64Array(FLOW_BUCKETS).map((_, bucket) => (bucket < 10 ? 10 + bucket : 0));
    expect(fitOwnFills(seconds, rising, 1, 1, 50).decay).toBeNaN();
    expect(fitOwnFills(new Float64Array(FLOW_BUCKETS), fills, 1, 1, 0).decay).toBeNaN();
  });
});
