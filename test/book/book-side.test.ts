import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { DEPTH_ROWS_MAX } from '../../engine/base/depth-rows.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { BookSide, LEVELS_MAX, WINDOW_TICKS } from '../../engine/book/book-side.ts';
import { NaiveSide } from '../model/naive-side.ts';
import { sideLevels } from '../model/side-levels.ts';

type Row = [ticks: number, lots: number];

/** A side and its naive twin, which are given the same and must stay the same. */
class Pair {
  readonly side: BookSide;
  readonly twin: NaiveSide;
  /** Adding this makes a price worse. */
  readonly worse: 1 | -1;

  constructor(isBid: boolean) {
    this.side = new BookSide(isBid);
    this.twin = new NaiveSide(isBid);
    this.worse = isBid ? -1 : 1;
  }

  /** A message; its rows stand in the middle of longer arrays, as the kept updates do. */
  message(rows: readonly Row[]): void {
    const ticks = Int32Array.from([[7, 7] as Row, ...rows, [7, 7] as Row], (row) => row[0]);
    const lots = Float64Array.from([[7, 7] as Row, ...rows, [7, 7] as Row], (row) => row[1]);
    this.side.apply(ticks, lots, 1, rows.length + 1);
    this.side.trim();
    this.twin.message(rows);
    this.compare();
  }

  clear(): void {
    this.side.clear();
    this.twin.clear();
    this.compare();
  }

  /** Every way to ask a side. */
  compare(): void {
    const { side, twin, worse } = this;
    const levels = twin.levels();
    // One text a question: hundreds of expectations a message would take minutes.
    const told = (rows: Row[]): string => rows.map(([ticks, lots]) => `${ticks}×${lots}`).join(' ');
    expect([side.count, side.trimmed]).toEqual([levels.length, twin.trimmed]);
    expect(told(sideLevels(side))).toBe(told(levels));
    expect([side.bestTicks, side.bestLots]).toEqual(levels[0] ?? [0, 0]);
    // Prices without a level: just worse than each level, and at the ends of the range.
    const gaps = levels
      .map(([ticks]) => ticks + worse)
      .filter((ticks, index) => ticks !== levels[index + 1]?.[0] && ticks > 0 && ticks <= TICKS_MAX);
    expect(gaps.filter((ticks) => side.lotsAt(ticks) !== 0)).toEqual([]);
    const nextOf = new Map(levels.map(([ticks], index) => [ticks + worse, levels[index + 1]?.[0] ?? 0]));
    expect(gaps.filter((ticks) => side.nextTicks(ticks) !== nextOf.get(ticks))).toEqual([]);
    for (const price of [1, 2, TICKS_MAX - 1, TICKS_MAX]) {
      const next = levels.find(([ticks]) => (ticks - price) * worse > 0)?.[0] ?? 0;
      expect([side.lotsAt(price), side.nextTicks(price)]).toEqual([twin.lotsAt(price), next]);
    }
  }
}

/** The price that lies `distance` ticks on the worse side of `ticks`. */
function worseBy(pair: Pair, ticks: number, distance: number): number {
  return ticks + pair.worse * distance;
}

