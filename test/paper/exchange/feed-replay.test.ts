import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FeedPlayer } from '../../../engine/paper/exchange/feed-player.ts';
import { FeedError } from '../../../engine/paper/exchange/feed-source.ts';
import { START_MS, World } from './recording-world.ts';

const FIXTURE = new URL('../../fixtures/paper-exchange/btc-usdt-swap-2024-08-08-head.ndjson', import.meta.url)
  .pathname;

type Rows = [px: string, sz: string][];

/** Frames as OKX sends them, one line each, at `ts` since the first. */
class FeedScript {
  readonly lines: string[] = [];

  book(ts: number, asks: Rows, bids: Rows, action = 'update'): this {
    const arg = { channel: 'books', instId: 'BTC-USDT-SWAP' };
    this.lines.push(JSON.stringify({ arg, action, data: [{ asks, bids, ts: String(ts), checksum: 0 }] }));
    return this;
  }

  trade(ts: number, side: string, px: string, sz: string): this {
    const arg = { channel: 'trades', instId: 'BTC-USDT-SWAP' };
    this.lines.push(JSON.stringify({ arg, data: [{ tradeId: '1', px, sz, side, ts: String(ts) }] }));
    return this;
  }

  world(): World {
    return new World({ flow: new FeedPlayer(this.lines, false) });
  }
}

/** Best bid 78000 × 5, best ask 78001 × 5. */
function script(): FeedScript {
  const asks: Rows = [
    ['78001', '5'],
    ['78002', '8'],
  ];
  const bids: Rows = [
    ['78000', '5'],
    ['77999', '9'],
  ];
  return new FeedScript().book(1_000, asks, bids, 'snapshot');
}

function filled(world: World, ordId: string): string {
  return world.exchange.order('a', 'BTC-USDT-SWAP', { ordId })!['accFillSz'] as string;
}

function bid(world: World, px: string, side: 'asks' | 'bids' = 'bids'): string | undefined {
  return world.exchange.book('BTC-USDT-SWAP')![side].find((row) => row[0] === px)?.[1];
}

describe('queue position in a recorded market', () => {
  it('an order is filled only after what was ahead of it has traded', () => {
    const world = script()
      .trade(1_010, 'sell', '78000', '4')
      .book(1_011, [], [['78000', '1']])
      .trade(1_020, 'sell', '78000', '3')
      .world();
    const { ordId } = world.place('a', 'buy', '78000', '2', { ordType: 'post_only' });
    expect(bid(world, '78000')).toBe('7');
    world.exchange.advance(START_MS + 11);
    expect(filled(world, ordId)).toBe('0');
    // The recorded market's own size stays what it was, next to ours.
    expect(bid(world, '78000')).toBe('3');
    world.exchange.advance(START_MS + 20);
    expect(filled(world, ordId)).toBe('2');
    expect(world.lastPush(ordId)).toMatchObject({ state: 'filled', execType: 'M', fillPx: '78000' });
    const sizes = world.sink.singleTrades.map((row) => [row['px'], row['sz']]);
    expect(sizes).toEqual([
      ['78000', '4'],
      ['78000', '2'],
      ['78000', '1'],
    ]);
  });

  it('cancels behind us do not bring us forward, cancels beyond them do', () => {
    const world = script()
      .book(1_010, [], [['78000', '9']])
      .book(1_011, [], [['78000', '5']])
      .book(1_012, [], [['78000', '2']])
      .trade(1_020, 'sell', '78000', '3')
      .world();
    const { ordId } = world.place('a', 'buy', '78000', '2', { ordType: 'post_only' });
    world.exchange.advance(START_MS + 20);
    // 9 − 4 leaves the five that were ahead, 2 leaves two of them: the print of 3 fills one of ours.
    expect(filled(world, ordId)).toBe('1');
    expect(bid(world, '78000')).toBe('3');
  });

  it('a print at a worse price fills our better order first, up to its size', () => {
    const world = script().trade(1_010, 'sell', '77999', '3').world();
    const { ordId } = world.place('a', 'buy', '78000.5', '2', { ordType: 'post_only' });
    const queued = world.place('a', 'buy', '77999', '2', { ordType: 'post_only' }).ordId;
    world.exchange.advance(START_MS + 10);
    expect(filled(world, ordId)).toBe('2');
    expect(filled(world, queued)).toBe('0');
    expect(bid(world, '77999')).toBe('11');
  });

  it('a level that crosses our order fills it, up to the level’s size', () => {
    const world = script()
      .book(1_010, [], [['78000', '0']])
      .book(1_011, [['78000', '3']], [])
      .world();
    const { ordId } = world.place('a', 'buy', '78000', '4', { ordType: 'post_only' });
    world.exchange.advance(START_MS + 11);
    expect(filled(world, ordId)).toBe('3');
    expect(bid(world, '78000', 'asks')).toBeUndefined();
    expect(world.sink.trades.at(-1)).toMatchObject({ side: 'sell', px: '78000', sz: '3' });
  });

  it('what we take is gone until the recording speaks of that price again', () => {
    const world = script()
      .book(1_010, [['78001', '6']], [])
      .world();
    const { ordId } = world.place('a', 'buy', '78002', '7', { ordType: 'ioc' });
    expect(filled(world, ordId)).toBe('7');
    expect(world.exchange.book('BTC-USDT-SWAP')!.asks).toEqual([['78002', '6', '1']]);
    world.exchange.advance(START_MS + 10);
    expect(world.exchange.book('BTC-USDT-SWAP')!.asks[0]).toEqual(['78001', '6', '1']);
  });

  it('a second snapshot drops what it does not have, and not our orders', () => {
    const world = script()
      .book(1_010, [['78005', '1']], [['77995', '1']], 'snapshot')
      .world();
    world.place('a', 'buy', '77999', '2');
    world.exchange.advance(START_MS + 10);
    expect(world.exchange.book('BTC-USDT-SWAP')).toMatchObject({
      asks: [['78005', '1', '1']],
      bids: [
        ['77999', '2', '1'],
        ['77995', '1', '1'],
      ],
    });
  });
});

