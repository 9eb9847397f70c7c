import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Transport } from '../gateway/session.ts';
import {
  BODY_BYTES_MAX,
  GOING_AWAY,
  GOING_AWAY_REASON,
  HttpEngine,
  ListenError,
  NO_CLOSE_FRAME,
} from './http-server.ts';
import type { HttpRequest, HttpResponse, HttpServer, SocketEvents } from './http-server.ts';

/** The server on node:http and ws: where uWebSockets.js has no binary for the machine. */
export class NodeServer implements HttpServer {
  readonly engine = HttpEngine.node;
  readonly #server: Server;
  readonly #webSockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: BODY_BYTES_MAX,
    clientTracking: true,
  });
  #answer: (request: HttpRequest) => HttpResponse = () => ({ status: 404, body: '{}' });
  #open: (path: string, transport: Transport) => SocketEvents | null = () => null;

  constructor() {
    this.#server = createServer((request, response) => this.#request(request, response));
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  handle(answer: (request: HttpRequest) => HttpResponse): void {
    this.#answer = answer;
  }

  accept(open: (path: string, transport: Transport) => SocketEvents | null): void {
    this.#open = open;
  }

  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => reject(new ListenError(host, port, error));
      this.#server.once('error', failed);
      this.#server.listen({ host, port, exclusive: true }, () => {
        this.#server.off('error', failed);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const client of this.#webSockets.clients) client.close(GOING_AWAY, GOING_AWAY_REASON);
      // Plain connections are between requests, for every request is answered at once. Sockets may answer the close
      // frame first, but do not hold the process up for long.
      this.#server.closeAllConnections();
      setTimeout(() => {
        for (const client of this.#webSockets.clients) client.terminate();
      }, CLOSE_MS_MAX).unref();
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const path = pathOf(request);
    socket.on('error', () => socket.destroy());
    this.#webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const events = this.#open(path, new WsTransport(webSocket));
      if (events === null) {
        webSocket.terminate();
        return;
      }
      webSocket.on('message', (message) => events.receive(textOf(message)));
      webSocket.on('close', () => events.closed());
      // A protocol error of the client's closes the socket, which is told by 'close'.
      webSocket.on('error', () => webSocket.terminate());
    });
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const parts: Buffer[] = [];
    let bytes = 0;
    let isOver = false;
    const finish = (answer: HttpResponse): void => {
      isOver = true;
      response.writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers });
      response.end(answer.body);
    };
    request.on('data', (chunk: Buffer) => {
      if (isOver) return;
      bytes += chunk.length;
      if (bytes > BODY_BYTES_MAX) finish(TOO_LARGE);
      else parts.push(chunk);
    });
    request.on('error', () => {
      isOver = true;
    });
    request.on('end', () => {
      if (isOver) return;
      const url = request.url ?? '/';
      const mark = url.indexOf('?');
      finish(
        this.#answer({
          method: request.method ?? 'GET',
          path: pathOf(request),
          query: mark === -1 ? '' : url.slice(mark + 1),
          headers: headersOf(request),
          body: Buffer.concat(parts).toString('utf8'),
          remoteAddress: request.socket.remoteAddress ?? '',
        }),
      );
    });
  }
}

class WsTransport implements Transport {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  send(text: string): number {
    if (this.#socket.readyState !== this.#socket.OPEN) return 0;
    this.#socket.send(text);
    return this.#socket.bufferedAmount;
  }

  close(code: number, reason: string): void {
    if (code === NO_CLOSE_FRAME) this.#socket.terminate();
    else this.#socket.close(code, reason);
  }
}

/** How long a closing server waits for its clients. */
const CLOSE_MS_MAX = 1_000;

const TOO_LARGE: HttpResponse = {
  status: 413,
  body: '{"code":"413","msg":"Request is too large","data":[]}',
};

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0]!;
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

function textOf(message: Buffer | ArrayBuffer | Buffer[]): string {
  if (Buffer.isBuffer(message)) return message.toString('utf8');
  return Array.isArray(message)
    ? Buffer.concat(message).toString('utf8')
    : Buffer.from(message).toString('utf8');
}
