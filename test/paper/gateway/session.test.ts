import { beforeEach, describe, expect, it } from 'vitest';
import { PaperWorld } from './paper-world.ts';
import type { Message, Peer } from './paper-world.ts';

const BOOKS = { channel: 'books', instId: 'BTC-USDT' };

let world = new PaperWorld();

beforeEach(() => {
  world = new PaperWorld();
});

/** The codes of the error events that have come. */
function errors(peer: Peer): unknown[] {
  return peer
    .heard()
    .filter(({ event }) => event === 'error')
    .map(({ code }) => code);
}

/** Events that tell the number of connections, with that number. */
function counts(messages: readonly Message[]): unknown[] {
  return messages
    .filter(({ event }) => event?.startsWith('channel-conn-count') === true)
    .map(({ event, connCount }) => [event, connCount]);
}

describe('the life of a connection', () => {
  it('exists on three endpoints only', () => {
    expect(world.venue.open('/ws/v5/elsewhere', world.connect('public'))).toBeNull();
    expect(world.venue.open('/ws/v5/toString', world.connect('public'))).toBeNull();
    expect(world.connect('business').session).not.toBeNull();
  });

  it('answers the text ping with the text pong', () => {
    const peer = world.connect('public').say('ping');
    expect(peer.texts).toEqual(['pong']);
  });

  it('ends after 30 s without a subscription, pings or not', () => {
    const peer = world.connect('public');
    world.advance(20_000, 1_000);
    peer.say('ping');
    world.advance(12_000, 1_000);
    expect(peer.closes).toEqual([[4004, 'No subscription in 30s.']]);
  });

  it('ends after 30 s of silence on both sides, and lives on with pings', () => {
    const silent = world.trader(1);
    const lively = world.trader(1);
    world.advance(20_000, 1_000);
    lively.say('ping');
    world.advance(12_000, 1_000);
    expect(silent.closes).toEqual([[4004, 'No data received in 30s.']]);
    expect(lively.closes).toEqual([]);
  });

  it('is cut off when it does not read', () => {
    const peer = world.connect('public');
    peer.buffered = 9_000_000;
    peer.say('ping');
    expect(peer.closes).toEqual([[4005, 'Write buffer is full']]);
    peer.say('ping');
    expect(peer.texts).toHaveLength(1);
  });

  it('leaves nothing behind when its first push is one too many', () => {
    let pushedToTheClosed = 0;
    for (const [path, args] of [
      ['public', [BOOKS]],
      ['private', [{ channel: 'account' }]],
    ] as const) {
      // Cut off by the ack, and by the push that follows it.
      for (const acks of [0, 1]) {
        const peer = path === 'private' ? world.trader(1) : world.connect(path);
        let sent = 0;
        peer.send = () => (sent++ < acks ? 0 : 9_000_000);
        peer.say({ op: 'subscribe', args });
        expect(peer.closes).toEqual([[4005, 'Write buffer is full']]);
        expect(peer.session!.subscriptions.size).toBe(0);
        peer.session!.push = () => pushedToTheClosed++;
      }
    }
    expect(world.venue.connectionCount('uid1', 'account')).toBe(0);
    // Books repeat themselves after a minute.
    world.advance(61_000, 500);
    expect(pushedToTheClosed).toBe(0);
  });

  it('is told of an upgrade a minute ahead, and new connections are not touched by it', () => {
    const old = world.connect('public').say({ op: 'subscribe', args: [BOOKS] });
    old.heard();
    world.venue.announceUpgrade();
    expect(old.heard()).toMatchObject([
      { event: 'notice', code: '64008', connId: expect.any(String) as string },
    ]);
    const next = world.connect('public').say({ op: 'subscribe', args: [BOOKS] });
    for (let second = 0; second < 62; second++) {
      world.advance(1_000, 1_000);
      old.say('ping');
      next.say('ping');
    }
    expect(old.closes).toEqual([[1001, 'service upgrade']]);
    expect(next.closes).toEqual([]);
  });
});