describe.each([
  ['asks', false],
  ['bids', true],
])('%s against the naive twin', (_, isBid) => {
  const START = 1_000_003;
  let pair: Pair;
  const at = (distance: number): number => worseBy(pair, START, distance);
  const rows = (distances: readonly number[], lots = 5): Row[] =>
    distances.map((distance) => [at(distance), lots]);

  beforeEach(() => {
    pair = new Pair(isBid);
  });

  test('one price twice in a message: the last row holds', () => {
    pair.message([...rows([0], 5), ...rows([0], 6), ...rows([3], 1), ...rows([3], 0)]);
    expect(sideLevels(pair.side)).toEqual([[at(0), 6]]);
    pair.message([...rows([0], 0), ...rows([0], 7)]);
    expect(pair.side.bestLots).toBe(7);
  });

  test('a deletion of what is not there is nothing: in the window, above it, beyond it, and in an empty side', () => {
    pair.message(rows([0, 5, WINDOW_TICKS * 3], 0));
    pair.message(rows([0, 10, WINDOW_TICKS * 2]));
    pair.message(
      rows([-1, -WINDOW_TICKS, -3 * WINDOW_TICKS, 1, 11, WINDOW_TICKS * 2 + 1, WINDOW_TICKS * 3], 0),
    );
    expect(pair.side.count).toBe(3);
  });

  test('the best goes, and the next is near, words away, at the end of the window, beyond it', () => {
    const distances = [
      0,
      1,
      40,
      41,
      WINDOW_TICKS - 1_500,
      WINDOW_TICKS - 1,
      WINDOW_TICKS * 4,
      WINDOW_TICKS * 4 + 1,
    ];
    pair.message(rows(distances));
    for (const distance of distances) {
      expect(pair.side.bestTicks).toBe(at(distance));
      pair.message(rows([distance], 0));
    }
    expect(pair.side.count).toBe(0);
  });

  test('the best goes and comes again within one message', () => {
    pair.message(rows([0, 7, 9]));
    pair.message([...rows([0, 7], 0), ...rows([2], 1), ...rows([7], 3)]);
    expect(pair.side.bestTicks).toBe(at(2));
  });

  test('a whole side goes within one message, far levels too, and another comes', () => {
    const distances = Array.from({ length: 50 }, (__, index) => index * 333);
    pair.message(rows(distances));
    pair.message(rows(distances, 0));
    expect([pair.side.count, pair.side.bestTicks, pair.side.nextTicks(at(0))]).toEqual([0, 0, 0]);
    pair.message([...rows(distances), ...rows(distances, 0), ...rows([90_000, 90_001])]);
    expect(pair.side.bestTicks).toBe(at(90_000));
  });

  test('a message that empties the window and goes on beyond it', () => {
    pair.message(rows([0, 1, WINDOW_TICKS * 2, WINDOW_TICKS * 2 + 5]));
    pair.message([...rows([0, 1], 0), ...rows([WINDOW_TICKS * 2], 0), ...rows([WINDOW_TICKS * 2 + 3])]);
    expect(pair.side.bestTicks).toBe(at(WINDOW_TICKS * 2 + 3));
  });

  test('the window moves to better prices: what it leaves behind becomes far, in order', () => {
    pair.message(rows(Array.from({ length: 300 }, (__, index) => index * 20)));
    for (const distance of [-1_000, -2_500, -2_501, -5_000, -9_000, -100_000]) {
      pair.message(rows([distance, distance + 7]));
      pair.message(rows([-distance, 20], 3));
      expect(pair.side.bestTicks).toBe(at(distance));
    }
  });

  test('the window moves to worse prices: what was far comes in', () => {
    const distances = Array.from({ length: 390 }, (__, index) => index * 100);
    pair.message(rows(distances));
    for (const distance of distances) {
      pair.message(rows([distance], 0));
      if (pair.side.count > 1) pair.message(rows([distance + 100, distance + 150], 8));
      pair.message(rows([distance + 150], 0));
    }
    expect(pair.side.count).toBe(0);
  });

  test('every price about the end of a moved window has one home', () => {
    // The best level gone, the next one lies beyond a quarter of the window, which then follows it.
    const next = WINDOW_TICKS / 4 + 900;
    const edge = next + WINDOW_TICKS - WINDOW_TICKS / 8;
    const around = Array.from({ length: 160 }, (__, index) => edge - 80 + index);
    pair.message(rows([0, next, ...around]));
    pair.message(rows([0], 0));
    pair.message(rows(around, 6));
    // And back again, by a level far above.
    pair.message(rows([next - WINDOW_TICKS / 4]));
    pair.message(rows(around, 7));
    pair.message(rows(around, 0));
    expect(pair.side.count).toBe(2);
  });

  test('the price walks round the ring, in both directions', () => {
    pair.message(rows([0, 1, 2, 3, 4_000]));
    for (const step of [1, -1]) {
      const begun = pair.side.bestTicks;
      for (let moved = 0; moved < 2.5 * WINDOW_TICKS; moved += 61) {
        const best = (pair.side.bestTicks - START) * pair.worse;
        pair.message([
          ...rows([best, best + 1, best + 2, best + 3], 0),
          ...rows([0, 1, 2, 3].map((level) => best + step * 61 + level)),
        ]);
      }
      expect((pair.side.bestTicks - begun) * pair.worse * step).toBeGreaterThan(WINDOW_TICKS);
    }
  });

  test('a better level far above, and its end: all go out of the window and come in again', () => {
    const distances = Array.from({ length: LEVELS_MAX - 1 }, (__, index) => index * 3);
    pair.message(rows(distances));
    for (const jump of [
      WINDOW_TICKS / 8 + 40,
      WINDOW_TICKS / 2,
      WINDOW_TICKS,
      10 * WINDOW_TICKS,
      START - 1,
    ]) {
      // Bids have their better prices above.
      pair.message(rows([-jump]));
      expect(pair.side.bestTicks).toBe(at(-jump));
      pair.message(rows([0, 3], 9));
      pair.message(rows([-jump], 0));
      expect(pair.side.bestTicks).toBe(at(0));
    }
  });

  test('a book that jumps by millions of ticks, as one message or as a new snapshot', () => {
    const shape = Array.from({ length: 200 }, (__, index) => index * 9);
    let last = 0;
    pair.message(rows(shape));
    for (const jump of [900_000, 5_000, -990_000, 32, -32, 123_456]) {
      const gone = rows(
        shape.map((distance) => last + distance),
        0,
      );
      last += jump / 2;
      pair.message([...rows(shape.map((distance) => last + distance)), ...gone]);
      pair.clear();
      last += jump / 2;
      pair.message(rows(shape.map((distance) => last + distance)));
      expect(pair.side.bestTicks).toBe(at(last));
    }
  });

  test.each([
    ['best first', (list: Row[]) => list],
    ['worst first', (list: Row[]) => list.toReversed()],
    ['the middle first', (list: Row[]) => [...list.slice(list.length / 2), ...list]],
  ])('a snapshot of as many rows as there can be, %s: the best 400 stay', (__, order) => {
    for (const step of [1, 3, 50, 190]) {
      const list = rows(Array.from({ length: DEPTH_ROWS_MAX }, (___, index) => index * step));
      pair.clear();
      pair.message(order(list).slice(0, DEPTH_ROWS_MAX));
      expect(pair.side.count).toBe(LEVELS_MAX);
    }
  });

  test('no level is lost within a message, however many come before those that go', () => {
    // 400 levels, far and near; 2,400 better ones are added and deleted again, in one message.
    const old = Array.from({ length: LEVELS_MAX }, (__, index) => index * 25);
    const passing = Array.from({ length: 2_400 }, (__, index) => -1 - index * 7);
    pair.message(rows(old));
    pair.message([...rows(passing), ...rows(passing, 0)]);
    expect([pair.side.count, pair.side.trimmed]).toEqual([LEVELS_MAX, 0]);
    expect(pair.side.lotsAt(at(25 * (LEVELS_MAX - 1)))).toBe(5);
  });

  test('a book of far levels takes the longest message of other far levels', () => {
    const far = Array.from({ length: LEVELS_MAX - 1 }, (__, index) => 2 * WINDOW_TICKS + index);
    const longest = Array.from({ length: DEPTH_ROWS_MAX }, (__, index) => 3 * WINDOW_TICKS + index);
    pair.message(rows([0, ...far]));
    pair.message(rows(longest));
    expect([pair.side.count, pair.side.trimmed]).toEqual([LEVELS_MAX, DEPTH_ROWS_MAX]);
  });

  test('too many levels: the far ones go first, then the worst of the window', () => {
    pair.message(rows(Array.from({ length: LEVELS_MAX }, (__, index) => index * 24)));
    pair.message(rows([-1, -2, -3]));
    expect(pair.side.trimmed).toBe(3);
    pair.message(rows(Array.from({ length: LEVELS_MAX - 10 }, (__, index) => -4 - index)));
    pair.message(rows(Array.from({ length: 50 }, (__, index) => -400 - index)));
    expect([pair.side.count, pair.side.trimmed]).toEqual([LEVELS_MAX, 3 + 390 + 50]);
  });

  test('the ends of the price range', () => {
    pair.message([
      [TICKS_MAX, 3],
      [1, 4],
    ]);
    pair.message([
      [TICKS_MAX - 1, 5],
      [2, 6],
    ]);
    pair.message([
      [1, 0],
      [2, 0],
    ]);
    pair.message([[TICKS_MAX - 1, 0]]);
    expect([pair.side.count, pair.side.bestTicks]).toEqual([1, TICKS_MAX]);
    pair.message([[TICKS_MAX, 0]]);
    pair.message([[TICKS_MAX, 0]]);
    pair.message([[TICKS_MAX, 1]]);
    pair.message([
      [TICKS_MAX, 0],
      [1, 8],
    ]);
    pair.message([[TICKS_MAX, 2]]);
    pair.message([[1, 0]]);
    expect(sideLevels(pair.side)).toEqual([[TICKS_MAX, 2]]);
  });

  test('cleared: nothing of what was there shows through', () => {
    pair.message(rows([0, 3, 64, 5_000, WINDOW_TICKS * 2]));
    pair.clear();
    pair.message(rows([1, WINDOW_TICKS * 2 + 1]));
    pair.clear();
    pair.clear();
    pair.message(rows([WINDOW_TICKS + 3]));
    expect(pair.side.count).toBe(1);
  });

  test('any history', () => {
    fc.assert(
      fc.property(startOf(), fc.array(step(), { minLength: 1, maxLength: 40 }), (start, steps) => {
        const any = new Pair(isBid);
        const centre = { ticks: start };
        for (const one of steps) play(any, centre, one);
      }),
      { numRuns: 400 },
    );
  });
});

