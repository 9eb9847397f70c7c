import { describe, expect, test } from 'vitest';
import { runSeed } from './run.ts';

/** The same worlds, faults and checkers with an account that no socket lets in: its sessions are REST (broker.mode: oauth). */

const MINUTES = 1 / 60;

describe('an engine that asks and orders by REST', () => {
  test.each([
    [1, 'none'],
    [2, 'light'],
    [4, 'heavy'],
    [5, 'heavy'],
  ] as const)(
    'seed %i, faults %s: keeps every rule, and is replayed byte for byte',
    async (seed, faults) => {
      const options = { seed, hours: 5 * MINUTES, faults, isJournaled: true, isByRest: true } as const;
      const { failure, orders, replayed } = await runSeed(options);
      expect(failure).toBe(null);
      expect(orders).toBeGreaterThan(50);
      expect(replayed!.sends).toBeGreaterThan(50);
    },
    120_000,
  );
});
