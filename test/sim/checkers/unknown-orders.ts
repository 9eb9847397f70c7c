import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { Nanoseconds } from '../../../engine/base/units.ts';
import { OrderState } from '../../../engine/orders/order-state.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf, orderName } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import type { Shared } from './shared.ts';

/** Looked at so often: what is on its way is no difference for long. */
const PERIOD_NS: Nanoseconds = NS_PER_SECOND / 2;
/** Engine and venue may think differently of one order for so long, of the time in which the venue can be asked. */
const UNKNOWN_NS: Nanoseconds = 60 * NS_PER_SECOND;

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
  /** The engine's oldest doubt, and the time to ask since it was first seen. */
  #doubtSinceNs = Infinity;
  #doubtFromNs: Nanoseconds = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    this.#shared.patience.follow(world);
    if (world.nowNs < this.#nextNs) return null;
    this.#nextNs = world.nowNs + PERIOD_NS;
    const engine = engineOf(world);
    if (engine !== this.#engine) this.#since.clear();
    this.#engine = engine;
    if (engine === null) return null;
    return this.#checkDoubt(world, engine) ?? this.#compare(world, engine);
  }

  end(world: SimWorldView): string | null {
    const engine = engineOf(world);
    if (engine === null) return 'no engine runs';
    const names = this.#differences(world, engine);
    return names.length === 0 ? null : `engine and venue differ about ${names.join(', ')}`;
  }

  /** The engine's own word, against the time in which it could have asked. */
  #checkDoubt(world: SimWorldView, engine: EngineView): string | null {
    const sinceNs = engine.loop.table.oldestUnknownNs();
    const { nowNs } = this.#shared.patience;
    if (sinceNs !== this.#doubtSinceNs) {
      this.#doubtSinceNs = sinceNs;
      this.#doubtFromNs = nowNs;
    }
    if (sinceNs === Infinity || nowNs - this.#doubtFromNs <= UNKNOWN_NS) return null;
    return `an order has been in doubt for ${(world.nowNs - sinceNs) / NS_PER_SECOND} s`;
  }

  #compare(world: SimWorldView, engine: EngineView): string | null {
    const { nowNs } = this.#shared.patience;
    const since = new Map<string, Nanoseconds>();
    let wrong: string | null = null;
    for (const name of this.#differences(world, engine)) {
      const firstNs = this.#since.get(name) ?? nowNs;
      since.set(name, firstNs);
      if (nowNs - firstNs > UNKNOWN_NS) wrong ??= `${name} for ${(nowNs - firstNs) / NS_PER_SECOND} s`;
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
      const name = orderName(engine.run, slot, table.generation[slot]!, engine.loop.idTag);
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
