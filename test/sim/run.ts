import { SystemClock } from '../../engine/base/clock.ts';
import { NS_PER_MS, NS_PER_SECOND } from '../../engine/base/units.ts';
import type { Nanoseconds } from '../../engine/base/units.ts';
import { checkers } from './checkers.ts';
import { Faults } from './faults.ts';
import { describe } from './options.ts';
import { Reloads } from './reloads.ts';
import { HEAL_MS } from './sim-types.ts';
import type { Checker, SeedFailure, SeedOptions, SeedResult } from './sim-types.ts';
import { SimFailure, SimWorld } from './world.ts';

const NS_PER_HOUR: Nanoseconds = 3_600 * NS_PER_SECOND;
/** The end is looked at in a moment in which nothing is on its way; there is one within this. */
const QUIET_NS: Nanoseconds = 20 * NS_PER_SECOND;
/** A stop is confirmed or given up within this. */
const STOP_NS: Nanoseconds = 60 * NS_PER_SECOND;

/** What a checker said, as an error that ends the run. */
class CheckFailure extends Error {
  override readonly name = 'CheckFailure';
  readonly checker: string;

  constructor(checker: string, what: string) {
    super(what);
    this.checker = checker;
  }
}

/** Runs one world from its beginning: the faults, the time to heal, the end. Never throws for what the world did. */
export async function runSeed(options: SeedOptions): Promise<SeedResult> {
  return (await runWorld(options)).result;
}

/** As `runSeed`, with the world as it was at the end, to look at. */
export async function runWorld(options: SeedOptions): Promise<{ result: SeedResult; world: SimWorld }> {
  const { seed, hours } = options;
  const clock = new SystemClock();
  const startNs = clock.nowNs();
  const world = new SimWorld(seed, options.broken, options.isJournaled, options.isByRest);
  const faultsUntilNs = world.nowNs + hours * NS_PER_HOUR;
  const faults = new Faults(world, seed, options.faults, faultsUntilNs);
  const hasReloads = options.hasReloads ?? world.options.hasReloads;
  const reloads = hasReloads ? new Reloads(world, seed, faultsUntilNs) : undefined;
  const watching = checkers();
  let failure: SeedFailure | null = null;
  let profit = 0;
  let fills = 0;
  try {
    await observe(world, faults, watching, faultsUntilNs);
    const { loop } = world.engine ?? {};
    profit = loop?.netProfit() ?? 0;
    fills = loop?.ledger.fillCount.reduce((sum, count) => sum + count, 0) ?? 0;
    await end(world, watching);
    world.checkJournals();
    world.throwFailure();
  } catch (error) {
    failure = failureOf(world, error);
  }
  const { counts } = world.venue.inspection.report(false) as { counts: { place: number } };
  world.sent.note(JSON.stringify([failure, world.stepNumber, counts, fills, profit, faults.counts]));
  world.sent.note(JSON.stringify(world.venue.exchange.balances(world.uid)));
  const result = {
    seed,
    stateHash: world.sent.digest(),
    failure,
    virtualHours: world.timeline.passedNs / NS_PER_HOUR,
    realSeconds: (clock.nowNs() - startNs) / NS_PER_SECOND,
    steps: world.stepNumber,
    orders: counts.place,
    fills,
    faults: faults.counts,
    restarts: world.restarts,
    profit,
    options: describe(world.options),
    ...(world.machine.journals === undefined ? {} : { replayed: world.machine.journals.counts }),
    ...(reloads === undefined ? {} : { reloads: { applied: reloads.applied, refused: reloads.refused } }),
  };
  return { result, world };
}

async function observe(
  world: SimWorld,
  faults: Faults,
  watching: readonly Checker[],
  faultsUntilNs: Nanoseconds,
): Promise<void> {
  const check = (): void => {
    for (const checker of watching) {
      const what = checker.step(world);
      if (what !== null) throw new CheckFailure(checker.name, what);
    }
  };
  await world.runUntil(faultsUntilNs, check);
  faults.stop();
  await world.runUntil(faultsUntilNs + HEAL_MS * NS_PER_MS, check);
  world.isHealed = true;
  const latestNs = world.nowNs + QUIET_NS;
  while (!world.isQuiet && world.nowNs < latestNs) await world.runUntil(world.nextNs(), check);
  for (const checker of watching) {
    const what = checker.end(world);
    if (what !== null) throw new CheckFailure(checker.name, what);
  }
}

/** The last engine stops in good order, and leaves nothing behind. */
async function end(world: SimWorld, watching: readonly Checker[]): Promise<void> {
  if (world.engine === null) throw new CheckFailure('heals', `no engine runs: ${world.startError}`);
  const stop: { isConfirmed: boolean | undefined } = { isConfirmed: undefined };
  void world.stopProcess().then((isConfirmed) => {
    stop.isConfirmed = isConfirmed;
  });
  const untilNs = world.nowNs + STOP_NS;
  while (stop.isConfirmed === undefined && world.nowNs < untilNs) {
    await world.runUntil(world.nextNs(), () => {
      for (const checker of watching) {
        const what = checker.step(world);
        if (what !== null) throw new CheckFailure(checker.name, what);
      }
    });
  }
  if (stop.isConfirmed !== true)
    throw new CheckFailure('clean stop', `expected a confirmed stop, was ${String(stop.isConfirmed)}`);
}

function failureOf(world: SimWorld, error: unknown): SeedFailure {
  const isKnown = error instanceof CheckFailure || error instanceof SimFailure;
  const what =
    error instanceof Error ? (isKnown ? error.message : (error.stack ?? error.message)) : String(error);
  const checker =
    error instanceof CheckFailure ? error.checker : error instanceof SimFailure ? 'engine' : 'world';
  return { checker, what, atMs: world.timeline.passedNs / NS_PER_MS, step: world.stepNumber };
}
