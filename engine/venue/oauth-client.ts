import { createHash } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import type { Milliseconds } from '../base/units.ts';
import { ACCESS_TOKEN_SECONDS, HEADER_DEVICE, OAUTH_SCOPES, REFRESH_TOKEN_SECONDS } from '../okx/oauth.ts';
import type { OAuthEndpoints } from '../okx/oauth.ts';
import { Secret } from './credentials.ts';
import { OAuthError, OAuthErrorCode, refusedError } from './oauth-error.ts';
import { PoolTransport } from './rest-transport.ts';
import type { RestAnswer, RestTransport } from './rest-transport.ts';

/** An access token and the refresh token that came with it. Times are of this machine's wall clock. */
export interface TokenPair {
  readonly access: Secret;
  readonly refresh: Secret;
  /** The installation's own number, which they were asked for with. */
  readonly deviceId: string;
  /** When they were asked for. */
  readonly askedMs: Milliseconds;
  readonly accessUntilMs: Milliseconds;
  readonly refreshUntilMs: Milliseconds;
}

export interface OAuthClientOptions {
  readonly endpoints: OAuthEndpoints;
  readonly clientId: string;
  /** Of a client that OKX gave one; without it, PKCE alone proves who asks, and tokens are bound to the device. */
  readonly clientSecret?: Secret;
  readonly clock: Clock;
  readonly timeoutMs: Milliseconds;
  /** What carries the calls to an origin; connections of its own unless given. */
  readonly transport?: (origin: string) => RestTransport;
}

/** What an authorization request and the code it brings have in common. */
export interface AuthorizationParts {
  readonly redirectUri: string;
  readonly deviceId: string;
  /** Comes back with the code: who brings another one did not start here. */
  readonly state: string;
  /** Stays here until the code is exchanged; only its hash goes to the page. */
  readonly verifier: Secret;
}

/** Answers that say that the venue is busy or down: nothing is said about the token. */
const BUSY_CODES: ReadonlySet<string> = new Set(
  '50001 50004 50011 50013 50026 50040 server_error temporarily_unavailable slow_down'.split(' '),
);
const MS_PER_SECOND = 1_000;
const HTTP_TOO_MANY = 429;
const HTTP_SERVER_ERROR = 500;

/**
 * The venue's OAuth endpoints: authorization code with PKCE (RFC 7636, S256), refresh, revocation. Nothing is retried or
 * remembered here.
 */
export class OAuthClient {
  readonly #options: OAuthClientOptions;

  constructor(options: OAuthClientOptions) {
    this.#options = options;
  }

  /** Sent with API calls by clients without a secret: their tokens work on their device only. */
  deviceHeader({ deviceId }: TokenPair): Readonly<Record<string, string>> {
    return this.#options.clientSecret === undefined ? { [HEADER_DEVICE]: deviceId } : {};
  }

  /** The page on which the user agrees. @param channelId the broker code: without it OKX is seen not to ask the user */
  authorizeUrl(parts: AuthorizationParts, channelId: string): string {
    const { redirectUri, deviceId, state, verifier } = parts;
    const { endpoints, clientId } = this.#options;
    const url = new URL(endpoints.authorize);
    const parameters = {
      response_type: 'code',
      access_type: 'offline',
      client_id: clientId,
      redirect_uri: redirectUri,
      scope: OAUTH_SCOPES,
      state,
      code_challenge: challengeOf(verifier),
      code_challenge_method: 'S256',
      channelId,
      ...this.#device(deviceId),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /** @throws OAuthError */
  exchange(code: Secret, { redirectUri, deviceId, verifier }: AuthorizationParts): Promise<TokenPair> {
    return this.#tokens('login', deviceId, {
      grant_type: 'authorization_code',
      code: code.reveal(),
      redirect_uri: redirectUri,
      code_verifier: verifier.reveal(),
    });
  }

  /**
   * A new pair; the old one is void as soon as the venue has made it, heard or not.
   *
   * @throws OAuthError
   */
  refresh({ refresh, deviceId }: TokenPair): Promise<TokenPair> {
    const body = { grant_type: 'refresh_token', refresh_token: refresh.reveal() };
    return this.#tokens('refresh', deviceId, body);
  }

