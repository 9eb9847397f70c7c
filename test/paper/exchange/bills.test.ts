import { describe, expect, it } from 'vitest';
import { amountText, parseAmount } from '../../../engine/paper/exchange/amount.ts';
import type { Row } from '../../../engine/paper/exchange/exchange.ts';
import { keepBill } from '../../../engine/paper/exchange/bills.ts';
import { accountOptions, World } from './recording-world.ts';

const SWAP = 'BTC-USDT-SWAP';
const CALL = 'BTC-USD-261225-80000-C';

const newWorld = (): World =>
  new World({
    startPrices: { 'BTC-USDT': '78000', [CALL]: '0.05' },
    accounts: [
      accountOptions('a', { takerFeeRate: '-0.0005', makerFeeRate: '0.0001', exerciseFeeRate: '-0.0002' }),
      accountOptions('b'),
    ],
  });

function trade(of: World, side: 'buy' | 'sell', px: string, sz: string, changes: Row = {}): void {
  expect(of.place('b', side === 'buy' ? 'sell' : 'buy', px, sz, changes).sMsg).toBe('Order placed');
  expect(of.place('a', side, px, sz, changes).sMsg).toBe('Order placed');
}

describe('bills', () => {
  it('of a contract’s trade are one, with profit and fee', () => {
    const world = newWorld();
    trade(world, 'buy', '78000', '1', { tag: 'T1' });
    trade(world, 'sell', '78100', '1');
    const [out, into] = world.exchange.bills('a', {});
    // 0.01 BTC at 78,000 and 78,100: fees of 0.39 and 0.3905, and a profit of 1.
    expect(into).toMatchObject({
      type: '2',
      subType: '1',
      balChg: '-0.39',
      fee: '-0.39',
      pnl: '0',
      tag: 'T1',
    });
    expect(out).toMatchObject({
      type: '2',
      subType: '2',
      balChg: '0.6095',
      fee: '-0.3905',
      pnl: '1',
      ccy: 'USDT',
    });
    expect(out!['bal']).toBe(world.exchange.cash('a')['USDT']);
    expect(out!['billId']).toBe(world.exchange.fills('a', {})[0]!['billId']);
    expect(out).toMatchObject({ instId: SWAP, instType: 'SWAP', mgnMode: 'cross', sz: '1', px: '78100' });
  });

  it('of a pair’s trade are one a currency', () => {
    const world = newWorld();
    trade(world, 'buy', '78000', '0.1', { instId: 'BTC-USDT', tdMode: 'cash' });
    expect(world.exchange.bills('a', {})).toMatchObject([
      { ccy: 'USDT', balChg: '-7800', fee: '0', instType: 'SPOT', mgnMode: '' },
      { ccy: 'BTC', balChg: '0.09995', fee: '-0.00005', instType: 'SPOT', mgnMode: '' },
    ]);
    expect(world.exchange.bills('a', { ccy: 'BTC' })).toHaveLength(1);
  });

  it('of a pair on margin are its profit, and the fee where that is', () => {
    const world = newWorld();
    const margin = { instId: 'BTC-USDT', tdMode: 'cross', ccy: 'USDT' };
    trade(world, 'buy', '78000', '0.1', margin);
    trade(world, 'sell', '78100', '0.1', margin);
    // 0.0005 of 0.1 BTC, then 10 of profit less 0.0005 of 7,810.
    expect(world.exchange.bills('a', {})).toMatchObject([
      { ccy: 'USDT', balChg: '6.095', pnl: '10', fee: '-3.905', instType: 'MARGIN', mgnMode: 'cross' },
      { ccy: 'BTC', balChg: '-0.00005', pnl: '0', fee: '-0.00005' },
      { ccy: 'USDT', balChg: '0', pnl: '0', fee: '0' },
    ]);
  });

  it('add up to the cash of every currency, whatever happens, each with a number of its own', () => {
    const world = newWorld();
    const { exchange } = world;
    const before = exchange.cash('a');
    trade(world, 'buy', '78000', '30');
    trade(world, 'sell', '78010', '0.2', { instId: 'BTC-USDT', tdMode: 'cash' });
    trade(world, 'buy', '77990', '0.1', { instId: 'BTC-USDT', tdMode: 'cross', ccy: 'USDT' });
    trade(world, 'sell', '78020', '0.1', { instId: 'BTC-USDT', tdMode: 'cross', ccy: 'USDT' });
    trade(world, 'sell', '78000', '5', { instId: 'BTC-USD-261225' });
    trade(world, 'buy', '0.05', '2', { instId: CALL });
    expect(exchange.transfer('a', 'USDT', parseAmount('-12.5'))).toBe(true);
    exchange.advance(exchange.nowMs + 2 * 3_600_000);
    exchange.act((products, nowMs) => {
      products.settle('BTC-USD-261225', '78100', nowMs);
      products.expire('BTC-USD-261225', '78200', nowMs);
      products.expire(CALL, '84000', nowMs);
      products.liquidate('a', SWAP, '10', nowMs);
      products.deleverage('a', SWAP, '', nowMs);
    });
    const rows = exchange.bills('a', {});
    const after = exchange.cash('a');
    for (const ccy of ['USDT', 'BTC']) {
      const sum = rows
        .filter((row) => row['ccy'] === ccy)
        .reduce((total, row) => total + parseAmount(row['balChg'] as string), parseAmount(before[ccy]!));
      expect(amountText(sum)).toBe(after[ccy]);
      expect(rows.find((row) => row['ccy'] === ccy)!['bal']).toBe(after[ccy]);
    }
    const ids = rows.map((row) => BigInt(row['billId'] as string));
    expect(ids).toEqual([...new Set(ids)].toSorted((left, right) => (left < right ? 1 : -1)));
    const kinds = new Set(rows.map((row) => `${row['type']} ${row['subType']}`));
    const forced = ['3 113', '3 170', '5 100', '9 125'];
    for (const kind of [...forced, '34 355', '1 12', '2 1', '2 2']) expect(kinds).toContain(kind);
    expect([...kinds].some((kind) => kind === '8 173' || kind === '8 174')).toBe(true);
    expect(exchange.bills('a', { type: '3', instType: 'FUTURES' })).toHaveLength(1);
    const middle = String(rows[3]!['billId']);
    expect(exchange.bills('a', { after: middle })).toEqual(rows.slice(4));
    expect(exchange.bills('a', { before: middle, limit: '2' })).toEqual(rows.slice(1, 3));
  });

  it('are kept, the newest of them', () => {
    const world = newWorld();
    trade(world, 'buy', '78000', '1');
    const { bills } = world.exchange.accountOf('a');
    for (let count = 1; count < 20_000; count++) keepBill(bills, bills[0]!);
    trade(world, 'sell', '78000', '1');
    expect(bills).toHaveLength(10_001);
    expect(bills.at(-1)!.billId).toBe(world.exchange.fills('a', {})[0]!['billId']);
  });
});
