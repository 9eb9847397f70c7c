import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { FeedEvent } from '../../../engine/paper/exchange/feed-source.ts';
import { NaiveBook } from '../../model/naive-book.ts';
import { ArraySource, feedEvent } from '../exchange/array-source.ts';
import { PaperWorld } from './paper-world.ts';
import type { Message, Peer } from './paper-world.ts';

const FIXTURE = new URL('../../fixtures/feeds/btc-usdt-swap-2024-08-08-cut.ndjson.gz', import.meta.url)
  .pathname;
const INST_ID = 'BTC-USDT-SWAP';
const CHANNELS = ['books-l2-tbt', 'books', 'books50-l2-tbt', 'bbo-tbt', 'books5'];

interface Push {
  readonly action?: string;
  readonly atMs: number;
  readonly ts: string;
  readonly asks: string[][];
  readonly bids: string[][];
  readonly seqId: number;
  readonly prevSeqId?: number;
}

/** A recorded market published event by event, in steps of the venue's own due times. */
class EventWorld extends PaperWorld {
  readonly startMs: number;

  constructor(events: readonly FeedEvent[]) {
    const recorded = { queueModel: { shape: 'power3', exponent: 3 }, publish: 'event' } as const;
    super({ flow: new ArraySource(events), recorded });
    this.startMs = this.nowMs;
  }

  /** Lives until that time, and gives what the channel pushed, with the time of each. */
  run(untilMs: number, peer: Peer, channel: string): Push[] {
    const pushes: Push[] = [];
    const hear = (): void => {
      for (const message of peer.heard()) {
        if (message.arg?.['channel'] === channel && message.data !== undefined) {
          pushes.push({
            ...(message as { action?: string }),
            ...(message.data[0] as unknown as Push),
            atMs: this.nowMs - this.startMs,
          });
        }
      }
    };
    hear();
    for (
      let dueMs = this.venue.nextDueMs();
      dueMs <= this.startMs + untilMs;
      dueMs = this.venue.nextDueMs()
    ) {
      this.nowMs = dueMs;
      this.venue.advance();
      hear();
    }
    this.nowMs = this.startMs + untilMs;
    return pushes;
  }

  listen(channel: string): Peer {
    return this.connect('public')
      .say(this.loginOf(1))
      .say({ op: 'subscribe', args: [{ channel, instId: INST_ID }] });
  }
}

const START = feedEvent(0, 'snapshot', { asks: [['78001', '5']], bids: [['78000', '5']] });

function rows(push: Push): [string, string, string][] {
  return [...push.asks, ...push.bids].map(([px, sz, , orders]) => [px!, sz!, orders!]);
}

