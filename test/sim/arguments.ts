import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { FAULT_PROFILES } from './sim-types.ts';
import type { FaultProfile } from './sim-types.ts';

export interface SimArguments {
  readonly seeds: readonly number[];
  readonly hours: number;
  readonly faults: FaultProfile;
  /** Where the results go as JSON; undefined for nowhere. */
  readonly json: string | undefined;
  /** Worlds at the same time, each on a thread of its own. */
  readonly jobs: number;
  /** A broken engine in the place of the real one; '' for the real one. */
  readonly broken: string;
  /** Show what a failed world's engine said last, and every fault that it met. */
  readonly isVerbose: boolean;
  /** Every process keeps a journal in memory, and must do the same when it is replayed from it. */
  readonly isJournaled: boolean;
  /** Where the page about the world's last process goes; undefined for nowhere. Of one seed only. */
  readonly report: string | undefined;
}

/** The command was called with something it does not know. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

export const USAGE =
  'usage: npm run -s sim -- [--seed S | --seeds N [--from S]] --hours H --faults none|light|heavy\n' +
  '                         [--json FILE] [--jobs N] [--broken NAME | --journal] [--verbose] [--report FILE]';

/** @throws UsageError */
export function parseArguments(args: readonly string[]): SimArguments {
  const values = parse(args);
  if (values.seed !== undefined && (values.seeds !== undefined || values.from !== undefined)) {
    throw new UsageError('expected --seed, or --seeds with --from, not both');
  }
  if (values.hours === undefined) throw new UsageError('expected --hours, such as --hours 1');
  if (values.faults === undefined) throw new UsageError('expected --faults none, light or heavy');
  const faults = FAULT_PROFILES.find((profile) => profile === values.faults);
  if (faults === undefined) {
    throw new UsageError(`--faults: expected none, light or heavy, was "${values.faults}"`);
  }
  // A defect that reaches into the core is no input of it.
  if (values.journal === true && values.broken !== undefined) {
    throw new UsageError('expected --broken or --journal, not both');
  }
  if (values.report !== undefined && (values.seed === undefined || values.broken !== undefined)) {
    throw new UsageError('--report: expected --seed and no --broken beside it');
  }
  const hours = Number(values.hours);
  if (!(hours > 0 && hours <= 1_000)) {
    throw new UsageError(`--hours: expected a number above 0 and up to 1000, was "${values.hours}"`);
  }
  const first =
    values.seed === undefined ? wholeOf('from', values.from ?? '1') : wholeOf('seed', values.seed);
  const count = values.seeds === undefined ? 1 : wholeOf('seeds', values.seeds);
  if (count < 1 || count > 1_000_000) throw new UsageError(`--seeds: expected 1 to 1000000, was "${count}"`);
  const jobs = values.jobs === undefined ? availableParallelism() : wholeOf('jobs', values.jobs);
  return {
    seeds: Array.from({ length: count }, (_, index) => first + index),
    hours,
    faults,
    json: values.json,
    jobs: Math.max(1, Math.min(jobs, count)),
    broken: values.broken ?? '',
    isVerbose: values.verbose ?? false,
    isJournaled: values.journal ?? false,
    report: values.report,
  };
}

function wholeOf(name: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 4_294_967_295) {
    throw new UsageError(`--${name}: expected a whole number, was "${text}"`);
  }
  return value;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string' },
        from: { type: 'string' },
        hours: { type: 'string' },
        faults: { type: 'string' },
        json: { type: 'string' },
        jobs: { type: 'string' },
        broken: { type: 'string' },
        verbose: { type: 'boolean' },
        journal: { type: 'boolean' },
        report: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
