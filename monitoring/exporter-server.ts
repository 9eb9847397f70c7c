import type { Clock } from '../engine/base/clock.ts';
import type { MetricsMemory } from '../engine/metrics/cells.ts';
import { Exposition } from './exposition.ts';
import { StatusReader } from './status.ts';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** A request has a line and few headers; one that takes longer than this to send them is not a scraper. */
const REQUEST_TIMEOUT_MS = 5000;
const HEADERS_BYTES_MAX = 8192;
/** Prometheus keeps one connection open between scrapes, 15 s apart by default; others need not be kept. */
const KEEP_ALIVE_MS = 20_000;
const CONNECTIONS_MAX = 64;

const JSON_TYPE = 'application/json; charset=utf-8';

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

type Route = () => Answer | Promise<Answer>;

function jsonAnswer(status: number, value: unknown): Answer {
  return { status, contentType: JSON_TYPE, body: `${JSON.stringify(value)}\n` };
}

/**
 * The exporter's HTTP server, not yet listening. It reads shared memory and nothing else.
 *
 * @param clock on the same time line as the engine's
 */
export function createExporterServer(memory: MetricsMemory, clock: Clock): Server {
  const exposition = new Exposition(memory, clock);
  const status = new StatusReader(memory, clock);
  const routes: Readonly<Record<string, Route>> = {
    '/metrics': async () => ({
      status: 200,
      contentType: exposition.contentType,
      body: await exposition.render(),
    }),
    '/healthz': () => {
      const health = status.health();
      return jsonAnswer(health.isAlive ? 200 : 503, health);
    },
    '/readyz': () => {
      const readiness = status.readiness();
      return jsonAnswer(readiness.isReady ? 200 : 503, readiness);
    },
    '/status': () => jsonAnswer(200, status.status()),
  };
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
