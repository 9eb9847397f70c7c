import type { Checker, SimWorldView } from '../sim-types.ts';
import type { Shared } from './shared.ts';
import type { SentItem } from './traffic.ts';
import { BUY, SELL } from './venue-truth.ts';
import type { Way } from './venue-truth.ts';

/** No order is sent to a price at which one of our own rests on the other side, may come to rest, or is on its way. */
export class SelfCross implements Checker {
  readonly name = 'self-cross';
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    const { traffic, wire } = this.#shared;
    wire.follow(world);
    for (const item of traffic.items) {
      if (item.op === 'cancel' || item.px === '') continue;
      const wrong = this.#check(world, item);
      if (wrong !== null) return wrong;
    }
    return null;
  }

  end(): null {
    return null;
  }

  #check(world: SimWorldView, item: SentItem): string | null {
    const { truth, wire } = this.#shared;
    const each = truth.of(item.instId);
    const way = this.#wayOf(world, item);
    if (each === undefined || way === 0) return null;
    const { best } = wire.exposure(world, each, way === BUY ? SELL : BUY, false);
    const px = Number(item.px);
    if (best === 0 || (way === BUY ? px < best : px > best)) return null;
    const side = way === BUY ? 'buy' : 'sell';
    return `${item.instId}: ${item.op} of ${item.clOrdId} to ${side} at ${item.px}, where we may have ${best} on the other side`;
  }

  /** An amend does not say its side: the venue's order does, while there is one. */
  #wayOf(world: SimWorldView, { op, side, clOrdId }: SentItem): Way | 0 {
    if (op === 'place') return side === 'buy' ? BUY : SELL;
    const order = this.#shared.truth.look(world).openByClientId(clOrdId);
    if (order === null) return 0;
    return order.terms.side === 0 ? BUY : SELL;
  }
}
