import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KillLadder, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { OrderToTrade } from '../../engine/risk/order-to-trade.ts';
import type { OrderToTradeOptions } from '../../engine/risk/order-to-trade.ts';
import { at } from '../time-cell.ts';

const { quoting, wider } = KillLevel;

function rig(options: Partial<OrderToTradeOptions> = {}): { ladder: KillLadder; watch: OrderToTrade } {
  const ladder = new KillLadder([]);
  const watch = new OrderToTrade({
    ladder,
    ratioMax: 10,
    windowNs: 600,
    sampleMin: 20,
    holdNs: 1_000,
    ...options,
  });
  return { ladder, watch };
}

describe('orders to trades', () => {
  it('widens above the limit, not at it', () => {
    const { ladder, watch } = rig();
    watch.onFill(at(0));
    watch.onFill(at(0));
    watch.onOrders(20, at(0));
    watch.onTimer(at(0));
    expect([ladder.accountLevel, watch.ratio]).toEqual([quoting, 10]);
    watch.onOrders(1, at(0));
    watch.onTimer(at(0));
    expect([ladder.accountLevel, ladder.accountReason]).toEqual([wider, KillTrigger.orderToTrade]);
  });

  it('lets go with its hold when the limit is taken away', () => {
    const { ladder, watch } = rig();
    watch.onOrders(21, at(0));
    watch.onTimer(at(0));
    expect(ladder.accountLevel).toBe(wider);
    watch.configure(0);
    watch.onTimer(at(999));
    expect(ladder.accountLevel).toBe(wider);
    watch.onTimer(at(1_000));
    expect(ladder.accountLevel).toBe(quoting);
    watch.configure(10);
    watch.onOrders(30, at(1_001));
    watch.onTimer(at(1_001));
    expect(ladder.accountLevel).toBe(wider);
  });

  it('says nothing on a small sample, and counts no fill as one', () => {
    const { ladder, watch } = rig();
    watch.onOrders(19, at(0));
    watch.onTimer(at(0));
    expect([ladder.accountLevel, watch.ratio]).toEqual([quoting, 19]);
    watch.onOrders(1, at(0));
    watch.onTimer(at(0));
    expect(ladder.accountLevel).toBe(wider);
  });

  it('forgets what left the window, and lets go after the hold', () => {
    const { ladder, watch } = rig();
    watch.onOrders(30, at(0));
    watch.onTimer(at(609));
    expect(ladder.accountLevel).toBe(wider);
    watch.onTimer(at(610));
    expect(watch.ratio).toBe(0);
    watch.onTimer(at(1_608));
    expect(ladder.accountLevel).toBe(wider);
    watch.onTimer(at(1_609));
    expect(ladder.accountLevel).toBe(quoting);
  });

  it('forgets everything after a silence, however long', () => {
    for (let waitNs = 610; waitNs < 2_000; waitNs += 10) {
      const { watch } = rig();
      watch.onOrders(30, at(25));
      watch.onOrders(0, at(25 + waitNs));
      expect(watch.ratio).toBe(0);
    }
  });

  it('is off at 0', () => {
    const { ladder, watch } = rig({ ratioMax: 0 });
    watch.onOrders(1_000, at(0));
    watch.onTimer(at(0));
    expect(ladder.accountLevel).toBe(quoting);
  });

  it('holds what a list of everything holds, to a bucket', () => {
    const step = fc.record({
      waitNs: fc.integer({ min: 0, max: 200 }),
      orders: fc.integer({ min: 0, max: 5 }),
      isFill: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { watch } = rig();
        const all: { atNs: number; orders: number; fills: number }[] = [];
        let nowNs = 0;
        for (const { waitNs, orders, isFill } of steps) {
          nowNs += waitNs;
          watch.onOrders(orders, at(nowNs));
          if (isFill) watch.onFill(at(nowNs));
          all.push({ atNs: nowNs, orders, fills: isFill ? 1 : 0 });
          const bucket = (ns: number): number => Math.floor(ns / 10);
          const inside = all.filter(({ atNs }) => bucket(nowNs) - bucket(atNs) <= 60);
          const sum = (key: 'orders' | 'fills'): number =>
            inside.reduce((total, each) => total + each[key], 0);
          expect(watch.ratio).toBe(sum('orders') / Math.max(1, sum('fills')));
        }
      }),
    );
  });
});
