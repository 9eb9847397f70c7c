import { describe, expect, it } from 'vitest';
import { Random } from '../../../engine/base/random.ts';
import {
  MicroPriceCounts,
  fitMicroPrice,
  microPriceSeries,
} from '../../../workers/strategy/fair/micro-price-fit.ts';
import {
  MicroPriceFileError,
  microPriceFileText,
  parseMicroPriceFile,
} from '../../../workers/strategy/fair/micro-price-file.ts';
import { MicroPrice } from '../../../workers/strategy/fair/micro-price.ts';
import { bookOf } from './book-of.ts';

describe('the series (models.md par. 4.1)', () => {
  it('is that of the printed chain of two states', () => {
    const moves = [-1, -0.5, 0.5, 1];
    const meanMove = (row: number[]): number =>
      row.reduce((sum, share, index) => sum + share * moves[index]!, 0);
    const { first, after, total } = microPriceSeries(
      Float64Array.of(0.6, 0.15, 0.15, 0.6),
      Float64Array.of(0.14, 0.11, 0.11, 0.14),
      Float64Array.of(meanMove([0.05, 0.12, 0.06, 0.02]), meanMove([0.02, 0.06, 0.12, 0.05])),
    );
    expect(first[0]).toBeCloseTo(-0.109090909090909, 14);
    expect(first[1]).toBeCloseTo(0.109090909090909, 14);
    [0.527272727272727, 0.472727272727273, 0.472727272727273, 0.527272727272727].forEach((share, index) =>
      expect(after[index]).toBeCloseTo(share, 14),
    );
    // The series stops at 1e-4 ticks a term, each term a 0.0545th of the one before.
    expect(total[0]).toBeCloseTo(-0.115384615384615, 5);
    expect(total[1]).toBeCloseTo(0.115384615384615, 5);
  });
});

/** A market of two states of the book, whose true values are known: see the chain above. */
function twoStates(samples: number, seed: number): MicroPriceCounts {
  const counts = new MicroPriceCounts({ buckets: 2, spreads: 1 });
  const random = new Random(seed);
  let bid = 10_000;
  let state = 0;
  for (let sample = 0; sample < samples; sample++) {
    counts.observe(bid, state === 0 ? 1 : 3, bid + 1, state === 0 ? 3 : 1);
    // The mid moves with 0.25, and in the state's direction two times of three; the state flips with 0.2 else.
    if (random.unit() < 0.25) {
      const isUp = random.unit() < (state === 1 ? 2 / 3 : 1 / 3);
      bid += isUp ? 1 : -1;
      if (random.unit() < 0.44) state = 1 - state;
    } else if (random.unit() < 0.2) state = 1 - state;
  }
  return counts;
}

describe('a fit', () => {
  it('finds the values of a market that it was drawn from', () => {
    // Antisymmetric, so one number tells it: g = ±(1/12)/(1 − 0.75·0.6) = 0.15152; B's odd eigenvalue 0.25·0.12/0.55.
    const first = 0.25 / 3 / (1 - 0.75 * 0.6);
    const value = first / (1 - (0.25 * 0.12) / 0.55);
    const errors = [1, 2, 3, 4, 5].map((seed) => {
      const { table, samples, moves } = fitMicroPrice(twoStates(200_000, seed));
      expect(samples).toBe(199_999);
      expect(moves / samples).toBeCloseTo(0.25, 1);
      expect(table.ticks[0]).toBe(-table.ticks[1]!);
      return table.ticks[1]! - value;
    });
    // Standard error of 200,000 draws: some 0.002.
    for (const error of errors) expect(Math.abs(error)).toBeLessThan(0.008);
  });

  it('is antisymmetric also of a market that only rose', () => {
    const counts = new MicroPriceCounts({ buckets: 5, spreads: 3 });
    const random = new Random(7);
    for (let step = 0; step < 5_000; step++) {
      const bid = 1_000 + step;
      counts.observe(bid, 1 + random.below(9), bid + 1 + random.below(5), 1 + random.below(9));
    }
    const { table } = fitMicroPrice(counts);
    for (let spread = 0; spread < 3; spread++) {
      for (let bucket = 0; bucket < 5; bucket++) {
        const value = table.ticks[spread * 5 + bucket]!;
        expect(value + table.ticks[spread * 5 + 4 - bucket]!).toBeCloseTo(0, 12);
      }
      expect(table.ticks[spread * 5 + 2]).toBeCloseTo(0, 12);
    }
  });

  it('says of what it never saw what imbalance and spread alone say, and of nothing at all the micro-price', () => {
    const { table, slope } = fitMicroPrice(new MicroPriceCounts({ buckets: 4, spreads: 2 }));
    expect(slope).toBe(1);
    expect(table.ticks).toEqual([-0.375, -0.125, 0.125, 0.375, -0.75, -0.25, 0.25, 0.75]);
  });

  it('does not blow up on a book that never moved', () => {
    const counts = new MicroPriceCounts({ buckets: 2, spreads: 1 });
    for (let sample = 0; sample < 1_000; sample++) counts.observe(100, 3, 101, 1);
    const { table, moves } = fitMicroPrice(counts);
    expect(moves).toBe(0);
    for (const value of table.ticks) expect(value).toBeCloseTo(0, 9);
  });

  it('counts no step over a break, nor over a book that crosses', () => {
    const counts = new MicroPriceCounts({ buckets: 2, spreads: 1 });
    counts.observe(100, 1, 101, 1);
    counts.breakOff();
    counts.observe(200, 1, 201, 1);
    counts.observe(300, 1, 300, 1);
    counts.observe(400, 1, 401, 1);
    counts.observe(400, 0, 401, 1);
    counts.observe(500, 1, 501, 1);
    expect([counts.samples, counts.moves]).toEqual([0, 0]);
    counts.observe(501, 1, 502, 1);
    expect([counts.samples, counts.moves]).toEqual([1, 1]);
  });
});

