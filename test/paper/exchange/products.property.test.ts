import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideRounded, parseAmount } from '../../../engine/paper/exchange/amount.ts';
import type { Row } from '../../../engine/paper/exchange/exchange.ts';
import { accountOptions, World } from './recording-world.ts';

const UIDS = ['a', 'b', 'c'];
const ONE = 10n ** 18n;

interface Traded {
  readonly instId: string;
  readonly changes: Row;
  /** Prices around the mark, as whole numbers of `tick`. */
  readonly middle: number;
  readonly tick: string;
  readonly sz: (size: number) => string;
  readonly ccy: string;
  /** What a trade costs, from size and price alone: no ledger is asked. */
  readonly cost: (sz: bigint, px: bigint) => bigint;
}

const linear = (units: string) => (sz: bigint, px: bigint) =>
  divideRounded(sz * px * parseAmount(units), ONE * ONE);

const TRADED: readonly Traded[] = [
  {
    instId: 'BTC-USDT',
    changes: { tdMode: 'cross', ccy: 'USDT' },
    middle: 780_000,
    tick: '0.1',
    sz: (size) => (size * 0.01).toFixed(2),
    ccy: 'USDT',
    cost: linear('1'),
  },
  {
    instId: 'BTC-USD_UM-SWAP',
    changes: {},
    middle: 780_000,
    tick: '0.1',
    sz: String,
    ccy: 'USDC',
    cost: linear('0.0001'),
  },
  {
    instId: 'BTC-USD-261225-80000-C',
    changes: {},
    middle: 100,
    tick: '0.0005',
    sz: String,
    ccy: 'BTC',
    cost: linear('0.01'),
  },
  {
    instId: 'BTC-USD-261225',
    changes: {},
    middle: 780_000,
    tick: '0.1',
    sz: String,
    ccy: 'BTC',
    // Of inverse contracts what is bought dearer is worth less coin.
    cost: (sz, px) => -divideRounded(sz * 100n * ONE, px),
  },
];

const step = fc.record({
  kind: fc.constantFrom('place', 'place', 'place', 'place', 'liquidate', 'adl', 'settle', 'cancel'),
  uid: fc.constantFrom(...UIDS),
  traded: fc.constantFrom(...TRADED),
  isBuy: fc.boolean(),
  isIsolated: fc.boolean(),
  ticks: fc.integer({ min: -8, max: 8 }),
  size: fc.integer({ min: 1, max: 40 }),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

function priceText({ tick, middle }: Traded, ticks: number): string {
  return ((middle + ticks) * Number(tick)).toFixed(tick.length - 2);
}

function run(world: World, one: Step): void {
  const { uid, traded, size } = one;
  const { instId } = traded;
  const { exchange } = world;
  switch (one.kind) {
    case 'place': {
      const isIsolated = one.isIsolated && instId !== 'BTC-USD-261225-80000-C';
      const changes = { instId, ...traded.changes, ...(isIsolated ? { tdMode: 'isolated' } : {}) };
      world.place(uid, one.isBuy ? 'buy' : 'sell', priceText(traded, one.ticks), traded.sz(size), changes);
      break;
    }
    case 'liquidate':
      exchange.act((products, nowMs) => products.liquidate(uid, instId, traded.sz(size), nowMs));
      break;
    case 'adl':
      exchange.act((products, nowMs) => products.deleverage(uid, instId, '', nowMs));
      break;
    case 'settle':
      exchange.act((products, nowMs) =>
        products.settle('BTC-USD-261225', priceText(TRADED[3]!, one.ticks * 100), nowMs),
      );
      break;
    default:
      for (const { instId: name, ordId } of exchange.pendingOrders(uid, {}))
        exchange.cancel(uid, { instId: name, ordId });
  }
}

describe('products', () => {
  it('leave what their trades cost and their fees, to the last unit, whatever is forced on them', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
        const balances = { USDT: '500000', USDC: '500000', BTC: '20' };
        const startPrices = { 'BTC-USD-261225-80000-C': '0.05' };
        const accounts = UIDS.map((uid) => accountOptions(uid, { balances, makerFeeRate: '0.00005' }));
        const world = new World({ accounts, startPrices });
        for (const one of steps) run(world, one);
        for (const uid of UIDS) {
          for (const { instId } of TRADED) {
            world.exchange.act((products, nowMs) => products.liquidate(uid, instId, '', nowMs));
          }
          expect(world.exchange.positions(uid, {})).toEqual([]);
          const expected = new Map(Object.entries(balances).map(([ccy, text]) => [ccy, parseAmount(text)]));
          const add = (ccy: string, change: bigint): void =>
            void expected.set(ccy, expected.get(ccy)! + change);
          let rounded = 0n;
          for (const row of world.sink.orders) {
            if (row['uid'] !== uid || row['tradeId'] === '') continue;
            const { ccy, cost } = TRADED.find(({ instId }) => instId === row['instId'])!;
            const paid = cost(parseAmount(row['fillSz'] as string), parseAmount(row['fillPx'] as string));
            add(ccy, row['side'] === 'buy' ? -paid : paid);
            add(row['fillFeeCcy'] as string, parseAmount(row['fillFee'] as string));
            seen.add(`${String(row['category'])} ${ccy}`);
            if (row['instId'] === 'BTC-USD-261225') rounded++;
          }
          for (const [ccy, amount] of expected) {
            const off = parseAmount(world.cash(uid, ccy)) - amount;
            // Coins of inverse contracts are quotients; a settlement and a close round each once more.
            const bound = ccy === 'BTC' ? 3n * (rounded + BigInt(steps.length)) : 0n;
            expect(off < 0n ? -off : off).toBeLessThanOrEqual(bound);
          }
        }
      }),
      { numRuns: 120 },
    );
    for (const category of ['normal', 'partial_liquidation', 'full_liquidation', 'adl']) {
      for (const ccy of ['USDT', 'USDC', 'BTC']) expect(seen).toContain(`${category} ${ccy}`);
    }
  });
});
