import type { Checker, FaultProfile } from './sim-types.ts';

export interface CheckOptions {
  readonly seed: number;
  readonly faults: FaultProfile;
}

/** Everything that must hold in a world, in the order in which it is looked at. */
export function checkers(_options: CheckOptions): Checker[] {
  return [];
}
