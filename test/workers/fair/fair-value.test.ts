import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAIR_PARTS, FairPart } from '../../../engine/base/explain-record.ts';
import { microPrice } from '../../../engine/base/micro-price.ts';
import {
  PLAIN_FAIR_VALUE,
  fairLevelsRead,
  leadOf,
} from '../../../workers/strategy/fair/fair-value-parameters.ts';
import type { FairBase, FairValueParameters } from '../../../workers/strategy/fair/fair-value-parameters.ts';
import { FairValue } from '../../../workers/strategy/fair/fair-value.ts';
import { PRINTED, anyBook, bookOf, mirrored } from './book-of.ts';
import type { BookFields } from './book-of.ts';

const HALF = Float64Array.of(40);

/** Every signal, and no cap that binds. */
const ALL_SIGNALS: FairValueParameters = {
  ...PLAIN_FAIR_VALUE,
  bookImbalance: { kind: 'log', levels: 3, withinBps: 0, weightBps: 0.5 },
  orderFlow: { halfLifeSeconds: 2, weightBps: 0.3 },
  tradeFlow: { halfLifeSeconds: 1, weightBps: -0.2 },
  lead: { instrument: 1, weight: 0.5, ageMsMax: 500, basisSeconds: 60 },
  mark: { weight: 0.2, ageMsMax: 5_000, basisSeconds: 60 },
  index: { weight: 0.1, ageMsMax: 5_000, basisSeconds: 60 },
  standardiseSeconds: 120,
  signalHalvesMax: 10,
  capBps: 0,
};

interface Valued {
  readonly fair: number;
  readonly parts: Float64Array;
}

function valueOf(fair: FairValue, market: BookFields, lead?: BookFields, half = HALF): Valued {
  const parts = new Float64Array(FAIR_PARTS).fill(NaN);
  fair.compute(bookOf(market), lead === undefined ? null : bookOf(lead), half, parts);
  return { fair: fair.fair[0]!, parts };
}

function plain(parameters: Partial<FairValueParameters>, market: BookFields, half = HALF): number {
  return valueOf(new FairValue({ ...PLAIN_FAIR_VALUE, ...parameters }, 10), market, undefined, half).fair;
}

/** A history of markets with flow, trades, mark and index, and a lead with other prices: 30 ms to 3 s apart. */
const history = fc
  .array(
    fc.record({
      book: anyBook,
      lead: anyBook,
      gapMs: fc.integer({ min: 30, max: 3_000 }),
      ofi: fc.integer({ min: -500, max: 500 }),
      bought: fc.nat(300),
      sold: fc.nat(300),
      mark: fc.integer({ min: 9_900, max: 10_100 }),
      index: fc.integer({ min: 9_900, max: 10_100 }),
    }),
    { minLength: 20, maxLength: 60 },
  )
  .map((steps) => {
    let [atS, ofi, bought, sold] = [0, 0, 0, 0];
    return steps.map((step) => {
      atS += step.gapMs / 1_000;
      ofi += step.ofi;
      bought += step.bought;
      sold += step.sold;
      const { mark, index } = step;
      return { market: { ...step.book, atS, ofi, bought, sold, mark, index }, lead: { ...step.lead, atS } };
    });
  });

