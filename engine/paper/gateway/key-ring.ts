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
  /** Addresses that it works from, with commas; absent or '' for any. */
  readonly ip?: string;
  readonly label?: string;
  /** When it was made, by a master's key; absent of one that was there from the start. */
  readonly createdMs?: number;
}

/** The parts of a REST request that its signature covers. Header names in lower case. */
export interface SignedRequest {
  readonly method: string;
  /** With the query, as received: the signature is over these very characters. */
  readonly requestPath: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Where it came from; '' where nobody asks. */
  readonly remoteAddress?: string;
}

/** Every key that the venue knows. */
export class KeyRing {
  readonly #keys = new Map<string, ApiKey>();
  readonly #tradingUids = new Set<string>();

  constructor(keys: readonly ApiKey[]) {
    for (const key of keys) this.put(key);
  }

  /** Adds a key, or has one of that name be this one from now on. */
  put(key: ApiKey): void {
    this.#keys.set(key.apiKey, key);
    this.#sumUp();
  }

  /** Sessions that logged in with it stay, as at the venue. */
  remove(apiKey: string): void {
    this.#keys.delete(apiKey);
    this.#sumUp();
  }

  /** Whose key it is; '' when there is none of that name. */
  uidOf(apiKey: string): string {
    return this.#keys.get(apiKey)?.uid ?? '';
  }

  ofAccount(uid: string): ApiKey[] {
    return [...this.#keys.values()].filter((key) => key.uid === uid);
  }

  /** Whether a key of the account may place orders, and change anything else (50120 where none may). */
  mayTrade(uid: string): boolean {
    return this.#tradingUids.has(uid);
  }

  #sumUp(): void {
    this.#tradingUids.clear();
    for (const key of this.#keys.values()) if (mayTrade(key)) this.#tradingUids.add(key.uid);
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
    if (sign !== expected) return new Refusal('50113', 401);
    return isFromBound(key, request.remoteAddress ?? '') ? key : new Refusal('50110', 401);
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

/** Whether this key may do what changes anything. */
export function mayTrade(key: ApiKey): boolean {
  return (key.permissions ?? DEFAULT_PERMISSIONS).split(',').includes('trade');
}

function isFromBound({ ip = '' }: ApiKey, remoteAddress: string): boolean {
  if (ip === '' || remoteAddress === '') return true;
  return ip.split(',').includes(plainAddress(remoteAddress));
}

/** An address of the old kind, however a server that listens on both kinds writes it. */
function plainAddress(address: string): string {
  const match = /^(?:0{4}:){5}ffff:([0-9a-f]{4}):([0-9a-f]{4})$/.exec(address);
  if (match === null) return address.replace(/^::ffff:/, '');
  const bytes = Buffer.from(match[1]! + match[2]!, 'hex');
  return [...bytes].join('.');
}
