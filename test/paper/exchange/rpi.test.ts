import { describe, expect, it } from 'vitest';
import type { Row } from '../../../engine/paper/exchange/exchange.ts';
import { accountOptions, START_MS, World } from './recording-world.ts';

const SWAP = 'BTC-USDT-SWAP';
/** 10 contracts are 7,800 dollars. */
const RPI = { ordType: 'rpi' };

function worldOf(changes: ConstructorParameters<typeof World>[0] = {}): World {
  const accounts = ['a', 'b', 'c'].map((uid) => accountOptions(uid, { mayRpi: uid !== 'c' }));
  return new World({ rpiInstruments: [SWAP, 'BTC-USDT'], accounts, ...changes });
}

describe('an RPI order', () => {
  it('rests where the public book does not show it', () => {
    const world = worldOf();
    const { ordId } = world.place('a', 'sell', '78010', '10', RPI);
    expect(world.lastPush(ordId)).toMatchObject({ state: 'live', ordType: 'rpi' });
    expect(world.exchange.book(SWAP)!.asks).toEqual([]);
    expect(world.sink.levels).toEqual([]);
    expect(world.exchange.rpiBook(SWAP)!.asks).toEqual([['78010', '10', '1']]);
    expect(world.sink.rpiLevels).toMatchObject([{ side: 'asks', px: '78010', sz: '10' }]);
  });

  it('is met by an IOC with rpiTakerAccess alone, after what is shown at its price', () => {
    const world = worldOf();
    const hidden = world.place('a', 'sell', '78010', '10', RPI).ordId;
    const ioc = world.place('b', 'buy', '78010', '2', { ordType: 'ioc' }).ordId;
    expect(world.states(ioc)).toEqual(['live', 'canceled']);
    const shown = world.place('c', 'sell', '78010', '3').ordId;
    expect(world.lastPush(hidden)).toMatchObject({ state: 'live' });
    const taker = world.place('b', 'buy', '78010', '5', { ordType: 'ioc', rpiTakerAccess: true }).ordId;
    expect(world.states(taker).at(-1)).toBe('filled');
    expect(world.states(shown).at(-1)).toBe('filled');
    expect(world.lastPush(hidden)).toMatchObject({
      state: 'partially_filled',
      accFillSz: '2',
      execType: 'M',
    });
    // Trades of RPI orders say so.
    expect(world.sink.trades.map(({ sz, source }) => [sz, source])).toEqual([
      ['3', '0'],
      ['2', '1'],
    ]);
  });

  it('is met by those who are no clients, at a better price than is shown', () => {
    const world = worldOf({ flow: 'seeded', flowInstruments: [SWAP], seed: 4 });
    const { asks } = world.exchange.book(SWAP)!;
    const inside = (Number(asks[0]![0]) - 0.1).toFixed(1);
    const { ordId } = world.place('a', 'sell', inside, '10', RPI);
    world.exchange.advance(START_MS + 60_000);
    const last = world.lastPush(ordId);
    expect(Number(last['accFillSz']) > 0 || last['cancelSource'] === '45').toBe(true);
    expect(world.sink.trades.some(({ source }) => source === '1')).toBe(true);
  });

  it('is cancelled rather than take (31), or meet another of its kind (45)', () => {
    const world = worldOf();
    world.place('b', 'buy', '78000', '10');
    const taking = world.place('a', 'sell', '78000', '10', RPI).ordId;
    expect(world.pushes(taking)).toMatchObject([{ state: 'canceled', cancelSource: '31' }]);
    world.place('a', 'sell', '78010', '10', RPI);
    const meeting = world.place('b', 'buy', '78010', '10', RPI).ordId;
    expect(world.pushes(meeting)).toMatchObject([{ state: 'canceled', cancelSource: '45' }]);
    const rounded = world.place('b', 'buy', '78011', '10', { ...RPI, rpiPxRound: true }).ordId;
    expect(world.pushes(rounded)).toMatchObject([{ state: 'live', px: '78009.9', amendSource: '6' }]);
  });

  it('makes way for an order that is shown (45)', () => {
    const world = worldOf();
    const { ordId } = world.place('a', 'sell', '78010', '10', RPI);
    world.place('c', 'buy', '78010', '1');
    expect(world.lastPush(ordId)).toMatchObject({ state: 'canceled', cancelSource: '45' });
    expect(world.exchange.book(SWAP)!.bids).toEqual([['78010', '1', '1']]);
  });

  it('is amended and cancelled as others are, above its least value', () => {
    const world = worldOf();
    const { ordId } = world.place('a', 'sell', '78010', '10', RPI);
    expect(world.amend('a', ordId, { newPx: '78020' }).sCode).toBe('0');
    expect(world.amend('a', ordId, { newSz: '6' }).sCode).toBe('54051');
    expect(world.exchange.rpiBook(SWAP)!.asks).toEqual([['78020', '10', '1']]);
    expect(world.cancel('a', ordId).sCode).toBe('0');
    expect(world.exchange.rpiBook(SWAP)!.asks).toEqual([]);
  });

  it.each<[string, string, Row, string]>([
    ['on an instrument without them', 'a', { instId: 'ETH-USDT-SWAP' }, '54041'],
    ['without the permission', 'c', {}, '54042'],
    ['reduce-only', 'a', { reduceOnly: true }, '54039'],
    ['with a stop', 'a', { attachAlgoOrds: [{ slTriggerPx: '70000' }] }, '54040'],
    // 6 contracts are 4,680 dollars, less than 5,000.
    ['below the least value of a swap', 'a', { sz: '6' }, '54051'],
    ['below the least value of a pair', 'a', { instId: 'BTC-USDT', sz: '0.0064' }, '54051'],
    ['of a pair at its least value', 'a', { instId: 'BTC-USDT', sz: '0.0065' }, '0'],
    ['with access to take on a limit order', 'a', { ordType: 'limit', rpiTakerAccess: true }, '51000'],
  ])('%s', (_name, uid, changes, code) => {
    expect(worldOf().place(uid, 'buy', '78000', '10', { ...RPI, ...changes }).sCode).toBe(code);
  });

  it('is allowed as the account’s instruments say', () => {
    const { products } = worldOf().exchange;
    expect(products.permissions('a', SWAP)).toEqual({ rpi: '2' });
    expect(products.permissions('c', SWAP)).toEqual({ rpi: '1' });
    expect(products.permissions('a', 'ETH-USDT-SWAP')).toEqual({ rpi: '0' });
  });
});
