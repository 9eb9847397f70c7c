import { describe, expect, it } from 'vitest';
import { PaperWorld } from './paper-world.ts';
import type { Peer } from './paper-world.ts';

const SPOT = 'BTC-USDT';
const SWAP = 'BTC-USDT-SWAP';
const PUBLIC = ['books', 'books5', 'trades', 'tickers', 'mark-price', 'price-limit', 'funding-rate'];
const FAST = ['bbo-tbt', 'books-l2-tbt', 'books50-l2-tbt'];

/** Lets time pass from one thing that is due to the next, as a simulation does. */
function drive(world: PaperWorld, endMs: number): void {
  for (;;) {
    const dueMs = world.venue.nextDueMs();
    if (dueMs > endMs) break;
    world.nowMs = dueMs;
    world.venue.advance();
    if (world.venue.nextDueMs() <= dueMs) throw new Error(`expected what was due at ${dueMs} to be done`);
  }
  world.nowMs = endMs;
  world.venue.advance();
}

/** Everything that three connections hear while one of them trades for a minute; time passes as `pass` lets it. */
function heard(pass: (world: PaperWorld, endMs: number) => void): string[] {
  const world = new PaperWorld({ flow: 'seeded', seed: 5, pushBeforeAckShare: 0.3, matchDelayMs: 1 });
  const peers = {
    market: world.connect('public'),
    fast: world.connect('public').say(world.loginOf(2)),
    trader: world.connect('private').say(world.loginOf(1)),
  };
  peers.market.say({
    op: 'subscribe',
    args: [SPOT, SWAP].flatMap((instId) => PUBLIC.map((channel) => ({ channel, instId }))),
  });
  peers.fast.say({ op: 'subscribe', args: FAST.slice(0, 1).map((channel) => ({ channel, instId: SWAP })) });
  peers.trader.say({
    op: 'subscribe',
    args: [
      { channel: 'orders', instType: 'ANY' },
      { channel: 'account' },
      { channel: 'positions', instType: 'ANY' },
      { channel: 'fills' },
    ],
  });
  const texts: string[] = [];
  const startMs = world.nowMs;
  for (let round = 1; round <= 40; round++) {
    pass(world, startMs + round * 1_503);
    const { bids, asks } = world.venue.exchange.book(SWAP)!;
    const isBuy = round % 2 === 0;
    const order = {
      instIdCode: world.codeOf(SWAP),
      tdMode: 'cross',
      side: isBuy ? 'buy' : 'sell',
      ordType: round % 5 === 0 ? 'ioc' : 'post_only',
      px: (round % 5 === 0) === isBuy ? asks[0]![0] : bids[0]![0],
      sz: '3',
      clOrdId: `o${round}`,
    };
    peers.trader.say({ id: String(round), op: 'order', args: [order] });
    if (round === 20) peers.fast.say({ op: 'subscribe', args: [{ channel: 'books-l2-tbt', instId: SWAP }] });
    for (const peer of Object.values(peers)) peer.say('ping');
    for (const [name, peer] of Object.entries(peers) as [string, Peer][]) {
      texts.push(...peer.texts.splice(0).map((text) => `${name} ${text}`));
    }
  }
  return texts;
}

describe('time that is moved by hand', () => {
  const stepped = heard((world, endMs) => world.advance(endMs - world.nowMs, 1));

  it('gives the very same pushes however it is cut', () => {
    expect(stepped.length).toBeGreaterThan(2_000);
    expect(heard(drive)).toEqual(stepped);
    expect(heard((world, endMs) => world.advance(endMs - world.nowMs, 700))).toEqual(stepped);
  });

  it('covers the order’s life and the markets', () => {
    for (const word of [...PUBLIC, 'bbo-tbt', 'books-l2-tbt', 'orders', 'account', 'positions', 'fills']) {
      expect(stepped.some((text) => text.includes(`"channel":"${word}"`) && text.includes('"data"'))).toBe(
        true,
      );
    }
  });

  it('has nothing to do for those who listen to nothing but what the exchange does', () => {
    const world = new PaperWorld();
    const startMs = world.nowMs;
    let steps = 0;
    while (world.nowMs < startMs + 10_000) {
      world.nowMs = world.venue.nextDueMs();
      world.venue.advance();
      steps++;
    }
    // Mark prices are looked at five times a second.
    expect(steps).toBe(50);
  });

  it('keeps a silent book alive every minute, with equal numbers', () => {
    const world = new PaperWorld();
    const peer = world.connect('public').say({ op: 'subscribe', args: [{ channel: 'books', instId: SWAP }] });
    const [first] = peer.pushes('books');
    const startMs = world.nowMs;
    const repeats: unknown[] = [];
    for (let second = 1; second <= 130; second++) {
      drive(world, startMs + second * 1_000);
      peer.say('ping');
      for (const { action, data } of peer.pushes('books')) repeats.push([second, action, data]);
    }
    const { seqId } = first!.data![0]! as { seqId: number };
    expect(repeats).toMatchObject([
      [60, 'update', [{ asks: [], bids: [], seqId, prevSeqId: seqId }]],
      [120, 'update', [{ asks: [], bids: [], seqId, prevSeqId: seqId }]],
    ]);
  });

  it('closes a silent connection after thirty seconds, to the millisecond', () => {
    const world = new PaperWorld();
    const peer = world.connect('public');
    const startMs = world.nowMs;
    drive(world, startMs + 30_000);
    expect(peer.closes).toEqual([]);
    drive(world, startMs + 30_001);
    expect(peer.closes).toEqual([[4004, 'No subscription in 30s.']]);
    expect(world.venue.nextDueMs()).toBeGreaterThan(world.nowMs);
  });

  it('does not lose an announced end', () => {
    const world = new PaperWorld();
    const peer = world.connect('public').say({ op: 'subscribe', args: [{ channel: 'status' }] });
    world.venue.announceUpgrade();
    const startMs = world.nowMs;
    for (let second = 1; second < 60; second++) {
      drive(world, startMs + second * 1_000);
      peer.say('ping');
    }
    expect(peer.closes).toEqual([]);
    drive(world, startMs + 60_000);
    expect(peer.closes).toEqual([[1001, 'service upgrade']]);
  });
});

