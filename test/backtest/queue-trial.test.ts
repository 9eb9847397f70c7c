import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QueueTrial } from '../../engine/backtest/queue-trial.ts';
import type { ModelScore, TrialResult } from '../../engine/backtest/queue-scores.ts';
import { Side } from '../../engine/base/side.ts';

const PX = 1_000;

/** An order of 10 lots to buy at 1,000, behind 30 others, from 100 ms on. */
function trialOf(): QueueTrial {
  const trial = new QueueTrial();
  trial.begin('a', 0, Side.buy, { ticks: PX, size: 10, lots: 10 }, 30, 100);
  return trial;
}

function resultOf(trial: QueueTrial, endMs = 1_000): TrialResult {
  trial.end('a', endMs);
  return trial.result()!;
}

function scoreOf({ models }: TrialResult, name: string, exponent = 1): ModelScore {
  return models.find((score) => score.model === name && score.exponent === exponent)!;
}

describe('one order', () => {
  it('is filled by what trades behind its front, in every model alike', () => {
    const trial = trialOf();
    trial.onTrade(0, Side.sell, PX, 30, 200);
    trial.onTrade(0, Side.sell, PX, 5, 300);
    trial.fill('a', 5);
    const result = resultOf(trial);
    expect(result).toMatchObject({ orders: 1, filledShare: 0.5 });
    for (const score of result.models) {
      expect(score).toMatchObject({ score: 0, filledShare: 0.5, both: 1, modelOnly: 0, realOnly: 0 });
    }
  });

  it('comes forward by what others cancel, by each model in its own way', () => {
    const trial = trialOf();
    // 20 more came behind it; then 25 of the 50 leave, and 20 trade.
    trial.onLevel(0, Side.buy, PX, 50, 200);
    trial.onLevel(0, Side.buy, PX, 25, 300);
    trial.onTrade(0, Side.sell, PX, 20, 400);
    trial.fill('a', 10);
    const result = resultOf(trial);
    // All behind it: 20 of 25, so that 5 left in front: 25 ahead, and 5 after the trade.
    expect(scoreOf(result, 'riskAverse')).toMatchObject({ filledShare: 0, realOnly: 1, score: 1 });
    // p = 20 / 50: 15 of the 25 in front of it, 15 left, of which 20 trade: 5 lots fill.
    expect(scoreOf(result, 'power')).toMatchObject({ filledShare: 0.5, both: 1, score: 0.25 });
    expect(result.models[0]!.score).toBeLessThanOrEqual(result.models.at(-1)!.score);
  });

  it.each([
    ['a trade beyond its price', (trial: QueueTrial) => trial.onTrade(0, Side.sell, PX - 1, 1, 200)],
    ['an ask at its price', (trial: QueueTrial) => trial.onLevel(0, Side.sell, PX, 1, 200)],
  ])('is filled whole by %s', (_, act) => {
    const trial = trialOf();
    act(trial);
    for (const score of resultOf(trial).models) expect(score).toMatchObject({ filledShare: 1, modelOnly: 1 });
  });

  it.each([
    ['a trade of the other side', (trial: QueueTrial) => trial.onTrade(0, Side.buy, PX, 99, 200)],
    ['a trade at a better price', (trial: QueueTrial) => trial.onTrade(0, Side.sell, PX + 1, 99, 200)],
    ['another instrument', (trial: QueueTrial) => trial.onTrade(1, Side.sell, PX, 99, 200)],
    ['what was before it', (trial: QueueTrial) => trial.onTrade(0, Side.sell, PX, 99, 99)],
    ['what is after it', (trial: QueueTrial) => trial.onTrade(0, Side.sell, PX, 99, 1_001)],
    ['an ask above it', (trial: QueueTrial) => trial.onLevel(0, Side.sell, PX + 1, 5, 200)],
    ['an ask that goes', (trial: QueueTrial) => trial.onLevel(0, Side.sell, PX, 0, 200)],
  ])('is not touched by %s', (_, act) => {
    const trial = trialOf();
    // Pushes of an end are there before the market's own news.
    trial.end('a', 1_000);
    act(trial);
    for (const score of trial.result()!.models) expect(score.filledShare).toBe(0);
  });

  it('is still judged by market news that come after the push of its end', () => {
    const trial = trialOf();
    trial.fill('a', 10);
    trial.end('a', 500);
    trial.onTrade(0, Side.sell, PX, 40, 500);
    trial.onTime(500);
    for (const score of trial.result()!.models) expect(score).toMatchObject({ filledShare: 1, both: 1 });
  });

  it('keeps its place with less size, and begins anew at another price', () => {
    const trial = trialOf();
    trial.onTrade(0, Side.sell, PX, 30, 200);
    trial.shrink('a', 4);
    trial.onTrade(0, Side.sell, PX, 4, 300);
    trial.fill('a', 4);
    trial.begin('a', 0, Side.buy, { ticks: PX + 5, size: 4, lots: 4 }, 0, 400);
    const result = resultOf(trial);
    expect(result.orders).toBe(2);
    expect(result.filledShare).toBe(0.5);
    expect(result.models[0]!.score).toBe(0);
    expect(result.groups.map(({ orders, frontMax }) => [orders, frontMax])).toEqual([
      [1, 0],
      [1, 7.5],
    ]);
  });

  it('is not judged where its book is lost, nor while it rests', () => {
    const trial = trialOf();
    trial.forget(0);
    trial.end('a', 500);
    expect(trial.result()).toBeNull();
    const resting = trialOf();
    resting.onTrade(0, Side.sell, PX, 40, 200);
    expect(resting.result()).toBeNull();
  });
});

describe('any market', () => {
  const event = fc.record({
    isTrade: fc.boolean(),
    side: fc.constantFrom(Side.buy, Side.sell),
    away: fc.integer({ min: -2, max: 2 }),
    lots: fc.integer({ min: 0, max: 60 }),
  });

  it('fills no more than there is, and the most cautious model the least of those that know the same trades', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 40 }), (events) => {
        const trial = trialOf();
        events.forEach(({ isTrade, side, away, lots }, index) => {
          if (isTrade) trial.onTrade(0, side, PX + away, lots, 200 + index);
          else trial.onLevel(0, side, PX + away, lots, 200 + index);
        });
        const { models } = resultOf(trial);
        const cautious = models.find(({ model }) => model === 'riskAverse')!.filledShare;
        for (const { filledShare, score } of models) {
          expect(filledShare).toBeGreaterThanOrEqual(cautious);
          expect(filledShare).toBeLessThanOrEqual(1);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
});
