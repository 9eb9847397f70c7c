import { Pool } from 'undici';
import type { Milliseconds } from '../base/units.ts';

/** A request as it goes out: signed, its path with the query. */
export interface OutgoingRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** '' of a GET. */
  readonly body: string;
}

export interface RestAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * What carries REST calls: a pool of connections, or a simulated network. A call fails with an Error whose `code` says why;
 * one that ends with TIMEOUT means that no complete answer came in time.
 */
export interface RestTransport {
  call(request: OutgoingRequest): Promise<RestAnswer>;
  /** Ends every connection; calls under way fail. */
  close(): Promise<void>;
}

/** The largest answer (all options of an underlying) is a few MB; anything larger is not ours. */
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

export interface PoolTransportOptions {
  readonly origin: string;
  /** For a whole call: connection, request and the answer's last byte. */
  readonly timeoutMs: Milliseconds;
  /** Sockets kept open at most; each carries one call at a time. */
  readonly connectionsMax: number;
}

/** Keep-alive connections, one call at a time on each. */
export class PoolTransport implements RestTransport {
  readonly #pool: Pool;
  readonly #timeoutMs: Milliseconds;

  constructor({ origin, timeoutMs, connectionsMax }: PoolTransportOptions) {
    this.#timeoutMs = timeoutMs;
    this.#pool = new Pool(origin, {
      connections: connectionsMax,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      // Verified even with NODE_TLS_REJECT_UNAUTHORIZED=0 in the environment: these calls are signed.
      connect: { timeout: timeoutMs, rejectUnauthorized: true },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      maxResponseSize: ANSWER_BYTES_MAX,
    });
  }

  async call({ method, path, headers, body }: OutgoingRequest): Promise<RestAnswer> {
    // One timer for the whole call: undici's own ones start anew with each stage, so a server that drips
    // would hold us.
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), this.#timeoutMs);
    try {
      const answer = await this.#pool.request({
        method,
        path,
        headers,
        body: method === 'GET' ? null : body,
        signal: abort.signal,
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (cause) {
      if (!abort.signal.aborted) throw cause;
      throw Object.assign(new Error('the call took too long', { cause }), { code: 'CALL_TIMEOUT' });
    } finally {
      clearTimeout(timer);
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
