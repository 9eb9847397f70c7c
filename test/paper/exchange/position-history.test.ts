import { describe, expect, it } from 'vitest';
import { keepRun } from '../../../engine/paper/exchange/position-run.ts';
import { accountOptions, World } from './recording-world.ts';

const SWAP = 'BTC-USDT-SWAP';

/** Contracts of 0.01 BTC; "a" pays 0.05 % on what it takes, which is everything. */
function world(): World {
  return new World({
    accounts: [accountOptions('a', { takerFeeRate: '-0.0005' }), accountOptions('b')],
  });
}

function trade(of: World, side: 'buy' | 'sell', px: string, sz: string): void {
  of.exchange.advance(of.exchange.nowMs + 1_000);
  expect(of.place('b', side === 'buy' ? 'sell' : 'buy', px, sz).sCode).toBe('0');
  expect(of.place('a', side, px, sz).sCode).toBe('0');
}

describe('the history of positions', () => {
  it('tells nothing of what was only opened, then what was closed in part, then the whole of it', () => {
    const traded = world();
    trade(traded, 'buy', '78000', '2');
    trade(traded, 'buy', '78300', '1');
    expect(traded.exchange.positionsHistory('a', {})).toEqual([]);
    trade(traded, 'sell', '78200', '1');
    // In at (2 x 78,000 + 78,300) / 3 = 78,100; 0.01 BTC out at 100 more: 1. Fees: 0.0005 x 0.01 x (234,300 + 78,200).
    const [part] = traded.exchange.positionsHistory('a', {});
    expect(part).toMatchObject({ type: '1', openAvgPx: '78100', closeAvgPx: '78200', closeTotalPos: '1' });
    expect(part).toMatchObject({ openMaxPos: '3', pnl: '1', fee: '-1.5625', realizedPnl: '-0.5625' });
    trade(traded, 'sell', '78500', '2');
    const rows = traded.exchange.positionsHistory('a', {});
    expect(rows).toHaveLength(1);
    // (78,200 + 2 x 78,500) / 3, and 1 + 2 x 0.01 x 400.
    expect(rows[0]).toMatchObject({ type: '2', closeAvgPx: '78400', closeTotalPos: '3', pnl: '9' });
    expect(rows[0]).toMatchObject({
      fee: '-2.3475',
      realizedPnl: '6.6525',
      direction: 'long',
      posSide: 'net',
    });
    expect(rows[0]).toMatchObject({
      instType: 'SWAP',
      mgnMode: 'cross',
      ccy: 'USDT',
      uly: 'BTC-USDT',
      lever: '10',
    });
    // 6.6525 of a tenth of 3 x 0.01 x 78,100.
    expect(Number(rows[0]!['pnlRatio'])).toBeCloseTo(6.6525 / 234.3, 8);
  });

  it('has another row after a position has turned, and another after it was opened anew', () => {
    const traded = world();
    trade(traded, 'buy', '78000', '1');
    trade(traded, 'sell', '78100', '3');
    trade(traded, 'buy', '78000', '2');
    trade(traded, 'buy', '78000', '1');
    trade(traded, 'sell', '78010', '1');
    const rows = traded.exchange.positionsHistory('a', {});
    expect(rows).toMatchObject([
      { direction: 'long', pnl: '0.1', closeTotalPos: '1', openAvgPx: '78000' },
      { direction: 'short', pnl: '2', closeTotalPos: '2', openAvgPx: '78100' },
      { direction: 'long', pnl: '1', closeTotalPos: '1', openAvgPx: '78000' },
    ]);
    const { posId } = traded.exchange.positionRows('a', SWAP)[0]!;
    expect(new Set(rows.map((row) => row['posId']))).toEqual(new Set([posId]));
    // What the three have made together is what the account has.
    const made = rows.reduce((sum, row) => sum + Number(row['realizedPnl']), 0);
    const had = Number(accountOptions('a').balances['USDT']);
    expect(Number(traded.exchange.cash('a')['USDT'])).toBeCloseTo(had + made, 8);
    const newest = String(rows[0]!['uTime']);
    expect(traded.exchange.positionsHistory('a', { after: newest })).toEqual(rows.slice(1));
    expect(traded.exchange.positionsHistory('a', { limit: '1' })).toEqual(rows.slice(0, 1));
    expect(traded.exchange.positionsHistory('a', { instId: 'ETH-USDT-SWAP' })).toEqual([]);
  });

  it('says what the venue took, and at which mark', () => {
    const traded = world();
    trade(traded, 'buy', '78000', '3');
    traded.exchange.act((products, nowMs) => products.liquidate('a', SWAP, '1', nowMs));
    expect(traded.exchange.positionsHistory('a', {})).toMatchObject([{ type: '4', triggerPx: '78000' }]);
    traded.exchange.act((products, nowMs) => products.deleverage('a', SWAP, '1', nowMs));
    expect(traded.exchange.positionsHistory('a', {})).toMatchObject([{ type: '5', closeTotalPos: '2' }]);
    traded.exchange.act((products, nowMs) => products.liquidate('a', SWAP, '', nowMs));
    expect(traded.exchange.positionsHistory('a', {})).toMatchObject([{ type: '3', closeTotalPos: '3' }]);
  });

  it('keeps of a long life the newest', () => {
    const traded = world();
    trade(traded, 'buy', '78000', '2');
    trade(traded, 'sell', '78000', '1');
    const { positionRuns } = traded.exchange.accountOf('a');
    const [first] = positionRuns;
    for (let count = 1; count < 4_000; count++) keepRun(positionRuns, first!);
    expect(positionRuns).toHaveLength(4_000);
    trade(traded, 'sell', '78000', '2');
    trade(traded, 'buy', '78000', '1');
    expect(positionRuns).toHaveLength(2_001);
    expect(positionRuns.at(-1)).toMatchObject({ isLong: false, isOver: true });
  });
});
