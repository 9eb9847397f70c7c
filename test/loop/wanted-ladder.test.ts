import { describe, expect, it } from 'vitest';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { QuoteReader, QuoteView, QuoteWriter } from '../../engine/handoff/quote-slot.ts';
import { LoopShape } from '../../engine/loop/loop-shape.ts';
import { GuardResult, WantedLadder } from '../../engine/loop/loop-wanted.ts';

const LEVELS = 3;
const NO_ORDER = 0;

/** What was wanted at a reference price and a fair price; a lot a row. */
function wantedOf(reference: number, fair: number, bids: number[], asks: number[], edge = 1): WantedLadder {
  const memory = createHandoff({ instrumentCount: 1, workerCount: 1, marketLevels: 1, quoteLevels: LEVELS });
  const handoff = new Handoff(memory);
  const quote = new QuoteView(LEVELS);
  quote.bidTicks.set(bids);
  quote.askTicks.set(asks);
  quote.bidLots.fill(1);
  quote.askLots.fill(1);
  quote.bidCount = bids.length;
  quote.askCount = asks.length;
  quote.referenceTicks = reference;
  quote.fairTicks = fair;
  quote.bidEdgeTicks = edge;
  quote.askEdgeTicks = edge;
  new QuoteWriter(handoff, 0).publish(quote);
  const wanted = new WantedLadder(LEVELS);
  wanted.take(new QuoteReader(handoff, 0), 0);
  return wanted;
}

function widened(wanted: WantedLadder): { bids: number[]; asks: number[] } {
  const shape = new LoopShape(LEVELS);
  shape.widen(wanted);
  return {
    bids: [...shape.bidTicks.subarray(0, shape.bidCount)],
    asks: [...shape.askTicks.subarray(0, shape.askCount)],
  };
}

describe('wider', () => {
  it('is twice the distance from the fair price', () => {
    const wanted = wantedOf(100, 100, [98, 96, 94], [102, 104, 106]);
    expect(widened(wanted)).toEqual({ bids: [96, 92, 88], asks: [104, 108, 112] });
  });

  it("is measured from the strategy's fair price, not from the engine's", () => {
    const wanted = wantedOf(100, 103, [101, 99], [105, 107]);
    expect(widened(wanted)).toEqual({ bids: [99, 95], asks: [107, 111] });
  });

  it('never brings a level nearer to the market that reduces beyond the fair price', () => {
    // Far too long: asks stand below the fair price.
    const wanted = wantedOf(100, 100, [], [97, 99, 101], -5);
    expect(widened(wanted)).toEqual({ bids: [], asks: [97, 99, 102] });
    const short = wantedOf(100, 100, [103, 101, 99], [], -5);
    expect(widened(short)).toEqual({ bids: [103, 101, 98], asks: [] });
  });
});

describe('the guard at the ends of the price grid', () => {
  const versions = Float64Array.of(1);

  it('drops the bids alone that would leave it', () => {
    const wanted = wantedOf(10, 10, [8, 5, 2], []);
    expect(wanted.guardBids(Float64Array.of(7), versions, 0, NO_ORDER)).toBe(GuardResult.stepped);
    expect(wanted.quote.bidCount).toBe(2);
    expect([...wanted.quote.bidTicks.subarray(0, 2)]).toEqual([5, 2]);
  });

  it('drops the asks alone that would leave it', () => {
    const wanted = wantedOf(TICKS_MAX - 10, TICKS_MAX - 10, [], [TICKS_MAX - 8, TICKS_MAX - 2]);
    expect(wanted.guardAsks(Float64Array.of(TICKS_MAX - 6), versions, 0, NO_ORDER)).toBe(GuardResult.stepped);
    expect(wanted.quote.askCount).toBe(1);
    expect(wanted.quote.askTicks[0]).toBe(TICKS_MAX - 4);
  });
});
