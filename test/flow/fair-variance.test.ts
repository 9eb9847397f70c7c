import { describe, expect, it } from 'vitest';
import { Random } from '../../engine/base/random.ts';
import { FLOW_DOUBLES, FlowField } from '../../engine/base/flow-record.ts';
import { FairVariance } from '../../engine/flow/fair-variance.ts';
import { FlowRows } from '../../engine/flow/flow-rows.ts';

const STEP = Float64Array.of(0.1);
/** Of 100 ms by half-life 10, 60 and 600 s: models.md par. 3.3. */
const LAMBDAS = [0.9930924954370359, 0.9988454217380301, 0.9998844821426083];

class Watched extends FairVariance {
  readonly rows: FlowRows;

  constructor() {
    const rows = new FlowRows(1, Infinity);
    super(1, rows);
    this.rows = rows;
  }
}

function sampled(...fairs: readonly number[]): Watched {
  const variance = new Watched();
  for (const fair of fairs) variance.sample(Float64Array.of(fair), STEP);
  return variance;
}

/** The rates fast, middle and slow, and the samples in them. */
function written(variance: Watched): number[] {
  const row = new Float64Array(FLOW_DOUBLES);
  variance.rows.write(0, row);
  return [...row.subarray(FlowField.varianceFast, FlowField.samples + 1)];
}

function rates(variance: Watched): number[] {
  return written(variance).slice(0, 3);
}

describe('the variance of the fair price', () => {
  it('forgets by the half-lives', () => {
    // A move of 1 tick over a tenth, then of 4 over two: 10 and 80 ticks² a second, the older by λ, divided by the weights.
    const found = rates(sampled(100, 101, 104));
    LAMBDAS.forEach((lambda, index) => {
      expect(found[index]).toBeCloseTo((lambda * 10 + 80) / (1 + lambda), 10);
    });
  });

  it('is of moves over a second: a price that flickers hardly moves', () => {
    const flicker = Array.from({ length: 3_000 }, (_, index) => 1_000 + Number(index % 11 > 5) / 2);
    // Over a tenth it would be 2 × 0.25 of 11 moves: 0.45 ticks² a second.
    expect(rates(sampled(...flicker))[0]!).toBeLessThan(0.06);
    const steady = Array.from({ length: 3_000 }, (_, index) => 1_000 + index / 10);
    for (const rate of rates(sampled(...steady))) expect(rate).toBeCloseTo(1, 1);
  });

  it('is right from the first move on, and nothing before it', () => {
    expect(rates(sampled())).toEqual([0, 0, 0]);
    expect(rates(sampled(100))).toEqual([0, 0, 0]);
    for (const rate of rates(sampled(100, 98))) expect(rate).toBeCloseTo(40, 10);
    expect(written(sampled(100, 98))[3]).toBe(1);
  });

  it('is a rate, however far apart samples are', () => {
    const variance = new Watched();
    variance.sample(Float64Array.of(100), Float64Array.of(0));
    variance.sample(Float64Array.of(102), Float64Array.of(0.4));
    for (const rate of rates(variance)) expect(rate).toBeCloseTo(10, 10);
  });

  it('takes no move over a time without a fair price', () => {
    expect(rates(sampled(100, 0, 500))).toEqual([0, 0, 0]);
    const variance = sampled(100);
    variance.onNone(0);
    variance.sample(Float64Array.of(500), STEP);
    expect(written(variance)[3]).toBe(0);
  });

  it('cuts a jump at eight deviations in the slow one, and in no other', () => {
    // A tick back and forth each second, beginning anew every tenth: a deviation of 1 over a second.
    const calm = Array.from({ length: 4_000 }, (_, index) => 1_000 + (Math.floor(index / 10) % 2));
    const before = sampled(...calm);
    const jumped = sampled(...calm, ...Array.from({ length: 10 }, () => 1_101));
    expect(rates(before)[2]!).toBeCloseTo(1, 1);
    // Ten looks at a move of some 100, each cut to 8 of what the deviation is by then.
    const grown = rates(jumped)[2]! - rates(before)[2]!;
    expect(grown).toBeGreaterThan((1 - LAMBDAS[2]!) * 10 * 60);
    expect(grown).toBeLessThan((1 - LAMBDAS[2]!) * 10 * 64 * 3);
    expect(rates(jumped)[0]!).toBeGreaterThan(rates(before)[0]! + 600);
    expect(rates(jumped)[1]!).toBeGreaterThan(rates(before)[1]! + 100);
  });

  it('grows again after a market that stood still: the cut leaves a tick', () => {
    const still = Array.from({ length: 1_000 }, () => 1_000);
    expect(rates(sampled(...still))[2]!).toBe(0);
    expect(rates(sampled(...still, 1_001))[2]!).toBeGreaterThan(0);
  });

  it('recovers a known one', () => {
    const random = new Random(7);
    const variance = new Watched();
    const sigma = 2;
    let fair = 10_000;
    for (let step = 0; step < 40_000; step++) {
      variance.sample(Float64Array.of(fair), STEP);
      // Of six uniforms, variance a half: near enough to a normal one.
      let sum = -3;
      for (let draw = 0; draw < 6; draw++) sum += random.unit();
      fair += sigma * Math.sqrt(STEP[0]!) * sum * Math.SQRT2;
    }
    // 600 s of half-life are some 17,000 samples: its deviation is a hundredth of it.
    expect(rates(variance)[2]!).toBeGreaterThan(4 * 0.95);
    expect(rates(variance)[2]!).toBeLessThan(4 * 1.05);
  });
});
