import { describe, expect, it } from 'vitest';
import type { Row } from '../../../engine/paper/exchange/exchange.ts';
import { accountOptions, START_MS, World } from './recording-world.ts';

const CALL = { instId: 'BTC-USD-261225-80000-C' };
const PUT = { instId: 'BTC-USD-261225-80000-P' };
const MMP = { ordType: 'mmp_and_post_only' };
const CONFIG = { instFamily: 'BTC-USD', timeInterval: '5000', frozenInterval: '2000', qtyLimit: '10' };

function worldOf(config: Row | null = CONFIG): World {
  const accounts = [accountOptions('a', { accountLevel: '4' }), accountOptions('b')];
  const world = new World({ accounts });
  if (config !== null) expect(world.exchange.setMmpConfig('a', config)).toEqual([config]);
  return world;
}

function quote(world: World, px: string, changes: Row = {}): string {
  return world.place('a', 'sell', px, '6', { ...CALL, ...MMP, ...changes }).ordId;
}

describe('market maker protection', () => {
  it('cancels what is left once so much has been filled in so short a time, and keeps new orders off', () => {
    const world = worldOf();
    const first = quote(world, '0.05');
    const second = quote(world, '0.0505');
    const third = quote(world, '0.06');
    const other = quote(world, '0.06', PUT);
    const plain = world.place('a', 'sell', '0.065', '1', CALL).ordId;
    world.place('b', 'buy', '0.05', '6', CALL);
    expect(world.lastPush(third)).toMatchObject({ state: 'live' });
    world.exchange.advance(START_MS + 4_000);
    world.place('b', 'buy', '0.0505', '4', CALL);
    // 6 and 4 within five seconds.
    expect(world.lastPush(first)).toMatchObject({ state: 'filled' });
    for (const ordId of [second, third, other]) {
      expect(world.lastPush(ordId)).toMatchObject({ state: 'mmp_canceled', cancelSource: '39' });
    }
    expect(world.lastPush(plain)).toMatchObject({ state: 'live' });
    expect(world.exchange.mmpConfig('a', 'BTC-USD')).toMatchObject([
      { mmpFrozen: true, mmpFrozenUntil: String(START_MS + 6_000), qtyLimit: '10' },
    ]);
    expect(world.place('a', 'sell', '0.06', '1', { ...CALL, ...MMP }).sCode).toBe('51034');
    world.exchange.advance(START_MS + 6_000);
    expect(world.place('a', 'sell', '0.06', '1', { ...CALL, ...MMP }).sCode).toBe('0');
    expect(world.exchange.mmpConfig('a', '')).toMatchObject([{ mmpFrozen: false, mmpFrozenUntil: '' }]);
  });

  it('forgets fills that are older than the interval', () => {
    const world = worldOf();
    const first = quote(world, '0.05');
    const second = quote(world, '0.0505');
    world.place('b', 'buy', '0.05', '6', CALL);
    world.exchange.advance(START_MS + 5_000);
    world.place('b', 'buy', '0.0505', '5', CALL);
    expect(world.lastPush(first)).toMatchObject({ state: 'filled' });
    expect(world.lastPush(second)).toMatchObject({ state: 'partially_filled' });
  });

  it('stays frozen until it is reset where no time is given', () => {
    const world = worldOf({ ...CONFIG, frozenInterval: '0', qtyLimit: '1' });
    quote(world, '0.05');
    world.place('b', 'buy', '0.05', '1', CALL);
    world.exchange.advance(START_MS + 3_600_000);
    expect(world.place('a', 'sell', '0.06', '1', { ...CALL, ...MMP }).sCode).toBe('51034');
    expect(world.exchange.resetMmp('a', { instFamily: 'BTC-USD' })).toEqual([{ result: true }]);
    expect(world.place('a', 'sell', '0.06', '1', { ...CALL, ...MMP }).sCode).toBe('0');
    expect(world.exchange.resetMmp('a', { instFamily: 'ETH-USD' })).toMatchObject({ sCode: '51000' });
  });

  it('is for options in portfolio margin', () => {
    const world = worldOf(null);
    expect(world.place('a', 'sell', '78000', '1', MMP).sCode).toBe('51036');
    expect(world.place('b', 'sell', '0.05', '1', { ...CALL, ...MMP }).sCode).toBe('51036');
    expect(world.exchange.setMmpConfig('b', CONFIG)).toMatchObject({ sCode: '51036' });
    expect(world.exchange.setMmpConfig('a', { ...CONFIG, qtyLimit: '' })).toMatchObject({ sCode: '51000' });
    expect(world.place('a', 'sell', '0.05', '1', { ...CALL, ordType: 'mmp' }).sCode).toBe('0');
  });
});

describe('mass cancel', () => {
  const request = { instType: 'OPTION', instFamily: 'BTC-USD' };

  it('takes all protected orders of the family (38), and keeps new ones off for a while (54008)', () => {
    const world = worldOf();
    const ordIds = [quote(world, '0.05'), quote(world, '0.06'), quote(world, '0.06', PUT)];
    const plain = world.place('a', 'sell', '0.065', '1', CALL).ordId;
    expect(world.exchange.massCancel('a', { ...request, lockInterval: '1000' })).toEqual([{ result: true }]);
    for (const ordId of ordIds) {
      expect(world.lastPush(ordId)).toMatchObject({ state: 'mmp_canceled', cancelSource: '38' });
    }
    expect(world.lastPush(plain)).toMatchObject({ state: 'live' });
    expect(world.place('a', 'sell', '0.06', '1', { ...CALL, ...MMP }).sCode).toBe('54008');
    world.exchange.advance(START_MS + 1_000);
    expect(world.place('a', 'sell', '0.06', '1', { ...CALL, ...MMP }).sCode).toBe('0');
  });

  it.each<[string, string, Row, string]>([
    ['another mode', 'b', {}, '51411'],
    ['another type', 'a', { instType: 'SWAP' }, '51000'],
    ['no family', 'a', { instFamily: '' }, '50014'],
    ['too long a lock', 'a', { lockInterval: '10001' }, '51000'],
  ])('is refused for %s', (_name, uid, changes, code) => {
    expect(worldOf().exchange.massCancel(uid, { ...request, ...changes })).toMatchObject({ sCode: code });
  });

  it('is of families that are listed, and a lock is no configuration', () => {
    const world = worldOf(null);
    const { exchange } = world;
    expect(exchange.setMmpConfig('a', { ...CONFIG, instFamily: 'BTC-USDT' })).toMatchObject({
      sCode: '51000',
    });
    expect(
      exchange.massCancel('a', { instType: 'OPTION', instFamily: 'BTC-USD', lockInterval: '1000' }),
    ).toEqual([{ result: true }]);
    expect(world.place('a', 'sell', '0.06', '1', { ...CALL, ...MMP }).sCode).toBe('54008');
    expect(exchange.mmpConfig('a', '')).toEqual([]);
    expect(exchange.resetMmp('a', { instFamily: 'BTC-USD' })).toMatchObject({ sCode: '51000' });
    expect(exchange.setMmpConfig('a', CONFIG)).toEqual([CONFIG]);
    expect(exchange.mmpConfig('a', '')).toMatchObject([CONFIG]);
  });
});
