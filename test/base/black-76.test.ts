import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { black76, impliedVolatility } from '../../engine/base/black-76.ts';

describe("Black's formula", () => {
  it('gives what it is known to', () => {
    // At the money: F (2 N(s/2) - 1) with s = 0.2 x sqrt(1) = 0.2 and N(0.1) = 0.5398278: 100 x 0.0796557.
    expect(black76(true, 100, 100, 1, 0.2)).toBeCloseTo(7.96557, 4);
    // s = 0.3, d1 = ln(1.1)/0.3 + 0.15 = 0.467701, d2 = 0.167701: 110 x 0.6800 - 100 x 0.5666 = 18.14.
    expect(black76(true, 110, 100, 1, 0.3)).toBeCloseTo(18.1415, 3);
  });

  it('is worth at its end what it gives the right to', () => {
    expect(black76(true, 110, 100, 0, 0.5)).toBe(10);
    expect(black76(true, 90, 100, 0, 0.5)).toBe(0);
    expect(black76(false, 90, 100, -1, 0.5)).toBe(10);
  });

  const market = fc.record({
    forward: fc.double({ min: 100, max: 100_000, noNaN: true }),
    moneyness: fc.double({ min: 0.7, max: 1.4, noNaN: true }),
    years: fc.double({ min: 0.02, max: 2, noNaN: true }),
    volatility: fc.double({ min: 0.2, max: 2, noNaN: true }),
  });

  it('holds a call less a put to be what the forward is above the strike', () => {
    fc.assert(
      fc.property(market, ({ forward, moneyness, years, volatility }) => {
        const strike = forward * moneyness;
        const call = black76(true, forward, strike, years, volatility);
        const put = black76(false, forward, strike, years, volatility);
        expect(call - put).toBeCloseTo(forward - strike, 6);
      }),
    );
  });

  it('is turned round by the implied volatility', () => {
    fc.assert(
      fc.property(market, fc.boolean(), ({ forward, moneyness, years, volatility }, isCall) => {
        const strike = forward * moneyness;
        const price = black76(isCall, forward, strike, years, volatility);
        const intrinsic = Math.max(0, isCall ? forward - strike : strike - forward);
        // Where next to nothing of it is time value, no price tells a volatility.
        fc.pre(price - intrinsic > forward * 1e-4);
        const found = impliedVolatility(isCall, forward, strike, years, price);
        expect(Math.abs(black76(isCall, forward, strike, years, found) - price)).toBeLessThan(forward * 1e-7);
        expect(Math.abs(found - volatility)).toBeLessThan(0.01);
      }),
    );
  });

  it('has no volatility for a price below or above all', () => {
    expect(impliedVolatility(true, 110, 100, 1, 9)).toBeNaN();
    expect(impliedVolatility(true, 110, 100, 1, 111)).toBeNaN();
    expect(impliedVolatility(true, 110, 100, 0, 12)).toBeNaN();
    expect(impliedVolatility(true, 0, 100, 1, 12)).toBeNaN();
  });
});
