/**
 * Units of bare numbers. A plain number may be given where a unit is wanted; one unit may not be given for another.
 */

/** A price as a whole number of the instrument's tick size. Fits 32 bits; range checked when it is decoded. */
export type Ticks = number & { readonly __unit?: 'ticks' };

/** A quantity as a whole number of the instrument's lot size. Exact up to 2^53; does not fit 32 bits. */
export type Lots = number & { readonly __unit?: 'lots' };

/** Monotonic time or a duration. Exact up to 2^53 ns (104 days since the clock's origin). */
export type Nanoseconds = number & { readonly __unit?: 'nanoseconds' };

/**
 * One time in a typed array. On the path times are handed on like this: a number that large is boxed, 16 B, by every call
 * that V8 does not inline.
 */
export type TimeCell = Float64Array;

/** Wall-clock time since the epoch, or a duration. */
export type Milliseconds = number & { readonly __unit?: 'milliseconds' };

export const NS_PER_MS = 1_000_000;
export const NS_PER_SECOND = 1_000_000_000;

/** The largest price in ticks: prices live in Int32Array. */
export const TICKS_MAX: Ticks = 2_147_483_647;
