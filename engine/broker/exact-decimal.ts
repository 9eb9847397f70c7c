/**
 * Decimals of any length, exact: a whole number of 10^-scale. Sums and products lose nothing; only a quotient is rounded.
 *
 * Invariants: what is read back from `toString` is the same number.
 * Cost:       an object and a BigInt each; for what is counted once a fill, never for the path.
 */
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?$/;

const powers: bigint[] = [1n];

/** 10^exponent. */
function powerOfTen(exponent: number): bigint {
  for (let next = powers.length; next <= exponent; next++) powers.push(powers[next - 1]! * 10n);
  return powers[exponent]!;
}

export class ExactDecimal {
  static readonly zero = new ExactDecimal(0n, 0);

  readonly units: bigint;
  /** Digits after the point. */
  readonly scale: number;

  private constructor(units: bigint, scale: number) {
    this.units = units;
    this.scale = scale;
  }

  /** "-0.25", "1e-7"; undefined for what is no decimal. */
  static parse(text: string): ExactDecimal | undefined {
    if (text === '0') return ExactDecimal.zero;
    const match = DECIMAL.exec(text);
    if (match === null) return undefined;
    const fraction = match[3] ?? '';
    const magnitude = BigInt(match[2]! + fraction);
    const scale = fraction.length - Number(match[4] ?? '0');
    const units = match[1] === '-' ? -magnitude : magnitude;
    return scale >= 0 ? new ExactDecimal(units, scale) : new ExactDecimal(units * powerOfTen(-scale), 0);
  }

  /** As `parse`; 0 for what is no decimal, such as the "" of a field that does not apply. */
  static of(text: string): ExactDecimal {
    return ExactDecimal.parse(text) ?? ExactDecimal.zero;
  }

  /** The shortest decimal that reads back as this number. */
  static ofNumber(value: number): ExactDecimal {
    return ExactDecimal.of(String(value));
  }

  /** 10^-decimals. */
  static unit(decimals: number): ExactDecimal {
    return new ExactDecimal(1n, decimals);
  }

  plus(other: ExactDecimal): ExactDecimal {
    if (this.scale === other.scale) return new ExactDecimal(this.units + other.units, this.scale);
    return this.scale > other.scale
      ? new ExactDecimal(this.units + other.units * powerOfTen(this.scale - other.scale), this.scale)
      : new ExactDecimal(this.units * powerOfTen(other.scale - this.scale) + other.units, other.scale);
  }

  minus(other: ExactDecimal): ExactDecimal {
    if (this.scale === other.scale) return new ExactDecimal(this.units - other.units, this.scale);
    return this.plus(other.negated());
  }

  times(other: ExactDecimal): ExactDecimal {
    return new ExactDecimal(this.units * other.units, this.scale + other.scale);
  }

  /** To so many decimals, halves away from zero; 0 when there is nothing to divide by. */
  dividedBy(other: ExactDecimal, decimals: number): ExactDecimal {
    if (other.units === 0n) return ExactDecimal.zero;
    const shift = decimals + other.scale - this.scale;
    const over = shift >= 0 ? this.units * powerOfTen(shift) : this.units;
    const under = shift >= 0 ? other.units : other.units * powerOfTen(-shift);
    const isNegative = over < 0n !== under < 0n;
    const [top, bottom] = [over < 0n ? -over : over, under < 0n ? -under : under];
    const quotient = (top + bottom / 2n) / bottom;
    return new ExactDecimal(isNegative ? -quotient : quotient, decimals);
  }

  negated(): ExactDecimal {
    return new ExactDecimal(-this.units, this.scale);
  }

  magnitude(): ExactDecimal {
    return this.units < 0n ? this.negated() : this;
  }

  /** Below, at or above zero when this is less than, the same as or more than the other. */
  compare(other: ExactDecimal): number {
    const { units } = this.minus(other);
    return units === 0n ? 0 : units < 0n ? -1 : 1;
  }

  get isZero(): boolean {
    return this.units === 0n;
  }

  get isPositive(): boolean {
    return this.units > 0n;
  }

  /** The nearest double, for metrics. */
  toNumber(): number {
    return Number(`${this.units}e-${this.scale}`);
  }

  /** The shortest plain decimal. */
  toString(): string {
    const isNegative = this.units < 0n;
    const digits = (isNegative ? -this.units : this.units).toString().padStart(this.scale + 1, '0');
    const whole = digits.slice(0, digits.length - this.scale);
    const fraction = digits.slice(digits.length - this.scale).replace(/0+$/, '');
    const text = fraction === '' ? whole : `${whole}.${fraction}`;
    return isNegative ? `-${text}` : text;
  }
}
