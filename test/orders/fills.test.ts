import { beforeEach, describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { Side } from '../../engine/base/side.ts';
import { CommandBatch } from '../../engine/orders/command-batch.ts';
import { Fills, TradeResult } from '../../engine/orders/fills.ts';
import type { Trade } from '../../engine/orders/fills.ts';
import { OrderState, UpdateState } from '../../engine/orders/order-state.ts';
import { NO_ORDER, OrderTable } from '../../engine/orders/order-table.ts';
import { PositionLedger } from '../../engine/orders/position-ledger.ts';
import { QuoteDiff } from '../../engine/orders/quote-diff.ts';
import { TradeLog } from '../../engine/orders/trade-log.ts';
import { ledgerInstruments } from './ledger-instruments.ts';
import { orderRows } from './order-rows.ts';
import { at } from '../time-cell.ts';

let table: OrderTable;
let ledger: PositionLedger;
let log: TradeLog;
let fills: Fills;
let slot: number;
let generation: number;

/** A resting buy of 10 lots at 100, in a table of two slots. */
beforeEach(() => {
  table = new OrderTable(1, 2);
  ledger = new PositionLedger(ledgerInstruments);
  log = new TradeLog(100);
  fills = new Fills(table, ledger, log);
  slot = table.open(0, Side.buy, 100, 10, at(0));
  generation = table.generation[slot]!;
  push(UpdateState.live, 0);
});

/** A push of orders about the order, without a trade. Lots that became untold. */
function push(state: UpdateState, filled: number): number {
  return fills.onUpdate(orderRows({ slot, generation, state, ticks: 100, lots: 10, filled }), 0);
}

/** A trade of the order as one of the channels tells it. */
function trade(tradeId: number, lots: number, fields: Partial<Trade> = {}): TradeResult {
  const name = {
    instrument: 0,
    side: Side.buy,
    ticks: 100,
    slot,
    generation,
    isThisRun: true,
    tradeId,
    lots,
  };
  const rest = { tsMs: 1_000, fee: 0, isBaseFee: false, hasFee: false };
  return fills.onTrade(Object.assign(fills.trade, { ...name, ...rest, ...fields }));
}

function position(): number[] {
  return [ledger.positionLots[0]!, ledger.bookedLots[0]!, ledger.untoldLots[0]!];
}

describe('a fill', () => {
  it('told by the fills channel first counts once, and its fee comes with the push of orders', () => {
    expect(trade(7, 4)).toBe(TradeResult.booked);
    expect([...position(), table.riskLots[slot], table.exposureLots[0]]).toEqual([4, 4, 0, 6, 6]);
    expect(trade(7, 4, { hasFee: true, fee: -0.25 })).toBe(TradeResult.feeBooked);
    expect(push(UpdateState.partiallyFilled, 4)).toBe(0);
    expect(trade(7, 4, { hasFee: true, fee: -0.25 })).toBe(TradeResult.known);
    expect(trade(7, 4)).toBe(TradeResult.known);
    expect([...position(), ledger.fees[0], ledger.fillCount[0]]).toEqual([4, 4, 0, -0.25, 1]);
  });

  it('whose push was lost is in the position by the next total, and in the money by its trade', () => {
    expect(trade(8, 3, { hasFee: true, fee: -0.1 })).toBe(TradeResult.booked);
    expect(push(UpdateState.partiallyFilled, 7)).toBe(4);
    expect(position()).toEqual([7, 3, 4]);
    expect(ledger.total(0, 100)).toBe(0);
    expect(trade(7, 4, { ticks: 90, hasFee: true, fee: 0.02, isBaseFee: true })).toBe(TradeResult.booked);
    expect(position()).toEqual([7, 7, 0]);
    expect(ledger.total(0, 100)).toBe(40 * (0.01 * 0.5));
    expect([ledger.fees[0], ledger.baseFees[0]]).toEqual([-0.1, 0.02]);
  });

  it('told after the cancel was acknowledged, and after the end, counts all the same', () => {
    table.requestCancel(slot, at(1));
    table.onCancelAck(slot, generation, 0);
    expect(trade(7, 2)).toBe(TradeResult.booked);
    expect(push(UpdateState.cancelled, 5)).toBe(3);
    expect([...position(), table.openTotal]).toEqual([5, 2, 3, 0]);
    trade(8, 3);
    trade(9, 1);
    expect(position()).toEqual([6, 6, 0]);
    expect(push(UpdateState.cancelled, 6), 'a push again, with another time').toBe(0);
    expect(table.lateFillCount).toBe(1);
  });

  it('of an order before its ack makes it real', () => {
    const young = table.open(0, Side.sell, 110, 5, at(2));
    const name = { slot: young, generation: table.generation[young]!, side: Side.sell, ticks: 110 };
    trade(7, 5, name);
    expect([...position(), table.riskLots[young], table.state[young]]).toEqual([-5, -5, 0, 0, 1]);
    const filled = { ...name, state: UpdateState.filled, lots: 5, filled: 5 };
    expect(fills.onUpdate(orderRows(filled), 0)).toBe(0);
    expect(table.state[young]).toBe(OrderState.free);
    table.onPlaceAck(young, name.generation, 0);
    expect([...position(), table.illegalCount]).toEqual([-5, -5, 0, 0]);
  });

  it('of another run or of no order of ours is money and position, and touches no order', () => {
    trade(7, 3, { isThisRun: false, slot: 0, generation: 1 });
    trade(-8, 5, { isThisRun: false, side: Side.sell });
    expect([...position(), table.filledLots[slot]]).toEqual([-2, -2, 0, 0]);
  });

  it('has an id', () => {
    expect(() => trade(0, 1)).toThrow(AssertionError);
  });
});

describe('a total', () => {
  it('of an answer counts like one of a push, and one of a former order not at all', () => {
    expect(fills.onTotal(slot, generation, 6)).toBe(6);
    expect(fills.onTotal(slot, generation, 4)).toBe(0);
    expect(fills.onTotal(slot, generation + 1, 9)).toBe(0);
    expect(fills.onTotal(99, 1, 9)).toBe(0);
    expect([...position(), table.riskLots[slot]]).toEqual([6, 0, 6, 4]);
  });

  it('keeps its slot from the next order until its trades are told', () => {
    push(UpdateState.cancelled, 4);
    for (let round = 0; round < 3; round++) {
      const other = table.open(0, Side.buy, 99, 1, at(5));
      expect(other).toBe(1 - slot);
      table.onPlaceAck(other, table.generation[other]!, 1);
    }
    const held = table.open(0, Side.buy, 99, 1, at(6));
    expect(table.open(0, Side.buy, 98, 1, at(6))).toBe(NO_ORDER);
    trade(7, 4);
    expect(table.open(0, Side.buy, 98, 1, at(6))).toBe(slot);
    trade(8, 2);
    expect([...position(), table.filledLots[slot], table.filledLots[held]], 'a former order').toEqual([
      6, 6, 0, 0, 0,
    ]);
  });

  it('that recovery found untrue is taken back, and a trade that comes after all is booked', () => {
    push(UpdateState.cancelled, 4);
    fills.clearUntold(0);
    expect(position()).toEqual([0, 0, 0]);
    expect(fills.onTotal(slot, generation, 4), 'told before').toBe(0);
    trade(7, 3);
    expect(position()).toEqual([3, 3, 0]);
    expect(fills.onTotal(slot, generation, 6)).toBe(2);
    expect(position()).toEqual([5, 3, 2]);
    trade(8, 1);
    expect(position(), 'the last of the four that were taken back').toEqual([6, 4, 2]);
    trade(9, 2);
    expect(position()).toEqual([6, 6, 0]);
  });
});

describe('an order that its trades have filled ahead of its last push', () => {
  it('is left alone, and its level is quoted anew', () => {
    trade(7, 10);
    expect([table.state[slot], table.riskLots[slot], table.isAmendable(slot)]).toEqual([
      OrderState.live,
      0,
      false,
    ]);
    const diff = new QuoteDiff(table, [{ priceToleranceTicks: 0, sizeToleranceRatio: 0 }], 4);
    const batch = new CommandBatch(2);
    diff.diff(0, Side.buy, Int32Array.of(100), Float64Array.of(10), 1, batch);
    expect([batch.places.count, batch.amends.count, batch.cancels.count]).toEqual([1, 0, 0]);
    push(UpdateState.filled, 10);
    expect([...position(), table.openTotal]).toEqual([10, 10, 0, 0]);
  });
});

describe('a trade that the log may have forgotten', () => {
  it('is not booked again', () => {
    log = new TradeLog(2);
    fills = new Fills(table, ledger, log);
    for (const tradeId of [1, 2, 3]) trade(tradeId, 1, { tsMs: 1_000 * tradeId });
    expect(trade(1, 1, { tsMs: 1_000 })).toBe(TradeResult.known);
    expect(trade(4, 1, { tsMs: 1_001 })).toBe(TradeResult.booked);
    expect([ledger.fillCount[0], fills.tooOldCount]).toEqual([4, 1]);
  });
});
