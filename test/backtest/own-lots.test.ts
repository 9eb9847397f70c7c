import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OwnLots } from '../../engine/backtest/own-lots.ts';
import { Side } from '../../engine/base/side.ts';

const PLACE = { instrument: 0, side: Side.buy, ticks: 1_000 };

describe('a level less ours', () => {
  it('has our order from the time on at which the venue took it', () => {
    const own = new OwnLots();
    own.set('a', PLACE, 5, 100);
    expect(own.others(PLACE, 30, 30, 99)).toBe(30);
    expect(own.others(PLACE, 35, 30, 101)).toBe(30);
    own.set('a', PLACE, 2, 200);
    expect(own.others(PLACE, 32, 30, 201)).toBe(30);
    own.set('a', PLACE, 0, 300);
    expect(own.others(PLACE, 30, 30, 301)).toBe(30);
    expect([...own.prices(0, Side.buy)]).toEqual([]);
  });

  it('of the same millisecond is asked what lets the others change least', () => {
    const own = new OwnLots();
    own.set('a', PLACE, 5, 100);
    expect(own.others(PLACE, 30, 30, 100)).toBe(30);
    expect(own.others(PLACE, 35, 30, 100)).toBe(30);
    // Ours moved within it: there was no moment without it.
    own.set('a', PLACE, 7, 200);
    expect(own.others(PLACE, 37, 30, 200)).toBe(30);
    expect(own.others(PLACE, 35, 30, 200)).toBe(30);
  });

  it('never falls below nothing, and takes no more than is there', () => {
    const own = new OwnLots();
    own.set('a', PLACE, 5, 100);
    expect(own.others(PLACE, 3, 0, 101)).toBe(0);
    expect(own.others(PLACE, 0, 0, 101)).toBe(0);
  });

  it('moves with an order to another price', () => {
    const own = new OwnLots();
    const other = { ...PLACE, ticks: 999 };
    own.set('a', PLACE, 5, 100);
    own.set('a', other, 5, 200);
    expect(own.others(PLACE, 30, 30, 250)).toBe(30);
    expect(own.others(other, 15, 10, 250)).toBe(10);
    own.endOthers(new Set(), 300);
    expect(own.others(other, 10, 10, 301)).toBe(10);
  });

  it('is found again whatever our orders do, when news of them come late and in another order', () => {
    const order = fc.record({
      id: fc.constantFrom('a', 'b', 'c'),
      lots: fc.integer({ min: 0, max: 9 }),
      gapMs: fc.integer({ min: 2, max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(order, { maxLength: 30 }), fc.integer({ min: 1, max: 100 }), (orders, others) => {
        const own = new OwnLots();
        const resting = new Map<string, number>();
        const books: [atMs: number, raw: number][] = [];
        let atMs = 1_000;
        for (const { id, lots, gapMs } of orders) {
          atMs += gapMs;
          resting.set(id, lots);
          own.set(id, PLACE, lots, atMs);
          const ours = [...resting.values()].reduce((sum, each) => sum + each, 0);
          books.push([atMs + 1, others + ours]);
        }
        // All is known by the time the books are looked at.
        for (const [bookMs, raw] of books) expect(own.others(PLACE, raw, others, bookMs)).toBe(others);
      }),
    );
  });
});
