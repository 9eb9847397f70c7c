import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { microPrice } from '../../engine/base/micro-price.ts';
import { Side } from '../../engine/base/side.ts';
import type { BookSide } from '../../engine/book/book-side.ts';
import { FlowStatistics } from '../../engine/flow/flow-statistics.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';
import { MarketReader, MarketView } from '../../engine/handoff/market-slot.ts';
import { LoopMarket } from '../../engine/loop/loop-market.ts';
import { LoopState } from '../../engine/loop/loop-state.ts';
import { OrderState, UpdateState } from '../../engine/orders/order-state.ts';
import { KEEP_LOTS } from '../../engine/orders/command-batch.ts';
import { OrderTable } from '../../engine/orders/order-table.ts';
import { snapshot } from '../book/message.ts';
import { sideLevels } from '../model/side-levels.ts';
import { orderRows } from '../orders/order-rows.ts';

const INSTRUMENT = 1;
const NOW = Float64Array.of(1);

/** What others rest on a side: each level less every order of ours that the venue has confirmed at its price. */
function othersLevels(book: BookSide, table: OrderTable, side: Side): [ticks: number, lots: number][] {
  const isOurs = (slot: number): boolean =>
    table.state[slot] !== OrderState.free &&
    table.instrument[slot] === INSTRUMENT &&
    table.side[slot] === side &&
    table.isResting[slot] === 1;
  const ours = Array.from({ length: table.capacity }, (_, slot) => slot).filter((slot) => isOurs(slot));
  const ownLots = (ticks: number): number =>
    ours
      .filter((slot) => table.priceTicks[slot] === ticks)
      .reduce((sum, slot) => sum + Math.max(0, table.sizeLots[slot]! - table.filledLots[slot]!), 0);
  return sideLevels(book)
    .map(([ticks, lots]): [number, number] => [ticks, lots - ownLots(ticks)])
    .filter(([, lots]) => lots > 0);
}

interface Own {
  instrument: number;
  side: Side;
  ticks: number;
  lots: number;
  /** What the venue has said of it: nothing yet, that it rests, that a lot is filled, that it rests at another price. */
  told: 'nothing' | 'rests' | 'filled' | 'moved';
  /** An amend in flight to a price this much higher; 0 for none. */
  amend: number;
}

function give(table: OrderTable, own: Own): void {
  const slot = table.open(own.instrument, own.side, own.ticks, own.lots, NOW);
  if (own.told !== 'nothing') {
    const rows = orderRows({
      slot,
      generation: table.generation[slot]!,
      state: own.told === 'filled' ? UpdateState.partiallyFilled : UpdateState.live,
      ticks: own.told === 'moved' ? own.ticks + 1 : own.ticks,
      lots: own.lots,
      filled: own.told === 'filled' ? 1 : 0,
      updatedMs: 5,
    });
    table.onUpdate(rows, 0);
  }
  if (own.amend !== 0 && table.isAmendable(slot))
    table.requestAmend(slot, own.ticks + own.amend, KEEP_LOTS, NOW);
}

test('what is published is the best that others rest, whatever we rest, whatever is in flight', () => {
  const level = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 9 }));
  const own = fc.record<Own>({
    instrument: fc.constantFrom(INSTRUMENT, INSTRUMENT, INSTRUMENT, 0),
    side: fc.constantFrom(Side.buy, Side.sell),
    ticks: fc.integer({ min: 90, max: 110 }),
    lots: fc.integer({ min: 2, max: 9 }),
    told: fc.constantFrom('nothing', 'rests', 'filled', 'moved'),
    amend: fc.integer({ min: -3, max: 3 }),
  });
  const rows = fc.uniqueArray(level, { maxLength: 8, selector: ([distance]) => distance });
  fc.assert(
    fc.property(
      rows,
      rows,
      fc.array(own, { maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      (a, b, ours, levels) => {
        const memory = createHandoff({
          instrumentCount: 2,
          workerCount: 1,
          marketLevels: levels,
          quoteLevels: 1,
        });
        const handoff = new Handoff(memory);
        const table = new OrderTable(2, 8);
        const flow = new FlowStatistics(2);
        const market = new LoopMarket({ handoff }, new LoopState(2), { table, flow });
        for (const order of ours) give(table, order);
        const asks = a.map(([distance, lots]): [number, number] => [101 + distance, lots]);
        const bids = b.map(([distance, lots]): [number, number] => [100 - distance, lots]);
        market.syncs[INSTRUMENT]!.apply(snapshot(7, asks, bids));
        market.publish(INSTRUMENT, Float64Array.of(1e15), Float64Array.of(3, -(2 ** 40)));
        const view = new MarketView(levels);
        expect(new MarketReader(handoff, INSTRUMENT).read(view)).toBe(true);
        const book = market.books[INSTRUMENT]!;
        const expectedBids = othersLevels(book.bids, table, Side.buy);
        const expectedAsks = othersLevels(book.asks, table, Side.sell);
        const published = (count: number, ticks: Int32Array, lots: Float64Array): [number, number][] =>
          Array.from({ length: count }, (_, index) => [ticks[index]!, lots[index]!]);
        expect(published(view.bidCount, view.bidTicks, view.bidLots)).toEqual(expectedBids.slice(0, levels));
        expect(published(view.askCount, view.askTicks, view.askLots)).toEqual(expectedAsks.slice(0, levels));
        expect([view.seqId, view.recvNs, view.positionLots]).toEqual([7, 1e15, -(2 ** 40)]);
        const [bid] = expectedBids;
        const [ask] = expectedAsks;
        expect(view.isQuotable).toBe(bid !== undefined && ask !== undefined);
        expect([...market.bestTicks.subarray(2)]).toEqual([bid?.[0] ?? 0, ask?.[0] ?? 0]);
        const fair = bid === undefined || ask === undefined ? 0 : microPrice(...bid, ...ask);
        expect(market.fairTicks[INSTRUMENT]).toBe(fair);
      },
    ),
    { numRuns: 1_500 },
  );
});
