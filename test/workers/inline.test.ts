import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../engine/base/clock.ts';
import { ConfigurationWriter } from '../../engine/handoff/configuration-slot.ts';
import { MarketBells, QuoteBell } from '../../engine/handoff/doorbell.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { MarketWriter } from '../../engine/handoff/market-slot.ts';
import { QuoteReader, QuoteView } from '../../engine/handoff/quote-slot.ts';
import { InlineQuoter } from '../../workers/inline.ts';
import { FixedLadder } from '../model/fixed-ladder.ts';
import { PLAIN_LADDER, marketOf } from './markets.ts';

const INSTRUMENTS = 5;
const PARAMETERS = Array.from({ length: INSTRUMENTS }, (_, i) => ({ ...PLAIN_LADDER, levels: i + 1 }));

function openWorld() {
  const memory = createHandoff({
    instrumentCount: INSTRUMENTS,
    workerCount: 2,
    marketLevels: 3,
    quoteLevels: 8,
  });
  const handoff = new Handoff(memory);
  const clock = new ManualClock();
  const bells = new MarketBells(handoff);
  const writers = PARAMETERS.map((_, instrument) => new MarketWriter(handoff, instrument));
  const publish = (instrument: number, bid: number): number => {
    const writer = writers[instrument];
    writer.begin();
    writer.bidTicks[0] = bid;
    writer.bidLots[0] = 1;
    writer.askTicks[0] = bid + 2;
    writer.askLots[0] = 1;
    writer.recvNs = 1_000;
    writer.positionLots = 0;
    const version = writer.publish(1, 1, true, 4);
    bells.ring(instrument);
    return version;
  };
  new ConfigurationWriter(handoff).publish({ strategies: PARAMETERS }, 1);
  return { handoff, clock, publish, quoter: new InlineQuoter(handoff, clock) };
}

function takeAll(bell: QuoteBell): number[] {
  const taken: number[] = [];
  for (let instrument = bell.take(); instrument !== -1; instrument = bell.take()) taken.push(instrument);
  return taken;
}

describe('InlineQuoter', () => {
  it('quotes what moved, with what it saw: version, epoch and times', () => {
    const { handoff, clock, publish, quoter } = openWorld();
    const bell = new QuoteBell(handoff);
    expect(quoter.turn()).toBe(0);
    publish(3, 9_999);
    publish(3, 9_999);
    publish(0, 19_999);
    clock.advanceNs(2_500);
    expect(quoter.turn()).toBe(2);
    expect(takeAll(bell)).toEqual([0, 3]);
    const quote = new QuoteView(8);
    expect(new QuoteReader(handoff, 3).read(quote)).toBe(true);
    expect([quote.marketVersion, quote.epoch, quote.recvNs, quote.computedNs]).toEqual([2, 4, 1_000, 2_500]);
    expect(quote.bidCount).toBe(4);
    expect(new QuoteReader(handoff, 1).hasChanged()).toBe(false);
    expect(quoter.turn()).toBe(0);
  });

  it('computes what the strategy computes', () => {
    const { handoff, publish, quoter } = openWorld();
    const expected = new QuoteView(8);
    const quote = new QuoteView(8);
    const reader = new QuoteReader(handoff, 2);
    for (let bid = 10_000; bid < 10_050; bid++) {
      publish(2, bid);
      expect(quoter.turn()).toBe(1);
      expect(reader.read(quote)).toBe(true);
      new FixedLadder(PARAMETERS[2]).compute(
        marketOf({ bid, bidLots: 1, ask: bid + 2, askLots: 1 }),
        expected,
      );
      expect(quote.bidTicks).toEqual(expected.bidTicks);
      expect(quote.askTicks).toEqual(expected.askTicks);
      expect(quote.bidLots).toEqual(expected.bidLots);
      expect([quote.fairTicks, quote.bidEdgeTicks]).toEqual([expected.fairTicks, expected.bidEdgeTicks]);
    }
  });

  it('publishes an empty quote for a market that cannot be quoted', () => {
    const { handoff, publish, quoter } = openWorld();
    publish(1, 10_000);
    quoter.turn();
    const writer = new MarketWriter(handoff, 1);
    writer.begin();
    expect(writer.publish(0, 0, false, 5)).toBe(2);
    new MarketBells(handoff).ring(1);
    expect(quoter.turn()).toBe(1);
    const quote = new QuoteView(8);
    expect(new QuoteReader(handoff, 1).read(quote)).toBe(true);
    expect([quote.marketVersion, quote.epoch, quote.bidCount, quote.askCount]).toEqual([2, 5, 0, 0]);
  });

  it('wants parameters for every instrument', () => {
    const { handoff, clock } = openWorld();
    new ConfigurationWriter(handoff).publish({ strategies: PARAMETERS.slice(1) }, 2);
    expect(() => new InlineQuoter(handoff, clock)).toThrow('every instrument');
  });
});
