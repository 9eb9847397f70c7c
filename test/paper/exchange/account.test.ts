import { describe, expect, it } from 'vitest';
import type { Row } from '../../../engine/paper/exchange/exchange.ts';
import { accountOptions, START_MS, World } from './recording-world.ts';

const SWAP = 'BTC-USDT-SWAP';

/** "a" buys `sz` from "b" at `px`. */
function open(world: World, px: string, sz: string): void {
  world.place('a', 'buy', px, sz);
  world.place('b', 'sell', px, sz);
}

describe('positions', () => {
  it('average the entry, realise on the way out and turn', () => {
    const world = new World();
    open(world, '78000', '1');
    open(world, '78100', '3');
    expect(world.exchange.positions('a', {})).toMatchObject([
      { instId: SWAP, pos: '4', avgPx: '78075', mgnMode: 'cross', posSide: 'net', ccy: 'USDT', lever: '10' },
    ]);
    expect(world.exchange.positions('b', { instType: 'SWAP' })).toMatchObject([
      { pos: '-4', avgPx: '78075' },
    ]);
    // Selling 5 at 78175 closes 4 with 100 × 0.04 of profit and opens 1 short.
    world.place('b', 'buy', '78175', '5');
    const { ordId } = world.place('a', 'sell', '78175', '5');
    expect(world.lastPush(ordId)).toMatchObject({ fillPnl: '4', pnl: '4' });
    expect(world.exchange.positions('a', {})).toMatchObject([{ pos: '-1', avgPx: '78175' }]);
    expect(world.exchange.positionRows('a', SWAP)).toHaveLength(1);
  });

  it('of inverse contracts pay in coin', () => {
    const world = new World();
    const inverse = { instId: 'BTC-USD-SWAP' };
    world.place('a', 'buy', '78000', '78', inverse);
    world.place('b', 'sell', '78000', '78', inverse);
    expect(world.exchange.positions('a', {})).toMatchObject([{ pos: '78', avgPx: '78000', ccy: 'BTC' }]);
    world.place('b', 'buy', '80000', '78', inverse);
    const { ordId } = world.place('a', 'sell', '80000', '78', inverse);
    // 7,800 × (1/78000 − 1/80000) BTC
    expect(world.lastPush(ordId)['fillPnl']).toBe('0.0025');
    expect(world.exchange.positions('a', {})).toEqual([]);
    expect(world.exchange.positionRows('a', 'BTC-USD-SWAP')).toMatchObject([{ pos: '0', avgPx: '' }]);
  });

  it('of long and short sides are apart in long/short mode, and closing needs one', () => {
    const accounts = [accountOptions('a', { positionMode: 'long_short_mode' }), accountOptions('b')];
    const world = new World({ accounts });
    expect(world.place('a', 'buy', '78000', '2').sCode).toBe('51000');
    expect(world.place('a', 'sell', '78000', '2', { posSide: 'long' }).sCode).toBe('51169');
    world.place('a', 'buy', '78000', '2', { posSide: 'long' });
    world.place('b', 'sell', '78000', '2');
    world.place('a', 'sell', '78000', '1', { posSide: 'short' });
    world.place('b', 'buy', '78000', '1');
    expect(world.exchange.positions('a', {})).toMatchObject([
      { posSide: 'long', pos: '2' },
      { posSide: 'short', pos: '1' },
    ]);
    expect(world.exchange.setPositionMode('a', 'net_mode')).toMatchObject({ sCode: '51059' });
  });
});

describe('reduce-only orders', () => {
  it('are cut to the position on entry (amendSource 4, then live)', () => {
    const world = new World();
    open(world, '78000', '1');
    const { ordId } = world.place('a', 'sell', '78100', '5', { reduceOnly: true });
    expect(world.pushes(ordId).map((row) => [row['state'], row['sz'], row['amendSource']])).toEqual([
      ['live', '1', '4'],
      ['live', '1', ''],
    ]);
  });

  it('follow a position that shrinks, and go when it has gone', () => {
    const world = new World();
    open(world, '78000', '3');
    const { ordId } = world.place('a', 'sell', '78100', '3', { reduceOnly: true });
    world.place('b', 'buy', '78050', '1');
    world.place('a', 'sell', '78050', '1');
    expect(world.lastPush(ordId)).toMatchObject({ state: 'live', sz: '2', amendSource: '4' });
    world.place('b', 'buy', '78050', '2');
    world.place('a', 'sell', '78050', '2');
    expect(world.lastPush(ordId)).toMatchObject({ state: 'canceled', cancelSource: '21' });
  });

  it('never turn a position, even when one taker reaches two of them', () => {
    const world = new World();
    open(world, '78000', '1');
    world.place('a', 'sell', '78100', '1', { reduceOnly: true });
    world.place('a', 'sell', '78101', '1', { reduceOnly: true });
    world.place('b', 'buy', '78101', '2');
    expect(world.exchange.positions('a', {})).toEqual([]);
  });
});

