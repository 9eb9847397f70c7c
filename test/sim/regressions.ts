import type { FaultProfile } from './sim-types.ts';

/** A world that failed once, and why. */
export interface Regression {
  readonly seed: number;
  readonly hours: number;
  readonly faults: FaultProfile;
  /** What was wrong, and where it was put right. */
  readonly cause: string;
}

/** Every seed here failed once; the tests run it again for as long as it failed then. */
export const REGRESSIONS: readonly Regression[] = [];
