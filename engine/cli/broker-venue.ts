import { SystemClock } from '../base/clock.ts';
import { BrokerRest } from '../broker/broker-rest.ts';
import { processEnvironment, readBrokerCredentials, readCredentials } from '../config/environment.ts';
import { endpointsOf } from '../host/startup.ts';
import type { Credentials } from '../venue/credentials.ts';
import { RestClient } from '../venue/rest-client.ts';
import { RestError, RestErrorCode } from '../venue/rest-error.ts';
import type { BrokerAccount } from './broker-scope.ts';
import { CommandError } from './command-error.ts';
import { ExitCode } from './exit-code.ts';

const TIMEOUT_MS = 10_000;

/** @throws CommandError for a venue that is there only while its engine runs */
function requireVenue({ config: { venue } }: BrokerAccount): void {
  if (venue.kind !== 'paper' || venue.rest !== undefined) return;
  throw new CommandError(
    ExitCode.config,
    'venue: expected one that goes on when its engine ends, was the embedded paper venue; give rest, public and private of one started by npm run paper',
  );
}

/** The key that asks the venue as a broker: its own, else the account's. @throws ConfigError, CommandError */
export function brokerKey(account: BrokerAccount): Credentials {
  requireVenue(account);
  return readBrokerCredentials(account.config, processEnvironment()) ?? accountKey(account);
}

/** The key that trades. @throws ConfigError where there is none, CommandError where the account trades by tokens */
export function accountKey(account: BrokerAccount): Credentials {
  requireVenue(account);
  const { config, name } = account;
  if (config.broker.mode === 'oauth') {
    throw new CommandError(
      ExitCode.config,
      'broker.mode oauth: expected the broker’s own key, was none; set broker.credentialsFile or OKX_BROKER_API_KEY, OKX_BROKER_API_SECRET and OKX_BROKER_API_PASSPHRASE',
    );
  }
  return readCredentials(config, processEnvironment(), name);
}

/** Asks with that key, and ends the connection. @throws CommandError for what the venue refuses or does not answer */
export async function withVenue<Result>(
  { config }: BrokerAccount,
  credentials: Credentials,
  ask: (rest: RestClient, broker: BrokerRest) => Promise<Result>,
): Promise<Result> {
  const rest = new RestClient({
    baseUrl: endpointsOf(config, 0).rest,
    credentials,
    isDemo: config.venue.kind === 'demo',
    clock: new SystemClock(),
    timeoutMs: TIMEOUT_MS,
    connectionsMax: 1,
  });
  try {
    await rest.measureClockOffset();
    return await ask(rest, new BrokerRest(rest, config.broker.mode));
  } catch (error) {
    if (!(error instanceof RestError)) throw error;
    const isRefusal = error.code === RestErrorCode.rejected && !error.isRetryable;
    throw new CommandError(isRefusal ? ExitCode.failed : ExitCode.unavailable, error.message, {
      cause: error,
    });
  } finally {
    await rest.close();
  }
}
