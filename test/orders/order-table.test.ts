import { describe, expect, it } from 'vitest';
import { AssertionError } from '../../engine/base/assert.ts';
import { CommandOp } from '../../engine/base/command-op.ts';
import { OrderPurpose } from '../../engine/base/order-purpose.ts';
import { Side } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { KEEP_LOTS } from '../../engine/orders/command-batch.ts';
import { AckOutcome, AmendResult, OrderState, UpdateState } from '../../engine/orders/order-state.ts';
import { NO_ORDER, OrderTable } from '../../engine/orders/order-table.ts';
import { Reconciliation } from '../../engine/orders/reconciliation.ts';
import { orderRows } from './order-rows.ts';
import type { UpdateFields } from './order-rows.ts';
import { at } from '../time-cell.ts';

function push(table: OrderTable, slot: number, fields: Partial<UpdateFields>): number {
  const generation = table.generation[slot]!;
  return table.onUpdate(orderRows({ slot, generation, state: UpdateState.live, ...fields }), 0);
}

/** A table with one resting buy of 10 lots at 100. */
function withResting(): { table: OrderTable; slot: number; generation: number } {
  const table = new OrderTable(2, 4);
  const slot = table.open(0, Side.buy, 100, 10, at(1_000));
  const generation = table.generation[slot]!;
  table.onPlaceAck(slot, generation, AckOutcome.accepted);
  push(table, slot, { ticks: 100, lots: 10, updatedMs: 5 });
  return { table, slot, generation };
}

