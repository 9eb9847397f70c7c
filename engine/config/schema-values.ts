import { z } from 'zod';

/** Values that several sections of the configuration are made of. */

export const decimal = z
  .string({ error: 'expected a decimal in quotes, such as "0.01"' })
  .regex(/^\d+(\.\d+)?$/, { error: 'expected a plain decimal in quotes, such as "0.01"' });
export const decimalAboveZero = decimal.regex(/[1-9]/, {
  error: 'expected a decimal above zero in quotes, such as "0.01"',
});
export const bps = z.number().min(0).max(10_000);
