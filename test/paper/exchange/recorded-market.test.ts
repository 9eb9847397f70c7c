import { describe, expect, it } from 'vitest';
import { FeedError, type FeedEvent } from '../../../engine/paper/exchange/feed-source.ts';
import type { AccountOptions } from '../../../engine/paper/exchange/exchange.ts';
import { recordedInstruments } from '../../../engine/paper/instruments/recorded-instruments.ts';
import { ArraySource, feedEvent } from './array-source.ts';
import { accountOptions, START_MS, World } from './recording-world.ts';

/** Best bid 78000 × 5, best ask 78001 × 5. */
const START = feedEvent(0, 'snapshot', {
  asks: [
    ['78001', '5'],
    ['78002', '8'],
  ],
  bids: [
    ['78000', '5'],
    ['77999', '9'],
  ],
});
const SECOND: Partial<FeedEvent> = { instId: 'ETH-USDT-SWAP' };
const LISTED = ['BTC-USDT', 'BTC-USDT-SWAP', 'ETH-USDT-SWAP'];
const MINUTE_MS = 60_000;

function worldOf(events: readonly FeedEvent[], account: Partial<AccountOptions> = {}): World {
  return new World({
    instruments: recordedInstruments().filter(({ instId }) => LISTED.includes(String(instId))),
    flow: new ArraySource([START, ...events]),
    accounts: [accountOptions('a', account), accountOptions('b')],
    recorded: { queueModel: { shape: 'power', exponent: 2 }, publish: 'event' },
  });
}

function positions(world: World, uid = 'a'): string[] {
  return world.exchange.positions(uid, {}).map((row) => String(row['pos']));
}

describe('what accounts do in a recorded market', () => {
  it('a taker gets what is recorded, at its prices, and the recording goes on as if nothing had been', () => {
    const world = worldOf([
      feedEvent(10, 'trade', { px: '78001', sz: '1', side: 'buy' }),
      feedEvent(11, 'update', { asks: [['78001', '4']] }),
    ]);
    const { ordId } = world.place('a', 'buy', '78002', '7', { ordType: 'ioc' });
    expect(world.lastPush(ordId)).toMatchObject({
      state: 'filled',
      avgPx: expect.stringMatching(/^78001\.28/),
    });
    expect(world.exchange.book('BTC-USDT-SWAP')!.asks).toEqual([['78002', '6', '1']]);
    world.exchange.advance(START_MS + 11);
    expect(world.sink.trades.at(-1)).toMatchObject({ px: '78001', sz: '1' });
    expect(world.exchange.book('BTC-USDT-SWAP')!.asks[0]).toEqual(['78001', '4', '1']);
  });

  it('takers meet the queue as it stands: recorded lots, then the account that waits behind them', () => {
    const world = worldOf([
      feedEvent(10, 'trade', { px: '78000', sz: '3', side: 'sell' }),
      feedEvent(11, 'update', { bids: [['78000', '6']] }),
    ]);
    const { ordId } = world.place('a', 'buy', '78000', '2', { ordType: 'post_only' });
    world.exchange.advance(START_MS + 11);
    // Two are left of those that were ahead, four came after.
    expect(world.exchange.queueFront('a', 'BTC-USDT-SWAP', { ordId })).toBe(200);
    const fok = world.place('b', 'sell', '78000', '9', { ordType: 'fok' });
    expect(world.lastPush(fok.ordId)).toMatchObject({ state: 'canceled' });
    const first = world.place('b', 'sell', '78000', '3', { ordType: 'ioc' });
    expect(world.lastPush(first.ordId)).toMatchObject({ state: 'filled' });
    expect(world.lastPush(ordId)).toMatchObject({ state: 'partially_filled', accFillSz: '1' });
    const rest = world.place('b', 'sell', '78000', '5', { ordType: 'fok' });
    expect(world.lastPush(rest.ordId)).toMatchObject({ state: 'filled' });
    expect(world.lastPush(ordId)).toMatchObject({ state: 'filled' });
    expect(world.exchange.book('BTC-USDT-SWAP')!.bids).toEqual([['77999', '9', '1']]);
  });

  it('an amend keeps the place only when it takes size away; post-only orders do not take', () => {
    const world = worldOf([
      feedEvent(10, 'trade', { px: '78000', sz: '3', side: 'sell' }),
      feedEvent(11, 'update', { bids: [['78000', '4']] }),
    ]);
    const { ordId } = world.place('a', 'buy', '78000', '4', { ordType: 'post_only' });
    const front = (): number => world.exchange.queueFront('a', 'BTC-USDT-SWAP', { ordId });
    world.exchange.advance(START_MS + 11);
    expect(front()).toBe(200);
    world.amend('a', ordId, { newSz: '2' });
    expect(front()).toBe(200);
    world.amend('a', ordId, { newSz: '3' });
    expect(front()).toBe(400);
    world.amend('a', ordId, { newPx: '77999' });
    expect(front()).toBe(900);
    world.amend('a', ordId, { newPx: '78000' });
    expect(front()).toBe(400);
    const { ordId: crossing } = world.place('a', 'buy', '78001', '1', { ordType: 'post_only' });
    expect(world.lastPush(crossing)).toMatchObject({ state: 'canceled', cancelSource: '31' });
    expect(world.exchange.queueFront('a', 'BTC-USDT-SWAP', { ordId: crossing })).toBe(-1);
  });

  it('a tier’s rates are by type and fee group, and a rebate is paid', () => {
    const world = worldOf([feedEvent(10, 'trade', { px: '77999', sz: '9', side: 'sell' })], {
      makerFeeRate: '-0.0002',
      takerFeeRate: '-0.0005',
      feeRows: [
        { instType: 'SWAP', maker: '-0.0001', taker: '-0.0004' },
        { instType: 'SWAP', groupId: '4', maker: '0.00005', taker: '-0.00025' },
      ],
    });
    const { ordId } = world.place('a', 'buy', '78000', '1', { ordType: 'post_only' });
    world.exchange.advance(START_MS + 10);
    // One contract is 0.01 BTC: 780 USDT.
    expect(world.lastPush(ordId)).toMatchObject({ fillFee: '0.039', rebate: '0.039', fee: '0' });
    expect(world.cash('a', 'USDT')).toBe('1000000.039');
    const taker = world.place('a', 'sell', '77999', '1', { ordType: 'ioc' });
    expect(world.lastPush(taker.ordId)).toMatchObject({ fillFee: '-0.195' });
    expect(world.exchange.tradeFee('a', 'SWAP', 'BTC-USDT-SWAP')).toMatchObject({
      maker: '-0.0001',
      feeGroup: [{ groupId: '4', maker: '0.00005', taker: '-0.00025' }],
    });
    expect(world.exchange.tradeFee('a', 'SPOT', 'BTC-USDT')).toMatchObject({ maker: '-0.0002' });
  });
});

