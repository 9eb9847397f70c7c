import { describe, expect, it } from 'vitest';
import type { AccountOptions, ExchangeOptions, Row } from '../../../engine/paper/exchange/exchange.ts';
import { recordedInstruments } from '../../../engine/paper/instruments/recorded-instruments.ts';
import { accountOptions, START_MS, World } from './recording-world.ts';

const FUTURE = { instId: 'BTC-USD-261225' };
const CALL = { instId: 'BTC-USD-261225-80000-C' };
const PUT = { instId: 'BTC-USD-261225-80000-P' };
const UM_CALL = { instId: 'BTC-USD_UM-261225-80000-C' };
const EXPIRY_MS = START_MS + 40 * 60_000;

/** December's contracts end in forty minutes; one call more settles in dollars. */
function worldOf(a: Partial<AccountOptions> = {}, changes: Partial<ExchangeOptions> = {}): World {
  const rows = recordedInstruments();
  const call = rows.find((row) => row['instId'] === CALL.instId)!;
  const um = {
    ...call,
    ...UM_CALL,
    instIdCode: 900_001,
    instFamily: 'BTC-USD_UM',
    settleCcy: 'USD',
    ctType: 'linear',
    tickSz: '1',
  };
  const instruments = [...rows, um].map((row) =>
    String(row['instId']).includes('-261225') ? { ...row, expTime: String(EXPIRY_MS) } : row,
  );
  const free = { makerFeeRate: '0', takerFeeRate: '0' };
  return new World({
    instruments,
    // As dear as they would be with months to go, so that the price limits leave room.
    startPrices: { 'BTC-USDT': '78000', [CALL.instId]: '0.05', [UM_CALL.instId]: '3000' },
    accounts: [
      accountOptions('a', { ...free, ...a }),
      accountOptions('b', { ...free, balances: { BTC: '10', USDC: '100000' } }),
    ],
    ...changes,
  });
}

/** "a" buys of "b". */
function buy(world: World, px: string, sz: string, changes: Row): void {
  expect(world.place('b', 'sell', px, sz, changes).sMsg).toBe('Order placed');
  expect(world.place('a', 'buy', px, sz, changes).sMsg).toBe('Order placed');
}

function holdIndex(world: World, px: string): void {
  world.exchange.act((products, nowMs) => products.holdMark('BTC-USDT', px, nowMs));
}

describe('delivery of a future', () => {
  it('is at the mean of the index over the last half hour, by an order of the venue’s own', () => {
    const world = worldOf({ deliveryFeeRate: '-0.0001' });
    buy(world, '78000', '78', FUTURE);
    const resting = world.place('a', 'buy', '77000', '1', FUTURE).ordId;
    // Before the window the index may be anything; then a quarter of an hour at 79,000 and one at 81,000.
    holdIndex(world, '60000');
    world.exchange.advance(EXPIRY_MS - 30 * 60_000 - 1);
    holdIndex(world, '79000');
    world.exchange.advance(EXPIRY_MS - 15 * 60_000 - 1);
    holdIndex(world, '81000');
    const { delivery } = world.exchange.products;
    const estimates = delivery.estimates(
      world.exchange.nowMs,
      ({ listing }) => listing.instId === FUTURE.instId,
    );
    expect(estimates).toMatchObject([{ instType: 'FUTURES', settlePx: '79000', settleType: 'delivery' }]);
    world.exchange.advance(EXPIRY_MS);
    expect(world.lastPush(resting)).toMatchObject({ state: 'canceled', cancelSource: '7' });
    const [order] = world.sink.orders.filter((row) => row['category'] === 'delivery' && row['uid'] === 'a');
    // 7,800 dollars: 7,800 (1/78,000 - 1/80,000) coins, and 0.01 % of 7,800 / 80,000.
    expect(order).toMatchObject({
      state: 'filled',
      side: 'sell',
      fillPx: '80000',
      fillSz: '78',
      fillPnl: '0.0025',
      fillFee: '-0.00000975',
    });
    expect(world.cash('a', 'BTC')).toBe('10.00249025');
    expect(world.exchange.positions('a', {})).toEqual([]);
    expect(world.sink.balanceEvents.some(({ eventType }) => eventType === 'delivered')).toBe(true);
    expect(world.exchange.fills('a', {})[0]).toMatchObject({ subType: '112', fillPx: '80000' });
    expect(world.sink.instruments.at(-1)).toMatchObject({ state: 'expired' });
    expect(world.place('a', 'buy', '78000', '1', FUTURE).sCode).toBe('51027');
    expect(delivery.history('FUTURES', 'BTC-USD')).toEqual([
      { ts: String(EXPIRY_MS), details: [{ type: 'delivery', insId: FUTURE.instId, px: '80000' }] },
    ]);
    expect(world.exchange.tradeFee('a', 'FUTURES')).toMatchObject({ delivery: '-0.0001', exercise: '' });
  });
});

