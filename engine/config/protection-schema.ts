import { z } from 'zod';
import { bps } from './schema-values.ts';

/**
 * Stops that lie at the venue, one for each contract with a position, as the last net if everything of ours is down:
 * `protection`.
 */

const triggerBy = z.enum(['last', 'index', 'mark']);
const stopLossBps = bps.refine((value) => value > 0, { error: 'expected more than 0' });
const takeProfitBps = stopLossBps.optional();

export const protection = z.strictObject({
  isOn: z.boolean().default(false),
  stopLossBps: stopLossBps.default(500),
  takeProfitBps,
  triggerBy: triggerBy.default('mark'),
  // Instead of a fixed price: a stop that follows the best price by this share of it.
  trailingRatio: z.number().min(0.001).max(1).optional(),
  minChangeRatio: z.number().min(0.01).max(1).default(0.1),
  settleMs: z.int().min(50).max(60_000).default(500),
  instruments: z
    .array(
      z.strictObject({
        instId: z.string().min(1),
        isOn: z.boolean().optional(),
        stopLossBps: stopLossBps.optional(),
        takeProfitBps,
        triggerBy: triggerBy.optional(),
      }),
    )
    .max(100)
    .default([]),
});

export type ProtectionConfig = z.infer<typeof protection>;

/** What holds for one instrument. */
export interface ProtectionTerms {
  readonly isOn: boolean;
  readonly stopLossBps: number;
  /** 0 for none. */
  readonly takeProfitBps: number;
  readonly triggerBy: 'last' | 'index' | 'mark';
  /** 0 for a fixed stop. */
  readonly trailingRatio: number;
}

export function protectionOf(config: ProtectionConfig, instId: string): ProtectionTerms {
  const own = config.instruments.find((each) => each.instId === instId);
  return {
    isOn: own?.isOn ?? config.isOn,
    stopLossBps: own?.stopLossBps ?? config.stopLossBps,
    takeProfitBps: own?.takeProfitBps ?? config.takeProfitBps ?? 0,
    triggerBy: own?.triggerBy ?? config.triggerBy,
    trailingRatio: config.trailingRatio ?? 0,
  };
}

/** What is wrong with the stops beside these instruments, or ''. */
export function protectionProblem(config: ProtectionConfig, instIds: readonly string[]): string {
  for (const [index, { instId }] of config.instruments.entries()) {
    const at = `protection.instruments[${index}]`;
    if (!instIds.includes(instId)) {
      return `${at}.instId: expected one of ${instIds.join(', ')}, was "${instId}"; change it, or remove the row`;
    }
    if (config.instruments.findIndex((each) => each.instId === instId) !== index) {
      return `${at}.instId: expected each instrument once, was "${instId}" again; remove one`;
    }
  }
  const hasTarget =
    config.takeProfitBps !== undefined || config.instruments.some((each) => each.takeProfitBps !== undefined);
  return config.trailingRatio !== undefined && hasTarget
    ? 'protection.trailingRatio: expected no takeProfitBps beside it, for a trailing stop takes none; remove one of them'
    : '';
}