describe('marks and funding', () => {
  it('the mark is the middle of the book until the recording tells one', () => {
    const world = worldOf([
      feedEvent(500, 'update', { bids: [['78000.8', '1']] }),
      feedEvent(1_000, 'mark', { px: '78003.46' }),
      feedEvent(2_000, 'update', { bids: [['78000.9', '1']] }),
    ]);
    const mark = (): unknown => world.exchange.markPrice('BTC-USDT-SWAP')!['markPx'];
    expect(mark()).toBe('78000.5');
    world.exchange.advance(START_MS + 900);
    expect(mark()).toBe('78000.9');
    world.exchange.advance(START_MS + 1_000);
    expect(mark()).toBe('78003.5');
    world.exchange.advance(START_MS + 3_000);
    expect(mark()).toBe('78003.5');
  });

  it('funding is settled once at its time, at the rate told last, on the recorded mark', () => {
    const settles = { fundingOffsetMs: 2.5 * MINUTE_MS };
    const world = worldOf([
      feedEvent(10, 'mark', { px: '78000' }),
      feedEvent(20, 'funding', { rate: '0.0001', ...settles }),
      feedEvent(MINUTE_MS, 'funding', { rate: '0.0002', ...settles }),
      // The same settlement on a clock that is a little off, and one told when it is over.
      feedEvent(2.5 * MINUTE_MS + 1, 'funding', { rate: '0.0009', fundingOffsetMs: 2.5 * MINUTE_MS + 3 }),
      feedEvent(2.5 * MINUTE_MS + 20, 'funding', { rate: '0.0009', ...settles }),
      feedEvent(3 * MINUTE_MS, 'funding', { rate: '-0.0003', fundingOffsetMs: 482.5 * MINUTE_MS }),
    ]);
    world.place('a', 'buy', '78001', '2', { ordType: 'ioc' });
    expect(positions(world)).toEqual(['2']);
    const before = Number(world.cash('a', 'USDT'));
    const paid = (): number => Number((before - Number(world.cash('a', 'USDT'))).toFixed(9));
    world.exchange.advance(START_MS + 2.5 * MINUTE_MS - 1);
    expect(paid()).toBe(0);
    world.exchange.advance(START_MS + 2.5 * MINUTE_MS);
    // 0.02 BTC at 78000, two basis points.
    expect(paid()).toBe(0.312);
    world.exchange.advance(START_MS + 4 * MINUTE_MS);
    expect(paid()).toBe(0.312);
    expect(world.exchange.fundingRate('BTC-USDT-SWAP')).toMatchObject({
      fundingRate: '-0.0003',
      fundingTime: String(START_MS + 482.5 * MINUTE_MS),
    });
    world.exchange.advance(START_MS + 483 * MINUTE_MS);
    expect(paid()).toBe(-0.156);
    expect(world.sink.balanceEvents.filter(({ eventType }) => eventType === 'funding_fee')).toHaveLength(2);
  });

  it('nothing is paid that the recording does not tell', () => {
    const world = worldOf([feedEvent(24 * 60 * MINUTE_MS, 'update', { bids: [['78000', '6']] })]);
    world.place('a', 'buy', '78001', '2', { ordType: 'ioc' });
    world.exchange.advance(START_MS + 25 * 60 * MINUTE_MS);
    expect(world.sink.balanceEvents.some(({ eventType }) => eventType === 'funding_fee')).toBe(false);
    expect(world.exchange.fundingRate('BTC-USDT-SWAP')).toMatchObject({ fundingRate: '0' });
  });
});

