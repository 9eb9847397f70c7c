import { UsageError } from './usage-error.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * "500ms", "30s", "5m" or "2h" in milliseconds.
 *
 * @throws UsageError for anything else, zero included
 */
export function parseDurationMs(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const durationMs = match === null ? 0 : Number(match[1]) * UNIT_MS[match[2]!]!;
  if (!(durationMs > 0 && durationMs <= 2_147_483_647)) {
    throw new UsageError(
      `${option}: expected a duration such as 30s, 5m or 2h (at most 24 days), was "${text}"`,
    );
  }
  return durationMs;
}
