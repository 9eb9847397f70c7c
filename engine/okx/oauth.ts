import type { Region } from './venue-limits.ts';

/**
 * OKX's OAuth 2.0 for brokers, as far as it is public: paths, lifetimes, scopes and refusals. Constants only.
 *
 * OKX hands its document to OAuth brokers and publishes a part of it (broker guide, read 2026-07-28: the two modes, the
 * lifetimes, the scopes, the Authorization and TERMID headers, the codes 53000 to 53017). The rest is what third parties say
 * who have it: the authorize page, the token path without /api, the names access_type, channelId and term_id. Where tokens
 * are revoked nobody says: that path is a guess. All three URLs can be configured.
 */

export const OAUTH_SCOPES = 'read_only,trade';

/** A refresh token lasts three days, and an access token an hour, which its answer says too. */
export const REFRESH_TOKEN_SECONDS = 3 * 24 * 3_600;
export const ACCESS_TOKEN_SECONDS = 3_600;

export const AUTHORIZE_PATH = '/account/oauth/authorize';
export const TOKEN_PATH = '/v5/users/oauth/token';
export const REVOKE_PATH = '/v5/users/oauth/revoke';

/** A device's own number, for clients without a secret: their tokens work with it only. */
export const HEADER_DEVICE = 'TERMID';

export interface OAuthEndpoints {
  readonly authorize: string;
  readonly token: string;
  readonly revoke: string;
}

/** Where a region's users log in, and where its tokens come from. */
export const OAUTH_ORIGINS: Readonly<Record<Region, { readonly web: string; readonly api: string }>> = {
  global: { web: 'https://www.okx.com', api: 'https://www.okx.com' },
  eea: { web: 'https://my.okx.com', api: 'https://eea.okx.com' },
  us: { web: 'https://app.okx.com', api: 'https://us.okx.com' },
  tr: { web: 'https://tr.okx.com', api: 'https://tr.okx.com' },
};

/** The access token is no good any more: whoever has a newer one may ask again at once, for nothing was done. */
export const STALE_TOKEN_CODES: ReadonlySet<string> = new Set('53000 53001 53002 53003'.split(' '));

const LOG_IN_AGAIN = 'log in again: npm run -s okx-mm -- broker login';
const CHECK_CLIENT = 'check broker.oauth.clientId, and its secret, against what OKX gave you';

/** What to do about a refusal, by its code. */
const ADVICE: Readonly<Record<string, string>> = {
  '53000': `the token is not one of OKX's; ${LOG_IN_AGAIN}`,
  '53001': `the user took the authorization back; ${LOG_IN_AGAIN}`,
  '53002': `the token is too old; ${LOG_IN_AGAIN}`,
  '53003': `the token was revoked; ${LOG_IN_AGAIN}`,
  '53004': 'the account is frozen: ask OKX',
  '53005': `the refresh token was used before or is none: somebody else may have the tokens; ${LOG_IN_AGAIN}`,
  '53006': `the token is of another device; ${LOG_IN_AGAIN}`,
  '53009': `the authorization failed; ${LOG_IN_AGAIN}`,
  '53010': CHECK_CLIENT,
  '53011': CHECK_CLIENT,
  '53012': `the code is too old or of another region: check venue.region, and ${LOG_IN_AGAIN}`,
  '53013': `the token may not do this: read_only and trade are needed; ${LOG_IN_AGAIN}`,
  '53014': "this machine's address is not on the list that the client may ask from: have OKX add it",
  '53015': CHECK_CLIENT,
  '53016': 'the redirect URI is not the one that OKX has on record: check broker.oauth.redirectPort',
  '53017': 'the Fast API is not open to this client: ask OKX',
};

/** What to do when OAuth is refused with this code. */
export function oauthAdvice(okxCode: string): string {
  return ADVICE[okxCode] ?? LOG_IN_AGAIN;
}

export function isOAuthCode(okxCode: string): boolean {
  return Object.hasOwn(ADVICE, okxCode);
}
