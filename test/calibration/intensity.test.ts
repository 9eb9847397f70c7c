import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLOW_BUCKETS, FlowHistogram } from '../../engine/base/flow-record.ts';
import { Random } from '../../engine/base/random.ts';
import { fitExceedances, qualityOf, rangeOf } from '../../workers/calibration/exceedance-fit.ts';
import type { Exceedances } from '../../workers/calibration/exceedance-fit.ts';
import { fitIntensity, rateAtZero, varianceRatioOf } from '../../workers/calibration/intensity-fit.ts';
import { fitLogLinear } from '../../workers/calibration/log-linear-fit.ts';
import { notebookFit } from '../model/notebook-calibration.ts';
import { PARAMETERS, generateFlow } from './generated-flow.ts';
import type { GeneratedFlow } from './generated-flow.ts';

const COUNTS = [600, 440, 330, 240, 180, 130, 98, 72, 54, 40];
const PLACES = COUNTS.map((_, place) => place);

function histogram(counts: readonly number[]): Float64Array {
  const all = new Float64Array(FLOW_BUCKETS);
  all.set(counts);
  return all;
}

function exceedances(counts: readonly number[], bucketTicks = 1): Exceedances {
  return { counts: histogram(counts), bucketTicks, varianceRatio: 1 };
}

describe('the log-linear fit', () => {
  it('gives the vector of models.md par. 3.2', () => {
    const { rate, decay, rSquared } = fitLogLinear(PLACES, COUNTS, 200, 0);
    expect(decay).toBeCloseTo(0.3011003392971354, 12);
    expect(rate).toBeCloseTo(2.9831404749271195, 12);
    expect(rSquared).toBeCloseTo(0.99990456, 8);
  });

  it('gives the weighted vector, a point weighing its count', () => {
    const { rate, decay } = fitLogLinear(PLACES, COUNTS, 200, 1);
    expect(decay).toBeCloseTo(0.3020069516915971, 12);
    expect(rate).toBeCloseTo(2.9925919888770376, 12);
  });

  it.each([0, 1])('finds exact intensities exactly (weights to the power of %i)', (power) => {
    const counts = PLACES.map((place) => 200 * 3 * Math.exp(-0.3 * place));
    const { rate, decay } = fitLogLinear(PLACES, counts, 200, power);
    expect(Math.abs(decay - 0.3)).toBeLessThan(1e-12);
    expect(Math.abs(rate - 3)).toBeLessThan(1e-12);
  });

  it('leaves out counts of zero, and says nothing of two points', () => {
    const withZero = fitLogLinear([0, 1, 2, 3], [100, 0, 25, 12.5], 1, 0);
    expect(withZero.decay).toBeCloseTo(Math.LN2, 12);
    expect(fitLogLinear([0, 1, 2], [100, 50, 0], 1, 0).decay).toBeNaN();
  });
});

describe('the exceedance fit', () => {
  const geometric = (share: number, buckets: number): number[] =>
    Array.from({ length: buckets }, (_, bucket) => 1_000 * share * (1 - share) ** bucket);

  it('finds the decay of exact counts, whatever the width of a bucket', () => {
    for (const bucketTicks of [1, 2, 5]) {
      const decay = 0.1;
      const counts = geometric(-Math.expm1(-decay * bucketTicks), FLOW_BUCKETS - 1);
      // What lies beyond the buckets is in the last one.
      const all = [...counts, 1_000 - counts.reduce((sum, count) => sum + count, 0)];
      const fit = fitExceedances(exceedances(all, bucketTicks), { from: 0, to: FLOW_BUCKETS - 1 });
      expect(Math.abs(fit.decay - decay)).toBeLessThan(1e-12);
    }
  });

  it('finds the same from any beginning to any end', () => {
    const counts = geometric(0.3, 60);
    const whole = exceedances([...counts, 1_000 * 0.7 ** 60]);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 30 }), (from, length) => {
        const { decay } = fitExceedances(whole, { from, to: from + length });
        expect(Math.abs(decay + Math.log(0.7))).toBeLessThan(1e-9);
      }),
    );
  });

  it('is a tenth as steep where a tick is a tenth', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { minLength: 5, maxLength: 40 }), (counts) => {
        const one = fitExceedances(exceedances(counts), { from: 0, to: 30 });
        const ten = fitExceedances(exceedances(counts, 10), { from: 0, to: 30 });
        expect(ten.decay * 10).toBeCloseTo(one.decay, 12);
        expect(ten.decayError * 10).toBeCloseTo(one.decayError, 12);
      }),
    );
  });

  it('knows nothing of no sweeps, nor of sweeps that all end in the first bucket', () => {
    expect(fitExceedances(exceedances([]), { from: 0, to: 30 })).toMatchObject({ count: 0, decay: NaN });
    expect(fitExceedances(exceedances([500]), { from: 0, to: 30 })).toMatchObject({ count: 500, decay: NaN });
  });

  it('does not believe the far end: the range ends three mark-ups after its beginning', () => {
    const near = geometric(0.3, 40);
    const heavyTail = near.map((count, bucket) => count + (bucket > 25 ? 3 : 0));
    const range = rangeOf(exceedances(heavyTail), 0);
    expect(range.to).toBeLessThan(15);
    const { decay } = fitExceedances(exceedances(heavyTail), range);
    const all = fitExceedances(exceedances(heavyTail), { from: 0, to: 127 });
    expect(Math.abs(decay + Math.log(0.7))).toBeLessThan(0.06);
    expect(Math.abs(all.decay + Math.log(0.7))).toBeGreaterThan(0.1);
  });

  it('says how exponential the excesses are', () => {
    const good = exceedances(geometric(0.3, 60));
    const range = { from: 0, to: 10 };
    const goodFit = qualityOf(good, range, fitExceedances(good, range).decay);
    expect(goodFit.rSquared).toBeGreaterThan(0.9999);
    expect(goodFit.ksDistance).toBeLessThan(1e-6);
    // Half of all sweeps reach one distance: no line.
    const step = exceedances([100, 0, 0, 0, 0, 0, 0, 0, 0, 100, 5]);
    const bad = qualityOf(step, range, fitExceedances(step, range).decay);
    expect(bad.ksDistance).toBeGreaterThan(0.2);
    expect(bad.rSquared).toBeLessThan(0.8);
  });
});

