import { createServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { RecordingClient } from './recording-client.ts';
import { LOOPBACK } from './scripted-venue.ts';

/**
 * A server that others have written: it echoes what it is sent, and does as it is told by these messages: `ping`,
 * `fragments`, `goodbye`.
 */
interface EchoServer {
  readonly port: number;
  close(): Promise<void>;
}

const FRAGMENTS = ['one ', '', 'and two ', 'and three'];

async function wsServer(isTls: boolean): Promise<EchoServer> {
  const server = isTls ? createHttpsServer(LOOPBACK) : createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      const content = data.toString('utf8');
      if (content === 'goodbye') socket.close(4004, 'as you wish');
      else if (content === 'ping') {
        socket.once('pong', (echo) => socket.send(`pong ${echo.toString('utf8')}`));
        socket.ping('are you there');
      } else if (content === 'fragments') {
        for (const [index, part] of FRAGMENTS.entries()) {
          socket.send(part, { fin: index === FRAGMENTS.length - 1 });
          socket.ping(part);
        }
      } else socket.send(content);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The little of uWebSockets.js that is used here. */
interface UwsSocket {
  send(message: ArrayBuffer | string): number;
  ping(message: string): number;
  end(code: number, reason: string): void;
}
interface UwsApp {
  ws(pattern: string, behavior: object): UwsApp;
  listen(host: string, port: number, options: number, listened: (token: object | false) => void): UwsApp;
  close(): UwsApp;
}
interface Uws {
  App(): UwsApp;
  SSLApp(options: { key_file_name: string; cert_file_name: string }): UwsApp;
  us_socket_local_port(token: object): number;
  LIBUS_LISTEN_EXCLUSIVE_PORT: number;
}

/** Optional: it has no binary for every machine. */
function loadUws(): Uws | undefined {
  try {
    return createRequire(import.meta.url)('uWebSockets.js') as Uws;
  } catch {
    return undefined;
  }
}

const uws = loadUws();

async function uwsServer(isTls: boolean): Promise<EchoServer> {
  const path = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
  const app = isTls
    ? uws!.SSLApp({ key_file_name: path('localhost.key'), cert_file_name: path('localhost.crt') })
    : uws!.App();
  app.ws('/*', {
    compression: 0,
    maxPayloadLength: 4 * 1024 * 1024,
    maxBackpressure: 16 * 1024 * 1024,
    message(socket: UwsSocket, message: ArrayBuffer) {
      const content = Buffer.from(message).toString('utf8');
      if (content === 'goodbye') socket.end(4004, 'as you wish');
      else if (content === 'ping') socket.ping('are you there');
      else socket.send(message.slice(0));
    },
    pong(socket: UwsSocket, message: ArrayBuffer) {
      socket.send(`pong ${Buffer.from(message).toString('utf8')}`);
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    app.listen('127.0.0.1', 0, uws!.LIBUS_LISTEN_EXCLUSIVE_PORT, (token) => {
      if (token === false) reject(new Error('expected uWebSockets.js to listen'));
      else resolve(uws!.us_socket_local_port(token));
    });
  });
  return {
    port,
    close() {
      app.close();
      return Promise.resolve();
    },
  };
}

type ServerRow = readonly [string, boolean, (isTls: boolean) => Promise<EchoServer>];

const UWS_SERVERS: readonly ServerRow[] = [
  ['uWebSockets.js', false, uwsServer],
  ['uWebSockets.js with TLS', true, uwsServer],
];
const SERVERS: readonly ServerRow[] = [
  ['ws', false, wsServer],
  ['ws with TLS', true, wsServer],
  ...(uws === undefined ? [] : UWS_SERVERS),
];

describe.each(SERVERS)('a server by %s', (_name, isTls, open) => {
  let server: EchoServer;
  let client: RecordingClient;

  beforeEach(async () => {
    server = await open(isTls);
    client = isTls
      ? new RecordingClient(`wss://localhost:${server.port}/`, { ca: LOOPBACK.cert })
      : new RecordingClient(`ws://localhost:${server.port}/`);
    expect(await client.told.next()).toEqual({ what: 'opened' });
  });

  afterEach(async () => {
    client.socket.terminate();
    await server.close();
  });

  it.each([0, 1, 125, 126, 127, 4_096, 8_192, 8_193, 65_535, 65_536, 1_000_000])(
    'echoes %i bytes',
    async (length) => {
      const content = Array.from({ length }, (_, index) => String.fromCharCode(32 + (index % 90))).join('');
      expect(client.send(content)).toBe(true);
      expect(await client.told.next()).toMatchObject({ what: 'frame', text: content });
    },
  );

  it('echoes many messages of one turn, in order', async () => {
    const contents = Array.from({ length: 200 }, (_, index) => `${index} ${'x'.repeat((index * 37) % 700)}`);
    for (const content of contents) expect(client.send(content)).toBe(true);
    for (const content of contents) {
      expect(await client.told.next()).toMatchObject({ what: 'frame', text: content });
    }
  });

  it('has its ping answered', async () => {
    client.send('ping');
    expect(await client.told.next()).toMatchObject({ what: 'frame', text: 'pong are you there' });
  });

  it('says goodbye', async () => {
    client.send('goodbye');
    expect(await client.told.next()).toEqual({ what: 'closed', code: 4004, reason: 'as you wish' });
    expect(client.send('x')).toBe(false);
  });

  it('returns our goodbye', async () => {
    client.socket.close(1000);
    expect(await client.told.next()).toMatchObject({ what: 'closed', code: 1000 });
  });
});

describe.each(SERVERS.slice(0, 2))('a server by %s', (_name, isTls, open) => {
  it('sends in fragments with pings between them', async () => {
    const server = await open(isTls);
    const url = `${isTls ? 'wss' : 'ws'}://localhost:${server.port}/`;
    const client = new RecordingClient(url, isTls ? { ca: LOOPBACK.cert } : {});
    expect(await client.told.next()).toEqual({ what: 'opened' });
    client.send('fragments');
    expect(await client.told.next()).toMatchObject({ what: 'frame', text: FRAGMENTS.join('') });
    client.socket.terminate();
    await server.close();
  });
});
