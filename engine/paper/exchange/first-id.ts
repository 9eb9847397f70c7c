import type { Milliseconds } from '../../base/units.ts';

/**
 * What a venue that starts at this time numbers its trades and bills from: a thousand numbers a millisecond, so that no run
 * comes near the numbers of one that is started later, and all of them stay whole numbers of a double until the year 2255.
 * Of nothing but the time of the start, so that the same virtual time gives the same numbers.
 */
export function firstId(startMs: Milliseconds): number {
  return startMs * 1_000;
}
