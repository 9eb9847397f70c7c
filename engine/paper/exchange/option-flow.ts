/**
 * The market around the accounts in an option: a few levels each side of what the model says, moved with it, and takers now
 * and then. All of it from one seeded generator an instrument, as the other seeded markets.
 */
import type { Random } from '../../base/random.ts';
import { Side } from '../../base/side.ts';
import type { Lots, Ticks } from '../../base/units.ts';
import { BookOrder } from './matching-book.ts';
import type { Matcher } from './matcher.ts';
import type { Market } from './market.ts';
import { bandStep, toBand } from './tick-bands.ts';
import type { Timed } from './timer-queue.ts';

const EVENTS_PER_SECOND = 2;
const LEVELS = 6;
/** Half of the spread as a part of the price, one step at least. */
const HALF_SPREAD_RATIO = 0.015;
const TAKER_SHARE = 0.06;
const SIZE_MEAN = 25;
const TAKER_SIZE_MEAN = 6;

export class OptionFlow implements Timed {
  #market: Market;
  readonly #matcher: Matcher;
  readonly #random: Random;
  readonly #schedule: (timeMs: number, item: Timed) => void;
  readonly #pauseMs: number;
  readonly #orders: BookOrder[] = [];
  /** The model's price that the levels stand around, in ticks with a fraction. */
  #anchor = 0;

  constructor(
    market: Market,
    matcher: Matcher,
    random: Random,
    pace: number,
    schedule: (timeMs: number, item: Timed) => void,
  ) {
    this.#market = market;
    this.#matcher = matcher;
    this.#random = random;
    this.#pauseMs = 1_000 / (EVENTS_PER_SECOND * pace);
    this.#schedule = schedule;
  }

  start(startMs: number): void {
    this.#requote();
    this.#market.flushQuietly();
    this.#schedule(startMs + this.#random.exponential(this.#pauseMs), this);
  }

  /** Goes on in the market on new grids. */
  moveTo(market: Market): void {
    this.#orders.length = 0;
    this.#market = market;
    this.#requote();
  }

  run(timeMs: number): void {
    const { state } = this.#market.listing;
    // After the end there is nothing to do, ever.
    if (state === 'expired') return;
    if (state === 'live') {
      const fair = this.#fairTicks;
      const hasMoved = Math.abs(fair - this.#anchor) >= bandStep(this.#market.listing, fair) / 2;
      const draw = this.#random.unit();
      if (draw < TAKER_SHARE) this.#take(timeMs);
      if (hasMoved || draw > 1 - TAKER_SHARE) this.#requote();
      this.#market.flushBook();
    }
    this.#schedule(timeMs + this.#random.exponential(this.#pauseMs), this);
  }

  get #fairTicks(): number {
    return this.#market.option!.price / this.#market.listing.tick.value;
  }

  /** All its orders anew around the model's price; those of accounts stay where they are, and may be taken. */
  #requote(): void {
    const { book, listing } = this.#market;
    for (const order of this.#orders.splice(0)) if (order.level !== null) book.remove(order);
    this.#anchor = this.#fairTicks;
    for (const side of [Side.buy, Side.sell]) {
      const direction = side === Side.buy ? -1 : 1;
      const half = Math.max(bandStep(listing, this.#anchor), this.#anchor * HALF_SPREAD_RATIO);
      let ticks = toBand(listing, side, this.#anchor + direction * half);
      for (let level = 0; level < LEVELS && ticks >= 1; level++) {
        this.#quote(side, ticks);
        const step = direction * bandStep(listing, direction < 0 ? ticks - 1 : ticks);
        ticks = toBand(listing, side, ticks + step);
      }
    }
  }

  /** The background never crosses: where an account stands in the way, this level is left out. */
  #quote(side: Side, ticks: Ticks): void {
    const { book } = this.#market;
    const lots = this.#size(SIZE_MEAN);
    if (book.isMarketable(side, ticks)) return;
    const order = new BookOrder(side, ticks, lots, null);
    this.#orders.push(order);
    book.add(order);
  }

  #take(timeMs: number): void {
    const { book, listing } = this.#market;
    const side = this.#random.unit() < 0.5 ? Side.buy : Side.sell;
    const best = book.opposite(side).best;
    const lots = this.#size(TAKER_SIZE_MEAN);
    if (best === null) return;
    const reach = 2 * bandStep(listing, best.ticks);
    const limit = side === Side.buy ? best.ticks + reach : Math.max(1, best.ticks - reach);
    this.#matcher.takeBackground(this.#market, side, limit, lots, Math.floor(timeMs));
  }

  #size(mean: number): Lots {
    const { minLots } = this.#market.listing;
    return minLots * (1 + Math.floor(this.#random.exponential(mean)));
  }
}
