import { resolve } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { TokenState } from '../base/token-state.ts';
import type { Config } from '../config/schema.ts';
import { readClientSecret } from '../config/environment.ts';
import { AUTHORIZE_PATH, OAUTH_ORIGINS, REVOKE_PATH, TOKEN_PATH } from '../okx/oauth.ts';
import type { OAuthEndpoints } from '../okx/oauth.ts';
import { OAuthClient } from '../venue/oauth-client.ts';
import { OAuthError } from '../venue/oauth-error.ts';
import { TokenFile } from '../venue/token-file.ts';
import { TokenKeeper } from '../venue/token-keeper.ts';
import { HostError } from './host-error.ts';

const TIMEOUT_MS = 10_000;
/** At the start a token that is too old is renewed first, for as long as a person would wait. */
const START_TRIES_MAX = 3;
const START_RETRY_MS = 1_000;

const LOG_IN = 'log in first: npm run -s okx-mm -- broker login --config FILE --state DIR';

/** Where the venue's OAuth is: the configured URLs, else the region's own, else the configured paper venue's. */
function oauthEndpointsOf({ broker, venue }: Config): OAuthEndpoints {
  const { authorizeUrl, tokenUrl, revokeUrl } = broker.oauth;
  const isPaper = venue.kind === 'paper';
  const { web, api } =
    isPaper && venue.rest !== undefined ? { web: venue.rest, api: venue.rest } : OAUTH_ORIGINS[venue.region];
  return {
    authorize: authorizeUrl ?? web + AUTHORIZE_PATH,
    token: tokenUrl ?? api + TOKEN_PATH,
    revoke: revokeUrl ?? api + REVOKE_PATH,
  };
}

/** What logging in, refreshing and logging out need. */
export interface TokenParts {
  readonly client: OAuthClient;
  readonly file: TokenFile;
}

/**
 * @param stateDirectory where the file of the tokens is, unless it is named absolutely
 * @throws ConfigError or HostError naming what is missing
 */
export function tokenParts(config: Config, stateDirectory: string, clock: Clock): TokenParts {
  const { clientId, clientSecretFile, tokenFile } = config.broker.oauth;
  if (clientId === undefined) {
    throw new HostError(
      'ACCOUNT_REFUSED',
      'broker.oauth.clientId: expected the client that OKX registered for you, was absent',
    );
  }
  if (config.venue.kind === 'paper' && config.venue.rest === undefined) {
    throw new HostError(
      'ACCOUNT_REFUSED',
      'broker.mode: expected "api" on the embedded paper venue, which lasts no longer than its engine, was "oauth"; start `npm run paper`, and set venue.rest, venue.public and venue.private to it',
    );
  }
  const endpoints = oauthEndpointsOf(config);
  const clientSecret = clientSecretFile === undefined ? undefined : readClientSecret(clientSecretFile);
  return {
    client: new OAuthClient({
      endpoints,
      clientId,
      ...(clientSecret === undefined ? {} : { clientSecret }),
      clock,
      timeoutMs: TIMEOUT_MS,
    }),
    file: new TokenFile(resolve(stateDirectory, tokenFile), { clientId, tokenUrl: endpoints.token }, clock),
  };
}

/**
 * The tokens of `broker login`, good for the first call, and kept good from then on.
 *
 * @throws HostError saying that nobody has logged in, or that it has to be done again
 */
export async function openTokens(
  config: Config,
  stateDirectory: string,
  clock: Clock,
  log: (line: string) => void,
): Promise<TokenKeeper> {
  if (config.venue.depthChannel !== 'books') {
    throw new HostError(
      'ACCOUNT_REFUSED',
      `venue.depthChannel: expected "books" in broker.mode oauth, was "${config.venue.depthChannel}": how a WebSocket logs in by token is not public`,
    );
  }
  const { client, file } = tokenParts(config, stateDirectory, clock);
  const pair = await file.load().catch((error: unknown) => {
    throw refused(error);
  });
  if (pair === undefined) {
    throw new HostError('ACCOUNT_REFUSED', `${file.file}: expected tokens, was none; ${LOG_IN}`);
  }
  const onState = (state: TokenState, reason: string): void => log(`oauth: ${TEXTS[state]}${reason}`);
  const keeper = new TokenKeeper({ file, client, clock, log, onState }, pair);
  await renewAtStart(keeper);
  keeper.start();
  return keeper;
}

async function renewAtStart(keeper: TokenKeeper): Promise<void> {
  for (let tries = 1; tries <= START_TRIES_MAX; tries++) {
    await keeper.look();
    const { state, reason } = keeper;
    if (state === TokenState.fresh) return;
    if (state === TokenState.lost) throw new HostError('ACCOUNT_REFUSED', `oauth: ${reason}`);
    await new Promise((done) => {
      setTimeout(done, START_RETRY_MS);
    });
  }
  throw new HostError('VENUE_UNREACHABLE', `oauth: ${keeper.reason}; ${LOG_IN} if it stays so`);
}

/** By TokenState. */
const TEXTS: Readonly<Record<TokenState, string>> = {
  [TokenState.none]: 'none',
  [TokenState.fresh]: 'the account can be asked again',
  [TokenState.expired]: 'no good token for now: ',
  [TokenState.lost]: 'nothing is quoted until somebody logs in again: ',
};

function refused(error: unknown): unknown {
  return error instanceof OAuthError
    ? new HostError('ACCOUNT_REFUSED', error.message, { cause: error })
    : error;
}
