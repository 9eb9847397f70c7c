import { z } from 'zod';
import { decimalAboveZero } from './schema-values.ts';

/** What instruments of some products need beside the rest: margin pairs, options, what expires. */
export const products = {
  product: z.enum(['listed', 'margin']).default('listed'),
  marginCcy: z
    .string()
    .regex(/^[A-Z0-9]+$/, { error: 'expected a currency, such as "USDT"' })
    .optional(),
  stopBeforeExpiryMinutes: z.int().min(0).max(100_000).default(60),
  mmp: z
    .strictObject({
      isOn: z.boolean().default(false),
      timeIntervalMs: z.int().min(1).max(600_000).default(5_000),
      frozenMs: z.int().min(0).max(600_000).default(2_000),
      qtyLimit: decimalAboveZero.default('100'),
    })
    .prefault({}),
} as const;
