import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CurveCell, DistanceCurve } from '../../../workers/strategy/models/distance-curve.ts';
import { GlftExact, exactLadder } from '../../../workers/strategy/models/glft-exact.ts';
import type { ExactInputs } from '../../../workers/strategy/models/glft-exact.ts';
import { Glft } from '../../../workers/strategy/models/glft.ts';
import { distancesAfter } from '../../model/glft-matrix.ts';
import { PLAIN_INPUTS, distancesAt } from './inputs.ts';

const INPUTS: ExactInputs = { rate: 0.8, decay: 0.25, sigma: 2, gamma: 0.01, units: 10 };

function fitted(changes: Partial<typeof PLAIN_INPUTS>, gamma = 0.01): DistanceCurve {
  const model = new GlftExact();
  model.dial.gamma = gamma;
  const curve = new DistanceCurve();
  expect(model.fit({ ...PLAIN_INPUTS, ...changes }, curve)).toBe(true);
  return curve;
}

// Vectors: models.md par. 2.
describe('GLFT by its eigenvector', () => {
  const ladder = exactLadder(INPUTS);

  it.each([
    [-3, 2.578555359428698, 5.794170362568026],
    [-1, 3.65207313331395, 4.730759051012643],
    [0, 4.192069497342315, 4.192069497342316],
    [1, 4.730759051012644, 3.6520731333139507],
    [3, 5.7941703625680265, 2.5785553594286976],
  ])('at q %d', (q, bid, ask) => {
    expect(ladder.bids[q + 10]).toBeCloseTo(bid, 12);
    expect(ladder.asks[q + 10]).toBeCloseTo(ask, 12);
  });

  it('at the bound, where one side would leave the box', () => {
    expect(ladder.bids[20]).toBeNaN();
    expect(ladder.asks[20]).toBeCloseTo(-1.204163181615971, 12);
    expect(ladder.asks[0]).toBeNaN();
    expect(ladder.bids[0]).toBeCloseTo(-1.204163181615971, 12);
    expect(ladder.eigenvalue).toBeCloseTo(-0.5394342044564482, 12);
  });

  it.each([
    [1, 3.9420330732811975],
    [10, 4.091620901949854],
    [60, 4.191993339195607],
    [600, 4.192069497342315],
  ])('%d s before the end is another one, which it converges to', (seconds, bid) => {
    expect(distancesAfter(INPUTS, seconds).bids[10]).toBeCloseTo(bid, 9);
  });

  it('with a drift', () => {
    const { bids, asks } = exactLadder({ ...INPUTS, units: 30, driftTicksPerSecond: 0.02 });
    expect(bids[30]).toBeCloseTo(3.9220713153281324, 12);
    expect(asks[30]).toBeCloseTo(4.461739011311258, 12);
  });

  it('with adverse moves', () => {
    const curve = fitted({ unitsMax: 30, bidAdverse: 1, askAdverse: 1 });
    expect(distancesAt(curve, 0).bid).toBeCloseTo(4.709961576911394, 11);
    expect(distancesAt(curve, 3).bid).toBeCloseTo(6.415594371129565, 11);
    expect(distancesAt(curve, 3).ask).toBeCloseTo(2.9904914126841318, 11);
  });

  it('is between its nodes what a straight line is', () => {
    const curve = fitted({});
    const [at2, at3, between] = [2, 3, 2.25].map((units) => distancesAt(curve, units).bid);
    expect(between).toBeCloseTo(0.75 * at2! + 0.25 * at3!, 12);
  });
});

const anyInputs = fc.record({
  rate: fc.double({ min: 0.01, max: 20, noNaN: true }),
  decay: fc.double({ min: 0.005, max: 2, noNaN: true }),
  sigma: fc.double({ min: 0.1, max: 200, noNaN: true }),
  gamma: fc.double({ min: 1e-9, max: 0.5, noNaN: true }),
  units: fc.integer({ min: 1, max: 200 }),
});

