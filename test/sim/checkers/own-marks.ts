import type { Checker, SimWorldView } from '../sim-types.ts';
import type { Shared } from './shared.ts';
import type { SentItem } from './traffic.ts';

const STP_MODES: ReadonlySet<string> = new Set(['cancel_maker', 'cancel_taker', 'cancel_both']);
const ORDER_MAKERS: ReadonlySet<string> = new Set([
  'POST /api/v5/trade/close-position',
  'POST /api/v5/trade/order-algo',
]);
/** Quotes, and what closes a position. */
const ORDER_TYPES: ReadonlySet<string> = new Set(['post_only', 'ioc', 'mmp_and_post_only']);
/** Slot and generation, behind the run. */
const NAME_END = -10;

/**
 * Every order that is sent carries our tag, self-trade prevention and a name of our plan whose run is its engine's alone:
 * runs only grow, and no name is used twice. The venue's switch is only ever asked for our tag.
 */
export class OwnMarks implements Checker {
  readonly name = 'own marks';
  readonly #shared: Shared;
  readonly #names = new Set<string>();
  /** Of the newest engine that has placed an order. */
  #engineNumber = -1;
  #run = '';

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  step(world: SimWorldView): string | null {
    const { traffic } = this.#shared;
    if (!traffic.read(world)) return null;
    for (const item of traffic.items) {
      const wrong = item.op === 'place' ? this.#checkPlace(world, item) : null;
      if (wrong !== null) return wrong;
    }
    for (const { name, body } of traffic.controls) {
      // What makes orders without being one: closing a position, and orders that wait.
      if (ORDER_MAKERS.has(name) && body['tag'] !== world.tag) {
        return `${name} has the tag ${JSON.stringify(body['tag'])}`;
      }
      if (name === 'POST /api/v5/trade/cancel-all-after' && body['tag'] !== world.tag)
        return `the switch was asked for the tag ${JSON.stringify(body['tag'])}, not ours: it would take others' orders`;
    }
    return null;
  }

  end(): null {
    return null;
  }

  #checkPlace(world: SimWorldView, item: SentItem): string | null {
    const { clOrdId, tag, stpMode, ordType, message } = item;
    if (tag !== world.tag) return `order ${clOrdId} has the tag "${tag}"`;
    if (!STP_MODES.has(stpMode)) return `order ${clOrdId} has the stpMode "${stpMode}"`;
    if (!ORDER_TYPES.has(ordType)) return `order ${clOrdId} is of type "${ordType}"`;
    if (!this.#shared.truth.isOurId(clOrdId, world)) return `order "${clOrdId}" has no name of our plan`;
    if (this.#names.has(clOrdId)) return `the name ${clOrdId} is used twice`;
    this.#names.add(clOrdId);
    const run = clOrdId.slice(0, NAME_END);
    if (message.engineNumber !== this.#engineNumber) {
      // Texts of one length sort as their numbers do.
      if (run <= this.#run) return `the run of ${clOrdId} is not above that of the engine before`;
      this.#engineNumber = message.engineNumber;
      this.#run = run;
    }
    return run === this.#run ? null : `order ${clOrdId} is of another run than its engine's others`;
  }
}
