import { describe, expect, it } from 'vitest';
import { DEFAULT_FLOW_INSTRUMENTS } from '../../../engine/paper/instruments/recorded-instruments.ts';
import { START_MS, World } from './recording-world.ts';

/** The book as a follower of `bookLevel` has it. */
class FollowedBook {
  readonly bids = new Map<string, [sz: string, orders: string]>();
  readonly asks = new Map<string, [sz: string, orders: string]>();

  constructor(world: World, instId: string) {
    const image = world.exchange.book(instId)!;
    for (const [px, sz, orders] of image.bids) this.bids.set(px, [sz, orders]);
    for (const [px, sz, orders] of image.asks) this.asks.set(px, [sz, orders]);
  }

  sorted(side: 'asks' | 'bids'): string[][] {
    const rows = [...this[side]].map(([px, [sz, orders]]) => [px, sz, orders]);
    return rows.sort((left, right) =>
      side === 'asks' ? Number(left[0]) - Number(right[0]) : Number(right[0]) - Number(left[0]),
    );
  }
}

describe('seeded flow', () => {
  it('is the same for the same seed however time is cut, and another for another seed', () => {
    const run = (seed: number, stepMs: number): number => {
      const world = new World({ flow: 'seeded', seed });
      world.sink.isKeeping = false;
      const trade = (px: string): void =>
        void world.place('a', 'buy', px, '1', { ordType: 'post_only', tag: 't' });
      for (let timeMs = stepMs; timeMs <= 20_000; timeMs += stepMs) {
        world.exchange.advance(START_MS + timeMs);
        if (timeMs % 4_000 === 0) trade(world.exchange.book('BTC-USDT-SWAP')!.bids[0]![0]);
      }
      return world.sink.hash;
    };
    const hash = run(7, 4_000);
    expect(run(7, 10)).toBe(hash);
    expect(run(7, 1)).toBe(hash);
    expect(run(8, 4_000)).not.toBe(hash);
  });

  it('keeps every instrument’s chance apart from the others', () => {
    const alone = new World({ flow: 'seeded', flowInstruments: ['ETH-USDT-SWAP'] });
    const together = new World({ flow: 'seeded' });
    for (const world of [alone, together]) world.exchange.advance(START_MS + 10_000);
    expect(alone.exchange.book('ETH-USDT-SWAP')).toEqual(together.exchange.book('ETH-USDT-SWAP'));
  });

  it('publishes its start as a book and not as events', () => {
    const world = new World({ flow: 'seeded' });
    expect(world.sink.callCount).toBe(0);
    for (const instId of DEFAULT_FLOW_INSTRUMENTS) {
      expect(world.exchange.book(instId)!.bids.length).toBeGreaterThan(80);
    }
    expect(world.exchange.book('SOL-USDT')).toMatchObject({ asks: [], bids: [] });
  });

  it('never crosses, keeps 50 levels a side and publishes exactly what its book is', () => {
    const world = new World({ flow: 'seeded', seed: 3 });
    world.sink.isKeeping = false;
    const followed = new Map(
      DEFAULT_FLOW_INSTRUMENTS.map((instId) => [instId, new FollowedBook(world, instId)]),
    );
    world.sink.onLevel = (event) => {
      const side = followed.get(event.instId)![event.side];
      if (event.sz === '0') side.delete(event.px);
      else side.set(event.px, [event.sz, event.orders]);
    };
    for (let second = 1; second <= 120; second++) {
      for (const instId of DEFAULT_FLOW_INSTRUMENTS) {
        const book = world.exchange.book(instId)!;
        expect(Math.min(book.bids.length, book.asks.length)).toBeGreaterThanOrEqual(50);
        expect(Number(book.bids[0]![0])).toBeLessThan(Number(book.asks[0]![0]));
        // A maker of ours at the best prices takes part, and must not upset any of it.
        const tdMode = instId === 'BTC-USDT' ? 'cash' : 'cross';
        const sz = instId === 'BTC-USDT' ? '0.01' : '1';
        const order = { instId, tdMode, ordType: 'post_only', sz };
        world.exchange.place('a', { ...order, side: 'buy', px: book.bids[0]![0] });
        world.exchange.place('a', { ...order, side: 'sell', px: book.asks[0]![0] });
        if (second % 5 === 0) {
          for (const row of world.exchange.pendingOrders('a', { instId })) {
            world.exchange.cancel('a', { instId, ordId: row['ordId'] });
          }
        }
      }
      // Uneven steps end between the events of different markets.
      world.exchange.advance(START_MS + second * 1_000 + (second % 7) * 3);
    }
    for (const instId of DEFAULT_FLOW_INSTRUMENTS) {
      const book = world.exchange.book(instId)!;
      expect(followed.get(instId)!.sorted('asks')).toEqual(book.asks);
      expect(followed.get(instId)!.sorted('bids')).toEqual(book.bids);
    }
    expect(world.exchange.fills('a', {}).length).toBeGreaterThan(20);
  });

  it('has between 50 and 150 book events a second and instrument, and trades', () => {
    const world = new World({ flow: 'seeded', seed: 11 });
    const before = DEFAULT_FLOW_INSTRUMENTS.map((instId) => world.exchange.sequence(instId));
    world.exchange.advance(START_MS + 60_000);
    DEFAULT_FLOW_INSTRUMENTS.forEach((instId, index) => {
      const perSecond = (world.exchange.sequence(instId) - before[index]!) / 60;
      expect(perSecond).toBeGreaterThan(50);
      expect(perSecond).toBeLessThan(150);
      expect(world.exchange.trades(instId, 500).length).toBeGreaterThan(60);
      expect(Number(world.exchange.ticker(instId)!['vol24h'])).toBeGreaterThan(0);
    });
  });

  it('lets every mark price follow, within the price limits', () => {
    const world = new World({ flow: 'seeded', seed: 5 });
    world.exchange.advance(START_MS + 300_000);
    for (const instId of ['BTC-USDT-SWAP', 'BTC-USD-SWAP', 'ETH-USDT']) {
      const mark = Number(world.exchange.markPrice(instId)!['markPx']);
      const limit = world.exchange.priceLimit(instId)!;
      expect(mark).not.toBe(Number(new World().exchange.markPrice(instId)!['markPx']));
      expect(Number(limit['sellLmt'])).toBeLessThan(mark);
      expect(Number(limit['buyLmt'])).toBeGreaterThan(mark);
    }
    const book = world.exchange.book('BTC-USDT-SWAP')!;
    const mark = Number(world.exchange.markPrice('BTC-USDT-SWAP')!['markPx']);
    expect(Math.abs(Number(book.bids[0]![0]) / mark - 1)).toBeLessThan(0.0005);
  });
});
