import { Traffic } from './traffic.ts';
import { VenueTruth } from './venue-truth.ts';
import { Wire } from './wire.ts';

/** What the checkers of one world read in common. */
export class Shared {
  readonly traffic = new Traffic();
  readonly truth = new VenueTruth();
  readonly wire = new Wire(this.truth, this.traffic);
}
