import { describe, expect, test } from 'vitest';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { UsageError, parseArguments } from './arguments.ts';
import { BROKEN_ENGINES } from './broken-engines.ts';
import { REGRESSIONS } from './regressions.ts';
import { faultSums, replayCommand, summaryText } from './report.ts';
import { runSeed, runWorld } from './run.ts';
import { SimWorld } from './world.ts';

const MINUTES = 1 / 60;

describe('worlds', () => {
  test.each([1, 2])('seed %i: nothing goes wrong, and everything is quoted', async (seed) => {
    const { result, world } = await runWorld({ seed, hours: 5 * MINUTES, faults: 'none' });
    expect(result.failure).toBe(null);
    expect(result.faults).toEqual({});
    expect(result.restarts).toBe(0);
    expect(result.orders).toBeGreaterThan(10);
    expect(world.foreignOrderIds.size).toBeGreaterThan(0);
  });

  test.each([3, 4, 5])('seed %i: much goes wrong, and all of it heals', async (seed) => {
    const result = await runSeed({ seed, hours: 10 * MINUTES, faults: 'heavy' });
    expect(result.failure).toBe(null);
    expect(Object.keys(result.faults).length).toBeGreaterThan(10);
  });

  // Contracts margined in dollars and legs; an option and legs; a pair on margin; MMP; spot in level 1.
  test.each([400, 470, 452, 425, 401])(
    'seed %i: other products, accounts and modes heal as well',
    async (seed) => {
      const result = await runSeed({ seed, hours: 6 * MINUTES, faults: 'heavy' });
      expect(result.failure).toBe(null);
      expect(result.orders).toBeGreaterThan(10);
    },
  );

  test('the same seed is the same world, another seed another', async () => {
    const options = { hours: 5 * MINUTES, faults: 'heavy' } as const;
    const first = await runSeed({ seed: 6, ...options });
    const again = await runSeed({ seed: 6, ...options });
    const other = await runSeed({ seed: 7, ...options });
    expect(again.stateHash).toBe(first.stateHash);
    expect(again.steps).toBe(first.steps);
    expect(other.stateHash).not.toBe(first.stateHash);
  });
});

describe('journals', () => {
  test.each([10, 11])(
    'seed %i: every process is replayed byte for byte, and is no other for it',
    async (seed) => {
      const options = { seed, hours: 8 * MINUTES, faults: 'heavy' } as const;
      const plain = await runSeed(options);
      const journaled = await runSeed({ ...options, isJournaled: true });
      expect(journaled.failure).toBe(null);
      expect(journaled.stateHash).toBe(plain.stateHash);
      expect(journaled.replayed!.processes).toBeGreaterThan(1);
      expect(journaled.replayed!.sends).toBeGreaterThan(50);
    },
  );

  test('of a core that does another thing when it is replayed are a failure', async () => {
    // What reaches into the core is no input: the replay has it not.
    const world = new SimWorld(
      3,
      BROKEN_ENGINES.find(({ name }) => name === 'halted-still-quotes'),
      true,
    );
    await world.runUntil(world.nowNs + 2 * 60 * NS_PER_SECOND, () => {});
    world.engine!.loop.halt(KillTrigger.venueRefusal, world.nowNs);
    await world.runUntil(world.nowNs + 10 * NS_PER_SECOND, () => {});
    world.checkJournals();
    expect(() => world.throwFailure()).toThrow(/replay: .*expected nothing more, got send trade/);
  });
});

describe('a venue that loses tags', () => {
  // By chances of their own: 411 proves the tag at its start, the ids of 430 begin with it.
  test.each([411, 430])(
    'seed %i: is noticed, and replayed byte for byte',
    async (seed) => {
      const options = { seed, hours: 5 * MINUTES, faults: 'light', isJournaled: true } as const;
      const { failure, faults, orders, replayed } = await runSeed(options);
      expect(failure).toBe(null);
      expect(faults['tagsLost']).toBeGreaterThan(0);
      expect(orders).toBeGreaterThan(20);
      expect(replayed!.sends).toBeGreaterThan(20);
    },
    90_000,
  );
});

describe('configurations that change while engines run', () => {
  test.each([32, 33])('seed %i: are taken up or refused whole, and replayed byte for byte', async (seed) => {
    const options = { seed, hours: 5 * MINUTES, faults: 'heavy', isJournaled: true } as const;
    const { failure, reloads, replayed, orders } = await runSeed({ ...options, hasReloads: true });
    expect(failure).toBe(null);
    expect(reloads!.applied).toBeGreaterThan(20);
    expect(reloads!.refused).toBeGreaterThan(4);
    expect(replayed!.requests).toBeGreaterThan(reloads!.applied);
    expect(orders).toBeGreaterThan(100);
  });
});

describe.runIf(REGRESSIONS.length > 0)('regressions', () => {
  test.each(REGRESSIONS)('seed $seed: $cause', async ({ seed, hours, faults }) => {
    expect((await runSeed({ seed, hours, faults })).failure).toBe(null);
  });
});

describe('the command', () => {
  const base = ['--hours', '1', '--faults', 'heavy'];

  test('takes one seed, or many from a first one', () => {
    expect(parseArguments([...base, '--seed', '7']).seeds).toEqual([7]);
    expect(parseArguments([...base, '--seeds', '3', '--from', '5']).seeds).toEqual([5, 6, 7]);
    expect(parseArguments(base).seeds).toEqual([1]);
  });

  test.each([
    ['no hours', ['--faults', 'none']],
    ['no profile', ['--hours', '1']],
    ['another profile', ['--hours', '1', '--faults', 'some']],
    ['hours of nothing', ['--hours', '0', '--faults', 'none']],
    ['a seed that is no number', [...base, '--seed', 'x']],
    ['a defect that is to be replayed', [...base, '--journal', '--broken', 'halted-still-quotes']],
    ['a seed and seeds', [...base, '--seed', '1', '--seeds', '2']],
    ['something else', [...base, '--more']],
  ])('refuses %s', (_, args) => {
    expect(() => parseArguments(args)).toThrow(UsageError);
  });

  test('says how a world is run again, and what all of them gave', () => {
    const args = parseArguments([...base, '--seeds', '2']);
    expect(replayCommand(args, 2)).toBe('npm run -s sim -- --seed 2 --hours 1 --faults heavy --verbose');
    const result = {
      seed: 1,
      stateHash: '',
      failure: null,
      virtualHours: 1,
      realSeconds: 2,
      steps: 3,
      orders: 4,
      fills: 5,
      faults: { crash: 6, ackLost: 1 },
      restarts: 7,
      profit: 8,
      options: '',
    };
    expect(faultSums([result, result])).toEqual({ crash: 12, ackLost: 2 });
    const text = summaryText([result, result], 60);
    expect(text).toContain('2 seeds, 0 failed');
    expect(text).toContain('ackLost 2, crash 12');
    expect(text).toContain('speed 2.0 virtual hours a minute');
  });
});
