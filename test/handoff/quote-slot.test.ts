import { describe, expect, it } from 'vitest';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { QUOTE_DOUBLES, QuoteWord, SlotViews } from '../../engine/handoff/layout.ts';
import { QuoteReader, QuoteView, QuoteWriter } from '../../engine/handoff/quote-slot.ts';

const LEVELS = 3;

function openHandoff(): Handoff {
  return new Handoff(
    createHandoff({ instrumentCount: 2, workerCount: 1, marketLevels: 5, quoteLevels: LEVELS }),
  );
}

function quoteOf(fair: number): QuoteView {
  const quote = new QuoteView(LEVELS);
  quote.bidTicks.set([fair - 1, fair - 2, fair - 3]);
  quote.bidLots.set([1, 2, 3]);
  quote.askTicks.set([fair + 1, fair + 2, 0]);
  quote.askLots.set([4, 5, 0]);
  quote.bidCount = 3;
  quote.askCount = 2;
  quote.epoch = 9;
  quote.marketVersion = 2 ** 33 + 1;
  quote.recvNs = 1.5;
  quote.computedNs = 2.5;
  quote.fairTicks = fair + 0.25;
  quote.bidEdgeTicks = 0.75;
  return quote;
}

describe('quote slot', () => {
  it('carries a quote whole, each once', () => {
    const handoff = openHandoff();
    const writer = new QuoteWriter(handoff, 1);
    const reader = new QuoteReader(handoff, 1);
    const view = new QuoteView(LEVELS);
    expect(reader.read(view)).toBe(false);
    writer.publish(quoteOf(1_000));
    expect(reader.hasChanged()).toBe(true);
    expect(reader.read(view)).toBe(true);
    expect(view).toEqual(quoteOf(1_000));
    expect([view.marketVersion, view.recvNs, view.computedNs]).toEqual([2 ** 33 + 1, 1.5, 2.5]);
    expect([view.fairTicks, view.bidEdgeTicks]).toEqual([1_000.25, 0.75]);
    expect(reader.read(view)).toBe(false);
    writer.publish(quoteOf(2_000));
    writer.publish(quoteOf(3_000));
    expect(reader.read(view)).toBe(true);
    expect(view).toEqual(quoteOf(3_000));
    expect(new QuoteReader(handoff, 0).hasChanged()).toBe(false);
  });

  it('is taken over from a worker that died half-way', () => {
    const handoff = openHandoff();
    const reader = new QuoteReader(handoff, 0);
    const view = new QuoteView(LEVELS);
    new QuoteWriter(handoff, 0).publish(quoteOf(1_000));
    const slotAt = handoff.layout.quoteSlotAt(0);
    const { words, bidTicks } = new SlotViews(handoff.memory, slotAt, QUOTE_DOUBLES, LEVELS);
    words[QuoteWord.sequence]++;
    bidTicks[0] = 666;
    expect(reader.read(view)).toBe(false);
    new QuoteWriter(handoff, 0).publish(quoteOf(2_000));
    expect(words[QuoteWord.sequence] & 1).toBe(0);
    expect(reader.read(view)).toBe(true);
    expect(view).toEqual(quoteOf(2_000));
  });

  it('refuses a quote that does not fit', () => {
    const quote = new QuoteView(LEVELS + 1);
    quote.bidCount = LEVELS + 1;
    expect(() => new QuoteWriter(openHandoff(), 0).publish(quote)).toThrow('fits');
    expect(() => new QuoteReader(openHandoff(), 2)).toThrow('quote slot');
  });
});