describe('feed player', () => {
  it('keeps the exchange’s book equal to a plain map of the recording after every event', () => {
    const lines = readFileSync(FIXTURE, 'utf8').trim().split('\n');
    const world = new World({ flow: new FeedPlayer(lines, false) });
    const rows = lines.map((line) => JSON.parse(line) as Record<string, string & Rows>);
    const naive = { asks: new Map<string, string>(), bids: new Map<string, string>() };
    const firstTs = Number(rows[0]!['ts']);
    let latestMs = 0;
    let applied = 0;
    rows.forEach((row, index) => {
      const offsetMs = Math.max(latestMs, Number(row['ts']) - firstTs);
      latestMs = offsetMs;
      if (row['action'] !== undefined) {
        for (const side of ['asks', 'bids'] as const) {
          for (const [px, sz] of row[side] as Rows) {
            if (sz === '0') naive[side].delete(px);
            else naive[side].set(px, sz);
          }
        }
      }
      // Lines of one millisecond become the book together.
      const next = rows[index + 1];
      if (next !== undefined && Number(next['ts']) - firstTs <= latestMs) return;
      world.exchange.advance(START_MS + offsetMs);
      const book = world.exchange.book('BTC-USDT-SWAP')!;
      expect(new Map(book.asks.map(([px, sz]) => [px, sz]))).toEqual(naive.asks);
      expect(new Map(book.bids.map(([px, sz]) => [px, sz]))).toEqual(naive.bids);
      applied++;
    });
    expect(applied).toBeGreaterThan(200);
    expect(world.sink.trades.length).toBe(rows.filter((row) => row['channel'] === 'trades').length);
    expect(world.exchange.markPrice('BTC-USDT-SWAP')!['markPx']).toMatch(/^61[78]\d\d/);
    expect(world.exchange.ticker('BTC-USDT-SWAP')).toMatchObject({ open24h: '61800.3' });
  });

  it('reads plain and gzip files, prefixed lines, and plays again from the start', () => {
    const folder = mkdtempSync(join(tmpdir(), 'feed-'));
    try {
      const { lines } = script().trade(1_500, 'buy', '78001', '1');
      const text = `wss://host/ws <-> 1652459224.5\n1652459225.5: ${lines[0]}\n1652459226.5: ${lines[1]}\n`;
      writeFileSync(join(folder, 'plain.ws'), text);
      writeFileSync(join(folder, 'packed.gz'), gzipSync(text));
      for (const name of ['plain.ws', 'packed.gz']) {
        const player = FeedPlayer.fromFile(join(folder, name));
        const events = [1, 2, 3, 4].map(() => player.next()!);
        expect(events.map((event) => [event.kind, event.offsetMs])).toEqual([
          ['snapshot', 0],
          ['trade', 500],
          ['snapshot', 1_500],
          ['trade', 2_000],
        ]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('plays marks and funding, counted from the beginning of each pass', () => {
    const funding = {
      instId: 'BTC-USDT-SWAP',
      channel: 'funding-rate',
      fundingRate: '-0.0001',
      fundingTime: '9000',
    };
    const mark = { instId: 'BTC-USDT-SWAP', channel: 'mark-price', markPx: '78000.25', ts: '1200' };
    const lines = [
      JSON.stringify({ ...mark, ts: '900' }),
      ...script().lines,
      JSON.stringify({ ...funding, ts: '1100' }),
      JSON.stringify(mark),
      JSON.stringify({ ...mark, instId: 'ETH-USDT-SWAP' }),
      JSON.stringify({ ...mark, channel: 'open-interest' }),
    ];
    const player = new FeedPlayer(lines);
    const events = [1, 2, 3, 4, 5].map(() => player.next()!);
    expect(
      events.map(({ kind, offsetMs, px, rate, fundingOffsetMs }) => [
        kind,
        offsetMs,
        px,
        rate,
        fundingOffsetMs,
      ]),
    ).toEqual([
      ['snapshot', 0, '', '0', 0],
      ['funding', 100, '', '-0.0001', 8_000],
      ['mark', 200, '78000.25', '0', 0],
      ['snapshot', 1_200, '', '0', 0],
      ['funding', 1_300, '', '-0.0001', 9_200],
    ]);
    const world = new World({ flow: new FeedPlayer(lines, false) });
    world.exchange.advance(START_MS + 1_000);
    expect(world.exchange.markPrice('BTC-USDT-SWAP')).toMatchObject({ markPx: '78000.3' });
    expect(world.exchange.fundingRate('BTC-USDT-SWAP')).toMatchObject({
      fundingRate: '-0.0001',
      fundingTime: String(START_MS + 8_000),
    });
  });

  it('says what is wrong with a feed', () => {
    expect(() => FeedPlayer.fromFile('/no/such/file')).toThrow(FeedError);
    expect(() => new FeedPlayer(['', 'text'])).toThrow(/found none/);
    expect(() => new FeedPlayer(['{"instId":'])).toThrow(/JSON in line 1/);
    const offGrid = new FeedScript().book(1, [['78000.05', '1']], [], 'snapshot');
    expect(() => offGrid.world()).toThrow(/on the grid of 0.1, was "78000.05"/);
  });

  it('says it before it plays, however late in the feed it is', () => {
    const broken: [line: string, reason: RegExp][] = [
      [script().book(9_000, [['78000.05', '1']], []).lines[1]!, /grid of 0.1, was "78000.05"/],
      [script().trade(9_000, 'buy', '78001', '0.001').lines[1]!, /size of BTC-USDT-SWAP on the grid/],
      ['{"instId":', /JSON in line 2/],
      ['{"instId":"BTC-USDT-SWAP","channel":"mark-price","ts":"9000"}', /price of BTC-USDT-SWAP/],
      [
        '{"instId":"BTC-USDT-SWAP","channel":"funding-rate","fundingRate":"","fundingTime":"9","ts":"9000"}',
        /funding rate of BTC-USDT-SWAP as a decimal/,
      ],
      [script().lines[0]!.replace('["78001","5"]', '[]'), /price and size as text in line 2/],
      [script().lines[0]!.replace('["78001","5"]', 'null'), /price and size as text in line 2/],
      ['{"arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"action":"update","data":[null]}', /in line 2/],
    ];
    for (const [line, reason] of broken) {
      const play = (): World => new World({ flow: new FeedPlayer([...script().lines, line]) });
      expect(play).toThrow(FeedError);
      expect(play).toThrow(reason);
    }
    const elsewhere = script().lines.map((line) => line.replace('BTC-USDT-SWAP', 'FOO-BAR'));
    expect(() => new World({ flow: new FeedPlayer(elsewhere) })).toThrow(/lists, found only FOO-BAR/);
  });
});
