import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { Nanoseconds } from '../../../engine/base/units.ts';
import { InstrumentState } from '../../../engine/base/instrument.ts';
import { OrderState } from '../../../engine/orders/order-state.ts';
import { KillLevel } from '../../../engine/risk/kill-ladder.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf, orderName } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import type { Shared } from './shared.ts';
import { BUY, SELL } from './venue-truth.ts';
import type { InstrumentTruth, Way } from './venue-truth.ts';

const PERIOD_NS: Nanoseconds = NS_PER_SECOND / 4;
/** A quote that has been filled or taken back is put up again within this. */
const STANDS_NS: Nanoseconds = 10 * NS_PER_SECOND;

/** A collar within this may strike what stands twice as far. */
const COLLAR_BPS_WIDE = 100;

/**
 * When everything has been good for long enough: the engine's orders are the venue's, with their prices, sizes and fills; its
 * positions are the venue's; and quotes stand on every instrument that the kill ladder lets be quoted.
 */
export class Healed implements Checker {
  readonly name = 'healed';
  readonly #shared: Shared;
  #nextNs: Nanoseconds = 0;
  /** By instrument × 2 + side: when an order of ours was last seen there. */
  readonly #standing: Nanoseconds[] = [];

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): null {
    if (world.nowNs < this.#nextNs || world.nowNs < world.faultsUntilNs) return null;
    this.#nextNs = world.nowNs + PERIOD_NS;
    this.#note(world);
    return null;
  }

  end(world: SimWorldView): string | null {
    const engine = engineOf(world);
    if (engine === null) return 'no engine runs';
    return (
      this.#compareOrders(world, engine) ??
      this.#comparePositions(world, engine) ??
      this.#checkQuotes(world, engine)
    );
  }

  #compareOrders(world: SimWorldView, engine: EngineView): string | null {
    const { truth } = this.#shared;
    const theirs: string[] = [];
    for (const order of truth.look(world).openOrders.values()) {
      if (!truth.isOurs(order, world)) continue;
      const { terms, ticks, lots, filledLots } = order;
      theirs.push(`${terms.clOrdId} ${terms.side} ${lots - filledLots} of ${lots} at ${ticks}`);
    }
    const ours: string[] = [];
    const { table } = engine.loop;
    for (let slot = 0; slot < table.capacity; slot++) {
      if (table.state[slot] === OrderState.free) continue;
      const name = orderName(engine.run, slot, table.generation[slot]!, engine.loop.idTag);
      const lots = table.sizeLots[slot]!;
      ours.push(
        `${name} ${table.side[slot]} ${lots - table.filledLots[slot]!} of ${lots} at ${table.priceTicks[slot]}`,
      );
    }
    const only = (these: string[], those: string[]): string =>
      these.filter((row) => !those.includes(row)).join(', ');
    const [left, right] = [only(ours, theirs), only(theirs, ours)];
    return left === '' && right === ''
      ? null
      : `orders differ: the engine has ${left || 'no other'}; the venue ${right || 'no other'}`;
  }

  #comparePositions(world: SimWorldView, engine: EngineView): string | null {
    const { truth } = this.#shared;
    truth.look(world);
    for (const each of truth.instruments) {
      const told = engine.loop.ledger.positionLots[each.index]!;
      const real = truth.positionLots(each);
      if (Math.abs(told - real) > 1e-6)
        return `${each.instId}: position ${told} lots, of the venue's ${real}`;
    }
    return null;
  }

  /** Which sides stand now. */
  #note(world: SimWorldView): void {
    const { truth, wire } = this.#shared;
    truth.look(world);
    for (const each of truth.instruments) {
      const first = each.index * 2;
      if (wire.exposure(world, each, BUY, true).orders > 0) this.#standing[first] = world.nowNs;
      if (wire.exposure(world, each, SELL, true).orders > 0) this.#standing[first + 1] = world.nowNs;
    }
  }

  #checkQuotes(world: SimWorldView, engine: EngineView): string | null {
    const { truth } = this.#shared;
    this.#note(world);
    for (const each of truth.instruments) {
      const level = engine.loop.ladder.level(each.index);
      const isLive = engine.instruments[each.index]!.state === InstrumentState.live;
      if (level >= KillLevel.reduceOnly || !isLive) continue;
      const hasBid = world.nowNs - this.#standing[each.index * 2]! < STANDS_NS;
      const hasOffer = world.nowNs - this.#standing[each.index * 2 + 1]! < STANDS_NS;
      if (!hasBid && !hasOffer && !this.#isHeldByGroup(world, each))
        return `${each.instId}: no quote stands, at level ${level}`;
      if (level > KillLevel.quoting && this.#isCollared(world, each)) continue;
      if (!hasBid && this.#hasRoom(world, each, BUY))
        return `${each.instId}: nothing is bid, at level ${level}`;
      if (!hasOffer && this.#hasRoom(world, each, SELL))
        return `${each.instId}: nothing is offered, at level ${level}`;
    }
    return null;
  }

  /**
   * Whether one side may be full, and the other one left alone because it would lead its group further away: what brings the
   * group back is then quoted on the others.
   */
  #isHeldByGroup(world: SimWorldView, each: InstrumentTruth): boolean {
    const { instruments, portfolio } = world.config;
    const isGrouped = portfolio.groups.some(
      ({ coin, skew }) => skew > 0 && each.instId.startsWith(`${coin}-`),
    );
    const room = each.positionLotsMax - Math.abs(this.#shared.truth.positionLots(each));
    return isGrouped && room < 2 * each.lotsOf(instruments[each.index]!.strategy.size);
  }

  /** Whether twice the distance of a quote may be more than the collar lets stand, where a tick is ten basis points. */
  #isCollared(world: SimWorldView, each: InstrumentTruth): boolean {
    return world.config.instruments[each.index]!.limits.collarBps < COLLAR_BPS_WIDE;
  }

  /** Whether no limit stands in the way of a side, by far. */
  #hasRoom(world: SimWorldView, each: InstrumentTruth, way: Way): boolean {
    const { instruments, account, portfolio } = world.config;
    const { strategy, limits } = instruments[each.index]!;
    const wanted = instruments.reduce((sum, { strategy: { levels } }) => sum + 2 * levels, 0);
    const isTight =
      limits.notional !== undefined ||
      portfolio.groups.some(({ coin }) => each.instId.startsWith(`${coin}-`)) ||
      account.notionalMax < 200_000 ||
      account.openOrdersMax < wanted ||
      limits.openOrders < 2 * strategy.levels;
    // Beyond its soft limit an instrument is quoted on one side only; the fixed ladder has none.
    const softRatio = strategy.model === 'fixed' ? 1 : strategy.softLimitRatio;
    const room = each.positionLotsMax * softRatio - this.#shared.truth.positionLots(each) * way;
    return !isTight && room > 2 * each.lotsOf(strategy.size);
  }
}
