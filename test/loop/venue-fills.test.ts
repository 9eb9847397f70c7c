import { expect, test } from 'vitest';
import { OrderCategory } from '../../engine/base/order-category.ts';
import { Side } from '../../engine/base/side.ts';
import { NS_PER_SECOND } from '../../engine/base/units.ts';
import { Connection, LoopRequest, OperatorCommand } from '../../engine/loop/loop-options.ts';
import type { TradeFact } from '../../engine/loop/loop-options.ts';
import { KillLevel, KillTrigger } from '../../engine/risk/kill-ladder.ts';
import { EPOCH_MS } from './loop-world.ts';
import { orderRow, ordersPush } from './messages.ts';
import { ScriptedWorld } from './scripted-venue.ts';
import { swap } from './swap-row.ts';

/** Long by 10 contracts of 0.01 coins, bought at 999.5. */
function long(): ScriptedWorld {
  const world = new ScriptedWorld().quoting();
  world.frame(Connection.private, world.fill(world.open('buy')[0]!));
  world.quote();
  world.settle();
  return world;
}

/** An order that no client has placed, filled at once. */
function venueOrder(changes: Readonly<Record<string, unknown>>): string {
  const order = { clOrdId: '', tag: '', side: 'sell', px: '', sz: '4', accFillSz: '4', state: 'filled' };
  const fill = { fillSz: '4', fillPx: '995.03', tradeId: '-17', fillFee: '-0.02', fillFeeCcy: 'USDT' };
  return ordersPush(orderRow({ ...order, ...fill, ...changes }));
}

function venueFills(world: ScriptedWorld, category: OrderCategory): number {
  return world.metric('venueFills', 0, category);
}

test.each([
  ['partial_liquidation', OrderCategory.partialLiquidation],
  ['full_liquidation', OrderCategory.fullLiquidation],
  ['adl', OrderCategory.adl],
  ['normal', OrderCategory.other],
  ['something_new', OrderCategory.other],
] as const)(
  'of the category %s it is booked at its price, pauses, and the venue is asked',
  (category, counted) => {
    const world = long();
    const before = world.recoveries;
    world.frame(Connection.private, venueOrder({ category }));
    const { ledger, ladder } = world.loop;
    expect(ledger.positionLots[0]).toBe(6);
    // Bought 10 at 999.5, 4 of them closed between two ticks at 995.03: 4 × 0.01 × (995.03 - 999.5) = -0.1788.
    expect(ledger.realised(0)).toBeCloseTo(-0.1788, 12);
    // The fee of the buy and that of the liquidation: -0.01 - 0.02.
    expect(ledger.fees[0]).toBeCloseTo(-0.03, 15);
    expect(venueFills(world, counted)).toBe(1);
    expect(ladder.accountReason).toBe(KillTrigger.liquidated);
    expect(ladder.accountLevel).toBe(KillLevel.paused);
    expect(world.recoveries).toBe(before + 1);
    world.recover(6);
    expect(ledger.realised(0), 'nothing is left to be taken over').toBeCloseTo(-0.1788, 12);
    expect(ladder.accountLevel, 'an operator has to look').toBe(KillLevel.paused);
    world.loop.command(OperatorCommand.resume, world.nowNs);
    expect(ladder.accountLevel).toBe(KillLevel.quoting);
  },
);

test('it is booked once, whichever of push and REST tells it first, and how often', () => {
  for (const isPushedFirst of [true, false]) {
    const world = long();
    const push = venueOrder({ category: 'partial_liquidation' });
    const fact = {
      instrument: 0,
      side: Side.sell,
      category: OrderCategory.partialLiquidation,
      ticks: 9_950.3,
      lots: 4,
      tradeId: -17,
      tsMs: world.nowMs,
      fee: -0.02,
      isBaseFee: false,
      run: -1,
      slot: -1,
      generation: 0,
    };
    if (isPushedFirst) world.frame(Connection.private, push);
    world.audit({ trades: [fact] });
    world.frame(Connection.private, push);
    expect(world.loop.ledger.positionLots[0]).toBe(6);
    expect(world.loop.ledger.fees[0]).toBeCloseTo(-0.03, 15);
    expect(venueFills(world, OrderCategory.partialLiquidation)).toBe(1);
    expect(world.loop.ladder.accountReason).toBe(KillTrigger.liquidated);
  }
});

test('a delivery ends the position at the price of settlement, and nothing else', () => {
  const world = long();
  const before = world.recoveries;
  const delivery = { category: 'delivery', sz: '10', accFillSz: '10', fillSz: '10', fillPx: '1001.2345' };
  world.frame(Connection.private, venueOrder({ ...delivery, tradeId: '88', fillFee: '-0.5' }));
  const { ledger, ladder } = world.loop;
  expect(ledger.positionLots[0]).toBe(0);
  // 10 × 0.01 × (1001.2345 - 999.5) = 0.17345, less the fees 0.01 and 0.5.
  expect(ledger.netProfit(0, 0)).toBeCloseTo(0.17345 - 0.51, 12);
  expect(venueFills(world, OrderCategory.delivery)).toBe(1);
  expect(ladder.accountLevel).toBe(KillLevel.quoting);
  expect(world.recoveries).toBe(before);
});

