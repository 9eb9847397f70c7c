import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CommandOp } from '../../engine/base/command-op.ts';
import { Side, sideSign } from '../../engine/base/side.ts';
import { TICKS_MAX } from '../../engine/base/units.ts';
import { KEEP_LOTS } from '../../engine/orders/command-batch.ts';
import { AckOutcome, OrderState } from '../../engine/orders/order-state.ts';
import { NO_ORDER, OrderTable } from '../../engine/orders/order-table.ts';
import { Reconciliation } from '../../engine/orders/reconciliation.ts';
import { Fills, TradeResult } from '../../engine/orders/fills.ts';
import { PositionLedger } from '../../engine/orders/position-ledger.ts';
import { TradeLog } from '../../engine/orders/trade-log.ts';
import { NaiveVenue } from '../model/naive-orders.ts';
import type { Treatment, VenueMessage, VenueTrade } from '../model/naive-orders.ts';
import { LINEAR, ledgerInstruments } from './ledger-instruments.ts';
import { orderRows } from './order-rows.ts';
import { at } from '../time-cell.ts';

const CAPACITY = 5;

const INSTRUMENT = ledgerInstruments[LINEAR]!;

/** Table and ledger on one side, the naive venue on the other, and between them a wire that does what it likes. */
class World {
  readonly table = new OrderTable(1, CAPACITY);
  readonly ledger = new PositionLedger([INSTRUMENT]);
  readonly log = new TradeLog(10_000);
  readonly fills = new Fills(this.table, this.ledger, this.log);
  readonly venue = new NaiveVenue();
  /** Trades that have been told so far, by any channel: the log's twin. */
  readonly told = new Map<number, VenueTrade>();
  /** Those of them whose fee was told. */
  readonly withFee = new Set<number>();
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
        this.table.expire(at(this.nowNs), at(a % 20));
        return;
      case 13:
        return this.ask(a);
      default:
        return this.askTrades(a % 3, b % 4);
    }
  }

  open(a: number, b: number): void {
    const side = (a & 1) as Side;
    const ticks = 100 + (b % 10);
    const slot = this.table.open(0, side, ticks, 1 + (a % 7), at(this.nowNs));
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
    const amendId = this.table.requestAmend(slot, ticks, lots, at(this.nowNs));
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
    this.table.requestCancel(slot, at(this.nowNs));
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
    if (how !== 1 || (message.kind !== 'update' && message.kind !== 'fill')) messages.splice(index, 1);
    if (how !== 0) this.receive(message);
  }

  receive(message: VenueMessage): void {
    const { slot, generation } = message;
    if (message.trade !== undefined) this.tellTrade(message.trade, message.kind === 'update');
    if (message.kind === 'fill') return;
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
    else this.fills.onUpdate(orderRows(message), 0);
  }

  tellTrade(trade: VenueTrade, hasFee: boolean): void {
    const { tradeId, feeUnits, tsMs, ...what } = trade;
    const rest = { instrument: 0, tradeId, tsMs, isBaseFee: false, isThisRun: true };
    const fee = hasFee ? feeUnits / 1e8 : 0;
    const result = this.fills.onTrade(Object.assign(this.fills.trade, { ...what, ...rest, fee, hasFee }));
    const isNews = !this.told.has(tradeId);
    const isFeeNews = hasFee && !this.withFee.has(tradeId);
    const { booked, feeBooked, known } = TradeResult;
    expect(result).toBe(isNews ? booked : isFeeNews ? feeBooked : known);
    this.told.set(tradeId, trade);
    if (hasFee) this.withFee.add(tradeId);
  }

  /** REST's list of fills, from some trade on, perhaps an old one. */
  askTrades(skipped: number, missing: number): void {
    for (const trade of this.venue.trades.slice(skipped, this.venue.trades.length - missing)) {
      this.tellTrade(trade, true);
    }
  }

  /** Asks for an order in doubt, once nothing that was sent about it can still arrive. */
  ask(a: number): void {
    const slot = this.table.nextInDoubt(a % CAPACITY);
    if (slot === NO_ORDER || this.venue.requests.some((request) => request.slot === slot)) return;
    const generation = this.table.generation[slot]!;
    const order = this.venue.find(slot, generation);
    if (order === undefined) {
      this.table.resolveAbsent(slot, generation);
      return;
    }
    const { ticks, lots, filled, updatedMs } = order;
    this.fills.onTotal(slot, generation, filled);
    if (order.isOpen) {
      expect(this.table.resolveLive(slot, generation, ticks, lots, filled, updatedMs)).toBe(0);
    } else expect(this.table.resolveClosed(slot, generation, filled)).toBe(0);
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
      if (table.amendCount[slot] === 0) {
        expect(table.riskLots[slot]).toBe(Math.max(0, table.sizeLots[slot]! - table.filledLots[slot]!));
      }
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
    expect(this.walk(Side.buy).length + this.walk(Side.sell).length).toBe(openCount);
    this.checkPosition();
    this.checkDoubt();
  }

  /** The position is what was told: trades by name, and beyond them totals. */
  checkPosition(): void {
    const { table, ledger, venue } = this;
    const told = [...this.told.values()];
    const signed = told.map(({ side, lots }) => sideSign(side) * lots);
    expect(ledger.bookedLots[0]).toBe(signed.reduce((sum, lots) => sum + lots, 0) + 0);
    expect(this.log.count).toBe(told.length);
    let untold = 0;
    let gross = 0;
    for (let slot = 0; slot < CAPACITY; slot++) {
      const generation = table.generation[slot]!;
      const traded = told
        .filter((trade) => trade.slot === slot && trade.generation === generation)
        .reduce((sum, { lots }) => sum + lots, 0);
      expect(table.tradedLots[slot]).toBe(traded);
      expect(table.filledLots[slot]! - traded).toBe(table.untoldLots[slot]);
      expect(table.untoldLots[slot]!).toBeGreaterThanOrEqual(0);
      expect(table.filledLots[slot]!).toBeLessThanOrEqual(venue.find(slot, generation)?.filled ?? 0);
      gross += table.untoldLots[slot]!;
      untold += sideSign(table.side[slot]! as Side) * table.untoldLots[slot]!;
    }
    expect([ledger.untoldLots[0], ledger.untoldGrossLots[0]]).toEqual([untold + 0, gross]);
    expect(ledger.positionLots[0]).toBe(ledger.bookedLots[0]! + untold);
  }

  /** Since when each order has been in doubt. */
  checkDoubt(): void {
    const { table } = this;
    let oldest = Infinity;
    for (let slot = 0; slot < CAPACITY; slot++) {
      const since = table.unknownSinceNs[slot]!;
      const isInDoubt = table.state[slot] === OrderState.unknown || table.state[slot] === OrderState.gone;
      expect(since).toBeLessThanOrEqual(isInDoubt ? this.nowNs : Infinity);
      if (!isInDoubt) expect(since).toBe(Infinity);
      else expect(since).toBeGreaterThanOrEqual(table.placedNs[slot]!);
      oldest = Math.min(oldest, since);
    }
    expect(table.oldestUnknownNs()).toBe(oldest);
  }

  /** Once every trade is told: position, money and fees are the venue's, exactly. */
  checkAccount(): void {
    const { ledger } = this;
    const account = this.venue.account();
    expect([ledger.untoldLots[0], ledger.positionLots[0]]).toEqual([0, account.lots]);
    expect([ledger.fillCount[0], ledger.boughtLots[0], ledger.soldLots[0]]).toEqual([
      account.count,
      account.bought,
      account.sold,
    ]);
    const mark = 107;
    const profit = Number(account.cash + BigInt(account.lots * mark));
    expect(ledger.total(0, mark)).toBe(profit * (INSTRUMENT.lotValue * INSTRUMENT.tick.value));
    expect(Math.abs(ledger.fees[0]! - Number(account.feeUnits) / 1e8)).toBeLessThan(1e-14);
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
  fc.tuple(fc.integer({ min: 0, max: 14 }), fc.nat({ max: 5_000 }), fc.nat({ max: 5_000 })),
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
      { numRuns: 300 },
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
          world.fills.onTotal(slot, generation, filled);
          expect(reconciliation.seen(slot, generation, ticks, lots, filled, updatedMs)).toBe(0);
        }
        reconciliation.end();
        world.check();
        expect(world.table.doubtCount).toBe(0);
        expect(world.held()).toEqual(world.rests());
        world.askTrades(0, 0);
        world.check();
        world.checkAccount();
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
          if (kind === 14) world.step(kind, a, b);
        }
        const { messages, requests } = world.venue;
        while (requests.length > 0) world.venue.process(order.next().value! % requests.length, 0);
        while (messages.length > 0) {
          world.receive(messages.splice(order.next().value! % messages.length, 1)[0]!);
        }
        world.check();
        expect(world.held()).toEqual(world.rests());
        world.checkAccount();
      }),
      { numRuns: 1_000 },
    );
  });
});
