/**
 * What one instrument's worker wants, as the engine thread acts on it: the newest quote, and what the guard has made of
 * it since.
 *
 * Owner:      the engine thread.
 * Invariants: rows are those of a quote computed from this book's epoch; a quote that saw less than the last guard move
 *             did is never taken; counts are 0 whenever nothing may be quoted.
 * Cost:       the guard is two comparisons a book update, and a subtraction a level when it acts; nothing allocates.
 *
 * The guard answers adverse moves without waiting for the worker. With each quote the worker says what fair price it saw
 * and what edge a resting order must keep. When the fair price of the book as it is now leaves a side with less edge than
 * that, the whole side steps back by as many ticks as the fair price has moved against it:
 *
 *     fair seen 100.0   edge 2      bids 97 95 93    best bid allowed: 98.0
 *     fair now   98.2               97 > 96.2        step ceil(100.0 - 98.2) = 2: bids 95 93 91, measured from 98.0
 *
 * Improvements wait for the worker.
 */
import { Side } from '../base/side.ts';
import { TICKS_MAX } from '../base/units.ts';
import type { Ticks } from '../base/units.ts';
import type { QuoteReader } from '../handoff/quote-slot.ts';
import { QuoteView } from '../handoff/quote-slot.ts';

/** What became of a quote that was looked for. */
export const TakeResult = { none: 0, taken: 1, stale: 2 } as const;
export type TakeResult = (typeof TakeResult)[keyof typeof TakeResult];

/** What the guard found: nothing; orders that the diff must move though the rows stand; rows that stepped back. */
export const GuardResult = { good: 0, ordersBad: 1, stepped: 2 } as const;
export type GuardResult = (typeof GuardResult)[keyof typeof GuardResult];

export class WantedLadder {
  /** The quote acted on. `#next` is read into first: a quote that is not taken must not cost the one that stands. */
  #quote: QuoteView;
  #next: QuoteView;
  /** The fair price that each side's rows are measured from: the quote's own until the guard moves the side. */
  readonly #fairOfSide = new Float64Array(2);
  /** A quote must have seen at least this market version: that of the last guard move. */
  readonly #versionMin = new Float64Array(1);
  /** A quote must have been computed by parameters of at least this version. */
  readonly #configVersionMin = new Float64Array(1);

  constructor(levels: number) {
    this.#quote = new QuoteView(levels);
    this.#next = new QuoteView(levels);
  }

  get quote(): QuoteView {
    return this.#quote;
  }

  /** @hot The fair price that a side's rows are measured from. */
  fairOf(side: Side): number {
    return this.#fairOfSide[side]!;
  }

  get isEmpty(): boolean {
    return this.#quote.bidCount === 0 && this.#quote.askCount === 0;
  }

  /** @hot */
  get isTwoSided(): boolean {
    return this.#quote.bidCount > 0 && this.#quote.askCount > 0;
  }

  /** @hot Takes the newest quote of the slot if it was computed from this epoch and saw the last guard move. */
  take(reader: QuoteReader, epoch: number): TakeResult {
    if (!reader.hasChanged()) return TakeResult.none;
    const next = this.#next;
    if (!reader.read(next)) return TakeResult.none;
    if (next.epoch !== epoch || next.marketVersion < this.#versionMin[0]!) return TakeResult.stale;
    if (next.configVersion < this.#configVersionMin[0]!) return TakeResult.stale;
    this.#next = this.#quote;
    this.#quote = next;
    this.#fairOfSide[Side.buy] = next.referenceTicks;
    this.#fairOfSide[Side.sell] = next.referenceTicks;
    return TakeResult.taken;
  }

  /** Quotes by parameters of older versions than this are void from now on. */
  requireConfig(version: number): void {
    this.#configVersionMin[0] = version;
  }

  /** @hot Nothing is wanted until the next quote. */
  withdraw(): void {
    this.#quote.bidCount = 0;
    this.#quote.askCount = 0;
  }

  /**
   * @hot Checks the bids against the fair price of the book as it is now, and steps them back if their edge is gone.
   *
   * @param fairTicks by instrument, and so is `versions`, of the market that is published with this book; whole arrays,
   *   because a price with a fraction is boxed by a call
   * @param ownBest our best bid, resting or asked for; 0 for none
   */
  guardBids(
    fairTicks: Float64Array,
    versions: Float64Array,
    instrument: number,
    ownBest: Ticks,
  ): GuardResult {
    const fairNow = fairTicks[instrument]!;
    const quote = this.#quote;
    const count = quote.bidCount;
    if (count === 0) return GuardResult.good;
    const allowed = fairNow - quote.bidEdgeTicks;
    if (quote.bidTicks[0]! <= allowed) return ownBest > allowed ? GuardResult.ordersBad : GuardResult.good;
    const moved = this.#fairOfSide[Side.buy]! - fairNow;
    const step = Math.ceil(Math.max(moved, quote.bidTicks[0]! - allowed));
    for (let level = 0; level < count; level++) quote.bidTicks[level]! -= step;
    // What would leave the price grid is not wanted; the others are.
    while (quote.bidCount > 0 && quote.bidTicks[quote.bidCount - 1]! < 1) quote.bidCount--;
    this.#fairOfSide[Side.buy]! -= step;
    this.#versionMin[0] = versions[instrument]!;
    return GuardResult.stepped;
  }

  /** @hot As `guardBids`, for the asks. */
  guardAsks(
    fairTicks: Float64Array,
    versions: Float64Array,
    instrument: number,
    ownBest: Ticks,
  ): GuardResult {
    const fairNow = fairTicks[instrument]!;
    const quote = this.#quote;
    const count = quote.askCount;
    if (count === 0) return GuardResult.good;
    const allowed = fairNow + quote.askEdgeTicks;
    if (quote.askTicks[0]! >= allowed) {
      return ownBest > 0 && ownBest < allowed ? GuardResult.ordersBad : GuardResult.good;
    }
    const moved = fairNow - this.#fairOfSide[Side.sell]!;
    const step = Math.ceil(Math.max(moved, allowed - quote.askTicks[0]!));
    while (quote.askCount > 0 && quote.askTicks[quote.askCount - 1]! > TICKS_MAX - step) quote.askCount--;
    for (let level = 0; level < quote.askCount; level++) quote.askTicks[level]! += step;
    this.#fairOfSide[Side.sell]! += step;
    this.#versionMin[0] = versions[instrument]!;
    return GuardResult.stepped;
  }
}
