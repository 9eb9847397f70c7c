/**
 * How long an instrument was quoted on each side, and how far from the middle: sampled by the timer, each sample for the
 * time since the one before.
 *
 * Owner:      the engine thread; a reader takes cells in place.
 * Invariants: no time counts twice; a distance counts only while its side rests and a middle is known.
 * Cost:       some stores a sample; nothing allocates once constructed.
 */
import { NS_PER_SECOND } from '../base/units.ts';
import type { TimeCell } from '../base/units.ts';

/** A gap between two samples that is longer says nothing of what rested within it. */
const GAP_SECONDS_MAX = 5;

/** All that was sampled, each side, both at once. */
export const QuotedCell = { total: 0, bid: 1, ask: 2, both: 3 } as const;

export class QuotedTime {
  /** QuotedCell */
  readonly seconds = new Float64Array(4);
  /** By side: its distance in bps × the seconds for which it stood so. */
  readonly bpsSeconds = new Float64Array(2);
  readonly #last: TimeCell = new Float64Array(1).fill(-Infinity);

  /**
   * So it is now.
   *
   * @param bps by side: distance of our best order from the middle; NaN where none rests, or no middle is known
   */
  sample(now: TimeCell, bps: Float64Array): void {
    const seconds = (now[0]! - this.#last[0]!) / NS_PER_SECOND;
    this.#last[0] = now[0]!;
    if (!(seconds > 0 && seconds <= GAP_SECONDS_MAX)) return;
    this.seconds[QuotedCell.total]! += seconds;
    for (let side = 0; side < 2; side++) {
      if (Number.isNaN(bps[side]!)) continue;
      this.seconds[QuotedCell.bid + side]! += seconds;
      this.bpsSeconds[side]! += seconds * bps[side]!;
    }
    if (!Number.isNaN(bps[0]!) && !Number.isNaN(bps[1]!)) this.seconds[QuotedCell.both]! += seconds;
  }
}
