import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandOp } from '../../engine/base/command-op.ts';
import { Side } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { KEEP_LOTS } from '../../engine/orders/command-batch.ts';
import { AckOutcome, OrderState } from '../../engine/orders/order-state.ts';
import { NO_ORDER, OrderTable } from '../../engine/orders/order-table.ts';
import { Reconciliation } from '../../engine/orders/reconciliation.ts';
import { NaiveVenue } from '../model/naive-orders.ts';
import type { Treatment, VenueMessage } from '../model/naive-orders.ts';
import { orderRows } from './order-rows.ts';

const CAPACITY = 5;

/** The table on one side, the naive venue on the other, and between them a wire that does what it likes. */
class World {
  readonly table = new OrderTable(1, CAPACITY);
  readonly venue = new NaiveVenue();
  /** Lots that the table was the first to tell of, by order. */
  readonly told = new Map<string, number>();
  /** Orders that the venue has told of. */
  readonly known = new Set<string>();
  nowNs = 0;

  step(kind: number, a: number, b: number): void {
    this.nowNs += 1;
    switch (kind) {
      case 0:
      case 1:
        return this.open(a, b);
      case 2:
        return this.amend(a, b);
      case 3:
        return this.cancel(a);
      case 4:
      case 5:
      case 6: {
        const { requests } = this.venue;
        if (requests.length > 0)
          this.venue.process(a % requests.length, (b % 6 < 3 ? 0 : b % 4) as Treatment);
        return;
      }
      case 7:
      case 8:
      case 9:
        return this.deliver(a, b % 8);
      case 10: {
        const open = this.venue.openOrders();
        if (open.length > 0) this.venue.fill(open[a % open.length]!, 1 + (b % 6));
        return;
      }
      case 11: {
        const open = this.venue.openOrders();
        if (open.length > 0 && b % 3 === 0) this.venue.kill(open[a % open.length]!);
        return;
      }
      case 12:
        this.table.expire(this.nowNs, a % 20);
        return;
      default:
        return this.ask(a);
    }
  }

  open(a: number, b: number): void {
    const side = (a & 1) as Side;
    const ticks = 100 + (b % 10);
    const slot = this.table.open(0, side, ticks, 1 + (a % 7), this.nowNs);
    if (slot === NO_ORDER) return;
    if (b % 11 === 0) {
      this.table.onUnsent(CommandOp.place, slot, 0);
      return;
    }
    const generation = this.table.generation[slot]!;
    this.venue.requests.push({
      op: CommandOp.place,
      slot,
      generation,
      side,
      ticks,
      lots: 1 + (a % 7),
      amendId: 0,
    });
  }

  amend(a: number, b: number): void {
    const slots = this.slots((slot) => this.table.isAmendable(slot));
    if (slots.length === 0) return;
    const slot = slots[a % slots.length]!;
    const side = this.table.side[slot]! as Side;
    const ticks = 100 + (b % 10);
    const lots = b % 3 === 0 ? KEEP_LOTS : this.table.filledLots[slot]! + 1 + (b % 5);
    const amendId = this.table.requestAmend(slot, ticks, lots, this.nowNs);
    if (a % 13 === 0) {
      this.table.onUnsent(CommandOp.amend, slot, amendId);
      return;
    }
    const generation = this.table.generation[slot]!;
    this.venue.requests.push({ op: CommandOp.amend, slot, generation, side, ticks, lots, amendId });
  }

  cancel(a: number): void {
    const slots = this.slots((slot) => this.table.isCancellable(slot));
    if (slots.length === 0) return;
    const slot = slots[a % slots.length]!;
    this.table.requestCancel(slot, this.nowNs);
    if (a % 13 === 0) {
      this.table.onUnsent(CommandOp.cancel, slot, 0);
      return;
    }
    const generation = this.table.generation[slot]!;
    const side = this.table.side[slot]! as Side;
    this.venue.requests.push({ op: CommandOp.cancel, slot, generation, side, ticks: 0, lots: 0, amendId: 0 });
  }

  slots(isEligible: (slot: number) => boolean): number[] {
    return Array.from({ length: CAPACITY }, (_, slot) => slot).filter(isEligible);
  }

