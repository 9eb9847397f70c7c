import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SystemClock } from '../../engine/base/clock.ts';
import { signLogin } from '../../engine/okx/sign.ts';
import { ConnectLimiter } from '../../engine/venue/connect-limiter.ts';
import { Credentials, Secret } from '../../engine/venue/credentials.ts';
import { SocketClient } from '../../engine/venue/frame-socket.ts';
import { Session, type SessionHandler, type SessionOptions } from '../../engine/venue/session.ts';
import { SessionState } from '../../engine/venue/session-state.ts';
import type { SessionTimings } from '../../engine/venue/session-timings.ts';
import { RecordingHandler, TolerantHandler } from './recording-handler.ts';
import { LOOPBACK, ScriptedVenue, type Peer } from './scripted-venue.ts';

const BOOKS = { channel: 'books', instId: 'BTC-USDT-SWAP' };
const TRADES = { channel: 'trades', instId: 'BTC-USDT-SWAP' };
const ORDERS = { channel: 'orders', instType: 'ANY' };
const LOGIN = new Credentials('key-of-mine', new Secret('secret-of-mine'), new Secret('phrase-of-mine'));
const PUSH = '{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"snapshot","data":[{"seqId":1}]}';
const ACK = '{"id":"17","op":"order","data":[],"code":"0","msg":"","inTime":"1","outTime":"2"}';

/** Long enough that only the wait under test ends. */
const TIMINGS: Partial<SessionTimings> = {
  backoffMinMs: 1,
  backoffMaxMs: 4,
  closeTimeoutMs: 200,
  lingerMs: 60_000,
};

/** Everything holds whoever speaks WebSocket, in plain text and within TLS. */
const CLIENTS: readonly [string, SocketClient, boolean][] = [
  ['our own client', SocketClient.own, false],
  ['our own client with TLS', SocketClient.own, true],
  ['ws', SocketClient.ws, false],
];

