import type { Checker, SimWorldView } from '../sim-types.ts';
import type { Shared } from './shared.ts';
import type { SentItem } from './traffic.ts';

/** The venue itself ends an order: a new grid, and the switch of a tag, which others may carry too. */
const BY_VENUE: ReadonlySet<string> = new Set(['0', '2', '3', '6', '7', '10', '20']);

/** Orders that are not ours go on resting, and no message ever names one. */
export class OthersOrders implements Checker {
  readonly name = "others' orders";
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    const { traffic, truth } = this.#shared;
    const account = truth.look(world);
    if (traffic.read(world)) {
      for (const item of traffic.items) {
        if (item.op !== 'place' && this.#isOthers(world, item))
          return `${item.op} of an order that is not ours: ${item.ordId || item.clOrdId}`;
      }
    }
    if (!truth.mayHaveMoved(world)) return null;
    for (const ordId of world.foreignOrderIds) {
      if (account.openOrders.has(ordId)) continue;
      const order = account.ended.findLast((each) => each.ordId === ordId);
      const isByVenue = order === undefined || order.filledLots > 0 || BY_VENUE.has(order.cancelSource);
      if (!isByVenue) return `order ${ordId} of another program is gone, cancelSource ${order.cancelSource}`;
    }
    return null;
  }

  end(): null {
    return null;
  }

  #isOthers(world: SimWorldView, { ordId, clOrdId }: SentItem): boolean {
    const { truth } = this.#shared;
    if (world.foreignOrderIds.has(ordId)) return true;
    if (ordId === '') return !truth.isOurId(clOrdId, world);
    const order = truth.look(world).openOrders.get(ordId);
    return order !== undefined && !truth.isOurs(order, world);
  }
}
