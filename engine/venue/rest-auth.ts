import type { Milliseconds } from '../base/units.ts';
import { signRest } from '../okx/sign.ts';
import { HEADER_KEY, HEADER_PASSPHRASE, HEADER_SIGN, HEADER_TIMESTAMP } from '../okx/venue-limits.ts';
import type { Credentials } from './credentials.ts';

/** A private call as it goes out. */
export interface PrivateCall {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly requestPath: string;
  readonly body: string;
  /** By the venue's clock. */
  readonly venueMs: Milliseconds;
}

/** How a private call shows whose it is: by a key's signature, or by a token. */
export interface RestAuth {
  /** Adds what the venue asks for to the headers. */
  authorize(headers: Record<string, string>, call: PrivateCall): void;
  /**
   * The venue refused a call with these headers. Resolves, within a bound, to whether the same call with new headers may be
   * taken: only where a refusal says that the call was not even looked at.
   */
  isWorthAnother(headers: Readonly<Record<string, string>>, okxCode: string): Promise<boolean>;
}

/** Signs with an API key. */
export class KeyAuth implements RestAuth {
  readonly #credentials: Credentials;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  authorize(headers: Record<string, string>, { method, requestPath, body, venueMs }: PrivateCall): void {
    const { apiKey, secret, passphrase } = this.#credentials;
    const timestamp = new Date(venueMs).toISOString();
    headers[HEADER_KEY] = apiKey.reveal();
    headers[HEADER_SIGN] = signRest({ timestamp, method, requestPath, body, secret: secret.reveal() });
    headers[HEADER_TIMESTAMP] = timestamp;
    headers[HEADER_PASSPHRASE] = passphrase.reveal();
  }

  /** A key is what it is. */
  isWorthAnother(): Promise<boolean> {
    return Promise.resolve(false);
  }
}