describe('an order', () => {
  it('counts from before its place leaves', () => {
    const table = new OrderTable(2, 4);
    const slot = table.open(1, Side.sell, 105, 7, at(0));
    expect(table.state[slot]).toBe(OrderState.pendingPlace);
    expect([...table.exposureLots]).toEqual([0, 0, 0, 7]);
    expect([...table.bestTicks]).toEqual([0, TICKS_MAX, 0, 105]);
    expect(table.ownLotsAt(1, Side.sell, 105), 'it is not in the book yet').toBe(0);
    table.onUnsent(CommandOp.place, slot, 0);
    expect([...table.exposureLots]).toEqual([0, 0, 0, 0]);
    expect(table.bestTicks[3]).toBe(TICKS_MAX);
    expect(table.openTotal).toBe(0);
  });

  it('that would cross is acked, then cancelled, and never live', () => {
    const table = new OrderTable(1, 4);
    const slot = table.open(0, Side.buy, 100, 10, at(0));
    table.onPlaceAck(slot, table.generation[slot]!, AckOutcome.accepted);
    expect(table.state[slot]).toBe(OrderState.accepted);
    expect(push(table, slot, { state: UpdateState.cancelled })).toBe(0);
    expect(table.state[slot]).toBe(OrderState.free);
    expect(table.illegalCount).toBe(0);
  });

  it('can be live before its ack', () => {
    const table = new OrderTable(1, 4);
    const slot = table.open(0, Side.buy, 100, 10, at(0));
    push(table, slot, { ticks: 100, lots: 10 });
    table.onPlaceAck(slot, table.generation[slot]!, AckOutcome.accepted);
    expect(table.state[slot]).toBe(OrderState.live);
    table.onPlaceAck(slot, table.generation[slot]!, AckOutcome.rejected);
    expect(table.state[slot], 'a refusal of what rests is not believed').toBe(OrderState.live);
    expect(table.illegalCount).toBe(1);
  });

  it('leaves its own lots in the book until it is over', () => {
    const { table, slot, generation } = withResting();
    expect(table.ownLotsAt(0, Side.buy, 100)).toBe(10);
    expect(push(table, slot, { state: UpdateState.partiallyFilled, filled: 4 })).toBe(4);
    expect(table.ownLotsAt(0, Side.buy, 100)).toBe(6);
    table.requestAmend(slot, 98, KEEP_LOTS, at(2_000));
    table.requestCancel(slot, at(2_000));
    table.onCancelAck(slot, generation, AckOutcome.accepted);
    expect(table.ownLotsAt(0, Side.buy, 100)).toBe(6);
    expect(table.ownLotsAt(0, Side.buy, 98)).toBe(0);
    push(table, slot, { state: UpdateState.cancelled, filled: 4 });
    expect(table.ownLotsAt(0, Side.buy, 100)).toBe(0);
  });

  it('says since when and by which parameters it is at its price, and keeps the former until it has moved', () => {
    const table = new OrderTable(1, 1);
    const slot = table.open(0, Side.buy, 100, 10, at(1_000));
    const generation = table.generation[slot]!;
    const origin = (): number[] => [
      table.placedNs[slot]!,
      table.modelVersion[slot]!,
      table.configVersion[slot]!,
    ];
    expect([...origin(), table.purpose[slot]]).toEqual([1_000, 0, 0, OrderPurpose.quote]);
    table.setOrigin(slot, OrderPurpose.hedge, 3, 7, 2);
    push(table, slot, { ticks: 100, lots: 10, updatedMs: 1 });
    expect([...origin(), table.purpose[slot], table.level[slot]]).toEqual([
      1_000,
      7,
      2,
      OrderPurpose.hedge,
      3,
    ]);
    const id = table.requestAmend(slot, 98, KEEP_LOTS, at(2_000));
    table.setAmendOrigin(slot, 8, 3);
    push(table, slot, { state: UpdateState.partiallyFilled, ticks: 100, filled: 2, updatedMs: 2 });
    expect(origin(), 'filled where it was').toEqual([1_000, 7, 2]);
    push(table, slot, { ticks: 98, lots: 10, updatedMs: 3, amendId: id, amendResult: AmendResult.done });
    expect(origin()).toEqual([2_000, 8, 3]);
    const failed = table.requestAmend(slot, 97, KEEP_LOTS, at(3_000));
    table.setAmendOrigin(slot, 9, 3);
    table.onAmendAck(slot, generation, failed, AckOutcome.rejected);
    const larger = table.requestAmend(slot, 98, 20, at(4_000));
    table.setAmendOrigin(slot, 9, 3);
    push(table, slot, { ticks: 98, lots: 20, updatedMs: 4, amendId: larger, amendResult: AmendResult.done });
    expect(origin(), 'it has not moved').toEqual([2_000, 8, 3]);
    push(table, slot, { state: UpdateState.cancelled });
    expect([...origin(), table.openedNs[slot]], 'known after its end').toEqual([2_000, 8, 3, 1_000]);
    table.clearUntold(0);
    expect(table.open(0, Side.buy, 100, 10, at(5_000))).toBe(slot);
    expect([...origin(), table.purpose[slot], table.level[slot]]).toEqual([
      5_000,
      0,
      0,
      OrderPurpose.quote,
      0,
    ]);
    push(table, slot, { ticks: 99, lots: 10, updatedMs: 5 });
    expect(origin(), 'moved by nobody').toEqual([5_000, 0, 0]);
  });

  it('has its fills counted once, late and after its end too', () => {
    const { table, slot } = withResting();
    expect(push(table, slot, { state: UpdateState.partiallyFilled, filled: 4 })).toBe(4);
    expect(push(table, slot, { state: UpdateState.partiallyFilled, filled: 4 })).toBe(0);
    expect(push(table, slot, { state: UpdateState.partiallyFilled, filled: 3 })).toBe(0);
    expect(push(table, slot, { state: UpdateState.cancelled, filled: 6 })).toBe(2);
    expect(push(table, slot, { state: UpdateState.partiallyFilled, filled: 9 })).toBe(3);
    expect(push(table, slot, { state: UpdateState.partiallyFilled, filled: 9 })).toBe(0);
    expect(table.lateFillCount).toBe(1);
    expect(table.state[slot]).toBe(OrderState.free);
  });

  it('is recognised by its generation when its slot is used again', () => {
    const table = new OrderTable(1, 1);
    const slot = table.open(0, Side.buy, 100, 10, at(0));
    const former = table.generation[slot]!;
    table.onPlaceAck(slot, former, AckOutcome.rejected);
    expect(table.open(0, Side.sell, 110, 5, at(0))).toBe(slot);
    table.onPlaceAck(slot, former, AckOutcome.accepted);
    const late = { slot, generation: former, state: UpdateState.filled, filled: 10 };
    expect(table.onUpdate(orderRows(late), 0)).toBe(0);
    expect(table.state[slot]).toBe(OrderState.pendingPlace);
    expect(table.staleCount).toBe(2);
    expect(table.open(0, Side.sell, 110, 5, at(0))).toBe(NO_ORDER);
  });

  it('is not found by words about slots that do not exist', () => {
    const table = new OrderTable(1, 2);
    for (const slot of [-1, 2, 9_999]) {
      table.onPlaceAck(slot, 1, AckOutcome.accepted);
      expect(
        table.onUpdate(orderRows({ slot, generation: 1, state: UpdateState.filled, filled: 5 }), 0),
      ).toBe(0);
    }
    // A slot that was never used has no order either, and generation 0 names none.
    table.onPlaceAck(0, 0, AckOutcome.accepted);
    expect(table.staleCount).toBe(7);
    expect(table.openTotal).toBe(0);
  });
});

