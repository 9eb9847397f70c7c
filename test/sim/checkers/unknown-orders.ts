import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { Nanoseconds } from '../../../engine/base/units.ts';
import { OrderState } from '../../../engine/orders/order-state.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf, orderName } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import type { Shared } from './shared.ts';

/** Looked at so often: what is on its way is no difference for long. */
const PERIOD_NS: Nanoseconds = NS_PER_SECOND / 2;
/** Engine and venue may think differently of one order for so long, while everything goes wrong. */
export const UNKNOWN_NS: Nanoseconds = 90 * NS_PER_SECOND;

/**
 * No order is unknown for longer than its bound: neither one that the engine takes for open and the venue does not have, nor
 * one of ours that rests at the venue and the engine does not know, nor one that the engine itself is in doubt about.
 */
export class UnknownOrders implements Checker {
  readonly name = 'unknown orders';
  readonly #shared: Shared;
  #engine: EngineView | null = null;
  #nextNs: Nanoseconds = 0;
  /** Names of orders about which the two differ, and since when. */
  #since = new Map<string, Nanoseconds>();

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    if (world.nowNs < this.#nextNs) return null;
    this.#nextNs = world.nowNs + PERIOD_NS;
    const engine = engineOf(world);
    if (engine !== this.#engine) this.#since.clear();
    this.#engine = engine;
    if (engine === null) return null;
    const doubtNs = world.nowNs - engine.loop.table.oldestUnknownNs();
    if (doubtNs > UNKNOWN_NS) return `an order has been in doubt for ${doubtNs / NS_PER_SECOND} s`;
    return this.#compare(world, engine);
  }

  end(world: SimWorldView): string | null {
    const engine = engineOf(world);
    if (engine === null) return 'no engine runs';
    const names = this.#differences(world, engine);
    return names.length === 0 ? null : `engine and venue differ about ${names.join(', ')}`;
  }

  #compare(world: SimWorldView, engine: EngineView): string | null {
    const since = new Map<string, Nanoseconds>();
    let wrong: string | null = null;
    for (const name of this.#differences(world, engine)) {
      const firstNs = this.#since.get(name) ?? world.nowNs;
      since.set(name, firstNs);
      if (world.nowNs - firstNs > UNKNOWN_NS)
        wrong ??= `${name} for ${(world.nowNs - firstNs) / NS_PER_SECOND} s`;
    }
    this.#since = since;
    return wrong;
  }

  #differences(world: SimWorldView, engine: EngineView): string[] {
    const { truth } = this.#shared;
    const account = truth.look(world);
    const { table } = engine.loop;
    const names: string[] = [];
    const known = new Set<string>();
    for (let slot = 0; table.openTotal > 0 && slot < table.capacity; slot++) {
      if (table.state[slot] === OrderState.free) continue;
      const name = orderName(engine.run, slot, table.generation[slot]!);
      known.add(name);
      if (account.openByClientId(name) === null) names.push(`${name}, which only the engine has,`);
    }
    for (const order of account.openOrders.values()) {
      if (truth.isOurs(order, world) && !known.has(order.terms.clOrdId))
        names.push(`${order.terms.clOrdId}, which only the venue has,`);
    }
    return names;
  }
}