describe('the base', () => {
  it.each<readonly [FairBase, number]>([
    ['mid', 100.25],
    ['micro', 100.375],
    ['vamp', 100.41176470588235],
    ['weighted-depth', 100.08823529411765],
    ['effective-vamp', 100.38319327731091],
  ])('%s of the printed book', (base, expected) => {
    expect(plain({ base, capBps: 0 }, PRINTED) / 2).toBeCloseTo(expected, 11);
  });

  it('impact-mid and stoikov take what they need', () => {
    expect(plain({ base: 'impact-mid', depthLots: 40, capBps: 0 }, PRINTED) / 2).toBeCloseTo(100.375, 11);
    // Imbalance 0.75 is the middle of the second of two buckets.
    const microPriceTable = { buckets: 2, spreads: 1, ticks: [-0.3, 0.3] };
    expect(plain({ base: 'stoikov', microPrice: microPriceTable }, PRINTED)).toBeCloseTo(200.8, 11);
  });

  it('without signals is the engine’s own micro-price to the last bit, and keeps nothing of what it saw', () => {
    fc.assert(
      fc.property(fc.array(anyBook, { minLength: 1, maxLength: 9 }), (books) => {
        const fair = new FairValue(PLAIN_FAIR_VALUE, 1);
        for (const book of books) {
          const [[bid, bidLots], [ask, askLots]] = [book.bids[0]!, book.asks[0]!];
          const expected = microPrice(bid, bidLots, ask, askLots);
          const { fair: value, parts } = valueOf(fair, book, undefined, Float64Array.of(NaN));
          expect(value).toBe(expected);
          expect([...parts]).toEqual([expected, 0, 0, 0, 0, 0, 0, 0]);
        }
      }),
    );
  });

  it.each<readonly [string, Partial<FairValueParameters>, number]>([
    ['reads the best level alone', {}, 1],
    ['reads as deep as its base', { base: 'vamp', depthLevels: 7 }, 7],
    ['no deeper for a base that does not', { base: 'mid', depthLevels: 7 }, 1],
    ['as deep as the imbalance', { bookImbalance: { ...ALL_SIGNALS.bookImbalance, levels: 9 } }, 9],
    ['which may be off', { bookImbalance: { ...ALL_SIGNALS.bookImbalance, levels: 9, weightBps: 0 } }, 1],
  ])('%s', (_, change, levels) => {
    expect(fairLevelsRead({ ...PLAIN_FAIR_VALUE, ...change })).toBe(levels);
  });

  it('asks for a lead only with a weight', () => {
    expect([leadOf(PLAIN_FAIR_VALUE), leadOf(ALL_SIGNALS)]).toEqual([-1, 1]);
    expect(leadOf({ ...ALL_SIGNALS, lead: { ...ALL_SIGNALS.lead, weight: 0 } })).toBe(-1);
  });

  it('is none of a market that cannot be valued', () => {
    const fair = new FairValue(ALL_SIGNALS, 10);
    for (const broken of [
      { ...PRINTED, bids: [] },
      { ...PRINTED, asks: [] },
      { ...PRINTED, bids: [[201, 5]] as const },
      { ...PRINTED, asks: [[201, 0]] as const },
    ]) {
      const { fair: value, parts } = valueOf(fair, broken);
      expect([value, ...parts]).toEqual(Array.from({ length: FAIR_PARTS + 1 }, () => 0));
    }
  });

  it('regression: trades alone do not move it (others take the last price as the mid)', () => {
    expect(plain({}, { ...PRINTED, bought: 1e6, mark: 5, index: 5 })).toBe(plain({}, PRINTED));
  });
});

