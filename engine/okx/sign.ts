import { createHmac } from 'node:crypto';
import { LOGIN_PATH } from './venue-limits.ts';

/** What a REST signature covers. */
export interface RestSignatureInput {
  /** ISO 8601 in UTC with milliseconds, as in the OK-ACCESS-TIMESTAMP header. */
  readonly timestamp: string;
  /** Upper case. */
  readonly method: string;
  /** The path with its query, exactly as requested; no trailing question mark. */
  readonly requestPath: string;
  /** Exactly the bytes that are sent; empty for GET. */
  readonly body: string;
  readonly secret: string;
}

/** base64(HMAC-SHA256(timestamp + method + requestPath + body)). Source: OKX docs, "Authentication", read 2026-07-28. */
export function signRest(input: RestSignatureInput): string {
  return createHmac('sha256', input.secret)
    .update(input.timestamp + input.method + input.requestPath + input.body)
    .digest('base64');
}

/** The signature of a WebSocket login; the timestamp is in seconds since the epoch, as text. */
export function signLogin(input: { readonly timestampSeconds: string; readonly secret: string }): string {
  return signRest({
    timestamp: input.timestampSeconds,
    method: 'GET',
    requestPath: LOGIN_PATH,
    body: '',
    secret: input.secret,
  });
}
