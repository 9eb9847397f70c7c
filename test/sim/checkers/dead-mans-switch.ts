import { NS_PER_MS, NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { ClientOrder } from '../../../engine/paper/exchange/client-order.ts';
import type { Milliseconds, Nanoseconds } from '../../../engine/base/units.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { StepKind } from '../sim-types.ts';
import { engineOf, turnsOf } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import type { Shared } from './shared.ts';

const CANCEL_ALL_AFTER = 'POST /api/v5/trade/cancel-all-after';
const PERIOD_NS: Nanoseconds = NS_PER_SECOND / 4;
/** An order that was on its way when the switch fired may rest without one until a cancel has come after it. */
const UNARMED_NS: Nanoseconds = 10 * NS_PER_SECOND;
/** A call that was on its way when the engine died arms it once more. */
const LAST_CALL_MS: Milliseconds = 5_000;
/** Orders that arrive so long after the death were held up on the way without a time of expiry. */
const LAST_ORDER_MS: Milliseconds = 3_000;

/**
 * The venue's dead man's switch is armed while an order of ours rests; what a dead engine has left is gone when its time is
 * up; and it is kept alive by an engine that turns, not by a timer of its own.
 */
export class SwitchArmed implements Checker {
  readonly name = "dead man's switch";
  readonly #shared: Shared;
  #nextNs: Nanoseconds = 0;
  #unarmedNs = Infinity;
  /** Of the loop, at the last call; and whose. */
  #turns = -1;
  #engine: EngineView | null = null;
  #crashedMs: Milliseconds = -1;
  #crashedAtNs: Nanoseconds = -1;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    const { traffic } = this.#shared;
    if (world.config.engine.deadMansSwitchSeconds === 0) return null;
    if (traffic.read(world)) {
      for (const { name, body, message } of traffic.controls) {
        if (name !== CANCEL_ALL_AFTER || body['timeOut'] === '0' || message.atNs !== world.nowNs) continue;
        const engine = engineOf(world);
        if (engine === null) continue;
        const turns = turnsOf(engine);
        if (engine === this.#engine && turns === this.#turns)
          return 'it was kept alive though the loop has not turned since the last time';
        this.#turns = turns;
        this.#engine = engine;
      }
    }
    if (world.nowNs < this.#nextNs && world.step !== StepKind.fault) return null;
    this.#nextNs = world.nowNs + PERIOD_NS;
    return this.#checkCrash(world) ?? this.#checkArmed(world);
  }

  end(): null {
    return null;
  }

  /** The switch goes by the tag: what the venue has taken it off is found by who cancels by name. */
  #isSwitched(order: ClientOrder, world: SimWorldView): boolean {
    return order.terms.tag === world.tag && this.#shared.truth.isOurs(order, world);
  }

  #checkArmed(world: SimWorldView): string | null {
    const { truth } = this.#shared;
    const account = truth.look(world);
    const isArmed = (account.cancelAllAfter.get(world.tag) ?? -Infinity) >= world.nowMs;
    let resting = '';
    if (!isArmed) {
      for (const order of account.openOrders.values()) {
        if (this.#isSwitched(order, world)) resting = order.terms.clOrdId;
      }
    }
    if (resting === '') this.#unarmedNs = Infinity;
    else if (this.#unarmedNs === Infinity) this.#unarmedNs = world.nowNs;
    // While the engine is dead, what is left has its own rule.
    if (world.engine === null) this.#unarmedNs = Math.max(this.#unarmedNs, world.nowNs);
    const unarmedNs = world.nowNs - this.#unarmedNs;
    return resting !== '' && unarmedNs > UNARMED_NS
      ? `order ${resting} rests, and no switch has been armed for ${unarmedNs / NS_PER_SECOND} s`
      : null;
  }

  #checkCrash(world: SimWorldView): string | null {
    if (world.crashedAtNs !== this.#crashedAtNs) {
      this.#crashedAtNs = world.crashedAtNs;
      this.#crashedMs =
        world.crashedAtNs < 0 ? -1 : world.nowMs - (world.nowNs - world.crashedAtNs) / NS_PER_MS;
    }
    if (this.#crashedMs < 0) return null;
    const { deadMansSwitchSeconds } = world.config.engine;
    const sinceMs = world.nowMs - this.#crashedMs;
    if (sinceMs <= deadMansSwitchSeconds * 1_000 + LAST_CALL_MS) return null;
    const { truth } = this.#shared;
    for (const order of truth.look(world).openOrders.values()) {
      const isLeft = this.#isSwitched(order, world) && order.createdMs <= this.#crashedMs + LAST_ORDER_MS;
      if (isLeft) return `order ${order.terms.clOrdId} rests ${sinceMs / 1_000} s after its engine has died`;
    }
    return null;
  }
}
