import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Side } from '../../engine/base/side.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { KEEP_LOTS } from '../../engine/orders/command-batch.ts';
import { AmendResult, UpdateState } from '../../engine/orders/order-state.ts';
import { OrderTable } from '../../engine/orders/order-table.ts';
import { QueueWatch } from '../../engine/orders/queue-watch.ts';
import { orderRows } from './order-rows.ts';
import { at } from '../time-cell.ts';

class Queue {
  readonly table = new OrderTable(1, 8);
  readonly watch = new QueueWatch(this.table);
  #nowMs = 1;

  rest(side: Side, ticks: number, lots: number): number {
    const slot = this.table.open(0, side, ticks, lots, at(this.#nowMs * 1e6));
    this.push(slot, ticks, lots);
    return slot;
  }

  push(slot: number, ticks: number, lots: number, filled = 0, amendId = -1): void {
    this.#nowMs++;
    const generation = this.table.generation[slot]!;
    const amendResult = amendId === -1 ? AmendResult.none : AmendResult.done;
    const state = UpdateState.live;
    const updatedMs = this.#nowMs;
    this.table.onUpdate(
      orderRows({ slot, generation, state, ticks, lots, filled, updatedMs, amendId, amendResult }),
      0,
    );
  }

  amend(slot: number, ticks: number, lots: number): void {
    const id = this.table.requestAmend(slot, ticks, lots, at(this.#nowMs * 1e6));
    this.push(slot, this.table.wantTicks[slot]!, this.table.wantLots[slot]!, 0, id);
  }

  trade(takerSide: Side, ticks: number, lots: number): void {
    this.watch.onTrade(0, takerSide, Float64Array.of(ticks), Float64Array.of(lots), 0);
  }
}

describe('the queue before an order', () => {
  it('is not known before the first look, and then is the whole level', () => {
    const queue = new Queue();
    const slot = queue.rest(Side.buy, 100, 5);
    expect(queue.watch.aheadLots(slot)).toBeNaN();
    queue.watch.onLevel(slot, 40);
    expect(queue.watch.aheadLots(slot)).toBe(40);
  });

  it('is taken by trades at its price and through it, of takers of the other side', () => {
    const queue = new Queue();
    const slot = queue.rest(Side.buy, 100, 5);
    queue.watch.onLevel(slot, 40);
    queue.trade(Side.sell, 100, 15);
    expect(queue.watch.aheadLots(slot)).toBe(25);
    queue.trade(Side.sell, 101, 15);
    queue.trade(Side.buy, 100, 15);
    queue.trade(Side.buy, 99, 15);
    expect(queue.watch.aheadLots(slot), 'not ours').toBe(25);
    queue.trade(Side.sell, 99, 1);
    expect(queue.watch.aheadLots(slot), 'through it').toBe(0);
  });

  it('counts a trade once, whether the level shows it soon or late', () => {
    const queue = new Queue();
    const slot = queue.rest(Side.sell, 100, 5);
    queue.watch.onLevel(slot, 40);
    queue.trade(Side.buy, 100, 15);
    queue.watch.onLevel(slot, 40);
    expect(queue.watch.aheadLots(slot), 'the book is late').toBe(25);
    queue.watch.onLevel(slot, 25);
    expect(queue.watch.aheadLots(slot)).toBe(25);
  });

  it('is shortened by cancels as the model has them: power 3 to the third', () => {
    const queue = new Queue();
    const slot = queue.rest(Side.buy, 100, 5);
    queue.watch.onLevel(slot, 30);
    queue.watch.onLevel(slot, 40);
    expect(queue.watch.aheadLots(slot), 'they came behind us').toBe(30);
    queue.watch.onLevel(slot, 32);
    // Behind: p = 1 - (30 / 40)^3 = 0.578125 of the eight; before us the rest.
    expect(queue.watch.aheadLots(slot)).toBeCloseTo(30 - (1 - 0.578125) * 8, 12);
  });

  it('begins anew when the order moves or grows, and not when it shrinks', () => {
    const queue = new Queue();
    const slot = queue.rest(Side.buy, 100, 5);
    queue.watch.onLevel(slot, 40);
    queue.trade(Side.sell, 100, 30);
    queue.amend(slot, 100, 3);
    expect(queue.watch.aheadLots(slot)).toBe(10);
    queue.amend(slot, 100, 4);
    queue.watch.onLevel(slot, 10);
    expect(queue.watch.aheadLots(slot), 'smaller, looked at no more, and larger again').toBe(10);
    queue.amend(slot, 100, 9);
    expect(queue.watch.aheadLots(slot)).toBeNaN();
    queue.watch.onLevel(slot, 12);
    expect(queue.watch.aheadLots(slot)).toBe(12);
    queue.amend(slot, 98, KEEP_LOTS);
    expect(queue.watch.aheadLots(slot)).toBeNaN();
    queue.watch.onLevel(slot, 70);
    expect(queue.watch.aheadLots(slot)).toBe(70);
    queue.amend(slot, 100, KEEP_LOTS);
    expect(queue.watch.aheadLots(slot), 'back where it was, at the end of the queue').toBeNaN();
  });

  it('is kept when the order ends, and is not the next one of its slot', () => {
    const queue = new Queue();
    const table = new OrderTable(1, 1);
    const watch = new QueueWatch(table);
    const slot = table.open(0, Side.buy, 100, 5, at(1));
    const generation = table.generation[slot]!;
    const resting = orderRows({ slot, generation, state: UpdateState.live, ticks: 100, lots: 5 });
    table.onUpdate(resting, 0);
    watch.onLevel(slot, 7);
    table.onUpdate(orderRows({ slot, generation, state: UpdateState.cancelled }), 0);
    expect(watch.aheadLots(slot)).toBe(7);
    expect(table.open(0, Side.buy, 100, 5, at(1))).toBe(slot);
    expect(watch.aheadLots(slot)).toBeNaN();
    expect(queue.watch.aheadLots(0)).toBeNaN();
  });
});

describe('the queue before an order, whatever happens', () => {
  it('is between nothing and the level, and never grows while the order stays', () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('trade' as const),
        lots: fc.integer({ min: 1, max: 30 }),
        ticks: fc.integer({ min: 98, max: 102 }),
      }),
      fc.record({
        kind: fc.constant('level' as const),
        lots: fc.integer({ min: 0, max: 120 }),
        ticks: fc.constant(0),
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), fc.array(step, { maxLength: 30 }), (first, steps) => {
        const queue = new Queue();
        const slot = queue.rest(Side.buy, 100, 5);
        queue.watch.onLevel(slot, first);
        let ahead = queue.watch.aheadLots(slot);
        for (const { kind, lots, ticks } of steps) {
          if (kind === 'trade') queue.trade(Side.sell, ticks, lots);
          else queue.watch.onLevel(slot, lots);
          const now = queue.watch.aheadLots(slot);
          expect(now).toBeGreaterThanOrEqual(0);
          expect(now).toBeLessThanOrEqual(ahead);
          if (kind === 'level') expect(now).toBeLessThanOrEqual(lots);
          ahead = now;
        }
      }),
    );
  });
});