describe('the end of an option', () => {
  it('pays what it is worth in its coin, less the fee, and says so without an order', () => {
    const world = worldOf({ exerciseFeeRate: '-0.0002' });
    buy(world, '0.05', '30', CALL);
    buy(world, '0.05', '10', PUT);
    const resting = world.place('a', 'buy', '0.04', '1', CALL).ordId;
    holdIndex(world, '100000');
    world.exchange.advance(EXPIRY_MS);
    expect(world.lastPush(resting)).toMatchObject({ cancelSource: '10' });
    // 0.3 coins × (100,000 - 80,000) / 100,000; 0.02 % of 0.3; both premiums were paid: 0.015 and 0.005.
    expect(world.cash('a', 'BTC')).toBe('10.03994');
    expect(world.cash('b', 'BTC')).toBe('9.96');
    expect(world.sink.orders.filter((row) => row['category'] !== 'normal')).toEqual([]);
    const events = world.sink.balanceEvents.filter(({ eventType }) => eventType === 'exercised');
    expect(events).toHaveLength(2);
    expect(events[0]).toMatchObject({ posData: [{ instId: CALL.instId, pos: '0' }] });
    expect(world.exchange.positions('a', {})).toEqual([]);
    const [row] = world.exchange.positionRows('a', CALL.instId);
    // 0.06 - 0.015 of profit.
    expect(row).toMatchObject({ pos: '0', pnl: '0.045', fee: '-0.00006', realizedPnl: '0.04494' });
    expect(world.exchange.products.delivery.history('OPTION', 'BTC-USD')).toMatchObject([
      {
        details: expect.arrayContaining([
          { type: 'exercised', insId: CALL.instId, px: '100000' },
          { type: 'expired_otm', insId: PUT.instId, px: '100000' },
        ]) as unknown,
      },
    ]);
  });

  it('pays in dollars where it settles in those', () => {
    const world = worldOf({ balances: { USDC: '2000' } });
    buy(world, '3000', '30', UM_CALL);
    // 30 × 0.01 × 3,000
    expect(world.cash('a', 'USDC')).toBe('1100');
    holdIndex(world, '85000');
    world.exchange.advance(EXPIRY_MS);
    // 0.3 × 5,000
    expect(world.cash('a', 'USDC')).toBe('2600');
  });

  it('leaves nothing behind when it is worth nothing', () => {
    const world = worldOf();
    buy(world, '0.05', '30', CALL);
    holdIndex(world, '79999');
    world.exchange.advance(EXPIRY_MS);
    expect(world.cash('a', 'BTC')).toBe('9.985');
    expect(world.exchange.positions('a', {})).toEqual([]);
    expect(world.sink.balanceEvents.filter(({ eventType }) => eventType === 'exercised')).toEqual([]);
  });
});

describe('daily settlement', () => {
  it('pays profit out and counts from there, and adds up to what it would have been', () => {
    const world = worldOf();
    buy(world, '78000', '78', FUTURE);
    world.exchange.act((products, nowMs) => products.settle(FUTURE.instId, '80000', nowMs));
    expect(world.cash('a', 'BTC')).toBe('10.0025');
    expect(world.cash('b', 'BTC')).toBe('9.9975');
    expect(world.exchange.positions('a', {})).toMatchObject([
      { avgPx: '80000', nonSettleAvgPx: '78000', settledPnl: '0.0025', realizedPnl: '0.0025', pnl: '0' },
    ]);
    const events = world.sink.balanceEvents.filter(({ eventType }) => eventType === 'settlement');
    expect(events).toHaveLength(2);
    expect(events[0]!.posData).toMatchObject([
      { avgPx: '80000', nonSettleAvgPx: '78000', settledPnl: '0.0025' },
    ]);
    world.place('b', 'buy', '78000', '78', FUTURE);
    world.place('a', 'sell', '78000', '78', { ...FUTURE, reduceOnly: true });
    // Back at the entry: nothing is left of it.
    expect(world.cash('a', 'BTC')).toBe('10');
    expect(world.exchange.positionRows('a', FUTURE.instId)).toMatchObject([
      { pos: '0', pnl: '-0.0025', settledPnl: '0.0025', realizedPnl: '0' },
    ]);
    expect(world.exchange.products.delivery.settlements('BTC-USD')).toMatchObject([
      { details: [{ instId: FUTURE.instId, settlePx: '80000' }] },
    ]);
  });

  it('comes at eight o’clock, to futures that have it', () => {
    const eight = Date.UTC(2026, 10, 21, 8);
    const startMs = eight - 10_000;
    const world = new World({ startMs, accounts: [accountOptions('a'), accountOptions('b')] });
    buy(world, '78000', '78', FUTURE);
    buy(world, '78000', '100', { instId: 'BTC-USD_UM_XPERP-310404' });
    world.exchange.advance(eight + 1_000);
    const settled = world.sink.balanceEvents.filter(({ eventType }) => eventType === 'settlement');
    expect(settled.map(({ posData }) => posData[0]!['instId'])).toEqual([FUTURE.instId, FUTURE.instId]);
  });
});

describe('funding', () => {
  it('comes every hour where the instrument says so, and to X-Perps as to swaps', () => {
    const instId = 'BTC-USD_UM_XPERP-310404';
    const world = worldOf({ balances: { USDC: '10000' } }, { fundingHours: { [instId]: 1 } });
    buy(world, '78000', '100', { instId });
    const first = world.exchange.fundingRate(instId)!;
    const fundingMs = Number(first['fundingTime']);
    expect(fundingMs).toBe((Math.floor(START_MS / 3_600_000) + 1) * 3_600_000);
    expect(Number(first['nextFundingTime'])).toBe(fundingMs + 3_600_000);
    world.exchange.advance(fundingMs);
    // 100 × 0.0001 coins at 78,000.
    const paid = 780 * Number(first['fundingRate']);
    expect(Number(world.cash('a', 'USDC'))).toBeCloseTo(10_000 - paid, 9);
    const again = Number(world.exchange.fundingRate(instId)!['fundingRate']);
    world.exchange.advance(fundingMs + 3_600_000);
    expect(Number(world.cash('a', 'USDC'))).toBeCloseTo(10_000 - paid - 780 * again, 9);
  });
});
