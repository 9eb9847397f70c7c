import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Instrument } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { PositionLedger } from '../../engine/orders/position-ledger.ts';
import { addingUp, numberOf, unitsOf, unitsOfText } from '../../engine/attribution/exact-money.ts';
import { ProfitParts } from '../../engine/attribution/profit-parts.ts';
import { inverse, linear, spot } from '../report/instruments.ts';

const decimals = (text: string): bigint => unitsOfText(text);

describe('money in whole numbers', () => {
  it.each([
    ['0', 0n],
    ['1', 10n ** 18n],
    ['-0.25', -25n * 10n ** 16n],
    ['1e-7', 10n ** 11n],
    ['2.5E+2', 250n * 10n ** 18n],
    ['0.0000000000000000015', 2n],
    ['-0.0000000000000000015', -2n],
    ['not a number', 0n],
  ])('reads %s', (text, units) => expect(unitsOfText(text)).toBe(units));

  it('gives back every number that it was given', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 6 }), (count, digits) => {
        const value = Number(`${count}e-${digits}`);
        expect(numberOf(unitsOf(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it('gives parts that add up in whatever order, and are what they were to 2^-52 of their sum', () => {
    const amounts = fc.array(fc.bigInt({ min: -(10n ** 28n), max: 10n ** 28n }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(amounts, (parts) => {
        const numbers = addingUp(parts);
        const forth = numbers.reduce((sum, part) => sum + part, 0);
        const back = numbers.toReversed().reduce((sum, part) => sum + part, 0);
        expect(forth).toBe(back);
        const largest = parts.reduce((sum, part) => sum + Math.abs(numberOf(part)), 0);
        for (const [index, part] of parts.entries()) {
          expect(Math.abs(numbers[index]! - numberOf(part))).toBeLessThanOrEqual(largest * 2 ** -50 + 1e-18);
        }
      }),
    );
  });
});

describe('the parts of a profit', () => {
  it('are those of the book: bought below the middle, which then falls', () => {
    const parts = new ProfitParts(linear);
    parts.onMark(decimals('100.05'));
    // 50 lots of 0.1 contracts of 0.01 BTC are 0.05 BTC.
    parts.onFill(50, decimals('100'), decimals('100.05'));
    parts.onFee(decimals('-0.001'));
    parts.onMark(decimals('99.55'));
    parts.onFunding(decimals('0.0002'));
    expect(numberOf(parts.spread)).toBe(0.0025);
    expect(numberOf(parts.inventory)).toBe(-0.025);
    expect(numberOf(parts.total)).toBe(-0.0233);
    parts.check();
  });

  it('give what happened between the trade and its word to the inventory', () => {
    const parts = new ProfitParts(linear);
    parts.onMark(decimals('100'));
    parts.onMark(decimals('90'));
    parts.onFill(100, decimals('99'), decimals('100'));
    expect(numberOf(parts.spread)).toBe(0.1);
    expect(numberOf(parts.inventory)).toBe(-1);
  });

  it('take a position that was found at the first middle, for nothing', () => {
    const parts = new ProfitParts(linear);
    parts.onAdjustment(1_000);
    parts.onMark(decimals('100'));
    expect(parts.total).toBe(0n);
    parts.onMark(decimals('101'));
    expect(numberOf(parts.total)).toBe(1);
    parts.check();
  });

  it('take fees in coins at their middle, and let the coins move with it', () => {
    const parts = new ProfitParts(spot);
    parts.onMark(decimals('100'));
    parts.onCoinFee(decimals('-0.01'));
    expect(numberOf(parts.fees)).toBe(-1);
    parts.onMark(decimals('110'));
    expect(numberOf(parts.fees)).toBe(-1);
    expect(numberOf(parts.inventory)).toBe(-0.1);
    parts.check();
  });

  it.each([
    ['linear', linear],
    ['spot', spot],
    ['inverse', inverse],
  ] as const)('add up to the last unit, and to what the ledger says: %s', (_, instrument) => {
    const ticks = fc.integer({ min: 500_000, max: 900_000 });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('mark' as const), ticks }),
      fc.record({
        kind: fc.constant('fill' as const),
        ticks,
        before: ticks,
        lots: fc.integer({ min: -500, max: 500 }),
      }),
      fc.record({
        kind: fc.constant('fee' as const),
        amount: fc.integer({ min: -1_000_000, max: 1_000_000 }),
      }),
      fc.record({
        kind: fc.constant('coins' as const),
        amount: fc.integer({ min: -1_000_000, max: 1_000_000 }),
      }),
      fc.record({
        kind: fc.constant('funding' as const),
        amount: fc.integer({ min: -1_000_000, max: 1_000_000 }),
      }),
    );
    fc.assert(
      fc.property(ticks, fc.array(step, { maxLength: 60 }), (first, steps) => {
        const parts = new ProfitParts(instrument);
        const ledger = new PositionLedger([instrument]);
        const price = (count: number): bigint => decimals(instrument.tick.toText(count));
        let mark = first;
        let funding = 0;
        parts.onMark(price(first));
        for (const each of steps) {
          if (each.kind === 'mark') {
            mark = each.ticks;
            parts.onMark(price(mark));
          } else if (each.kind === 'fill' && each.lots !== 0) {
            const side = each.lots > 0 ? Side.buy : Side.sell;
            parts.onFill(each.lots, price(each.ticks), price(each.before));
            ledger.onTrade(0, side, each.ticks, Math.abs(each.lots));
          } else if (each.kind === 'fee') {
            parts.onFee(unitsOf(each.amount / 1e6));
            ledger.onFee(0, each.amount / 1e6, false);
          } else if (each.kind === 'coins') {
            parts.onCoinFee(unitsOf(each.amount / 1e6));
            ledger.onFee(0, each.amount / 1e6, true);
          } else if (each.kind === 'funding') {
            parts.onFunding(unitsOf(each.amount / 1e6));
            funding += each.amount / 1e6;
          }
          expect(parts.residual).toBe(0n);
        }
        const total = numberOf(parts.total);
        const expected = ledger.netProfit(0, mark) + funding;
        const size = Math.abs(ledger.turnover[0]!) + Math.abs(ledger.baseFees[0]! * mark) + 1;
        expect(Math.abs(total - expected)).toBeLessThan(size * 1e-9);
      }),
      { numRuns: 200 },
    );
  });

  it('are refused when a unit is missing', () => {
    const parts = new ProfitParts(linear);
    parts.onMark(decimals('100'));
    parts.onFill(1, decimals('99'), decimals('100'));
    parts.spread += 1n;
    expect(() => parts.check()).toThrow('add up');
  });
});

it('values an inverse contract by what it pays in coins', () => {
  const parts = new ProfitParts(inverse);
  parts.onMark(decimals('50000'));
  parts.onFill(100, decimals('50000'), decimals('50000'));
  parts.onMark(decimals('60000'));
  const which: Instrument = inverse;
  const entry = which.tick.fromText('50000');
  const exit = which.tick.fromText('60000');
  expect(numberOf(parts.total)).toBeCloseTo(which.profit(entry, exit, 100), 12);
});