test('a fill of the venue without a trade cannot be counted: the venue is asked', () => {
  const world = long();
  const before = world.recoveries;
  world.frame(Connection.private, venueOrder({ category: 'delivery', tradeId: '' }));
  expect(world.recoveries).toBe(before + 1);
  expect(world.loop.ledger.positionLots[0]).toBe(10);
});

test('what the venue does is no fill of a quote: no brake learns from it', () => {
  const world = long();
  const before = world.loop.kill.orderToTrade.ratio;
  world.frame(Connection.private, venueOrder({ category: 'delivery', tradeId: '88' }));
  expect(world.loop.kill.orderToTrade.ratio).toBe(before);
  expect(world.metric('fills', 0, Side.sell, 1)).toBe(0);
});

// ------------------------------------------------------------------------------------------------- settlements

const EXPIRY_MS = EPOCH_MS + 86_400_000;

/** A future that ends in a day; long by 10, and a day later. */
function ended(): ScriptedWorld {
  const world = new ScriptedWorld({
    instruments: [swap('BTC', 0, { instType: 'FUTURES', expTime: String(EXPIRY_MS) })],
    timings: { auditNs: 30 * NS_PER_SECOND },
  }).quoting();
  world.frame(Connection.private, world.fill(world.open('buy')[0]!));
  world.clock.advanceNs(86_400 * NS_PER_SECOND);
  world.timer();
  return world;
}

function settlement(ticks: number): TradeFact {
  return {
    instrument: 0,
    side: Side.sell,
    category: OrderCategory.delivery,
    ticks,
    lots: 10,
    tradeId: -(EXPIRY_MS * 10),
    tsMs: EXPIRY_MS,
    fee: -0.25,
    isBaseFee: false,
    run: -1,
    slot: -1,
    generation: 0,
  };
}

const GONE = { instrument: 0, lots: 0, entryTicks: 0 };

test('a contract that has ended keeps its position until the price is told at which it did', () => {
  const world = ended();
  expect(world.requestCount(LoopRequest.audit), 'asked at once').toBeGreaterThan(0);
  const before = world.recoveries;
  for (let look = 0; look < 5; look++) world.audit({ positions: [GONE] });
  expect(world.recoveries, 'that it is gone is no difference').toBe(before);
  world.loop.account.recover();
  world.recover(0, 0);
  const { ledger } = world.loop;
  expect(ledger.positionLots[0], 'a mark does not stand in for it').toBe(10);
  world.audit({ positions: [GONE], trades: [settlement(10_123.5)] });
  expect(ledger.positionLots[0]).toBe(0);
  // 10 × 0.01 × (1012.35 - 999.5) = 1.285, less the fees 0.01 and 0.25.
  expect(ledger.netProfit(0, 0)).toBeCloseTo(1.285 - 0.26, 12);
  expect(world.loop.ladder.accountLevel).toBe(KillLevel.quoting);
});

test.each([true, false])(
  'told by its order and by its price, it has ended once (order first: %s)',
  (isOrderFirst) => {
    const world = ended();
    const delivery = { category: 'delivery', sz: '10', accFillSz: '10', fillSz: '10', fillPx: '1012.35' };
    const push = venueOrder({ ...delivery, tradeId: '88', fillFee: '-0.25' });
    if (isOrderFirst) world.frame(Connection.private, push);
    world.audit({ positions: [GONE], trades: [settlement(10_123.5)] });
    world.frame(Connection.private, push);
    world.audit({ positions: [GONE], trades: [settlement(10_123.5)] });
    expect(world.loop.ledger.positionLots[0]).toBe(0);
    expect(world.loop.ledger.netProfit(0, 0)).toBeCloseTo(1.285 - 0.26, 12);
    expect(world.loop.tradeLog.look(0, -(EXPIRY_MS * 10)), 'known, so that it is asked for no more').not.toBe(
      0,
    );
  },
);

test('an option that expires worthless is a trade at nothing', () => {
  const world = ended();
  world.audit({ positions: [GONE], trades: [settlement(0)] });
  expect(world.loop.ledger.positionLots[0]).toBe(0);
  // All that was paid for it, 10 × 0.01 × 999.5, and the fees.
  expect(world.loop.ledger.netProfit(0, 0)).toBeCloseTo(-99.95 - 0.26, 12);
  world.loop.truth.check(0);
  expect(world.loop.truth.residuals[0]).toBe(0);
});

test('a price of settlement that is never told leaves the mark, after a while', () => {
  const world = ended();
  world.clock.advanceNs(600 * NS_PER_SECOND);
  world.timer();
  world.loop.account.recover();
  world.recover(0, 0);
  expect(world.loop.ledger.positionLots[0]).toBe(0);
});
