import { oauthAdvice } from '../okx/oauth.ts';

export const OAuthErrorCode = {
  /** No complete answer, or one that says to come back later. What was asked for may have happened all the same. */
  unreachable: 'OAUTH_UNREACHABLE',
  /** The venue's own no: asking again would not change it. */
  refused: 'OAUTH_REFUSED',
  /** An answer of success without what it should hold. */
  malformed: 'OAUTH_MALFORMED',
  /** The file of the tokens is not there, not ours, or open to others. */
  file: 'OAUTH_FILE',
  /** Nobody came back from the venue's page, or with another state. */
  redirect: 'OAUTH_REDIRECT',
} as const;
export type OAuthErrorCode = (typeof OAuthErrorCode)[keyof typeof OAuthErrorCode];

/**
 * Why there is no token. The message says what was expected, what was, and what to change; it never quotes what was sent or
 * answered, because both hold tokens.
 */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly code: OAuthErrorCode;
  /** The venue's own code, as text ("53005"); "" where it gave none: then it may not have been the venue. */
  readonly okxCode: string;

  constructor(code: OAuthErrorCode, message: string, okxCode = '') {
    super(message);
    this.code = code;
    this.okxCode = okxCode;
  }
}

/**
 * Somebody said no: the venue by a code, or, without one, whatever stands between here and there. Its own text is left out:
 * it may quote the token.
 */
export function refusedError(what: string, okxCode: string, httpStatus: number): OAuthError {
  const [said, advice] =
    okxCode === ''
      ? [`HTTP ${httpStatus} and no code`, 'check broker.oauth.tokenUrl and revokeUrl, and any proxy']
      : [okxCode, oauthAdvice(okxCode)];
  return new OAuthError(
    OAuthErrorCode.refused,
    `${what}: expected to be accepted, was refused with ${said}; ${advice}`,
    okxCode,
  );
}