/**
 * What may happen to a side. Rows lie `distance` ticks on the worse side of the centre. `end` deletes the level of this
 * rank, as a part of the count: 0 the best, 1 the worst.
 */
type Step =
  | { kind: 'rows'; rows: [distance: number, lots: number][] }
  | { kind: 'shift'; ticks: number }
  | { kind: 'end'; ranks: number[] }
  | { kind: 'many'; rows: number; spacing: number; lots: number; isReversed: boolean }
  | { kind: 'clear' };

function play(pair: Pair, centre: { ticks: number }, one: Step): void {
  const price = (distance: number): number =>
    Math.min(TICKS_MAX, Math.max(1, worseBy(pair, centre.ticks, distance)));
  if (one.kind === 'clear') pair.clear();
  if (one.kind === 'shift') centre.ticks = price(one.ticks);
  if (one.kind === 'rows') pair.message(one.rows.map(([distance, lots]) => [price(distance), lots]));
  if (one.kind === 'end') {
    const levels = pair.twin.levels();
    const ended = one.ranks.map((rank) => levels[Math.floor(rank * (levels.length - 1))]);
    pair.message(ended.filter((level) => level !== undefined).map(([ticks]) => [ticks, 0]));
  }
  if (one.kind === 'many') {
    const rows = Array.from({ length: one.rows }, (_, index): Row => [price(index * one.spacing), one.lots]);
    pair.message(one.isReversed ? rows.toReversed() : rows);
  }
}