describe.each(CLIENTS)('a session over %s:', (_name, client, isTls) => {
  let venue: ScriptedVenue;
  let sessions: Session[];

  beforeEach(async () => {
    venue = await ScriptedVenue.open(isTls);
    sessions = [];
  });

  afterEach(async () => {
    await Promise.all(sessions.map((session) => session.close()));
    await venue.close();
  });

  function startSession(
    handler: SessionHandler,
    options: Partial<SessionOptions> = {},
    timings: Partial<SessionTimings> = {},
  ): Session {
    const session = new Session(
      {
        connection: 3,
        name: 'public',
        url: venue.url,
        subscriptions: [BOOKS],
        clock: new SystemClock(),
        limiter: new ConnectLimiter(1_000),
        seed: 7,
        client,
        ...(isTls ? { ca: LOOPBACK.cert } : {}),
        ...options,
        timings: { ...TIMINGS, ...timings },
      },
      handler,
    );
    sessions.push(session);
    session.start();
    return session;
  }

  /** A session that is up, and the venue's end of it. */
  async function upSession(
    handler: RecordingHandler = new RecordingHandler(),
    options: Partial<SessionOptions> = {},
    timings: Partial<SessionTimings> = {},
  ): Promise<{ session: Session; peer: Peer; handler: RecordingHandler }> {
    const session = startSession(handler, options, timings);
    const peer = await venue.peers.next();
    if (options.login !== undefined) await peer.acceptLogin();
    if (options.subscriptions === undefined || options.subscriptions.length > 0) await peer.acceptChannels();
    expect(await handler.told.next()).toEqual({ what: 'up' });
    return { session, peer, handler };
  }

  function sendText(session: Session, text: string): boolean {
    const bytes = new TextEncoder().encode(`${text}#garbage after the length`);
    const isSent = session.send(bytes, text.length);
    bytes.fill(0);
    return isSent;
  }

  describe('the handshake', () => {
    it('subscribes in one request, is up when every channel is confirmed, and hands over what came before', async () => {
      const handler = new RecordingHandler();
      const session = startSession(handler, { subscriptions: [BOOKS, TRADES] });
      const peer = await venue.peers.next();
      const request = await peer.message();
      expect(request).toEqual({
        id: expect.stringMatching(/^[A-Za-z0-9]{1,32}$/),
        op: 'subscribe',
        args: [BOOKS, TRADES],
      });
      peer.send({ id: request.id, event: 'subscribe', arg: BOOKS });
      peer.send(PUSH);
      expect(await handler.events.next()).toMatchObject({ event: 'subscribe', arg: BOOKS });
      expect(session.isUp).toBe(false);
      expect(sendText(session, 'too early')).toBe(false);
      peer.send({ id: request.id, event: 'subscribe', arg: TRADES });
      expect(await handler.told.next()).toEqual({ what: 'up' });
      expect(await handler.told.next()).toMatchObject({ what: 'frame', text: PUSH });
      expect(session.isUp).toBe(true);
    });

    it('works with acks that lack the id and have more fields than were asked', async () => {
      const handler = new RecordingHandler();
      startSession(handler, { subscriptions: [ORDERS, BOOKS] });
      const peer = await venue.peers.next();
      await peer.message();
      peer.send({ event: 'subscribe', arg: { ...BOOKS, extra: 'x' } });
      peer.send({ event: 'subscribe', arg: { ...ORDERS, uid: '4465567' } });
      expect(await handler.told.next()).toEqual({ what: 'up' });
    });

    it('logs in with the venue’s time before it subscribes', async () => {
      const handler = new RecordingHandler();
      const clock = new SystemClock();
      const offsetMs = 3_600_000;
      startSession(handler, { login: LOGIN, subscriptions: [ORDERS], clock, clockOffsetMs: () => offsetMs });
      const peer = await venue.peers.next();
      const login = await peer.acceptLogin();
      const args = login.args![0]!;
      const seconds = Number(args['timestamp']);
      expect(Math.abs(seconds * 1_000 - (clock.wallMs() + offsetMs))).toBeLessThan(5_000);
      expect(args).toEqual({
        apiKey: 'key-of-mine',
        passphrase: 'phrase-of-mine',
        timestamp: String(seconds),
        sign: signLogin({ timestampSeconds: String(seconds), secret: 'secret-of-mine' }),
      });
      expect((await peer.acceptChannels()).args).toEqual([ORDERS]);
      expect(await handler.told.next()).toEqual({ what: 'up' });
    });

    it('is up after the login when there is nothing to subscribe to', async () => {
      const { session } = await upSession(new RecordingHandler(), { login: LOGIN, subscriptions: [] });
      expect(session.state).toBe(SessionState.up);
    });

    it('splits a list of channels that is longer than one request may be', async () => {
      const subscriptions = Array.from({ length: 1_500 }, (_, index) => ({
        channel: 'books',
        instId: `COIN${index}-USDT-SWAP`,
      }));
      const handler = new RecordingHandler();
      startSession(handler, { subscriptions });
      const peer = await venue.peers.next();
      const first = await peer.acceptChannels();
      const second = await peer.acceptChannels();
      expect(JSON.stringify(first.args).length).toBeLessThan(65_536);
      expect([...first.args!, ...second.args!]).toEqual(subscriptions);
      expect(await handler.told.next()).toEqual({ what: 'up' });
    });
  });

  describe('a connection that fails', () => {
    const stages: readonly [string, (peer: Peer) => Promise<void>][] = [
      ['after the socket opened', async () => undefined],
      ['after the login was sent', async (peer) => void (await peer.message())],
      ['after the login was accepted', async (peer) => void (await peer.acceptLogin())],
      [
        'after a half of the channels was confirmed',
        async (peer) => {
          await peer.acceptLogin();
          const { id } = await peer.message();
          peer.send({ id, event: 'subscribe', arg: BOOKS });
        },
      ],
    ];
    const ends: readonly [string, (peer: Peer) => void][] = [
      ['is cut', (peer) => peer.socket.terminate()],
      ['is closed', (peer) => peer.socket.close(4004, 'No data received in 30s.')],
    ];

    it.each(stages.flatMap(([when, play]) => ends.map(([how, end]) => [when, how, play, end] as const)))(
      '%s, when it %s, is made anew, and nobody is told of what never was up',
      async (_when, _how, play, end) => {
        const handler = new RecordingHandler();
        startSession(handler, { login: LOGIN, subscriptions: [BOOKS, TRADES] });
        const first = await venue.peers.next();
        await play(first);
        end(first);
        const second = await venue.peers.next();
        await second.acceptLogin();
        expect((await second.acceptChannels()).args).toEqual([BOOKS, TRADES]);
        expect(await handler.told.next()).toEqual({ what: 'up' });
      },
    );

    it('tells of the loss of a session that was up, and comes back with all channels', async () => {
      const { session, peer, handler } = await upSession();
      expect(session.subscribe([TRADES])).toBe(true);
      await peer.acceptChannels();
      peer.socket.close(4005, 'slow');
      expect(await handler.told.next()).toEqual({
        what: 'down',
        reason: 'closed by the venue with 4005: slow',
      });
      expect(sendText(session, 'x')).toBe(false);
      const next = await venue.peers.next();
      expect((await next.acceptChannels()).args).toEqual([BOOKS, TRADES]);
      expect(await handler.told.next()).toEqual({ what: 'up' });
      expect(session.counters).toMatchObject({ connects: 2, downs: 1, switches: 0 });
    });

    it.each([
      ['the login', 'login', { loginTimeoutMs: 20 }],
      ['a subscription', 'subscribe', { subscribeTimeoutMs: 20 }],
    ])('gives up on %s that is never answered', async (_what, stage, timings) => {
      const handler = new RecordingHandler();
      const session = startSession(handler, { login: LOGIN }, timings);
      const first = await venue.peers.next();
      if (stage === 'subscribe') await first.acceptLogin();
      expect(await first.ended).toBe(1006);
      expect(session.lastError?.message).toContain('within 20 ms');
      const second = await venue.peers.next();
      await second.acceptLogin();
      await second.acceptChannels();
      expect(await handler.told.next()).toEqual({ what: 'up' });
    });

    it('is tried again when nothing listens, without an error that nobody handles', async () => {
      const handler = new RecordingHandler();
      const gone = await ScriptedVenue.open();
      await gone.close();
      const session = startSession(handler, { url: gone.url });
      await expect.poll(() => session.counters.connects).toBeGreaterThan(2);
      expect(session.lastError?.message).toContain('ECONNREFUSED');
      await session.close();
      expect(session.state).toBe(SessionState.closed);
    });

    it('is told when the reconnect is asked for from this side', async () => {
      const { session, peer, handler } = await upSession();
      session.reconnect('the book was silent for 70 s');
      expect(await handler.told.next()).toEqual({ what: 'down', reason: 'the book was silent for 70 s' });
      expect(await peer.ended).toBe(1006);
      await (await venue.peers.next()).acceptChannels();
      expect(await handler.told.next()).toEqual({ what: 'up' });
    });
  });

  describe('refusals', () => {
    it.each(['60005', '60007', '60024', '60032'])(
      'a login refused with %s ends the session for good',
      async (code) => {
        const handler = new RecordingHandler();
        const session = startSession(handler, { login: LOGIN });
        const peer = await venue.peers.next();
        await peer.message();
        peer.send({ event: 'error', code, msg: 'refused', connId: 'a4d3ae55' });
        const told = await handler.told.next();
        expect(told).toMatchObject({
          what: 'failed',
          error: { code: 'SESSION_LOGIN', venueCode: Number(code), isFatal: true },
        });
        expect(inspect([told, await handler.events.next(), session], { depth: 10 })).not.toMatch(/of-mine/);
        expect(session.state).toBe(SessionState.failed);
        expect(session.counters.connects).toBe(1);
      },
    );

    it('a close in answer to a login is told without its text, which may quote the login', async () => {
      const session = startSession(new RecordingHandler(), { login: LOGIN });
      const peer = await venue.peers.next();
      const login = await peer.message();
      peer.socket.close(4001, JSON.stringify(login.args).slice(0, 120));
      await venue.peers.next();
      expect(session.lastError).toMatchObject({ code: 'SESSION_CLOSED', venueCode: 4001 });
      expect(session.lastError!.message).not.toMatch(/of-mine/);
    });

    it.each(['60004', '60006', '60009', '63999', '60014'])(
      'a login refused with %s is tried again',
      async (code) => {
        const handler = new RecordingHandler();
        startSession(handler, { login: LOGIN });
        const first = await venue.peers.next();
        await first.message();
        first.send({ event: 'error', code, msg: 'refused', connId: 'a4d3ae55' });
        const second = await venue.peers.next();
        await second.acceptLogin();
        await second.acceptChannels();
        expect(await handler.told.next()).toEqual({ what: 'up' });
      },
    );

    it('a channel refused for good ends a session that cannot do without it', async () => {
      const handler = new RecordingHandler();
      startSession(handler);
      const peer = await venue.peers.next();
      const { id } = await peer.message();
      peer.send({ id, event: 'error', code: '64003', msg: 'fee tier' });
      expect(await handler.told.next()).toMatchObject({
        what: 'failed',
        error: { code: 'SESSION_SUBSCRIBE', venueCode: 64003 },
      });
    });

    it('a channel refused for good is dropped where the handler can do without it', async () => {
      const handler = new TolerantHandler();
      const session = startSession(handler, { subscriptions: [BOOKS, TRADES] });
      const peer = await venue.peers.next();
      const { id } = await peer.message();
      peer.send({ id, event: 'error', code: '60018', msg: 'no such channel' });
      peer.send({ id, event: 'subscribe', arg: TRADES });
      expect(await handler.told.next()).toMatchObject({
        what: 'refused',
        args: [BOOKS],
        error: { venueCode: 60018 },
      });
      expect(await handler.told.next()).toEqual({ what: 'up' });
      session.reconnect('again');
      expect(await handler.told.next()).toMatchObject({ what: 'down' });
      expect((await (await venue.peers.next()).acceptChannels()).args).toEqual([TRADES]);
    });

    it('a subscription refused for the moment is tried again on a new connection', async () => {
      const handler = new TolerantHandler();
      startSession(handler);
      const first = await venue.peers.next();
      const { id } = await first.message();
      first.send({ id, event: 'error', code: '64007', msg: 'internal error' });
      await (await venue.peers.next()).acceptChannels();
      expect(await handler.told.next()).toEqual({ what: 'up' });
    });

    it('a close for asking too much of one connection is not repeated', async () => {
      const { session, peer, handler } = await upSession();
      peer.socket.close(4009, 'channels');
      expect(await handler.told.next()).toMatchObject({ what: 'down' });
      expect(await handler.told.next()).toMatchObject({ what: 'failed', error: { venueCode: 4009 } });
      expect(session.state).toBe(SessionState.failed);
    });

    it('counts a terminated subscription as a loss', async () => {
      const { peer, handler } = await upSession(new RecordingHandler(), {
        login: LOGIN,
        subscriptions: [ORDERS],
      });
      peer.send({
        event: 'channel-conn-count-error',
        channel: 'orders',
        connCount: '30',
        connId: 'a4d3ae55',
      });
      expect(await handler.told.next()).toMatchObject({
        what: 'down',
        reason: expect.stringContaining('orders'),
      });
    });
  });

  describe('frames', () => {
    it('come whole when they were sent in fragments, and in order', async () => {
      const { peer, handler } = await upSession();
      for (const [index, part] of [PUSH.slice(0, 20), PUSH.slice(20, 60), PUSH.slice(60)].entries()) {
        peer.socket.send(part, { fin: index === 2 });
      }
      peer.send(ACK);
      const push = await handler.told.next();
      const ack = await handler.told.next();
      expect([push, ack]).toMatchObject([
        { what: 'frame', text: PUSH },
        { what: 'frame', text: ACK },
      ]);
      if (push.what !== 'frame' || ack.what !== 'frame') throw new Error('expected two frames');
      expect(push.recvNs).toBeGreaterThan(0);
      expect(ack.recvNs).toBeGreaterThanOrEqual(push.recvNs);
    });

    it('are sent as text, of the length given, from bytes that may be changed at once', async () => {
      const { session, peer } = await upSession();
      const isText = new Promise((resolve) => {
        peer.socket.once('message', (_data, isBinary) => resolve(!isBinary));
      });
      const text = JSON.stringify({ id: '1', op: 'order', args: [{ px: '1'.repeat(300) }] });
      expect(sendText(session, text)).toBe(true);
      expect(await peer.received.next()).toBe(text);
      expect(await isText).toBe(true);
    });

    it('are not sent into a connection that is far behind', async () => {
      const { session, peer } = await upSession();
      peer.socket.pause();
      const text = 'x'.repeat(60_000);
      let sent = 0;
      // The kernel takes a few MB before this process has to keep anything.
      while (sent < 2_000 && sendText(session, text)) sent++;
      expect(sent).toBeGreaterThan(3);
      expect(sent).toBeLessThan(2_000);
      expect(session.isUp).toBe(true);
      peer.socket.resume();
      for (let frame = 0; frame < sent; frame++) expect(await peer.received.next()).toBe(text);
      expect(sendText(session, 'again')).toBe(true);
      expect(await peer.received.next()).toBe('again');
    });

    it('larger than the venue’s largest end the connection', async () => {
      const { peer, handler } = await upSession();
      peer.send('x'.repeat(4 * 1024 * 1024 + 1));
      expect(await handler.told.next()).toMatchObject({ what: 'down' });
      await (await venue.peers.next()).acceptChannels();
      expect(await handler.told.next()).toEqual({ what: 'up' });
    });

    it('that refuse an order operation reach the handler, those that answer the session do not', async () => {
      const { session, peer, handler } = await upSession(new TolerantHandler());
      const refusal = '{"event":"error","code":"60013","msg":"Invalid args","id":"17","connId":"a4d3ae55"}';
      session.subscribe([TRADES]);
      const { id } = await peer.message();
      peer.send({ id, event: 'error', code: '60018', msg: 'no such channel' });
      peer.send(refusal);
      expect(await handler.told.next()).toMatchObject({ what: 'refused' });
      expect(await handler.told.next()).toMatchObject({ what: 'frame', text: refusal });
    });

    it('of control that are illegal or unknown do no harm', async () => {
      const { session, peer, handler } = await upSession();
      for (const text of [
        '{"event":',
        '{"event":7}',
        '{"event":"subscribe","arg":null}',
        '{"event":"subscribe","arg":"books","id":{}}',
        '{"event":"error","code":{},"id":[]}',
        '{"event":"notice"}',
        '{"event":"login","code":"60009"}',
        '{"event":"tomorrow"}',
      ]) {
        peer.send(text);
      }
      peer.send(PUSH);
      let told = await handler.told.next();
      while (told.what === 'frame' && told.text !== PUSH) told = await handler.told.next();
      expect(told).toMatchObject({ what: 'frame', text: PUSH });
      expect(session.isUp).toBe(true);
    });
  });

  describe('channels', () => {
    it('are left and entered anew for their snapshot', async () => {
      const { session, peer } = await upSession();
      expect(session.resubscribe([BOOKS])).toBe(true);
      expect(await peer.acceptChannels()).toMatchObject({ op: 'unsubscribe', args: [BOOKS] });
      expect(await peer.acceptChannels()).toMatchObject({ op: 'subscribe', args: [BOOKS] });
    });

    it('that are not confirmed in time take the connection down', async () => {
      const { session, peer, handler } = await upSession(
        new RecordingHandler(),
        {},
        { subscribeTimeoutMs: 200 },
      );
      session.resubscribe([BOOKS]);
      expect(await peer.acceptChannels()).toMatchObject({ op: 'unsubscribe' });
      expect(await handler.told.next()).toMatchObject({
        what: 'down',
        reason: expect.stringContaining('subscribe of 1 channels (books BTC-USDT-SWAP)'),
      });
    });

    it('that were left are not asked for again', async () => {
      const { session, peer, handler } = await upSession(new RecordingHandler(), {
        subscriptions: [BOOKS, TRADES],
      });
      session.unsubscribe([TRADES]);
      await peer.acceptChannels();
      session.reconnect('again');
      expect(await handler.told.next()).toMatchObject({ what: 'down' });
      expect((await (await venue.peers.next()).acceptChannels()).args).toEqual([BOOKS]);
    });

    it('are not asked for more often than a connection may', async () => {
      const { session, peer } = await upSession();
      let accepted = 1;
      while (session.resubscribe([BOOKS])) accepted += 2;
      expect(accepted).toBeGreaterThanOrEqual(479);
      expect(session.counters.requests).toBe(480);
      expect(session.isUp).toBe(true);
      peer.socket.terminate();
      await (await venue.peers.next()).acceptChannels();
      expect(session.resubscribe([BOOKS])).toBe(true);
    });
  });

  describe('silence', () => {
    it('is broken by a ping in text, and a pong is enough', async () => {
      const { session, peer } = await upSession(
        new RecordingHandler(),
        {},
        { pingAfterMs: 10, pongWithinMs: 5_000 },
      );
      for (let ping = 0; ping < 3; ping++) {
        expect(await peer.received.next()).toBe('ping');
        peer.send('pong');
      }
      expect(session.isUp).toBe(true);
    });

    it('after a ping means that the peer is dead', async () => {
      const { session, peer, handler } = await upSession(
        new RecordingHandler(),
        {},
        { pingAfterMs: 10, pongWithinMs: 20 },
      );
      expect(await peer.received.next()).toBe('ping');
      expect(await handler.told.next()).toMatchObject({
        what: 'down',
        reason: expect.stringContaining('expected a pong'),
      });
      expect(session.lastError?.code).toBe('SESSION_SILENCE');
      await (await venue.peers.next()).acceptChannels();
      expect(await handler.told.next()).toEqual({ what: 'up' });
    });

    it('is not believed when this thread was held up and the pong lies unread in the socket', async () => {
      const { session, peer } = await upSession(
        new RecordingHandler(),
        {},
        { pingAfterMs: 20, pongWithinMs: 40 },
      );
      await new Promise<void>((resolve) => {
        peer.socket.once('message', () => {
          peer.send('pong');
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
          resolve();
        });
      });
      peer.socket.on('message', () => peer.send('pong'));
      for (let ping = 0; ping < 3; ping++) expect(await peer.received.next()).toBe('ping');
      expect(session.isUp).toBe(true);
      expect(session.counters.downs).toBe(0);
    });

    it('during the login counts as well', async () => {
      const handler = new RecordingHandler();
      const session = startSession(handler, { login: LOGIN }, { pingAfterMs: 10, pongWithinMs: 20 });
      const peer = await venue.peers.next();
      expect(await peer.ended).toBe(1006);
      expect(session.lastError?.code).toBe('SESSION_SILENCE');
    });
  });

  describe('an upgrade notice', () => {
    const NOTICE = {
      event: 'notice',
      code: '64008',
      msg: 'The connection will soon be closed',
      connId: 'a4d3ae55',
    };
    const NEWER = PUSH.replace('"seqId":1', '"seqId":9');

    it('moves to a new connection that is ready before the old one is left', async () => {
      const { session, peer, handler } = await upSession(new RecordingHandler(), {
        login: LOGIN,
        subscriptions: [BOOKS],
      });
      peer.send(NOTICE);
      const next = await venue.peers.next();
      await next.acceptLogin();
      const { id } = await next.message();
      next.send(NEWER);
      peer.send(PUSH);
      expect(await handler.told.next()).toMatchObject({ what: 'frame', text: PUSH });
      expect(sendText(session, 'still on the old one')).toBe(true);
      expect(await peer.received.next()).toBe('still on the old one');
      next.send({ id, event: 'subscribe', arg: BOOKS });
      expect(await handler.told.next()).toEqual({ what: 'switched' });
      expect(await handler.told.next()).toMatchObject({ what: 'frame', text: NEWER });
      expect(sendText(session, 'on the new one')).toBe(true);
      expect(await next.received.next()).toBe('on the new one');

      peer.send(PUSH);
      peer.send(ACK);
      expect(await handler.told.next()).toMatchObject({ what: 'frame', text: ACK });
      peer.socket.close(4006);
      await peer.ended;
      next.send(NEWER);
      expect(await handler.told.next()).toMatchObject({ what: 'frame', text: NEWER });
      expect(session.counters).toMatchObject({ connects: 2, downs: 0, switches: 1 });
    });

    it('leaves the old connection after a while', async () => {
      const { peer, handler } = await upSession(new RecordingHandler(), {}, { lingerMs: 5 });
      peer.send(NOTICE);
      await (await venue.peers.next()).acceptChannels();
      expect(await handler.told.next()).toEqual({ what: 'switched' });
      expect(await peer.ended).toBe(1000);
    });

    it('tells a handler that knows no switch that it is down and up', async () => {
      const handler = new RecordingHandler();
      Object.assign(handler, { onSwitched: undefined });
      const { peer } = await upSession(handler);
      peer.send(NOTICE);
      await (await venue.peers.next()).acceptChannels();
      expect(await handler.told.next()).toEqual({ what: 'down', reason: 'moved to a new connection' });
      expect(await handler.told.next()).toEqual({ what: 'up' });
    });

    it('lets a handler that knows no switch send nothing while it is told that it is down', async () => {
      const handler = new RecordingHandler();
      const sent: boolean[] = [];
      Object.assign(handler, {
        onSwitched: undefined,
        onDown: () => sent.push(session.isUp, sendText(session, 'lost')),
      });
      const { session, peer } = await upSession(handler);
      peer.send(NOTICE);
      const next = await venue.peers.next();
      await next.acceptChannels();
      expect(await handler.told.next()).toEqual({ what: 'up' });
      expect(sent).toEqual([false, false]);
      expect(sendText(session, 'on the new one')).toBe(true);
      expect(await next.received.next()).toBe('on the new one');
    });

    it('is the last thing heard by a handler that knows no switch and closes when it is down', async () => {
      const handler = new RecordingHandler();
      const downs: string[] = [];
      const closed = new Promise<void>((resolve) => {
        Object.assign(handler, {
          onSwitched: undefined,
          onDown: (_connection: number, reason: string) => {
            downs.push(reason);
            resolve(session.close());
          },
        });
      });
      const { session, peer } = await upSession(handler);
      peer.send(NOTICE);
      const next = await venue.peers.next();
      await next.acceptChannels();
      await closed;
      expect([await peer.ended, await next.ended]).toEqual([1000, 1000]);
      expect(downs).toEqual(['moved to a new connection']);
      expect(handler.told.waiting).toEqual([]);
    });

    it('whose old connection dies first goes on with the new one', async () => {
      const { session, peer, handler } = await upSession();
      peer.send(NOTICE);
      const next = await venue.peers.next();
      const { id } = await next.message();
      peer.socket.terminate();
      expect(await handler.told.next()).toMatchObject({ what: 'down' });
      expect(session.state).toBe(SessionState.subscribing);
      next.send({ id, event: 'subscribe', arg: BOOKS });
      expect(await handler.told.next()).toEqual({ what: 'up' });
      expect(session.counters).toMatchObject({ connects: 2, downs: 1, switches: 0 });
    });

    it('tries the new connection again when it fails, and stays up on the old one', async () => {
      const { session, peer, handler } = await upSession();
      peer.send(NOTICE);
      (await venue.peers.next()).socket.terminate();
      const next = await venue.peers.next();
      const { id } = await next.message();
      expect(session.isUp).toBe(true);
      session.subscribe([TRADES]);
      await peer.acceptChannels();
      next.send({ id, event: 'subscribe', arg: BOOKS });
      expect((await next.acceptChannels()).args).toEqual([TRADES]);
      expect(await handler.told.next()).toEqual({ what: 'switched' });
      expect(session.counters).toMatchObject({ connects: 3, downs: 0, switches: 1 });
    });
  });

  describe('a close', () => {
    it('is told once, says goodbye, and nothing follows', async () => {
      const { session, peer, handler } = await upSession();
      const closed = session.close();
      expect(session.state).toBe(SessionState.closed);
      await closed;
      expect(await peer.ended).toBe(1000);
      expect(handler.told.waiting).toEqual([{ what: 'down', reason: 'closed on request' }]);
      expect(sendText(session, 'x')).toBe(false);
      await session.close();
      expect(handler.told.waiting).toHaveLength(1);
    });

    it('waits for every socket, though it was asked before', async () => {
      const { session, peer, handler } = await upSession(
        new RecordingHandler(),
        {},
        { closeTimeoutMs: 60_000 },
      );
      peer.socket.pause();
      const order: string[] = [];
      const closes = [1, 2].map(() => session.close().then(() => order.push('closed')));
      await new Promise((resolve) => {
        setTimeout(resolve, 5);
      });
      order.push('answered');
      peer.socket.resume();
      await Promise.all(closes);
      expect(order).toEqual(['answered', 'closed', 'closed']);
      expect(handler.told.waiting).toHaveLength(1);
    });

    it('does not wait for a peer that does not answer', async () => {
      const { session, peer } = await upSession(new RecordingHandler(), {}, { closeTimeoutMs: 20 });
      peer.socket.pause();
      await session.close();
      expect(session.state).toBe(SessionState.closed);
    });

    it('may come from within any call to the handler', async () => {
      for (const when of ['onUp', 'onFrame', 'onDown'] as const) {
        const handler = new RecordingHandler();
        const closed = new Promise<void>((resolve) => {
          handler[when] = () => resolve(session.close());
        });
        const session = startSession(handler);
        const peer = await venue.peers.next();
        const { id } = await peer.message();
        peer.send(ACK);
        peer.send(PUSH);
        peer.send({ id, event: 'subscribe', arg: BOOKS });
        if (when === 'onDown') peer.socket.close(4006);
        await closed;
        expect(session.state).toBe(SessionState.closed);
      }
    });

    it('while it connects or waits ends that', async () => {
      const handler = new RecordingHandler();
      await startSession(handler).close();
      const waiting = startSession(handler, {}, { backoffMinMs: 60_000, backoffMaxMs: 60_000 });
      (await venue.peers.next()).socket.terminate();
      await expect.poll(() => waiting.state).toBe(SessionState.waiting);
      await waiting.close();
      expect(handler.told.waiting).toEqual([]);
    });
  });
});
