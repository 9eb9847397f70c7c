import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PositionSide, closingLeg } from '../../engine/base/position-side.ts';
import type { Side } from '../../engine/base/side.ts';
import { OrderTable } from '../../engine/orders/order-table.ts';
import { PositionLedger } from '../../engine/orders/position-ledger.ts';
import type { LedgerRow } from '../../engine/orders/position-ledger.ts';
import { swap } from '../loop/swap-row.ts';

const legOf = fc.constantFrom(PositionSide.long, PositionSide.short);
const lotsOf = fc.integer({ min: 1, max: 50 });
const sideOf = fc.constantFrom<Side>(0, 1);

describe('legs', () => {
  test('come to the net position, whatever trades and totals tell in whatever order', () => {
    const step = fc.record({ side: sideOf, leg: legOf, lots: lotsOf, isTotal: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ledger = new PositionLedger([swap('BTC')]);
        const told = [0, 0, 0];
        for (const { side, leg, lots, isTotal } of steps) {
          // A total is told by its trade at once: what it had added must be gone again.
          if (isTotal) ledger.addUntold(0, side, lots, leg);
          ledger.onTrade(0, side, 10_000, lots, leg);
          if (isTotal) ledger.addUntold(0, side, -lots, leg);
          const isOpening = leg !== closingLeg(side);
          told[leg]! += isOpening ? lots : -lots;
          expect(ledger.longLots[0]).toBe(told[PositionSide.long]);
          expect(ledger.shortLots[0]).toBe(told[PositionSide.short]);
          expect(ledger.positionLots[0]).toBe(ledger.longLots[0]! - ledger.shortLots[0]!);
        }
      }),
    );
  });

  test('lose what was untold when no trade comes for it', () => {
    const ledger = new PositionLedger([swap('BTC')]);
    ledger.onTrade(0, 0, 10_000, 5, PositionSide.long);
    ledger.addUntold(0, 1, 3, PositionSide.long);
    expect(ledger.longLots[0]).toBe(2);
    ledger.clearUntold(0);
    expect([ledger.longLots[0], ledger.positionLots[0]]).toEqual([5, 5]);
  });

  test('of which the venue knew better were not opened here', () => {
    const ledger = new PositionLedger([swap('BTC')]);
    expect(ledger.isOwn(0, PositionSide.long)).toBe(true);
    ledger.setLegs(0, 5, 5);
    expect(ledger.isOwn(0, PositionSide.long)).toBe(false);
    ledger.onTrade(0, 1, 10_000, 5, PositionSide.long);
    expect(ledger.isOwn(0, PositionSide.long), 'flat').toBe(true);
    expect(ledger.isOwn(0, PositionSide.short)).toBe(false);
  });

  test('are kept over a restart, but for what is untold', () => {
    const before = new PositionLedger([swap('BTC')]);
    before.onTrade(0, 0, 10_000, 7, PositionSide.long);
    before.onTrade(0, 1, 10_000, 5, PositionSide.short);
    before.addUntold(0, 1, 2, PositionSide.long);
    const after = new PositionLedger([swap('BTC')]);
    after.restore(JSON.parse(JSON.stringify(before.rows())) as LedgerRow[]);
    expect([after.longLots[0], after.shortLots[0], after.positionLots[0]]).toEqual([7, 5, 2]);
    const finer = new PositionLedger([swap('BTC', 0, { lotSz: '0.5', minSz: '0.5' })]);
    finer.restore(before.rows());
    expect([finer.longLots[0], finer.shortLots[0], finer.positionLots[0]]).toEqual([14, 10, 4]);
  });

  test('funding of each is kept over a restart', () => {
    const before = new PositionLedger([swap('BTC')]);
    before.legFunding[0] = { total: '1', openedMs: 1 };
    before.legFunding[2] = { total: '-0.5', openedMs: 7 };
    const after = new PositionLedger([swap('BTC')]);
    after.restore(before.rows());
    expect(after.legFunding).toEqual(before.legFunding);
  });
});

test('what orders may close of a leg is the sum of their risk', () => {
  const step = fc.record({
    side: sideOf,
    leg: fc.constantFrom(...Object.values(PositionSide)),
    lots: lotsOf,
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 20 }),
      fc.array(fc.nat(40), { maxLength: 20 }),
      (orders, fills) => {
        const table = new OrderTable(1, 32);
        const now = new Float64Array([1]);
        const slots = orders.map(({ side, leg, lots }) => table.open(0, side, 10_000, lots, now, leg));
        fills.forEach((lots, index) => {
          const slot = slots[index];
          if (slot !== undefined && lots > 0) table.tellTotal(slot, table.generation[slot]!, lots);
        });
        for (const side of [0, 1] as const) {
          let closing = 0;
          for (const slot of slots) {
            const isClosing = table.side[slot] === side && table.leg[slot] === closingLeg(side);
            if (isClosing) closing += table.riskLots[slot]!;
          }
          expect(table.closingLots[side]).toBe(closing);
        }
      },
    ),
  );
});
