import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BookSide, LEVELS_MAX } from '../../engine/book/book-side.ts';
import { Book, BookState } from '../../engine/book/book.ts';
import { NaiveBook } from '../model/naive-book.ts';
import { sideLevels } from '../model/side-levels.ts';
import { snapshot, update } from './message.ts';

function levels(side: BookSide): string[] {
  return sideLevels(side).map(([ticks, lots]) => `${ticks}×${lots}`);
}

function worstTicks(side: BookSide): number | undefined {
  return sideLevels(side).at(-1)?.[0];
}

function bookOf(asks: [number, number][], bids: [number, number][]): Book {
  const book = new Book();
  book.replace(snapshot(1, asks, bids));
  book.state = BookState.synced;
  return book;
}

describe('a side', () => {
  test('keeps its levels best first, sets, replaces and deletes them', () => {
    const book = bookOf(
      [
        [103, 1],
        [101, 2],
        [102, 3],
      ],
      [
        [97, 1],
        [99, 2],
        [98, 3],
      ],
    );
    expect([levels(book.asks), levels(book.bids)]).toEqual([
      ['101×2', '102×3', '103×1'],
      ['99×2', '98×3', '97×1'],
    ]);
    book.update(
      update(
        1,
        2,
        [
          [101, 0],
          [102, 9],
          [105, 1],
        ],
        [
          [99, 0],
          [100, 4],
          [96, 0],
        ],
      ),
    );
    expect([levels(book.asks), levels(book.bids)]).toEqual([
      ['102×9', '103×1', '105×1'],
      ['100×4', '98×3', '97×1'],
    ]);
    expect([book.asks.lotsAt(103), book.asks.lotsAt(104), book.bids.lotsAt(97), book.bids.lotsAt(1)]).toEqual(
      [1, 0, 1, 0],
    );
  });

  test('additions before deletions in one message lose nothing', () => {
    // The window is full; the message adds a better level, then deletes one in the middle. The worst level stays.
    const asks: [number, number][] = Array.from({ length: LEVELS_MAX }, (_, index) => [200 + index, 1]);
    const book = bookOf(asks, []);
    book.update(
      update(1, 2, [
        [199, 1],
        [300, 0],
      ]),
    );
    expect(book.asks.count).toBe(LEVELS_MAX);
    expect(book.asks.lotsAt(200 + LEVELS_MAX - 1)).toBe(1);
    expect(book.asks.trimmed).toBe(0);
  });

  test('what the venue leaves beyond its window is forgotten at the end of the message', () => {
    const bids: [number, number][] = Array.from({ length: LEVELS_MAX }, (_, index) => [2_000 - index, 1]);
    const book = bookOf([], bids);
    book.update(
      update(
        1,
        2,
        [],
        [
          [2_001, 1],
          [2_002, 1],
        ],
      ),
    );
    expect([book.bids.count, book.bids.bestTicks, worstTicks(book.bids)]).toEqual([LEVELS_MAX, 2_002, 1_603]);
    expect(book.bids.trimmed).toBe(2);
  });

  test('a snapshot deeper than the window, in any order, keeps the best levels', () => {
    const rows: [number, number][] = Array.from({ length: 3_000 }, (_, index) => [3_000 - index, index + 1]);
    const worstFirst = bookOf(rows, rows.toReversed());
    expect([worstFirst.asks.count, worstFirst.bids.count]).toEqual([LEVELS_MAX, LEVELS_MAX]);
    expect([worstFirst.asks.bestTicks, worstTicks(worstFirst.asks)]).toEqual([1, LEVELS_MAX]);
    expect([worstFirst.bids.bestTicks, worstTicks(worstFirst.bids)]).toEqual([3_000, 3_001 - LEVELS_MAX]);
  });

  test('equals sorted maps after any updates', () => {
    const row = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(3));
    const rows = fc.array(row, { maxLength: 12 });
    fc.assert(
      fc.property(fc.array(fc.tuple(rows, rows), { maxLength: 30 }), (messages) => {
        const book = new Book();
        const twin = new NaiveBook();
        for (const [asks, bids] of messages) {
          book.update(update(0, 1, asks, bids));
          twin.update(
            asks.map((pair) => pair.map(String)),
            bids.map((pair) => pair.map(String)),
          );
          expect(levels(book.asks)).toEqual(twin.askLevels());
          expect(levels(book.bids)).toEqual(twin.bidLevels());
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('what may be quoted', () => {
  test.each<[string, [number, number][], [number, number][], boolean, boolean]>([
    ['two sides', [[101, 1]], [[100, 1]], false, true],
    ['an empty book', [], [], false, false],
    ['bids only', [], [[100, 1]], false, false],
    ['asks only', [[101, 1]], [], false, false],
    ['locked', [[100, 1]], [[100, 1]], true, false],
    ['crossed, as in pre-open', [[95, 1]], [[100, 1]], true, false],
  ])('%s', (_, asks, bids, isCrossed, isQuotable) => {
    const book = bookOf(asks, bids);
    expect([book.isCrossed(), book.isQuotable()]).toEqual([isCrossed, isQuotable]);
  });

  test('a broken or empty state is not, whatever the levels say', () => {
    const book = bookOf([[101, 1]], [[100, 1]]);
    book.state = BookState.broken;
    expect(book.isQuotable()).toBe(false);
    book.state = BookState.empty;
    expect(book.isQuotable()).toBe(false);
  });
});
