import { describe, expect, it } from 'vitest';
import { rankCorrelation, sortRows } from '../../engine/backtest/sweep.ts';
import type { SweepRow } from '../../engine/backtest/sweep.ts';
import type { SweepFigures } from '../../engine/backtest/sweep-thread.ts';

function figures(profit: number, maxDrawdown: number, sharpe: number | null = null): SweepFigures {
  return {
    resultHash: '',
    profit,
    profitBps: null,
    sharpe,
    sortino: null,
    maxDrawdown,
    fills: 0,
    volume: 0,
    fees: 0,
    inventoryDeviation: 0,
    timeQuoted: 0,
    fillRatio: null,
    messages: 0,
  };
}

function row(id: number, inSample: SweepFigures | null, outOfSample: SweepFigures | null = null): SweepRow {
  const outcome = inSample === null ? null : { inSample, outOfSample, currency: 'USDT' };
  return { id, parameters: {}, error: inSample === null ? 'failed' : '', outcome };
}

describe('the order of points', () => {
  it('is by the first part alone, most profit first, what failed last', () => {
    const rows = [
      row(0, null),
      row(1, figures(5, 1), figures(0, 0)),
      row(2, figures(7, 3), figures(-9, 0)),
      row(3, figures(-1, 2)),
    ];
    expect(sortRows(rows, 'profit').map(({ id }) => id)).toEqual([2, 1, 3, 0]);
    expect(sortRows(rows, 'maxDrawdown').map(({ id }) => id)).toEqual([1, 3, 2, 0]);
  });

  it('puts a figure that is not there last, and equals by their number', () => {
    const rows = [row(0, figures(0, 0, null)), row(1, figures(0, 0, -3)), row(2, figures(0, 0, null))];
    expect(sortRows(rows, 'sharpe').map(({ id }) => id)).toEqual([1, 0, 2]);
    expect(sortRows(rows, 'profit').map(({ id }) => id)).toEqual([0, 1, 2]);
  });
});

describe('the rank correlation', () => {
  const of = (pairs: readonly [number, number][]): number =>
    rankCorrelation(
      pairs.map(([first, second], id) => row(id, figures(first, 0), figures(second, 0))),
      'profit',
    );

  it('is 1 for the same order, -1 for the opposite, whatever the distances', () => {
    expect(
      of([
        [1, 10],
        [2, 11],
        [100, 1_000],
      ]),
    ).toBeCloseTo(1, 12);
    expect(
      of([
        [1, 10],
        [2, 0],
        [100, -1_000],
      ]),
    ).toBeCloseTo(-1, 12);
  });

  it('is that of the textbook, with equal ranks shared', () => {
    // Ranks 1 2.5 2.5 4 against 1 2 3 4: 4.5 / sqrt(4.5 * 5).
    expect(
      of([
        [1, 1],
        [2, 2],
        [2, 3],
        [3, 4],
      ]),
    ).toBeCloseTo(4.5 / Math.sqrt(22.5), 12);
  });

  it('is none with two points, or where a part tells none apart', () => {
    expect(
      of([
        [1, 1],
        [2, 2],
      ]),
    ).toBeNaN();
    expect(
      of([
        [1, 5],
        [2, 5],
        [3, 5],
      ]),
    ).toBeNaN();
    expect(
      rankCorrelation([row(0, figures(1, 0)), row(1, figures(2, 0)), row(2, figures(3, 0))], 'profit'),
    ).toBeNaN();
  });
});