describe('account operations', () => {
  it('change leverage within the instrument’s', () => {
    const world = new World();
    const request = { instId: SWAP, mgnMode: 'cross', lever: '20' };
    expect(world.exchange.setLeverage('a', request)).toMatchObject([{ lever: '20', instId: SWAP }]);
    expect(world.exchange.leverageInfo('a', SWAP, 'cross')).toMatchObject([{ lever: '20', posSide: 'net' }]);
    expect(world.exchange.setLeverage('a', { ...request, lever: '101' })).toMatchObject({ sCode: '51186' });
    expect(world.exchange.setLeverage('a', { ...request, instId: 'X' })).toMatchObject({ sCode: '51001' });
  });

  it('cancel all orders, or those of a tag, when cancel-all-after fires', () => {
    const world = new World();
    const tagged = world.place('a', 'buy', '77990', '1', { tag: 't1' }).ordId;
    const other = world.place('a', 'buy', '77990', '1').ordId;
    const foreign = world.place('b', 'buy', '77990', '1').ordId;
    const armed = world.exchange.cancelAllAfter('a', '10', 't1');
    expect(armed).toEqual({ triggerTime: String(START_MS + 10_000), tag: 't1', ts: String(START_MS) });
    world.exchange.advance(START_MS + 5_000);
    world.exchange.cancelAllAfter('a', '10', 't1');
    world.exchange.advance(START_MS + 14_999);
    expect(world.states(tagged)).toEqual(['live']);
    world.exchange.advance(START_MS + 15_000);
    expect(world.lastPush(tagged)).toMatchObject({ state: 'canceled', cancelSource: '20' });
    expect(world.states(other)).toEqual(['live']);
    world.exchange.cancelAllAfter('a', '10', '');
    expect(world.exchange.cancelAllAfter('a', '0', '')).toMatchObject({ triggerTime: '0' });
    world.exchange.advance(START_MS + 60_000);
    expect(world.states(other)).toEqual(['live']);
    world.exchange.cancelAllAfter('a', '10', '');
    world.exchange.advance(START_MS + 70_000);
    expect(world.lastPush(other)['cancelSource']).toBe('20');
    expect(world.states(foreign)).toEqual(['live']);
  });

  it('refuse cancel-all-after times out of range and the 21st tag', () => {
    const world = new World();
    for (const timeOut of ['9', '121', '', 'x', '-1', '10.5']) {
      expect(world.exchange.cancelAllAfter('a', timeOut, '')).toMatchObject({ sCode: '51000' });
    }
    for (let tag = 0; tag < 20; tag++) {
      expect(world.exchange.cancelAllAfter('a', '60', `t${tag}`)).toMatchObject({ tag: `t${tag}` });
    }
    expect(world.exchange.cancelAllAfter('a', '60', 't20')).toMatchObject({ sCode: '51071' });
    expect(world.exchange.cancelAllAfter('a', '60', '')).toMatchObject({ tag: '' });
  });

  it('close a position at market, cancelling its orders with autoCxl', () => {
    const world = new World();
    open(world, '78000', '2');
    const resting = world.place('a', 'sell', '78200', '1').ordId;
    world.place('c', 'buy', '77950', '5');
    const request = { instId: SWAP, mgnMode: 'cross', autoCxl: true, tag: 't1' };
    expect(world.exchange.closePosition('a', request)).toMatchObject({ instId: SWAP, tag: 't1' });
    expect(world.lastPush(resting)).toMatchObject({ state: 'canceled', cancelSource: '17' });
    expect(world.exchange.positions('a', {})).toEqual([]);
    expect(world.exchange.closePosition('a', request)).toMatchObject({ sCode: '51023' });
  });

  it('settle funding every eight hours: what longs pay is what shorts get', () => {
    const world = new World();
    open(world, '78000', '10');
    const before = world.exchange.fundingRate(SWAP)!;
    const fundingMs = Number(before['fundingTime']);
    expect(fundingMs % 28_800_000).toBe(0);
    const cash = Number(world.cash('a', 'USDT'));
    world.exchange.advance(fundingMs);
    const paid = 7_800 * Number(before['fundingRate']);
    expect(Number(world.cash('a', 'USDT'))).toBeCloseTo(cash - paid, 9);
    const event = world.sink.balanceEvents.at(-1)!;
    expect(event.eventType).toBe('funding_fee');
    const [long] = world.exchange.positions('a', {});
    const [short] = world.exchange.positions('b', {});
    expect(Number(long!['fundingFee'])).toBeCloseTo(-Number(short!['fundingFee']), 12);
    expect(Number(world.exchange.fundingRate(SWAP)!['fundingTime'])).toBe(fundingMs + 28_800_000);
  });
});

