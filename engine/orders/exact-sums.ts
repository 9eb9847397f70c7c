/**
 * Sums that do not depend on the order of what is added: an unevaluated pair of floats for each, 106 bits together.
 *
 * Owner:      the engine thread.
 * Invariants: `high` is the sum rounded to a float, `low` is what the rounding left; whole numbers are exact below 2^106.
 * Cost:       some twenty multiplications and additions; nothing allocates once constructed.
 *
 * Money of many thousand fills is compared with the venue's, to the last unit and whichever channel told them in which
 * order: a plain float sum differs in both. Addition and product are those of Dekker, "A floating-point technique for
 * extending the available precision" (1971), and Knuth, "The Art of Computer Programming" vol. 2, 4.2.2.
 */

/** 2^27 + 1 splits a float into two halves whose products are exact. */
const SPLITTER = 134_217_729;

export class ExactSums {
  /** The sums as floats, read in place. */
  readonly high: Float64Array;
  readonly low: Float64Array;

  constructor(count: number) {
    this.high = new Float64Array(count);
    this.low = new Float64Array(count);
  }

  /** @hot Adds `value`. */
  add(index: number, value: number): void {
    const high = this.high[index]!;
    const sum = high + value;
    const part = sum - high;
    const rest = high - (sum - part) + (value - part) + this.low[index]!;
    this.high[index] = sum + rest;
    this.low[index] = rest - (this.high[index]! - sum);
  }

  /** @hot Adds `a` × `b`, of which nothing is rounded off. */
  addProduct(index: number, a: number, b: number): void {
    const product = a * b;
    this.add(index, product);
    this.add(index, productError(a, b, product));
  }

  /** @hot Adds `a` / `b`, to 100 bits or so. */
  addQuotient(index: number, a: number, b: number): void {
    const quotient = a / b;
    const product = quotient * b;
    this.add(index, quotient);
    this.add(index, (a - product - productError(quotient, b, product)) / b);
  }

  /** Takes over a sum that was kept as its two parts. */
  set(index: number, high: number, low: number): void {
    this.high[index] = 0;
    this.low[index] = 0;
    this.add(index, high);
    this.add(index, low);
  }

  /** Multiplies a sum by `multiplier` / `divisor`. */
  scale(index: number, multiplier: number, divisor: number): void {
    const high = this.high[index]!;
    const low = this.low[index]!;
    this.set(index, 0, 0);
    this.addProduct(index, high, multiplier);
    this.addProduct(index, low, multiplier);
    if (divisor === 1) return;
    const scaledHigh = this.high[index]!;
    const scaledLow = this.low[index]!;
    this.set(index, 0, 0);
    this.addQuotient(index, scaledHigh, divisor);
    this.addQuotient(index, scaledLow, divisor);
  }
}

/** What rounding took from `product` = `a` × `b`. */
function productError(a: number, b: number, product: number): number {
  const aScaled = SPLITTER * a;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = SPLITTER * b;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}
