import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';
import { SystemClock } from '../base/clock.ts';
import { processEnvironment, readCredentials } from '../config/environment.ts';
import { loadConfig, loadFleet } from '../config/load-config.ts';
import type { Config } from '../config/schema.ts';
import { endpointsOf, accountAdvice } from '../host/startup.ts';
import { RestClient } from '../venue/rest-client.ts';
import { RestError, RestErrorCode } from '../venue/rest-error.ts';
import type { Credentials } from '../venue/credentials.ts';
import { SubAccountRest, requestText } from '../venue/sub-account-rest.ts';
import type { SubAccountRequest } from '../venue/sub-account-rest.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';
import { UsageError } from './usage-error.ts';

const REST_TIMEOUT_MS = 10_000;
/** By which environment names the master's key is given, as those of accounts are by theirs. */
const MASTER = 'master';

/** What every command of a master's key is given. */
export const MASTER_OPTIONS = {
  config: { type: 'string', default: '' },
  credentials: { type: 'string', default: '' },
} as const;

/** What those are given that change something. */
export const CHANGE_OPTIONS = {
  ...MASTER_OPTIONS,
  'dry-run': { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
} as const;

interface MasterValues {
  readonly config: string;
  readonly credentials: string;
}

/** The venue as a master's key sees it. */
export class Master {
  readonly subs: SubAccountRest;
  readonly #rest: RestClient;
  readonly #config: Config;

  private constructor(config: Config, credentials: Credentials) {
    this.#config = config;
    this.#rest = clientOf(config, credentials);
    this.subs = new SubAccountRest(this.#rest);
  }

  /**
   * Calls with the venue of the configuration and the master's key, and ends the connections afterwards.
   *
   * @throws UsageError, ConfigError, or CommandError for what the venue refuses
   */
  static async with<T>(values: MasterValues, ask: (master: Master) => Promise<T>): Promise<T> {
    if (values.config === '') throw new UsageError('--config: expected the configuration with the venue');
    const fleet = loadFleet(values.config);
    const config = fleet?.accounts[0]!.config ?? loadConfig(values.config);
    if (config.venue.kind === 'paper' && config.venue.rest === undefined) {
      throw new CommandError(
        ExitCode.config,
        `configuration ${values.config}: expected a venue with addresses, was the embedded one, which has no master; set venue.rest, public and private`,
      );
    }
    const file = values.credentials === '' ? fleet?.fleet.masterCredentialsFile : values.credentials;
    const source = file === undefined ? {} : { credentialsFile: file };
    const master = new Master(config, readCredentials(source, processEnvironment(), MASTER));
    try {
      await master.#rest.measureClockOffset();
      return await ask(master);
    } catch (error) {
      throw error instanceof RestError ? refusalOf(error) : error;
    } finally {
      await master.#rest.close();
    }
  }

  /** The account that other credentials are of: its uid. @throws RestError when they do not work */
  async uidOf(credentials: Credentials): Promise<string> {
    const rest = clientOf(this.#config, credentials);
    try {
      rest.offsetMs = this.#rest.offsetMs;
      const [row] = await rest.get('/api/v5/account/config', {}, { isSigned: true });
      return String((row as { uid?: unknown } | undefined)?.uid);
    } finally {
      await rest.close();
    }
  }
}

function clientOf(config: Config, credentials: Credentials): RestClient {
  return new RestClient({
    baseUrl: endpointsOf(config, 0).rest,
    credentials,
    isDemo: config.venue.kind === 'demo',
    clock: new SystemClock(),
    timeoutMs: REST_TIMEOUT_MS,
  });
}

/** What to do about the venue's own codes (docs-v5 "Error Code", read 2026-07-28). */
const ADVICE: Readonly<Record<string, string>> = {
  '50120': 'the key may not do this: the master key needs permission to trade',
  '58115': 'there is no such account under this master: see accounts list',
  '58350': 'there is not so much free: see accounts balances',
  '59500': 'this is the key of a sub-account: give that of its master',
  '59501': 'the account has as many keys as it may have: delete one',
  '59502': 'the account has a key of that label: choose another with --label',
  '59503': 'a key can be bound to 20 addresses at most',
  '59506': 'there is no such key: see accounts list --keys',
  '59507': 'both ends are the same account: name two',
  '59518': 'this master may not open accounts by API: do it on the web or in the app',
};

function refusalOf(error: RestError): CommandError {
  const isRefused = error.code === RestErrorCode.rejected && !error.isRetryable;
  const advice = isRefused
    ? (ADVICE[error.okxCode] ?? accountAdvice(error.okxCode))
    : error.isOutcomeUnknown
      ? 'whether it was done is not known: see accounts list --keys and balances before it is asked again'
      : 'check the network and venue.rest, and ask again';
  return new CommandError(isRefused ? ExitCode.failed : ExitCode.unavailable, `${error.message}; ${advice}`, {
    cause: error,
  });
}

/**
 * Shows what is to be asked for, and says whether to ask: not in a dry run, and otherwise when it was said beforehand or is
 * typed now.
 *
 * @throws UsageError where nobody can type
 */
export async function isConfirmed(
  requests: readonly SubAccountRequest[],
  values: { readonly 'dry-run': boolean; readonly yes: boolean },
): Promise<boolean> {
  for (const request of requests) process.stdout.write(`${requestText(request)}\n`);
  if (values['dry-run']) {
    process.stdout.write('dry run: nothing was asked for\n');
    return false;
  }
  if (values.yes) return true;
  if (!process.stdin.isTTY) throw new UsageError('--yes: expected, where nobody can be asked; or --dry-run');
  const answer = await typedAt('type "yes" to ask the venue for this: ');
  if (answer.trim() === 'yes') return true;
  throw new CommandError(ExitCode.failed, 'expected "yes", was something else: nothing was asked for');
}

/** '' for who leaves without an answer: by Ctrl-C or Ctrl-D, or with the terminal. */
async function typedAt(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = once(lines, 'close').then(() => '');
  try {
    return await Promise.race([lines.question(question).catch(() => ''), closed]);
  } finally {
    lines.close();
  }
}
