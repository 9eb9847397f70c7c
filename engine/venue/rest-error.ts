export const RestErrorCode = {
  /** No complete answer within the time allowed. */
  timeout: 'REST_TIMEOUT',
  /** The connection could not be made or broke. */
  network: 'REST_NETWORK',
  /** An answer without the venue's envelope: a proxy, a gateway, a wrong URL. */
  http: 'REST_HTTP',
  /** The venue's envelope with a code other than "0". */
  rejected: 'REST_REJECTED',
  /** An answer of success whose shape is not the documented one. */
  malformed: 'REST_MALFORMED',
} as const;
export type RestErrorCode = (typeof RestErrorCode)[keyof typeof RestErrorCode];

export interface RestErrorDetails {
  readonly method: string;
  /** Path with its query; it never holds a secret. */
  readonly path: string;
  readonly httpStatus?: number;
  /** The venue's own code, as text ("50011"). */
  readonly okxCode?: string;
  readonly cause?: unknown;
}

/**
 * Codes that a later try of the same request can get past: service unavailable or busy, too many requests,
 * timestamp out of step (the next measurement of the clock offset mends that). Source: OKX documentation,
 * "Error code", read 2026-07-28.
 */
const RETRYABLE_CODES: ReadonlySet<string> = new Set(
  '50001 50004 50011 50013 50026 50040 50061 50102 51054 51149 51412'.split(' '),
);

/** The venue cannot say whether it did what was asked: only a look at the order itself can. */
const UNKNOWN_OUTCOME_CODES: ReadonlySet<string> = new Set('50001 50004 50026 51054 51149 51412'.split(' '));

/** A REST call that failed. `code` is stable; the message says what was expected and what came. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly code: RestErrorCode;
  readonly method: string;
  readonly path: string;
  /** 0 when there was no answer at all. */
  readonly httpStatus: number;
  /** "" when the answer held none. */
  readonly okxCode: string;

  constructor(code: RestErrorCode, message: string, details: RestErrorDetails) {
    super(
      `${details.method} ${details.path}: ${message}`,
      details.cause === undefined ? {} : { cause: details.cause },
    );
    this.code = code;
    this.method = details.method;
    this.path = details.path;
    this.httpStatus = details.httpStatus ?? 0;
    this.okxCode = details.okxCode ?? '';
  }

  /** Whether the same call may succeed later without anything being changed here. Pacing is the caller's. */
  get isRetryable(): boolean {
    if (this.code === RestErrorCode.timeout || this.code === RestErrorCode.network) return true;
    if (this.code === RestErrorCode.rejected) return RETRYABLE_CODES.has(this.okxCode);
    return this.code === RestErrorCode.http && (this.httpStatus === 429 || this.httpStatus >= 500);
  }

  /**
   * Whether a POST may have been carried out although it failed here: the truth must be asked for, not
   * assumed.
   */
  get isOutcomeUnknown(): boolean {
    if (this.method === 'GET') return false;
    if (this.code === RestErrorCode.rejected) return UNKNOWN_OUTCOME_CODES.has(this.okxCode);
    return this.code !== RestErrorCode.http || this.httpStatus >= 500;
  }
}
