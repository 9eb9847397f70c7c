import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '../../engine/base/clock.ts';
import { NS_PER_MS } from '../../engine/base/units.ts';
import { answerOAuth } from '../../engine/paper/gateway/oauth-pages.ts';
import { ACCOUNT_ROUTES } from '../../engine/paper/gateway/rest-account.ts';
import { RestRouter } from '../../engine/paper/gateway/rest-router.ts';
import { TRADE_ROUTES } from '../../engine/paper/gateway/rest-trade.ts';
import { PaperVenue } from '../../engine/paper/gateway/venue.ts';
import type { VenueOptions } from '../../engine/paper/gateway/venue.ts';
import { recordedInstruments } from '../../engine/paper/instruments/recorded-instruments.ts';
import { Secret } from '../../engine/venue/credentials.ts';
import { OAuthClient } from '../../engine/venue/oauth-client.ts';
import type { AuthorizationParts, TokenPair } from '../../engine/venue/oauth-client.ts';
import type { OutgoingRequest, RestAnswer, RestTransport } from '../../engine/venue/rest-transport.ts';
import { TokenFile } from '../../engine/venue/token-file.ts';
import { accountOf } from '../paper/gateway/paper-world.ts';

const ORIGIN = 'https://venue.example';
const START_MS = Date.UTC(2026, 6, 28, 10, 0, 0);

/** A machine's, which somebody may set: the venue's stays right. */
class MachineClock extends ManualClock {
  #aheadMs = 0;

  jumpWallMs(ms: number): void {
    this.#aheadMs += ms;
  }

  venueMs(): number {
    return super.wallMs();
  }

  override wallMs(): number {
    return super.wallMs() + this.#aheadMs;
  }
}

/** The paper venue, its OAuth endpoints and its REST, without a socket and with a clock that is moved by hand. */
export class OAuthWorld {
  readonly clock = new MachineClock(START_MS);
  readonly folder = mkdtempSync(join(tmpdir(), 'okxmm-oauth-'));
  readonly venue: PaperVenue;
  readonly endpoints = {
    authorize: `${ORIGIN}/account/oauth/authorize`,
    token: `${ORIGIN}/v5/users/oauth/token`,
    revoke: `${ORIGIN}/v5/users/oauth/revoke`,
  };
  /** Every request for tokens, and every private one: the path alone. */
  readonly asked: string[] = [];
  /** Called before an answer is made; what it throws breaks the connection. */
  onRequest: (request: OutgoingRequest) => void | Promise<void> = () => {};
  /** An answer in the venue's place. */
  instead: (request: OutgoingRequest) => RestAnswer | undefined = () => undefined;
  readonly #router: RestRouter;

  constructor(tokenSeconds = 3_600, clientSecret = '', changes: Partial<VenueOptions> = {}) {
    this.venue = new PaperVenue({
      instruments: recordedInstruments(),
      seed: 1,
      accounts: [accountOf(1), accountOf(2)],
      flow: 'none',
      time: () => this.clock.venueMs(),
      oauth: { clients: [{ clientId: 'client-1', clientSecret }], tokenSeconds },
      ...changes,
    });
    this.#router = new RestRouter(this.venue, [...ACCOUNT_ROUTES, ...TRADE_ROUTES]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  advanceMs(ms: number): void {
    this.clock.advanceNs(ms * NS_PER_MS);
    this.venue.advance();
  }

  transport(): RestTransport {
    return { call: (request) => this.#call(request), close: () => Promise.resolve() };
  }

  client(clientSecret?: Secret): OAuthClient {
    return new OAuthClient({
      endpoints: this.endpoints,
      clientId: 'client-1',
      ...(clientSecret === undefined ? {} : { clientSecret }),
      clock: this.clock,
      timeoutMs: 1_000,
      transport: () => this.transport(),
    });
  }

  file(name = 'tokens.json', owner = 'client-1'): TokenFile {
    return new TokenFile(
      join(this.folder, name),
      { clientId: owner, tokenUrl: this.endpoints.token },
      this.clock,
    );
  }

  /** What the browser brings back when the user agrees on the page that the URL leads to; no code when it is refused. */
  agree(url: string, approve = '1'): { code: Secret; state: string; error: string; status: number } {
    const { pathname, search } = new URL(url);
    const query = `${search.slice(1)}&approve=${approve}`;
    const answer = answerOAuth(this.venue, requestOf('GET', pathname, query, {}, ''))!;
    const back = new URL(answer.headers?.['Location'] ?? 'http://nowhere.example');
    return {
      status: answer.status,
      code: new Secret(back.searchParams.get('code') ?? ''),
      state: back.searchParams.get('state') ?? '',
      error: back.searchParams.get('error') ?? '',
    };
  }

  /** A login from beginning to end. */
  async login(client = this.client(), changes: Partial<AuthorizationParts> = {}): Promise<TokenPair> {
    const parts: AuthorizationParts = {
      redirectUri: 'http://localhost:8917/callback',
      deviceId: 'device-1',
      state: 'state-1',
      verifier: new Secret('a-verifier-of-43-characters-at-the-very-least'),
      ...changes,
    };
    const { code } = this.agree(client.authorizeUrl(parts, 'TAG'));
    return client.exchange(code, parts);
  }

  async #call(request: OutgoingRequest): Promise<RestAnswer> {
    const [path, query = ''] = request.path.split('?', 2) as [string, string?];
    this.asked.push(path);
    await this.onRequest(request);
    const other = this.instead(request);
    if (other !== undefined) return other;
    const { method, headers, body } = request;
    const inner = requestOf(method, path, query, headers, body);
    const answer = answerOAuth(this.venue, inner) ?? this.#router.answer(inner);
    return { status: answer.status, text: answer.body };
  }
}

function requestOf(
  method: string,
  path: string,
  query: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Parameters<typeof answerOAuth>[1] {
  const lower = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  );
  return { method, path, query, headers: lower, body, remoteAddress: '127.0.0.1' };
}