  /** how: 0 is lost, 1 comes and will come again, all else comes once. */
  deliver(a: number, how: number): void {
    const { messages } = this.venue;
    if (messages.length === 0) return;
    const index = a % messages.length;
    const message = messages[index]!;
    // An answer is matched with its request, and comes once at most. Pushes may come twice.
    if (how !== 1 || message.kind !== 'update') messages.splice(index, 1);
    if (how !== 0) this.receive(message);
  }

  receive(message: VenueMessage): void {
    const { slot, generation } = message;
    if (
      message.kind === 'update' ||
      (message.kind === 'placeAck' && message.outcome === AckOutcome.accepted)
    ) {
      this.known.add(`${slot}/${generation}`);
    }
    if (message.kind === 'placeAck') this.table.onPlaceAck(slot, generation, message.outcome);
    else if (message.kind === 'cancelAck') this.table.onCancelAck(slot, generation, message.outcome);
    else if (message.kind === 'amendAck')
      this.table.onAmendAck(slot, generation, message.amendId, message.outcome);
    else this.tell(slot, generation, this.table.onUpdate(orderRows(message), 0));
  }

  tell(slot: number, generation: number, lots: number): void {
    const key = `${slot}/${generation}`;
    this.told.set(key, (this.told.get(key) ?? 0) + lots);
  }

  /** Asks for an order in doubt, once nothing that was sent about it can still arrive. */
  ask(a: number): void {
    const slot = this.table.nextInDoubt(a % CAPACITY);
    if (slot === NO_ORDER || this.venue.requests.some((request) => request.slot === slot)) return;
    const generation = this.table.generation[slot]!;
    const order = this.venue.find(slot, generation);
    if (order === undefined) this.table.resolveAbsent(slot, generation);
    else if (order.isOpen) {
      const { ticks, lots, filled, updatedMs } = order;
      this.tell(slot, generation, this.table.resolveLive(slot, generation, ticks, lots, filled, updatedMs));
    } else this.tell(slot, generation, this.table.resolveClosed(slot, generation, order.filled));
  }

  check(): void {
    const { table, venue } = this;
    const exposure = [0, 0];
    const best = [0, TICKS_MAX];
    const isExact = [true, true];
    let openCount = 0;
    for (let slot = 0; slot < CAPACITY; slot++) {
      const generation = table.generation[slot]!;
      const order = venue.find(slot, generation);
      const pending = venue.requests.filter(
        (request) => request.slot === slot && request.generation === generation,
      );
      if (table.state[slot] === OrderState.free) {
        expect(order?.isOpen ?? false, 'no order is forgotten while it rests').toBe(false);
        expect(pending.filter((request) => request.op === CommandOp.place)).toEqual([]);
        continue;
      }
      openCount++;
      const side = table.side[slot]! as Side;
      exposure[side]! += table.riskLots[slot]!;
      // Everything that the venue has filled, holds, or may yet make of what is on its way to it.
      let worst = order === undefined ? 0 : order.filled;
      const prices: number[] = [];
      if (order?.isOpen) {
        worst = Math.max(worst, order.lots);
        prices.push(order.ticks);
      }
      for (const request of pending) {
        if (request.op === CommandOp.cancel) continue;
        if (request.op === CommandOp.amend && order !== undefined && !order.isOpen) continue;
        worst = Math.max(worst, request.lots);
        prices.push(request.ticks);
      }
      expect(table.filledLots[slot]! + table.riskLots[slot]!).toBeGreaterThanOrEqual(worst);
      for (const ticks of prices) {
        if (side === Side.buy) expect(table.bestTicks[side]!).toBeGreaterThanOrEqual(ticks);
        else expect(table.bestTicks[side]!).toBeLessThanOrEqual(ticks);
      }
      isExact[side] &&= table.amendCount[slot] === 0;
      const own = table.priceTicks[slot]!;
      best[side] = side === Side.buy ? Math.max(best[side]!, own) : Math.min(best[side]!, own);
      if (table.state[slot] === OrderState.gone && this.known.has(`${slot}/${generation}`)) {
        expect(order?.isOpen ?? false, 'what is gone rests no longer').toBe(false);
        expect(pending.filter((request) => request.op === CommandOp.place)).toEqual([]);
      }
    }
    expect([...table.exposureLots]).toEqual(exposure);
    expect(table.openCounts[0]).toBe(openCount);
    expect(table.openTotal).toBe(openCount);
    // Amends in flight can only make it more aggressive; without them it is exactly the best that is held.
    if (isExact[Side.buy]) expect(table.bestTicks[Side.buy]).toBe(best[Side.buy]);
    if (isExact[Side.sell]) expect(table.bestTicks[Side.sell]).toBe(best[Side.sell]);
    const doubts = [...table.state].filter(
      (state) => state === OrderState.unknown || state === OrderState.gone,
    );
    expect(table.doubtCount).toBe(doubts.length);
    for (const [key, lots] of this.told) {
      const [slot, generation] = key.split('/').map(Number);
      expect(lots).toBeLessThanOrEqual(venue.find(slot!, generation!)?.filled ?? 0);
    }
    expect(this.walk(Side.buy).length + this.walk(Side.sell).length).toBe(openCount);
  }

