import { InstrumentState } from '../../../engine/base/instrument.ts';
import { OrderState } from '../../../engine/orders/order-state.ts';
import { KillLevel } from '../../../engine/risk/kill-ladder.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf, orderName } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import type { Shared } from './shared.ts';
import { BUY, SELL } from './venue-truth.ts';

/**
 * When everything has been good for long enough: the engine's orders are the venue's, with their prices, sizes and fills; its
 * positions are the venue's; and quotes stand on every instrument that the kill ladder lets be quoted.
 */
export class Healed implements Checker {
  readonly name = 'healed';
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(): null {
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
      const name = orderName(engine.run, slot, table.generation[slot]!);
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

  #checkQuotes(world: SimWorldView, engine: EngineView): string | null {
    const { truth, wire } = this.#shared;
    for (const each of truth.instruments) {
      const level = engine.loop.ladder.level(each.index);
      const isLive = engine.instruments[each.index]!.state === InstrumentState.live;
      if (level >= KillLevel.reduceOnly || !isLive) continue;
      const orders =
        wire.exposure(world, each, BUY, true).orders + wire.exposure(world, each, SELL, true).orders;
      if (orders === 0) return `${each.instId}: no quote stands, at level ${level}`;
    }
    return null;
  }
}
