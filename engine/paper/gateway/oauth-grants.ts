import { createHash } from 'node:crypto';
import { Random } from '../../base/random.ts';
import { Refusal } from './refusal.ts';

/** A third party that users can let in. */
export interface OAuthClientEntry {
  readonly clientId: string;
  /** '' for one that has none and proves itself by PKCE alone. */
  readonly clientSecret: string;
}

export interface OAuthOptions {
  /** Default: one client, `paper-client`, without a secret. */
  readonly clients?: readonly OAuthClientEntry[];
  /** How long an access token lasts; default an hour. */
  readonly tokenSeconds?: number;
  /** Default three days. */
  readonly refreshSeconds?: number;
}

/** What a client asks the user for. */
export interface Authorization {
  readonly uid: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  /** The hash of what the client keeps, S256; '' where it has a secret and sent none. */
  readonly challenge: string;
  readonly deviceId: string;
}

interface Code extends Authorization {
  readonly untilMs: number;
  /** What it was exchanged for. */
  grant: Grant | null;
}

/** One user's word for one client: a pair of tokens at a time, each pair made from the one before. */
interface Grant extends Authorization {
  access: string;
  accessUntilMs: number;
  refresh: string;
  refreshUntilMs: number;
  /** The refusal that all its tokens meet, once it has ended. */
  endedBy: '' | '53001' | '53003';
}

type Fields = Readonly<Record<string, string>>;

const CODE_MS = 60_000;
const DEFAULT_TOKEN_SECONDS = 3_600;
const DEFAULT_REFRESH_SECONDS = 3 * 24 * 3_600;
/** Chance of its own, so that tokens take nothing from the market's. */
const SEED = 0x6f617574;

/**
 * Who may act for whom by token (docs-v5 broker guide, read 2026-07-28, and RFC 6749, 7636, 9700 where it is silent): codes
 * work once, for the client, address and verifier they were asked for with; a refresh voids the pair before at once; and a
 * refresh token, or code, that comes a second time was stolen from somebody: everything made of it ends.
 */
export class OAuthGrants {
  readonly #clients: ReadonlyMap<string, OAuthClientEntry>;
  readonly #tokenMs: number;
  readonly #refreshMs: number;
  readonly #random = new Random(SEED);
  readonly #codes = new Map<string, Code>();
  /** By every token there ever was, so that an old one is known for what it is. */
  readonly #byAccess = new Map<string, Grant>();
  readonly #byRefresh = new Map<string, Grant>();
  /** Token requests that were carried out. */
  issued = 0;

  constructor(options: OAuthOptions = {}) {
    const clients = options.clients ?? [{ clientId: 'paper-client', clientSecret: '' }];
    this.#clients = new Map(clients.map((client) => [client.clientId, client]));
    this.#tokenMs = (options.tokenSeconds ?? DEFAULT_TOKEN_SECONDS) * 1_000;
    this.#refreshMs = (options.refreshSeconds ?? DEFAULT_REFRESH_SECONDS) * 1_000;
  }

  /** What keeps the user from being asked; null for nothing. */
  checkRequest(query: Fields): Refusal | null {
    const client = this.#clients.get(query['client_id'] ?? '');
    if (client === undefined) return wrong('client_id');
    if (query['response_type'] !== 'code') return wrong('response_type');
    if (query['access_type'] !== 'offline') return wrong('access_type');
    if (!/^https?:\/\/[^\s#]+$/.test(query['redirect_uri'] ?? '')) return new Refusal('53016', 400);
    if ((query['state'] ?? '') === '') return empty('state');
    const scopes = (query['scope'] ?? '').split(',');
    if (!scopes.every((scope) => scope === 'read_only' || scope === 'trade')) return wrong('scope');
    const hasChallenge = /^[\w-]{43}$/.test(query['code_challenge'] ?? '');
    if (hasChallenge && query['code_challenge_method'] !== 'S256') return wrong('code_challenge_method');
    if (!hasChallenge && client.clientSecret === '') return wrong('code_challenge');
    return null;
  }

  /** The user has agreed: a code for the client to exchange. */
  authorize(uid: string, query: Fields, nowMs: number): string {
    const code = this.#token();
    this.#codes.set(code, {
      uid,
      clientId: query['client_id']!,
      redirectUri: query['redirect_uri']!,
      scope: query['scope'] ?? '',
      challenge: query['code_challenge'] ?? '',
      deviceId: query['term_id'] ?? '',
      untilMs: nowMs + CODE_MS,
      grant: null,
    });
    return code;
  }

  /** A pair of tokens for a code, or for the refresh token of the pair before. */
  exchange(body: Fields, nowMs: number): Readonly<Record<string, unknown>> | Refusal {
    const client = this.#clients.get(body['client_id'] ?? '');
    if (client === undefined || client.clientSecret !== (body['client_secret'] ?? ''))
      return wrong('client_id');
    const type = body['grant_type'];
    if (type === 'authorization_code') return this.#ofCode(client, body, nowMs);
    if (type === 'refresh_token') return this.#ofRefresh(client, body, nowMs);
    return wrong('grant_type');
  }

