import { describe, expect, it } from 'vitest';
import { FlowField, FlowHistogram } from '../../engine/base/flow-record.ts';
import { Side } from '../../engine/base/side.ts';
import { FlowWorld } from './flow-world.ts';

const { bidOwnSeconds, askOwnSeconds, bidOwnFills, askOwnFills } = FlowHistogram;

/** Of an order whose queue was counted before. */
const NONE = Float64Array.of(NaN);

function world(): FlowWorld {
  const made = new FlowWorld();
  made.market(100, 1_000);
  return made;
}

describe('our orders', () => {
  it('rest for seconds at their distances, those beyond the fair price in the first bucket', () => {
    const made = world();
    made.samples(10, () => {
      made.flow.onResting(1, Side.buy, 98, NONE);
      made.flow.onResting(1, Side.buy, 98, NONE);
      made.flow.onResting(1, Side.buy, 101, NONE);
      made.flow.onResting(1, Side.sell, 103, NONE);
    });
    expect(made.histogram(bidOwnSeconds)[2]).toBeCloseTo(2, 2);
    expect(made.histogram(bidOwnSeconds)[0]).toBeCloseTo(1, 2);
    expect(made.histogram(askOwnSeconds)[3]).toBeCloseTo(1, 2);
  });

  it('rest at no distance while there is no fair price', () => {
    const made = world();
    made.flow.onNone(1);
    made.samples(3, () => made.flow.onResting(1, Side.buy, 98, NONE));
    expect(made.histogram(bidOwnSeconds)).toEqual({});
  });

  it('that were filled are counted by the share, from the book before', () => {
    const made = world();
    made.market(102, 1_100);
    made.fill(Side.buy, 99, 0.25, 1_050);
    made.fill(Side.buy, 99, 0.75, 1_100);
    made.fill(Side.sell, 104, 1, 1_150);
    expect(made.histogram(bidOwnFills)).toEqual({ 1: 1 });
    expect(made.histogram(askOwnFills)).toEqual({ 2: 1 });
  });

  it('had so much ahead on average', () => {
    const made = world();
    expect(made.row()[FlowField.queueLots]).toBe(0);
    made.flow.onResting(1, Side.buy, 98, Float64Array.of(10));
    made.flow.onResting(1, Side.buy, 98, NONE);
    made.flow.onResting(1, Side.sell, 102, Float64Array.of(30));
    expect(made.row()[FlowField.queueLots]).toBe(20);
  });
});

describe('moves against our fills', () => {
  it('are settled a second and five seconds later, by side', () => {
    const made = world();
    made.fill(Side.buy, 99, 1, 1_050);
    made.fill(Side.sell, 101, 1, 1_050);
    made.market(97, 1_100);
    made.samples(9);
    expect(made.row()[FlowField.bidAdverse1s]).toBe(0);
    made.samples(1);
    expect(made.row()[FlowField.bidAdverse1s]).toBe(3);
    expect(made.row()[FlowField.askAdverse1s]).toBe(-3);
    expect(made.row()[FlowField.bidAdverseCount]).toBe(0);
    made.market(98, 3_000);
    made.samples(40);
    const row = made.row();
    expect(row[FlowField.bidAdverse1s]).toBeCloseTo(3, 9);
    expect(row[FlowField.bidAdverse5s]).toBeCloseTo(2, 9);
    expect(row[FlowField.askAdverse1s]).toBeCloseTo(-3, 9);
    expect(row[FlowField.askAdverse5s]).toBeCloseTo(-2, 9);
    expect(row[FlowField.bidAdverseCount]).toBeCloseTo(1, 6);
  });

  it('are means in which what is newer weighs more', () => {
    const made = new FlowWorld(10);
    made.market(100, 1_000);
    made.fill(Side.buy, 99, 1, 1_050);
    made.market(96, 1_100);
    made.samples(50);
    made.market(100, 1_200);
    made.samples(50);
    made.fill(Side.buy, 99, 1, 1_250);
    made.market(99, 1_300);
    made.samples(50);
    // 4 ticks ten seconds before 1 tick.
    const old = Math.exp(-1);
    expect(made.row()[FlowField.bidAdverse5s]).toBeCloseTo((4 * old + 1) / (old + 1), 6);
    expect(made.row()[FlowField.bidAdverseCount]).toBeCloseTo(1 + old, 6);
  });

  it('are not counted where the market cannot be told then', () => {
    const made = world();
    made.fill(Side.buy, 99, 1, 1_050);
    made.flow.onNone(1);
    made.samples(60);
    expect(made.row()[FlowField.bidAdverseCount]).toBe(0);
  });

  it('of more fills than can be awaited are those of the newest', () => {
    const made = world();
    made.fill(Side.buy, 99, 1, 1_050);
    made.samples(1);
    for (let fill = 0; fill < 4_096; fill++) made.fill(Side.sell, 101, 1, 1_050);
    made.samples(60);
    expect(made.row()[FlowField.bidAdverseCount]).toBe(0);
    expect(made.row()[FlowField.askAdverseCount]).toBeGreaterThan(4_090);
  });
});
