import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderFlow } from '../../engine/flow/order-flow.ts';

/** Bid and ask, each price in ticks and size in lots. */
type Best = readonly [bid: number, bidLots: number, ask: number, askLots: number];

function flowOf(...bests: readonly (Best | null)[]): number {
  const flow = new OrderFlow(2);
  for (const best of bests) {
    if (best === null) flow.onNone(1);
    else
      flow.onBest(
        1,
        Int32Array.of(best[0]),
        Float64Array.of(best[1]),
        Int32Array.of(best[2]),
        Float64Array.of(best[3]),
      );
  }
  expect(flow.ofiLots[0]).toBe(0);
  return flow.ofiLots[1]!;
}

// Prices in half units, so that those of models.md par. 4.3 are whole ticks: 100 is 200.
const START: Best = [200, 10, 202, 10];

describe('order-flow imbalance', () => {
  it.each<[string, Best, number]>([
    ['a bid that grows', [200, 15, 202, 10], 5],
    ['an ask that falls is supply that came (its sign is reversed elsewhere)', [200, 10, 201, 7], -7],
    ['an ask that rises', [200, 10, 203, 4], 10],
    ['a bid that rises', [201, 4, 202, 10], 4],
    ['a bid that falls', [199, 4, 202, 10], -10],
    ['nothing', START, 0],
  ])('of %s', (_, after, expected) => {
    expect(flowOf(START, after)).toBe(expected);
  });

  it('goes on from the next market after one that could not be quoted, without a step', () => {
    expect(flowOf(START, null, [300, 99, 302, 1])).toBe(0);
    expect(flowOf(START, null, [300, 99, 302, 1], [300, 100, 302, 1])).toBe(1);
  });

  it('is what the formula says, summed; turned round in a mirror', () => {
    const best = fc
      .tuple(
        fc.integer({ min: 90, max: 100 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
      )
      .chain(([bid, lots, spread]) =>
        fc.integer({ min: 1, max: 9 }).map((askLots): Best => [bid, lots, bid + spread, askLots]),
      );
    fc.assert(
      fc.property(fc.array(best, { minLength: 1, maxLength: 12 }), (bests) => {
        let expected = 0;
        for (let index = 1; index < bests.length; index++) {
          const [bid, bidLots, ask, askLots] = bests[index]!;
          const [bidBefore, bidLotsBefore, askBefore, askLotsBefore] = bests[index - 1]!;
          expected += bidLots * Number(bid >= bidBefore) - bidLotsBefore * Number(bid <= bidBefore);
          expected -= askLots * Number(ask <= askBefore) - askLotsBefore * Number(ask >= askBefore);
        }
        expect(flowOf(...bests)).toBe(expected);
        const mirrored = bests.map(([bid, bidLots, ask, askLots]): Best => [
          -ask + 1_000,
          askLots,
          -bid + 1_000,
          bidLots,
        ]);
        expect(flowOf(...mirrored)).toBe(expected === 0 ? 0 : -expected);
      }),
    );
  });
});
