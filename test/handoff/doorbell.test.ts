import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BellRinger,
  BellWaiter,
  MarketBells,
  QuoteBell,
  WaitStrategy,
} from '../../engine/handoff/doorbell.ts';
import { Handoff, createHandoff } from '../../engine/handoff/handoff-memory.ts';

const INSTRUMENTS = 70;

function openHandoff(workerCount = 2): Handoff {
  return new Handoff(
    createHandoff({ instrumentCount: INSTRUMENTS, workerCount, marketLevels: 1, quoteLevels: 1 }),
  );
}

function takeRound(bell: { take(): number }): number[] {
  const taken: number[] = [];
  for (let instrument = bell.take(); instrument !== -1; instrument = bell.take()) taken.push(instrument);
  return taken;
}

describe('bells', () => {
  it('give every instrument that was rung, once, in order, whatever the mix of rings and rounds', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: INSTRUMENTS - 1 }) },
      { weight: 1, arbitrary: fc.constant(-1) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const handoff = openHandoff();
        const bell = new QuoteBell(handoff);
        const ringers = [0, 1].map(() => new BellRinger(handoff, handoff.layout.quoteBellAt));
        const expected = new Set<number>();
        const heard: boolean[] = [];
        const rounds: number[][] = [];
        const expectedHeard: boolean[] = [];
        const expectedRounds: number[][] = [];
        for (const instrument of [...steps, -1]) {
          if (instrument === -1) {
            heard.push(bell.hasRung());
            rounds.push(takeRound(bell));
            heard.push(bell.hasRung());
            expectedHeard.push(expected.size > 0, false);
            expectedRounds.push([...expected].toSorted((a, b) => a - b));
            expected.clear();
          } else {
            ringers[instrument & 1].ring(instrument);
            expected.add(instrument);
          }
        }
        expect(heard).toEqual(expectedHeard);
        expect(rounds).toEqual(expectedRounds);
      }),
      { numRuns: 300 },
    );
  });

  it('do not lose a ring that comes in the middle of a round', () => {
    const handoff = openHandoff();
    const bell = new QuoteBell(handoff);
    const ringer = new BellRinger(handoff, handoff.layout.quoteBellAt);
    ringer.ring(3);
    ringer.ring(40);
    expect(bell.take()).toBe(3);
    ringer.ring(2);
    ringer.ring(69);
    expect(takeRound(bell)).toEqual([40, 69]);
    expect(bell.hasRung()).toBe(true);
    expect(takeRound(bell)).toEqual([2]);
    expect(bell.hasRung()).toBe(false);
  });

  it('reach the worker of the instrument, and a wake names none', () => {
    const handoff = openHandoff();
    const bells = new MarketBells(handoff);
    const waiters = [0, 1].map((worker) => new BellWaiter(handoff, handoff.layout.marketBellAt(worker)));
    bells.ring(5);
    bells.ring(31);
    expect(waiters[0].hasRung()).toBe(false);
    expect(takeRound(waiters[1])).toEqual([5, 31]);
    bells.wake(0);
    expect(waiters[0].hasRung()).toBe(true);
    expect(takeRound(waiters[0])).toEqual([]);
    expect(() => bells.wake(2)).toThrow('has a bell');
  });

  it.each(Object.entries(WaitStrategy))(
    'a waiter that %ss hears at once what rang before, and gives up in time',
    (_, strategy) => {
      const handoff = openHandoff();
      const waiter = new BellWaiter(handoff, handoff.layout.marketBellAt(0));
      new MarketBells(handoff).ring(0);
      expect(waiter.wait(strategy, 2)).toBe(true);
      expect(takeRound(waiter)).toEqual([0]);
      expect(waiter.wait(strategy, 2)).toBe(false);
    },
  );

  it('wait without holding the thread', async () => {
    const handoff = openHandoff();
    const waiter = new BellWaiter(handoff, handoff.layout.quoteBellAt);
    expect(await waiter.waitAsync(1)).toBe(false);
    const waiting = waiter.waitAsync(20_000);
    new BellRinger(handoff, handoff.layout.quoteBellAt).ring(1);
    expect(await waiting).toBe(true);
    expect(await waiter.waitAsync(20_000)).toBe(true);
  });

  it('are listened to until stop, and hand on what the listener throws', async () => {
    const handoff = openHandoff();
    const ringer = new BellRinger(handoff, handoff.layout.quoteBellAt);
    const bell = new QuoteBell(handoff);
    const heard: number[] = [];
    const listening = bell.listen(() => {
      heard.push(...takeRound(bell));
      if (heard.length < 3) ringer.ring(heard.length);
      else bell.stop();
    });
    await expect(bell.listen(() => {})).rejects.toThrow('one listener');
    ringer.ring(0);
    await listening;
    expect(heard).toEqual([0, 1, 2]);

    const failing = bell.listen(() => {
      throw new Error('listener failed');
    });
    ringer.ring(0);
    await expect(failing).rejects.toThrow('listener failed');
  });
});
