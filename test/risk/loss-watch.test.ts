import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ACCOUNT, KillLadder, KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { LossWatch } from '../../engine/risk/loss-watch.ts';
import type { LossWatchOptions } from '../../engine/risk/loss-watch.ts';
import { NaiveLossWatch } from '../model/naive-loss-watch.ts';

const INSTRUMENTS = [{ instId: 'BTC-USDT' }, { instId: 'ETH-USDT' }];

class Desk {
  readonly ladder: KillLadder;
  readonly watch: LossWatch;

  constructor(options: Partial<LossWatchOptions> = {}) {
    const instruments = options.instruments ?? INSTRUMENTS;
    this.ladder = new KillLadder(instruments);
    this.watch = new LossWatch({
      instruments,
      ladder: this.ladder,
      lossMax: 500,
      drawdownMax: 300,
      instrumentLossMax: instruments.map(() => Infinity),
      ...options,
    });
  }

  /** Profits of the two instruments, and their sum. */
  profit(first: number, second = 0): this {
    this.watch.onProfit(Float64Array.of(first + second), Float64Array.of(first, second));
    return this;
  }

  get reason(): KillTrigger {
    return this.ladder.accountReason;
  }
}

describe('the loss watch', () => {
  it('halts at the limit, not before it', () => {
    const desk = new Desk({ drawdownMax: Infinity });
    expect(desk.profit(-499.99).ladder.isHalted).toBe(false);
    expect(desk.profit(-500).ladder.isHalted).toBe(true);
    expect(desk.reason).toBe(KillTrigger.loss);
    expect(desk.profit(1_000).ladder.isHalted, 'a profit does not bring it back').toBe(true);
  });

  it('halts when profit has fallen from its peak, however much was made', () => {
    const desk = new Desk();
    expect(desk.profit(1_000).profit(700.01).ladder.isHalted).toBe(false);
    expect(desk.profit(700).ladder.isHalted).toBe(true);
    expect(desk.reason).toBe(KillTrigger.drawdown);
    expect([desk.watch.loss, desk.watch.drawdown]).toEqual([0, 300]);
  });

  it('tells the profit that it judges by: of earlier instruments too, and over a restart before anything has a mark', () => {
    const before = new Desk({ instruments: [...INSTRUMENTS, { instId: 'SOL-USDT' }], drawdownMax: Infinity });
    expect(before.watch.profit).toBeNaN();
    before.watch.onProfit(Float64Array.of(-90), Float64Array.of(10, 20, -120));
    expect(before.watch.profit).toBe(-90);
    const after = new Desk({ drawdownMax: Infinity });
    after.watch.restore(before.watch.state());
    expect(after.profit(NaN, 20).watch.profit, '10 + 20 - 120').toBe(-90);
    expect(after.profit(15, 20).watch.profit).toBe(-85);
  });

  it('counts from the baseline before there was any profit', () => {
    const desk = new Desk({ lossMax: 300, drawdownMax: 500 });
    expect(desk.profit(-300).reason).toBe(KillTrigger.loss);
    expect([desk.watch.loss, desk.watch.drawdown]).toEqual([300, 300]);
  });

  it('pauses an instrument at its own limit until the operator resumes', () => {
    const desk = new Desk({ instrumentLossMax: [100, Infinity] });
    desk.profit(-99, -150);
    expect([desk.ladder.level(0), desk.ladder.level(1)]).toEqual([KillLevel.quoting, KillLevel.quoting]);
    desk.profit(-100, 50);
    expect(desk.ladder.level(0)).toBe(KillLevel.paused);
    expect(desk.ladder.reason(0)).toBe(KillTrigger.instrumentLoss);
    expect(desk.ladder.level(1)).toBe(KillLevel.quoting);
    desk.ladder.resume();
    desk.watch.rebase(-50, Float64Array.of(-100, 50));
    expect(desk.profit(-199, 50).ladder.level(0)).toBe(KillLevel.quoting);
    expect(desk.profit(-200, 50).ladder.level(0)).toBe(KillLevel.paused);
  });

  it('counts from where the operator resumed', () => {
    const desk = new Desk();
    desk.profit(-500);
    desk.ladder.resume();
    desk.watch.rebase(-500, Float64Array.of(-500, 0));
    expect(desk.profit(-799).ladder.isHalted).toBe(false);
    expect(desk.profit(-800).ladder.isHalted).toBe(true);
  });

  it('halts again when the operator resumes without a new baseline', () => {
    const desk = new Desk();
    desk.profit(-500);
    desk.ladder.resume();
    expect(desk.profit(-500).ladder.isHalted).toBe(true);
  });

  it('lets a profit that is not known hide no loss', () => {
    const desk = new Desk({ drawdownMax: Infinity });
    desk.profit(-400, 0).profit(NaN, -99);
    expect(desk.ladder.isHalted).toBe(false);
    desk.profit(NaN, -100);
    expect(desk.ladder.isHalted, 'the last 400 still count').toBe(true);
  });

  it('takes no peak from a profit that is not known', () => {
    const desk = new Desk({ lossMax: Infinity });
    desk.profit(-200, 0).profit(NaN, 250).profit(-200, 0);
    expect([desk.watch.peak, desk.watch.drawdown, desk.ladder.isHalted]).toEqual([0, 200, false]);
  });

  it('takes a total that cannot be a number for a loss', () => {
    for (const [profit, first] of [
      [NaN, 0],
      [Infinity, Infinity],
      [-Infinity, -Infinity],
      [0, Infinity],
    ] as const) {
      const desk = new Desk();
      desk.watch.onProfit(Float64Array.of(profit), Float64Array.of(first, 0));
      expect(desk.ladder.isHalted).toBe(true);
      desk.ladder.resume();
      desk.watch.rebase(profit, Float64Array.of(first, 0));
      expect([desk.watch.baseline, desk.watch.peak], 'and for no baseline').toEqual([0, 0]);
      const { instruments } = desk.watch.state();
      expect(instruments[0], 'and for nothing to be remembered').toEqual({
        instId: 'BTC-USDT',
        baseline: 0,
        profit: 0,
      });
    }
  });

  it('has no limit where there is none', () => {
    const desk = new Desk({ lossMax: Infinity, drawdownMax: Infinity });
    expect(desk.profit(-1e12).ladder.isHalted).toBe(false);
  });

  it('survives a restart: what was lost before still counts, with no mark known yet', () => {
    const before = new Desk({ instrumentLossMax: [450, Infinity] });
    before.profit(200, 100).profit(-199, 250);
    const saved = JSON.parse(JSON.stringify(before.watch.state()));
    const after = new Desk({ instrumentLossMax: [450, Infinity] });
    after.watch.restore(saved);
    expect([after.watch.baseline, after.watch.peak]).toEqual([0, 300]);
    after.profit(NaN, NaN);
    expect([after.watch.loss, after.watch.drawdown, after.watch.instrumentLoss[0]]).toEqual([0, 249, 199]);
    after.profit(NaN, 199);
    expect(after.reason).toBe(KillTrigger.drawdown);
    expect(after.watch.state()).toEqual({
      ...saved,
      instruments: [saved.instruments[0], { ...saved.instruments[1], profit: 199 }],
    });
  });

  it('goes on counting what an instrument lost that is not configured any more', () => {
    const before = new Desk();
    before.profit(-250, -100);
    const without = new Desk({ instruments: [INSTRUMENTS[1]!] });
    without.watch.restore(before.watch.state());
    without.watch.onProfit(Float64Array.of(-149), Float64Array.of(-149));
    expect(without.ladder.isHalted, 'the peak was 0: 399 lost, 300 allowed').toBe(true);
    const lost = new Desk({ instruments: [INSTRUMENTS[1]!], drawdownMax: Infinity });
    lost.watch.restore(before.watch.state());
    lost.watch.onProfit(Float64Array.of(-249), Float64Array.of(-249));
    expect(lost.ladder.isHalted).toBe(false);
    lost.watch.onProfit(Float64Array.of(-250), Float64Array.of(-250));
    expect(lost.ladder.isHalted).toBe(true);
    expect(lost.watch.state().instruments.map(({ instId }) => instId)).toEqual(['ETH-USDT', 'BTC-USDT']);
  });

  it('says what a look through the whole history says, over restarts', () => {
    const step = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -200, max: 200 }) },
      { weight: 1, arbitrary: fc.constant('rebase' as const) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let desk = new Desk({ drawdownMax: 400 });
        const naive = new NaiveLossWatch();
        let profit = 0;
        for (const each of steps) {
          if (each === 'restart') {
            const restarted = new Desk({ drawdownMax: 400 });
            restarted.watch.restore(desk.watch.state());
            desk = restarted;
            continue;
          }
          if (each === 'rebase') {
            desk.ladder.resume();
            desk.watch.rebase(profit, Float64Array.of(profit, 0));
            naive.rebase();
            continue;
          }
          profit += each;
          naive.profits.push(profit);
          const wasHalted = desk.ladder.isHalted;
          desk.profit(profit);
          expect([desk.watch.loss, desk.watch.drawdown]).toEqual([naive.loss, naive.drawdown]);
          const isBeyond = naive.loss >= 500 || naive.drawdown >= 400;
          expect(desk.ladder.isHalted).toBe(wasHalted || isBeyond);
          expect(desk.ladder.held(KillTrigger.loss, ACCOUNT) > 0 || !(naive.loss >= 500)).toBe(true);
        }
      }),
    );
  });
});
