import { SIGNATURE_AGE_MS_MAX } from '../../okx/venue-limits.ts';
import { signLogin, signRest } from '../../okx/sign.ts';
import { DEFAULT_PERMISSIONS } from '../exchange/exchange-contract.ts';
import { Refusal } from './refusal.ts';

/** An API key and the account (`uid`) that it trades for. */
export interface ApiKey {
  readonly apiKey: string;
  readonly secret: string;
  readonly passphrase: string;
  readonly uid: string;
  /** As `perm` of the account's configuration says it; absent, it may trade. */
  readonly permissions?: string;
}

/** The parts of a REST request that its signature covers. Header names in lower case. */
export interface SignedRequest {
  readonly method: string;
  /** With the query, as received: the signature is over these very characters. */
  readonly requestPath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Every key that the venue knows. */
export class KeyRing {
  readonly #keys = new Map<string, ApiKey>();
  readonly #tradingUids = new Set<string>();

  constructor(keys: readonly ApiKey[]) {
    for (const key of keys) {
      this.#keys.set(key.apiKey, key);
      if ((key.permissions ?? DEFAULT_PERMISSIONS).split(',').includes('trade'))
        this.#tradingUids.add(key.uid);
    }
  }

  /** Whether the account's key may place orders, and change anything else (50120 where it may not). */
  mayTrade(uid: string): boolean {
    return this.#tradingUids.has(uid);
  }

  /**
   * The key that signed the request, or why it is refused (HTTP 401). Source: docs-v5 "REST Authentication" and the
   * error codes 50102-50113, read 2026-07-28.
   */
  checkRest(request: SignedRequest, nowMs: number): ApiKey | Refusal {
    const apiKey = request.headers['ok-access-key'] ?? '';
    const passphrase = request.headers['ok-access-passphrase'] ?? '';
    const sign = request.headers['ok-access-sign'] ?? '';
    const timestamp = request.headers['ok-access-timestamp'] ?? '';
    if (apiKey === '') return new Refusal('50103', 401);
    if (passphrase === '') return new Refusal('50104', 401);
    if (sign === '') return new Refusal('50106', 401);
    if (timestamp === '') return new Refusal('50107', 401);
    // Plain epoch seconds are taken too, as the venue does.
    const sentMs = ISO_TIME.test(timestamp)
      ? Date.parse(timestamp)
      : EPOCH_SECONDS.test(timestamp)
        ? Number(timestamp) * 1000
        : NaN;
    if (Number.isNaN(sentMs)) return new Refusal('50112', 401);
    if (Math.abs(nowMs - sentMs) > SIGNATURE_AGE_MS_MAX) return new Refusal('50102', 401);
    const key = this.#keys.get(apiKey);
    if (key === undefined) return new Refusal('50111', 401);
    if (key.passphrase !== passphrase) return new Refusal('50105', 401);
    const { method, requestPath, body } = request;
    const expected = signRest({ timestamp, method, requestPath, body, secret: key.secret });
    return sign === expected ? key : new Refusal('50113', 401);
  }

  /** The key of a WebSocket login argument, or why it is refused (60004-60007, 60024, 60032). */
  checkLogin(arg: Readonly<Record<string, unknown>>, nowMs: number): ApiKey | Refusal {
    const { apiKey, passphrase, timestamp, sign } = arg;
    if (apiKey !== undefined && TOKEN_NAMES.some((name) => arg[name] !== undefined))
      return new Refusal('60026');
    if (typeof apiKey !== 'string' || apiKey === '') return new Refusal('60005');
    if (typeof passphrase !== 'string' || passphrase === '') return new Refusal('60024');
    const timestampSeconds = typeof timestamp === 'number' ? String(timestamp) : timestamp;
    if (typeof timestampSeconds !== 'string' || !EPOCH_SECONDS.test(timestampSeconds)) {
      return new Refusal('60004');
    }
    if (Math.abs(nowMs - Number(timestampSeconds) * 1000) > SIGNATURE_AGE_MS_MAX) return new Refusal('60006');
    const key = this.#keys.get(apiKey);
    if (key === undefined) return new Refusal('60032');
    if (key.passphrase !== passphrase) return new Refusal('60024');
    return sign === signLogin({ timestampSeconds, secret: key.secret }) ? key : new Refusal('60007');
  }
}

/** How a login by token looks is not public: by none of these can one log in here. */
const TOKEN_NAMES = ['token', 'accessToken', 'access_token'];
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
const EPOCH_SECONDS = /^\d{10}(\.\d{1,9})?$/;
