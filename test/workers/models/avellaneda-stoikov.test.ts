import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AvellanedaStoikov,
  reservationShift,
  stationaryShifts,
  totalSpread,
} from '../../../workers/strategy/models/avellaneda-stoikov.ts';
import { DistanceCurve } from '../../../workers/strategy/models/distance-curve.ts';
import { PLAIN_INPUTS, distancesAt } from './inputs.ts';

// Vectors: models.md par. 1.2 and 1.3.
describe('Avellaneda and Stoikov with a horizon', () => {
  it.each([
    [100, 0, 0.1, 2, 1, 1.5, 1.6907704227514233, 99.15461478862429, 100.84538521137571],
    [1_000, 5, 0.01, 2, 10, 0.25, 8.244142630656265, 993.8779286846718, 1_002.1220713153282],
    [1_000, -5, 0.01, 2, 10, 0.25, 8.244142630656265, 997.8779286846718, 1_006.1220713153282],
  ])('price %d, q %d', (price, q, gamma, sigma, horizonS, decay, spread, bid, ask) => {
    const reservation = price + reservationShift(q, gamma, sigma, horizonS);
    const found = totalSpread(gamma, sigma, horizonS, decay);
    expect(found).toBeCloseTo(spread, 12);
    expect(reservation - found / 2).toBeCloseTo(bid, 10);
    expect(reservation + found / 2).toBeCloseTo(ask, 10);
  });

  it('without risk aversion is 2/k around the price', () => {
    expect(totalSpread(0, 2, 10, 0.25)).toBe(8);
    expect(reservationShift(5, 0, 2, 10)).toBe(-0);
    expect(totalSpread(1e-12, 2, 10, 0.25)).toBeCloseTo(8, 9);
  });

  it('gives the same distances as a model', () => {
    const model = new AvellanedaStoikov(10);
    model.gamma = 0.01;
    const curve = new DistanceCurve();
    expect(model.fit(PLAIN_INPUTS, curve)).toBe(true);
    const { bid, ask, skew } = distancesAt(curve, 5);
    expect(1_000 - bid).toBeCloseTo(993.8779286846718, 10);
    expect(1_000 + ask).toBeCloseTo(1_002.1220713153282, 10);
    expect(skew).toBeCloseTo(0.01 * 4 * 10, 12);
  });

  it.each([0, 60])('is set by the risk dial (horizon %d s)', (horizonS) => {
    const curve = new DistanceCurve();
    const model = new AvellanedaStoikov(horizonS);
    expect(model.fit({ ...PLAIN_INPUTS, dialTicks: 5 }, curve)).toBe(true);
    const flat = distancesAt(curve, 0);
    expect(distancesAt(curve, 10).bid - flat.bid).toBeCloseTo(5, 6);
    expect(distancesAt(curve, -10).ask - flat.ask).toBeCloseTo(5, 6);
    expect(flat.bid).toBeCloseTo(flat.ask, 12);
  });
});

// ccapi's "A-S" knows no volatility and no intensity: models.md par. 10.
it('with twice the volatility shifts four times as far, and is wider where takers reach further', () => {
  const at = (sigma: number, decay: number) => {
    const model = new AvellanedaStoikov(10);
    model.gamma = 0.01;
    const curve = new DistanceCurve();
    model.fit({ ...PLAIN_INPUTS, sigma, decay, bidDecay: decay, askDecay: decay }, curve);
    return distancesAt(curve, 0);
  };
  expect(at(4, 0.25).skew / at(2, 0.25).skew).toBeCloseTo(4, 9);
  expect(at(2, 0.5).bid).toBeLessThan(at(2, 0.25).bid);
});

/** The price at which utility is the same with one unit more (+1, bought) or less (−1, sold), found by its definition. */
function indifferencePrice(units: number, gamma: number, sigma: number, omega: number, more: 1 | -1): number {
  const value = (cash: number, q: number): number =>
    Math.exp(-gamma * cash) / (omega - (gamma * q * sigma) ** 2 / 2);
  let [low, high] = [-1_000, 1_000];
  for (let round = 0; round < 100; round++) {
    const price = (low + high) / 2;
    const isDearer = value(-more * price, units + more) > value(0, units);
    if (more === 1 ? isDearer : !isDearer) high = price;
    else low = price;
  }
  return low;
}