describe('login', () => {
  it('is acked, and only one is possible', () => {
    const peer = world.connect('private').say(world.loginOf(1));
    const connId = peer.session!.connId;
    expect(connId).toMatch(/^[0-9a-f]{8}$/);
    expect(peer.heard()).toEqual([{ event: 'login', msg: '', code: '0', connId }]);
    peer.say(world.loginOf(2));
    expect(errors(peer)).toEqual(['60031']);
    expect(peer.session!.uid).toBe('uid1');
  });

  it('of a wrong signature is told and ends the connection', () => {
    const login = world.loginOf(1) as { args: Record<string, string>[] };
    login.args[0]!.sign = 'AAAA';
    const peer = world.connect('private').say({ ...login, id: 'a1' });
    expect(peer.heard()).toMatchObject([{ id: 'a1', event: 'error', code: '60007', msg: 'Invalid sign' }]);
    expect(peer.closes).toEqual([[4001, 'Login failed.']]);
  });

  it('of several accounts at once is refused', () => {
    const { args } = world.loginOf(1) as { args: unknown[] };
    expect(errors(world.connect('private').say({ op: 'login', args: [args[0], args[0]] }))).toEqual([
      '60031',
    ]);
    expect(errors(world.connect('private').say({ op: 'login', args: [] }))).toEqual(['60013']);
  });
});

describe('subscriptions', () => {
  it('are acked one by one with the id and the arg as given, before their first push', () => {
    const peer = world.connect('public').say({
      id: 'b1',
      op: 'subscribe',
      args: [BOOKS, { channel: 'trades', instId: 'BTC-USDT' }],
    });
    const [ack, snapshot, second] = peer.heard();
    const { connId } = peer.session!;
    expect(ack).toEqual({ id: 'b1', event: 'subscribe', arg: BOOKS, connId });
    expect(snapshot).toMatchObject({ arg: BOOKS, action: 'snapshot' });
    expect(second).toEqual({
      id: 'b1',
      event: 'subscribe',
      arg: { channel: 'trades', instId: 'BTC-USDT' },
      connId,
    });
  });

  it('again after an unsubscribe give a new snapshot; twice in a row do not', () => {
    const peer = world.connect('public').say({ op: 'subscribe', args: [BOOKS] });
    expect(peer.pushes('books')).toHaveLength(1);
    peer.say({ op: 'subscribe', args: [BOOKS] });
    expect(peer.heard().map(({ event }) => event)).toEqual(['subscribe']);
    peer.say({ op: 'unsubscribe', args: [BOOKS] }).say({ op: 'subscribe', args: [BOOKS] });
    expect(peer.heard()).toMatchObject([
      { event: 'unsubscribe', arg: BOOKS },
      { event: 'subscribe', arg: BOOKS },
      { arg: BOOKS, action: 'snapshot' },
    ]);
  });

  it.each<[string, 'public' | 'private' | 'business', unknown, string]>([
    ['an unknown channel', 'public', { channel: 'bookz', instId: 'BTC-USDT' }, '60018'],
    ['an unknown instrument', 'public', { channel: 'books', instId: 'NO-SUCH' }, '60018'],
    ['a property of every object', 'public', { channel: 'toString' }, '60018'],
    ['a channel of /business on /public', 'public', { channel: 'trades-all', instId: 'BTC-USDT' }, '64001'],
    ['a candle on /public', 'public', { channel: 'candle1m', instId: 'BTC-USDT' }, '64001'],
    ['a channel of /public on /business', 'business', BOOKS, '64002'],
    ['a private channel on /public', 'public', { channel: 'orders', instType: 'ANY' }, '60018'],
    ['a private channel before login', 'private', { channel: 'orders', instType: 'ANY' }, '60011'],
    ['full depth before login', 'public', { channel: 'books-l2-tbt', instId: 'BTC-USDT' }, '60011'],
    ['uly', 'public', { channel: 'tickers', instId: 'BTC-USDT', uly: 'BTC-USDT' }, '64000'],
    ['no instrument', 'public', { channel: 'books' }, '60013'],
    ['no object', 'public', 'books', '60013'],
  ])('are refused for %s', (_what, path, arg, code) => {
    expect(errors(world.connect(path).say({ op: 'subscribe', args: [arg] }))).toEqual([code]);
  });

  it('name the channel that does not exist as the venue does', () => {
    const peer = world
      .connect('public')
      .say({ id: 'x', op: 'subscribe', args: [{ channel: 'books', instId: 'NO-SUCH' }] });
    expect(peer.heard()).toEqual([
      {
        id: 'x',
        event: 'error',
        code: '60018',
        msg: "Wrong URL or channel:books,instId:NO-SUCH doesn't exist. Please use the correct URL, channel and parameters referring to API document.",
        connId: peer.session!.connId,
      },
    ]);
  });

  it('to full depth need login, the fee tier, and no other book of the instrument', () => {
    const full = { channel: 'books-l2-tbt', instId: 'BTC-USDT' };
    const low = world
      .connect('public')
      .say(world.loginOf(3))
      .say({ op: 'subscribe', args: [full] });
    expect(errors(low)).toEqual(['64003']);
    const high = world.connect('public').say(world.loginOf(1));
    high.say({ op: 'subscribe', args: [full, BOOKS, { channel: 'bbo-tbt', instId: 'BTC-USDT' }] });
    expect(errors(high)).toEqual(['64004']);
    expect([...high.session!.subscriptions.values()].map(({ channel }) => channel)).toEqual([
      'books-l2-tbt',
      'bbo-tbt',
    ]);
  });

  it('of private channels tell how many connections hold them, and end those beyond thirty', () => {
    const orders = { channel: 'orders', instType: 'ANY' };
    const first = world.connect('private').say(world.loginOf(1));
    first.heard();
    first.say({ op: 'subscribe', args: [orders, { channel: 'orders', instType: 'SPOT' }] });
    expect(counts(first.heard())).toEqual([
      ['channel-conn-count', '1'],
      ['channel-conn-count', '1'],
    ]);
    for (let count = 2; count <= 30; count++) world.trader(1, orders);
    const last = world
      .connect('private')
      .say(world.loginOf(1))
      .say({ op: 'subscribe', args: [orders] });
    const heard = last.heard();
    expect(heard.map(({ event }) => event)).toEqual(['login', 'subscribe', 'channel-conn-count-error']);
    expect(last.session!.subscriptions.size).toBe(0);
    first.session!.closed();
    last.say({ op: 'subscribe', args: [orders] });
    expect(counts(last.heard())).toEqual([['channel-conn-count', '30']]);
  });
});

