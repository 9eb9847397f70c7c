import { CommandOp } from '../../engine/base/command-op.ts';
import { sideSign } from '../../engine/base/side.ts';
import type { Side } from '../../engine/base/side.ts';
import { KEEP_LOTS } from '../../engine/orders/command-batch.ts';
import { AckOutcome, AmendResult, UpdateState } from '../../engine/orders/order-state.ts';

/** What happens to a request when the venue takes it up. */
export const Treatment = { normal: 0, refuse: 1, failLater: 2, failAndCancel: 3 } as const;
export type Treatment = (typeof Treatment)[keyof typeof Treatment];

export interface VenueRequest {
  readonly op: CommandOp;
  readonly slot: number;
  readonly generation: number;
  readonly side: Side;
  readonly ticks: number;
  /** Total size, or KEEP_LOTS. */
  readonly lots: number;
  readonly amendId: number;
}

interface VenueOrder {
  readonly slot: number;
  readonly generation: number;
  readonly side: Side;
  ticks: number;
  lots: number;
  filled: number;
  isOpen: boolean;
  updatedMs: number;
}

/** A trade of ours, as the venue has it. */
export interface VenueTrade {
  readonly tradeId: number;
  readonly slot: number;
  readonly generation: number;
  readonly side: Side;
  readonly ticks: number;
  readonly lots: number;
  /** In 10^-8 of the currency; negative is paid. */
  readonly feeUnits: number;
  readonly tsMs: number;
}

export interface VenueMessage {
  /** `update` is a push of orders, `fill` one of the fills channel. */
  readonly kind: 'placeAck' | 'amendAck' | 'cancelAck' | 'update' | 'fill';
  readonly slot: number;
  readonly generation: number;
  readonly outcome: AckOutcome;
  readonly amendId: number;
  readonly state: UpdateState;
  readonly ticks: number;
  readonly lots: number;
  readonly filled: number;
  readonly updatedMs: number;
  readonly amendResult: number;
  /** Of an update that reports a fill, and of every fill. */
  readonly trade?: VenueTrade;
}

/**
 * A venue that holds orders in a Map and does what the protocol page says. Requests wait until they are taken up, in any
 * order; messages wait until they are delivered, in any order, twice or never.
 */
export class NaiveVenue {
  readonly orders = new Map<string, VenueOrder>();
  readonly requests: VenueRequest[] = [];
  readonly messages: VenueMessage[] = [];
  /** Everything that was ever filled: what REST tells. */
  readonly trades: VenueTrade[] = [];
  #nowMs = 1_000;

  find(slot: number, generation: number): VenueOrder | undefined {
    return this.orders.get(`${slot}/${generation}`);
  }

  openOrders(): VenueOrder[] {
    return [...this.orders.values()].filter((order) => order.isOpen);
  }

  /** Takes up the request at `index`. */
  process(index: number, treatment: Treatment): void {
    const request = this.requests.splice(index, 1)[0]!;
    if (request.op === CommandOp.place) this.#place(request, treatment);
    else if (request.op === CommandOp.amend) this.#amend(request, treatment);
    else this.#cancel(request, treatment);
  }

  /** A taker meets the order: a push of orders and one of fills. */
  fill(order: VenueOrder, lotsMax: number): void {
    const { slot, generation, side, ticks } = order;
    const lots = Math.min(lotsMax, order.lots - order.filled);
    order.filled += lots;
    if (order.filled === order.lots) order.isOpen = false;
    const tsMs = this.#nowMs++;
    const tradeId = this.trades.length + 1;
    // Mostly paid, now and then received, and in amounts that binary fractions do not hit.
    const feeUnits = (tradeId % 5 === 0 ? 7 : -13) * lots * ticks + tradeId;
    const trade = { tradeId, slot, generation, side, ticks, lots, feeUnits, tsMs };
    this.trades.push(trade);
    const state = order.isOpen ? UpdateState.partiallyFilled : UpdateState.filled;
    this.#push(order, state, -1, AmendResult.none, trade);
    this.messages.push({ ...this.messages.at(-1)!, kind: 'fill' });
  }

