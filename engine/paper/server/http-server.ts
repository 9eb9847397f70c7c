import type { Transport } from '../gateway/session.ts';

/**
 * What the venue needs of an HTTP and WebSocket server, and no more: two implementations stand behind it, and the same
 * contract tests hold for both.
 */

export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark, as it came. */
  readonly query: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly remoteAddress: string;
}

export interface HttpResponse {
  readonly status: number;
  /** JSON, unless `headers` say otherwise. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a socket tells its owner. */
export interface SocketEvents {
  receive(text: string): void;
  closed(): void;
}

export interface HttpServer {
  readonly engine: HttpEngine;
  /** Every plain request, whatever its method and path. Registered once, before listening. */
  handle(answer: (request: HttpRequest) => HttpResponse): void;
  /** Every WebSocket connection; null drops it at once. Registered once, before listening. */
  accept(open: (path: string, transport: Transport) => SocketEvents | null): void;
  /**
   * Listens and resolves to the port, which is another one than asked for only when that was 0.
   *
   * @throws ListenError when the address is taken
   */
  listen(host: string, port: number): Promise<number>;
  /** Tells every socket goodbye (1001), stops listening, and resolves when the port is free. */
  close(): Promise<void>;
}

export const HttpEngine = { uws: 'uws', node: 'node' } as const;
export type HttpEngine = (typeof HttpEngine)[keyof typeof HttpEngine];

/** The address cannot be listened on. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly code = 'LISTEN';
  readonly host: string;
  readonly port: number;

  constructor(host: string, port: number, cause?: unknown) {
    super(`listen: expected ${host}:${port} to be free, it is in use or not ours; choose another --port`, {
      cause,
    });
    this.host = host;
    this.port = port;
  }
}

/** Requests larger than this are answered with 413: twenty orders take about six kilobytes. */
export const BODY_BYTES_MAX = 1_048_576;

export const GOING_AWAY = 1001;
export const GOING_AWAY_REASON = 'shutting down';

/** Asked of a transport, this drops the connection without a close frame: what the peer then sees as 1006. */
export const NO_CLOSE_FRAME = 1006;