// models.md par. 10, first row: half-tick buckets treated as ticks.
describe('the half-tick buckets of the hftbacktest notebook', () => {
  const TRUE = { rate: 3, decay: 0.25 };
  const seconds = 40_000;
  const random = new Random(7);
  /** Deepest trades on the price grid, from a mid that lies on a price or between two. */
  const depths = Array.from({ length: TRUE.rate * seconds }, () => {
    const reached = random.exponential(1 / TRUE.decay);
    const parity = random.below(2) / 2;
    // A sweep that reaches a distance trades at the last price before it.
    return Math.floor(reached + parity) - parity + 1;
  });

  it('give half the decay, as the notebook has it', () => {
    const { decay } = notebookFit(depths, seconds, false);
    expect(decay).toBeGreaterThan(0.45 * TRUE.decay);
    expect(decay).toBeLessThan(0.55 * TRUE.decay);
  });

  it('are put right by the distance that they stand for: the vector of par. 3.1', () => {
    const [rate, decay] = [2.986162360812285, 0.04235741115084049];
    expect(2 * decay).toBeCloseTo(0.08471482230168098, 15);
    expect(rate * Math.exp(decay / 2)).toBeCloseTo(3.0500798702094807, 14);
    const [wrong, right] = [notebookFit(depths, seconds, false), notebookFit(depths, seconds, true)];
    expect(right.decay).toBeCloseTo(2 * wrong.decay, 12);
    expect(right.rate).toBeCloseTo(wrong.rate * Math.exp(wrong.decay / 2), 10);
  });

  it('are no trouble here: what is finer than a tick is counted by the tick', () => {
    for (const bucketTicks of [0.5, 0.25, 1]) {
      const flow = generateFlow({
        seed: 3,
        seconds: 10_000,
        bid: TRUE,
        ask: TRUE,
        bucketTicks,
        // Taken from a mid between two prices: half-tick distances, all odd.
        gridTicks: 1,
      });
      const { pooled } = fitIntensity(flow, PARAMETERS, 0, 0);
      expect(Math.abs(pooled.decay - TRUE.decay), `buckets of ${bucketTicks}`).toBeLessThan(
        4 * pooled.decayError,
      );
    }
  });
});

interface Estimate {
  readonly found: number;
  readonly error: number;
  readonly truth: number;
}

/** Shares of estimates within one and two of their standard errors. */
function coverage(estimates: readonly Estimate[]): { one: number; two: number } {
  const within = (errors: number): number =>
    estimates.filter(({ found, error, truth }) => Math.abs(found - truth) <= errors * error).length /
    estimates.length;
  return { one: within(1), two: within(2) };
}

/** Of a normal estimate 68.3 % and 95.4 %; of 300 draws three standard deviations of the share more or less. */
function checkCovers(estimates: readonly Estimate[]): void {
  const { one, two } = coverage(estimates);
  expect(one).toBeGreaterThan(0.6);
  expect(one).toBeLessThan(0.77);
  expect(two).toBeGreaterThan(0.915);
  expect(two).toBeLessThan(0.99);
}

