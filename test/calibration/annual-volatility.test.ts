import { expect, it } from 'vitest';
import { annualVolatility } from '../../workers/calibration/annual-volatility.ts';

it('is that of a year: models.md, unit conversions, 100,000 at ticks of 0.1', () => {
  expect(annualVolatility(89.03621732722671, 1_000_000)).toBeCloseTo(0.5, 14);
});
