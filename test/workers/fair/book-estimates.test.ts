import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { microPrice } from '../../../engine/base/micro-price.ts';
import type { MarketView } from '../../../engine/handoff/market-slot.ts';
import {
  bookImbalance,
  effectiveVamp,
  impactMid,
  mid,
  vamp,
  weightedDepth,
} from '../../../workers/strategy/fair/book-estimates.ts';
import type { Depth } from '../../../workers/strategy/fair/book-estimates.ts';
import { PRINTED, anyBook, bookOf, mirrored } from './book-of.ts';
import type { BookFields } from './book-of.ts';

type Estimate = (market: MarketView, depth: Depth, out: Float64Array) => void;

const ALL: Depth = { levels: 10, withinBps: 0, lots: 0 };

function valueOf(estimate: Estimate, fields: BookFields, depth: Partial<Depth> = {}): number {
  const out = new Float64Array(1);
  estimate(bookOf(fields), { ...ALL, ...depth }, out);
  return out[0]!;
}

const middle: Estimate = (market, _, out) => mid(market, out);
const micro: Estimate = (market, _, out) => {
  out[0] = microPrice(market.bidTicks[0]!, market.bidLots[0]!, market.askTicks[0]!, market.askLots[0]!);
};
const ESTIMATES: readonly (readonly [string, Estimate])[] = [
  ['mid', middle],
  ['micro', micro],
  ['vamp', vamp],
  ['weighted depth', weightedDepth],
  ['effective vamp', effectiveVamp],
  ['impact mid', impactMid],
];

describe('the printed book (models.md par. 4)', () => {
  it.each([
    ['mid', middle, 0, 100.25],
    ['weighted mid', micro, 0, 100.375],
    ['VAMP_3', vamp, 0, 100.41176470588235],
    ['effective VAMP', effectiveVamp, 0, 100.38319327731091],
    ['weighted depth', weightedDepth, 0, 100.08823529411765],
    ['impact mid of 40', impactMid, 40, 100.375],
  ] as const)('%s', (_, estimate, lots, expected) => {
    expect(valueOf(estimate, PRINTED, { lots }) / 2).toBeCloseTo(expected, 11);
  });

  it('VAMP of the best level alone is the weighted mid', () => {
    expect(valueOf(vamp, PRINTED, { levels: 1 })).toBe(valueOf(micro, PRINTED));
  });

  it('imbalance, as a difference and as a logarithm', () => {
    const of = (isLog: boolean): number =>
      valueOf((market, depth, out) => bookImbalance(market, depth, isLog, out), PRINTED);
    expect(of(false)).toBeCloseTo(30 / 170, 14);
    expect(of(true)).toBeCloseTo(Math.log(100 / 70), 14);
  });
});

describe('depth', () => {
  const sideVwap = (rows: readonly (readonly [number, number])[]): number =>
    rows.reduce((sum, [ticks, lots]) => sum + ticks * lots, 0) /
    rows.reduce((sum, [, lots]) => sum + lots, 0);

  it('counts so many levels', () => {
    const rows = [...PRINTED.bids.slice(0, 2), ...PRINTED.asks.slice(0, 2)];
    expect(valueOf(weightedDepth, PRINTED, { levels: 2 })).toBeCloseTo(sideVwap(rows), 12);
  });

  it('counts whole levels until a side has the size', () => {
    // 30 of the bids; 10 and 40 of the asks.
    const rows = [...PRINTED.bids.slice(0, 1), ...PRINTED.asks.slice(0, 2)];
    expect(valueOf(weightedDepth, PRINTED, { lots: 30 })).toBeCloseTo(sideVwap(rows), 12);
  });

  it('trades for what the smaller side holds where the book is too thin', () => {
    // 70 of each side: 30 at 200, 20 at 199, 20 at 198; all asks.
    const bids = sideVwap([...PRINTED.bids.slice(0, 2), [198, 20]]);
    const asks = sideVwap(PRINTED.asks);
    expect(valueOf(impactMid, PRINTED, { lots: 1_000 })).toBeCloseTo((bids + asks) / 2, 12);
    expect(valueOf(impactMid, PRINTED)).toBeCloseTo((bids + asks) / 2, 12);
  });

  it('regression: basis points are multiplied by 1e-4, not divided (bybit-smm)', () => {
    // Of 10,000 ticks a basis point is one tick: levels 1.5 and 3.5 ticks from the mid.
    const book: BookFields = {
      bids: [
        [9_999, 10],
        [9_997, 1_000],
      ],
      asks: [
        [10_000, 30],
        [10_002, 1_000],
      ],
    };
    const imbalance = (withinBps: number): number =>
      valueOf((market, depth, out) => bookImbalance(market, depth, false, out), book, { withinBps });
    expect(imbalance(1)).toBe(-0.5);
    expect(imbalance(2.4)).toBe(-0.5);
    expect(imbalance(2.6)).toBeCloseTo(-20 / 2_040, 14);
    expect(imbalance(0)).toBeCloseTo(-20 / 2_040, 14);
  });

  it('counts the best level however far away it is', () => {
    const book: BookFields = { bids: [[9_000, 10]], asks: [[11_000, 30]] };
    expect(valueOf(vamp, book, { withinBps: 1 })).toBe(valueOf(micro, book));
    expect(valueOf(effectiveVamp, book, { withinBps: 1 })).toBeCloseTo(valueOf(micro, book), 11);
  });
});