describe('MicroPrice', () => {
  const table = { buckets: 4, spreads: 2, ticks: [-0.4, -0.1, 0.1, 0.4, -0.9, -0.2, 0.2, 0.9] };
  const valueOf = (bid: number, bidLots: number, ask: number, askLots: number): number => {
    const out = new Float64Array(1);
    new MicroPrice(table).compute(bookOf({ bids: [[bid, bidLots]], asks: [[ask, askLots]] }), out);
    return out[0]!;
  };

  it('is the table in the middle of a bucket, and between two of them in between', () => {
    // Imbalances 1/8, 3/8, 5/8, 7/8 are the middles.
    expect(valueOf(100, 1, 101, 7)).toBeCloseTo(100.5 - 0.4, 12);
    expect(valueOf(100, 3, 101, 5)).toBeCloseTo(100.5 - 0.1, 12);
    expect(valueOf(100, 7, 101, 1)).toBeCloseTo(100.5 + 0.4, 12);
    expect(valueOf(100, 3, 101, 1)).toBeCloseTo(100.5 + 0.25, 12);
    expect(valueOf(100, 1e9, 101, 1)).toBeCloseTo(100.5 + 0.4, 12);
  });

  it('gives a book of equal sizes its mid exactly', () => {
    expect(valueOf(100, 5, 101, 5)).toBe(100.5);
    expect(valueOf(100, 5, 102, 5)).toBe(101);
  });

  it('takes a spread wider than any fitted as the widest', () => {
    expect(valueOf(100, 7, 102, 1)).toBeCloseTo(101.9, 12);
    expect(valueOf(100, 7, 150, 1)).toBeCloseTo(125.9, 12);
  });
});

describe('the file of a fit', () => {
  const text = microPriceFileText(fitMicroPrice(twoStates(5_000, 1)), 'BTC-USDT-SWAP', '0.1');
  const parse = (of: string, instId = 'BTC-USDT-SWAP', tickSize = '0.1') =>
    parseMicroPriceFile(of, 'table.json', instId, tickSize);
  const changed = (change: Record<string, unknown>): string =>
    JSON.stringify({ ...(JSON.parse(text) as object), ...change });

  it('is read as it was written', () => {
    expect(parse(text)).toEqual(fitMicroPrice(twoStates(5_000, 1)).table);
    expect(parse(text, 'BTC-USDT-SWAP', '0.10')).toEqual(parse(text));
  });

  it.each([
    ['no JSON', 'ladder', 'content: expected a micro-price table as JSON, was "ladder"'],
    ['no object', 'null', 'content: expected a micro-price table, was null'],
    ['another version', changed({ okxMmMicroPrice: 2 }), 'okxMmMicroPrice: expected 1, was 2'],
    [
      'another instrument',
      changed({ instId: 'ETH-USDT' }),
      'instId: expected "BTC-USDT-SWAP", was "ETH-USDT"',
    ],
    ['another grid', changed({ tickSize: '0.01' }), 'tickSize: expected "0.1", was "0.01"'],
    ['no table', changed({ table: null }), 'table.buckets: expected a whole number above zero, was absent'],
    [
      'too few numbers',
      changed({ table: { buckets: 2, spreads: 2, ticks: [1, 2, 3] } }),
      'table.ticks: expected 4 numbers, 400 at most, was 3',
    ],
    [
      'a number that is none',
      changed({ table: { buckets: 2, spreads: 1, ticks: [1, null] } }),
      'table.ticks: expected numbers within ±10000, was null',
    ],
    [
      'a number out of all reason',
      changed({ table: { buckets: 2, spreads: 1, ticks: [1, 1e9] } }),
      'table.ticks: expected numbers within ±10000, was 1000000000',
    ],
  ])('%s is refused, and said to be', (_, of, said) => {
    expect(() => parse(of)).toThrow(MicroPriceFileError);
    expect(() => parse(of)).toThrow(`table.json: ${said}; fit it anew`);
  });
});
