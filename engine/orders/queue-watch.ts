/**
 * Where our resting orders stand in the queues at their prices, estimated from what the market shows, and how much takers
 * trade on each side.
 *
 *     order rests at a price      F = L          at the first look at it
 *     trade at its price          F - v          through it: F = 0
 *     look at its level           frontAfterLevel(F, L, L')          base/queue-position.ts, models.md par. 6
 *     moved, or made larger       not known until the next look
 *
 * Owner:      the engine thread.
 * Invariants: 0 <= F <= L as of the last look; what is known of a former order, price or size is never told of the present
 *             one; an order that has ended keeps its last place until its slot is used again.
 * Cost:       a trade that reaches none of ours is two comparisons; one that does is a walk of the orders on its side. A
 *             look at an order is a few float operations. Nothing allocates once constructed.
 *
 * F and L leave out all orders of our own. Book and order pushes come on different connections: a first look may find the
 * level without our order yet, and takes the queue for shorter by its size until the book has it.
 */
import { QueueShape, frontAfterLevel } from '../base/queue-position.ts';
import type { QueueModel } from '../base/queue-position.ts';
import { Side } from '../base/side.ts';
import type { Lots, Nanoseconds, TimeCell } from '../base/units.ts';
import { NS_PER_SECOND } from '../base/units.ts';
import { NO_ORDER } from './order-table.ts';
import type { OrderTable } from './order-table.ts';

/** What the backtest takes by default, too. */
const MODEL: QueueModel = { shape: QueueShape.power3, exponent: 3 };
/** Takers' volume is forgotten at this pace. */
const FORGET_S = 60;

export class QueueWatch {
  /** By instrument × 2 + side of the takers: lots, and their squares, a second, over the last minute or so. */
  readonly takerLots: Float64Array;
  readonly takerSquareLots: Float64Array;

  readonly #table: OrderTable;
  // Per slot, of the order that was looked at last.
  readonly #generation: Int32Array;
  readonly #placedNs: Float64Array;
  readonly #sizeLots: Float64Array;
  readonly #aheadLots: Float64Array;
  readonly #levelLots: Float64Array;
  /** Traded at its price since the last look: the level's change shows it once more. */
  readonly #tradedLots: Float64Array;

  // Sums of takers' trades, forgotten exponentially, and the time that they stand for.
  readonly #sumLots: Float64Array;
  readonly #sumSquareLots: Float64Array;
  #spanS = 0;
  #forgotNs: Nanoseconds = -Infinity;

  constructor(table: OrderTable) {
    const sides = table.bestTicks.length;
    this.#table = table;
    this.takerLots = new Float64Array(sides);
    this.takerSquareLots = new Float64Array(sides);
    this.#generation = new Int32Array(table.capacity);
    this.#placedNs = new Float64Array(table.capacity);
    this.#sizeLots = new Float64Array(table.capacity);
    this.#aheadLots = new Float64Array(table.capacity).fill(NaN);
    this.#levelLots = new Float64Array(table.capacity).fill(NaN);
    this.#tradedLots = new Float64Array(table.capacity);
    this.#sumLots = new Float64Array(sides);
    this.#sumSquareLots = new Float64Array(sides);
  }

  /** What of others' rests before the order at its price; NaN while it is not known. Also of one that has just ended. */
  aheadLots(slot: number): Lots {
    return this.#isKnown(slot) ? this.#aheadLots[slot]! : NaN;
  }

  /** @hot That into `out[at]`, and all of others' at its price into `out[at + 1]`. */
  read(slot: number, out: Float64Array, at: number): void {
    const isKnown = this.#isKnown(slot);
    out[at] = isKnown ? this.#aheadLots[slot]! : NaN;
    out[at + 1] = isKnown ? this.#levelLots[slot]! : NaN;
  }

  /**
   * @hot A trade of the public stream.
   *
   * @param takerSide a buyer takes asks, a seller bids
   * @param prices `prices[at]`, in ticks with a fraction, and `lots[at]`: whole arrays, because a number that crosses a call
   *   by itself may be boxed
   */
  onTrade(instrument: number, takerSide: Side, prices: Float64Array, lots: Float64Array, at: number): void {
    const ticks = prices[at]!;
    const traded = lots[at]!;
    this.#sumLots[instrument * 2 + takerSide]! += traded;
    this.#sumSquareLots[instrument * 2 + takerSide]! += traded * traded;
    const side = takerSide === Side.buy ? Side.sell : Side.buy;
    const table = this.#table;
    const best = table.bestTicks[instrument * 2 + side]!;
    if (side === Side.buy ? ticks > best : ticks < best) return;
    for (let slot = table.first(instrument, side); slot !== NO_ORDER; slot = table.next(slot)) {
      if (table.isResting[slot] === 0 || !this.#isKnown(slot)) continue;
      const price = table.priceTicks[slot]!;
      if (ticks === price) {
        this.#aheadLots[slot] = Math.max(0, this.#aheadLots[slot]! - traded);
        this.#tradedLots[slot]! += traded;
      } else if (side === Side.buy ? ticks < price : ticks > price) this.#aheadLots[slot] = 0;
    }
  }

  /** The level of a resting order as it is now, without our own orders. */
  onLevel(slot: number, levelLots: Lots): void {
    const table = this.#table;
    if (!this.#isKnown(slot)) {
      this.#generation[slot] = table.generation[slot]!;
      this.#placedNs[slot] = table.placedNs[slot]!;
      this.#aheadLots[slot] = levelLots;
    } else {
      const before = this.#levelLots[slot]!;
      const traded = this.#tradedLots[slot]!;
      // What has traded may not have left the level yet: then the next look shows it.
      if (before === levelLots) return;
      this.#aheadLots[slot] = frontAfterLevel(MODEL, this.#aheadLots[slot]!, traded, before, levelLots);
    }
    this.#levelLots[slot] = levelLots;
    this.#tradedLots[slot] = 0;
    // Made smaller it keeps its place, as the venue is taken to have it.
    this.#sizeLots[slot] = table.sizeLots[slot]!;
  }

  /** Brings the takers' rates up to date. */
  forget(now: TimeCell): void {
    const passedS = Math.max(0, (now[0]! - this.#forgotNs) / NS_PER_SECOND);
    this.#forgotNs = now[0]!;
    if (!(passedS < Infinity)) return;
    const kept = Math.exp(-passedS / FORGET_S);
    this.#spanS = (this.#spanS + passedS) * kept;
    for (let list = 0; list < this.takerLots.length; list++) {
      this.#sumLots[list]! *= kept;
      this.#sumSquareLots[list]! *= kept;
      this.takerLots[list] = this.#spanS > 0 ? this.#sumLots[list]! / this.#spanS : 0;
      this.takerSquareLots[list] = this.#spanS > 0 ? this.#sumSquareLots[list]! / this.#spanS : 0;
    }
  }

  /** Whether the last look was at this order, since it came to its price, and before it was made larger. */
  #isKnown(slot: number): boolean {
    const table = this.#table;
    return (
      this.#generation[slot] === table.generation[slot] &&
      this.#placedNs[slot] === table.placedNs[slot] &&
      this.#sizeLots[slot]! >= table.sizeLots[slot]!
    );
  }
}
