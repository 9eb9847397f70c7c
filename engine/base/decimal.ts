/**
 * Exact decimals: a price or a size is a whole number of steps of its grid, and goes from text to count and back
 * without a float in between.
 */
import { SMALL_END, writeFixed, writeSmall } from './ascii-digits.ts';

const POWERS_OF_TEN: readonly number[] = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Powers of ten that are int32s: of more decimals, the small way of writing knows nothing. */
const SCALES_MAX = 9;
const SCALES = Int32Array.from({ length: SCALES_MAX + 1 }, (_, exponent) => 10 ** exponent);

const DIGIT_0 = 48;
const DIGIT_9 = 57;
const DOT = 46;

/** What `fromBytes` and `fromText` give for anything that is not a whole, exactly representable count of steps. */
export const OFF_GRID = -1;

/** A grid that cannot be built: the step is not a positive decimal, or it is too fine or too coarse. */
export class DecimalError extends Error {
  override readonly name = 'DecimalError';
  readonly code = 'BAD_DECIMAL';
}

/**
 * The multiples of a decimal step such as "0.1", "0.0005", "1" or "10".
 *
 *     text  "65010.1"   step "0.1"     count 650101
 *     text  "0.4470"    step "0.00000001"  count 44700000
 *
 * Counts are non-negative and at most 2^53 - 1; `toText` also takes negative ones (positions).
 */
export class DecimalGrid {
  /** The step as it was given, without trailing zeros. */
  readonly step: string;
  /** Digits after the point that a multiple of the step can have. */
  readonly decimals: number;
  /** The step as a whole number of 10^-decimals. */
  readonly mantissa: number;
  /** The step as a float: for ratios and models, never for a price that goes to the wire. */
  readonly value: number;

  /** @throws DecimalError when the step is not a positive plain decimal with at most 18 digits after the point */
  constructor(step: string) {
    const match = /^(\d+)(?:\.(\d+))?$/.exec(step);
    const fraction = match === null ? '' : (match[2] ?? '').replace(/0+$/, '');
    const mantissa = match === null ? 0 : Number(match[1]! + fraction);
    if (mantissa === 0 || !Number.isSafeInteger(mantissa) || fraction.length > 18) {
      throw new DecimalError(
        `step: expected a positive plain decimal with at most 18 digits after the point (such as "0.01"), was "${step}"`,
      );
    }
    this.decimals = fraction.length;
    this.mantissa = mantissa;
    this.value = Number(step);
    this.step = this.toText(1);
  }

  /** The grid 10^-decimals. */
  static ofDecimals(decimals: number): DecimalGrid {
    return new DecimalGrid(decimals === 0 ? '1' : `0.${'0'.repeat(decimals - 1)}1`);
  }

  /**
   * @hot The count of steps that the ASCII decimal in bytes[start, end) stands for, or OFF_GRID when it is not plain
   * digits with at most one point between digits, is not a multiple of the step, or the count exceeds 2^53 - 1.
   */
  fromBytes(bytes: Uint8Array, start: number, end: number): number {
    let mantissa = 0;
    let decimals = 0;
    let index = start;
    for (; index < end; index++) {
      const byte = bytes[index]!;
      if (byte < DIGIT_0 || byte > DIGIT_9) break;
      mantissa = mantissa * 10 + (byte - DIGIT_0);
    }
    if (index === start) return OFF_GRID;
    if (index < end) {
      if (bytes[index] !== DOT || index + 1 === end) return OFF_GRID;
      for (index++; index < end; index++) {
        const byte = bytes[index]!;
        if (byte < DIGIT_0 || byte > DIGIT_9) return OFF_GRID;
        // Digits past the grid's last one may only be zeros, and are not counted: the mantissa stays small.
        if (decimals === this.decimals) {
          if (byte !== DIGIT_0) return OFF_GRID;
          continue;
        }
        mantissa = mantissa * 10 + (byte - DIGIT_0);
        decimals++;
      }
    }
    if (decimals < this.decimals) mantissa *= POWERS_OF_TEN[this.decimals - decimals]!;
    if (mantissa > Number.MAX_SAFE_INTEGER) return OFF_GRID;
    if (this.mantissa === 1) return mantissa;
    return mantissa % this.mantissa === 0 ? mantissa / this.mantissa : OFF_GRID;
  }

