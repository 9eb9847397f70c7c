/** Markets and quotes whose every cell follows from their number, so that parts of two never pass for one. */
import type { MarketView, MarketWriter } from '../../engine/handoff/market-slot.ts';
import type { QuoteView } from '../../engine/handoff/quote-slot.ts';

/** Words of the progress that the two threads share. */
export const READS_WORD = 0;
export const STOP_WORD = 1;

/**
 * A pause of a length that varies, so that reads and writes meet at every point: a writer that never pauses would starve
 * the reader of a seqlock, which the engine, having other work, does not do.
 */
export function pause(words: Int32Array, number: number): void {
  for (let spin = (number * 7_919) % 256; spin > 0; spin--) Atomics.load(words, 0);
}

/** Writes market `number`, which must be the version that comes out. */
export function publishMarket(writer: MarketWriter, number: number): void {
  writer.begin();
  const count = 1 + (number % writer.levels);
  for (let level = 0; level < count; level++) {
    writer.bidTicks[level] = number - level;
    writer.bidLots[level] = number * 3 + level;
    writer.askTicks[level] = number + level;
    writer.askLots[level] = number * 5 + level;
  }
  writer.seqId = number * 7;
  writer.tsMs = number * 11;
  writer.recvNs = number * 13;
  writer.positionLots = -number;
  writer.groupLots = number * 17;
  writer.ofiLots = number * 19;
  writer.boughtLots = number * 21;
  writer.soldLots = number * 23;
  writer.markTicks = number * 25;
  writer.indexTicks = number * 27;
  writer.publish(count, count, number % 2 === 0, number);
}

export function isMarketWhole(view: MarketView): boolean {
  const number = view.version;
  const count = 1 + (number % view.bidTicks.length);
  let isWhole =
    view.bidCount === count &&
    view.askCount === count &&
    view.isQuotable === (number % 2 === 0) &&
    view.epoch === number &&
    view.seqId === number * 7 &&
    view.tsMs === number * 11 &&
    view.recvNs === number * 13 &&
    view.positionLots === -number &&
    view.groupLots === number * 17 &&
    view.ofiLots === number * 19 &&
    view.boughtLots === number * 21 &&
    view.soldLots === number * 23 &&
    view.markTicks === number * 25 &&
    view.indexTicks === number * 27;
  for (let level = 0; level < count; level++) {
    isWhole &&= view.bidTicks[level] === number - level && view.bidLots[level] === number * 3 + level;
    isWhole &&= view.askTicks[level] === number + level && view.askLots[level] === number * 5 + level;
  }
  return isWhole;
}

export function fillQuote(quote: QuoteView, number: number): void {
  const count = 1 + (number % quote.bidTicks.length);
  for (let level = 0; level < count; level++) {
    quote.bidTicks[level] = number - level;
    quote.bidLots[level] = number * 3 + level;
    quote.askTicks[level] = number + level;
    quote.askLots[level] = number * 5 + level;
  }
  quote.bidCount = count;
  quote.askCount = count;
  quote.epoch = number;
  quote.marketVersion = number;
  quote.recvNs = number * 7;
  quote.computedNs = number * 11;
  quote.fairTicks = number * 13;
  quote.referenceTicks = number * 15;
  quote.bidEdgeTicks = number * 17;
  quote.askEdgeTicks = number * 19;
  quote.modelVersion = number * 21;
  quote.configVersion = number * 23;
  quote.bidRate = number * 25;
  quote.bidDecay = number * 27;
  quote.askRate = number * 29;
  quote.askDecay = number * 31;
  quote.bidCostTicks = number * 33;
  quote.askCostTicks = number * 35;
}

export function isQuoteWhole(view: QuoteView, expected: QuoteView): boolean {
  fillQuote(expected, view.marketVersion);
  const count = expected.bidCount;
  let isWhole = view.bidCount === count && view.askCount === count && view.epoch === expected.epoch;
  for (let index = 0; index < view.doubles.length; index++) {
    isWhole &&= view.doubles[index] === expected.doubles[index];
  }
  for (let level = 0; level < count; level++) {
    isWhole &&=
      view.bidTicks[level] === expected.bidTicks[level] && view.bidLots[level] === expected.bidLots[level];
    isWhole &&=
      view.askTicks[level] === expected.askTicks[level] && view.askLots[level] === expected.askLots[level];
  }
  return isWhole;
}
