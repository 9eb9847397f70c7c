import type { Milliseconds } from '../base/units.ts';
import { UsageError } from './usage-error.ts';

/** A time of the market, as ISO 8601 (UTC where no zone is given) or as milliseconds since the epoch. */
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * "2024-08-08", "2024-08-08T23:55", "2024-08-08T23:55:00.250Z" or "1723161300250" in milliseconds since the epoch.
 *
 * @throws UsageError for anything else
 */
export function parseMarketTime(text: string, option: string): Milliseconds {
  if (/^\d{12,14}$/.test(text)) return Number(text);
  const hasZone = /(Z|[+-]\d{2}:\d{2})$/.test(text);
  const timeMs = ISO.test(text) ? Date.parse(text.includes('T') && !hasZone ? `${text}Z` : text) : NaN;
  if (Number.isNaN(timeMs)) {
    throw new UsageError(
      `${option}: expected a time such as 2024-08-08T23:55:00Z or milliseconds since the epoch, was "${text}"`,
    );
  }
  return timeMs;
}