describe('intensities of generated flow', () => {
  const SEEDS = 300;
  const even = { rate: 0.8, decay: 0.25 };
  const fits = (options: Omit<GeneratedFlow, 'seed'>, fromBps = 0) =>
    Array.from({ length: SEEDS }, (_, seed) =>
      fitIntensity(generateFlow({ ...options, seed: seed + 1 }), PARAMETERS, fromBps, 0),
    );

  it('are found on each side, within what the standard errors say', () => {
    const found = fits({ seconds: 1_000, bid: { rate: 2, decay: 0.3 }, ask: { rate: 0.6, decay: 0.12 } });
    checkCovers(
      found.map(({ bidAlone: { decay, decayError } }) => ({ found: decay, error: decayError, truth: 0.3 })),
    );
    checkCovers(
      found.map(({ askAlone: { decay, decayError } }) => ({ found: decay, error: decayError, truth: 0.12 })),
    );
    for (const [side, truth] of [
      ['bidAlone', 2],
      ['askAlone', 0.6],
    ] as const) {
      checkCovers(
        found.map((fit) => {
          const { rate, error } = rateAtZero(fit[side], fit.fromTicks);
          return { found: rate, error, truth };
        }),
      );
    }
  });

  it('are found with the counts forgotten, and from far out', () => {
    const found = fits(
      { seconds: 3_000, memorySeconds: 1_000, bid: { rate: 6, decay: 0.1 }, ask: { rate: 6, decay: 0.1 } },
      1,
    );
    expect(found.every(({ fromTicks }) => fromTicks === 10)).toBe(true);
    checkCovers(
      found.map(({ pooled: { decay, decayError } }) => ({ found: decay, error: decayError, truth: 0.1 })),
    );
    checkCovers(
      found.map(({ pooled, fromTicks }) => {
        const { rate, error } = rateAtZero(pooled, fromTicks);
        return { found: rate, error, truth: 6 };
      }),
    );
  });

  it('have errors that cover what is shrunk, too', () => {
    const found = fits({ seconds: 800, bid: even, ask: even });
    checkCovers(
      found.map(({ bid: { decay, decayError } }) => ({ found: decay, error: decayError, truth: 0.25 })),
    );
    const uneven = fits({ seconds: 800, bid: even, ask: { rate: 0.5, decay: 0.4 } });
    // Now the estimate is pulled aside; the error has the pull in it, and covers at least as much.
    expect(
      coverage(
        uneven.map(({ ask: { decay, decayError } }) => ({ found: decay, error: decayError, truth: 0.4 })),
      ).two,
    ).toBeGreaterThan(0.93);
  });

  it('lean on both sides together where a side has few sweeps', () => {
    const flow = generateFlow({
      seed: 5,
      seconds: 1_000,
      bid: { rate: 0.03, decay: 0.25 },
      ask: { rate: 2, decay: 0.25 },
    });
    const { bid, bidAlone, pooled } = fitIntensity(flow, PARAMETERS, 0, 0);
    expect(bid.effective).toBeLessThan(50);
    expect(Math.abs(bid.decay - pooled.decay)).toBeLessThan(0.25 * Math.abs(bidAlone.decay - pooled.decay));
    flow.fill(0, FlowHistogram.bidSweeps, FlowHistogram.bidSweeps + FLOW_BUCKETS);
    const without = fitIntensity(flow, PARAMETERS, 0, 0);
    expect(without.bid.decay).toBe(without.pooled.decay);
  });

  it('begin where quotes can stand, or up to half of that nearer where too few sweeps reach so far', () => {
    const flow = generateFlow({ seed: 5, seconds: 1_000, bid: even, ask: even });
    expect(fitIntensity(flow, PARAMETERS, 0.2, 0).fromTicks).toBe(2);
    // Of 1,600 sweeps 50 reach some 14 ticks.
    const { fromTicks, effective, all } = fitIntensity(flow, PARAMETERS, 2, 0);
    expect(fromTicks).toBeGreaterThan(10);
    expect(fromTicks).toBeLessThan(18);
    expect(effective).toBeGreaterThanOrEqual(50);
    expect(all).toBeGreaterThan(1_400);
    // Where it began it begins again, though one sweep more or less would have had it elsewhere.
    const flickering = { ...PARAMETERS, fitSweepsMin: Math.floor(effective) + 1 };
    expect(fitIntensity(flow, flickering, 2, 0).fromTicks).toBeLessThan(fromTicks);
    expect(fitIntensity(flow, flickering, 2, fromTicks).fromTicks).toBe(fromTicks);
    // What reaches a tenth as far says nothing of quotes out there. Half of what the histogram holds is the farthest wanted.
    const far = fitIntensity(flow, PARAMETERS, 10, 0);
    expect(far.fromTicks).toBe(32);
    expect(far.effective).toBeLessThan(50);
  });

  it('know that decayed counts vary less than their number', () => {
    const flow = generateFlow({ seed: 1, seconds: 10, bid: even, ask: even, memorySeconds: 1_000 });
    expect(varianceRatioOf(flow)).toBeCloseTo(1, 2);
    const old = generateFlow({ seed: 1, seconds: 10_000, bid: even, ask: even, memorySeconds: 1_000 });
    expect(varianceRatioOf(old)).toBeCloseTo(0.5, 4);
  });
});