  /** As `fromBytes`, for text. */
  fromText(text: string): number {
    const { length } = text;
    if (length > TEXT_MAX) return this.fromBytes(ENCODER.encode(text), 0, length);
    // By far faster than the encoder, which is made for long texts.
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > DIGIT_9) return OFF_GRID;
      SCRATCH[index] = code;
    }
    return this.fromBytes(SCRATCH, 0, length);
  }

  /**
   * The shortest plain decimal of count × step: no exponent, no trailing zeros. For counts whose product with the
   * step's mantissa exceeds 2^53, BigInt keeps it exact.
   */
  toText(count: number): string {
    const sign = count < 0 ? '-' : '';
    const magnitude = Math.abs(count);
    const units = magnitude * this.mantissa;
    const digits = Number.isSafeInteger(units)
      ? String(units)
      : String(BigInt(magnitude) * BigInt(this.mantissa));
    if (this.decimals === 0) return sign + digits;
    const padded = digits.padStart(this.decimals + 1, '0');
    const whole = padded.slice(0, -this.decimals);
    const fraction = padded.slice(-this.decimals).replace(/0+$/, '');
    return sign + (fraction === '' ? whole : `${whole}.${fraction}`);
  }

  /**
   * @hot Writes `toText(count)` as ASCII and returns the offset after its last byte. `count` is non-negative and
   * count × mantissa at most 2^53 - 1 (checked when an instrument loads for every count it allows in an order). Up to
   * three bytes behind may be overwritten.
   */
  write(count: number, words: DataView, offset: number): number {
    const units = count * this.mantissa;
    if (units >= SMALL_END || this.decimals > SCALES_MAX) return this.#writeLarge(units, words, offset);
    // An int32 from here on: what V8 divides by a constant is then a multiplication, and by a variable one instruction.
    let rest = units | 0;
    let decimals = this.decimals;
    for (; decimals > 0; decimals--) {
      const quotient = (rest / 10) | 0;
      if (quotient * 10 !== rest) break;
      rest = quotient;
    }
    if (decimals === 0) return writeSmall(words, offset, rest);
    const scale = SCALES[decimals]!;
    const whole = (rest / scale) | 0;
    const dot = writeSmall(words, offset, whole);
    words.setUint8(dot, DOT);
    return writeFixed(words, dot + 1, rest - whole * scale, decimals);
  }

  /** Digit by digit, on floats: sizes from 2^31 steps on, and grids of more than nine decimals. */
  #writeLarge(count: number, words: DataView, offset: number): number {
    let units = count;
    let decimals = this.decimals;
    while (decimals > 0 && units % 10 === 0) {
      units /= 10;
      decimals--;
    }
    // Digits are written from the last to the first; their number is found first so that no scratch is needed.
    let length = 1;
    while (length < 17 && units >= POWERS_OF_TEN[length]!) length++;
    if (length <= decimals) length = decimals + 1;
    const end = offset + length + (decimals > 0 ? 1 : 0);
    let index = end;
    for (let digit = 0; digit < length; digit++) {
      if (digit === decimals && decimals > 0) words.setUint8(--index, DOT);
      const quotient = Math.floor(units / 10);
      words.setUint8(--index, DIGIT_0 + (units - quotient * 10));
      units = quotient;
    }
    return end;
  }
}

const ENCODER = new TextEncoder();
/** Longer than the longest text of a count: 16 digits, as many decimals, a point. */
const TEXT_MAX = 40;
const SCRATCH = new Uint8Array(TEXT_MAX);
