import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExactDecimal } from '../../engine/broker/exact-decimal.ts';

/** A whole number and so many of its digits behind the point. */
const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat({ max: 20 }));

function textOf([units, scale]: readonly [bigint, number]): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  return `${units < 0n ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`}`;
}

/** As whole numbers of 10^-40. */
const fixed = ([units, scale]: readonly [bigint, number]): bigint => units * 10n ** BigInt(40 - scale);
const fixedOf = (value: ExactDecimal): bigint => value.units * 10n ** BigInt(40 - value.scale);

describe('an exact decimal', () => {
  it('adds, takes away, multiplies and compares as whole numbers do', () => {
    fc.assert(
      fc.property(decimal, decimal, (left, right) => {
        const [one, other] = [ExactDecimal.of(textOf(left)), ExactDecimal.of(textOf(right))];
        expect(fixedOf(one.plus(other))).toBe(fixed(left) + fixed(right));
        expect(fixedOf(one.minus(other))).toBe(fixed(left) - fixed(right));
        expect(fixedOf(one.times(other)) * 10n ** 40n).toBe(fixed(left) * fixed(right));
        expect(Math.sign(one.compare(other))).toBe(
          Number(fixed(left) > fixed(right)) - Number(fixed(left) < fixed(right)),
        );
      }),
    );
  });

  it('reads back what it writes, without a zero too many', () => {
    fc.assert(
      fc.property(decimal, (value) => {
        const text = ExactDecimal.of(textOf(value)).toString();
        expect(fixedOf(ExactDecimal.of(text))).toBe(fixed(value));
        expect(text).toMatch(/^-?(0|[1-9]\d*)(\.\d*[1-9])?$/);
      }),
    );
  });

  it.each([
    ['1e-7', '0.0000001'],
    ['-2.50', '-2.5'],
    ['1.2E3', '1200'],
    ['0', '0'],
    ['-0', '0'],
    ['+3', '3'],
    ['5.', '5'],
  ])('reads %s as %s', (text, expected) => {
    expect(ExactDecimal.parse(text)?.toString()).toBe(expected);
  });

  it.each(['', ' 1', '1,5', 'NaN', '0x1', '.5', '1e', '--1'])('takes "%s" for no decimal', (text) => {
    expect(ExactDecimal.parse(text)).toBeUndefined();
    expect(ExactDecimal.of(text).isZero).toBe(true);
  });

  // 1 / 3 = 0.33…, 2 / 3 = 0.66… rounds up, halves go away from zero.
  it.each([
    ['1', '3', '0.333'],
    ['2', '3', '0.667'],
    ['-2', '3', '-0.667'],
    ['0.0005', '1', '0.001'],
    ['-0.0005', '1', '-0.001'],
    ['0.00049', '1', '0'],
    ['12', '0.5', '24'],
    ['7', '0', '0'],
  ])('divides %s by %s to %s', (over, under, expected) => {
    expect(ExactDecimal.of(over).dividedBy(ExactDecimal.of(under), 3).toString()).toBe(expected);
  });
});
