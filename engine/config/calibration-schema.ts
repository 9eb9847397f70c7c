import { z } from 'zod';
import { bps } from './schema-values.ts';

/** How volatility, intensity and adverse selection are learnt while running: `calibration`. Gates: models.md par. 3.2. */
export const calibration = z.strictObject({
  seconds: z.number().min(1).max(3_600).default(5),
  memorySeconds: z.number().min(60).max(86_400).default(1_200),
  fitFromBps: bps.optional(),
  sweepsMin: z.int().min(20).max(100_000).default(200),
  fitSweepsMin: z.int().min(10).max(100_000).default(50),
  sweepsShrink: z.int().min(0).max(100_000).default(200),
  decayPerBpsMin: z.number().positive().max(10_000).default(0.02),
  decayPerBpsMax: z.number().positive().max(10_000).default(200),
  rSquaredMin: z.number().min(0).max(1).default(0.8),
  ksDistanceMax: z.number().min(0).max(1).default(0.1),
  changeRatioMax: z.number().min(0.01).max(1).default(0.2),
  flowSecondsMax: z.number().min(2).max(3_600).default(15),
  ownFillsMin: z.int().min(10).max(100_000).default(50),
  adverseSeconds: z.literal([1, 5]).default(1),
  // What `okx-mm calibrate --out` writes; of the configuration's folder when it is not an absolute path.
  startFile: z.string().min(1).optional(),
});
