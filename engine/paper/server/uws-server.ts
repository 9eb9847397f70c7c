import { STATUS_CODES } from 'node:http';
import type * as Uws from 'uWebSockets.js';
import type {
  UwsApp,
  UwsHttpRequest,
  UwsHttpResponse,
  UwsListenSocket,
  UwsSocketContext,
  UwsWebSocket,
} from 'uWebSockets.js';
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

export type UwsModule = typeof Uws;

interface SocketData {
  readonly path: string;
  transport: UwsTransport | null;
  events: SocketEvents | null;
}

type Socket = UwsWebSocket<SocketData>;

/**
 * The server on uWebSockets.js. Main thread only: a worker thread that listens with it aborts the whole process when it
 * ends.
 */
export class UwsServer implements HttpServer {
  readonly engine = HttpEngine.uws;
  readonly #uws: UwsModule;
  readonly #app: UwsApp;
  readonly #sockets = new Set<Socket>();
  #answer: (request: HttpRequest) => HttpResponse = notFound;
  #open: (path: string, transport: Transport) => SocketEvents | null = () => null;
  #token: UwsListenSocket | null = null;

  constructor(uws: UwsModule) {
    this.#uws = uws;
    this.#app = uws.App();
    this.#app.ws<SocketData>('/*', {
      compression: uws.DISABLED,
      maxPayloadLength: BODY_BYTES_MAX,
      // The session decides who is too slow, before this library drops messages by itself.
      maxBackpressure: 0,
      // Idleness has the venue's own rules.
      idleTimeout: 0,
      sendPingsAutomatically: false,
      upgrade: (response, request, context) => this.#upgrade(response, request, context),
      open: (socket) => this.#opened(socket),
      message: (socket, message) => socket.getUserData().events?.receive(TEXT.decode(message)),
      close: (socket) => {
        const data = socket.getUserData();
        this.#sockets.delete(socket);
        data.transport?.detach();
        data.events?.closed();
      },
    });
    this.#app.any('/*', (response, request) => this.#request(response, request));
  }

  handle(answer: (request: HttpRequest) => HttpResponse): void {
    this.#answer = answer;
  }

  accept(open: (path: string, transport: Transport) => SocketEvents | null): void {
    this.#open = open;
  }

  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      // Without "exclusive" two processes could share the port, each getting some of the connections.
      this.#app.listen(host, port, this.#uws.LIBUS_LISTEN_EXCLUSIVE_PORT, (token) => {
        if (token === false) {
          reject(new ListenError(host, port));
          return;
        }
        this.#token = token;
        resolve(this.#uws.us_socket_local_port(token));
      });
    });
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.end(GOING_AWAY, GOING_AWAY_REASON);
    if (this.#token !== null) this.#uws.us_listen_socket_close(this.#token);
    this.#token = null;
    // Ending a socket writes its close frame at once; closing the app then drops idle keep-alive connections too.
    this.#app.close();
    return Promise.resolve();
  }

  #upgrade(response: UwsHttpResponse, request: UwsHttpRequest, context: UwsSocketContext): void {
    const data: SocketData = { path: request.getUrl(), transport: null, events: null };
    response.upgrade(
      data,
      request.getHeader('sec-websocket-key'),
      request.getHeader('sec-websocket-protocol'),
      request.getHeader('sec-websocket-extensions'),
      context,
    );
  }

  #opened(socket: Socket): void {
    const data = socket.getUserData();
    this.#sockets.add(socket);
    data.transport = new UwsTransport(socket);
    data.events = this.#open(data.path, data.transport);
    if (data.events === null) socket.close();
  }

  #request(response: UwsHttpResponse, request: UwsHttpRequest): void {
    // The request object is only valid now; the body comes later.
    const method = request.getMethod().toUpperCase();
    const path = request.getUrl();
    const query = request.getQuery() ?? '';
    const headers: Record<string, string> = {};
    request.forEach((name, value) => {
      headers[name] = value;
    });
    const remoteAddress = TEXT.decode(response.getRemoteAddressAsText());
    const parts: Buffer[] = [];
    let bytes = 0;
    let isOver = false;
    const finish = (answer: HttpResponse): void => {
      isOver = true;
      response.cork(() => {
        response.writeStatus(`${answer.status} ${STATUS_CODES[answer.status] ?? ''}`);
        const headers = { 'Content-Type': 'application/json', ...answer.headers };
        for (const [name, value] of Object.entries(headers)) response.writeHeader(name, value);
        response.end(answer.body);
      });
    };
    response.onAborted(() => {
      isOver = true;
    });
    response.onData((chunk, isLast) => {
      if (isOver) return;
      bytes += chunk.byteLength;
      if (bytes > BODY_BYTES_MAX) {
        finish(TOO_LARGE);
        return;
      }
      // The chunk is the library's memory: it is copied before this returns.
      if (chunk.byteLength > 0) parts.push(Buffer.from(Buffer.from(chunk)));
      if (!isLast) return;
      const body = Buffer.concat(parts).toString('utf8');
      finish(this.#answer({ method, path, query, headers, body, remoteAddress }));
    });
  }
}

/** The library throws when a closed socket is touched, so the transport forgets it the moment it closes. */
class UwsTransport implements Transport {
  #socket: Socket | null;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  send(text: string): number {
    if (this.#socket === null) return 0;
    this.#socket.send(text);
    return this.#socket === null ? 0 : this.#socket.getBufferedAmount();
  }

  close(code: number, reason: string): void {
    if (code === NO_CLOSE_FRAME) this.#socket?.close();
    else this.#socket?.end(code, reason);
  }

  detach(): void {
    this.#socket = null;
  }
}

const TEXT = new TextDecoder();
const TOO_LARGE: HttpResponse = {
  status: 413,
  body: '{"code":"413","msg":"Request is too large","data":[]}',
};

function notFound(): HttpResponse {
  return { status: 404, body: '{}' };
}
