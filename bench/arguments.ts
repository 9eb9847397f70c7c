import { parseArgs } from 'node:util';
import { BENCHMARKS } from './benchmark-list.ts';

export interface BenchArguments {
  /** Where the results go as JSON; undefined for nowhere. */
  readonly json: string | undefined;
  /** Names of benchmarks to run; all when empty. */
  readonly only: readonly string[];
  /** A recording in place of the recorded market that comes with the project. */
  readonly feed: string | undefined;
  readonly isSmoke: boolean;
  /** Run by another process of this program, which takes the results by message. */
  readonly isChild: boolean;
}

/** The command was called with something it does not know. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

export const USAGE =
  'usage: npm run bench -- [--json FILE] [--only NAME]... [--feed FILE] [--smoke]\n' +
  `  NAME is one of ${BENCHMARKS.map(({ name }) => name).join(', ')}`;

/** @throws UsageError */
export function parseArguments(args: readonly string[]): BenchArguments {
  const values = parse(args);
  const only = values.only ?? [];
  for (const name of only) {
    if (!BENCHMARKS.some((benchmark) => benchmark.name === name)) {
      const known = BENCHMARKS.map((benchmark) => benchmark.name).join(', ');
      throw new UsageError(`--only: expected one of ${known}, was "${name}"`);
    }
  }
  return {
    json: values.json,
    only,
    feed: values.feed,
    isSmoke: values.smoke ?? false,
    isChild: values.child ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        json: { type: 'string' },
        only: { type: 'string', multiple: true },
        feed: { type: 'string' },
        smoke: { type: 'boolean' },
        child: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
