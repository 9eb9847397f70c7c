import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { CommandOp } from '../../engine/base/command-op.ts';
import { Throttle } from '../../engine/risk/throttle.ts';
import type { ThrottleOptions } from '../../engine/risk/throttle.ts';
import { NaiveThrottle } from '../model/naive-throttle.ts';
import { at } from '../time-cell.ts';

const OKX: ThrottleOptions = {
  instrumentCount: 2,
  windowNs: 2_000,
  marginNs: 100,
  singleMax: 60,
  batchMax: 300,
  accountMax: 1_000,
  cancelReserveSingle: 10,
  cancelReserveBatch: 60,
};
const { place, amend, cancel } = CommandOp;

describe('the throttle', () => {
  it('allows the limit in a window, and the next when the first has left it', () => {
    const throttle = new Throttle(OKX);
    throttle.take(place, 0, 1, false, at(0));
    for (let count = 1; count < 60; count++) throttle.take(place, 0, 1, false, at(500));
    expect(throttle.available(place, 0, false, at(2_100)), 'exactly a window ago still counts').toBe(0);
    expect(throttle.available(place, 0, false, at(2_101))).toBe(1);
    expect(throttle.available(place, 0, false, at(2_601))).toBe(60);
    expect(() => throttle.take(place, 0, 61, false, at(2_601))).toThrow(AssertionError);
  });

  it('keeps operations, instruments, and single and batch apart', () => {
    const throttle = new Throttle(OKX);
    throttle.take(place, 0, 60, false, at(0));
    expect(throttle.available(place, 0, true, at(0))).toBe(300);
    expect(throttle.available(amend, 0, false, at(0))).toBe(60);
    expect(throttle.available(cancel, 0, false, at(0))).toBe(60);
    expect(throttle.available(place, 1, false, at(0))).toBe(60);
  });

  it('counts options of a family together', () => {
    const throttle = new Throttle({ ...OKX, instrumentCount: 3, budgetOf: [0, 1, 1] });
    throttle.take(place, 1, 40, false, at(0));
    expect([0, 1, 2].map((each) => throttle.available(place, each, false, at(0)))).toEqual([60, 20, 20]);
    throttle.take(cancel, 2, 51, false, at(0));
    expect([0, 1, 2].map((each) => throttle.available(place, each, true, at(0)))).toEqual([300, 0, 0]);
    throttle.block(amend, 2, 1_000);
    expect([0, 1, 2].map((each) => throttle.available(amend, each, true, at(0)))).toEqual([300, 0, 0]);
  });

  it('shares the budget of the account among places and amends, not cancels', () => {
    const throttle = new Throttle({ ...OKX, accountMax: 350 });
    throttle.take(place, 0, 300, true, at(0));
    throttle.take(cancel, 0, 200, true, at(0));
    expect(throttle.available(amend, 1, true, at(0))).toBe(50);
    throttle.take(amend, 1, 50, true, at(0));
    expect(throttle.available(place, 1, false, at(0))).toBe(0);
    expect(throttle.available(cancel, 1, true, at(0))).toBe(300);
    expect(throttle.accountAvailable(at(2_101))).toBe(350);
  });

  it('stops placing while cancels are low, so that what rests can be cancelled', () => {
    const throttle = new Throttle(OKX);
    throttle.take(cancel, 0, 51, false, at(0));
    expect(throttle.available(place, 0, true, at(0))).toBe(0);
    expect(throttle.available(amend, 0, true, at(0)), 'an amend adds nothing to cancel').toBe(300);
    expect(throttle.available(place, 1, true, at(0))).toBe(300);
    expect(throttle.available(cancel, 0, false, at(0))).toBe(9);
    throttle.take(cancel, 1, 241, true, at(0));
    expect(throttle.available(place, 1, false, at(0))).toBe(0);
  });

  it('places again when the cancels that were sent have left the window, whatever was asked meanwhile', () => {
    const throttle = new Throttle(OKX);
    throttle.take(cancel, 0, 60, false, at(0));
    throttle.take(cancel, 0, 300, true, at(0));
    for (let nowNs = 0; nowNs <= 2_100; nowNs += 50) {
      expect(throttle.available(place, 0, true, at(nowNs))).toBe(0);
      expect(throttle.available(amend, 0, true, at(nowNs))).toBe(300);
    }
    expect(throttle.available(place, 0, true, at(2_101))).toBe(300);
    const all = { ...OKX, cancelReserveSingle: 60 };
    expect(() => new Throttle(all), 'a reserve of everything would never let go').toThrow(AssertionError);
  });

  it('takes the sub-account’s tier, up and down, and counts what was sent before', () => {
    const throttle = new Throttle({ ...OKX, batchMax: 3_000 });
    throttle.take(place, 0, 900, true, at(0));
    throttle.setAccountMax(2_500);
    expect(throttle.accountAvailable(at(0))).toBe(1_600);
    throttle.take(place, 0, 1_600, true, at(500));
    throttle.setAccountMax(1_000);
    expect(throttle.accountAvailable(at(500))).toBe(0);
    expect(throttle.available(amend, 1, false, at(2_101)), '1,600 are still inside').toBe(0);
    expect(throttle.accountAvailable(at(2_601))).toBe(1_000);
    throttle.setAccountMax(NaN);
    expect(throttle.accountAvailable(at(2_601)), 'no news').toBe(1_000);
    throttle.setAccountMax(1e9);
    expect(throttle.accountAvailable(at(2_601))).toBe(10_000);
    throttle.setAccountMax(0);
    expect(throttle.accountAvailable(at(2_601))).toBe(1);
  });

  it('waits after a refusal for the rate limit', () => {
    const throttle = new Throttle(OKX);
    throttle.block(amend, 0, 500);
    expect(throttle.available(amend, 0, true, at(499))).toBe(0);
    expect(throttle.available(amend, 0, false, at(499))).toBe(0);
    expect(throttle.available(place, 0, false, at(499))).toBe(60);
    throttle.block(amend, 0, 300);
    expect(throttle.available(amend, 0, false, at(400)), 'the later of two counts').toBe(0);
    expect(throttle.available(amend, 0, false, at(500))).toBe(60);
    throttle.blockAccount(900);
    expect(throttle.available(place, 1, true, at(899))).toBe(0);
    expect(throttle.available(cancel, 1, true, at(899))).toBe(300);
    expect(throttle.available(place, 1, true, at(900))).toBe(300);
  });

  it('says what a list of all sends says, and no window of the venue ever overflows', () => {
    const options: ThrottleOptions = {
      instrumentCount: 2,
      windowNs: 50,
      marginNs: 5,
      singleMax: 3,
      batchMax: 8,
      accountMax: 12,
      cancelReserveSingle: 1,
      cancelReserveBatch: 2,
    };
    const step = fc.record({
      op: fc.constantFrom(place, amend, cancel),
      instrument: fc.nat({ max: 1 }),
      isBatch: fc.boolean(),
      wanted: fc.integer({ min: 1, max: 6 }),
      waitNs: fc.integer({ min: 0, max: 15 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const throttle = new Throttle(options);
        const naive = new NaiveThrottle(options);
        let nowNs = 0;
        for (const { op, instrument, isBatch, wanted, waitNs } of steps) {
          nowNs += waitNs;
          for (const each of [place, amend, cancel]) {
            const expected = naive.available(each, instrument, isBatch, nowNs);
            expect(throttle.available(each, instrument, isBatch, at(nowNs))).toBe(expected);
          }
          expect(throttle.accountAvailable(at(nowNs))).toBe(naive.accountAvailable(nowNs));
          const count = Math.min(wanted, throttle.available(op, instrument, isBatch, at(nowNs)));
          if (count === 0) continue;
          throttle.take(op, instrument, count, isBatch, at(nowNs));
          naive.sends.push({ op, instrument, isBatch, count, atNs: nowNs });
        }
        // Every window that begins with a send, as the venue may lay it.
        for (const { atNs, op, instrument, isBatch } of naive.sends) {
          const inside = naive.sends.filter(
            (send) => send.atNs >= atNs && send.atNs < atNs + options.windowNs,
          );
          const sum = (sends: typeof inside): number => sends.reduce((total, send) => total + send.count, 0);
          const same = inside.filter(
            (send) => send.op === op && send.instrument === instrument && send.isBatch === isBatch,
          );
          expect(sum(same)).toBeLessThanOrEqual(isBatch ? options.batchMax : options.singleMax);
          expect(sum(inside.filter((send) => send.op !== cancel))).toBeLessThanOrEqual(options.accountMax);
        }
      }),
      { numRuns: 300 },
    );
  });
});
