import type { Nanoseconds } from '../../../engine/base/units.ts';
import type { SimWorldView } from '../sim-types.ts';
import { Traffic } from './traffic.ts';
import { VenueTruth } from './venue-truth.ts';
import { Wire } from './wire.ts';

/** The time in which a question to the venue could be answered: what takes long while it cannot is nobody's fault. */
export class Patience {
  nowNs: Nanoseconds = 0;
  #seenNs: Nanoseconds = -1;

  /** To be called in every step; the time until now counts by how the venue stands now. */
  follow(world: SimWorldView): void {
    const passedNs = this.#seenNs < 0 ? 0 : world.nowNs - this.#seenNs;
    this.#seenNs = world.nowNs;
    if (!world.isNetworkDown && !world.venue.status.isInMaintenance) this.nowNs += passedNs;
  }
}

/** What the checkers of one world read in common. */
export class Shared {
  readonly traffic = new Traffic();
  readonly truth = new VenueTruth();
  readonly wire = new Wire(this.truth, this.traffic);
  readonly patience = new Patience();
}