  /** The orders that the table holds, by slot. */
  held(): object[] {
    return this.slots((slot) => this.table.state[slot] !== OrderState.free).map((slot) => ({
      slot,
      ticks: this.table.priceTicks[slot],
      want: this.table.wantTicks[slot],
      lots: this.table.sizeLots[slot],
      filled: this.table.filledLots[slot],
    }));
  }

  /** The orders that rest at the venue, by slot. */
  rests(): object[] {
    return this.venue
      .openOrders()
      .map(({ slot, ticks, lots, filled }) => ({ slot, ticks, want: ticks, lots, filled }))
      .sort((x, y) => x.slot - y.slot);
  }

  walk(side: Side): number[] {
    const slots: number[] = [];
    for (let slot = this.table.first(0, side); slot !== NO_ORDER; slot = this.table.next(slot))
      slots.push(slot);
    return slots;
  }
}

const script = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 13 }), fc.nat({ max: 5_000 }), fc.nat({ max: 5_000 })),
  { minLength: 20, maxLength: 120 },
);

describe('the order table against a naive venue', () => {
  it('covers every order at its worst, whatever the wire does', () => {
    fc.assert(
      fc.property(script, (steps) => {
        const world = new World();
        for (const [kind, a, b] of steps) {
          world.step(kind, a, b);
          world.check();
        }
      }),
      { numRuns: 500 },
    );
  });

  it('equals the venue once everything is delivered and the rest is asked for', () => {
    fc.assert(
      fc.property(script, (steps) => {
        const world = new World();
        for (const [kind, a, b] of steps) world.step(kind, a, b);
        while (world.venue.requests.length > 0) world.venue.process(0, 0);
        while (world.venue.messages.length > 0) world.receive(world.venue.messages.shift()!);
        // What was lost on the way leaves orders in doubt, or makes them look alive: recovery finds both.
        const reconciliation = new Reconciliation(world.table);
        reconciliation.begin(world.nowNs + 1, 0);
        for (const { slot, generation, ticks, lots, filled, updatedMs } of world.venue.openOrders()) {
          const newly = reconciliation.seen(slot, generation, ticks, lots, filled, updatedMs);
          expect(newly).not.toBe(-1);
          world.tell(slot, generation, newly);
        }
        reconciliation.end();
        world.check();
        expect(world.table.doubtCount).toBe(0);
        expect(world.held()).toEqual(world.rests());
        for (const { slot, generation, filled } of world.venue.openOrders()) {
          expect(world.told.get(`${slot}/${generation}`) ?? 0).toBe(filled);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('needs no question on a wire that loses nothing, in any order and twice', () => {
    fc.assert(
      fc.property(script, fc.infiniteStream(fc.nat({ max: 1_000 })), (steps, order) => {
        const world = new World();
        for (const [kind, a, b] of steps) {
          if (kind < 12) world.step(kind, a, kind >= 7 && kind <= 9 && b % 8 === 0 ? 2 : b);
        }
        const { messages, requests } = world.venue;
        while (requests.length > 0) world.venue.process(order.next().value! % requests.length, 0);
        while (messages.length > 0) {
          world.receive(messages.splice(order.next().value! % messages.length, 1)[0]!);
        }
        world.check();
        for (const [key, { slot, generation, filled }] of world.venue.orders) {
          // What is told of a slot's former order is stale once the slot is used again: slots go round, oldest first.
          if (world.table.generation[slot] === generation) expect(world.told.get(key) ?? 0).toBe(filled);
        }
        expect(world.held()).toEqual(world.rests());
      }),
      { numRuns: 1_000 },
    );
  });
});