describe('a recorded book by event', () => {
  it('is pushed at the event’s own time, to the fraction, one message each', () => {
    const world = new EventWorld([
      START,
      feedEvent(3.25, 'update', {
        asks: [
          ['78001', '6'],
          ['78002', '1'],
        ],
        bids: [['77999', '2']],
      }),
      feedEvent(3.5, 'update', { asks: [['78002', '0']] }),
      feedEvent(3.5, 'update', { bids: [['78000', '4']] }),
      feedEvent(700.125, 'update', { bids: [['78000', '5']] }),
    ]);
    for (const channel of ['books-l2-tbt', 'books']) world.listen(channel);
    const pushes = world.run(800, world.listen('books-l2-tbt'), 'books-l2-tbt');
    expect(pushes.map(({ action, atMs }) => [action, atMs])).toEqual([
      ['snapshot', 0],
      ['update', 3.25],
      ['update', 3.5],
      ['update', 3.5],
      ['update', 700.125],
    ]);
    expect(pushes.map((push) => push.prevSeqId)).toEqual([
      -1,
      ...pushes.slice(0, -1).map(({ seqId }) => seqId),
    ]);
    expect(pushes.slice(1).map(rows)).toEqual([
      [
        ['78001', '6', '1'],
        ['78002', '1', '1'],
        ['77999', '2', '1'],
      ],
      [['78002', '0', '0']],
      [['78000', '4', '1']],
      [['78000', '5', '1']],
    ]);
    expect(pushes[1]!.ts).toBe(String(world.startMs + 3));
  });

  it('has our orders in it: with the next event, or after ten milliseconds', () => {
    const world = new EventWorld([
      START,
      feedEvent(4, 'update', { asks: [['78002', '1']] }),
      feedEvent(50, 'update', { bids: [['78000', '7']] }),
    ]);
    const trader = world.trader(1);
    const peer = world.listen('books-l2-tbt');
    const instIdCode = world.codeOf(INST_ID);
    const place = (id: string, px: string): Peer =>
      trader.say({
        id,
        op: 'order',
        args: [{ instIdCode, tdMode: 'cross', side: 'buy', ordType: 'post_only', px, sz: '2', clOrdId: id }],
      });
    world.run(1, peer, 'books-l2-tbt');
    place('1', '78000');
    place('2', '77990');
    let pushes = world.run(20, peer, 'books-l2-tbt');
    expect(pushes.map(({ atMs }) => atMs)).toEqual([4]);
    expect(rows(pushes[0]!)).toEqual([
      ['78002', '1', '1'],
      ['78000', '7', '2'],
      ['77990', '2', '1'],
    ]);
    place('3', '78000.5');
    pushes = world.run(60, peer, 'books-l2-tbt');
    expect(pushes.map(({ atMs }) => atMs)).toEqual([30, 50]);
    expect(pushes.map(rows)).toEqual([[['78000.5', '2', '1']], [['78000', '9', '2']]]);
  });

  it('whoever comes late starts from what the others have, and joins their numbers', () => {
    const world = new EventWorld([START, feedEvent(40, 'update', { asks: [['78001', '3']] })]);
    const early = world.listen('books-l2-tbt');
    world.run(21, early, 'books-l2-tbt');
    const instIdCode = world.codeOf(INST_ID);
    const args = [{ instIdCode, tdMode: 'cross', side: 'sell', ordType: 'post_only', px: '78003', sz: '1' }];
    world.trader(1).say({ id: '1', op: 'order', args });
    const late = world.listen('books-l2-tbt');
    const lateFirst = late.pushes('books-l2-tbt').map(({ data }) => data![0] as unknown as Push);
    const earlyNext = early.pushes('books-l2-tbt').map(({ data }) => data![0] as unknown as Push);
    expect(earlyNext.map(rows)).toEqual([[['78003', '1', '1']]]);
    expect(lateFirst).toHaveLength(1);
    expect(lateFirst[0]!.asks.map(([px]) => px)).toEqual(['78001', '78003']);
    expect(lateFirst[0]!.seqId).toBe(earlyNext[0]!.seqId);
    const [update] = world.run(60, late, 'books-l2-tbt');
    expect(update!.prevSeqId).toBe(lateFirst[0]!.seqId);
    expect(early.pushes('books-l2-tbt').map(({ data }) => (data![0] as unknown as Push).seqId)).toEqual([
      update!.seqId,
    ]);
  });

  it('tells lost updates and numbers that start anew as the paced books do', () => {
    const world = new EventWorld([
      START,
      ...[10, 20, 30, 40].map((offsetMs) =>
        feedEvent(offsetMs, 'update', { bids: [['78000', String(offsetMs)]] }),
      ),
    ]);
    const peer = world.listen('books-l2-tbt');
    const before = world.run(10, peer, 'books-l2-tbt');
    world.venue.market.publisher(INST_ID)!.loseUpdate();
    const [gap] = world.run(30, peer, 'books-l2-tbt');
    expect(gap!.prevSeqId).toBeGreaterThan(before.at(-1)!.seqId);
    world.venue.market.publisher(INST_ID)!.resetSequence();
    const [anew] = world.run(40, peer, 'books-l2-tbt');
    expect(anew!.seqId).toBeLessThan(anew!.prevSeqId!);
  });

  it('gives a sign of life every minute while nothing happens', () => {
    const world = new EventWorld([START]);
    const peer = world.listen('books-l2-tbt');
    const pushes: Push[] = [];
    for (let untilMs = 25_000; untilMs <= 125_000; untilMs += 25_000) {
      pushes.push(...world.run(untilMs, peer, 'books-l2-tbt'));
      peer.say('ping');
    }
    expect(pushes.map(({ atMs, asks }) => [atMs, asks.length])).toEqual([
      [0, 1],
      [60_000, 0],
      [120_000, 0],
    ]);
  });
});

