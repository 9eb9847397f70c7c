import { createHash } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../engine/base/clock.ts';
import { Random } from '../../engine/base/random.ts';
import type { FrameSocketOptions } from '../../engine/venue/frame-socket.ts';
import { RecordingClient } from './recording-client.ts';
import { Happenings, LOOPBACK } from './scripted-venue.ts';
import { control, frameOf, goodbye, text, wsLog } from './wire-frames.ts';

/** A server's end on plain TCP: what comes is kept, what goes is what the test writes. */
class RawPeer {
  readonly socket: Socket;
  readonly hasEnded: Promise<void>;
  #received = Buffer.alloc(0);
  #heard: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#heard();
    });
    this.hasEnded = new Promise((resolve) => {
      socket.on('end', resolve);
      socket.on('close', resolve);
    });
  }

  /** Everything received, as soon as it is enough. */
  async received(isEnough: (bytes: Buffer) => boolean): Promise<Buffer> {
    while (!isEnough(this.#received)) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    const bytes = this.#received;
    this.#received = Buffer.alloc(0);
    return bytes;
  }

  async answer(): Promise<string> {
    const request = (await this.received((bytes) => bytes.includes('\r\n\r\n'))).toString('latin1');
    const key = /^Sec-WebSocket-Key: (\S+)\r$/m.exec(request)![1]!;
    const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
  }

  async accept(): Promise<void> {
    this.socket.write(await this.answer());
  }

  /** What our client has sent, read by the judge, once there are so many bytes of it. */
  async frames(bytes: number): Promise<string[]> {
    return wsLog([await this.received((all) => all.length >= bytes)], 1_000_000, true);
  }
}

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

function openClient(url: string, options: Partial<FrameSocketOptions> = {}): RecordingClient {
  const client = new RecordingClient(url, options);
  undo.push(() => client.socket.terminate());
  return client;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  undo.push(() => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}

async function rawServer(): Promise<{ url: string; peers: Happenings<RawPeer> }> {
  const peers = new Happenings<RawPeer>();
  // Half open: the test says when the server's end ends.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    undo.push(() => socket.destroy());
    peers.add(new RawPeer(socket));
  });
  return { url: `ws://127.0.0.1:${await listen(server)}/path`, peers };
}

async function connected(
  options: Partial<FrameSocketOptions> = {},
): Promise<{ client: RecordingClient; peer: RawPeer }> {
  const { url, peers } = await rawServer();
  const client = openClient(url, options);
  const peer = await peers.next();
  await peer.accept();
  expect(await client.told.next()).toEqual({ what: 'opened' });
  return { client, peer };
}

/** A turn of the event loop in which what was written has gone to the other side and been read there. */
function aWhile(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 2);
  });
}

describe('the handshake', () => {
  it('may come in any two pieces, with frames behind it in the same piece', async () => {
    const { url, peers } = await rawServer();
    for (let at = 0; at < 129; at += 4) {
      const client = openClient(url);
      const peer = await peers.next();
      const stream = Buffer.concat([Buffer.from(await peer.answer()), text('one'), text('two')]);
      if (at > 0) {
        peer.socket.write(stream.subarray(0, at));
        await aWhile();
      }
      peer.socket.write(stream.subarray(at));
      expect(await client.told.next()).toEqual({ what: 'opened' });
      expect(await client.told.next()).toMatchObject({ what: 'frame', text: 'one' });
      expect(await client.told.next()).toMatchObject({ what: 'frame', text: 'two' });
      client.socket.terminate();
      peer.socket.destroy();
    }
  });

  it.each([
    ['HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n', 'Unexpected server response: 429'],
    ['HTTP/1.1 503 Service Unavailable\r\n\r\n<html>', 'Unexpected server response: 503'],
    [
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: eA==\r\n\r\n',
      'Accept',
    ],
    ['220 smtp.example.com ESMTP\r\n', 'HTTP answer'],
  ])('refused by %j breaks the connection', async (answer, why) => {
    const { url, peers } = await rawServer();
    const client = openClient(url);
    const peer = await peers.next();
    await peer.answer();
    peer.socket.write(answer);
    expect(await client.told.next()).toMatchObject({
      what: 'broke',
      error: { message: expect.stringContaining(why) },
    });
    expect(client.socket.isOpen).toBe(false);
    peer.socket.end();
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
  });

  it('that ends before its answer breaks the connection', async () => {
    const { url, peers } = await rawServer();
    const client = openClient(url);
    const peer = await peers.next();
    await peer.answer();
    peer.socket.end('HTTP/1.1 101');
    expect(await client.told.next()).toMatchObject({ what: 'broke', error: { code: 'ECONNRESET' } });
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
  });

  it('to where nobody listens breaks the connection', async () => {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const client = openClient(`ws://localhost:${port}`);
    expect(await client.told.next()).toMatchObject({ what: 'broke', error: { code: 'ECONNREFUSED' } });
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
  });

  it('sends nothing before it is done', async () => {
    const { url, peers } = await rawServer();
    const client = openClient(url);
    expect(client.send('too early')).toBe(false);
    client.socket.sendText('too early');
    const peer = await peers.next();
    await peer.accept();
    expect(await client.told.next()).toEqual({ what: 'opened' });
    expect(client.send('now')).toBe(true);
    expect(await peer.frames(9)).toEqual([`message ${Buffer.from('now').toString('hex')}`]);
  });
});

