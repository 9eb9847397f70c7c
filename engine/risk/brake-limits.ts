import type { Nanoseconds } from '../base/units.ts';
import { KillLevel } from './kill-ladder.ts';

/** When an instrument is braked: by how its market moves, and by how it moves after our fills. */
export interface BrakeLimits {
  /** Between the lowest and the highest fair price of the window; Infinity for no brake. */
  readonly volatilityBps: number;
  readonly volatilityWindowNs: Nanoseconds;
  /** What fills lose on average in the second after them; Infinity for no brake. */
  readonly adverseBps: number;
  /** Calm for so long lets go. */
  readonly holdNs: Nanoseconds;
}

/** @hot Wider at the limit, paused at twice the limit. */
export function brakeLevel(valueBps: number, limitBps: number): KillLevel {
  if (valueBps >= limitBps * 2) return KillLevel.paused;
  return valueBps >= limitBps ? KillLevel.wider : KillLevel.quoting;
}