describe('signals', () => {
  it('add up to the fair price, part by part', () => {
    fc.assert(
      fc.property(history, fc.double({ min: 0, max: 2, noNaN: true }), (steps, signalHalvesMax) => {
        const fair = new FairValue({ ...ALL_SIGNALS, signalHalvesMax, capBps: 20 }, 6);
        for (const { market, lead } of steps) {
          const { fair: value, parts } = valueOf(fair, market, lead);
          expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(value, 8);
        }
      }),
    );
  });

  it('say nothing of the first market, and all of them something in time', () => {
    const fair = new FairValue(ALL_SIGNALS, 6);
    const spoken = new Set<number>();
    for (let step = 0; step < 200; step++) {
      const shift = Math.round(Math.sin(step) * 3);
      const market: BookFields = {
        bids: [[10_000, 10 + shift * 3]],
        asks: [[10_001, 10]],
        atS: step / 4,
        ofi: shift * 20 * step,
        bought: step * (3 + shift),
        sold: step * 2,
        mark: 10_000 + shift,
        index: 10_001 - shift,
      };
      const lead: BookFields = { bids: [[500 + shift, 7]], asks: [[501 + shift, 7]], atS: step / 4 };
      const { parts } = valueOf(fair, market, lead);
      if (step === 0) expect(parts.subarray(1).every((each) => each === 0)).toBe(true);
      for (let part = 1; part < FairPart.cap; part++) if (parts[part] !== 0) spoken.add(part);
    }
    expect([...spoken].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('of the same markets are the same', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const [one, other] = [new FairValue(ALL_SIGNALS, 6), new FairValue(ALL_SIGNALS, 6)];
        for (const { market, lead } of steps) {
          const first = valueOf(one, market, lead);
          const second = valueOf(other, market, lead);
          expect([second.fair, ...second.parts]).toEqual([first.fair, ...first.parts]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('of a market that is looked at again, because the lead rang, are the same', () => {
    fc.assert(
      fc.property(history, (steps) => {
        const [once, twice] = [new FairValue(ALL_SIGNALS, 6), new FairValue(ALL_SIGNALS, 6)];
        for (const { market, lead } of steps) {
          const first = valueOf(once, market, lead);
          valueOf(twice, market, lead);
          const again = valueOf(twice, market, lead);
          expect([again.fair, ...again.parts]).toEqual([first.fair, ...first.parts]);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('of a mirrored history are mirrored', () => {
    // Ratios of prices are not quite mirrored, so the mirror stands far away: 1e8 ticks.
    const far = ({ bids, asks, mark = 0, index = 0, ...rest }: BookFields): BookFields => {
      const move = (rows: BookFields['bids']) => rows.map(([ticks, lots]) => [ticks + 1e8, lots] as const);
      return { ...rest, bids: move(bids), asks: move(asks), mark: mark + 1e8, index: index + 1e8 };
    };
    const axis = 1e8 + 10_000;
    fc.assert(
      fc.property(history, (steps) => {
        const [straight, other] = [new FairValue(ALL_SIGNALS, 6), new FairValue(ALL_SIGNALS, 6)];
        for (const { market, lead } of steps) {
          const first = valueOf(straight, far(market), far(lead));
          const second = valueOf(other, mirrored(far(market), axis), mirrored(far(lead), axis));
          for (let part = 1; part < FairPart.cap; part++) {
            const size = Math.max(1, Math.abs(first.parts[part]!));
            expect((second.parts[part]! + first.parts[part]!) / size).toBeCloseTo(0, 2);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('scale with the grid, and do not see the unit of sizes', () => {
    const FACTOR = 8;
    const finer = ({
      bids,
      asks,
      ofi = 0,
      bought = 0,
      sold = 0,
      mark = 0,
      index = 0,
      ...rest
    }: BookFields) => {
      const rows = (side: BookFields['bids']) =>
        side.map(([ticks, lots]) => [ticks * FACTOR, lots * 4] as const);
      return {
        ...rest,
        bids: rows(bids),
        asks: rows(asks),
        ofi: ofi * 4,
        bought: bought * 4,
        sold: sold * 4,
        mark: mark * FACTOR,
        index: index * FACTOR,
      };
    };
    const finerHalf = Float64Array.of(HALF[0]! * FACTOR);
    fc.assert(
      fc.property(history, (steps) => {
        const [coarse, fine] = [new FairValue(ALL_SIGNALS, 6), new FairValue(ALL_SIGNALS, 6)];
        for (const { market, lead } of steps) {
          const { fair } = valueOf(coarse, market, lead);
          const scaled = valueOf(fine, finer(market), finer(lead), finerHalf);
          expect(scaled.fair / FACTOR).toBeCloseTo(fair, 6);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('limits', () => {
  it('hold whatever the signals say (models.md par. 4.5 and 9.3)', () => {
    const anyLimits = fc.record({
      signalHalvesMax: fc.double({ min: 0, max: 3, noNaN: true }),
      capBps: fc.constantFrom(0, 0.5, 5, 50),
      capSpreads: fc.constantFrom(0, 0.25, 1, 3),
      half: fc.constantFrom(0, NaN, 0.5, 20),
    });
    fc.assert(
      fc.property(history, anyLimits, (steps, { half, ...limits }) => {
        const fair = new FairValue({ ...ALL_SIGNALS, ...limits, orderFlow: LOUD, base: 'vamp' }, 6);
        for (const { market, lead } of steps) {
          const { fair: value, parts } = valueOf(fair, market, lead, Float64Array.of(half));
          const [bid, ask] = [market.bids[0]![0], market.asks[0]![0]];
          const distance = Math.abs(value - (bid + ask) / 2);
          expect(Number.isFinite(value)).toBe(true);
          if (limits.capBps > 0) {
            const capTicks = ((bid + ask) / 2) * limits.capBps * 1e-4;
            expect(distance).toBeLessThanOrEqual(Math.max(capTicks, (ask - bid) / 2) + 1e-9);
          }
          if (limits.capSpreads > 0) {
            expect(distance).toBeLessThanOrEqual((ask - bid) * limits.capSpreads + 1e-9);
          }
          // A cap may take base back towards the mid, but signals never carry it further than their own limit.
          const bound = (half > 0 ? limits.signalHalvesMax * half : 0) + 1e-9;
          const base = parts[FairPart.base]!;
          if (limits.capBps === 0 && limits.capSpreads === 0) {
            expect(Math.abs(value - base)).toBeLessThanOrEqual(bound);
          }
        }
      }),
    );
  });

  const LOUD = { halfLifeSeconds: 2, weightBps: 100 };

  it('show in the parts what they have taken off', () => {
    const fair = new FairValue({ ...PLAIN_FAIR_VALUE, orderFlow: LOUD, signalHalvesMax: 0.5 }, 1);
    const best = { bids: [[10_000, 5]], asks: [[10_002, 5]] } as const;
    for (let step = 0; step < 700; step++) {
      valueOf(fair, { ...best, atS: step / 10, ofi: (step % 2) * 10 });
    }
    const { fair: value, parts } = valueOf(fair, { ...best, atS: 70, ofi: 1_000 });
    // Three deviations of 100 basis points each are 300 ticks; half of the half spread of 40 is let through, capBps lets 5.
    expect(parts[FairPart.orderFlow]).toBeCloseTo(300.03, 1);
    expect(value).toBeCloseTo(10_001 + 5.0005, 9);
    expect(parts[FairPart.cap]).toBeCloseTo(5.0005 - 300.03, 1);
  });
});

describe('the lead', () => {
  const LED: FairValueParameters = { ...PLAIN_FAIR_VALUE, lead: ALL_SIGNALS.lead };
  const own: BookFields = { bids: [[10_000, 5]], asks: [[10_001, 5]] };
  const leadAt = (shift: number, atS: number): BookFields => ({
    bids: [[50_000 + shift, 5]],
    asks: [[50_001 + shift, 5]],
    atS,
  });

  function usual(): FairValue {
    const fair = new FairValue(LED, 1);
    for (let step = 0; step < 1_000; step++) {
      const shift = step % 2 === 0 ? 1 : -1;
      valueOf(fair, { ...own, atS: step / 10 }, leadAt(shift, step / 10));
    }
    return fair;
  }

  it('moves the price by a share of its move, in our own ticks, when its news comes with the same market', () => {
    const fair = usual();
    // Its times are later than our market's: 2 of its ticks are 0.4 of ours.
    const { parts } = valueOf(fair, { ...own, atS: 99.9 }, leadAt(2, 99.95));
    expect(parts[FairPart.lead]).toBeCloseTo(0.5 * 0.4, 2);
    expect(fair.isLeadStale).toBe(false);
  });

  it('is left out when it is old, missing or not to be valued, and that is said', () => {
    const fair = usual();
    expect(valueOf(fair, { ...own, atS: 101 }, leadAt(2, 100.6)).parts[FairPart.lead]).not.toBe(0);
    expect(fair.isLeadStale).toBe(false);
    for (const lead of [leadAt(2, 100.5), undefined, { ...leadAt(2, 101), asks: [] }]) {
      expect(valueOf(fair, { ...own, atS: 101 }, lead).parts[FairPart.lead]).toBe(0);
      expect(fair.isLeadStale).toBe(true);
    }
  });

  it('is none where none is configured', () => {
    const fair = new FairValue(PLAIN_FAIR_VALUE, 1);
    valueOf(fair, own, leadAt(900, 0));
    expect([fair.isLeadStale, fair.fair[0]]).toEqual([false, 10_000.5]);
  });
});

describe('mark and index', () => {
  it.each(['mark', 'index'] as const)('the %s moves the price until it has stood for its age', (key) => {
    const signal = { weight: 1, ageMsMax: 2_000, basisSeconds: 60 };
    const fair = new FairValue({ ...PLAIN_FAIR_VALUE, [key]: signal }, 1);
    const best = { bids: [[10_000, 5]], asks: [[10_001, 5]] } as const;
    const part = FairPart[key];
    const partOf = (price: number, atS: number): number =>
      valueOf(fair, { ...best, atS, [key]: price }).parts[part]!;
    for (let step = 0; step < 1_000; step++) partOf(10_000.5 + (step % 2 === 0 ? 1 : -1), step / 10);
    expect(partOf(10_002, 100)).toBeCloseTo(1.5, 2);
    expect(partOf(10_002, 101)).toBeCloseTo(1.5, 1);
    expect(partOf(10_002, 101.5)).toBeCloseTo(0.75, 1);
    expect(partOf(10_002, 102)).toBe(0);
    expect(partOf(10_002.5, 102.1)).toBeGreaterThan(1);
    expect(partOf(0, 102.2)).toBe(0);
  });
});

describe('parameters', () => {
  it('that do not fit the markets are refused', () => {
    expect(() => new FairValue({ ...PLAIN_FAIR_VALUE, base: 'vamp' }, 4)).toThrow('levels');
    expect(() => new FairValue({ ...PLAIN_FAIR_VALUE, base: 'stoikov' }, 4)).toThrow('table');
  });
});
