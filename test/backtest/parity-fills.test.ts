import { describe, expect, it } from 'vitest';
import { matchFills } from '../../engine/backtest/parity-fills.ts';
import type { ParityFill } from '../../engine/backtest/parity-fills.ts';

const fillAt = (timeMs: number, parts: Partial<ParityFill> = {}): ParityFill => ({
  timeMs,
  instId: 'BTC-USDT-SWAP',
  side: 'buy',
  price: 100,
  size: 1,
  ...parts,
});

describe('fills of both', () => {
  it('are the same in one piece and in three', () => {
    const parts = [fillAt(5, { size: 0.2 }), fillAt(6, { size: 0.3 }), fillAt(10, { size: 0.5 })];
    expect(matchFills([fillAt(0)], parts)).toMatchObject({ matched: 1, realShare: 1, modelShare: 1 });
    expect(matchFills(parts, [fillAt(0)])).toMatchObject({ matched: 3, modelShare: 1 });
  });

  it('are not where side, instrument or time is another', () => {
    for (const other of [{ side: 'sell' }, { instId: 'ETH-USDT-SWAP' }, { timeMs: 1_001 }] as const)
      expect(matchFills([fillAt(0)], [fillAt(0, other)])).toMatchObject({ matched: 0, realShare: 0 });
    expect(matchFills([fillAt(0)], [fillAt(1_000)])).toMatchObject({ matched: 1, laterMs: 1_000 });
  });

  it('take the nearest, each once', () => {
    const { matched, modelShare, laterMs } = matchFills(
      [fillAt(100), fillAt(200)],
      [fillAt(90), fillAt(180), fillAt(500)],
    );
    expect({ matched, laterMs }).toEqual({ matched: 2, laterMs: -15 });
    expect(modelShare).toBeCloseTo(2 / 3, 12);
  });

  it('say on which side a price is better for us', () => {
    expect(matchFills([fillAt(0)], [fillAt(0, { price: 99 })]).betterBps).toBeCloseTo(100, 9);
    const sold = { side: 'sell' } as const;
    expect(matchFills([fillAt(0, sold)], [fillAt(0, { ...sold, price: 99 })]).betterBps).toBeCloseTo(-100, 9);
  });

  it('are none where nothing was traded', () => {
    expect(matchFills([], [])).toMatchObject({
      matched: 0,
      realShare: null,
      modelShare: null,
      laterMs: null,
    });
    expect(matchFills([], [fillAt(0)])).toMatchObject({ real: 0, model: 1, realShare: null, modelShare: 0 });
  });
});
