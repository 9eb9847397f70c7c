import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountText, divideRounded, numberText, parseAmount } from '../../../engine/paper/exchange/amount.ts';
import type { Row } from '../../../engine/paper/exchange/exchange.ts';
import { accountOptions, START_MS, World } from './recording-world.ts';

const UIDS = ['a', 'b', 'c'];
const INST_IDS = ['BTC-USDT', 'BTC-USDT-SWAP', 'BTC-USD-SWAP'];
const START = { USDT: '200000', BTC: '2' };

/** One step of a random trading day; the price grid is narrow so that orders meet. */
const step = fc.record({
  kind: fc.constantFrom('place', 'place', 'place', 'amend', 'cancel', 'close', 'wait'),
  uid: fc.constantFrom(...UIDS),
  instId: fc.constantFrom(...INST_IDS),
  isBuy: fc.boolean(),
  ordType: fc.constantFrom('limit', 'limit', 'post_only', 'ioc', 'fok', 'market'),
  stpMode: fc.constantFrom('cancel_maker', 'cancel_taker', 'cancel_both'),
  isReduceOnly: fc.boolean(),
  ticks: fc.integer({ min: 0, max: 20 }),
  size: fc.integer({ min: 1, max: 40 }),
  pick: fc.nat(),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

const RATES = { makerFeeRate: '-0.00023', takerFeeRate: '-0.00057' };

function newWorld(makerFeeRate: string): World {
  return new World({
    accounts: UIDS.map((uid) =>
      accountOptions(uid, { ...RATES, makerFeeRate, balances: START, accountLevel: '2' }),
    ),
  });
}

function run(world: World, one: Step): void {
  const { exchange } = world;
  const px = `${77_999 + Math.floor(one.ticks / 10)}.${one.ticks % 10}`;
  const sz = one.instId === 'BTC-USDT' ? numberText(one.size * 0.00731, 8) : String(one.size);
  if (one.kind === 'wait') exchange.advance(exchange.nowMs + 60_000);
  else if (one.kind === 'close') {
    exchange.closePosition(one.uid, { instId: one.instId, mgnMode: 'cross', autoCxl: true });
  } else if (one.kind === 'place') {
    world.place(one.uid, one.isBuy ? 'buy' : 'sell', px, sz, {
      instId: one.instId,
      ordType: one.ordType,
      stpMode: one.stpMode,
      reduceOnly: one.isReduceOnly && one.instId !== 'BTC-USDT',
      tgtCcy: one.pick % 2 === 0 ? 'base_ccy' : '',
    });
  } else {
    const orders = exchange.pendingOrders(one.uid, {});
    if (orders.length === 0) return;
    const order = orders[one.pick % orders.length]!;
    const name = { instId: order['instId'], ordId: order['ordId'] };
    if (one.kind === 'cancel') exchange.cancel(one.uid, name);
    else exchange.amend(one.uid, one.isBuy ? { ...name, newPx: px } : { ...name, newPx: px, newSz: sz });
  }
}

/** Cash as the fills, the fees and the funding say it has to be: the account's own books are not asked. */
function expectedCash(world: World, uid: string): Map<string, bigint> {
  const cash = new Map(Object.entries(START).map(([ccy, text]) => [ccy, parseAmount(text)]));
  const add = (ccy: string, change: bigint): void => void cash.set(ccy, (cash.get(ccy) ?? 0n) + change);
  for (const row of world.sink.orders) {
    if (row['uid'] !== uid || row['tradeId'] === '') continue;
    const text = (name: string): bigint => parseAmount(row[name] as string);
    add(row['fillFeeCcy'] as string, text('fillFee'));
    if (row['instType'] === 'SPOT') {
      const sign = row['side'] === 'buy' ? 1n : -1n;
      add('BTC', sign * text('fillSz'));
      add('USDT', -sign * divideRounded(text('fillSz') * text('fillPx'), 10n ** 18n));
    } else {
      add(row['instId'] === 'BTC-USD-SWAP' ? 'BTC' : 'USDT', text('fillPnl'));
    }
  }
  for (const row of world.exchange.positions(uid, {})) {
    if (row['fundingFee'] !== '0') add('funding', parseAmount(row['fundingFee'] as string));
  }
  return cash;
}

function check(world: World): void {
  const { exchange } = world;
  let linear = 0n;
  const lots = new Map<string, number>();
  for (const uid of UIDS) {
    const expected = expectedCash(world, uid);
    for (const ccy of ['USDT', 'BTC']) {
      expect(world.cash(uid, ccy)).toBe(amountText(expected.get(ccy)!));
      const [detail] = exchange.balances(uid, ccy)['details'] as Row[];
      let frozen = 0n;
      for (const order of exchange.pendingOrders(uid, { instType: 'SPOT' })) {
        const left = parseAmount(order['sz'] as string) - parseAmount(order['accFillSz'] as string);
        expect(left > 0n).toBe(true);
        if (ccy === 'BTC' && order['side'] === 'sell') frozen += left;
        if (ccy === 'USDT' && order['side'] === 'buy') {
          frozen += divideRounded(left * parseAmount(order['px'] as string), 10n ** 18n);
        }
      }
      expect(detail?.['ordFrozen'] ?? '0').toBe(amountText(frozen));
    }
    for (const row of exchange.positions(uid, {})) {
      const instId = row['instId'] as string;
      lots.set(instId, (lots.get(instId) ?? 0) + Math.round(Number(row['pos']) * 100));
      if (instId === 'BTC-USDT-SWAP') linear += parseAmount(row['upl'] as string);
    }
    for (const row of world.sink.orders) {
      if (row['uid'] === uid && row['instId'] === 'BTC-USDT-SWAP')
        linear += parseAmount(row['fillPnl'] as string);
    }
  }
  // What one wins another loses: the linear contract's profits, realised and not, add up to nothing, exactly.
  expect(linear).toBe(0n);
  for (const sum of lots.values()) expect(sum).toBe(0);
  for (const instId of INST_IDS) {
    const book = exchange.book(instId)!;
    if (book.asks.length > 0 && book.bids.length > 0) {
      expect(Number(book.bids[0]![0])).toBeLessThan(Number(book.asks[0]![0]));
    }
  }
}

describe('ledger', () => {
  it('is the sum of fills, fees and profits, whatever is traded', () => {
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 20, maxLength: 120 }),
        fc.constantFrom('-0.00023', '0.00005'),
        (steps, makerFeeRate) => {
          const world = newWorld(makerFeeRate);
          // Funding moves cash apart from fills and has its own test.
          for (const one of steps) if (one.kind !== 'wait') run(world, one);
          check(world);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('keeps filled sizes growing and final states final', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (steps) => {
        const world = newWorld('-0.0002');
        for (const one of steps) run(world, one);
        const seen = new Map<string, { state: string; filled: number }>();
        for (const row of world.sink.orders) {
          const ordId = row['ordId'] as string;
          const state = row['state'] as string;
          const filled = Number(row['accFillSz']);
          const before = seen.get(ordId);
          if (before !== undefined) {
            expect(['live', 'partially_filled']).toContain(before.state);
            expect(filled).toBeGreaterThanOrEqual(before.filled);
          }
          if (row['tradeId'] !== '') expect(Number(row['fillSz'])).toBeGreaterThan(0);
          if (state === 'live') expect(filled).toBe(0);
          seen.set(ordId, { state, filled });
        }
        const open = new Set(
          UIDS.flatMap((uid) => world.exchange.pendingOrders(uid, {}).map((row) => row['ordId'])),
        );
        for (const [ordId, { state }] of seen) {
          expect(open.has(ordId)).toBe(state === 'live' || state === 'partially_filled');
        }
      }),
      { numRuns: 100 },
    );
  });

  it('pays funding out of longs into shorts exactly', () => {
    const world = newWorld('-0.0002');
    world.place('a', 'buy', '78000.3', '37');
    world.place('b', 'sell', '78000.3', '30');
    world.place('c', 'sell', '78000.3', '7');
    const before = UIDS.map((uid) => parseAmount(world.cash(uid, 'USDT')));
    world.exchange.advance(START_MS + 86_400_000);
    const changes = UIDS.map((uid, index) => parseAmount(world.cash(uid, 'USDT')) - before[index]!);
    expect(changes[0]).not.toBe(0n);
    expect(changes.reduce((sum, change) => sum + change, 0n)).toBe(0n);
  });
});

describe('amounts', () => {
  it('go from text to number and back unchanged', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (amount) => {
        expect(parseAmount(amountText(amount))).toBe(amount);
      }),
    );
    expect(() => parseAmount('1e5')).toThrow(/plain decimal/);
    expect(numberText(-0.00000000001, 8)).toBe('0');
  });

  it('round half away from zero', () => {
    expect(divideRounded(5n, 2n)).toBe(3n);
    expect(divideRounded(-5n, 2n)).toBe(-3n);
    expect(divideRounded(7n, -3n)).toBe(-2n);
  });
});
