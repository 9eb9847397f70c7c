import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { Milliseconds } from '../base/units.ts';
import { NS_PER_MS } from '../base/units.ts';
import { assertPostedTag } from '../okx/tag-proof.ts';
import { HEADER_DEMO, HEADER_EXPIRY } from '../okx/venue-limits.ts';
import type { Credentials } from './credentials.ts';
import { KeyAuth } from './rest-auth.ts';
import type { RestAuth } from './rest-auth.ts';
import { RestError, RestErrorCode } from './rest-error.ts';
import { PoolTransport } from './rest-transport.ts';
import type { RestAnswer, RestTransport } from './rest-transport.ts';

export interface RestClientOptions {
  /**
   * Such as "https://openapi.okx.com"; a path after the host is put before every request's path and is not
   * signed.
   */
  readonly baseUrl: string;
  /** Of a key that signs. Without them, and without `auth`, only public paths can be asked. */
  readonly credentials?: Credentials;
  /** What shows whose a call is, in place of a key. */
  readonly auth?: RestAuth;
  /** The broker's tag: without it, no order can be posted. */
  readonly tag?: string;
  /** Demo trading: the production host with one more header. */
  readonly isDemo: boolean;
  readonly clock: Clock;
  /** For a whole call: connection, request and the answer's last byte. */
  readonly timeoutMs: Milliseconds;
  /** Sockets kept open at most; each carries one call at a time. */
  readonly connectionsMax?: number;
  /** What carries the calls; connections of its own unless given. */
  readonly transport?: RestTransport;
}

export type RestQuery = Readonly<Record<string, string | number | undefined>>;

export interface RestCallOptions {
  /** Signs the request with the account's key. POST is always signed. */
  readonly isSigned?: boolean;
  /**
   * Of batch operations: code "1" (all items failed) and "2" (some did) are an answer with a result for each
   * item, not an error.
   */
  readonly isBatch?: boolean;
  /** Of orders and amends: the venue's time after which it must refuse instead of act; "" for none. */
  readonly expTime?: string;
}

const CLOCK_SAMPLES = 3;

/**
 * The venue's REST interface: keep-alive connections, one call at a time on each, signatures with the venue's
 * time. Nothing is retried here: whoever calls knows whether a second try is safe (`RestError.isRetryable`,
 * `RestError.isOutcomeUnknown`).
 */
export class RestClient {
  readonly #transport: RestTransport;
  readonly #prefix: string;
  readonly #auth: RestAuth | undefined;
  readonly #tag: string | undefined;
  readonly #isDemo: boolean;
  readonly #clock: Clock;
  readonly #timeoutMs: Milliseconds;
  /** The venue's clock less ours, as measured last. */
  offsetMs: Milliseconds = 0;
  /** The offset is right to within this: half the round trip it was measured with. */
  offsetErrorMs: Milliseconds = Number.POSITIVE_INFINITY;

  constructor(options: RestClientOptions) {
    const url = new URL(options.baseUrl);
    this.#prefix = url.pathname === '/' ? '' : url.pathname.replace(/\/$/, '');
    const { auth, credentials } = options;
    this.#auth = auth ?? (credentials === undefined ? undefined : new KeyAuth(credentials));
    this.#tag = options.tag;
    this.#isDemo = options.isDemo;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    this.#transport =
      options.transport ??
      new PoolTransport({
        origin: url.origin,
        timeoutMs: options.timeoutMs,
        connectionsMax: options.connectionsMax ?? 4,
      });
  }

  /** The `data` of the answer. @throws RestError */
  async get(path: string, query: RestQuery = {}, options: RestCallOptions = {}): Promise<unknown[]> {
    const requestPath = path + queryText(query);
    const answer = await this.#call('GET', requestPath, '', options.isSigned ?? false);
    return dataOf('GET', requestPath, answer, options.isBatch ?? false);
  }

