/**
 * From the venue's running total of a position's funding to what was settled since it was told last.
 *
 *     position opened at    total told    settled
 *     10:00                 -0.5          -0.5
 *     10:00                 -0.8          -0.3
 *     12:00 (another one)   -0.8           0      it went through zero, and the venue has kept the total
 *     13:00 (another one)   -0.1          -0.1    the total has begun anew
 *
 * Source: the positions channel, `fundingFee` ("accumulated funding fee"), `cTime`. Whether a position that turns keeps its
 * total the documentation does not say: a total that did not change with the position is taken for the former one's.
 */
import type { Milliseconds } from '../base/units.ts';

export class FundingTotal {
  /** When the position was opened whose total was told last, by the venue's clock; 0 while none was. */
  openedMs: Milliseconds = 0;
  /** In units of 10^-18. */
  total = 0n;

  /**
   * What was settled, by this word.
   *
   * @param isOwn false for a position of which nobody knows what was settled before: counting begins with its first total
   */
  onTold(openedMs: Milliseconds, total: bigint, isOwn: boolean): bigint {
    const { openedMs: lastMs, total: lastTotal } = this;
    // A word about a former position that was overtaken.
    if (openedMs < lastMs) return 0n;
    this.openedMs = openedMs;
    this.total = total;
    if (openedMs === lastMs) return total - lastTotal;
    if (lastMs === 0) return isOwn ? total : 0n;
    return total === lastTotal ? 0n : total;
  }

  /** Takes up what a former run has heard. */
  restore(openedMs: Milliseconds, total: bigint): void {
    this.openedMs = openedMs;
    this.total = total;
  }
}
