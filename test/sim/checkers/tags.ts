import { NS_PER_SECOND } from '../../../engine/base/units.ts';
import type { Milliseconds, Nanoseconds } from '../../../engine/base/units.ts';
import { ACCOUNT, KillLevel, KillTrigger } from '../../../engine/risk/kill-ladder.ts';
import type { ClientOrder } from '../../../engine/paper/exchange/client-order.ts';
import type { Checker, SimWorldView } from '../sim-types.ts';
import { engineOf } from './engine-view.ts';
import type { EngineView } from './engine-view.ts';
import type { Shared } from './shared.ts';

const PERIOD_NS: Nanoseconds = NS_PER_SECOND / 4;
/** Acks and pushes of the first orders may all be lost; not those of so long. */
const NOTICED_NS: Nanoseconds = 20 * NS_PER_SECOND;
/** Cancels may be lost, too, and engines die; recovery finds what rests. */
const GONE_NS: Nanoseconds = 120 * NS_PER_SECOND;

/**
 * Every order of ours at the venue carries our tag, whatever made it: quotes, hedges, what closes, what a stop or a sliced
 * order has made. Where the venue has taken the tag off, the engine notices, places nothing more, and leaves none of them.
 */
export class Tags implements Checker {
  readonly name = 'tags';
  readonly #shared: Shared;
  #nextNs: Nanoseconds = 0;
  /** When the venue last began to lose tags, and ended; by its clock. */
  #lostFromMs: Milliseconds = Infinity;
  #lostUntilMs: Milliseconds = -Infinity;
  /** Orders that the venue holds without our tag, and since when: of the time in which it can be asked. */
  readonly #stripped = new Map<string, Nanoseconds>();
  /** When the engine that runs has had its first of them and was not held back; Infinity while it is. */
  #firstNs: Nanoseconds = Infinity;
  #engine: EngineView | null = null;
  #fillsSeen = 0;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    this.#followFault(world);
    if (this.#shared.truth.mayHaveMoved(world)) {
      const wrong = this.#look(world);
      if (wrong !== null) return wrong;
    }
    if (world.nowNs < this.#nextNs) return null;
    this.#nextNs = world.nowNs + PERIOD_NS;
    this.#shared.patience.follow(world);
    if (this.#isHeld(world)) this.#firstNs = Infinity;
    return this.#checkGone(world);
  }

  end(world: SimWorldView): string | null {
    const account = this.#shared.truth.look(world);
    for (const order of account.openOrders.values()) {
      if (this.#isMarked(order, world)) continue;
      return `order ${order.terms.clOrdId} rests with the tag "${order.terms.tag}" in the end`;
    }
    return null;
  }

  #followFault(world: SimWorldView): void {
    if (world.venue.exchange.tagFault === 'keep') return;
    if (this.#lostUntilMs < world.nowMs - 1_000) this.#lostFromMs = world.nowMs;
    this.#lostUntilMs = world.nowMs;
  }

  /** With our tag, or somebody else's. */
  #isMarked(order: ClientOrder, world: SimWorldView): boolean {
    return order.terms.tag === world.tag || world.foreignOrderIds.has(order.ordId) || !isOfClient(order);
  }

  #look(world: SimWorldView): string | null {
    const { truth, patience } = this.#shared;
    for (const order of truth.look(world).openOrders.values()) {
      if (this.#isMarked(order, world) || this.#stripped.has(order.ordId)) continue;
      if (!this.#isLost(order)) return `order ${order.terms.clOrdId} has the tag "${order.terms.tag}"`;
      this.#stripped.set(order.ordId, patience.nowNs);
      if (this.#isHeld(world)) continue;
      this.#firstNs = Math.min(this.#firstNs, patience.nowNs);
      if (patience.nowNs - this.#firstNs <= NOTICED_NS) continue;
      return `order ${order.terms.clOrdId} is one more whose tag the venue has lost, and the engine does not know`;
    }
    return this.#checkFills(world);
  }

  /** Whether the venue lost tags when it took the order. */
  #isLost({ createdMs }: ClientOrder): boolean {
    return createdMs >= this.#lostFromMs - 1_000 && createdMs <= this.#lostUntilMs + 1_000;
  }

  /** Trades of orders that did not rest for a moment: what closes, and what takes. */
  #checkFills(world: SimWorldView): string | null {
    const { fillRows } = this.#shared.truth.look(world);
    const from = Math.min(this.#fillsSeen, fillRows.length);
    this.#fillsSeen = fillRows.length;
    for (let index = from; index < fillRows.length; index++) {
      const row = fillRows[index] as Readonly<Record<string, string>>;
      const isOthers = world.foreignOrderIds.has(row['ordId']!) || row['clOrdId'] === '';
      // What takes at once was never seen to rest.
      const tsMs = Number(row['ts']);
      const isOpen = this.#stripped.size > 0 || tsMs <= this.#lostUntilMs + 1_000;
      const isLost = tsMs >= this.#lostFromMs - 1_000 && isOpen;
      if (isOthers || row['tag'] === world.tag || isLost) continue;
      return `trade ${row['tradeId']} of order ${row['clOrdId']} has the tag "${row['tag']}"`;
    }
    return null;
  }

  /** Whether the engine holds back for it; one that has just begun has had no order yet. */
  #isHeld(world: SimWorldView): boolean {
    const engine = engineOf(world);
    if (engine !== this.#engine) this.#firstNs = Infinity;
    this.#engine = engine;
    return engine === null || engine.loop.ladder.held(KillTrigger.tagMismatch, ACCOUNT) >= KillLevel.paused;
  }

  #checkGone(world: SimWorldView): string | null {
    const { truth, patience } = this.#shared;
    const account = truth.look(world);
    for (const [ordId, sinceNs] of this.#stripped) {
      const order = account.openOrders.get(ordId);
      if (order === undefined) this.#stripped.delete(ordId);
      else if (patience.nowNs - sinceNs > GONE_NS)
        return `order ${order.terms.clOrdId}, whose tag the venue has lost, rests on`;
    }
    return null;
  }
}

/** Of the account's own asking: a liquidation is the venue's, and carries no tag. */
function isOfClient({ origin }: ClientOrder): boolean {
  return origin.category === 'normal' || origin.algoId !== '';
}