describe('the pace of the flow', () => {
  const run = (flowPace: number, seed: number): { changes: number; move: number } => {
    const world = new PaperWorld({ flow: 'seeded', flowInstruments: [SWAP], flowPace, seed });
    const { exchange } = world.venue;
    const before = exchange.sequence(SWAP);
    const start = Number(exchange.markPrice(SWAP)!['markPx']);
    drive(world, world.nowMs + 600_000);
    const move = Math.log(Number(exchange.markPrice(SWAP)!['markPx']) / start);
    return { changes: exchange.sequence(SWAP) - before, move };
  };

  it('thins out the events and leaves the prices as lively', () => {
    const seeds = Array.from({ length: 24 }, (_, index) => index + 1);
    const slow = seeds.map((seed) => run(0.05, seed));
    const full = run(1, 1);
    expect(slow[0]!.changes).toBeLessThan(full.changes / 8);
    expect(slow[0]!.changes).toBeGreaterThan(full.changes / 40);
    // 0.6 basis points a root second, and bursts: some twenty over ten minutes.
    const deviation = Math.sqrt(slow.reduce((sum, { move }) => sum + move * move, 0) / slow.length) * 10_000;
    expect(deviation).toBeGreaterThan(8);
    expect(deviation).toBeLessThan(60);
  });

  it('keeps the book deep and uncrossed', () => {
    const world = new PaperWorld({ flow: 'seeded', flowInstruments: [SWAP], flowPace: 0.05, seed: 2 });
    for (let minute = 0; minute < 60; minute++) {
      drive(world, world.nowMs + 60_000);
      const { bids, asks } = world.venue.exchange.book(SWAP)!;
      expect(Math.min(bids.length, asks.length)).toBeGreaterThanOrEqual(50);
      expect(Number(bids[0]![0])).toBeLessThan(Number(asks[0]![0]));
    }
  });
});

describe('the numbers of orders, trades and bills', () => {
  const numbersOf = (startedMs: number): { ordIds: string[]; tradeIds: string[]; billIds: string[] } => {
    const world = new PaperWorld({ startPrices: { [SWAP]: '50000' }, time: () => startedMs });
    const order = { instId: SWAP, tdMode: 'cross', ordType: 'limit', px: '50000', sz: '1' };
    for (let count = 0; count < 300; count++) {
      world.venue.exchange.place('uid1', { ...order, side: 'buy' });
      world.venue.exchange.place('uid2', { ...order, side: 'sell' });
    }
    const rows: Record<string, unknown>[] = [];
    for (const uid of ['uid1', 'uid2']) {
      for (let after = ''; ; after = String(rows.at(-1)!['billId'])) {
        const page = world.venue.exchange.fills(uid, after === '' ? {} : { after });
        rows.push(...page);
        if (page.length < 100) break;
      }
    }
    const texts = (name: string): string[] => [...new Set(rows.map((row) => String(row[name])))];
    return { ordIds: texts('ordId'), tradeIds: texts('tradeId'), billIds: texts('billId') };
  };
  const startMs = Date.UTC(2026, 6, 28);
  const first = numbersOf(startMs);

  it('are those of the time of the start', () => {
    expect(numbersOf(startMs)).toEqual(first);
    expect([first.ordIds.length, first.tradeIds.length, first.billIds.length]).toEqual([600, 300, 600]);
    expect(first.ordIds[0]).toMatch(/^\d{19}$/);
    for (const id of [...first.tradeIds, ...first.billIds])
      expect(Number.isSafeInteger(Number(id))).toBe(true);
  });

  it('do not come again after a restart, however soon', () => {
    const second = numbersOf(startMs + 1_000);
    for (const name of ['ordIds', 'tradeIds', 'billIds'] as const) {
      const newest = first[name].map(BigInt).reduce((left, right) => (left > right ? left : right));
      for (const id of second[name]) expect(BigInt(id)).toBeGreaterThan(newest);
    }
  });
});
