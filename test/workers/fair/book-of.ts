import * as fc from 'fast-check';
import { MarketDouble } from '../../../engine/handoff/layout.ts';
import { MarketView } from '../../../engine/handoff/market-slot.ts';

export type Row = readonly [ticks: number, lots: number];

export interface BookFields {
  /** Best first. */
  readonly bids: readonly Row[];
  readonly asks: readonly Row[];
  readonly atS?: number;
  readonly ofi?: number;
  readonly bought?: number;
  readonly sold?: number;
  readonly mark?: number;
  readonly index?: number;
}

/** A market as a worker reads it. Times count from 1,000 s: a clock that is at 0 has not begun. */
export function bookOf(fields: BookFields): MarketView {
  const market = new MarketView(Math.max(fields.bids.length, fields.asks.length, 1));
  fields.bids.forEach(([ticks, lots], level) => {
    market.bidTicks[level] = ticks;
    market.bidLots[level] = lots;
  });
  fields.asks.forEach(([ticks, lots], level) => {
    market.askTicks[level] = ticks;
    market.askLots[level] = lots;
  });
  market.bidCount = fields.bids.length;
  market.askCount = fields.asks.length;
  market.isQuotable = true;
  const { doubles } = market;
  doubles[MarketDouble.recvNs] = Math.round((1_000 + (fields.atS ?? 0)) * 1e9);
  doubles[MarketDouble.ofiLots] = fields.ofi ?? 0;
  doubles[MarketDouble.boughtLots] = fields.bought ?? 0;
  doubles[MarketDouble.soldLots] = fields.sold ?? 0;
  doubles[MarketDouble.markTicks] = fields.mark ?? 0;
  doubles[MarketDouble.indexTicks] = fields.index ?? 0;
  return market;
}

/** The book of models.md par. 4, whose prices are on a half: in ticks of a half. */
export const PRINTED: BookFields = {
  bids: [
    [200, 30],
    [199, 20],
    [198, 50],
  ],
  asks: [
    [201, 10],
    [202, 40],
    [203, 20],
  ],
};

/** The same book seen in a mirror that stands at `axis` ticks: bids are asks, prices are as far on the other side. */
export function mirrored(fields: BookFields, axis: number): BookFields {
  const flip = ([ticks, lots]: Row): Row => [2 * axis - ticks, lots];
  const { bids, asks, ofi = 0, bought = 0, sold = 0, mark = 0, index = 0 } = fields;
  return {
    ...fields,
    bids: asks.map(flip),
    asks: bids.map(flip),
    ofi: -ofi,
    bought: sold,
    sold: bought,
    mark: mark === 0 ? 0 : 2 * axis - mark,
    index: index === 0 ? 0 : 2 * axis - index,
  };
}

const gaps = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 6, maxLength: 6 });
const sizes = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 6, maxLength: 6 });

/** Books of six levels a side around 10,000 ticks. */
export const anyBook: fc.Arbitrary<BookFields> = fc
  .record({
    best: fc.integer({ min: 9_900, max: 10_100 }),
    spread: fc.integer({ min: 1, max: 30 }),
    bidGaps: gaps,
    askGaps: gaps,
    bidSizes: sizes,
    askSizes: sizes,
  })
  .map(({ best, spread, bidGaps, askGaps, bidSizes, askSizes }) => ({
    bids: rowsFrom(best, -1, bidGaps, bidSizes),
    asks: rowsFrom(best + spread, 1, askGaps, askSizes),
  }));

function rowsFrom(best: number, sign: number, steps: readonly number[], lots: readonly number[]): Row[] {
  let ticks = best;
  return lots.map((size, level) => {
    if (level > 0) ticks += sign * steps[level]!;
    return [ticks, size];
  });
}
