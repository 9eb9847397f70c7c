/**
 * What the kill ladder leaves of a wanted ladder: twice as far from the fair price, or only what makes a position smaller.
 *
 *     wider         fair 100.0    bids 98 96 94 ─▶ 96 92 88            the guard goes on measuring the rows as they were
 *                                 bids 101 99 ─▶ 101 98                what gives up edge to reduce does not give up more
 *     reduce only   long 25       bids none, asks 10 15 20 ─▶ 10 15     sizes end where the position does
 *
 * Owner:      the engine thread; one scratch for all instruments, filled anew at each comparison.
 * Invariants: rows strictly worsen from index 0 to count - 1; reduce only, the sizes add up to no more than the position.
 * Cost:       one pass over the rows; nothing allocates once constructed. Not touched while everything is quoted as wanted.
 *
 * Reduce only does not also widen: whatever brought it about, to be out of the position is what it wants.
 */
import { Side } from '../base/side.ts';
import { TICKS_MAX } from '../base/units.ts';
import type { Lots } from '../base/units.ts';
import type { WantedLadder } from './loop-wanted.ts';

export class LoopShape {
  readonly bidTicks: Int32Array;
  readonly bidLots: Float64Array;
  readonly askTicks: Int32Array;
  readonly askLots: Float64Array;
  bidCount = 0;
  askCount = 0;

  constructor(levels: number) {
    this.bidTicks = new Int32Array(levels);
    this.bidLots = new Float64Array(levels);
    this.askTicks = new Int32Array(levels);
    this.askLots = new Float64Array(levels);
  }

  /**
   * @hot Every row at twice its distance from the strategy's fair price, as the guard has moved that; its size stays. One at
   * the fair price or beyond it stays where it is: twice as far would be nearer to the market.
   */
  widen(wanted: WantedLadder): void {
    const { quote } = wanted;
    const offset = quote.fairTicks - quote.referenceTicks;
    const bidFair = wanted.fairOf(Side.buy) + offset;
    const askFair = wanted.fairOf(Side.sell) + offset;
    this.bidCount = 0;
    this.askCount = 0;
    for (let level = 0; level < quote.bidCount; level++) {
      const wantedTicks = quote.bidTicks[level]!;
      const ticks = Math.min(wantedTicks, Math.floor(2 * wantedTicks - bidFair));
      if (ticks < 1) break;
      this.bidTicks[level] = ticks;
      this.bidLots[level] = quote.bidLots[level]!;
      this.bidCount++;
    }
    for (let level = 0; level < quote.askCount; level++) {
      const wantedTicks = quote.askTicks[level]!;
      const ticks = Math.max(wantedTicks, Math.ceil(2 * wantedTicks - askFair));
      if (ticks > TICKS_MAX) break;
      this.askTicks[level] = ticks;
      this.askLots[level] = quote.askLots[level]!;
      this.askCount++;
    }
  }

  /** @hot The side that shrinks the position, best row first, until the position is used up. */
  reduce(wanted: WantedLadder, positionLots: Lots, minLots: Lots): void {
    const { quote } = wanted;
    this.bidCount = 0;
    this.askCount = 0;
    if (positionLots > 0) {
      this.askCount = cut(quote.askTicks, quote.askLots, quote.askCount, positionLots, minLots, this, false);
    } else if (positionLots < 0) {
      this.bidCount = cut(quote.bidTicks, quote.bidLots, quote.bidCount, -positionLots, minLots, this, true);
    }
  }
}

/** Copies rows until their sizes add up to `roomLots`, and returns how many. */
function cut(
  fromTicks: Int32Array,
  fromLots: Float64Array,
  count: number,
  roomLots: Lots,
  minLots: Lots,
  out: LoopShape,
  isBid: boolean,
): number {
  const ticks = isBid ? out.bidTicks : out.askTicks;
  const lots = isBid ? out.bidLots : out.askLots;
  let room: number = roomLots;
  for (let level = 0; level < count; level++) {
    const size = Math.min(fromLots[level]!, room);
    if (size < minLots) return level;
    ticks[level] = fromTicks[level]!;
    lots[level] = size;
    room -= size;
  }
  return count;
}
