import { z } from 'zod';
import { bps, decimal } from './schema-values.ts';

/**
 * What an instrument is worth, as its quotes see it: `instruments[].strategy.fair`. A signal whose weight is 0 is off,
 * costs nothing and asks for no data.
 */

const levels = z.int().min(1).max(50);
const seconds = z.number().min(0.1).max(86_400);
const ageMsMax = z.int().min(10).max(60_000);
/** Weights may be negative: a signal may point the other way. */
const weightBps = z.number().min(-100).max(100).default(0);
const weight = z.number().min(-2).max(2).default(0);

const bookImbalance = z.strictObject({
  kind: z.enum(['static', 'log']).default('log'),
  levels: levels.default(5),
  withinBps: bps.default(0),
  weightBps,
});

const flow = z.strictObject({ halfLifeSeconds: seconds.default(2), weightBps });

const lead = z.strictObject({
  instrument: z.string().min(1).optional(),
  weight,
  ageMsMax: ageMsMax.default(500),
  basisSeconds: seconds.default(60),
});

const venuePrice = z.strictObject({
  weight,
  ageMsMax: ageMsMax.default(2_000),
  basisSeconds: seconds.default(60),
});

export const fairValue = z
  .strictObject({
    base: z
      .enum(['mid', 'micro', 'vamp', 'weighted-depth', 'effective-vamp', 'impact-mid', 'stoikov'])
      .default('micro'),
    depthLevels: levels.default(5),
    depthBps: bps.default(0),
    depthSize: decimal.default('0'),
    microPriceFile: z.string().min(1).optional(),
    bookImbalance: bookImbalance.prefault({}),
    orderFlow: flow.prefault({}),
    tradeFlow: flow.prefault({}),
    lead: lead.prefault({}),
    mark: venuePrice.prefault({}),
    index: venuePrice.prefault({}),
    standardiseSeconds: seconds.default(600),
    signalHalvesMax: z.number().min(0).max(10).default(0.5),
    capBps: bps.default(5),
    capSpreads: z.number().min(0).max(100_000).default(0),
  })
  .refine(({ base, microPriceFile }) => base !== 'stoikov' || microPriceFile !== undefined, {
    path: ['microPriceFile'],
    error: 'expected the file of a fitted table, since base is "stoikov"; okx-mm calibrate writes one',
  })
  .refine(({ base, depthSize }) => base !== 'impact-mid' || Number(depthSize) > 0, {
    path: ['depthSize'],
    error: 'expected a size above zero, since base is "impact-mid"',
  })
  .refine(({ lead: { instrument, weight: leadWeight } }) => leadWeight === 0 || instrument !== undefined, {
    path: ['lead', 'instrument'],
    error: 'expected the name of one of the instruments, since lead has a weight',
  });
