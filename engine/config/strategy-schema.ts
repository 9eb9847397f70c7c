import { z } from 'zod';
import { fairValue } from './fair-value-schema.ts';
import { bps, decimal, decimalAboveZero } from './schema-values.ts';

/** How an instrument is quoted: `instruments[].strategy`. */
export const strategy = z.strictObject({
  model: z
    .enum(['fixed', 'avellaneda-stoikov', 'glft', 'glft-exact', 'volatility', 'okx-sample'])
    .default('fixed'),
  levels: z.int().min(1).max(10).default(3),
  size: decimalAboveZero,
  sizeStep: decimal.default('0'),
  halfSpreadBps: bps.default(5),
  halfSpreadTicksMin: z.number().min(0).max(100_000).default(1),
  levelStepBps: bps.default(3),
  skewBpsAtMax: bps.default(4),
  edgeMinRatio: z.number().min(0).max(1).default(0.4),
  priceToleranceTicks: z.int().min(0).max(10_000).default(2),
  sizeToleranceRatio: z.number().min(0).max(1).default(0.2),
  fair: fairValue.prefault({}),
});
