import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAIR_PARTS } from '../../engine/base/explain-record.ts';
import { Side } from '../../engine/base/side.ts';
import { FlowStatistics } from '../../engine/flow/flow-statistics.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { MarketReader, MarketView } from '../../engine/handoff/market-slot.ts';
import { LoopMarket } from '../../engine/loop/loop-market.ts';
import { LoopState } from '../../engine/loop/loop-state.ts';
import { UpdateState } from '../../engine/orders/order-state.ts';
import { OrderTable } from '../../engine/orders/order-table.ts';
import { PLAIN_FAIR_VALUE } from '../../workers/strategy/fair/fair-value-parameters.ts';
import type { FairBase, FairValueParameters } from '../../workers/strategy/fair/fair-value-parameters.ts';
import { FairValue } from '../../workers/strategy/fair/fair-value.ts';
import { snapshot } from '../book/message.ts';
import { orderRows } from '../orders/order-rows.ts';

const LEVELS = 5;
const BASES: readonly FairBase[] = [
  'mid',
  'micro',
  'vamp',
  'weighted-depth',
  'effective-vamp',
  'impact-mid',
  'stoikov',
];

type Row = [ticks: number, lots: number];

interface Moment {
  readonly bids: Row[];
  readonly asks: Row[];
  /** Ours at that moment, all of them new: those of the moment before are gone. */
  readonly own: readonly { side: Side; ticks: number; lots: number }[];
}

/** Every base, each with every signal of the book. */
function fairValues(): FairValue[] {
  return BASES.map((base) => {
    const parameters: FairValueParameters = {
      ...PLAIN_FAIR_VALUE,
      base,
      depthLevels: LEVELS,
      depthLots: base === 'impact-mid' ? 20 : 0,
      microPrice: base === 'stoikov' ? { buckets: 2, spreads: 1, ticks: [-0.3, 0.3] } : null,
      bookImbalance: { kind: 'log', levels: LEVELS, withinBps: 0, weightBps: 5 },
      orderFlow: { halfLifeSeconds: 2, weightBps: 5 },
      standardiseSeconds: 5,
      capBps: 0,
      signalHalvesMax: 10,
    };
    return new FairValue(parameters, LEVELS);
  });
}

/** A book with our orders in it, as the venue pushes it. */
function withOwn(rows: readonly Row[], own: Moment['own'], side: Side): Row[] {
  const levels = new Map(rows);
  for (const each of own) {
    if (each.side === side) levels.set(each.ticks, (levels.get(each.ticks) ?? 0) + each.lots);
  }
  const sign = side === Side.buy ? -1 : 1;
  return [...levels].sort(([left], [right]) => sign * (left - right));
}

/** What a worker values each moment at, by base and part, when the pushed book holds our orders, or when we have none. */
function valuesOf(moments: readonly Moment[], hasOwn: boolean): number[][] {
  const handoff = new Handoff(
    createHandoff({ instrumentCount: 1, workerCount: 1, marketLevels: LEVELS, quoteLevels: 1 }),
  );
  const table = new OrderTable(1, 8);
  const market = new LoopMarket({ handoff }, new LoopState(1), { table, flow: new FlowStatistics(1) });
  const reader = new MarketReader(handoff, 0);
  const view = new MarketView(LEVELS);
  const values = fairValues();
  const parts = new Float64Array(FAIR_PARTS);
  let slots: number[] = [];
  return moments.map((moment, index) => {
    const recv = Float64Array.of(1e12 + index * 1e9);
    const tell = (slot: number, state: UpdateState, ticks: number, lots: number): void => {
      const generation = table.generation[slot]!;
      table.onUpdate(orderRows({ slot, generation, state, ticks, lots, updatedMs: index + 1 }), 0);
    };
    const own = hasOwn ? moment.own : [];
    for (const slot of slots)
      tell(slot, UpdateState.cancelled, table.priceTicks[slot]!, table.sizeLots[slot]!);
    slots = own.map(({ side, ticks, lots }) => table.open(0, side, ticks, lots, recv));
    own.forEach(({ ticks, lots }, at) => tell(slots[at]!, UpdateState.live, ticks, lots));
    const asks = withOwn(moment.asks, own, Side.sell);
    const bids = withOwn(moment.bids, own, Side.buy);
    market.syncs[0]!.apply(snapshot(index + 1, asks, bids));
    market.publish(0, recv, Float64Array.of(0));
    expect(reader.read(view)).toBe(true);
    return values.flatMap((fair) => {
      fair.compute(view, null, Float64Array.of(50), parts);
      return [fair.fair[0]!, ...parts];
    });
  });
}

test('regression: own orders in the pushed book move no estimate and no signal (tribeca and others forgot)', () => {
  const rows = (sign: number, best: number): fc.Arbitrary<Row[]> =>
    fc
      .uniqueArray(fc.tuple(fc.nat(14), fc.integer({ min: 1, max: 40 })), {
        minLength: 1,
        maxLength: 8,
        selector: ([distance]) => distance,
      })
      .map((levels) =>
        levels
          .sort(([left], [right]) => left - right)
          .map(([distance, lots]): Row => [best + sign * distance, lots]),
      );
  const own = fc.record({
    side: fc.constantFrom(Side.buy, Side.sell),
    distance: fc.nat(10),
    lots: fc.integer({ min: 1, max: 5_000 }),
  });
  const moment = fc.record({
    bids: rows(-1, 1_000),
    asks: rows(1, 1_004),
    own: fc.array(own, { maxLength: 4 }),
  });
  // Ours may be better than what others have: up to two ticks within their spread.
  const placed = moment.map(({ bids, asks, own: ours }): Moment => {
    const ownRows = ours.map(({ side, distance, lots }) => ({
      side,
      ticks: side === Side.buy ? 1_001 - distance : 1_003 + distance,
      lots,
    }));
    return { bids, asks, own: ownRows };
  });
  fc.assert(
    fc.property(fc.array(placed, { minLength: 2, maxLength: 12 }), (moments) => {
      expect(valuesOf(moments, true)).toEqual(valuesOf(moments, false));
    }),
    { numRuns: 200 },
  );
});

test('and without taking them out every one of them would move', () => {
  const even: Moment = {
    bids: [
      [1_000, 10],
      [999, 10],
    ],
    asks: [
      [1_001, 10],
      [1_002, 10],
    ],
    own: [],
  };
  const ours = { side: Side.buy, ticks: 1_000, lots: 500 };
  const pushed = { ...even, bids: withOwn(even.bids, [ours], Side.buy) };
  const [clean, wrong] = [valuesOf([even, even], false)[1]!, valuesOf([even, pushed], false)[1]!];
  const movedBases = BASES.filter(
    (_, base) => clean[base * (FAIR_PARTS + 1)] !== wrong[base * (FAIR_PARTS + 1)],
  );
  expect(movedBases).toEqual(BASES.filter((base) => base !== 'mid'));
});
