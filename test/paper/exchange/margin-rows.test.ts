import { describe, expect, it } from 'vitest';
import { accountOptions, World } from './recording-world.ts';
import type { AccountOptions, Row } from '../../../engine/paper/exchange/exchange-contract.ts';

const SWAP = 'BTC-USDT-SWAP';
const INVERSE = 'BTC-USD-SWAP';
const MAINTENANCE_RATE = 0.004;

interface Case {
  readonly name: string;
  readonly instId: string;
  readonly side: 'buy' | 'sell';
  readonly sz: string;
  readonly tdMode: 'cross' | 'isolated';
  readonly account: Partial<AccountOptions>;
  /** What stands behind the position at the mark price and what it is worth there, in the settlement currency. */
  readonly equity: number;
  readonly value: number;
}

// The mark price is 78,000. 100 contracts are 1 BTC; 100 inverse contracts are 10,000 dollars.
const CASES: readonly Case[] = [
  {
    name: 'a linear long on the currency',
    instId: SWAP,
    side: 'buy',
    sz: '100',
    tdMode: 'cross',
    account: { balances: { USDT: '20000' } },
    equity: 20_000,
    value: 78_000,
  },
  {
    name: 'a linear short on the currency',
    instId: SWAP,
    side: 'sell',
    sz: '100',
    tdMode: 'cross',
    account: { balances: { USDT: '20000', BTC: '5' } },
    equity: 20_000,
    value: 78_000,
  },
  {
    name: 'a linear short on the whole account',
    instId: SWAP,
    side: 'sell',
    sz: '100',
    tdMode: 'cross',
    account: { accountLevel: '3', balances: { USDT: '20000', BTC: '0.5' } },
    equity: 20_000 + 39_000,
    value: 78_000,
  },
  {
    name: 'an isolated long on its own margin, a tenth',
    instId: SWAP,
    side: 'buy',
    sz: '10',
    tdMode: 'isolated',
    account: { balances: { USDT: '20000' } },
    equity: 780,
    value: 7_800,
  },
  {
    name: 'an inverse long',
    instId: INVERSE,
    side: 'buy',
    sz: '100',
    tdMode: 'cross',
    account: { balances: { BTC: '0.05', USDT: '1000' } },
    equity: 0.05,
    value: 10_000 / 78_000,
  },
  {
    name: 'an inverse short that has little behind it',
    instId: INVERSE,
    side: 'sell',
    sz: '100',
    tdMode: 'cross',
    account: { balances: { BTC: '0.05', USDT: '1000' } },
    equity: 0.05,
    value: 10_000 / 78_000,
  },
];

function positionOf({ instId, side, sz, tdMode, account }: Case): { world: World; row: Row } {
  const fees = { makerFeeRate: '0', takerFeeRate: '0' };
  const world = new World({
    accounts: [accountOptions('a', { ...fees, ...account }), accountOptions('b')],
  });
  const px = '78000';
  const other = side === 'buy' ? 'sell' : 'buy';
  expect(world.place('b', other, px, sz, { instId, tdMode }).sCode).toBe('0');
  expect(world.place('a', side, px, sz, { instId, tdMode }).sCode).toBe('0');
  return { world, row: world.exchange.positions('a', {})[0]! };
}

describe('how near liquidation is', () => {
  it.each(CASES)('of $name', (each) => {
    const { row } = positionOf(each);
    const { equity, value, side, instId } = each;
    expect(row['markPx']).toBe('78000');
    expect(Number(row['mgnRatio'])).toBeCloseTo(equity / (value * MAINTENANCE_RATE), 2);
    expect(Number(row['mmr'])).toBeCloseTo(value * MAINTENANCE_RATE, 6);
    // At that price the loss has taken the equity down to the maintenance margin that the position needs there.
    const price = Number(row['liqPx']);
    const valueThere = instId === INVERSE ? (value * 78_000) / price : (value * price) / 78_000;
    const gain = instId === INVERSE ? value - valueThere : valueThere - value;
    const left = equity + (side === 'buy' ? gain : -gain);
    expect(left / (valueThere * MAINTENANCE_RATE)).toBeCloseTo(1, 1);
    expect(price < 78_000).toBe(side === 'buy');
  });

  it('says nothing where no price would be one', () => {
    const rich = { ...CASES[0]!, account: { balances: { USDT: '1000000' } } };
    expect(positionOf(rich).row).toMatchObject({ liqPx: '', mgnRatio: '3205.1282' });
    const hedged = { ...CASES[5]!, account: { balances: { BTC: '5' } } };
    expect(positionOf(hedged).row['liqPx']).toBe('');
  });

  it('says nothing of a position that is closed', () => {
    const { world } = positionOf(CASES[0]!);
    world.place('b', 'buy', '78000', '100');
    world.place('a', 'sell', '78000', '100', { reduceOnly: true });
    expect(world.exchange.positionRows('a', SWAP)).toMatchObject([{ pos: '0', liqPx: '', mgnRatio: '' }]);
  });

  it('is in the account’s row: by currency in futures mode, at the root where margin is shared', () => {
    const futures = positionOf(CASES[0]!).world.exchange.balances('a');
    expect(futures['mgnRatio']).toBe('');
    expect(futures['details']).toMatchObject([{ ccy: 'USDT', mgnRatio: '64.1026' }]);
    const shared = positionOf(CASES[2]!).world.exchange.balances('a');
    expect(shared['mgnRatio']).toBe('189.1026');
    for (const detail of shared['details'] as Row[]) expect(detail['mgnRatio']).toBe('');
  });

  it('says what isolated positions stand on, and what they have made, at the mark price and at the last', () => {
    const isolated: Case = {
      ...CASES[0]!,
      tdMode: 'isolated',
      sz: '10',
      account: { balances: { USDT: '1000' } },
    };
    const { world } = positionOf(isolated);
    world.exchange.act((products, nowMs) => products.holdMark(SWAP, '78100', nowMs));
    // 0.1 BTC at 78,000 with ten times: 780, and ten more at 78,100.
    const account = world.exchange.balances('a');
    expect(account['isoEq']).toBe('790');
    expect(account['details']).toMatchObject([{ ccy: 'USDT', isoEq: '790', isoUpl: '10' }]);
    expect(world.exchange.positions('a', {})).toMatchObject([
      { upl: '10', uplRatio: '0.0128040973', uplLastPx: '0', uplRatioLastPx: '0', nonSettleAvgPx: '' },
    ]);
  });
});