describe('an amend', () => {
  it('counts the larger size and both prices until its push', () => {
    const { table, slot, generation } = withResting();
    expect(table.addedLotsOf(slot, 15)).toBe(5);
    expect(table.addedLotsOf(slot, KEEP_LOTS)).toBe(0);
    const id = table.requestAmend(slot, 103, 15, at(0));
    expect([table.exposureLots[0], table.bestTicks[0]]).toEqual([15, 103]);
    expect([table.wantTicks[slot], table.wantLots[slot]]).toEqual([103, 15]);
    table.onAmendAck(slot, generation, id, AckOutcome.accepted);
    expect(table.amendCount[slot], 'accepted is not done').toBe(1);
    push(table, slot, { ticks: 103, lots: 15, amendId: id, amendResult: AmendResult.done, updatedMs: 6 });
    expect([table.priceTicks[slot], table.sizeLots[slot], table.amendCount[slot]]).toEqual([103, 15, 0]);
    const down = table.requestAmend(slot, 99, 5, at(0));
    expect([table.exposureLots[0], table.bestTicks[0]]).toEqual([15, 103]);
    table.onAmendAck(slot, generation, down, AckOutcome.rejected);
    expect([table.wantTicks[slot], table.wantLots[slot], table.exposureLots[0]]).toEqual([103, 15, 15]);
  });

  it('is not undone by a push from before it', () => {
    const { table, slot } = withResting();
    const id = table.requestAmend(slot, 103, 15, at(0));
    push(table, slot, { ticks: 103, lots: 15, amendId: id, amendResult: AmendResult.done, updatedMs: 9 });
    push(table, slot, { state: UpdateState.partiallyFilled, ticks: 100, lots: 10, filled: 2, updatedMs: 8 });
    expect([table.priceTicks[slot], table.sizeLots[slot], table.filledLots[slot]]).toEqual([103, 15, 2]);
  });

  it('is in flight three times at most, each with an id of its own', () => {
    const { table, slot, generation } = withResting();
    const ids = [101, 102, 103].map((ticks) => table.requestAmend(slot, ticks, KEEP_LOTS, at(0)));
    expect(new Set(ids).size).toBe(3);
    expect(table.isAmendable(slot)).toBe(false);
    expect(() => table.requestAmend(slot, 104, KEEP_LOTS, at(0))).toThrow(AssertionError);
    table.onAmendAck(slot, generation, ids[1]!, AckOutcome.rejected);
    expect(table.wantTicks[slot]).toBe(103);
    table.onAmendAck(slot, generation, ids[2]!, AckOutcome.rejected);
    expect(table.wantTicks[slot]).toBe(101);
    table.onAmendAck(slot, generation, ids[2]!, AckOutcome.rejected);
    expect(table.staleCount).toBe(1);
  });

  it('that stays undecided comes into doubt in its own time, however many commands follow it', () => {
    const { table, slot } = withResting();
    const NEVER = 104;
    table.requestAmend(slot, NEVER, KEEP_LOTS, at(0));
    for (let nowNs = 40; nowNs < 100; nowNs += 40) {
      const later = table.requestAmend(slot, 101, KEEP_LOTS, at(nowNs));
      push(table, slot, { ticks: 101, updatedMs: nowNs, amendId: later, amendResult: AmendResult.done });
      expect(table.expire(at(nowNs), at(100))).toBe(0);
    }
    expect(table.expire(at(100), at(100))).toBe(1);
    expect(table.state[slot]).toBe(OrderState.unknown);
    table.requestCancel(slot, at(110));
    expect(table.expire(at(120), at(100)), 'the cancel has its own time').toBe(0);
    expect(table.isCancellable(slot)).toBe(false);
  });

  it('in doubt keeps the order in doubt until the last one is decided', () => {
    const { table, slot, generation } = withResting();
    const first = table.requestAmend(slot, 101, KEEP_LOTS, at(0));
    const second = table.requestAmend(slot, 102, KEEP_LOTS, at(0));
    expect(table.expire(at(10), at(10))).toBe(1);
    push(table, slot, { state: UpdateState.partiallyFilled, filled: 1, updatedMs: 6 });
    expect(table.state[slot], 'a fill says nothing about the amends').toBe(OrderState.unknown);
    table.onAmendAck(slot, generation, first, AckOutcome.rejected);
    expect(table.state[slot]).toBe(OrderState.unknown);
    table.onAmendAck(slot, generation, second, AckOutcome.rejected);
    expect(table.state[slot]).toBe(OrderState.live);
  });
});