describe('several instruments', () => {
  it('a book that comes after the start is told level by level', () => {
    const world = worldOf([
      feedEvent(10, 'snapshot', { ...SECOND, asks: [['2301', '4']], bids: [['2300', '3']] }),
      feedEvent(11, 'trade', { ...SECOND, px: '2300', sz: '1', side: 'sell' }),
    ]);
    expect(world.sink.levels).toEqual([]);
    world.exchange.advance(START_MS + 10);
    expect(world.sink.levels.map(({ instId, side, px, sz }) => [instId, side, px, sz])).toEqual([
      ['ETH-USDT-SWAP', 'asks', '2301', '4'],
      ['ETH-USDT-SWAP', 'bids', '2300', '3'],
    ]);
    const { ordId } = world.place('a', 'buy', '2300.5', '1', {
      instId: 'ETH-USDT-SWAP',
      ordType: 'post_only',
    });
    world.exchange.advance(START_MS + 11);
    expect(world.lastPush(ordId)).toMatchObject({ state: 'filled', fillPx: '2300.5' });
    expect(world.exchange.book('BTC-USDT-SWAP')!.bids[0]).toEqual(['78000', '5', '1']);
  });

  it('events of instruments that are not listed are passed over, what does not fit ends the play', () => {
    const world = worldOf([
      feedEvent(10, 'update', { instId: 'FOO-BAR', bids: [['1', '1']] }),
      feedEvent(11, 'update', { bids: [['78000', '6']] }),
    ]);
    world.exchange.advance(START_MS + 11);
    expect(world.exchange.book('BTC-USDT-SWAP')!.bids[0]).toEqual(['78000', '6', '1']);
    const broken: [FeedEvent, RegExp][] = [
      [feedEvent(10, 'update', { bids: [['78000.05', '1']] }), /price of BTC-USDT-SWAP on the grid of 0.1/],
      [feedEvent(10, 'trade', { px: '78000', sz: '0.001' }), /size of BTC-USDT-SWAP on the grid of 0.01/],
      [feedEvent(10, 'mark', { px: 'none' }), /price of BTC-USDT-SWAP/],
      [feedEvent(10, 'funding', { rate: '' }), /funding rate of BTC-USDT-SWAP as a decimal, was ""/],
    ];
    for (const [event, reason] of broken) {
      const play = (): void => worldOf([event]).exchange.advance(START_MS + 10);
      expect(play).toThrow(FeedError);
      expect(play).toThrow(reason);
    }
  });
});