describe('frames', () => {
  it('of one read share its time, which is that of the read', async () => {
    const { client, peer } = await connected();
    const beforeNs = new SystemClock().nowNs();
    peer.socket.write(Buffer.concat([text('a'), text('b'), text('c').subarray(0, 2)]));
    const [first, second] = [await client.told.next(), await client.told.next()];
    peer.socket.write(text('c').subarray(2));
    const third = await client.told.next();
    if (first.what !== 'frame' || second.what !== 'frame' || third.what !== 'frame')
      throw new Error('expected frames');
    expect(first.recvNs).toBeGreaterThanOrEqual(beforeNs);
    expect(second.recvNs).toBe(first.recvNs);
    expect(third.recvNs).toBeGreaterThan(first.recvNs);
    expect(third.text).toBe('c');
  });

  it('larger than one read come whole, those behind them too', async () => {
    const { client, peer } = await connected();
    const large = 'x'.repeat(300_000);
    peer.socket.write(Buffer.concat([text('a'), text(large), text('b'), text(large), text('c')]));
    for (const content of ['a', large, 'b', large, 'c']) {
      expect(await client.told.next()).toMatchObject({ what: 'frame', text: content });
    }
  });

  it('that are pings are answered with what was in them, between fragments too', async () => {
    const { client, peer } = await connected();
    const content = Buffer.alloc(125, 'p');
    const parts = [text('in ', { isFin: false }), control(9, content), control(9)];
    peer.socket.write(Buffer.concat([...parts, frameOf({ opcode: 0, payload: Buffer.from('two') })]));
    expect(await client.told.next()).toMatchObject({ what: 'frame', text: 'in two' });
    // The judge tells no pongs; sent back as pings they can be heard.
    const pongs = await peer.received((bytes) => bytes.length >= 6 + 125 + 6);
    expect([pongs[0], pongs[6 + 125]]).toEqual([0x8a, 0x8a]);
    pongs[0] = 0x89;
    pongs[6 + 125] = 0x89;
    expect(await wsLog([pongs], 1_000, true)).toEqual([`ping ${content.toString('hex')}`, 'ping ']);
  });

  it('that are illegal are answered by a goodbye with the reason', async () => {
    const { client, peer } = await connected();
    peer.socket.write(Buffer.concat([text('good'), text('masked', { mask: 1 }), text('never read')]));
    expect(await client.told.next()).toMatchObject({ what: 'frame', text: 'good' });
    expect(await client.told.next()).toMatchObject({
      what: 'broke',
      error: { code: 'WS_ERR_UNEXPECTED_MASK' },
    });
    expect(client.send('x')).toBe(false);
    expect(await peer.frames(8)).toEqual(['goodbye 1002 ']);
    await peer.hasEnded;
    peer.socket.end();
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
  });

  it('are not heard after the socket was ended by whoever heard the one before', async () => {
    const { client, peer } = await connected();
    client.onFrame = () => client.socket.terminate();
    peer.socket.write(Buffer.concat([text('one'), text('two'), goodbye(1000)]));
    expect(await client.told.next()).toMatchObject({ what: 'frame', text: 'one' });
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
    await aWhile();
    expect(client.told.waiting).toEqual([]);
  });

  it('are not heard with a gap: when a handler throws, the next read ends the connection', async () => {
    const { client, peer } = await connected();
    client.onFrame = () => {
      throw new Error('a bug');
    };
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const thrown = new Promise<Error>((resolve) => {
      process.once('uncaughtException', resolve);
    });
    peer.socket.write(Buffer.concat([text('one'), text('two')]));
    expect((await thrown).message).toBe('a bug');
    for (const other of others) process.on('uncaughtException', other);
    peer.socket.write(text('three'));
    expect(await client.told.next()).toMatchObject({ what: 'frame', text: 'one' });
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
  });

  it('sent to a peer that does not read are refused in time, and those that were not arrive unharmed', async () => {
    const { client, peer } = await connected();
    peer.socket.pause();
    const contents: string[] = [];
    const random = new Random(5);
    let sent = '';
    do {
      contents.push(sent);
      sent = String(contents.length).padStart(1 + random.below(9_000), 'x');
    } while (contents.length < 10_000 && client.send(sent));
    expect(contents.length).toBeLessThan(10_000);
    expect(client.send('no')).toBe(false);
    expect(client.socket.isOpen).toBe(true);
    client.socket.close(1000);
    peer.socket.resume();
    const sentBytes = contents.slice(1).reduce((sum, { length }) => sum + length + (length < 126 ? 6 : 8), 0);
    const messages = await peer.received((bytes) => bytes.length >= sentBytes + 8);
    const heard = await wsLog([messages], 1_000_000, true);
    expect(heard.at(-1)).toBe('goodbye 1000 ');
    expect(heard.slice(0, -1)).toEqual(
      contents.slice(1).map((content) => `message ${Buffer.from(content).toString('hex')}`),
    );
  });
});

