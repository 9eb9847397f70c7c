import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { STATE_DIRECTORY } from './state-directory.ts';
import { UsageError } from './usage-error.ts';

/** Where the engine keeps its journal when nothing else is said. */
export const DEFAULT_JOURNAL = join(STATE_DIRECTORY, 'journal');

/**
 * A command's options by their names, and what stands beside them.
 *
 * @throws UsageError for an option that is not there, or without its value
 */
export function parseOptions<const Options extends NonNullable<ParseArgsConfig['options']>>(
  argv: readonly string[],
  options: Options,
): ReturnType<typeof parseArgs<{ args: string[]; allowPositionals: true; options: Options }>> {
  try {
    return parseArgs({ args: [...argv], allowPositionals: true, options });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

/** The value of `--run`. @throws UsageError when it is none */
export function parseRun(text: string | undefined): number | undefined {
  if (text === undefined || /^\d{1,8}$/.test(text)) return text === undefined ? undefined : Number(text);
  throw new UsageError(`--run: expected the number of a run, was "${text}"`);
}