describe('queries', () => {
  it('page pending orders newest first with after and before', () => {
    const world = new World();
    const ids: string[] = [];
    for (let count = 0; count < 5; count++) ids.push(world.place('a', 'buy', '77990', '1').ordId);
    const pending = (filter: Row): unknown[] =>
      world.exchange.pendingOrders('a', filter).map((row) => ids.indexOf(row['ordId'] as string));
    expect(pending({})).toEqual([4, 3, 2, 1, 0]);
    expect(pending({ limit: '2' })).toEqual([4, 3]);
    expect(pending({ limit: '2', after: ids[3] })).toEqual([2, 1]);
    expect(pending({ limit: '2', before: ids[1] })).toEqual([3, 2]);
    expect(pending({ instType: 'SPOT' })).toEqual([]);
    expect(pending({ ordType: 'post_only,limit', state: 'live', instFamily: 'BTC-USDT' })).toHaveLength(5);
  });

  it('forget an unfilled cancelled order after two hours, not a filled one', () => {
    const world = new World();
    open(world, '78000', '1');
    const filled = world.exchange.orderHistory('a', { instType: 'SWAP' })[0]!['ordId'] as string;
    const canceled = world.place('a', 'buy', '77000', '1').ordId;
    world.cancel('a', canceled);
    expect(world.exchange.orderHistory('a', { instType: 'SWAP' })).toHaveLength(2);
    world.exchange.advance(START_MS + 7_200_001);
    expect(world.exchange.orderHistory('a', { instType: 'SWAP' })).toMatchObject([{ ordId: filled }]);
    expect(world.exchange.order('a', SWAP, { ordId: canceled })).toBeNull();
    expect(world.exchange.order('a', SWAP, { ordId: filled })).toMatchObject({ state: 'filled' });
  });

  it('give fills by order, newest first', () => {
    const world = new World();
    const { ordId } = world.place('a', 'buy', '78000', '3', { clOrdId: '42', tag: 't1' });
    world.place('b', 'sell', '78000', '1');
    world.place('b', 'sell', '78000', '2');
    const fills = world.exchange.fills('a', { ordId, instType: 'SWAP' });
    expect(fills.map((row) => row['fillSz'])).toEqual(['2', '1']);
    expect(fills[0]).toMatchObject({
      clOrdId: '42',
      tag: 't1',
      execType: 'M',
      fee: '-0.312',
      feeCcy: 'USDT',
    });
    expect(world.exchange.fills('a', { after: fills[0]!['billId'] as string })).toHaveLength(1);
  });

  it('show what open spot orders and margin hold back', () => {
    const world = new World();
    world.place('a', 'buy', '78000', '1', { instId: 'BTC-USDT' });
    open(world, '78000', '10');
    const [usdt] = world.exchange.balances('a', 'USDT')['details'] as Row[];
    expect(usdt).toMatchObject({ ccy: 'USDT', ordFrozen: '78000', imr: '780' });
    expect(Number(usdt!['availBal'])).toBeCloseTo(1_000_000 - 78_000 - 780 - 1.56, 6);
    expect(world.exchange.accountConfig('a')).toMatchObject({ acctLv: '2', posMode: 'net_mode', uid: 'a' });
    expect(world.exchange.tradeFee('a', 'SWAP', SWAP)).toMatchObject({
      feeGroup: [{ groupId: '4', maker: '-0.0002', taker: '-0.0005' }],
    });
  });

  it('know nothing of unlisted instruments', () => {
    const { exchange } = new World();
    expect(exchange.book('X')).toBeNull();
    expect(exchange.ticker('X')).toBeNull();
    expect(exchange.trades('X', 10)).toEqual([]);
    expect(exchange.fundingRate('BTC-USDT')).toBeNull();
    expect(exchange.hasAccount('nobody')).toBe(false);
    expect(exchange.instruments('OPTION').length).toBeGreaterThan(0);
  });
});
