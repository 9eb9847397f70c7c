import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';

/** Things that happen, to be awaited one after another; what comes too early waits. */
export class Happenings<Item> {
  readonly #items: Item[] = [];
  readonly #takers: ((item: Item) => void)[] = [];

  add(item: Item): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker(item);
  }

  next(): Promise<Item> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift()!);
    return new Promise((resolve) => {
      this.#takers.push(resolve);
    });
  }

  /** What has happened and was not taken yet. */
  get waiting(): readonly Item[] {
    return this.#items;
  }
}

type Message = Record<string, unknown> & { op?: string; id?: string; args?: Record<string, string>[] };

/** One socket as the venue sees it. */
export class Peer {
  readonly socket: WebSocket;
  readonly path: string;
  readonly received = new Happenings<string>();
  readonly ended: Promise<number>;

  constructor(socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.path = request.url ?? '';
    socket.on('message', (data: Buffer) => this.received.add(data.toString('utf8')));
    this.ended = new Promise((resolve) => {
      socket.on('close', (code) => resolve(code));
    });
  }

  async message(): Promise<Message> {
    return JSON.parse(await this.received.next()) as Message;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** Takes a login and accepts it. */
  async acceptLogin(): Promise<Message> {
    const message = await this.message();
    this.send({ event: 'login', code: '0', msg: '', connId: 'a4d3ae55' });
    return message;
  }

  /** Takes a subscription or its end and confirms every channel of it. */
  async acceptChannels(): Promise<Message> {
    const message = await this.message();
    for (const arg of message.args ?? [])
      this.send({ id: message.id, event: message.op, arg, connId: 'a4d3ae55' });
    return message;
  }
}

/** Key and certificate of this machine's loopback; whoever trusts the certificate talks TLS to a venue here. */
export const LOOPBACK = {
  key: readFileSync(new URL('../fixtures/tls/localhost.key', import.meta.url), 'latin1'),
  cert: readFileSync(new URL('../fixtures/tls/localhost.crt', import.meta.url), 'latin1'),
};

/** A venue that does what the test says, frame by frame. */
export class ScriptedVenue {
  readonly peers = new Happenings<Peer>();
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly url: string;

  private constructor(server: Server, sockets: WebSocketServer, isTls: boolean) {
    this.#server = server;
    this.#sockets = sockets;
    const { port } = server.address() as AddressInfo;
    this.url = `${isTls ? 'wss://localhost' : 'ws://127.0.0.1'}:${port}/ws/v5/public`;
    sockets.on('connection', (socket, request) => this.peers.add(new Peer(socket, request)));
  }

  static async open(isTls = false): Promise<ScriptedVenue> {
    const server = isTls ? createTlsServer(LOOPBACK) : createServer();
    const sockets = new WebSocketServer({ server });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return new ScriptedVenue(server, sockets, isTls);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }
}
