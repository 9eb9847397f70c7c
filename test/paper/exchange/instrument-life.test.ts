import { describe, expect, it } from 'vitest';
import { START_MS, World } from './recording-world.ts';

const SWAP = 'BTC-USDT-SWAP';
const RENAMED = 'XBT-USDT-SWAP';

describe('a rename', () => {
  it('ends the old name and goes on under the new one, with the same code, book numbers and positions', () => {
    const world = new World({ flow: 'seeded', flowInstruments: [SWAP], seed: 2 });
    world.exchange.advance(START_MS + 1_000);
    const best = world.exchange.book(SWAP)!.asks[0]!;
    world.place('a', 'buy', best[0], '0.01', { ordType: 'ioc' });
    const position = world.exchange.positions('a', {})[0]!;
    const resting = world.place('a', 'buy', '77000', '1').ordId;
    const code = world.exchange.instruments('SWAP', '', SWAP)[0]!['instIdCode'];
    const sequence = world.exchange.sequence(SWAP);
    world.exchange.rename(SWAP, RENAMED);
    expect(world.sink.instruments.slice(-2)).toMatchObject([
      { instId: SWAP, instIdCode: code, state: 'expired' },
      { instId: RENAMED, instIdCode: code, state: 'live' },
    ]);
    expect(world.lastPush(resting)).toMatchObject({ state: 'canceled', cancelSource: '0' });
    expect(world.exchange.positions('a', {})).toMatchObject([
      { instId: RENAMED, posId: position['posId'], pos: '0.01', avgPx: position['avgPx'] },
    ]);
    expect(world.exchange.sequence(RENAMED)).toBeGreaterThan(sequence);
    expect(world.place('a', 'buy', '77000', '1').sCode).toBe('51027');
    expect(world.place('a', 'buy', '77000', '1', { instId: RENAMED }).sCode).toBe('0');
    const trades = world.sink.trades.length;
    world.exchange.advance(START_MS + 60_000);
    const names = new Set(world.sink.trades.slice(trades).map((row) => row['instId']));
    expect([...names]).toEqual([RENAMED]);
    expect(world.exchange.book(RENAMED)!.bids.length).toBeGreaterThan(50);
  });
});

describe('a change that is announced', () => {
  it('is in the row until it comes into force', () => {
    const world = new World();
    world.exchange.announce('BTC-USDT', 'tickSz', '0.01', 60_000);
    const effTime = String(START_MS + 60_000);
    expect(world.sink.instruments.at(-1)).toMatchObject({
      tickSz: '0.1',
      upcChg: [{ param: 'tickSz', newValue: '0.01', effTime }],
    });
    const { ordId } = world.place('a', 'buy', '77000', '0.1', { instId: 'BTC-USDT' });
    world.exchange.advance(START_MS + 60_000);
    expect(world.sink.instruments.at(-1)).toMatchObject({ tickSz: '0.01', upcChg: [] });
    expect(world.lastPush(ordId)).toMatchObject({ state: 'canceled', cancelSource: '0' });
    expect(world.place('a', 'buy', '77000.01', '0.1', { instId: 'BTC-USDT' }).sCode).toBe('0');
  });

  it('moves the lot of a contract with its least size', () => {
    const world = new World();
    world.exchange.announce(SWAP, 'minSz', '0.1', 1_000);
    world.exchange.advance(START_MS + 1_000);
    expect(world.sink.instruments.at(-1)).toMatchObject({ minSz: '0.1', lotSz: '0.1' });
    expect(world.place('a', 'buy', '77000', '0.05').sCode).toBe('51020');
  });
});

describe('a delisting', () => {
  it('is announced, and takes positions at the mark price when it comes', () => {
    const world = new World();
    world.place('a', 'buy', '77000', '1');
    world.place('b', 'sell', '77000', '1');
    const resting = world.place('a', 'buy', '76900', '1').ordId;
    world.exchange.delist(SWAP, 60_000);
    expect(world.sink.instruments.at(-1)).toMatchObject({
      state: 'live',
      expTime: String(START_MS + 60_000),
    });
    world.exchange.advance(START_MS + 60_000);
    expect(world.lastPush(resting)).toMatchObject({ state: 'canceled', cancelSource: '0' });
    const delivered = world.sink.orders.filter((row) => row['category'] === 'delivery' && row['uid'] === 'a');
    // A hundredth of a coin bought at 77,000, worth 78,000.
    expect(delivered).toMatchObject([{ fillPx: '78000', fillPnl: '10' }]);
    expect(world.sink.instruments.at(-1)).toMatchObject({ state: 'expired' });
  });

  it('of a pair leaves what is held', () => {
    const world = new World();
    world.exchange.delist('BTC-USDT', 1_000);
    world.exchange.advance(START_MS + 1_000);
    expect(world.place('a', 'buy', '77000', '0.1', { instId: 'BTC-USDT' }).sCode).toBe('51027');
    expect(world.cash('a', 'BTC')).toBe('10');
  });
});
