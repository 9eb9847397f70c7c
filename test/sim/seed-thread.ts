import { parentPort } from 'node:worker_threads';
import { BROKEN_ENGINES } from './broken-engines.ts';
import { runWorld } from './run.ts';
import type { FaultProfile, SeedResult } from './sim-types.ts';

/** What a thread is asked to run. */
export interface SeedOrder {
  readonly seed: number;
  readonly hours: number;
  readonly faults: FaultProfile;
  readonly broken: string;
  readonly isJournaled: boolean;
}

/** What it tells when a world has ended. */
export interface SeedReport {
  readonly result: SeedResult;
  /** The last lines of a world that failed, oldest first; none of one that did not. */
  readonly lines: readonly string[];
}

// A thread runs worlds one after the other, each on its own and by its seed alone.
parentPort?.on('message', ({ broken, ...options }: SeedOrder) => {
  const engine = BROKEN_ENGINES.find(({ name }) => name === broken);
  runWorld(engine === undefined ? options : { ...options, broken: engine }).then(
    ({ result, world }) => {
      const lines = result.failure === null ? [] : world.lines;
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      parentPort!.postMessage({ result, lines } satisfies SeedReport);
    },
    (error: unknown) => {
      throw error;
    },
  );
});