describe('a goodbye', () => {
  it.each([
    [
      'with a code and a reason',
      goodbye(4004, 'No data received in 30s.'),
      4004,
      'No data received in 30s.',
      'goodbye 4004 ',
    ],
    ['without a code', control(8), 1005, '', 'goodbye 1005 '],
  ])(
    'of the peer %s is returned, and told without waiting for the peer to end the connection',
    async (_what, frame, code, reason, returned) => {
      const { client, peer } = await connected({ closeTimeoutMs: 600_000 });
      peer.socket.write(Buffer.concat([text('last'), frame, text('never read')]));
      expect(await client.told.next()).toMatchObject({ what: 'frame', text: 'last' });
      expect(await peer.frames(6)).toEqual([returned]);
      expect(client.send('x')).toBe(false);
      expect(await client.told.next()).toEqual({ what: 'closed', code, reason });
      await peer.hasEnded;
    },
  );

  it('of ours is answered by the peer, and frames may come before', async () => {
    const { client, peer } = await connected();
    client.send('last words');
    client.socket.close(1000);
    expect(client.socket.isOpen).toBe(false);
    expect(client.send('too late')).toBe(false);
    client.socket.close(1000);
    client.socket.sendText('too late');
    expect(await peer.frames(16 + 8)).toEqual([
      `message ${Buffer.from('last words').toString('hex')}`,
      'goodbye 1000 ',
    ]);
    peer.socket.write(
      Buffer.concat([control(9, 'no answer to this'), text('on its way'), goodbye(1000, 'bye')]),
    );
    expect(await client.told.next()).toMatchObject({ what: 'frame', text: 'on its way' });
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1000, reason: 'bye' });
    await peer.hasEnded;
    expect(await peer.received(() => true)).toHaveLength(0);
  });

  it('that nobody answers is not waited for without end', async () => {
    const { client, peer } = await connected({ closeTimeoutMs: 20 });
    client.socket.close(1000);
    expect(await peer.frames(8)).toEqual(['goodbye 1000 ']);
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
  });

  it('of a peer that then reads nothing is not waited for without end either', async () => {
    const { client, peer } = await connected({ closeTimeoutMs: 20 });
    peer.socket.pause();
    while (client.send('x'.repeat(8_000)));
    peer.socket.write(goodbye(1001));
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1001, reason: '' });
  });

  it('that never came is told as 1006: a half of the connection is none', async () => {
    const { client, peer } = await connected();
    peer.socket.end(Buffer.concat([text('last'), text('cut off').subarray(0, 4)]));
    expect(await client.told.next()).toMatchObject({ what: 'frame', text: 'last' });
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
    expect(client.send('x')).toBe(false);
    await peer.hasEnded;
  });

  it('that never came is not made up for by a peer that ends and reads nothing', async () => {
    const { client, peer } = await connected({ closeTimeoutMs: 20 });
    peer.socket.pause();
    while (client.send('x'.repeat(8_000)));
    peer.socket.end();
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
  });

  it('that never came because the connection was reset is told as 1006', async () => {
    const { client, peer } = await connected();
    peer.socket.resetAndDestroy();
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
  });

  it('while connecting ends that at once', async () => {
    const { url, peers } = await rawServer();
    const client = openClient(url);
    client.socket.close(1000);
    expect(await client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
    const late = openClient(url);
    const peer = await peers.next();
    await peer.answer();
    late.socket.close(1000);
    expect(await late.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
  });
});

