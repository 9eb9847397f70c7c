import { describe, expect, it } from 'vitest';
import { FlowField } from '../../engine/base/flow-record.ts';
import { FlowRows } from '../../engine/flow/flow-rows.ts';
import { Side } from '../../engine/base/side.ts';
import { DECAY_S } from '../../engine/flow/flow-statistics.ts';
import { FlowWorld } from './flow-world.ts';

describe('the row of statistics', () => {
  it('of an instrument that was never seen is empty', () => {
    const made = new FlowWorld();
    made.market(100, 1_000);
    made.samples(20);
    const row = made.row(0);
    expect([row[FlowField.timeNs], row[FlowField.decayS]]).toEqual([3e9, DECAY_S]);
    row[FlowField.timeNs] = 0;
    row[FlowField.decayS] = 0;
    expect(row.every((value) => value === 0)).toBe(true);
  });

  it('has the market as it is, and the size of its best levels on average', () => {
    const made = new FlowWorld();
    made.best([99, 10, 101, 30], 1_000);
    made.samples(1_000);
    const row = made.row();
    expect(row[FlowField.fairTicks]).toBe(99.5);
    expect(row[FlowField.bestLots]).toBeCloseTo(20, 9);
    expect(row[FlowField.samples]).toBe(999);
    expect(row[FlowField.exposureS]).toBeCloseTo(DECAY_S * (1 - Math.exp(-100 / DECAY_S)), 1);
    expect(row[FlowField.varianceFast]).toBe(0);
  });

  it('has no time in it in which the thread was held up, nor a move over it', () => {
    const made = new FlowWorld();
    made.market(100, 1_000);
    made.samples(1);
    made.now[0]! += 20e9;
    made.market(150, 2_000);
    made.flow.sample(made.now);
    expect(made.flow.sampleS[0]).toBe(0);
    made.samples(1);
    const row = made.row();
    expect(row[FlowField.varianceFast]).toBe(0);
    expect(row[FlowField.exposureS]).toBeCloseTo(0.2, 2);
  });

  it('counts volumes, whether there is a book or not', () => {
    const made = new FlowWorld();
    made.trade(Side.buy, 100, 3, 1_000);
    made.trade(Side.sell, 100, 4, 1_000);
    made.trade(Side.buy, 100, 5, 1_001);
    expect([...made.flow.boughtLots, ...made.flow.soldLots]).toEqual([0, 8, 0, 4]);
  });
});

describe('the width of a bucket', () => {
  it.each([
    [1, 0.25],
    [1_000, 0.25],
    [20_000, 0.5],
    [1_000_000, 32],
    [4_000_000, 128],
  ])('at %d ticks is %d', (fair, width) => {
    const rows = new FlowRows(2, Infinity);
    rows.begin(1, Float64Array.of(0, fair));
    expect([...rows.bucketTicks]).toEqual([0, width]);
    // So that all of them span 32 basis points.
    expect(width * 128).toBeGreaterThanOrEqual(fair * 0.0032);
  });
});