describe.each(ESTIMATES)('%s', (_, estimate) => {
  const anyDepth = fc.record({
    levels: fc.integer({ min: 1, max: 8 }),
    withinBps: fc.constantFrom(0, 1, 5, 30),
    lots: fc.constantFrom(0, 1, 100, 5_000, 1e9),
  });

  it('of a mirrored book is the mirrored price', () => {
    fc.assert(
      fc.property(anyBook, anyDepth, (book, depth) => {
        const axis = valueOf(middle, book);
        const straight = valueOf(estimate, book, depth);
        expect(valueOf(estimate, mirrored(book, axis), depth)).toBeCloseTo(2 * axis - straight, 8);
      }),
    );
  });

  it('lies within the prices that it looked at', () => {
    fc.assert(
      fc.property(anyBook, anyDepth, (book, depth) => {
        const value = valueOf(estimate, book, depth);
        expect(value).toBeGreaterThanOrEqual(book.bids.at(-1)![0]);
        expect(value).toBeLessThanOrEqual(book.asks.at(-1)![0]);
      }),
    );
  });

  it('scales with the grid, and does not see the unit of sizes', () => {
    fc.assert(
      fc.property(anyBook, anyDepth, fc.integer({ min: 2, max: 20 }), (book, depth, factor) => {
        const finer = (rows: BookFields['bids']): BookFields['bids'] =>
          rows.map(([ticks, lots]) => [ticks * factor, lots / 8]);
        const scaled = { bids: finer(book.bids), asks: finer(book.asks) };
        const value = valueOf(estimate, scaled, { ...depth, lots: depth.lots / 8 });
        expect(value / factor).toBeCloseTo(valueOf(estimate, book, depth), 7);
      }),
    );
  });
});

describe.each([
  ['micro', micro],
  ['vamp', vamp],
  ['effective vamp', effectiveVamp],
] as const)('regression: %s', (_, estimate) => {
  it('is lifted by a larger best bid, never lowered (tribeca weighed a price by its own side)', () => {
    fc.assert(
      fc.property(anyBook, fc.integer({ min: 1, max: 10_000 }), (book, more) => {
        const [best, ...others] = book.bids;
        const larger = { ...book, bids: [[best![0], best![1] + more] as const, ...others] };
        const depth = { levels: 1 };
        expect(valueOf(estimate, larger, depth)).toBeGreaterThan(valueOf(estimate, book, depth));
      }),
    );
  });
});

describe('imbalance', () => {
  it('of a mirrored book has the other sign, and within ±1 as a difference', () => {
    fc.assert(
      fc.property(anyBook, fc.integer({ min: 1, max: 6 }), fc.boolean(), (book, levels, isLog) => {
        const of = (fields: BookFields): number =>
          valueOf((market, depth, out) => bookImbalance(market, depth, isLog, out), fields, { levels });
        expect(of(mirrored(book, 10_000))).toBeCloseTo(-of(book), 12);
        if (!isLog) expect(Math.abs(of(book))).toBeLessThan(1);
      }),
    );
  });
});
