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
  /** False: nothing but our own rows, nothing compiled, nothing fetched. */
  readonly withPeers: boolean;
  /** Length of the long run; undefined for its own. */
  readonly minutes: number | undefined;
  readonly isHeapProfiled: boolean;
  /** Run by another process of this program, which takes the results by message. */
  readonly isChild: boolean;
}

const MINUTES_MAX = 24 * 60;

/** The command was called with something it does not know. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code = 'USAGE';
}

export const USAGE =
  'usage: npm run bench -- [--json FILE] [--only NAME]... [--feed FILE] [--smoke] [--no-peers]\n' +
  '       [--minutes N] [--heap-profile]\n' +
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
    withPeers: !(values['no-peers'] ?? false),
    minutes: minutesOf(values.minutes),
    isHeapProfiled: values['heap-profile'] ?? false,
    isChild: values.child ?? false,
  };
}

function minutesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const minutes = Number(text);
  if (minutes > 0 && minutes <= MINUTES_MAX) return minutes;
  throw new UsageError(`--minutes: expected a number above 0 and up to ${MINUTES_MAX}, was "${text}"`);
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
        'no-peers': { type: 'boolean' },
        minutes: { type: 'string' },
        'heap-profile': { type: 'boolean' },
        child: { type: 'boolean' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