  /**
   * The whole answer as text, once its code is known to be "0": for answers decoded elsewhere. @throws
   * RestError
   */
  async getText(path: string, query: RestQuery = {}, options: RestCallOptions = {}): Promise<string> {
    const requestPath = path + queryText(query);
    const answer = await this.#call('GET', requestPath, '', options.isSigned ?? false);
    dataOf('GET', requestPath, answer, options.isBatch ?? false);
    return answer.text;
  }

  /** Signs and posts `body` as JSON; the `data` of the answer. @throws RestError */
  post(path: string, body: unknown, options: RestCallOptions = {}): Promise<unknown[]> {
    return this.postText(path, JSON.stringify(body), options);
  }

  /** As `post`, for a body that has been encoded. @throws RestError */
  async postText(path: string, body: string, options: RestCallOptions = {}): Promise<unknown[]> {
    const answer = await this.#call('POST', path, body, true, options.expTime);
    return dataOf('POST', path, answer, options.isBatch ?? false);
  }

  /**
   * Posts an order operation; the venue's envelope as it came, whatever its code: refusals are answers too.
   *
   * @throws RestError when there is no envelope: nobody knows then whether it was carried out
   */
  async operate(path: string, body: string, expTime: string): Promise<string> {
    const answer = await this.#call('POST', path, body, true, expTime);
    if (envelopeOf(answer.text) !== undefined) return answer.text;
    throw new RestError(
      RestErrorCode.http,
      `expected a JSON object with "code", was HTTP ${answer.status} with ${answer.text.length} characters`,
      { method: 'POST', path, httpStatus: answer.status },
    );
  }

  /**
   * Measures `offsetMs`: the server's time is taken to be that of the middle of the round trip, and of a few
   * samples the one with the shortest trip is kept, because its error is bounded by half the trip.
   *
   * @throws RestError when no sample succeeds in turn
   */
  async measureClockOffset(): Promise<void> {
    let bestTripMs = Number.POSITIVE_INFINITY;
    for (let sample = 0; sample < CLOCK_SAMPLES; sample++) {
      const path = '/api/v5/public/time';
      const startNs = this.#clock.nowNs();
      const startMs = this.#clock.wallMs();
      let row: unknown;
      try {
        [row] = await this.get(path);
      } catch (error) {
        // A busy venue that has answered once has told enough.
        if (sample > 0 && error instanceof RestError && error.isRetryable) return;
        throw error;
      }
      const tripMs = (this.#clock.nowNs() - startNs) / NS_PER_MS;
      const venueMs = Number((row as { ts?: unknown } | undefined)?.ts);
      if (!Number.isSafeInteger(venueMs) || venueMs <= 0) {
        throw new RestError(RestErrorCode.malformed, 'expected data[0].ts in milliseconds', {
          method: 'GET',
          path,
        });
      }
      if (tripMs < bestTripMs) {
        bestTripMs = tripMs;
        this.offsetMs = Math.round(venueMs - (startMs + tripMs / 2));
        this.offsetErrorMs = tripMs / 2;
      }
    }
  }

  /** The venue's time as far as we know it: for timestamps, logins and expiry times. */
  venueMs(): Milliseconds {
    return this.#clock.wallMs() + this.offsetMs;
  }

  /** Ends every connection; calls under way fail with REST_NETWORK. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  async #call(
    method: 'GET' | 'POST',
    requestPath: string,
    body: string,
    isPrivate: boolean,
    expTime = '',
  ): Promise<RestAnswer> {
    if (method === 'POST') assertPostedTag(requestPath, body, this.#tag);
    const base: Record<string, string> = { 'content-type': 'application/json' };
    if (this.#isDemo) base[HEADER_DEMO] = '1';
    if (expTime !== '') base[HEADER_EXPIRY] = expTime;
    if (!isPrivate) return this.#carry(method, requestPath, body, base);
    const auth = this.#auth;
    assert(auth !== undefined, 'a private call is only made with credentials');
    for (let isLast = false; ; isLast = true) {
      const headers = { ...base };
      auth.authorize(headers, { method, requestPath, body, venueMs: this.venueMs() });
      const answer = await this.#carry(method, requestPath, body, headers);
      if (isLast || answer.status < 400) return answer;
      const code = envelopeOf(answer.text)?.code ?? '';
      if (!(await auth.isWorthAnother(headers, code))) return answer;
    }
  }

  async #carry(
    method: 'GET' | 'POST',
    requestPath: string,
    body: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<RestAnswer> {
    try {
      return await this.#transport.call({ method, path: this.#prefix + requestPath, headers, body });
    } catch (cause) {
      throw transportError(cause, method, requestPath, this.#timeoutMs);
    }
  }
}

/** "" or "?a=1&b=2" in the order given, which is the order signed; undefined values are left out. */
function queryText(query: RestQuery): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  }
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
}

