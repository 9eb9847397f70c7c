import { setImmediate as loopTurned } from 'node:timers/promises';
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

/** More than a bell's word has flags for, so that they ring in groups. */
const INSTRUMENTS = 70;
/** A flag for each. */
const INSTRUMENTS_FEW = 30;

function openHandoff(workerCount = 2, instrumentCount = INSTRUMENTS): Handoff {
  return new Handoff(createHandoff({ instrumentCount, workerCount, marketLevels: 1, quoteLevels: 1 }));
}

function takeRound(bell: { take(): number }): number[] {
  const taken: number[] = [];
  for (let instrument = bell.take(); instrument !== -1; instrument = bell.take()) taken.push(instrument);
  return taken;
}

describe('bells', () => {
  it.each([
    ['with a flag each', INSTRUMENTS_FEW],
    ['in groups', INSTRUMENTS],
    ['the most there can be', 960],
  ])('%s give every instrument that was rung, once, in order, whatever the mix', (_, instruments) => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 0, max: instruments - 1 }) },
      { weight: 1, arbitrary: fc.constant(-1) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const handoff = openHandoff(2, instruments);
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
    ringer.ring(41);
    ringer.ring(69);
    // A round is of the groups that had rung when it began; of those, the newest.
    expect(takeRound(bell)).toEqual([40, 41]);
    expect(bell.hasRung()).toBe(true);
    expect(takeRound(bell)).toEqual([2, 69]);
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

  it('wake a listener after somebody else has taken what rang before', async () => {
    const handoff = openHandoff();
    const waiter = new BellWaiter(handoff, handoff.layout.quoteBellAt);
    const ringer = new BellRinger(handoff, handoff.layout.quoteBellAt);
    const waiting = waiter.waitAsync(20_000);
    ringer.ring(1);
    expect(takeRound(waiter)).toEqual([1]);
    // The first ring has woken it already, to nothing; awaiting again, it hears the second.
    expect(await waiting).toBe(false);
    const again = waiter.waitAsync(20_000);
    expect(takeRound(waiter)).toEqual([]);
    ringer.ring(2);
    expect(await again).toBe(true);
    expect(takeRound(waiter)).toEqual([2]);
  });

  it('do not wake for a waiter that was killed in its sleep', () => {
    const handoff = openHandoff();
    const words = new Int32Array(handoff.memory, handoff.layout.quoteBellAt, 1);
    words[0] = 1 << 31;
    const waiter = new BellWaiter(handoff, handoff.layout.quoteBellAt);
    expect(words[0]).toBe(0);
    expect(waiter.hasRung()).toBe(false);
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
    }, loopTurned);
    await expect(bell.listen(() => {}, loopTurned)).rejects.toThrow('one listener');
    ringer.ring(0);
    await listening;
    expect(heard).toEqual([0, 1, 2]);

    const failing = bell.listen(() => {
      throw new Error('listener failed');
    }, loopTurned);
    ringer.ring(0);
    await expect(failing).rejects.toThrow('listener failed');
  });

  it.each([
    ['nobody takes what rang', false],
    ['it rings again and again', true],
  ])('let the event loop of their listener turn while %s', async (_name, isTaken) => {
    const handoff = openHandoff();
    const ringer = new BellRinger(handoff, handoff.layout.quoteBellAt);
    const bell = new QuoteBell(handoff);
    let calls = 0;
    let callsAtTurn = Infinity;
    setTimeout(() => {
      callsAtTurn = calls;
      bell.stop();
    }, 1);
    ringer.ring(3);
    await bell.listen(() => {
      if (isTaken) takeRound(bell);
      ringer.ring(3);
      // Far more than a loop that turns can fit into a millisecond; one that does not would never end.
      if (++calls === 1_000_000) bell.stop();
    }, loopTurned);
    expect(callsAtTurn).toBe(calls);
    expect(calls).toBeGreaterThan(0);
  });
});
