import { describe, expect, it } from 'vitest';
import { FeedPlayer } from '../../../engine/paper/exchange/feed-player.ts';
import { START_MS, World } from './recording-world.ts';

const SWAP = 'BTC-USDT-SWAP';
const SPOT = 'BTC-USDT';

/** The book that a follower of the level changes has, as sorted rows. */
class Follower {
  readonly #sides = { asks: new Map<string, string[]>(), bids: new Map<string, string[]>() };

  constructor(world: World, instId: string) {
    const image = world.exchange.book(instId)!;
    for (const side of ['asks', 'bids'] as const) {
      for (const row of image[side]) this.#sides[side].set(row[0], row);
    }
    let sequence = image.seqId;
    world.sink.onLevel = (event) => {
      if (event.instId !== instId) return;
      const own = world.exchange.sequence(instId);
      if (own !== ++sequence) throw new Error(`expected change ${sequence}, was ${own}`);
      const side = this.#sides[event.side];
      if (event.sz === '0') {
        if (!side.delete(event.px)) throw new Error(`expected a level at ${event.px} to go`);
      } else side.set(event.px, [event.px, event.sz, event.orders]);
    };
  }

  rows(side: 'asks' | 'bids'): string[][] {
    const sign = side === 'asks' ? 1 : -1;
    return [...this.#sides[side].values()].sort((a, b) => (Number(a[0]) - Number(b[0])) * sign);
  }
}

describe('another tick size', () => {
  it.each([
    ['coarser', '0.5'],
    ['finer', '0.01'],
    ['of another mantissa', '0.25'],
  ])('%s takes the market along: one chain of changes, prices on the grid, the flow goes on', (_, tickSz) => {
    const world = new World({ flow: 'seeded', seed: 4, flowInstruments: [SWAP] });
    world.exchange.advance(START_MS + 10_000);
    const follower = new Follower(world, SWAP);
    const before = world.exchange.book(SWAP)!;
    world.exchange.relist(SWAP, { tickSz });
    const check = (): void => {
      const book = world.exchange.book(SWAP)!;
      expect(follower.rows('asks')).toEqual(book.asks);
      expect(follower.rows('bids')).toEqual(book.bids);
      expect(Number(book.bids[0]![0])).toBeLessThan(Number(book.asks[0]![0]));
      for (const [px] of [...book.asks, ...book.bids]) {
        expect(Math.abs(Number(px) / Number(tickSz) - Math.round(Number(px) / Number(tickSz)))).toBeLessThan(
          1e-6,
        );
      }
    };
    check();
    const after = world.exchange.book(SWAP)!;
    expect(Math.abs(Number(after.bids[0]![0]) - Number(before.bids[0]![0]))).toBeLessThanOrEqual(0.5);
    expect(world.sink.instruments).toMatchObject([{ instId: SWAP, tickSz, lotSz: '0.01' }]);
    expect(world.exchange.instruments('SWAP', undefined, SWAP)).toMatchObject([{ tickSz }]);
    world.exchange.advance(START_MS + 60_000);
    check();
    expect(world.exchange.sequence(SWAP)).toBeGreaterThan(after.seqId + 1_000);
    const mark = Number(world.exchange.markPrice(SWAP)!['markPx']);
    expect(Math.abs(mark / Number(after.bids[0]![0]) - 1)).toBeLessThan(0.005);
  });

  it('changes nothing in the book when every level is where it was', () => {
    const world = new World({ flow: 'seeded', seed: 4, flowInstruments: [SWAP] });
    const { seqId, asks, bids } = world.exchange.book(SWAP)!;
    world.exchange.relist(SWAP, { tickSz: '0.01' });
    expect(world.exchange.book(SWAP)).toMatchObject({ seqId, asks, bids });
  });

  it('cancels the accounts’ orders, and accepts new ones on the new grid only', () => {
    const world = new World();
    const { ordId } = world.place('a', 'buy', '77990.3', '1', { clOrdId: 'x' });
    world.exchange.relist(SWAP, { tickSz: '0.5' });
    expect(world.lastPush(ordId)).toMatchObject({ state: 'canceled', cancelSource: '0', px: '77990.3' });
    expect(world.exchange.pendingOrders('a', {})).toEqual([]);
    expect(world.exchange.book(SWAP)).toMatchObject({ asks: [], bids: [] });
    expect(world.exchange.order('a', SWAP, { clOrdId: 'x' })).toMatchObject({ px: '77990.3', sz: '1' });
    expect(world.place('a', 'buy', '77990.3', '1')).toMatchObject({ sCode: '51150' });
    expect(world.place('a', 'buy', '77990.5', '1')).toMatchObject({ sCode: '0' });
    expect(world.exchange.book(SWAP)!.bids).toEqual([['77990.5', '1', '1']]);
  });

  it('keeps positions, leverage, trades and the day’s figures', () => {
    const world = new World();
    world.exchange.setLeverage('a', { instId: SWAP, mgnMode: 'cross', lever: '20' });
    world.place('a', 'buy', '78000.1', '3');
    world.place('b', 'sell', '78000.1', '3');
    const before = world.exchange.positions('a', {})[0]!;
    world.exchange.relist(SWAP, { tickSz: '0.01', lotSz: '0.001', minSz: '0.001' });
    const after = world.exchange.positions('a', {})[0]!;
    for (const name of ['posId', 'pos', 'avgPx', 'lever', 'margin', 'notionalUsd', 'upl']) {
      expect([name, after[name]]).toEqual([name, before[name]]);
    }
    expect(world.exchange.ticker(SWAP)).toMatchObject({ last: '78000.1', vol24h: '3', lastSz: '3' });
    expect(world.exchange.trades(SWAP, 10)).toMatchObject([{ px: '78000.1', sz: '3' }]);
    // The position is closed on the new grid, for what it was opened.
    world.place('a', 'sell', '78000.11', '3', { reduceOnly: true });
    world.place('b', 'buy', '78000.11', '2.999');
    expect(world.exchange.positions('a', {})).toMatchObject([{ pos: '0.001' }]);
    const [newest, oldest] = world.exchange.fills('a', {});
    expect(BigInt(newest!['tradeId'] as string)).toBeGreaterThan(BigInt(oldest!['tradeId'] as string));
  });

  it('does not change lots that a position does not fit, nor anything else then', () => {
    const world = new World();
    world.place('a', 'buy', '78000', '3.07');
    world.place('b', 'sell', '78000', '3.07');
    const { ordId } = world.place('a', 'buy', '77000', '1');
    expect(() => world.exchange.relist(SWAP, { lotSz: '0.1' })).toThrow(
      'expected positions to be whole lots of 0.1, one is 3.07',
    );
    expect(() => world.exchange.relist(SWAP, { tickSz: 'x' })).toThrow('positive decimals');
    expect(world.states(ordId)).toEqual(['live']);
    expect(world.sink.instruments).toEqual([]);
  });

  it('is not for a recorded market', () => {
    const arg = { channel: 'books', instId: SWAP };
    const data = [{ asks: [['78000.1', '1']], bids: [['78000', '1']], ts: '1' }];
    const player = new FeedPlayer([JSON.stringify({ arg, action: 'snapshot', data })], false);
    const world = new World({ flow: player });
    expect(() => world.exchange.relist(SWAP, { tickSz: '0.5' })).toThrow('keeps the grids of its recording');
  });
});

describe('an instrument’s state', () => {
  it('suspended: nothing new, cancels only, and a market that stands still until it is live again', () => {
    const world = new World({ flow: 'seeded', seed: 9, flowInstruments: [SWAP] });
    const [bid] = world.exchange.book(SWAP)!.bids;
    const { ordId } = world.place('a', 'buy', bid![0], '1', { ordType: 'post_only' });
    const second = world.place('a', 'buy', String(Number(bid![0]) - 50), '1', { ordType: 'post_only' }).ordId;
    world.exchange.changeInstrument(SWAP, { state: 'suspend' });
    const { seqId } = world.exchange.book(SWAP)!;
    world.exchange.advance(START_MS + 30_000);
    expect(world.exchange.sequence(SWAP)).toBe(seqId);
    expect(world.states(ordId)).toEqual(['live']);
    expect(world.place('a', 'buy', bid![0], '1')).toMatchObject({ sCode: '51022' });
    expect(world.amend('a', second, { newSz: '2' })).toMatchObject({ sCode: '51022' });
    expect(world.cancel('a', second)).toMatchObject({ sCode: '0' });
    expect(world.lastPush(second)).toMatchObject({ state: 'canceled', cancelSource: '1' });
    world.exchange.changeInstrument(SWAP, { state: 'live' });
    world.exchange.advance(START_MS + 60_000);
    expect(world.exchange.sequence(SWAP)).toBeGreaterThan(seqId + 500);
    expect(world.place('a', 'buy', String(Number(bid![0]) - 50), '1')).toMatchObject({ sCode: '0' });
  });

  it('post_only: makers come and go, and nobody trades', () => {
    const world = new World({ flow: 'seeded', seed: 9, flowInstruments: [SWAP] });
    const [bid] = world.exchange.book(SWAP)!.bids;
    const plain = world.place('a', 'buy', String(Number(bid![0]) - 50), '1').ordId;
    world.exchange.changeInstrument(SWAP, { state: 'post_only' });
    const { seqId } = world.exchange.book(SWAP)!;
    const trades = world.exchange.trades(SWAP, 500).length;
    world.exchange.advance(START_MS + 60_000);
    expect(world.exchange.sequence(SWAP)).toBeGreaterThan(seqId + 500);
    expect(world.exchange.trades(SWAP, 500)).toHaveLength(trades);
    const low = String(Number(bid![0]) - 100);
    expect(world.place('a', 'buy', low, '1')).toMatchObject({ sCode: '51124' });
    const { ordId, sCode } = world.place('a', 'buy', low, '1', { ordType: 'post_only' });
    expect(sCode).toBe('0');
    expect(world.amend('a', ordId, { newSz: '2' })).toMatchObject({ sCode: '0' });
    expect(world.amend('a', plain, { newSz: '2' })).toMatchObject({ sCode: '51124' });
  });

  it.each([
    ['preopen', '51021'],
    ['expired', '51027'],
    ['rebase', '51022'],
    ['test', '51022'],
  ])('%s refuses orders with %s', (state, code) => {
    const world = new World();
    world.exchange.changeInstrument(SPOT, { state });
    expect(world.place('a', 'buy', '78000', '1', { instId: SPOT })).toMatchObject({ sCode: code });
  });
});