  #ofCode(
    client: OAuthClientEntry,
    body: Fields,
    nowMs: number,
  ): Readonly<Record<string, unknown>> | Refusal {
    const code = this.#codes.get(body['code'] ?? '');
    if (code === undefined || code.clientId !== client.clientId) return new Refusal('53009', 400);
    if (code.grant !== null) {
      code.grant.endedBy = '53003';
      return new Refusal('53009', 400);
    }
    if (nowMs >= code.untilMs) return new Refusal('53012', 400);
    if (code.redirectUri !== body['redirect_uri']) return new Refusal('53016', 400);
    if (code.challenge !== '' && code.challenge !== hashOf(body['code_verifier'] ?? ''))
      return wrong('code_verifier');
    if (code.deviceId !== (body['term_id'] ?? '')) return new Refusal('53006', 401);
    const { grant: _none, untilMs: _until, ...authorization } = code;
    const grant: Grant = {
      ...authorization,
      access: '',
      accessUntilMs: 0,
      refresh: '',
      refreshUntilMs: 0,
      endedBy: '',
    };
    code.grant = grant;
    return this.#issue(grant, nowMs);
  }

  #ofRefresh(
    client: OAuthClientEntry,
    body: Fields,
    nowMs: number,
  ): Readonly<Record<string, unknown>> | Refusal {
    const token = body['refresh_token'] ?? '';
    const grant = this.#byRefresh.get(token);
    if (grant === undefined || grant.clientId !== client.clientId) return new Refusal('53005', 400);
    if (grant.endedBy !== '') return new Refusal(grant.endedBy, 400);
    if (grant.refresh !== token) {
      grant.endedBy = '53003';
      return new Refusal('53005', 400);
    }
    if (nowMs >= grant.refreshUntilMs) return new Refusal('53002', 400);
    if (grant.deviceId !== (body['term_id'] ?? '')) return new Refusal('53006', 401);
    return this.#issue(grant, nowMs);
  }

  #issue(grant: Grant, nowMs: number): Readonly<Record<string, unknown>> {
    grant.access = this.#token();
    grant.accessUntilMs = nowMs + this.#tokenMs;
    grant.refresh = this.#token();
    grant.refreshUntilMs = nowMs + this.#refreshMs;
    this.#byAccess.set(grant.access, grant);
    this.#byRefresh.set(grant.refresh, grant);
    this.issued++;
    return {
      access_token: grant.access,
      refresh_token: grant.refresh,
      token_type: 'bearer',
      expires_in: this.#tokenMs / 1_000,
      scope: grant.scope,
    };
  }

  /** Ends a grant by either of its tokens. What is no token of ours is none already. */
  revoke(body: Fields): Refusal | null {
    const client = this.#clients.get(body['client_id'] ?? '');
    if (client === undefined || client.clientSecret !== (body['client_secret'] ?? ''))
      return wrong('client_id');
    const token = body['token'] ?? '';
    if (token === '') return empty('token');
    const grant = this.#byRefresh.get(token) ?? this.#byAccess.get(token);
    if (grant?.clientId === client.clientId) grant.endedBy = '53003';
    return null;
  }

  /** The account that a private request acts for, or why it may not. */
  check(headers: Fields, isChange: boolean, nowMs: number): { readonly uid: string } | Refusal {
    const token = /^Bearer (\S+)$/.exec(headers['authorization'] ?? '')?.[1] ?? '';
    const grant = this.#byAccess.get(token);
    if (grant === undefined) return new Refusal('53000', 400);
    if (grant.endedBy !== '') return new Refusal(grant.endedBy, 400);
    if (grant.access !== token) return new Refusal('53003', 400);
    if (nowMs >= grant.accessUntilMs) return new Refusal('53002', 400);
    if (grant.deviceId !== '' && grant.deviceId !== headers['termid']) return new Refusal('53006', 401);
    if (isChange && !grant.scope.split(',').includes('trade')) return new Refusal('53013', 400);
    return { uid: grant.uid };
  }

  /** The user takes every permission back (53001). */
  cancelAll(): void {
    for (const grant of this.#byAccess.values()) if (grant.endedBy === '') grant.endedBy = '53001';
  }

  /** Every access token is too old from now on; refresh tokens go on. */
  expireAll(nowMs: number): void {
    for (const grant of this.#byAccess.values()) grant.accessUntilMs = Math.min(grant.accessUntilMs, nowMs);
  }

  #token(): string {
    const words = Array.from({ length: 8 }, () => this.#random.uint32().toString(16).padStart(8, '0'));
    return words.join('');
  }
}

/** RFC 7636, S256. */
function hashOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

function wrong(parameter: string): Refusal {
  return new Refusal('53010', 400, `Parameter ${parameter} error`);
}

function empty(parameter: string): Refusal {
  return new Refusal('53011', 400, `Parameter ${parameter} can not be empty.`);
}
