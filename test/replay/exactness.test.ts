import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { QuoteReader, QuoteView, QuoteWriter } from '../../engine/handoff/quote-slot.ts';
import { fromExactJson, toExactJson } from '../../engine/replay/exact-json.ts';
import { QuoteRecord, readQuoteRecord } from '../../engine/replay/quote-record.ts';

const LEVELS = 5;

describe('exact JSON', () => {
  it('gives back every number as it was', () => {
    const numbers = fc.oneof(fc.double(), fc.constantFrom(-0, 0, NaN, Infinity, -Infinity), fc.integer());
    const values = fc.object({
      key: fc.stringMatching(/^[a-z]{1,8}$/),
      values: [numbers, fc.string(), fc.boolean(), fc.constant(null)],
    });
    fc.assert(
      fc.property(values, (value) => {
        expect(fromExactJson(toExactJson(value))).toStrictEqual(value);
      }),
    );
    for (const value of [-0, NaN, Infinity, -Infinity, 0.1 + 0.2, 2 ** 53 - 1]) {
      expect(Object.is(fromExactJson(toExactJson(value)), value)).toBe(true);
    }
  });
});

describe('a quote’s record', () => {
  const side = fc.array(fc.tuple(fc.integer({ min: 1, max: 2 ** 31 - 1 }), fc.double()), {
    maxLength: LEVELS,
  });

  it('gives back the quote', () => {
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 0, max: 2 ** 31 - 1 }),
        fc.array(fc.double(), { minLength: 5, maxLength: 5 }),
        (bids, asks, epoch, doubles) => {
          const quote = new QuoteView(LEVELS);
          bids.forEach(([ticks, lots], level) => {
            quote.bidTicks[level] = ticks;
            quote.bidLots[level] = lots;
          });
          asks.forEach(([ticks, lots], level) => {
            quote.askTicks[level] = ticks;
            quote.askLots[level] = lots;
          });
          quote.bidCount = bids.length;
          quote.askCount = asks.length;
          quote.epoch = epoch;
          quote.doubles.set(doubles);
          quote.findWeights();
          const record = new QuoteRecord(LEVELS);
          record.write(quote);
          const read = new QuoteView(LEVELS);
          expect(readQuoteRecord(record.bytes.subarray(0, record.length), read)).toBe(true);
          expect(read).toEqual(quote);
        },
      ),
    );
  });

  it('that orders are weighed by is weighed by them again, and the next one that is not, is not', () => {
    const handoff = new Handoff(
      createHandoff({ instrumentCount: 1, workerCount: 1, marketLevels: 1, quoteLevels: LEVELS }),
    );
    const writer = new QuoteWriter(handoff, 0);
    const reader = new QuoteReader(handoff, 0);
    const record = new QuoteRecord(LEVELS);
    const quote = new QuoteView(LEVELS);
    const into = new QuoteView(LEVELS);
    const taken = new QuoteView(LEVELS);
    const replayed = (): QuoteView => {
      record.write(quote);
      expect(readQuoteRecord(record.bytes.slice(0, record.length), into)).toBe(true);
      writer.publish(into);
      expect(reader.read(taken)).toBe(true);
      return taken;
    };
    quote.marketVersion = 7;
    quote.bidRate = 0.5;
    quote.askCostTicks = 2.25;
    expect(replayed().doubles).toEqual(quote.doubles);
    quote.clearWeights();
    quote.marketVersion = 8;
    expect(replayed().doubles).toEqual(quote.doubles);
    expect([taken.bidRate, taken.askCostTicks]).toEqual([0, 0]);
  });

  it('of other bytes is refused, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const read = new QuoteView(LEVELS);
        const isRead = readQuoteRecord(bytes, read);
        expect(isRead ? read.bidCount <= LEVELS && read.askCount <= LEVELS : true).toBe(true);
      }),
    );
    expect(readQuoteRecord(new Uint8Array(8 * 7), new QuoteView(LEVELS))).toBe(false);
  });
});
