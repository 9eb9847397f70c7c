import type { Milliseconds } from '../base/units.ts';
import { UsageError } from './usage-error.ts';

const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z)?$/;

/**
 * A time given to a command: ISO 8601 in UTC, a day for its midnight, or milliseconds since the epoch.
 *
 * @throws UsageError for anything else
 */
export function parseTimeMs(text: string, option: string): Milliseconds {
  const ms = /^\d{13}$/.test(text) ? Number(text) : ISO.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isFinite(ms)) {
    throw new UsageError(
      `${option}: expected a time such as 2026-11-21T10:00:00Z, 2026-11-21 or 1795255200000, was "${text}"`,
    );
  }
  return ms;
}