describe('requests that are none', () => {
  it.each<[string, unknown, string]>([
    ['no JSON', 'hello', '60012'],
    ['an array', '[]', '60012'],
    ['null', 'null', '60012'],
    ['no op', { args: [BOOKS] }, '60012'],
    ['no args', { op: 'subscribe' }, '60012'],
    ['empty args', { op: 'subscribe', args: [] }, '60013'],
    ['an unknown op', { op: 'subscribes', args: [BOOKS] }, '60019'],
    ['an id with a hyphen', { id: 'a-1', op: 'subscribe', args: [BOOKS] }, '60012'],
  ])('are refused: %s', (_what, message, code) => {
    const peer = world.connect('public').say(message);
    expect(errors(peer)).toEqual([code]);
    expect(peer.closes).toEqual([]);
  });

  it.each([
    ['deep', '['.repeat(100_000) + ']'.repeat(100_000), [[1009, 'Request is too large']]],
    ['deep in a field', `{"channel":"x","x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, []],
    ['without a text', '{"channel":"x","x":{"toString":1,"valueOf":1}}', []],
    ['nested in a channel that is there', '{"channel":"books","instId":"BTC-USDT","x":{}}', []],
  ])('survive arguments that are %s', (_what, arg, closes) => {
    const peer = world.connect('public').say(`{"op":"subscribe","args":[${arg}]}`);
    expect(peer.closes).toEqual(closes);
    if (closes.length === 0) expect(errors(peer)).toEqual(['60013']);
  });

  it('close the connection when the list of channels is above 64 KB', () => {
    const args = Array.from({ length: 1_700 }, () => BOOKS);
    const peer = world.connect('public').say({ op: 'subscribe', args });
    expect(peer.closes).toEqual([[1009, 'Request is too large']]);
  });

  it('are too many after 480 in an hour', () => {
    const peer = world.connect('public');
    for (let count = 0; count < 480; count++) {
      peer.say({ op: count % 2 === 0 ? 'subscribe' : 'unsubscribe', args: [BOOKS] });
    }
    peer.heard();
    peer.say({ op: 'subscribe', args: [BOOKS] });
    expect(errors(peer)).toEqual(['60014']);
    for (let minute = 0; minute < 240; minute++) {
      world.advance(15_000, 15_000);
      peer.say('ping');
    }
    peer.heard();
    peer.say({ op: 'subscribe', args: [BOOKS] });
    expect(errors(peer)).toEqual([]);
  });
});