  /** What all trades come to, counted in whole numbers without end. */
  account(): { lots: number; cash: bigint; feeUnits: bigint; bought: number; sold: number; count: number } {
    const account = { lots: 0, cash: 0n, feeUnits: 0n, bought: 0, sold: 0, count: this.trades.length };
    for (const { side, ticks, lots, feeUnits } of this.trades) {
      const signed = sideSign(side) * lots;
      account.lots += signed;
      account.cash -= BigInt(signed) * BigInt(ticks);
      account.feeUnits += BigInt(feeUnits);
      if (signed > 0) account.bought += lots;
      else account.sold += lots;
    }
    return account;
  }

  /** The venue ends it for reasons of its own. */
  kill(order: VenueOrder): void {
    order.isOpen = false;
    this.#push(order, UpdateState.cancelled);
  }

  #place(request: VenueRequest, treatment: Treatment): void {
    if (treatment === Treatment.refuse) {
      this.#ack('placeAck', request, AckOutcome.rejected);
      return;
    }
    const { slot, generation, side, ticks, lots } = request;
    const order = { slot, generation, side, ticks, lots, filled: 0, isOpen: true, updatedMs: 0 };
    this.orders.set(`${slot}/${generation}`, order);
    this.#ack('placeAck', request, AckOutcome.accepted);
    // Post-only that would cross: acked, then cancelled, never live.
    if (treatment === Treatment.normal) this.#push(order, UpdateState.live);
    else this.kill(order);
  }

  #amend(request: VenueRequest, treatment: Treatment): void {
    const order = this.find(request.slot, request.generation);
    if (order === undefined || !order.isOpen) {
      this.#ack('amendAck', request, AckOutcome.gone);
      return;
    }
    const total = request.lots === KEEP_LOTS ? order.lots : request.lots;
    if (treatment === Treatment.refuse || total < order.filled) {
      this.#ack('amendAck', request, AckOutcome.rejected);
      return;
    }
    this.#ack('amendAck', request, AckOutcome.accepted);
    const { amendId } = request;
    if (treatment === Treatment.failLater) {
      this.#push(order, this.#restingState(order), amendId, AmendResult.failed);
      return;
    }
    if (treatment === Treatment.failAndCancel) {
      order.isOpen = false;
      this.#push(order, UpdateState.cancelled, amendId, AmendResult.failedAndCancelled);
      return;
    }
    order.ticks = request.ticks;
    order.lots = total;
    if (order.filled === total) order.isOpen = false;
    const state = order.isOpen ? this.#restingState(order) : UpdateState.filled;
    this.#push(order, state, amendId, AmendResult.done);
  }

  #cancel(request: VenueRequest, treatment: Treatment): void {
    const order = this.find(request.slot, request.generation);
    if (order === undefined || !order.isOpen) {
      this.#ack('cancelAck', request, AckOutcome.gone);
      return;
    }
    if (treatment === Treatment.refuse) {
      this.#ack('cancelAck', request, AckOutcome.rejected);
      return;
    }
    this.#ack('cancelAck', request, AckOutcome.accepted);
    this.kill(order);
  }

  #restingState(order: VenueOrder): UpdateState {
    return order.filled > 0 ? UpdateState.partiallyFilled : UpdateState.live;
  }

  #ack(kind: VenueMessage['kind'], request: VenueRequest, outcome: AckOutcome): void {
    const { slot, generation, amendId } = request;
    const rest = { state: UpdateState.other, ticks: 0, lots: 0, filled: 0, updatedMs: 0 };
    this.messages.push({ kind, slot, generation, amendId, outcome, ...rest, amendResult: AmendResult.none });
  }

  #push(
    order: VenueOrder,
    state: UpdateState,
    amendId: number = -1,
    amendResult: number = AmendResult.none,
    trade?: VenueTrade,
  ): void {
    const { slot, generation, ticks, lots, filled } = order;
    const updatedMs = this.#nowMs++;
    order.updatedMs = updatedMs;
    const outcome = AckOutcome.accepted;
    const what = { ticks, lots, filled, updatedMs };
    const message = { slot, generation, outcome, amendId, state, ...what, amendResult };
    this.messages.push({ kind: 'update', ...message, ...(trade === undefined ? {} : { trade }) });
  }
}
