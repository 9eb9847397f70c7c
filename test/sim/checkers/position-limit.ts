import type { Checker, SimWorldView } from '../sim-types.ts';
import type { Shared } from './shared.ts';
import { BUY, SELL } from './venue-truth.ts';
import type { InstrumentTruth, Way } from './venue-truth.ts';

/** Rounding of sizes that were read as decimals. */
const LOTS_EPSILON = 1e-6;
/** An engine that lives has heard of a trigger and withdrawn within this, through faults of its connections. */
const WITHDRAWN_MS = 60_000;

/**
 * No position past its limit, counting whatever could still be filled: what rests at the venue in every moment, and when
 * something is sent also what is on its way. With it the other limits of number and size: open orders, order size.
 */
export class PositionLimit implements Checker {
  readonly name = 'position limit';
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    const { truth, traffic, wire } = this.#shared;
    wire.follow(world);
    const isSending = traffic.items.some(({ op }) => op !== 'cancel');
    if (!isSending && !truth.mayHaveMoved(world)) return null;
    truth.look(world);
    let orders = 0;
    for (const each of truth.instruments) {
      for (const way of [BUY, SELL] as const) {
        const wrong = this.#check(world, each, way, !isSending);
        if (wrong !== null) return wrong;
      }
      if (isSending) orders += this.#orderCount(world, each);
    }
    if (!isSending) return null;
    const { openOrdersMax } = world.config.account;
    if (orders > openOrdersMax) return `${orders} open orders of at most ${openOrdersMax}`;
    return this.#checkSizes();
  }

  end(): null {
    return null;
  }

  #check(world: SimWorldView, each: InstrumentTruth, way: Way, isArrivedOnly: boolean): string | null {
    const { truth, wire } = this.#shared;
    const position = truth.positionLots(each);
    const { lots } = wire.exposure(world, each, way, isArrivedOnly);
    const worst = position * way + lots;
    // What only leads out of a position that is too large already cannot be what made it so.
    if (lots === 0 || worst <= each.positionLotsMax + LOTS_EPSILON) return null;
    // A stop at the venue has just taken the position away that those orders were to close: they are withdrawn by now.
    if (this.#wasStopped(world, each.instId)) return null;
    return (
      `${each.instId}: position ${position} lots and ${lots} to ${way === BUY ? 'buy' : 'sell'}` +
      `${isArrivedOnly ? '' : ' with what is in flight'}, of at most ${each.positionLotsMax}`
    );
  }

  #wasStopped({ venue, uid, nowMs }: SimWorldView, instId: string): boolean {
    const ended = venue.exchange.algoRows(uid, false, { instId });
    return ended.some(({ triggerTime }) => triggerTime !== '' && nowMs - Number(triggerTime) < WITHDRAWN_MS);
  }

  #orderCount(world: SimWorldView, each: InstrumentTruth): number {
    const { wire } = this.#shared;
    return wire.exposure(world, each, BUY, false).orders + wire.exposure(world, each, SELL, false).orders;
  }

  #checkSizes(): string | null {
    const { truth, traffic } = this.#shared;
    for (const { op, instId, sz, clOrdId } of traffic.items) {
      const each = truth.of(instId);
      if (op !== 'place' || each === undefined) continue;
      const lots = each.lotsOf(sz);
      if (lots > each.orderLotsMax + LOTS_EPSILON)
        return `${instId}: order ${clOrdId} of ${lots} lots, of at most ${each.orderLotsMax}`;
    }
    return null;
  }
}