describe('Avellaneda and Stoikov without a horizon', () => {
  const [gamma, sigma, unitsMax] = [0.01, 2, 10];
  const omega = (gamma * sigma * (unitsMax + 1)) ** 2 / 2;

  it('has the bids of models.md', () => {
    expect(omega).toBeCloseTo(0.0242, 12);
    expect(1_000 + stationaryShifts(0, gamma, unitsMax).bid).toBeCloseTo(999.1701197185305, 10);
  });

  // models.md par. 1.3 gives the ask as the paper prints it, +ln(1 + (1−2q)x): 1000.823, and a middle that is not the price.
  it('has asks that mirror the bids: the printed ask has lost the sign outside of its logarithm', () => {
    const printed = (q: number): number => {
      const scaled = (gamma * sigma) ** 2;
      return Math.log(1 + ((1 - 2 * q) * scaled) / (2 * omega - scaled * q * q)) / gamma;
    };
    expect(1_000 + printed(0)).toBeCloseTo(1_000.8230499136515, 10);
    const flat = stationaryShifts(0, gamma, unitsMax);
    expect(1_000 + flat.ask).toBeCloseTo(1_000.8298802814695, 10);
    expect(flat.middle).toBeCloseTo(0, 12);
    expect(1_000 + stationaryShifts(5, gamma, unitsMax).middle).toBeCloseTo(989.4345453166396, 10);
    expect(1_000 + stationaryShifts(-5, gamma, unitsMax).middle).toBeCloseTo(1_010.5654546833604, 10);
  });

  it('is what makes the owner indifferent', () => {
    fc.assert(
      fc.property(fc.double({ min: -9, max: 9, noNaN: true }), (units) => {
        const { bid, ask } = stationaryShifts(units, gamma, unitsMax);
        expect(indifferencePrice(units, gamma, sigma, omega, 1)).toBeCloseTo(bid, 6);
        expect(indifferencePrice(units, gamma, sigma, omega, -1)).toBeCloseTo(ask, 6);
      }),
    );
  });

  it('is symmetric, and falls with the inventory up to the bound', () => {
    const curve = new DistanceCurve();
    expect(new AvellanedaStoikov(0).fit(PLAIN_INPUTS, curve)).toBe(true);
    let before = -Infinity;
    for (let units = -10; units <= 10; units += 0.25) {
      const { bid, ask } = distancesAt(curve, units);
      expect(bid).toBeCloseTo(distancesAt(curve, -units).ask, 9);
      expect(bid).toBeGreaterThanOrEqual(before);
      expect(Number.isFinite(bid) && Number.isFinite(ask)).toBe(true);
      before = bid;
    }
  });
});

// Hummingbot's variant, par. 1.4: σ instead of σ², q as a share of the portfolio. It stands here and nowhere else, so
// that nobody takes it for the paper's.
describe('Hummingbot’s variant', () => {
  const variant = (price: number, share: number, gamma: number, vol: number, tau: number, kappa: number) => ({
    reservation: price - share * gamma * vol * tau,
    spread: gamma * vol * tau + (2 / gamma) * Math.log(1 + gamma / kappa),
  });

  it('is what it is, and not ours', () => {
    const { reservation, spread } = variant(1_000, 0.2, 0.5, 1.5, 1, 2);
    expect(reservation).toBeCloseTo(999.85, 12);
    expect(spread).toBeCloseTo(1.642574205256839, 12);
    expect(1_000 + reservationShift(0.2, 0.5, 1.5, 1)).toBeCloseTo(999.775, 12);
    expect(totalSpread(0.5, 1.5, 1, 2)).not.toBeCloseTo(spread, 3);
  });

  it('is not consistent: twice the ticks are not twice the spread', () => {
    const one = variant(1_000, 0.2, 0.5, 1.5, 1, 2).spread;
    const two = variant(2_000, 0.2, 0.25, 3, 1, 1).spread;
    expect(two / one).not.toBeCloseTo(2, 1);
    expect(totalSpread(0.25, 3, 1, 1) / totalSpread(0.5, 1.5, 1, 2)).toBeCloseTo(2, 12);
  });
});
