/** What a value in a row must look like, for whoever writes one and whoever reads it. */

const DECIMAL = /^\d+(\.\d+)?$/;
const SIGNED_DECIMAL = /^-?\d+(\.\d+)?$/;
/** Milliseconds of the years 2001 to 2286. */
const TIME = /^\d{13}$/;

export function isDecimal(value: unknown, isSigned = false): value is string {
  return typeof value === 'string' && (isSigned ? SIGNED_DECIMAL : DECIMAL).test(value);
}

/** Milliseconds since the epoch. */
export function isTime(value: unknown): value is string {
  return typeof value === 'string' && TIME.test(value);
}

/** [price, size, ...] as texts. */
export function isLevel(level: unknown): boolean {
  return (
    Array.isArray(level) &&
    level.length >= 2 &&
    isDecimal(level[0]) &&
    isDecimal(level[1]) &&
    level.every((value) => typeof value === 'string')
  );
}
