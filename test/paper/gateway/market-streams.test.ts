import { describe, expect, it } from 'vitest';
import { PaperWorld } from './paper-world.ts';
import type { Message, Peer } from './paper-world.ts';

const INSTRUMENTS = ['BTC-USDT', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP'];

function subscribe(peer: Peer, ...args: Record<string, string>[]): Peer {
  return peer.say({ op: 'subscribe', args });
}

/** Puts the pushes of an incremental channel together; throws when the chain breaks. */
function bookOf(pushes: readonly Message[]): { asks: string[][]; bids: string[][]; seqId: number } {
  const sides = { asks: new Map<number, string[]>(), bids: new Map<number, string[]>() };
  let seqId = -1;
  for (const { data } of pushes) {
    const push = data![0] as { asks: string[][]; bids: string[][]; seqId: number; prevSeqId: number };
    if (push.prevSeqId !== seqId) throw new Error(`gap: ${push.prevSeqId} after ${seqId}`);
    seqId = push.seqId;
    for (const side of ['asks', 'bids'] as const) {
      for (const row of push[side]) {
        if (row[1] === '0') sides[side].delete(Number(row[0]));
        else sides[side].set(Number(row[0]), row);
      }
    }
  }
  const sorted = (side: 'asks' | 'bids', sign: number): string[][] =>
    [...sides[side]].sort(([a], [b]) => (a - b) * sign).map(([, row]) => row);
  return { asks: sorted('asks', 1), bids: sorted('bids', -1), seqId };
}

describe('the books of a living market', () => {
  const world = new PaperWorld({ flow: 'seeded' });
  const slow = world.connect('public');
  for (const instId of INSTRUMENTS) subscribe(slow, { channel: 'books', instId });
  const fast = world.connect('public').say(world.loginOf(1));
  for (const instId of INSTRUMENTS) {
    subscribe(fast, { channel: 'books-l2-tbt', instId }, { channel: 'bbo-tbt', instId });
  }
  world.advance(20_000);
  // Beyond the next look of every channel, with the market standing still.
  const slowPushes = slow.heard();
  const fastPushes = fast.heard();

  it.each(INSTRUMENTS)('of %s hold their chains and equal the exchange at the end', (instId) => {
    const of = (messages: Message[], channel: string): Message[] =>
      messages.filter(
        ({ arg, data }) => data !== undefined && arg?.channel === channel && arg.instId === instId,
      );
    const byChannel = {
      books: of(slowPushes, 'books'),
      'books-l2-tbt': of(fastPushes, 'books-l2-tbt'),
    };
    const exchange = world.venue.exchange.book(instId)!;
    const expected = (side: 'asks' | 'bids'): string[][] =>
      exchange[side].slice(0, 400).map(([px, sz, orders]) => [px, sz, '0', orders]);
    for (const pushes of Object.values(byChannel)) {
      const book = bookOf(pushes);
      expect(book.asks).toEqual(expected('asks'));
      expect(book.bids).toEqual(expected('bids'));
      expect(Number(book.asks[0]![0])).toBeGreaterThan(Number(book.bids[0]![0]));
    }
    // 100 ms apart at the closest, and busy; the fast channel has more to say.
    expect(byChannel.books.length).toBeGreaterThan(50);
    expect(byChannel.books.length).toBeLessThanOrEqual(201);
    expect(byChannel['books-l2-tbt'].length).toBeGreaterThan(byChannel.books.length);
    const images = of(fastPushes, 'bbo-tbt');
    expect(images.at(-1)!.data).toMatchObject([
      { asks: expected('asks').slice(0, 1), bids: expected('bids').slice(0, 1) },
    ]);
  });

  it('come in the documented order within an interval', () => {
    const times = new Map<string, number>();
    let isInOrder = true;
    for (const { arg, data } of fastPushes) {
      if (data === undefined || arg?.instId !== 'BTC-USDT') continue;
      const { seqId } = data[0] as { seqId: number };
      if (arg.channel === 'books-l2-tbt') times.set(arg.channel, seqId);
      else if ((times.get('books-l2-tbt') ?? 0) > seqId) isInOrder = false;
    }
    expect(isInOrder).toBe(true);
  });
});

describe('the other public channels', () => {
  it('push trades as they happen, tickers at most every 100 ms, prices every 200 ms', () => {
    const world = new PaperWorld({ flow: 'seeded' });
    const peer = world.connect('public');
    const instId = 'BTC-USDT-SWAP';
    for (const channel of ['trades', 'tickers', 'mark-price', 'price-limit', 'funding-rate']) {
      subscribe(peer, { channel, instId });
    }
    const business = subscribe(
      world.connect('business'),
      { channel: 'trades-all', instId },
      { channel: 'candle1m', instId },
    );
    world.advance(30_000);
    const heard = peer.heard().filter(({ data }) => data !== undefined);
    const counts = Object.fromEntries(
      ['trades', 'tickers', 'mark-price', 'price-limit', 'funding-rate'].map((channel) => [
        channel,
        heard.filter(({ arg }) => arg!.channel === channel).length,
      ]),
    );
    expect(counts.trades).toBeGreaterThan(5);
    expect(counts.tickers).toBeGreaterThan(10);
    expect(counts.tickers).toBeLessThanOrEqual(301);
    expect(counts['mark-price']).toBeGreaterThan(2);
    expect(counts['mark-price']).toBeLessThanOrEqual(152);
    expect(counts['price-limit']).toBeGreaterThan(0);
    expect(counts['funding-rate']).toBeGreaterThan(0);
    expect(counts['funding-rate']).toBeLessThanOrEqual(3);
    const single = business.heard().filter(({ data }) => data !== undefined);
    expect(single.filter(({ arg }) => arg!.channel === 'trades-all').length).toBeGreaterThanOrEqual(
      counts.trades!,
    );
    const candles = single.filter(({ arg }) => arg!.channel === 'candle1m');
    expect(candles.length).toBeGreaterThan(3);
    expect(candles.length).toBeLessThanOrEqual(31);
    expect(candles[0]!.data![0]).toHaveLength(9);
  });

  it('push the index of an underlying at once and as it moves, and know no other', () => {
    const world = new PaperWorld({ flow: 'seeded' });
    const instId = 'BTC-USDT';
    const peer = subscribe(world.connect('public'), { channel: 'index-tickers', instId });
    const [first] = peer.pushes('index-tickers');
    expect(first!.data).toMatchObject([{ instId, idxPx: expect.stringMatching(/^\d+(\.\d+)?$/) as string }]);
    world.advance(30_000);
    const prices = peer.pushes('index-tickers').map(({ data }) => String(data![0]!['idxPx']));
    expect(new Set(prices).size).toBeGreaterThan(2);
    expect(prices.length).toBeLessThanOrEqual(152);
    const stranger = world.connect('public');
    stranger.say({ op: 'subscribe', args: [{ channel: 'index-tickers', instId: 'BTC-USDT-SWAP' }] });
    expect(stranger.heard()).toMatchObject([{ event: 'error', code: '60018' }]);
  });

  it('give the instruments of a type at once, and changes as they come', () => {
    const world = new PaperWorld();
    const peer = subscribe(world.connect('public'), { channel: 'instruments', instType: 'SWAP' });
    const [first] = peer.pushes('instruments');
    expect(first!.data!.map(({ instType }) => instType)).toEqual(first!.data!.map(() => 'SWAP'));
    expect(first!.data!.length).toBeGreaterThan(1);
    world.venue.exchange.changeInstrument('BTC-USDT-SWAP', { state: 'suspend' });
    expect(peer.pushes('instruments')).toMatchObject([
      {
        arg: { channel: 'instruments', instType: 'SWAP' },
        data: [{ instId: 'BTC-USDT-SWAP', state: 'suspend' }],
      },
    ]);
    expect(
      world.rest('GET', '/api/v5/public/instruments?instType=SWAP&instId=BTC-USDT-SWAP').answer.data,
    ).toMatchObject([{ state: 'suspend' }]);
  });
});
