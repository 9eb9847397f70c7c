import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OrderFlowSignal, TradeFlowSignal } from '../../../workers/strategy/fair/flow-signals.ts';
import { bookOf } from './book-of.ts';

const BEST = { bids: [[100, 6]], asks: [[101, 14]] } as const;

/** What the core has added up by a time. */
interface Sums {
  readonly atS: number;
  readonly ofi?: number;
  readonly bought?: number;
  readonly sold?: number;
}

function run(
  signal: OrderFlowSignal | TradeFlowSignal,
  elapsedS: Float64Array,
  sums: readonly Sums[],
): number {
  let before = sums[0]!.atS;
  for (const each of sums) {
    elapsedS[0] = each.atS - before;
    before = each.atS;
    signal.update(bookOf({ ...BEST, ...each }));
  }
  return signal.score.value[0]!;
}

function orderFlow(halfLifeS: number, sums: readonly Sums[]): number {
  const elapsedS = new Float64Array(1);
  return run(new OrderFlowSignal(halfLifeS, 600, elapsedS), elapsedS, sums);
}

function tradeFlow(halfLifeS: number, sums: readonly Sums[]): number {
  const elapsedS = new Float64Array(1);
  return run(new TradeFlowSignal(halfLifeS, 600, elapsedS), elapsedS, sums);
}

describe('OrderFlowSignal', () => {
  it('is what the sum grew by lately over twice the size of the best levels: (6 + 14) / 2', () => {
    expect(orderFlow(2, [{ atS: 0, ofi: 1_000 }])).toBe(0);
    expect(
      orderFlow(2, [
        { atS: 0, ofi: 1_000 },
        { atS: 1, ofi: 1_040 },
      ]),
    ).toBe(2);
    expect(
      orderFlow(2, [
        { atS: 0, ofi: 1_000 },
        { atS: 1, ofi: 960 },
      ]),
    ).toBe(-2);
  });

  it('forgets half in a half-life', () => {
    const sums = [{ atS: 0 }, { atS: 1, ofi: 40 }, { atS: 3, ofi: 40 }];
    expect(orderFlow(2, sums)).toBeCloseTo(1, 12);
  });

  it('measures by the size that is usual, not by that of the moment', () => {
    const elapsedS = new Float64Array(1);
    const signal = new OrderFlowSignal(1e9, 600, elapsedS);
    signal.update(bookOf(BEST));
    for (let step = 1; step <= 100; step++) {
      elapsedS[0] = 1;
      signal.update(bookOf({ ...BEST, atS: step }));
    }
    elapsedS[0] = 0.1;
    signal.update(bookOf({ bids: [[100, 1]], asks: [[101, 1]], atS: 100.1, ofi: 40 }));
    expect(signal.score.value[0]).toBeCloseTo(2, 1);
  });
});

describe('TradeFlowSignal', () => {
  it('is the share by which takers bought more than they sold', () => {
    expect(tradeFlow(2, [{ atS: 0, bought: 500, sold: 900 }])).toBe(0);
    expect(
      tradeFlow(2, [
        { atS: 0, bought: 500, sold: 900 },
        { atS: 1, bought: 530, sold: 910 },
      ]),
    ).toBe(0.5);
    expect(tradeFlow(2, [{ atS: 0 }, { atS: 1, sold: 7 }])).toBe(-1);
  });

  it('forgets half in a half-life', () => {
    const sums = [{ atS: 0 }, { atS: 1, bought: 40 }, { atS: 3, bought: 40, sold: 20 }];
    expect(tradeFlow(2, sums)).toBeCloseTo(0, 12);
  });
});

describe.each([
  ['order flow', orderFlow],
  ['trade flow', tradeFlow],
] as const)('%s', (_, signalOf) => {
  it('loses nothing when versions of the market are skipped within a moment', () => {
    const grown = fc.array(fc.tuple(fc.nat(50), fc.nat(50), fc.integer({ min: -50, max: 50 })), {
      minLength: 2,
      maxLength: 40,
    });
    fc.assert(
      fc.property(grown, fc.integer({ min: 2, max: 9 }), (all, every) => {
        let [bought, sold, ofi] = [0, 0, 0];
        const sums = all.map(([more, less, flow], index): Sums => {
          bought += more;
          sold += less;
          ofi += flow;
          // Bursts of one time each: within one nothing is forgotten.
          return { atS: Math.floor(index / every), bought, sold, ofi };
        });
        const seldom = sums.filter((each, index) => index === 0 || each.atS !== sums[index + 1]?.atS);
        expect(signalOf(2, seldom)).toBeCloseTo(signalOf(2, sums), 9);
      }),
    );
  });
});