function startOf(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 1, max: 3 * WINDOW_TICKS }),
    fc.integer({ min: 1, max: TICKS_MAX }),
    fc.integer({ min: TICKS_MAX - 2 * WINDOW_TICKS, max: TICKS_MAX }),
  );
}

function step(): fc.Arbitrary<Step> {
  const distance = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -5, max: 40 }) },
    { weight: 3, arbitrary: fc.integer({ min: -600, max: 2_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: -2 * WINDOW_TICKS, max: 2 * WINDOW_TICKS }) },
    { weight: 1, arbitrary: fc.integer({ min: -TICKS_MAX, max: TICKS_MAX }) },
  );
  const lots = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 9 }), fc.constant(2 ** 53 - 1));
  const rank = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(1));
  const shift = fc.oneof(
    fc.integer({ min: -3_000, max: 3_000 }),
    fc.integer({ min: -3 * WINDOW_TICKS, max: 3 * WINDOW_TICKS }),
    fc.integer({ min: -TICKS_MAX, max: TICKS_MAX }),
  );
  return fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        kind: fc.constant('rows' as const),
        rows: fc.array(fc.tuple(distance, lots), { maxLength: 25 }),
      }),
    },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('shift' as const), ticks: shift }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('end' as const), ranks: fc.array(rank, { maxLength: 12 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('many' as const),
        rows: fc.integer({ min: 1, max: 900 }),
        spacing: fc.integer({ min: 1, max: 90 }),
        lots: fc.constantFrom(0, 1, 2),
        isReversed: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('clear' as const) }) },
  );
}