describe('doubt', () => {
  it('comes to what waits too long, counts at full risk, and allows another cancel', () => {
    const table = new OrderTable(1, 4);
    const placed = table.open(0, Side.buy, 100, 10, at(0));
    const resting = table.open(0, Side.buy, 99, 10, at(0));
    push(table, resting, { ticks: 99, lots: 10 });
    expect(table.expire(at(50), at(100))).toBe(0);
    expect(table.expire(at(100), at(100))).toBe(1);
    expect([table.state[placed], table.state[resting]]).toEqual([OrderState.unknown, OrderState.live]);
    expect([table.exposureLots[0], table.doubtCount, table.nextInDoubt(0)]).toEqual([20, 1, placed]);
    table.requestCancel(resting, at(200));
    expect(table.isCancellable(resting)).toBe(false);
    expect(table.doubtInFlight()).toBe(1);
    expect(table.isCancellable(resting)).toBe(true);
    expect(table.expire(at(10_000), at(0)), 'nothing is in flight').toBe(0);
  });

  it('comes to a cancel that is never answered, however quiet it was before', () => {
    const { table, slot } = withResting();
    expect(table.expire(at(5_000), at(100)), 'nothing waits').toBe(0);
    table.requestCancel(slot, at(6_000));
    expect(table.expire(at(6_099), at(100))).toBe(0);
    expect(table.expire(at(6_100), at(100))).toBe(1);
    expect(table.isCancellable(slot)).toBe(true);
  });

  it('comes to each command in its own time', () => {
    const table = new OrderTable(1, 4);
    for (const sentNs of [0, 50, 80]) table.open(0, Side.buy, 100, 10, at(sentNs));
    expect([99, 100, 149, 150, 179, 180].map((nowNs) => table.expire(at(nowNs), at(100)))).toEqual([
      0, 1, 0, 1, 0, 1,
    ]);
  });

  it('ends with the answer to a question', () => {
    const { table, slot, generation } = withResting();
    table.requestAmend(slot, 104, 20, at(0));
    table.requestCancel(slot, at(0));
    table.doubtInFlight();
    expect(table.resolveLive(slot, generation, 104, 20, 3, 50)).toBe(3);
    expect(table.state[slot]).toBe(OrderState.live);
    expect([table.amendCount[slot], table.isCancelInFlight[slot], table.exposureLots[0]]).toEqual([0, 0, 17]);
    push(table, slot, { ticks: 100, lots: 10, updatedMs: 49 });
    expect([table.priceTicks[slot], table.sizeLots[slot]], 'a push from before').toEqual([104, 20]);
    expect(table.resolveClosed(slot, generation, 8)).toBe(5);
    expect(table.openTotal).toBe(0);
  });

  it('is left when the venue does not have it, and a later word that it had is recognised', () => {
    const { table, slot, generation } = withResting();
    table.requestCancel(slot, at(0));
    table.onCancelAck(slot, generation, AckOutcome.gone);
    expect([table.state[slot], table.exposureLots[0], table.doubtCount]).toEqual([OrderState.gone, 10, 1]);
    expect(table.isCancellable(slot)).toBe(false);
    push(table, slot, { ticks: 100, lots: 10, updatedMs: 4 });
    expect(table.state[slot], 'a live push that was late').toBe(OrderState.gone);
    table.resolveAbsent(slot, generation);
    expect([table.state[slot], table.exposureLots[0], table.doubtCount]).toEqual([OrderState.free, 0, 0]);
    expect(table.wasAbsent[slot]).toBe(1);
    expect(
      push(table, slot, { state: UpdateState.filled, filled: 10 }),
      'its trades are yet to be told',
    ).toBe(10);
    expect(table.tellTrade(slot, generation, 10)).toBe(10);
    expect([table.state[slot], table.lateFillCount]).toEqual([OrderState.free, 1]);
    const again = Array.from({ length: 4 }, () => table.open(0, Side.buy, 100, 1, at(0)));
    expect(again).toContain(slot);
    expect(table.wasAbsent[slot], 'that was the former order').toBe(0);
  });

  it('lasts from the last time that the table was told', () => {
    const table = new OrderTable(1, 4);
    expect(table.oldestUnknownNs()).toBe(Infinity);
    const first = table.open(0, Side.buy, 100, 10, at(100));
    const second = table.open(0, Side.buy, 99, 10, at(200));
    table.onPlaceAck(first, table.generation[first]!, AckOutcome.unknown);
    table.expire(at(500), at(300));
    expect([table.unknownSinceNs[first], table.unknownSinceNs[second]]).toEqual([200, 500]);
    table.requestCancel(first, at(600));
    table.onCancelAck(first, table.generation[first]!, AckOutcome.gone);
    expect(table.oldestUnknownNs(), 'gone is not known either').toBe(200);
    push(table, first, { state: UpdateState.cancelled });
    expect(table.oldestUnknownNs()).toBe(500);
    push(table, second, { ticks: 99, lots: 10 });
    expect(table.oldestUnknownNs()).toBe(Infinity);
    table.doubtInFlight();
    expect(table.oldestUnknownNs(), 'nothing was in flight').toBe(Infinity);
  });

  it('returns when a cancel overtook its place', () => {
    const table = new OrderTable(1, 4);
    const slot = table.open(0, Side.buy, 100, 10, at(0));
    const generation = table.generation[slot]!;
    table.requestCancel(slot, at(1));
    table.onCancelAck(slot, generation, AckOutcome.gone);
    expect(table.state[slot]).toBe(OrderState.gone);
    table.onPlaceAck(slot, generation, AckOutcome.accepted);
    expect(table.state[slot]).toBe(OrderState.unknown);
    expect(table.isCancellable(slot)).toBe(true);
  });
});

