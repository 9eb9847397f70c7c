import { z } from 'zod';
import { bps, decimalAboveZero } from './schema-values.ts';

/** Orders that bring the net delta back into its band: `portfolio.groups[].hedge`. */
const hedge = z.strictObject({
  isOn: z.boolean().default(false),
  instId: z.string().min(1).optional(),
  bandRatio: z.number().min(0.01).max(1).default(0.5),
  targetRatio: z.number().min(0).max(1).default(0.25),
  passiveMs: z.int().min(0).max(600_000).default(5_000),
  slippageBps: bps.default(5),
  ordersPerMinute: z.int().min(1).max(600).default(30),
  lossMax: z.number().positive().default(100),
});

/** What instruments of one underlying may hold together, and how it is hedged: `portfolio`. */
export const portfolio = z.strictObject({
  groups: z
    .array(
      z.strictObject({
        coin: z.string().regex(/^[A-Z0-9]+$/, { error: 'expected a coin, such as "BTC"' }),
        delta: decimalAboveZero,
        skew: z.number().min(0).max(1).default(1),
        hedge: hedge.prefault({}),
      }),
    )
    .max(100)
    .default([]),
});

export type PortfolioConfig = z.infer<typeof portfolio>;

/** What is wrong with the groups, whatever is traded, or ''. Whether their coins are traded, the venue's rows tell. */
export function portfolioProblem(config: PortfolioConfig): string {
  const seen = new Set<string>();
  for (const [index, { coin, hedge: terms }] of config.groups.entries()) {
    const at = `portfolio.groups[${index}]`;
    if (seen.has(coin)) return `${at}.coin: expected each coin once, was "${coin}" again; remove one`;
    seen.add(coin);
    if (terms.targetRatio >= terms.bandRatio) {
      return `${at}.hedge.targetRatio: expected less than hedge.bandRatio (${terms.bandRatio}), was ${terms.targetRatio}`;
    }
  }
  return '';
}
