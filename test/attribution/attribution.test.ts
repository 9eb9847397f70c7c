import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AttributedFill, Attribution } from '../../engine/attribution/attribution.ts';
import { numberOf } from '../../engine/attribution/exact-money.ts';
import { FILL_SUM_CELLS, FillRowOf, FillSum, HorizonSum } from '../../engine/attribution/fill-sums.ts';
import {
  AGE_NAMES,
  HORIZONS,
  HORIZONS_SECONDS,
  LEVEL_NAMES,
  MODEL_NAMES,
  PROFIT_PARTS,
  ProfitPart,
  QUEUE_NAMES,
  ageGroup,
  levelGroup,
  modelGroup,
  queueGroup,
} from '../../engine/base/fill-groups.ts';
import type { Instrument } from '../../engine/base/instrument.ts';
import { Side } from '../../engine/base/side.ts';
import { inverse, linear, spot } from '../report/instruments.ts';

/** Fills of an instrument that may wait for their horizons. */
const PENDING_MAX = 1_024;

/** An attribution that is told of books and time by numbers. */
class Told {
  readonly attribution: Attribution;
  readonly #cell = new Float64Array(1);

  constructor(instrument: Instrument) {
    this.attribution = new Attribution(instrument);
  }

  /** The book of this time has this middle. */
  mid(ms: number, ticks: number): this {
    this.#cell[0] = ms;
    this.attribution.onMid(this.#cell, ticks * 2);
    return this.time(ms);
  }

  time(ms: number): this {
    this.#cell[0] = ms;
    this.attribution.onTime(this.#cell);
    return this;
  }

  fill(side: Side, ms: number, ticks: number, lots: number, more: Partial<AttributedFill> = {}): this {
    this.attribution.onFill(
      Object.assign(new AttributedFill(), { side, tsMs: ms, ticks, lots, tradeId: ms, ...more }),
    );
    return this;
  }

  /** Those that are not 0, marked exactly. */
  get parts(): Record<string, number> {
    this.attribution.mark();
    return this.shown;
  }

  /** As they are shown between bookings. */
  get shown(): Record<string, number> {
    const values = new Float64Array(PROFIT_PARTS);
    this.attribution.read(values);
    return Object.fromEntries(
      Object.entries(ProfitPart).flatMap(([name, part]) =>
        values[part] === 0 ? [] : [[name, values[part]!]],
      ),
    );
  }

  /** Money and value of a row at a horizon. */
  markout(row: number, horizon: number): [number, number] {
    const { cells } = this.attribution.sums;
    const cell = row * FILL_SUM_CELLS + FillSum.horizons + horizon * HorizonSum.count;
    return [cells[cell + HorizonSum.money]!, cells[cell + HorizonSum.value]!];
  }

  fills(row: number): number {
    return this.attribution.sums.cells[row * FILL_SUM_CELLS + FillSum.fills]!;
  }
}

// A lot of `linear` is 0.001 BTC, a tick 0.1 USDT: a lot gains 0.0001 USDT a tick.
describe('the truth about a fill', () => {
  it('bought below the middle, which falls within the second and goes on falling', () => {
    const told = new Told(linear).mid(1_000, 1_000).fill(Side.buy, 1_500, 998, 100);
    expect(told.parts).toEqual({ spread: 0.02 });
    told.mid(2_000, 997).mid(2_600, 997);
    expect(told.parts).toEqual({ spread: 0.02, adverseSelection: -0.03 });
    told.mid(3_000, 990);
    expect(told.shown['inventory']).toBeCloseTo(-0.07, 12);
    expect(told.parts).toEqual({ spread: 0.02, adverseSelection: -0.03, inventory: -0.07 });
    told.attribution.parts.check();
    expect(numberOf(told.attribution.parts.total)).toBe(-0.08);
  });

  it('sold, and the market came our way', () => {
    const told = new Told(linear).mid(1_000, 1_000).fill(Side.sell, 1_500, 1_002, 100);
    told.mid(2_501, 999);
    expect(told.parts).toEqual({ spread: 0.02, inventory: 0.01 });
    told.mid(2_600, 990);
    // At the horizon the book of 1000 was the newest, though one came a millisecond later.
    expect(told.parts).toEqual({ spread: 0.02, inventory: 0.1 });
  });

  it('tells fees from rebates, and what a hedge cost from both', () => {
    const told = new Told(linear).mid(1_000, 1_000);
    told.fill(Side.buy, 1_500, 998, 100, { fee: -0.004 });
    told.fill(Side.sell, 1_600, 999, 100, { fee: 0.001 });
    told.fill(Side.buy, 1_700, 1_003, 10, { fee: -0.002, isHedge: true });
    expect(told.parts).toEqual({ spread: 0.01, fees: -0.004, rebates: 0.001, hedging: -0.005 });
    told.attribution.onFunding(-5n * 10n ** 15n);
    expect(told.parts['funding']).toBe(-0.005);
    told.attribution.parts.check();
  });

  it('the fee that comes later goes to where its fill is, be it a hedge', () => {
    const told = new Told(linear).mid(1_000, 1_000);
    told.fill(Side.buy, 1_500, 998, 100, { level: 2 }).fill(Side.sell, 1_600, 999, 100, { isHedge: true });
    told.attribution.onFee(1_500, Side.buy, -0.004, false);
    told.attribution.onFee(1_600, Side.sell, -0.001, false);
    told.attribution.onFee(77, Side.sell, -0.002, false);
    expect(told.parts).toMatchObject({ fees: -0.006, spread: 0.02 });
    expect(told.parts['hedging']).toBeCloseTo(-0.011, 12);
    const fees = (row: number): number => told.attribution.sums.cells[row * FILL_SUM_CELLS + FillSum.fees]!;
    expect([fees(FillRowOf.level + 2), fees(FillRowOf.level + levelGroup(-1))]).toEqual([-0.004, -0.003]);
    expect(fees(FillRowOf.all)).toBeCloseTo(-0.007, 12);
    // A fill that waits no more is of no known version: the rows of versions add up to all fills' fees nevertheless.
    expect(told.attribution.versions.sums.cells[FillSum.fees]).toBe(-0.002);
  });

  it('a position that was found brings nothing by coming, and all that it does from then on', () => {
    const told = new Told(linear);
    told.attribution.onFound(100, 0);
    told.mid(1_000, 1_000).mid(2_000, 1_010);
    expect(told.parts).toEqual({ inventory: 0.1 });
    told.attribution.onFound(-100, 0);
    expect(told.parts).toEqual({ inventory: 0.1 });
  });

  it('coins that fees took are worth what the middle says', () => {
    const told = new Told(spot).mid(1_000, 1_000);
    told.fill(Side.buy, 1_500, 1_000, 100_000_000, { fee: -0.01, isBaseFee: true });
    expect(told.parts).toEqual({ fees: -1 });
    told.mid(2_000, 1_100);
    expect(told.shown['inventory']).toBeCloseTo(9.9, 12);
    expect(told.parts['inventory']).toBe(9.9);
  });

  it('an inverse contract earns coins', () => {
    const told = new Told(inverse).mid(1_000, 1_000).fill(Side.buy, 1_500, 1_000, 2);
    told.mid(2_000, 1_250);
    // 200 dollars at 100 and at 125: 2 coins and 1.6.
    expect(told.shown['inventory']).toBeCloseTo(0.4, 12);
    expect(told.parts['inventory']).toBeCloseTo(0.4, 15);
  });
});

describe('markouts', () => {
  it('are taken at 0.1, 1, 5, 30, 60 and 300 s, by the last book that is not younger', () => {
    expect(HORIZONS_SECONDS).toEqual([0.1, 1, 5, 30, 60, 300]);
    const told = new Told(linear).mid(900, 1_000).fill(Side.buy, 1_000, 1_000, 1_000);
    // One tick more at each horizon, and another book right after it.
    for (const [index, seconds] of HORIZONS_SECONDS.entries()) {
      told.mid(1_000 + seconds * 1_000, 1_001 + index).mid(1_000 + seconds * 1_000 + 1, 900);
    }
    const value = linear.notional(1_000, 1_000);
    for (let horizon = 0; horizon < HORIZONS; horizon++) {
      const [money, reached] = told.markout(FillRowOf.all, horizon);
      expect(money).toBeCloseTo((value * (1 + horizon)) / 1_000, 10);
      expect(reached).toBe(value);
      expect(told.markout(FillRowOf.side + Side.buy, horizon)[0]).toBe(money);
      expect(told.markout(FillRowOf.side + Side.sell, horizon)).toEqual([0, 0]);
    }
  });

  it('of a market that stands still are settled when a book can no longer come', () => {
    const told = new Told(linear).mid(900, 1_000).fill(Side.sell, 1_000, 1_001, 10);
    told.time(2_000);
    expect(told.markout(FillRowOf.all, 0)[1]).toBe(0);
    told.time(3_101);
    expect(told.markout(FillRowOf.all, 0)[1]).toBeGreaterThan(0);
    expect(told.markout(FillRowOf.all, 1)[1]).toBe(0);
  });

  it('of a fill that is told a minute late are those of its own time', () => {
    const told = new Told(linear).mid(900, 1_000).mid(1_100, 1_001).mid(2_000, 1_002).mid(61_000, 1_050);
    told.fill(Side.buy, 1_000, 1_000, 1_000).time(61_000);
    const value = linear.notional(1_000, 1_000);
    expect(told.markout(FillRowOf.all, 0)).toEqual([value / 1_000, value]);
    expect(told.markout(FillRowOf.all, 1)).toEqual([(value * 2) / 1_000, value]);
    expect(told.parts['spread']).toBe(undefined);
  });

  it('of a fill of a time of which no middle is known are none, and it captured nothing', () => {
    // A former run's trade, an hour before the first book; the market has moved by a hundred ticks since.
    const told = new Told(linear).mid(3_600_000, 1_100).fill(Side.buy, 1_000, 1_000, 100).time(3_600_000);
    expect(told.parts).toEqual({ inventory: 1 });
    expect(told.markout(FillRowOf.all, 0)).toEqual([0, 0]);
    expect(told.attribution.sums.cells[FillSum.spread]).toBe(0);
    expect(told.attribution.pending.dropped).toBe(HORIZONS);
    told.attribution.parts.check();
    // Shortly before the first book the market is taken to have stood where that has it.
    told.fill(Side.buy, 3_599_500, 1_099, 100).mid(3_602_600, 1_100);
    expect(told.parts['spread']).toBe(0.01);
    expect(told.markout(FillRowOf.all, 0)[1]).toBe(linear.notional(1_099, 100));
  });

  it('that are not known are counted, when more fills wait than there is room for', () => {
    const told = new Told(linear).mid(900, 1_000);
    for (let index = 0; index < PENDING_MAX + 3; index++) told.fill(Side.buy, 1_000 + index, 1_000, 1);
    expect(told.attribution.pending.dropped).toBe(3 * HORIZONS);
    told.mid(400_000, 1_000);
    expect(told.markout(FillRowOf.all, HORIZONS - 1)[1] / linear.notional(1_000, 1)).toBeCloseTo(
      PENDING_MAX,
      9,
    );
    expect(told.attribution.pending.isEmpty).toBe(true);
  });
});

describe('groups', () => {
  it('are by level, age, place in the queue and model', () => {
    expect([0, 9, 10, -1].map((level) => LEVEL_NAMES[levelGroup(level)])).toEqual([
      '0',
      '9',
      'other',
      'other',
    ]);
    expect([0, 0.1, 0.11, 300, 301, NaN].map((age) => AGE_NAMES[ageGroup(age)])).toEqual([
      '0.1s',
      '0.1s',
      '0.5s',
      '300s',
      'older',
      'unknown',
    ]);
    expect([0, 0.5, 1, 31, NaN].map((ahead) => QUEUE_NAMES[queueGroup(ahead)])).toEqual([
      'front',
      '1x',
      '1x',
      'farther',
      'unknown',
    ]);
    expect(['glft', 'unheard-of'].map((name) => MODEL_NAMES[modelGroup(name)])).toEqual(['glft', 'other']);
    const told = new Told(linear).mid(900, 1_000);
    told.fill(Side.buy, 1_000, 999, 10, {
      level: 3,
      ageSeconds: 2,
      queueAhead: 0.5,
      model: modelGroup('glft'),
    });
    const rows = [
      FillRowOf.all,
      FillRowOf.side + Side.buy,
      FillRowOf.level + 3,
      FillRowOf.age + ageGroup(2),
      FillRowOf.queue + queueGroup(0.5),
      FillRowOf.model + modelGroup('glft'),
    ];
    expect(rows.map((row) => told.fills(row))).toEqual(rows.map(() => 1));
  });

  it('of versions keep the newest apart, and lose none of the others', () => {
    const told = new Told(linear).mid(900, 1_000);
    const versions = 40;
    for (let version = 1; version <= versions; version++) {
      told.fill(Side.buy, 1_000 + version, 999, 10, { modelVersion: version, configVersion: 1 });
    }
    const { sums, modelVersion } = told.attribution.versions;
    const rows = Array.from(modelVersion, (_, row) => sums.cells[row * FILL_SUM_CELLS + FillSum.fills]!);
    expect(rows.reduce((sum, fills) => sum + fills, 0)).toBe(versions);
    expect(rows[0]).toBe(versions - 16);
    expect(Math.max(...modelVersion)).toBe(versions);
    // What fell due later goes to where its fill is now.
    told.mid(400_000, 1_001);
    const value = Array.from(
      modelVersion,
      (_, row) => sums.cells[row * FILL_SUM_CELLS + FillSum.horizons + HorizonSum.value]!,
    ).reduce((sum, each) => sum + each, 0);
    expect(value).toBeCloseTo(told.markout(FillRowOf.all, 0)[1], 9);
  });
});

describe('whatever happens', () => {
  const side = fc.constantFrom(Side.buy, Side.sell);
  const event = fc.oneof(
    fc.record({
      what: fc.constant('mid' as const),
      afterMs: fc.nat(40_000),
      ticks: fc.integer({ min: 500, max: 1_500 }),
    }),
    fc.record({
      what: fc.constant('fill' as const),
      side,
      agoMs: fc.nat(3_000),
      ticks: fc.oneof(fc.integer({ min: 500, max: 1_500 }), fc.double({ min: 500, max: 1_500, noNaN: true })),
      lots: fc.integer({ min: 1, max: 10_000 }),
      fee: fc.integer({ min: -1_000, max: 500 }).map((units) => units / 1e6),
      level: fc.integer({ min: -1, max: 12 }),
      isHedge: fc.boolean(),
    }),
    fc.record({ what: fc.constant('funding' as const), units: fc.bigInt(-(10n ** 18n), 10n ** 18n) }),
    fc.record({ what: fc.constant('found' as const), lots: fc.integer({ min: -100, max: 100 }) }),
  );

  it.each([
    ['linear', linear],
    ['spot', spot],
    ['inverse', inverse],
  ])('the parts add up to the last unit, and groups to all: %s', (_, instrument) => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 60 }), fc.boolean(), (events, isBaseFee) => {
        const told = new Told(instrument);
        let nowMs = 1_000_000;
        let tradeId = 1;
        for (const each of events) {
          if (each.what === 'mid') told.mid((nowMs += each.afterMs), each.ticks);
          else if (each.what === 'funding') told.attribution.onFunding(each.units);
          else if (each.what === 'found') told.attribution.onFound(each.lots, 0);
          else
            told.fill(each.side, nowMs - each.agoMs, each.ticks, each.lots, {
              ...each,
              tradeId: tradeId++,
              isBaseFee: isBaseFee && instrument === spot,
            });
          expect(told.attribution.parts.residual).toBe(0n);
        }
        told.mid(nowMs + 400_000, 1_000);
        told.attribution.mark();
        told.attribution.parts.check();
        for (const [first, count] of [
          [FillRowOf.side, 2],
          [FillRowOf.level, LEVEL_NAMES.length],
          [FillRowOf.age, AGE_NAMES.length],
          [FillRowOf.queue, QUEUE_NAMES.length],
          [FillRowOf.model, MODEL_NAMES.length],
        ] as const) {
          for (let cell = 0; cell < FILL_SUM_CELLS; cell++) {
            let sum = 0;
            for (let row = first; row < first + count; row++)
              sum += told.attribution.sums.cells[row * FILL_SUM_CELLS + cell]!;
            const all = told.attribution.sums.cells[cell]!;
            expect(Math.abs(sum - all)).toBeLessThanOrEqual(
              1e-9 * (1 + told.attribution.sums.cells[FillSum.value]!),
            );
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