describe('reconciliation', () => {
  it('closes what the venue does not list, but for what was placed just now', () => {
    const table = new OrderTable(1, 8);
    const listed = table.open(0, Side.buy, 100, 10, at(0));
    const ended = table.open(0, Side.buy, 99, 10, at(0));
    const recent = table.open(0, Side.buy, 98, 10, at(900));
    const reconciliation = new Reconciliation(table);
    reconciliation.begin(1_000, 500);
    expect(table.doubtCount).toBe(3);
    expect(reconciliation.seen(listed, table.generation[listed]!, 100, 10, 4, 7)).toBe(4);
    expect(reconciliation.seen(listed, 77, 100, 10, 4, 7)).toBe(-1);
    expect(reconciliation.seen(5_000, 1, 100, 10, 0, 7)).toBe(-1);
    expect(reconciliation.end()).toBe(1);
    expect([table.state[listed], table.state[ended], table.state[recent]]).toEqual([
      OrderState.live,
      OrderState.free,
      OrderState.unknown,
    ]);
    expect(table.exposureLots[0]).toBe(16);
    expect(() => reconciliation.end()).toThrow(AssertionError);
  });

  it('finds strays and missing orders without changing anything, whatever is on its way', () => {
    const table = new OrderTable(1, 16);
    const rest = (ticks: number, nowNs: number): number => {
      const slot = table.open(0, Side.buy, ticks, 10, at(nowNs));
      push(table, slot, { ticks, lots: 10 });
      return slot;
    };
    const name = (slot: number): { run: number; slot: number; generation: number } => ({
      run: 7,
      slot,
      generation: table.generation[slot]!,
    });
    const listed = rest(100, 0);
    const missing = rest(101, 0);
    const young = rest(102, 900);
    const amended = rest(103, 0);
    const cancelled = rest(104, 0);
    const over = rest(105, 0);
    const overAgo = rest(106, 0);
    const undead = rest(107, 0);
    push(table, overAgo, { state: UpdateState.cancelled });
    table.requestAmend(amended, 110, KEEP_LOTS, at(100));
    table.requestCancel(cancelled, at(100));
    table.open(0, Side.sell, 200, 1, at(950));
    push(table, over, { state: UpdateState.filled, filled: 10 });
    table.resolveAbsent(undead, table.generation[undead]!);
    const other = { ...name(listed), run: 6 };
    const former = { ...name(listed), generation: 9 };
    const list = [
      name(listed),
      name(over),
      name(overAgo),
      name(undead),
      other,
      former,
      { ...other, slot: 999 },
    ];
    const before = [...table.state];
    expect(new Reconciliation(table).compare(list, 7, 500)).toEqual({
      strays: [name(overAgo), name(undead), other, former, { ...other, slot: 999 }],
      missing: [missing],
    });
    expect([...table.state]).toEqual(before);
    expect(table.doubtCount + table.illegalCount + table.staleCount).toBe(0);
    expect(new Reconciliation(table).compare(list, 7, 901).missing).toEqual([missing, young]);
  });
});