  /** Ends both tokens. @throws OAuthError when the venue did not say that it has */
  async revoke({ refresh, deviceId }: TokenPair): Promise<void> {
    const body = { token: refresh.reveal(), token_type_hint: 'refresh_token' };
    const answer = await this.#post('logout', this.#options.endpoints.revoke, {
      ...body,
      ...this.#device(deviceId),
    });
    judged('logout', answer);
  }

  async #tokens(
    what: string,
    deviceId: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<TokenPair> {
    const askedMs = this.#options.clock.wallMs();
    const body = { ...fields, ...this.#device(deviceId) };
    const answer = await this.#post(what, this.#options.endpoints.token, body);
    return { ...tokensOf(what, judged(what, answer), askedMs), deviceId };
  }

  async #post(what: string, url: string, fields: Readonly<Record<string, string>>): Promise<RestAnswer> {
    const { clientId, clientSecret, timeoutMs } = this.#options;
    const { origin, pathname, search } = new URL(url);
    const body = {
      ...fields,
      client_id: clientId,
      ...(clientSecret === undefined ? {} : { client_secret: clientSecret.reveal() }),
    };
    const transport =
      this.#options.transport?.(origin) ?? new PoolTransport({ origin, timeoutMs, connectionsMax: 1 });
    try {
      return await transport.call({
        method: 'POST',
        path: pathname + search,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    } catch (error) {
      // Not as its cause: what lower layers throw may hold the request.
      const reason = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
      throw new OAuthError(
        OAuthErrorCode.unreachable,
        `${what}: expected an answer of ${origin} within ${timeoutMs} ms, the connection failed (${reason})`,
      );
    } finally {
      await transport.close();
    }
  }

  #device(deviceId: string): Readonly<Record<string, string>> {
    return this.#options.clientSecret === undefined ? { term_id: deviceId } : {};
  }
}

/** S256 of RFC 7636, section 4.2. @testonly Its appendix B has a vector. */
export function challengeOf(verifier: Secret): string {
  return createHash('sha256').update(verifier.reveal()).digest('base64url');
}

type Fields = Readonly<Record<string, unknown>>;

/** The answer's fields, bare or in the venue's envelope. */
function judged(what: string, { status, text }: RestAnswer): Fields {
  const fields = fieldsOf(text);
  const okxCode = codeOf(fields);
  if (status === HTTP_TOO_MANY || status >= HTTP_SERVER_ERROR || BUSY_CODES.has(okxCode)) {
    throw new OAuthError(
      OAuthErrorCode.unreachable,
      `${what}: expected tokens, the venue was busy (HTTP ${status} ${okxCode})`.replace(' )', ')'),
      okxCode,
    );
  }
  if (status >= 400 || okxCode !== '') throw refusedError(what, okxCode, status);
  const rows = fields['data'];
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  return typeof row === 'object' && row !== null ? (row as Fields) : fields;
}

/** The refusal's code, by whichever name; "" for none. OAuth's own words, such as invalid_grant, count as well. */
function codeOf(fields: Fields): string {
  for (const name of ['code', 'error_code', 'error']) {
    const value = fields[name];
    const code = typeof value === 'number' ? String(value) : value;
    if (typeof code === 'string' && /^\w{1,40}$/.test(code) && code !== '0') return code;
  }
  return '';
}

function fieldsOf(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}

function tokensOf(what: string, fields: Fields, askedMs: Milliseconds): Omit<TokenPair, 'deviceId'> {
  const { access_token: access, refresh_token: refresh } = fields;
  if (typeof access !== 'string' || access === '' || typeof refresh !== 'string' || refresh === '') {
    throw new OAuthError(
      OAuthErrorCode.malformed,
      `${what}: expected access_token and refresh_token, was without; ask OKX whether the client may have both`,
    );
  }
  const accessSeconds = secondsOf(fields['expires_in'], ACCESS_TOKEN_SECONDS);
  const refreshSeconds = secondsOf(fields['refresh_expires_in'], REFRESH_TOKEN_SECONDS);
  return {
    access: new Secret(access),
    refresh: new Secret(refresh),
    askedMs,
    accessUntilMs: askedMs + accessSeconds * MS_PER_SECOND,
    refreshUntilMs: askedMs + refreshSeconds * MS_PER_SECOND,
  };
}

function secondsOf(value: unknown, otherwise: number): number {
  const seconds = Number(value);
  return Number.isFinite(seconds) && seconds > 0 ? seconds : otherwise;
}
