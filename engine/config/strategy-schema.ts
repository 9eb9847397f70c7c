import { z } from 'zod';
import { fairValue } from './fair-value-schema.ts';
import { bps, decimal, decimalAboveZero } from './schema-values.ts';

const share = z.number().min(0).max(1);
const seconds = z.number().min(0).max(86_400);

/** How an instrument is quoted: `instruments[].strategy`. What concerns which model: workers/strategy/README.md. */
export const strategy = z.strictObject({
  model: z
    .enum(['fixed', 'avellaneda-stoikov', 'glft', 'glft-exact', 'volatility', 'okx-sample'])
    .default('glft'),
  levels: z.int().min(1).max(10).default(3),
  rpiLevels: z.int().min(0).max(10).default(0),
  priceIn: z.enum(['coin', 'usd', 'volatility']).default('coin'),
  size: decimalAboveZero,
  sizeStep: decimal.default('0'),
  sizeDecay: z.number().min(0).max(10).default(0),
  sizeSkewRatio: share.default(0),
  inventoryDecay: z.number().min(0).max(10).default(0),
  halfSpreadBps: bps.default(5),
  halfSpreadTicksMin: z.number().min(0).max(100_000).default(1),
  halfSpreadBpsMin: bps.default(0),
  halfSpreadBpsMax: bps.default(100),
  profitBpsMin: bps.default(0),
  levelStepBps: bps.default(3),
  spacing: z.enum(['model', 'arithmetic', 'geometric', 'bps']).default('model'),
  levelRatio: z.number().min(1).max(10).default(1.5),
  latticeRatio: share.default(0),
  placement: z.enum(['improve', 'join']).default('improve'),
  skewBpsAtMax: bps.default(4),
  softLimitRatio: share.default(0.9),
  horizonSeconds: seconds.default(60),
  volatilitySeconds: seconds.default(1),
  fallbackRatio: z.number().min(1).max(100).default(1.5),
  driftBpsPerHour: z.number().min(-1_000).max(1_000).default(0),
  calibrationAgeSecondsMax: z.number().min(1).max(86_400).default(120),
  markDeviationBpsMax: bps.default(100),
  edgeMinRatio: share.default(0.4),
  priceToleranceTicks: z.int().min(0).max(10_000).default(2),
  sizeToleranceRatio: share.default(0.2),
  orderLifeMsMin: z.int().min(0).max(60_000).default(200),
  fair: fairValue.prefault({}),
});
