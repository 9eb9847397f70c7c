import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { defaultConfigFile, loadConfig } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import { HostError } from '../host/host-error.ts';
import { OAuthError, OAuthErrorCode } from '../venue/oauth-error.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { STATE_DIRECTORY, accountState } from './state-directory.ts';
import { UsageError } from './usage-error.ts';

/** What logging in and out have in common. */
export const OAUTH_OPTIONS = {
  config: { type: 'string' },
  state: { type: 'string' },
  account: { type: 'string' },
} as const;

export interface OAuthArguments {
  readonly config: Config;
  /** Of the account. */
  readonly stateDirectory: string;
  /** '' where the configuration is of one. */
  readonly account: string;
  readonly flags: ReadonlySet<string>;
}

/** @throws UsageError, ConfigError */
export function readOAuthArguments(
  argv: readonly string[],
  options: NonNullable<ParseArgsConfig['options']>,
): OAuthArguments {
  let values: Readonly<Record<string, unknown>>;
  try {
    values = parseArgs({ args: [...argv], options }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
  const textOf = (name: string, otherwise: string): string => {
    const value = values[name];
    return typeof value === 'string' ? value : otherwise;
  };
  const account = textOf('account', '');
  return {
    config: loadConfig(textOf('config', defaultConfigFile()), account),
    stateDirectory: accountState(textOf('state', STATE_DIRECTORY), account),
    account,
    flags: new Set(Object.keys(values).filter((name) => values[name] === true)),
  };
}

/** Does the work; what a person can put right comes out as one line. */
export async function asCommandErrors(work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    const isRefused = error instanceof OAuthError || error instanceof HostError;
    if (!isRefused) throw error;
    const isTemporary = error.code === OAuthErrorCode.unreachable;
    throw new CommandError(isTemporary ? ExitCode.unavailable : ExitCode.config, error.message, {
      cause: error,
    });
  }
}