describe('what takers trade', () => {
  it('is a rate a second, of the last minute or so, by their side', () => {
    const { watch, trade } = bound();
    const now = at(0);
    watch.forget(now);
    for (let second = 1; second <= 600; second++) {
      trade(Side.sell, 100, 4);
      trade(Side.sell, 100, 2);
      now[0] = second * NS_PER_SECOND;
      watch.forget(now);
    }
    expect(watch.takerLots[Side.sell]).toBeCloseTo(6, 9);
    expect(watch.takerSquareLots[Side.sell]).toBeCloseTo(20, 9);
    expect(watch.takerLots[Side.buy]).toBe(0);
    for (let second = 0; second < 60; second++) {
      now[0]! += NS_PER_SECOND;
      watch.forget(now);
    }
    expect(watch.takerLots[Side.sell]).toBeCloseTo(6 * Math.exp(-1), 2);
  });

  it('is right from the first second on', () => {
    const { watch, trade } = bound();
    watch.forget(at(5 * NS_PER_SECOND));
    trade(Side.buy, 100, 3);
    watch.forget(at(6 * NS_PER_SECOND));
    expect(watch.takerLots[Side.buy]).toBeCloseTo(3, 9);
  });
});

function bound(): { watch: QueueWatch; trade: (side: Side, ticks: number, lots: number) => void } {
  const queue = new Queue();
  return { watch: queue.watch, trade: (side, ticks, lots) => queue.trade(side, ticks, lots) };
}
