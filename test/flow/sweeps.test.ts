import { describe, expect, it } from 'vitest';
import { FLOW_BUCKETS, FlowField, FlowHistogram } from '../../engine/base/flow-record.ts';
import { Side } from '../../engine/base/side.ts';
import { FlowWorld } from './flow-world.ts';

const { bidSweeps, askSweeps } = FlowHistogram;

/** The counts of a histogram to three decimals: within a few samples hardly anything is forgotten. */
function counted(world: FlowWorld, which: FlowHistogram): Record<number, number> {
  return Object.fromEntries(
    Object.entries(world.histogram(which)).map(([distance, count]) => [distance, Number(count.toFixed(3))]),
  );
}

function world(): FlowWorld {
  const made = new FlowWorld();
  made.market(100, 1_000);
  return made;
}

describe('sweeps', () => {
  it('are the trades of one side and time, as deep as the deepest', () => {
    const made = world();
    made.trade(Side.sell, 99, 4, 1_050);
    made.trade(Side.sell, 97, 2, 1_050);
    made.trade(Side.sell, 98, 1, 1_050);
    made.trade(Side.buy, 101, 5, 1_050);
    made.samples(2);
    expect(counted(made, bidSweeps)).toEqual({ 3: 1 });
    expect(counted(made, askSweeps)).toEqual({ 1: 1 });
    const row = made.row();
    expect([row[FlowField.bidSweeps], row[FlowField.askSweeps]]).toEqual([1, 1]);
    expect(row[FlowField.sweepLots]).toBeCloseTo(6, 3);
  });

  it('of one side follow each other by their times, not by when they come', () => {
    const made = world();
    made.trade(Side.buy, 101, 1, 1_050);
    made.trade(Side.buy, 103, 1, 1_051);
    made.samples(1);
    // The rest of the second comes in a frame of its own, after a sample.
    made.trade(Side.buy, 104, 1, 1_051);
    made.samples(2);
    expect(counted(made, askSweeps)).toEqual({ 1: 1, 4: 1 });
  });

  it('are measured from the book before them, though a later one has come', () => {
    const made = world();
    made.market(104, 1_100);
    made.market(106, 1_200);
    made.trade(Side.buy, 107, 1, 1_150);
    made.samples(2);
    // A book of the very time may have the trade in it already.
    made.trade(Side.buy, 107, 1, 1_100);
    made.samples(2);
    made.trade(Side.buy, 107, 1, 1_201);
    made.samples(2);
    expect(counted(made, askSweeps)).toEqual({ 1: 1, 3: 1, 7: 1 });
  });

  it('without a time are measured from the newest book', () => {
    const made = world();
    made.market(104, 1_100);
    made.trade(Side.buy, 107, 1, 0);
    made.samples(2);
    expect(counted(made, askSweeps)).toEqual({ 3: 1 });
  });

  it('that no book came before, or none with a fair price, are not counted', () => {
    const made = world();
    made.trade(Side.buy, 107, 1, 999);
    made.samples(2);
    made.flow.bookMs[1] = 1_100;
    made.flow.onNone(1);
    made.trade(Side.buy, 107, 1, 1_150);
    made.samples(2);
    expect(counted(made, askSweeps)).toEqual({});
    expect(made.row()[FlowField.askSweeps]).toBe(0);
    expect(made.flow.boughtLots[1]).toBe(2);
  });

  it('that did not reach the fair price are not counted', () => {
    const made = world();
    made.trade(Side.buy, 99.5, 1, 1_050);
    made.trade(Side.sell, 100.5, 1, 1_050);
    made.samples(2);
    expect([counted(made, askSweeps), counted(made, bidSweeps)]).toEqual([{}, {}]);
  });

  it('beyond the last bucket are in it', () => {
    const made = world();
    made.trade(Side.buy, 100_000, 1, 1_050);
    made.samples(2);
    expect(made.row()[askSweeps + FLOW_BUCKETS - 1]).toBeCloseTo(1, 3);
  });

  it('and the time watched are forgotten alike, so that a rate stays', () => {
    const made = new FlowWorld(10);
    made.market(100, 1_000);
    // Two a second, for a minute and for an hour: over sixty times the memory, through many new beginnings of the weight.
    for (const seconds of [60, 3_600]) {
      for (let half = 0; half < seconds * 2; half++) {
        made.trade(Side.buy, 101, 1, 2_000 + half);
        made.samples(5);
      }
      const row = made.row();
      const rate = row[askSweeps + 4]! / row[FlowField.exposureS]!;
      expect(row[FlowField.exposureS]).toBeCloseTo(10, 0);
      expect(rate).toBeGreaterThan(1.9);
      expect(rate).toBeLessThan(2.1);
    }
  });
});
