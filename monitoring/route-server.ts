import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** A request has a line and few headers; one that takes longer than this to send them is not a scraper. */
const REQUEST_TIMEOUT_MS = 5000;
const HEADERS_BYTES_MAX = 8192;
/** Prometheus keeps one connection open between scrapes, 15 s apart by default; others need not be kept. */
const KEEP_ALIVE_MS = 20_000;
const CONNECTIONS_MAX = 64;

const JSON_TYPE = 'application/json; charset=utf-8';

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export type Route = () => Answer | Promise<Answer>;

export function jsonAnswer(status: number, value: unknown): Answer {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(value)}\n` };
}

/** An HTTP server that answers GET and HEAD of these paths, not yet listening. No body of a request is looked at. */
export function createRouteServer(routes: Readonly<Record<string, Route>>): Server {
  const server = createServer(
    {
      requestTimeout: REQUEST_TIMEOUT_MS,
      headersTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: HEADERS_BYTES_MAX,
    },
    (request, response) => {
      void answer(routes, request, response);
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}

async function answer(
  routes: Readonly<Record<string, Route>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A body is of no interest, but has to be read off the connection before the next request on it.
  request.resume();
  const { status, contentType, body } = await answerOf(routes, request);
  response.statusCode = status;
  response.setHeader('Content-Type', contentType);
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.setHeader('Cache-Control', 'no-store');
  if (status === 405) response.setHeader('Allow', 'GET, HEAD');
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function answerOf(routes: Readonly<Record<string, Route>>, request: IncomingMessage): Promise<Answer> {
  const path = (request.url ?? '').split('?', 1)[0];
  if (!Object.hasOwn(routes, path)) {
    const expected = Object.keys(routes).join(', ');
    return jsonAnswer(404, { error: `path: expected one of ${expected}, was ${path}` });
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return jsonAnswer(405, { error: `method: expected GET or HEAD, was ${request.method}` });
  }
  try {
    return await routes[path]();
  } catch (error) {
    // A defect of the monitor must show in the monitor, not end its thread.
    return jsonAnswer(500, { error: `exporter: ${error instanceof Error ? error.message : String(error)}` });
  }
}
