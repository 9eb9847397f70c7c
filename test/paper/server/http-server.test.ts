import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { Transport } from '../../../engine/paper/gateway/session.ts';
import { createHttpServer, HttpChoice } from '../../../engine/paper/server/create-server.ts';
import { BODY_BYTES_MAX } from '../../../engine/paper/server/http-server.ts';
import type { HttpRequest, HttpServer } from '../../../engine/paper/server/http-server.ts';

const refuseToWarn = (line: string): void => {
  throw new Error(`unexpected fallback: ${line}`);
};

function loads(choice: HttpChoice): boolean {
  try {
    createHttpServer(choice, refuseToWarn);
    return true;
  } catch {
    return false;
  }
}

/** A port that the system gave out and took back. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

const ENGINES = [HttpChoice.uws, HttpChoice.node].filter(loads);
const OPEN_SERVERS: HttpServer[] = [];

afterEach(async () => {
  await Promise.all(OPEN_SERVERS.splice(0).map((server) => server.close()));
});

describe.each(ENGINES)('the %s server', (choice) => {
  function create(): HttpServer {
    const server = createHttpServer(choice, refuseToWarn);
    OPEN_SERVERS.push(server);
    return server;
  }

  it('answers with status and body, and gives the request whole', async () => {
    const server = create();
    const seen: HttpRequest[] = [];
    server.handle((request) => {
      seen.push(request);
      return { status: 401, body: '{"code":"50113"}' };
    });
    const port = await server.listen('127.0.0.1', 0);
    expect(port).toBeGreaterThan(0);
    const response = await fetch(`http://127.0.0.1:${port}/api/v5/trade/order?instId=BTC-USDT&x=%20`, {
      method: 'POST',
      headers: { 'OK-ACCESS-KEY': 'k', 'content-type': 'application/json' },
      body: '{"px":"1","sMsg":"é"}',
    });
    expect(response.status).toBe(401);
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(await response.json()).toEqual({ code: '50113' });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: 'POST',
      path: '/api/v5/trade/order',
      query: 'instId=BTC-USDT&x=%20',
      body: '{"px":"1","sMsg":"é"}',
    });
    expect(seen[0]!.headers['ok-access-key']).toBe('k');
    expect(seen[0]!.remoteAddress).toContain('127.0.0.1');
  });

  it('answers a GET without a query and without a body', async () => {
    const server = create();
    server.handle((request) => ({ status: 200, body: JSON.stringify([request.query, request.body]) }));
    const port = await server.listen('127.0.0.1', 0);
    const response = await fetch(`http://127.0.0.1:${port}/api/v5/public/time`);
    expect(await response.json()).toEqual(['', '']);
  });

  it('refuses a body that is too large and goes on serving', async () => {
    const server = create();
    server.handle(() => ({ status: 200, body: '{}' }));
    const port = await server.listen('127.0.0.1', 0);
    const url = `http://127.0.0.1:${port}/`;
    const large = await fetch(url, { method: 'POST', body: 'x'.repeat(BODY_BYTES_MAX + 1) }).then(
      (response) => response.status,
      () => 413,
    );
    expect(large).toBe(413);
    expect((await fetch(url)).status).toBe(200);
  });

  it('carries text both ways, and tells of the end once', async () => {
    const server = create();
    const ended: string[] = [];
    server.accept((path, transport) => ({
      receive: (text) => transport.send(`${path} ${text}`),
      closed: () => ended.push(path),
    }));
    const port = await server.listen('127.0.0.1', 0);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws/v5/public?brokerId=9999`);
    await once(socket, 'open');
    socket.send('ping');
    const [message, isBinary] = (await once(socket, 'message')) as [Buffer, boolean];
    expect(isBinary).toBe(false);
    expect(message.toString()).toBe('/ws/v5/public ping');
    const large = 'y'.repeat(200_000);
    socket.send(large);
    const [echo] = (await once(socket, 'message')) as [Buffer];
    expect(echo.toString()).toBe(`/ws/v5/public ${large}`);
    socket.close();
    await once(socket, 'close');
    await server.close();
    expect(ended).toEqual(['/ws/v5/public']);
  });

  it('closes with the code and reason of the venue, after what was sent', async () => {
    const server = create();
    server.accept((_path, transport) => ({
      receive: () => {
        transport.send('last words');
        transport.close(4004, 'No data received in 30s.');
      },
      closed: () => {},
    }));
    const port = await server.listen('127.0.0.1', 0);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(socket, 'open');
    const received: string[] = [];
    socket.on('message', (message: Buffer) => received.push(message.toString()));
    socket.send('x');
    const [code, reason] = (await once(socket, 'close')) as [number, Buffer];
    expect([code, reason.toString(), received]).toEqual([4004, 'No data received in 30s.', ['last words']]);
  });

  it('drops a connection that nobody wants', async () => {
    const server = create();
    server.accept(() => null);
    const port = await server.listen('127.0.0.1', 0);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/elsewhere`);
    socket.on('error', () => {});
    const code = await new Promise<number>((resolve) => {
      socket.on('close', resolve);
    });
    expect(code).toBe(1006);
  });

  it('survives peers that vanish: a transport may be used after its socket is gone', async () => {
    const server = create();
    let kept: Transport | null = null;
    const closed = new Promise<void>((resolve) => {
      server.accept((_path, transport) => {
        kept = transport;
        return { receive: () => {}, closed: () => resolve() };
      });
    });
    const port = await server.listen('127.0.0.1', 0);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(socket, 'open');
    socket.terminate();
    await closed;
    expect(kept!.send('into the void')).toBe(0);
    kept!.close(1001, '');
  });

  it('says goodbye with 1001 and frees its port', async () => {
    const server = create();
    server.accept(() => ({ receive: () => {}, closed: () => {} }));
    server.handle(() => ({ status: 200, body: '{}' }));
    // A port of one's own choice, as users do: only such a one is asked for again.
    const port = await freePort();
    await server.listen('127.0.0.1', port);
    // An idle keep-alive connection must not hold the end up.
    const idle = connect(port, '127.0.0.1');
    idle.on('error', () => {});
    await once(idle, 'connect');
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    await once(socket, 'open');
    const goodbye = once(socket, 'close') as Promise<[number]>;
    await server.close();
    expect((await goodbye)[0]).toBe(1001);
    idle.destroy();
    const next = create();
    expect(await next.listen('127.0.0.1', port)).toBe(port);
  });

  it('refuses a port that is taken', async () => {
    const first = create();
    const port = await first.listen('127.0.0.1', 0);
    await expect(create().listen('127.0.0.1', port)).rejects.toMatchObject({ code: 'LISTEN', port });
  });
});

describe('the choice of server', () => {
  it('demands nothing of the machine when the fallback is chosen', () => {
    expect(createHttpServer(HttpChoice.node, refuseToWarn).engine).toBe('node');
  });

  it('falls back with one line or takes uWebSockets.js without a word', () => {
    const lines: string[] = [];
    const server = createHttpServer(HttpChoice.auto, (line) => lines.push(line));
    expect(lines).toHaveLength(server.engine === 'uws' ? 0 : 1);
  });

  // The binary is a third party's repack of the official build: pinned here, beside the lock file's integrity.
  const binary = ((): Buffer | null => {
    try {
      const path = createRequire(import.meta.url).resolve('uWebSockets.js');
      return readFileSync(path.replace(/index\.js$/, 'uws.node'));
    } catch {
      return null;
    }
  })();
  it.skipIf(binary === null)('loads the very binary that was examined', () => {
    expect(createHash('sha256').update(binary!).digest('hex')).toBe(
      '4d482084b665c225892917ee0e9b9572d89eaa6f3dc200ff5e536293d3456c89',
    );
  });
});