function dataOf(method: string, path: string, answer: RestAnswer, isBatch: boolean): unknown[] {
  const httpStatus = answer.status;
  const envelope = envelopeOf(answer.text);
  if (envelope === undefined) {
    const isSuccess = httpStatus >= 200 && httpStatus < 300;
    throw new RestError(
      isSuccess ? RestErrorCode.malformed : RestErrorCode.http,
      `expected a JSON object with "code" and "data", was HTTP ${httpStatus} with ${answer.text.length} characters`,
      { method, path, httpStatus },
    );
  }
  const hasItems = Array.isArray(envelope.data) && envelope.data.length > 0;
  const isPartial = isBatch && hasItems && (envelope.code === '1' || envelope.code === '2');
  if (envelope.code !== '0' && !isPartial) {
    throw new RestError(RestErrorCode.rejected, `refused with ${envelope.code}: ${refusalText(envelope)}`, {
      method,
      path,
      httpStatus,
      okxCode: itemCode(envelope),
    });
  }
  if (!Array.isArray(envelope.data)) {
    throw new RestError(RestErrorCode.malformed, 'expected "data" to be an array', {
      method,
      path,
      httpStatus,
      okxCode: envelope.code,
    });
  }
  return envelope.data;
}

interface Envelope {
  readonly code: string;
  readonly msg: string;
  readonly data: unknown;
}

function envelopeOf(text: string): Envelope | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('code' in value)) return undefined;
  const { code, msg, data } = value as Record<string, unknown>;
  // Documented as text; some gateway errors carry a number.
  if (typeof code !== 'string' && typeof code !== 'number') return undefined;
  return { code: String(code), msg: typeof msg === 'string' ? msg : '', data };
}

/** A refused single operation has code "1" at the root and its reason in the item. */
function itemCode(envelope: Envelope): string {
  const item = firstItem(envelope);
  return envelope.code === '1' && typeof item?.sCode === 'string' && item.sCode !== ''
    ? item.sCode
    : envelope.code;
}

function refusalText(envelope: Envelope): string {
  const item = firstItem(envelope);
  const itemText = typeof item?.sMsg === 'string' ? `${String(item.sCode)} ${item.sMsg}` : '';
  return (envelope.msg === '' ? itemText : envelope.msg).slice(0, 200);
}

function firstItem(envelope: Envelope): Record<string, unknown> | undefined {
  const item: unknown = Array.isArray(envelope.data) ? envelope.data[0] : undefined;
  return typeof item === 'object' && item !== null ? (item as Record<string, unknown>) : undefined;
}

function transportError(cause: unknown, method: string, path: string, timeoutMs: Milliseconds): RestError {
  const name =
    typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'no code';
  if (name.endsWith('TIMEOUT')) {
    return new RestError(RestErrorCode.timeout, `expected an answer within ${timeoutMs} ms, none came`, {
      method,
      path,
      cause,
    });
  }
  // Only the cause's code goes into the text: messages of lower layers may quote headers.
  return new RestError(RestErrorCode.network, `expected an answer, the connection failed (${name})`, {
    method,
    path,
    cause,
  });
}