describe('TLS', () => {
  async function tlsServer(): Promise<{ port: number; sockets: Happenings<TLSSocket> }> {
    const sockets = new Happenings<TLSSocket>();
    const server = createTlsServer({ ...LOOPBACK, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
      undo.push(() => socket.destroy());
      socket.on('error', () => socket.destroy());
      sockets.add(socket);
    });
    server.on('tlsClientError', () => undefined);
    return { port: await listen(server), sockets };
  }

  it('names the host and the protocol, and takes up the session of the connection before', async () => {
    const { port, sockets } = await tlsServer();
    for (const isReused of [false, true]) {
      const client = openClient(`wss://localhost:${port}`, { ca: LOOPBACK.cert });
      const socket = await sockets.next();
      expect(socket.servername).toBe('localhost');
      expect(socket.alpnProtocol).toBe('http/1.1');
      expect(socket.isSessionReused()).toBe(isReused);
      await new RawPeer(socket).accept();
      expect(await client.told.next()).toEqual({ what: 'opened' });
      client.socket.terminate();
    }
  });

  it('does not try again with a session that a server met with silence', async () => {
    const { port, sockets } = await tlsServer();
    // Before the server, one who swallows every hello but the first: the second one brings a ticket.
    const hellos = new Happenings<Socket>();
    const front = createServer((socket) => {
      undo.push(() => socket.destroy());
      socket.on('error', () => socket.destroy());
      hellos.add(socket);
    });
    const url = `wss://localhost:${await listen(front)}`;
    const open = async (): Promise<{ client: RecordingClient; passOn: () => Promise<TLSSocket> }> => {
      const client = openClient(url, { ca: LOOPBACK.cert });
      const hello = await hellos.next();
      const passOn = (): Promise<TLSSocket> => {
        const back = connect(port, '127.0.0.1');
        undo.push(() => back.destroy());
        back.on('error', () => back.destroy());
        hello.pipe(back).pipe(hello);
        return sockets.next();
      };
      return { client, passOn };
    };

    const first = await open();
    await new RawPeer(await first.passOn()).accept();
    expect(await first.client.told.next()).toEqual({ what: 'opened' });
    first.client.socket.terminate();

    const second = await open();
    second.client.socket.terminate();
    expect(await second.client.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });

    const third = await open();
    const peer = await third.passOn();
    expect(peer.isSessionReused()).toBe(false);
    await new RawPeer(peer).accept();
    expect(await third.client.told.next()).toEqual({ what: 'opened' });
  });

  it('takes up no session for one who trusts other certificates', async () => {
    const { port, sockets } = await tlsServer();
    const client = openClient(`wss://localhost:${port}`, { ca: LOOPBACK.cert });
    await new RawPeer(await sockets.next()).accept();
    expect(await client.told.next()).toEqual({ what: 'opened' });
    const stranger = openClient(`wss://localhost:${port}`);
    expect(await stranger.told.next()).toMatchObject({
      what: 'broke',
      error: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
    expect(await stranger.told.next()).toEqual({ what: 'closed', code: 1006, reason: '' });
  });

  it('verifies whatever the environment says', async () => {
    const { port } = await tlsServer();
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    undo.push(() => {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    });
    const client = openClient(`wss://localhost:${port}`);
    expect(await client.told.next()).toMatchObject({
      what: 'broke',
      error: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
  });

  it('refuses a certificate of another host', async () => {
    const { port } = await tlsServer();
    const client = openClient(`wss://127.0.0.2:${port}`, { ca: LOOPBACK.cert });
    // The server listens on 127.0.0.1 only.
    expect(await client.told.next()).toMatchObject({ what: 'broke', error: { code: 'ECONNREFUSED' } });
    const server = createTlsServer(LOOPBACK);
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.2', resolve);
    });
    undo.push(() => new Promise((resolve) => server.close(resolve)));
    const other = openClient(`wss://127.0.0.2:${(server.address() as AddressInfo).port}`, {
      ca: LOOPBACK.cert,
    });
    expect(await other.told.next()).toMatchObject({
      what: 'broke',
      error: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
  });
});
