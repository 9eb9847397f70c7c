import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallInteger, storeDecimal, storeInteger } from '../../engine/okx/ascii-number.ts';
import { bytesOf } from './okx-fixtures.ts';

const into = new Float64Array(2);

function integer(text: string): number {
  const bytes = bytesOf(text);
  storeInteger(bytes, 0, bytes.length, into, 1, -7);
  return into[1]!;
}

function decimal(text: string): number {
  const bytes = bytesOf(text);
  storeDecimal(bytes, 0, bytes.length, into, 1, -7);
  return into[1]!;
}

function small(text: string): number {
  const bytes = bytesOf(text);
  return smallInteger(bytes, 0, bytes.length, -7);
}

describe('numbers in ASCII', () => {
  it('are read exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(integer(String(value))).toBe(value);
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: -999_999_999, max: 999_999_999 }), (value) => {
        expect(small(String(value))).toBe(value);
      }),
    );
  });

  it('with a point are the nearest float up to fifteen digits, and within 1e-15 beyond', () => {
    fc.assert(
      fc.property(
        fc.nat(9_999_999),
        fc.stringMatching(/^\d{1,8}$/),
        fc.boolean(),
        (whole, fraction, isNegative) => {
          const text = `${isNegative ? '-' : ''}${whole}.${fraction}`;
          expect(decimal(text)).toBe(Number(text) + 0);
        },
      ),
      { numRuns: 2_000 },
    );
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,30}$/), fc.stringMatching(/^\d{1,30}$/), (whole, fraction) => {
        const exact = Number(`${whole}.${fraction}`);
        expect(Math.abs(decimal(`${whole}.${fraction}`) - exact)).toBeLessThanOrEqual(
          exact * 1.1e-14 + 1e-22,
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(['', '-', '+1', ' 1', '1 ', '1e3', '0x1', 'NaN', '1..2', '.5', '5.', '-.5', '1,5', '--1'])(
    'that are not numbers give the substitute: %j',
    (text) => {
      expect([integer(text), small(text), decimal(text)]).toEqual([-7, -7, -7]);
    },
  );

  it('are never a negative zero', () => {
    expect([integer('-0'), small('-0'), decimal('-0.0')]).toEqual([0, 0, 0]);
  });

  it('too large to be exact give the substitute', () => {
    expect(integer('9007199254740992')).toBe(-7);
    expect(integer('12345678901234567')).toBe(-7);
    expect(small('1234567890')).toBe(-7);
  });
});