describe('properties of the eigenvector', () => {
  it('distances are symmetric, finite and monotone, however far the eigenvector underflows', () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const { bids, asks } = exactLadder(inputs);
        const last = 2 * inputs.units;
        for (let index = 0; index < last; index++) {
          const scale = 1e-9 * Math.max(1, Math.abs(bids[index]!));
          expect(Math.abs(bids[index]! - asks[last - index]!)).toBeLessThanOrEqual(scale);
          if (index > 0) expect(bids[index]! - bids[index - 1]!).toBeGreaterThanOrEqual(-scale);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('f solves its equation with the eigenvalue', () => {
    fc.assert(
      fc.property(anyInputs, (inputs) => {
        const { rate, decay, sigma, gamma, units } = inputs;
        const { bids, eigenvalue } = exactLadder(inputs);
        const c1 = Math.log1p(gamma / decay) / gamma;
        const eta = rate * Math.exp(-(1 + decay / gamma) * Math.log1p(gamma / decay));
        const alpha = (decay * gamma * sigma * sigma) / 2;
        for (let index = 1; index < 2 * units; index++) {
          const up = Math.exp(decay * (c1 - bids[index]!));
          const down = Math.exp(-decay * (c1 - bids[index - 1]!));
          const q = index - units;
          const wanted = alpha * q * q - eigenvalue;
          expect(Math.abs(eta * (up + down) - wanted)).toBeLessThan(1e-6 * (wanted + eta));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('a box of more units than the table has is computed in larger ones, to within a part in a hundred', () => {
    const inputs = { ...PLAIN_INPUTS, unitsMax: 2_000, dialTicks: 5 };
    const [exact, closed] = [new DistanceCurve(), new DistanceCurve()];
    expect(new GlftExact().fit(inputs, exact)).toBe(true);
    expect(new Glft().fit(inputs, closed)).toBe(true);
    for (const units of [-900, -100, 0, 100, 900]) {
      const [one, other] = [distancesAt(exact, units), distancesAt(closed, units)];
      expect(Math.abs(one.bid - other.bid)).toBeLessThan(0.05);
    }
  });

  it('a drift shifts distances and leaves half spreads, so that their limits do not take it away again', () => {
    const plain = fitted({});
    const drifting = fitted({ driftTicksPerSecond: 0.02 });
    const { bidHalf, askHalf, shift } = CurveCell;
    expect(drifting.cells[bidHalf]).toBe(drifting.cells[askHalf]);
    expect(drifting.cells[bidHalf]).toBeCloseTo(plain.cells[bidHalf]!, 2);
    expect(drifting.cells[shift]).toBeGreaterThan(0);
    expect(plain.cells[shift]).toBe(0);
    const before = distancesAt(drifting, 0);
    expect(before.bid).toBeLessThan(distancesAt(plain, 0).bid - 0.2);
    drifting.limit(6, 100);
    const after = distancesAt(drifting, 0);
    expect(after.ask - after.bid).toBeCloseTo(before.ask - before.bid, 9);
    expect((after.ask + after.bid) / 2).toBeCloseTo(6, 9);
  });

  it('a drift beyond all measure aims at half of the limit', () => {
    const [huge, larger] = [fitted({ driftTicksPerSecond: 50 }), fitted({ driftTicksPerSecond: 500 })];
    expect(huge.cells[CurveCell.shift]).toBe(PLAIN_INPUTS.unitsMax / 2);
    expect(distancesAt(huge, 0)).toEqual(distancesAt(larger, 0));
    const aimed = distancesAt(huge, PLAIN_INPUTS.unitsMax / 2);
    expect(Math.abs(aimed.bid - aimed.ask)).toBeLessThan(0.6);
  });

  it('is near the closed form where that holds: slope within 3 %', () => {
    const [exact, closed] = [fitted({ unitsMax: 30 }), new DistanceCurve()];
    const model = new Glft();
    model.dial.gamma = 0.01;
    model.fit(PLAIN_INPUTS, closed);
    expect(Math.abs(distancesAt(exact, 0).skew / distancesAt(closed, 0).skew - 1)).toBeLessThan(0.03);
  });
});
