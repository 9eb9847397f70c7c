import { describe, expect, test } from 'vitest';
import { BROKEN_ENGINES } from './broken-engines.ts';
import { runSeed } from './run.ts';
import type { BrokenEngine } from './sim-types.ts';

/*
 * A simulation that cannot fail proves nothing. Each engine here has one defect, and has to be caught by the checker that is
 * there for it, within the number of seeds that it states. Another checker may be first in some seeds: they do not count.
 */

const HOURS = 0.2;
const FAULTS = 'heavy';

/** The first seed in which its checker catches it, and what it says. */
async function caught(broken: BrokenEngine): Promise<{ seed: number; checker: string; what: string }> {
  const others: string[] = [];
  const { seedFrom = 1, seedsMax } = broken;
  for (let seed = seedFrom; seed < seedFrom + seedsMax; seed++) {
    const { failure } = await runSeed({ seed, hours: HOURS, faults: FAULTS, broken });
    if (failure?.checker === broken.caughtBy) return { seed, checker: failure.checker, what: failure.what };
    others.push(`${seed}: ${failure === null ? 'held' : `${failure.checker}: ${failure.what}`}`);
  }
  throw new Error(
    `expected "${broken.caughtBy}" to catch it in ${broken.seedsMax} seeds, was\n${others.join('\n')}`,
  );
}

describe('broken engines', () => {
  test('are many, of many kinds, and each says how it is caught', () => {
    expect(BROKEN_ENGINES.length).toBeGreaterThanOrEqual(14);
    expect(new Set(BROKEN_ENGINES.map(({ name }) => name)).size).toBe(BROKEN_ENGINES.length);
    expect(new Set(BROKEN_ENGINES.map(({ caughtBy }) => caughtBy)).size).toBeGreaterThanOrEqual(8);
  });

  test.each(BROKEN_ENGINES)(
    '$name is caught by "$caughtBy" within $seedsMax seeds',
    async (broken) => {
      const { seed, checker, what } = await caught(broken);
      console.info(`${broken.name}: caught by "${checker}" in seed ${seed}: ${what}`);
      expect(what).not.toBe('');
    },
    120_000,
  );

  // What is caught above is caught for its defect, and not because these worlds are too hard for any engine.
  test.each([1, 2, 3, 4])(
    'the engine as it is holds in seed %i of them',
    async (seed) => {
      expect((await runSeed({ seed, hours: HOURS, faults: FAULTS })).failure).toBe(null);
    },
    120_000,
  );
});