describe('the recorded market of the fixtures by event', () => {
  const lines = gunzipSync(readFileSync(FIXTURE)).toString('utf8').split('\n', 1_500);
  const recorded = lines.map(
    (line) => JSON.parse(line) as Record<string, string> & Pick<FeedEvent, 'asks' | 'bids'>,
  );
  const firstNs = BigInt(recorded[0]!['recvNs']!);
  const events = recorded.map((row) => {
    const offsetMs = Number(BigInt(row['recvNs']!) - firstNs) / 1e6;
    const { px = '', sz = '', side = 'buy' } = row;
    return row['action'] === undefined
      ? feedEvent(offsetMs, 'trade', { px, sz, side: side as 'buy' })
      : feedEvent(offsetMs, row['action'] as 'update', { asks: row.asks, bids: row.bids });
  });
  const endMs = events.at(-1)!.offsetMs;

  it('is pushed as it was recorded', () => {
    const world = new EventWorld(events);
    const pushes = world.run(endMs, world.listen('books-l2-tbt'), 'books-l2-tbt');
    const books = events.filter(({ kind }) => kind !== 'trade');
    expect(pushes).toHaveLength(books.length);
    pushes.forEach((push, index) => {
      const book = books[index]!;
      // The clock counts milliseconds of decades in a float: a quarter of a microsecond.
      expect(push.atMs).toBeCloseTo(book.offsetMs, 3);
      for (const side of ['asks', 'bids'] as const) {
        const told = new Map(push[side].map(([px, sz]) => [px, sz]));
        expect(told).toEqual(new Map(book[side].map(([px, sz]) => [px, sz])));
      }
    });
  });

  it('is the same, with the same times, however time is cut', () => {
    const texts = [1, 40, 333.3].map((stepMs) => {
      const world = new EventWorld(events);
      const peers = CHANNELS.map((channel) => world.listen(channel));
      const trader = world.trader(1, { channel: 'orders', instType: 'ANY' });
      const px = world.venue.exchange.book(INST_ID)!.bids[0]![0];
      const args = [
        {
          instIdCode: world.codeOf(INST_ID),
          tdMode: 'cross',
          side: 'buy',
          ordType: 'post_only',
          px,
          sz: '900',
        },
      ];
      trader.say({ id: '1', op: 'order', args });
      world.advance(endMs, stepMs);
      return [trader, ...peers].map((peer) => peer.texts.map((text) => text.replace(/"connId":"\w+"/, '')));
    });
    expect(texts[0]![0]!.join('')).toContain('"state":"partially_filled"');
    expect(texts[1]).toEqual(texts[0]);
    expect(texts[2]).toEqual(texts[0]);
  });

  it.each(CHANNELS)('and %s holds what its depth is of the book, our orders included', (channel) => {
    const depth = { 'bbo-tbt': 1, books5: 5, 'books50-l2-tbt': 50 }[channel] ?? Infinity;
    const world = new EventWorld(events);
    const peer = world.listen(channel);
    const trader = world.trader(1);
    const book = new NaiveBook();
    let seqId = -1;
    let id = 0;
    for (let untilMs = 0; untilMs < endMs; untilMs += 150) {
      for (const push of world.run(untilMs, peer, channel)) {
        if (push.prevSeqId === undefined) book.clear();
        else expect(push.prevSeqId).toBe(seqId);
        seqId = push.seqId;
        book.update(push.asks, push.bids);
      }
      // Past the beats, so that nothing waits.
      const now = world.venue.exchange.book(INST_ID)!;
      const shown = (side: 'asks' | 'bids'): string[] =>
        now[side].slice(0, depth).map(([px, sz]) => `${px}×${sz}`);
      expect(book.askLevels()).toEqual(shown('asks'));
      expect(book.bidLevels()).toEqual(shown('bids'));
      const px = now.bids[0]![0];
      const args = [
        {
          instIdCode: world.codeOf(INST_ID),
          tdMode: 'cross',
          side: 'buy',
          ordType: 'post_only',
          px,
          sz: '3',
          clOrdId: `o${++id}`,
        },
      ];
      trader.say({ id: String(id), op: 'order', args });
      trader.say({
        id: 'c',
        op: 'cancel-order',
        args: [{ instIdCode: world.codeOf(INST_ID), clOrdId: `o${id - 2}` }],
      });
    }
    expect(trader.heard().filter(({ op }: Message) => op === 'order').length).toBe(id);
  });
});
