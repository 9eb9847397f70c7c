import type { Nanoseconds, TimeCell } from '../engine/base/units.ts';

/** A time in a cell of its own, as the path hands times on. */
export function at(ns: Nanoseconds): TimeCell {
  return Float64Array.of(ns);
}
