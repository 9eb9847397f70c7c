import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { ACCOUNT, KillLadder, KillLevel, KillTrigger, TRIGGER_RULES } from '../../engine/risk/kill-ladder.ts';
import { NaiveLadder } from '../model/naive-ladder.ts';

const INSTRUMENTS = [{ instId: 'BTC-USDT' }, { instId: 'ETH-USDT' }];
const { quoting, wider, reduceOnly, paused, halted } = KillLevel;

describe('the kill ladder', () => {
  it('begins quoting, for no reason', () => {
    const ladder = new KillLadder(INSTRUMENTS);
    expect([ladder.accountLevel, ladder.accountReason, ladder.level(1), ladder.reason(1)]).toEqual([
      0, 0, 0, 0,
    ]);
    expect([ladder.isHalted, ladder.changes]).toEqual([false, 0]);
  });

  it('has a rule for every trigger, in the order of their numbers', () => {
    expect(TRIGGER_RULES.map(({ trigger }) => trigger)).toEqual(Object.values(KillTrigger));
    for (const { text } of TRIGGER_RULES) expect(text).toMatch(/^[a-z].{10}/);
  });

  it('obeys the higher of account and instrument, and knows no other instrument', () => {
    const ladder = new KillLadder(INSTRUMENTS);
    expect(ladder.raise(KillTrigger.volatility, paused, 0)).toBe(true);
    expect(ladder.raise(KillTrigger.margin, reduceOnly, ACCOUNT)).toBe(true);
    expect([ladder.level(0), ladder.reason(0)]).toEqual([paused, KillTrigger.volatility]);
    expect([ladder.level(1), ladder.reason(1)]).toEqual([reduceOnly, KillTrigger.margin]);
    expect(ladder.accountLevel).toBe(reduceOnly);
    ladder.clear(KillTrigger.volatility, 0);
    expect(ladder.level(0)).toBe(reduceOnly);
  });

  it('keeps the first reason that reached the level, and falls to what is left', () => {
    const ladder = new KillLadder(INSTRUMENTS);
    ladder.raise(KillTrigger.stall, paused, ACCOUNT);
    expect(ladder.raise(KillTrigger.privateStale, paused, ACCOUNT), 'no other level').toBe(false);
    expect(ladder.accountReason).toBe(KillTrigger.stall);
    ladder.raise(KillTrigger.margin, reduceOnly, ACCOUNT);
    expect(ladder.clear(KillTrigger.stall, ACCOUNT)).toBe(false);
    expect(ladder.accountReason).toBe(KillTrigger.privateStale);
    expect(ladder.clear(KillTrigger.privateStale, ACCOUNT)).toBe(true);
    expect([ladder.accountLevel, ladder.accountReason]).toEqual([reduceOnly, KillTrigger.margin]);
    expect(ladder.clear(KillTrigger.privateStale, ACCOUNT), 'it holds nothing').toBe(false);
  });

  it('moves a trigger up and down', () => {
    const ladder = new KillLadder(INSTRUMENTS);
    ladder.raise(KillTrigger.margin, paused, ACCOUNT);
    expect(ladder.raise(KillTrigger.margin, reduceOnly, ACCOUNT)).toBe(true);
    expect(ladder.accountLevel).toBe(reduceOnly);
    expect(ladder.raised[KillTrigger.margin], 'it came up once').toBe(1);
    expect(ladder.active[KillTrigger.margin]).toBe(1);
    ladder.clear(KillTrigger.margin, ACCOUNT);
    expect(ladder.active[KillTrigger.margin]).toBe(0);
  });

  it('lets nothing halt that would go away by itself', () => {
    const ladder = new KillLadder(INSTRUMENTS);
    for (const { trigger, wayBack } of TRIGGER_RULES) {
      const halt = (): boolean => ladder.raise(trigger, halted, ACCOUNT);
      if (wayBack === 'automatic') expect(halt).toThrow(AssertionError);
      else expect(halt).not.toThrow();
    }
  });

  it('is taken back by the operator only where that is the way back', () => {
    const ladder = new KillLadder(INSTRUMENTS);
    ladder.raise(KillTrigger.loss, halted, ACCOUNT);
    ladder.raise(KillTrigger.instrumentLoss, paused, 1);
    ladder.raise(KillTrigger.venueStatus, paused, ACCOUNT);
    expect(ladder.isHalted).toBe(true);
    ladder.resume();
    expect(ladder.isHalted).toBe(false);
    expect([ladder.accountLevel, ladder.accountReason]).toEqual([paused, KillTrigger.venueStatus]);
    ladder.clear(KillTrigger.venueStatus, ACCOUNT);
    expect(ladder.level(1)).toBe(quoting);
  });

  it('counts a change for every level and reason, and for what must survive beneath another reason', () => {
    const ladder = new KillLadder(INSTRUMENTS);
    const changesOf = (act: () => unknown): number => {
      const before = ladder.changes;
      act();
      return ladder.changes - before;
    };
    expect(changesOf(() => ladder.raise(KillTrigger.loss, halted, ACCOUNT))).toBe(1);
    expect(changesOf(() => ladder.raise(KillTrigger.loss, halted, ACCOUNT))).toBe(0);
    expect(changesOf(() => ladder.raise(KillTrigger.drawdown, halted, ACCOUNT))).toBe(1);
    expect(
      changesOf(() => ladder.raise(KillTrigger.stall, paused, ACCOUNT)),
      'hidden, not kept',
    ).toBe(0);
    expect(changesOf(() => ladder.resume())).toBeGreaterThan(0);
    expect(changesOf(() => ladder.resume())).toBe(0);
  });

  it('survives a restart with what an operator must take back, by the names of the instruments', () => {
    const ladder = new KillLadder(INSTRUMENTS);
    ladder.raise(KillTrigger.drawdown, halted, ACCOUNT);
    ladder.raise(KillTrigger.operator, reduceOnly, ACCOUNT);
    ladder.raise(KillTrigger.instrumentLoss, paused, 1);
    ladder.raise(KillTrigger.volatility, wider, 0);
    const saved = JSON.parse(JSON.stringify(ladder.sticky()));
    expect(saved).toEqual([
      { trigger: 'operator', level: 'reduceOnly', instId: '' },
      { trigger: 'drawdown', level: 'halted', instId: '' },
      { trigger: 'instrumentLoss', level: 'paused', instId: 'ETH-USDT' },
    ]);
    const swapped = new KillLadder(INSTRUMENTS.toReversed());
    swapped.restore(saved);
    expect([swapped.accountLevel, swapped.accountReason]).toEqual([halted, KillTrigger.drawdown]);
    expect(swapped.held(KillTrigger.instrumentLoss, 0)).toBe(paused);
    expect(swapped.held(KillTrigger.instrumentLoss, 1)).toBe(quoting);
    expect(swapped.sticky()).toEqual(saved);
  });

  it('keeps what stands against an instrument that is not configured now, until the operator resumes', () => {
    const row = { trigger: 'instrumentLoss', level: 'paused', instId: 'ETH-USDT' };
    const without = new KillLadder([INSTRUMENTS[0]!]);
    without.restore([row]);
    expect([without.accountLevel, without.level(0)]).toEqual([quoting, quoting]);
    expect(without.sticky()).toEqual([row]);
    const { changes } = without;
    without.resume();
    expect(without.sticky()).toEqual([]);
    expect(without.changes).toBeGreaterThan(changes);
  });

  it.each([
    { trigger: 'bankruptcy', level: 'paused', instId: '' },
    { trigger: 'none', level: 'paused', instId: '' },
    { trigger: 'loss', level: 'stopped', instId: '' },
    { trigger: 'volatility', level: 'paused', instId: '' },
  ])('halts on a row that says nothing known: $trigger $level', (row) => {
    const ladder = new KillLadder(INSTRUMENTS);
    ladder.restore([row]);
    expect([ladder.isHalted, ladder.accountReason]).toEqual([true, KillTrigger.stateDamaged]);
  });

  it('says what a list of all that is held says', () => {
    const triggers = Object.values(KillTrigger).filter((trigger) => trigger !== KillTrigger.none);
    const step = fc.oneof(
      {
        weight: 9,
        arbitrary: fc.record({
          trigger: fc.constantFrom(...triggers),
          level: fc.constantFrom(...Object.values(KillLevel)),
          scope: fc.constantFrom(ACCOUNT, 0, 1),
        }),
      },
      { weight: 1, arbitrary: fc.constant('resume' as const) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const ladder = new KillLadder(INSTRUMENTS);
        const naive = new NaiveLadder();
        for (const each of steps) {
          const before = [ACCOUNT, 0, 1].map((scope) => [naive.scopeLevel(scope), naive.scopeReason(scope)]);
          const { changes } = ladder;
          if (each === 'resume') {
            ladder.resume();
            naive.resume();
          } else {
            const { trigger, level, scope } = each;
            if (level === halted && TRIGGER_RULES[trigger]!.wayBack === 'automatic') continue;
            const levelBefore = naive.scopeLevel(scope);
            const hasChanged = ladder.raise(trigger, level, scope);
            naive.raise(trigger, level, scope);
            expect(hasChanged).toBe(naive.scopeLevel(scope) !== levelBefore);
          }
          expect([ladder.accountLevel, ladder.accountReason]).toEqual([
            naive.scopeLevel(ACCOUNT),
            naive.scopeReason(ACCOUNT),
          ]);
          for (const instrument of [0, 1]) {
            expect(ladder.level(instrument)).toBe(naive.level(instrument));
            expect(ladder.reason(instrument)).toBe(naive.reason(instrument));
          }
          for (const trigger of triggers) {
            expect(ladder.active[trigger]).toBe(naive.held.filter((held) => held.trigger === trigger).length);
          }
          const after = [ACCOUNT, 0, 1].map((scope) => [naive.scopeLevel(scope), naive.scopeReason(scope)]);
          if (JSON.stringify(before) !== JSON.stringify(after))
            expect(ladder.changes).toBeGreaterThan(changes);
          const restarted = new KillLadder(INSTRUMENTS);
          restarted.restore(ladder.sticky());
          expect(restarted.isHalted, 'a halt survives').toBe(ladder.isHalted);
        }
      }),
    );
  });
});
